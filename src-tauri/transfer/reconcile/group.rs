//! One group: messages with the same header hash that want a place at the target, and what the target holds of
//! that header.

use super::{Question, SourceItem, TargetItem};
use crate::journal::{Brief, Print, Strength};
use mail::{HeaderHash, MessageId, Sha256};
use std::collections::{HashMap, HashSet, VecDeque};

/// Who claims first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Done, under a UID that is not known.
    Loose,
    /// Intended, not settled.
    Doubt,
    /// Done, and not found when the folder was looked through under new UIDs: its owner may have brought it back.
    Gone,
    New,
}

impl Kind {
    /// It was at the target once.
    pub fn is_done(self) -> bool {
        matches!(self, Kind::Loose | Kind::Gone)
    }
}

#[derive(Debug)]
pub struct Claimant<'a> {
    pub kind: Kind,
    pub id: &'a MessageId,
    pub row: Option<&'a Brief>,
    pub header: Option<HeaderHash>,
    pub at_source: bool,
    pub skip: bool,
}

impl<'a> Claimant<'a> {
    pub fn new(question: &Question, item: &'a SourceItem, row: Option<&'a Brief>, kind: Kind) -> Self {
        let printed = || print(question, &item.id).map(|print| print.header);
        // What was given to the target in another form is looked for in that form.
        let header = match row {
            Some(row) if row.repaired && kind != Kind::New => printed().or(item.header),
            _ => item.header.or_else(printed),
        };
        Self { kind, id: &item.id, row, header, at_source: true, skip: item.skip }
    }

    /// No longer at the source, but its copy is not another's.
    pub fn orphan(question: &Question, row: &'a Brief, kind: Kind) -> Self {
        let header = print(question, &row.id).map(|print| print.header);
        Self { kind, id: &row.id, row: Some(row), header, at_source: false, skip: false }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// At the target, under this UID.
    Found(u32),
    Absent,
    /// It may be there, and nobody can tell.
    Undecidable,
    /// It depends on what this target preserves, which is not known yet.
    Undecided,
}

/// What must be read before a group can be decided.
#[derive(Debug, Default)]
pub struct Lacking {
    pub source: Vec<MessageId>,
    pub target: Vec<u32>,
}

fn print(question: &Question, id: &MessageId) -> Option<Print> {
    question.prints.source.get(id).copied().flatten()
}

/// The free messages, given out once each.
struct Free<'a> {
    fence: u32,
    /// Only the header tells.
    weak: bool,
    items: VecDeque<&'a TargetItem>,
}

impl Free<'_> {
    /// What may be ours lies from the fence on; what was there before anyone may claim.
    fn claim(&mut self, kind: Kind) -> Option<u32> {
        match kind {
            #[cfg(test)]
            Kind::New if crate::mutant::is(crate::mutant::Mutant::MultisetForgotten) => self.items.front().copied(),
            // What lies behind the fence came since: by us, and then it was intended, or as another message.
            Kind::New if self.weak => self.items.pop_front_if(|item| item.uid < self.fence),
            Kind::New => self.items.pop_front(),
            _ => self.items.pop_back_if(|item| item.uid >= self.fence),
        }
        .map(|item| item.uid)
    }
}

/// A verdict for each claimant, which come in order of kind; `items` are in order of UID. `leftovers`: something was
/// stored twice, and its second copy is nobody's.
pub fn decide(
    question: &Question,
    claimants: &[&Claimant],
    items: &[TargetItem],
    leftovers: bool,
) -> Result<Vec<Verdict>, Lacking> {
    let mut verdicts = vec![Verdict::Absent; claimants.len()];
    if items.is_empty() {
        return Ok(verdicts);
    }
    let prints: Vec<Option<Print>> = claimants.iter().map(|claimant| print(question, claimant.id)).collect();
    let everybody: Vec<usize> = (0..claimants.len()).collect();
    // Messages that are done only look for their UIDs: which of several identical ones is whose does not matter, unless
    // there are more than ours.
    let alike = prints.iter().all(|print| print.is_some() && *print == prints[0]);
    let done = claimants.iter().all(|claimant| claimant.kind.is_done()) && items.len() <= claimants.len();
    if question.estimate || (done && alike) {
        give(question, claimants, &prints, &everybody, items.iter().collect(), false, &mut verdicts);
        return Ok(verdicts);
    }
    let lacking = Lacking {
        source: claimants
            .iter()
            .filter(|claimant| !question.prints.source.contains_key(claimant.id))
            .map(|claimant| claimant.id.clone())
            .collect(),
        target: items.iter().map(|item| item.uid).filter(|uid| !question.prints.target.contains_key(uid)).collect(),
    };
    if !(lacking.source.is_empty() && lacking.target.is_empty()) {
        return Err(lacking);
    }

    let mut equal: HashMap<Sha256, (Vec<usize>, Vec<&TargetItem>)> = HashMap::new();
    for at in &everybody {
        if let Some(print) = prints[*at] {
            equal.entry(print.sha256).or_default().0.push(*at);
        }
    }
    let mut free = Vec::new();
    for item in items {
        match target_print(question, item).and_then(|print| equal.get_mut(&print.sha256)) {
            Some((_, items)) => items.push(item),
            None => free.push(item),
        }
    }
    for (to, items) in equal.into_values() {
        free.extend(give(question, claimants, &prints, &to, items, false, &mut verdicts));
    }
    free.sort_unstable_by_key(|item| item.uid);
    let rest: Vec<usize> = everybody.into_iter().filter(|at| verdicts[*at] == Verdict::Absent).collect();
    if !rest.is_empty() && !free.is_empty() {
        by_strength(question, claimants, &prints, rest, free, leftovers, &mut verdicts);
    }
    // What had another UID may have been taken out, and what was found for it be the equal one that is in doubt.
    let had = |at: usize| claimants[at].row.is_some_and(|row| row.uid == Some(0));
    let of_two: HashSet<Sha256> = (0..claimants.len())
        .filter(|at| matches!(verdicts[*at], Verdict::Found(_)) && had(*at))
        .filter_map(|at| prints[at].map(|print| print.sha256))
        .collect();
    for (at, verdict) in verdicts.iter_mut().enumerate() {
        let equal = prints[at].is_some_and(|print| of_two.contains(&print.sha256));
        if *verdict == Verdict::Absent && claimants[at].kind == Kind::Doubt && equal {
            *verdict = Verdict::Undecidable;
        }
    }
    Ok(verdicts)
}

fn target_print(question: &Question, item: &TargetItem) -> Option<Print> {
    question.prints.target.get(&item.uid).copied().flatten()
}

/// Same header, other octets: it depends on what this target makes of octets.
fn by_strength(
    question: &Question,
    claimants: &[&Claimant],
    prints: &[Option<Print>],
    rest: Vec<usize>,
    free: Vec<&TargetItem>,
    leftovers: bool,
    verdicts: &mut [Verdict],
) {
    // A message without any of the fields is like every other such message.
    let strength = question
        .strength
        .map(|known| if claimants[0].header == Some(HeaderHash::of(b"")) { Strength::Nothing } else { known });
    match strength {
        None => rest.iter().for_each(|at| verdicts[*at] = Verdict::Undecided),
        // It preserves octets, but some servers mend single messages.
        Some(Strength::Octets | Strength::Nothing) => {
            let open = open(question, claimants, rest, &free);
            open.iter().for_each(|at| verdicts[*at] = Verdict::Undecidable);
        }
        Some(Strength::Header) => weakly(question, claimants, prints, &rest, free, leftovers, verdicts),
        Some(Strength::HeaderAndSize) => {
            let mut sizes: HashMap<u64, (Vec<usize>, Vec<&TargetItem>)> = HashMap::new();
            for at in rest {
                match prints[at] {
                    Some(print) => sizes.entry(print.octets).or_default().0.push(at),
                    None => verdicts[at] = Verdict::Undecidable,
                }
            }
            for item in free {
                if let Some(print) = target_print(question, item) {
                    sizes.entry(print.octets).or_default().1.push(item);
                }
            }
            for (rest, free) in sizes.into_values().filter(|(rest, free)| !rest.is_empty() && !free.is_empty()) {
                weakly(question, claimants, prints, &rest, free, leftovers, verdicts);
            }
        }
    }
}

/// Those of `rest` that may be among the free ones. If all of these came since the move was begun, and are no more than
/// what is in doubt, none of them is what was never given to this target.
fn open(question: &Question, claimants: &[&Claimant], mut rest: Vec<usize>, free: &[&TargetItem]) -> Vec<usize> {
    let doubts = rest.iter().filter(|at| claimants[**at].kind != Kind::New).count();
    if question.since && free.len() <= doubts && free.iter().all(|item| item.uid >= question.fence) {
        rest.retain(|at| claimants[*at].kind != Kind::New);
    }
    rest
}

/// Claims by number alone, as long as it does not matter which is which: enough for all, or all alike.
fn weakly(
    question: &Question,
    claimants: &[&Claimant],
    prints: &[Option<Print>],
    rest: &[usize],
    free: Vec<&TargetItem>,
    leftovers: bool,
    verdicts: &mut [Verdict],
) {
    let (gone, rest): (Vec<usize>, Vec<usize>) = rest.iter().partition(|at| claimants[**at].kind == Kind::Gone);
    let (done, mut open): (Vec<usize>, Vec<usize>) =
        rest.into_iter().partition(|at| claimants[*at].kind == Kind::Loose);
    let sha256 = |at: usize| prints[at].map(|print| print.sha256);
    let alike = |some: &[usize]| some.iter().all(|at| sha256(*at) == sha256(some[0]));
    // What had another UID may be there or not, and so may what is in doubt: who is who of too few nobody can tell.
    let had = |at: &usize| claimants[*at].row.is_some_and(|row| row.uid == Some(0));
    let all = [&*done, &*open, &*gone].concat();
    if free.len() < all.len() && all.iter().any(had) && !alike(&all) {
        let (doubt, new) = open.into_iter().partition(|at| claimants[*at].kind == Kind::Doubt);
        let doubt: Vec<usize> = doubt;
        doubt.into_iter().for_each(|at| verdicts[at] = Verdict::Undecidable);
        open = new;
    }
    let free = give(question, claimants, prints, &done, free, true, verdicts);
    let open = self::open(question, claimants, open, &free);
    let alike = alike(&open);
    if !leftovers && (free.len() >= open.len() || alike) {
        let free = give(question, claimants, prints, &open, free, true, verdicts);
        let free = give(question, claimants, prints, &gone, free, true, verdicts);
        let left = open.iter().filter(|at| verdicts[**at] == Verdict::Absent && claimants[**at].kind == Kind::New);
        let left: Vec<usize> = left.copied().filter(|_| !free.is_empty()).collect();
        left.into_iter().for_each(|at| verdicts[at] = Verdict::Undecidable);
    } else if !free.is_empty() {
        open.iter().for_each(|at| verdicts[*at] = Verdict::Undecidable);
    }
}

/// Gives the free messages (in order of UID) to these claimants in their order, and returns what is left. Whose
/// flags and date agree comes first: of two identical messages one may have arrived, and the other not.
fn give<'a>(
    question: &Question,
    claimants: &[&Claimant],
    prints: &[Option<Print>],
    to: &[usize],
    items: Vec<&'a TargetItem>,
    weak: bool,
    verdicts: &mut [Verdict],
) -> Vec<&'a TargetItem> {
    let fence = question.fence;
    let mut marked: HashMap<Option<u64>, Free> = HashMap::new();
    for item in items {
        let mark = target_print(question, item).map(|print| print.mark);
        marked.entry(mark).or_insert(Free { fence, weak, items: VecDeque::new() }).items.push_back(item);
    }
    for at in to {
        let free = prints[*at].and_then(|print| marked.get_mut(&Some(print.mark)));
        if let Some(uid) = free.and_then(|free| free.claim(claimants[*at].kind)) {
            verdicts[*at] = Verdict::Found(uid);
        }
    }
    let mut left: Vec<&TargetItem> = marked.into_values().flat_map(|free| free.items).collect();
    left.sort_unstable_by_key(|item| item.uid);
    let mut free = Free { fence, weak, items: left.into() };
    for at in to {
        if !matches!(verdicts[*at], Verdict::Found(_))
            && let Some(uid) = free.claim(claimants[*at].kind)
        {
            verdicts[*at] = Verdict::Found(uid);
        }
    }
    free.items.into()
}
