//! From a place to an opened mailbox: asks for the secret, opens the connection, and keeps what a first refusal
//! taught. Must not know what is done with the mailbox.

use crate::logins::Logins;
use crate::wake::Clock;
use crate::{Place, retry};
use account::{Account, Credentials, Protocol, Reason, Secret, Security};
use async_trait::async_trait;
use futures::future::BoxFuture;
use mail::imap::{Experience, Imap, Mechanism, SignIn};
use mail::net::{self, Server};
use mail::{Budget, Cause, Failure, Result, Sha256, Side, Source, Target};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Opens one signed-in session. The network is one; tests have another.
#[async_trait]
pub trait Opener: Send + Sync {
    /// Tries this secret once.
    async fn open(&self, account: &Account, secret: &Secret, budget: &Budget) -> Result<Box<dyn Target>>;

    /// Tells when the computer slept. `haste` as for the run.
    fn clock(&self, haste: u32) -> Clock {
        Clock::new(haste)
    }

    /// Ends the run's journal too, where a test kills it.
    #[cfg(test)]
    fn wire(&self) -> mail::memory::Tripwire {
        mail::memory::Tripwire::never()
    }
}

/// Real servers, and what they taught so far.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// By host and port.
    experience: Arc<Mutex<HashMap<(String, u16), Experience>>>,
}

impl Network {
    fn experience(&self, account: &Account) -> Experience {
        let mut all = self.experience.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry((account.host.clone(), account.port)).or_default().clone()
    }
}

#[async_trait]
impl Opener for Network {
    async fn open(&self, account: &Account, secret: &Secret, budget: &Budget) -> Result<Box<dyn Target>> {
        match account.protocol {
            Protocol::Imap => {}
            Protocol::Pop3 => return Err(Failure::new(Cause::SignInMethodMissing).about("POP3")),
        }
        let pin = match &account.trust {
            // A pin that cannot be read must not become no pin.
            Some(trust) => Some(Sha256::parse(trust).ok_or_else(|| Failure::new(Cause::CertificateChanged))?),
            None => None,
        };
        let server = Server {
            host: account.host.clone(),
            port: account.port,
            security: match account.security {
                Security::Tls => net::Security::Tls,
                Security::StartTls => net::Security::StartTls,
                Security::Plain => net::Security::Plain,
            },
            pin,
            authority: account.authority.clone(),
        };
        let sign_in = SignIn {
            user: &account.user,
            secret: secret.reveal(),
            mechanism: match account.sign_in {
                account::SignIn::Auto => Mechanism::Auto,
                account::SignIn::Plain => Mechanism::Plain,
                account::SignIn::Login => Mechanism::Login,
            },
            admin: account.admin.as_deref(),
        };
        let session = Imap::open(&server, sign_in, budget.clone()).await?;
        Ok(Box::new(session.heeding(&self.experience(account))))
    }
}

/// The way into one side's place, opened as often as the run needs.
pub struct Door {
    side: Side,
    place: Place,
    secret: Option<Secret>,
    /// The secret was accepted once in this run.
    accepted: bool,
    /// An accepted secret was refused and is tried once more.
    doubted: bool,
    /// Why a secret is asked for: what was refused is not given again, though the question may be put off by a pause.
    reason: Reason,
    /// Of all sessions of this run, however often they break.
    logins: Logins,
}

impl Door {
    pub fn new(side: Side, place: Place, logins: Logins) -> Self {
        Self { side, place, secret: None, accepted: false, doubted: false, reason: Reason::First, logins }
    }

    /// How long until the account may be signed in to again.
    pub fn due(&self) -> Duration {
        self.logins.due(Instant::now())
    }

    pub fn account(&self) -> Option<&Account> {
        match &self.place {
            Place::Account(account) => Some(account),
            Place::Directory(_) => None,
        }
    }

    pub fn directory(&self) -> Option<&PathBuf> {
        match &self.place {
            Place::Account(_) => None,
            Place::Directory(path) => Some(path),
        }
    }

    /// A mailbox to read, of whatever kind.
    pub async fn source(
        &mut self,
        opener: &dyn Opener,
        credentials: &dyn Credentials,
        budget: &Budget,
    ) -> Result<Box<dyn Source>> {
        match &self.place {
            Place::Account(_) => Ok(self.target(opener, credentials, budget).await?),
            Place::Directory(path) => Ok(Box::new(archive::Reader::open(path, budget.clone())?)),
        }
    }

    /// Opens an account. A refused secret is not given again: another is asked for, once before the first success,
    /// later for as long as somebody gives one. One that was accepted in this run and is refused now fails with a
    /// wait first: servers are known to be wrong once.
    pub async fn target(
        &mut self,
        opener: &dyn Opener,
        credentials: &dyn Credentials,
        budget: &Budget,
    ) -> Result<Box<dyn Target>> {
        let Place::Account(account) = &self.place else {
            return Err(Failure::new(Cause::StoreUnusable).on(self.side));
        };
        let mut refusal: Option<Failure> = None;
        loop {
            let secret = match self.secret.clone() {
                Some(secret) => secret,
                None => match credentials.get(self.side, account, self.reason).await {
                    Some(secret) => secret,
                    None => {
                        return Err(refusal.unwrap_or_else(|| {
                            Failure::new(Cause::NoCredentials).on(self.side).about(account.host.clone())
                        }));
                    }
                },
            };
            self.logins.spend(Instant::now());
            match opener.open(account, &secret, budget).await {
                Ok(session) => {
                    self.secret = Some(secret);
                    self.accepted = true;
                    self.doubted = false;
                    self.reason = Reason::First;
                    return Ok(session);
                }
                Err(failure) if failure.cause == Cause::SignInRefused => {
                    let failure = failure.on(self.side);
                    if self.accepted && !self.doubted {
                        self.doubted = true;
                        self.secret = Some(secret);
                        return Err(failure.waiting(retry::sign_in_pause()));
                    }
                    self.secret = None;
                    if !self.accepted && refusal.is_some() {
                        return Err(failure);
                    }
                    self.reason = if self.accepted { Reason::Expired } else { Reason::Refused };
                    refusal = Some(failure);
                }
                Err(failure) => {
                    self.secret = Some(secret);
                    return Err(failure.on(self.side));
                }
            }
        }
    }

    /// A further session was refused: the password that was accepted may be no longer. The next refusal is believed.
    pub fn doubt(&mut self) {
        self.doubted = true;
    }

    /// A further session of an account that is open, with the secret that was accepted. None: it never was.
    pub fn another(
        &mut self,
        opener: Arc<dyn Opener>,
        budget: Budget,
    ) -> Option<BoxFuture<'static, Result<Box<dyn Target>>>> {
        let (Place::Account(account), Some(secret), true) = (&self.place, &self.secret, self.accepted) else {
            return None;
        };
        let (account, secret, side) = (account.clone(), secret.clone(), self.side);
        self.logins.spend(Instant::now());
        Some(Box::pin(async move { opener.open(&account, &secret, &budget).await.map_err(|failure| failure.on(side)) }))
    }
}
