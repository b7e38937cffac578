//! A stream that is deflated both ways (RFC 1951, without any frame), above another one. It holds a block of each direction
//! and no more, whatever a block inflates to. Must not know who asked for it.

use super::Stream;
use bytes::{Buf, BytesMut};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use std::io::{Error, ErrorKind, Result};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::task::coop;

/// Octets that are read or written below at once, and given above.
const BLOCK: usize = 16 * 1024;

pub struct Deflated {
    below: Stream,
    inflater: Decompress,
    deflater: Compress,
    /// Read and not inflated.
    unread: BytesMut,
    /// Deflated, and how much of it is written.
    deflated: Vec<u8>,
    written: usize,
    /// The deflater keeps what nobody has flushed yet.
    unflushed: bool,
    damaged: Arc<AtomicBool>,
}

impl Deflated {
    /// `unread`: what was read from `below` already. `damaged` is set when what comes cannot be inflated.
    pub fn new(below: Stream, unread: BytesMut, damaged: Arc<AtomicBool>) -> Self {
        Self {
            below,
            inflater: Decompress::new(false),
            deflater: Compress::new(Compression::default(), false),
            unread,
            deflated: Vec::with_capacity(BLOCK),
            written: 0,
            unflushed: false,
            damaged,
        }
    }

    /// Inflates into `room`. Gives how much was taken and given, and whether there is nothing behind it.
    fn inflate(&mut self, room: &mut [u8]) -> Result<(usize, bool)> {
        let before = (self.inflater.total_in(), self.inflater.total_out());
        let status = self.inflater.decompress(&self.unread, room, FlushDecompress::None);
        let taken = (self.inflater.total_in() - before.0) as usize;
        let given = (self.inflater.total_out() - before.1) as usize;
        self.unread.advance(taken);
        match status {
            Ok(status) if taken + given > 0 || self.unread.is_empty() => Ok((given, status == Status::StreamEnd)),
            Ok(Status::StreamEnd) => Ok((0, true)),
            _ => {
                self.damaged.store(true, Ordering::Relaxed);
                Err(Error::new(ErrorKind::InvalidData, "what the server compressed is damaged"))
            }
        }
    }

    /// Deflates what there is room for; it is all out when there is room left.
    fn deflate(&mut self, octets: &[u8], flush: FlushCompress) -> Result<usize> {
        let before = self.deflater.total_in();
        self.deflater.compress_vec(octets, &mut self.deflated, flush).map_err(Error::other)?;
        self.unflushed = flush == FlushCompress::None || self.deflated.len() == self.deflated.capacity();
        Ok((self.deflater.total_in() - before) as usize)
    }

    fn write_below(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        while self.written < self.deflated.len() {
            match ready!(Pin::new(&mut self.below).poll_write(context, &self.deflated[self.written..]))? {
                0 => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                count => self.written += count,
            }
        }
        self.deflated.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Deflated {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        // A little that was read may become very much: other tasks have their turn meanwhile.
        let turn = ready!(coop::poll_proceed(context));
        let room = buffer.initialize_unfilled_to(buffer.remaining().min(BLOCK));
        loop {
            // First of all: it may have more to give of what it was given.
            let (given, ended) = this.inflate(room)?;
            if given > 0 || ended || room.is_empty() {
                turn.made_progress();
                buffer.advance(given);
                return Poll::Ready(Ok(()));
            }
            if this.unread.is_empty() {
                this.unread.reserve(BLOCK);
                if ready!(pin!(this.below.read_buf(&mut this.unread)).poll(context))? == 0 {
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl AsyncWrite for Deflated {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<Result<usize>> {
        let this = self.get_mut();
        ready!(this.write_below(context))?;
        Poll::Ready(this.deflate(octets, FlushCompress::None))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        loop {
            ready!(this.write_below(context))?;
            if !this.unflushed {
                return Pin::new(&mut this.below).poll_flush(context);
            }
            this.deflate(&[], FlushCompress::Sync)?;
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(self.as_mut().poll_flush(context))?;
        Pin::new(&mut self.get_mut().below).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncWriteExt, DuplexStream, duplex};

    fn over(stream: DuplexStream) -> (Deflated, Arc<AtomicBool>) {
        let damaged = Arc::default();
        (Deflated::new(Box::new(stream), BytesMut::new(), Arc::clone(&damaged)), damaged)
    }

    fn deflated(octets: &[u8], end: FlushCompress) -> Vec<u8> {
        let mut all = Vec::with_capacity(octets.len() + 1_000);
        Compress::new(Compression::default(), false).compress_vec(octets, &mut all, end).unwrap();
        all
    }

    #[tokio::test]
    async fn both_ways_at_once_and_every_flush_arrives() {
        let (ours, theirs) = duplex(1_000);
        let ((mut ours, _), (mut theirs, _)) = (over(ours), over(theirs));
        // Neither all alike nor all noise.
        let octets: Vec<u8> = (0..300_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 27) as u8).collect();
        let echo = tokio::spawn(async move {
            let mut one = [0; 700];
            loop {
                let count = theirs.read(&mut one).await.unwrap();
                if count == 0 {
                    return;
                }
                theirs.write_all(&one[..count]).await.unwrap();
                theirs.flush().await.unwrap();
            }
        });
        let (mut reader, mut writer) = tokio::io::split(&mut ours);
        let sending = async {
            for piece in octets.chunks(50_001) {
                writer.write_all(piece).await.unwrap();
                writer.flush().await.unwrap();
            }
        };
        let mut back = vec![0; octets.len()];
        let (_, read) = tokio::join!(sending, reader.read_exact(&mut back));
        read.unwrap();
        assert!(back == octets);
        // One octet does not wait for more.
        ours.write_all(b"x").await.unwrap();
        ours.flush().await.unwrap();
        assert_eq!(ours.read_u8().await.unwrap(), b'x');
        ours.shutdown().await.unwrap();
        echo.await.unwrap();
    }

    #[tokio::test]
    async fn a_bomb_comes_piece_by_piece() {
        let (ours, mut theirs) = duplex(1 << 20);
        let (mut ours, _) = over(ours);
        theirs.write_all(&deflated(&vec![0; 100 << 20], FlushCompress::Sync)).await.unwrap();
        let mut taken = 0;
        while taken < 100 << 20 {
            let mut room = BytesMut::with_capacity(1 << 20);
            taken += ours.read_buf(&mut room).await.unwrap();
            assert!(room.len() <= BLOCK && ours.unread.capacity() <= 2 * BLOCK);
        }
        assert_eq!(taken, 100 << 20);
    }

    #[tokio::test]
    async fn what_was_read_before_is_inflated_first_and_damage_is_told() {
        let (ours, mut theirs) = duplex(1_000);
        let all = deflated(b"hello, world", FlushCompress::Sync);
        let damaged = Arc::default();
        let mut ours = Deflated::new(Box::new(ours), BytesMut::from(&all[..4]), Arc::clone(&damaged));
        theirs.write_all(&all[4..]).await.unwrap();
        let mut text = [0; 12];
        ours.read_exact(&mut text).await.unwrap();
        assert_eq!(&text, b"hello, world");
        assert!(!damaged.load(Ordering::Relaxed));
        theirs.write_all(b"A1 OK done\r\n").await.unwrap();
        let error = ours.read_u8().await.unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidData && damaged.load(Ordering::Relaxed), "{error}");
    }

    #[tokio::test]
    async fn an_end_is_an_end() {
        for (sent, closed) in [
            (deflated(b"abc", FlushCompress::Finish), false),
            (deflated(b"abc", FlushCompress::Sync), true),
            (deflated(&[7; 90], FlushCompress::Finish)[..3].to_vec(), true),
            (Vec::new(), true),
        ] {
            let (ours, mut theirs) = duplex(1_000);
            let (mut ours, damaged) = over(ours);
            theirs.write_all(&sent).await.unwrap();
            let open = (!closed).then_some(theirs);
            let mut all = Vec::new();
            ours.read_to_end(&mut all).await.unwrap();
            assert!(!damaged.load(Ordering::Relaxed), "{sent:?}");
            drop(open);
        }
    }
}
