//! Flags that follow: what is about to be sent is noted before, so that a run that is killed between does not take its own
//! change for the owner's. Must not know which flags follow, nor why.

use super::columns::{Id, IdOwned, flags};
use super::{Journal, PairId};
use mail::{Flags, MessageId, Result};
use rusqlite::params;

/// Came later: made where it is missing.
pub(super) const FLAGS: &str = "
    CREATE TABLE IF NOT EXISTS reflag (
        pair INTEGER NOT NULL, validity INTEGER NOT NULL, id NOT NULL, flags TEXT NOT NULL,
        PRIMARY KEY (pair, validity, id)) WITHOUT ROWID;
";

const VALIDITY: &str = "(SELECT source_validity FROM pair WHERE pair = ?1)";

impl Journal {
    /// These flags are about to be sent.
    pub(crate) async fn intend_flags(&self, pair: PairId, changes: Vec<(MessageId, Flags)>) -> Result<()> {
        self.run(move |file| {
            let mut query =
                file.prepare_cached(&format!("INSERT OR REPLACE INTO reflag VALUES (?1, {VALIDITY}, ?2, ?3)"))?;
            for (id, flags) in &changes {
                query.execute(params![pair.0, Id(id), flags.names().join(" ")])?;
            }
            Ok(())
        })
        .await
    }

    /// What was about to be sent, and whose answer was never recorded.
    pub(crate) async fn intended_flags(&self, pair: PairId) -> Result<Vec<(MessageId, Flags)>> {
        self.run(move |file| {
            let mut query = file
                .prepare_cached(&format!("SELECT id, flags FROM reflag WHERE pair = ?1 AND validity = {VALIDITY}"))?;
            query.query_map([pair.0], |row| Ok((row.get::<_, IdOwned>(0)?.0, flags(row, 1)?)))?.collect()
        })
        .await
    }

    /// Records flags that the target has now; nothing of this pair is about to be sent any more.
    pub(crate) async fn reflag(&self, pair: PairId, changes: Vec<(MessageId, Flags)>) -> Result<()> {
        self.run(move |file| {
            let mut query = file.prepare_cached(&format!(
                "UPDATE ledger SET flags = ?3 WHERE pair = ?1 AND validity = {VALIDITY} AND id = ?2"
            ))?;
            for (id, flags) in &changes {
                query.execute(params![pair.0, Id(id), flags.names().join(" ")])?;
            }
            file.prepare_cached("DELETE FROM reflag WHERE pair = ?1")?.execute([pair.0]).map(drop)
        })
        .await
    }
}
