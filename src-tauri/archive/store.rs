//! An archive as a mailbox to store into.

use crate::Archive;
use async_trait::async_trait;
use mail::ports::FlagChange;
use mail::{
    Budget, Capacity, Cause, Failure, Feed, Fence, Fetched, Folder, FolderPath, Identity, Listing, MessageId, Part,
    Result, Source, SpecialUse, Target, Want,
};
use tokio::sync::mpsc::Sender;

/// It speaks the ids of the mailbox it backs up: a message keeps its UID.
#[derive(Debug)]
pub struct Store {
    archive: Archive,
    _budget: Budget,
}

impl Store {
    pub fn new(archive: Archive, budget: Budget) -> Store {
        Self { archive, _budget: budget }
    }

    pub fn into_archive(self) -> Archive {
        self.archive
    }
}

#[async_trait]
impl Source for Store {
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

#[async_trait]
impl Target for Store {
    async fn capacity(&mut self) -> Result<Capacity> {
        Ok(Capacity::default())
    }

    async fn prepare(&mut self, path: &FolderPath, _special: Option<SpecialUse>) -> Result<Fence> {
        Err(Failure::new(Cause::FolderRefused).about(path.to_string()))
    }

    async fn store(&mut self, _fence: &Fence, _feed: &mut dyn Feed) -> Result<()> {
        Ok(())
    }

    async fn remove(&mut self, _folder: &Folder, _ids: &[MessageId]) -> Result<()> {
        Ok(())
    }

    async fn relocate(
        &mut self,
        _folder: &Folder,
        _ids: &[MessageId],
        _to: &Folder,
    ) -> Result<Vec<(MessageId, Option<u32>)>> {
        Ok(Vec::new())
    }

    async fn flag(&mut self, _folder: &Folder, _changes: &[FlagChange]) -> Result<()> {
        Ok(())
    }
}
