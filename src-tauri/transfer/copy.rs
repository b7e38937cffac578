//! Copies folders: finds out where they stand, streams what is due from a Source into a Target with the journal beside
//! it, and sees what became of each. It must not know which protocols they speak, nor what is done about a failure.

mod elsewhere;
mod follow;
mod lane;
mod late;
mod lead;
mod reading;
mod refiled;
mod round;
mod standing;
mod strangers;
mod stream;
#[cfg(test)]
mod tests;

pub(crate) use elsewhere::{Before, Lain};
pub(crate) use lane::{Lane, Steps};
pub(crate) use lead::Lead;
pub(crate) use reading::prints;
pub(crate) use round::{Terms, check, conclude, keep_marks, stand};
pub(crate) use stream::{Lost, PATIENCE, Stream, Track};

use crate::journal::{Claim, Journal, Ledger, PairId, PairState, State};
use crate::{Counts, Problem, ProblemLevel};
use mail::{
    Cause, Failure, Fence, Folder, FolderPath, InternalDate, Listing, MessageId, Result, Side, Source, SpecialUse,
    Target, Want,
};
use standing::Standing;
use std::future::Future;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A folder and its place at the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub source: Folder,
    pub target: FolderPath,
    pub special: Option<SpecialUse>,
}

impl Pair {
    /// As it is when nothing of it was done yet.
    fn first(&self, fence: &Fence, listing: &Listing) -> PairState {
        PairState {
            id: PairId(0),
            source: self.source.path.clone(),
            target: self.target.clone(),
            source_validity: listing.validity,
            target_validity: fence.validity,
            fence: fence.uid_next,
            whole: !fence.created && fence.uid_next > 1,
            renumbered: false,
            made: fence.created,
        }
    }
}

/// What of a folder is copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// By INTERNALDATE: not older than `since`, older than `before`.
    pub since: Option<InternalDate>,
    pub before: Option<InternalDate>,
    /// Octets.
    pub max_size: Option<u64>,
    /// Store again what an earlier run stored and is gone from the target.
    pub put_back: bool,
    /// Store also what lay in another folder of the target before the move.
    pub even_if_elsewhere: bool,
    /// Go on though another copier is at work.
    pub go_on_anyway: bool,
    /// When the move was begun, in seconds since 1970; None: not known.
    pub begun: Option<i64>,
    /// The last run was killed, or the journal has lost its end: what is found at first may be ours.
    pub unsure: bool,
    /// The options are others than those of the last run.
    pub replan: bool,
    /// False for a check: reads only, writes neither mailbox nor journal; the target folder may be missing. A message
    /// counts as there by its header's hash, without its octets being read.
    pub store: bool,
    /// How long the target may take for the next message of what a lost connection left with it. What is in doubt and
    /// was not found is looked for again after this time, until no more of it has come, before it is stored again.
    pub patience: Duration,
}

impl Rules {
    /// What has to be told of the source's messages before anything is copied.
    fn listing(&self) -> Want {
        if self.since.is_some() || self.before.is_some() { Want::Dates } else { Want::Sizes }
    }
}

/// Progress, told as it happens. Each [`Lane`] begins at zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Found(u64),
    Stored { messages: u64, octets: u64 },
    Already(u64),
    Skipped(u64),
    Failed(u64),
    Gone(u64),
}

/// A folder that was copied. Its problems and notices are in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The target folder as its server lists it; None for a check of a folder that is not there yet.
    pub target: Option<FolderPath>,
    /// `stored` is what this run stored (since [`Journal::begin_run`]), over all attempts for this pair; for a check
    /// what it would store.
    pub counts: Counts,
    /// Octets of `stored`.
    pub octets: u64,
}

/// What the work on one folder has at hand.
struct Ends<'a> {
    pair: &'a Pair,
    source: &'a mut dyn Source,
    target: &'a mut dyn Target,
    journal: &'a Journal,
    rules: &'a Rules,
    /// What lies behind the fence may be ours though the ledger does not hold it.
    unsure: bool,
    step: &'a (dyn Fn(Step) + Send + Sync),
    stop: &'a CancellationToken,
}

impl Ends<'_> {
    /// Tells what was found, but for what was told before.
    async fn tell(&mut self, standing: &Standing, told: &mut Counts) -> Result<()> {
        let new = |now: u64, told: &mut u64| {
            let more = now.saturating_sub(*told);
            *told += more;
            (more > 0).then_some(more)
        };
        let now = &standing.counts;
        let earlier = new(now.stored, &mut told.stored);
        let octets = match earlier {
            Some(_) => self.journal.octets_of_this_run(standing.state.id).await?,
            None => 0,
        };
        let steps = [
            new(now.found, &mut told.found).map(Step::Found),
            earlier.map(|messages| Step::Stored { messages, octets }),
            new(now.already, &mut told.already).map(Step::Already),
            new(now.skipped, &mut told.skipped).map(Step::Skipped),
            new(now.gone, &mut told.gone).map(Step::Gone),
        ];
        steps.into_iter().flatten().for_each(|step| (self.step)(step));
        Ok(())
    }

    /// Some messages can't be decided before it is known what this target preserves: the first few others show
    /// it, or one of the undecided, stored and named.
    async fn probe(&mut self, standing: &mut Standing, undecided: Vec<MessageId>) -> Result<Vec<(MessageId, u32)>> {
        const PROBE: usize = 8;
        let mut due = std::mem::take(&mut standing.store);
        due.truncate(PROBE);
        if due.is_empty() {
            let ids: Vec<MessageId> = undecided.into_iter().take(1).collect();
            self.name_twice(standing, &ids).await?;
            due.extend(ids.into_iter().map(|id| (id, 0)));
        }
        Ok(due)
    }

    /// Saves that these are stored although they may be there.
    async fn name_twice(&mut self, standing: &Standing, ids: &[MessageId]) -> Result<()> {
        let claim =
            |id: &MessageId| Claim { id: id.clone(), state: State::Undecidable, uid: None, code: None, print: None };
        let ledger = Ledger {
            claims: ids.iter().map(claim).collect(),
            problems: self.notices("maybe_twice", ids),
            ..Ledger::default()
        };
        self.journal.commit(standing.state.id, ledger).await
    }

    fn notices(&self, code: &str, ids: &[MessageId]) -> Vec<Problem> {
        let notice = |id: &MessageId| Problem {
            code: code.to_owned(),
            level: ProblemLevel::Notice,
            folder: Some(self.pair.source.path.clone()),
            id: Some(id.clone()),
            detail: None,
            words: None,
        };
        ids.iter().map(notice).collect()
    }
}

fn stopped() -> Failure {
    Failure::new(Cause::Stopped)
}

/// What a source answers, unless the run is stopped meanwhile.
async fn from_source<T>(stop: &CancellationToken, answer: impl Future<Output = Result<T>>) -> Result<T> {
    unless_stopped(stop, answer, Side::Source).await
}

async fn from_target<T>(stop: &CancellationToken, answer: impl Future<Output = Result<T>>) -> Result<T> {
    unless_stopped(stop, answer, Side::Target).await
}

async fn unless_stopped<T>(stop: &CancellationToken, answer: impl Future<Output = Result<T>>, side: Side) -> Result<T> {
    tokio::select! {
        biased;
        () = stop.cancelled() => Err(stopped()),
        answer = answer => answer.map_err(|failure| failure.on(side)),
    }
}
