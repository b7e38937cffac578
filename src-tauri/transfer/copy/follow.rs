//! Flags follow: what was changed at the source since we stored it is changed at the target too, as long as nobody
//! has touched it there. Flags that a server lost with its own end are given again.

use super::standing::Standing;
use super::{Ends, from_target};
use crate::Problem;
use crate::journal::{Brief, PairId, State, flag_mark};
use crate::reconcile::TargetItem;
use mail::{Fence, Flags, Listing, MessageId, Reach, Result, ports::FlagChange};

/// Changes sent and recorded at once.
const BATCH: usize = 500;

/// A message whose flags at the source are no longer those that we stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub id: MessageId,
    pub uid: u32,
    /// As they are at the source now, and can be at the target.
    pub flags: Flags,
    /// False where the target has them already, by an interrupted run or its owner: they are only recorded.
    pub send: bool,
}

/// `now` are the flags at the source of rows that differ from the ledger. Only what we stored ourselves, and what
/// has at the target the flags that we stored, follows.
pub fn changes(now: &[(MessageId, Flags)], ledger: &[Brief], target: &[TargetItem]) -> Vec<Change> {
    now.iter()
        .filter_map(|(id, flags)| {
            let row = &ledger[ledger.binary_search_by(|row| row.id.cmp(id)).ok()?];
            let uid = row.uid.filter(|_| row.state == State::Stored)?;
            let there = &target[target.binary_search_by_key(&uid, |item| item.uid).ok()?];
            let send = there.flags == row.flags;
            let (id, flags) = (id.clone(), flags.clone());
            (send || there.flags == flag_mark(&flags)).then_some(Change { id, uid, flags, send })
        })
        .collect()
}

/// The flags at the source, as far as the target can keep them, of what we stored with others, of what is in doubt, and of
/// what is `open`.
pub(super) fn flags_since(
    listing: Listing,
    ledger: &[Brief],
    fence: &Fence,
    open: &[(MessageId, u32)],
) -> Vec<(MessageId, Flags)> {
    let keeps = |keyword: &str| fence.any_keyword || fence.keywords.iter().any(|kept| kept == keyword);
    let mut rows = ledger.iter().filter(|row| matches!(row.state, State::Stored | State::Intended)).peekable();
    let mut since = Vec::new();
    for entry in listing.entries {
        while rows.next_if(|row| row.id < entry.id).is_some() {}
        if let Some(row) = rows.next_if(|row| row.id == entry.id) {
            let flags = entry.flags.keeping(keeps);
            let differs = match row.state {
                State::Intended => flags != Flags::default(),
                _ => flag_mark(&flags) != row.flags || open.iter().any(|(id, _)| *id == entry.id),
            };
            if differs {
                since.push((entry.id, flags));
            }
        }
    }
    since
}

impl Ends<'_> {
    /// What an interrupted run was about to send, and the target has: it was this run's change, not the owner's. The rest is
    /// returned, with its UIDs.
    pub(super) async fn settle_flags(
        &mut self,
        pair: PairId,
        ledger: &mut [Brief],
        target: &[TargetItem],
    ) -> Result<Vec<(MessageId, u32)>> {
        let intended = self.journal.intended_flags(pair).await?;
        if intended.is_empty() || !self.rules.store {
            return Ok(Vec::new());
        }
        let (mut done, mut open) = (Vec::new(), Vec::new());
        for (id, flags) in intended {
            let Ok(at) = ledger.binary_search_by(|row| row.id.cmp(&id)) else { continue };
            let Some(uid) = ledger[at].uid else { continue };
            let there = target.binary_search_by_key(&uid, |item| item.uid);
            if there.is_ok_and(|there| target[there].flags == flag_mark(&flags)) {
                ledger[at].flags = flag_mark(&flags);
                done.push((id, flags));
            } else {
                open.push((id, uid));
            }
        }
        self.journal.reflag(pair, done).await?;
        Ok(open)
    }

    /// What was in doubt and is found without any flag, where it was given with some: a server that ended while it stored may
    /// keep the octets and forget the rest. `now` as for [`changes`], `found` with their UIDs. Noted before they are
    /// claimed: whatever comes between, their flags are given.
    pub(super) async fn forgotten(
        &mut self,
        pair: PairId,
        now: &[(MessageId, Flags)],
        found: &[(MessageId, u32)],
        target: &[TargetItem],
    ) -> Result<Vec<Change>> {
        let bare = flag_mark(&Flags::default());
        let mut changes = Vec::new();
        for (id, uid) in found {
            let at = target.binary_search_by_key(uid, |item| item.uid);
            let is_bare = at.is_ok_and(|at| target[at].flags == bare);
            let known = now.binary_search_by(|(known, _)| known.cmp(id)).ok();
            if let Some((id, flags)) = known.map(|at| &now[at]).filter(|_| is_bare) {
                changes.push(Change { id: id.clone(), uid: *uid, flags: flags.clone(), send: true });
            }
        }
        if !changes.is_empty() && self.rules.store {
            let intended = changes.iter().map(|change| (change.id.clone(), change.flags.clone())).collect();
            self.journal.intend_flags(pair, intended).await?;
        }
        Ok(changes)
    }

    /// A target that refuses changes of flags keeps the mail all the same: that is a notice.
    pub(super) async fn follow(&mut self, standing: &Standing) -> Result<()> {
        for batch in standing.flags.chunks(BATCH) {
            let send: Vec<FlagChange> = batch
                .iter()
                .filter(|change| change.send)
                .map(|change| FlagChange { id: MessageId::Uid(change.uid), flags: change.flags.clone() })
                .collect();
            if !send.is_empty() {
                let sent = batch.iter().filter(|change| change.send);
                let intended = sent.map(|change| (change.id.clone(), change.flags.clone())).collect();
                self.journal.intend_flags(standing.state.id, intended).await?;
                match from_target(self.stop, self.target.flag(&standing.fence.folder, &send)).await {
                    Err(failure) if failure.reach <= Reach::Folder => {
                        let mut notices = self.notices("flags_differ", &[batch[0].id.clone()]);
                        notices.iter_mut().for_each(|notice: &mut Problem| notice.words = failure.words.clone());
                        return self.journal.add_problems(notices).await;
                    }
                    done => done?,
                }
            }
            let flags = batch.iter().map(|change| (change.id.clone(), change.flags.clone())).collect();
            self.journal.reflag(standing.state.id, flags).await?;
        }
        Ok(())
    }
}
