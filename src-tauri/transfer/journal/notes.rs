//! Settings by key, what was learnt of the target, and the problems of the run, read page by page.

use super::Journal;
use super::columns::{Id, IdOwned, path_from, path_text};
use super::ledger::PairId;
use crate::{Problem, ProblemLevel};
use mail::{FolderPath, MessageId, Result};
use rusqlite::{OptionalExtension, Transaction, params};

/// The strongest that a target preserves of a message, learnt by reading back what was stored first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Strength {
    Nothing,
    Header,
    HeaderAndSize,
    Octets,
}

impl Strength {
    const NAMES: [(Strength, &'static str); 4] = [
        (Strength::Nothing, "nothing"),
        (Strength::Header, "header"),
        (Strength::HeaderAndSize, "header_and_size"),
        (Strength::Octets, "octets"),
    ];
}

impl Journal {
    /// Begins a run: forgets the problems of the one before, and what is stored from now on counts as this run's. What a
    /// run that was killed repaired or may have stored twice is kept for the next report: nobody was told.
    pub async fn begin_run(&self) -> Result<()> {
        self.run(|file| {
            file.execute(
                "DELETE FROM problem WHERE code NOT IN ('maybe_twice', 'repaired') OR
                 (SELECT value FROM setting WHERE key = 'told') IS (SELECT value FROM setting WHERE key = 'run')",
                [],
            )?;
            file.execute(
                "INSERT INTO setting VALUES ('run', '1') ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1",
                [],
            )
            .map(drop)
        })
        .await
    }

    /// The problems of this run were told to somebody.
    pub(crate) async fn told(&self) -> Result<()> {
        match self.get("run").await? {
            Some(run) => self.set("told", &run).await,
            None => Ok(()),
        }
    }

    /// A setting, such as the plan or an end's identity. Keys `run`, `told`, `strength`,
    /// `rebuilt` and `renumbered` with a pair's number are the journal's own.
    pub async fn get(&self, key: &str) -> Result<Option<String>> {
        let key = key.to_owned();
        self.run(move |file| {
            let mut query = file.prepare_cached("SELECT value FROM setting WHERE key = ?1")?;
            query.query_row([key], |row| row.get(0)).optional()
        })
        .await
    }

    pub async fn set(&self, key: &str, value: &str) -> Result<()> {
        let (key, value) = (key.to_owned(), value.to_owned());
        self.run(move |file| {
            let mut query = file.prepare_cached(
                "INSERT INTO setting VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
            )?;
            query.execute([key, value]).map(drop)
        })
        .await
    }

    /// None until a message was read back.
    pub(crate) async fn strength(&self) -> Result<Option<Strength>> {
        let name = self.get("strength").await?;
        Ok(Strength::NAMES.into_iter().find(|(_, text)| Some(*text) == name.as_deref()).map(|(strength, _)| strength))
    }

    /// Only ever grows: one message that comes back whole shows what a target can do.
    pub(crate) async fn learn(&self, seen: Strength) -> Result<()> {
        if self.strength().await?.is_some_and(|known| known >= seen) {
            return Ok(());
        }
        let name = Strength::NAMES.into_iter().find(|(strength, _)| *strength == seen).map_or("", |(_, name)| name);
        self.set("strength", name).await
    }

    /// Notes problems. One of the same code, folder and id is replaced.
    pub async fn add_problems(&self, problems: Vec<Problem>) -> Result<()> {
        if problems.is_empty() {
            return Ok(());
        }
        self.run(move |file| write(file, &problems)).await
    }

    /// Forgets the problems (not the notices) of a source folder, before its messages are tried again.
    pub(crate) async fn forget_problems(&self, folder: &FolderPath) -> Result<()> {
        let folder = path_text(folder);
        self.run(move |file| file.execute("DELETE FROM problem WHERE folder = ?1 AND level = 0", [folder]).map(drop))
            .await
    }

    /// Problems and notices in the order in which they were noted, each with its number; `after` is the last number
    /// of the page before, 0 for the first.
    pub async fn problems(&self, after: u64, limit: usize) -> Result<Vec<(u64, Problem)>> {
        self.run(move |file| {
            let mut query = file.prepare_cached(
                "SELECT problem, code, level, folder, id, detail, words FROM problem WHERE problem > ?1
                 ORDER BY problem LIMIT ?2",
            )?;
            query
                .query_map(params![after as i64, limit as i64], |row| {
                    let folder = row.get_ref(3)?.as_str()?;
                    let id = row.get::<_, IdOwned>(4)?.0;
                    let problem = Problem {
                        code: row.get(1)?,
                        level: if row.get(2)? { ProblemLevel::Notice } else { ProblemLevel::Problem },
                        folder: (!folder.is_empty()).then(|| path_from(folder)),
                        id: Some(id).filter(|id| *id != none()),
                        detail: row.get(5)?,
                        words: row.get(6)?,
                    };
                    Ok((row.get::<_, i64>(0)? as u64, problem))
                })?
                .collect()
        })
        .await
    }
}

/// Stands for no id: no server gives an empty UIDL.
fn none() -> MessageId {
    MessageId::Uidl("".into())
}

/// The source folder has a new UIDVALIDITY: what is still to be told of its messages is told of their new ids.
pub(super) fn renew(file: &Transaction, pair: PairId, ids: &[(MessageId, MessageId)]) -> rusqlite::Result<()> {
    const FOLDER: &str = "(SELECT source FROM pair WHERE pair = ?1)";
    // By a detour below zero: a new id may be another's old one.
    let aside = format!("UPDATE OR REPLACE problem SET id = -?3 WHERE folder = {FOLDER} AND id = ?2");
    let mut aside = file.prepare_cached(&aside)?;
    for (old, new) in ids {
        if let (Some(old), Some(new)) = (old.uid(), new.uid()) {
            aside.execute(params![pair.0, old, new])?;
        }
    }
    let back =
        format!("UPDATE OR REPLACE problem SET id = -id WHERE folder = {FOLDER} AND typeof(id) = 'integer' AND id < 0");
    file.prepare_cached(&back)?.execute([pair.0]).map(drop)
}

pub(super) fn write(file: &Transaction, problems: &[Problem]) -> rusqlite::Result<()> {
    let mut note = file.prepare_cached(
        "INSERT INTO problem (code, level, folder, id, detail, words) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET level = excluded.level, detail = excluded.detail, words = excluded.words",
    )?;
    let nobody = none();
    for problem in problems {
        note.execute(params![
            problem.code,
            problem.level == ProblemLevel::Notice,
            problem.folder.as_ref().map(path_text).unwrap_or_default(),
            Id(problem.id.as_ref().unwrap_or(&nobody)),
            problem.detail,
            problem.words
        ])?;
    }
    Ok(())
}
