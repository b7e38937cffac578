//! The sets of mail that are copied: the same messages for the same numbers, made while they are loaded, so that
//! no set is ever held in memory.

use harness::sample::Dice;
use harness::wire::wire_name;
use harness::{Letter, Wire};
use std::collections::BTreeMap;
use std::sync::OnceLock;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Set {
    /// 20,000 of 3 KB in one folder.
    Many,
    /// 2,000 of 3 KB in one folder.
    Many2k,
    /// 2,000, 89 MB together, in 12 folders.
    Mixed,
    /// 200 of 1 to 25 MB in one folder, 874 MB together.
    Big,
    /// One of 500 MB among small ones: for the memory that it takes.
    Huge,
}

const FOLDERS: [&[&str]; 12] = [
    &["INBOX"],
    &["Sent"],
    &["Drafts"],
    &["Archive", "2019"],
    &["Archive", "2020"],
    &["Archive", "2020", "Q1"],
    &["客户"],
    &["客户", "北京办事处"],
    &["项目", "港口"],
    &["Receipts"],
    &["Travel"],
    &["Lists", "rust"],
];
/// No `\Deleted`: some programs rightly leave such messages behind.
const FLAGS: [&str; 5] = ["\\Seen", "\\Answered", "\\Flagged", "$Forwarded", "$Label1"];
/// What goes into one APPEND while loading.
const BATCH: (usize, usize) = (100, 8 << 20);
/// Octets of a line of [`noise`], with its line break.
const LINE: usize = 78;

impl Set {
    pub const ALL: [Set; 5] = [Set::Many, Set::Many2k, Set::Mixed, Set::Big, Set::Huge];

    pub fn name(self) -> &'static str {
        match self {
            Set::Many => "many",
            Set::Many2k => "many2k",
            Set::Mixed => "mixed",
            Set::Big => "big",
            Set::Huge => "huge",
        }
    }

    /// How many messages it holds; `scale` makes it smaller.
    pub fn messages(self, scale: f64) -> usize {
        let whole = match self {
            Set::Many => 20_000,
            Set::Many2k | Set::Mixed => 2_000,
            Set::Big => 200,
            Set::Huge => 12,
        };
        ((f64::from(whole) * scale) as usize).max(12)
    }

    fn letter(self, number: usize) -> Letter {
        let mut dice = Dice(number as u64 * 7_919 + 1);
        let size = self.size(number, &mut dice);
        let folder = if self == Set::Mixed { FOLDERS[number % FOLDERS.len()] } else { FOLDERS[0] };
        Letter {
            folder: folder.iter().map(|segment| (*segment).to_owned()).collect(),
            octets: octets(&mut dice, number, size),
            flags: FLAGS.iter().filter(|_| dice.roll(4) == 0).map(|flag| (*flag).to_owned()).collect(),
            // 1990-01-01 to 2026-01-01.
            date: 631_152_000 + dice.roll(1_136_073_600) as i64,
            odd: "",
        }
    }

    fn size(self, number: usize, dice: &mut Dice) -> usize {
        match self {
            Set::Huge if number == 0 => 500_000_000,
            Set::Many | Set::Many2k | Set::Huge => 3_000,
            Set::Mixed => match dice.roll(10) {
                0 => 100_000 + dice.roll(500_000) as usize,
                1 | 2 => 20_000 + dice.roll(60_000) as usize,
                _ => 2_000 + dice.roll(8_000) as usize,
            },
            // Most are small among the big ones: 4.4 MB on average.
            Set::Big => {
                let part = dice.roll(1 << 20) as f64 / f64::from(1 << 20);
                1_000_000 + (24_000_000.0 * part.powf(7.3)) as usize
            }
        }
    }

    /// Stores these numbers of the set, and makes the folders that are missing.
    pub fn load(self, wire: &mut Wire, numbers: std::ops::Range<usize>) {
        let mut waiting: BTreeMap<Vec<String>, (Vec<Letter>, usize)> = BTreeMap::new();
        for letter in numbers.map(|number| self.letter(number)) {
            let folder = letter.folder.clone();
            let (letters, octets) = waiting.entry(folder.clone()).or_insert_with(|| {
                if folder != ["INBOX"] {
                    let name = wire_name(&folder, '/', "");
                    // They are there already when more is added later.
                    wire.run(format!("CREATE \"{name}\"").as_bytes(), |_| ());
                    wire.run(format!("SUBSCRIBE \"{name}\"").as_bytes(), |_| ());
                }
                Default::default()
            });
            *octets += letter.octets.len();
            letters.push(letter);
            if letters.len() >= BATCH.0 || *octets >= BATCH.1 {
                *octets = 0;
                store(wire, &folder, &std::mem::take(letters));
            }
        }
        waiting.iter().for_each(|(folder, (letters, _))| store(wire, folder, letters));
    }
}

fn store(wire: &mut Wire, folder: &[String], letters: &[Letter]) {
    wire.append(&wire_name(folder, '/', ""), &letters.iter().collect::<Vec<_>>());
}

/// A message of about `size` octets that no other message equals.
fn octets(dice: &mut Dice, number: usize, size: usize) -> Vec<u8> {
    let head = format!(
        "Return-Path: <sender{sender}@example.net>\r\n\
         Received: from mx.example.net (mx.example.net [192.0.2.{last}])\r\n\tby mail.example.com with ESMTPS id {id:016x};\r\n\tThu, 1 Jan 2004 00:00:00 +0000\r\n\
         Message-ID: <{id:016x}.{number}@example.net>\r\n\
         From: Sender {sender} <sender{sender}@example.net>\r\n\
         To: wei@example.com\r\n\
         Subject: Number {number}\r\n\
         Date: Thu, 1 Jan 2004 00:00:00 +0000\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: application/octet-stream\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n",
        sender = dice.roll(40),
        last = dice.roll(250),
        id = dice.roll(u64::MAX),
    );
    let noise = noise();
    let mut text = Vec::with_capacity(size + noise.len());
    text.extend_from_slice(head.as_bytes());
    while text.len() < size {
        let from = dice.roll((noise.len() / LINE) as u64) as usize * LINE;
        let wanted = (size - text.len()).next_multiple_of(LINE);
        text.extend_from_slice(&noise[from..noise.len().min(from + wanted)]);
    }
    text
}

/// A mebibyte of lines as an attachment has them.
fn noise() -> &'static [u8] {
    static NOISE: OnceLock<Vec<u8>> = OnceLock::new();
    NOISE.get_or_init(|| {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut dice = Dice(5);
        let line = |dice: &mut Dice| {
            let mut line: Vec<u8> = (0..LINE - 2).map(|_| LETTERS[dice.roll(64) as usize]).collect();
            line.extend_from_slice(b"\r\n");
            line
        };
        (0..(1 << 20) / LINE).flat_map(|_| line(&mut dice)).collect()
    })
}
