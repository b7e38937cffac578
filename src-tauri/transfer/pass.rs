//! The messages of many folders read once and hashed, on one side or on both, by any number of pairs of sessions: each
//! takes slices until none is left. Must not know what the hashes are for.

use crate::copy::Lost;

use crate::crew::{Sessions, Work};
use crate::queue::{Backlog, Pool};
use async_trait::async_trait;
use mail::{Cause, Failure, Fetched, Folder, Given, MessageId, Order, Part, Portion, Result, Side, Source};
use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc::{self, Receiver, UnboundedReceiver, UnboundedSender};
use tokio_util::sync::CancellationToken;

/// Fetched and not yet noted, of one slice.
const ROOM: usize = 64;

/// Told of everything that comes, with the folder's place in the plan. Called from any session's work.
pub(crate) type Seen = Arc<dyn Fn(Side, usize, Fetched) + Send + Sync>;

/// What is to be read of one folder.
pub(crate) struct Leaf {
    /// Its place in the plan.
    pub at: usize,
    pub folder: Arc<Folder>,
    pub validity: Option<u32>,
    /// With sizes, ascending.
    pub ids: Vec<(MessageId, u32)>,
}

struct Track {
    at: usize,
    folder: Arc<Folder>,
    validity: Option<u32>,
    failure: Mutex<Option<Failure>>,
}

impl Track {
    fn failure(&self) -> MutexGuard<'_, Option<Failure>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One side's folders.
struct Half {
    side: Side,
    tracks: Vec<Track>,
    pool: Mutex<Pool>,
}

impl Half {
    fn of(side: Side, leaves: Vec<Leaf>) -> Self {
        let all = leaves.iter().map(|leaf| leaf.ids.len()).sum();
        let (mut pool, mut tracks) = (Pool::default(), Vec::new());
        for Leaf { at, folder, validity, ids } in leaves {
            pool.add(ids, &HashSet::new(), all);
            tracks.push(Track { at, folder, validity, failure: Mutex::default() });
        }
        Self { side, tracks, pool: Mutex::new(pool) }
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct Pass {
    source: Half,
    target: Half,
    seen: Seen,
    /// How many times the usual time limits its sessions have.
    patience: u32,
    stop: CancellationToken,
}

impl Pass {
    pub fn of(source: Vec<Leaf>, target: Vec<Leaf>, seen: Seen, patience: u32, stop: CancellationToken) -> Arc<Self> {
        let (source, target) = (Half::of(Side::Source, source), Half::of(Side::Target, target));
        Arc::new(Self { source, target, seen, patience, stop })
    }

    /// The folders that failed as such.
    pub fn failures(&self) -> Vec<(usize, Failure)> {
        let tracks = self.source.tracks.iter().chain(&self.target.tracks);
        tracks.filter_map(|track| Some((track.at, track.failure().take()?))).collect()
    }

    async fn read(&self, half: &Half, mailbox: &mut dyn Source) -> Result<(), Lost> {
        if half.pool().is_empty() {
            return Ok(());
        }
        let (into, slices) = mpsc::unbounded_channel();
        let fetching = async move {
            let mut order = Slices { half, stop: &self.stop, at: None, into };
            mailbox.fetch_all(&mut order, Part::Hashes).await
        };
        let (fetched, missing) = tokio::join!(fetching, self.note(half, slices));
        if self.stop.is_cancelled() {
            return Err(Lost::nobody(Failure::new(Cause::Stopped)));
        }
        if let Err(failure) = fetched {
            let (at, id) = missing.into_iter().next().unzip();
            // Which message of the target broke its connection decides nothing: it is no message of the plan.
            let ids = id.into_iter().filter(|_| half.side == Side::Source).collect();
            return Err(Lost { failure: failure.on(half.side), at, ids });
        }
        for (at, id) in missing {
            (self.seen)(half.side, at, Fetched::Failed { id, failure: Failure::new(Cause::MessageGone) });
        }
        Ok(())
    }

    /// Notes what comes. What never came, with its folder, in the order asked for.
    async fn note(&self, half: &Half, mut slices: UnboundedReceiver<Slice>) -> Vec<(usize, MessageId)> {
        let mut missing = Vec::new();
        while let Some(Slice { track, ids, mut from }) = slices.recv().await {
            let at = half.tracks[track].at;
            let mut open: BTreeSet<MessageId> = ids.into_iter().collect();
            while let Some(fetched) = tokio::select! {
                biased;
                () = self.stop.cancelled() => None,
                fetched = from.recv() => fetched,
            } {
                match &fetched {
                    Fetched::Hashed { id, .. } | Fetched::Failed { id, .. } => open.remove(id),
                    Fetched::Message(message) => open.remove(&message.id),
                };
                (self.seen)(half.side, at, fetched);
            }
            if half.tracks[track].failure().is_none() {
                missing.extend(open.into_iter().map(|id| (at, id)));
            }
        }
        missing
    }
}

#[async_trait]
impl Work for Pass {
    fn backlog(&self) -> Backlog {
        self.source.pool().backlog() + self.target.pool().backlog()
    }

    async fn flow(&self, sessions: &mut Sessions) -> Result<(), Lost> {
        let Sessions { source, target, directory } = sessions;
        source.be_patient(self.patience);
        target.iter_mut().for_each(|target| target.be_patient(self.patience));
        let there = async {
            match (target, directory) {
                (Some(target), _) => self.read(&self.target, &mut **target).await,
                (None, Some(directory)) => self.read(&self.target, &mut **directory).await,
                (None, None) => Ok(()),
            }
        };
        // Not `try_join`: what the other side has asked for is read to its end.
        match tokio::join!(self.read(&self.source, &mut **source), there) {
            (Err(here), Err(there)) if there.failure.reach > here.failure.reach => Err(there),
            (Err(lost), _) | (_, Err(lost)) => Err(lost),
            (Ok(()), Ok(())) => Ok(()),
        }
    }

    async fn give_up(&self, at: usize, id: &MessageId, failure: &Failure) -> Result<()> {
        (self.seen)(Side::Source, at, Fetched::Failed { id: id.clone(), failure: failure.clone() });
        Ok(())
    }
}

/// A slice that was asked for.
struct Slice {
    track: usize,
    ids: Vec<MessageId>,
    from: Receiver<Fetched>,
}

/// Slices as one session takes them.
struct Slices<'a> {
    half: &'a Half,
    stop: &'a CancellationToken,
    /// The track at work.
    at: Option<usize>,
    into: UnboundedSender<Slice>,
}

#[async_trait]
impl Order for Slices<'_> {
    async fn next(&mut self, _: bool) -> Given {
        loop {
            if self.stop.is_cancelled() {
                return Given::End;
            }
            let Some((track, slice)) = self.half.pool().next(&mut self.at) else { return Given::End };
            let of = &self.half.tracks[track];
            if of.failure().is_some() {
                continue;
            }
            let (out, from) = mpsc::channel(ROOM);
            if self.into.send(Slice { track, ids: slice.ids.clone(), from }).is_err() {
                return Given::End;
            }
            let (folder, validity) = (Arc::clone(&of.folder), of.validity);
            return Given::Portion(Portion { folder, validity, ids: slice.ids, out });
        }
    }

    fn failed(&mut self, folder: &Folder, failure: Failure) {
        for track in self.half.tracks.iter().filter(|track| track.folder.path == folder.path) {
            track.failure().get_or_insert_with(|| failure.clone().on(self.half.side));
        }
    }
}

impl Drop for Slices<'_> {
    fn drop(&mut self) {
        self.half.pool().leave(&mut self.at);
    }
}
