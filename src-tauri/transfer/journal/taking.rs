//! What an undo keeps in the journal: which messages this move stored, which of them are being taken back, and which
//! folders the move made. Intent before, result after: a message is marked before it is removed, and its row goes when
//! it was seen to be gone. Then a later move stores it again.

use super::columns::{Id, IdOwned, flags, pair, path_from, path_text};
use super::ledger::{PAIR, PairId, PairState, flag_mark};
use super::{Journal, State};
use mail::{Flags, FolderPath, HeaderHash, MessageId, Result, Sha256};
use rusqlite::{Transaction, params};

/// Came later: made where it is missing. A move of before has noted no folder, so none of them is its own.
pub(super) const MADE: &str = "
    CREATE TABLE IF NOT EXISTS made (folder TEXT PRIMARY KEY, validity INTEGER NOT NULL) WITHOUT ROWID;
";

/// A message that this move gave to the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub id: MessageId,
    /// UIDVALIDITY of the source that `id` is of, None for POP3.
    pub validity: Option<u32>,
    /// [`State::Stored`], [`State::Intended`] or [`State::TakingBack`].
    pub state: State,
    /// UID at the target. None: not told. `Some(0)`: known to be gone, unless the pair is renumbered.
    pub uid: Option<u32>,
    pub header: Option<HeaderHash>,
    pub sha256: Option<Sha256>,
    /// What it was before it was repaired: so the old mailbox and the backup hold it.
    pub original: Option<(Sha256, HeaderHash)>,
    /// [`flag_mark`] of the flags as stored.
    pub flags: u64,
    /// `\Deleted` is one of them.
    pub deleted: bool,
}

const ROWS: &str =
    "SELECT id, ledger.validity, state, uid, header, sha256, flags, original, original_header FROM ledger";

fn stored(row: &rusqlite::Row) -> rusqlite::Result<Stored> {
    let flags = flags(row, 6)?;
    let (header, sha256): (Option<[u8; 16]>, Option<[u8; 32]>) = (row.get(4)?, row.get(5)?);
    let (original, original_header): (Option<[u8; 32]>, Option<[u8; 16]>) = (row.get(7)?, row.get(8)?);
    Ok(Stored {
        original: original.map(Sha256).zip(original_header.map(HeaderHash)),
        id: row.get::<_, IdOwned>(0)?.0,
        validity: Some(row.get(1)?).filter(|validity| *validity != 0),
        state: row.get(2)?,
        uid: row.get(3)?,
        header: header.map(HeaderHash),
        sha256: sha256.map(Sha256),
        deleted: flags.has(mail::System::Deleted),
        flags: flag_mark(&flags),
    })
}

impl Stored {
    /// As its old mailbox holds it.
    pub fn header_there(&self) -> Option<HeaderHash> {
        self.original.map(|(_, header)| header).or(self.header)
    }

    pub fn sha256_there(&self) -> Option<Sha256> {
        self.original.map(|(sha256, _)| sha256).or(self.sha256)
    }
}

impl Journal {
    /// Whether a damaged journal was once set aside for this one: then it does not know all that was stored.
    pub(crate) async fn is_rebuilt(&self) -> Result<bool> {
        Ok(self.get("rebuilt").await?.is_some())
    }

    /// All that this move gave to a folder, under whatever UIDVALIDITY of the source.
    pub(crate) async fn stored(&self, pair: PairId) -> Result<Vec<Stored>> {
        self.run(move |file| {
            let mut query = file.prepare_cached(&format!("{ROWS} WHERE pair = ?1 AND state IN (0, 1, 5)"))?;
            query.query_map([pair.0], stored)?.collect()
        })
        .await
    }

    /// What an undo has begun to take back and not seen gone, by pair.
    pub(crate) async fn taken_back(&self) -> Result<Vec<(PairState, Vec<Stored>)>> {
        self.run(|file| {
            let mut pairs = file.prepare_cached(&format!(
                "{PAIR} WHERE EXISTS (SELECT 1 FROM ledger WHERE ledger.pair = pair.pair AND state = 5) ORDER BY pair"
            ))?;
            let pairs: Vec<PairState> = pairs.query_map([], pair)?.collect::<rusqlite::Result<_>>()?;
            let mut rows = file.prepare_cached(&format!("{ROWS} WHERE pair = ?1 AND state = 5"))?;
            let mut all = Vec::with_capacity(pairs.len());
            for pair in pairs {
                let stored = rows.query_map([pair.id.0], stored)?.collect::<rusqlite::Result<_>>()?;
                all.push((pair, stored));
            }
            Ok(all)
        })
        .await
    }

    /// These are about to be removed from the target.
    pub(crate) async fn take_back(&self, pair: PairId, rows: &[&Stored]) -> Result<()> {
        #[cfg(test)]
        if crate::mutant::is(crate::mutant::Mutant::UndoUnmarked) {
            return Ok(());
        }
        self.set_state(pair, rows, State::TakingBack).await
    }

    /// These stay after all.
    pub(crate) async fn leave(&self, pair: PairId, rows: &[&Stored]) -> Result<()> {
        self.set_state(pair, rows, State::Stored).await
    }

    /// Nobody can tell whether these are at the target: the next move looks for them.
    pub(crate) async fn doubt(&self, pair: PairId, rows: &[&Stored]) -> Result<()> {
        self.set_state(pair, rows, State::Intended).await
    }

    async fn set_state(&self, pair: PairId, rows: &[&Stored], state: State) -> Result<()> {
        let keys = keys(rows);
        self.run(move |file| {
            super::mark::forget(file, pair)?;
            let mut query =
                file.prepare_cached("UPDATE ledger SET state = ?4 WHERE pair = ?1 AND validity = ?2 AND id = ?3")?;
            for (validity, id) in &keys {
                query.execute(params![pair.0, validity, Id(id), state])?;
            }
            Ok(())
        })
        .await
    }

    /// These were removed and are gone: as if they had never been stored.
    pub(crate) async fn forget(&self, pair: PairId, rows: &[&Stored]) -> Result<()> {
        let keys = keys(rows);
        self.run(move |file| {
            super::mark::forget(file, pair)?;
            let mut query = file.prepare_cached("DELETE FROM ledger WHERE pair = ?1 AND validity = ?2 AND id = ?3")?;
            for (validity, id) in &keys {
                query.execute(params![pair.0, validity, Id(id)])?;
            }
            Ok(())
        })
        .await
    }

    /// Folders at the target that this move made, with the UIDVALIDITY that they had then.
    pub(crate) async fn made(&self) -> Result<Vec<(FolderPath, u32)>> {
        self.run(|file| {
            let mut query = file.prepare_cached("SELECT folder, validity FROM made ORDER BY folder")?;
            query.query_map([], |row| Ok((path_from(row.get_ref(0)?.as_str()?), row.get(1)?)))?.collect()
        })
        .await
    }

    pub(crate) async fn note_made(&self, folder: &FolderPath, validity: u32) -> Result<()> {
        let folder = folder.clone();
        self.run(move |file| note_made(file, &folder, validity)).await
    }

    /// This folder is not ours any more, or not there.
    pub(crate) async fn forget_made(&self, folder: &FolderPath) -> Result<()> {
        let folder = path_text(folder);
        self.run(move |file| file.execute("DELETE FROM made WHERE folder = ?1", [folder]).map(drop)).await
    }
}

pub(super) fn note_made(file: &Transaction, folder: &FolderPath, validity: u32) -> rusqlite::Result<()> {
    file.prepare_cached("INSERT OR REPLACE INTO made VALUES (?1, ?2)")?
        .execute(params![path_text(folder), validity])
        .map(drop)
}

fn keys(rows: &[&Stored]) -> Vec<(u32, MessageId)> {
    rows.iter().map(|row| (row.validity.unwrap_or(0), row.id.clone())).collect()
}

/// The flags of a message without the mark that an interrupted undo has left on it.
pub(crate) fn without_ours(row: &Stored, flags: &Flags) -> Flags {
    let ours = row.state == State::TakingBack && !row.deleted;
    if ours { flags.clone().without(mail::System::Deleted) } else { flags.clone() }
}
