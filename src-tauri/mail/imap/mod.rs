//! A mailbox spoken to by IMAP4rev1 (RFC 3501) and the extensions that make it fast. Must not know where its messages
//! come from or go to.

mod append;
mod carrier;
mod change;
mod command;
mod compress;
mod experience;
mod fetch;
mod folders;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod list;
mod names;
mod open;
mod parse;
mod port;
mod prepare;
mod refusal;
mod response;
mod select;
mod set;
mod sieve;
mod status;
mod store;
#[cfg(test)]
mod tests;
mod utf7;
mod wire;

use crate::net::Server;
use crate::{
    Budget, Capacity, Feed, Fence, FlagChange, Folder, Identity, Listing, Look, MessageId, NameRules, Order, Part,
    Place, Result, Seen, Sha256, Source, Target,
};
use async_trait::async_trait;
use carrier::Carrier;
pub use experience::Experience;
use names::Namespace;
use open::Capabilities;
use select::Selected;
use std::collections::HashMap;

/// The way to sign in; `Auto` takes AUTHENTICATE PLAIN where it is offered, else LOGIN, and falls back from a PLAIN
/// refused without [AUTHENTICATIONFAILED] to LOGIN, once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mechanism {
    #[default]
    Auto,
    Plain,
    Login,
}

/// Who signs in, and with what. The secret is borrowed for the one line that sends it.
#[derive(Clone, Copy)]
pub struct SignIn<'a> {
    pub user: &'a str,
    pub secret: &'a str,
    pub mechanism: Mechanism,
    /// SASL authorization: `secret` is this administrator's, the mailbox is `user`'s. Needs AUTH=PLAIN.
    pub admin: Option<&'a str>,
}

/// One signed-in IMAP connection. After an error that reaches further than a folder it is of no more use, and says so
/// by `Closed`.
#[derive(Debug)]
pub struct Imap {
    carrier: Carrier,
    capabilities: Capabilities,
    greeting: String,
    certificate: Option<Sha256>,
    selected: Option<Selected>,
    namespace: Option<Namespace>,
    /// Folders as listed for `prepare`, without their status.
    known: Option<Vec<Folder>>,
    /// APPENDLIMIT, once it was asked for.
    message_limit: Option<Option<u64>>,
    /// UIDVALIDITY by wire name, as this connection told it to its caller.
    told: HashMap<Vec<u8>, u32>,
    experience: Experience,
    /// DEFLATE is active.
    compressed: bool,
}

impl Imap {
    /// Connects and signs in. No octet of the credentials is sent before TLS is verified. Message bodies live in
    /// `budget`.
    pub async fn open(server: &Server, sign_in: SignIn<'_>, budget: Budget) -> Result<Imap> {
        open::open(server, sign_in, budget).await
    }

    fn new(carrier: Carrier, capabilities: Capabilities, greeting: String, certificate: Option<Sha256>) -> Self {
        let greeting = greeting.chars().filter(|c| !c.is_control()).take(500).collect();
        Self {
            carrier,
            capabilities,
            greeting,
            certificate,
            selected: None,
            namespace: None,
            known: None,
            message_limit: None,
            told: HashMap::new(),
            experience: Experience::default(),
            compressed: false,
        }
    }

    /// With what other connections to this server taught, and teaching them.
    #[must_use]
    pub fn heeding(self, experience: &Experience) -> Self {
        Self { experience: experience.clone(), ..self }
    }

    /// SHA-256 of the server's certificate; None without TLS.
    pub fn certificate(&self) -> Option<Sha256> {
        self.certificate
    }
}

#[async_trait]
impl Source for Imap {
    async fn identity(&mut self) -> Result<Identity> {
        let certificate = self.certificate.map(|certificate| certificate.to_string());
        Ok(Identity { greeting: self.greeting.clone(), certificate })
    }

    async fn folders(&mut self) -> Result<Vec<Folder>> {
        self.ready().await?;
        self.list_folders(true).await
    }

    async fn list_all(&mut self, looks: &[Look<'_>]) -> Result<Vec<Result<Listing>>> {
        self.ready().await?;
        self.list_messages(looks).await
    }

    async fn fetch_all(&mut self, order: &mut dyn Order, part: Part) -> Result<()> {
        self.ready().await?;
        self.fetch_messages(order, part).await
    }

    fn be_patient(&mut self, times: u32) {
        self.carrier.wire.be_patient(times);
    }

    async fn close(&mut self) {
        self.carrier.leave().await;
    }
}

#[async_trait]
impl Target for Imap {
    async fn capacity(&mut self) -> Result<Capacity> {
        self.ready().await?;
        self.measure().await
    }

    async fn names(&mut self) -> Result<NameRules> {
        self.ready().await?;
        self.name_rules().await
    }

    async fn prepare_all(&mut self, places: &[Place<'_>]) -> Result<Vec<Result<Fence>>> {
        self.ready().await?;
        self.prepare_folders(places).await
    }

    async fn store(&mut self, feed: &mut dyn Feed) -> Result<()> {
        self.ready().await?;
        self.store_messages(feed).await
    }

    async fn remove(&mut self, folder: &Folder, seen: &[Seen], since: Option<u64>) -> Result<Vec<MessageId>> {
        self.ready().await?;
        self.remove_messages(folder, seen, since).await
    }

    fn removes(&self) -> bool {
        self.can("UIDPLUS")
    }

    async fn remove_folder(&mut self, folder: &Folder) -> Result<()> {
        self.ready().await?;
        self.remove_empty_folder(folder).await
    }

    async fn relocate(
        &mut self,
        folder: &Folder,
        ids: &[MessageId],
        to: &Folder,
    ) -> Result<Vec<(MessageId, Option<u32>)>> {
        self.ready().await?;
        self.relocate_messages(folder, ids, to).await
    }

    async fn flag(&mut self, folder: &Folder, changes: &[FlagChange]) -> Result<()> {
        self.ready().await?;
        self.flag_messages(folder, changes).await
    }
}
