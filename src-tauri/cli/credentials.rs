//! Where the command line's passwords come from: a variable, the keychain, or the terminal, in this order.
//! None is ever kept: that a password is remembered is the window's to offer.

use crate::screen::Screen;
use account::{Account, Credentials, Reason, Secret, provider};
use async_trait::async_trait;
use mail::{Cause, Failure, Side};
use secrets::Secrets;
use std::io::IsTerminal;
use std::sync::Arc;
use tokio::sync::Mutex;
use wording::{Context, Value, Words};

/// How often a person is asked again after a refusal: more would lock the account.
const AGAIN: u32 = 2;

pub struct Asker {
    words: Arc<Words>,
    screen: Arc<Screen>,
    context: Context,
    secrets: Secrets,
    old: Mutex<Held>,
    new: Mutex<Held>,
    /// One question at a time.
    question: Mutex<()>,
}

#[derive(Default)]
struct Held {
    /// From a variable at the start, later what served last.
    secret: Option<Secret>,
    asked_again: u32,
}

impl Asker {
    pub fn new(
        words: Arc<Words>,
        screen: Arc<Screen>,
        context: Context,
        old: Option<Secret>,
        new: Option<Secret>,
    ) -> Self {
        let held = |secret| Mutex::new(Held { secret, asked_again: 0 });
        Self {
            words,
            screen,
            context,
            secrets: Secrets::open(),
            old: held(old),
            new: held(new),
            question: Mutex::new(()),
        }
    }

    async fn keychain(&self, side: Side, account: &Account) -> Option<Secret> {
        let kept = self.secrets.get(&account.key(side)).await.ok()??;
        Some(Secret::new(kept.to_string()))
    }

    /// None: nobody is there to answer.
    async fn ask(&self, side: Side, account: &Account, said: Option<String>) -> Option<Secret> {
        if !std::io::stdin().is_terminal() {
            return None;
        }
        let _one = self.question.lock().await;
        let known = provider::by_host(&account.host).map(|provider| provider.id);
        let prompt = self.words.fill(
            "ask-password",
            &[
                ("side", if side == Side::Target { "new" } else { "old" }.into()),
                ("user", account.user.as_str().into()),
                ("host", account.host.as_str().into()),
                ("provider", known.map_or_else(|| Value::from("none"), |id| self.words.provider_name(id).into())),
                ("password", self.words.password_word(known.unwrap_or("other")).into()),
            ],
        );
        if let Some(said) = said {
            self.screen.say(&said);
        }
        self.screen.hold();
        let answer = tokio::task::spawn_blocking(move || rpassword::prompt_password(format!("{prompt} "))).await;
        self.screen.release();
        let answer = zeroize::Zeroizing::new(answer.ok()?.ok()?);
        (!answer.is_empty()).then(|| Secret::new(answer.to_string()))
    }
}

#[async_trait]
impl Credentials for Asker {
    async fn get(&self, side: Side, account: &Account, reason: Reason) -> Option<Secret> {
        let mut held = if side == Side::Target { self.new.lock().await } else { self.old.lock().await };
        let said = match reason {
            Reason::First => {
                if held.secret.is_none() {
                    held.secret = self.keychain(side, account).await;
                }
                if held.secret.is_some() {
                    return held.secret.clone();
                }
                None
            }
            Reason::Refused => {
                let advice = self.words.failure(&Failure::new(Cause::SignInRefused).on(side), &self.context);
                Some(self.words.joined(&[&advice.what, &advice.todo]))
            }
            Reason::Expired => {
                let waiting =
                    transfer::Waiting { cause: Cause::SignInRefused, side: Some(side), until: None, about: None };
                let advice = self.words.waiting(&waiting, &self.context);
                Some(self.words.joined(&[&advice.what, &advice.meaning, &advice.todo]))
            }
        };
        if reason == Reason::Refused {
            held.asked_again += 1;
            if held.asked_again > AGAIN {
                return None;
            }
        }
        held.secret = self.ask(side, account, said).await;
        held.secret.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wording::Language;

    /// Under a test there is no terminal: what is not given is not there.
    #[tokio::test]
    async fn a_given_password_serves_until_it_is_refused() {
        let words = Arc::new(Words::new(Language::English));
        let given = Some(Secret::new("secret".into()));
        let asker = Asker {
            secrets: Secrets::session(),
            ..Asker::new(words, Arc::new(Screen::new()), Context::default(), given, None)
        };
        let account = account::url::parse("imaps://a@h").unwrap();
        for _ in 0..3 {
            let first = asker.get(Side::Source, &account, Reason::First).await;
            assert_eq!(first.map(|secret| secret.reveal().to_owned()).as_deref(), Some("secret"));
        }
        if !std::io::stdin().is_terminal() {
            assert!(asker.get(Side::Target, &account, Reason::First).await.is_none());
            assert!(asker.get(Side::Source, &account, Reason::Refused).await.is_none());
        }
    }

    #[tokio::test]
    async fn the_keychain_is_asked_by_side_and_account() {
        let words = Arc::new(Words::new(Language::English));
        let secrets = Secrets::session();
        let account = account::url::parse("imaps://a@h").unwrap();
        secrets.set(&account.key(Side::Target), "kept").await;
        let asker = Asker { secrets, ..Asker::new(words, Arc::new(Screen::new()), Context::default(), None, None) };
        let found = asker.get(Side::Target, &account, Reason::First).await;
        assert_eq!(found.map(|secret| secret.reveal().to_owned()).as_deref(), Some("kept"));
    }
}
