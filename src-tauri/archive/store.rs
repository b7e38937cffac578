//! An archive as a mailbox to store into.

use crate::Archive;
use crate::archive::OpenFolder;
use crate::delivery::blocking;
use crate::line::{Id, Key, Line};
use crate::reader::Reader;
use async_trait::async_trait;
use mail::ports::{FlagChange, Seen};
use mail::{
    Budget, Capacity, Cause, Failure, Feed, Fence, Fetched, Flags, Folder, Identity, Limits, Listing, Look, Message,
    MessageId, Order, Outcome, Part, Place, Reach, Result, Source, Taken, Target,
};
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::mpsc;

const LIMITS: Limits = Limits { messages: 2048, octets: 16 * 1024 * 1024 };

/// It speaks the ids of the mailbox it backs up: a message keeps its UID, unless another message has it. One that is
/// stored again under its UID is not stored twice.
#[derive(Debug)]
pub struct Store {
    archive: Archive,
    budget: Budget,
}

impl Store {
    pub fn new(archive: Archive, budget: Budget) -> Store {
        Self { archive, budget }
    }

    pub fn into_archive(self) -> Archive {
        self.archive
    }

    fn reader(&self) -> Result<Reader> {
        let mut reader = Reader::open(self.archive.directory(), self.budget.clone())?;
        reader.with_gone = false;
        Ok(reader)
    }

    async fn open(&self, folder: &Folder) -> Result<Arc<OpenFolder>> {
        let (archive, folder) = (self.archive.clone(), folder.clone());
        blocking(move || archive.folder(&folder)).await
    }

    async fn note(&self, folder: &Folder, line: impl Fn(Key) -> Line, ids: &[MessageId]) -> Result<()> {
        let opened = self.open(folder).await?;
        let archive = self.archive.clone();
        let validity = opened.lock().contents().validity.flatten();
        let lines = ids.iter().map(|id| Key { validity, id: Id::of(id) }).filter(|key| present(&opened, key));
        let lines: Vec<Line> = lines.map(line).collect();
        blocking(move || archive.write(&opened, |writer| writer.note(lines))).await
    }

    async fn make(&self, Place { path, special }: &Place<'_>) -> Result<Fence> {
        if path.0.is_empty() {
            return Err(Failure::new(Cause::FolderNameRefused));
        }
        let known = self.reader()?.folders().await?.into_iter().find(|folder| folder.path == **path);
        let created = known.is_none();
        let folder = known.unwrap_or_else(|| Folder {
            wire: path.0.join("/").into_bytes(),
            delimiter: Some('/'),
            path: (*path).clone(),
            special: *special,
            selectable: true,
            status: None,
        });
        let opened = self.open(&folder).await?;
        let archive = self.archive.clone();
        let (validity, uid_next) = blocking(move || {
            archive.write(&opened, |writer| {
                if writer.contents().validity.is_none() {
                    writer.note(vec![Line::Validity { validity: Some(1) }])?;
                }
                let contents = writer.contents();
                let validity = contents.validity.flatten().unwrap_or(1);
                Ok((validity, next_uid(contents.records.iter().map(|record| &record.key.id))))
            })
        })
        .await?;
        Ok(Fence { folder, validity, uid_next, created, any_keyword: true, keywords: Vec::new() })
    }

    /// Stores a batch and tells each message's UID.
    async fn keep(&self, folder: &Folder, messages: Vec<Message>) -> Result<Vec<(Message, Outcome)>> {
        let (archive, opened) = (self.archive.clone(), self.open(folder).await?);
        blocking(move || {
            archive
                .write(&opened, |writer| {
                    let contents = writer.contents();
                    let validity = contents.validity.flatten();
                    let mut next = next_uid(contents.records.iter().map(|record| &record.key.id));
                    let mut taken = HashSet::new();
                    let (mut fresh, mut back, mut uids) = (Vec::new(), Vec::new(), Vec::new());
                    for message in &messages {
                        let key = Key { validity, id: Id::of(&message.id) };
                        let uid = match (message.id.uid(), contents.get(&key)) {
                            (Some(uid), Some(record)) if record.sha256 == message.body.sha256 => {
                                if record.gone {
                                    back.push(Line::Flags { key, flags: message.flags.names() });
                                }
                                uids.push(uid);
                                continue;
                            }
                            (Some(uid), None) if uid > 0 && !taken.contains(&uid) => uid,
                            _ => next,
                        };
                        next = next.max(uid.saturating_add(1));
                        taken.insert(uid);
                        fresh.push((Id::Uid(uid), message));
                        uids.push(uid);
                    }
                    writer.append(validity, fresh)?;
                    writer.note(back)?;
                    Ok(uids)
                })
                .map(|uids| {
                    messages.into_iter().zip(uids).map(|(message, uid)| (message, Outcome::Stored(Some(uid)))).collect()
                })
        })
        .await
    }
}

fn present(folder: &OpenFolder, key: &Key) -> bool {
    folder.lock().contents().get(key).is_some_and(|record| !record.gone)
}

fn next_uid<'a>(ids: impl Iterator<Item = &'a Id>) -> u32 {
    let uids = ids.filter_map(|id| if let Id::Uid(uid) = id { Some(*uid) } else { None });
    uids.max().unwrap_or(0).saturating_add(1)
}

#[async_trait]
impl Source for Store {
    async fn identity(&mut self) -> Result<Identity> {
        Ok(Identity { greeting: self.archive.id().to_owned(), certificate: None })
    }

    async fn folders(&mut self) -> Result<Vec<Folder>> {
        self.reader()?.folders().await
    }

    async fn list_all(&mut self, looks: &[Look<'_>]) -> Result<Vec<Result<Listing>>> {
        self.reader()?.list_all(looks).await
    }

    async fn fetch_all(&mut self, order: &mut dyn Order, part: Part) -> Result<()> {
        self.reader()?.fetch_all(order, part).await
    }

    async fn close(&mut self) {}
}

#[async_trait]
impl Target for Store {
    async fn capacity(&mut self) -> Result<Capacity> {
        Ok(Capacity { room: Some(crate::free_space(self.archive.directory())?), ..Capacity::default() })
    }

    async fn prepare_all(&mut self, places: &[Place<'_>]) -> Result<Vec<Result<Fence>>> {
        let mut fences = Vec::with_capacity(places.len());
        for place in places {
            fences.push(match self.make(place).await {
                Err(failure) if failure.reach > Reach::Folder => return Err(failure),
                made => made,
            });
        }
        Ok(fences)
    }

    async fn store(&mut self, feed: &mut dyn Feed) -> Result<()> {
        loop {
            match feed.take(LIMITS, true).await? {
                Taken::Batch(fence, messages) => match self.keep(&fence.folder, messages).await {
                    Ok(outcomes) => feed.settle(&fence, outcomes).await?,
                    Err(failure) if failure.reach <= Reach::Folder => feed.folder_failed(&fence, failure),
                    Err(failure) => return Err(failure),
                },
                Taken::NotYet => tokio::task::yield_now().await,
                Taken::End => return Ok(()),
            }
        }
    }

    /// Nobody works in an archive beside us: what was seen is still so.
    async fn remove(&mut self, folder: &Folder, seen: &[Seen], _: Option<u64>) -> Result<Vec<MessageId>> {
        let ids: Vec<MessageId> = seen.iter().map(|one| one.id.clone()).collect();
        self.note(folder, |key| Line::Gone { key }, &ids).await?;
        Ok(Vec::new())
    }

    fn removes(&self) -> bool {
        true
    }

    /// An archive keeps what it ever held.
    async fn remove_folder(&mut self, folder: &Folder) -> Result<()> {
        Err(Failure::new(Cause::FolderRefused).about(folder.path.to_string()))
    }

    async fn relocate(
        &mut self,
        folder: &Folder,
        ids: &[MessageId],
        to: &Folder,
    ) -> Result<Vec<(MessageId, Option<u32>)>> {
        let mut moved = Vec::new();
        for id in ids {
            let (sender, mut receiver) = mpsc::channel(1);
            self.fetch(folder, std::slice::from_ref(id), Part::Whole, sender).await?;
            if let Some(Fetched::Message(message)) = receiver.recv().await {
                // Its UID there is the next: the one it has may come to mean another message.
                let message = Message { id: MessageId::Uid(0), ..message };
                for (_, outcome) in self.keep(to, vec![message]).await? {
                    if let Outcome::Stored(uid) = outcome {
                        moved.push((id.clone(), uid));
                    }
                }
                self.note(folder, |key| Line::Gone { key }, std::slice::from_ref(id)).await?;
            }
        }
        Ok(moved)
    }

    async fn flag(&mut self, folder: &Folder, changes: &[FlagChange]) -> Result<()> {
        for FlagChange { id, flags } in changes {
            let names = |flags: &Flags| flags.names();
            self.note(folder, |key| Line::Flags { key, flags: names(flags) }, std::slice::from_ref(id)).await?;
        }
        Ok(())
    }
}
