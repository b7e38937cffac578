//! An archive as a mailbox to read from.

use crate::contents::{Contents, Ended, Record};
use crate::delivery::{self, blocking};
use crate::disk::{failed, replace_by, unusable};
use crate::folder::with_ending;
use crate::heading::Heading;
use crate::line::Id;
use crate::manifest::Manifest;
use crate::octets;
use crate::tree::{self, Found};
use async_trait::async_trait;
use mail::{
    Budget, Cause, Entry, Failure, Fetched, Folder, FolderPath, Given, Identity, Listing, Look, MessageId, Order, Part,
    Portion, Reach, Result, Sha256, Side, Source, Status, Want,
};
use sha2::Digest;
use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Read-only view of a directory, for verify, restore, and moves from a backup. Writes nothing and takes no lock.
///
/// A folder lists all the messages it ever held, those gone at the source too: a backup is there for them. Of the
/// time before a change of UIDVALIDITY it lists those that were not stored again after it, counted by SHA-256,
/// under UIDs from 4,294,967,295 downwards.
#[derive(Debug)]
pub struct Reader {
    directory: PathBuf,
    manifest: Manifest,
    places: HashMap<FolderPath, PathBuf>,
    budget: Budget,
    /// Messages that were removed are listed.
    pub(crate) with_gone: bool,
    /// The folder read last.
    last: Option<(FolderPath, Arc<ReadFolder>)>,
}

#[derive(Debug)]
pub(crate) struct ReadFolder {
    pub(crate) mbox: File,
    pub(crate) contents: Contents,
    /// Place among the records by id, ascending.
    pub(crate) shown: Vec<(MessageId, usize)>,
    /// None where an id of an earlier UIDVALIDITY is among them.
    uid_next: Option<u32>,
}

impl Reader {
    /// `budget` is for the bodies it reads. `StoreUnusable` for what is no archive of ours, or a newer one's.
    pub fn open(directory: &Path, budget: Budget) -> Result<Reader> {
        let manifest = Manifest::read(directory)?.ok_or_else(|| unusable(directory))?;
        let mut places = HashMap::new();
        for Found { stem, folder } in tree::walk(directory)? {
            if let Some(folder) = folder
                && places.insert(FolderPath(folder.path), directory.join(&stem)).is_some()
            {
                return Err(unusable(&with_ending(&directory.join(stem), ".idx")));
            }
        }
        Ok(Self { directory: directory.to_owned(), manifest, places, budget, with_gone: true, last: None })
    }

    /// The key `user@host` of the account it backs up.
    pub fn owner(&self) -> &str {
        &self.manifest.account
    }

    pub fn id(&self) -> &str {
        &self.manifest.id
    }

    /// Of all folders, in order.
    pub(crate) fn paths(&self) -> Vec<FolderPath> {
        let mut paths: Vec<FolderPath> = self.places.keys().cloned().collect();
        paths.sort();
        paths
    }

    pub(crate) async fn read(&mut self, path: &FolderPath) -> Result<Arc<ReadFolder>> {
        if let Some((last, folder)) = &self.last
            && last == path
        {
            return Ok(Arc::clone(folder));
        }
        let missing = || Failure::new(Cause::FolderMissing).about(path.to_string());
        let stem = self.places.get(path).ok_or_else(missing)?.clone();
        let with_gone = self.with_gone;
        let folder = Arc::new(blocking(move || ReadFolder::open(&stem, with_gone)).await?);
        self.last = Some((path.clone(), Arc::clone(&folder)));
        Ok(folder)
    }
}

impl Reader {
    /// What these messages are known by, each at its place; None: it is not here, or damaged.
    pub async fn headings(&mut self, wanted: &[(FolderPath, MessageId)]) -> Vec<Option<Heading>> {
        let mut headings = vec![None; wanted.len()];
        let mut by_folder: Vec<_> = wanted.iter().zip(&mut headings).collect();
        by_folder.sort_by_key(|((folder, _), _)| folder);
        for ((folder, id), heading) in by_folder {
            let Ok(read) = self.read(folder).await else { continue };
            *heading = read.record(id).and_then(|record| Heading::read(&read.mbox, record).ok().flatten());
        }
        headings
    }

    /// Writes a message as it was fetched into a file of its own (RFC 5322, `.eml`), octet by octet; one that is there is
    /// replaced. `MessageGone`: it is not here; `MessageDamaged`: these are not its octets, and nothing was written.
    pub async fn save(&mut self, folder: &FolderPath, id: &MessageId, file: &Path) -> Result<()> {
        let read = self.read(folder).await?;
        let (id, file) = (id.clone(), file.to_owned());
        blocking(move || {
            let alone = |cause| Failure::new(cause).on(Side::Local).reaching(Reach::Message);
            let record = read.record(&id).ok_or_else(|| alone(Cause::MessageGone))?;
            replace_by(&file, &with_ending(&file, ".part"), |out| {
                let mut hash = sha2::Sha256::new();
                let framed = octets::read(&read.mbox, record, &mut |chunk| {
                    hash.update(chunk);
                    out.write_all(chunk).map_err(failed(&file))
                })?;
                let same = Sha256(hash.finalize().into()) == record.sha256;
                (framed && same).then_some(()).ok_or_else(|| alone(Cause::MessageDamaged))
            })
        })
        .await
    }

    async fn send(&mut self, portion: &Portion, part: Part) -> Result<()> {
        let folder = &portion.folder;
        let read = self.read(&folder.path).await?;
        for id in &portion.ids {
            let alone = |failure: Failure| {
                let failure = failure.on(Side::Local).about(folder.path.to_string()).reaching(Reach::Message);
                Fetched::Failed { id: id.clone(), failure }
            };
            let fetched = match read.record(id) {
                None => alone(Failure::new(Cause::MessageGone)),
                Some(record) => match delivery::read(&read.mbox, record, id.clone(), part, &self.budget).await {
                    Ok(Some(fetched)) => fetched,
                    Ok(None) => alone(Failure::new(Cause::MessageDamaged)),
                    Err(failure) if failure.cause == Cause::DiskFull => return Err(failure),
                    Err(failure) => alone(failure),
                },
            };
            if portion.out.send(fetched).await.is_err() {
                break;
            }
        }
        Ok(())
    }
}

impl ReadFolder {
    /// Reads as far as whole lines go: what is damaged shows when a message is read, and in the proof.
    fn open(stem: &Path, with_gone: bool) -> Result<Self> {
        let (mbox_path, index_path) = (with_ending(stem, ".mbox"), with_ending(stem, ".idx"));
        let mbox = File::open(&mbox_path).map_err(failed(&mbox_path))?;
        let length = mbox.metadata().map_err(failed(&mbox_path))?.len();
        let index = File::open(&index_path).map_err(failed(&index_path))?;
        let (contents, ended) = Contents::read(index, length, None).map_err(failed(&index_path))?;
        let contents =
            contents.filter(|_| ended != Ended::Newer).ok_or_else(|| unusable(&index_path).reaching(Reach::Folder))?;
        let (shown, uid_next) = shown(&contents, with_gone);
        Ok(Self { mbox, contents, shown, uid_next })
    }

    pub(crate) fn record(&self, id: &MessageId) -> Option<&Record> {
        let place = self.shown.binary_search_by(|(shown, _)| shown.cmp(id)).ok()?;
        Some(&self.contents.records[self.shown[place].1])
    }

    fn listing(&self, from: u32, want: Want) -> Listing {
        let asked = |id: &MessageId| id.uid().is_none_or(|uid| uid >= from);
        let entries = self.shown.iter().filter(|(id, _)| asked(id)).map(|(id, place)| {
            let record = &self.contents.records[*place];
            Entry {
                id: id.clone(),
                size: (want >= Want::Sizes).then(|| u32::try_from(record.size).unwrap_or(u32::MAX)),
                flags: record.flags.clone(),
                date: record.date.filter(|_| want >= Want::Dates),
                header: (want >= Want::Headers).then_some(record.header),
            }
        });
        Listing {
            validity: self.contents.validity.flatten(),
            uid_next: self.uid_next,
            modseq: None,
            messages: u32::try_from(self.shown.len()).unwrap_or(u32::MAX),
            entries: entries.collect(),
        }
    }
}

/// Which records are listed under which ids, and UIDNEXT.
fn shown(contents: &Contents, with_gone: bool) -> (Vec<(MessageId, usize)>, Option<u32>) {
    let now = contents.validity.flatten();
    let wanted = |record: &Record| !record.superseded && (with_gone || !record.gone);
    let (mut shown, mut earlier) = (Vec::new(), Vec::new());
    let mut last_uid = 0;
    for (place, record) in contents.records.iter().enumerate().filter(|(_, record)| wanted(record)) {
        if let Id::Uid(uid) = record.key.id
            && record.key.validity == now
        {
            last_uid = last_uid.max(uid);
        }
        if record.key.validity == now {
            shown.push((record.key.id.message_id(), place));
        } else {
            earlier.push(place);
        }
    }
    let mut uid_next = last_uid.checked_add(1);
    if !earlier.is_empty() {
        let records = &contents.records;
        let mut kept: HashMap<Sha256, usize> = HashMap::new();
        shown.iter().for_each(|(_, place)| *kept.entry(records[*place].sha256).or_default() += 1);
        // The latest time first; within one time each message counts for itself.
        while let Some(time) = earlier.last().map(|place| records[*place].key.validity) {
            let mut spare = kept.clone();
            for place in earlier.extract_if(.., |place| records[*place].key.validity == time) {
                let record = &records[place];
                match spare.get_mut(&record.sha256).filter(|count| **count > 0) {
                    Some(count) => *count -= 1,
                    None => {
                        *kept.entry(record.sha256).or_default() += 1;
                        uid_next = None;
                        shown.push((earlier_id(&record.key.id, place), place));
                    }
                }
            }
        }
    }
    shown.sort_unstable();
    (shown, uid_next)
}

/// Stays the same for ever, since records are only added.
fn earlier_id(id: &Id, place: usize) -> MessageId {
    match id {
        Id::Uid(_) => MessageId::Uid(u32::MAX - u32::try_from(place).unwrap_or(u32::MAX)),
        Id::Uidl(uidl) => MessageId::Uidl(uidl.clone()),
    }
}

#[async_trait]
impl Source for Reader {
    async fn identity(&mut self) -> Result<Identity> {
        Ok(Identity { greeting: self.manifest.id.clone(), certificate: None })
    }

    async fn folders(&mut self) -> Result<Vec<Folder>> {
        let (directory, with_gone) = (self.directory.clone(), self.with_gone);
        let mut places: Vec<_> = self.places.clone().into_iter().collect();
        places.sort();
        blocking(move || {
            let mut folders = Vec::with_capacity(places.len());
            for (_, stem) in places {
                let read = ReadFolder::open(&stem, with_gone)?;
                let mut folder = read.contents.folder.folder().ok_or_else(|| unusable(&directory))?;
                let sizes = read.shown.iter().map(|(_, place)| read.contents.records[*place].size);
                folder.status = Some(Status {
                    messages: u32::try_from(read.shown.len()).ok(),
                    uid_next: read.uid_next,
                    validity: read.contents.validity.flatten(),
                    modseq: None,
                    bytes: Some(sizes.sum()),
                });
                folders.push(folder);
            }
            Ok(folders)
        })
        .await
    }

    async fn list_all(&mut self, looks: &[Look<'_>]) -> Result<Vec<Result<Listing>>> {
        let mut listings = Vec::with_capacity(looks.len());
        for Look { folder, from, want, .. } in looks {
            listings.push(self.read(&folder.path).await.map(|read| read.listing(*from, *want)));
        }
        Ok(listings)
    }

    async fn fetch_all(&mut self, order: &mut dyn Order, part: Part) -> Result<()> {
        while let Given::Portion(portion) = order.next(true).await {
            match self.send(&portion, part).await {
                Err(failure) if failure.reach <= Reach::Folder => order.failed(&portion.folder, failure),
                sent => sent?,
            }
        }
        Ok(())
    }

    async fn close(&mut self) {
        self.last = None;
    }
}
