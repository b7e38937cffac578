//! From where a run came to, to its outcome and to what the move's record keeps of it.

use crate::course::{Course, Reached};
use crate::{Counts, FolderOutcome, Outcome, Phase, ProblemLevel, Task, Verdict, survey};
use mail::{Cause, Failure, Reach};
use std::time::Duration;

/// How long the journal may take to close.
const CLOSING: Duration = Duration::from_secs(5);

impl Course {
    /// Ends the run: sums up, notes the result in the record, closes the journal and frees the lock.
    pub async fn report(mut self, failure: Option<Failure>) -> Outcome {
        // The counts of folders in the middle are what is known of them; the board knows those of one phase.
        let midway = match self.request.task {
            Task::Backup { .. } => self.phase == Phase::BackUp,
            Task::Verify { .. } => self.phase == Phase::Verify,
            Task::Check | Task::Move { .. } => matches!(self.phase, Phase::Survey | Phase::Move),
            Task::Undo { .. } => matches!(self.phase, Phase::Survey | Phase::Undo),
        };
        let unfinished = |at: usize| {
            let mut counts = if midway { self.around.board.counts(at) } else { Counts::default() };
            counts.found = counts.stored + counts.already + counts.skipped + counts.failed + counts.gone;
            counts
        };
        let reached = match self.request.task {
            Task::Backup { .. } => &self.backed_up,
            Task::Verify { .. } => &self.verified,
            Task::Check | Task::Move { .. } | Task::Undo { .. } => &self.copied,
        };
        let mut folders: Vec<FolderOutcome> = Vec::new();
        let (mut counts, mut octets) = (Counts::default(), 0);
        for (index, (planned, reached)) in self.planned().iter().zip(reached).enumerate() {
            let of_folder = if reached.done { reached.counts } else { unfinished(index) };
            counts.add(of_folder);
            octets += reached.octets;
            let target = match self.request.task {
                Task::Backup { .. } => None,
                _ => reached.target.clone().or_else(|| Some(planned.target.clone())),
            };
            folders.push(FolderOutcome { source: planned.source.path.clone(), target, counts: of_folder });
        }
        for folder in self.surveyed.iter().flat_map(|surveyed| &surveyed.plan.skipped) {
            let skipped = survey::messages(folder);
            let of_folder = Counts { found: skipped, skipped, ..Counts::default() };
            counts.add(of_folder);
            folders.push(FolderOutcome { source: folder.path.clone(), target: None, counts: of_folder });
        }
        let (mut failure, mut whole) = (failure, true);
        let problems = match self.all_problems().await {
            Ok(problems) => problems,
            Err(unread) => {
                whole = false;
                failure = failure.or(Some(unread));
                self.notes.clone()
            }
        };
        self.around.problems.replace(problems.clone());
        let wrong = counts.failed > 0 || problems.iter().any(|problem| problem.level == ProblemLevel::Problem);
        let begun = self.surveyed.is_some();
        let verdict = match &failure {
            None if wrong => Verdict::Problems,
            None => Verdict::Complete,
            // A full disk is made room on, and then the same command goes on.
            Some(failure) if matches!(failure.cause, Cause::Stopped | Cause::DiskFull) => Verdict::Stopped,
            Some(failure) if self.opened && !judged(failure) && (begun || away(failure)) => Verdict::Stopped,
            Some(_) => Verdict::Failed,
        };
        let sum = |phase: &[Reached]| {
            phase.iter().fold(Counts::default(), |mut sum, reached| {
                sum.add(reached.counts);
                sum
            })
        };
        let after = matches!(self.request.task, Task::Move { verify_after: Some(_), .. });
        let verified = (after && !self.verified.is_empty() && self.verified.iter().all(|reached| reached.done))
            .then(|| sum(&self.verified));
        if let (Task::Verify { .. }, None, Some((messages, read))) =
            (&self.request.task, &self.request.target, self.proved)
        {
            // The proof of a directory by itself: what is damaged has failed.
            let failed = problems.len() as u64;
            counts = Counts { found: messages + failed, already: messages, failed, ..Counts::default() };
            octets = read;
        }
        let outcome = Outcome {
            verdict,
            counts,
            octets,
            seconds: self.started.elapsed().as_secs_f64(),
            folders,
            problems,
            failure,
            survey: self.survey.take(),
            backup: self.proved,
            verified,
            undone: matches!(self.request.task, Task::Undo { .. }),
        };
        self.keep(&outcome);
        if let (Task::Move { .. }, true) = (&self.request.task, whole)
            && let Err(failure) = self.journal.told().await
        {
            log::warn!("journal of move {}: {failure}", self.id);
        }
        // Other handles are gone with the sessions: the file is closed before anybody hears of the end.
        let _ = tokio::time::timeout(CLOSING, self.journal.close()).await;
        outcome
    }

    /// A record that cannot be written costs the window a line, no mail.
    fn keep(&self, outcome: &Outcome) {
        let ended = matches!(outcome.verdict, Verdict::Complete | Verdict::Problems);
        let damaged = outcome.problems.iter().any(|problem| problem.code == "archive_damaged");
        let kept = self.home.update(&self.id, |record| {
            let facts = &mut record.facts;
            match &self.request.task {
                Task::Check => facts.checked |= ended,
                Task::Backup { .. } => facts.backed_up |= ended && !damaged,
                Task::Verify { .. } => facts.verified |= ended,
                Task::Undo { remove: false } => {}
                Task::Undo { remove: true } => {
                    // From the first message on that is taken back.
                    let begun = self.phase == Phase::Undo;
                    facts.moved &= !begun;
                    facts.verified &= !begun;
                }
                Task::Move { backup, .. } => {
                    facts.checked |= self.surveyed.is_some();
                    facts.no_backup = backup.is_none() && !facts.backed_up;
                    facts.backed_up |= outcome.backup.is_some() && !damaged;
                    facts.moved |= ended;
                    facts.verified |= outcome.verified.is_some();
                }
            }
        });
        let kept = match (&self.request.task, kept) {
            // A look at a move does not take the place of its result.
            (Task::Check | Task::Undo { remove: false }, kept) => kept.map(drop),
            (_, Ok(true)) => self.home.keep_outcome(&self.id, outcome),
            (_, kept) => kept.map(drop),
        };
        if let Err(failure) = kept {
            log::warn!("record of move {}: {failure}", self.id);
        }
    }
}

/// A server that was there and stayed away.
fn away(failure: &Failure) -> bool {
    failure.reach == Reach::Connection || matches!(failure.cause, Cause::HostUnknown | Cause::SignInUnavailable)
}

/// What a look at both ends decides before anything is written: the run could not start.
fn judged(failure: &Failure) -> bool {
    matches!(
        failure.cause,
        Cause::SameMailbox
            | Cause::IdentityChanged
            | Cause::LayoutChanged
            | Cause::StoreUnusable
            | Cause::Busy
            | Cause::RecordLost
            | Cause::RemovalUnsupported
    )
}
