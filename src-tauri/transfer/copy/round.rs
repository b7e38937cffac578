//! One round over several folders: where all of them stand, asked for together; and what became of each when the stream
//! is over. Must not know how many pairs of sessions stream.

use super::elsewhere::{self, Before};
use super::lane::Lane;
use super::late;
use super::refiled;
use super::standing::Standing;
use super::strangers::{self, CHANCE};
use super::{Copied, Ends, Rules, Step, from_source, from_target};
use crate::Counts;
use crate::feed::Tally;
use crate::journal::{Edge, Journal, Mark, PairState};
use mail::{Fence, Folder, Listing, Look, Place, Result, Source, Status, Target, Want};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// What all folders of a run are copied with.
#[derive(Clone)]
pub struct Terms {
    pub journal: Journal,
    pub rules: Rules,
    /// What lay in the target before the move.
    pub before: Arc<Mutex<Before>>,
    pub stop: CancellationToken,
}

impl Terms {
    pub(super) fn ends<'a>(
        &'a self,
        lane: &'a Lane,
        source: &'a mut dyn Source,
        target: &'a mut dyn Target,
    ) -> Ends<'a> {
        let Terms { journal, rules, stop, .. } = self;
        let unsure = rules.unsure && !lane.looked;
        Ends { pair: &lane.pair, source, target, journal, rules, unsure, step: &*lane.step, stop }
    }
}

fn look(folder: &Folder, want: Want) -> Look<'_> {
    Look { folder, from: 1, want, since: None }
}

/// Finds out where each folder stands and what is due of it. What fails of one folder alone is noted in its lane.
pub async fn stand(lanes: &mut [Lane], source: &mut dyn Source, target: &mut dyn Target, terms: &Terms) -> Result<()> {
    for lane in lanes.iter_mut().filter(|lane| lane.told == Counts::default()) {
        // What this run gave up in an earlier attempt is not tried again, and stays named.
        if lane.failed.is_empty() {
            terms.journal.forget_problems(&lane.pair.source.path).await?;
        }
        recall(lane, terms).await?;
    }
    stand_some(lanes, source, target, terms, |_| true).await?;
    // What did not only grow since its mark is listed whole.
    stand_some(lanes, source, target, terms, |lane| lane.standing.is_none()).await?;
    await_late(lanes, source, target, terms).await?;
    if lanes.iter().any(|lane| lane.standing.as_ref().is_some_and(|standing| standing.foreign > 0)) {
        strangers::ask(terms).await?;
    }
    elsewhere::find(lanes, source, target, terms).await?;
    refiled::follow(lanes, source, target, terms).await?;
    late::expect(lanes, terms).await?;
    for lane in lanes.iter_mut().filter(|lane| !lane.is_over()) {
        (lane.waited, lane.looked) = (true, true);
        let Some(mut standing) = lane.standing.take() else { continue };
        let mut told = lane.told;
        let mut ends = terms.ends(lane, &mut *source, &mut *target);
        let due = async {
            ends.tell(&standing, &mut told).await?;
            ends.follow(&standing).await?;
            let undecided = std::mem::take(&mut standing.undecided);
            let last = undecided.is_empty();
            let due = match last {
                true => std::mem::take(&mut standing.store),
                false => ends.probe(&mut standing, undecided).await?,
            };
            Ok((due, last))
        }
        .await;
        lane.told = told;
        if let Some((due, last)) = lane.take(due)? {
            (lane.due, lane.last) = (due, last);
            lane.standing = Some(standing);
        }
    }
    // What is slow comes when it is all that is left.
    if lanes.iter().any(Lane::goes_on) {
        lanes.iter_mut().for_each(Lane::leave_slow);
    }
    Ok(())
}

/// What a lost connection left with the target may still be on its way, and a slow server goes on storing it long after:
/// looks again until nothing more of it arrives.
async fn await_late(lanes: &mut [Lane], source: &mut dyn Source, target: &mut dyn Target, terms: &Terms) -> Result<()> {
    let doubt = |lane: &Lane| match &lane.standing {
        Some(standing) if !lane.waited && !lane.is_over() => standing.doubtful.len(),
        _ => 0,
    };
    let all = |lanes: &[Lane]| lanes.iter().map(doubt).sum::<usize>();
    let (mut open, mut patience) = (all(lanes), terms.rules.patience);
    while open > 0 && !patience.is_zero() {
        let moment = async {
            tokio::time::sleep(patience).await;
            Ok(())
        };
        from_target(&terms.stop, moment).await?;
        stand_some(lanes, source, target, terms, |lane| doubt(lane) > 0).await?;
        let left = all(lanes);
        if left >= open {
            break;
        }
        // It does come, one after the other: the next may take as long as two of them.
        (open, patience) = (left, terms.rules.patience * 2);
    }
    Ok(())
}

/// Looks for the mark of an earlier run. A folder that is as it was then is done.
async fn recall(lane: &mut Lane, terms: &Terms) -> Result<()> {
    if terms.rules.put_back || terms.rules.replan {
        return Ok(());
    }
    let (Some(here), Some(there)) = (lane.pair.source.status, lane.there) else { return Ok(()) };
    let Some(state) = terms.journal.pair(&lane.pair.source.path, &lane.pair.target).await? else { return Ok(()) };
    let Some(mark) = terms.journal.mark(state.id).await? else { return Ok(()) };
    if terms.rules.even_if_elsewhere && !terms.journal.elsewhere(state.id).await?.is_empty() {
        return Ok(());
    }
    let is =
        |status: Status, edge: Edge| status.uid_next == Some(edge.uid_next) && status.messages == Some(edge.messages);
    let valid = here.validity == state.source_validity && there.validity == Some(state.target_validity);
    if !valid || !is(there, mark.target) {
        return Ok(());
    }
    if is(here, mark.source) && here.modseq == Some(mark.modseq) {
        let found = u64::from(mark.source.messages);
        let counts =
            Counts { found, already: found - mark.skipped.min(found), skipped: mark.skipped, ..Counts::default() };
        lane.copied = Some(Copied { target: Some(lane.pair.target.clone()), counts, octets: 0 });
        return Ok(());
    }
    lane.mark = Some(mark);
    Ok(())
}

/// Asks both sides at once for all of these lanes.
async fn stand_some(
    lanes: &mut [Lane],
    source: &mut dyn Source,
    target: &mut dyn Target,
    terms: &Terms,
    wanted: impl Fn(&Lane) -> bool,
) -> Result<()> {
    let some: Vec<usize> = (0..lanes.len()).filter(|at| !lanes[*at].is_over() && wanted(&lanes[*at])).collect();
    if some.is_empty() {
        return Ok(());
    }
    let (fences, listings) = {
        let pairs: Vec<_> = some.iter().map(|at| &lanes[*at].pair).collect();
        let places: Vec<Place> = pairs.iter().map(|pair| Place { path: &pair.target, special: pair.special }).collect();
        let want = terms.rules.listing();
        let since = |at: &usize| lanes[*at].mark.as_ref().map(|mark| mark.modseq);
        let looks: Vec<Look> =
            some.iter().map(|at| Look { since: since(at), ..look(&lanes[*at].pair.source, want) }).collect();
        let fences = from_target(&terms.stop, target.prepare_all(&places));
        let listings = from_source(&terms.stop, source.list_all(&looks));
        let (fences, listings) = tokio::join!(fences, listings);
        (fences?, listings?)
    };
    let mut told = Vec::with_capacity(some.len());
    for ((at, fence), listing) in some.into_iter().zip(fences).zip(listings) {
        let lane = &mut lanes[at];
        let fence = lane.take(fence.map_err(|failure| failure.on(mail::Side::Target)))?;
        let listing = lane.take(listing.map_err(|failure| failure.on(mail::Side::Source)))?;
        told.extend(fence.zip(listing).map(|(fence, listing)| (at, fence, listing)));
    }
    let mut begun = begin(lanes, &told, terms).await?;
    for (at, fence, listing) in told {
        let lane = &mut lanes[at];
        let mark = lane.mark.take();
        // What has failed and is deleted since is found no more.
        lane.failed.retain(|id| listing.entries.binary_search_by(|entry| entry.id.cmp(id)).is_ok());
        let mut ends = terms.ends(lane, &mut *source, &mut *target);
        let stood = match (begun.remove(&at), mark) {
            (Some(state), _) => ends.stand_at(state, fence, listing, &lane.failed).await.map(Some),
            (None, Some(mark)) => ends.grown(fence, listing, &mark).await,
            (None, None) => ends.stand(fence, listing, &lane.failed).await.map(Some),
        };
        lane.standing = lane.take(stood)?.flatten();
    }
    Ok(())
}

/// Begins those that the journal does not know, all in one commit: with many folders each would cost its disk one.
async fn begin(lanes: &[Lane], told: &[(usize, Fence, Listing)], terms: &Terms) -> Result<HashMap<usize, PairState>> {
    let known = terms.journal.pairs().await?;
    let known: HashSet<_> = known.iter().map(|pair| (&pair.source, &pair.target)).collect();
    let (mut places, mut firsts) = (Vec::new(), Vec::new());
    for (at, fence, listing) in told {
        let pair = &lanes[*at].pair;
        if !known.contains(&(&pair.source.path, &pair.target)) {
            places.push(*at);
            firsts.push((pair.first(fence, listing), fence.created.then(|| fence.folder.path.clone())));
        }
    }
    if firsts.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(places.into_iter().zip(terms.journal.begin(firsts).await?).collect())
}

/// When the stream is over: sees what became of a folder. It is done, has failed, or goes through another round.
pub async fn conclude(
    lane: &mut Lane,
    tally: Tally,
    due: usize,
    source: &mut dyn Source,
    target: &mut dyn Target,
    terms: &Terms,
) -> Result<()> {
    let Some(standing) = lane.standing.take() else { return Ok(()) };
    lane.told.stored += tally.stored;
    lane.failed.extend(tally.failed.iter().cloned());
    lane.careful.extend(tally.doubtful.iter().cloned());
    if let Some(failure) = tally.failure {
        lane.failure = Some(failure);
        return Ok(());
    }
    if tally.dealt < due {
        // A pair was lost with it: what it left at the target may still be on its way.
        lane.waited = false;
        return Ok(());
    }
    let again = !tally.doubtful.is_empty();
    // Somebody else's UIDs between ours: they are looked at before anything more is stored.
    let between = match tally.stored > 0 {
        true => terms.journal.between(standing.state.id, standing.state.fence).await?,
        false => 0,
    };
    let last = lane.last && !again && between <= standing.foreign + CHANCE;
    // What was stored again may have come a second time meanwhile.
    let late = lane.late && last;
    let concluded = async {
        let mut ends = terms.ends(lane, source, target);
        let mut there = standing.fence.folder.status;
        if tally.loose {
            // No UID was told: reconciling finds what lies behind the fence and is nobody's.
            there = ends.look_again(&lane.failed).await?;
            strangers::ask(terms).await?;
        }
        ends.read_back(&standing, &tally.sample, !lane.last).await?;
        if !last {
            return Ok(None);
        }
        if late {
            there = ends.look_again(&lane.failed).await?;
        }
        let there = there.filter(|_| late || tally.loose || tally.stored == 0);
        copied(lane, standing, &tally, there, terms).await.map(Some)
    }
    .await;
    lane.copied = lane.take(concluded)?.flatten();
    Ok(())
}

/// Keeps the marks of the folders that are done, all in one commit.
pub async fn keep_marks(lanes: &mut [Lane], journal: &Journal) -> Result<()> {
    let marks: Vec<_> = lanes.iter_mut().filter_map(|lane| lane.leaves.take()).collect();
    if marks.is_empty() { Ok(()) } else { journal.set_marks(marks).await }
}

/// `there`: the target folder as it is now, if it was asked.
async fn copied(
    lane: &mut Lane,
    standing: Standing,
    tally: &Tally,
    there: Option<Status>,
    terms: &Terms,
) -> Result<Copied> {
    let counts =
        Counts { stored: standing.counts.stored + tally.stored, failed: lane.failed.len() as u64, ..standing.counts };
    let octets = terms.journal.octets_of_this_run(standing.state.id).await?;
    let before = standing.fence.folder.status.and_then(|status| status.messages);
    let messages = before.map(|before| before.saturating_add(tally.stored as u32));
    let uid_next = match there {
        // Somebody else may have been at work meanwhile: then the next run looks for itself.
        Some(there) => there.uid_next.filter(|_| there.messages == messages),
        None => terms.journal.last_uid(standing.state.id).await?.and_then(|uid| uid.checked_add(1)),
    };
    if let (true, 0, Some((source, modseq)), Some(uid_next), Some(messages)) =
        (standing.clean, counts.failed, standing.edge, uid_next, messages)
    {
        let target = Edge { uid_next, messages };
        let mark = Mark { source, modseq, target, skipped: counts.skipped };
        lane.leaves = Some((standing.state.id, mark));
    }
    Ok(Copied { target: Some(standing.fence.folder.path), counts, octets })
}

/// Would-be counts of each folder, without a change anywhere.
pub async fn check(lanes: &mut [Lane], source: &mut dyn Source, target: &mut dyn Target, terms: &Terms) -> Result<()> {
    let folders = from_target(&terms.stop, target.folders()).await?;
    let found: Vec<Option<&Folder>> = lanes
        .iter()
        .map(|lane| folders.iter().find(|folder| folder.path == lane.pair.target && folder.selectable))
        .collect();
    let there: Vec<Look> =
        found.iter().flatten().map(|folder| Look { from: u32::MAX, ..look(folder, Want::Flags) }).collect();
    let here: Vec<Look> = lanes.iter().map(|lane| look(&lane.pair.source, terms.rules.listing())).collect();
    let here = from_source(&terms.stop, source.list_all(&here));
    let there = from_target(&terms.stop, target.list_all(&there));
    let (here, there) = tokio::join!(here, there);
    let mut there = there?.into_iter();
    for ((lane, listing), found) in lanes.iter_mut().zip(here?).zip(found) {
        let there: Option<Result<Listing>> = found.and_then(|_| there.next());
        let looked = async {
            let listing = listing.map_err(|failure| failure.on(mail::Side::Source))?;
            let there = match (found, there) {
                (Some(folder), Some(told)) => {
                    Some((folder.clone(), told.map_err(|failure| failure.on(mail::Side::Target))?))
                }
                _ => None,
            };
            terms.ends(lane, &mut *source, &mut *target).look(listing, there).await
        }
        .await;
        lane.standing = lane.take(looked)?;
    }
    elsewhere::find(lanes, source, target, terms).await?;
    for lane in lanes.iter_mut().filter(|lane| !lane.is_over()) {
        if let Some(standing) = lane.standing.take() {
            lane.copied = Some(would_be(lane, standing));
        }
    }
    Ok(())
}

fn would_be(lane: &Lane, standing: Standing) -> Copied {
    // What the last run stored is there already.
    let already = standing.counts.already + standing.counts.stored;
    let counts = Counts { stored: standing.store.len() as u64, already, ..standing.counts };
    let octets = standing.store.iter().map(|(_, size)| u64::from(*size)).sum();
    for step in [
        Step::Found(counts.found),
        Step::Already(counts.already),
        Step::Skipped(counts.skipped),
        Step::Gone(counts.gone),
        Step::Stored { messages: counts.stored, octets },
    ] {
        (lane.step)(step);
    }
    Copied { target: standing.exists.then_some(standing.fence.folder.path), counts, octets }
}
