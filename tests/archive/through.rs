//! Law 7: the old server read through the archive.

use super::*;
use mail::memory::{Tripwire, When};
use mail::{Cause, System};

fn inbox() -> FolderPath {
    FolderPath::inbox()
}

fn seen() -> Flags {
    Flags::new([System::Seen])
}

/// Lines of an index of one type.
fn lines(directory: &Path, kind: &str) -> usize {
    let text = std::fs::read_to_string(directory.join("INBOX.idx")).unwrap();
    text.lines().filter(|line| line.starts_with(&format!(r#"{{"type":"{kind}""#))).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_stored_or_fetched_twice_and_changes_are_followed() {
    let directory = tempfile::tempdir().unwrap();
    let mailbox = mailbox();
    for number in 0..5 {
        mailbox.put(&inbox(), format!("Subject: {number}\r\n\r\nthe same\r\n"), Flags::default(), None);
    }
    mailbox.put(&inbox(), "twin", seen(), None);
    mailbox.put(&inbox(), "twin", seen(), None);
    back_up(directory.path(), &mailbox).await.unwrap();
    let state = files(directory.path());
    // Again: not an octet more.
    back_up(directory.path(), &mailbox).await.unwrap();
    assert_eq!(files(directory.path()), state);
    assert_eq!(lines(directory.path(), "message"), 7);

    // A flag changes, a message is deleted, one comes.
    let mut changed = mailbox.session();
    let folder = changed.folders().await.unwrap().remove(0);
    let change = mail::ports::FlagChange { id: MessageId::Uid(1), flags: Flags::from_names(["\\Flagged", "Work"]) };
    mail::Target::flag(&mut changed, &folder, &[change]).await.unwrap();
    mailbox.take_out(&inbox(), 2);
    mailbox.put(&inbox(), "new", Flags::default(), None);
    back_up(directory.path(), &mailbox).await.unwrap();
    let counts = ["message", "flags", "gone", "validity"].map(|kind| lines(directory.path(), kind));
    assert_eq!(counts, [8, 1, 1, 1]);
    let read = read_back(directory.path()).await.unwrap().remove(0).1;
    assert_eq!(read.len(), 8, "what was deleted at the source stays");
    assert_eq!(read[0].flags.names(), ["\\Flagged", "Work"]);
    let proof = prove(directory.path()).unwrap();
    assert_eq!((proof.messages, &proof.damaged[..]), (8, &[][..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_uidvalidity_begins_a_new_time_and_keeps_the_old() {
    let directory = tempfile::tempdir().unwrap();
    let mailbox = mailbox();
    for octets in ["a", "b", "b", "c"] {
        mailbox.put(&inbox(), octets, Flags::default(), None);
    }
    back_up(directory.path(), &mailbox).await.unwrap();
    // The server was made anew: one of the twins and `c` did not come along.
    mailbox.take_out(&inbox(), 2);
    mailbox.take_out(&inbox(), 4);
    mailbox.renumber(&inbox(), 1);
    back_up(directory.path(), &mailbox).await.unwrap();
    let read = read_back(directory.path()).await.unwrap().remove(0).1;
    let octets: Vec<&[u8]> = read.iter().map(|got| &got.octets[..]).collect();
    let mut sorted = octets.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [b"a", b"b", b"b", b"c"], "each message once");
    assert_eq!(octets[..2], [b"a", b"b"]);
    assert!(read[2].id > MessageId::Uid(u32::MAX - 10));
    assert_eq!(prove(directory.path()).unwrap().messages, 6);
}

/// Whatever is passed on is on the disk already, at any moment the server goes away.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_passed_on_is_stored_before() {
    for effect in 0..14 {
        for when in [When::Before, When::After] {
            let directory = tempfile::tempdir().unwrap();
            let spool = tempfile::tempdir().unwrap();
            let mailbox = mailbox();
            for number in 0..10 {
                mailbox.put(&inbox(), format!("Subject: {number}\r\n\r\n{number}"), seen(), None);
            }
            let archive = Archive::open_or_create(directory.path(), OWNER).unwrap();
            let session = mailbox.session_with(Tripwire::at(effect, when, true));
            let mut through = Through::new(archive, Box::new(session), budget(spool.path()));
            let folder = mailbox.session().folders().await.unwrap().remove(0);
            let (sender, mut receiver) = mpsc::channel(1);
            let ids: Vec<_> = (1..=10).map(MessageId::Uid).collect();
            let watch = async {
                let mut passed = 0;
                while let Some(fetched) = receiver.recv().await {
                    let Fetched::Message(message) = fetched else { panic!("{fetched:?}") };
                    let index = std::fs::read_to_string(directory.path().join("INBOX.idx")).unwrap();
                    assert!(index.contains(&message.body.sha256.to_string()));
                    passed += 1;
                }
                passed
            };
            let (_, passed) = tokio::join!(through.fetch(&folder, &ids, Part::Whole, sender), watch);
            drop(through);
            assert!(passed <= 10);
            back_up(directory.path(), &mailbox).await.unwrap();
            assert!(read_back(directory.path()).await.unwrap() == held_by(&mailbox).await);
            assert_eq!(lines(directory.path(), "message"), 10);
            assert_eq!(prove(directory.path()).unwrap().damaged, []);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_early_when_nobody_listens_and_names_what_is_not_there() {
    let directory = tempfile::tempdir().unwrap();
    let spool = tempfile::tempdir().unwrap();
    let mailbox = mailbox();
    for number in 0..50 {
        mailbox.put(&inbox(), format!("{number}"), seen(), None);
    }
    let archive = Archive::open_or_create(directory.path(), OWNER).unwrap();
    let mut through = Through::new(archive, Box::new(mailbox.session()), budget(spool.path()));
    let folder = through.folders().await.unwrap().remove(0);
    for round in 0..2 {
        let (sender, receiver) = mpsc::channel(1);
        let ids: Vec<_> = (1..=50).map(MessageId::Uid).collect();
        let leave = async {
            let mut receiver = receiver;
            receiver.recv().await.unwrap();
        };
        let (fetched, ()) = tokio::join!(through.fetch(&folder, &ids, Part::Whole, sender), leave);
        assert_eq!(fetched, Ok(()), "{round}");
    }
    let got = fetch(&mut through, &folder, &[MessageId::Uid(7), MessageId::Uid(99)]).await.unwrap();
    assert_eq!(got[0].as_ref().unwrap().octets, b"6");
    assert_eq!(got[1], Err((MessageId::Uid(99), Cause::MessageGone.code())));
    let (sender, mut receiver) = mpsc::channel(10);
    through.fetch(&folder, &[MessageId::Uid(7)], Part::Hashes, sender).await.unwrap();
    let Some(Fetched::Hashed { sha256, octets, .. }) = receiver.recv().await else { panic!() };
    assert_eq!((sha256, octets), (mail::Sha256::of(b"6"), 1));
}

/// Several connections read through one archive, each its own folder or all the same.
#[tokio::test(flavor = "multi_thread")]
async fn clones_share_an_archive() {
    let directory = tempfile::tempdir().unwrap();
    let spool = tempfile::tempdir().unwrap();
    let mailbox = mailbox();
    for number in 0..300 {
        let folder = [inbox(), FolderPath::new(["a"]), FolderPath::new(["b"])][number % 3].clone();
        mailbox.put(&folder, format!("Subject: {number}\r\n\r\n"), seen(), None);
    }
    let mut archive = Archive::open_or_create(directory.path(), OWNER).unwrap();
    let mut tasks = Vec::new();
    for task in 0..4 {
        let session = Box::new(mailbox.session());
        let mut through = Through::new(archive.clone(), session, budget(spool.path()));
        tasks.push(tokio::spawn(async move {
            let mut folders = through.folders().await.unwrap();
            let count = folders.len();
            folders.rotate_left(task % count);
            for folder in folders {
                // A quarter each, so that no two ask for the same message.
                let entries = through.list(&folder, 1, Want::Flags).await.unwrap().entries;
                let mine: Vec<_> = entries.into_iter().skip(task).step_by(4).map(|entry| entry.id).collect();
                assert_eq!(fetch(&mut through, &folder, &mine).await.unwrap().len(), mine.len());
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    archive.seal().unwrap();
    drop(archive);
    assert!(read_back(directory.path()).await.unwrap() == held_by(&mailbox).await);
    let proof = prove(directory.path()).unwrap();
    assert_eq!((proof.messages, proof.unsealed, &proof.damaged[..]), (300, 0, &[][..]));
}
