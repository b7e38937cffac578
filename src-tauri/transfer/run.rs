//! One run: what a [`Request`] asks for, from the first connection to its [`Outcome`]. Runs by itself once started;
//! others look at its snapshots and hold its control. Must not know a word that a person reads.

use crate::board::Board;
use crate::course::{Course, Surroundings};
use crate::endpoint::{Network, Opener};
use crate::survey::{self, View};
use crate::{Home, Outcome, Problem, Request, Snapshot};
use account::{Account, Credentials, Secret};
use mail::{Budget, Cause, Failure, Identity, Result, Side};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Memory for a sign-in that reads no message.
const LITTLE: u32 = 1024 * 1024;
/// How long saying goodbye may take.
const GOODBYE: std::time::Duration = std::time::Duration::from_secs(2);

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
    pub(crate) fn replace(&self, problems: Vec<Problem>) {
        *self.list.lock().unwrap_or_else(PoisonError::into_inner) = problems;
    }

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
    start_with(request, credentials, Arc::new(Network::default()), 1)
}

/// A run over other mailboxes than those of the network. `haste` divides every pause; 1 is a person's time.
pub fn start_with(request: Request, credentials: Arc<dyn Credentials>, opener: Arc<dyn Opener>, haste: u32) -> Run {
    let (board, snapshots) = Board::new();
    let board = Arc::new(board);
    let (sender, wishes) = watch::channel(Wishes::default());
    let control = Control { wishes: Arc::new(sender) };
    let problems = Problems::default();
    let clock = opener.clock(haste);
    let around = Surroundings {
        opener,
        credentials,
        board: Arc::clone(&board),
        problems: problems.clone(),
        wishes,
        clock,
        haste,
    };
    let task = tokio::spawn(async move {
        let run = async {
            match Course::prepare(request, around).await {
                Ok(mut course) => {
                    let failure = course.go().await;
                    course.report(failure).await
                }
                Err(failure) => Outcome::failed(failure),
            }
        };
        let outcome = tokio::select! {
            biased;
            outcome = run => outcome,
            never = board.show() => match never {},
        };
        board.finish();
        outcome
    });
    Run { snapshots, control, problems, task }
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
    sign_in_with(&Network::default(), account, side, secret, home).await
}

pub(crate) async fn sign_in_with(
    opener: &dyn Opener,
    account: &Account,
    side: Side,
    secret: &Secret,
    home: &Path,
) -> Result<SignedIn> {
    let budget = Budget::new(LITTLE, Home::open(home)?.spool()?);
    let mut session = opener.open(account, secret, &budget).await.map_err(|failure| failure.on(side))?;
    let view = View::of(&mut *session, side).await?;
    let _ = tokio::time::timeout(GOODBYE, session.close()).await;
    let selectable: Vec<_> = view.folders.iter().filter(|folder| folder.selectable).collect();
    Ok(SignedIn {
        folders: selectable.len() as u64,
        messages: selectable.iter().map(|folder| survey::messages(folder)).sum(),
        inbox_only: selectable.len() == 1 && selectable[0].path.is_inbox(),
        identity: view.identity,
    })
}
