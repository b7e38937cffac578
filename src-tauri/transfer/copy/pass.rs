//! One pass over a list of messages: fetch and store at once, and reading back what was stored first.

use super::standing::Standing;
use super::{Ends, Step, from_target, reading, stopped};
use crate::feed::{CopyFeed, Tally, refuse};
use crate::journal::{Ledger, Print, Strength};
use mail::{Cause, Failure, MessageId, Part, Result, Side};
use std::time::Duration;
use tokio::sync::mpsc;

/// Messages fetched ahead of the target; their octets are bounded by the run's budget.
const AHEAD: usize = if cfg!(test) { 4 } else { 256 };
/// What is in flight when a run is stopped has this long to be answered. After that it is in doubt, which costs
/// the next run a look at the target.
const GRACE: Duration = Duration::from_secs(1);

impl Ends<'_> {
    /// Stores these messages, in ascending order of id. Both sides go on to a safe state whatever becomes of the
    /// other.
    pub(super) async fn pass(&mut self, standing: &Standing, ids: &[MessageId]) -> Result<Tally> {
        if ids.is_empty() {
            return Ok(Tally::default());
        }
        let (into, from) = mpsc::channel(AHEAD);
        let fence = &standing.fence;
        let mut feed = CopyFeed::new(from, ids, fence, &standing.state, self.journal, self.step, self.stop);
        let target = &mut *self.target;
        let storing = async move {
            let stored = target.store(fence, &mut feed).await.map_err(|failure| failure.on(Side::Target));
            #[cfg(test)]
            if stored.is_err() && crate::mutant::is(crate::mutant::Mutant::FeedKept) {
                std::mem::forget(feed);
                return (stored, Tally::default(), Ok(()));
            }
            let (tally, kept) = feed.finish().await;
            (stored, tally, kept)
        };
        let fetching = self.source.fetch(&self.pair.source, ids, Part::Whole, into);
        let both = async { tokio::join!(fetching, storing) };
        let late = async {
            self.stop.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        let (fetched, (stored, mut tally, kept)) = tokio::select! {
            biased;
            both = both => both,
            () = late => return Err(stopped()),
        };
        let fetched = fetched.map_err(|failure| failure.on(Side::Source));
        if self.stop.is_cancelled() {
            return Err(stopped());
        }
        kept?;
        match (stored, fetched) {
            (Err(target), Err(source)) if source.reach > target.reach => return Err(source),
            (Err(failure), _) | (_, Err(failure)) => return Err(failure),
            (Ok(()), Ok(())) => {}
        }
        let mut ledger = Ledger::default();
        for id in std::mem::take(&mut tally.missing) {
            refuse(&mut ledger, &standing.state, &id, &Failure::new(Cause::MessageGone), None);
            (self.step)(Step::Failed(1));
            tally.failed.push(id);
        }
        self.journal.commit(standing.state.id, ledger).await?;
        Ok(tally)
    }

    /// Learns from the first stored messages what this target preserves. With `must` it settles for `Nothing`.
    pub(super) async fn read_back(&mut self, standing: &Standing, tally: &Tally, must: bool) -> Result<()> {
        if tally.sample.is_empty() || self.journal.strength().await? == Some(Strength::Octets) {
            return Ok(());
        }
        let mut sample: Vec<(u32, &MessageId, Print)> = Vec::new();
        for (id, print) in &tally.sample {
            if let Some(uid) = self.journal.uid(standing.state.id, id).await? {
                sample.push((uid, id, *print));
            }
        }
        sample.sort_unstable_by_key(|(uid, ..)| *uid);
        let ids: Vec<MessageId> = sample.iter().map(|(uid, ..)| MessageId::Uid(*uid)).collect();
        let read =
            from_target(self.stop, async { reading::prints(&mut *self.target, &standing.fence.folder, &ids).await })
                .await?;
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
