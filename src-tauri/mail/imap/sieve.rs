//! The sieve between the wire and async-imap. It frames responses, bounds line, literal, nesting and time, and lifts
//! every message body past the parser into the byte budget. What the carrier passes on to async-imap is only a tagged
//! status or a `+`, written anew. Nothing a server sends can abort the process or take unbounded memory, and an odd
//! line costs that line only. Must not know commands, folders or what a response means to a move.

use super::compress::Pace;
use super::parse::Literal;
use super::response::Response;
use crate::net::{Stream, broken};
use crate::{Body, BodyWriter, Budget, Cause, Failure, Result};
use bytes::{Buf, BytesMut};
use std::time::Duration;
use tokio::io::{AsyncReadExt, ReadHalf};
use tokio::time::Instant;

/// Longest text of one response without its literals. The fuzzer has small bounds, so that it meets them.
pub(super) const LINE: usize = if cfg!(fuzzing) { 300 } else { 1 << 20 };
/// Most of one literal that is kept: what is longer is cut, since nothing we ask for needs more. Bodies are not cut.
const LITERAL: usize = if cfg!(fuzzing) { 100 } else { 256 * 1024 };
/// Most that all literals of one response may keep, and how many there may be.
pub(super) const LITERALS: usize = if cfg!(fuzzing) { 250 } else { 1 << 20 };
const COUNT: usize = if cfg!(fuzzing) { 5 } else { 256 };
/// How much of an over-long response is passed over before the connection is given up. Tests send no 64 MB.
const PATIENCE_OCTETS: u64 = if cfg!(test) { 4 << 20 } else { 64 << 20 };
/// Longest body of a message: RFC822.SIZE can tell no larger one (RFC 3501 `number`).
const BODY: u64 = u32::MAX as u64;
/// How long a server may be silent, or take for one line. Tests have less patience.
pub(super) const SILENCE: Duration = if cfg!(test) { Duration::from_millis(1_500) } else { Duration::from_secs(60) };
/// How many responses may come before the answer that is awaited, and how long a server may pass the time with others
/// than messages: what never answers must not look like work for ever.
const TALK: u32 = if cfg!(test) { 20_000 } else { 5_000_000 };
const CHATTER: Duration = if cfg!(test) { Duration::from_secs(4) } else { Duration::from_secs(900) };
/// The slowest transfer that is still waited for, in octets a second.
const SLOWEST: u64 = 100_000;
/// The same for a message's body, as long as it comes without a silence: a slow server gives the same message no
/// faster the next time.
const SLOWEST_BODY: u64 = 4_000;
const READ: usize = 256 * 1024;
/// Octets of a text that are looked at for the name of what it announces.
const NAME: usize = 64;

/// What is done with a message body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lift {
    /// Kept under the budget.
    Keep,
    /// Hashed and dropped.
    Hash,
    /// Passed over: nobody asked for one.
    Drop,
}

/// How long `octets` may take to cross the line.
pub(super) fn allowance(octets: u64) -> Duration {
    SILENCE + Duration::from_secs(octets / SLOWEST)
}

enum State {
    Line,
    /// Inside a literal that belongs to the text.
    Literal {
        left: u64,
    },
    /// A body was announced; it waits for its part of the budget.
    Announced {
        size: u64,
    },
    Body {
        left: u64,
        writer: BodyWriter,
    },
    Dropped {
        left: u64,
    },
}

/// The response that is being read. It outlives a cancelled [`Sieve::next`], which may be raced with other work.
struct Partial {
    text: Vec<u8>,
    literals: Vec<Literal>,
    kept: usize,
    body: Option<Body>,
    state: State,
    line: Line,
    /// Broke a bound: its end is looked for, its content is not used.
    spoiled: bool,
    octets: u64,
    deadline: Option<Instant>,
}

impl Partial {
    fn new() -> Self {
        Self {
            text: Vec::new(),
            literals: Vec::new(),
            kept: 0,
            body: None,
            state: State::Line,
            line: Line::default(),
            spoiled: false,
            octets: 0,
            deadline: None,
        }
    }
}

/// What must be known of the text since the last literal to tell whether it announces another: looked at octet by
/// octet as it comes, since a response may have millions of literals and then be passed over.
#[derive(Default)]
struct Line {
    quoted: bool,
    escaped: bool,
    /// Its last octets.
    end: Vec<u8>,
}

impl Line {
    /// Longer than any announcement with its line end.
    const END: usize = 40;

    fn take(&mut self, octets: &[u8]) {
        for octet in octets {
            match octet {
                _ if self.escaped => self.escaped = false,
                b'"' => self.quoted = !self.quoted,
                b'\\' => self.escaped = self.quoted,
                _ => {}
            }
        }
        let kept = &octets[octets.len().saturating_sub(Self::END)..];
        self.end.drain(..(self.end.len() + kept.len()).saturating_sub(Self::END));
        self.end.extend_from_slice(kept);
    }

    /// The size of the literal that it announces: `{n}`, `{n+}`, outside of quotes.
    fn literal(&self) -> Option<u64> {
        let inner = self.end.trim_ascii_end().strip_suffix(b"}")?;
        let inner = inner.strip_suffix(b"+").unwrap_or(inner);
        let at = inner.iter().rposition(|octet| !octet.is_ascii_digit())?;
        let size = std::str::from_utf8(&inner[at + 1..]).ok()?.parse().ok()?;
        (inner[at] == b'{' && !self.quoted).then_some(size)
    }
}

pub(super) struct Sieve {
    half: ReadHalf<Stream>,
    buffer: BytesMut,
    partial: Partial,
    /// When the next response must have begun.
    expected: Instant,
    /// Responses since the last answer, and the time spent waiting since then or since the last message.
    told: u32,
    waited: Duration,
    budget: Budget,
    pub(super) lift: Lift,
    /// How many times as long as usual is waited.
    patience: u32,
    /// How fast messages come, while there are some to come; who sends some adds how fast they go.
    pub(super) pace: Pace,
}

impl Sieve {
    pub(super) fn new(half: ReadHalf<Stream>, budget: Budget) -> Self {
        Self {
            half,
            buffer: BytesMut::with_capacity(READ),
            partial: Partial::new(),
            expected: Instant::now() + SILENCE,
            told: 0,
            waited: Duration::ZERO,
            budget,
            lift: Lift::Drop,
            patience: 1,
            pace: Pace::new(Instant::now()),
        }
    }

    /// The server has something to answer from now on, and this long to begin.
    pub(super) fn expect_within(&mut self, patience: Duration) {
        self.expected = self.after(patience);
    }

    pub(super) fn be_patient(&mut self, times: u32) {
        self.patience = times.max(1);
        self.expect_within(SILENCE);
    }

    fn after(&self, usual: Duration) -> Instant {
        Instant::now() + usual * self.patience
    }

    /// The stream below, and whether anything was read that nobody asked for: for STARTTLS, which must not carry
    /// octets over into TLS.
    pub(super) fn into_half(self) -> (ReadHalf<Stream>, bool) {
        let rest = !self.buffer.is_empty() || self.partial.octets > 0;
        (self.half, rest)
    }

    /// Reads from another stream from here on. Gives back the one before, and what was read of it beyond the last response.
    pub(super) fn exchange(&mut self, half: ReadHalf<Stream>) -> (ReadHalf<Stream>, BytesMut) {
        (std::mem::replace(&mut self.half, half), std::mem::take(&mut self.buffer))
    }

    /// The next response that makes sense. May be cancelled and called again. An error ends the connection.
    pub(super) async fn next(&mut self) -> Result<Response> {
        loop {
            let partial = self.whole().await?;
            self.expect_within(SILENCE);
            let response = Response::read(partial.text, partial.literals, partial.body, partial.spoiled);
            self.keep_count(response.as_ref())?;
            if let Some(response) = response {
                return Ok(response);
            }
        }
    }

    /// Sees to it that what is awaited comes some day.
    fn keep_count(&mut self, response: Option<&Response>) -> Result<()> {
        match response {
            Some(Response::Tagged { .. } | Response::Continue) => (self.told, self.waited) = (0, Duration::ZERO),
            Some(Response::Fetch(_)) => (self.told, self.waited) = (self.told + 1, Duration::ZERO),
            _ => self.told += 1,
        }
        if self.told > TALK {
            return Err(Failure::new(Cause::Protocol).words("talk without an answer"));
        }
        if self.waited > CHATTER {
            return Err(Failure::new(Cause::Timeout));
        }
        Ok(())
    }

    async fn whole(&mut self) -> Result<Partial> {
        loop {
            if let State::Announced { size } = self.partial.state {
                // The other side of the run may be slow: this wait is not the server's.
                let writer = match self.lift {
                    Lift::Keep => self.budget.body(size).await?,
                    Lift::Hash => Budget::hashes(),
                    Lift::Drop => {
                        self.partial.state = State::Dropped { left: size };
                        continue;
                    }
                };
                let usual = SILENCE + Duration::from_millis(size.saturating_mul(1_000) / SLOWEST_BODY);
                self.partial.deadline = Some(self.after(usual));
                self.partial.state = State::Body { left: size, writer };
            }
            if self.step()? {
                return Ok(std::mem::replace(&mut self.partial, Partial::new()));
            }
            if !matches!(self.partial.state, State::Announced { .. }) {
                self.fill().await?;
            }
        }
    }

    /// Takes what the buffer holds. True when a response is whole.
    fn step(&mut self) -> Result<bool> {
        loop {
            let partial = &mut self.partial;
            let here = self.buffer.len() as u64;
            match &mut partial.state {
                State::Line => {
                    let end = self.buffer.iter().position(|octet| *octet == b'\n');
                    let taken = end.map_or(self.buffer.len(), |end| end + 1);
                    let room = LINE.saturating_sub(partial.text.len());
                    partial.spoiled |= taken > room;
                    partial.text.extend_from_slice(&self.buffer[..taken.min(room)]);
                    partial.line.take(&self.buffer[..taken]);
                    partial.octets += taken as u64;
                    self.buffer.advance(taken);
                    if partial.octets > PATIENCE_OCTETS {
                        return Err(Failure::new(Cause::Protocol).words("an endless line"));
                    }
                    if end.is_none() {
                        return Ok(false);
                    }
                    while matches!(partial.text.last(), Some(b'\n' | b'\r')) {
                        partial.text.pop();
                    }
                    let line = std::mem::take(&mut partial.line);
                    match line.literal().filter(|_| holds_literals(&partial.text)) {
                        None => return Ok(true),
                        Some(size) => {
                            let from = partial.literals.last().map_or(0, |literal| literal.end);
                            let (at, body) = place(&partial.text, from);
                            // Each costs us more than its octets.
                            partial.octets = partial.octets.saturating_add(if body { 0 } else { size.max(1_000) });
                            if size > BODY || partial.octets > PATIENCE_OCTETS {
                                return Err(Failure::new(Cause::Protocol).words("a literal beyond all bounds"));
                            }
                            partial.deadline = Some(Instant::now() + allowance(size));
                            if body && partial.body.is_none() && !partial.spoiled {
                                // An empty literal there: the parser finds a value in its place.
                                let end = partial.text.len();
                                partial.literals.push(Literal { at, end, octets: Vec::new() });
                                partial.state = State::Announced { size };
                                return Ok(false);
                            }
                            partial.spoiled |= partial.literals.len() >= COUNT;
                            if partial.spoiled {
                                partial.state = State::Dropped { left: size };
                            } else {
                                let end = partial.text.len();
                                partial.literals.push(Literal { at, end, octets: Vec::new() });
                                partial.state = State::Literal { left: size };
                            }
                        }
                    }
                }
                State::Literal { left } => {
                    let taken = here.min(*left) as usize;
                    *left -= taken as u64;
                    let done = *left == 0;
                    if let Some(literal) = partial.literals.last_mut() {
                        let room = LITERAL.saturating_sub(literal.octets.len()).min(LITERALS - partial.kept);
                        let kept = taken.min(room);
                        literal.octets.extend_from_slice(&self.buffer[..kept]);
                        partial.kept += kept;
                    }
                    self.buffer.advance(taken);
                    if !done {
                        return Ok(false);
                    }
                    partial.state = State::Line;
                }
                State::Body { left, writer } => {
                    let taken = here.min(*left) as usize;
                    *left -= taken as u64;
                    writer.write(&self.buffer[..taken])?;
                    self.buffer.advance(taken);
                    if *left > 0 {
                        return Ok(false);
                    }
                    if let State::Body { writer, .. } = std::mem::replace(&mut partial.state, State::Line) {
                        partial.body = Some(writer.finish());
                    }
                }
                State::Dropped { left } => {
                    let taken = here.min(*left);
                    *left -= taken;
                    self.buffer.advance(taken as usize);
                    if *left > 0 {
                        return Ok(false);
                    }
                    partial.state = State::Line;
                }
                State::Announced { .. } => return Ok(false),
            }
        }
    }

    async fn fill(&mut self) -> Result<()> {
        let begun = self.partial.octets > 0;
        let until = match self.partial.deadline {
            // An announced size gives time to send, not to be silent.
            Some(deadline) => deadline.min(self.after(SILENCE)),
            None if begun => {
                let until = self.after(SILENCE);
                *self.partial.deadline.insert(until)
            }
            None => self.expected,
        };
        // All of it was taken, so this only moves its beginning back.
        self.buffer.reserve(READ);
        let began = Instant::now();
        let read = tokio::time::timeout_at(until, self.half.read_buf(&mut self.buffer)).await;
        let now = Instant::now();
        self.waited += now - began;
        if let (Lift::Keep | Lift::Hash, Ok(Ok(count))) = (self.lift, &read) {
            self.pace.moved(*count as u64, began, now);
        }
        match read {
            Err(_) => Err(Failure::new(Cause::Timeout)),
            Ok(Err(error)) => Err(broken(&error)),
            Ok(Ok(0)) => Err(Failure::new(Cause::Closed)),
            Ok(Ok(_)) => Ok(()),
        }
    }
}

/// Whether such a response may hold literals. Status responses and `+` never do.
fn holds_literals(text: &[u8]) -> bool {
    text.strip_prefix(b"* ").is_some_and(|data| {
        let word = data.split(|octet| *octet == b' ').next().unwrap_or_default();
        !["OK", "NO", "BAD", "BYE", "PREAUTH"].iter().any(|status| word.eq_ignore_ascii_case(status.as_bytes()))
    })
}

/// Where the announcement at the end of a text begins, and whether it is of the body of a message, not of one of the
/// small things beside it. `from` is where the text after the last literal begins.
fn place(text: &[u8], from: usize) -> (usize, bool) {
    let text_before = text.iter().rposition(|octet| *octet == b'{').unwrap_or(0).max(from);
    let before = text.get(from..text_before).unwrap_or_default();
    let before = before.strip_suffix(b"~").unwrap_or(before);
    let name = before[before.len().saturating_sub(NAME)..].trim_ascii_end().to_ascii_uppercase();
    let row = text.get(2).is_some_and(u8::is_ascii_digit);
    let body = row && (name.ends_with(b"BODY[]") || name.ends_with(b"BODY[]<0>"));
    (from + before.len(), body)
}
