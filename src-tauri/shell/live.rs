//! One move as it lives in this process: its record, the run at work, and what the run asks of the person. The
//! mail itself, and what is reached, is `transfer`'s.

use crate::desk::Desk;
use account::{Account, Credentials, Reason, Secret};
use async_trait::async_trait;
use mail::{Cause, Failure, Side};
use secrets::Secrets;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use transfer::home::{Kind, Last, Record};
use transfer::{
    Answers, Control, Counts, Layout, Level, Outcome, Pace, Place, Problem, Problems, Request, Snapshot, Task, Verdict,
};

/// How long a look waits for a server that stays away: a person waits for it.
const LOOK_PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Live {
    pub id: String,
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

pub(crate) struct State {
    pub record: Record,
    pub run: Option<Active>,
    /// Of the last check.
    pub checked: Option<Outcome>,
    /// Of the last start in this session.
    pub outcome: Option<Outcome>,
    /// The run's latest, kept after its end.
    pub snapshot: Snapshot,
    /// Why the last check or start could not be.
    pub refused: Option<Failure>,
    pub asked: Vec<Asked>,
    /// Whose password the person gave last in this run: asked for once more, it was that one that was refused.
    given: Option<Side>,
    /// A look at what an undo would do. Beside the runs: it changes nothing, and no screen follows it.
    looking: Option<Control>,
    pub place: Option<crate::wire::BackupPlace>,
    /// The person allowed small repairs for this move; what is resumed goes on with that.
    pub repair: bool,
}

impl State {
    /// A page of what this session knows, and how many there are; None: only the record knows.
    pub(crate) fn problems(&self, offset: u64, limit: u64) -> Option<(u64, Vec<Problem>)> {
        if let Some(run) = &self.run {
            return Some(run.problems.page(offset, limit));
        }
        // Those of a check count until there is a result.
        let checked = self.checked.as_ref().filter(|_| self.record.last.is_none());
        let problems = &self.outcome.as_ref().or(checked)?.problems;
        let page = problems.iter().skip(offset as usize).take(limit as usize);
        Some((problems.len() as u64, page.cloned().collect()))
    }
}

/// A run at work.
pub(crate) struct Active {
    pub aim: Aim,
    pub control: Control,
    pub problems: Problems,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    Check,
    /// `repair`: the person consents to small repairs.
    Start {
        backup: bool,
        repair: bool,
    },
    Undo,
}

/// A password that the engine waits for.
pub(crate) struct Asked {
    pub side: Side,
    pub reason: Reason,
    answer: oneshot::Sender<Secret>,
}

impl Live {
    pub(crate) fn new(id: String, record: Record) -> Self {
        let state = State {
            record,
            run: None,
            checked: None,
            outcome: None,
            snapshot: Snapshot::default(),
            refused: None,
            asked: Vec::new(),
            given: None,
            looking: None,
            place: None,
            repair: false,
        };
        Self { id, state: Mutex::new(state), changed: watch::channel(()).0 }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes whoever looks.
    pub(crate) fn touch(&self) {
        self.changed.send_replace(());
    }

    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    pub(crate) fn active(&self) -> Option<Aim> {
        self.state().run.as_ref().map(|run| run.aim)
    }

    pub(crate) fn control(&self, act: impl FnOnce(&Control)) {
        let state = self.state();
        if let Some(control) = state.run.as_ref().map(|run| &run.control).or(state.looking.as_ref()) {
            act(control);
        }
    }

    /// Whether mail that lies in other folders of the new mailbox already is moved all the same: asked on Check.
    pub(crate) fn answer_elsewhere(&self, desk: &Desk, anyway: bool) -> mail::Result<()> {
        desk.home()?.update(&self.id, |record| record.even_if_elsewhere = anyway)?;
        self.state().record.even_if_elsewhere = anyway;
        Ok(())
    }

    /// Starts a run in the background. One that is at work already is left alone.
    pub(crate) fn launch(self: &Arc<Self>, desk: &Arc<Desk>, aim: Aim) -> mail::Result<()> {
        let mut state = self.state();
        match &state.run {
            Some(run) if run.aim == aim => return Ok(()),
            Some(_) => return Err(Failure::new(Cause::Busy).on(Side::Local)),
            None => {}
        }
        let home = desk.home()?;
        let answers = Answers {
            even_if_elsewhere: aim != Aim::Check && state.record.even_if_elsewhere,
            // The last run ended with this question, and the person goes on.
            go_on_anyway: state.record.last.as_ref().is_some_and(|last| last.asked(Cause::OtherCopier)),
            repair: matches!(aim, Aim::Start { repair: true, .. }),
        };
        if aim == Aim::Undo {
            // As for a start: after a crash it goes on from Home.
            let begun = Last { verdict: Verdict::Stopped.name().to_owned(), undone: true, ..Last::default() };
            state.record.last = Some(begun.clone());
            home.update(&self.id, |record| record.last = Some(begun))?;
        }
        if let Aim::Start { backup, repair } = aim {
            state.repair = repair;
            // Written before the first step: after a crash it stands as stopped, and goes on the same way.
            let begun = Last { verdict: Verdict::Stopped.name().to_owned(), ..Last::default() };
            let record = &mut state.record;
            record.facts.no_backup = !backup && !record.facts.backed_up;
            record.last = Some(begun.clone());
            let no_backup = record.facts.no_backup;
            home.update(&self.id, |record| {
                record.facts.no_backup = no_backup;
                record.last = Some(begun);
            })?;
        }
        let request = Request { answers, ..request(home.path().to_owned(), &state.record, aim)? };
        let credentials = Arc::new(Asker { desk: Arc::clone(desk), live: Arc::clone(self) });
        let run = transfer::start(request, credentials);
        let mut snapshots = run.snapshots();
        state.run = Some(Active { aim, control: run.control(), problems: run.problems() });
        state.snapshot = Snapshot::default();
        state.refused = None;
        state.given = None;
        if aim != Aim::Check {
            state.outcome = None;
        }
        drop(state);
        self.touch();
        let (live, desk) = (Arc::clone(self), Arc::clone(desk));
        tokio::spawn(async move {
            let mut outcome = std::pin::pin!(run.outcome());
            let outcome = loop {
                tokio::select! {
                    biased;
                    Ok(()) = snapshots.changed() => {
                        live.state().snapshot = snapshots.borrow_and_update().clone();
                        live.touch();
                    }
                    outcome = &mut outcome => break outcome,
                }
            };
            live.state().snapshot = snapshots.borrow().clone();
            live.ended(&desk, aim, outcome);
        });
        Ok(())
    }

    fn ended(&self, desk: &Desk, aim: Aim, outcome: Outcome) {
        let record = desk.home().and_then(|home| home.read(&self.id));
        let mut state = self.state();
        state.run = None;
        state.asked.clear();
        // The run itself has written down what it reached.
        if let Ok(Some(record)) = record {
            state.record = record;
        }
        match aim {
            Aim::Check if outcome.verdict == Verdict::Failed => state.refused = outcome.failure,
            // Stopped by the person: nothing to say.
            Aim::Check if outcome.verdict == Verdict::Stopped => {
                state.refused = outcome.failure.filter(|failure| failure.cause != Cause::Stopped);
            }
            Aim::Check => state.checked = Some(outcome),
            Aim::Start { .. } | Aim::Undo => state.outcome = Some(outcome),
        }
        drop(state);
        self.touch();
    }

    /// What an undo would remove and keep. Nobody is asked for a password: it is known since the move.
    pub(crate) async fn look_undo(&self, desk: &Desk) -> mail::Result<Counts> {
        let outcome = {
            let mut state = self.state();
            if state.run.is_some() || state.looking.is_some() {
                return Err(Failure::new(Cause::Busy).on(Side::Local));
            }
            let request = request(desk.home()?.path().to_owned(), &state.record, Aim::Undo)?;
            let task = Task::Undo { remove: false };
            let pace = Pace { patience: Some(LOOK_PATIENCE), ..Pace::default() };
            let credentials = Arc::new(Known { secrets: Arc::clone(&desk.secrets) });
            let run = transfer::start(Request { task, pace, ..request }, credentials);
            state.looking = Some(run.control());
            run.outcome()
        };
        let outcome = outcome.await;
        self.state().looking = None;
        outcome.failure.map_or(Ok(outcome.counts), Err)
    }

    /// Answers all who wait for this side's password.
    pub(crate) fn answer(&self, side: Side, secret: &Secret) {
        let mut state = self.state();
        let (answered, waiting) = std::mem::take(&mut state.asked).into_iter().partition(|asked| asked.side == side);
        state.asked = waiting;
        state.given = Some(side);
        drop(state);
        let answered: Vec<Asked> = answered;
        for asked in answered {
            // Whoever asked may have given up.
            let _ = asked.answer.send(secret.clone());
        }
        self.touch();
    }

    fn ask(&self, side: Side, reason: Reason) -> oneshot::Receiver<Secret> {
        let (answer, answered) = oneshot::channel();
        let mut state = self.state();
        state.asked.retain(|asked| !asked.answer.is_closed());
        let reason = match reason {
            Reason::Expired if state.given == Some(side) => Reason::Refused,
            other => other,
        };
        state.asked.push(Asked { side, reason, answer });
        drop(state);
        self.touch();
        answered
    }
}

fn request(home: PathBuf, record: &Record, aim: Aim) -> mail::Result<Request> {
    let directory = || record.backup.clone().ok_or_else(|| Failure::new(Cause::DiskFailed).on(Side::Local));
    let task = match (aim, record.kind) {
        (Aim::Check, _) => Task::Check,
        (Aim::Undo, _) => Task::Undo { remove: true },
        (Aim::Start { .. }, Kind::Backup) => Task::Backup { directory: directory()? },
        (Aim::Start { backup, .. }, Kind::Move) => Task::Move {
            backup: backup.then(directory).transpose()?,
            prove_first: backup,
            put_back: false,
            verify_after: Some(Level::Identical),
        },
    };
    Ok(Request {
        home,
        source: Place::Account(record.old.account.clone()),
        target: record.new.as_ref().map(|new| Place::Account(new.account.clone())),
        task,
        layout: Layout::default(),
        // A person is looking: wait as long as it takes.
        pace: Pace { patience: None, ..Pace::default() },
        answers: Answers::default(),
    })
}

/// Gives what the keychain holds, and asks nobody.
struct Known {
    secrets: Arc<Secrets>,
}

#[async_trait]
impl Credentials for Known {
    async fn get(&self, side: Side, account: &Account, reason: Reason) -> Option<Secret> {
        let kept = self.secrets.get(&account.key(side)).await.ok().flatten();
        kept.filter(|_| reason == Reason::First).map(|kept| Secret::new(kept.to_string()))
    }
}

/// Gives the engine the keychain's password first, then asks the person. One that was refused is never given
/// again by itself.
struct Asker {
    desk: Arc<Desk>,
    live: Arc<Live>,
}

#[async_trait]
impl Credentials for Asker {
    async fn get(&self, side: Side, account: &Account, reason: Reason) -> Option<Secret> {
        if reason == Reason::First
            && let Ok(Some(kept)) = self.desk.secrets.get(&account.key(side)).await
        {
            return Some(Secret::new(kept.to_string()));
        }
        // None when the run ends meanwhile.
        self.live.ask(side, reason).await.ok()
    }
}
