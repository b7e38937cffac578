//! A target that refuses messages for their octets: what is listed, what a consented repair stores, and that nothing else
//! is changed by it. Judged by what lies at the server behind the gate.

use harness::command::arguments;
use harness::{Dovecot, Letter, MailboxState, Options, Strict, many, person};
use std::collections::BTreeSet;

/// Refuses 8-bit headers and a leading mbox line.
fn refuses(octets: &[u8]) -> bool {
    let header = octets.windows(4).position(|four| four == b"\r\n\r\n").map_or(octets, |end| &octets[..end]);
    !header.is_ascii() || octets.starts_with(b"From ")
}

fn letter(octets: &[u8]) -> Letter {
    Letter {
        folder: vec!["INBOX".into()],
        octets: octets.to_vec(),
        flags: vec!["\\Seen".into()],
        date: 1_000_000_000,
        odd: "",
    }
}

/// As fetched, and as repaired.
const ODD: [(&[u8], &[u8]); 3] = [
    (b"Subject: \xba\xcf\xcd\xac\r\n\r\nbody\r\n", b"Subject: =?unknown-8bit?Q?=BA=CF=CD=AC?=\r\n\r\nbody\r\n"),
    (b"From a@b Thu Jan  1 00:00:00 2004\r\nSubject: x\r\n\r\nFrom b\r\n", b"Subject: x\r\n\r\nFrom b\r\n"),
    // It lacks its end as well, which this server does not mind.
    (
        "Subject: Grüße\r\nFrom: \"Müller\" <m@x>\r\n\r\nGrüße".as_bytes(),
        "Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\nFrom: \"=?UTF-8?Q?M=C3=BCller?=\" <m@x>\r\n\r\nGrüße".as_bytes(),
    ),
];

#[test]
fn what_is_refused_is_listed_and_with_consent_repaired() {
    let old = Dovecot::start();
    let capability = "IMAP4rev1 LITERAL+ UIDPLUS ENABLE NAMESPACE UNSELECT".to_owned();
    let new = Dovecot::with(Options { capability: Some(capability), ..Options::default() });
    let plain: Vec<Letter> =
        many(60, 2_000).into_iter().map(|l| Letter { folder: vec!["INBOX".into()], ..l }).collect();
    // Thirty of one kind in a row are no reason to give up the folder.
    let odd: Vec<Letter> = ODD.iter().cycle().take(30).map(|(octets, _)| letter(octets)).collect();
    let letters: Vec<Letter> = plain.iter().chain(&odd).cloned().collect();
    old.wire().load(&letters, '/', "");
    let before = MailboxState::of(&old);
    let gate = Strict::before(new.plain, refuses);
    let target = format!("{}?security=none", new.url_at("imap", gate.port));
    let line = |command: &str| arguments(command, &old, &old.url(), &target);
    let person = person(&old, &new);

    let backup = tempfile::tempdir().unwrap();
    let backup = ["--backup".to_owned(), backup.path().join("backup").display().to_string()];
    let first = person.run(&[line("move"), backup.to_vec()].concat()).expect(1);
    assert_eq!((first.count("stored"), first.count("failed")), (60, 30), "{}", first.stdout);
    let listed = first.json()["problems"].as_array().unwrap().clone();
    assert!(listed.iter().all(|problem| problem["code"] == "message_refused"), "{listed:?}");
    let details: BTreeSet<&str> = listed.iter().map(|problem| problem["detail"].as_str().unwrap()).collect();
    let wanted = ["eight_bit_header*4@9/1", "mbox_line*1@0/1", "open_end*1@50/4 eight_bit_header*6@11/1"];
    assert_eq!(details, BTreeSet::from(wanted));
    // Named as a person knows them, because there is a backup.
    let subjects: BTreeSet<&str> = listed.iter().map(|problem| problem["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, BTreeSet::from(["合同", "x", "Grüße"]));
    let third = listed.iter().find(|problem| problem["subject"] == "Grüße").unwrap();
    assert_eq!((&third["from"], &third["date"]), (&"Müller <m@x>".into(), &"2001-09-09T01:46:40Z".into()));
    assert!(first.stderr.contains("--repair") && first.stderr.contains("still in the old mailbox"), "{}", first.stderr);
    assert_eq!(MailboxState::of(&new).messages(), 60);

    let consent = || [line("move"), vec!["--repair".into()]].concat();
    let second = person.run(&consent()).expect(0);
    assert_eq!((second.count("stored"), second.count("already")), (30, 60), "{}", second.stdout);
    let named = second.json()["problems"].as_array().unwrap().clone();
    assert_eq!(named.len(), 30);
    assert!(named.iter().all(|p| p["code"] == "repaired" && p["level"] == "notice"), "{named:?}");
    assert!(named.iter().all(|p| !p["detail"].as_str().unwrap().contains("open_end")), "{named:?}");
    // The server holds exactly these, judged by the harness alone.
    let repaired: Vec<Letter> = ODD.iter().cycle().take(30).map(|(_, octets)| letter(octets)).collect();
    let should = Dovecot::start();
    should.wire().load(&plain.iter().chain(&repaired).cloned().collect::<Vec<_>>(), '/', "");
    MailboxState::of(&should).assert_same(&MailboxState::of(&new));

    let refused = gate.refused();
    let third = person.run(&consent()).expect(0);
    assert_eq!((third.count("stored"), third.count("already"), gate.refused()), (0, 90, refused));
    let verified = person.run(&line("verify")).expect(0);
    assert_eq!((verified.count("already"), verified.count("failed")), (90, 0), "{}", verified.stdout);
    let named = verified.json()["problems"].as_array().unwrap().clone();
    assert_eq!(named.iter().filter(|problem| problem["code"] == "repaired").count(), 30, "{named:?}");
    assert_eq!(MailboxState::of(&old), before, "the old mailbox is only read");
    println!("30 of 90 messages refused, listed, repaired with consent, verified as repaired; {refused} refusals");
}
