//! What somebody else brought to the target folders of a move: planned messages that are not ours, and how far each folder
//! was looked through for them.

use super::Journal;
use super::columns::IdOwned;
use super::ledger::PairId;
use mail::{HeaderHash, MessageId, Result};
use rusqlite::{OptionalExtension, Transaction, params};

/// Of one pair of folders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Strangers {
    /// UIDs below are looked through.
    pub next: u32,
    /// Planned messages found so far that are not ours.
    pub messages: u64,
}

impl Journal {
    /// What is known under the present UIDVALIDITY of the target.
    pub(crate) async fn strangers(&self, pair: PairId) -> Result<Strangers> {
        self.run(move |file| {
            let mut query = file.prepare_cached(
                "SELECT next, messages FROM stranger JOIN pair USING (pair)
                 WHERE pair = ?1 AND validity = target_validity",
            )?;
            let known = query.query_row([pair.0], |row| {
                Ok(Strangers { next: row.get(0)?, messages: row.get::<_, i64>(1)?.max(0) as u64 })
            });
            Ok(known.optional()?.unwrap_or_default())
        })
        .await
    }

    pub(crate) async fn set_strangers(&self, pair: PairId, now: Strangers) -> Result<()> {
        self.run(move |file| write(file, pair, now)).await
    }

    /// Of all folders together.
    pub(crate) async fn all_strangers(&self) -> Result<u64> {
        self.run(|file| {
            let mut query = file.prepare_cached("SELECT coalesce(sum(messages), 0) FROM stranger")?;
            query.query_row([], |row| Ok(row.get::<_, i64>(0)?.max(0) as u64))
        })
        .await
    }

    /// The header hashes of what the ledger of a pair holds, in ascending order of id.
    pub(crate) async fn headers(&self, pair: PairId) -> Result<Vec<(MessageId, HeaderHash)>> {
        self.run(move |file| {
            let mut query = file.prepare_cached(
                "SELECT id, header FROM ledger JOIN pair USING (pair)
                 WHERE pair = ?1 AND ledger.validity = source_validity AND header IS NOT NULL ORDER BY id",
            )?;
            query.query_map([pair.0], |row| Ok((row.get::<_, IdOwned>(0)?.0, HeaderHash(row.get(1)?))))?.collect()
        })
        .await
    }

    /// How many UIDs from `fence` on lie below the last one of ours, and are nobody's here.
    pub(crate) async fn between(&self, pair: PairId, fence: u32) -> Result<u64> {
        self.run(move |file| {
            let mut query = file.prepare_cached(
                "SELECT ifnull(max(uid) + 1 - ?2 - count(*), 0) FROM ledger WHERE pair = ?1 AND uid >= ?2",
            )?;
            query.query_row(params![pair.0, fence], |row| Ok(row.get::<_, i64>(0)?.max(0) as u64))
        })
        .await
    }
}

pub(super) fn write(file: &Transaction, pair: PairId, now: Strangers) -> rusqlite::Result<()> {
    file.prepare_cached(
        "INSERT OR REPLACE INTO stranger (pair, validity, next, messages)
         VALUES (?1, (SELECT target_validity FROM pair WHERE pair = ?1), ?2, ?3)",
    )?
    .execute(params![pair.0, now.next, now.messages as i64])
    .map(drop)
}
