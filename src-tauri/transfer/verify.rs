//! Proves message by message that the target holds what the source holds: two Sources are read, their messages are
//! counted against each other by the hash of their octets, and what is left over gets a name. Must not believe a
//! counter of the copy.

use crate::compare::{Item, Mark, judge, rewritten};
use crate::copy::Step;
use crate::course::Course;
use crate::journal::{Print, State};
use crate::{Counts, Level, Problem, ProblemLevel, Task, survey};
use mail::repair::{self, Repaired};
use mail::{
    Cause, Failure, Fetched, Flags, Folder, FolderPath, MessageId, Part, Result, Sha256, Side, Source, System, Want,
};
use std::collections::{HashMap, HashSet};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Fetched and not yet noted.
const AHEAD: usize = 64;

/// What was read of one folder on both sides; kept over new connections, so that nothing is read twice.
#[derive(Debug, Default)]
pub struct Comparison {
    source: Readings,
    target: Readings,
}

#[derive(Debug, Default)]
struct Readings {
    items: HashMap<MessageId, Item>,
    failed: HashMap<MessageId, Failure>,
    octets: u64,
}

/// Reads what is not read yet of `ids`.
async fn read(
    mailbox: &mut dyn Source,
    folder: &Folder,
    ids: &[MessageId],
    readings: &mut Readings,
    stop: &CancellationToken,
    seen: impl Fn(u64),
) -> Result<()> {
    let ids: Vec<MessageId> = ids.iter().filter(|id| !readings.items.contains_key(*id)).cloned().collect();
    if ids.is_empty() {
        return Ok(());
    }
    let (sender, mut receiver) = mpsc::channel(AHEAD);
    let note = async {
        while let Some(fetched) = tokio::select! {
            biased;
            () = stop.cancelled() => None,
            fetched = receiver.recv() => fetched,
        } {
            match fetched {
                Fetched::Hashed { id, sha256, header, octets, flags, date } => {
                    seen(octets);
                    readings.octets += octets;
                    // It may have failed before the connection broke.
                    readings.failed.remove(&id);
                    let item = Item { id: id.clone(), mark: Mark::Octets(sha256), header, flags, date };
                    readings.items.insert(id, item);
                }
                Fetched::Failed { id, failure } => {
                    readings.failed.insert(id, failure);
                }
                Fetched::Message(_) => {}
            }
        }
        drop(receiver);
    };
    let (fetched, ()) = tokio::join!(mailbox.fetch(folder, &ids, Part::Hashes, sender), note);
    fetched?;
    if stop.is_cancelled() { Err(Failure::new(Cause::Stopped)) } else { Ok(()) }
}

/// The rewritten forms of these messages; one that cannot be read is left out.
async fn forms(
    mailbox: &mut dyn Source,
    folder: &Folder,
    mut ids: Vec<MessageId>,
) -> Result<HashMap<MessageId, Sha256>> {
    let mut forms = HashMap::new();
    if ids.is_empty() {
        return Ok(forms);
    }
    ids.sort();
    let (sender, mut receiver) = mpsc::channel(1);
    let note = async {
        while let Some(fetched) = receiver.recv().await {
            if let Fetched::Message(message) = fetched {
                forms.insert(message.id, rewritten(&message.body)?);
            }
        }
        Ok::<(), Failure>(())
    };
    let (fetched, noted) = tokio::join!(mailbox.fetch(folder, &ids, Part::Whole, sender), note);
    fetched?;
    noted?;
    Ok(forms)
}

/// Flags a server keeps for everybody: system flags without `\Deleted`, and keywords.
fn comparable(flags: &Flags) -> Flags {
    flags.clone().without(System::Deleted)
}

/// A line of the report about one message.
fn line(code: &str, level: ProblemLevel, folder: &FolderPath, id: &MessageId, detail: Option<String>) -> Problem {
    Problem { code: code.to_owned(), level, folder: Some(folder.clone()), id: Some(id.clone()), detail, words: None }
}

impl Course {
    /// Compares one folder with its place. Differences go to the notes; in the counts `already` is equal, `failed`
    /// missing or different. Also octets compared.
    pub(crate) async fn verify_folder(
        &mut self,
        at: usize,
        level: Level,
        source: &mut dyn Source,
        other: &mut dyn Source,
        theirs: &[Folder],
        stop: &CancellationToken,
    ) -> Result<(Counts, u64)> {
        let planned = self.planned()[at].clone();
        let folder = &planned.source;
        let place = self.copied[at].target.clone().unwrap_or(planned.target);
        let mut comparison = match self.comparison.take() {
            Some((of, comparison)) if of == at => comparison,
            _ => Comparison::default(),
        };
        let result = self.read_both(at, level, (source, folder), (other, theirs, &place), &mut comparison, stop).await;
        let (ids, their_ids, their_folder) = match result {
            Ok(lists) => lists,
            Err(failure) => {
                self.comparison = Some((at, comparison));
                return Err(failure);
            }
        };
        let ledger = self.ledger(&folder.path).await?;
        // After a move only what the move dealt with: later mail is the next run's.
        let own = matches!(self.request.task, Task::Move { .. });
        let mut items: Vec<&MessageId> = ids.iter().filter(|id| !own || ledger.contains_key(*id)).collect();
        // What the copy could not store is not paired off with what it stored.
        items.sort_by_key(|id| !ledger.get(*id).is_some_and(|(state, _)| state.is_done()));
        let mut counts = Counts { found: items.len() as u64, ..Counts::default() };
        let of = |readings: &mut Readings, ids: &mut dyn Iterator<Item = &MessageId>| -> Vec<Item> {
            ids.filter_map(|id| readings.items.remove(id)).collect()
        };
        let mut notes = Vec::new();
        for id in &items {
            if let Some(failure) = comparison.source.failed.get(*id) {
                counts.failed += 1;
                let mut unread = line(failure.cause.code(), ProblemLevel::Problem, &folder.path, id, None);
                unread.words.clone_from(&failure.words);
                notes.push(unread);
            }
        }
        let mut ours = of(&mut comparison.source, &mut items.iter().copied());
        let repaired = self.repaired(&folder.path).await?;
        let as_fetched = stand_for_repaired(&mut ours, &repaired);
        let there = of(&mut comparison.target, &mut their_ids.iter());
        let judgement = judge(&ours, &there);
        let mut forms_there = HashMap::new();
        if let Some(their_folder) = their_folder.as_ref().filter(|_| !judgement.alike.is_empty()) {
            let wanted = judgement.alike.iter().map(|(_, there_at)| there[*there_at].id.clone()).collect();
            forms_there = forms(other, their_folder, wanted).await.map_err(|failure| failure.on(Side::Target))?;
        }
        let wanted = judgement.alike.iter().map(|(our_at, _)| ours[*our_at].id.clone()).collect();
        let forms_here = forms(source, folder, wanted).await.map_err(|failure| failure.on(Side::Source))?;
        let unequal = judgement.missing.iter().copied().chain(judgement.alike.iter().map(|(our_at, _)| *our_at));
        let unequal = unequal.map(|our_at| &ours[our_at]).collect();
        let elsewhere = self.elsewhere(&folder.path, unequal, (&mut *other, theirs)).await?;
        let known: HashSet<&MessageId> = their_ids.iter().collect();
        // Law 4: what was stored and is no longer there was moved or deleted by its owner. A verification asked for by
        // itself takes no comfort from the journal. Of twins it does not matter which one was paired off.
        let mut gone: HashMap<Mark, Vec<&MessageId>> = HashMap::new();
        for our in ours.iter().rev().filter(|_| own) {
            let row = ledger.get(&our.id).filter(|(state, _)| state.is_done());
            let left = |(state, uid): &(State, Option<u32>)| match state {
                State::Elsewhere => !elsewhere.contains(&our.id),
                _ => uid.is_some_and(|uid| !known.contains(&MessageId::Uid(uid))),
            };
            if row.is_some_and(left) {
                gone.entry(our.mark).or_default().push(&our.id);
            }
        }
        for (our_at, there_at) in &judgement.alike {
            let (our, their) = (&ours[*our_at], &there[*there_at]);
            let form = forms_here.get(&our.id);
            if elsewhere.contains(&our.id) {
                counts.already += 1;
            } else if form.is_some() && form == forms_there.get(&their.id) {
                counts.already += 1;
                notes.push(line("changed_by_server", ProblemLevel::Notice, &folder.path, &our.id, None));
            } else if let Some(id) = gone.get_mut(&our.mark).and_then(Vec::pop) {
                counts.gone += 1;
                notes.push(line("gone", ProblemLevel::Notice, &folder.path, id, None));
            } else {
                counts.failed += 1;
                notes.push(line("different", ProblemLevel::Problem, &folder.path, &our.id, Some(place.to_string())));
            }
        }
        for (our_at, there_at) in &judgement.equal {
            counts.already += 1;
            if let Some((of, _)) = repaired.get(&ours[*our_at].id).filter(|_| as_fetched.contains(our_at)) {
                let detail = Some(repair::text(&of.findings));
                notes.push(line("repaired", ProblemLevel::Notice, &folder.path, &ours[*our_at].id, detail));
            }
            if level == Level::Identical {
                notes.extend(side_differences(&folder.path, &ours[*our_at], &there[*there_at]));
            }
        }
        for our_at in &judgement.missing {
            let id = &ours[*our_at].id;
            if elsewhere.contains(id) {
                counts.already += 1;
            } else if let Some(id) = gone.get_mut(&ours[*our_at].mark).and_then(Vec::pop) {
                counts.gone += 1;
                notes.push(line("gone", ProblemLevel::Notice, &folder.path, id, None));
            } else {
                counts.failed += 1;
                notes.push(line("missing", ProblemLevel::Problem, &folder.path, id, Some(place.to_string())));
            }
        }
        if own {
            // The copy has named its own failures already.
            let named: HashSet<(Option<FolderPath>, Option<MessageId>)> =
                self.all_problems().await?.into_iter().map(|problem| (problem.folder, problem.id)).collect();
            notes.retain(|note| !named.contains(&(note.folder.clone(), note.id.clone())));
        }
        self.notes.append(&mut notes);
        Ok((counts, comparison.source.octets))
    }

    /// Lists and reads both sides. Returns the wanted ids of the source, all of the target, and the target's folder.
    async fn read_both(
        &self,
        at: usize,
        level: Level,
        (source, folder): (&mut dyn Source, &Folder),
        (other, theirs, place): (&mut dyn Source, &[Folder], &FolderPath),
        comparison: &mut Comparison,
        stop: &CancellationToken,
    ) -> Result<(Vec<MessageId>, Vec<MessageId>, Option<Folder>)> {
        let board = &self.around.board;
        let want = if level == Level::Present { Want::Headers } else { Want::Sizes };
        let on = |side: Side| move |failure: Failure| failure.on(side);
        let listing = source.list(folder, 1, want).await.map_err(on(Side::Source))?;
        let layout = &self.request.layout;
        let entries: Vec<_> = listing
            .entries
            .into_iter()
            .filter(|entry| survey::wanted(layout, entry.date, entry.size.map_or(0, u64::from)))
            .collect();
        board.step(at, Step::Found(entries.len() as u64));
        let their_folder = find(theirs, place);
        let their_entries = match &their_folder {
            Some(folder) => other.list(folder, 1, want).await.map_err(on(Side::Target))?.entries,
            None if entries.is_empty() => {
                return Err(Failure::new(Cause::FolderMissing).on(Side::Target).about(place.to_string()));
            }
            None => Vec::new(),
        };
        let ids: Vec<MessageId> = entries.iter().map(|entry| entry.id.clone()).collect();
        let their_ids: Vec<MessageId> = their_entries.iter().map(|entry| entry.id.clone()).collect();
        if level == Level::Present {
            take_headers(entries, &mut comparison.source);
            take_headers(their_entries, &mut comparison.target);
        }
        let read_here = read(source, folder, &ids, &mut comparison.source, stop, |octets| {
            board.step(at, Step::Already(1));
            board.read(octets);
        });
        let read_there = async {
            match &their_folder {
                Some(folder) => {
                    read(other, folder, &their_ids, &mut comparison.target, stop, |octets| board.read(octets)).await
                }
                None => Ok(()),
            }
        };
        let (here, there) = tokio::join!(read_here, read_there);
        here.map_err(on(Side::Source))?;
        there.map_err(on(Side::Target))?;
        if level == Level::Present {
            // A header that the listing left out was read with its octets; it is compared by its header all the same.
            for item in comparison.source.items.values_mut().chain(comparison.target.items.values_mut()) {
                item.mark = Mark::Header(item.header);
            }
        }
        Ok((ids, their_ids, their_folder))
    }

    /// Messages of a folder that were stored in a repaired form.
    async fn repaired(&self, folder: &FolderPath) -> Result<HashMap<MessageId, (Repaired, Print)>> {
        let mut repaired = HashMap::new();
        for pair in self.journal.pairs().await?.into_iter().filter(|pair| pair.source == *folder) {
            let rows = self.journal.repaired(pair.id).await?;
            repaired.extend(rows.into_iter().map(|(id, of, print)| (id, (of, print))));
        }
        Ok(repaired)
    }

    /// What the journal knows of a folder's messages.
    async fn ledger(&self, folder: &FolderPath) -> Result<HashMap<MessageId, (State, Option<u32>)>> {
        let mut ledger = HashMap::new();
        for pair in self.journal.pairs().await?.into_iter().filter(|pair| pair.source == *folder) {
            let mut after = None;
            loop {
                let rows = self.journal.rows(pair.id, after.clone(), 1000).await?;
                let Some(last) = rows.last() else { break };
                after = Some(last.id.clone());
                ledger.extend(rows.into_iter().map(|row| (row.id, (row.state, row.uid))));
            }
        }
        Ok(ledger)
    }
}

/// A message whose octets are those that were repaired once is looked for in the form that was stored: exactly that form
/// is equal to it, and nothing else. Tells which they are.
fn stand_for_repaired(ours: &mut [Item], repaired: &HashMap<MessageId, (Repaired, Print)>) -> HashSet<usize> {
    let mut stand = HashSet::new();
    for (at, item) in ours.iter_mut().enumerate() {
        let Some((of, print)) = repaired.get(&item.id) else { continue };
        let form = match item.mark {
            Mark::Octets(sha256) if sha256 == of.sha256 => Mark::Octets(print.sha256),
            Mark::Header(header) if header == of.header => Mark::Header(print.header),
            _ => continue,
        };
        (item.mark, item.header) = (form, print.header);
        stand.insert(at);
    }
    stand
}

fn take_headers(entries: Vec<mail::Entry>, readings: &mut Readings) {
    for entry in entries {
        if let Some(header) = entry.header {
            let mark = Mark::Header(header);
            let item = Item { id: entry.id.clone(), mark, header, flags: entry.flags, date: entry.date };
            readings.items.insert(entry.id, item);
        }
    }
}

/// A server may have changed the case of a name.
pub(crate) fn find(folders: &[Folder], place: &FolderPath) -> Option<Folder> {
    let folded = |path: &FolderPath| path.to_string().to_lowercase();
    let selectable = || folders.iter().filter(|folder| folder.selectable);
    selectable()
        .find(|folder| folder.path == *place)
        .or_else(|| selectable().find(|folder| folded(&folder.path) == folded(place)))
        .cloned()
}

/// Equal octets, other flags or date: named, no loss of mail.
fn side_differences(folder: &FolderPath, ours: &Item, theirs: &Item) -> Vec<Problem> {
    let mut differences = Vec::new();
    let (here, there) = (comparable(&ours.flags), comparable(&theirs.flags));
    if here != there {
        let detail = format!("{} / {}", here.names().join(" "), there.names().join(" "));
        differences.push(line("flags_differ", ProblemLevel::Notice, folder, &ours.id, Some(detail)));
    }
    if let (Some(here), Some(there)) = (ours.date, theirs.date)
        && here.seconds != there.seconds
    {
        differences.push(line(
            "date_differs",
            ProblemLevel::Notice,
            folder,
            &ours.id,
            Some(format!("{here} / {there}")),
        ));
    }
    differences
}
