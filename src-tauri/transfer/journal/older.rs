//! Journals as older versions of Mailferry wrote them, for the tests that must open them: their own CREATE statements, as
//! they were, filled with what a journal of today holds.

use rusqlite::Connection;
use std::path::Path;

/// The first version.
const FIRST: &str = "
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
    PRAGMA application_id = 0x4d467279;
    PRAGMA user_version = 1;
";

/// What each later version has added, in their order.
pub const LATER: [&str; 5] = [
    "CREATE TABLE IF NOT EXISTS mark (
        pair INTEGER PRIMARY KEY, source_next INTEGER NOT NULL, source_messages INTEGER NOT NULL, modseq INTEGER NOT NULL,
        target_next INTEGER NOT NULL, target_messages INTEGER NOT NULL, skipped INTEGER NOT NULL);",
    "CREATE TABLE IF NOT EXISTS made (folder TEXT PRIMARY KEY, validity INTEGER NOT NULL) WITHOUT ROWID;",
    "CREATE TABLE IF NOT EXISTS elsewhere (
        place TEXT NOT NULL, place_validity INTEGER NOT NULL, uid INTEGER NOT NULL,
        pair INTEGER NOT NULL, validity INTEGER NOT NULL, id NOT NULL,
        PRIMARY KEY (place, place_validity, uid)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS elsewhere_of ON elsewhere (pair, id);
    CREATE TABLE IF NOT EXISTS stranger (
        pair INTEGER PRIMARY KEY, validity INTEGER NOT NULL, next INTEGER NOT NULL, messages INTEGER NOT NULL);",
    "ALTER TABLE ledger ADD COLUMN original BLOB;
    ALTER TABLE ledger ADD COLUMN original_header BLOB;
    ALTER TABLE ledger ADD COLUMN repairs TEXT;",
    "CREATE TABLE IF NOT EXISTS reflag (
        pair INTEGER NOT NULL, validity INTEGER NOT NULL, id NOT NULL, flags TEXT NOT NULL,
        PRIMARY KEY (pair, validity, id)) WITHOUT ROWID;",
];

/// The version that first knew what lay elsewhere before the move.
pub const ELSEWHERE: usize = 3;

/// A row of the ledger as every version has it: pair, UID at the source, state, SHA-256, UID at the target.
pub type Line = (i64, u32, u8, Option<Vec<u8>>, Option<u32>);

pub fn lines(file: &Path) -> Vec<Line> {
    let file = Connection::open(file).unwrap();
    let mut query = file.prepare("SELECT pair, id, state, sha256, uid FROM ledger ORDER BY pair, id").unwrap();
    let lines = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)));
    lines.unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

/// Writes a journal anew as this version would have written it: 0 is the first.
pub fn write_as(version: usize, journal: &Path) {
    let old = journal.with_extension("older");
    let file = Connection::open(&old).unwrap();
    file.execute_batch(FIRST).unwrap();
    LATER[..version].iter().for_each(|later| file.execute_batch(later).unwrap());
    file.execute("ATTACH ?1 AS now", [journal.to_str().unwrap()]).unwrap();
    let mut tables = file.prepare("SELECT name FROM main.sqlite_master WHERE type = 'table'").unwrap();
    let names: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    drop(tables);
    for table in names {
        let columns = format!("SELECT group_concat(name) FROM pragma_table_info('{table}')");
        let columns: String = file.query_row(&columns, [], |row| row.get(0)).unwrap();
        file.execute(&format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM now.{table}"), []).unwrap();
    }
    if version < ELSEWHERE {
        file.execute("DELETE FROM setting WHERE key IN ('before', 'begun', 'told', 'strangers_accepted')", []).unwrap();
    }
    file.close().unwrap();
    for ending in ["-wal", "-shm"] {
        let mut name = journal.as_os_str().to_owned();
        name.push(ending);
        let _ = std::fs::remove_file(name);
    }
    std::fs::rename(old, journal).unwrap();
}

pub fn set(journal: &Path, key: &str, value: &str) {
    let file = Connection::open(journal).unwrap();
    file.execute("INSERT OR REPLACE INTO setting VALUES (?1, ?2)", [key, value]).unwrap();
}
