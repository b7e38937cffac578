//! How far a pair's source may run ahead of its target: about as far as the target comes in a second. What one pair has
//! asked for no other can take, so a slow target must not leave the whole mailbox to the first pair. Must not know
//! slices or folders.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The time that the target shall need for what it is ahead.
const AHEAD: Duration = Duration::from_secs(1);
/// Messages that are given before it is known how fast a target is: to one that takes many at once, and to one that takes
/// few.
const MANY: usize = 500;
const FEW: usize = 20;
/// Who takes so many takes many.
const BATCH: usize = 50;

#[derive(Debug)]
pub struct Lead {
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

impl State {
    fn is_short(&self) -> bool {
        let Some(since) = self.since else { return true };
        let a_second = self.dealt as f64 * AHEAD.as_secs_f64() / since.elapsed().as_secs_f64().max(1e-3);
        let ahead = self.given.saturating_sub(self.dealt);
        ahead < self.free || (ahead as f64) < a_second
    }
}

impl Default for Lead {
    fn default() -> Self {
        Self { state: Mutex::new(State { since: None, free: FEW, given: 0, dealt: 0 }), settled: Notify::new() }
    }
}

impl Lead {
    /// The target takes so many messages at once.
    pub fn takes(&self, messages: usize) {
        self.state().free = if messages >= BATCH { MANY } else { FEW };
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
        self.state().is_short()
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
        let lead = Lead::default();
        lead.takes(200);
        while lead.is_short() {
            lead.give(100);
        }
        assert_eq!(lead.state().given, MANY, "nothing more is known yet");
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
    }

    #[test]
    fn who_takes_one_by_one_is_given_little() {
        let lead = Lead::default();
        lead.takes(10);
        lead.give(20);
        assert!(!lead.is_short());
    }
}
