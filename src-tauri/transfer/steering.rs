//! What ends an attempt from outside: the person's wish, or the computer's sleep. The sessions are given up, and what is
//! in flight stays in doubt.

use crate::course::Course;
use crate::run::{Wish, Wishes};
use mail::{Cause, Failure, Result};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How long a session may take to reach a safe state when it is given up.
const GRACE: Duration = Duration::from_millis(700);

/// How an attempt ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Done,
    /// The computer slept meanwhile: what its sessions would tell is worth nothing.
    Woken,
}

impl Course {
    /// One attempt; when the person wants to pause or stop, or the computer slept, it is asked to end, and ended.
    pub async fn steered_attempt(&mut self) -> Result<Ended> {
        let stop = CancellationToken::new();
        // Whatever outlives this call (a blocking read of the archive) ends with it.
        let _guard = stop.clone().drop_guard();
        let (mut wishes, clock) = (self.around.wishes.clone(), self.around.clock.clone());
        let board = self.around.board.clone();
        let woken = {
            let attempt = self.attempt(&stop);
            tokio::pin!(attempt);
            let woken = tokio::select! {
                biased;
                result = &mut attempt => return result.map(|()| Ended::Done),
                () = other_wish(&mut wishes) => false,
                () = clock.wakes(&board) => true,
            };
            stop.cancel();
            if let Ok(Ok(())) = tokio::time::timeout(GRACE, &mut attempt).await {
                return Ok(Ended::Done);
            }
            woken
        };
        if !woken {
            return Err(Failure::new(Cause::Stopped));
        }
        log::info!("run {}: the computer slept; new sessions", self.id);
        self.begin_anew();
        Ok(Ended::Woken)
    }

    /// Time that nobody could have used, in a pause or asleep, counts as no failure.
    pub fn begin_anew(&mut self) {
        self.attempts = 0;
        self.away_since = None;
    }
}

async fn other_wish(wishes: &mut watch::Receiver<Wishes>) {
    if wishes.wait_for(|wishes| wishes.wish != Wish::Go).await.is_err() {
        // Nobody holds the control any more: nobody will want anything.
        std::future::pending::<()>().await;
    }
}
