//! Power that fails in the middle, and bits that turn.

use super::*;
use archive::Flaw;
use mail::Cause;

/// Three sealed messages and one that was being written.
async fn four(directory: &Path) -> (Mailbox, Vec<(std::path::PathBuf, Vec<u8>)>) {
    let mailbox = mailbox();
    for octets in ["Subject: a\r\n\r\nFrom here\r\n", "", "no end"] {
        mailbox.put(&FolderPath::inbox(), octets, Flags::from_names(["\\Seen", "k"]), None);
    }
    back_up(directory, &mailbox).await.unwrap();
    let sealed = files(directory);
    mailbox.put(&FolderPath::inbox(), "Subject: last\r\n\r\n>From\r\n", Flags::default(), None);
    (mailbox, sealed)
}

fn of<'a>(state: &'a [(std::path::PathBuf, Vec<u8>)], name: &str) -> &'a [u8] {
    &state.iter().find(|(path, _)| path == Path::new(name)).unwrap().1
}

/// After any cut: opens by itself, everything before is there, the rest comes again, the proof is clean.
#[tokio::test(flavor = "multi_thread")]
async fn a_tail_torn_anywhere_is_cut_and_written_again() {
    let directory = tempfile::tempdir().unwrap();
    let (mailbox, sealed) = four(directory.path()).await;
    let spool = tempfile::tempdir().unwrap();
    let archive = Archive::open_or_create(directory.path(), OWNER).unwrap();
    fill(&archive, &mailbox, spool.path()).await.unwrap();
    drop(archive);
    let whole = files(directory.path());
    let proof = prove(directory.path()).unwrap();
    assert_eq!((proof.messages, proof.unsealed, &proof.damaged[..]), (4, 1, &[][..]));

    let mut cuts = 0;
    for (name, other) in [("INBOX.mbox", "INBOX.idx"), ("INBOX.idx", "INBOX.mbox")] {
        for length in of(&sealed, name).len()..=of(&whole, name).len() {
            // What was not synced may also be zeros, or be followed by them; it is synced before it is indexed.
            for zeros in [0, 3] {
                restore(directory.path(), &whole);
                if zeros > 0 && name == "INBOX.mbox" {
                    std::fs::write(directory.path().join(other), of(&sealed, other)).unwrap();
                }
                let mut torn = of(&whole, name)[..length].to_vec();
                torn.extend(std::iter::repeat_n(0, zeros));
                std::fs::write(directory.path().join(name), &torn).unwrap();
                let read = read_back(directory.path()).await.unwrap();
                let archive = Archive::open_or_create(directory.path(), OWNER).unwrap();
                drop(archive);
                let held = held_by(&mailbox).await;
                let after = read_back(directory.path()).await.unwrap();
                assert!(after[0].1 == held[0].1[..3] || after == held, "{name} {length}");
                assert!(read[0].1.len() >= 3, "{name} {length}");
                assert_eq!(prove(directory.path()).unwrap().damaged, [], "{name} {length}");
                back_up(directory.path(), &mailbox).await.unwrap();
                let proof = prove(directory.path()).unwrap();
                assert_eq!((proof.messages, proof.unsealed, &proof.damaged[..]), (4, 0, &[][..]), "{name} {length}");
                assert!(read_back(directory.path()).await.unwrap() == held, "{name} {length}");
                assert_eq!(of(&files(directory.path()), other), of(&whole, other), "{name} {length}");
                cuts += 1;
            }
        }
    }
    assert!(cuts > 400, "{cuts}");
}

/// The first index line of a folder, torn: the folder was being made.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_torn_while_it_was_made_is_made_again() {
    let directory = tempfile::tempdir().unwrap();
    let (mailbox, sealed) = four(directory.path()).await;
    let line = b"{\"type\":\"folder\",\"version\":1,\"path\":[\"Sent\"],\"wire\":\"Sent\",\"delimiter\":\"/\"}\n";
    mailbox.put(&FolderPath::new(["Sent"]), "sent", Flags::default(), None);
    for length in 0..=line.len() {
        for with_mbox in [false, true] {
            restore(directory.path(), &sealed);
            std::fs::write(directory.path().join("Sent.idx"), &line[..length]).unwrap();
            if with_mbox {
                std::fs::write(directory.path().join("Sent.mbox"), b"").unwrap();
            }
            assert_eq!(prove(directory.path()).unwrap().damaged, []);
            back_up(directory.path(), &mailbox).await.unwrap();
            assert!(read_back(directory.path()).await.unwrap() == held_by(&mailbox).await, "{length}");
            assert_eq!(prove(directory.path()).unwrap().damaged, []);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bit_turned_anywhere_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let (_, sealed) = four(directory.path()).await;
    let mut turned = 0;
    for (name, content) in sealed.iter().filter(|(name, _)| name != Path::new(".lock")) {
        for place in 0..content.len() {
            for bit in 0..8 {
                let mut other = content.clone();
                other[place] ^= 1 << bit;
                std::fs::write(directory.path().join(name), &other).unwrap();
                let found = prove(directory.path()).map_or(true, |proof| !proof.damaged.is_empty());
                assert!(found, "{} octet {place} bit {bit}", name.display());
                turned += 1;
            }
        }
        std::fs::write(directory.path().join(name), content).unwrap();
    }
    assert!(turned > 10_000, "{turned}");
    assert_eq!(prove(directory.path()).unwrap().damaged, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed_mail_that_is_gone_or_short_is_named_and_never_written_over() {
    let directory = tempfile::tempdir().unwrap();
    let (mailbox, sealed) = four(directory.path()).await;
    let short = of(&sealed, "INBOX.mbox").len() - 1;
    for (name, content, flaw) in [
        ("INBOX.mbox", Some(short), Flaw::Missing),
        ("INBOX.mbox", None, Flaw::Missing),
        ("INBOX.idx", Some(of(&sealed, "INBOX.idx").len() - 1), Flaw::Index),
    ] {
        restore(directory.path(), &sealed);
        let path = directory.path().join(name);
        match content {
            Some(length) => std::fs::write(&path, &of(&sealed, name)[..length]).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let before = files(directory.path());
        let proof = prove(directory.path()).unwrap();
        assert!(proof.damaged.iter().any(|damage| damage.what == flaw && damage.folder == FolderPath::inbox()));
        let failure = back_up(directory.path(), &mailbox).await.unwrap_err();
        assert_eq!((failure.cause, failure.reach), (Cause::StoreUnusable, mail::Reach::Folder));
        assert_eq!(files(directory.path()), before, "{name}");
    }
    // Without an index nobody knows what the mbox is: it is left alone, and stays named.
    restore(directory.path(), &sealed);
    std::fs::remove_file(directory.path().join("INBOX.idx")).unwrap();
    back_up(directory.path(), &mailbox).await.unwrap();
    let proof = prove(directory.path()).unwrap();
    assert_eq!((proof.messages, proof.damaged.len(), proof.damaged[0].what), (4, 1, Flaw::Missing));
    assert_eq!(of(&files(directory.path()), "INBOX.mbox"), of(&sealed, "INBOX.mbox"));
    // Without both it must not look as if there had never been any.
    restore(directory.path(), &sealed);
    std::fs::remove_file(directory.path().join("INBOX.idx")).unwrap();
    std::fs::remove_file(directory.path().join("INBOX.mbox")).unwrap();
    assert_eq!(back_up(directory.path(), &mailbox).await.unwrap_err().cause, Cause::StoreUnusable);
    assert_eq!(prove(directory.path()).unwrap().damaged.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_message_is_fetched_and_stored_again() {
    let directory = tempfile::tempdir().unwrap();
    let (mailbox, _) = four(directory.path()).await;
    let path = directory.path().join("INBOX.mbox");
    let text = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
    std::fs::write(&path, text.replacen("From here", "from hers", 1)).unwrap();
    let damaged = prove(directory.path()).unwrap().damaged;
    assert_eq!(damaged.len(), 1);
    assert_eq!((damaged[0].id.clone(), damaged[0].folder.is_inbox()), (Some(MessageId::Uid(1)), true));
    back_up(directory.path(), &mailbox).await.unwrap();
    let proof = prove(directory.path()).unwrap();
    assert_eq!((proof.messages, &proof.damaged[..]), (4, &[][..]));
    assert!(read_back(directory.path()).await.unwrap() == held_by(&mailbox).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_can_be_stopped_and_tells_how_far_it_is() {
    let directory = tempfile::tempdir().unwrap();
    back_up(directory.path(), &round_trip::nasty_mailbox()).await.unwrap();
    let mut steps = Vec::new();
    let failure = archive::prove(directory.path(), &mut |messages, octets| {
        steps.push((messages, octets));
        steps.len() < 30
    })
    .unwrap_err();
    assert_eq!(failure.cause, Cause::Stopped);
    assert_eq!(steps.len(), 30);
    assert!(steps.is_sorted());
}

/// An index that no longer says whose it is: its folder begins anew elsewhere, the others go on, and it stays named.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_lost_its_name_stops_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let mailbox = round_trip::nasty_mailbox();
    back_up(directory.path(), &mailbox).await.unwrap();
    let index = directory.path().join("Sent.idx");
    let mut text = std::fs::read(&index).unwrap();
    text[0] ^= 1;
    std::fs::write(&index, &text).unwrap();
    let lost = (std::fs::read(&index).unwrap(), std::fs::read(directory.path().join("Sent.mbox")).unwrap());
    back_up(directory.path(), &mailbox).await.unwrap();
    assert!(read_back(directory.path()).await.unwrap() == held_by(&mailbox).await);
    let damaged = prove(directory.path()).unwrap().damaged;
    assert_eq!(damaged.len(), 1);
    assert_eq!((damaged[0].folder.to_string().as_str(), damaged[0].what), ("Sent", Flaw::Index));
    assert!(lost == (std::fs::read(&index).unwrap(), std::fs::read(directory.path().join("Sent.mbox")).unwrap()));
}
