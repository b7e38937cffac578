//! One commit: messages intended and what became of others, of any number of pairs of folders. Each message that is stored
//! goes through it twice, so what is the same for all of a batch is asked once.

use super::Journal;
use super::columns::Id;
use super::ledger::{Claim, Intent, Ledger, PairId, RUN, State};
use mail::{Result, repair};
use rusqlite::{Transaction, params};

impl Journal {
    /// One synced commit of a batch.
    pub(crate) async fn commit(&self, pair: PairId, ledger: Ledger) -> Result<()> {
        self.commit_all(vec![(pair, ledger)]).await
    }

    /// The same for several pairs of folders.
    pub(crate) async fn commit_all(&self, ledgers: Vec<(PairId, Ledger)>) -> Result<()> {
        if ledgers.iter().all(|(_, ledger)| ledger.is_empty()) {
            return Ok(());
        }
        self.run(move |file| ledgers.iter().try_for_each(|(pair, ledger)| write(file, *pair, ledger))).await
    }
}

fn write(file: &Transaction, pair: PairId, ledger: &Ledger) -> rusqlite::Result<()> {
    // What lies elsewhere is no part of the folder that a mark is of: it would be taken for new once more.
    if !(ledger.intents.is_empty() && ledger.elsewhere.is_empty()) {
        super::mark::forget(file, pair)?;
    }
    if !(ledger.intents.is_empty() && ledger.claims.is_empty()) {
        let now = format!("SELECT source_validity, {RUN} FROM pair WHERE pair = ?1");
        let now = file.prepare_cached(&now)?.query_row([pair.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        intend(file, pair, now, &ledger.intents)?;
        claim(file, pair, now, &ledger.claims)?;
    }
    super::elsewhere::write(file, pair, &ledger.elsewhere)?;
    super::notes::write(file, &ledger.problems)
}

/// `validity`: the source's UIDVALIDITY.
fn intend(file: &Transaction, pair: PairId, (validity, run): (u32, i64), intents: &[Intent]) -> rusqlite::Result<()> {
    let mut intend = file.prepare_cached(
        "INSERT INTO ledger (pair, validity, id, state, run, sha256, header, size, flags, date, zone,
         original, original_header, repairs)
         VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
         ON CONFLICT DO UPDATE SET state = 0, run = excluded.run, sha256 = excluded.sha256, header = excluded.header,
         size = excluded.size, flags = excluded.flags, date = excluded.date, zone = excluded.zone, uid = NULL, code = NULL,
         original = excluded.original, original_header = excluded.original_header, repairs = excluded.repairs",
    )?;
    for intent in intents {
        intend.execute(params![
            pair.0,
            validity,
            Id(&intent.id),
            run,
            intent.print.sha256.0,
            intent.print.header.0,
            intent.print.octets as i64,
            intent.flags.names().join(" "),
            intent.date.map(|date| date.seconds),
            intent.date.map(|date| date.zone),
            intent.of.as_ref().map(|of| of.sha256.0),
            intent.of.as_ref().map(|of| of.header.0),
            intent.of.as_ref().map(|of| repair::text(&of.findings))
        ])?;
    }
    Ok(())
}

fn claim(file: &Transaction, pair: PairId, (validity, run): (u32, i64), claims: &[Claim]) -> rusqlite::Result<()> {
    let mut claim = file.prepare_cached(
        "INSERT INTO ledger (pair, validity, id, state, run, uid, code, sha256, header, size, flags, twice)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, '', ?11)
         ON CONFLICT DO UPDATE SET state = excluded.state, uid = excluded.uid, code = excluded.code,
         twice = max(twice, excluded.twice), sha256 = ifnull(excluded.sha256, sha256),
         header = ifnull(excluded.header, header), size = ifnull(excluded.size, size),
         repairs = iif(excluded.state = 3, NULL, repairs), original = iif(excluded.state = 3, NULL, original),
         original_header = iif(excluded.state = 3, NULL, original_header)",
    )?;
    // Asked for itself: a statement that returns something keeps each page that it touches once more until it is over.
    let mut repaired =
        file.prepare_cached("SELECT repairs IS NOT NULL FROM ledger WHERE pair = ?1 AND validity = ?2 AND id = ?3")?;
    let mut cure = file.prepare_cached(
        "DELETE FROM problem WHERE (level = 0 OR code = 'gone') AND id = ?2
         AND folder = (SELECT source FROM pair WHERE pair = ?1)",
    )?;
    let mut once = file.prepare_cached(
        "DELETE FROM problem WHERE code = 'maybe_twice' AND id = ?2
         AND folder = (SELECT source FROM pair WHERE pair = ?1)",
    )?;
    let mut name_repair = file.prepare_cached(
        "INSERT INTO problem (code, level, folder, id, detail)
         SELECT 'repaired', 1, source, id, repairs FROM ledger JOIN pair USING (pair)
         WHERE pair = ?1 AND validity = ?2 AND id = ?3
         ON CONFLICT DO UPDATE SET detail = excluded.detail",
    )?;
    // Mostly there is none, and then none of any message.
    let problems: bool =
        file.prepare_cached("SELECT EXISTS (SELECT 1 FROM problem)")?.query_row([], |row| row.get(0))?;
    for done in claims {
        let print = done.print.as_ref();
        let cells = params![
            pair.0,
            validity,
            Id(&done.id),
            done.state,
            run,
            done.uid,
            done.code,
            print.map(|print| print.sha256.0),
            print.map(|print| print.header.0),
            print.map(|print| print.octets as i64),
            done.state == State::Undecidable
        ];
        claim.execute(cells)?;
        if done.state == State::Refused && problems {
            // Nothing of it was stored: then it is not there twice.
            once.execute(params![pair.0, Id(&done.id)])?;
        }
        if done.state.is_done() && problems {
            cure.execute(params![pair.0, Id(&done.id)])?;
        }
        if done.state.is_done()
            && repaired.query_row(params![pair.0, validity, Id(&done.id)], |row| row.get::<_, bool>(0))?
        {
            name_repair.execute(params![pair.0, validity, Id(&done.id)])?;
        }
    }
    Ok(())
}
