//! What a person knows a message by: subject, sender, date. Read from the header block alone, which is bounded before it
//! is parsed; what comes of it is text of one bounded line. For the eye only: no message is recognised by it.

use crate::contents::Record;
use crate::disk::read_at;
use crate::frame;
use crate::names;
use crate::quote::Unquoter;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use encoding_rs::{Encoding, GB18030, WINDOWS_1252};
use mail::Result;
use mail_parser::MessageParser;
use std::fs::File;

/// Octets of a header block that are looked at.
const MOST: usize = 64 * 1024;
const CHUNK: usize = 4 * 1024;
/// Characters of a subject or sender.
const LONGEST: usize = 200;

/// Each text is one line of at most 200 characters without control, format or direction characters. None: the message
/// does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heading {
    pub subject: Option<String>,
    /// `Name <address>`, or what of both there is.
    pub from: Option<String>,
    /// Seconds since 1970: of the header, else of the mailbox (INTERNALDATE).
    pub date: Option<i64>,
}

impl Heading {
    /// A name for a file of the message, as every system takes it.
    pub fn file_name(&self) -> String {
        format!("{}.eml", names::near(self.subject.as_deref().unwrap_or("message")))
    }

    /// Of a header block (RFC 5322), or of what a message begins with.
    pub fn of(octets: &[u8]) -> Self {
        let block = legible(header_block(&octets[..octets.len().min(MOST)]));
        let Some(message) = MessageParser::new().with_minimal_headers().parse_headers(&block) else {
            return Self::default();
        };
        let from = message.from().and_then(|from| from.first()).and_then(|from| {
            let (name, address) = (from.name().and_then(line), from.address().and_then(line));
            match (name, address) {
                (Some(name), Some(address)) if name != address => Some(format!("{name} <{address}>")),
                (name, address) => address.or(name),
            }
        });
        // A year beyond these is a fault of the writer's.
        let date = message
            .date()
            .filter(|date| date.is_valid() && (1970..2100).contains(&date.year))
            .map(|date| date.to_timestamp());
        Self { subject: message.subject().and_then(line), from, date }
    }

    /// Of a message in an mbox. None: something else lies there.
    pub(crate) fn read(mbox: &File, record: &Record) -> Result<Option<Self>> {
        let before = frame::before(&record.stored_flags, record.date);
        let mut chunk = vec![0; before.len()];
        if read_at(mbox, &mut chunk, record.offset)? < before.len() || chunk != before.as_bytes() {
            return Ok(None);
        }
        let (mut offset, end) = (record.offset + before.len() as u64, record.offset + record.length);
        let (mut unquoter, mut plain) = (Unquoter::new(), Vec::with_capacity(CHUNK));
        while offset < end && plain.len() < MOST && header_block(&plain).len() == plain.len() {
            chunk.resize(CHUNK.min(usize::try_from(end - offset).unwrap_or(CHUNK)), 0);
            let read = read_at(mbox, &mut chunk, offset)?;
            if read == 0 {
                break;
            }
            unquoter.chunk(&chunk[..read], &mut plain)?;
            offset += read as u64;
        }
        plain.truncate(usize::try_from(record.size).unwrap_or(MOST));
        let heading = Self::of(&plain);
        let date = heading.date.or(record.date.map(|date| date.seconds));
        Ok(Some(Self { date, ..heading }))
    }
}

/// To behind the last header line: an empty line ends it.
fn header_block(octets: &[u8]) -> &[u8] {
    let mut begins = 0;
    while let Some(length) = memchr::memchr(b'\n', &octets[begins..]) {
        if octets[begins..begins + length].iter().all(|octet| *octet == b'\r') {
            return &octets[..begins];
        }
        begins += length + 1;
    }
    octets
}

/// The block as a parser of ours reads it: in UTF-8, with no character divided between two encoded words, and ended.
fn legible(block: &[u8]) -> Vec<u8> {
    let named = label(block).and_then(Encoding::for_label);
    let mut text = Vec::with_capacity(block.len() + 2);
    for line in block.split_inclusive(|octet| *octet == b'\n') {
        if std::str::from_utf8(line).is_ok() {
            text.extend_from_slice(line);
            continue;
        }
        // Raw 8-bit headers are a habit of older Chinese programs; else they are Western.
        let fits = |encoding: &'static Encoding| encoding.decode_without_bom_handling_and_without_replacement(line);
        let decoded = named.and_then(fits).or_else(|| fits(GB18030));
        let decoded = decoded.unwrap_or_else(|| WINDOWS_1252.decode_without_bom_handling(line).0);
        text.extend_from_slice(decoded.as_bytes());
    }
    let mut text = joined(&text);
    if !text.ends_with(b"\n") {
        text.extend_from_slice(b"\r\n");
    }
    text.extend_from_slice(b"\r\n");
    text
}

/// What the block says of its body's charset: its writer had the same for all of it.
fn label(block: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"charset=";
    let at = block.windows(NAME.len()).position(|part| part.eq_ignore_ascii_case(NAME))? + NAME.len();
    let value = block[at..].strip_prefix(b"\"").unwrap_or(&block[at..]);
    let end = value.iter().position(|octet| b"\"; \t\r\n".contains(octet)).unwrap_or(value.len());
    Some(&value[..end])
}

/// An encoded word (RFC 2047): `=?charset?B?text?=`.
struct Word<'a> {
    charset: &'a [u8],
    octets: Vec<u8>,
    /// From its beginning.
    length: usize,
}

impl<'a> Word<'a> {
    fn at(text: &'a [u8]) -> Option<Self> {
        let rest = text.strip_prefix(b"=?")?;
        let mut parts = rest.splitn(3, |octet| *octet == b'?');
        let (charset, kind, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let end = memchr::memmem::find(rest, b"?=")?;
        let coded = &rest[..end];
        if charset.is_empty() || coded.contains(&b'\n') || !charset.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        let octets = match kind {
            b"B" | b"b" => base64(coded)?,
            b"Q" | b"q" => quoted(coded),
            _ => return None,
        };
        // RFC 2231 puts a language behind the charset.
        let charset = charset.split(|octet| *octet == b'*').next()?;
        Some(Self { charset, octets, length: text.len() - rest.len() + end + 2 })
    }
}

fn base64(coded: &[u8]) -> Option<Vec<u8>> {
    let lax = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&STANDARD, lax).decode(coded).ok()
}

fn quoted(coded: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(coded.len());
    let mut at = 0;
    while at < coded.len() {
        let hex = coded.get(at + 1..at + 3).and_then(|two| std::str::from_utf8(two).ok());
        let value = hex.filter(|_| coded[at] == b'=').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        octets.push(value.unwrap_or(if coded[at] == b'_' { b' ' } else { coded[at] }));
        at += if value.is_some() { 3 } else { 1 };
    }
    octets
}

/// Writes encoded words anew, each run of one charset as one word in UTF-8: many programs cut texts into words by
/// octets, through the middle of characters.
fn joined(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memmem::find(rest, b"=?") {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let Some(first) = Word::at(rest) else {
            out.extend_from_slice(&rest[..2]);
            rest = &rest[2..];
            continue;
        };
        rest = &rest[first.length..];
        let mut octets = first.octets;
        // White space between two of them is none (RFC 2047, 6.2), a fold included.
        while let Some(next) = Word::at(rest.trim_ascii_start())
            && next.charset.eq_ignore_ascii_case(first.charset)
        {
            octets.extend_from_slice(&next.octets);
            rest = &rest.trim_ascii_start()[next.length..];
        }
        let encoding = Encoding::for_label(first.charset).unwrap_or(GB18030);
        let encoding = if encoding == encoding_rs::GBK { GB18030 } else { encoding };
        let decoded = encoding.decode_without_bom_handling(&octets).0;
        out.extend_from_slice(b"=?utf-8?B?");
        out.extend_from_slice(base64::engine::general_purpose::STANDARD.encode(decoded.as_bytes()).as_bytes());
        out.extend_from_slice(b"?=");
    }
    out.extend_from_slice(rest);
    out
}

/// One line of text that can stand among others: what moves the writing, hides or bears on its neighbours is taken away.
/// None: nothing is left.
fn line(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut length = 0;
    for c in text.chars().filter(|c| !is_format(*c)) {
        let c = if c.is_control() || c.is_whitespace() { ' ' } else { c };
        if c == ' ' && (out.is_empty() || out.ends_with(' ')) {
            continue;
        }
        if length == LONGEST {
            out.push('…');
            break;
        }
        out.push(c);
        length += 1;
    }
    out.truncate(out.trim_end().len());
    (!out.is_empty()).then_some(out)
}

/// Characters without a shape of their own: directions, joiners, marks of order, tags, private ones.
fn is_format(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests;
