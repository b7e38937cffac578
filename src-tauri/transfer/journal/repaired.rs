//! What the ledger knows of messages that the target holds in a repaired form, for those who compare. Must not know how a
//! message is repaired.

use super::columns::{IdOwned, print};
use super::{Journal, PairId, Print};
use mail::{HeaderHash, MessageId, Repaired, Result, Sha256, repair};

impl Journal {
    /// Messages of a pair that the target holds in a repaired form: what they were, and the print of that form.
    pub(crate) async fn repaired(&self, pair: PairId) -> Result<Vec<(MessageId, Repaired, Print)>> {
        self.run(move |file| {
            let mut query = file.prepare_cached(
                "SELECT id, original, original_header, repairs, sha256, header, size, flags, date, zone
                 FROM ledger JOIN pair USING (pair)
                 WHERE pair = ?1 AND validity = source_validity AND repairs IS NOT NULL AND state = 1",
            )?;
            let mut rows = query.query([pair.0])?;
            let mut repaired = Vec::new();
            while let Some(row) = rows.next()? {
                let findings = repair::parse(row.get_ref(3)?.as_str()?);
                let of = Repaired { sha256: Sha256(row.get(1)?), header: HeaderHash(row.get(2)?), findings };
                if let Some(print) = print(row, 4)? {
                    repaired.push((row.get::<_, IdOwned>(0)?.0, of, print));
                }
            }
            Ok(repaired)
        })
        .await
    }
}
