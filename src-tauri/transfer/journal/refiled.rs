//! What the ledger holds of messages that have left their folder at the source, and that their copy has followed them.

use super::Journal;
use super::columns::{Id, flags, print};
use super::ledger::{Claim, PairId, Print};
use mail::{Flags, InternalDate, MessageId, Result};
use rusqlite::{OptionalExtension, params};

/// A message as it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub id: MessageId,
    pub print: Print,
    pub flags: Flags,
    pub date: Option<InternalDate>,
}

impl Journal {
    /// Of these ids, what was stored of each.
    pub(crate) async fn kept(&self, pair: PairId, ids: Vec<MessageId>) -> Result<Vec<Kept>> {
        self.run(move |file| {
            let mut query = file.prepare_cached(
                "SELECT sha256, header, size, flags, date, zone FROM ledger JOIN pair USING (pair)
                 WHERE pair = ?1 AND validity = source_validity AND id = ?2",
            )?;
            let mut all = Vec::new();
            for id in ids {
                let kept = query.query_row(params![pair.0, Id(&id)], |row| {
                    let (seconds, zone): (Option<i64>, Option<i16>) = (row.get(4)?, row.get(5)?);
                    let date = seconds.zip(zone).map(|(seconds, zone)| InternalDate { seconds, zone });
                    Ok(print(row, 0)?.map(|print| (print, flags(row, 3), date)))
                });
                if let Some((print, flags, date)) = kept.optional()?.flatten() {
                    all.push(Kept { id, print, flags: flags?, date });
                }
            }
            Ok(all)
        })
        .await
    }

    /// These copies have moved along with their messages: `gone` have left one pair, `claims` are known in the other.
    /// Nothing was stored for it by this run.
    pub(crate) async fn refiled(
        &self,
        (from, gone): (PairId, Vec<MessageId>),
        (to, claims): (PairId, Vec<Claim>),
    ) -> Result<()> {
        self.run(move |file| {
            let source: String =
                file.query_row("SELECT source FROM pair WHERE pair = ?1", [from.0], |row| row.get(0))?;
            for id in &gone {
                file.prepare_cached(
                    "DELETE FROM ledger WHERE pair = ?1 AND id = ?2
                     AND validity = (SELECT source_validity FROM pair WHERE pair = ?1)",
                )?
                .execute(params![from.0, Id(id)])?;
                file.prepare_cached(
                    "DELETE FROM problem WHERE code = 'deleted_at_source' AND folder = ?1 AND id = ?2",
                )?
                .execute(params![source, Id(id)])?;
            }
            for claim in &claims {
                file.prepare_cached(
                    "UPDATE ledger SET state = ?3, uid = ?4, run = 0 WHERE pair = ?1 AND id = ?2
                     AND validity = (SELECT source_validity FROM pair WHERE pair = ?1)",
                )?
                .execute(params![to.0, Id(&claim.id), claim.state, claim.uid])?;
            }
            Ok(())
        })
        .await
    }
}
