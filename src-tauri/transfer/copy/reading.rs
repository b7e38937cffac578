//! Reads messages for their prints alone.

use super::standing::Standing;
use super::{Ends, from_target};
use crate::journal::{Print, Strength};
use mail::{Fetched, Folder, MessageId, Part, Result, Source};
use std::collections::HashMap;
use tokio::sync::mpsc;

/// The prints of `ids` (ascending); None for one that could not be read.
pub async fn prints<S: Source + ?Sized>(
    source: &mut S,
    folder: &Folder,
    ids: &[MessageId],
) -> Result<HashMap<MessageId, Option<Print>>> {
    let mut prints: HashMap<MessageId, Option<Print>> = ids.iter().map(|id| (id.clone(), None)).collect();
    if ids.is_empty() {
        return Ok(prints);
    }
    let (into, mut from) = mpsc::channel(64);
    let taking = async {
        while let Some(fetched) = from.recv().await {
            if let Fetched::Hashed { id, sha256, header, octets, flags, date } = fetched
                && let Some(print) = prints.get_mut(&id)
            {
                *print = Some(Print { sha256, header, octets, mark: Print::mark(&flags, date) });
            }
        }
    };
    let (fetched, ()) = tokio::join!(source.fetch(folder, ids, Part::Hashes, into), taking);
    fetched?;
    Ok(prints)
}

impl Ends<'_> {
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
        let mut sample: Vec<(u32, &MessageId, Print)> = Vec::new();
        for (id, print) in stored {
            if let Some(uid) = self.journal.uid(standing.state.id, id).await? {
                sample.push((uid, id, *print));
            }
        }
        sample.sort_unstable_by_key(|(uid, ..)| *uid);
        let ids: Vec<MessageId> = sample.iter().map(|(uid, ..)| MessageId::Uid(*uid)).collect();
        let read =
            from_target(self.stop, async { prints(&mut *self.target, &standing.fence.folder, &ids).await }).await?;
        let mut learnt = must.then_some(Strength::Nothing);
        let mut changed = Vec::new();
        for (uid, id, stored) in sample {
            let Some(Some(now)) = read.get(&MessageId::Uid(uid)) else { continue };
            let seen = match (now.sha256 == stored.sha256, now.header == stored.header) {
                (true, _) => Strength::Octets,
                (_, true) if now.octets == stored.octets => Strength::HeaderAndSize,
                (_, true) => Strength::Header,
                _ => Strength::Nothing,
            };
            if seen < Strength::Octets {
                changed.push(id.clone());
            }
            learnt = learnt.max(Some(seen));
        }
        self.journal.add_problems(self.notices("changed_by_server", &changed)).await?;
        match learnt {
            Some(strength) => self.journal.learn(strength).await,
            None => Ok(()),
        }
    }
}
