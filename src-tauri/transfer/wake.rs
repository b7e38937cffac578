//! Notices that the computer slept, by a clock that runs on meanwhile: pure, but for the reading of that clock. Sessions
//! are half dead then, and time limits, which stand still with the computer, would tell so a minute later. Must not know
//! what is done about it.

use crate::board::Board;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// What is missing between two looks was sleep, not a busy machine, from here on.
const ASLEEP: Duration = Duration::from_secs(10);

/// Reads a clock that runs on while the computer sleeps, since some moment.
#[derive(Clone)]
pub struct Clock {
    read: Arc<dyn Fn() -> Duration + Send + Sync>,
    look: Duration,
}

impl Clock {
    /// The computer's. `haste` divides the time between two looks: 1, but for tests.
    pub fn new(haste: u32) -> Self {
        Self::reading(haste, Arc::new(now))
    }

    pub fn reading(haste: u32, read: Arc<dyn Fn() -> Duration + Send + Sync>) -> Self {
        Self { read, look: LOOK / haste }
    }

    /// Ends a look after the computer woke, as soon as servers are at work again: a question to a person and what is
    /// read from the disk outlive its sleep.
    pub(crate) async fn wakes(&self, board: &Board) {
        let mut watch = Watch::from((self.read)());
        while !watch.slept || board.needs_no_server() {
            tokio::time::sleep(self.look).await;
            watch.look((self.read)(), self.look);
        }
    }

    /// Waits until so much time has passed, asleep or not. True when the computer slept meanwhile.
    pub(crate) async fn passes(&self, pause: Duration) -> bool {
        let end = Instant::now() + pause;
        let mut watch = Watch::from((self.read)());
        loop {
            // Also by the clock that stands still in sleep: this one may be set back.
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || watch.passed >= pause {
                return watch.slept;
            }
            tokio::time::sleep(left.min(self.look)).await;
            watch.look((self.read)(), self.look);
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").finish_non_exhaustive()
    }
}

/// CLOCK_BOOTTIME, which nobody can set.
#[cfg(target_os = "linux")]
fn now() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or_default())
}

/// The time of day: one that is set forward looks like sleep, which costs no more than new sessions.
#[cfg(not(target_os = "linux"))]
fn now() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}

/// What a row of looks at such a clock shows.
#[derive(Debug)]
struct Watch {
    last: Duration,
    /// Since the first look. A clock that is set back shows nothing.
    passed: Duration,
    slept: bool,
}

impl Watch {
    fn from(now: Duration) -> Self {
        Self { last: now, passed: Duration::ZERO, slept: false }
    }

    /// A look `interval` after the last.
    fn look(&mut self, now: Duration, interval: Duration) {
        let since = now.saturating_sub(self.last);
        self.last = now;
        self.passed += since;
        self.slept |= since > interval + ASLEEP;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn a_jump_is_sleep_and_a_busy_machine_is_not() {
        let mut watch = Watch::from(seconds(100));
        for now in [101, 102, 110, 121] {
            watch.look(seconds(now), LOOK);
            assert!(!watch.slept, "{now}");
        }
        watch.look(seconds(133), LOOK);
        assert!(watch.slept);
        watch.look(seconds(134), LOOK);
        assert!(watch.slept, "until somebody has acted on it");
        assert_eq!(watch.passed, seconds(34));
    }

    #[test]
    fn a_clock_that_is_set_back_shows_no_sleep_and_no_time() {
        let mut watch = Watch::from(seconds(9_000));
        watch.look(seconds(5_400), LOOK);
        watch.look(seconds(5_401), LOOK);
        assert_eq!((watch.slept, watch.passed), (false, seconds(1)));
    }

    #[test]
    fn the_computers_own_clock_runs() {
        let before = now();
        std::thread::sleep(Duration::from_millis(20));
        let passed = now() - before;
        assert!(passed >= Duration::from_millis(20) && passed < seconds(60), "{passed:?}");
    }

    /// A clock that shows what is put there.
    fn shown() -> (Clock, Arc<Mutex<Duration>>) {
        let time = Arc::new(Mutex::new(seconds(50)));
        let read = Arc::clone(&time);
        (Clock::reading(1, Arc::new(move || *read.lock().unwrap())), time)
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_ends_when_its_time_has_passed_asleep() {
        let (clock, time) = shown();
        let sleeper = async |at: u64, asleep: u64| {
            // Between two looks, so that it is plain which of them sees it.
            tokio::time::sleep(seconds(at) + Duration::from_millis(500)).await;
            *time.lock().unwrap() += seconds(asleep);
            std::future::pending::<bool>().await
        };
        let paused = async |at, asleep| {
            let begun = Instant::now();
            let slept =
                tokio::select! { slept = clock.passes(seconds(60)) => slept, never = sleeper(at, asleep) => never };
            (slept, begun.elapsed().as_secs())
        };
        assert_eq!(paused(70, 0).await, (false, 60), "nobody sleeps");
        assert_eq!(paused(10, 300).await, (true, 11));
        assert_eq!(paused(10, 30).await, (true, 60), "too short a sleep");
        *time.lock().unwrap() = seconds(1);
        assert_eq!(paused(70, 0).await, (false, 60), "set back");
    }

    #[tokio::test(start_paused = true)]
    async fn what_needs_no_server_outlives_a_sleep() {
        let (clock, time) = shown();
        let (board, _shown) = Board::new();
        let woken = async |wait: u64| tokio::time::timeout(seconds(wait), clock.wakes(&board)).await.is_ok();
        assert!(!woken(100).await);
        let asked = board.asked();
        let sleeping = async {
            tokio::time::sleep(seconds(2)).await;
            *time.lock().unwrap() += seconds(3_600);
            tokio::time::sleep(seconds(30)).await;
            drop(asked);
            Instant::now()
        };
        let waking = async {
            clock.wakes(&board).await;
            Instant::now()
        };
        let (answered, noticed) = tokio::join!(sleeping, waking);
        assert!(noticed >= answered && noticed - answered <= seconds(1), "{:?}", noticed - answered);
    }
}
