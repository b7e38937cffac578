//! Lists folders, and reads messages for their prints alone.

use super::standing::{Lists, Standing};
use super::{Ends, from_source, from_target};
use crate::journal::{Journal, PairId, Print, Strength, flag_mark};
use crate::reconcile::{Prints, TargetItem};
use mail::{Entry, Fetched, Folder, InternalDate, MessageId, Part, Result, Source, Want};
use std::collections::HashMap;
use tokio::sync::mpsc;

/// Messages read at once for their prints.
pub const READ: usize = 2_000;

/// The prints of `ids` (ascending); None for one that could not be read.
pub async fn prints<S: Source + ?Sized>(
    source: &mut S,
    folder: &Folder,
    ids: &[MessageId],
) -> Result<HashMap<MessageId, Option<Print>>> {
    let read = dated(source, folder, ids).await?;
    Ok(read.into_iter().map(|(id, print)| (id, print.map(|(print, _)| print))).collect())
}

/// The same with the date of each.
pub async fn dated<S: Source + ?Sized>(
    source: &mut S,
    folder: &Folder,
    ids: &[MessageId],
) -> Result<HashMap<MessageId, Option<(Print, Option<InternalDate>)>>> {
    let mut prints: HashMap<MessageId, Option<_>> = ids.iter().map(|id| (id.clone(), None)).collect();
    if ids.is_empty() {
        return Ok(prints);
    }
    let (into, mut from) = mpsc::channel(64);
    let taking = async {
        while let Some(fetched) = from.recv().await {
            if let Fetched::Hashed { id, sha256, header, octets, flags, date } = fetched
                && let Some(print) = prints.get_mut(&id)
            {
                *print = Some((Print { sha256, header, octets, mark: Print::mark(&flags, date) }, date));
            }
        }
    };
    let (fetched, ()) = tokio::join!(source.fetch(folder, ids, Part::Hashes, into), taking);
    fetched?;
    Ok(prints)
}

/// Some of what was stored in a folder of the target.
pub(super) struct Sample<'a> {
    pub journal: &'a Journal,
    pub pair: PairId,
    pub folder: &'a Folder,
}

impl Sample<'_> {
    /// What the target has preserved of each of `stored` that it still has.
    pub async fn read<S: Source + ?Sized>(
        &self,
        target: &mut S,
        stored: &[(MessageId, Print)],
    ) -> Result<Vec<(MessageId, Strength)>> {
        let mut sample: Vec<(MessageId, &MessageId, &Print)> = Vec::new();
        for (id, print) in stored {
            if let Some(uid) = self.journal.uid(self.pair, id).await? {
                sample.push((MessageId::Uid(uid), id, print));
            }
        }
        sample.sort_unstable_by(|(one, ..), (other, ..)| one.cmp(other));
        let uids: Vec<MessageId> = sample.iter().map(|(uid, ..)| uid.clone()).collect();
        let read = prints(target, self.folder, &uids).await?;
        let preserved = |stored: &Print, now: &Print| match (now.sha256 == stored.sha256, now.header == stored.header) {
            (true, _) => Strength::Octets,
            (_, true) if now.octets == stored.octets => Strength::HeaderAndSize,
            (_, true) => Strength::Header,
            _ => Strength::Nothing,
        };
        let seen = sample.into_iter().filter_map(|(uid, id, stored)| {
            let now = read.get(&uid).copied().flatten()?;
            Some((id.clone(), preserved(stored, &now)))
        });
        Ok(seen.collect())
    }
}

impl Ends<'_> {
    pub(super) async fn list_target(&mut self, folder: &Folder, from: u32, want: Want) -> Result<Vec<TargetItem>> {
        let listing = from_target(self.stop, self.target.list(folder, from, want)).await?;
        let item = |entry: &Entry| {
            Some(TargetItem { uid: entry.id.uid()?, header: entry.header, flags: flag_mark(&entry.flags) })
        };
        // `n:*` gives the last message even where it lies before n.
        Ok(listing.entries.iter().filter_map(item).filter(|item| item.uid >= from).collect())
    }

    pub(super) async fn list_source_headers(&mut self, first: &MessageId, lists: &mut Lists) -> Result<()> {
        let from = first.uid().unwrap_or(1);
        let listing = from_source(self.stop, self.source.list(&self.pair.source, from, Want::Headers)).await?;
        for entry in listing.entries {
            // What came since the first listing waits for the next run.
            if let Ok(at) = lists.source.binary_search_by(|item| item.id.cmp(&entry.id)) {
                lists.source[at].header = entry.header;
            }
        }
        lists.source_headers = true;
        Ok(())
    }

    /// Reads some of these messages; what is left is asked for again.
    pub(super) async fn read(
        &mut self,
        mut source: Vec<MessageId>,
        mut target: Vec<u32>,
        prints: &mut Prints,
        folder: Option<&Folder>,
    ) -> Result<()> {
        source.truncate(READ);
        source.sort_unstable();
        target.truncate(READ);
        target.sort_unstable();
        let target: Vec<MessageId> = target.into_iter().map(MessageId::Uid).collect();
        let (stop, here) = (self.stop, &self.pair.source);
        let from = from_source(stop, self::prints(&mut *self.source, here, &source));
        let to = from_target(stop, async {
            match folder {
                Some(folder) => self::prints(&mut *self.target, folder, &target).await,
                None => Ok(Default::default()),
            }
        });
        let (from, to) = tokio::join!(from, to);
        prints.source.extend(from?);
        prints.target.extend(to?.into_iter().filter_map(|(id, print)| Some((id.uid()?, print))));
        Ok(())
    }

    /// Learns from the first stored messages what this target preserves. With `must` it settles for `Nothing`.
    pub(super) async fn read_back(
        &mut self,
        standing: &Standing,
        stored: &[(MessageId, Print)],
        must: bool,
    ) -> Result<()> {
        if stored.is_empty() || self.journal.strength().await? == Some(Strength::Octets) {
            return Ok(());
        }
        let sample = Sample { journal: self.journal, pair: standing.state.id, folder: &standing.fence.folder };
        let read = from_target(self.stop, sample.read(&mut *self.target, stored)).await?;
        let changed: Vec<MessageId> =
            read.iter().filter(|(_, seen)| *seen < Strength::Octets).map(|(id, _)| id.clone()).collect();
        let learnt = read.iter().map(|(_, seen)| *seen).max().max(must.then_some(Strength::Nothing));
        self.journal.add_problems(self.notices("changed_by_server", &changed)).await?;
        match learnt {
            Some(strength) => self.journal.learn(strength).await,
            None => Ok(()),
        }
    }
}
