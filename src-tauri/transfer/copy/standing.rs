//! Where a folder stands: lists both sides, and asks `reconcile` until it needs no more.

use super::follow::{Change, changes};
use super::{Ends, from_source, from_target, reading};
use crate::Counts;
use crate::journal::{Brief, Claim, Ledger, PairId, PairState, Print, State, flag_mark};
use crate::reconcile::{Answer, Need, Prints, Question, Renewed, SourceItem, TargetItem, reconcile, renew};
use mail::{Entry, Fence, Flags, Folder, Listing, MessageId, Result, Want};
use std::collections::HashSet;

/// Messages read at once for their prints.
const READ: usize = 2_000;

pub struct Standing {
    pub state: PairState,
    pub fence: Fence,
    /// The target folder is there.
    pub exists: bool,
    /// `stored`: by earlier calls of this run. `failed` stays 0.
    pub counts: Counts,
    pub store: Vec<MessageId>,
    pub undecided: Vec<MessageId>,
    /// Of `store`, as listed.
    pub octets: u64,
    /// Flags that follow.
    pub flags: Vec<Change>,
    /// Some of `store` or `undecided` was given to the target before, and its answer is not known.
    pub doubtful: bool,
}

/// Both listings in short form.
struct Lists {
    source: Vec<SourceItem>,
    target: Vec<TargetItem>,
    source_headers: bool,
    target_headers: bool,
}

impl Ends<'_> {
    /// Of a move: prepares the target folder, and commits what it finds. `failed` are not tried again by this call.
    pub(super) async fn stand(&mut self, failed: &HashSet<MessageId>) -> Result<Standing> {
        let fence = from_target(self.stop, self.target.prepare(&self.pair.target, self.pair.special)).await?;
        let listing = from_source(self.stop, self.source.list(&self.pair.source, 1, Want::Sizes)).await?;
        let state = self.begin(&fence, &listing).await?;
        let mut standing = self.settle(state, fence, true, listing).await?;
        standing.store.retain(|id| !failed.contains(id));
        standing.undecided.retain(|id| !failed.contains(id));
        Ok(standing)
    }

    /// Of a check: opens nothing for writing.
    pub(super) async fn look(&mut self) -> Result<Standing> {
        let folders = from_target(self.stop, self.target.folders()).await?;
        let found = folders.into_iter().find(|folder| folder.path == self.pair.target && folder.selectable);
        let exists = found.is_some();
        let folder = found.unwrap_or_else(|| Folder { path: self.pair.target.clone(), ..self.pair.source.clone() });
        let listing = from_source(self.stop, self.source.list(&self.pair.source, 1, Want::Sizes)).await?;
        let there = match exists {
            true => from_target(self.stop, self.target.list(&folder, u32::MAX, Want::Flags)).await?,
            false => Listing::default(),
        };
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
        let state = known.filter(same).unwrap_or_else(|| self.first(&fence, &listing));
        self.settle(state, fence, exists, listing).await
    }

    fn first(&self, fence: &Fence, listing: &Listing) -> PairState {
        PairState {
            id: PairId(0),
            source: self.pair.source.path.clone(),
            target: self.pair.target.clone(),
            source_validity: listing.validity,
            target_validity: fence.validity,
            fence: fence.uid_next,
            whole: !fence.created && fence.uid_next > 1,
        }
    }

    /// The pair as the journal knows it, made to fit both UIDVALIDITYs.
    async fn begin(&mut self, fence: &Fence, listing: &Listing) -> Result<PairState> {
        let Some(mut state) = self.journal.pair(&self.pair.source.path, &self.pair.target).await? else {
            return self.journal.begin(self.first(fence, listing)).await;
        };
        #[cfg(test)]
        if crate::mutant::is(crate::mutant::Mutant::FenceSkipped) {
            state.fence = fence.uid_next;
        }
        if state.target_validity != fence.validity {
            self.journal.renew_target(state.id, fence.validity).await?;
            (state.target_validity, state.fence) = (fence.validity, 1);
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

    async fn list_target(&mut self, folder: &Folder, from: u32, want: Want) -> Result<Vec<TargetItem>> {
        let listing = from_target(self.stop, self.target.list(folder, from, want)).await?;
        let item = |entry: &Entry| {
            Some(TargetItem { uid: entry.id.uid()?, header: entry.header, flags: flag_mark(&entry.flags) })
        };
        // `n:*` gives the last message even where it lies before n.
        Ok(listing.entries.iter().filter_map(item).filter(|item| item.uid >= from).collect())
    }

    async fn settle(&mut self, state: PairState, fence: Fence, exists: bool, listing: Listing) -> Result<Standing> {
        let (mut rows, known) = self.journal.brief(state.id).await?;
        let mut prints =
            Prints { source: known.into_iter().map(|(id, print)| (id, Some(print))).collect(), ..Prints::default() };
        let from = if state.whole { 1 } else { state.fence };
        let first = rows.is_empty();
        let target = match fence.uid_next > from {
            true => self.list_target(&fence.folder, from, if first { Want::Headers } else { Want::Flags }).await?,
            false => Vec::new(),
        };
        let source = listing.entries.iter().map(|entry| self.item(entry)).collect();
        let flags = changes(flags_since(listing, &rows, &fence), &rows, &target);
        let mut lists = Lists { source, target, source_headers: false, target_headers: first };
        let answer = loop {
            let strength = self.journal.strength().await?;
            let mut answer = reconcile(&Question {
                source: &lists.source,
                target: &lists.target,
                ledger: &rows,
                prints: &prints,
                fence: state.fence,
                from,
                source_headers: lists.source_headers,
                target_headers: lists.target_headers,
                strength,
                put_back: self.rules.put_back,
                estimate: !self.rules.store,
            });
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
        let store: HashSet<&MessageId> = answer.store.iter().collect();
        let again = |id: &MessageId| store.contains(id) || answer.undecided.binary_search(id).is_ok();
        let doubtful = rows.iter().any(|row| row.state == State::Intended && again(&row.id));
        let octets = lists.source.iter().filter(|item| store.contains(&item.id)).map(|item| u64::from(item.size)).sum();
        let counts = Counts {
            found: lists.source.len() as u64,
            stored: answer.stored,
            already: answer.already,
            skipped: answer.skipped,
            failed: 0,
            gone: answer.gone.len() as u64,
        };
        let Answer { store, undecided, .. } = answer;
        Ok(Standing { state, fence, exists, counts, octets, flags, store, undecided, doubtful })
    }

    async fn list_source_headers(&mut self, first: &MessageId, lists: &mut Lists) -> Result<()> {
        let from = first.uid().unwrap_or(1);
        let listing = from_source(self.stop, self.source.list(&self.pair.source, from, Want::Headers)).await?;
        for entry in listing.entries {
            // What came since the first listing waits for the next run.
            if let Ok(at) = lists.source.binary_search_by(|item| item.id.cmp(&entry.id)) {
                lists.source[at].header = entry.header;
            }
        }
        lists.source_headers = true;
        Ok(())
    }

    /// Reads some of these messages; what is left is asked for again.
    async fn read(
        &mut self,
        mut source: Vec<MessageId>,
        mut target: Vec<u32>,
        prints: &mut Prints,
        folder: Option<&Folder>,
    ) -> Result<()> {
        source.truncate(READ);
        source.sort_unstable();
        target.truncate(READ);
        target.sort_unstable();
        let target: Vec<MessageId> = target.into_iter().map(MessageId::Uid).collect();
        let (stop, here) = (self.stop, &self.pair.source);
        let from = from_source(stop, reading::prints(&mut *self.source, here, &source));
        let to = from_target(stop, async {
            match folder {
                Some(folder) => reading::prints(&mut *self.target, folder, &target).await,
                None => Ok(Default::default()),
            }
        });
        let (from, to) = tokio::join!(from, to);
        prints.source.extend(from?);
        prints.target.extend(to?.into_iter().filter_map(|(id, print)| Some((id.uid()?, print))));
        Ok(())
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
            prints.source.remove(&found.id);
            prints.target.remove(&found.uid);
            match rows[..known].binary_search_by(|row| row.id.cmp(&found.id)) {
                Ok(at) => (rows[at].state, rows[at].uid) = (found.state, Some(found.uid)),
                Err(_) => rows.push(Brief {
                    id: found.id.clone(),
                    uid: Some(found.uid),
                    state: found.state,
                    this_run: true,
                    twice: false,
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

/// The flags at the source, as far as the target can keep them, of what we stored with others.
fn flags_since(listing: Listing, ledger: &[Brief], fence: &Fence) -> Vec<(MessageId, Flags)> {
    let keeps = |keyword: &str| fence.any_keyword || fence.keywords.iter().any(|kept| kept == keyword);
    let mut rows = ledger.iter().filter(|row| row.state == State::Stored).peekable();
    let mut since = Vec::new();
    for entry in listing.entries {
        while rows.next_if(|row| row.id < entry.id).is_some() {}
        if let Some(row) = rows.next_if(|row| row.id == entry.id) {
            let flags = entry.flags.keeping(keeps);
            if flag_mark(&flags) != row.flags {
                since.push((entry.id, flags));
            }
        }
    }
    since
}
