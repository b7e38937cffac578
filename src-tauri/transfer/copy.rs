//! Copies one folder: the loop between a Source and a Target, with the journal beside it. It must not know which
//! protocols they speak, nor what is done about a failure.

mod follow;
mod pass;
mod reading;
mod standing;
#[cfg(test)]
mod tests;

use crate::journal::{Claim, Journal, Ledger, State};
use crate::{Counts, Problem, ProblemLevel};
use mail::{Cause, Failure, Folder, FolderPath, InternalDate, MessageId, Result, Side, Source, SpecialUse, Target};
use standing::Standing;
use std::collections::HashSet;
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
    /// False for a check: reads only, writes neither mailbox nor journal; the target folder may be missing. A message
    /// counts as there by its header's hash, without its octets being read.
    pub store: bool,
    /// How long the target may take to finish what a lost connection left with it. What is in doubt and was not found
    /// is looked for once more after this time, before it is stored again.
    pub patience: Duration,
}

/// Progress, told as it happens. Each call of [`copy_folder`] begins at zero.
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
    /// `stored` is what this run stored (since [`Journal::begin_run`]), over all calls for this pair; for a check
    /// what it would store.
    pub counts: Counts,
    /// Octets of `stored`.
    pub octets: u64,
}

/// What a copy of one folder works with.
struct Ends<'a> {
    pair: &'a Pair,
    source: &'a mut dyn Source,
    target: &'a mut dyn Target,
    journal: &'a Journal,
    rules: &'a Rules,
    step: &'a (dyn Fn(Step) + Send + Sync),
    stop: &'a CancellationToken,
}

/// Copies what is not there yet. After an `Err` it may be called again for the same pair, with new sessions where
/// the failure's side and reach ask for it; it then finds out by itself what became of what was in flight. On
/// `stop` it reaches a safe state and fails with `Stopped`; neither session may be used after that.
pub async fn copy_folder(
    pair: &Pair,
    source: &mut dyn Source,
    target: &mut dyn Target,
    journal: &Journal,
    rules: &Rules,
    step: &(dyn Fn(Step) + Send + Sync),
    stop: &CancellationToken,
) -> Result<Copied> {
    let mut ends = Ends { pair, source, target, journal, rules, step, stop };
    if !rules.store {
        return ends.check().await;
    }
    journal.forget_problems(&pair.source.path).await?;
    let mut told = Counts::default();
    let mut failed = HashSet::new();
    let mut waited = rules.patience.is_zero();
    loop {
        let mut standing = ends.stand(&failed).await?;
        if standing.doubtful && !waited {
            waited = true;
            let moment = async {
                tokio::time::sleep(rules.patience).await;
                Ok(())
            };
            from_target(stop, moment).await?;
            standing = ends.stand(&failed).await?;
        }
        ends.tell(&standing, &mut told).await?;
        ends.follow(&standing).await?;
        let undecided = std::mem::take(&mut standing.undecided);
        let last = undecided.is_empty();
        let ids = if last { std::mem::take(&mut standing.store) } else { ends.probe(&mut standing, undecided).await? };
        let tally = ends.pass(&standing, &ids).await?;
        told.stored += tally.stored;
        failed.extend(tally.failed.iter().cloned());
        if tally.loose {
            // No UID was told: reconciling finds what lies behind the fence and is nobody's.
            ends.stand(&failed).await?;
        }
        ends.read_back(&standing, &tally, !last).await?;
        if last {
            let counts = Counts {
                stored: standing.counts.stored + tally.stored,
                failed: failed.len() as u64,
                ..standing.counts
            };
            let octets = journal.octets_of_this_run(standing.state.id).await?;
            return Ok(Copied { target: Some(standing.fence.folder.path), counts, octets });
        }
    }
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
    async fn probe(&mut self, standing: &mut Standing, undecided: Vec<MessageId>) -> Result<Vec<MessageId>> {
        const PROBE: usize = 8;
        let mut ids = std::mem::take(&mut standing.store);
        ids.truncate(PROBE);
        if ids.is_empty() {
            ids.extend(undecided.into_iter().take(1));
            self.name_twice(standing, &ids).await?;
        }
        Ok(ids)
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

    /// Would-be counts, without a change anywhere.
    async fn check(&mut self) -> Result<Copied> {
        let standing = self.look().await?;
        // What the last run stored is there already.
        let already = standing.counts.already + standing.counts.stored;
        let counts = Counts { stored: standing.store.len() as u64, already, ..standing.counts };
        let octets = standing.octets;
        let copied = Copied { target: standing.exists.then_some(standing.fence.folder.path), counts, octets };
        for step in [
            Step::Found(counts.found),
            Step::Already(counts.already),
            Step::Skipped(counts.skipped),
            Step::Gone(counts.gone),
            Step::Stored { messages: counts.stored, octets },
        ] {
            (self.step)(step);
        }
        Ok(copied)
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
