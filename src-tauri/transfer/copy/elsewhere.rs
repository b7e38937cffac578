//! Mail that lay in the target before the move, in another folder than its own: the provider's own mover, a rule or the
//! person has brought it, and it is not stored again. Its octets are compared. A copy answers for one message only, and
//! in its own folder first: what a folder's own messages claim is none of the others'. Must not be asked of what comes
//! later: it looks at what lay there before the first run, until that has come to its end.

use super::lane::Lane;
use super::reading::{READ, prints};
use super::round::Terms;
use super::standing::Standing;
use super::{Ends, from_source, from_target};
use crate::journal::{Brief, Claim, Ledger, Print, Spot, State, Taken};
use crate::reconcile::{Need, Prints, Renewed, SourceItem, TargetItem, renew};
use crate::{Problem, special};
use mail::{
    Fence, Folder, FolderPath, HeaderHash, Look, MessageId, Reach, Result, Sha256, Source, SpecialUse, Target, Want,
};
use std::collections::HashSet;
use tokio_util::sync::CancellationToken;

/// So few messages are read at once; of more the headers tell first which are worth it.
const FEW: usize = 32;

/// A folder that held mail before the move: its path, its UIDVALIDITY, and the first UID that came later.
pub type Lain = (Vec<String>, u32, u32);

/// What lay in the target before the move and answers for no message yet.
#[derive(Default)]
pub struct Before {
    held: Vec<Held>,
    /// In ascending order of size. None: not listed yet.
    spares: Option<Vec<Spare>>,
    /// Places whose own messages were not compared with them yet.
    closed: HashSet<FolderPath>,
}

struct Held {
    folder: Folder,
    validity: u32,
    next: u32,
    /// What its own messages claim is taken away.
    open: bool,
    /// By its own messages, as a check finds them.
    claimed: HashSet<u32>,
}

/// One message: 64 octets.
struct Spare {
    /// As listed.
    size: u32,
    header: Option<HeaderHash>,
    sha256: Option<Sha256>,
    uid: u32,
    /// Number of its folder.
    at: u16,
    used: bool,
}

/// A message that is to be stored, with what is known of it.
pub(super) struct Wanted {
    pub id: MessageId,
    pub size: u32,
    pub header: Option<HeaderHash>,
}

impl Wanted {
    pub fn new(id: MessageId, size: u32) -> Self {
        Self { id, size, header: None }
    }
}

impl Before {
    /// The folders that hold mail, as a survey tells of them. What is thrown away is nobody's copy, and a virtual folder
    /// shows those of others.
    pub fn lain(folders: &[Folder]) -> Vec<Lain> {
        use SpecialUse::{All, Flagged, Important, Junk, Trash};
        let counts = |folder: &&Folder| !matches!(special::of(folder), Some(All | Flagged | Important | Junk | Trash));
        let lain = |folder: &Folder| {
            let status = folder.status.filter(|status| status.messages.is_some_and(|messages| messages > 0))?;
            Some((folder.path.0.clone(), status.validity?, status.uid_next?))
        };
        folders.iter().filter(|folder| folder.selectable).filter(counts).filter_map(lain).collect()
    }

    /// `folders` are the target's now, `places` those that are given to folders of the source.
    pub fn new(lain: Vec<Lain>, folders: &[Folder], places: impl Iterator<Item = FolderPath>) -> Self {
        let held = lain.into_iter().filter_map(|(path, validity, next)| {
            let same = |folder: &&Folder| {
                folder.path.0 == path && folder.status.is_some_and(|status| status.validity == Some(validity))
            };
            let folder = folders.iter().find(same)?.clone();
            Some(Held { folder, validity, next, open: false, claimed: HashSet::new() })
        });
        Self { held: held.take(usize::from(u16::MAX)).collect(), spares: None, closed: places.collect() }
    }

    /// Whether mail lay there: its own messages are compared with it before those of others.
    pub fn lay_in(&self, place: &FolderPath) -> bool {
        self.held.iter().any(|held| held.folder.path == *place)
    }

    /// These folders have claimed what they can.
    fn note(&mut self, lanes: &[Lane]) {
        for lane in lanes.iter().filter(|lane| lane.standing.is_some() || lane.copied.is_some()) {
            self.closed.remove(&lane.pair.target);
            let held = self.held.iter_mut().find(|held| held.folder.path == lane.pair.target);
            if let (Some(held), Some(standing)) = (held, &lane.standing) {
                held.claimed.extend(&standing.claimed);
            }
        }
    }

    /// Whether any of them may be answered for.
    fn serves(&self, lane: &Lane) -> bool {
        let fresh = |standing: &Standing| standing.store.iter().any(|(id, _)| !standing.tried.contains(id));
        let due = lane.standing.as_ref().is_some_and(fresh);
        let other = |held: &Held| held.folder.path != lane.pair.target && !self.closed.contains(&held.folder.path);
        due && self.held.iter().any(other)
    }

    async fn list(&mut self, target: &mut dyn Target, terms: &Terms) -> Result<()> {
        if self.spares.is_some() {
            return Ok(());
        }
        let looks: Vec<Look> = self
            .held
            .iter()
            .map(|held| Look { folder: &held.folder, from: 1, want: Want::Headers, since: None })
            .collect();
        let listings = from_target(&terms.stop, target.list_all(&looks)).await?;
        let mut spares = Vec::new();
        for (at, (held, listing)) in self.held.iter().zip(listings).enumerate() {
            // One that cannot be opened answers for nothing.
            let Some(listing) = listing.ok().filter(|listing| listing.validity == Some(held.validity)) else {
                continue;
            };
            spares.extend(listing.entries.into_iter().filter_map(|entry| {
                let uid = entry.id.uid().filter(|uid| *uid < held.next)?;
                let (size, header) = (entry.size?, entry.header);
                Some(Spare { size, header, sha256: None, uid, at: at as u16, used: false })
            }));
        }
        spares.sort_unstable_by_key(|spare| (spare.size, spare.at, spare.uid));
        self.spares = Some(spares);
        Ok(())
    }

    /// Takes away what the folders' own messages claim.
    async fn open(&mut self, terms: &Terms) -> Result<()> {
        for (at, held) in self.held.iter_mut().enumerate() {
            if held.open || self.closed.contains(&held.folder.path) {
                continue;
            }
            let mut claimed = terms.journal.claimed(&held.folder.path, held.validity).await?;
            claimed.extend(held.claimed.drain());
            if let Some(spares) = &mut self.spares {
                spares.retain(|spare| usize::from(spare.at) != at || !claimed.contains(&spare.uid));
            }
            held.open = true;
        }
        Ok(())
    }

    /// Numbers of those that may be this message, in another folder than `own`.
    fn like(&self, own: &FolderPath, wanted: &Wanted) -> impl Iterator<Item = usize> {
        let spares = self.spares.as_deref().unwrap_or_default();
        let first = spares.partition_point(|spare| spare.size < wanted.size);
        let alike = move |spare: &Spare| {
            let held = &self.held[usize::from(spare.at)];
            let header = spare.header.zip(wanted.header).is_none_or(|(there, here)| there == here);
            !spare.used && header && held.open && held.folder.path != *own
        };
        let same = spares[first..].iter().take_while(move |spare| spare.size == wanted.size);
        same.enumerate().filter(move |(_, spare)| alike(spare)).map(move |(at, _)| first + at)
    }

    /// The first that is this message answers for it, and for no other.
    fn take(&mut self, own: &FolderPath, wanted: &Wanted, is: impl Fn(&Spare) -> bool) -> Option<Spot> {
        let spares = self.spares.as_deref()?;
        let at = self.like(own, wanted).find(|at| is(&spares[*at]))?;
        let spare = self.spares.as_mut()?.get_mut(at)?;
        spare.used = true;
        #[cfg(test)]
        if crate::mutant::is(crate::mutant::Mutant::SpareForgotten) {
            spare.used = false;
        }
        let held = &self.held[usize::from(spare.at)];
        Some(Spot { place: held.folder.path.clone(), validity: held.validity, uid: spare.uid })
    }

    /// Reads those that may be one of these; one that cannot be read answers for nothing.
    async fn read(
        &mut self,
        own: &FolderPath,
        wanted: &[Wanted],
        target: &mut dyn Target,
        stop: &CancellationToken,
    ) -> Result<()> {
        let mut unread: Vec<usize> = wanted.iter().flat_map(|wanted| self.like(own, wanted)).collect();
        unread.sort_unstable();
        unread.dedup();
        let Some(spares) = &mut self.spares else { return Ok(()) };
        unread.retain(|at| spares[*at].sha256.is_none());
        for (number, held) in self.held.iter().enumerate() {
            let here: Vec<usize> = unread.iter().copied().filter(|at| usize::from(spares[*at].at) == number).collect();
            for some in here.chunks(READ) {
                let mut ids: Vec<MessageId> = some.iter().map(|at| MessageId::Uid(spares[*at].uid)).collect();
                ids.sort_unstable();
                let read = match from_target(stop, prints(&mut *target, &held.folder, &ids)).await {
                    Err(failure) if failure.reach <= Reach::Folder => Default::default(),
                    read => read?,
                };
                for at in some {
                    let spare = &mut spares[*at];
                    let print = read.get(&MessageId::Uid(spare.uid)).copied().flatten();
                    (spare.sha256, spare.used) = (print.map(|print| print.sha256), print.is_none());
                }
            }
        }
        Ok(())
    }
}

/// Looks for what is due of these folders elsewhere. What is found is due no more.
pub(super) async fn find(
    lanes: &mut [Lane],
    source: &mut dyn Source,
    target: &mut dyn Target,
    terms: &Terms,
) -> Result<()> {
    let mut before = terms.before.lock().await;
    before.note(lanes);
    if !lanes.iter().any(|lane| before.serves(lane)) {
        return Ok(());
    }
    before.list(target, terms).await?;
    before.open(terms).await?;
    for lane in lanes.iter_mut().filter(|lane| !lane.is_over()) {
        let Some(mut standing) = lane.standing.take() else { continue };
        let found = terms.ends(lane, &mut *source, &mut *target).find_elsewhere(&mut standing, &mut before).await;
        if let Some(notices) = lane.take(found)? {
            lane.notices.extend(notices);
            lane.standing = Some(standing);
        }
    }
    Ok(())
}

impl Ends<'_> {
    /// A notice for each that is found, noted where something is stored.
    async fn find_elsewhere(&mut self, standing: &mut Standing, before: &mut Before) -> Result<Vec<Problem>> {
        let own = self.pair.target.clone();
        // What the ledger knows was not there once, or is in doubt.
        let fresh = standing.store.iter().filter(|(id, _)| !standing.tried.contains(id));
        let mut wanted: Vec<Wanted> = fresh.map(|(id, size)| Wanted::new(id.clone(), *size)).collect();
        wanted.retain(|wanted| before.like(&own, wanted).next().is_some());
        if !wanted.is_empty() {
            self.narrow(&mut wanted).await?;
            wanted.retain(|wanted| before.like(&own, wanted).next().is_some());
        }
        let mut notices = Vec::new();
        for some in wanted.chunks_mut(READ) {
            let mut ledger = Ledger::default();
            let mut read = Default::default();
            if self.rules.store {
                let ids: Vec<MessageId> = some.iter().map(|wanted| wanted.id.clone()).collect();
                read = from_source(self.stop, prints(&mut *self.source, &self.pair.source, &ids)).await?;
                for wanted in some.iter_mut() {
                    wanted.header = read.get(&wanted.id).copied().flatten().map(|print| print.header);
                }
                before.read(&own, some, &mut *self.target, self.stop).await?;
            }
            for wanted in some.iter() {
                let print = read.get(&wanted.id).copied().flatten();
                let spot = before.take(&own, wanted, |spare| match print {
                    Some(print) => spare.sha256 == Some(print.sha256),
                    // A check reads no octets.
                    None => !self.rules.store && spare.header.is_some() && spare.header == wanted.header,
                });
                let Some(spot) = spot else { continue };
                let mut notice = self.notices("already_elsewhere", std::slice::from_ref(&wanted.id));
                notice.iter_mut().for_each(|notice| notice.detail = Some(spot.place.to_string()));
                ledger.problems.append(&mut notice);
                let (id, state) = (wanted.id.clone(), State::Elsewhere);
                ledger.claims.push(Claim { id, state, uid: None, code: None, print });
                ledger.elsewhere.push((wanted.id.clone(), spot));
            }
            let found: HashSet<MessageId> = ledger.claims.iter().map(|claim| claim.id.clone()).collect();
            standing.store.retain(|(id, _)| !found.contains(id));
            standing.counts.already += found.len() as u64;
            standing.clean &= found.is_empty();
            if self.rules.store {
                self.journal.commit(standing.state.id, ledger).await?;
            } else {
                notices.append(&mut ledger.problems);
            }
        }
        Ok(notices)
    }

    /// UIDs of this folder of the target that answer for messages of others. If it is numbered anew they are looked for
    /// under their new UIDs, among what no message of its own has: before anything else may claim them.
    pub(super) async fn taken(&mut self, fence: &Fence, rows: &[Brief], target: &[TargetItem]) -> Result<HashSet<u32>> {
        let place = self.pair.target.clone();
        let (now, former): (Vec<Taken>, Vec<Taken>) =
            self.journal.taken(&place).await?.into_iter().partition(|taken| taken.validity == fence.validity);
        let mut uids: HashSet<u32> = now.into_iter().map(|taken| taken.uid).collect();
        if former.is_empty() {
            return Ok(uids);
        }
        let ours: HashSet<u32> = rows.iter().filter_map(|row| row.uid).collect();
        let there: HashSet<u32> = target.iter().map(|item| item.uid).collect();
        let listed = self.list_target(&fence.folder, 1, Want::Headers).await?;
        let free =
            |item: &&TargetItem| there.contains(&item.uid) && !ours.contains(&item.uid) && !uids.contains(&item.uid);
        let item =
            |item: &TargetItem| SourceItem { id: MessageId::Uid(item.uid), header: item.header, size: 0, skip: false };
        let items: Vec<SourceItem> = listed.iter().filter(free).map(item).collect();
        let mut ledger: Vec<(MessageId, Print)> =
            former.iter().map(|taken| (MessageId::Uid(taken.uid), taken.print)).collect();
        ledger.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let mut prints = Prints::default();
        if !self.rules.store {
            // A check reads no octets.
            let like = |header| ledger.iter().find(|(_, print)| Some(print.header) == header).map(|(_, print)| *print);
            prints.source = items.iter().map(|item| (item.id.clone(), like(item.header))).collect();
        }
        let renewed = loop {
            match renew(&ledger, &items, &prints) {
                Renewed { need: Need::Octets { source, .. }, .. } => {
                    let some = &source[..source.len().min(READ)];
                    let read = from_target(self.stop, self::prints(&mut *self.target, &fence.folder, some)).await?;
                    prints.source.extend(read);
                }
                renewed => break renewed,
            }
        };
        let renewed: Vec<(u32, u32)> =
            renewed.ids.into_iter().filter_map(|(old, new)| Some((old.uid()?, new.uid()?))).collect();
        uids.extend(renewed.iter().map(|(_, new)| new));
        if self.rules.store {
            self.journal.renew_place(&place, fence.validity, renewed).await?;
        }
        Ok(uids)
    }

    /// Asks for the headers of these, where that is cheaper than reading them, or nothing is to be read.
    pub(super) async fn narrow(&mut self, wanted: &mut [Wanted]) -> Result<()> {
        let Some(first) = wanted.first().filter(|_| wanted.len() > FEW || !self.rules.store) else { return Ok(()) };
        let from = first.id.uid().unwrap_or(1);
        let listing = from_source(self.stop, self.source.list(&self.pair.source, from, Want::Headers)).await?;
        for wanted in wanted {
            let entry = listing.entries.binary_search_by(|entry| entry.id.cmp(&wanted.id)).ok();
            wanted.header = entry.and_then(|at| listing.entries[at].header);
        }
        Ok(())
    }
}
