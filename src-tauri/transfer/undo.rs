//! Takes a move back: removes from the target what this move stored there, nobody has changed since, and the old mailbox
//! or the backup still holds; then the folders that the move made and that are empty. Interrupted at any moment, the
//! same call goes on. Must not know a protocol, nor remove what it cannot prove to be this move's own.

mod fate;
mod folders;
mod held;
mod settle;

pub(crate) use settle::settle;

use crate::copy::Step;
use crate::course::Course;
use crate::crew::Sessions;
use crate::journal::{Journal, Opened, PairState, State, Stored};
use crate::plan::Planned;
use crate::verify::find;
use crate::{Counts, Phase, Place, Problem, ProblemLevel};
use fate::{Fate, Seen, fate, is_unmarked};
use held::{Backup, Key, by_source, headers, key};
use mail::{Cause, Failure, Folder, FolderPath, Listing, MessageId, Reach, Result, Side, Source, Target, Want};
use settle::{leave, parted};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// Messages removed at once. Before each such batch the target is looked at again: its owner may be at work.
const BATCH: usize = 500;

/// The journal to stand on. `RecordLost` where there is none, or one that does not know all.
pub(crate) async fn journal(file: &Path) -> Result<Journal> {
    let lost = || Failure::new(Cause::RecordLost).on(Side::Local);
    if !file.exists() {
        return Err(lost());
    }
    let (journal, opened) = Journal::open(file).await?;
    if opened == Opened::Rebuilt || journal.is_rebuilt().await? {
        journal.close().await;
        return Err(lost());
    }
    Ok(journal)
}

/// The pairs of folders of this move, in place of a plan. A folder that is no longer at the source stands for itself.
pub(crate) fn places(pairs: &[PairState], source: &[Folder]) -> Vec<Planned> {
    let place = |pair: &PairState| Planned {
        source: source.iter().find(|folder| folder.path == pair.source && folder.selectable).map_or_else(
            || Folder {
                wire: Vec::new(),
                delimiter: None,
                path: pair.source.clone(),
                special: None,
                selectable: false,
                status: None,
            },
            // How much the source holds is no measure of what was stored.
            |folder| Folder { status: None, ..folder.clone() },
        ),
        target: pair.target.clone(),
        special: None,
    };
    pairs.iter().map(place).collect()
}

/// What an undo works with.
struct Hands<'a> {
    source: &'a mut dyn Source,
    target: &'a mut dyn Target,
    /// The target's folders.
    theirs: Vec<Folder>,
    backup: Option<Backup>,
    /// False: it is only looked.
    remove: bool,
    stop: &'a CancellationToken,
}

/// One folder under way.
struct Work<'a> {
    at: usize,
    pair: &'a PairState,
    counts: Counts,
    notes: Vec<Problem>,
}

impl Work<'_> {
    fn keep(&mut self, row: &Stored, fate: Fate) {
        self.counts.already += 1;
        self.notes.extend(fate.code().map(|code| kept(code, &self.pair.source, Some(row.id.clone()))));
    }
}

fn at_target(failure: Failure) -> Failure {
    failure.on(Side::Target)
}

impl Course {
    /// Everything that this move stored, or with `remove` false only a look at how much that is.
    pub(crate) async fn undo(&mut self, sessions: &mut Sessions, remove: bool, stop: &CancellationToken) -> Result<()> {
        let Sessions { source, target: Some(target), .. } = sessions else {
            return Err(at_target(Failure::new(Cause::StoreUnusable)));
        };
        if !target.removes() {
            return Err(at_target(Failure::new(Cause::RemovalUnsupported)));
        }
        self.begin(if remove { Phase::Undo } else { Phase::Survey });
        let theirs = target.folders().await.map_err(at_target)?;
        let backup = match self.backup_of_old() {
            Some(directory) => Backup::open(&directory, self.budget.clone()).await,
            None => None,
        };
        let mut hands = Hands { source: &mut **source, target: &mut **target, theirs, backup, remove, stop };
        while let Some(at) = self.copied.iter().position(|reached| !reached.done) {
            self.before_another_round(stop).await;
            self.at = Some(at);
            self.around.board.folder(at);
            match self.undo_folder(at, &mut hands).await {
                Ok(counts) => {
                    let reached = &mut self.copied[at];
                    (reached.counts, reached.done) = (counts, true);
                    self.around.board.folder_done(at, counts);
                }
                Err(failure) if failure.reach <= Reach::Folder => self.folder_failed(at, failure),
                Err(failure) => return Err(failure),
            }
            self.show_problems().await?;
        }
        self.at = None;
        if remove { self.remove_folders(hands.target).await.map_err(at_target) } else { Ok(()) }
    }

    /// A mailbox's backup, or the archive that was moved.
    fn backup_of_old(&self) -> Option<PathBuf> {
        match &self.request.source {
            Place::Directory(directory) => Some(directory.clone()),
            Place::Account(_) => self.home.read(&self.id).ok().flatten().and_then(|record| record.backup),
        }
    }

    async fn undo_folder(&mut self, at: usize, hands: &mut Hands<'_>) -> Result<Counts> {
        let planned = self.planned()[at].clone();
        let Some(pair) = self.journal.pair(&planned.source.path, &planned.target).await? else {
            return Ok(Counts::default());
        };
        let rows = self.journal.stored(pair.id).await?;
        // By an attempt before this one.
        let before = self.copied[at].counts.stored;
        let counts = Counts { found: rows.len() as u64 + before, stored: before, ..Counts::default() };
        let mut work = Work { at, pair: &pair, counts, notes: Vec::new() };
        self.around.board.step(at, Step::Found(counts.found));
        self.around.board.step(at, Step::Stored { messages: before, octets: 0 });
        let place = find(&hands.theirs, &pair.target);
        let there = match &place {
            Some(folder) => hands.target.list(folder, 1, Want::Headers).await.map_err(at_target)?,
            None => Listing { validity: Some(pair.target_validity), ..Listing::default() },
        };
        if there.validity != Some(pair.target_validity) || pair.renumbered {
            let begun: Vec<&Stored> = rows.iter().filter(|row| row.state == State::TakingBack).collect();
            if hands.remove && !begun.is_empty() {
                self.journal.doubt(pair.id, &begun).await?;
            }
            self.notes.extend((!rows.is_empty()).then(|| kept("kept_renumbered", &pair.source, None)));
            return Ok(Counts { already: rows.len() as u64, ..counts });
        }
        let fates = self.judge(&planned.source, &rows, hands, place.as_ref(), &there).await?;
        let of = |fate: Fate| -> Vec<&Stored> {
            rows.iter().zip(&fates).filter(|(_, one)| **one == fate).map(|(row, _)| row).collect()
        };
        let (removed, mut remove) = (of(Fate::Removed), of(Fate::Remove));
        work.counts.gone = of(Fate::Gone).len() as u64;
        let mut begun = Vec::new();
        for (row, fate) in rows.iter().zip(&fates).filter(|(_, fate)| fate.code().is_some()) {
            work.keep(row, *fate);
            begun.extend((row.state == State::TakingBack).then_some(row));
        }
        self.around.board.step(at, Step::Gone(work.counts.gone));
        self.around.board.step(at, Step::Already(work.counts.already));
        if !hands.remove {
            work.counts.stored += (remove.len() + removed.len()) as u64;
        } else {
            if !removed.is_empty() {
                self.journal.forget(pair.id, &removed).await?;
                self.taken(&mut work, removed.len());
            }
            if let Some(folder) = &place {
                leave(&self.journal, &pair, hands.target, folder, &begun, &there).await.map_err(at_target)?;
                // From the last on: then little is listed again with each batch.
                remove.sort_unstable_by_key(|row| Reverse(row.uid));
                for batch in remove.chunks(BATCH) {
                    self.remove_batch(batch, folder, hands, &mut work).await?;
                }
            }
        }
        self.notes.append(&mut work.notes);
        Ok(work.counts)
    }

    /// Looks again, marks what is still as it was, removes it, and forgets what is seen to be gone.
    async fn remove_batch(
        &mut self,
        batch: &[&Stored],
        folder: &Folder,
        hands: &mut Hands<'_>,
        work: &mut Work<'_>,
    ) -> Result<()> {
        if hands.stop.is_cancelled() {
            return Err(Failure::new(Cause::Stopped));
        }
        let lowest = batch.last().and_then(|row| row.uid).unwrap_or(1);
        let now = hands.target.list(folder, lowest, Want::Flags).await.map_err(at_target)?;
        if now.validity != Some(work.pair.target_validity) {
            return Err(at_target(Failure::new(Cause::ValidityChanged).about(work.pair.target.to_string())));
        }
        let (here, gone) = parted(batch, &now);
        work.counts.gone += gone.len() as u64;
        let flags: HashMap<u32, _> =
            now.entries.iter().filter_map(|entry| Some((entry.id.uid()?, &entry.flags))).collect();
        let unmarked =
            |row: &&Stored| row.uid.and_then(|uid| flags.get(&uid)).is_some_and(|flags| is_unmarked(row, flags));
        let (same, marked): (Vec<&Stored>, Vec<&Stored>) = here.into_iter().partition(unmarked);
        marked.into_iter().for_each(|row| work.keep(row, Fate::Changed));
        if same.is_empty() {
            return Ok(());
        }
        self.journal.take_back(work.pair.id, &same).await?;
        let as_seen = |row: &&Stored| {
            let uid = row.uid?;
            Some(mail::Seen { id: MessageId::Uid(uid), flags: (*flags.get(&uid)?).clone() })
        };
        let seen: Vec<mail::Seen> = same.iter().filter_map(as_seen).collect();
        let touched = hands.target.remove(folder, &seen, now.modseq).await.map_err(at_target)?;
        let after = hands.target.list(folder, lowest, Want::Flags).await.map_err(at_target)?;
        let (left, gone) = parted(&same, &after);
        // Their owner was at them between our look and our mark.
        let is_touched = |row: &&Stored| row.uid.is_some_and(|uid| touched.contains(&MessageId::Uid(uid)));
        let (touched, left): (Vec<&Stored>, Vec<&Stored>) = left.into_iter().partition(is_touched);
        leave(&self.journal, work.pair, hands.target, folder, &touched, &after).await.map_err(at_target)?;
        touched.into_iter().for_each(|row| work.keep(row, Fate::Changed));
        self.journal.forget(work.pair.id, &gone).await?;
        self.taken(work, gone.len());
        match left.is_empty() {
            true => Ok(()),
            // It said OK and did not do it.
            false => Err(at_target(Failure::new(Cause::FolderRefused).about(work.pair.target.to_string()))),
        }
    }

    /// So many are gone, and their rows with them: another attempt begins from here.
    fn taken(&mut self, work: &mut Work<'_>, messages: usize) {
        work.counts.stored += messages as u64;
        self.copied[work.at].counts.stored = work.counts.stored;
        self.around.board.step(work.at, Step::Stored { messages: messages as u64, octets: 0 });
    }

    /// The fate of each row.
    async fn judge(
        &self,
        ours: &Folder,
        rows: &[Stored],
        hands: &mut Hands<'_>,
        place: Option<&Folder>,
        there: &Listing,
    ) -> Result<Vec<Fate>> {
        let uids: HashSet<MessageId> = rows.iter().filter_map(|row| row.uid.map(MessageId::Uid)).collect();
        let told = match place {
            Some(folder) => {
                headers(hands.target, folder, &there.entries, &uids.iter().collect()).await.map_err(at_target)?
            }
            None => HashMap::new(),
        };
        let entries: HashMap<&MessageId, _> = there.entries.iter().map(|entry| (&entry.id, &entry.flags)).collect();
        let strength = self.journal.strength().await?;
        let judge = |row: &Stored, held: bool| {
            let id = MessageId::Uid(row.uid.unwrap_or(0));
            let seen = entries.get(&id).map(|flags| Seen { flags, header: told.get(&id).copied() });
            fate(row, seen, strength, held)
        };
        let wanted: Vec<&Stored> = rows.iter().filter(|row| judge(row, true) == Fate::Remove).collect();
        let held = self.held(ours, &wanted, hands).await?;
        Ok(rows.iter().map(|row| judge(row, held.contains(&key(row)))).collect())
    }

    /// Which of `rows` lie elsewhere too, at this moment. A folder that cannot be read holds nothing.
    async fn held<'r>(&self, ours: &Folder, rows: &[&'r Stored], hands: &mut Hands<'_>) -> Result<HashSet<Key<'r>>> {
        let mut held = HashSet::new();
        if rows.is_empty() {
            return Ok(held);
        }
        if ours.selectable && matches!(self.request.source, Place::Account(_)) {
            held = match by_source(hands.source, ours, rows).await {
                Err(failure) if failure.reach <= Reach::Folder => HashSet::new(),
                held => held.map_err(|failure| failure.on(Side::Source))?,
            };
        }
        let rest: Vec<&Stored> = rows.iter().filter(|row| !held.contains(&key(row))).copied().collect();
        if let Some(backup) = hands.backup.as_mut().filter(|_| !rest.is_empty()) {
            match backup.holds(&ours.path, &rest).await {
                Ok(proved) => held.extend(proved),
                Err(failure) => log::warn!("backup of move {}: {failure}", self.id),
            }
        }
        Ok(held)
    }
}

fn kept(code: &str, folder: &FolderPath, id: Option<MessageId>) -> Problem {
    Problem {
        code: code.to_owned(),
        level: ProblemLevel::Notice,
        folder: Some(folder.clone()),
        id,
        detail: None,
        words: None,
    }
}
