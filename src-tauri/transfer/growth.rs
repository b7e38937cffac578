//! How many pairs of sessions a run works with: pure. It begins with one and adds another while folders wait and the
//! last one paid; what a server refuses once is not asked for again in this run. Must not open anything.

use crate::queue::Backlog;
use crate::retry;
use mail::{Cause, Failure};
use std::time::{Duration, Instant};

/// Pairs at most, unless the person says otherwise.
const MOST: usize = 4;
/// With less than this waiting one pair is enough.
const FEW: f64 = 100.0;
/// Octets that cost as much as one message more.
const MESSAGE: f64 = 16.0 * 1024.0;
/// A pair has paid when all together are so much faster.
const RISE: f64 = 1.1;
/// A pace is not judged sooner.
const WINDOW: Duration = Duration::from_millis(150);
/// What waits must last so many times as long as opening takes.
const WORTH: f64 = 2.0;

#[derive(Debug)]
pub(crate) struct Growth {
    most: usize,
    /// Divides every pause and threshold: 1, but for tests.
    haste: u32,
    /// How long the last opening took.
    opening: Duration,
    /// Since the number of pairs changed: when, and the work done before.
    since: (Instant, f64),
    /// Work a second before the last pair came.
    before: f64,
    window: Duration,
    /// Connections lost so far; each holds up the next opening longer.
    losses: u32,
    not_before: Option<Instant>,
}

/// Messages and octets in one number.
pub(crate) fn work(messages: u64, octets: u64) -> f64 {
    messages as f64 + octets as f64 / MESSAGE
}

impl Growth {
    pub fn new(most: Option<usize>, haste: u32) -> Self {
        Self {
            most: most.unwrap_or(MOST).max(1),
            haste,
            opening: Duration::ZERO,
            since: (Instant::now(), 0.0),
            before: 0.0,
            window: Duration::ZERO,
            losses: 0,
            not_before: None,
        }
    }

    fn changed(&mut self, now: Instant, done: f64) {
        self.since = (now, done);
        self.window = self.opening.max(WINDOW) / self.haste;
    }

    fn pace(&self, now: Instant, done: f64) -> f64 {
        let seconds = now.saturating_duration_since(self.since.0).as_secs_f64();
        if seconds > 0.0 { (done - self.since.1).max(0.0) / seconds } else { 0.0 }
    }

    /// A phase begins with this many pairs.
    pub fn begin(&mut self, now: Instant) {
        self.before = 0.0;
        self.changed(now, 0.0);
    }

    /// Whether to open another beside `pairs`; `done` is the work of this phase so far.
    pub fn more(&mut self, now: Instant, pairs: usize, done: f64, waiting: Backlog) -> bool {
        let rest = work(waiting.messages, waiting.octets);
        let held_up = self.not_before.is_some_and(|time| now < time);
        if pairs >= self.most || waiting.folders == 0 || held_up || rest < FEW / f64::from(self.haste) {
            return false;
        }
        let pace = self.pace(now, done);
        if self.before > 0.0 {
            if now < self.since.0 + self.window {
                return false;
            }
            if pace < self.before * RISE / f64::from(self.haste) {
                // Perhaps it only looks so: once more after twice the time.
                self.window *= 2;
                return false;
            }
        }
        pace == 0.0 || rest / pace > WORTH * self.opening.as_secs_f64() / f64::from(self.haste)
    }

    pub fn opened(&mut self, took: Duration) {
        self.opening = took;
    }

    /// One more is at work.
    pub fn joined(&mut self, now: Instant, done: f64, took: Duration) {
        self.before = self.pace(now, done);
        self.opened(took);
        self.changed(now, done);
    }

    /// One was lost, or could not be opened; `left` are still there.
    pub fn lost(&mut self, now: Instant, done: f64, failure: &Failure, left: usize) {
        if matches!(failure.cause, Cause::Throttled | Cause::SignInUnavailable) {
            self.most = self.most.min(left).max(1);
        }
        self.losses += 1;
        let pause = failure.wait.unwrap_or_default().max(retry::pause(self.losses));
        self.not_before = now.checked_add(pause / self.haste);
        self.before = 0.0;
        self.changed(now, done);
    }

    /// What was refused to one pair more is not asked for again in this run.
    pub fn refused(&mut self, now: Instant, done: f64, failure: &Failure, left: usize) {
        self.lost(now, done, failure, left);
        self.most = self.most.min(left).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENING: Duration = Duration::from_millis(400);

    fn waiting(folders: usize, messages: u64) -> Backlog {
        Backlog { folders, messages, octets: 0 }
    }

    fn growth(most: Option<usize>) -> (Growth, Instant) {
        let mut growth = Growth::new(most, 1);
        let now = Instant::now();
        growth.opened(OPENING);
        growth.begin(now);
        (growth, now)
    }

    fn seconds(n: f64) -> Duration {
        Duration::from_secs_f64(n)
    }

    #[test]
    fn few_messages_few_folders_or_one_connection_need_one_pair() {
        let (mut one, now) = growth(Some(1));
        assert!(!one.more(now, 1, 0.0, waiting(9, 9000)));
        let (mut free, now) = growth(None);
        assert!(!free.more(now, 1, 0.0, waiting(0, 0)));
        assert!(!free.more(now, 1, 0.0, waiting(9, 90)));
        assert!(free.more(now, 1, 0.0, waiting(1, 500)));
        // Over before another could help.
        assert!(!free.more(now + seconds(0.2), 1, 1000.0, waiting(2, 500)));
        let large = Backlog { folders: 2, messages: 10, octets: 1 << 30 };
        assert!(free.more(now, 1, 0.0, large));
    }

    #[test]
    fn it_grows_while_it_pays_and_no_further() {
        let (mut growth, now) = growth(None);
        let rest = waiting(9, 900_000);
        growth.joined(now + seconds(1.0), 100.0, OPENING);
        assert!(!growth.more(now + seconds(1.1), 2, 200.0, rest), "too soon to judge");
        assert!(growth.more(now + seconds(2.0), 2, 300.0, rest), "200 a second instead of 100");
        growth.joined(now + seconds(2.0), 300.0, OPENING);
        assert!(!growth.more(now + seconds(3.0), 3, 505.0, rest), "205 instead of 200");
        assert!(growth.more(now + seconds(4.0), 3, 800.0, rest), "250 in the longer view");
        growth.joined(now + seconds(4.0), 800.0, OPENING);
        assert!(!growth.more(now + seconds(9.0), 4, 99_000.0, rest), "four are enough");
    }

    #[test]
    fn a_refusal_is_not_asked_again_and_a_loss_waits() {
        let rest = waiting(9, 900_000);
        let (mut limited, now) = growth(None);
        limited.refused(now, 0.0, &Failure::new(Cause::ConnectionRefused), 2);
        assert!(!limited.more(now + seconds(3600.0), 2, 10.0, rest));
        assert!(limited.more(now + seconds(3600.0), 1, 10.0, rest), "one of the two was lost");
        let (mut throttled, now) = growth(None);
        throttled.lost(now, 0.0, &Failure::new(Cause::Throttled), 0);
        assert!(!throttled.more(now + seconds(3600.0), 1, 10.0, rest));

        let (mut lost, now) = growth(None);
        lost.lost(now, 0.0, &Failure::new(Cause::Closed), 2);
        assert!(!lost.more(now + seconds(1.9), 2, 10.0, rest));
        assert!(lost.more(now + seconds(2.1), 2, 10.0, rest));
        lost.lost(now, 0.0, &Failure::new(Cause::Closed), 2);
        assert!(!lost.more(now + seconds(2.1), 2, 10.0, rest));
        lost.lost(now, 0.0, &Failure::new(Cause::Closed).waiting(seconds(60.0)), 2);
        assert!(!lost.more(now + seconds(59.0), 2, 10.0, rest));
        assert!(lost.more(now + seconds(61.0), 2, 10.0, rest));
    }
}
