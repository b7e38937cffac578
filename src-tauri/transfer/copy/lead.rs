//! How far a pair's source may run ahead of its target: about as far as the target comes in a second, or in the little
//! that a near line takes. What one pair has asked for no other can take, so a slow target must not leave the whole mailbox
//! to the first pair; and what is ahead takes memory. Must not know slices or folders.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The time that the target shall need for what it is ahead, and messages that are given to one that takes many at once
/// before it is known how fast it is: over a far line several round trips, over a near one a batch.
const FAR: (Duration, usize) = (Duration::from_secs(1), 500);
const NEAR: (Duration, usize) = (Duration::from_millis(100), 200);
/// To one that takes few.
const FEW: usize = 20;
/// Who takes so many takes many.
const BATCH: usize = 50;

#[derive(Debug)]
pub struct Lead {
    ahead: Duration,
    many: usize,
    state: Mutex<State>,
    settled: Notify,
}

#[derive(Debug)]
struct State {
    /// When the first was given.
    since: Option<Instant>,
    /// Messages that may be ahead without knowing anything.
    free: usize,
    /// Messages.
    given: usize,
    dealt: usize,
}

impl Lead {
    /// `near`: a round trip to the source takes next to no time.
    pub fn new(near: bool) -> Self {
        let (ahead, many) = if near { NEAR } else { FAR };
        Self {
            ahead,
            many,
            state: Mutex::new(State { since: None, free: FEW, given: 0, dealt: 0 }),
            settled: Notify::new(),
        }
    }

    /// The target takes so many messages at once.
    pub fn takes(&self, messages: usize) {
        self.state().free = if messages >= BATCH { self.many } else { FEW };
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many messages more are on their way to the target.
    pub fn give(&self, messages: usize) {
        let mut state = self.state();
        state.since.get_or_insert_with(Instant::now);
        state.given += messages;
    }

    /// The target has dealt with so many, or they will never come.
    pub fn deal(&self, messages: usize) {
        self.state().dealt += messages;
        self.settled.notify_one();
    }

    /// Nothing is with the target, and so many are still to come to it: all others are dealt with, or in doubt.
    pub fn left(&self, messages: usize) {
        {
            let mut state = self.state();
            state.dealt = state.dealt.max(state.given.saturating_sub(messages));
        }
        self.settled.notify_one();
    }

    /// More may be given.
    pub fn is_short(&self) -> bool {
        let state = self.state();
        let Some(since) = state.since else { return true };
        let in_that_time = state.dealt as f64 * self.ahead.as_secs_f64() / since.elapsed().as_secs_f64().max(1e-3);
        let ahead = state.given.saturating_sub(state.dealt);
        ahead < state.free || (ahead as f64) < in_that_time
    }

    /// Waits until more may be given.
    pub async fn shrinks(&self) {
        while !self.is_short() {
            self.settled.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn as_far_as_the_target_comes_in_a_second() {
        let lead = Lead::new(false);
        lead.takes(200);
        while lead.is_short() {
            lead.give(100);
        }
        assert_eq!(lead.state().given, 500, "nothing more is known yet");
        tokio::time::sleep(Duration::from_millis(100)).await;
        lead.give(1_000);
        // Ten in a tenth of a second or more: 1,490 are more than that for a second.
        lead.deal(10);
        assert!(!lead.is_short());
        assert!(tokio::time::timeout(Duration::from_millis(20), lead.shrinks()).await.is_err());
        lead.deal(1_000);
        tokio::time::timeout(Duration::from_millis(20), lead.shrinks()).await.unwrap();
        lead.left(0);
        assert!(lead.is_short(), "nothing is ahead");

        let near = Lead::new(true);
        near.takes(200);
        near.give(2_000);
        tokio::time::sleep(Duration::from_millis(100)).await;
        near.deal(1_000);
        assert!(!near.is_short(), "as many as come in the next tenth of a second");
        near.deal(850);
        assert!(near.is_short(), "less than a batch is ahead");
    }

    #[test]
    fn who_takes_one_by_one_is_given_little() {
        let lead = Lead::new(false);
        lead.takes(10);
        lead.give(20);
        assert!(!lead.is_short());
    }
}
