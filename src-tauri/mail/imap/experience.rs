//! What a server was seen to bear, beside what it advertises: shared by all connections to it, since a lesson costs one.
//! Must not be kept longer than a run: servers are mended.

use super::append::Ladder;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// So many messages in a row that are answered BAD are not the messages' doing.
const IN_A_ROW: u32 = 5;

/// Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Experience(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    /// Nothing better is tried any more.
    best: Option<Ladder>,
    /// An APPEND without awaited `+` was answered OK.
    unawaited: bool,
    /// Messages answered BAD since the last that was stored.
    bad: u32,
    /// A connection moves messages slower than they are deflated.
    slow: bool,
    /// COMPRESS is offered, and was refused, is being tried, or damages what comes.
    in_vain: Arc<AtomicBool>,
}

/// Whose fault a BAD was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The way of sending: the next connection takes a simpler one.
    Way,
    /// This message's.
    Message,
    /// Nobody knows.
    Unknown,
}

impl Experience {
    /// How to send to a server that advertises enough for `advertised`.
    pub(super) fn way(&self, advertised: Ladder) -> Ladder {
        self.seen(|seen| seen.best.map_or(advertised, |best| best.max(advertised)))
    }

    /// An APPEND was answered OK.
    pub(super) fn worked(&self, ladder: Ladder) {
        self.seen(|seen| {
            seen.unawaited |= ladder != Ladder::OneByOne;
            seen.bad = 0;
        });
    }

    /// An APPEND of so many messages was answered BAD.
    pub(super) fn failed(&self, ladder: Ladder, messages: usize) -> Fault {
        self.seen(|seen| match ladder {
            // Several in one command may be what it does not understand; if it is one of them, that one shows singly.
            Ladder::Batches if messages > 1 => {
                seen.best = Some(Ladder::Pipelined);
                Fault::Way
            }
            Ladder::Batches | Ladder::Pipelined | Ladder::SmallPipelined if !seen.unawaited => {
                seen.best = Some(Ladder::OneByOne);
                Fault::Way
            }
            _ => {
                seen.bad += 1;
                if seen.bad <= IN_A_ROW { Fault::Message } else { Fault::Unknown }
            }
        })
    }

    /// A connection to it was measured, and moves messages much slower than they are deflated.
    pub fn found_slow(&self) {
        self.seen(|seen| seen.slow = true);
    }

    pub(super) fn wants_compression(&self) -> bool {
        self.seen(|seen| seen.slow && !seen.in_vain.load(Ordering::Relaxed))
    }

    /// True where COMPRESS must not be asked for although it is offered.
    pub(super) fn compresses_in_vain(&self) -> Arc<AtomicBool> {
        self.seen(|seen| Arc::clone(&seen.in_vain))
    }

    fn seen<T>(&self, act: impl FnOnce(&mut Seen) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_refuses_falls_a_step() {
        let server = Experience::default();
        assert_eq!(server.way(Ladder::Batches), Ladder::Batches);
        assert_eq!(server.failed(Ladder::Batches, 200), Fault::Way);
        assert_eq!(server.clone().way(Ladder::Batches), Ladder::Pipelined);
        assert_eq!(server.failed(Ladder::Pipelined, 1), Fault::Way);
        assert_eq!(server.way(Ladder::Batches), Ladder::OneByOne);
        for _ in 0..IN_A_ROW {
            assert_eq!(server.failed(Ladder::OneByOne, 1), Fault::Message);
        }
        assert_eq!(server.failed(Ladder::OneByOne, 1), Fault::Unknown);
        server.worked(Ladder::OneByOne);
        assert_eq!(server.failed(Ladder::OneByOne, 1), Fault::Message);
    }

    #[test]
    fn what_worked_is_not_given_up_for_one_message() {
        let server = Experience::default();
        server.worked(Ladder::Batches);
        assert_eq!(server.failed(Ladder::Batches, 2), Fault::Way);
        assert_eq!(server.failed(Ladder::Pipelined, 1), Fault::Message);
        assert_eq!(server.way(Ladder::Batches), Ladder::Pipelined);
        assert_eq!(server.way(Ladder::SmallPipelined), Ladder::SmallPipelined);
    }
}
