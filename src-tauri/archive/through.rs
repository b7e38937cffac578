//! The old server read through the archive: one download serves backup and move.

use crate::Archive;
use crate::archive::OpenFolder;
use crate::contents::Record;
use crate::delivery::{self, as_asked, blocking};
use crate::line::{Id, Key};
use async_trait::async_trait;
use mail::{
    Budget, Cause, Fetched, Folder, FolderPath, Identity, Listing, Message, MessageId, Part, Result, Source, Want,
};
use std::sync::Arc;
use tokio::sync::mpsc::{self, Receiver, Sender};

/// A group of messages is synced at once: what is at hand, up to this.
const GROUP_OCTETS: u64 = 16 * 1024 * 1024;
const GROUP_MESSAGES: usize = 2048;

/// A Source that gives what the archive holds, and fetches, stores, syncs and passes on the rest. Folders and
/// listings come from the server, so that new mail is seen; each listing also tells the archive which flags
/// changed and which messages are gone.
pub struct Through {
    archive: Archive,
    server: Box<dyn Source>,
    budget: Budget,
    /// The folder listed last, with its UIDVALIDITY.
    at: Option<Place>,
}

#[derive(Clone)]
struct Place {
    path: FolderPath,
    validity: Option<u32>,
    folder: Arc<OpenFolder>,
}

impl Through {
    /// `budget` is for bodies read back from the disk; the server has its own or a clone of it.
    pub fn new(archive: Archive, server: Box<dyn Source>, budget: Budget) -> Through {
        Self { archive, server, budget, at: None }
    }

    pub fn seal(&mut self) -> Result<()> {
        self.archive.seal()
    }

    pub fn into_archive(self) -> Archive {
        self.archive
    }

    async fn place(&mut self, folder: &Folder) -> Result<Place> {
        match &self.at {
            Some(place) if place.path == folder.path && !place.folder.broken() => Ok(place.clone()),
            // Not listed on this connection: the last message at most tells the UIDVALIDITY.
            _ => {
                let listing = self.server.list(folder, u32::MAX, Want::Flags).await?;
                self.follow(folder, u32::MAX, &listing).await
            }
        }
    }

    async fn follow(&mut self, folder: &Folder, from: u32, listing: &Listing) -> Result<Place> {
        let validity = listing.validity;
        let seen: Vec<_> = listing.entries.iter().map(|entry| (Id::of(&entry.id), entry.flags.clone())).collect();
        let (archive, listed) = (self.archive.clone(), folder.clone());
        let opened = blocking(move || {
            let opened = archive.folder(&listed)?;
            archive.write(&opened, |writer| writer.follow(&listed, validity, from, &seen))?;
            Ok(opened)
        })
        .await?;
        let place = Place { path: folder.path.clone(), validity, folder: opened };
        self.at = Some(place.clone());
        Ok(place)
    }
}

/// Sends what the archive holds; gives the ids it does not hold, or no longer whole. None: `out` is closed.
async fn give(
    budget: &Budget,
    place: &Place,
    ids: &[MessageId],
    part: Part,
    out: &Sender<Fetched>,
) -> Result<Option<Vec<MessageId>>> {
    let (mut held, mut rest): (Vec<(MessageId, Record)>, Vec<MessageId>) = Default::default();
    let mbox = {
        let writer = place.folder.lock();
        for id in ids {
            match writer.contents().get(&Key { validity: place.validity, id: Id::of(id) }) {
                Some(record) => held.push((id.clone(), record.clone())),
                None => rest.push(id.clone()),
            }
        }
        writer.reader()?
    };
    for (id, record) in held {
        match delivery::read(&mbox, &record, id.clone(), part, budget).await {
            Ok(Some(fetched)) => {
                if out.send(fetched).await.is_err() {
                    return Ok(None);
                }
            }
            // Fetched and stored once more, which takes the place of the damaged one.
            Ok(None) => rest.push(id),
            Err(failure) if failure.cause == Cause::DiskFull => return Err(failure),
            Err(_) => rest.push(id),
        }
    }
    rest.sort_unstable();
    Ok(Some(rest))
}

/// Stores what comes from the server and passes it on. Never waits for a second message, so that groups are what
/// came while the last one was synced.
async fn keep(
    archive: Archive,
    place: Place,
    part: Part,
    mut fetched: Receiver<Fetched>,
    out: Sender<Fetched>,
) -> Result<()> {
    while let Some(first) = fetched.recv().await {
        let (mut group, mut rest, mut octets) = (Vec::new(), Vec::new(), 0);
        let mut next = Some(first);
        while let Some(one) = next {
            match one {
                Fetched::Message(message) => {
                    octets += message.body.len();
                    group.push(message);
                }
                other => rest.push(other),
            }
            let full = octets >= GROUP_OCTETS || group.len() >= GROUP_MESSAGES;
            next = if full { None } else { fetched.try_recv().ok() };
        }
        let group = store(&archive, &place, group).await?;
        for fetched in group.into_iter().map(|message| as_asked(message, part)).chain(rest) {
            if out.send(fetched).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn store(archive: &Archive, place: &Place, group: Vec<Message>) -> Result<Vec<Message>> {
    if group.is_empty() {
        return Ok(group);
    }
    let (archive, place) = (archive.clone(), place.clone());
    blocking(move || {
        let messages = group.iter().map(|message| (Id::of(&message.id), message));
        archive.write(&place.folder, |writer| writer.append(place.validity, messages))?;
        Ok(group)
    })
    .await
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
        let listing = self.server.list(folder, from, want).await?;
        self.follow(folder, from, &listing).await?;
        Ok(listing)
    }

    async fn fetch(&mut self, folder: &Folder, ids: &[MessageId], part: Part, out: Sender<Fetched>) -> Result<()> {
        let place = self.place(folder).await?;
        let Some(missing) = give(&self.budget, &place, ids, part, &out).await? else { return Ok(()) };
        if missing.is_empty() {
            return Ok(());
        }
        let (sender, receiver) = mpsc::channel(GROUP_MESSAGES);
        let keep = keep(self.archive.clone(), place, part, receiver, out);
        let (fetched, kept) = tokio::join!(self.server.fetch(folder, &missing, Part::Whole, sender), keep);
        kept.and(fetched)
    }

    async fn close(&mut self) {
        self.at = None;
        self.server.close().await;
    }
}
