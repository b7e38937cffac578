//! Another copier at work: planned messages, older than the move, that appear in the target and are not ours. Some are
//! chance; many are a second program that moves the same mail, and both together would double it. Then the run stops
//! and asks. New mail that a rule forwards is younger than the move and means nothing.

use super::round::Terms;
use super::standing::Lists;
use super::{Ends, from_source, from_target};
use crate::journal::{Brief, PairState, State, Strangers};
use crate::reconcile::{Answer, Prints};
use mail::{Cause, Entry, Failure, Fence, HeaderHash, MessageId, Result, Side, Want};
use std::collections::HashSet;

/// No more than these are chance.
pub const CHANCE: u64 = 20;
/// How many a person has been asked about, and went on.
const ACCEPTED: &str = "strangers_accepted";

impl Ends<'_> {
    /// What lies behind the fence and is not ours: how much of it there is. The planned ones among it are noted. Where it
    /// is little nothing more is asked of the target.
    pub(super) async fn meet_strangers(
        &mut self,
        state: &PairState,
        fence: &Fence,
        (rows, answer): (&[Brief], &Answer),
        (lists, prints): (&Lists, &Prints),
        arrived: &HashSet<u32>,
    ) -> Result<u64> {
        let stored = answer.found.iter().filter(|found| found.state == State::Stored).map(|found| found.uid);
        let rows_of_ours = rows.iter().filter(|row| row.state != State::Already).filter_map(|row| row.uid);
        let mut ours: Vec<u32> = rows_of_ours.chain(stored).collect();
        ours.sort_unstable();
        let mut foreign: Vec<u32> = lists
            .target
            .iter()
            .map(|item| item.uid)
            .filter(|uid| *uid >= state.fence && ours.binary_search(uid).is_err())
            .collect();
        let not_ours = foreign.len() as u64;
        // Ours once more.
        foreign.retain(|uid| !arrived.contains(uid));
        if self.rules.begun.is_none() || foreign.len() as u64 <= CHANCE {
            return Ok(not_ours);
        }
        let known = self.journal.strangers(state.id).await?;
        if self.unsure {
            let next = fence.uid_next.max(known.next);
            self.journal.set_strangers(state.id, Strangers { next, ..known }).await?;
            return Ok(not_ours);
        }
        // Ours under a UID that is not known yet, and the other copy of what was stored twice.
        let found: HashSet<&MessageId> = answer.found.iter().map(|found| &found.id).collect();
        let open = |row: &&Brief| {
            let ours = matches!(row.state, State::Stored | State::Intended);
            row.twice || (ours && row.uid.is_none_or(|uid| uid == 0) && !found.contains(&row.id))
        };
        let open = rows.iter().filter(open).count() as u64;
        let new: Vec<u32> = foreign.iter().copied().filter(|uid| *uid >= known.next).collect();
        if (new.len() as u64).saturating_sub(open) + known.messages > CHANCE
            && let (Some(first), Some(last)) = (new.first(), new.last())
        {
            let planned = self.planned_headers(state, lists, prints).await?;
            let listing = from_target(self.stop, self.target.list(&fence.folder, *first, Want::Headers)).await?;
            let strange = listing.entries.iter().filter(|entry| {
                let new = entry.id.uid().is_some_and(|uid| new.binary_search(&uid).is_ok());
                new && entry.header.is_some_and(|header| planned.contains(&header))
            });
            let messages = known.messages + (strange.count() as u64).saturating_sub(open);
            self.journal.set_strangers(state.id, Strangers { next: last.saturating_add(1), messages }).await?;
        }
        Ok(not_ours)
    }

    /// Of all messages of the source folder that came before the move was begun, as far as they are known.
    async fn planned_headers(
        &mut self,
        state: &PairState,
        lists: &Lists,
        prints: &Prints,
    ) -> Result<HashSet<HeaderHash>> {
        let listing = from_source(self.stop, self.source.list(&self.pair.source, 1, Want::Dates)).await?;
        let begun = self.rules.begun.unwrap_or(i64::MIN);
        let is_old = |entry: &&Entry| entry.date.is_some_and(|date| date.seconds < begun);
        let old: HashSet<MessageId> = listing.entries.iter().filter(is_old).map(|entry| entry.id.clone()).collect();
        let read = |id| prints.source.get(id).copied().flatten().map(|print| print.header);
        let listed = lists.source.iter().filter(|item| old.contains(&item.id) && !item.skip);
        let mut planned: HashSet<HeaderHash> =
            listed.filter_map(|item| item.header.or_else(|| read(&item.id))).collect();
        let headers = self.journal.headers(state.id).await?;
        planned.extend(headers.into_iter().filter(|(id, _)| old.contains(id)).map(|(_, header)| header));
        Ok(planned)
    }
}

/// Stops while nobody has answered for so many.
pub(super) async fn ask(terms: &Terms) -> Result<()> {
    let messages = terms.journal.all_strangers().await?;
    let accepted: u64 = terms.journal.get(ACCEPTED).await?.and_then(|text| text.parse().ok()).unwrap_or(0);
    if messages <= accepted + CHANCE {
        return Ok(());
    }
    if terms.rules.go_on_anyway {
        return terms.journal.set(ACCEPTED, &messages.to_string()).await;
    }
    Err(Failure::new(Cause::OtherCopier).on(Side::Target).about(messages.to_string()))
}
