//! Messages in an mbox: their octets come back, other readers of mboxrd count as many, and no damage goes unnoticed.

#![no_main]

use arbitrary::Arbitrary;
use archive::fuzz::{Letter, quoted, read};
use libfuzzer_sys::fuzz_target;
use mail::{Flags, InternalDate};
use std::cell::RefCell;
use std::fs::File;
use std::os::unix::fs::FileExt;

#[derive(Arbitrary, Debug)]
struct Input {
    letters: Vec<(Vec<Part>, Vec<String>, Option<(i64, i16)>)>,
    pieces: Vec<u8>,
    damage: (u16, u8),
}

/// What messages are made of: mostly what matters to an mbox.
#[derive(Arbitrary, Debug)]
enum Part {
    From,
    Quote,
    Lf,
    CrLf,
    Cr,
    F,
    Any(Vec<u8>),
    Long(u8),
}

fn octets(parts: &[Part]) -> Vec<u8> {
    let mut octets = Vec::new();
    for part in parts {
        match part {
            Part::From => octets.extend_from_slice(b"From "),
            Part::Quote => octets.push(b'>'),
            Part::Lf => octets.push(b'\n'),
            Part::CrLf => octets.extend_from_slice(b"\r\n"),
            Part::Cr => octets.push(b'\r'),
            Part::F => octets.push(b'F'),
            Part::Any(any) => octets.extend_from_slice(any),
            // Reading goes by 64 KiB: this brings the ends of such pieces about.
            Part::Long(more) => octets.extend(std::iter::repeat_n(b'x', 65_400 + usize::from(*more))),
        }
    }
    octets
}

/// As another program reads an mboxrd: `From ` at the beginning of a line divides, a `>` of a quoted one goes.
fn by_the_book(mbox: &[u8]) -> Vec<Vec<u8>> {
    let mut messages: Vec<Vec<u8>> = Vec::new();
    for line in mbox.split_inclusive(|octet| *octet == b'\n') {
        if line.starts_with(b"From ") {
            messages.push(Vec::new());
        } else if let Some(message) = messages.last_mut() {
            let quotes = line.iter().take_while(|octet| **octet == b'>').count();
            let from = quotes > 0 && line[quotes..].starts_with(b"From ");
            message.extend_from_slice(&line[usize::from(from)..]);
        }
    }
    messages
}

thread_local! {
    static FILE: RefCell<File> = RefCell::new(tempfile::tempfile().expect("a file"));
}

fuzz_target!(|input: Input| {
    let letters: Vec<Letter> = input
        .letters
        .iter()
        .take(6)
        .map(|(parts, flags, date)| Letter {
            octets: octets(&parts[..parts.len().min(40)]),
            flags: Flags::from_names(flags.iter().map(String::as_str)),
            date: date.map(|(seconds, zone)| InternalDate { seconds, zone }),
        })
        .collect();
    let pieces: Vec<usize> = input.pieces.iter().map(|length| usize::from(*length)).collect();
    let mut mbox = Vec::new();
    let mut places = Vec::new();
    for letter in &letters {
        let (marked, plain, bare) = quoted(&letter.octets, &pieces).expect("memory");
        assert_eq!((plain, bare), (letter.octets.clone(), false));
        assert_eq!(marked, quoted(&letter.octets, &[]).expect("memory").0, "the pieces matter");
        let offset = mbox.len() as u64;
        places.push(letter.write(offset, &mut mbox).expect("memory"));
        assert_eq!(places.last().expect("just put").range(), offset..mbox.len() as u64);
    }
    FILE.with(|file| {
        let file = file.borrow_mut();
        file.set_len(0).expect("a disk");
        file.write_all_at(&mbox, 0).expect("a disk");
        for (letter, place) in letters.iter().zip(&places) {
            assert_eq!(read(&file, place).expect("a disk"), Some(letter.octets.clone()));
        }
        let others = by_the_book(&mbox);
        assert_eq!(others.len(), letters.len());
        for (other, letter) in others.iter().zip(&letters) {
            let end = if letter.octets.last().is_none_or(|last| *last == b'\n') { "\n" } else { "\n\n" };
            assert!(other.ends_with(&[&letter.octets, end.as_bytes()].concat()), "another reader finds other octets");
        }
        let (at, octet) = (usize::from(input.damage.0), input.damage.1);
        if at < mbox.len() && mbox[at] != octet {
            file.write_all_at(&[octet], at as u64).expect("a disk");
            for (letter, place) in letters.iter().zip(&places) {
                let whole = read(&file, place).expect("a disk") == Some(letter.octets.clone());
                assert_eq!(whole, !place.range().contains(&(at as u64)), "octet {at}");
            }
        }
    });
});
