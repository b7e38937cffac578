//! COMPRESS=DEFLATE (RFC 4978): asked for only where it was measured that a connection moves messages much slower than
//! they are deflated, between commands, when nothing is under way.

use super::Imap;
use super::status::Kind;
use crate::Result;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;

/// Octets a second. Mail was deflated at 40 MB/s (base64 of noise) to 60, and inflated at 280: whatever holds up a
/// connection that moves a tenth of the least, it will not be this.
const SLOW: u64 = 4_000_000;
/// How long is measured. A long line needs some round trips to come to its speed.
const WINDOW: Duration = Duration::from_secs(1);

/// How fast a connection moves messages when it is not waiting for somebody else.
#[derive(Debug)]
pub(super) struct Pace {
    begun: Instant,
    /// When something was moved last.
    last: Instant,
    octets: u64,
    /// Part of the time since `begun` in which something was on its way.
    busy: Duration,
    slow: bool,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self { begun: now, last: now, octets: 0, busy: Duration::ZERO, slow: false }
    }

    /// Octets that have crossed the line by `now` and were on their way since then. One behind the other: what is sent
    /// before the last has arrived waits for that first.
    pub(super) fn moved(&mut self, octets: u64, since: Instant, now: Instant) {
        self.octets += octets;
        self.busy += now.saturating_duration_since(since.max(self.last));
        self.last = now;
        let took = now - self.begun;
        if took >= WINDOW {
            // Else it waits for the other side of the run.
            let busy = self.busy * 2 > took;
            self.slow = busy && (self.octets as f64) < SLOW as f64 * self.busy.as_secs_f64();
            *self = Self { slow: self.slow, ..Self::new(now) };
        }
    }
}

impl Imap {
    /// Must be called before the first command of a piece of work.
    pub(super) async fn ready(&mut self) -> Result<()> {
        self.carrier.ready().await?;
        if self.wants_compression() { self.compress().await } else { Ok(()) }
    }

    /// Nothing more should be asked for until all is answered, and then [`Imap::compress`] be called.
    pub(super) fn wants_compression(&self) -> bool {
        if self.compressed || !self.capabilities.has("COMPRESS=DEFLATE") {
            return false;
        }
        if self.carrier.wire.sieve.pace.slow {
            self.experience.found_slow();
        }
        self.experience.wants_compression()
    }

    /// Asks for it. A server that does not do what it offers is not asked again in this run; if that cost the connection
    /// the next one is plain.
    pub(super) async fn compress(&mut self) -> Result<()> {
        let in_vain = self.experience.compresses_in_vain();
        in_vain.store(true, Ordering::Relaxed);
        let status = self.carrier.run("COMPRESS DEFLATE", |_| {}).await?;
        if status.kind == Kind::Ok {
            self.carrier.wire.deflate(Arc::clone(&in_vain));
            self.compressed = true;
            // Whoever opens another meanwhile need not make the same experience.
            self.carrier.run("NOOP", |_| {}).await?;
            in_vain.store(false, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many times: a rest, then octets that take some time. In milliseconds.
    fn slow(times: u32, rest: u64, octets: u64, takes: u64) -> bool {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        for _ in 0..times {
            now += Duration::from_millis(rest);
            let since = now;
            now += Duration::from_millis(takes);
            pace.moved(octets, since, now);
        }
        pace.slow
    }

    #[test]
    fn a_line_is_slow_when_it_is_busy_and_little_crosses_it() {
        assert!(slow(20, 0, 300_000, 100), "3 MB/s");
        assert!(!slow(20, 0, 500_000, 100), "5 MB/s");
        assert!(!slow(9, 0, 1_000, 100), "too short to tell");
        assert!(!slow(200, 60, 100_000, 40), "it waits for somebody else most of the time");
        assert!(slow(200, 40, 100_000, 60));
        assert!(!slow(1, 60_000, 1_000, 50), "nothing was asked of it");
    }

    #[test]
    fn what_is_under_way_at_once_is_not_counted_twice() {
        let begun = Instant::now();
        let at = |milliseconds| begun + Duration::from_millis(milliseconds);
        let mut pace = Pace::new(begun);
        // Ten commands sent at one moment, answered within 400 ms; then nothing for 800.
        (1..=10).for_each(|number| pace.moved(1_000, begun, at(40 * number)));
        pace.moved(1_000, at(1_200), at(1_201));
        assert!(!pace.slow);
    }
}
