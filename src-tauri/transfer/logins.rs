//! How often one account may be signed in to: pure. A server that counts sign-ins locks the account, which costs a person
//! days, and no fault of a line is worth that. Must not know why somebody signs in.

use std::time::Duration;
use tokio::time::Instant;

/// When all that may be done at once is spent, one each so long: six a minute, of which the largest providers, who count
/// by the minute and the hour, take no notice.
const APART: Duration = Duration::from_secs(10);
/// All pairs of connections may be lost once and opened again without a wait, and in any case so many.
const AGAIN: u32 = 2;
const LEAST: u32 = 8;

/// A bucket of sign-ins that fills up with time.
#[derive(Debug)]
pub struct Logins {
    /// When it is full: each sign-in puts that off.
    full: Instant,
    room: Duration,
    apart: Duration,
}

impl Logins {
    /// For a run with so many pairs at most. `haste` divides the time between two: 1, but for tests.
    pub fn new(now: Instant, pairs: usize, haste: u32) -> Self {
        let burst = u32::try_from(pairs).unwrap_or(LEAST).saturating_mul(AGAIN).max(LEAST);
        let apart = APART / haste;
        Self { full: now, room: apart.saturating_mul(burst), apart }
    }

    /// How long until the next may be.
    pub fn due(&self, now: Instant) -> Duration {
        (self.full + self.apart).saturating_duration_since(now + self.room)
    }

    /// Somebody signs in, in time or not.
    pub fn spend(&mut self, now: Instant) {
        self.full = self.full.max(now) + self.apart;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    /// Signs in as often as it may for so long, and tells when.
    fn at_once(logins: &mut Logins, from: Instant, time: Duration) -> Vec<u64> {
        let (mut now, mut all) = (from, Vec::new());
        loop {
            now += logins.due(now);
            if now > from + time {
                return all;
            }
            logins.spend(now);
            all.push((now - from).as_secs());
        }
    }

    #[test]
    fn a_burst_and_then_one_by_one() {
        let now = Instant::now();
        let mut logins = Logins::new(now, 4, 1);
        assert_eq!(at_once(&mut logins, now, seconds(30)), [0, 0, 0, 0, 0, 0, 0, 0, 10, 20, 30]);
        let later = now + seconds(30) + seconds(25);
        assert_eq!(at_once(&mut logins, later, seconds(0)).len(), 2, "what has grown meanwhile");
        let rested = later + seconds(3_600);
        assert_eq!(at_once(&mut logins, rested, seconds(0)).len(), 8, "and no more than it holds");
        let hour = at_once(&mut Logins::new(now, 4, 1), now, seconds(3_600));
        assert_eq!(hour.len(), 8 + 360);
    }

    #[test]
    fn a_run_may_lose_all_its_pairs_once() {
        let now = Instant::now();
        for (pairs, burst) in [(1, 8), (4, 8), (8, 16), (15, 30)] {
            assert_eq!(at_once(&mut Logins::new(now, pairs, 1), now, seconds(0)).len(), burst);
        }
    }

    #[test]
    fn what_was_overdrawn_is_waited_for() {
        let now = Instant::now();
        let mut logins = Logins::new(now, 4, 10);
        (0..10).for_each(|_| logins.spend(now));
        assert_eq!(logins.due(now), seconds(3), "two too many, and the next");
    }
}
