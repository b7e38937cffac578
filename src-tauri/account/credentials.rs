//! How the engine asks for a secret: implemented by the window and the command line.

use crate::Account;
use async_trait::async_trait;
use mail::Side;
use std::fmt;
use zeroize::Zeroizing;

/// A password. Zeroed when dropped; its Debug form shows nothing.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself, for the one line that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Why a secret is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    First,
    /// The server refused the one given last; it must not be given again unasked.
    Refused,
    /// It was accepted before in this run and is refused now: changed, or run out.
    Expired,
}

#[async_trait]
pub trait Credentials: Send + Sync {
    /// None: nobody can give one. May wait for a person.
    async fn get(&self, side: Side, account: &Account, reason: Reason) -> Option<Secret>;
}
