//! The sample mailbox in a real server: what the other tests stand on.

use harness::{Certificate, Dovecot, Format, Options, samples};
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
