//! What a person knows the messages of a run by, those of its problems and those by which all is seen to have arrived: from
//! its backup, so that no server is asked for them.

use crate::journal::Journal;
use crate::{Home, Problem};
use archive::{Heading, Landmark, Reader};
use mail::{Budget, FolderPath, MessageId, Result};
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
    let mut named: HashMap<FolderPath, HashSet<MessageId>> = HashMap::new();
    for (folder, id) in problems.iter().filter_map(|problem| problem.folder.clone().zip(problem.id.clone())) {
        named.entry(folder).or_default().insert(id);
    }
    let found = backup.landmarks(&named).await;
    let mut landmarks = Vec::new();
    let Some(file) = home.journal(id).ok().filter(|file| file.exists()) else { return landmarks };
    let Ok((journal, _)) = Journal::open(&file).await else { return landmarks };
    for mut landmark in found {
        // What has no place was not moved.
        if let Ok(Some(place)) = place(&journal, &landmark).await {
            landmark.folder = place;
            landmarks.push(landmark);
        }
    }
    landmarks
}

/// The folder of the target where it is: mostly the one that its own was moved to.
async fn place(journal: &Journal, landmark: &Landmark) -> Result<Option<FolderPath>> {
    let Some(pair) = journal.pairs().await?.into_iter().find(|pair| pair.source == landmark.folder) else {
        return Ok(None);
    };
    let mut elsewhere = journal.elsewhere(pair.id).await?;
    Ok(Some(elsewhere.remove(&landmark.id).unwrap_or(pair.target)))
}

/// No body is read.
async fn open(directory: &Path) -> Option<Reader> {
    let directory = directory.to_owned();
    let open = move || Reader::open(&directory, Budget::new(0, directory.clone()));
    tokio::task::spawn_blocking(open).await.ok()?.ok()
}
