//! The messages of a simulated world, and what its new server makes of them. Must not know how they are moved.

use fastrand::Rng;
use mail::{Flags, InternalDate};

/// What the new server stores in place of the octets that it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Kept,
    /// The header and the size stay.
    Upper,
    /// The header's known fields stay.
    Stamped,
    /// A bare LF becomes CRLF: most messages stay as they are.
    Mended,
}

impl Form {
    pub fn of(dice: &mut Rng) -> Self {
        match dice.u32(0..10) {
            0..=4 => Form::Kept,
            5..=6 => Form::Upper,
            7..=8 => Form::Stamped,
            _ => Form::Mended,
        }
    }

    pub fn apply(self, octets: &[u8]) -> Vec<u8> {
        match self {
            Form::Kept => octets.to_vec(),
            Form::Upper => {
                let body = octets.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(0);
                let (header, body) = octets.split_at(body);
                [header, &body.to_ascii_uppercase()].concat()
            }
            Form::Stamped => [b"X-Server: was here\r\n", octets].concat(),
            Form::Mended => {
                let mut mended = Vec::with_capacity(octets.len());
                for (at, octet) in octets.iter().enumerate() {
                    if *octet == b'\n' && (at == 0 || octets[at - 1] != b'\r') {
                        mended.push(b'\r');
                    }
                    mended.push(*octet);
                }
                mended
            }
        }
    }
}

/// What the server refuses, where it refuses any.
pub const REFUSED: &[u8] = b"REFUSE";

/// A message with a header of its own: no other is like it.
pub fn plain(number: usize) -> Vec<u8> {
    let date = format!("Mon, 1 Jan 2024 00:{:02}:{:02} +0000", number / 60 % 60, number % 60);
    format!(
        "Message-ID: <{number}@old>\r\nDate: {date}\r\nFrom: a@old\r\nSubject: letter {number}\r\n\r\nText {number}\r\n"
    )
    .into_bytes()
}

/// One of many with the same header; all of one size, or each of its own.
fn colliding(number: usize, group: u32) -> Vec<u8> {
    let tail = "x".repeat(if group.is_multiple_of(2) { 0 } else { number % 7 });
    format!("Message-ID: <group{group}@old>\r\nFrom: a@old\r\nSubject: group {group}\r\n\r\nbody {number:04}{tail}\r\n")
        .into_bytes()
}

/// Any message. `collide`: most of them have the header of others.
pub fn any(dice: &mut Rng, number: usize, collide: bool) -> Vec<u8> {
    if collide && dice.u32(0..10) < 7 {
        return colliding(number, dice.u32(0..2));
    }
    match dice.u32(0..20) {
        0..=8 => plain(number),
        9..=11 => colliding(number, dice.u32(0..4)),
        12 => format!("Subject: no id {number}\r\n\r\ntext\r\n").into_bytes(),
        13 => format!("just text {number}").into_bytes(),
        14 => Vec::new(),
        15 => [plain(number), vec![b'x'; dice.usize(8_000..30_000)]].concat(),
        16 => [&plain(number)[..], REFUSED, b"\r\n"].concat(),
        17 => [&plain(number)[..], b"one\ntwo\n"].concat(),
        18 => [&plain(number)[..], b"From x\r\n>From y\r\n\0\xa4"].concat(),
        _ => format!("Message-ID: <{number}@old>\r\nSubject: \u{4f60}\u{597d} {number}\r\n\r\nno end").into_bytes(),
    }
}

pub fn flags(dice: &mut Rng) -> Flags {
    let names = ["\\Seen", "\\Answered", "\\Flagged", "\\Draft", "$Work", "$Forwarded"];
    Flags::from_names(names.into_iter().filter(|_| dice.u32(0..4) == 0))
}

pub fn date(dice: &mut Rng) -> Option<InternalDate> {
    (dice.u32(0..8) > 0).then(|| InternalDate { seconds: 1_000_000_000 + i64::from(dice.u32(0..50)), zone: 60 })
}

/// Its header belongs to no other message.
pub fn telling(octets: &[u8]) -> bool {
    let text = String::from_utf8_lossy(octets);
    text.contains("Message-ID: <") && !text.contains("Message-ID: <group")
}

/// For the story: a message by its first words.
pub fn label(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets);
    let subject = text.lines().find(|line| line.starts_with("Subject: "));
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let shown: String = format!("{} {body}", subject.unwrap_or("")).chars().take(48).collect();
    format!("\"{}\" ({} octets)", shown.replace(['\r', '\n', '\0'], " ").trim(), octets.len())
}
