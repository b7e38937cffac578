//! One run: what a [`Request`] asks for, from the first connection to its [`Outcome`]. Runs by itself once started;
//! others look at its snapshots and hold its control. Must not know a word that a person reads.

use crate::{Outcome, Problem, Request, Snapshot};
use account::{Account, Credentials, Secret};
use mail::{Cause, Failure, Identity, Result, Side};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What the person wants of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wish {
    #[default]
    Go,
    Pause,
    Stop,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wishes {
    pub wish: Wish,
    /// Counts the times that somebody said "try now".
    pub nudges: u64,
}

/// Steers a run. Each takes effect within a second, even when a server is silent.
#[derive(Clone, Debug)]
pub struct Control {
    wishes: Arc<watch::Sender<Wishes>>,
}

impl Control {
    /// Closes all sessions and keeps the run; nothing is lost.
    pub fn pause(&self) {
        self.wishes.send_modify(|wishes| {
            if wishes.wish == Wish::Go {
                wishes.wish = Wish::Pause;
            }
        });
    }

    /// Goes on after a pause; tries at once when it waits.
    pub fn resume(&self) {
        self.wishes.send_modify(|wishes| {
            if wishes.wish == Wish::Pause {
                wishes.wish = Wish::Go;
            }
            wishes.nudges += 1;
        });
    }

    /// Ends the run as stopped; the same request goes on later.
    pub fn stop(&self) {
        self.wishes.send_modify(|wishes| wishes.wish = Wish::Stop);
    }
}

/// The problems found so far, for a list that is read page by page while the run is at work.
#[derive(Clone, Debug, Default)]
pub struct Problems {
    list: Arc<Mutex<Vec<Problem>>>,
}

impl Problems {
    /// At most `limit` from `offset` on, and how many there are.
    pub fn page(&self, offset: u64, limit: u64) -> (u64, Vec<Problem>) {
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        (list.len() as u64, list.iter().skip(offset as usize).take(limit as usize).cloned().collect())
    }
}

/// A run at work. Dropping it does not end it: that is [`Control::stop`].
#[derive(Debug)]
pub struct Run {
    snapshots: watch::Receiver<Snapshot>,
    control: Control,
    problems: Problems,
    task: JoinHandle<Outcome>,
}

impl Run {
    /// The latest state, at most ten a second; the last is exact.
    pub fn snapshots(&self) -> watch::Receiver<Snapshot> {
        self.snapshots.clone()
    }

    pub fn control(&self) -> Control {
        self.control.clone()
    }

    pub fn problems(&self) -> Problems {
        self.problems.clone()
    }

    /// Waits for its end.
    pub async fn outcome(self) -> Outcome {
        self.task.await.unwrap_or_else(|_| Outcome::failed(Failure::new(Cause::Stopped)))
    }
}

/// Starts a run on the current tokio runtime.
pub fn start(request: Request, credentials: Arc<dyn Credentials>) -> Run {
    let (_sender, snapshots) = watch::channel(Snapshot::default());
    let (wishes, _) = watch::channel(Wishes::default());
    let control = Control { wishes: Arc::new(wishes) };
    let task = tokio::spawn(async move {
        let _ = (request, credentials);
        Outcome::failed(Failure::new(Cause::Stopped))
    });
    Run { snapshots, control, problems: Problems::default(), task }
}

/// What a proved sign-in told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignedIn {
    /// With the certificate's SHA-256.
    pub identity: Identity,
    /// Folders that can be opened.
    pub folders: u64,
    /// Messages in them, as far as the server told.
    pub messages: u64,
    /// It offers no folder but its inbox.
    pub inbox_only: bool,
}

/// Proves one account: signs in once with this secret, lists its folders, changes nothing. A refused secret is
/// never tried again by itself.
pub async fn sign_in(account: &Account, side: Side, secret: &Secret, home: &Path) -> Result<SignedIn> {
    let _ = (account, secret, home);
    Err(Failure::new(Cause::Stopped).on(side))
}
