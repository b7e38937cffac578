//! The result of a run, as counts and coded problems. found = stored + already + skipped + failed + gone.

use mail::{Cause, Failure, FolderPath, MessageId, repair};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing failed and no entry has level `Problem`.
    Complete,
    /// Finished, with failed > 0 or a problem.
    Problems,
    /// Ended before the end; the same command resumes.
    Stopped,
    /// Could not start.
    Failed,
}

/// Of messages. For `check`, `stored` is what a move would store; for `verify`, `already` = equal and `failed` =
/// missing or different; for `undo`, `found` = stored by this move, `stored` = removed and `already` = kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub found: u64,
    pub stored: u64,
    pub already: u64,
    /// Only what the options exclude.
    pub skipped: u64,
    pub failed: u64,
    /// Stored by an earlier run and no longer at the target.
    pub gone: u64,
}

impl Counts {
    pub fn add(&mut self, other: Counts) {
        self.found += other.found;
        self.stored += other.stored;
        self.already += other.already;
        self.skipped += other.skipped;
        self.failed += other.failed;
        self.gone += other.gone;
    }

    /// The promise of the contract.
    pub fn agrees(&self) -> bool {
        self.found == self.stored + self.already + self.skipped + self.failed + self.gone
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderOutcome {
    pub source: FolderPath,
    /// None: it has no place there (a backup, or it could not be made).
    pub target: Option<FolderPath>,
    pub counts: Counts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemLevel {
    Problem,
    Notice,
}

/// One thing a person should know. `code` is a [`mail::Cause`] code, or one of [`Problem::NOTICES`] and
/// [`Problem::DIFFERENCES`]; codes are only ever added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub code: String,
    pub level: ProblemLevel,
    pub folder: Option<FolderPath>,
    pub id: Option<MessageId>,
    /// A thing's name: another folder, a host, a size; of `repaired` what was changed, and of `message_refused` what a
    /// repair might change ([`mail::repair::text`]). Not a sentence, never a secret.
    pub detail: Option<String>,
    /// The server's own words, if any.
    pub words: Option<String>,
}

impl Problem {
    pub const NOTICES: [&str; 13] = [
        "gone",
        "maybe_twice",
        "deleted_at_source",
        "changed_by_server",
        "repaired",
        "renamed",
        "virtual_folder",
        "folder_unreadable",
        "kept_changed",
        "kept_in_doubt",
        "kept_only_copy",
        "kept_renumbered",
        "already_elsewhere",
    ];
    /// A message that the target refused, and might take with a small repair.
    pub fn may_be_repaired(&self) -> bool {
        let found = || self.detail.as_deref().is_some_and(|detail| !repair::parse(detail).is_empty());
        self.code == Cause::MessageRefused.code() && found()
    }

    /// What `verify` finds.
    pub const DIFFERENCES: [&str; 5] = ["missing", "different", "flags_differ", "date_differs", "archive_damaged"];
}

/// The whole result.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub verdict: Verdict,
    pub counts: Counts,
    /// Octets of messages stored by this run (for `check`: to store; for `verify`: compared).
    pub octets: u64,
    pub seconds: f64,
    pub folders: Vec<FolderOutcome>,
    pub problems: Vec<Problem>,
    /// Why it stopped or could not start.
    pub failure: Option<Failure>,
    /// Of `check`, and of a move's survey.
    pub survey: Option<Survey>,
    /// Messages and octets proved in the backup, where one was made.
    pub backup: Option<(u64, u64)>,
    /// Of a move with `verify_after`: equal (`already`), missing or different (`failed`) at the target.
    pub verified: Option<Counts>,
    /// Of an undo.
    pub undone: bool,
}

impl Outcome {
    /// Ended on request before anything was begun.
    pub fn stopped() -> Self {
        Self { verdict: Verdict::Stopped, ..Self::failed(Failure::new(Cause::Stopped)) }
    }

    /// Could not start, because of this. Where the disk is full, even for the journal, the same command goes on later.
    pub fn failed(failure: Failure) -> Self {
        Self {
            verdict: if failure.cause == Cause::DiskFull { Verdict::Stopped } else { Verdict::Failed },
            counts: Counts::default(),
            octets: 0,
            seconds: 0.0,
            folders: Vec::new(),
            problems: Vec::new(),
            failure: Some(failure),
            survey: None,
            backup: None,
            verified: None,
            undone: false,
        }
    }
}

/// What Check shows beside the counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Octets of all messages found at the source.
    pub octets: u64,
    /// Octets that the target still has room for; None: it does not tell.
    pub room: Option<u64>,
    pub message_limit: Option<u64>,
    /// INTERNALDATE of the oldest message, seconds since 1970.
    pub oldest: Option<i64>,
    /// The longest time the move may take, in seconds, and the shortest.
    pub estimate: Option<(u64, u64)>,
}
