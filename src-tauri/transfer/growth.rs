//! How many pairs of sessions a run works with: pure. It begins with one, or with four where much is to be copied over a
//! long line, and goes on while enough waits and the last ones paid; what a server refuses once is not asked for again in
//! this run. Must not open anything.

use crate::queue::Backlog;
use crate::retry;
use mail::{Cause, Failure};
use std::time::Duration;
use tokio::time::Instant;

/// More than this only where they were seen to pay, and well: where the line's length is the limit. Or as an attempt, where
/// much is left.
const FAIR: usize = 4;
/// With less than this waiting one pair is enough.
const FEW: f64 = 100.0;
/// Octets that cost as much as one message more.
const MESSAGE: f64 = 16.0 * 1024.0;
/// Pairs have paid when all together are faster by so much of what their number promised (from two to four: 100 %); and
/// when they shall be more than `FAIR`.
const RISE: f64 = 0.1;
const STEEP: f64 = 0.6;
/// With `FAIR` pairs and nothing to compare their pace with, some more are tried where the rest takes so many seconds.
const LONG: f64 = 2.0;
/// A pace is not judged sooner.
const WINDOW: Duration = Duration::from_millis(150);
/// A server that is opened faster than this is near: one pair keeps it busy, and several only get into each other's way,
/// unless messages are large. Then what we do with them is more than one core can do: a pair more for each so many octets.
const NEAR: Duration = Duration::from_millis(60);
const LARGE: u64 = 32 * 1024;
/// What waits must last so many times as long as opening takes.
const WORTH: f64 = 2.0;

#[derive(Debug)]
pub(crate) struct Growth {
    most: usize,
    /// Said by the person, not by us.
    asked: bool,
    /// Divides every pause and threshold: 1, but for tests.
    haste: u32,
    /// How long the last opening took.
    opening: Duration,
    /// Since the number of pairs changed: when, and the work done before.
    since: (Instant, f64),
    /// The same at the first progress after that. The time until then is the line's length and no pace.
    filled: Option<(Instant, f64)>,
    /// Work a second before the last pairs came.
    before: f64,
    /// The same for those that are being opened; they come one by one.
    last: f64,
    /// How many pairs there were when `last` was taken, and whether their pace was measured for long enough to compare it with.
    earlier: usize,
    measured: bool,
    window: Duration,
    /// Connections lost so far; each holds up the next opening longer.
    losses: u32,
    not_before: Option<Instant>,
}

/// Work a second since then.
fn pace((when, before): (Instant, f64), now: Instant, done: f64) -> f64 {
    let seconds = now.saturating_duration_since(when).as_secs_f64();
    if seconds > 0.0 { (done - before).max(0.0) / seconds } else { 0.0 }
}

/// Messages and octets in one number.
pub(crate) fn work(messages: u64, octets: u64) -> f64 {
    messages as f64 + octets as f64 / MESSAGE
}

impl Growth {
    /// `most`: said by the person. `polite`: what both servers bear, where nobody says anything.
    pub fn new(most: Option<usize>, polite: usize, haste: u32) -> Self {
        Self {
            most: most.unwrap_or(polite).max(1),
            asked: most.is_some(),
            haste,
            opening: Duration::ZERO,
            since: (Instant::now(), 0.0),
            filled: None,
            before: 0.0,
            last: 0.0,
            earlier: 0,
            measured: false,
            window: Duration::ZERO,
            losses: 0,
            not_before: None,
        }
    }

    fn changed(&mut self, now: Instant, done: f64) {
        (self.since, self.filled) = ((now, done), None);
        self.window = self.opening.max(WINDOW) / self.haste;
    }

    fn pace(&self, now: Instant, done: f64) -> f64 {
        pace(self.since, now, done)
    }

    /// Both servers answer at once.
    pub fn is_near(&self) -> bool {
        self.opening < NEAR / self.haste
    }

    /// Work begins with the pairs that are there.
    pub fn begin(&mut self, now: Instant, done: f64) {
        (self.before, self.last, self.measured) = (0.0, 0.0, false);
        self.changed(now, done);
    }

    /// How many to open beside `pairs`; `done` is the work of this phase so far.
    pub fn more(&mut self, now: Instant, pairs: usize, done: f64, waiting: Backlog) -> usize {
        let rest = work(waiting.messages, waiting.octets);
        let held_up = self.not_before.is_some_and(|time| now < time);
        if pairs >= self.most || waiting.slices == 0 || held_up || rest < FEW / f64::from(self.haste) {
            return 0;
        }
        if self.is_near() && !self.asked && pairs as u64 > waiting.octets / waiting.messages.max(1) / LARGE {
            return 0;
        }
        if self.filled.is_none() && done > self.since.1 {
            self.filled = Some((now, done));
        }
        let fair = pairs >= FAIR && !self.asked;
        let settled = self.filled.filter(|(since, _)| now >= *since + self.window);
        let pace = settled.map_or_else(|| self.pace(now, done), |since| pace(since, now, done));
        if (fair || self.before > 0.0) && settled.is_none() {
            return 0;
        }
        let lasts = |seconds: f64| pace == 0.0 || rest / pace > seconds / f64::from(self.haste);
        let comparable = self.before > 0.0 && (self.measured || !fair);
        let paid = if comparable {
            let promised = pairs as f64 / self.earlier.max(1) as f64 - 1.0;
            let rise = 1.0 + promised * if fair { STEEP } else { RISE };
            pace >= self.before * rise / f64::from(self.haste)
        } else {
            !fair || lasts(LONG)
        };
        if !paid {
            // Perhaps it only looks so: once more after twice the time.
            self.window *= 2;
            return 0;
        }
        if !lasts(WORTH * self.opening.as_secs_f64()) {
            return 0;
        }
        (self.last, self.earlier, self.measured) = (pace, pairs, settled.is_some());
        let step = match (fair, comparable) {
            (true, false) => FAIR / 2,
            // As fast as it goes up to there, but not past it.
            (false, _) if !self.asked => pairs.min(FAIR - pairs),
            _ => pairs,
        };
        step.min(self.most - pairs).min(waiting.slices)
    }

    /// How many to open beside the first before it is known what exactly is due of so many messages. `octets`: of all of
    /// them, 0 where nobody told.
    pub fn ahead(&mut self, now: Instant, messages: u64, octets: u64) -> usize {
        let mut expected = Backlog { slices: (messages as f64 / FEW) as usize, messages, octets };
        let mut ahead = 0;
        loop {
            match self.more(now, 1 + ahead, 0.0, expected) {
                0 => return ahead,
                more => {
                    ahead += more;
                    expected.slices -= more;
                }
            }
        }
    }

    pub fn opened(&mut self, took: Duration) {
        self.opening = took;
    }

    /// More are at work.
    pub fn joined(&mut self, now: Instant, done: f64, took: Duration) {
        if self.last == 0.0 {
            self.last = self.pace(now, done);
        }
        self.before = self.last;
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

    fn waiting(slices: usize, messages: u64) -> Backlog {
        Backlog { slices, messages, octets: 0 }
    }

    fn growth(most: Option<usize>) -> (Growth, Instant) {
        let mut growth = Growth::new(most, 8, 1);
        let now = Instant::now();
        growth.opened(OPENING);
        growth.begin(now, 0.0);
        (growth, now)
    }

    fn seconds(n: f64) -> Duration {
        Duration::from_secs_f64(n)
    }

    #[test]
    fn little_mail_or_one_connection_need_one_pair() {
        let (mut one, now) = growth(Some(1));
        assert_eq!(one.more(now, 1, 0.0, waiting(9, 9000)), 0);
        let (mut free, now) = growth(None);
        assert_eq!(free.more(now, 1, 0.0, waiting(0, 0)), 0);
        assert_eq!(free.more(now, 1, 0.0, waiting(9, 90)), 0);
        assert_eq!(free.more(now, 1, 0.0, waiting(1, 500)), 1);
        // Over before another could help.
        assert_eq!(free.more(now + seconds(0.2), 1, 1000.0, waiting(2, 500)), 0);
        let large = Backlog { slices: 2, messages: 10, octets: 1 << 30 };
        assert_eq!(free.more(now, 1, 0.0, large), 1);
    }

    /// So many are at work from `at` on, at so much work a second, and after a second more are asked for.
    fn a_second(growth: &mut Growth, at: Instant, pairs: usize, done: f64, pace: f64, rest: Backlog) -> usize {
        assert_eq!(growth.more(at, pairs, done, rest), 0, "nothing is known yet");
        assert_eq!(growth.more(at + seconds(0.1), pairs, done + pace * 0.1, rest), 0, "too soon to judge");
        growth.more(at + seconds(1.1), pairs, done + pace * 1.1, rest)
    }

    #[test]
    fn it_grows_while_it_pays_and_no_further() {
        let rest = waiting(900, 900_000);
        let (mut growth, now) = growth(None);
        assert_eq!(growth.more(now, 1, 0.0, rest), 1);
        let at = |second: f64| now + seconds(second);
        growth.joined(at(1.0), 100.0, OPENING);
        assert_eq!(a_second(&mut growth, at(1.0), 2, 100.0, 200.0, rest), 2, "200 a second instead of 100");
        growth.joined(at(3.0), 500.0, OPENING);
        growth.joined(at(3.0), 500.0, OPENING);
        assert_eq!(a_second(&mut growth, at(3.0), 4, 500.0, 205.0, rest), 0, "205 instead of 200");
        assert_eq!(growth.more(at(5.0), 4, 500.0 + 250.0 * 2.0, rest), 0, "250 in the longer view: four are enough");

        let (mut far, now) = self::growth(None);
        let at = |second: f64| now + seconds(second);
        assert_eq!(far.more(now, 1, 0.0, rest), 1);
        far.joined(at(1.0), 10.0, OPENING);
        assert_eq!(a_second(&mut far, at(1.0), 2, 10.0, 20.0, rest), 2);
        far.joined(at(3.0), 50.0, OPENING);
        far.joined(at(3.0), 50.0, OPENING);
        assert_eq!(a_second(&mut far, at(3.0), 4, 50.0, 38.0, rest), 4, "38 instead of 20 a second: the line is long");
        (0..4).for_each(|_| far.joined(at(5.0), 130.0, OPENING));
        assert_eq!(far.more(at(9.0), 8, 99_000.0, rest), 0, "eight are the most");
    }

    #[test]
    fn little_is_left_to_the_pairs_there_are() {
        let (mut growth, now) = growth(None);
        let at = |second: f64| now + seconds(second);
        assert_eq!(growth.more(now, 1, 0.0, waiting(900, 900_000)), 1);
        growth.joined(at(1.0), 100.0, OPENING);
        assert_eq!(a_second(&mut growth, at(1.0), 2, 100.0, 200.0, waiting(1, 900_000)), 1, "one slice is left");
    }

    #[test]
    fn much_mail_is_met_by_four_pairs_at_once_and_more_are_tried_where_it_lasts() {
        let (mut growth, now) = growth(None);
        let at = |second: f64| now + seconds(second);
        assert_eq!([0, 99, 150, 300, 900_000].map(|messages| growth.ahead(now, messages, 0)), [0, 0, 1, 3, 3]);
        let (mut asked, now) = self::growth(Some(3));
        assert_eq!(asked.ahead(now, 900_000, 0), 2);

        growth.begin(at(1.0), 0.0);
        let soon = waiting(900, 8_000);
        assert_eq!(a_second(&mut growth, at(1.0), 4, 10.0, 5_000.0, soon), 0, "it is soon over");
        growth.begin(at(10.0), 0.0);
        let rest = waiting(900, 900_000);
        assert_eq!(a_second(&mut growth, at(10.0), 4, 10.0, 100.0, rest), 2);
        growth.joined(at(12.0), 210.0, OPENING);
        growth.joined(at(12.0), 210.0, OPENING);
        assert_eq!(a_second(&mut growth, at(12.0), 6, 220.0, 110.0, rest), 0, "110 instead of 100: six are enough");
        growth.begin(at(20.0), 0.0);
        assert_eq!(a_second(&mut growth, at(20.0), 4, 10.0, 100.0, rest), 2);
        growth.joined(at(22.0), 210.0, OPENING);
        growth.joined(at(22.0), 210.0, OPENING);
        assert_eq!(a_second(&mut growth, at(22.0), 6, 220.0, 140.0, rest), 2, "140 instead of 100: eight are the most");
    }

    #[test]
    fn a_near_server_is_kept_busy_by_one_pair_unless_messages_are_large() {
        let (mut growth, now) = growth(None);
        growth.opened(Duration::from_millis(20));
        assert_eq!(growth.more(now, 1, 0.0, waiting(900, 900_000)), 0);
        let of = |octets: u64| Backlog { octets: 900 * octets, ..waiting(90, 900) };
        assert_eq!(growth.more(now, 1, 0.0, of(1 << 20)), 1);
        assert_eq!(growth.more(now, 2, 0.0, of(1 << 20)), 2);
        assert_eq!([1, 2].map(|pairs| growth.more(now, pairs, 0.0, of(45_000))), [1, 0]);
        let (mut asked, now) = self::growth(Some(3));
        asked.opened(Duration::from_millis(20));
        assert_eq!(asked.more(now, 1, 0.0, waiting(900, 900_000)), 1, "the person knows better");

        // The same before it is known what is due, as far as the server tells how large its folders are.
        let ahead = |messages, octets| {
            let mut growth = Growth::new(None, 8, 1);
            growth.opened(Duration::from_millis(20));
            growth.ahead(Instant::now(), messages, octets)
        };
        assert_eq!([ahead(20_000, 60_000_000), ahead(2_000, 90_000_000), ahead(2_000, 0)], [0, 1, 0]);
    }

    #[test]
    fn a_refusal_is_not_asked_again_and_a_loss_waits() {
        let rest = waiting(900, 900_000);
        let (mut limited, now) = growth(None);
        limited.refused(now, 0.0, &Failure::new(Cause::ConnectionRefused), 2);
        assert_eq!(limited.more(now + seconds(3600.0), 2, 10.0, rest), 0);
        assert_ne!(limited.more(now + seconds(3600.0), 1, 10.0, rest), 0, "one of the two was lost");
        let (mut throttled, now) = growth(None);
        throttled.lost(now, 0.0, &Failure::new(Cause::Throttled), 0);
        assert_eq!(throttled.more(now + seconds(3600.0), 1, 10.0, rest), 0);

        let (mut lost, now) = growth(None);
        lost.lost(now, 0.0, &Failure::new(Cause::Closed), 2);
        assert_eq!(lost.more(now + seconds(1.9), 2, 10.0, rest), 0);
        assert_ne!(lost.more(now + seconds(2.1), 2, 10.0, rest), 0);
        lost.lost(now, 0.0, &Failure::new(Cause::Closed), 2);
        assert_eq!(lost.more(now + seconds(2.1), 2, 10.0, rest), 0);
        lost.lost(now, 0.0, &Failure::new(Cause::Closed).waiting(seconds(60.0)), 2);
        assert_eq!(lost.more(now + seconds(59.0), 2, 10.0, rest), 0);
        assert_ne!(lost.more(now + seconds(61.0), 2, 10.0, rest), 0);
    }
}
