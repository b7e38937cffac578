//! Judges what a simulated world has come to, by the book alone. What is wrong is said in plain words.

use super::book::Tally;
use super::letters::{self, Form};
use super::life::{End, backup, record};
use super::play::Play;
use crate::{Outcome, Problem, ProblemLevel, Verdict};
use mail::memory::Kept;
use mail::{Cause, HeaderHash, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

type Judged = Result<(), String>;
/// What is counted together: messages of a header, and of octets where those tell.
type Key = (HeaderHash, Option<Sha256>);
/// By number of the folder.
type Spare = BTreeMap<Key, Vec<(usize, usize)>>;

/// Messages that are counted together: how often they are there, are in the old mailbox, and so on.
#[derive(Debug)]
struct Weight {
    label: String,
    header: HeaderHash,
    there: usize,
    ours: usize,
    before: usize,
    removed: usize,
    /// Named as gone.
    excused: usize,
    most: usize,
}

impl Weight {
    fn of(tally: &Tally) -> Self {
        let label = tally.label.clone();
        Self { label, header: tally.header, there: 0, ours: 0, before: 0, removed: 0, excused: 0, most: 0 }
    }
}

impl Play {
    fn at_target(&self) -> Vec<Vec<Kept>> {
        self.world.drawers.iter().map(|drawer| self.world.target.kept(&drawer.target)).collect()
    }

    /// After each process: nothing has vanished, nothing was touched that is not ours, the sums agree.
    pub fn judge_run(&mut self, end: &End, directory: &Path) -> Judged {
        self.book.runs += 1;
        self.source_untouched()?;
        let now = self.at_target();
        for (at, seen) in self.book.target.iter().enumerate() {
            for kept in seen {
                let still = now[at].iter().find(|there| there.uid == kept.uid);
                if still.is_none() && self.followed(at, kept, &now) {
                    continue;
                }
                if still.is_none_or(|there| there.octets != kept.octets) {
                    return Err(format!("UID {} has vanished from {}", kept.uid, self.world.drawers[at].target));
                }
            }
            if let Some(kept) = self.book.originals[at].iter().find(|original| !now[at].contains(original)) {
                return Err(format!("UID {} in {} is not as it was", kept.uid, self.world.drawers[at].target));
            }
        }
        self.book.target.clone_from(&now);
        let outcome = match end {
            End::Hangs => return Err("the run does not end".to_owned()),
            End::Killed => {
                self.story.push("     killed".to_owned());
                self.book.untold = true;
                // It may have written its report before.
                for (at, uid) in self.named(&record(directory), "maybe_twice") {
                    self.book.twice.entry((at, self.header(at, uid))).or_insert(1);
                }
                return Ok(());
            }
            End::Came(outcome) => outcome,
        };
        let told = format!("{}\n       {} connections", told(outcome), self.opened);
        self.story.push(told);
        if outcome.verdict == Verdict::Failed && cause(outcome) == Some(Cause::Stopped) {
            return Err("the run broke down".to_owned());
        }
        for counts in outcome.folders.iter().map(|folder| folder.counts).chain([outcome.counts]).chain(outcome.verified)
        {
            if !counts.agrees() {
                return Err(format!("the sums do not agree: {counts:?}"));
            }
        }
        // Of a journal that could not be read at the end nothing was told.
        self.book.untold = matches!(cause(outcome), Some(Cause::DiskFull | Cause::DiskFailed));
        for (at, uid) in self.named(&outcome.problems, "maybe_twice") {
            *self.book.twice.entry((at, self.header(at, uid))).or_default() += 1;
        }
        let finished = matches!(outcome.verdict, Verdict::Complete | Verdict::Problems);
        self.late &= !(finished && self.calm);
        if finished && !self.late && problems(outcome).all(|problem| problem.id.is_some()) {
            self.book.settled = now.iter().map(|all| all.iter().map(|kept| kept.uid).collect()).collect();
        }
        Ok(())
    }

    /// Whether a copy of ours has gone along with its message into another folder.
    fn followed(&self, at: usize, kept: &Kept, now: &[Vec<Kept>]) -> bool {
        let ours = !self.book.originals[at].iter().any(|original| original.uid == kept.uid);
        let new = |(other, all): (usize, &Vec<Kept>)| {
            let known = |there: &Kept| self.book.target[other].iter().any(|seen| seen.uid == there.uid);
            other != at && all.iter().any(|there| there.sha256 == kept.sha256 && !known(there))
        };
        ours && now.iter().enumerate().any(new)
    }

    /// Messages that a result names so: number of the folder, and UID.
    fn named(&self, problems: &[Problem], code: &str) -> Vec<(usize, u32)> {
        let all = problems.iter().filter(|problem| problem.code == code);
        all.filter_map(|problem| self.place(problem)).collect()
    }

    fn header(&self, at: usize, uid: u32) -> Option<HeaderHash> {
        self.octets(at, uid).map(|kept| HeaderHash::of(&self.world.form.apply(&kept.octets)))
    }

    fn place(&self, problem: &Problem) -> Option<(usize, u32)> {
        let folder = problem.folder.as_ref()?;
        let at = self.world.drawers.iter().position(|drawer| drawer.source == *folder)?;
        Some((at, problem.id.as_ref()?.uid()?))
    }

    fn octets(&self, at: usize, uid: u32) -> Option<&Kept> {
        self.book.source[at].iter().find(|kept| kept.uid == uid)
    }

    /// After a run in which nothing went wrong: everything is where it belongs, or named.
    pub fn judge_rest(&mut self, end: &End, directory: &Path) -> Judged {
        self.judge_run(end, directory)?;
        let End::Came(outcome) = end else { return Err("a quiet run was killed".to_owned()) };
        if !matches!(outcome.verdict, Verdict::Complete | Verdict::Problems) {
            return Err("a quiet run did not come to its end".to_owned());
        }
        let mut failed: BTreeMap<(usize, Sha256), usize> = BTreeMap::new();
        for problem in problems(outcome) {
            let found = self.place(problem).and_then(|(at, uid)| Some((at, self.octets(at, uid)?)));
            let different = ["missing", "different"].contains(&problem.code.as_str());
            match found {
                Some((at, kept)) if self.world.refusal(&kept.octets) == Some(problem.code.as_str()) => {
                    *failed.entry((at, Sha256::of(&self.world.form.apply(&kept.octets)))).or_default() += 1;
                }
                // The verification cannot know what this server does to octets.
                _ if different && (self.world.form != Form::Kept || self.taken()) => {}
                _ => return Err(format!("a problem without a cause: {problem:?}")),
            }
        }
        let found: usize = self.book.source.iter().map(Vec::len).sum();
        let skipped = self.book.source.iter().flatten().filter(|kept| !self.world.wanted(&kept.octets)).count();
        let counts = outcome.counts;
        let failures: usize = failed.values().sum();
        if counts.found != found as u64 || counts.failed != failures as u64 || counts.skipped > skipped as u64 {
            return Err(format!("{found} messages, {failures} named as failed, {skipped} to skip, but {counts:?}"));
        }
        let gone = self.named(&outcome.problems, "gone");
        // The verification also names what was there before the move and is there no longer.
        let more = outcome.verified.map_or(0, |verified| verified.gone);
        if !(counts.gone..=counts.gone + more).contains(&(gone.len() as u64)) {
            return Err(format!("{} messages are named as gone, but {counts:?}", gone.len()));
        }
        let mut spare = self.spare(&failed);
        for at in 0..self.world.drawers.len() {
            let named = gone.iter().filter(|(place, _)| *place == at).map(|(_, uid)| *uid).collect::<Vec<u32>>();
            self.weigh(at, &failed, &named, &mut spare)?;
        }
        self.weigh_names()?;
        self.book.at_rest = Some(octets_of(&self.at_target()));
        if self.world.backup { self.judge_backup(&backup(directory)) } else { Ok(()) }
    }

    /// One folder: how often each message is there, and how often it may be.
    fn weigh(&self, at: usize, failed: &BTreeMap<(usize, Sha256), usize>, gone: &[u32], spare: &mut Spare) -> Judged {
        let place = &self.world.drawers[at].target;
        let named = |header: Option<HeaderHash>| self.book.twice.get(&(at, header)).copied().unwrap_or(0);
        let (mut missing, mut extra): (usize, BTreeMap<HeaderHash, usize>) = Default::default();
        let taken = self.taken();
        for (key, weight) in self.weights(at, failed, gone) {
            let Weight { there, before, .. } = weight;
            // What lay in another folder before the move answers for one that is not here.
            let lacking = weight.ours.saturating_sub(there + weight.removed);
            let ours = weight.ours - answered(spare, at, key, lacking);
            let least = before.max(ours).saturating_sub(weight.removed);
            if there < least {
                return Err(format!("lost: {place} holds {there} of {least} of {}: {weight:?}", weight.label));
            }
            // What lay there when the journal was begun is not looked at again once it was found.
            let lacks = if self.book.journal_lost { 0 } else { ours.saturating_sub(there + before) };
            // The copy that was taken out may be of one that is deleted, and another place answers for the one that is left.
            let lacks = lacks - answered(spare, at, key, lacks.saturating_sub(weight.excused));
            missing += lacks;
            if lacks > weight.excused && self.world.form == Form::Kept && !taken {
                return Err(format!("{} is not in {place}, and nobody says so: {weight:?}", weight.label));
            }
            let extra = extra.entry(weight.header).or_default();
            *extra += there.saturating_sub(weight.most);
            let named = named(Some(weight.header)) + named(None);
            // Where octets tell nothing, one that was named may be there more often than twice; so may one of which several
            // copies were held back: a message is named once.
            let most = if self.world.form == Form::Kept { named + self.holds } else { usize::MAX };
            let told = *extra <= named || (named > 0 && *extra <= most);
            if !told && !self.book.names_lost {
                return Err(format!("doubled in {place}, {named} named: {}: {weight:?}", weight.label));
            }
        }
        let followed = self.world.form == Form::Kept || (self.world.uidplus && !self.book.target_renumbered);
        if missing > gone.len() && followed && !taken {
            return Err(format!("{missing} messages are not in {place}, {} are named as gone", gone.len()));
        }
        match self.book.target[at].iter().find(|kept| !self.book.tallies.contains_key(&(at, kept.sha256))) {
            Some(kept) => Err(format!("nobody knows {} in {place}", letters::label(&kept.octets))),
            None => Ok(()),
        }
    }

    /// What each folder holds beyond its own messages, or held until its owner took it out.
    fn spare(&self, failed: &BTreeMap<(usize, Sha256), usize>) -> Spare {
        let mut spare = Spare::new();
        for at in 0..self.world.drawers.len() {
            for (key, weight) in self.weights(at, failed, &[]) {
                let more = (weight.there + weight.removed).saturating_sub(weight.ours);
                spare.entry(key).or_default().push((at, more));
            }
        }
        spare
    }

    /// Where UIDs are not told, or mean nothing any more, another message with the same header may take the place of one of
    /// ours that is gone: its octets are not read.
    fn taken(&self) -> bool {
        let others = self.book.foreign || !self.book.twice.is_empty();
        others && (self.book.target_renumbered || !self.world.uidplus)
    }

    /// What is counted together: messages of the same octets at the new server; where it changes them, and nothing else
    /// is known any more of what was stored, messages of the same header.
    fn weights(&self, at: usize, failed: &BTreeMap<(usize, Sha256), usize>, gone: &[u32]) -> BTreeMap<Key, Weight> {
        let of = |kept: &[&Kept]| -> BTreeMap<Sha256, usize> {
            let mut counts = BTreeMap::new();
            kept.iter()
                .for_each(|kept| *counts.entry(Sha256::of(&self.world.form.apply(&kept.octets))).or_default() += 1);
            counts
        };
        let wanted: Vec<&Kept> = self.book.source[at].iter().filter(|kept| self.world.wanted(&kept.octets)).collect();
        let excused: Vec<&Kept> = gone.iter().filter_map(|uid| self.octets(at, *uid)).collect();
        let (ours, excused) = (of(&wanted), of(&excused));
        let book = &self.book;
        let blind = self.world.form != Form::Kept && (book.journal_lost || book.target_renumbered || book.epoch > 0);
        // Where no UID is told, and octets tell nothing, nobody knows whose copy of several was taken out.
        let known = self.world.form == Form::Kept || self.world.uidplus;
        let mut weights: BTreeMap<Key, Weight> = BTreeMap::new();
        for ((_, print), tally) in self.book.tallies.iter().filter(|((place, _), _)| *place == at) {
            let weight = weights.entry((tally.header, (!blind).then_some(*print))).or_insert_with(|| Weight::of(tally));
            let count = |of: &BTreeMap<Sha256, usize>| of.get(print).copied().unwrap_or(0);
            let put_back = if book.journal_lost || !known { 0 } else { tally.removed };
            weight.there += self.book.target[at].iter().filter(|kept| kept.sha256 == *print).count();
            weight.ours += count(&ours).saturating_sub(failed.get(&(at, *print)).copied().unwrap_or(0));
            weight.excused += count(&excused);
            weight.before += tally.before + tally.added;
            weight.removed += tally.removed;
            weight.most += (tally.before.max(tally.first) + tally.later + tally.added).saturating_sub(put_back);
        }
        weights
    }

    /// Only what was on its way when something broke can be in doubt, what came later beside it, and one more where it
    /// must be found out what the server keeps.
    fn weigh_names(&self) -> Judged {
        let book = &self.book;
        let narrow = !(book.journal_lost || book.target_renumbered || book.foreign);
        let later: usize = book.tallies.values().map(|tally| tally.later).sum();
        let most = book.doubts + later + book.runs * book.source.len();
        let named: usize = book.twice.values().sum();
        if narrow && named > most {
            return Err(format!("{named} messages are named as maybe twice, at most {most} were in doubt"));
        }
        Ok(())
    }

    /// The same once more: nothing is stored, nothing is changed.
    pub fn judge_again(&mut self, end: &End, directory: &Path) -> Judged {
        self.judge_run(end, directory)?;
        let End::Came(outcome) = end else { return Err("a quiet run was killed".to_owned()) };
        let now = self.at_target();
        let at_rest = outcome.counts.stored == 0 && self.named(&outcome.problems, "maybe_twice").is_empty();
        if !at_rest || self.book.at_rest != Some(octets_of(&now)) {
            return Err(format!("not at rest: {:?}", outcome.counts));
        }
        self.judge_marks(&now)
    }

    /// Flags have followed and dates are kept, where it is plain which message is which and nobody else had a hand in it.
    fn judge_marks(&self, now: &[Vec<Kept>]) -> Judged {
        // After a new UIDVALIDITY at the target the flags of that run do not follow: see copy/standing.rs.
        if self.book.journal_lost || self.book.target_renumbered {
            return Ok(());
        }
        for (at, kept) in
            self.book.source.iter().enumerate().flat_map(|(at, all)| all.iter().map(move |kept| (at, kept)))
        {
            let print = Sha256::of(&self.world.form.apply(&kept.octets));
            let there: Vec<&Kept> = now[at].iter().filter(|there| there.sha256 == print).collect();
            let told = self.world.form == Form::Kept || letters::telling(&kept.octets);
            let plain = told && self.book.tallies.get(&(at, print)).is_some_and(Tally::plain);
            if let ([there], true) = (&there[..], plain) {
                let flags = kept.flags.keeping(|keyword| self.world.keeps(keyword));
                let date = kept.date.map_or(0, |date| date.seconds);
                if there.flags != flags || there.date.map(|date| date.seconds) != Some(date) {
                    let (label, is) = (letters::label(&kept.octets), (&there.flags, there.date));
                    return Err(format!("{label} should be {:?} {date} and is {is:?}", flags.names()));
                }
            }
        }
        Ok(())
    }

    fn judge_backup(&self, directory: &Path) -> Judged {
        let proof = archive::prove(directory, &mut |_, _| true).map_err(|failure| format!("the backup: {failure}"))?;
        if !proof.damaged.is_empty() {
            return Err(format!("the backup is damaged: {:?}", proof.damaged));
        }
        for (at, drawer) in self.world.drawers.iter().enumerate() {
            let wanted = self.book.source[at].iter().filter(|kept| self.world.wanted(&kept.octets)).count() as u64;
            let held = proof.folders.iter().find(|folder| folder.path == drawer.source);
            let held = held.map_or(0, |folder| folder.messages);
            if held < wanted {
                return Err(format!("the backup holds {held} of {wanted} messages of {}", drawer.source));
            }
        }
        Ok(())
    }
}

/// How many of so many that are lacking here lie in other folders: each of those answers for one.
fn answered(spare: &mut Spare, at: usize, key: Key, lacking: usize) -> usize {
    let mut answered = 0;
    for (_, left) in spare.entry(key).or_default().iter_mut().filter(|(other, _)| *other != at) {
        let some = (lacking - answered).min(*left);
        (answered, *left) = (answered + some, *left - some);
    }
    answered
}

fn cause(outcome: &Outcome) -> Option<Cause> {
    outcome.failure.as_ref().map(|failure| failure.cause)
}

fn problems(outcome: &Outcome) -> impl Iterator<Item = &Problem> {
    outcome.problems.iter().filter(|problem| problem.level == ProblemLevel::Problem)
}

fn octets_of(all: &[Vec<Kept>]) -> Vec<Vec<(u32, Sha256)>> {
    all.iter().map(|kept| kept.iter().map(|kept| (kept.uid, kept.sha256)).collect()).collect()
}

/// A result in one line.
fn told(outcome: &Outcome) -> String {
    let mut codes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for problem in &outcome.problems {
        let folder = problem.folder.as_ref().map_or_else(String::new, ToString::to_string);
        let id = problem.id.as_ref().and_then(|id| id.uid()).map_or_else(String::new, |uid| format!(" {uid}"));
        codes.entry(&problem.code).or_default().push(format!("{folder}{id}"));
    }
    let cause = cause(outcome).map_or("", Cause::code);
    let codes: String = codes.iter().map(|(code, places)| format!("\n       {code}: {}", places.join(", "))).collect();
    format!("     {:?} {cause}: {:?}{codes}", outcome.verdict, outcome.counts)
}
