//! A session with a mailbox in memory: the ports, as their documentation says.

use super::{Contents, Drawer, Held, Mailbox, Manners, Sinking, Tripwire};
use crate::{
    Budget, Capacity, Cause, Entry, Failure, Feed, Fence, Fetched, FlagChange, Folder, Given, Identity, Listing, Look,
    Message, MessageId, Order, Outcome, Part, Place, Portion, Reach, Result, Seen, Source, Status, System, Taken,
    Target, Want,
};
use async_trait::async_trait;
use std::collections::VecDeque;
use std::sync::Arc;

const DELIMITER: char = '/';

/// Ends, as a connection does, with its first `Err` of reach Connection.
#[derive(Debug)]
pub struct Session {
    mailbox: Mailbox,
    tripwire: Tripwire,
    open: bool,
    patience: u32,
}

impl Session {
    pub(super) fn new(mailbox: Mailbox, tripwire: Tripwire) -> Self {
        Self { mailbox, tripwire, open: true, patience: 1 }
    }

    /// One thing that this server does: it may be interrupted before or after it.
    async fn effect<T>(&mut self, act: impl FnOnce(&mut Contents) -> Result<T>) -> Result<T> {
        if !self.open {
            return Err(Failure::new(Cause::Closed));
        }
        let delay = self.mailbox.contents().manners.delay;
        match delay {
            Some(delay) => tokio::time::sleep(delay).await,
            None => tokio::task::yield_now().await,
        }
        let done = self.tripwire.step().and_then(|passed| {
            let mut contents = self.mailbox.contents();
            contents.pass();
            let value = act(&mut contents);
            drop(contents);
            passed.done().and(value)
        });
        self.open = done.as_ref().err().is_none_or(|failure| failure.reach < Reach::Connection);
        done
    }

    fn manners(&self) -> Manners {
        self.mailbox.contents().manners.clone()
    }
}

fn missing(folder: &Folder) -> Failure {
    Failure::new(Cause::FolderMissing).about(folder.path.to_string())
}

fn listed(drawer: &Drawer) -> Folder {
    Folder {
        wire: drawer.path.to_string().into_bytes(),
        delimiter: Some(DELIMITER),
        path: drawer.path.clone(),
        special: drawer.special,
        selectable: true,
        status: Some(Status {
            messages: Some(drawer.messages.len() as u32),
            uid_next: Some(drawer.uid_next),
            validity: Some(drawer.validity),
            modseq: Some(drawer.modseq),
            bytes: Some(drawer.messages.iter().map(|kept| kept.octets.len() as u64).sum()),
        }),
    }
}

#[async_trait]
impl Source for Session {
    async fn identity(&mut self) -> Result<Identity> {
        self.effect(|contents| Ok(contents.manners.identity.clone())).await
    }

    async fn folders(&mut self) -> Result<Vec<Folder>> {
        self.effect(|contents| Ok(contents.folders.iter().map(listed).collect())).await
    }

    async fn list_all(&mut self, looks: &[Look<'_>]) -> Result<Vec<Result<Listing>>> {
        let mut listings = Vec::with_capacity(looks.len());
        for look in looks {
            listings.push(only_folders(self.look(look).await)?);
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

    fn be_patient(&mut self, times: u32) {
        self.patience = times;
    }

    async fn close(&mut self) {
        self.open = false;
    }
}

/// A failure that ends no more than a folder is that folder's answer.
fn only_folders<T>(answer: Result<T>) -> Result<Result<T>> {
    match answer {
        Err(failure) if failure.reach > Reach::Folder => Err(failure),
        answer => Ok(answer),
    }
}

impl Session {
    async fn look(&mut self, Look { folder, from, want, since }: &Look<'_>) -> Result<Listing> {
        self.effect(|contents| {
            if contents.manners.deadly.as_ref() == Some(&folder.path) {
                return Err(Failure::new(Cause::Closed));
            }
            let headers = *want >= Want::Headers && !contents.manners.no_headers;
            let drawer = contents.find(&folder.path).ok_or_else(|| missing(folder))?;
            let first = drawer.messages.partition_point(|kept| kept.uid < *from);
            let entry = |kept: &super::Kept| Entry {
                id: MessageId::Uid(kept.uid),
                size: (*want >= Want::Sizes).then_some(kept.octets.len() as u32),
                flags: kept.flags.clone(),
                date: kept.date.filter(|_| *want >= Want::Dates),
                header: headers.then_some(kept.header),
            };
            let told = |kept: &&super::Kept| since.is_none_or(|since| kept.modseq > since);
            Ok(Listing {
                validity: Some(drawer.validity),
                uid_next: Some(drawer.uid_next),
                modseq: Some(drawer.modseq),
                messages: drawer.messages.len() as u32,
                entries: drawer.messages[first..].iter().filter(told).map(entry).collect(),
            })
        })
        .await
    }

    async fn send(&mut self, portion: &Portion, part: Part) -> Result<()> {
        let Portion { folder, validity, ids, out } = portion;
        let mut order: Vec<&MessageId> = ids.iter().collect();
        if self.manners().backwards {
            order.reverse();
        }
        for id in order {
            let permit = match out.reserve().await {
                Ok(permit) => permit,
                Err(_) => return Ok(()),
            };
            let patience = self.patience;
            let fetched = self
                .effect(move |contents| {
                    let slow = contents.manners.slow.clone();
                    let drawer = contents.find(&folder.path).ok_or_else(|| missing(folder))?;
                    if validity.is_some_and(|validity| validity != drawer.validity) {
                        return Err(Failure::new(Cause::ValidityChanged).about(folder.path.to_string()));
                    }
                    let kept = id.uid().and_then(|uid| drawer.position(uid)).map(|at| drawer.messages[at].clone());
                    if slow.zip(kept.as_ref()).is_some_and(|(slow, kept)| slow(&kept.octets) > patience) {
                        return Err(Failure::new(Cause::Timeout));
                    }
                    permit.send(match (kept, part) {
                        (None, _) => Fetched::Failed { id: id.clone(), failure: Failure::new(Cause::MessageGone) },
                        (Some(kept), Part::Hashes) => Fetched::Hashed {
                            id: id.clone(),
                            sha256: kept.sha256,
                            header: kept.header,
                            octets: kept.octets.len() as u64,
                            flags: kept.flags,
                            date: kept.date,
                        },
                        (Some(kept), Part::Whole) => Fetched::Message(Message {
                            id: id.clone(),
                            flags: kept.flags,
                            date: kept.date,
                            body: Budget::unbounded(kept.octets),
                        }),
                    });
                    Ok(())
                })
                .await;
            fetched?;
        }
        Ok(())
    }

    async fn make(&mut self, place: &Place<'_>) -> Result<Fence> {
        self.effect(|contents| {
            let keywords = contents.manners.keywords.clone();
            let (drawer, created) = contents.make(place.path, place.special);
            drawer.subscribed = true;
            Ok(Fence {
                folder: listed(drawer),
                validity: drawer.validity,
                uid_next: drawer.uid_next,
                created,
                any_keyword: keywords.is_none(),
                keywords: keywords.unwrap_or_default(),
            })
        })
        .await
    }

    /// Appends a batch as one command, and what it is answered.
    async fn append_all(&mut self, fence: &Fence, batch: Vec<Message>) -> Result<Vec<(Message, Outcome)>> {
        let manners = self.manners();
        let sunk = match (manners.sinking, &manners.refuses) {
            (Sinking::Alone, _) | (_, None) => false,
            (_, Some(_)) if batch.len() == 1 => false,
            (_, Some(refuses)) => {
                let mut octets = batch.iter().map(|message| message.body.octets());
                octets.any(|octets| octets.is_ok_and(|octets| refuses(&octets).is_some()))
            }
        };
        let mut answered = Vec::with_capacity(batch.len());
        let mut stopped = sunk && manners.sinking == Sinking::Batch;
        for message in batch {
            let outcome = if stopped { Outcome::Doubtful } else { self.append(fence, &message).await? };
            stopped |= sunk && matches!(outcome, Outcome::Refused(_));
            answered.push((message, if sunk { Outcome::Doubtful } else { outcome }));
        }
        Ok(answered)
    }

    /// Appends one message: as the server's answer to it, or as the end of this connection.
    async fn append(&mut self, fence: &Fence, message: &Message) -> Result<Outcome> {
        let octets = message.body.octets()?;
        let patience = self.patience;
        self.effect(|contents| {
            let manners = contents.manners.clone();
            if manners.slow_to_store.is_some_and(|slow| slow(&octets) > patience) {
                return Err(Failure::new(Cause::Timeout));
            }
            let refused = if octets.is_empty() {
                Some(Cause::MessageEmpty)
            } else if manners.capacity.message_limit.is_some_and(|limit| octets.len() as u64 > limit) {
                Some(Cause::MessageTooLarge)
            } else {
                manners.refuses.and_then(|refuses| refuses(&octets))
            };
            if let Some(cause) = refused {
                return Ok(Outcome::Refused(Failure::new(cause)));
            }
            if let Some(room) = &mut contents.manners.capacity.room {
                *room = room.checked_sub(octets.len() as u64).ok_or_else(|| Failure::new(Cause::QuotaFull))?;
            }
            let octets = manners.rewrites.map_or(octets.clone(), |rewrites| rewrites(&octets).into());
            let keeps = |keyword: &str| manners.keywords.as_ref().is_none_or(|kept| kept.iter().any(|k| k == keyword));
            let holds = contents.holds.take();
            let drawer = contents.find(&fence.folder.path).ok_or_else(|| missing(&fence.folder))?;
            // A server that is given no date takes the time of arrival.
            let date = message.date.or(Some(crate::InternalDate { seconds: 0, zone: 0 }));
            let (path, flags) = (drawer.path.clone(), message.flags.keeping(keeps));
            if let Some(left) = holds {
                let flags = if manners.forgetful { Default::default() } else { flags };
                contents.held.push(Held { left, path, octets, flags, date });
                return Err(Failure::new(Cause::Closed));
            }
            let uid = drawer.add(octets, flags, date);
            Ok(Outcome::Stored(manners.uidplus.then_some(uid)))
        })
        .await
    }
}

#[async_trait]
impl Target for Session {
    async fn capacity(&mut self) -> Result<Capacity> {
        self.effect(|contents| Ok(contents.manners.capacity.clone())).await
    }

    async fn prepare_all(&mut self, places: &[Place<'_>]) -> Result<Vec<Result<Fence>>> {
        let mut fences = Vec::with_capacity(places.len());
        for place in places {
            fences.push(only_folders(self.make(place).await)?);
        }
        Ok(fences)
    }

    async fn store(&mut self, feed: &mut dyn Feed) -> Result<()> {
        let manners = self.manners();
        let mut in_flight: VecDeque<(Arc<Fence>, Vec<(Message, Outcome)>)> = VecDeque::new();
        loop {
            if in_flight.len() >= manners.in_flight.max(1)
                && let Some((fence, answered)) = in_flight.pop_front()
            {
                feed.settle(&fence, answered).await?;
            }
            match feed.take(manners.batch, in_flight.is_empty()).await? {
                Taken::Batch(fence, batch) => match self.append_all(&fence, batch).await {
                    Ok(answered) => in_flight.push_back((fence, answered)),
                    Err(failure) if failure.reach == Reach::Folder => feed.folder_failed(&fence, failure),
                    Err(failure) => return Err(failure),
                },
                Taken::NotYet => match in_flight.pop_front() {
                    Some((fence, answered)) => feed.settle(&fence, answered).await?,
                    None => return Err(Failure::new(Cause::Protocol).about("NotYet while nothing is in flight")),
                },
                Taken::End => break,
            }
        }
        for (fence, answered) in in_flight {
            feed.settle(&fence, answered).await?;
        }
        Ok(())
    }

    async fn remove(&mut self, folder: &Folder, seen: &[Seen], since: Option<u64>) -> Result<Vec<MessageId>> {
        // In two steps, as IMAP does it: what is interrupted between them is marked and still there.
        let left = self
            .effect(|contents| {
                if !contents.manners.uidplus {
                    return Err(Failure::new(Cause::FolderRefused).about(folder.path.to_string()));
                }
                let drawer = contents.find(&folder.path).ok_or_else(|| missing(folder))?;
                let mut left = Vec::new();
                for one in seen {
                    let Some(at) = one.id.uid().and_then(|uid| drawer.position(uid)) else { continue };
                    let kept = &drawer.messages[at];
                    if one.differs(&kept.flags) || since.is_some_and(|since| kept.modseq > since) {
                        left.push(one.id.clone());
                    } else {
                        drawer.flag(kept.uid, kept.flags.clone().with(System::Deleted));
                    }
                }
                Ok(left)
            })
            .await?;
        self.effect(|contents| {
            let drawer = contents.find(&folder.path).ok_or_else(|| missing(folder))?;
            let removed = |id: MessageId| !left.contains(&id) && seen.iter().any(|one| one.id == id);
            drawer.messages.retain(|kept| !(removed(MessageId::Uid(kept.uid)) && kept.flags.has(System::Deleted)));
            Ok(())
        })
        .await?;
        Ok(left)
    }

    fn removes(&self) -> bool {
        self.manners().uidplus
    }

    async fn remove_folder(&mut self, folder: &Folder) -> Result<()> {
        self.effect(|contents| {
            let drawer = contents.find(&folder.path).ok_or_else(|| missing(folder))?;
            if !drawer.messages.is_empty() || folder.path.is_inbox() {
                return Err(Failure::new(Cause::FolderRefused).about(folder.path.to_string()));
            }
            contents.folders.retain(|drawer| drawer.path != folder.path);
            Ok(())
        })
        .await
    }

    async fn relocate(
        &mut self,
        folder: &Folder,
        ids: &[MessageId],
        to: &Folder,
    ) -> Result<Vec<(MessageId, Option<u32>)>> {
        self.effect(|contents| {
            let told = contents.manners.uidplus;
            contents.find(&to.path).ok_or_else(|| missing(to))?;
            let from = contents.find(&folder.path).ok_or_else(|| missing(folder))?;
            let mut moved = Vec::new();
            for id in ids {
                if let Some(at) = id.uid().and_then(|uid| from.position(uid)) {
                    moved.push((id.clone(), from.messages.remove(at)));
                }
            }
            let to = contents.find(&to.path).ok_or_else(|| missing(to))?;
            let add = |(id, kept): (MessageId, super::Kept)| {
                let uid = to.add(kept.octets, kept.flags, kept.date);
                (id, told.then_some(uid))
            };
            Ok(moved.into_iter().map(add).collect())
        })
        .await
    }

    async fn flag(&mut self, folder: &Folder, changes: &[FlagChange]) -> Result<()> {
        self.effect(|contents| {
            let drawer = contents.find(&folder.path).ok_or_else(|| missing(folder))?;
            for change in changes {
                if let Some(uid) = change.id.uid() {
                    drawer.flag(uid, change.flags.clone());
                }
            }
            Ok(())
        })
        .await
    }
}
