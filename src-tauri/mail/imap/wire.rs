//! Both directions of one connection: the sieve for what comes, a buffer for what goes. Every wait has a limit.

use super::refusal::goodbye;
use super::response::Response;
use super::sieve::{Sieve, allowance};
use crate::net::{Deflated, Stream, broken};
use crate::{Budget, Cause, Failure, Result};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::io::{AsyncWriteExt, BufWriter, WriteHalf};

const WRITE: usize = 64 * 1024;

pub(super) struct Wire {
    pub(super) sieve: Sieve,
    half: BufWriter<WriteHalf<Stream>>,
    unflushed: bool,
    /// True while a write is under way: if it is cancelled there, half a command is on the line.
    torn: bool,
    /// How many times as long as usual is waited.
    patience: u32,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    pub(super) fn new(stream: Stream, budget: Budget) -> Self {
        let (read, write) = tokio::io::split(stream);
        Self {
            sieve: Sieve::new(read, budget),
            half: BufWriter::with_capacity(WRITE, write),
            unflushed: false,
            torn: false,
            patience: 1,
        }
    }

    /// The stream back, and whether the server had sent more than was read.
    pub(super) fn into_stream(self) -> (Stream, bool) {
        let (half, rest) = self.sieve.into_half();
        (half.unsplit(self.half.into_inner()), rest)
    }

    /// From here on both directions are deflated. What was read beyond the last response is so already. Nothing may be
    /// unflushed. `damaged` is set when what comes cannot be inflated.
    pub(super) fn deflate(&mut self, damaged: Arc<AtomicBool>) {
        let (nowhere_read, nowhere_write) = tokio::io::split(Box::new(tokio::io::empty()) as Stream);
        let write = std::mem::replace(&mut self.half, BufWriter::new(nowhere_write)).into_inner();
        let (read, unread) = self.sieve.exchange(nowhere_read);
        let (read, write) = tokio::io::split(Box::new(Deflated::new(read.unsplit(write), unread, damaged)) as Stream);
        self.half = BufWriter::with_capacity(WRITE, write);
        self.sieve.exchange(read);
    }

    pub(super) fn be_patient(&mut self, times: u32) {
        self.patience = times.max(1);
        self.sieve.be_patient(times);
    }

    pub(super) fn is_torn(&self) -> bool {
        self.torn
    }

    /// Buffers octets; see [`Wire::flush`].
    pub(super) async fn write(&mut self, octets: &[u8]) -> Result<()> {
        self.torn = true;
        self.unflushed = true;
        within(allowance(octets.len() as u64) * self.patience, self.half.write_all(octets)).await?;
        self.torn = false;
        Ok(())
    }

    /// Sends octets of which no copy shall stay in the buffer.
    pub(super) async fn write_secret(&mut self, octets: &[u8]) -> Result<()> {
        self.flush().await?;
        self.torn = true;
        let half = self.half.get_mut();
        let sent = async {
            half.write_all(octets).await?;
            half.flush().await
        };
        within(allowance(0), sent).await?;
        self.torn = false;
        Ok(())
    }

    /// Sends what is buffered. True if there was anything.
    pub(super) async fn flush(&mut self) -> Result<bool> {
        if !self.unflushed {
            return Ok(false);
        }
        self.torn = true;
        within(allowance(0) * self.patience, self.half.flush()).await?;
        (self.torn, self.unflushed) = (false, false);
        Ok(true)
    }

    /// The next response. May be cancelled.
    pub(super) async fn next(&mut self) -> Result<Response> {
        self.sieve.next().await
    }

    /// Runs a command without async-imap, before there is a session: its tag is ours. Gives its status and what came
    /// before it.
    pub(super) async fn simple(&mut self, tag: &str, command: &str) -> Result<(super::status::Status, Vec<Response>)> {
        self.write(format!("{tag} {command}\r\n").as_bytes()).await?;
        self.flush().await?;
        self.sieve.expect_within(allowance(0));
        let mut before = Vec::new();
        loop {
            match self.next().await? {
                Response::Tagged { tag: of, status } if of == tag => return Ok((status, before)),
                Response::Bye(status) => return Err(goodbye(&status)),
                Response::Data(data) if data.len() > 8_192 => {}
                response if before.len() < 100 => before.push(response),
                _ => return Err(Failure::new(Cause::Protocol)),
            }
        }
    }

    pub(super) async fn shutdown(&mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(1), self.half.shutdown()).await;
    }
}

async fn within(limit: Duration, work: impl Future<Output = std::io::Result<()>>) -> Result<()> {
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done.map_err(|error| broken(&error)),
        Err(_) => Err(Failure::new(Cause::Timeout)),
    }
}
