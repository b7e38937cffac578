//! Single messages of a backup: by what a person knows them, and as files of their own.

use super::*;
use archive::{Heading, Landmark, Which};
use mail::Cause;
use std::collections::{HashMap, HashSet};
use std::fs;

#[tokio::test]
async fn messages_are_named_by_their_headers_and_saved_as_they_were_fetched() {
    let (inbox, work) = (FolderPath::inbox(), FolderPath::new(["工作", "a/b"]));
    let date = InternalDate::parse("17-Jul-1996 02:44:25 -0700");
    let lines = "From here on\r\n>From there\r\n".repeat(9_000);
    let mail: [(&FolderPath, Vec<u8>); 6] = [
        (
            &inbox,
            b"Subject: =?gbk?B?us/NrA==?=\r\nFrom: w@a.cn\r\nDate: 1 Jan 2020 00:00:00 +0000\r\n\r\nbody".to_vec(),
        ),
        (
            &inbox,
            [b"From a@b Thu Jan  1 00:00:00 2004\r\nSubject: quoted\r\n\r\n".as_slice(), lines.as_bytes()].concat(),
        ),
        (
            &inbox,
            b"X-Long: ".iter().copied().chain(vec![b'x'; 1 << 20]).chain(*b"\r\nSubject: too far\r\n\r\n").collect(),
        ),
        (&work, b"\r\nSubject: of the body\r\n".to_vec()),
        (&work, b"S".to_vec()),
        (&work, [b"Subject: whole\r\n\r\n".as_slice(), &[0, b'\r', b'\n', 0xff]].concat()),
    ];
    let mailbox = mailbox();
    for (folder, octets) in &mail {
        mailbox.put(folder, octets.clone(), Flags::from_names(["\\Seen", "k"]), date);
    }
    let directory = tempfile::tempdir().unwrap();
    back_up(directory.path(), &mailbox).await.unwrap();
    let before = files(directory.path());
    let spool = tempfile::tempdir().unwrap();
    let mut reader = Reader::open(directory.path(), budget(spool.path())).unwrap();

    let of = |folder: &FolderPath, uid| (folder.clone(), MessageId::Uid(uid));
    // In no order; one is not there, nor is another's folder.
    let wanted = [
        of(&work, 1),
        of(&inbox, 3),
        of(&inbox, 99),
        of(&inbox, 1),
        of(&FolderPath::new(["none"]), 1),
        of(&work, 3),
        of(&inbox, 2),
        of(&work, 2),
    ];
    let dated = |subject: Option<&str>| {
        Some(Heading { subject: subject.map(str::to_owned), from: None, date: date.map(|date| date.seconds) })
    };
    let first = Heading { subject: Some("合同".into()), from: Some("w@a.cn".into()), date: Some(1_577_836_800) };
    assert_eq!(
        reader.headings(&wanted).await,
        [dated(None), dated(None), None, Some(first), None, dated(Some("whole")), dated(Some("quoted")), dated(None)]
    );

    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("信.eml");
    for (at, (folder, octets)) in mail.iter().enumerate() {
        reader.save(folder, &MessageId::Uid(at as u32 % 3 + 1), &file).await.unwrap();
        assert_eq!(fs::read(&file).unwrap(), *octets, "message {at}");
    }
    let gone = reader.save(&inbox, &MessageId::Uid(99), &file).await.unwrap_err();
    assert_eq!((gone.cause, fs::read(&file).unwrap()), (Cause::MessageGone, mail[5].1.clone()));
    assert_eq!(files(directory.path()), before, "a backup is only read");

    // One turned bit: no file says that it is the message.
    let mbox = before.iter().map(|(name, _)| name).find(|name| name.ends_with("INBOX.mbox")).unwrap();
    let mbox = directory.path().join(mbox);
    let mut octets = fs::read(&mbox).unwrap();
    let body = octets.windows(8).position(|part| part == b"\r\n\r\nbody").unwrap();
    octets[body + 4] ^= 1;
    fs::write(&mbox, octets).unwrap();
    let damaged = reader.save(&inbox, &MessageId::Uid(1), &file).await.unwrap_err();
    assert_eq!((damaged.cause, fs::read(&file).unwrap()), (Cause::MessageDamaged, mail[5].1.clone()));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing half is left");
}

#[tokio::test]
async fn the_oldest_the_newest_and_the_largest_are_found() {
    let (inbox, work) = (FolderPath::inbox(), FolderPath::new(["Work"]));
    let day = |seconds| Some(InternalDate { seconds, zone: 0 });
    let letter = |name: &str, filler: usize| format!("Subject: {name}\r\n\r\n{}", "x".repeat(filler)).into_bytes();
    let mailbox = mailbox();
    let put = |folder: &FolderPath, name: &str, filler, seconds| {
        mailbox.put(folder, letter(name, filler), Flags::default(), day(seconds))
    };
    put(&inbox, "plain", 10, 5_000);
    put(&work, "first", 10, -20);
    let refused = put(&work, "refused", 90_000, 9_999);
    put(&work, "large", 50_000, 6_000);
    let deleted = put(&inbox, "deleted", 80_000, -99);
    put(&inbox, "last", 10, 7_000);
    let directory = tempfile::tempdir().unwrap();
    back_up(directory.path(), &mailbox).await.unwrap();
    mailbox.take_out(&inbox, deleted);
    back_up(directory.path(), &mailbox).await.unwrap();
    let spool = tempfile::tempdir().unwrap();
    let mut reader = Reader::open(directory.path(), budget(spool.path())).unwrap();
    let told = |landmarks: Vec<Landmark>| -> Vec<(Which, String, String, u64)> {
        let subject = |landmark: &Landmark| landmark.heading.subject.clone().unwrap_or_default();
        landmarks.iter().map(|one| (one.which, one.folder.to_string(), subject(one), one.octets)).collect()
    };
    let of = |which, folder: &str, name: &str, filler| {
        (which, folder.to_owned(), name.to_owned(), letter(name, filler).len() as u64)
    };
    let named = HashMap::from([(work.clone(), HashSet::from([MessageId::Uid(refused)]))]);
    assert_eq!(
        told(reader.landmarks(&named).await),
        [
            of(Which::Oldest, "Work", "first", 10),
            of(Which::Newest, "INBOX", "last", 10),
            of(Which::Largest, "Work", "large", 50_000)
        ]
    );
    // Each once, as the first that it is.
    assert_eq!(
        told(reader.landmarks(&HashMap::new()).await),
        [of(Which::Oldest, "Work", "first", 10), of(Which::Newest, "Work", "refused", 90_000)]
    );
}
