//! The only file that names async-imap. It is used as an encoder of commands and a decoder of their tagged answers,
//! over a port in memory: what it writes goes on to the wire, what it reads is a status or a `+` that the sieve took
//! from the wire and wrote anew. It never sees a body, a secret, or a line as a server wrote it; its trace log, which
//! prints both directions, therefore holds neither.

use super::command::{Piece, quoted};
use super::port::{Port, put_in_place};
use super::refusal::goodbye;
use super::response::Response;
use super::sieve::{Lift, allowance};
use super::status::{Kind, Status};
use super::wire::Wire;
use crate::{Cause, Failure, Result};
use async_imap::imap_proto;
use async_imap::{Authenticator, Client, Session};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::FutureExt;
use std::collections::VecDeque;
use std::task::Poll;
use std::time::Duration;
use zeroize::Zeroizing;

/// Stands for the secret wherever async-imap handles it; replaced on its way to the wire.
const PLACE: &str = "in-place-of-the-secret";
/// More than any way in that we know has challenges.
const CHALLENGES: u32 = 3;
/// What the rest of an abandoned command may cost before the connection is given up instead.
const REST: Duration = Duration::from_secs(5);

/// Most that is kept while a `+` is awaited: a listing may be among it.
const EARLY: usize = 300_000;

/// How a command is named until it is answered.
pub(super) type Tag = String;

/// What is sent to get in.
pub(super) enum Attempt<'a> {
    /// SASL PLAIN (RFC 4616): the response before base64. `initial`: with the command (RFC 4959).
    Plain {
        response: Zeroizing<Vec<u8>>,
        initial: bool,
    },
    Login {
        user: &'a str,
        secret: &'a str,
    },
}

/// A connection on which nobody is signed in yet.
pub(super) struct Stranger {
    pub(super) wire: Wire,
    client: Client<Port>,
    port: Port,
}

impl Stranger {
    pub(super) fn new(wire: Wire) -> Self {
        let port = Port::default();
        Self { wire, client: Client::new(port.clone()), port }
    }

    /// Tries to sign in. A refusal gives the stranger back with the server's answer.
    pub(super) async fn sign_in(
        self,
        attempt: &Attempt<'_>,
    ) -> Result<(Carrier, Status), Box<(Option<Self>, Refused)>> {
        let Self { mut wire, client, port } = self;
        let (outcome, answer) = match attempt {
            Attempt::Login { user, secret } => {
                let secret = Zeroizing::new(quoted(secret));
                drive(&mut wire, &port, client.login(user, PLACE), &quoted(PLACE), secret.as_bytes()).await
            }
            Attempt::Plain { response, initial } => {
                let place = STANDARD.encode(PLACE);
                let secret = Zeroizing::new(STANDARD.encode(response));
                let mechanism = if *initial { format!("PLAIN {place}") } else { "PLAIN".to_owned() };
                drive(&mut wire, &port, client.authenticate(mechanism, Silent), &place, secret.as_bytes()).await
            }
        }
        .map_err(|failure| Box::new((None, Refused::Broken(failure))))?;
        match (outcome, answer) {
            (Ok(session), Some(answer)) if answer.kind == Kind::Ok => {
                let carrier = Carrier { wire, session, port, pending: Vec::new(), early: VecDeque::new(), dead: false };
                Ok((carrier, answer))
            }
            (Err((_, client)), Some(answer)) => {
                Err(Box::new((Some(Self { wire, client, port }), Refused::Answer(answer))))
            }
            _ => Err(Box::new((None, Refused::Broken(Failure::new(Cause::Protocol))))),
        }
    }
}

/// Why a sign-in did not succeed.
pub(super) enum Refused {
    Answer(Status),
    Broken(Failure),
}

/// Answers every challenge with the place of the secret.
struct Silent;

impl Authenticator for Silent {
    type Response = &'static str;

    fn process(&mut self, _: &[u8]) -> Self::Response {
        PLACE
    }
}

/// Runs a call of async-imap that waits for answers: carries what it writes to the wire, with the secret in its place,
/// and gives it each tagged status or `+` that comes.
async fn drive<T>(
    wire: &mut Wire,
    port: &Port,
    call: impl Future<Output = T>,
    place: &str,
    secret: &[u8],
) -> Result<(T, Option<Status>)> {
    let mut call = std::pin::pin!(call);
    let mut answer = None;
    let mut sent: Option<Tag> = None;
    let mut challenges = 0;
    loop {
        if let Poll::Ready(outcome) = futures::poll!(&mut call) {
            return Ok((outcome, answer));
        }
        let line = port.take_written();
        if !line.is_empty() {
            sent.get_or_insert_with(|| {
                line.iter().take_while(|octet| **octet != b' ').map(|octet| *octet as char).collect()
            });
            let line = put_in_place(&line, place.as_bytes(), secret);
            wire.write_secret(&line).await?;
            wire.sieve.expect_within(allowance(0));
        }
        match wire.next().await? {
            // Each is answered with the secret.
            Response::Continue if challenges == CHALLENGES => return Err(Failure::new(Cause::Protocol)),
            Response::Continue => {
                challenges += 1;
                port.put("+ \r\n");
            }
            Response::Tagged { tag, status } if Some(&tag) == sent.as_ref() => {
                port.put(&status.kind.answer(&tag));
                answer = Some(status);
            }
            Response::Bye(status) => return Err(goodbye(&status)),
            _ => {}
        }
    }
}

/// A command that is not answered yet.
#[derive(Debug)]
struct Pending {
    tag: Tag,
    octets: u64,
    /// Nobody waits for its answer: it is read on the way to another's.
    quiet: bool,
}

/// A signed-in connection: commands out, responses in, each command's tagged status awaited.
#[derive(Debug)]
pub(super) struct Carrier {
    pub(super) wire: Wire,
    session: Session<Port>,
    port: Port,
    /// Sent and not yet answered.
    pending: Vec<Pending>,
    /// Read while waiting for a `+`.
    early: VecDeque<Response>,
    dead: bool,
}

impl Carrier {
    /// Must be called before the first command of a piece of work: the rest of what was abandoned is read away.
    pub(super) async fn ready(&mut self) -> Result<()> {
        if self.dead || self.wire.is_torn() {
            self.dead = true;
            return Err(Failure::new(Cause::Closed));
        }
        if self.is_awaited() || !self.early.is_empty() {
            self.wire.sieve.lift = Lift::Drop;
            let rest = async {
                while self.is_awaited() {
                    self.next().await?;
                }
                Ok(())
            };
            let drained = tokio::time::timeout(REST, rest).await.unwrap_or_else(|_| Err(Failure::new(Cause::Closed)));
            if let Err(failure) = drained {
                self.dead = true;
                return Err(failure);
            }
            self.early.clear();
        }
        Ok(())
    }

    fn is_awaited(&self) -> bool {
        self.pending.iter().any(|pending| !pending.quiet)
    }

    /// Ends the connection: after BAD, or when nothing sensible can follow.
    pub(super) async fn end(&mut self) {
        self.dead = true;
        self.wire.shutdown().await;
    }

    /// How long the next response may take to begin: what is unanswered may still be crossing the line.
    fn patience(&self) -> Duration {
        allowance(self.pending.iter().map(|pending| pending.octets).sum())
    }

    fn ended<T>(&mut self, result: Result<T>) -> Result<T> {
        self.dead |= result.is_err();
        result
    }

    /// Puts a command line behind what is already on its way.
    pub(super) async fn send(&mut self, command: &str) -> Result<Tag> {
        let tag = match self.session.run_command(command).now_or_never() {
            Some(Ok(tag)) => tag.0,
            _ => {
                self.dead = true;
                return Err(Failure::new(Cause::Protocol));
            }
        };
        let line = self.port.take_written();
        self.pending.push(Pending { tag: tag.clone(), octets: 0, quiet: false });
        self.octets(&line).await?;
        Ok(tag)
    }

    /// As [`Carrier::send`], with literals. With `plus` they need no `+` (RFC 7888).
    pub(super) async fn send_pieces(&mut self, pieces: &[Piece], plus: bool) -> Result<Tag> {
        let mut tag = None;
        let mut line = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => line.push_str(text),
                Piece::Literal(octets) => {
                    line.push_str(&format!("{{{}{}}}", octets.len(), if plus { "+" } else { "" }));
                    let of = self.line(tag.take(), &line).await?;
                    line.clear();
                    let go = plus || self.go_ahead(&of).await?;
                    tag = Some(of.clone());
                    if !go {
                        return Ok(of);
                    }
                    self.octets(octets).await?;
                }
            }
        }
        self.line(tag, &line).await
    }

    /// As [`Carrier::send_pieces`], for what may be refused without anybody minding.
    pub(super) async fn send_quietly(&mut self, pieces: &[Piece], plus: bool) -> Result<()> {
        let tag = self.send_pieces(pieces, plus).await?;
        if let Some(pending) = self.pending.iter_mut().find(|pending| pending.tag == tag) {
            pending.quiet = true;
        }
        Ok(())
    }

    /// The first line of a command goes through async-imap, which gives the tag; later ones follow a literal.
    async fn line(&mut self, tag: Option<Tag>, line: &str) -> Result<Tag> {
        match tag {
            None => self.send(line).await,
            Some(tag) => {
                self.octets(line.as_bytes()).await?;
                self.octets(b"\r\n").await?;
                Ok(tag)
            }
        }
    }

    /// Octets of a literal, past async-imap.
    pub(super) async fn octets(&mut self, octets: &[u8]) -> Result<()> {
        if let Some(pending) = self.pending.last_mut() {
            pending.octets += octets.len() as u64;
        }
        let written = self.wire.write(octets).await;
        self.ended(written)
    }

    /// Waits for the server's `+`. False if it answered the command instead; that answer is still to come from
    /// [`Carrier::next`], as is everything else that was read meanwhile.
    pub(super) async fn go_ahead(&mut self, tag: &str) -> Result<bool> {
        loop {
            match self.read().await? {
                Response::Continue => return Ok(true),
                // Nobody who waits for a `+` has asked for these, but commands before this one may have. A body is let go
                // of all the same: its part of the budget may be what everybody waits for, and it is asked for again.
                Response::Fetch(row) if row.body.is_some() => {}
                Response::Fetch(_) | Response::Exists(_) | Response::Expunge if self.pending.len() < 2 => {}
                Response::Data(data) if data.len() > 8_192 => {}
                // It cannot have done what it has not got.
                Response::Tagged { tag: of, status } if of == tag && status.kind == Kind::Ok => {
                    self.end().await;
                    return Err(Failure::new(Cause::Protocol).words(&status.words()));
                }
                response => {
                    let refused = matches!(&response, Response::Tagged { tag: of, .. } if of == tag);
                    self.early.push_back(response);
                    if refused {
                        return Ok(false);
                    }
                    if self.early.len() > EARLY {
                        self.dead = true;
                        return Err(Failure::new(Cause::Protocol));
                    }
                }
            }
        }
    }

    pub(super) fn has_early(&self) -> bool {
        !self.early.is_empty()
    }

    /// Sends what is buffered without waiting for anything.
    pub(super) async fn flush(&mut self) -> Result<()> {
        let flushed = self.wire.flush().await;
        if self.ended(flushed)? {
            self.wire.sieve.expect_within(self.patience());
        }
        Ok(())
    }

    /// Waits until there is something for [`Carrier::next`]. May be cancelled.
    pub(super) async fn peek(&mut self) -> Result<()> {
        if self.early.is_empty() {
            let response = self.read().await?;
            self.early.push_back(response);
        }
        Ok(())
    }

    /// The next response, in the order of the wire. May be cancelled while nothing is unflushed.
    pub(super) async fn next(&mut self) -> Result<Response> {
        match self.early.pop_front() {
            Some(response) => Ok(response),
            None => self.read().await,
        }
    }

    async fn read(&mut self) -> Result<Response> {
        self.flush().await?;
        loop {
            let response = self.wire.next().await;
            self.wire.sieve.expect_within(self.patience());
            match self.ended(response)? {
                Response::Tagged { tag, status } => {
                    let Some(at) = self.pending.iter().position(|pending| pending.tag == tag) else { continue };
                    let pending = self.pending.remove(at);
                    self.confirm(&tag, status.kind)?;
                    if pending.quiet && status.kind != Kind::Bad {
                        continue;
                    }
                    if pending.quiet {
                        self.end().await;
                        return Err(Failure::new(Cause::Protocol).words(&status.words()));
                    }
                    return Ok(Response::Tagged { tag, status });
                }
                Response::Bye(status) => {
                    self.dead = true;
                    return Err(goodbye(&status));
                }
                response => return Ok(response),
            }
        }
    }

    /// Has async-imap read the tagged status too: its tags and ours must not drift apart.
    fn confirm(&mut self, tag: &str, kind: Kind) -> Result<()> {
        use imap_proto::Status as Proto;
        self.port.put(&kind.answer(tag));
        let agreed = match self.session.read_response().now_or_never() {
            Some(Ok(Some(response))) => match response.parsed() {
                imap_proto::Response::Done { tag: of, status, .. } => {
                    of.0 == tag
                        && matches!(
                            (status, kind),
                            (Proto::Ok, Kind::Ok) | (Proto::No, Kind::No) | (Proto::Bad, Kind::Bad)
                        )
                }
                _ => false,
            },
            _ => false,
        };
        if agreed {
            return Ok(());
        }
        self.dead = true;
        Err(Failure::new(Cause::Protocol))
    }

    /// Runs one command to its end. OK and NO are given back; BAD ends the connection.
    pub(super) async fn run(&mut self, command: &str, on: impl FnMut(Response)) -> Result<Status> {
        self.run_pieces(&[command.into()], false, on).await
    }

    pub(super) async fn run_pieces(
        &mut self,
        pieces: &[Piece],
        plus: bool,
        on: impl FnMut(Response),
    ) -> Result<Status> {
        let tag = self.send_pieces(pieces, plus).await?;
        self.finish(&tag, on).await
    }

    /// Reads to the answer of `tag`.
    pub(super) async fn finish(&mut self, tag: &str, mut on: impl FnMut(Response)) -> Result<Status> {
        loop {
            match self.next().await? {
                Response::Tagged { tag: of, status } if of == tag => {
                    if status.kind == Kind::Bad {
                        self.end().await;
                        return Err(Failure::new(Cause::Protocol).words(&status.words()));
                    }
                    return Ok(status);
                }
                response => on(response),
            }
        }
    }

    /// LOGOUT. What a server says to that is of no use to anybody, and a far one takes long to say it.
    pub(super) async fn leave(&mut self) {
        if !self.dead && !self.is_awaited() {
            let goodbye = async {
                if self.send("LOGOUT").await.is_ok() {
                    let _ = self.flush().await;
                }
            };
            let _ = tokio::time::timeout(Duration::from_secs(1), goodbye).await;
        }
        self.end().await;
    }
}
