//! The stream in memory that async-imap writes to and reads from.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use zeroize::Zeroizing;

/// The stream that async-imap holds. It is never waited on: whoever polls has put in what is to be read.
#[derive(Clone, Debug, Default)]
pub(super) struct Port(Arc<Mutex<Octets>>);

#[derive(Debug, Default)]
struct Octets {
    written: Vec<u8>,
    unread: VecDeque<u8>,
}

impl Port {
    fn with<T>(&self, work: impl FnOnce(&mut Octets) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn take_written(&self) -> Vec<u8> {
        self.with(|octets| std::mem::take(&mut octets.written))
    }

    pub(super) fn put(&self, frame: &str) {
        self.with(|octets| octets.unread.extend(frame.as_bytes()));
    }
}

impl AsyncRead for Port {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        self.with(|octets| {
            let count = buffer.remaining().min(octets.unread.len());
            if count == 0 {
                return Poll::Pending;
            }
            buffer.put_slice(&octets.unread.drain(..count).collect::<Vec<_>>());
            Poll::Ready(Ok(()))
        })
    }
}

impl AsyncWrite for Port {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, octets: &[u8]) -> Poll<std::io::Result<usize>> {
        self.with(|port| port.written.extend_from_slice(octets));
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A line with the secret where its place was kept; in memory that is zeroed when it is dropped.
pub(super) fn put_in_place(line: &[u8], place: &[u8], secret: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut full = Zeroizing::new(Vec::with_capacity(line.len() + secret.len()));
    match line.windows(place.len()).rposition(|window| window == place) {
        Some(at) => {
            full.extend_from_slice(&line[..at]);
            full.extend_from_slice(secret);
            full.extend_from_slice(&line[at + place.len()..]);
        }
        None => full.extend_from_slice(line),
    }
    full
}
