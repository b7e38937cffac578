//! The mark of a folder that was copied to its end with nothing open: how both sides looked then. Where they still look
//! so, nothing need be listed. It goes when something is stored.

use super::Journal;
use super::ledger::PairId;
use mail::Result;
use rusqlite::{OptionalExtension, Transaction, params};

/// One side as its server tells of it without being listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    pub uid_next: u32,
    pub messages: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub source: Edge,
    /// HIGHESTMODSEQ of the source (RFC 7162).
    pub modseq: u64,
    pub target: Edge,
    /// Messages that the options exclude.
    pub skipped: u64,
}

impl Journal {
    pub(crate) async fn mark(&self, pair: PairId) -> Result<Option<Mark>> {
        self.run(move |file| {
            let mut query = file.prepare_cached(
                "SELECT source_next, source_messages, modseq, target_next, target_messages, skipped FROM mark
                 WHERE pair = ?1",
            )?;
            query
                .query_row([pair.0], |row| {
                    Ok(Mark {
                        source: Edge { uid_next: row.get(0)?, messages: row.get(1)? },
                        modseq: row.get::<_, i64>(2)? as u64,
                        target: Edge { uid_next: row.get(3)?, messages: row.get(4)? },
                        skipped: row.get::<_, i64>(5)? as u64,
                    })
                })
                .optional()
        })
        .await
    }

    /// All in one commit.
    pub(crate) async fn set_marks(&self, marks: Vec<(PairId, Mark)>) -> Result<()> {
        self.run(move |file| {
            let mut set = file.prepare_cached("INSERT OR REPLACE INTO mark VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
            for (pair, mark) in marks {
                set.execute(params![
                    pair.0,
                    mark.source.uid_next,
                    mark.source.messages,
                    mark.modseq as i64,
                    mark.target.uid_next,
                    mark.target.messages,
                    mark.skipped as i64
                ])?;
            }
            Ok(())
        })
        .await
    }

    /// The last UID at the target that is known of this pair.
    pub(crate) async fn last_uid(&self, pair: PairId) -> Result<Option<u32>> {
        self.run(move |file| {
            file.prepare_cached("SELECT max(uid) FROM ledger WHERE pair = ?1")?.query_row([pair.0], |row| row.get(0))
        })
        .await
    }
}

pub(super) fn forget(file: &Transaction, pair: PairId) -> rusqlite::Result<()> {
    file.prepare_cached("DELETE FROM mark WHERE pair = ?1")?.execute([pair.0]).map(drop)
}
