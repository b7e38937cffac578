//! A way in for the fuzz targets (`tests/fuzz`). Only with the feature `fuzz`; no other room may use it.

use crate::contents::{Contents, Ended, Record};
use crate::line::{self, FolderLine, Id, Key, Line, MessageLine};
use crate::{frame, names, octets};
use mail::{Body, Budget, Flags, Folder, InternalDate};
use std::fs::File;
use std::io::{Cursor, Result, Write};

/// One message as it is to lie in an mbox.
#[derive(Clone, Debug)]
pub struct Letter {
    pub octets: Vec<u8>,
    pub flags: Flags,
    pub date: Option<InternalDate>,
}

/// Where it was put.
#[derive(Clone, Debug)]
pub struct Stored(Record);

impl Stored {
    pub fn range(&self) -> std::ops::Range<u64> {
        self.0.offset..self.0.offset + self.0.length
    }
}

impl Letter {
    fn body(&self) -> Body {
        Budget::unbounded(self.octets.clone())
    }

    /// Appends it to an mbox that is `offset` octets long.
    pub fn write(&self, offset: u64, out: &mut impl Write) -> mail::Result<Stored> {
        let body = self.body();
        let date = self.date.and_then(frame::storable);
        let length = octets::write(&frame::before(&self.flags, date), &body, out)?;
        Ok(Stored(Record {
            key: Key { validity: Some(1), id: Id::Uid(1) },
            offset,
            length,
            size: body.len(),
            sha256: body.sha256,
            header: body.header,
            date,
            stored_flags: self.flags.clone(),
            flags: self.flags.clone(),
            gone: false,
            superseded: false,
        }))
    }
}

/// The octets at that place, or None where it is not that record.
pub fn read(mbox: &File, stored: &Stored) -> mail::Result<Option<Vec<u8>>> {
    let mut all = Vec::new();
    let mut sink = |octets: &[u8]| {
        all.extend_from_slice(octets);
        Ok(())
    };
    let whole = octets::read(mbox, &stored.0, &mut sink)?;
    Ok(whole.then_some(all))
}

/// Text that is quoted in pieces of these lengths, and then unquoted in others.
pub fn quoted(text: &[u8], pieces: &[usize]) -> Result<(Vec<u8>, Vec<u8>, bool)> {
    let (mut quoter, mut quoted) = (crate::quote::Quoter::new(), Vec::new());
    for piece in cut(text, pieces) {
        quoter.chunk(piece, &mut quoted)?;
    }
    quoter.end(&mut quoted)?;
    let (mut unquoter, mut plain) = (crate::quote::Unquoter::new(), Vec::new());
    for piece in cut(&quoted, pieces) {
        unquoter.chunk(piece, &mut plain)?;
    }
    unquoter.end(&mut plain)?;
    Ok((quoted, plain, unquoter.bare))
}

fn cut<'a>(text: &'a [u8], pieces: &[usize]) -> Vec<&'a [u8]> {
    let (mut rest, mut cut) = (text, Vec::new());
    for length in pieces.iter().cycle().take(text.len()) {
        if rest.is_empty() || pieces.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at((*length).clamp(1, rest.len()));
        cut.push(piece);
        rest = after;
    }
    cut.push(rest);
    cut
}

/// What an index says.
#[derive(Debug, PartialEq, Eq)]
pub struct Index {
    /// Octets of it that are whole and true, and the mbox that these stand for.
    pub index: u64,
    pub mbox: u64,
    /// Everything else, as text.
    pub folder: String,
    pub records: Vec<String>,
    /// Nothing follows what is true.
    pub clean: bool,
}

/// None: no first line that names a folder, or a newer format.
pub fn index(text: &[u8], mbox: u64) -> Result<Option<Index>> {
    let (contents, ended) = Contents::read(Cursor::new(text), mbox, None)?;
    Ok(contents.filter(|_| ended != Ended::Newer).map(|contents| {
        let mut end = 0;
        for record in &contents.records {
            assert_eq!(record.offset, end, "messages lie one behind the other");
            assert!(record.size < record.length);
            end += record.length;
        }
        assert!(end == contents.mbox && end <= mbox && contents.index <= text.len() as u64);
        Index {
            index: contents.index,
            mbox: contents.mbox,
            folder: format!("{:?} {:?}", contents.folder, contents.validity),
            records: contents.records.iter().map(|record| format!("{record:?}")).collect(),
            clean: ended == Ended::Clean,
        }
    }))
}

/// A line read and written again. None: it is no line.
pub fn line_again(line: &[u8]) -> mail::Result<Option<Vec<u8>>> {
    let Some(line) = line::parse(line) else { return Ok(None) };
    let mut text = Vec::new();
    line::write(&line, &mut text)?;
    Ok(Some(text))
}

/// The first line of a folder's index, and the folder that is read from it.
pub fn folder_line(folder: &Folder) -> mail::Result<(Vec<u8>, Option<Folder>)> {
    let mut text = Vec::new();
    line::write(&Line::Folder(FolderLine::of(folder)), &mut text)?;
    let back = match line::parse(text.trim_ascii_end()) {
        Some(Line::Folder(line)) => line.folder(),
        _ => None,
    };
    Ok((text, back))
}

/// What may stand in an index behind its first line.
#[derive(Clone, Debug)]
pub enum Note {
    Validity(Option<u32>),
    /// Octets, which its mbox then holds.
    Message(u32, Letter),
    Flags(u32, Flags),
    Gone(u32),
}

/// Lines as an archive writes them, and the length of the mbox that they stand for. Notes of messages that are not
/// there are left out, as an archive does not write them.
pub fn lines(notes: &[Note], text: &mut Vec<u8>) -> mail::Result<(u64, usize)> {
    let (mut mbox, mut messages, mut known) = (0, 0, std::collections::HashSet::new());
    let mut validity = None;
    for note in notes {
        let key = |uid: u32| Key { validity, id: Id::Uid(uid) };
        let line = match note {
            Note::Validity(now) => {
                validity = *now;
                Line::Validity { validity }
            }
            Note::Message(uid, letter) => {
                let mut out = Vec::new();
                let stored = letter.write(mbox, &mut out)?.0;
                mbox += stored.length;
                messages += 1;
                known.insert((validity, *uid));
                Line::Message(Box::new(MessageLine {
                    offset: stored.offset,
                    length: stored.length,
                    key: key(*uid),
                    flags: letter.flags.names(),
                    date: stored.date.map(|date| date.to_string()),
                    size: stored.size,
                    sha256: stored.sha256.to_string(),
                    header: stored.header.to_string(),
                }))
            }
            Note::Flags(uid, _) | Note::Gone(uid) if !known.contains(&(validity, *uid)) => continue,
            Note::Flags(uid, flags) => Line::Flags { key: key(*uid), flags: flags.names() },
            Note::Gone(uid) => Line::Gone { key: key(*uid) },
        };
        line::write(&line, text)?;
    }
    Ok((mbox, messages))
}

/// The file name of a folder's name, and its key on a disk that knows no case.
pub fn file_name(name: &str) -> (String, String) {
    let file = names::plain(name).map_or_else(|| names::marked(name, 0), str::to_owned);
    let key = names::key(&file);
    (file, key)
}
