//! A mailbox spoken to by IMAP4rev1 (RFC 3501) and the extensions that make it fast.

use crate::net::Server;
use crate::{
    Budget, Capacity, Cause, Failure, Feed, Fence, Fetched, FlagChange, Folder, FolderPath, Identity, Listing,
    MessageId, Part, Result, Sha256, Source, SpecialUse, Target, Want,
};
use async_trait::async_trait;
use tokio::sync::mpsc::Sender;

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

/// One signed-in IMAP connection.
#[derive(Debug)]
pub struct Imap {
    certificate: Option<Sha256>,
}

impl Imap {
    /// Connects and signs in. No octet of the credentials is sent before TLS is verified.
    pub async fn open(_server: &Server, _sign_in: SignIn<'_>, _budget: Budget) -> Result<Imap> {
        Err(unwritten())
    }

    /// SHA-256 of the server's certificate; None without TLS.
    pub fn certificate(&self) -> Option<Sha256> {
        self.certificate
    }
}

fn unwritten() -> Failure {
    Failure::new(Cause::Closed)
}

#[async_trait]
impl Source for Imap {
    async fn identity(&mut self) -> Result<Identity> {
        Err(unwritten())
    }

    async fn folders(&mut self) -> Result<Vec<Folder>> {
        Err(unwritten())
    }

    async fn list(&mut self, _folder: &Folder, _from: u32, _want: Want) -> Result<Listing> {
        Err(unwritten())
    }

    async fn fetch(&mut self, _: &Folder, _: &[MessageId], _: Part, _: Sender<Fetched>) -> Result<()> {
        Err(unwritten())
    }

    async fn close(&mut self) {}
}

#[async_trait]
impl Target for Imap {
    async fn capacity(&mut self) -> Result<Capacity> {
        Err(unwritten())
    }

    async fn prepare(&mut self, _: &FolderPath, _: Option<SpecialUse>) -> Result<Fence> {
        Err(unwritten())
    }

    async fn store(&mut self, _: &Fence, _: &mut dyn Feed) -> Result<()> {
        Err(unwritten())
    }

    async fn remove(&mut self, _: &Folder, _: &[MessageId]) -> Result<()> {
        Err(unwritten())
    }

    async fn relocate(&mut self, _: &Folder, _: &[MessageId], _: &Folder) -> Result<Vec<(MessageId, Option<u32>)>> {
        Err(unwritten())
    }

    async fn flag(&mut self, _: &Folder, _: &[FlagChange]) -> Result<()> {
        Err(unwritten())
    }
}
