//! The backup of a run: all folders read through the archive, which keeps what it does not hold yet; then all of it
//! read back. Must not know the format on disk.

use crate::copy::Step;
use crate::course::{Course, Held, Reached, problem};
use crate::crew::{Crew, Sessions};
use crate::{Counts, Phase, Problem, ProblemLevel, Task, reading};
use mail::{Cause, Failure, Fetched, FolderPath, Listing, MessageId, Result, Side, Source, Want};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What the backup of the folders at work held before this phase.
struct Before {
    held: Arc<Held>,
    /// Folders whose UIDVALIDITY is still that of the backup, by their place in the plan.
    same: HashMap<usize, FolderPath>,
}

impl Before {
    fn has(&self, at: usize, id: &MessageId) -> bool {
        let held = self.same.get(&at).and_then(|path| self.held.get(path));
        held.is_some_and(|(_, ids)| ids.contains(id))
    }

    fn step(&self, at: usize, id: &MessageId, octets: u64) -> Step {
        if self.has(at, id) { Step::Already(1) } else { Step::Stored { messages: 1, octets } }
    }
}

impl Course {
    /// Reads all folders through the archive, which keeps what it does not hold yet.
    pub async fn back_up(&mut self, crew: &mut Crew, stop: &CancellationToken) -> Result<()> {
        if self.backed_up.iter().all(|reached| reached.done) {
            return Ok(());
        }
        self.begin(Phase::BackUp);
        let held = match &self.held {
            Some(held) => Arc::clone(held),
            None => Arc::new(self.held_before().await?),
        };
        self.held = Some(Arc::clone(&held));
        loop {
            self.before_another_round(stop).await;
            let mut at_work = self.round();
            if at_work.is_empty() {
                return Ok(());
            }
            let (before, mut counted) = self.list_source(crew.first()?, &held, &mut at_work).await?;
            let before = Arc::new(before);
            let (board, known) = (Arc::clone(&self.around.board), Arc::clone(&before));
            let step = move |_, at: usize, fetched: &Fetched| match fetched {
                Fetched::Hashed { id, octets, .. } => board.step(at, known.step(at, id, *octets)),
                Fetched::Failed { .. } => board.step(at, Step::Failed(1)),
                Fetched::Message(_) => {}
            };
            self.read_all(crew, &mut at_work, step, stop).await?;
            for at in at_work {
                let reached = self.count_backup(at, counted.remove(&at).unwrap_or_default(), &before);
                self.around.board.folder_done(at, reached.counts);
                self.backed_up[at] = reached;
            }
            self.show_problems().await?;
        }
    }

    /// Lists these folders; those that cannot be listed are dealt with and taken away. Also what is counted of each
    /// without reading it.
    async fn list_source(
        &mut self,
        sessions: &mut Sessions,
        held: &Arc<Held>,
        at_work: &mut Vec<usize>,
    ) -> Result<(Before, HashMap<usize, Counts>)> {
        let folders: Vec<_> = at_work.iter().map(|at| Arc::new(self.planned()[*at].source.clone())).collect();
        let listed = reading::list(&mut *sessions.source, Side::Source, &folders, Want::Dates).await?;
        let mut before = Before { held: Arc::clone(held), same: HashMap::new() };
        let mut counted = HashMap::new();
        // A move that has just read through the archive need not do so again.
        let has_read = matches!(self.request.task, Task::Move { prove_first: false, .. });
        for ((at, folder), listing) in std::mem::take(at_work).into_iter().zip(folders).zip(listed) {
            self.around.board.folder(at);
            let Listing { validity, entries, .. } = match listing {
                Ok(listing) => listing,
                Err(failure) => {
                    self.folder_failed(at, failure);
                    continue;
                }
            };
            if held.get(&folder.path).is_some_and(|(of, _)| *of == validity) {
                before.same.insert(at, folder.path.clone());
            }
            let mut counts = Counts { found: entries.len() as u64, ..Counts::default() };
            let mut entries = self.wanted(entries);
            counts.skipped = counts.found - entries.len() as u64;
            if has_read {
                entries.retain(|entry| !before.has(at, &entry.id));
                counts.already = counts.found - counts.skipped - entries.len() as u64;
            }
            let board = &self.around.board;
            for step in [Step::Found(counts.found), Step::Skipped(counts.skipped), Step::Already(counts.already)] {
                board.step(at, step);
            }
            self.begin_reading(at, folder, validity, &entries);
            for item in self.shelf.open().entry(at).or_default().source.read() {
                board.step(at, before.step(at, &item.id, item.octets));
            }
            counted.insert(at, counts);
            at_work.push(at);
        }
        Ok((before, counted))
    }

    /// What became of a folder that was read.
    fn count_backup(&mut self, at: usize, mut counts: Counts, before: &Before) -> Reached {
        let reading = self.shelf.take(at).source;
        let mut octets = 0;
        for item in reading.read() {
            if before.has(at, &item.id) {
                counts.already += 1;
            } else {
                counts.stored += 1;
                octets += item.octets;
            }
        }
        counts.failed += reading.failed.len() as u64;
        let folder = reading.folder.map(|folder| folder.path.clone());
        let mut failed: Vec<_> = reading.failed.into_iter().collect();
        failed.sort_by(|one, other| one.0.cmp(&other.0));
        let problem = |(id, failure)| Problem { id: Some(id), ..problem(&failure, folder.clone()) };
        self.notes.extend(failed.into_iter().map(problem));
        Reached { counts, octets, done: true, ..Reached::default() }
    }

    /// What the backup holds before this run, so that only what is new counts as stored.
    async fn held_before(&self) -> Result<Held> {
        let mut held = Held::new();
        let Some(place) = self.backup_place() else { return Ok(held) };
        // A place without a manifest is a new one.
        let Ok(mut reader) = archive::Reader::open(place, self.budget.clone()) else { return Ok(held) };
        for folder in reader.folders().await? {
            let listing = reader.list(&folder, 1, Want::Flags).await?;
            let ids: HashSet<MessageId> = listing.entries.into_iter().map(|entry| entry.id).collect();
            held.insert(folder.path, (listing.validity, ids));
        }
        Ok(held)
    }

    /// Seals the backup and reads all of it back.
    pub async fn prove(&mut self, directory: &Path, stop: &CancellationToken) -> Result<()> {
        if self.proved.is_some() {
            return Ok(());
        }
        if let Some(archive) = &mut self.archive {
            archive.seal()?;
        }
        self.around.board.phase(Phase::Prove, [], 0);
        let expected: Counts = self.backed_up.iter().fold(Counts::default(), |mut sum, reached| {
            sum.add(reached.counts);
            sum
        });
        self.around.board.total(expected.stored + expected.already, 0);
        let (board, stop, path) = (self.around.board.clone(), stop.clone(), directory.to_owned());
        let reading = tokio::task::spawn_blocking(move || {
            archive::prove(&path, &mut |messages, octets| {
                board.done(messages, octets);
                !stop.is_cancelled()
            })
        });
        let proof = reading.await.map_err(|_| Failure::new(Cause::DiskFailed).on(Side::Local))??;
        for damage in proof.damaged {
            let what = match damage.what {
                archive::Flaw::Missing => "missing",
                archive::Flaw::Index => "index",
                archive::Flaw::Framing => "framing",
                archive::Flaw::Octets => "octets",
                archive::Flaw::Unreadable => "unreadable",
            };
            self.notes.push(Problem {
                code: "archive_damaged".to_owned(),
                level: ProblemLevel::Problem,
                folder: Some(damage.folder),
                id: damage.id,
                detail: Some(what.to_owned()),
                words: None,
            });
        }
        self.proved = Some((proof.messages, proof.octets));
        self.show_problems().await
    }
}
