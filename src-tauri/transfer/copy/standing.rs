//! Where a folder stands: lists both sides, and asks `reconcile` until it needs no more.

use super::follow::{Change, changes, flags_since};
use super::refiled::left;
use super::{Ends, from_source, from_target};
use crate::Counts;
use crate::journal::{Brief, Claim, Edge, Ledger, Mark, PairState, Print, State, Strangers};
use crate::reconcile::{Answer, Need, Prints, Question, Renewed, SourceItem, TargetItem, reconcile, renew};
use mail::{Cause, Entry, Failure, Fence, Folder, Listing, MessageId, Result, Side, Status, Want};
use std::collections::HashSet;

pub struct Standing {
    pub state: PairState,
    pub fence: Fence,
    /// The target folder is there.
    pub exists: bool,
    /// `stored`: by earlier calls of this run. `failed` stays 0.
    pub counts: Counts,
    /// With sizes as listed, ascending.
    pub store: Vec<(MessageId, u32)>,
    pub undecided: Vec<MessageId>,
    /// Flags that follow.
    pub flags: Vec<Change>,
    /// The source as it was listed, where its server tells of changes.
    pub edge: Option<(Edge, u64)>,
    /// Nothing was found that the next run has to name, or to look at.
    pub clean: bool,
    /// Of `store`: what the ledger holds already.
    pub tried: HashSet<MessageId>,
    /// Ours, untouched at the target, whose message is no longer in this folder of the source: with their UIDs.
    pub left: Vec<(MessageId, u32)>,
    /// UIDs of the target that are claimed. Only of a check: else the ledger holds them.
    pub claimed: Vec<u32>,
    /// Messages behind the fence that are not ours.
    pub foreign: u64,
    /// Those of `store` and `undecided` that were given to the target before, and its answer is not known.
    pub doubtful: Vec<MessageId>,
}

/// Both listings in short form.
pub(super) struct Lists {
    pub source: Vec<SourceItem>,
    pub target: Vec<TargetItem>,
    pub source_headers: bool,
    pub target_headers: bool,
}

impl Ends<'_> {
    /// Of a move: commits what it finds. `failed` are not tried again by this run.
    pub(super) async fn stand(
        &mut self,
        fence: Fence,
        listing: Listing,
        failed: &HashSet<MessageId>,
    ) -> Result<Standing> {
        let state = self.begin(&fence, &listing).await?;
        self.stand_at(state, fence, listing, failed).await
    }

    /// The same of a pair that fits both UIDVALIDITYs.
    pub(super) async fn stand_at(
        &mut self,
        state: PairState,
        fence: Fence,
        listing: Listing,
        failed: &HashSet<MessageId>,
    ) -> Result<Standing> {
        let mut standing = self.settle(state, fence, true, listing).await?;
        standing.store.retain(|(id, _)| !failed.contains(id));
        standing.undecided.retain(|id| !failed.contains(id));
        Ok(standing)
    }

    /// The same for this folder alone, asked for now.
    pub(super) async fn stand_again(&mut self, failed: &HashSet<MessageId>) -> Result<Standing> {
        let fence = from_target(self.stop, self.target.prepare(&self.pair.target, self.pair.special)).await?;
        let listing = from_source(self.stop, self.source.list(&self.pair.source, 1, self.rules.listing())).await?;
        self.stand(fence, listing, failed).await
    }

    /// The same at the end of a round: nothing more is stored then, and flags are given at once. What the target tells of
    /// itself.
    pub(super) async fn look_again(&mut self, failed: &HashSet<MessageId>) -> Result<Option<Status>> {
        let standing = self.stand_again(failed).await?;
        self.follow(&standing).await?;
        Ok(standing.fence.folder.status)
    }

    /// Of a folder that only grew since its mark: `listing` is what is new. None: it is to be listed whole.
    pub(super) async fn grown(&mut self, fence: Fence, listing: Listing, mark: &Mark) -> Result<Option<Standing>> {
        let known = self.journal.pair(&self.pair.source.path, &self.pair.target).await?;
        let new = listing.entries.len() as u32;
        let here = listing.messages == mark.source.messages.saturating_add(new)
            && listing.entries.iter().all(|entry| entry.id.uid().is_some_and(|uid| uid >= mark.source.uid_next));
        let there = fence.folder.status.and_then(|status| status.messages) == Some(mark.target.messages)
            && fence.uid_next == mark.target.uid_next;
        let same =
            |state: &PairState| state.target_validity == fence.validity && state.source_validity == listing.validity;
        let Some(state) = known.filter(|state| here && there && same(state)) else { return Ok(None) };
        let items: Vec<SourceItem> = listing.entries.iter().map(|entry| self.item(entry)).collect();
        let store: Vec<(MessageId, u32)> =
            items.iter().filter(|item| !item.skip).map(|item| (item.id.clone(), item.size)).collect();
        let skipped = mark.skipped + (items.len() - store.len()) as u64;
        let found = u64::from(listing.messages);
        let counts = Counts { found, already: found - skipped - store.len() as u64, skipped, ..Counts::default() };
        Ok(Some(Standing {
            edge: edge(&listing),
            state,
            fence,
            exists: true,
            counts,
            store,
            undecided: Vec::new(),
            flags: Vec::new(),
            clean: true,
            tried: HashSet::new(),
            left: Vec::new(),
            claimed: Vec::new(),
            foreign: 0,
            doubtful: Vec::new(),
        }))
    }

    /// Of a check: `found` is the target folder, if it is there, and what it tells of itself.
    pub(super) async fn look(&mut self, listing: Listing, found: Option<(Folder, Listing)>) -> Result<Standing> {
        let exists = found.is_some();
        let (folder, there) = found.unwrap_or_else(|| {
            (Folder { path: self.pair.target.clone(), ..self.pair.source.clone() }, Listing::default())
        });
        let fence = Fence {
            validity: there.validity.unwrap_or(0),
            uid_next: if exists { there.uid_next.unwrap_or(u32::MAX) } else { 1 },
            created: !exists,
            any_keyword: true,
            keywords: Vec::new(),
            folder,
        };
        let known = self.journal.pair(&self.pair.source.path, &self.pair.target).await?;
        let same = |state: &PairState| {
            exists && state.target_validity == fence.validity && state.source_validity == listing.validity
        };
        let state = known.filter(same).unwrap_or_else(|| self.pair.first(&fence, &listing));
        self.settle(state, fence, exists, listing).await
    }

    /// The pair as the journal knows it, made to fit both UIDVALIDITYs. It was begun before.
    async fn begin(&mut self, fence: &Fence, listing: &Listing) -> Result<PairState> {
        let known = self.journal.pair(&self.pair.source.path, &self.pair.target).await?;
        let mut state = known.ok_or_else(|| Failure::new(Cause::StoreUnusable).on(Side::Local))?;
        if fence.created {
            self.journal.note_made(&fence.folder.path, fence.validity).await?;
        }
        #[cfg(test)]
        if crate::mutant::is(crate::mutant::Mutant::FenceSkipped) {
            state.fence = fence.uid_next;
        }
        if state.target_validity != fence.validity {
            // Under their new UIDs nobody can tell what of it came when.
            let known = self.journal.strangers(state.id).await?;
            self.journal.renew_target(state.id, fence.validity).await?;
            self.journal.set_strangers(state.id, Strangers { next: fence.uid_next, ..known }).await?;
            (state.target_validity, state.fence) = (fence.validity, 1);
            (state.renumbered, state.made) = (true, false);
        }
        if state.source_validity != listing.validity {
            self.renew_source(&state, listing.validity).await?;
            state.source_validity = listing.validity;
        }
        Ok(state)
    }

    /// The source folder has a new UIDVALIDITY: finds our messages under their new ids.
    async fn renew_source(&mut self, state: &PairState, validity: Option<u32>) -> Result<()> {
        let ledger = self.journal.prints(state.id).await?;
        let mut prints = Prints::default();
        let mut source = Vec::new();
        if !ledger.is_empty() {
            let listing = from_source(self.stop, self.source.list(&self.pair.source, 1, Want::Headers)).await?;
            source = listing.entries.iter().map(|entry| self.item(entry)).collect();
        }
        let renewed = loop {
            match renew(&ledger, &source, &prints) {
                Renewed { need: Need::Octets { source, .. }, .. } => {
                    self.read(source, Vec::new(), &mut prints, None).await?
                }
                renewed => break renewed,
            }
        };
        self.journal.add_problems(self.notices("deleted_at_source", &renewed.deleted)).await?;
        self.journal.renew_source(state.id, validity, renewed.ids).await
    }

    fn item(&self, entry: &Entry) -> SourceItem {
        let rules = self.rules;
        let seconds = entry.date.map(|date| date.seconds);
        let too_old = rules.since.zip(seconds).is_some_and(|(since, seconds)| seconds < since.seconds);
        let too_new = rules.before.zip(seconds).is_some_and(|(before, seconds)| seconds >= before.seconds);
        let too_large = rules.max_size.zip(entry.size).is_some_and(|(most, size)| u64::from(size) > most);
        SourceItem {
            id: entry.id.clone(),
            header: entry.header,
            size: entry.size.unwrap_or(0),
            skip: too_old || too_new || too_large,
        }
    }

    async fn settle(&mut self, state: PairState, fence: Fence, exists: bool, listing: Listing) -> Result<Standing> {
        let edge = edge(&listing);
        let (mut rows, known) = self.journal.brief(state.id).await?;
        let mut prints =
            Prints { source: known.into_iter().map(|(id, print)| (id, Some(print))).collect(), ..Prints::default() };
        let from = if state.whole { 1 } else { state.fence };
        let first = rows.is_empty();
        let mut target = match fence.uid_next > from {
            true => self.list_target(&fence.folder, from, if first { Want::Headers } else { Want::Flags }).await?,
            false => Vec::new(),
        };
        if from == 1 && !target.is_empty() {
            // What answers for a message of another folder is not there for this one.
            let taken = self.taken(&fence, &rows, &target).await?;
            target.retain(|item| !taken.contains(&item.uid));
        }
        let source = listing.entries.iter().map(|entry| self.item(entry)).collect();
        let open = self.settle_flags(state.id, &mut rows, &target).await?;
        let now = flags_since(listing, &rows, &fence, &open);
        let mut flags = changes(&now, &rows, &target);
        let bare = self.forgotten(state.id, &now, &open, &target).await?;
        flags.extend(bare);
        flags.sort_by(|one, other| one.id.cmp(&other.id));
        flags.dedup_by(|one, other| one.id == other.id);
        let mut lists = Lists { source, target, source_headers: false, target_headers: first };
        let late = self.journal.late(state.id).await?;
        let lost: HashSet<MessageId> = rows.iter().filter(|row| row.uid == Some(0)).map(|row| row.id.clone()).collect();
        let mut refound: Vec<(MessageId, u32)> = Vec::new();
        let mut claimed = false;
        let answer = loop {
            let strength = self.journal.strength().await?;
            let mut answer = reconcile(&Question {
                source: &lists.source,
                target: &lists.target,
                ledger: &rows,
                prints: &prints,
                late: &late,
                renumbered: state.renumbered,
                fence: state.fence,
                since: state.made || state.fence > 1,
                from,
                source_headers: lists.source_headers,
                target_headers: lists.target_headers,
                strength,
                put_back: self.rules.put_back,
                even_if_elsewhere: self.rules.even_if_elsewhere,
                estimate: !self.rules.store,
            });
            let all = answer.found.iter().map(|found| (found.id.clone(), found.uid));
            refound.extend(all.clone().filter(|(id, _)| lost.contains(id)));
            let in_doubt = |id: &MessageId| {
                let at = rows.binary_search_by(|row| row.id.cmp(id));
                at.is_ok_and(|at| rows[at].state == State::Intended)
            };
            let doubts: Vec<(MessageId, u32)> = all.filter(|(id, _)| in_doubt(id)).collect();
            flags.extend(self.forgotten(state.id, &now, &doubts, &lists.target).await?);
            claimed |= !answer.found.is_empty();
            self.claim(&state, &answer, &mut rows, &mut prints).await?;
            match std::mem::take(&mut answer.need) {
                Need::Nothing => break answer,
                Need::TargetHeaders(first) => {
                    lists.target.truncate(lists.target.partition_point(|item| item.uid < first));
                    lists.target.extend(self.list_target(&fence.folder, first, Want::Headers).await?);
                    lists.target_headers = true;
                }
                Need::SourceHeaders(first) => self.list_source_headers(&first, &mut lists).await?,
                Need::Octets { source, target } => self.read(source, target, &mut prints, Some(&fence.folder)).await?,
            }
        };
        self.conclude(&state, &answer).await?;
        let known = (rows.as_slice(), &answer);
        if state.renumbered {
            // Some of it may have been found by an attempt that was interrupted.
            let ours = rows.iter().filter_map(|row| Some((row.id.clone(), row.uid.filter(|uid| *uid > 0)?)));
            refound.extend(ours);
            refound.sort_unstable();
            refound.dedup();
        }
        let arrived = self.meet_late((&state, &fence), known, (&lists, &mut prints), (&late, &refound)).await?;
        if state.renumbered && self.rules.store && answer.undecided.is_empty() {
            self.journal.looked_through_anew(state.id).await?;
        }
        let foreign = self.meet_strangers(&state, &fence, known, (&lists, &prints), &arrived).await?;
        let again =
            |id: &MessageId| answer.store.binary_search(id).is_ok() || answer.undecided.binary_search(id).is_ok();
        let doubtful = rows.iter().filter(|row| row.state == State::Intended && again(&row.id));
        let doubtful = doubtful.map(|row| row.id.clone()).collect();
        let counts = Counts {
            found: lists.source.len() as u64,
            stored: answer.stored,
            already: answer.already,
            skipped: answer.skipped,
            failed: 0,
            gone: answer.gone.len() as u64,
        };
        // What was claimed only now had no flags followed yet; and what is not ours may be what comes to the source next.
        let ours = rows.iter().filter(|row| row.uid.is_some_and(|uid| uid >= from)).count();
        let copy =
            |item: &&TargetItem| arrived.contains(&item.uid) && !rows.iter().any(|row| row.uid == Some(item.uid));
        let copies = lists.target.iter().filter(copy).count();
        let others = lists.target.len() > ours + copies;
        let clean = answer.gone.is_empty() && answer.deleted.is_empty() && !claimed && !others;
        let known = |id: &&MessageId| rows.binary_search_by(|row| row.id.cmp(id)).is_ok();
        let tried = answer.store.iter().filter(known).cloned().collect();
        let claimed = match self.rules.store {
            true => Vec::new(),
            false => rows.iter().filter_map(|row| row.uid).chain(answer.found.iter().map(|found| found.uid)).collect(),
        };
        let left = left(&answer.deleted, &rows, &lists.target);
        let Answer { store, undecided, .. } = answer;
        let mut items = lists.source.iter();
        let sized = store.into_iter().map(|id| {
            let size = items.find(|item| item.id == id).map_or(0, |item| item.size);
            (id, size)
        });
        let store = sized.collect();
        Ok(Standing {
            state,
            fence,
            exists,
            counts,
            store,
            undecided,
            flags,
            edge,
            clean,
            tried,
            left,
            claimed,
            foreign,
            doubtful,
        })
    }

    /// Commits what was found, so that it need not be compared again.
    async fn claim(
        &mut self,
        state: &PairState,
        answer: &Answer,
        rows: &mut Vec<Brief>,
        prints: &mut Prints,
    ) -> Result<()> {
        self.commit(state, claims(answer, prints)).await?;
        if answer.need == Need::Nothing {
            return Ok(());
        }
        let known = rows.len();
        for found in &answer.found {
            prints.target.remove(&found.uid);
            let at = rows[..known].binary_search_by(|row| row.id.cmp(&found.id));
            // What may be there twice is remembered: its second copy must not stand for another message.
            if !at.is_ok_and(|at| rows[at].twice) {
                prints.source.remove(&found.id);
            }
            match at {
                Ok(at) => (rows[at].state, rows[at].uid) = (found.state, Some(found.uid)),
                Err(_) => rows.push(Brief {
                    id: found.id.clone(),
                    uid: Some(found.uid),
                    state: found.state,
                    this_run: true,
                    twice: false,
                    repaired: false,
                    flags: 0,
                }),
            }
        }
        rows.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(())
    }

    async fn commit(&mut self, state: &PairState, claims: Vec<Claim>) -> Result<()> {
        if !self.rules.store {
            return Ok(());
        }
        self.journal.commit(state.id, Ledger { claims, ..Ledger::default() }).await
    }

    /// Names what a person should know, and lets go of what lies before the fence once nothing there is open.
    async fn conclude(&mut self, state: &PairState, answer: &Answer) -> Result<()> {
        if !self.rules.store {
            return Ok(());
        }
        let mut twice: Vec<MessageId> = answer.twice.iter().cloned().collect();
        twice.sort_unstable();
        let claim =
            |id: &MessageId| Claim { id: id.clone(), state: State::Undecidable, uid: None, code: None, print: None };
        let mut problems = self.notices("maybe_twice", &twice);
        problems.extend(self.notices("gone", &answer.gone));
        problems.extend(self.notices("deleted_at_source", &answer.deleted));
        let ledger = Ledger { claims: twice.iter().map(claim).collect(), problems, ..Ledger::default() };
        self.journal.commit(state.id, ledger).await?;
        if state.whole && answer.undecided.is_empty() {
            self.journal.looked_through(state.id).await?;
        }
        Ok(())
    }
}

fn edge(listing: &Listing) -> Option<(Edge, u64)> {
    let edge = Edge { uid_next: listing.uid_next?, messages: listing.messages };
    Some((edge, listing.modseq?))
}

fn claims(answer: &Answer, prints: &Prints) -> Vec<Claim> {
    let print = |id: &MessageId| -> Option<Print> { prints.source.get(id).copied().flatten() };
    answer
        .found
        .iter()
        .map(|found| Claim {
            id: found.id.clone(),
            state: found.state,
            uid: Some(found.uid),
            code: None,
            print: print(&found.id),
        })
        .collect()
}
