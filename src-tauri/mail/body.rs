//! The octets of one message on their way: written once and hashed as they come, read as often as needed. Must not know
//! what a message means beyond where its header ends.

use crate::budget::{SEGMENT, Segments};
use crate::{HeaderHash, Result, Sha256};
use bytes::Bytes;
use sha2::Digest;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// What of a header is kept for the [`HeaderHash`]: longer headers are hashed by their beginning.
pub(crate) const HEADER_KEPT: usize = 256 * 1024;
/// What one read of a spooled body gives at most, in octets.
pub(crate) const CHUNK: usize = 256 * 1024;

/// Where the octets go.
#[derive(Debug)]
pub(crate) enum Store {
    Small(Vec<u8>),
    Segments(Vec<Vec<u8>>, Segments),
    File(File),
    Nothing,
}

/// Takes the octets as they are read and hashes them.
#[derive(Debug)]
pub struct BodyWriter {
    store: Store,
    permit: Option<OwnedSemaphorePermit>,
    written: u64,
    sha256: sha2::Sha256,
    header: Vec<u8>,
    in_header: bool,
}

impl BodyWriter {
    pub(crate) fn new(store: Store, permit: Option<OwnedSemaphorePermit>) -> Self {
        Self { store, permit, written: 0, sha256: sha2::Sha256::new(), header: Vec::new(), in_header: true }
    }

    /// Blocks on the disk for spooled bodies: chunks are small and the file is in the page cache.
    pub fn write(&mut self, octets: &[u8]) -> Result<()> {
        self.sha256.update(octets);
        self.written += octets.len() as u64;
        if self.in_header {
            self.keep_header(octets);
        }
        match &mut self.store {
            Store::Small(memory) => memory.extend_from_slice(octets),
            Store::Segments(held, segments) => {
                let mut rest = octets;
                while !rest.is_empty() {
                    let room = held.last().map_or(0, |last| SEGMENT - last.len());
                    if room == 0 {
                        held.push(segments.take());
                        continue;
                    }
                    let (now, later) = rest.split_at(rest.len().min(room));
                    held.last_mut().into_iter().for_each(|last| last.extend_from_slice(now));
                    rest = later;
                }
            }
            Store::File(file) => file.write_all(octets)?,
            Store::Nothing => {}
        }
        Ok(())
    }

    fn keep_header(&mut self, octets: &[u8]) {
        // An empty line may lie across two chunks.
        let mut seam = self.header[self.header.len().saturating_sub(2)..].to_vec();
        seam.extend_from_slice(&octets[..octets.len().min(2)]);
        let end = if header_end(&seam).is_some() { Some(0) } else { header_end(octets) };
        let room = HEADER_KEPT - self.header.len();
        self.header.extend_from_slice(&octets[..end.unwrap_or(octets.len()).min(room)]);
        self.in_header = end.is_none() && self.header.len() < HEADER_KEPT;
    }

    pub fn finish(self) -> Body {
        Body {
            sha256: Sha256(self.sha256.finalize().into()),
            header: HeaderHash::of(&self.header),
            octets: self.written,
            held: match self.store {
                Store::Small(memory) => Held::Whole(memory.into()),
                Store::Segments(held, segments) => Held::Segments(Lent { held, segments }),
                Store::File(file) => Held::File(Arc::new(file)),
                Store::Nothing => Held::Whole(Bytes::new()),
            },
            _permit: self.permit,
        }
    }
}

/// Where the first empty line ends, but for one at the very beginning.
fn header_end(octets: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', octets).find_map(|at| match octets[at + 1..] {
        [b'\n', ..] => Some(at + 2),
        [b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    })
}

#[derive(Debug)]
enum Held {
    Whole(Bytes),
    Segments(Lent),
    File(Arc<File>),
}

/// Segments that go back when they are dropped.
#[derive(Debug)]
struct Lent {
    held: Vec<Vec<u8>>,
    segments: Segments,
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.segments.give_back(self.held.drain(..));
    }
}

/// The octets of one message, hashed while they were read. Its part of the budget is free again when it is
/// dropped.
#[derive(Debug)]
pub struct Body {
    pub sha256: Sha256,
    pub header: HeaderHash,
    octets: u64,
    held: Held,
    // Dropped after what it permits.
    _permit: Option<OwnedSemaphorePermit>,
}

impl Body {
    pub(crate) fn whole(sha256: Sha256, header: HeaderHash, octets: Bytes) -> Self {
        Self { sha256, header, octets: octets.len() as u64, held: Held::Whole(octets), _permit: None }
    }

    /// Length in octets.
    pub fn len(&self) -> u64 {
        self.octets
    }

    pub fn is_empty(&self) -> bool {
        self.octets == 0
    }

    /// Not in a file.
    pub fn is_in_memory(&self) -> bool {
        !matches!(self.held, Held::File(_))
    }

    /// All octets at once, in memory of their own if they are not in one piece: for what is known to be small.
    pub fn octets(&self) -> Result<Bytes> {
        if let Held::Whole(octets) = &self.held {
            return Ok(octets.clone());
        }
        let mut octets = Vec::with_capacity(self.octets as usize);
        let mut reader = self.reader()?;
        while let Some(chunk) = reader.chunk()? {
            octets.extend_from_slice(chunk);
        }
        Ok(octets.into())
    }

    /// Reads from the beginning. One reader at a time: spooled bodies share a file position.
    pub fn reader(&self) -> Result<BodyReader<'_>> {
        if let Held::File(file) = &self.held {
            (&**file).seek(SeekFrom::Start(0))?;
        }
        Ok(BodyReader { body: self, at: 0, read: Vec::new() })
    }
}

/// Gives a body in chunks.
#[derive(Debug)]
pub struct BodyReader<'a> {
    body: &'a Body,
    /// Chunks given, of those in memory.
    at: usize,
    read: Vec<u8>,
}

impl BodyReader<'_> {
    /// The next octets, at most 256 KiB where they come from a file; None at the end.
    pub fn chunk(&mut self) -> Result<Option<&[u8]>> {
        let chunk = match &self.body.held {
            Held::Whole(octets) => {
                if self.at == 0 {
                    &octets[..]
                } else {
                    &[]
                }
            }
            Held::Segments(lent) => lent.held.get(self.at).map_or(&[][..], |segment| segment),
            Held::File(file) => {
                self.read.resize(CHUNK, 0);
                let read = (&**file).read(&mut self.read)?;
                &self.read[..read]
            }
        };
        self.at += 1;
        Ok((!chunk.is_empty()).then_some(chunk))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Budget;

    #[test]
    fn the_header_ends_where_it_ends_however_it_comes() -> Result<()> {
        for (text, kept) in [
            ("From: a\r\nDate: b\r\n\r\nFrom: c\r\n\r\n", 20),
            ("From: a\nDate: b\n\nFrom: c\n\n", 17),
            ("From: a\nDate: b\n\r\nFrom: c", 18),
            ("From: a\r\nDate: b\r\r\n", 21),
            ("\r\nFrom: a\r\n", 11),
        ] {
            for first in 0..text.len() {
                for second in first..text.len() {
                    let mut writer = Budget::hashes();
                    for part in [&text[..first], &text[first..second], &text[second..]] {
                        writer.write(part.as_bytes())?;
                    }
                    assert!(writer.header.len() <= kept, "{text:?} {first} {second}: {:?}", writer.header);
                    assert_eq!(writer.finish().header, HeaderHash::of(text.as_bytes()), "{text:?} {first} {second}");
                }
            }
        }
        Ok(())
    }
}
