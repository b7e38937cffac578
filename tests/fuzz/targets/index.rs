//! An index: what is written is read, wherever it is torn the rest before counts, and any octets at all are read without
//! harm.

#![no_main]

use arbitrary::Arbitrary;
use archive::fuzz::{Letter, Note, file_name, folder_line, index, line_again, lines};
use libfuzzer_sys::fuzz_target;
use mail::{Flags, Folder, FolderPath, InternalDate, SpecialUse};

#[derive(Arbitrary, Debug)]
struct Input {
    any: Vec<u8>,
    path: Vec<String>,
    wire: Vec<u8>,
    delimiter: Option<char>,
    special: Option<u8>,
    notes: Vec<Line>,
    cut: u16,
    damage: Option<(u16, u8)>,
    mbox: u32,
}

#[derive(Arbitrary, Debug)]
enum Line {
    Validity(Option<u32>),
    Message(u8, Vec<u8>, Vec<String>, Option<(i64, i16)>),
    Flags(u8, Vec<String>),
    Gone(u8),
}

fn flags(names: &[String]) -> Flags {
    Flags::from_names(names.iter().map(String::as_str))
}

fuzz_target!(|input: Input| {
    // Any octets.
    for line in input.any.split(|octet| *octet == b'\n') {
        if let Some(written) = line_again(line).expect("memory") {
            assert_eq!(written.iter().filter(|octet| **octet == b'\n').count(), 1);
            let again = line_again(written.trim_ascii_end()).expect("memory");
            assert_eq!(again, Some(written), "what is written is read as it was");
        }
    }
    let _ = index(&input.any, u64::from(input.mbox)).expect("memory");

    // What an archive writes.
    let folder = Folder {
        wire: input.wire,
        delimiter: input.delimiter,
        path: FolderPath(input.path),
        special: input.special.map(|at| SpecialUse::ALL[usize::from(at) % SpecialUse::ALL.len()]),
        selectable: true,
        status: None,
    };
    let (mut text, back) = folder_line(&folder).expect("memory");
    assert_eq!(back.as_ref(), Some(&folder));
    let first = text.len();
    let notes: Vec<Note> = input
        .notes
        .iter()
        .take(50)
        .map(|line| match line {
            Line::Validity(validity) => Note::Validity(*validity),
            Line::Message(uid, octets, names, date) => {
                let date = date.map(|(seconds, zone)| InternalDate { seconds, zone });
                Note::Message(u32::from(*uid), Letter { octets: octets.clone(), flags: flags(names), date })
            }
            Line::Flags(uid, names) => Note::Flags(u32::from(*uid), flags(names)),
            Line::Gone(uid) => Note::Gone(u32::from(*uid)),
        })
        .collect();
    let (mbox, messages) = lines(&notes, &mut text).expect("memory");
    let whole = index(&text, mbox).expect("memory").expect("a folder");
    assert!(whole.clean && whole.index == text.len() as u64 && whole.mbox == mbox);
    assert_eq!(whole.records.len(), messages);

    // Torn: what lies before the last whole line counts, and nothing else.
    let cut = first + usize::from(input.cut) % (text.len() - first + 1);
    let torn = index(&text[..cut], mbox).expect("memory").expect("a folder");
    let lines = text[..cut].iter().rposition(|octet| *octet == b'\n').map_or(0, |at| at + 1);
    assert_eq!((torn.index as usize, torn.clean), (lines, lines == cut));
    assert!(torn.records.len() <= messages && torn.mbox <= mbox);
    assert_eq!(index(&text[..lines], mbox).expect("memory").map(|index| index.records), Some(torn.records));

    // Damaged, or with an mbox that lost its end: whatever is read lies within it.
    if let Some((at, octet)) = input.damage {
        let at = usize::from(at) % text.len();
        text[at] = octet;
        let _ = index(&text, mbox.saturating_sub(u64::from(octet))).expect("memory");
    }

    // Every name becomes a file name that stays where it is put.
    for name in &folder.path.0 {
        let (file, key) = file_name(name);
        assert!(!file.is_empty() && file.len() <= 100 && !file.contains(['/', '\\', ':', '\0']) && !key.is_empty());
        assert!(!file.starts_with('.') && !file.ends_with(['.', ' ']) && !file.chars().any(char::is_control));
    }
});
