//! Proves message by message that the target holds what the source holds: two Sources are read, their messages are
//! counted against each other by the hash of their octets, and what is left over gets a name. Must not believe a
//! counter of the copy.

use crate::compare::{Item, Mark, judge, rewritten};
use crate::copy::Step;
use crate::course::{Course, Reached};
use crate::crew::{Crew, Sessions};
use crate::journal::{Print, State};
use crate::reading::{self, Readings};
use crate::{Counts, Level, Phase, Problem, ProblemLevel, Task};
use mail::repair::{self, Repaired};
use mail::{
    Cause, Failure, Fetched, Flags, Folder, FolderPath, Listing, MessageId, Part, Reach, Result, Sha256, Side, Source,
    System, Want,
};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

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
    /// Compares both sides: all folders are read as one stream, then each is judged.
    pub(crate) async fn verify(&mut self, crew: &mut Crew, level: Level, stop: &CancellationToken) -> Result<()> {
        if self.verified.iter().all(|reached| reached.done) {
            return Ok(());
        }
        self.begin(Phase::Verify);
        let (_, other) = sides(crew.first()?)?;
        let theirs = other.folders().await.map_err(|failure| failure.on(Side::Target))?;
        loop {
            self.before_another_round(stop).await;
            let mut at_work = self.round();
            if at_work.is_empty() {
                return Ok(());
            }
            self.list_both(crew.first()?, &mut at_work, level, &theirs).await?;
            let board = Arc::clone(&self.around.board);
            let step = move |side, at, fetched: &Fetched| {
                if let Fetched::Hashed { octets, .. } = fetched {
                    board.read(*octets);
                    if side == Side::Source {
                        board.step(at, Step::Already(1));
                    }
                }
            };
            self.read_all(crew, &mut at_work, step, stop).await?;
            for at in at_work {
                self.at = Some(at);
                let (source, other) = sides(crew.first()?)?;
                match self.verify_folder(at, level, source, other, &theirs).await {
                    Ok((counts, octets)) => {
                        self.shelf.take(at);
                        self.verified[at] = Reached { counts, octets, done: true, ..Reached::default() };
                        self.around.board.folder_done(at, counts);
                    }
                    Err(failure) if failure.reach <= Reach::Folder => self.folder_failed(at, failure),
                    Err(failure) => return Err(failure),
                }
            }
            self.at = None;
            self.show_problems().await?;
        }
    }

    /// Where a folder's messages are expected.
    fn place(&self, at: usize) -> FolderPath {
        self.copied[at].target.clone().unwrap_or_else(|| self.planned()[at].target.clone())
    }

    /// Lists these folders on both sides. Those that cannot be are dealt with and taken away.
    async fn list_both(
        &mut self,
        sessions: &mut Sessions,
        at_work: &mut Vec<usize>,
        level: Level,
        theirs: &[Folder],
    ) -> Result<()> {
        let want = if level == Level::Present { Want::Headers } else { Want::Dates };
        let ours: Vec<Arc<Folder>> = at_work.iter().map(|at| Arc::new(self.planned()[*at].source.clone())).collect();
        let places: Vec<Option<Arc<Folder>>> =
            at_work.iter().map(|at| find(theirs, &self.place(*at)).map(Arc::new)).collect();
        let there: Vec<Arc<Folder>> = places.iter().flatten().cloned().collect();
        let (source, other) = sides(sessions)?;
        let (here, listed) = tokio::try_join!(
            reading::list(source, Side::Source, &ours, want),
            reading::list(other, Side::Target, &there, want)
        )?;
        let mut listed = there.into_iter().zip(listed);
        for (((at, folder), place), listing) in std::mem::take(at_work).into_iter().zip(ours).zip(places).zip(here) {
            let their = place.and_then(|_| listed.next());
            match self.begin_comparison(at, level, (folder, listing), their) {
                Ok(()) => at_work.push(at),
                Err(failure) => self.folder_failed(at, failure),
            }
        }
        Ok(())
    }

    fn begin_comparison(
        &mut self,
        at: usize,
        level: Level,
        (folder, listing): (Arc<Folder>, Result<Listing>),
        their: Option<(Arc<Folder>, Result<Listing>)>,
    ) -> Result<()> {
        self.around.board.folder(at);
        let Listing { validity, entries, .. } = listing?;
        let entries = self.wanted(entries);
        self.around.board.step(at, Step::Found(entries.len() as u64));
        if their.is_none() && entries.is_empty() {
            return Err(Failure::new(Cause::FolderMissing).on(Side::Target).about(self.place(at).to_string()));
        }
        let their = their.map(|(folder, listing)| listing.map(|listing| (folder, listing))).transpose()?;
        self.begin_reading(at, folder, validity, &entries);
        {
            let mut shelf = self.shelf.open();
            let Readings { source, target } = shelf.entry(at).or_default();
            // What an earlier attempt has read.
            self.around.board.step(at, Step::Already(source.read().count() as u64));
            if level == Level::Present {
                source.by_header(entries);
            }
            if let Some((folder, listing)) = their {
                target.listed(folder, listing.validity, &listing.entries);
                if level == Level::Present {
                    target.by_header(listing.entries);
                }
            }
        }
        Ok(())
    }

    /// Judges a folder of which both sides were read. Differences go to the notes; in the counts `already` is equal,
    /// `failed` missing or different. Also octets compared.
    async fn verify_folder(
        &mut self,
        at: usize,
        level: Level,
        source: &mut dyn Source,
        other: &mut dyn Source,
        theirs: &[Folder],
    ) -> Result<(Counts, u64)> {
        let folder = &self.planned()[at].source.clone();
        let place = self.place(at);
        let ledger = self.ledger(&folder.path).await?;
        // After a move only what the move dealt with: later mail is the next run's.
        let own = matches!(self.request.task, Task::Move { .. });
        let Readings { source: mut here, target: mut there } = self.shelf.take(at);
        if level == Level::Present {
            // A header that the listing left out was read with its octets; it is compared by its header all the same.
            for item in here.items.values_mut().chain(there.items.values_mut()) {
                item.mark = Mark::Header(item.header);
            }
        }
        let octets = here.items.values().map(|item| item.octets).sum();
        let mut items: Vec<&MessageId> =
            here.ids.iter().map(|(id, _)| id).filter(|id| !own || ledger.contains_key(*id)).collect();
        // What the copy could not store is not paired off with what it stored.
        items.sort_by_key(|id| !ledger.get(*id).is_some_and(|(state, _)| state.is_done()));
        let mut counts = Counts { found: items.len() as u64, ..Counts::default() };
        let mut notes = Vec::new();
        for id in &items {
            if let Some(failure) = here.failed.get(*id) {
                counts.failed += 1;
                let mut unread = line(failure.cause.code(), ProblemLevel::Problem, &folder.path, id, None);
                unread.words.clone_from(&failure.words);
                notes.push(unread);
            }
        }
        let mut ours: Vec<Item> = items.iter().filter_map(|id| here.items.remove(*id)).collect();
        let repaired = self.repaired(&folder.path).await?;
        let as_fetched = stand_for_repaired(&mut ours, &repaired);
        let (their_folder, validity) = (there.folder.take(), there.validity);
        let known: HashSet<MessageId> = there.ids.iter().map(|(id, _)| id.clone()).collect();
        let taken = self.given_away(&place, validity).await?;
        let free = there.ids.iter().filter(|(id, _)| !id.uid().is_some_and(|uid| taken.contains(&uid)));
        let there: Vec<Item> = free.filter_map(|(id, _)| there.items.remove(id)).collect();
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
        let mut spare: HashSet<usize> = (0..there.len()).collect();
        for (_, there_at) in judgement.equal.iter().chain(&judgement.alike) {
            spare.remove(there_at);
        }
        let pair = self.journal.pair(&folder.path, &place).await?;
        let numbers_hold = pair.is_some_and(|pair| validity == Some(pair.target_validity));
        let by_uid: HashMap<Option<u32>, usize> = spare.iter().map(|at| (there[*at].id.uid(), *at)).collect();
        for our_at in &judgement.missing {
            let id = &ours[*our_at].id;
            // Where we stored it lies what is not even alike by its header: no comfort, but not missing.
            let changed = match ledger.get(id) {
                Some((State::Stored, uid @ Some(_))) if numbers_hold => by_uid.get(uid),
                _ => None,
            };
            if elsewhere.contains(id) {
                counts.already += 1;
            } else if let Some(id) = gone.get_mut(&ours[*our_at].mark).and_then(Vec::pop) {
                counts.gone += 1;
                notes.push(line("gone", ProblemLevel::Notice, &folder.path, id, None));
            } else {
                counts.failed += 1;
                let code = if changed.is_some_and(|there_at| spare.remove(there_at)) { "different" } else { "missing" };
                notes.push(line(code, ProblemLevel::Problem, &folder.path, id, Some(place.to_string())));
            }
        }
        if own {
            // The copy has named its own failures already.
            let named: HashSet<(Option<FolderPath>, Option<MessageId>)> =
                self.all_problems().await?.into_iter().map(|problem| (problem.folder, problem.id)).collect();
            notes.retain(|note| !named.contains(&(note.folder.clone(), note.id.clone())));
        }
        // Whatever else was said of them.
        notes.extend(self.twice((&folder.path, &place), &there, &spare, &ledger, own).await?);
        self.notes.append(&mut notes);
        Ok((counts, octets))
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

/// Both sides of a verification.
fn sides(sessions: &mut Sessions) -> Result<(&mut dyn Source, &mut dyn Source)> {
    let Sessions { source, target, directory } = sessions;
    match (target, directory) {
        (Some(target), _) => Ok((&mut **source, &mut **target)),
        (None, Some(directory)) => Ok((&mut **source, &mut **directory)),
        (None, None) => Err(Failure::new(Cause::StoreUnusable).on(Side::Target)),
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
