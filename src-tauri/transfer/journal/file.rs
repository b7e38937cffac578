//! The file itself: opening, its tables, setting a damaged one aside, and what its errors mean.

use super::Opened;
use super::flags::FLAGS;
use super::late::LATE;
use super::taking::MADE;
use mail::{Cause, Failure, Result, Side};
use rusqlite::{Connection, ErrorCode};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// "MFry": other programs' files are not opened.
const APPLICATION: i32 = 0x4d46_7279;
const VERSION: i32 = 1;

/// A path is a JSON array of segments. An id is an INTEGER (UID) or TEXT (UIDL). `validity` of a ledger row is
/// the source's UIDVALIDITY it was made under, 0 for POP3.
const TABLES: &str = "
    CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE pair (
        pair INTEGER PRIMARY KEY, source TEXT NOT NULL, target TEXT NOT NULL,
        source_validity INTEGER NOT NULL, target_validity INTEGER NOT NULL, fence INTEGER NOT NULL, whole INTEGER NOT NULL,
        UNIQUE (source, target));
    CREATE TABLE ledger (
        pair INTEGER NOT NULL, validity INTEGER NOT NULL, id NOT NULL, state INTEGER NOT NULL, run INTEGER NOT NULL,
        sha256 BLOB, header BLOB, size INTEGER, flags TEXT NOT NULL, date INTEGER, zone INTEGER,
        uid INTEGER, code TEXT, twice INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (pair, validity, id)) WITHOUT ROWID;
    CREATE TABLE problem (
        problem INTEGER PRIMARY KEY, code TEXT NOT NULL, level INTEGER NOT NULL, folder TEXT NOT NULL, id NOT NULL,
        detail TEXT, words TEXT, UNIQUE (folder, id, code));
";

/// Came later: made where they are missing. An older Mailferry lets a mark lie, and it no longer fits what it left.
const LATER: &str = "
    CREATE TABLE IF NOT EXISTS mark (
        pair INTEGER PRIMARY KEY, source_next INTEGER NOT NULL, source_messages INTEGER NOT NULL, modseq INTEGER NOT NULL,
        target_next INTEGER NOT NULL, target_messages INTEGER NOT NULL, skipped INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS elsewhere (
        place TEXT NOT NULL, place_validity INTEGER NOT NULL, uid INTEGER NOT NULL,
        pair INTEGER NOT NULL, validity INTEGER NOT NULL, id NOT NULL,
        PRIMARY KEY (place, place_validity, uid)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS elsewhere_of ON elsewhere (pair, id);
    CREATE TABLE IF NOT EXISTS stranger (
        pair INTEGER PRIMARY KEY, validity INTEGER NOT NULL, next INTEGER NOT NULL, messages INTEGER NOT NULL);
";

/// Stays when the file set aside is thrown away. A Mailferry of before has not noted it: the file beside tells.
const REBUILT: &str = "INSERT OR IGNORE INTO setting VALUES ('rebuilt', '1')";
/// Came later: what a message that was repaired was before, and what was changed ([`mail::repair::text`]).
const REPAIRS: &str = "
    ALTER TABLE ledger ADD COLUMN original BLOB;
    ALTER TABLE ledger ADD COLUMN original_header BLOB;
    ALTER TABLE ledger ADD COLUMN repairs TEXT;
";

/// What came later is made where it is missing.
fn complete(file: &mut Connection) -> rusqlite::Result<()> {
    let transaction = file.transaction()?;
    transaction.execute_batch(LATER)?;
    transaction.execute_batch(MADE)?;
    transaction.execute_batch(FLAGS)?;
    transaction.execute_batch(LATE)?;
    let known = "SELECT count(*) FROM pragma_table_info('ledger') WHERE name = 'repairs'";
    if transaction.query_row(known, [], |row| row.get::<_, i64>(0))? == 0 {
        transaction.execute_batch(REPAIRS)?;
    }
    transaction.commit()
}

pub fn open(path: &Path) -> Result<(Connection, Opened)> {
    let existed = path.metadata().is_ok_and(|file| file.len() > 0);
    match attempt(path) {
        Ok(file) => Ok((file, if existed { Opened::Existing } else { Opened::New })),
        Err(Trouble::Damaged) => {
            set_aside(path)?;
            let file = attempt(path).map_err(|trouble| trouble.failure(path))?;
            Ok((file, Opened::Rebuilt))
        }
        Err(trouble) => Err(trouble.failure(path)),
    }
}

pub fn in_memory() -> Result<Connection> {
    let mut file = Connection::open_in_memory().map_err(|error| failure(&error))?;
    file.execute_batch(TABLES).and_then(|()| complete(&mut file)).map_err(|error| failure(&error))?;
    Ok(file)
}

enum Trouble {
    Damaged,
    Foreign,
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Trouble::Damaged,
            _ => Trouble::Sql(error),
        }
    }
}

impl Trouble {
    fn failure(&self, path: &Path) -> Failure {
        let failure = match self {
            Trouble::Sql(error) => failure(error),
            Trouble::Damaged | Trouble::Foreign => Failure::new(Cause::StoreUnusable).on(Side::Local),
        };
        failure.about(path.display().to_string())
    }
}

fn attempt(path: &Path) -> Result<Connection, Trouble> {
    let mut file = Connection::open(path)?;
    // All there are.
    file.set_prepared_statement_cache_capacity(100);
    file.busy_timeout(Duration::from_secs(2))?;
    // Exclusive before WAL: then there is no shared-memory file, and no second process.
    file.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    file.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    file.pragma_update(None, "synchronous", "FULL")?;
    let version: i32 = file.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i32 = file.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = file.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    if tables == 0 {
        let transaction = file.transaction()?;
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.commit()?;
    } else if application != APPLICATION || version > VERSION {
        return Err(Trouble::Foreign);
    } else {
        let verdict: String = file.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" {
            return Err(Trouble::Damaged);
        }
    }
    complete(&mut file)?;
    if beside(path, ".damaged-1").exists() {
        file.execute_batch(REBUILT)?;
    }
    Ok(file)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Renames the file and its log, so that nothing of it is read again and nothing of it is lost.
fn set_aside(path: &Path) -> Result<()> {
    let with = |suffix: &str| beside(path, suffix);
    let free = (1..).find(|n| !with(&format!(".damaged-{n}")).exists()).unwrap_or_default();
    for part in ["", "-wal", "-shm"] {
        if with(part).exists() {
            std::fs::rename(with(part), with(&format!(".damaged-{free}{part}")))?;
        }
    }
    Ok(())
}

/// What an error of SQLite means to the run.
pub fn failure(error: &rusqlite::Error) -> Failure {
    let cause = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Cause::DiskFull,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Cause::Busy,
        Some(
            ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::OperationAborted,
        ) => Cause::DiskFailed,
        _ => Cause::StoreUnusable,
    };
    Failure::new(cause).on(Side::Local).words(&error.to_string())
}
