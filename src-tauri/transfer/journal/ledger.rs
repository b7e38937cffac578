//! The ledger: for each pair of folders where its fence lies, and for each message what was intended and what
//! became of it.

use super::Journal;
use super::columns::{Id, IdOwned, flags, pair, path_text, print, row, unsigned};
use super::elsewhere::Spot;
use crate::Problem;
use mail::{Flags, FolderPath, HeaderHash, InternalDate, MessageId, Repaired, Result, Sha256};
use rusqlite::{OptionalExtension, params};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Names a pair of folders within one journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PairId(pub i64);

/// A pair of folders that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairState {
    pub id: PairId,
    pub source: FolderPath,
    pub target: FolderPath,
    /// UIDVALIDITY; None for POP3.
    pub source_validity: Option<u32>,
    pub target_validity: u32,
    /// UIDNEXT of the target folder before our first store: what lies from here on may be ours.
    pub fence: u32,
    /// What lies before the fence has not been looked through to its end.
    pub whole: bool,
    /// The target folder has a UIDVALIDITY under which it was not looked through yet: a row with UID 0 is not known to be
    /// gone, it was not looked for.
    pub renumbered: bool,
    /// The target folder was made by this move, and has the UIDVALIDITY that it had then.
    pub made: bool,
}

/// What became of a message. Stored as a number; numbers are only ever added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Given to the target, and no answer was recorded: in doubt.
    Intended = 0,
    Stored = 1,
    /// Was at the target and is not of our making.
    Already = 2,
    /// Refused by the target, or not given by the source: tried again by the next run.
    Refused = 3,
    /// To be stored, though it may be there already: nobody could tell.
    Undecidable = 4,
    /// Stored, and about to be removed by an undo; nobody has seen yet that it is gone.
    TakingBack = 5,
    /// Was in another folder of the target before the move, and was not moved again: see `elsewhere`.
    Elsewhere = 6,
}

impl State {
    pub fn is_done(self) -> bool {
        matches!(self, State::Stored | State::Already | State::Elsewhere)
    }
}

/// A line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: MessageId,
    pub state: State,
    /// The run (see [`Journal::begin_run`]) that wrote it last.
    pub run: u64,
    /// None where the message was never read.
    pub sha256: Option<Sha256>,
    pub header: Option<HeaderHash>,
    /// Octets.
    pub size: Option<u64>,
    /// As stored.
    pub flags: Flags,
    pub date: Option<InternalDate>,
    /// UID at the target. None: the server did not tell. `Some(0)`: it is known to be gone, unless [`PairState::renumbered`].
    pub uid: Option<u32>,
    /// A cause's code, of a refused one.
    pub code: Option<String>,
}

/// A message about to be given to the target.
#[derive(Clone, Debug)]
pub struct Intent {
    pub id: MessageId,
    pub print: Print,
    pub flags: Flags,
    pub date: Option<InternalDate>,
    /// `print` is of a repaired form.
    pub of: Option<Repaired>,
}

/// Found at the target, or settled by it.
#[derive(Clone, Debug)]
pub struct Claim {
    pub id: MessageId,
    pub state: State,
    pub uid: Option<u32>,
    pub code: Option<&'static str>,
    /// Of a message that the ledger did not hold yet.
    pub print: Option<Print>,
}

/// One synced commit.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub intents: Vec<Intent>,
    pub claims: Vec<Claim>,
    /// Where those claimed as `Elsewhere` lie.
    pub elsewhere: Vec<(MessageId, Spot)>,
    pub problems: Vec<Problem>,
}

impl Ledger {
    pub fn is_empty(&self) -> bool {
        self.intents.is_empty() && self.claims.is_empty() && self.problems.is_empty()
    }
}

/// The short form of a row, for reconciling: 40 octets a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    pub id: MessageId,
    pub uid: Option<u32>,
    pub state: State,
    pub this_run: bool,
    pub twice: bool,
    /// What was given to the target is a repaired form, and the recorded print is that form's.
    pub repaired: bool,
    /// [`flag_mark`] of the flags as stored.
    pub flags: u64,
}

/// Stands for a set of flags where there are many messages. It holds for this process only.
pub fn flag_mark(flags: &Flags) -> u64 {
    let mut hasher = DefaultHasher::new();
    flags.hash(&mut hasher);
    hasher.finish()
}

/// What is known of a message's octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Print {
    pub sha256: Sha256,
    pub header: HeaderHash,
    pub octets: u64,
    /// Of flags and date, to tell identical messages apart. It holds for this process only.
    pub mark: u64,
}

impl Print {
    pub fn mark(flags: &Flags, date: Option<InternalDate>) -> u64 {
        let mut hasher = DefaultHasher::new();
        (flags, date.map(|date| date.seconds)).hash(&mut hasher);
        hasher.finish()
    }
}

impl Journal {
    /// The pairs begun so far, for recognising both ends.
    pub async fn pairs(&self) -> Result<Vec<PairState>> {
        self.run(|file| {
            let mut query = file.prepare_cached(&format!("{PAIR} ORDER BY pair"))?;
            query.query_map([], pair)?.collect()
        })
        .await
    }

    pub async fn pair(&self, source: &FolderPath, target: &FolderPath) -> Result<Option<PairState>> {
        let (source, target) = (path_text(source), path_text(target));
        self.run(move |file| {
            let mut query = file.prepare_cached(&format!("{PAIR} WHERE source = ?1 AND target = ?2"))?;
            query.query_row(params![source, target], pair).optional()
        })
        .await
    }

    /// The ledger of a pair under its present UIDVALIDITY, in ascending order of id, page by page.
    pub async fn rows(&self, pair: PairId, after: Option<MessageId>, limit: usize) -> Result<Vec<Row>> {
        self.run(move |file| {
            let mut query = file.prepare_cached(
                "SELECT id, state, ledger.run, sha256, header, size, flags, date, zone, uid, code FROM ledger
                 JOIN pair USING (pair) WHERE pair = ?1 AND validity = source_validity AND (?2 IS NULL OR id > ?2)
                 ORDER BY id LIMIT ?3",
            )?;
            let after = after.as_ref().map(Id);
            query.query_map(params![pair.0, after, limit as i64], row)?.collect()
        })
        .await
    }

    /// Octets of what this run stored of a pair.
    pub(crate) async fn octets_of_this_run(&self, pair: PairId) -> Result<u64> {
        self.run(move |file| {
            let mut query = file.prepare_cached(&format!(
                "SELECT coalesce(sum(size), 0) FROM ledger JOIN pair USING (pair)
                 WHERE pair = ?1 AND validity = source_validity AND state = 1 AND ledger.run = {RUN}"
            ))?;
            query.query_row([pair.0], |row| unsigned(row, 0))
        })
        .await
    }

    /// The UID at the target of one message, if it is known.
    pub(crate) async fn uid(&self, pair: PairId, id: &MessageId) -> Result<Option<u32>> {
        let id = id.clone();
        self.run(move |file| {
            let mut query = file.prepare_cached(&format!(
                "SELECT uid FROM ledger WHERE pair = ?1 AND validity = {VALIDITY} AND id = ?2"
            ))?;
            let uid: Option<Option<u32>> = query.query_row(params![pair.0, Id(&id)], |row| row.get(0)).optional()?;
            Ok(uid.flatten().filter(|uid| *uid > 0))
        })
        .await
    }

    /// Begins pairs, all in one commit: their fences are saved before anything is stored. With each: the target folder, if this
    /// move has made it.
    pub(crate) async fn begin(&self, pairs: Vec<(PairState, Option<FolderPath>)>) -> Result<Vec<PairState>> {
        self.run(move |file| {
            let mut insert = file.prepare_cached(
                "INSERT INTO pair (source, target, source_validity, target_validity, fence, whole)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            let mut begun = Vec::with_capacity(pairs.len());
            for (state, made) in pairs {
                insert.execute(params![
                    path_text(&state.source),
                    path_text(&state.target),
                    state.source_validity.unwrap_or(0),
                    state.target_validity,
                    state.fence,
                    state.whole
                ])?;
                let id = PairId(file.last_insert_rowid());
                if let Some(folder) = made {
                    super::taking::note_made(file, &folder, state.target_validity)?;
                }
                begun.push(PairState { id, ..state });
            }
            Ok(begun)
        })
        .await
    }

    /// What lies before the fence has been looked through.
    pub(crate) async fn looked_through(&self, pair: PairId) -> Result<()> {
        self.run(move |file| {
            file.prepare_cached("UPDATE pair SET whole = 0 WHERE pair = ?1")?.execute([pair.0]).map(drop)
        })
        .await
    }

    /// The target folder was looked through since the last [`Journal::renew_target`]: what still has UID 0 is gone.
    pub(crate) async fn looked_through_anew(&self, pair: PairId) -> Result<()> {
        self.run(move |file| {
            file.prepare_cached("DELETE FROM setting WHERE key = ?1")?.execute([renumbered(pair)]).map(drop)
        })
        .await
    }

    /// The target folder has a new UIDVALIDITY: every UID known there is nothing any more, and all that it holds
    /// may be ours.
    pub(crate) async fn renew_target(&self, pair: PairId, validity: u32) -> Result<()> {
        self.run(move |file| {
            file.execute("UPDATE ledger SET uid = 0 WHERE pair = ?1 AND uid IS NOT NULL", [pair.0])?;
            super::late::renew_target(file, pair)?;
            // It may look as it did at the mark, and yet nothing of it be known.
            super::mark::forget(file, pair)?;
            file.execute("INSERT OR REPLACE INTO setting VALUES (?1, '1')", [renumbered(pair)])?;
            file.execute("UPDATE pair SET target_validity = ?2, fence = 1 WHERE pair = ?1", params![pair.0, validity])
                .map(drop)
        })
        .await
    }

    /// The source folder has a new UIDVALIDITY: rows go over to the new ids, as (old, new). Rows without a new id
    /// stay under the old UIDVALIDITY.
    pub(crate) async fn renew_source(
        &self,
        pair: PairId,
        validity: Option<u32>,
        ids: Vec<(MessageId, MessageId)>,
    ) -> Result<()> {
        self.run(move |file| {
            let new = validity.unwrap_or(0);
            let mut query = file.prepare_cached(
                "UPDATE OR REPLACE ledger SET validity = ?2, id = ?4 WHERE pair = ?1 AND id = ?3
                 AND validity = (SELECT source_validity FROM pair WHERE pair = ?1)",
            )?;
            for (old, id) in &ids {
                query.execute(params![pair.0, new, Id(old), Id(id)])?;
            }
            super::elsewhere::renew(file, pair, new, &ids)?;
            super::late::renew_source(file, pair, new, &ids)?;
            super::notes::renew(file, pair, &ids)?;
            file.execute("UPDATE pair SET source_validity = ?2 WHERE pair = ?1", params![pair.0, new]).map(drop)
        })
        .await
    }

    /// The whole ledger of a pair in ascending order of id, and the prints of those rows whose UID is open or whose
    /// message may be there twice.
    pub(crate) async fn brief(&self, pair: PairId) -> Result<(Vec<Brief>, Vec<(MessageId, Print)>)> {
        self.run(move |file| {
            let mut query = file.prepare_cached(&format!(
                "SELECT id, uid, state, ledger.run = {RUN}, twice, sha256, header, size, flags, date, zone,
                 repairs IS NOT NULL FROM ledger JOIN pair USING (pair)
                 WHERE pair = ?1 AND validity = source_validity ORDER BY id"
            ))?;
            let mut rows = query.query([pair.0])?;
            let (mut briefs, mut prints) = (Vec::new(), Vec::new());
            while let Some(row) = rows.next()? {
                let brief = Brief {
                    id: row.get::<_, IdOwned>(0)?.0,
                    uid: row.get(1)?,
                    state: row.get(2)?,
                    this_run: row.get(3)?,
                    twice: row.get(4)?,
                    repaired: row.get(11)?,
                    flags: flag_mark(&flags(row, 8)?),
                };
                let open = brief.state != State::Elsewhere && brief.uid.is_none_or(|uid| uid == 0);
                if (brief.twice || open)
                    && let Some(print) = print(row, 5)?
                {
                    prints.push((brief.id.clone(), print));
                }
                briefs.push(brief);
            }
            Ok((briefs, prints))
        })
        .await
    }

    /// The prints of all rows under the pair's recorded UIDVALIDITY as their messages were fetched, for finding them again
    /// under a new one.
    pub(crate) async fn prints(&self, pair: PairId) -> Result<Vec<(MessageId, Print)>> {
        self.run(move |file| {
            let mut query = file.prepare_cached(
                "SELECT id, ifnull(original, sha256), ifnull(original_header, header), size, flags, date, zone
                 FROM ledger JOIN pair USING (pair)
                 WHERE pair = ?1 AND validity = source_validity ORDER BY id",
            )?;
            let mut rows = query.query([pair.0])?;
            let mut prints = Vec::new();
            while let Some(row) = rows.next()? {
                if let Some(print) = print(row, 1)? {
                    prints.push((row.get::<_, IdOwned>(0)?.0, print));
                }
            }
            Ok(prints)
        })
        .await
    }
}

pub(super) const RUN: &str = "ifnull((SELECT CAST(value AS INTEGER) FROM setting WHERE key = 'run'), 0)";
pub(super) const PAIR: &str = "SELECT pair, source, target, source_validity, target_validity, fence, whole,
    EXISTS (SELECT 1 FROM setting WHERE key = 'renumbered ' || pair),
    EXISTS (SELECT 1 FROM made WHERE folder = target AND made.validity = target_validity) FROM pair";

/// The setting that says so of this pair.
fn renumbered(pair: PairId) -> String {
    format!("renumbered {}", pair.0)
}

const VALIDITY: &str = "(SELECT source_validity FROM pair WHERE pair = ?1)";
