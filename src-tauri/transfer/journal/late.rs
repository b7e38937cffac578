//! What was given to the target on a connection that was lost, was not found there, and was stored again: a server that
//! was slow, or something between, may deliver the first copy after all, days later. Until then it is remembered here what
//! it would look like; when it has come it is known for what it is, and named once. Must not know who looks, nor how.

use super::columns::{Id, IdOwned};
use super::ledger::PairId;
use super::{Journal, notes};
use crate::Problem;
use mail::{HeaderHash, MessageId, Result};
use rusqlite::{Transaction, params};
use std::collections::HashSet;

/// Came later: made where they are missing. A move of before has noted nothing, and what it stored twice stays unnamed.
///
/// `next`: UIDs of the target below are no late copy of it. `arrived`: UIDs that are, under the target's UIDVALIDITY.
pub(super) const LATE: &str = "
    CREATE TABLE IF NOT EXISTS late (
        pair INTEGER NOT NULL, validity INTEGER NOT NULL, id NOT NULL, header BLOB NOT NULL, next INTEGER NOT NULL,
        PRIMARY KEY (pair, validity, id, header)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS arrived (
        pair INTEGER NOT NULL, validity INTEGER NOT NULL, uid INTEGER NOT NULL,
        PRIMARY KEY (pair, validity, uid)) WITHOUT ROWID;
";

/// A message whose first copy may still arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Late {
    pub id: MessageId,
    /// Of what was given.
    pub header: HeaderHash,
    /// The first UID at the target that the copy can have.
    pub next: u32,
}

impl Journal {
    /// What may still arrive of a pair of folders.
    pub(crate) async fn late(&self, pair: PairId) -> Result<Vec<Late>> {
        self.run(move |file| {
            let mut query = file.prepare_cached("SELECT id, header, next FROM late WHERE pair = ?1 ORDER BY id")?;
            let late = |row: &rusqlite::Row| {
                Ok(Late { id: row.get::<_, IdOwned>(0)?.0, header: HeaderHash(row.get(1)?), next: row.get(2)? })
            };
            query.query_map([pair.0], late)?.collect()
        })
        .await
    }

    /// UIDs of the target that are known to be such copies.
    pub(crate) async fn arrived(&self, pair: PairId) -> Result<HashSet<u32>> {
        self.run(move |file| {
            let mut query = file.prepare_cached(
                "SELECT uid FROM arrived JOIN pair USING (pair) WHERE pair = ?1 AND validity = target_validity",
            )?;
            query.query_map([pair.0], |row| row.get(0))?.collect()
        })
        .await
    }

    /// These were intended, are not at the target, whose UIDNEXT is `next`, and are about to be stored again.
    pub(crate) async fn note_late(&self, pair: PairId, ids: Vec<MessageId>, next: u32) -> Result<()> {
        self.run(move |file| {
            let mut note = file.prepare_cached(
                "INSERT OR IGNORE INTO late SELECT pair, validity, id, header, ?3 FROM ledger JOIN pair USING (pair)
                 WHERE pair = ?1 AND validity = source_validity AND id = ?2 AND header IS NOT NULL",
            )?;
            ids.iter().try_for_each(|id| note.execute(params![pair.0, Id(id), next]).map(drop))
        })
        .await
    }

    /// The target was looked through below `next`, and these UIDs are late copies: named, in the same commit.
    pub(crate) async fn note_arrived(
        &self,
        pair: PairId,
        uids: Vec<u32>,
        next: u32,
        problems: Vec<Problem>,
    ) -> Result<()> {
        self.run(move |file| {
            let mut note = file.prepare_cached(
                "INSERT OR IGNORE INTO arrived VALUES (?1, (SELECT target_validity FROM pair WHERE pair = ?1), ?2)",
            )?;
            uids.iter().try_for_each(|uid| note.execute(params![pair.0, uid]).map(drop))?;
            file.prepare_cached("UPDATE late SET next = max(next, ?2) WHERE pair = ?1")?
                .execute(params![pair.0, next])?;
            notes::write(file, &problems)
        })
        .await
    }
}

/// The target folder has a new UIDVALIDITY: any UID there may be such a copy.
pub(super) fn renew_target(file: &Transaction, pair: PairId) -> rusqlite::Result<()> {
    file.prepare_cached("UPDATE late SET next = 1 WHERE pair = ?1")?.execute([pair.0]).map(drop)
}

/// The source folder has a new UIDVALIDITY, which the pair does not have yet.
pub(super) fn renew_source(
    file: &Transaction,
    pair: PairId,
    validity: u32,
    ids: &[(MessageId, MessageId)],
) -> rusqlite::Result<()> {
    let mut query = file.prepare_cached(
        "UPDATE OR REPLACE late SET validity = ?2, id = ?4 WHERE pair = ?1 AND id = ?3
         AND validity = (SELECT source_validity FROM pair WHERE pair = ?1)",
    )?;
    ids.iter().try_for_each(|(old, id)| query.execute(params![pair.0, validity, Id(old), Id(id)]).map(drop))
}
