//! Folder names: every name goes over the wire and comes back; every wire name is read, and means one name.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mail::FolderPath;
use mail::imap::fuzz::{name_from_wire, name_on_wire, path_over_wire};

fuzz_target!(|input: (Vec<u8>, Vec<String>, bool)| {
    let (wire, names, dotted) = input;
    // Whatever a server calls a folder.
    let read = name_from_wire(&wire);
    assert!(read.chars().count() <= wire.len());
    let again = name_on_wire(&read);
    assert_eq!(name_from_wire(again.as_bytes()), read, "{wire:?}");

    // Whatever a person calls one.
    for name in &names {
        let wire = name_on_wire(name);
        assert!(wire.bytes().all(|octet| (0x20..=0x7e).contains(&octet)), "{wire:?}");
        assert!(wire.len() <= 5 * name.len() + 2, "{wire:?}");
        assert_eq!(&name_from_wire(wire.as_bytes()), name);
        // Canonical: the coded form of a name without anything to code is itself.
        if name.bytes().all(|octet| (0x20..=0x7e).contains(&octet) && octet != b'&') {
            assert_eq!(&wire, name);
        }
    }

    let (prefix, delimiter) = if dotted { ("INBOX.", '.') } else { ("", '/') };
    let path = FolderPath(names);
    if let Some((wire, back)) = path_over_wire(prefix, delimiter, &path) {
        // The inbox has many spellings and one name.
        let mut meant = path.clone();
        if meant.0[0].eq_ignore_ascii_case("INBOX") {
            meant.0[0] = "INBOX".to_owned();
        }
        // Where all folders lie below the inbox, `INBOX/x` is another spelling of `x`.
        if dotted && meant.0.len() > 1 && meant.0[0] == "INBOX" && back != meant {
            meant.0.remove(0);
        }
        assert_eq!(back, meant, "{:?}", String::from_utf8_lossy(&wire));
    }
});
