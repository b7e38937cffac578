//! Single messages of a move as a person knows them, from its backup. Without one nothing is known of them but their numbers.

use crate::live::Live;
use archive::{Heading, Reader};
use mail::{Budget, Cause, Failure, Result, Side};
use std::path::{Path, PathBuf};
use transfer::{Home, Landmark, Problem};

/// The backup that the last run read through. None: it had none.
fn backup(live: &Live) -> Option<PathBuf> {
    let record = &live.state().record;
    let last = record.last.as_ref()?;
    // One of an earlier run may number them otherwise. An undo tells of messages as the run before it left them.
    let fits = last.backup.is_some() || (last.undone && record.facts.backed_up);
    record.backup.clone().filter(|_| fits)
}

/// What the messages of these problems are known by, each at its place.
pub(crate) async fn headings(live: &Live, problems: &[Problem]) -> Vec<Option<Heading>> {
    match backup(live) {
        Some(directory) => transfer::headings(&directory, problems).await,
        None => vec![None; problems.len()],
    }
}

/// By which messages the person sees that all have arrived. While something is at work there are none.
pub(crate) async fn landmarks(live: &Live, home: &Home, problems: &[Problem]) -> Vec<Landmark> {
    match backup(live).filter(|_| live.active().is_none()) {
        Some(directory) => transfer::landmarks(home, &live.id, &directory, problems).await,
        None => Vec::new(),
    }
}

/// Writes the message of a problem, as it was fetched, into a file.
pub(crate) async fn save(live: &Live, problem: &Problem, file: &Path) -> Result<()> {
    let gone = || Failure::new(Cause::MessageGone).on(Side::Local);
    let directory = backup(live).ok_or_else(gone)?;
    let (folder, id) = problem.folder.as_ref().zip(problem.id.as_ref()).ok_or_else(gone)?;
    Reader::open(&directory, Budget::new(0, directory.clone()))?.save(folder, id, file).await
}
