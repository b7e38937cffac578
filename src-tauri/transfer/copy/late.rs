//! Copies that come late: what a lost connection left on its way, and a slow server or something between delivers when the
//! message has long been stored again. Such a copy is named once, and is neither a stranger nor another message's. It is
//! told by its header alone: not every server keeps octets, and who is named may look. Must not remove anything.

use super::lane::Lane;
use super::round::Terms;
use super::standing::Lists;
use super::{Ends, from_target};
use crate::journal::{Brief, Late, PairState, State, Strength};
use crate::reconcile::{Answer, Prints};
use mail::{Fence, HeaderHash, MessageId, Result, Want};
use std::collections::{HashMap, HashSet};

/// What was looked for long enough, and is stored again: its first copy may still come.
pub(super) async fn expect(lanes: &mut [Lane], terms: &Terms) -> Result<()> {
    for lane in lanes.iter_mut().filter(|lane| !lane.waited && !lane.is_over()) {
        let Some(standing) = lane.standing.as_ref().filter(|standing| !standing.doubtful.is_empty()) else { continue };
        let ids = standing.doubtful.clone();
        terms.journal.note_late(standing.state.id, ids, standing.fence.uid_next).await?;
        lane.late = true;
    }
    Ok(())
}

impl Ends<'_> {
    /// Names the late copies among what lies behind the fence and nobody claims. All that are known, of earlier runs too.
    /// `refound`: UIDs of what had lost its own with a UIDVALIDITY; all that are known, while it is the present one.
    pub(super) async fn meet_late(
        &mut self,
        (state, fence): (&PairState, &Fence),
        (rows, answer): (&[Brief], &Answer),
        (lists, prints): (&Lists, &mut Prints),
        (late, refound): (&[Late], &[(MessageId, u32)]),
    ) -> Result<HashSet<u32>> {
        let mut arrived = self.journal.arrived(state.id).await?;
        let Some(first) = late.iter().map(|late| late.next).min().filter(|_| self.rules.store) else {
            return Ok(arrived);
        };
        let strength = self.journal.strength().await?;
        let found = answer.found.iter().map(|found| found.uid);
        let claimed: HashSet<u32> = rows.iter().filter_map(|row| row.uid).chain(found).collect();
        let free: Vec<u32> = lists.target.iter().map(|item| item.uid).filter(|uid| *uid >= first).collect();
        let free: Vec<u32> = free.into_iter().filter(|uid| !claimed.contains(uid) && !arrived.contains(uid)).collect();
        if free.is_empty() && refound.is_empty() {
            return Ok(arrived);
        }
        let mut asked: Vec<u32> = free.iter().copied().chain(refound.iter().map(|(_, uid)| *uid)).collect();
        asked.sort_unstable();
        let headers = self.headers_of(&asked, fence, lists, prints).await?;
        // Of those that are alike nobody can tell which is which: what was found again may be another's late copy, and it
        // itself gone. Where all have new UIDs the other is among them.
        let mut again: HashMap<HeaderHash, Vec<(&MessageId, u32)>> = HashMap::new();
        for (id, uid) in refound {
            // What cannot be read is like none.
            if let Some(header) = headers.get(uid) {
                again.entry(*header).or_default().push((id, *uid));
            }
        }
        let stands = |late: &&Late| {
            let alike = again.get(&late.header).into_iter().flatten();
            let other = alike.clone().any(|(id, uid)| **id != late.id && *uid >= late.next);
            other && (!state.renumbered || alike.count() > 1)
        };
        let mut named: HashSet<&MessageId> = late.iter().filter(stands).map(|late| &late.id).collect();
        let refused: HashSet<&MessageId> =
            rows.iter().filter(|row| row.state == State::Refused).map(|row| &row.id).collect();
        let mut uids = Vec::new();
        for uid in &free {
            let header = headers.get(uid);
            let like = |late: &&Late| {
                late.next <= *uid
                    && (strength == Some(Strength::Nothing) || header.is_some_and(|is| *is == late.header))
            };
            // Of several that are alike each is named; of what was refused the second time there are no two.
            let rank = |late: &&Late| (refused.contains(&late.id), named.contains(&late.id));
            let one = late.iter().filter(like).min_by_key(rank);
            if let Some(late) = one {
                named.insert(&late.id);
                uids.push(*uid);
            }
        }
        #[cfg(test)]
        if crate::mutant::is(crate::mutant::Mutant::LateForgotten) {
            (uids, named) = Default::default();
        }
        let mut ids: Vec<MessageId> = named.into_iter().cloned().collect();
        ids.sort_unstable();
        arrived.extend(&uids);
        let last = lists.target.last().map_or(0, |last| last.uid);
        let next = fence.uid_next.max(last.saturating_add(1));
        self.journal.note_arrived(state.id, uids, next, self.notices("maybe_twice", &ids)).await?;
        Ok(arrived)
    }

    /// Of these messages of the target, ascending. What its server does not tell is read.
    async fn headers_of(
        &mut self,
        uids: &[u32],
        fence: &Fence,
        lists: &Lists,
        prints: &mut Prints,
    ) -> Result<HashMap<u32, HeaderHash>> {
        let mut headers: HashMap<u32, HeaderHash> =
            lists.target.iter().filter_map(|item| Some((item.uid, item.header?))).collect();
        if let Some(lowest) = uids.first().filter(|_| !lists.target_headers) {
            let listed = from_target(self.stop, self.target.list(&fence.folder, *lowest, Want::Headers)).await?;
            headers.extend(listed.entries.iter().filter_map(|entry| Some((entry.id.uid()?, entry.header?))));
        }
        loop {
            let unread = |uid: &&u32| !headers.contains_key(*uid) && !prints.target.contains_key(*uid);
            let unread: Vec<u32> = uids.iter().filter(unread).copied().collect();
            if unread.is_empty() {
                break;
            }
            self.read(Vec::new(), unread, prints, Some(&fence.folder)).await?;
        }
        headers.extend(prints.target.iter().filter_map(|(uid, print)| Some((*uid, (*print)?.header))));
        Ok(headers)
    }
}
