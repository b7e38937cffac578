//! Whole moves between real servers over TLS, by the command line, judged by the independent comparison.

use harness::command::arguments;
use harness::{Dovecot, Letter, MailboxState, Options, Person, Run, between, many, person, samples};

fn server(user: &str) -> Dovecot {
    Dovecot::with(Options { users: vec![(user.into(), harness::PASSWORD.into())], ..Options::default() })
}

/// found = stored + already + skipped + failed + gone, for the whole and for each folder.
fn sums_agree(run: &Run) {
    let json = run.json();
    let whole = std::iter::once(&json);
    for counts in whole.chain(json["folders"].as_array().expect("folders")) {
        let of = |field: &str| counts[field].as_u64().unwrap_or_else(|| panic!("{field} in {counts}"));
        let sum: u64 = ["stored", "already", "skipped", "failed", "gone"].map(of).iter().sum();
        assert_eq!(of("found"), sum, "{counts}");
    }
}

fn moved_whole(old: &Dovecot, new: &Dovecot, n: usize) {
    old.wire().load(&samples(n), '/', "");
    let before = MailboxState::of(old);
    assert_eq!(before.messages(), n);
    let person = person(old, new);
    let first = person.run(&between("move", old, new)).expect(0);
    sums_agree(&first);
    assert_eq!((first.count("found"), first.count("stored")), (n as u64, n as u64), "{}", first.stdout);
    assert_eq!(first.json()["result"], "complete");
    before.assert_same(&MailboxState::of(new));

    let again = person.run(&between("move", old, new)).expect(0);
    sums_agree(&again);
    assert_eq!((again.count("stored"), again.count("already")), (0, n as u64), "{}", again.stdout);
    before.assert_same(&MailboxState::of(new));

    let verified = person.run(&between("verify", old, new)).expect(0);
    assert_eq!((verified.count("already"), verified.count("failed")), (n as u64, 0), "{}", verified.stdout);
    assert_eq!(MailboxState::of(old), before, "the old mailbox is only read");
    println!(
        "{} to {}: {n} messages in {} folders moved in {:.1} s, again in {:.1} s, verified in {:.1} s; identical",
        old.user(),
        new.user(),
        before.folders.len(),
        first.seconds,
        again.seconds,
        verified.seconds
    );
}

#[test]
fn two_thousand_messages_arrive_identical() {
    moved_whole(&server("wei@old.example"), &server("wei@new.example"), 2_000);
}

#[test]
fn one_address_on_two_servers_is_two_mailboxes() {
    moved_whole(&Dovecot::start(), &Dovecot::start(), 2_000);
}

#[test]
fn a_lost_journal_makes_no_duplicates() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&samples(300), '/', "");
    person(&old, &new).run(&between("move", &old, &new)).expect(0);
    let other = person(&old, &new);
    let again = other.run(&between("move", &old, &new)).expect(0);
    sums_agree(&again);
    assert_eq!((again.count("stored"), again.count("already")), (0, 300), "{}", again.stdout);
    MailboxState::of(&old).assert_same(&MailboxState::of(&new));
}

#[test]
fn check_changes_nothing() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&samples(200), '/', "");
    let before = (MailboxState::of(&old), MailboxState::of(&new));
    let person = person(&old, &new);
    let run = person.run(&between("check", &old, &new)).expect(0);
    assert_eq!((run.count("found"), run.count("to_store")), (200, 200), "{}", run.stdout);
    assert_eq!((MailboxState::of(&old), MailboxState::of(&new)), before);
    person.run(&between("move", &old, &new)).expect(0);
    let run = person.run(&between("check", &old, &new)).expect(0);
    assert_eq!((run.count("already"), run.count("to_store")), (200, 0), "{}", run.stdout);
}

#[test]
fn what_is_new_follows_and_what_is_gone_is_named() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&many(40, 1_000), '/', "");
    let person = person(&old, &new);
    person.run(&between("move", &old, &new)).expect(0);

    let mut there = new.wire();
    there.command("SELECT INBOX");
    there.command("STORE 1 +FLAGS.SILENT (\\Deleted)");
    there.command("UID EXPUNGE 1");
    let mut here = old.wire();
    here.command("SELECT INBOX");
    here.command("STORE 1:40 -FLAGS.SILENT (\\Deleted)");
    here.command("STORE 5 FLAGS.SILENT (\\Flagged \\Seen)");
    let late = Letter { date: 1_700_000_000, ..samples(60).pop().expect("a letter") };
    here.load(std::slice::from_ref(&late), '/', "");

    let run = person.run(&between("move", &old, &new)).expect(0);
    sums_agree(&run);
    assert_eq!((run.count("stored"), run.count("gone")), (1, 1), "{}", run.stdout);
    let notices = run.json()["problems"].to_string();
    assert!(notices.contains("\"gone\""), "{notices}");
    let state = MailboxState::of(&new);
    assert_eq!(state.messages(), 40);
    let flags = &state.folders[&vec!["INBOX".to_owned()]].items[&5].flags;
    assert!(flags.contains("\\Flagged") && flags.contains("\\Seen"), "flags follow: {flags:?}");

    let run = person.run(&[between("move", &old, &new), vec!["--put-back".into()]].concat()).expect(0);
    assert_eq!((run.count("stored"), run.count("gone")), (1, 0), "{}", run.stdout);
    MailboxState::of(&old).assert_same(&MailboxState::of(&new));
}

#[test]
fn another_tree_takes_the_same_mail() {
    let old = Dovecot::start();
    let new = Dovecot::with(Options { separator: '.', prefix: "INBOX.".into(), ..Options::with_special() });
    old.wire().load(&samples(300), '/', "");
    let person = person(&old, &new);
    let run = person.run(&between("move", &old, &new)).expect(0);
    sums_agree(&run);
    assert_eq!(run.count("stored"), 300);
    // Sent and drafts are one folder on both sides, whatever they are called.
    let differences = MailboxState::of(&old).differences(&MailboxState::of(&new), |path| match path {
        [one] if one == "已发送" => vec!["Sent".into()],
        [one] if one == "草稿箱" => vec!["Drafts".into()],
        other => other.to_vec(),
    });
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    let again = person.run(&between("move", &old, &new)).expect(0);
    assert_eq!((again.count("stored"), again.count("already")), (0, 300));
}

#[test]
fn a_plain_server_without_extensions_is_enough() {
    let bare = |capability: &str| Dovecot::with(Options { capability: Some(capability.into()), ..Options::default() });
    for capability in ["IMAP4rev1", "IMAP4rev1 LITERAL+", "IMAP4rev1 LITERAL- UIDPLUS"] {
        let (old, new) = (bare("IMAP4rev1"), bare(capability));
        old.wire().load(&samples(120), '/', "");
        let person = person(&old, &new);
        let run = person.run(&between("move", &old, &new)).expect(0);
        assert_eq!(run.count("stored"), 120, "{capability}: {}", run.stdout);
        MailboxState::of(&old).assert_same(&MailboxState::of(&new));
        let again = person.run(&between("move", &old, &new)).expect(0);
        assert_eq!((again.count("stored"), again.count("already")), (0, 120), "{capability}: {}", again.stdout);
        println!("{capability}: 120 messages in {:.1} s", run.seconds);
    }
}

#[test]
fn starttls_and_plain_lead_in_too() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&samples(60), '/', "");
    let source = format!("{}?security=starttls", old.url_at("imap", old.plain));
    let target = format!("{}?security=none", new.url_at("imap", new.plain));
    let run = person(&old, &new).run(&arguments("move", &old, &source, &target)).expect(0);
    assert_eq!(run.count("stored"), 60);
    MailboxState::of(&old).assert_same(&MailboxState::of(&new));
}

#[test]
fn one_mailbox_on_both_sides_is_refused() {
    let server = Dovecot::start();
    server.wire().load(&samples(30), '/', "");
    let before = MailboxState::of(&server);
    let person = person(&server, &server);
    let run = person.run(&between("move", &server, &server)).expect(3);
    assert!(!run.stderr.trim().is_empty());
    // The same mailbox by another name of its host.
    let target = server.url().replace("localhost", "127.0.0.1");
    person.run(&arguments("move", &server, &server.url(), &target)).expect(3);
    assert_eq!(MailboxState::of(&server), before);
}

#[test]
fn verify_names_what_differs() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&many(50, 1_000), '/', "");
    let person = person(&old, &new);
    person.run(&between("move", &old, &new)).expect(0);
    let mut there = new.wire();
    there.command("SELECT INBOX");
    there.command("STORE 3 +FLAGS.SILENT (\\Deleted)");
    there.command("UID EXPUNGE 3");
    let run = person.run(&between("verify", &old, &new)).expect(1);
    sums_agree(&run);
    assert_eq!((run.count("already"), run.count("failed")), (49, 1), "{}", run.stdout);
    assert!(run.json()["problems"].to_string().contains("\"missing\""), "{}", run.stdout);
}

#[test]
fn usage_errors_are_2() {
    let person = Person::new();
    for arguments in [vec!["move"], vec!["mvoe", "a", "b"], vec!["move", "http://a@b", "imaps://c@d"], vec![]] {
        let run = person.run(&arguments).expect(2);
        assert!(!run.stderr.is_empty());
    }
}
