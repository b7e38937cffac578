//! What a person knows the messages of a run by, those of its problems and those by which all is seen to have arrived: from
//! its backup, so that no server is asked for them.

use crate::journal::Journal;
use crate::{Home, Problem};
use archive::{Heading, Landmark, Reader};
use mail::{Budget, FolderPath};
use std::collections::{HashMap, HashSet};
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
    let Some(mut backup) = open(directory).await else { return headings };
    for (at, heading) in places.into_iter().zip(backup.headings(&messages).await) {
        headings[at] = heading;
    }
    headings
}

/// By which messages a person sees that all have arrived, each with its folder at the target: of the backup that lies in
/// `directory`, but for those that `problems` name. Of the move `id`, which must not be at work.
pub async fn landmarks(home: &Home, id: &str, directory: &Path, problems: &[Problem]) -> Vec<Landmark> {
    let Some(mut backup) = open(directory).await else { return Vec::new() };
    let named = problems.iter().filter_map(|problem| Some((problem.folder.clone()?, problem.id.clone()?)));
    let mut landmarks = backup.landmarks(&named.collect::<HashSet<_>>()).await;
    let places = places(home, id).await;
    // What has no place was not moved.
    landmarks.retain_mut(|landmark| match places.get(&landmark.folder) {
        Some(place) => {
            landmark.folder.clone_from(place);
            true
        }
        None => false,
    });
    landmarks
}

/// Where each folder of the source was moved to.
async fn places(home: &Home, id: &str) -> HashMap<FolderPath, FolderPath> {
    let Some(file) = home.journal(id).ok().filter(|file| file.exists()) else { return HashMap::new() };
    let Ok((journal, _)) = Journal::open(&file).await else { return HashMap::new() };
    let pairs = journal.pairs().await.unwrap_or_default();
    pairs.into_iter().map(|pair| (pair.source, pair.target)).collect()
}

/// No body is read.
async fn open(directory: &Path) -> Option<Reader> {
    let directory = directory.to_owned();
    let open = move || Reader::open(&directory, Budget::new(0, directory.clone()));
    tokio::task::spawn_blocking(open).await.ok()?.ok()
}
