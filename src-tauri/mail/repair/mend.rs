//! The repairs, each a stage that octets flow through: what is not at fault passes as it is.

use super::{Fault, LONGEST_LINE};
use crate::{Body, BodyWriter, Result};

/// A header line longer than this is passed on as it is, and so is what follows: no mailbox takes more memory.
const LONGEST_FIELD: usize = 1 << 20;
/// An encoded word has at most so many octets (RFC 2047, 2).
const ENCODED_WORD: usize = 75;

/// Writes the message without these faults; the other octets are the same.
pub fn mend(body: &Body, faults: impl IntoIterator<Item = Fault>, mut into: BodyWriter) -> Result<Body> {
    let mut chain = Chain::of(faults);
    let mut reader = body.reader()?;
    while let Some(chunk) = reader.chunk()? {
        into.write(&chain.push(chunk))?;
    }
    into.write(&chain.end())?;
    Ok(into.finish())
}

trait Stage: Send {
    fn push(&mut self, octets: &[u8], out: &mut Vec<u8>);

    /// The message ends.
    fn end(&mut self, _out: &mut Vec<u8>) {}
}

/// Stages, one behind the other.
pub(super) struct Chain(Vec<Box<dyn Stage>>);

impl Chain {
    pub fn of(faults: impl IntoIterator<Item = Fault>) -> Self {
        let mut faults: Vec<Fault> = faults.into_iter().collect();
        // Lines are broken, and the last one ended, when all else is as it shall be.
        faults.sort_by_key(|fault| (*fault == Fault::OpenEnd, *fault));
        let stage = |fault| -> Box<dyn Stage> {
            match fault {
                Fault::OpenEnd => Box::new(OpenEnd(0)),
                Fault::MboxLine => Box::new(MboxLine(true)),
                Fault::BareLf => Box::new(BareLf(0)),
                Fault::Nul => Box::new(Nul),
                Fault::EightBitHeader => Box::new(EightBitHeader::default()),
                Fault::LongLine => Box::new(LongLine::default()),
            }
        };
        Self(faults.into_iter().map(stage).collect())
    }

    pub fn push(&mut self, octets: &[u8]) -> Vec<u8> {
        self.pass(0, octets.to_vec())
    }

    pub fn end(&mut self) -> Vec<u8> {
        let mut whole = Vec::new();
        for at in 0..self.0.len() {
            let mut out = Vec::new();
            self.0[at].end(&mut out);
            whole.extend(self.pass(at + 1, out));
        }
        whole
    }

    fn pass(&mut self, from: usize, octets: Vec<u8>) -> Vec<u8> {
        self.0.iter_mut().skip(from).fold(octets, |octets, stage| {
            let mut out = Vec::with_capacity(octets.len() + 64);
            stage.push(&octets, &mut out);
            out
        })
    }
}

/// Holds the last octet.
struct OpenEnd(u8);

impl Stage for OpenEnd {
    fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(octets);
        self.0 = octets.last().copied().unwrap_or(self.0);
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        match self.0 {
            b'\n' => {}
            b'\r' => out.push(b'\n'),
            _ => out.extend_from_slice(b"\r\n"),
        }
    }
}

/// Still in the first line.
struct MboxLine(bool);

impl Stage for MboxLine {
    fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        let from = match octets.iter().position(|octet| *octet == b'\n') {
            _ if !self.0 => 0,
            Some(end) => {
                self.0 = false;
                end + 1
            }
            None => octets.len(),
        };
        out.extend_from_slice(&octets[from..]);
    }
}

/// Holds the last octet.
struct BareLf(u8);

impl Stage for BareLf {
    fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        for octet in octets {
            if *octet == b'\n' && self.0 != b'\r' {
                out.push(b'\r');
            }
            out.push(*octet);
            self.0 = *octet;
        }
    }
}

struct Nul;

impl Stage for Nul {
    fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        out.extend(octets.iter().map(|octet| if *octet == 0 { b' ' } else { *octet }));
    }
}

fn is_empty_line(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n")
}

#[derive(Default)]
struct EightBitHeader {
    over: bool,
    line: Vec<u8>,
    /// The line before ended in an encoded word: blanks between two of these are not shown.
    joined: bool,
}

impl Stage for EightBitHeader {
    fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        let mut rest = octets;
        while !self.over && !rest.is_empty() {
            let end = rest.iter().position(|octet| *octet == b'\n').map_or(rest.len(), |at| at + 1);
            self.line.extend_from_slice(&rest[..end]);
            rest = &rest[end..];
            if self.line.ends_with(b"\n") {
                self.over = is_empty_line(&self.line);
                self.pass_line(out);
            } else if self.line.len() > LONGEST_FIELD {
                self.over = true;
                out.append(&mut self.line);
            }
        }
        out.extend_from_slice(rest);
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.pass_line(out);
    }
}

impl EightBitHeader {
    fn pass_line(&mut self, out: &mut Vec<u8>) {
        let line = std::mem::take(&mut self.line);
        let mut from = 0;
        let words = eight_bit_words(&line);
        for word in &words {
            out.extend_from_slice(&line[from..word.start]);
            let follows = self.joined && from == 0 && line[..word.start].iter().all(|octet| b" \t".contains(octet));
            encode(&line[word.clone()], follows && word.start > 0, out);
            from = word.end;
        }
        out.extend_from_slice(&line[from..]);
        self.joined = !words.is_empty() && line[from..].trim_ascii().is_empty();
    }
}

/// Runs of letters and digits with an octet above 127 among them, together with blanks between two such runs. Signs
/// that a field's grammar may need stay as they are.
fn eight_bit_words(line: &[u8]) -> Vec<std::ops::Range<usize>> {
    let of_word = |octet: &u8| octet.is_ascii_alphanumeric() || !octet.is_ascii();
    let mut words: Vec<std::ops::Range<usize>> = Vec::new();
    let mut at = 0;
    while at < line.len() {
        let end = at + line[at..].iter().take_while(|octet| of_word(octet)).count();
        if !line[at..end].is_ascii() {
            match words.last_mut() {
                Some(last) if line[last.end..at].iter().all(|octet| b" \t".contains(octet)) => last.end = end,
                _ => words.push(at..end),
            }
        }
        at = end.max(at + 1);
    }
    words
}

/// As encoded words (RFC 2047, 4.2), folded between two of them.
fn encode(word: &[u8], blank_before: bool, out: &mut Vec<u8>) {
    let utf8 = std::str::from_utf8(word);
    let charset = if utf8.is_ok() { "UTF-8" } else { "unknown-8bit" };
    let pieces: Vec<&[u8]> = match utf8 {
        Ok(text) => text.char_indices().map(|(at, c)| &word[at..at + c.len_utf8()]).collect(),
        Err(_) => word.chunks(1).collect(),
    };
    let room = ENCODED_WORD - "=??Q??=".len() - charset.len();
    let mut line = if blank_before { "_".to_owned() } else { String::new() };
    let mut lines = Vec::new();
    for piece in pieces {
        let coded: String = piece
            .iter()
            .map(|octet| match octet {
                b' ' => "_".to_owned(),
                octet if octet.is_ascii_alphanumeric() => char::from(*octet).to_string(),
                octet => format!("={octet:02X}"),
            })
            .collect();
        if line.len() + coded.len() > room {
            lines.push(std::mem::take(&mut line));
        }
        line.push_str(&coded);
    }
    lines.push(line);
    let coded: Vec<String> = lines.into_iter().map(|line| format!("=?{charset}?Q?{line}?=")).collect();
    out.extend_from_slice(coded.join("\r\n ").as_bytes());
}

#[derive(Default)]
struct LongLine {
    line: Vec<u8>,
    in_body: bool,
}

impl Stage for LongLine {
    fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        for octet in octets {
            self.line.push(*octet);
            if *octet == b'\n' {
                self.pass_line(out);
            } else if self.line.len() > LONGEST_LINE + 1 {
                self.break_line(out);
            }
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.pass_line(out);
    }
}

impl LongLine {
    fn pass_line(&mut self, out: &mut Vec<u8>) {
        let end = |line: &[u8]| {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            line.strip_suffix(b"\r").unwrap_or(line).len()
        };
        while end(&self.line) > LONGEST_LINE {
            self.break_line(out);
        }
        self.in_body |= is_empty_line(&self.line);
        out.append(&mut self.line);
    }

    /// Passes on as much of the line as may be; what is left is its continuation.
    fn break_line(&mut self, out: &mut Vec<u8>) {
        let blank = |at: &usize| b" \t".contains(&self.line[*at]);
        let rest = if self.in_body {
            let at = (LONGEST_LINE / 2..LONGEST_LINE).rev().find(blank).map_or_else(|| self.whole_sign(), |at| at + 1);
            self.line.split_off(at)
        } else {
            // What stays before the fold must be more than blanks.
            let text = self.line.iter().position(|octet| !b" \t".contains(octet)).unwrap_or(0);
            match (text + 1..=LONGEST_LINE).rev().find(blank) {
                Some(at) => self.line.split_off(at),
                None => [b" ".to_vec(), self.line.split_off(LONGEST_LINE)].concat(),
            }
        };
        out.append(&mut self.line);
        out.extend_from_slice(b"\r\n");
        self.line = rest;
    }

    /// The last place that is neither within a character of UTF-8 nor within `=3D` of quoted-printable.
    fn whole_sign(&self) -> usize {
        let continued = |octet: u8| octet & 0xC0 == 0x80;
        let within = |at: usize| continued(self.line[at]) || self.line[at - 1] == b'=' || self.line[at - 2] == b'=';
        (LONGEST_LINE - 8..=LONGEST_LINE).rev().find(|at| !within(*at)).unwrap_or(LONGEST_LINE)
    }
}
