//! The course of one run: opens both sides, goes through the phases, and after a failure does what the table says,
//! until the end is reached. What was reached lies in journal and archive; this holds only where the run is. Must
//! not know a protocol.

use crate::board::Board;
use crate::copy::Before;
use crate::crew::{Crew, Opening, Sessions};
use crate::endpoint::{Door, Opener};
use crate::growth::Growth;
use crate::home::{Home, Lock};
use crate::journal::Journal;
use crate::logins::Logins;
use crate::mend::Mending;
use crate::outcome::Survey;
use crate::pace::{Gate, Paced};
use crate::plan::{Plan, Planned};
use crate::reading::Shelf;
use crate::retry::{self, Next, Situation};
use crate::run::{Problems, Wish, Wishes};
use crate::steering::Ended;
use crate::undo;
use crate::waits::Asking;
use crate::wake::Clock;
use crate::{Counts, Phase, Place, Problem, ProblemLevel, Request, Task};
use account::{Credentials, provider};
use archive::{Archive, Through};
use futures::future::OptionFuture;
use mail::{Budget, Capacity, Cause, Failure, FolderPath, MessageId, Result, Side, Source, Status};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// Octets of bodies in memory at once: with less a line of 50 ms is not kept full by large messages, with more nothing was
/// gained.
const MEMORY: u32 = 64 * 1024 * 1024;
/// So often in a row a folder may cost the connection with nothing reached between.
const PATIENCE_WITH_FOLDER: u32 = 7;
/// After so many losses with nothing reached between folders are dealt with one by one, to find the one that costs them.
const SUSPICION: u32 = 2;

/// What a run is given from outside.
pub(crate) struct Surroundings {
    pub opener: Arc<dyn Opener>,
    pub credentials: Arc<dyn Credentials>,
    pub board: Arc<Board>,
    pub problems: Problems,
    pub wishes: watch::Receiver<Wishes>,
    /// Runs on while the computer sleeps.
    pub clock: Clock,
    /// Divides every pause, and what another pair of sessions must promise: 1, but for tests.
    pub haste: u32,
}

/// What became of a folder in one phase.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reached {
    pub counts: Counts,
    /// As the target's server names it.
    pub target: Option<FolderPath>,
    pub octets: u64,
    pub done: bool,
    /// Failures of this folder alone.
    pub tries: u32,
}

/// What the survey found, kept over new connections.
#[derive(Debug, Default)]
pub(crate) struct Surveyed {
    pub plan: Plan,
    pub capacity: Capacity,
    /// Folders that the target had, as it told of them.
    pub there: HashMap<FolderPath, Status>,
}

/// Ids that the backup of a folder held before this run, and their UIDVALIDITY.
pub(crate) type Held = HashMap<FolderPath, (Option<u32>, HashSet<MessageId>)>;

pub(crate) struct Course {
    pub request: Request,
    pub around: Surroundings,
    pub home: Home,
    pub id: String,
    pub journal: Journal,
    pub budget: Budget,
    pub growth: Growth,
    gate: Option<Arc<Gate>>,
    pub old: Door,
    pub new: Option<Door>,
    pub archive: Option<Archive>,
    /// Both sides were open once.
    pub opened: bool,
    /// Pairs were opened before it was known what is due.
    pub opened_ahead: bool,
    pub attempts: u32,
    /// Both sides are open in this attempt; how often in a row they were, and were lost without any progress.
    inside: bool,
    broken: u32,
    /// How often in a row one of them fell silent.
    silences: u32,
    pub away_since: Option<Instant>,
    progress: u64,
    /// The folder whose failure ended the attempt.
    pub at: Option<usize>,
    pub phase: Phase,
    pub surveyed: Option<Surveyed>,
    pub survey: Option<Survey>,
    /// What lay in the target before the move, and when that was begun.
    pub before: Arc<Mutex<Before>>,
    pub begun: Option<i64>,
    /// What lies there may be of a run that the journal knows nothing of.
    pub unsure: bool,
    pub copied: Vec<Reached>,
    pub backed_up: Vec<Reached>,
    pub verified: Vec<Reached>,
    pub held: Option<Arc<Held>>,
    /// What was read of the folders at work, in the phases that read.
    pub shelf: Shelf,
    /// Folders that are tried again, the one that waits longest: why, and how long.
    pub again: Option<(Failure, Duration)>,
    /// Messages and octets proved.
    pub proved: Option<(u64, u64)>,
    /// The target took no more: the rest is only counted.
    pub full: bool,
    /// Noted by the run itself; the copy's own are in the journal.
    pub notes: Vec<Problem>,
    /// By folder and message: how often it was the next to come when a connection was lost.
    pub suspects: HashMap<(usize, MessageId), u32>,
    /// By folder: to come when nothing else is left, with longer time limits.
    pub put_last: HashMap<usize, HashSet<MessageId>>,
    /// By folder: given to the target one by one.
    pub careful: HashMap<usize, HashSet<MessageId>>,
    /// By folder: not asked for any more by this run.
    pub given_up: HashMap<usize, HashMap<MessageId, Failure>>,
    pub started: Instant,
    _lock: Option<Lock>,
}

impl Course {
    /// Takes the lock and opens the journal. Nothing is connected yet.
    pub async fn prepare(request: Request, around: Surroundings) -> Result<Self> {
        if let (Place::Account(old), Some(Place::Account(new))) = (&request.source, &request.target)
            && old.same_mailbox(new)
        {
            return Err(Failure::new(Cause::SameMailbox));
        }
        let home = Home::open(&request.home)?;
        let id = Home::id(&request.source, request.target.as_ref());
        let accounts = matches!(request.source, Place::Account(_)) || request.target.is_some();
        let lock = if accounts { Some(home.lock(&id)?) } else { None };
        let file = home.journal(&id)?;
        let journal = match request.task {
            Task::Move { .. } => Journal::open(&file).await?.0,
            Task::Undo { .. } => undo::journal(&file).await?,
            // What never ran has no journal, and a look at it makes none.
            Task::Check | Task::Verify { .. } if file.exists() => Journal::open(&file).await?.0,
            _ => Journal::in_memory().await?,
        };
        #[cfg(test)]
        let journal = journal.wired(around.opener.wire());
        if matches!(request.task, Task::Move { .. }) {
            journal.begin_run().await?;
        }
        let budget = Budget::new(MEMORY, home.spool()?);
        let pairs = request.pace.connections.unwrap_or_else(|| polite(&request));
        let logins = || Logins::new(Instant::now(), pairs, around.haste);
        Ok(Self {
            // A look is soon done with one pair.
            growth: match request.task {
                Task::Check | Task::Undo { .. } => Growth::new(Some(1), 1, around.haste),
                _ => Growth::new(request.pace.connections, polite(&request), around.haste),
            },
            gate: Gate::new(&request.pace),
            old: Door::new(Side::Source, request.source.clone(), logins()),
            new: request.target.clone().map(|place| Door::new(Side::Target, place, logins())),
            archive: None,
            opened: false,
            opened_ahead: false,
            attempts: 0,
            inside: false,
            broken: 0,
            silences: 0,
            away_since: None,
            progress: 0,
            at: None,
            phase: Phase::Connecting,
            surveyed: None,
            survey: None,
            before: Arc::default(),
            begun: None,
            unsure: false,
            copied: Vec::new(),
            backed_up: Vec::new(),
            verified: Vec::new(),
            held: None,
            shelf: Shelf::default(),
            again: None,
            proved: None,
            full: false,
            notes: Vec::new(),
            suspects: HashMap::new(),
            put_last: HashMap::new(),
            careful: HashMap::new(),
            given_up: HashMap::new(),
            started: Instant::now(),
            _lock: lock,
            request,
            around,
            home,
            id,
            journal,
            budget,
        })
    }

    /// To the end: None when it was reached, else why not.
    pub async fn go(&mut self) -> Option<Failure> {
        loop {
            let failure = match self.steered_attempt().await {
                Ok(Ended::Done) => return None,
                Ok(Ended::Woken) => continue,
                Err(failure) => failure,
            };
            log::info!("run {}: {failure} on {:?}, try {}", self.id, failure.side, self.attempts);
            if let Some(end) = self.after(failure).await {
                return Some(end);
            }
        }
    }

    pub async fn attempt(&mut self, stop: &CancellationToken) -> Result<()> {
        if self.request.target.is_none()
            && let (Task::Verify { .. }, Place::Directory(path)) = (&self.request.task, &self.request.source)
        {
            let path = path.clone();
            return self.prove(&path, stop).await;
        }
        self.inside = false;
        let begun = Instant::now();
        let mut crew = Crew::of(self.open().await?);
        (self.opened, self.inside) = (true, true);
        self.growth.opened(begun.elapsed());
        self.walk(&mut crew, stop).await?;
        crew.part(0).await;
        Ok(())
    }

    /// Where the backup goes, if this run makes or uses one.
    pub fn backup_place(&self) -> Option<&Path> {
        match &self.request.task {
            Task::Move { backup, .. } => backup.as_deref(),
            Task::Backup { directory } => Some(directory),
            _ => None,
        }
    }

    async fn open(&mut self) -> Result<Sessions> {
        let opener = Arc::clone(&self.around.opener);
        let credentials = Asking::new(Arc::clone(&self.around.credentials), Arc::clone(&self.around.board));
        let patience = self.patience();
        let (opener, credentials, budget) = (&*opener, &credentials, &self.budget);
        let repair = self.request.answers.repair;
        let verifies = matches!(self.request.task, Task::Verify { .. });
        let new = &mut self.new;
        let theirs = async move {
            match new {
                None => Ok((None, None)),
                Some(new) if new.account().is_some() => {
                    let target = new.target(opener, credentials, budget).await?;
                    Ok((Some(Mending::wrap(target, budget, repair)), None))
                }
                Some(new) if verifies => Ok((None, Some(new.source(opener, credentials, budget).await?))),
                Some(_) => Err(Failure::new(Cause::StoreUnusable).on(Side::Target)),
            }
        };
        let ours = self.old.source(opener, credentials, budget);
        let (mut source, (mut target, directory)) = tokio::try_join!(ours, theirs)?;
        source.be_patient(patience);
        target.iter_mut().for_each(|target| target.be_patient(patience));
        if let (Some(place), Some(account), None) = (self.backup_place(), self.old.account(), &self.archive) {
            let owner = format!("{}@{}", account.user, account.host.to_ascii_lowercase());
            self.archive = Some(Archive::open_or_create(place, &owner)?);
        }
        let source = through(source, self.archive.clone(), &self.budget);
        Ok(Sessions { source: Paced::wrap(source, self.gate.as_ref()), target, directory })
    }

    /// How many times as long as usual sessions wait.
    pub fn patience(&self) -> u32 {
        retry::patience(self.silences)
    }

    /// How long until both accounts may be signed in to once more.
    pub fn due(&self) -> Duration {
        self.new.iter().map(Door::due).fold(self.old.due(), Duration::max)
    }

    /// One pair more, beside those that are open, and how long it took. Nobody is asked for a secret, and what fails
    /// here fails no run. None: one of the sides is no account, was never open, or was signed in to too often lately.
    pub fn another(&mut self) -> Option<Opening> {
        if !self.due().is_zero() {
            return None;
        }
        let (opener, budget) = (&self.around.opener, &self.budget);
        let open = |door: &mut Door| door.another(Arc::clone(opener), budget.clone());
        let source = open(&mut self.old)?;
        let target = match &mut self.new {
            Some(new) => Some(open(new)?),
            None => None,
        };
        let (archive, budget, gate) = (self.archive.clone(), self.budget.clone(), self.gate.clone());
        let repair = self.request.answers.repair;
        let opening = async move {
            let begun = Instant::now();
            let (source, target) = tokio::join!(source, OptionFuture::from(target));
            let both = match (source, target.transpose()) {
                (Ok(source), Ok(target)) => {
                    let source = through(source, archive, &budget);
                    let source = Paced::wrap(source, gate.as_ref());
                    let target = target.map(|target| Mending::wrap(target, &budget, repair));
                    Ok(Sessions { source, target, directory: None })
                }
                (Err(failure), _) | (_, Err(failure)) => Err(failure),
            };
            (begun.elapsed(), both)
        };
        // A task of its own: it goes on while something else is awaited.
        Some(AbortOnDropHandle::new(tokio::spawn(opening)))
    }

    /// What follows a failure. Some: the end of the run.
    async fn after(&mut self, failure: Failure) -> Option<Failure> {
        let progress = self.around.board.progress();
        if progress != self.progress {
            self.progress = progress;
            self.attempts = 0;
            self.broken = 0;
            self.silences = 0;
            self.away_since = None;
        }
        self.broken += u32::from(self.inside && matches!(failure.cause, Cause::Closed | Cause::Timeout));
        self.silences += u32::from(self.inside && failure.cause == Cause::Timeout);
        let wish = self.around.wishes.borrow().wish;
        match wish {
            Wish::Stop => return Some(Failure::new(Cause::Stopped)),
            Wish::Pause => return self.paused().await,
            Wish::Go => {}
        }
        let next = retry::next(&failure, Situation { attempts: self.attempts, opened: self.opened });
        self.attempts += 1;
        match next {
            Next::Again(_) if self.broken >= PATIENCE_WITH_FOLDER && self.at.is_some() => self.give_up(failure),
            Next::Again(pause) => self.wait(failure, pause).await,
            Next::AwaitDisk => self.await_disk(failure).await,
            Next::Full if self.surveyed.is_some() && !self.full => {
                self.full = true;
                self.notes.push(problem(&failure, None));
                None
            }
            // One folder that breaks each connection does not end the others.
            Next::Stop if failure.cause == Cause::Protocol && self.inside && self.at.is_some() => self.give_up(failure),
            Next::Full | Next::Skip | Next::Stop => Some(failure),
        }
    }

    /// Of these folders those to begin with: where one of them may be what costs the connection, the first alone, which
    /// is at work from now on.
    pub fn without_suspects(&mut self, mut folders: Vec<usize>) -> Vec<usize> {
        if self.broken >= SUSPICION {
            folders.truncate(1);
            self.at = folders.first().copied();
        }
        folders
    }

    /// Goes on without the folder at work.
    fn give_up(&mut self, failure: Failure) -> Option<Failure> {
        if let Some(at) = self.at.take() {
            self.leave_out(at, &failure);
        }
        (self.attempts, self.broken) = (0, 0);
        None
    }

    pub fn planned(&self) -> &[Planned] {
        self.surveyed.as_ref().map_or(&[], |surveyed| &surveyed.plan.folders)
    }

    /// Gives up one folder of the phase at work, named; what was not dealt with has failed.
    pub fn leave_out(&mut self, at: usize, failure: &Failure) {
        let Some(folder) = self.planned().get(at).map(|planned| planned.source.clone()) else { return };
        let mut counts = self.around.board.counts(at);
        let dealt = counts.stored + counts.already + counts.skipped + counts.gone;
        counts.found = counts.found.max(crate::survey::messages(&folder)).max(dealt);
        counts.failed = counts.found - dealt;
        self.notes.push(problem(failure, Some(folder.path)));
        self.shelf.take(at);
        if let Some(reached) = self.reached().get_mut(at) {
            reached.counts = counts;
            reached.done = true;
        }
        self.around.board.folder_done(at, counts);
    }

    /// What became of the folders in the phase at work.
    pub fn reached(&mut self) -> &mut Vec<Reached> {
        match self.phase {
            Phase::BackUp => &mut self.backed_up,
            Phase::Verify => &mut self.verified,
            _ => &mut self.copied,
        }
    }
}

/// Connections that both servers bear.
fn polite(request: &Request) -> usize {
    let of = |place: &Place| match place {
        Place::Account(account) => {
            provider::by_host(&account.host).map_or(provider::CONNECTIONS, |provider| provider.connections)
        }
        Place::Directory(_) => provider::CONNECTIONS,
    };
    request.target.as_ref().map_or(usize::MAX, of).min(of(&request.source))
}

/// Reads through the archive, where this run has one.
fn through(source: Box<dyn Source>, archive: Option<Archive>, budget: &Budget) -> Box<dyn Source> {
    match archive {
        Some(archive) => Box::new(Through::new(archive, source, budget.clone())),
        None => source,
    }
}

/// A failure as a line of the report.
pub(crate) fn problem(failure: &Failure, folder: Option<FolderPath>) -> Problem {
    Problem {
        code: failure.cause.code().to_owned(),
        level: ProblemLevel::Problem,
        folder,
        id: None,
        detail: failure.about.clone(),
        words: failure.words.clone(),
    }
}
