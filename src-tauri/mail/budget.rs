//! The byte budget of a run: how much of bodies may be in memory at once. A body is held under a permit, or spooled
//! to an unlinked file when it is larger than its share, so that no mailbox takes more memory than the budget.

use crate::body::{Body, BodyWriter, CHUNK, HEADER_KEPT, Store};
use crate::{HeaderHash, Result, Sha256};
use bytes::Bytes;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// What large bodies are held in: all alike, so that each can be used again by another body. From the system large
/// pieces come with empty pages each time, and of unequal ones much stays unused between.
pub(crate) const SEGMENT: usize = 64 * 1024;

fn is_small(size: u64) -> bool {
    size <= SEGMENT as u64
}

/// Octets that a body of this size takes of the budget while it is in memory.
fn held(size: u64) -> u64 {
    if is_small(size) { size } else { size.next_multiple_of(SEGMENT as u64) }
}

/// Clones share one budget.
#[derive(Clone, Debug)]
pub struct Budget {
    free: Arc<Semaphore>,
    total: u32,
    share: u64,
    spool: PathBuf,
    segments: Segments,
}

impl Budget {
    /// `total` octets in memory at once; a body over `total / 2` is spooled to a file in `spool`, a directory that
    /// must exist and be the person's own (mode 0700).
    pub fn new(total: u32, spool: PathBuf) -> Self {
        let free = Arc::new(Semaphore::new(total as usize));
        Self { free, total, share: u64::from(total) / 2, spool, segments: Segments::default() }
    }

    /// Starts a body of `size` octets as announced. Waits until the budget has room: nothing that holds a permit
    /// may wait for this one.
    pub async fn body(&self, size: u64) -> Result<BodyWriter> {
        let spooled = size > self.share;
        let held = if spooled { CHUNK as u64 } else { held(size) };
        let permit = Arc::clone(&self.free).acquire_many_owned((held as u32).min(self.total)).await.ok();
        Ok(BodyWriter::new(self.place(size, spooled)?, permit))
    }

    /// The same without waiting, for those who hold a permit already: what finds no room is spooled.
    pub fn body_at_once(&self, size: u64) -> Result<BodyWriter> {
        let here = size <= self.share && held(size) <= u64::from(self.total);
        let room = || Arc::clone(&self.free).try_acquire_many_owned(held(size) as u32).ok();
        let permit = if here { room() } else { None };
        Ok(BodyWriter::new(self.place(size, permit.is_none())?, permit))
    }

    fn place(&self, size: u64, spooled: bool) -> Result<Store> {
        Ok(if spooled {
            Store::File(tempfile::tempfile_in(&self.spool)?)
        } else if is_small(size) {
            Store::Small(Vec::with_capacity(size as usize))
        } else {
            Store::Segments(Vec::with_capacity(size.div_ceil(SEGMENT as u64) as usize), self.segments.clone())
        })
    }

    /// Starts a body of which nothing is kept but its hashes and its length: its reader gives nothing.
    pub fn hashes() -> BodyWriter {
        BodyWriter::new(Store::Nothing, None)
    }

    /// A body without a permit, for tests and for what is already in memory.
    pub fn unbounded(octets: impl Into<Bytes>) -> Body {
        let octets = octets.into();
        let header = HeaderHash::of(&octets[..octets.len().min(HEADER_KEPT)]);
        Body::whole(Sha256::of(&octets), header, octets)
    }
}

/// Segments that are free to be used again. There are never more than fit the budget: who takes one has a permit for it.
#[derive(Clone, Default)]
pub(crate) struct Segments(Arc<Mutex<Vec<Vec<u8>>>>);

impl Segments {
    /// An empty one, with room for [`SEGMENT`] octets.
    pub fn take(&self) -> Vec<u8> {
        let free = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        free.unwrap_or_else(|| Vec::with_capacity(SEGMENT))
    }

    pub fn give_back(&self, segments: impl Iterator<Item = Vec<u8>>) {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        free.extend(segments.map(|mut segment| {
            segment.clear();
            segment
        }));
    }
}

impl fmt::Debug for Segments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segments").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bodies_read_alike_however_they_are_held() -> Result<()> {
        let directory = tempfile::tempdir()?;
        for (size, total, in_memory) in [
            (0, 1_000_000, true),
            (3_000, 1_000_000, true),
            (SEGMENT, 1_000_000, true),
            (300_000, 1_000_000, true),
            (4 * SEGMENT, 8 * SEGMENT as u32, true),
            (300_000, 500_000, false),
        ] {
            let budget = Budget::new(total, directory.path().to_owned());
            let mut octets = b"Subject: Hello\r\nX-Long: ".to_vec();
            octets.resize(octets.len().max(size) - 4, b'x');
            octets.extend_from_slice(b"\r\n\r\n");
            octets.truncate(size);
            let mut writer = budget.body(size as u64).await?;
            octets.chunks(1_234).try_for_each(|part| writer.write(part))?;
            let body = writer.finish();
            assert_eq!(budget.free.available_permits() < total as usize, size > 0, "a permit is held");
            assert_eq!(body.is_in_memory(), in_memory);
            assert_eq!((body.len(), body.sha256), (octets.len() as u64, Sha256::of(&octets)));
            assert_eq!(body.header, HeaderHash::of(&octets));
            for _ in 0..2 {
                assert!(body.octets()? == octets);
            }
            drop(body);
            assert_eq!(budget.free.available_permits(), total as usize);
        }
        Ok(())
    }

    #[tokio::test]
    async fn segments_are_used_again() -> Result<()> {
        let budget = Budget::new(20 * SEGMENT as u32, std::env::temp_dir());
        for octet in 0..50 {
            let octets = vec![octet; 5 * SEGMENT - 7];
            let mut writer = budget.body(octets.len() as u64).await?;
            writer.write(&octets)?;
            assert!(writer.finish().octets()? == octets);
        }
        assert_eq!(budget.segments.0.lock().unwrap().len(), 5);
        Ok(())
    }
}
