//! The state of a run as others see it: takes what happens and shows whole snapshots, at most ten a second, the
//! last one exact.

use crate::copy::Step;
use crate::{Counts, FolderProgress, Phase, Snapshot, Waiting};
use mail::FolderPath;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Ten a second.
const TICK: Duration = Duration::from_millis(100);
/// The pace is that of this last while.
const LATELY: Duration = Duration::from_secs(20);
/// No time left is told before so much was seen.
const ENOUGH: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub struct Board {
    state: Mutex<State>,
    shown: watch::Sender<Snapshot>,
}

#[derive(Debug, Default)]
struct State {
    snapshot: Snapshot,
    /// Messages of each folder of this phase, as far as known.
    totals: Vec<u64>,
    /// The most that each folder's `stored` has been: what is told again after a new beginning is no progress.
    highest: Vec<u64>,
    /// Of each folder, the counts of the beginning that came furthest.
    furthest: Vec<Counts>,
    changed: bool,
    samples: VecDeque<Sample>,
    /// Grows with what cannot be lost again: stored messages, folders done.
    progress: u64,
    /// A person is asked for a secret.
    asked: bool,
}

/// A person is asked for as long as this lives.
pub(crate) struct Asked<'a>(&'a Board);

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.0.change().asked = false;
    }
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Instant,
    done: u64,
    octets: u64,
}

impl Board {
    pub fn new() -> (Self, watch::Receiver<Snapshot>) {
        let (shown, watcher) = watch::channel(Snapshot::default());
        (Self { state: Mutex::default(), shown }, watcher)
    }

    fn change(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.changed = true;
        state
    }

    /// Begins a phase over these folders, with as many messages in each as is known. Nothing happens if it has
    /// begun already.
    pub fn phase(&self, phase: Phase, folders: impl IntoIterator<Item = (FolderPath, u64)>, octets: u64) {
        let mut state = self.change();
        if phase != Phase::Connecting && state.snapshot.phase == phase {
            return;
        }
        let (paths, totals): (Vec<_>, Vec<_>) = folders.into_iter().unzip();
        state.highest = vec![0; totals.len()];
        state.furthest = vec![Counts::default(); totals.len()];
        state.totals = totals;
        state.samples.clear();
        let snapshot = &mut state.snapshot;
        snapshot.phase = phase;
        snapshot.octets_done = 0;
        snapshot.octets_total = octets;
        snapshot.folder = None;
        snapshot.folders =
            paths.into_iter().map(|path| FolderProgress { path, counts: Counts::default(), done: 0 }).collect();
        state.sum();
    }

    /// Begins a folder, once more if need be: its counts start anew.
    pub fn folder(&self, at: usize) {
        let mut state = self.change();
        let Some(folder) = state.snapshot.folders.get_mut(at) else { return };
        let earlier = std::mem::take(&mut folder.counts);
        folder.done = 0;
        if let Some(furthest) = state.furthest.get_mut(at) {
            *furthest = further(earlier, *furthest);
        }
        state.snapshot.folder = Some(state.snapshot.folders[at].path.clone());
        state.sum();
    }

    /// A step within a folder.
    pub fn step(&self, at: usize, step: Step) {
        let mut state = self.change();
        let Some(folder) = state.snapshot.folders.get_mut(at) else { return };
        let counts = &mut folder.counts;
        let mut octets_moved = 0;
        match step {
            Step::Found(n) => counts.found += n,
            Step::Stored { messages, octets } => {
                counts.stored += messages;
                octets_moved = octets;
            }
            Step::Already(n) => counts.already += n,
            Step::Skipped(n) => counts.skipped += n,
            Step::Failed(n) => counts.failed += n,
            Step::Gone(n) => counts.gone += n,
        }
        folder.done = counts.stored + counts.already + counts.skipped + counts.failed + counts.gone;
        let found = folder.counts.found;
        if let (Step::Found(_), Some(total)) = (step, state.totals.get_mut(at)) {
            *total = found;
        }
        if matches!(step, Step::Stored { .. })
            && state.snapshot.folder.as_ref() != Some(&state.snapshot.folders[at].path)
        {
            state.snapshot.folder = Some(state.snapshot.folders[at].path.clone());
        }
        let stored = folder_stored(&state.snapshot, at);
        if let Some(highest) = state.highest.get_mut(at)
            && stored > *highest
        {
            let more = stored - *highest;
            *highest = stored;
            state.progress += more;
            state.snapshot.octets_done += octets_moved;
        }
        state.sum();
    }

    /// A folder is done, with these counts.
    pub fn folder_done(&self, at: usize, counts: Counts) {
        let mut state = self.change();
        state.progress += 1;
        let Some(folder) = state.snapshot.folders.get_mut(at) else { return };
        folder.counts = counts;
        folder.done = counts.found;
        if let Some(total) = state.totals.get_mut(at) {
            *total = counts.found;
        }
        state.sum();
    }

    /// The survey goes through the folders too.
    pub fn survey(&self, folders: impl IntoIterator<Item = (FolderPath, u64)>) {
        {
            let mut state = self.change();
            if !state.snapshot.folders.is_empty() {
                return;
            }
            state.snapshot.phase = Phase::Connecting;
        }
        self.phase(Phase::Survey, folders, 0);
    }

    /// Octets read that no folder's counts tell of.
    pub fn read(&self, octets: u64) {
        let mut state = self.change();
        state.progress += 1;
        state.snapshot.octets_done += octets;
    }

    /// Progress of a phase that has no folders to show.
    pub fn done(&self, done: u64, octets: u64) {
        let mut state = self.change();
        state.snapshot.done = done;
        state.snapshot.octets_done = octets;
        state.snapshot.total = state.snapshot.total.max(done);
    }

    pub fn total(&self, total: u64, octets: u64) {
        let mut state = self.change();
        state.snapshot.total = total;
        state.snapshot.octets_total = octets;
    }

    pub fn problems(&self, problems: u64) {
        self.change().snapshot.problems = problems;
    }

    pub fn waiting(&self, waiting: Option<Waiting>) {
        let mut state = self.change();
        state.samples.clear();
        state.snapshot.waiting = waiting;
    }

    pub(crate) fn asked(&self) -> Asked<'_> {
        self.change().asked = true;
        Asked(self)
    }

    /// A person is asked, or the backup is read back: no server is waited for.
    pub(crate) fn needs_no_server(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.asked || state.snapshot.phase == Phase::Prove
    }

    pub fn paused(&self, paused: bool) {
        let mut state = self.change();
        state.samples.clear();
        state.snapshot.paused = paused;
    }

    /// Grows whenever something was reached that stays.
    pub fn progress(&self) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).progress
    }

    /// Messages dealt with in this phase, and octets moved.
    pub fn done_so_far(&self) -> (u64, u64) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.snapshot.done, state.snapshot.octets_done)
    }

    /// What a folder's steps told, in the beginning that came furthest: a connection lost while it is listed once more
    /// takes nothing back.
    pub fn counts(&self, at: usize) -> Counts {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = state.snapshot.folders.get(at).map(|folder| folder.counts).unwrap_or_default();
        further(now, state.furthest.get(at).copied().unwrap_or_default())
    }

    /// Shows what changed, for as long as it is polled.
    pub async fn show(&self) -> std::convert::Infallible {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.publish(Instant::now());
        }
    }

    /// The last snapshot.
    pub fn finish(&self) {
        {
            let mut state = self.change();
            state.snapshot.phase = Phase::Done;
            state.snapshot.waiting = None;
            state.snapshot.paused = false;
            state.snapshot.folder = None;
            state.snapshot.left = None;
            state.samples.clear();
        }
        self.publish(Instant::now());
    }

    fn publish(&self, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.measure(now);
        if std::mem::take(&mut state.changed) {
            self.shown.send_replace(state.snapshot.clone());
        }
    }
}

impl State {
    fn sum(&mut self) {
        self.snapshot.done = self.snapshot.folders.iter().map(|folder| folder.done).sum();
        self.snapshot.total = self.totals.iter().sum::<u64>().max(self.snapshot.done);
    }

    /// Pace and time left, from the last while.
    fn measure(&mut self, now: Instant) {
        let snapshot = &self.snapshot;
        if snapshot.paused || snapshot.waiting.is_some() || snapshot.phase == Phase::Done {
            self.changed |= snapshot.pace != 0;
            self.snapshot.pace = 0;
            return;
        }
        self.samples.push_back(Sample { at: now, done: snapshot.done, octets: snapshot.octets_done });
        while self.samples.front().is_some_and(|first| now.duration_since(first.at) > LATELY) {
            self.samples.pop_front();
        }
        let Some(first) = self.samples.front().copied() else { return };
        let seconds = now.duration_since(first.at).as_secs_f64();
        if seconds < 1.0 {
            return;
        }
        let pace = (snapshot.octets_done.saturating_sub(first.octets) as f64 / seconds) as u64;
        let rate = snapshot.done.saturating_sub(first.done) as f64 / seconds;
        let octet_rate = if snapshot.octets_total > 0 { pace as f64 } else { 0.0 };
        let left = (seconds >= ENOUGH.as_secs_f64()).then(|| {
            left(
                (snapshot.total.saturating_sub(snapshot.done) as f64, rate),
                (snapshot.octets_total.saturating_sub(snapshot.octets_done) as f64, octet_rate),
            )
        });
        self.changed |= pace != snapshot.pace || left.flatten() != snapshot.left;
        self.snapshot.pace = pace;
        self.snapshot.left = left.flatten();
    }
}

fn further(now: Counts, earlier: Counts) -> Counts {
    let dealt = |counts: Counts| counts.stored + counts.already + counts.skipped + counts.gone;
    if dealt(now) >= dealt(earlier) { now } else { earlier }
}

fn folder_stored(snapshot: &Snapshot, at: usize) -> u64 {
    snapshot.folders.get(at).map_or(0, |folder| folder.counts.stored)
}

/// Shortest and longest, in seconds: small messages go by their number, large ones by their octets, and what was
/// seen lately is no promise.
fn left(messages: (f64, f64), octets: (f64, f64)) -> Option<(u64, u64)> {
    let by = |(rest, rate): (f64, f64)| (rate > 0.0).then(|| rest / rate);
    let (a, b) = match (by(messages), by(octets)) {
        (Some(a), Some(b)) => (a.min(b), a.max(b)),
        (Some(a), None) | (None, Some(a)) => (a, a),
        (None, None) => return None,
    };
    Some(((a * 0.7) as u64, (b * 1.5).ceil() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_add_up_and_a_folder_begun_again_starts_anew() {
        let (board, _watcher) = Board::new();
        board.phase(Phase::Move, [(FolderPath::inbox(), 5), (FolderPath::new(["b"]), 7)], 0);
        board.folder(0);
        board.step(0, Step::Found(6));
        board.step(0, Step::Stored { messages: 4, octets: 40 });
        board.publish(Instant::now());
        let shown = board.shown.borrow().clone();
        assert_eq!((shown.done, shown.total, shown.octets_done), (4, 13, 40));
        board.folder(0);
        assert_eq!(board.counts(0), Counts { found: 6, stored: 4, ..Counts::default() }, "nothing is taken back");
        board.step(0, Step::Found(6));
        board.step(0, Step::Stored { messages: 3, octets: 30 });
        board.step(0, Step::Already(1));
        assert_eq!(board.counts(0), Counts { found: 6, stored: 3, already: 1, ..Counts::default() });
        assert_eq!(board.progress(), 4, "only what was newly stored is progress");
        board.finish();
        let last = board.shown.borrow().clone();
        assert_eq!((last.phase, last.done), (Phase::Done, 4));
    }

    #[test]
    fn the_pace_is_of_the_last_while() {
        let (board, _watcher) = Board::new();
        board.phase(Phase::Move, [(FolderPath::inbox(), 1000)], 0);
        let start = Instant::now();
        for second in 0..10_u64 {
            board.step(0, Step::Stored { messages: 10, octets: 1000 });
            board.publish(start + Duration::from_secs(second));
        }
        let shown = board.shown.borrow().clone();
        assert_eq!(shown.pace, 1000);
        let Some((short, long)) = shown.left else { panic!("time left is known") };
        assert!(short <= 90 && 90 <= long, "{short} {long}");
        board.waiting(Some(Waiting { cause: mail::Cause::Closed, side: None, until: None, about: None }));
        board.publish(start + Duration::from_secs(11));
        assert_eq!(board.shown.borrow().pace, 0);
    }
}
