//! The old server read through the archive: one download serves backup and move.

use crate::Archive;
use crate::archive::OpenFolder;
use crate::contents::Record;
use crate::delivery::{self, as_asked, blocking};
use crate::line::{Id, Key};
use async_trait::async_trait;
use futures::future::BoxFuture;
use mail::relay::{Passing, relay};
use mail::{
    Budget, Cause, Failure, Fetched, Folder, FolderPath, Given, Identity, Listing, Look, Message, MessageId, Order,
    Part, Portion, Reach, Result, Source,
};
use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc::{self, Receiver, Sender};

/// A group of messages is synced at once: what is at hand, up to this.
const GROUP_OCTETS: u64 = 16 * 1024 * 1024;
const GROUP_MESSAGES: usize = 2048;

/// A Source that gives what the archive holds, and fetches, stores, syncs and passes on the rest. Folders and
/// listings come from the server, so that new mail is seen; each listing also tells the archive which flags
/// changed and which messages are gone.
pub struct Through {
    store: Store,
    server: Box<dyn Source>,
    budget: Budget,
}

/// The archive's side.
struct Store {
    archive: Archive,
    /// UIDVALIDITYs as listed.
    validities: HashMap<FolderPath, Option<u32>>,
    /// The folder at work: more are not kept open.
    last: Option<(FolderPath, Arc<OpenFolder>)>,
}

#[derive(Clone)]
struct Place {
    validity: Option<u32>,
    folder: Arc<OpenFolder>,
}

impl Through {
    /// `budget` is for bodies read back from the disk; the server has its own or a clone of it.
    pub fn new(archive: Archive, server: Box<dyn Source>, budget: Budget) -> Through {
        let store = Store { archive, validities: HashMap::new(), last: None };
        Self { store, server, budget }
    }

    pub fn seal(&mut self) -> Result<()> {
        self.store.archive.seal()
    }

    pub fn into_archive(self) -> Archive {
        self.store.archive
    }
}

impl Store {
    /// What the archive holds of a portion, and the ids that it does not hold.
    fn held(&mut self, portion: &Portion) -> Result<(Held, Vec<MessageId>)> {
        let path = &portion.folder.path;
        let validity = portion.validity.or_else(|| self.validities.get(path).copied().flatten());
        let validity = validity.or(portion.folder.status.and_then(|status| status.validity));
        let folder = match self.last.take().filter(|(last, folder)| last == path && !folder.broken()) {
            Some((_, folder)) => folder,
            None => self.archive.folder(&portion.folder)?,
        };
        self.last = Some((path.clone(), Arc::clone(&folder)));
        Held::of(Place { validity, folder }, &portion.ids)
    }

    async fn follow(&mut self, look: &Look<'_>, listing: &Listing) -> Result<()> {
        let validity = listing.validity;
        let seen: Vec<_> = listing.entries.iter().map(|entry| (Id::of(&entry.id), entry.flags.clone())).collect();
        let (archive, listed, from) = (self.archive.clone(), look.folder.clone(), look.from);
        // What did not change was not listed: nothing is gone for that.
        let from = if look.since.is_some() { u32::MAX } else { from };
        let opened = blocking(move || {
            let opened = archive.folder(&listed)?;
            archive.write(&opened, |writer| writer.follow(&listed, validity, from, &seen))?;
            Ok(opened)
        })
        .await?;
        self.validities.insert(look.folder.path.clone(), validity);
        self.last = Some((look.folder.path.clone(), opened));
        Ok(())
    }
}

/// What the archive holds of a portion.
struct Held {
    place: Place,
    mbox: File,
    records: Vec<(MessageId, Record)>,
}

impl Held {
    /// And the ids that it does not hold.
    fn of(place: Place, ids: &[MessageId]) -> Result<(Self, Vec<MessageId>)> {
        let (mut records, mut rest): (Vec<(MessageId, Record)>, Vec<MessageId>) = Default::default();
        let writer = place.folder.lock();
        for id in ids {
            match writer.contents().get(&Key { validity: place.validity, id: Id::of(id) }) {
                Some(record) => records.push((id.clone(), record.clone())),
                None => rest.push(id.clone()),
            }
        }
        let mbox = writer.reader()?;
        drop(writer);
        Ok((Self { place, mbox, records }, rest))
    }

    /// Sends them; gives the ids of those that are no longer whole. None: `out` is closed.
    async fn give(&mut self, budget: &Budget, part: Part, out: &Sender<Fetched>) -> Result<Option<Vec<MessageId>>> {
        let mut damaged = Vec::new();
        for (id, record) in self.records.drain(..) {
            match delivery::read(&self.mbox, &record, id.clone(), part, budget).await {
                Ok(Some(fetched)) => {
                    if out.send(fetched).await.is_err() {
                        return Ok(None);
                    }
                }
                Err(failure) if failure.cause == Cause::DiskFull => return Err(failure),
                Ok(None) | Err(_) => damaged.push(id),
            }
        }
        Ok(Some(damaged))
    }
}

/// Stores what comes from the server and passes it on. Never waits for a second message, so that groups are what
/// came while the last one was synced.
async fn keep(
    archive: &Archive,
    place: &Place,
    part: Part,
    fetched: &mut Receiver<Fetched>,
    out: &Sender<Fetched>,
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
        let group = store(archive, place, group).await?;
        for fetched in group.into_iter().map(|message| as_asked(message, part)).chain(rest) {
            if out.send(fetched).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn keep_portion(archive: Archive, passing: Passing, part: Part) -> Result<()> {
    let Passing { folder, validity, mut from, out } = passing;
    let (opening, at) = (archive.clone(), Arc::clone(&folder));
    let open = blocking(move || opening.folder(&at)).await?;
    let validity = validity.or(folder.status.and_then(|status| status.validity));
    keep(&archive, &Place { validity, folder: open }, part, &mut from, &out).await
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

/// Portions of which the archive holds nothing: those the server may send one behind the other.
struct Fresh<'a> {
    outer: &'a mut dyn Order,
    through: &'a mut Store,
    /// The first portion of another kind, and the ids that the archive does not hold. It ends this order.
    other: Option<(Portion, Held, Vec<MessageId>)>,
}

#[async_trait]
impl Order for Fresh<'_> {
    async fn next(&mut self, idle: bool) -> Given {
        loop {
            let portion = match self.outer.next(idle).await {
                Given::Portion(portion) => portion,
                other => return other,
            };
            match self.through.held(&portion) {
                Ok((held, _)) if held.records.is_empty() => {
                    return Given::Portion(Portion { validity: held.place.validity, ..portion });
                }
                Ok((held, rest)) => {
                    self.other = Some((portion, held, rest));
                    return Given::End;
                }
                Err(failure) => self.outer.failed(&portion.folder, failure),
            }
        }
    }

    fn failed(&mut self, folder: &Folder, failure: Failure) {
        self.outer.failed(folder, failure);
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

    async fn list_all(&mut self, looks: &[Look<'_>]) -> Result<Vec<Result<Listing>>> {
        let mut listings = self.server.list_all(looks).await?;
        for (look, listing) in looks.iter().zip(&mut listings) {
            if let Ok(listed) = listing
                && let Err(failure) = self.store.follow(look, listed).await
            {
                if failure.reach > Reach::Folder {
                    return Err(failure);
                }
                *listing = Err(failure);
            }
        }
        Ok(listings)
    }

    async fn fetch_all(&mut self, order: &mut dyn Order, part: Part) -> Result<()> {
        loop {
            let archive = self.store.archive.clone();
            let failures: Arc<Mutex<Vec<(Arc<Folder>, Failure)>>> = Arc::default();
            let station = |passing: Passing| -> BoxFuture<'static, Result<()>> {
                let (archive, failures) = (archive.clone(), Arc::clone(&failures));
                Box::pin(async move {
                    let folder = Arc::clone(&passing.folder);
                    match keep_portion(archive, passing, part).await {
                        Err(failure) if failure.reach <= Reach::Folder => {
                            failures.lock().unwrap_or_else(PoisonError::into_inner).push((folder, failure));
                            Ok(())
                        }
                        kept => kept,
                    }
                })
            };
            let mut fresh = Fresh { outer: order, through: &mut self.store, other: None };
            relay(&mut *self.server, &mut fresh, Part::Whole, GROUP_MESSAGES, station).await?;
            let other = fresh.other;
            for (folder, failure) in failures.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
                order.failed(&folder, failure);
            }
            let Some((portion, mut held, mut rest)) = other else { return Ok(()) };
            let Some(damaged) = held.give(&self.budget, part, &portion.out).await? else { continue };
            // Those are fetched and stored once more, which takes the place of the damaged ones.
            rest.extend(damaged);
            rest.sort_unstable();
            if rest.is_empty() {
                continue;
            }
            let (sender, mut fetched) = mpsc::channel(GROUP_MESSAGES);
            let fetching = self.server.fetch(&portion.folder, &rest, Part::Whole, sender);
            let keeping = keep(&self.store.archive, &held.place, part, &mut fetched, &portion.out);
            let (fetched, kept) = tokio::join!(fetching, keeping);
            match kept.and(fetched) {
                Err(failure) if failure.reach <= Reach::Folder => order.failed(&portion.folder, failure),
                done => done?,
            }
        }
    }

    fn be_patient(&mut self, times: u32) {
        self.server.be_patient(times);
    }

    async fn close(&mut self) {
        self.store.last = None;
        self.server.close().await;
    }
}
