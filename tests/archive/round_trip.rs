//! What goes in comes out.

use super::*;
use archive::in_synced_folder;
use mail::{Cause, System};

pub fn horrors() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = harness::nasty().into_iter().map(|letter| letter.octets).collect();
    all.extend([
        b"".to_vec(),
        b"\n".to_vec(),
        b"\r".to_vec(),
        b"\0".to_vec(),
        b"From ".to_vec(),
        b">From ".to_vec(),
        b"F".to_vec(),
        b">".to_vec(),
        b"From - Thu Jan  1 00:00:00 1970\nX-Mozilla-Status: 0001\n\n".to_vec(),
        b"Subject: x\r\n\r\nFrom a\r\n>From b\r\n>>From c\r\n>>>>>>>>From d\r\n > From e\r\nFrom".to_vec(),
        b"Subject: x\n\nline\rFrom cr\n\0\0\xff\xfe\x80From \n\n\n".to_vec(),
        b"Subject: x\r\n\r\nno end\r".to_vec(),
    ]);
    // Larger than a spooled body's share; a quote is due at each border of a chunk of 64 KiB.
    let mut large = b"Subject: large\r\n\r\n".to_vec();
    while large.len() < 5 * 1024 * 1024 {
        let border = (large.len() / 65_536 + 1) * 65_536;
        let back = 1 + (border / 65_536) % 9;
        large.resize(border - back - 1, b'x');
        large.extend_from_slice(b"\n>From \nFrom \n");
    }
    all.push(large);
    all
}

pub fn nasty_mailbox() -> Mailbox {
    let mailbox = mailbox();
    let flags = [
        Flags::default(),
        Flags::new(System::ALL),
        Flags::from_names(["\\Seen", "$Forwarded", "Work", "标签", "odd\r\nX-Injected: yes"]),
    ];
    for (number, octets) in horrors().into_iter().enumerate() {
        let date = InternalDate::parse("29-Feb-2024 23:59:59 +0845").filter(|_| number % 4 > 0);
        let folder = match number % 3 {
            0 => FolderPath::inbox(),
            1 => FolderPath::new(["INBOX", "项目", "a/b"]),
            _ => FolderPath::new(["Sent"]),
        };
        mailbox.put(&folder, octets, flags[number % flags.len()].clone(), date);
    }
    mailbox.put(&FolderPath::new(["Empty", "child"]), b"x".to_vec(), Flags::default(), None);
    mailbox.take_out(&FolderPath::new(["Empty", "child"]), 1);
    mailbox
}

#[tokio::test(flavor = "multi_thread")]
async fn every_octet_flag_and_date_comes_back() {
    let directory = tempfile::tempdir().unwrap();
    let mailbox = nasty_mailbox();
    back_up(directory.path(), &mailbox).await.unwrap();
    let held = held_by(&mailbox).await;
    assert!(read_back(directory.path()).await.unwrap() == held);

    let proof = prove(directory.path()).unwrap();
    assert_eq!(proof.damaged, []);
    let count: usize = held.iter().map(|(_, messages)| messages.len()).sum();
    let octets: usize = held.iter().flat_map(|(_, messages)| messages).map(|got| got.octets.len()).sum();
    assert_eq!((proof.messages, proof.octets, proof.unsealed), (count as u64, octets as u64, 0));
    assert_eq!(proof.folders.len(), held.len());

    // Nothing of a keyword that is no atom stands in the mbox.
    let text: Vec<u8> = files(directory.path()).into_iter().flat_map(|(_, content)| content).collect();
    assert!(!text.windows(13).any(|window| window == b"\nX-Injected: "));
}

#[tokio::test(flavor = "multi_thread")]
async fn hashes_and_parts_of_listings_are_those_of_the_server() {
    let directory = tempfile::tempdir().unwrap();
    let mailbox = nasty_mailbox();
    back_up(directory.path(), &mailbox).await.unwrap();
    let spool = tempfile::tempdir().unwrap();
    let mut reader = Reader::open(directory.path(), budget(spool.path())).unwrap();
    let mut server = mailbox.session();
    assert_eq!(reader.owner(), OWNER);
    for folder in server.folders().await.unwrap() {
        for (want, from) in [(Want::Flags, 1), (Want::Sizes, 3), (Want::Dates, 1), (Want::Headers, 1)] {
            let (ours, theirs) =
                (reader.list(&folder, from, want).await.unwrap(), server.list(&folder, from, want).await.unwrap());
            assert_eq!((ours.validity, &ours.entries), (theirs.validity, &theirs.entries));
        }
        let ids: Vec<_> =
            server.list(&folder, 1, Want::Flags).await.unwrap().entries.into_iter().map(|entry| entry.id).collect();
        let (sender, mut receiver) = mpsc::channel(1000);
        reader.fetch(&folder, &ids, Part::Hashes, sender).await.unwrap();
        for kept in mailbox.kept(&folder.path) {
            let Some(Fetched::Hashed { id, sha256, header, octets, .. }) = receiver.recv().await else { panic!() };
            assert_eq!((id.uid(), sha256, header), (Some(kept.uid), kept.sha256, kept.header));
            assert_eq!(octets, kept.octets.len() as u64);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_own_account_and_one_writer_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("new/place");
    let cause = |result: Result<Archive>| result.expect_err("refused").cause;
    let first = Archive::open_or_create(&place, OWNER).unwrap();
    assert_eq!(first.id().len(), 32);
    assert_eq!(cause(Archive::open_or_create(&place, OWNER)), Cause::Busy);
    let id = first.id().to_owned();
    drop(first);
    assert_eq!(Archive::open_or_create(&place, OWNER).unwrap().id(), id);
    assert_eq!(cause(Archive::open_or_create(&place, "wang@old.example.com")), Cause::StoreUnusable);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(std::fs::metadata(place.join("manifest.json")).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(in_synced_folder(&place), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_format_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    back_up(directory.path(), &nasty_mailbox()).await.unwrap();
    let spool = tempfile::tempdir().unwrap();
    let state = files(directory.path());
    for file in ["manifest.json", "INBOX.idx"] {
        restore(directory.path(), &state);
        let path = directory.path().join(file);
        let text = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
        let newer = text.replacen("\"version\": 1", "\"version\": 2", 1).replacen("\"version\":1", "\"version\":2", 1);
        assert_ne!(text, newer);
        std::fs::write(&path, &newer).unwrap();
        let before = files(directory.path());
        assert_eq!(Archive::open_or_create(directory.path(), OWNER).unwrap_err().cause, Cause::StoreUnusable);
        assert_eq!(Reader::open(directory.path(), budget(spool.path())).unwrap_err().cause, Cause::StoreUnusable);
        assert_eq!(prove(directory.path()).unwrap_err().cause, Cause::StoreUnusable);
        assert_eq!(files(directory.path()), before);
    }
}

/// A mailbox of years: offsets beyond what 32 bits hold.
#[tokio::test(flavor = "multi_thread")]
async fn offsets_beyond_four_gigabytes() {
    const HOLE: u64 = 5 * 1024 * 1024 * 1024;
    let directory = tempfile::tempdir().unwrap();
    let mailbox = mailbox();
    mailbox.put(&FolderPath::inbox(), b"first".to_vec(), Flags::default(), None);
    back_up(directory.path(), &mailbox).await.unwrap();
    // A huge message that is a hole in the file.
    let (mbox, index) = (directory.path().join("INBOX.mbox"), directory.path().join("INBOX.idx"));
    let end = std::fs::metadata(&mbox).unwrap().len();
    let line = format!(
        r#"{{"type":"message","offset":{end},"length":{HOLE},"validity":1,"uid":2,"flags":[],"size":{},"sha256":"{}","header":"{}"}}"#,
        HOLE - 100,
        "0".repeat(64),
        "0".repeat(32)
    );
    let text = std::fs::read_to_string(&index).unwrap() + &line + "\n";
    std::fs::write(&index, text).unwrap();
    std::fs::File::options().write(true).open(&mbox).unwrap().set_len(end + HOLE).unwrap();

    for number in 0..3 {
        mailbox.put(&FolderPath::inbox(), format!("Subject: {number}\r\n\r\nFrom\r\n"), Flags::default(), None);
    }
    mailbox.take_out(&FolderPath::inbox(), 2);
    back_up(directory.path(), &mailbox).await.unwrap();
    assert!(std::fs::metadata(&mbox).unwrap().len() > end + HOLE);
    let spool = tempfile::tempdir().unwrap();
    let mut reader = Reader::open(directory.path(), budget(spool.path())).unwrap();
    let inbox = reader.folders().await.unwrap().remove(0);
    let got = fetch(&mut reader, &inbox, &[1, 2, 3, 4].map(MessageId::Uid)).await.unwrap();
    assert_eq!(got[1], Err((MessageId::Uid(2), "message_damaged")));
    assert_eq!(got[3].as_ref().unwrap().octets, b"Subject: 2\r\n\r\nFrom\r\n");
    let proof = prove(directory.path()).unwrap();
    assert_eq!((proof.messages, proof.damaged.len()), (3, 1));
}
