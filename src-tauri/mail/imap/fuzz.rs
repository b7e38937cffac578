//! A way in for the fuzz targets (`tests/fuzz`) and the example `transcripts`: what a server sends, read as a connection
//! reads it. Only with the feature `fuzz`; no other room may use it.

use super::carrier::{Attempt, Carrier, Stranger};
use super::folders::{Listed, numbers, storage_left};
use super::names::Namespace;
use super::response::{Data, Response};
use super::sieve::{LINE, LITERALS, Lift, Sieve};
use super::status::{Kind, Status};
use super::utf7;
use super::wire::Wire;
use crate::{Budget, Cause, FolderPath};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

/// What was read of a stream.
#[derive(Debug, PartialEq, Eq)]
pub struct Heard {
    /// Each response that made sense, as text.
    pub responses: Vec<String>,
    /// Bodies of messages, in order, as far as they are in memory.
    pub bodies: Vec<Vec<u8>>,
    /// Octets of all bodies.
    pub octets: u64,
    /// Why reading ended: `Closed` at the end of the stream.
    pub end: Cause,
}

/// Reads a stream that ends behind `octets` and comes in pieces of these lengths, the rest at once.
pub fn sieve(octets: &[u8], pieces: &[usize]) -> Heard {
    within(async {
        let stream = Pieces { octets: octets.to_vec(), at: 0, pieces: pieces.to_vec(), next: 0 };
        let (half, _) = tokio::io::split(Box::new(stream) as crate::net::Stream);
        let mut sieve = Sieve::new(half, Budget::new(1 << 20, std::env::temp_dir()));
        sieve.lift = Lift::Keep;
        let mut heard = Heard { responses: Vec::new(), bodies: Vec::new(), octets: 0, end: Cause::Closed };
        loop {
            match sieve.next().await {
                Ok(response) => heard.take(&response),
                Err(failure) => {
                    heard.end = failure.cause;
                    return heard;
                }
            }
        }
    })
}

impl Heard {
    fn take(&mut self, response: &Response) {
        match response {
            Response::Fetch(row) => {
                if let Some(body) = &row.body {
                    self.octets += body.len();
                    self.bodies.extend(body.octets().ok().map(|octets| octets.to_vec()));
                }
                let body = row.body.as_ref().map(|body| body.sha256);
                let (flags, whole) = (&row.flags, row.whole);
                self.responses.push(format!(
                    "FETCH {:?} {flags:?} {:?} {:?} {:?} {body:?} {whole}",
                    row.uid, row.date, row.size, row.header
                ));
            }
            Response::Data(data) => {
                assert!(data.kept() <= LINE + LITERALS, "{} octets of one response are kept", data.kept());
                self.responses.push(format!("{data:?} {:?}", meaning(data)));
            }
            other => self.responses.push(format!("{other:?}")),
        }
    }
}

/// What the reader of such a response makes of it. None: nothing.
fn meaning(data: &Data) -> Option<String> {
    match data.keyword.as_str() {
        "LIST" | "LSUB" | "XLIST" => Listed::parse(data.cursor()).map(|listed| {
            let folder = listed.folder(&Namespace::default());
            let text = format!("{folder:?}");
            assert!(folder.path.segments().iter().map(String::len).sum::<usize>() <= 3 * folder.wire.len().max(5));
            text
        }),
        "STATUS" => numbers(data.cursor()).map(|numbers| {
            let mut numbers: Vec<_> = numbers.into_iter().collect();
            numbers.sort();
            format!("{numbers:?}")
        }),
        "NAMESPACE" => Namespace::parse(data.cursor()).map(|space| format!("{space:?}")),
        "QUOTA" => storage_left(data.cursor()).map(|left| left.to_string()),
        "FLAGS" => data.cursor().strings().map(|names| format!("{names:?}")),
        _ => Some(String::new()),
    }
}

/// Modified UTF-7, both ways.
pub fn name_on_wire(name: &str) -> String {
    utf7::encode(name)
}

pub fn name_from_wire(wire: &[u8]) -> String {
    utf7::decode(wire)
}

/// The wire name of a path below `prefix`, where there is one, and the path that this name is read as.
pub fn path_over_wire(prefix: &str, delimiter: char, path: &FolderPath) -> Option<(Vec<u8>, FolderPath)> {
    let space = Namespace { prefix: prefix.into(), delimiter: Some(delimiter), foreign: Vec::new() };
    let wire = space.wire(path)?;
    let back = space.path(&wire, Some(delimiter));
    Some((wire, back))
}

/// What one recorded reply did to a connection.
#[derive(Debug)]
pub struct Replayed {
    /// None: the connection was good for another command afterwards.
    pub ended: Option<Cause>,
    /// The server itself ended it: BYE, or BAD to the command.
    pub by_server: bool,
    /// Responses that were read.
    pub responses: usize,
    /// Responses that made no sense to their reader, as text.
    pub lost: Vec<String>,
}

/// Gives `reply` as the answer to a command of a signed-in connection. The first word of each line in `tags` stands
/// for the command's tag.
pub fn replay(reply: &[u8], tags: &[&str]) -> Replayed {
    within(async {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let (reply, tags) = (reply.to_vec(), tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>());
        let server = tokio::spawn(answer(theirs, reply, tags));
        let replayed = ask(ours).await;
        server.abort();
        replayed
    })
}

async fn ask(stream: tokio::io::DuplexStream) -> Replayed {
    let mut replayed = Replayed { ended: None, by_server: false, responses: 0, lost: Vec::new() };
    let stranger = Stranger::new(Wire::new(Box::new(stream), Budget::new(32 << 20, std::env::temp_dir())));
    let Ok((mut carrier, _)) = stranger.sign_in(&Attempt::Login { user: "a", secret: "b" }).await else {
        replayed.ended = Some(Cause::SignInRefused);
        return replayed;
    };
    carrier.wire.sieve.lift = Lift::Keep;
    for command in ["NOOP", "CHECK"] {
        match one(&mut carrier, command, &mut replayed).await {
            Ok(status) => replayed.by_server |= status.kind == Kind::Bad,
            Err(cause) => {
                replayed.ended = Some(cause);
                break;
            }
        }
    }
    replayed
}

async fn one(carrier: &mut Carrier, command: &str, replayed: &mut Replayed) -> Result<Status, Cause> {
    let tag = carrier.send(command).await.map_err(|failure| failure.cause)?;
    loop {
        match carrier.next().await {
            Ok(Response::Tagged { tag: of, status }) if of == tag => return Ok(status),
            Ok(Response::Fetch(row)) if !row.whole => {
                replayed.responses += 1;
                replayed.lost.push(format!("the end of {row:?}"));
            }
            Ok(Response::Data(data)) if meaning(&data).is_none() => {
                replayed.responses += 1;
                replayed.lost.push(format!("{data:?}"));
            }
            Ok(_) => replayed.responses += 1,
            Err(failure) => {
                replayed.by_server |= failure.words.is_some() && failure.cause == Cause::Closed;
                return Err(failure.cause);
            }
        }
    }
}

/// The server of [`replay`]: lets everybody in, gives the reply to the first command and OK to all others.
async fn answer(mut stream: tokio::io::DuplexStream, reply: Vec<u8>, tags: Vec<String>) -> std::io::Result<()> {
    let mut reply = Some(reply);
    let mut line = Vec::new();
    loop {
        let mut octet = [0];
        stream.read_exact(&mut octet).await?;
        line.push(octet[0]);
        if octet[0] != b'\n' {
            continue;
        }
        let text = String::from_utf8_lossy(&line).into_owned();
        line.clear();
        let (tag, command) = text.split_once(' ').unwrap_or_default();
        let said = match reply.take() {
            Some(reply) if !command.starts_with("LOGIN") => tagged(&reply, &tags, tag),
            kept => {
                reply = kept;
                format!("{tag} OK done\r\n").into_bytes()
            }
        };
        stream.write_all(&said).await?;
    }
}

/// The reply with the tag of the command that is answered. What answers no command is given an answer of its own.
fn tagged(reply: &[u8], tags: &[String], tag: &str) -> Vec<u8> {
    let mut said = Vec::with_capacity(reply.len() + 32);
    let mut answered = false;
    for line in reply.split_inclusive(|octet| *octet == b'\n') {
        let word = line.split(|octet| *octet == b' ').next().unwrap_or_default();
        if tags.iter().any(|tag| tag.as_bytes() == word) {
            // Later answers of the same reply belong to commands that nobody gave here.
            said.extend_from_slice(if answered { b"* OK" } else { tag.as_bytes() });
            said.extend_from_slice(&line[word.len()..]);
            answered = true;
        } else {
            said.extend_from_slice(line);
        }
    }
    if !answered {
        said.extend_from_slice(format!("\r\n{tag} OK done\r\n").as_bytes());
    }
    said
}

fn within<T>(work: impl Future<Output = T>) -> T {
    thread_local! {
        // A bound on time that passes by itself would make each input's result depend on the machine.
        static RUNTIME: Option<tokio::runtime::Runtime> =
            tokio::runtime::Builder::new_current_thread().enable_time().build().ok();
    }
    RUNTIME.with(|runtime| match runtime {
        Some(runtime) => runtime.block_on(work),
        None => std::process::abort(),
    })
}

/// A stream that gives its octets piece by piece and swallows what is written.
struct Pieces {
    octets: Vec<u8>,
    at: usize,
    pieces: Vec<usize>,
    next: usize,
}

impl AsyncRead for Pieces {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let asked = self.pieces.get(self.next).copied().unwrap_or(usize::MAX).max(1);
        self.next += 1;
        let taken = asked.min(buffer.remaining()).min(self.octets.len() - self.at);
        buffer.put_slice(&self.octets[self.at..self.at + taken]);
        self.at += taken;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pieces {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, octets: &[u8]) -> Poll<std::io::Result<usize>> {
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
