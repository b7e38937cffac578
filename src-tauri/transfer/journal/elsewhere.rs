//! Messages that were in another folder of the target before the move: where the copy lies that answers for each. A copy
//! answers for one message only.

use super::Journal;
use super::columns::{Id, IdOwned, path_from, path_text, print};
use super::ledger::{PairId, Print};
use mail::{FolderPath, MessageId, Result};
use rusqlite::{Transaction, params};
use std::collections::{HashMap, HashSet};

/// A message of the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub place: FolderPath,
    /// UIDVALIDITY of the place.
    pub validity: u32,
    pub uid: u32,
}

/// A message of a place that answers for one of another folder than its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// UIDVALIDITY of the place when it was seen last.
    pub validity: u32,
    pub uid: u32,
    pub print: Print,
}

const OWN: &str = "SELECT uid FROM ledger JOIN pair USING (pair)
    WHERE target = ?1 AND target_validity = ?2 AND uid > 0";
/// Those that count are still so in the ledger: a message may have been moved all the same later.
const TAKEN: &str = "SELECT elsewhere.uid FROM elsewhere JOIN ledger USING (pair, validity, id)
    WHERE place = ?1 AND place_validity = ?2 AND elsewhere.uid > 0 AND state = 6";

impl Journal {
    /// What of a place answers for messages of other folders than its own, as far as it was still there when the place
    /// was seen last.
    pub(crate) async fn taken(&self, place: &FolderPath) -> Result<Vec<Taken>> {
        let place = path_text(place);
        self.run(move |file| {
            let mut query = file.prepare_cached(
                "SELECT place_validity, elsewhere.uid, sha256, header, size, flags, date, zone
                 FROM elsewhere JOIN ledger USING (pair, validity, id)
                 WHERE place = ?1 AND elsewhere.uid > 0 AND state = 6",
            )?;
            let mut rows = query.query([place])?;
            let mut taken = Vec::new();
            while let Some(row) = rows.next()? {
                if let Some(print) = print(row, 2)? {
                    taken.push(Taken { validity: row.get(0)?, uid: row.get(1)?, print });
                }
            }
            Ok(taken)
        })
        .await
    }

    /// A place has a new UIDVALIDITY: what answered for messages of other folders goes over to the new UIDs, as (old,
    /// new). What has none is not there any more: its UID is kept below zero.
    pub(crate) async fn renew_place(&self, place: &FolderPath, validity: u32, uids: Vec<(u32, u32)>) -> Result<()> {
        let place = path_text(place);
        self.run(move |file| {
            let mut renew = file.prepare_cached(
                "UPDATE elsewhere SET place_validity = ?2, uid = ?4
                 WHERE place = ?1 AND place_validity <> ?2 AND uid = ?3",
            )?;
            for (old, new) in uids {
                renew.execute(params![place, validity, old, new])?;
            }
            file.prepare_cached(
                "UPDATE elsewhere SET uid = -uid WHERE place = ?1 AND place_validity <> ?2 AND uid > 0",
            )?
            .execute(params![place, validity])
            .map(drop)
        })
        .await
    }

    /// UIDs of a place that answer for messages of its own folder.
    pub(crate) async fn own(&self, place: &FolderPath, validity: u32) -> Result<HashSet<u32>> {
        self.uids(place, validity, OWN).await
    }

    /// All UIDs of a place that answer for a message.
    pub(crate) async fn claimed(&self, place: &FolderPath, validity: u32) -> Result<HashSet<u32>> {
        self.uids(place, validity, &format!("{OWN} UNION ALL {TAKEN}")).await
    }

    async fn uids(&self, place: &FolderPath, validity: u32, query: &str) -> Result<HashSet<u32>> {
        let (place, query) = (path_text(place), query.to_owned());
        self.run(move |file| {
            file.prepare_cached(&query)?.query_map(params![place, validity], |row| row.get(0))?.collect()
        })
        .await
    }

    /// Of a pair: the folder in which each message that is elsewhere was found.
    pub(crate) async fn elsewhere(&self, pair: PairId) -> Result<HashMap<MessageId, FolderPath>> {
        self.run(move |file| {
            let mut query = file.prepare_cached(
                "SELECT elsewhere.id, place FROM elsewhere JOIN pair USING (pair)
                 JOIN ledger USING (pair, validity, id)
                 WHERE pair = ?1 AND validity = source_validity AND state = 6",
            )?;
            query
                .query_map([pair.0], |row| Ok((row.get::<_, IdOwned>(0)?.0, path_from(row.get_ref(1)?.as_str()?))))?
                .collect()
        })
        .await
    }
}

pub(super) fn write(file: &Transaction, pair: PairId, found: &[(MessageId, Spot)]) -> rusqlite::Result<()> {
    let mut note = file.prepare_cached(
        "INSERT OR REPLACE INTO elsewhere (pair, validity, id, place, place_validity, uid)
         VALUES (?1, (SELECT source_validity FROM pair WHERE pair = ?1), ?2, ?3, ?4, ?5)",
    )?;
    for (id, spot) in found {
        note.execute(params![pair.0, Id(id), path_text(&spot.place), spot.validity, spot.uid])?;
    }
    Ok(())
}

/// The source folder has a new UIDVALIDITY, which the pair does not have yet.
pub(super) fn renew(
    file: &Transaction,
    pair: PairId,
    validity: u32,
    ids: &[(MessageId, MessageId)],
) -> rusqlite::Result<()> {
    let mut query = file.prepare_cached(
        "UPDATE elsewhere SET validity = ?2, id = ?4 WHERE pair = ?1 AND id = ?3
         AND validity = (SELECT source_validity FROM pair WHERE pair = ?1)",
    )?;
    ids.iter().try_for_each(|(old, id)| query.execute(params![pair.0, validity, Id(old), Id(id)]).map(drop))
}
