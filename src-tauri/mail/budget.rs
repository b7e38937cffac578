//! The byte budget of a run. A body is held in memory under a permit, or spooled to an unlinked file when it
//! is larger than its share, so that no mailbox takes more memory than the budget.

use crate::{HeaderHash, Result, Sha256};
use bytes::Bytes;
use sha2::Digest;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What of a header is kept for the [`HeaderHash`]: longer headers are hashed by their beginning.
const HEADER_KEPT: usize = 256 * 1024;
/// What one read of a body gives at most, in octets.
const CHUNK: usize = 256 * 1024;

/// Clones share one budget.
#[derive(Clone, Debug)]
pub struct Budget {
    free: Arc<Semaphore>,
    total: u32,
    share: u64,
    spool: PathBuf,
}

impl Budget {
    /// `total` octets in memory at once; a body over `total / 5` is spooled to a file in `spool`, a directory that
    /// must exist and be the person's own (mode 0700).
    pub fn new(total: u32, spool: PathBuf) -> Self {
        Self { free: Arc::new(Semaphore::new(total as usize)), total, share: u64::from(total) / 5, spool }
    }

    /// Starts a body of `size` octets as announced. Waits until the budget has room: nothing that holds a permit
    /// may wait for this one.
    pub async fn body(&self, size: u64) -> Result<BodyWriter> {
        let spooled = size > self.share;
        let held = if spooled { CHUNK as u64 } else { size };
        let permit = Arc::clone(&self.free).acquire_many_owned((held as u32).min(self.total)).await.ok();
        let store = if spooled {
            Store::File(tempfile::tempfile_in(&self.spool)?)
        } else {
            Store::Memory(Vec::with_capacity(size as usize))
        };
        Ok(BodyWriter { store, permit, written: 0, sha256: sha2::Sha256::new(), header: Vec::new(), in_header: true })
    }

    /// Starts a body of which nothing is kept but its hashes and its length: its reader gives nothing.
    pub fn hashes() -> BodyWriter {
        BodyWriter {
            store: Store::Nothing,
            permit: None,
            written: 0,
            sha256: sha2::Sha256::new(),
            header: Vec::new(),
            in_header: true,
        }
    }

    /// A body without a permit, for tests and for what is already in memory.
    pub fn unbounded(octets: impl Into<Bytes>) -> Body {
        let octets = octets.into();
        Body {
            sha256: Sha256::of(&octets),
            header: HeaderHash::of(&octets[..octets.len().min(HEADER_KEPT)]),
            octets: octets.len() as u64,
            held: Held::Memory(octets),
            _permit: None,
        }
    }
}

#[derive(Debug)]
enum Store {
    Memory(Vec<u8>),
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
    /// Blocks on the disk for spooled bodies: chunks are small and the file is in the page cache.
    pub fn write(&mut self, octets: &[u8]) -> Result<()> {
        self.sha256.update(octets);
        self.written += octets.len() as u64;
        if self.in_header {
            let room = HEADER_KEPT - self.header.len();
            // Two octets back: an empty line may lie across two chunks.
            let from = self.header.len().saturating_sub(2);
            self.header.extend_from_slice(&octets[..octets.len().min(room)]);
            let tail = &self.header[from..];
            let ended = tail.windows(2).any(|pair| pair == b"\n\n") || tail.windows(3).any(|three| three == b"\n\r\n");
            self.in_header = !ended && self.header.len() < HEADER_KEPT;
        }
        match &mut self.store {
            Store::Memory(memory) => memory.extend_from_slice(octets),
            Store::File(file) => file.write_all(octets)?,
            Store::Nothing => {}
        }
        Ok(())
    }

    pub fn finish(self) -> Body {
        Body {
            sha256: Sha256(self.sha256.finalize().into()),
            header: HeaderHash::of(&self.header),
            octets: self.written,
            held: match self.store {
                Store::Memory(memory) => Held::Memory(memory.into()),
                Store::File(file) => Held::File(Arc::new(file)),
                Store::Nothing => Held::Memory(Bytes::new()),
            },
            _permit: self.permit,
        }
    }
}

#[derive(Debug)]
enum Held {
    Memory(Bytes),
    File(Arc<File>),
}

/// The octets of one message, hashed while they were read. Its part of the budget is free again when it is
/// dropped.
#[derive(Debug)]
pub struct Body {
    pub sha256: Sha256,
    pub header: HeaderHash,
    octets: u64,
    held: Held,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Body {
    /// Length in octets.
    pub fn len(&self) -> u64 {
        self.octets
    }

    pub fn is_empty(&self) -> bool {
        self.octets == 0
    }

    /// All octets, where they are in memory.
    pub fn in_memory(&self) -> Option<&Bytes> {
        match &self.held {
            Held::Memory(octets) => Some(octets),
            Held::File(_) => None,
        }
    }

    /// Reads from the beginning. One reader at a time: spooled bodies share a file position.
    pub fn reader(&self) -> Result<BodyReader<'_>> {
        if let Held::File(file) = &self.held {
            (&**file).seek(SeekFrom::Start(0))?;
        }
        Ok(BodyReader { body: self, at: 0 })
    }
}

/// Gives a body in chunks of at most 256 KiB.
#[derive(Debug)]
pub struct BodyReader<'a> {
    body: &'a Body,
    at: u64,
}

impl BodyReader<'_> {
    /// The next octets; None at the end.
    pub fn chunk(&mut self) -> Result<Option<Bytes>> {
        let chunk = match &self.body.held {
            Held::Memory(octets) => {
                let from = self.at as usize;
                octets.slice(from..octets.len().min(from + CHUNK))
            }
            Held::File(file) => {
                let mut chunk = vec![0; CHUNK];
                let read = (&**file).read(&mut chunk)?;
                chunk.truncate(read);
                chunk.into()
            }
        };
        self.at += chunk.len() as u64;
        Ok((!chunk.is_empty()).then_some(chunk))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn spooled_and_held_bodies_read_alike() -> Result<()> {
        let octets: Vec<u8> = b"Subject: x\r\n\r\n".iter().copied().chain((0..200_000_u32).map(|n| n as u8)).collect();
        let directory = tempfile::tempdir()?;
        for total in [64 * 1024, 64 * 1024 * 1024] {
            let budget = Budget::new(total, directory.path().to_owned());
            let mut writer = budget.body(octets.len() as u64).await?;
            for chunk in octets.chunks(7_001) {
                writer.write(chunk)?;
            }
            let body = writer.finish();
            assert_eq!(body.in_memory().is_some(), total > 1_000_000);
            assert_eq!((body.len(), body.sha256), (octets.len() as u64, Sha256::of(&octets)));
            assert_eq!(body.header, HeaderHash::of(&octets));
            for _ in 0..2 {
                let mut reader = body.reader()?;
                let mut read = Vec::new();
                while let Some(chunk) = reader.chunk()? {
                    read.extend_from_slice(&chunk);
                }
                assert!(read == octets);
            }
        }
        Ok(())
    }
}
