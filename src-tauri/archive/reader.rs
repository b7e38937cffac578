//! An archive as a mailbox to read from.

use async_trait::async_trait;
use mail::{Budget, Cause, Failure, Fetched, Folder, Identity, Listing, MessageId, Part, Result, Source, Want};
use std::path::Path;
use tokio::sync::mpsc::Sender;

/// Read-only view of a directory, for verify, restore, and moves from a backup. Writes nothing and takes no lock.
#[derive(Debug)]
pub struct Reader;

impl Reader {
    /// `budget` is for the bodies it reads. `StoreUnusable` for what is no archive of ours, or a newer one's.
    pub fn open(directory: &Path, _budget: Budget) -> Result<Reader> {
        Err(Failure::new(Cause::StoreUnusable).about(directory.display().to_string()))
    }

    /// The key `user@host` of the account it backs up.
    pub fn owner(&self) -> &str {
        ""
    }

    pub fn id(&self) -> &str {
        ""
    }
}

#[async_trait]
impl Source for Reader {
    async fn identity(&mut self) -> Result<Identity> {
        Ok(Identity::default())
    }

    async fn folders(&mut self) -> Result<Vec<Folder>> {
        Ok(Vec::new())
    }

    async fn list(&mut self, _folder: &Folder, _from: u32, _want: Want) -> Result<Listing> {
        Ok(Listing::default())
    }

    async fn fetch(&mut self, _folder: &Folder, _ids: &[MessageId], _part: Part, _out: Sender<Fetched>) -> Result<()> {
        Ok(())
    }

    async fn close(&mut self) {}
}
