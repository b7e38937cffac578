//! Messages in and out of an mbox, in chunks: nothing here holds a whole message.

use crate::contents::Record;
use crate::disk::read_at;
use crate::frame;
use crate::quote::{Quoter, Unquoter};
use mail::{Body, Result};
use std::fs::File;
use std::io::{self, Write};

const CHUNK: usize = 64 * 1024;

/// Writes separator, own headers, quoted octets and closing newlines. Gives the length of it all.
pub(crate) fn write(before: &str, body: &Body, out: &mut impl Write) -> Result<u64> {
    out.write_all(before.as_bytes())?;
    let mut quoter = Quoter::new();
    let mut reader = body.reader()?;
    let (mut read, mut last) = (0_u64, None);
    while let Some(chunk) = reader.chunk()? {
        read += chunk.len() as u64;
        last = chunk.last().copied();
        quoter.chunk(chunk, out)?;
    }
    if read != body.len() {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "spooled message is shorter than it was").into());
    }
    quoter.end(out)?;
    let after = frame::after(last);
    out.write_all(after)?;
    Ok(before.len() as u64 + read + quoter.added + after.len() as u64)
}

/// Gives the octets of a message, unquoted, in chunks, and compares all that lies there with what would be written.
/// False: it is not this record, and what `sink` got is worth nothing. Whether the octets are those that were
/// fetched, their SHA-256 says. Err for the disk, or of `sink`.
pub(crate) fn read(mbox: &File, record: &Record, sink: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<bool> {
    let before = frame::before(&record.stored_flags, record.date);
    let Some(mut left) = record.length.checked_sub(before.len() as u64) else { return Ok(false) };
    let mut head = vec![0; before.len()];
    if read_at(mbox, &mut head, record.offset)? < head.len() || head != before.as_bytes() {
        return Ok(false);
    }
    let mut offset = record.offset + head.len() as u64;
    let mut chunk = vec![0; CHUNK.min(left as usize)];
    let mut plain = Vec::with_capacity(CHUNK);
    let mut unquoter = Unquoter::new();
    let mut again = Again::default();
    // Octets still to come; what follows them is the closing.
    let mut octets = record.size;
    let (mut last, mut closing) = (None, Vec::new());
    while left > 0 {
        let length = chunk.len().min(left as usize);
        let chunk = &mut chunk[..length];
        if read_at(mbox, chunk, offset)? < length {
            return Ok(false);
        }
        offset += length as u64;
        left -= length as u64;
        plain.clear();
        unquoter.chunk(chunk, &mut plain)?;
        if left == 0 {
            unquoter.end(&mut plain)?;
        }
        again.compare(chunk, &plain)?;
        let own = plain.len().min(usize::try_from(octets).unwrap_or(usize::MAX));
        octets -= own as u64;
        if own > 0 {
            last = Some(plain[own - 1]);
            sink(&plain[..own])?;
        }
        closing.extend_from_slice(&plain[own..]);
        if closing.len() > 2 {
            return Ok(false);
        }
    }
    Ok(!unquoter.bare && again.ends_equal()? && octets == 0 && closing == frame::after(last))
}

/// Quotes again what was unquoted, and compares with what was read.
struct Again {
    quoter: Quoter,
    written: Expected,
}

impl Default for Again {
    fn default() -> Self {
        Self { quoter: Quoter::new(), written: Expected::default() }
    }
}

impl Again {
    fn compare(&mut self, read: &[u8], plain: &[u8]) -> io::Result<()> {
        self.written.octets.drain(..std::mem::take(&mut self.written.met));
        self.written.octets.extend_from_slice(read);
        self.quoter.chunk(plain, &mut self.written)
    }

    fn ends_equal(&mut self) -> io::Result<bool> {
        self.quoter.end(&mut self.written)?;
        Ok(!self.written.differs && self.written.met == self.written.octets.len())
    }
}

/// What must be written next.
#[derive(Default)]
struct Expected {
    octets: Vec<u8>,
    met: usize,
    differs: bool,
}

impl Write for Expected {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self.octets[self.met..].strip_prefix(octets) {
            Some(rest) => self.met = self.octets.len() - rest.len(),
            None => self.differs = true,
        }
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
