//! What a person knows the messages of a run's problems by: from its backup, so that no server is asked for them.

use crate::Problem;
use archive::{Heading, Reader};
use mail::Budget;
use std::path::Path;

/// Each at the place of its problem. None: it is about no message, or the backup that lies in `directory` does not hold it.
/// The numbers must be of the run that wrote the backup last.
pub async fn headings(directory: &Path, problems: &[Problem]) -> Vec<Option<Heading>> {
    let mut headings = vec![None; problems.len()];
    let about = |problem: &Problem| Some((problem.folder.clone()?, problem.id.clone()?));
    let (places, messages): (Vec<_>, Vec<_>) =
        problems.iter().enumerate().filter_map(|(at, problem)| Some((at, about(problem)?))).unzip();
    if messages.is_empty() {
        return headings;
    }
    let directory = directory.to_owned();
    // No body is read.
    let open = move || Reader::open(&directory, Budget::new(0, directory.clone()));
    let Ok(Ok(mut backup)) = tokio::task::spawn_blocking(open).await else { return headings };
    for (at, heading) in places.into_iter().zip(backup.headings(&messages).await) {
        headings[at] = heading;
    }
    headings
}
