//! Where a run stands still: for a server, a disk, or a person. Sessions are closed meanwhile.

use crate::Waiting;
use crate::board::Board;
use crate::course::Course;
use crate::retry;
use crate::run::Wish;
use account::Credentials;
use mail::{Cause, Failure, Side};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often a full disk is looked at.
const DISK: Duration = Duration::from_secs(2);
/// What must be free on a disk before it is tried again.
const ROOM: u64 = 1024 * 1024;

impl Course {
    pub async fn paused(&mut self) -> Option<Failure> {
        self.around.board.paused(true);
        let resumed = self.around.wishes.wait_for(|wishes| wishes.wish != Wish::Pause).await.map(|wishes| wishes.wish);
        self.around.board.paused(false);
        self.begin_anew();
        match resumed {
            Ok(Wish::Go) => None,
            _ => Some(Failure::new(Cause::Stopped)),
        }
    }

    /// Waits, unless that would be longer than the person's patience.
    pub async fn wait(&mut self, failure: Failure, pause: Duration) -> Option<Failure> {
        let since = *self.away_since.get_or_insert_with(Instant::now);
        let pause = retry::jittered(pause, chance(&self.id, self.attempts)) / self.around.haste;
        let pause = pause.max(self.due());
        let silent = failure.cause == Cause::Timeout;
        if self.request.pace.patience.is_some_and(|patience| {
            since.elapsed() + pause > patience && (!pause.is_zero() || (silent && patience.is_zero()))
        }) {
            return Some(failure);
        }
        if pause.is_zero() {
            return None;
        }
        self.around.board.waiting(Some(waiting(&failure, pause)));
        self.sleep(pause).await;
        self.around.board.waiting(None);
        None
    }

    /// Sleeps until the time is over, in sleep of the computer too, or the person says "now", pauses or stops.
    async fn sleep(&mut self, pause: Duration) {
        let wishes = &mut self.around.wishes;
        let nudges = wishes.borrow().nudges;
        let nudged = async {
            if wishes.wait_for(|wishes| wishes.nudges != nudges || wishes.wish != Wish::Go).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let slept = tokio::select! {
            biased;
            () = nudged => false,
            slept = self.around.clock.passes(pause) => slept,
        };
        if slept {
            self.begin_anew();
        }
    }

    /// Where folders are tried again: waits as long as the one that has to wait longest, or until the person says "now".
    pub async fn before_another_round(&mut self, stop: &CancellationToken) {
        let Some((failure, pause)) = self.again.take().filter(|(_, pause)| !pause.is_zero()) else { return };
        let pause = pause / self.around.haste;
        self.around.board.waiting(Some(waiting(&failure, pause)));
        let wishes = &mut self.around.wishes;
        let nudges = wishes.borrow().nudges;
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            Ok(_) = wishes.wait_for(|wishes| wishes.nudges != nudges) => {}
            () = tokio::time::sleep(pause) => {}
        }
        self.around.board.waiting(None);
    }

    /// Waits until the disk has room again. Sessions are closed meanwhile: a person may take hours.
    pub async fn await_disk(&mut self, failure: Failure) -> Option<Failure> {
        let since = *self.away_since.get_or_insert_with(Instant::now);
        let places: Vec<PathBuf> =
            std::iter::once(self.request.home.clone()).chain(self.backup_place().map(Path::to_owned)).collect();
        let full = |places: &[PathBuf]| {
            places.iter().find(|place| archive::free_space(place).is_ok_and(|free| free < ROOM)).cloned()
        };
        // The message that did not fit may be larger than what is free: each further time waits longer.
        let mut pause = retry::pause(self.attempts).max(DISK) / self.around.haste;
        loop {
            let place = full(&places).or_else(|| places.last().cloned());
            if self.request.pace.patience.is_some_and(|patience| since.elapsed() + pause > patience) {
                return Some(failure);
            }
            self.around.board.waiting(Some(Waiting {
                cause: Cause::DiskFull,
                side: Some(Side::Local),
                until: None,
                about: failure.about.clone().or_else(|| place.map(|place| place.display().to_string())),
            }));
            self.sleep(pause).await;
            pause = DISK / self.around.haste;
            let go = self.around.wishes.borrow().wish == Wish::Go;
            if !go || full(&places).is_none() {
                self.around.board.waiting(None);
                return None;
            }
        }
    }
}

fn waiting(failure: &Failure, pause: Duration) -> Waiting {
    let Failure { cause, side, about, .. } = failure;
    Waiting { cause: *cause, side: *side, until: Some(std::time::Instant::now() + pause), about: about.clone() }
}

/// Any number: each move has its own, and each try. That keeps clients apart, and a run can be repeated exactly.
fn chance(id: &str, attempts: u32) -> u32 {
    let mut hasher = DefaultHasher::new();
    (id, attempts).hash(&mut hasher);
    hasher.finish() as u32
}

/// Shows that a person is waited for.
pub(crate) struct Asking {
    inner: Arc<dyn Credentials>,
    board: Arc<Board>,
    /// One question at a time, though both sides are opened at once.
    turn: tokio::sync::Mutex<()>,
}

impl Asking {
    pub fn new(inner: Arc<dyn Credentials>, board: Arc<Board>) -> Self {
        Self { inner, board, turn: tokio::sync::Mutex::new(()) }
    }
}

#[async_trait::async_trait]
impl Credentials for Asking {
    async fn get(&self, side: Side, account: &account::Account, reason: account::Reason) -> Option<account::Secret> {
        let _turn = self.turn.lock().await;
        let _asked = self.board.asked();
        if reason != account::Reason::First {
            self.board.waiting(Some(Waiting {
                cause: Cause::SignInRefused,
                side: Some(side),
                until: None,
                about: Some(account.host.clone()),
            }));
        }
        let secret = self.inner.get(side, account, reason).await;
        self.board.waiting(None);
        secret
    }
}
