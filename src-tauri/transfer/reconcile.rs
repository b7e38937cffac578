//! What is there already, and what is to be stored: one pure function for a first run, a later run, messages in
//! doubt, and a lost journal. It must not know servers or files. It counts and never merges: two identical
//! messages are two, and each message at the target is claimed once.
//!
//! A claim needs equal octets, or the strongest that this target is known to preserve. Headers only narrow down
//! what is worth comparing: the function asks for what it lacks, and is called again with the answer.

mod group;
mod renew;
#[cfg(test)]
mod tests;

pub use renew::{Renewed, renew};

use crate::journal::{Brief, Late, Print, State, Strength};
use group::{Claimant, Kind, Verdict};
use mail::{HeaderHash, MessageId};
use std::collections::{HashMap, HashSet};

/// A message of the source folder.
#[derive(Clone, Debug)]
pub struct SourceItem {
    pub id: MessageId,
    pub header: Option<HeaderHash>,
    /// Octets as listed, 0 if the server did not tell.
    pub size: u32,
    /// Excluded by the options.
    pub skip: bool,
}

/// A message of the target folder.
#[derive(Clone, Copy, Debug)]
pub struct TargetItem {
    pub uid: u32,
    pub header: Option<HeaderHash>,
    /// [`crate::journal::flag_mark`] of its flags.
    pub flags: u64,
}

/// What was read of messages, whole: None for one that could not be read.
#[derive(Debug, Default)]
pub struct Prints {
    /// Read now, or recorded when the message was stored.
    pub source: HashMap<MessageId, Option<Print>>,
    pub target: HashMap<u32, Option<Print>>,
}

/// Both listings and the ledger; each in ascending order.
#[derive(Debug)]
pub struct Question<'a> {
    pub source: &'a [SourceItem],
    pub target: &'a [TargetItem],
    pub ledger: &'a [Brief],
    pub prints: &'a Prints,
    /// What was stored again, and may be there a second time.
    pub late: &'a [Late],
    /// The target folder has new UIDs, and was not looked through since.
    pub renumbered: bool,
    /// The first UID that may be ours.
    pub fence: u32,
    /// All that lies from there on has come since the move was begun.
    pub since: bool,
    /// The first UID that the target listing covers.
    pub from: u32,
    /// The listings tell header hashes, as far as the servers do.
    pub source_headers: bool,
    pub target_headers: bool,
    /// None while nothing was read back from this target.
    pub strength: Option<Strength>,
    /// What is gone is stored again.
    pub put_back: bool,
    /// What was found in another folder of the target is stored all the same.
    pub even_if_elsewhere: bool,
    /// An estimate: equal headers are enough, nothing is compared.
    pub estimate: bool,
}

/// What must be known before all is decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Need {
    #[default]
    Nothing,
    /// A source listing with header hashes, from this id on.
    SourceHeaders(MessageId),
    /// A target listing with header hashes, from this UID on.
    TargetHeaders(u32),
    /// Prints; those that decide something together stand together.
    Octets { source: Vec<MessageId>, target: Vec<u32> },
}

/// A message of the source that was found at the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub id: MessageId,
    pub uid: u32,
    /// `Stored` for one of ours, `Already` else.
    pub state: State,
}

/// Ids are in ascending order, but for `found`. While `need` is not `Nothing`, only `found` counts, as far as it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub need: Need,
    /// Claimed now, and not in the ledger under this UID.
    pub found: Vec<Found>,
    pub store: Vec<MessageId>,
    /// Of `store`: nobody can tell whether they are there.
    pub twice: HashSet<MessageId>,
    /// To be decided when this target's strength is known.
    pub undecided: Vec<MessageId>,
    pub gone: Vec<MessageId>,
    /// Done, and no longer at the source.
    pub deleted: Vec<MessageId>,
    /// Stored by this run, including those found.
    pub stored: u64,
    pub already: u64,
    pub skipped: u64,
}

/// See the head of this module.
pub fn reconcile(question: &Question) -> Answer {
    let mut answer = Answer::default();
    let mut claimants = Vec::new();
    let mut claimed = vec![false; question.target.len()];
    let mut rows = question.ledger.iter().peekable();
    for (at, item) in question.source.iter().enumerate() {
        while let Some(row) = rows.next_if(|row| row.id < item.id) {
            sort_row(question, row, None, &mut claimed, &mut claimants, &mut answer);
        }
        match rows.next_if(|row| row.id == item.id) {
            Some(row) => sort_row(question, row, Some(at), &mut claimed, &mut claimants, &mut answer),
            None if item.skip => answer.skipped += 1,
            None => claimants.push(Claimant::new(question, item, None, Kind::New)),
        }
    }
    for row in rows {
        sort_row(question, row, None, &mut claimed, &mut claimants, &mut answer);
    }
    let free: Vec<TargetItem> =
        question.target.iter().zip(&claimed).filter(|(_, claimed)| !**claimed).map(|(item, _)| *item).collect();
    decide(question, claimants, free, &mut answer);
    answer.store.sort_unstable();
    answer.undecided.sort_unstable();
    answer.gone.sort_unstable();
    answer
}

/// What a row says of its message; `at` is its place at the source, None if it is no longer there.
fn sort_row<'a>(
    question: &Question<'a>,
    row: &'a Brief,
    at: Option<usize>,
    claimed: &mut [bool],
    claimants: &mut Vec<Claimant<'a>>,
    answer: &mut Answer,
) {
    let item = at.map(|at| &question.source[at]);
    if item.is_none() && row.state.is_done() {
        answer.deleted.push(row.id.clone());
    }
    let mut again = |kind| match item {
        Some(item) if item.skip && kind == Kind::New => answer.skipped += 1,
        Some(item) => claimants.push(Claimant::new(question, item, Some(row), kind)),
        None if kind == Kind::New => {}
        None => claimants.push(Claimant::orphan(question, row, kind)),
    };
    match (row.state, row.uid) {
        (State::Refused | State::Undecidable, _) => again(Kind::New),
        #[cfg(test)]
        (State::Intended, _) if crate::mutant::is(crate::mutant::Mutant::DoubtIgnored) => {
            answer.store.extend(item.map(|item| item.id.clone()));
        }
        (State::Intended, _) => again(Kind::Doubt),
        // A look only: a move has settled these before it asks. What an undo has removed is to be stored again.
        (State::TakingBack, Some(uid)) => match question.target.binary_search_by_key(&uid, |item| item.uid) {
            Ok(place) => {
                claimed[place] = true;
                count_done(row, item.is_some(), answer);
            }
            Err(_) => again(Kind::New),
        },
        (State::Elsewhere, _) if question.even_if_elsewhere => again(Kind::New),
        // It has its copy, and that is none of this folder's.
        (State::Elsewhere, _) => count_done(row, item.is_some(), answer),
        (_, Some(0)) if !question.renumbered => again(Kind::Gone),
        (_, None | Some(0)) => again(Kind::Loose),
        (_, Some(uid)) => match question.target.binary_search_by_key(&uid, |item| item.uid) {
            Ok(place) => {
                claimed[place] = true;
                count_done(row, item.is_some(), answer);
            }
            Err(_) if uid < question.from => count_done(row, item.is_some(), answer),
            Err(_) if item.is_none() => {}
            Err(_) if question.put_back => again(Kind::New),
            Err(_) => answer.gone.push(row.id.clone()),
        },
    }
}

fn count_done(row: &Brief, at_source: bool, answer: &mut Answer) {
    if at_source && row.this_run && row.state == State::Stored {
        answer.stored += 1;
    } else if at_source {
        answer.already += 1;
    }
}

/// Gives the free messages of the target to those that claim them.
fn decide<'a>(
    question: &Question<'a>,
    mut claimants: Vec<Claimant<'a>>,
    mut free: Vec<TargetItem>,
    answer: &mut Answer,
) {
    let contested = |claimants: &[Claimant], free: &[TargetItem]| !claimants.is_empty() && !free.is_empty();
    if contested(&claimants, &free) && !question.target_headers {
        answer.need = Need::TargetHeaders(free[0].uid);
        return;
    }
    if contested(&claimants, &free) && !question.source_headers {
        // What is ours first: mostly that is all that lies there, and then nothing need be known of the new ones.
        let (new, ours): (Vec<_>, Vec<_>) = claimants.into_iter().partition(|claimant| claimant.kind == Kind::New);
        let unclear = match meet(question, &ours, free.clone(), answer) {
            Ok(unclear) => unclear,
            Err(need) => {
                answer.need = need;
                return;
            }
        };
        let found: HashSet<u32> =
            answer.found.iter().map(|found| found.uid).chain(unclear.iter().filter_map(found)).collect();
        free.retain(|item| !found.contains(&item.uid));
        if contested(&new, &free)
            && let Some(first) = new.iter().map(|claimant| claimant.id).min()
        {
            answer.need = Need::SourceHeaders(first.clone());
            return;
        }
        settle(question, unclear, answer);
        claimants = new;
    }
    match meet(question, &claimants, free, answer) {
        Ok(unclear) => settle(question, unclear, answer),
        Err(need) => answer.need = need,
    }
}

type Decided<'a> = (&'a Claimant<'a>, Verdict);

fn found((_, verdict): &Decided) -> Option<u32> {
    match verdict {
        Verdict::Found(uid) => Some(*uid),
        _ => None,
    }
}

/// Groups both by header and lets each group decide. Returned is what stands with something that nobody can tell: it
/// counts only once nothing more need be known, for the next answer must know all of them again.
fn meet<'a>(
    question: &Question,
    claimants: &'a [Claimant<'a>],
    mut free: Vec<TargetItem>,
    answer: &mut Answer,
) -> Result<Vec<Decided<'a>>, Need> {
    let (mut source, mut target) = (Vec::new(), Vec::new());
    let (mut decided, mut unclear): (Vec<Decided>, Vec<Decided>) = Default::default();
    if !claimants.is_empty() && !free.is_empty() && !question.estimate {
        // A server that tells no header: the message itself does.
        for item in free.iter_mut().filter(|item| item.header.is_none()) {
            match question.prints.target.get(&item.uid) {
                Some(print) => item.header = print.map(|print| print.header),
                None => target.push(item.uid),
            }
        }
        let unread =
            |claimant: &&Claimant| claimant.header.is_none() && !question.prints.source.contains_key(claimant.id);
        source.extend(claimants.iter().filter(unread).map(|claimant| claimant.id.clone()));
    }
    if source.is_empty() && target.is_empty() {
        free.retain(|item| item.header.is_some());
        free.sort_unstable_by_key(|item| (item.header, item.uid));
        let mut claimants: Vec<&Claimant> = claimants.iter().collect();
        // What was stored a moment ago, its UID untold, is there; what had another UID may be. What was there before us
        // has lower UIDs than what is ours, and is not to be taken for it: UIDs are given from the highest.
        let rank = |claimant: &Claimant| {
            let row = claimant.row;
            (row.is_some_and(|row| row.uid == Some(0)), row.is_some_and(|row| row.state == State::Already))
        };
        claimants.sort_unstable_by_key(|claimant| (claimant.header, claimant.kind, rank(claimant), claimant.id));
        let twice = question.ledger.iter().filter(|row| row.twice);
        let print = |row: &Brief| question.prints.source.get(&row.id).copied().flatten();
        let leftovers: HashSet<HeaderHash> = twice.filter_map(print).map(|print| print.header).collect();
        for claimants in claimants.chunk_by(|one, other| one.header == other.header) {
            let header = claimants[0].header;
            let first = free.partition_point(|item| item.header < header);
            let last = free.partition_point(|item| item.header <= header);
            let same = if header.is_some() { &free[first..last] } else { &[] };
            let leftover = header.is_some_and(|header| {
                let other = |late: &Late, claimant: &&Claimant| !claimant.kind.is_done() && *claimant.id != late.id;
                let late = question.late.iter().filter(|late| late.header == header);
                leftovers.contains(&header) || late.into_iter().any(|late| claimants.iter().any(|one| other(late, one)))
            });
            match group::decide(question, claimants, same, leftover) {
                Ok(verdicts) => {
                    let is_clear = !verdicts.contains(&Verdict::Undecidable);
                    let to = if is_clear { &mut decided } else { &mut unclear };
                    to.extend(claimants.iter().copied().zip(verdicts));
                }
                Err(lacking) => {
                    source.extend(lacking.source);
                    target.extend(lacking.target);
                }
            }
        }
        if source.is_empty() && target.is_empty() && !question.estimate {
            target = unrecognised(question, &mut decided, &unclear, &free);
        }
        settle(question, decided, answer);
    }
    if source.is_empty() && target.is_empty() { Ok(unclear) } else { Err(Need::Octets { source, target }) }
}

/// Some servers change single headers, and then a copy in doubt bears that of no message. What lies behind the fence, is
/// nobody's and is of its size, flags and date may be it: nobody can tell. Returns what must be read before.
fn unrecognised(question: &Question, decided: &mut [Decided], unclear: &[Decided], free: &[TargetItem]) -> Vec<u32> {
    let claimed: HashSet<u32> = decided.iter().chain(unclear).filter_map(found).collect();
    let nobodys = free.iter().map(|item| item.uid).filter(|uid| *uid >= question.fence && !claimed.contains(uid));
    let lost = decided.iter_mut().filter(|(one, verdict)| one.kind == Kind::Doubt && *verdict == Verdict::Absent);
    let lost: Vec<_> = lost.collect();
    let nobodys: Vec<u32> = if lost.is_empty() { Vec::new() } else { nobodys.collect() };
    let unread: Vec<u32> = nobodys.iter().copied().filter(|uid| !question.prints.target.contains_key(uid)).collect();
    if !unread.is_empty() {
        return unread;
    }
    let mut alike: HashMap<(u64, u64), usize> = HashMap::new();
    for print in nobodys.iter().filter_map(|uid| question.prints.target.get(uid).copied().flatten()) {
        *alike.entry((print.octets, print.mark)).or_default() += 1;
    }
    for (claimant, verdict) in lost {
        let print = question.prints.source.get(claimant.id).copied().flatten();
        if let Some(count) = print.and_then(|print| alike.get_mut(&(print.octets, print.mark)))
            && *count > 0
        {
            *count -= 1;
            *verdict = Verdict::Undecidable;
        }
    }
    Vec::new()
}

fn settle(question: &Question, decided: Vec<Decided>, answer: &mut Answer) {
    decided.into_iter().for_each(|(claimant, verdict)| settle_one(question, claimant, verdict, answer));
}

fn settle_one(question: &Question, claimant: &Claimant, verdict: Verdict, answer: &mut Answer) {
    let id = || claimant.id.clone();
    let named = claimant.row.is_some_and(|row| row.twice && !row.state.is_done());
    match verdict {
        Verdict::Found(uid) => {
            let state = match (claimant.kind, claimant.row) {
                (Kind::Loose | Kind::Gone, Some(row)) => row.state,
                (Kind::Doubt, _) => State::Stored,
                _ => State::Already,
            };
            answer.found.push(Found { id: id(), uid, state });
            if !claimant.at_source {
            } else if state == State::Stored && claimant.row.is_some_and(|row| row.this_run) {
                answer.stored += 1;
            } else {
                answer.already += 1;
            }
        }
        _ if !claimant.at_source => {}
        _ if claimant.kind.is_done() => match claimant.row {
            // It may well be one of those that are there: no word before more is known.
            Some(row) if verdict == Verdict::Undecided => count_done(row, true, answer),
            // Known once, and now nowhere.
            Some(row) if row.uid == Some(0) && question.put_back => {
                answer.store.push(id());
                if verdict == Verdict::Undecidable {
                    answer.twice.insert(id());
                }
            }
            Some(row) if row.uid == Some(0) => answer.gone.push(id()),
            Some(row) => count_done(row, true, answer),
            None => {}
        },
        _ if claimant.skip => answer.skipped += 1,
        Verdict::Undecided if !named => answer.undecided.push(id()),
        Verdict::Absent if !named => answer.store.push(id()),
        _ => {
            answer.store.push(id());
            answer.twice.insert(id());
        }
    }
}
