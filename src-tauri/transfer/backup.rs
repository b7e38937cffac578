//! The backup of a run: every folder read through the archive, which keeps what it does not hold yet; then all of it
//! read back. Must not know the format on disk.

use crate::copy::Step;
use crate::course::{Course, Held, Reached, Sessions, problem};
use crate::{Counts, Phase, Problem, ProblemLevel, Task, survey};
use mail::{Cause, Failure, Fetched, MessageId, Part, Reach, Result, Side, Source, Want};
use std::collections::HashSet;
use std::path::Path;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Fetched and not yet counted.
const AHEAD: usize = 64;

impl Course {
    /// Reads every folder through the archive, which keeps what it does not hold yet.
    pub async fn back_up(&mut self, sessions: &mut Sessions, stop: &CancellationToken) -> Result<()> {
        if self.backed_up.iter().all(|reached| reached.done) {
            return Ok(());
        }
        self.begin(Phase::BackUp);
        if self.held.is_none() {
            self.held = Some(self.held_before().await?);
        }
        while let Some(at) = self.backed_up.iter().position(|reached| !reached.done) {
            self.at = Some(at);
            self.around.board.folder(at);
            match self.back_up_folder(at, &mut *sessions.source, stop).await {
                Ok((counts, octets)) => {
                    self.backed_up[at] = Reached { counts, octets, done: true, ..Reached::default() };
                    self.around.board.folder_done(at, counts);
                }
                Err(failure) if failure.reach <= Reach::Folder => self.folder_failed(at, failure),
                Err(failure) => return Err(failure),
            }
            self.show_problems().await?;
        }
        self.at = None;
        Ok(())
    }

    async fn back_up_folder(
        &mut self,
        at: usize,
        source: &mut dyn Source,
        stop: &CancellationToken,
    ) -> Result<(Counts, u64)> {
        let folder = self.planned()[at].source.clone();
        let listing = source.list(&folder, 1, Want::Sizes).await.map_err(|failure| failure.on(Side::Source))?;
        let board = &self.around.board;
        let mut counts = Counts { found: listing.entries.len() as u64, ..Counts::default() };
        board.step(at, Step::Found(counts.found));
        let layout = &self.request.layout;
        let wanted = |entry: &mail::Entry| survey::wanted(layout, entry.date, entry.size.map_or(0, u64::from));
        let mut ids: Vec<MessageId> =
            listing.entries.iter().filter(|entry| wanted(entry)).map(|entry| entry.id.clone()).collect();
        counts.skipped = counts.found - ids.len() as u64;
        board.step(at, Step::Skipped(counts.skipped));
        let held = self.held.as_ref().and_then(|held| held.get(&folder.path));
        let held = held.filter(|(validity, _)| *validity == listing.validity).map(|(_, ids)| ids);
        if let (Task::Move { prove_first: false, .. }, Some(held)) = (&self.request.task, held) {
            // The move has just read these.
            ids.retain(|id| !held.contains(id));
            counts.already = counts.found - counts.skipped - ids.len() as u64;
            board.step(at, Step::Already(counts.already));
        }
        let (sender, mut receiver) = mpsc::channel(AHEAD);
        let (mut octets, mut problems) = (0, Vec::new());
        let count = async {
            loop {
                let fetched = tokio::select! {
                    biased;
                    () = stop.cancelled() => None,
                    fetched = receiver.recv() => fetched,
                };
                match fetched {
                    Some(Fetched::Failed { id, failure }) => {
                        counts.failed += 1;
                        board.step(at, Step::Failed(1));
                        let folder = Some(folder.path.clone());
                        problems.push(Problem { id: Some(id), ..problem(&failure, folder) });
                    }
                    Some(Fetched::Hashed { id, octets: size, .. }) if held.is_none_or(|held| !held.contains(&id)) => {
                        counts.stored += 1;
                        octets += size;
                        board.step(at, Step::Stored { messages: 1, octets: size });
                    }
                    Some(_) => {
                        counts.already += 1;
                        board.step(at, Step::Already(1));
                    }
                    None => break,
                }
            }
            // Tells the source to end.
            drop(receiver);
        };
        let (fetched, ()) = tokio::join!(source.fetch(&folder, &ids, Part::Hashes, sender), count);
        fetched.map_err(|failure| failure.on(Side::Source))?;
        if stop.is_cancelled() {
            return Err(Failure::new(Cause::Stopped));
        }
        self.notes.append(&mut problems);
        Ok((counts, octets))
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
