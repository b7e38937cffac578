//! What an index says, read from its beginning: the folder's true name, and each message's place in the mbox.

use crate::line::{self, FolderLine, Key, Line, MessageLine, VERSION};
use crate::manifest::Seal;
use mail::{Flags, HeaderHash, InternalDate, Sha256};
use sha2::Digest;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Result};

/// One message in the mbox.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub key: Key,
    pub offset: u64,
    pub length: u64,
    pub size: u64,
    pub sha256: Sha256,
    pub header: HeaderHash,
    pub date: Option<InternalDate>,
    /// As the headers in the mbox say.
    pub stored_flags: Flags,
    /// As the source said last.
    pub flags: Flags,
    /// No longer at the source.
    pub gone: bool,
    /// A later record holds the same message, because this one was found damaged.
    pub superseded: bool,
}

/// Why reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Each line was whole and true.
    Clean,
    /// Behind the last whole line lies a torn one, or one whose message is not in the mbox.
    Torn,
    /// What was sealed is not as it was sealed.
    Damaged,
    /// A newer format.
    Newer,
}

#[derive(Debug)]
pub(crate) struct Contents {
    pub folder: FolderLine,
    pub records: Vec<Record>,
    by_key: HashMap<Key, usize>,
    /// UIDVALIDITY of the source lately; None before the first.
    pub validity: Option<Option<u32>>,
    /// Length of mbox and index as far as they are whole, in octets.
    pub mbox: u64,
    pub index: u64,
    /// Over the index to there.
    hash: sha2::Sha256,
}

impl Contents {
    /// Of a folder whose index holds just the given first line.
    pub fn new(folder: FolderLine, line: &[u8]) -> Self {
        let mut hash = sha2::Sha256::new();
        hash.update(line);
        let index = line.len() as u64;
        Self { folder, records: Vec::new(), by_key: HashMap::new(), validity: None, mbox: 0, index, hash }
    }

    /// Reads an index to its last whole line. `mbox` is the length of the mbox file. Without a first line that names
    /// the folder there is nothing to say: None. The seal's hash covers the records, and each record's SHA-256
    /// its octets, so the mbox needs no hash of its own.
    pub fn read(index: impl Read, mbox: u64, seal: Option<&Seal>) -> Result<(Option<Self>, Ended)> {
        let mut reader = BufReader::with_capacity(256 * 1024, index);
        let mut text = Vec::new();
        let mut contents: Option<Self> = None;
        let mut sealed = seal.is_none();
        let mut ended = Ended::Clean;
        loop {
            text.clear();
            if reader.by_ref().take(line::LONGEST).read_until(b'\n', &mut text)? == 0 {
                break;
            }
            let parsed = text.strip_suffix(b"\n").and_then(line::parse);
            let taken = match (parsed, &mut contents) {
                (Some(Line::Folder(folder)), _) if folder.version > VERSION => {
                    return Ok((contents, Ended::Newer));
                }
                (Some(Line::Folder(folder)), None) if folder.folder().is_some() => {
                    contents = Some(Self::new(folder, &text));
                    true
                }
                (Some(line), Some(contents)) if contents.accepts(&line, mbox) => {
                    contents.add(line);
                    contents.index += text.len() as u64;
                    contents.hash.update(&text);
                    true
                }
                _ => false,
            };
            if !taken {
                ended = Ended::Torn;
                break;
            }
            if let (Some(contents), Some(seal)) = (&contents, seal)
                && contents.index == seal.index
            {
                sealed = contents.seal() == *seal;
            }
        }
        Ok((contents, if sealed { ended } else { Ended::Damaged }))
    }

    fn accepts(&self, line: &Line, mbox: u64) -> bool {
        match line {
            Line::Message(message) => {
                // Messages lie one behind the other.
                message.offset == self.mbox
                    && message.offset.checked_add(message.length).is_some_and(|end| end <= mbox)
                    && message.size < message.length
                    && message.values().is_some()
            }
            Line::Folder(folder) => folder.path == self.folder.path && folder.folder().is_some(),
            Line::Flags { key, .. } | Line::Gone { key } => self.by_key.contains_key(key),
            Line::Validity { .. } => true,
        }
    }

    /// Takes in a line that was accepted, or that was just written.
    pub fn add(&mut self, line: Line) {
        match line {
            Line::Folder(folder) => self.folder = folder,
            Line::Validity { validity } => self.validity = Some(validity),
            Line::Message(line) => self.add_message(*line),
            Line::Flags { key, flags } => {
                if let Some(record) = self.get_mut(&key) {
                    record.flags = Flags::from_names(flags.iter().map(String::as_str));
                    record.gone = false;
                }
            }
            Line::Gone { key } => {
                if let Some(record) = self.get_mut(&key) {
                    record.gone = true;
                }
            }
        }
    }

    fn add_message(&mut self, line: MessageLine) {
        let Some((date, sha256, header)) = line.values() else { return };
        let flags = line.flags();
        if let Some(earlier) = self.by_key.insert(line.key.clone(), self.records.len()) {
            self.records[earlier].superseded = true;
        }
        self.mbox = line.offset + line.length;
        self.records.push(Record {
            key: line.key,
            offset: line.offset,
            length: line.length,
            size: line.size,
            sha256,
            header,
            date,
            stored_flags: flags.clone(),
            flags,
            gone: false,
            superseded: false,
        });
    }

    /// Lines that were just written behind the others.
    pub fn extend(&mut self, lines: Vec<Line>, text: &[u8]) {
        self.hash.update(text);
        self.index += text.len() as u64;
        lines.into_iter().for_each(|line| self.add(line));
    }

    pub fn get(&self, key: &Key) -> Option<&Record> {
        self.by_key.get(key).map(|place| &self.records[*place])
    }

    fn get_mut(&mut self, key: &Key) -> Option<&mut Record> {
        self.by_key.get(key).map(|place| &mut self.records[*place])
    }

    /// As it would be sealed now.
    pub fn seal(&self) -> Seal {
        Seal {
            messages: self.records.len() as u64,
            mbox: self.mbox,
            index: self.index,
            sha256: Sha256(self.hash.clone().finalize().into()).to_string(),
        }
    }
}
