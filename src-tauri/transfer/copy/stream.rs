//! The messages that are to be copied now, of all folders, as one stream for any number of pairs of sessions: each takes
//! slices of it until none is left, its source some of them ahead of its target. Must not know what a pair is opened
//! with, nor what follows a failure.

use super::lane::{Lane, Steps};
use super::lead::Lead;
use super::reading::Sample;
use super::{Step, from_target, stopped};
use crate::feed::{CopyFeed, Incoming, Tally, refuse};
use crate::journal::{Journal, Ledger, PairState, Strength};
use crate::queue::{Pool, Slice};
use async_trait::async_trait;
use mail::{
    Cause, Failure, Fence, Fetched, Folder, Given, MessageId, Order, Part, Portion, Reach, Result, Side, Source, Target,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio_util::sync::CancellationToken;

/// Messages of a slice that wait for the target; their octets are bounded by the run's budget.
const ROOM: usize = if cfg!(test) { 4 } else { 256 };
/// Time limits for what is put last, and nothing else: so many times the usual ones.
pub const PATIENCE: u32 = 5;
/// What is in flight when a run is stopped has this long to be answered. After that it is in doubt, which costs
/// the next run a look at the target.
const GRACE: Duration = Duration::from_secs(1);

/// One folder's part in the stream.
pub struct Track {
    /// Its place in the plan.
    pub at: usize,
    pub folder: Arc<Folder>,
    pub validity: Option<u32>,
    pub fence: Arc<Fence>,
    pub pair: PairState,
    pub step: Steps,
    tally: Mutex<Tally>,
}

impl Track {
    pub fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody knows what became of this message.
    pub fn doubt(&self, id: MessageId) {
        let mut tally = self.tally();
        tally.dealt += 1;
        tally.doubtful.push(id);
    }
}

/// What a lost pair was at.
#[derive(Debug)]
pub struct Lost {
    pub failure: Failure,
    /// The folder's place in the plan, and the messages of which one may be to blame: the one that was to come next from
    /// the source, or those of the oldest command that the target had not answered.
    pub at: Option<usize>,
    pub ids: Vec<MessageId>,
}

impl Lost {
    /// No folder is to blame.
    pub fn nobody(failure: Failure) -> Self {
        Self { failure, at: None, ids: Vec::new() }
    }
}

pub struct Stream {
    tracks: Vec<Arc<Track>>,
    pool: Mutex<Pool>,
    journal: Journal,
    stop: CancellationToken,
    /// How many times the usual time limits its sessions have.
    patience: u32,
    /// Both servers answer at once.
    near: bool,
    /// A pair has begun to read back some of what was stored.
    reads_back: AtomicBool,
}

impl Stream {
    /// Of what is due of these lanes. `patience`: how many times the usual time limits there are at least. `near`: both
    /// servers answer at once.
    pub fn of(lanes: &mut [Lane], journal: Journal, stop: CancellationToken, patience: u32, near: bool) -> Arc<Self> {
        let mut pool = Pool::default();
        // Only messages are left that took too long before.
        let patient = !lanes.iter().any(Lane::goes_on);
        let patience = if patient { patience.max(PATIENCE) } else { patience };
        let all = lanes.iter().map(|lane| lane.due.len()).sum();
        let mut tracks = Vec::new();
        for lane in lanes.iter_mut().filter(|lane| !lane.is_over()) {
            let Some(standing) = &lane.standing else { continue };
            pool.add(std::mem::take(&mut lane.due), &lane.careful, all);
            tracks.push(Arc::new(Track {
                at: lane.at,
                folder: Arc::new(lane.pair.source.clone()),
                validity: standing.state.source_validity,
                fence: Arc::new(standing.fence.clone()),
                pair: standing.state.clone(),
                step: Arc::clone(&lane.step),
                tally: Mutex::default(),
            }));
        }
        let reads_back = AtomicBool::new(false);
        Arc::new(Self { tracks, pool: Mutex::new(pool), journal, stop, patience, near, reads_back })
    }

    pub fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What became of the folder at this place of the plan.
    pub fn take_tally(&self, at: usize) -> Tally {
        let track = self.tracks.iter().find(|track| track.at == at);
        track.map(|track| std::mem::take(&mut *track.tally())).unwrap_or_default()
    }

    /// Copies slices from one side to the other until none is left. Both sides go on to a safe state whatever becomes
    /// of the other. What a failure leaves undone is not in the stream any more.
    pub async fn copy(&self, source: &mut dyn Source, target: &mut dyn Target) -> Result<(), Lost> {
        source.be_patient(self.patience);
        target.be_patient(self.patience);
        let (into, incoming) = mpsc::unbounded_channel();
        let lead = Arc::new(Lead::new(self.near));
        let mut feed = CopyFeed::new(incoming, Arc::clone(&lead), &self.journal, &self.stop);
        let storing = async {
            let stored = target.store(&mut feed).await.map_err(|failure| failure.on(Side::Target));
            let blame = if stored.is_err() { feed.stuck() } else { feed.blame() };
            #[cfg(test)]
            if stored.is_err() && crate::mutant::is(crate::mutant::Mutant::FeedKept) {
                std::mem::forget(feed);
                return (stored, Vec::new(), Ok(()), blame);
            }
            let (missing, kept) = feed.finish().await;
            (stored, missing, kept, blame)
        };
        let fetching = async move {
            let mut order = Slices { stream: self, at: None, into, lead };
            source.fetch_all(&mut order, Part::Whole).await.map_err(|failure| failure.on(Side::Source))
        };
        // The target first: how much it takes decides how far the source may go.
        let both = async {
            let (stored, fetched) = tokio::join!(biased; storing, fetching);
            (fetched, stored)
        };
        let late = async {
            self.stop.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        let nobody = Lost::nobody;
        let (fetched, (stored, missing, kept, blame)) = tokio::select! {
            biased;
            both = both => both,
            () = late => return Err(nobody(stopped())),
        };
        if self.stop.is_cancelled() {
            return Err(nobody(stopped()));
        }
        kept.map_err(nobody)?;
        let (at, ids) = blame.map_or((None, Vec::new()), |(at, ids)| (Some(at), ids));
        let lost = |failure: Failure| Lost { failure, at, ids };
        match (stored, fetched) {
            (Err(target), Err(source)) if source.reach > target.reach => return Err(lost(source)),
            (Err(failure), _) => return Err(lost(failure)),
            (_, Err(failure)) => return Err(lost(failure)),
            (Ok(()), Ok(())) => {}
        }
        self.name_missing(missing).await.map_err(nobody)?;
        if self.reads_back.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        match self.read_back(target).await {
            Err(failure) if failure.reach > Reach::Folder => Err(nobody(failure)),
            _ => Ok(()),
        }
    }

    /// Done by the first pair that nothing is left for, while the others store on: where this target preserves every
    /// octet, nobody has to look any closer. Anything less is left to [`super::conclude`], which names it.
    async fn read_back(&self, target: &mut dyn Target) -> Result<()> {
        let sampled = self.tracks.iter().find_map(|track| {
            let sample = track.tally().sample.clone();
            (!sample.is_empty()).then_some((track, sample))
        });
        let Some((track, stored)) = sampled else { return Ok(()) };
        if self.journal.strength().await?.is_some() {
            return Ok(());
        }
        let sample = Sample { journal: &self.journal, pair: track.pair.id, folder: &track.fence.folder };
        let read = from_target(&self.stop, sample.read(&mut *target, &stored)).await?;
        if !read.is_empty() && read.iter().all(|(_, seen)| *seen == Strength::Octets) {
            self.journal.learn(Strength::Octets).await?;
        }
        Ok(())
    }

    /// This message has failed, whatever else is tried.
    pub async fn refuse(&self, at: usize, id: &MessageId, failure: &Failure) -> Result<()> {
        let Some(track) = self.tracks.iter().find(|track| track.at == at) else { return Ok(()) };
        let mut ledger = Ledger::default();
        refuse(&mut ledger, &track.pair, id, failure, None);
        (track.step)(Step::Failed(1));
        self.journal.commit(track.pair.id, ledger).await
    }

    /// What was asked for and never sent.
    async fn name_missing(&self, missing: Vec<(Arc<Track>, Vec<MessageId>)>) -> Result<()> {
        for (track, ids) in missing {
            let mut ledger = Ledger::default();
            {
                let mut tally = track.tally();
                if tally.failure.is_some() {
                    continue;
                }
                for id in ids {
                    refuse(&mut ledger, &track.pair, &id, &Failure::new(Cause::MessageGone), None);
                    (track.step)(Step::Failed(1));
                    tally.dealt += 1;
                    tally.failed.push(id);
                }
            }
            self.journal.commit(track.pair.id, ledger).await?;
        }
        Ok(())
    }
}

/// Slices of the stream as one pair's source takes them.
struct Slices<'a> {
    stream: &'a Stream,
    /// The track at work.
    at: Option<usize>,
    into: UnboundedSender<Incoming>,
    lead: Arc<Lead>,
}

impl Slices<'_> {
    fn take(&mut self) -> Given {
        loop {
            if self.stream.stop.is_cancelled() || self.into.is_closed() {
                return Given::End;
            }
            let Some((place, slice)) = self.stream.pool().next(&mut self.at) else { return Given::End };
            let track = &self.stream.tracks[place];
            if track.tally().failure.is_some() {
                continue;
            }
            self.lead.give(slice.ids.len());
            let Slice { ids, alone, .. } = slice;
            let (out, from): (_, mpsc::Receiver<Fetched>) = mpsc::channel(ROOM);
            let incoming = Incoming::new(Arc::clone(track), ids.clone(), from, alone);
            if self.into.send(incoming).is_err() {
                return Given::End;
            }
            let (folder, validity) = (Arc::clone(&track.folder), track.validity);
            return Given::Portion(Portion { folder, validity, ids, out });
        }
    }
}

#[async_trait]
impl Order for Slices<'_> {
    async fn next(&mut self, idle: bool) -> Given {
        if idle {
            tokio::select! {
                biased;
                () = self.stream.stop.cancelled() => {}
                () = self.lead.shrinks() => {}
                () = self.into.closed() => {}
            }
        } else if !self.lead.is_short() && !self.stream.pool().is_empty() {
            return Given::NotYet;
        }
        self.take()
    }

    fn failed(&mut self, folder: &Folder, failure: Failure) {
        for track in self.stream.tracks.iter().filter(|track| track.folder.path == folder.path) {
            track.tally().failure.get_or_insert_with(|| failure.clone().on(Side::Source));
        }
    }
}

impl Drop for Slices<'_> {
    fn drop(&mut self) {
        self.stream.pool().leave(&mut self.at);
    }
}
