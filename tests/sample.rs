//! The sample mailbox in a real server: what the other tests stand on.

use harness::{Certificate, Dovecot, Format, MailboxState, Options, samples};
use std::time::Instant;

#[test]
fn a_server_starts_fast_and_holds_the_samples() {
    let before = Instant::now();
    let server = Dovecot::start();
    let started = before.elapsed();
    let letters = samples(300);
    let mut wire = server.wire();
    wire.load(&letters, '/', "");
    let listed = wire.command("LIST \"\" \"*\"").len();
    let messages: u64 = ["INBOX", "&W6JiNw-", "Archive/2020/Q1/week 07"]
        .iter()
        .map(|name| wire.command(&format!("STATUS \"{name}\" (MESSAGES)"))[0][2].list()[1].number())
        .sum();
    println!("started in {started:?}, {listed} folders, {messages} messages in three of them");
    assert!(listed >= 12 && messages > 100, "{listed} {messages}");
}

#[test]
fn a_server_comes_back_with_its_mail() {
    let mut server = Dovecot::with(Options { format: Format::Sdbox, ..Options::default() });
    server.wire().load(&samples(40), '/', "");
    server.kill();
    assert!(!harness::process::answers(server.plain));
    server.start_again();
    assert!(server.wire().command("STATUS INBOX (MESSAGES)")[0][2].list()[1].number() > 5);
}

#[test]
fn options_take_effect() {
    let options = Options {
        separator: '.',
        prefix: "INBOX.".into(),
        certificate: Certificate::Expired,
        capability: Some("IMAP4rev1 UIDPLUS".into()),
        quota: Some(50_000),
        ..Options::with_special()
    };
    let server = Dovecot::with(options);
    let mut wire = server.wire();
    assert_eq!(wire.command("CAPABILITY")[0].len(), 3);
    let folders = wire.command("LIST (SPECIAL-USE) \"\" \"*\"");
    assert!(folders.iter().any(|folder| folder.last().unwrap().text() == "INBOX.Trash"), "{folders:?}");
    let big = harness::many(1, 60_000);
    let line = [b"APPEND INBOX ".to_vec(), harness::wire::literal(&big[0].octets)].concat();
    let answer = wire.run(&line, |_| ());
    assert!(answer.status == "NO" && answer.text.contains("OVERQUOTA"), "{answer:?}");
}

#[test]
fn the_comparison_names_every_difference() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    let letters = samples(120);
    old.wire().load(&letters, '/', "");
    new.wire().load(&letters, '/', "");
    let before = MailboxState::of(&old);
    assert_eq!(before.messages(), 120);
    before.assert_same(&MailboxState::of(&new));

    let mut wire = new.wire();
    wire.command("SELECT INBOX");
    wire.command("STORE 1 -FLAGS.SILENT (\\Seen \\Answered \\Flagged \\Deleted \\Draft)");
    wire.command("STORE 1 +FLAGS.SILENT (\\Flagged odd)");
    wire.command("STORE 2,3 +FLAGS.SILENT (\\Deleted)");
    wire.command("UID EXPUNGE 2");
    let twin = letters.iter().filter(|letter| letter.folder == ["INBOX"]).nth(9).unwrap();
    wire.append("INBOX", &[twin]);
    let later = harness::Letter { date: letters[60].date + 3600, ..letters[60].clone() };
    wire.append(&harness::wire::wire_name(&later.folder, '/', ""), &[&later]);
    wire.command("CREATE extra");
    wire.append("extra", &[twin]);
    wire.command("DELETE \"Archive/2019\"");
    let named = before.differences(&MailboxState::of(&new), <[String]>::to_vec).join("\n");
    println!("{named}");
    for part in ["UID 1: flags", "UID 2 (", "too much", "folder Archive/2019 is missing", "folder extra is not"] {
        assert!(named.contains(part), "{part} is not in\n{named}");
    }
    assert_eq!(before, MailboxState::of(&old), "reading changes nothing");
}
