//! Single messages of a move as a person knows them, from its backup: no server is asked. Without a backup nothing is
//! known of them but their numbers.

use crate::live::Live;
use archive::{Heading, Reader};
use mail::{Budget, Cause, Failure, Result, Side};
use std::path::Path;
use transfer::Problem;

/// The backup that the last run read through. None: it had none, or it lies there no more.
async fn backup(live: &Live) -> Option<Reader> {
    let place = {
        let record = &live.state().record;
        let last = record.last.as_ref()?;
        // One of an earlier run may number them otherwise. An undo tells of messages as the run before it left them.
        let fits = last.backup.is_some() || (last.undone && record.facts.backed_up);
        record.backup.clone().filter(|_| fits)?
    };
    let open = move || Reader::open(&place, Budget::new(0, place.clone()));
    tauri::async_runtime::spawn_blocking(open).await.ok()?.ok()
}

/// What the messages of these problems are known by, each at its place.
pub(crate) async fn headings(live: &Live, problems: &[Problem]) -> Vec<Option<Heading>> {
    let mut headings = vec![None; problems.len()];
    let about = |problem: &Problem| Some((problem.folder.clone()?, problem.id.clone()?));
    let wanted: Vec<_> = problems.iter().map(about).collect();
    if wanted.iter().all(Option::is_none) {
        return headings;
    }
    let Some(mut backup) = backup(live).await else { return headings };
    let messages: Vec<_> = wanted.iter().flatten().cloned().collect();
    let mut found = backup.headings(&messages).await.into_iter();
    for (heading, _) in headings.iter_mut().zip(wanted).filter(|(_, wanted)| wanted.is_some()) {
        *heading = found.next().flatten();
    }
    headings
}

/// Writes the message of a problem, as it was fetched, into a file.
pub(crate) async fn save(live: &Live, problem: &Problem, file: &Path) -> Result<()> {
    let gone = || Failure::new(Cause::MessageGone).on(Side::Local);
    let mut backup = backup(live).await.ok_or_else(gone)?;
    let (folder, id) = problem.folder.as_ref().zip(problem.id.as_ref()).ok_or_else(gone)?;
    backup.save(folder, id, file).await
}
