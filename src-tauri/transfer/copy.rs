//! Copies one folder: the loop between a Source and a Target, with the journal beside it. It must not know which
//! protocols they speak, nor what is done about a failure.

use crate::{Counts, journal::Journal};
use mail::{Folder, FolderPath, InternalDate, Result, Source, SpecialUse, Target};
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
    /// `stored` is what this run stored (since [`Journal::begin_run`]), over all calls for this pair.
    pub counts: Counts,
    /// Octets of `stored`.
    pub octets: u64,
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
    let _ = (pair, source, target, journal, rules, step, stop);
    Err(mail::Failure::new(mail::Cause::Stopped))
}
