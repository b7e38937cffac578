//! Mail that was refiled at the source between two runs: our copy follows it by UID MOVE, while nobody has touched it at
//! the target. Equal octets and the same date make it the same message; what the ledger says of ours is enough, and
//! nothing of the target is read for it. Must not move what is not ours.

use super::elsewhere::Wanted;
use super::lane::Lane;
use super::reading::{READ, dated};
use super::round::Terms;
use super::{from_source, from_target};
use crate::journal::{Brief, Claim, Intent, Kept, Ledger, PairId, State, Strength};
use crate::reconcile::TargetItem;
use mail::{HeaderHash, InternalDate, MessageId, Reach, Result, Source, Target};
use std::collections::{BTreeMap, HashMap, HashSet};

/// One of ours, whose message is no longer where it was at the source.
struct Leaving {
    /// Number of its lane.
    from: usize,
    uid: u32,
    kept: Kept,
    taken: bool,
}

/// Moves what has left one of these folders for another. What was moved is due no more.
pub(super) async fn follow(
    lanes: &mut [Lane],
    source: &mut dyn Source,
    target: &mut dyn Target,
    terms: &Terms,
) -> Result<()> {
    let mut leaving = leaving(lanes, terms).await?;
    if leaving.is_empty() {
        return Ok(());
    }
    for to in 0..lanes.len() {
        let Some(standing) = lanes[to].standing.as_ref().filter(|_| !lanes[to].is_over()) else { continue };
        // What was to be moved before is among them: its copy is still where it was.
        let mut wanted: Vec<Wanted> = standing.store.iter().map(|(id, size)| Wanted::new(id.clone(), *size)).collect();
        wanted.retain(|wanted| like(&leaving, to, wanted).next().is_some());
        if wanted.is_empty() {
            continue;
        }
        let narrowed = terms.ends(&lanes[to], &mut *source, &mut *target).narrow(&mut wanted).await;
        if lanes[to].take(narrowed)?.is_none() {
            continue;
        }
        wanted.retain(|wanted| like(&leaving, to, wanted).next().is_some());
        let mut moves: BTreeMap<usize, Vec<(MessageId, usize)>> = BTreeMap::new();
        for some in wanted.chunks(READ) {
            let ids: Vec<MessageId> = some.iter().map(|wanted| wanted.id.clone()).collect();
            let read = from_source(&terms.stop, dated(&mut *source, &lanes[to].pair.source, &ids)).await;
            let Some(read) = lanes[to].take(read)? else { break };
            for wanted in some {
                let Some((print, date)) = read.get(&wanted.id).copied().flatten() else { continue };
                let seconds = |date: Option<InternalDate>| date.map(|date| date.seconds);
                let same = |at: &usize| {
                    let kept = &leaving[*at].kept;
                    kept.print.sha256 == print.sha256 && seconds(kept.date) == seconds(date)
                };
                let found = like(&leaving, to, wanted).find(same);
                if let Some(at) = found {
                    leaving[at].taken = true;
                    moves.entry(leaving[at].from).or_default().push((wanted.id.clone(), at));
                }
            }
        }
        for (from, moves) in moves {
            if !lanes[to].is_over() {
                relocate(lanes, (from, to), &moves, &leaving, (&mut *source, &mut *target), terms).await?;
            }
        }
    }
    Ok(())
}

/// Numbers of those that may be this message of another folder.
fn like(leaving: &[Leaving], to: usize, wanted: &Wanted) -> impl Iterator<Item = usize> {
    let size = u64::from(wanted.size);
    let first = leaving.partition_point(|one| one.kept.print.octets < size);
    let same = leaving[first..].iter().take_while(move |one| one.kept.print.octets == size);
    let alike = move |one: &Leaving| {
        !one.taken && one.from != to && wanted.header.is_none_or(|header| header == one.kept.print.header)
    };
    same.enumerate().filter(move |(_, one)| alike(one)).map(move |(at, _)| first + at)
}

/// In ascending order of size.
async fn leaving(lanes: &[Lane], terms: &Terms) -> Result<Vec<Leaving>> {
    let mut leaving = Vec::new();
    for (from, lane) in lanes.iter().enumerate() {
        let Some(standing) = lane.standing.as_ref().filter(|standing| !standing.left.is_empty()) else { continue };
        let uids: HashMap<&MessageId, u32> = standing.left.iter().map(|(id, uid)| (id, *uid)).collect();
        let ids = standing.left.iter().map(|(id, _)| id.clone()).collect();
        let mut kept = terms.journal.kept(standing.state.id, ids).await?;
        if terms.journal.strength().await? != Some(Strength::Octets) {
            // Which UID is whose may be known by the header alone.
            let mut owners: HashMap<HeaderHash, usize> = HashMap::new();
            for (_, header) in terms.journal.headers(standing.state.id).await? {
                *owners.entry(header).or_default() += 1;
            }
            kept.retain(|kept| owners.get(&kept.print.header) == Some(&1));
        }
        leaving.extend(kept.into_iter().filter_map(|kept| {
            let uid = *uids.get(&kept.id)?;
            Some(Leaving { from, uid, kept, taken: false })
        }));
    }
    leaving.sort_by_key(|one| one.kept.print.octets);
    Ok(leaving)
}

/// `moves`: ids at the source now, and number of what leaves.
async fn relocate(
    lanes: &mut [Lane],
    (from, to): (usize, usize),
    moves: &[(MessageId, usize)],
    leaving: &[Leaving],
    (source, target): (&mut dyn Source, &mut dyn Target),
    terms: &Terms,
) -> Result<()> {
    let (Some(old), Some(new)) = (&lanes[from].standing, &lanes[to].standing) else { return Ok(()) };
    let (here, there): ((PairId, _), (PairId, _)) =
        ((old.state.id, old.fence.folder.clone()), (new.state.id, new.fence.folder.clone()));
    let intend = |(id, at): &(MessageId, usize)| {
        let Kept { print, flags, date, .. } = &leaving[*at].kept;
        Intent { id: id.clone(), print: *print, flags: flags.clone(), date: *date, of: None }
    };
    // Like everything that is stored: if the answer is lost, the next run looks for it there.
    let intents = moves.iter().map(intend).collect();
    terms.journal.commit(there.0, Ledger { intents, ..Ledger::default() }).await?;
    let uids: Vec<MessageId> = moves.iter().map(|(_, at)| MessageId::Uid(leaving[*at].uid)).collect();
    let moved = match from_target(&terms.stop, target.relocate(&here.1, &uids, &there.1)).await {
        // It does not move messages, or not these; nobody knows whether all of them stayed.
        Err(failure) if failure.reach <= Reach::Folder => return again(&mut lanes[to], source, target, terms).await,
        moved => moved?,
    };
    let now: HashMap<MessageId, Option<u32>> = moved.into_iter().collect();
    let (mut claims, mut gone) = (Vec::new(), Vec::new());
    for ((id, at), uid) in moves.iter().zip(&uids) {
        let (id, uid) = (id.clone(), now.get(uid).copied().flatten());
        claims.push(Claim { id, state: State::Stored, uid, code: None, print: None });
        gone.push(leaving[*at].kept.id.clone());
    }
    let loose = claims.iter().any(|claim| claim.uid.is_none());
    terms.journal.refiled((here.0, gone), (there.0, claims)).await?;
    if loose {
        return again(&mut lanes[to], source, target, terms).await;
    }
    if let Some(standing) = &mut lanes[to].standing {
        let moved: HashSet<&MessageId> = moves.iter().map(|(id, _)| id).collect();
        standing.store.retain(|(id, _)| !moved.contains(id));
        standing.counts.already += moves.len() as u64;
        standing.clean = false;
    }
    Ok(())
}

/// Where the folder stands now.
async fn again(lane: &mut Lane, source: &mut dyn Source, target: &mut dyn Target, terms: &Terms) -> Result<()> {
    let failed = std::mem::take(&mut lane.failed);
    let stands = terms.ends(lane, source, target).stand_again(&failed).await;
    lane.failed = failed;
    lane.standing = lane.take(stands)?;
    Ok(())
}

/// Of those that are deleted at the source, what nobody has touched at the target.
pub(super) fn left(deleted: &[MessageId], rows: &[Brief], target: &[TargetItem]) -> Vec<(MessageId, u32)> {
    let untouched = |id: &MessageId| {
        let row = &rows[rows.binary_search_by(|row| row.id.cmp(id)).ok()?];
        let uid = row.uid.filter(|_| row.state == State::Stored && !row.twice)?;
        let there = &target[target.binary_search_by_key(&uid, |item| item.uid).ok()?];
        (there.flags == row.flags).then(|| (id.clone(), uid))
    };
    deleted.iter().filter_map(untouched).collect()
}
