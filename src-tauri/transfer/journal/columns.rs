//! How paths, ids and states lie in the columns of the file, and how rows are read from them.

use super::ledger::{PairId, PairState, Print, Row, State};
use mail::{Flags, FolderPath, HeaderHash, InternalDate, MessageId, Sha256};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, Value, ValueRef};

/// A path as the file holds it.
pub(super) fn path_text(path: &FolderPath) -> String {
    serde_json::Value::from(path.segments()).to_string()
}

pub(super) fn path_from(text: &str) -> FolderPath {
    FolderPath(serde_json::from_str(text).unwrap_or_else(|_| vec![text.to_owned()]))
}

/// A [`MessageId`] as the file holds it.
pub(super) struct Id<'a>(pub &'a MessageId);

impl ToSql for Id<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            MessageId::Uid(uid) => ToSqlOutput::Owned(Value::from(*uid)),
            MessageId::Uidl(uidl) => ToSqlOutput::Borrowed(ValueRef::Text(uidl.as_bytes())),
        })
    }
}

pub(super) struct IdOwned(pub MessageId);

impl FromSql for IdOwned {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Integer(uid) => {
                u32::try_from(uid).map(MessageId::Uid).map(IdOwned).map_err(|_| FromSqlError::OutOfRange(uid))
            }
            _ => value.as_str().map(|uidl| IdOwned(MessageId::Uidl(uidl.into()))),
        }
    }
}

impl ToSql for State {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(*self as u8))
    }
}

impl FromSql for State {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(match value.as_i64()? {
            0 => State::Intended,
            1 => State::Stored,
            2 => State::Already,
            3 => State::Refused,
            4 => State::Undecidable,
            5 => State::TakingBack,
            6 => State::Elsewhere,
            other => return Err(FromSqlError::OutOfRange(other)),
        })
    }
}

pub(super) fn unsigned(row: &rusqlite::Row, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.max(0) as u64)
}

fn validity(row: &rusqlite::Row, column: usize) -> rusqlite::Result<Option<u32>> {
    Ok(Some(row.get(column)?).filter(|validity| *validity != 0))
}

pub(super) fn pair(row: &rusqlite::Row) -> rusqlite::Result<PairState> {
    Ok(PairState {
        id: PairId(row.get(0)?),
        source: path_from(row.get_ref(1)?.as_str()?),
        target: path_from(row.get_ref(2)?.as_str()?),
        source_validity: validity(row, 3)?,
        target_validity: row.get(4)?,
        fence: row.get(5)?,
        whole: row.get(6)?,
        renumbered: row.get(7)?,
        made: row.get(8)?,
    })
}

pub(super) fn row(row: &rusqlite::Row) -> rusqlite::Result<Row> {
    let print = print(row, 3)?;
    Ok(Row {
        id: row.get::<_, IdOwned>(0)?.0,
        state: row.get(1)?,
        run: unsigned(row, 2)?,
        sha256: print.map(|print| print.sha256),
        header: print.map(|print| print.header),
        size: print.map(|print| print.octets),
        flags: flags(row, 6)?,
        date: date(row, 7)?,
        uid: row.get(9)?,
        code: row.get(10)?,
    })
}

pub(super) fn flags(row: &rusqlite::Row, column: usize) -> rusqlite::Result<Flags> {
    Ok(Flags::from_names(row.get_ref(column)?.as_str()?.split_whitespace()))
}

/// Two columns from `first` on: seconds and zone.
fn date(row: &rusqlite::Row, first: usize) -> rusqlite::Result<Option<InternalDate>> {
    let (seconds, zone): (Option<i64>, Option<i16>) = (row.get(first)?, row.get(first + 1)?);
    Ok(seconds.zip(zone).map(|(seconds, zone)| InternalDate { seconds, zone }))
}

/// Six columns from `first` on: SHA-256, header hash, octets, flags, seconds, zone.
pub(super) fn print(row: &rusqlite::Row, first: usize) -> rusqlite::Result<Option<Print>> {
    let (sha256, header): (Option<[u8; 32]>, Option<[u8; 16]>) = (row.get(first)?, row.get(first + 1)?);
    let octets: Option<i64> = row.get(first + 2)?;
    let mark = Print::mark(&flags(row, first + 3)?, date(row, first + 4)?);
    Ok(sha256.zip(header).zip(octets).map(|((sha256, header), octets)| Print {
        sha256: Sha256(sha256),
        header: HeaderHash(header),
        octets: octets.max(0) as u64,
        mark,
    }))
}
