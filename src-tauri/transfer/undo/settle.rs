//! Lets go of what was begun to be taken back: an interrupted undo is brought to rest before a move goes on, and what is
//! kept after all loses our mark. Must not decide what is removed.

use crate::journal::{Journal, PairState, Stored, without_ours};
use crate::verify::find;
use mail::ports::FlagChange;
use mail::{Folder, Listing, MessageId, Reach, Result, Target, Want};
use std::collections::{HashMap, HashSet};

/// Brings an undo that was interrupted to rest, before a move goes on: what is gone was taken back and is stored again,
/// what is still there stays.
pub(crate) async fn settle(journal: &Journal, target: &mut dyn Target) -> Result<()> {
    let open = journal.taken_back().await?;
    if open.is_empty() {
        return Ok(());
    }
    let folders = target.folders().await?;
    for (pair, rows) in open {
        let all: Vec<&Stored> = rows.iter().collect();
        match settle_folder(journal, &pair, &all, target, &folders).await {
            // Reconciling tells by the listing what is there: only our mark stays on it.
            Err(failure) if failure.reach <= Reach::Folder => log::warn!("an undo is left open: {failure}"),
            settled => settled?,
        }
    }
    Ok(())
}

async fn settle_folder(
    journal: &Journal,
    pair: &PairState,
    rows: &[&Stored],
    target: &mut dyn Target,
    folders: &[Folder],
) -> Result<()> {
    let Some(folder) = find(folders, &pair.target) else {
        return journal.forget(pair.id, rows).await;
    };
    let from = rows.iter().filter_map(|row| row.uid).min().unwrap_or(1);
    let listing = target.list(&folder, from, Want::Flags).await?;
    if listing.validity != Some(pair.target_validity) {
        return journal.doubt(pair.id, rows).await;
    }
    let (here, gone) = parted(rows, &listing);
    journal.forget(pair.id, &gone).await?;
    leave(journal, pair, target, &folder, &here, &listing).await
}

/// Those that are listed, and those that are not.
pub(super) fn parted<'a>(rows: &[&'a Stored], listing: &Listing) -> (Vec<&'a Stored>, Vec<&'a Stored>) {
    let there: HashSet<u32> = listing.entries.iter().filter_map(|entry| entry.id.uid()).collect();
    rows.iter().partition(|row| row.uid.is_some_and(|uid| there.contains(&uid)))
}

/// These stay after all: the mark that an undo has set goes.
pub(super) async fn leave(
    journal: &Journal,
    pair: &PairState,
    target: &mut dyn Target,
    folder: &Folder,
    rows: &[&Stored],
    listing: &Listing,
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let flags: HashMap<u32, _> =
        listing.entries.iter().filter_map(|entry| Some((entry.id.uid()?, &entry.flags))).collect();
    let marked = |row: &&Stored| {
        let now = *flags.get(&row.uid?)?;
        let flags = without_ours(row, now);
        (flags != *now).then(|| FlagChange { id: MessageId::Uid(row.uid.unwrap_or(0)), flags })
    };
    let changes: Vec<FlagChange> = rows.iter().filter_map(marked).collect();
    if !changes.is_empty() {
        target.flag(folder, &changes).await?;
    }
    journal.leave(pair.id, rows).await
}
