//! What is in the new mailbox already, and who else brings mail there: by the command line, against real servers.

use harness::{Dovecot, Letter, MailboxState, Options, Run, between, many, person};

/// The same letter in another folder.
fn at(letter: &Letter, folder: &[&str]) -> Letter {
    Letter { folder: folder.iter().map(|name| (*name).to_owned()).collect(), ..letter.clone() }
}

fn all_at(letters: &[Letter], folder: &[&str]) -> Vec<Letter> {
    letters.iter().map(|letter| at(letter, folder)).collect()
}

fn with(mut arguments: Vec<String>, options: &[&str]) -> Vec<String> {
    arguments.extend(options.iter().map(|option| (*option).to_owned()));
    arguments
}

/// Details of the entries with this code.
fn details(run: &Run, code: &str) -> Vec<String> {
    let json = run.json();
    let entries = json["problems"].as_array().expect("problems").iter().filter(|entry| entry["code"] == code);
    entries.map(|entry| entry["detail"].as_str().unwrap_or_default().to_owned()).collect()
}

fn messages(server: &Dovecot, folder: &[&str]) -> usize {
    let path: Vec<String> = folder.iter().map(|name| (*name).to_owned()).collect();
    MailboxState::of(server).folders.get(&path).map_or(0, |folder| folder.items.len())
}

#[test]
fn what_lies_in_another_folder_already_is_not_moved_again() {
    let (old, new) = (Dovecot::start(), Dovecot::with(Options::with_special()));
    let letters = many(60, 2_000);
    old.wire().load(&all_at(&letters, &["INBOX"]), '/', "");
    // The source itself holds one twice.
    old.wire().load(&all_at(&letters[..1], &["Kept"]), '/', "");
    // Brought before: 40 of them, and what counts as nobody's copy.
    new.wire().load(&all_at(&letters[..40], &["Brought", "by mover"]), '/', "");
    new.wire().load(&all_at(&letters[50..55], &["Trash"]), '/', "");
    let other = Letter { octets: [&letters[45].octets[..], b"one line more\r\n"].concat(), ..letters[45].clone() };
    new.wire().load(&[at(&other, &["Brought", "by mover"])], '/', "");
    let person = person(&old, &new);
    let before = MailboxState::of(&new);

    let check = person.run(&between("check", &old, &new)).expect(0);
    assert_eq!(
        (check.count("found"), check.count("to_store"), check.count("already")),
        (61, 21, 40),
        "{}",
        check.stdout
    );
    assert_eq!(details(&check, "already_elsewhere"), vec!["Brought/by mover"; 40]);
    assert!(check.stderr.contains("--even-if-elsewhere"), "{}", check.stderr);
    assert_eq!(MailboxState::of(&new), before);

    let run = person.run(&between("move", &old, &new)).expect(0);
    assert_eq!((run.count("stored"), run.count("already")), (21, 40), "{}", run.stdout);
    assert_eq!(details(&run, "already_elsewhere"), vec!["Brought/by mover"; 40]);
    assert_eq!(messages(&new, &["INBOX"]) + messages(&new, &["Kept"]), 21);
    assert_eq!(messages(&new, &["Brought", "by mover"]), 41, "nothing was moved or added there");

    let again = person.run(&between("move", &old, &new)).expect(0);
    assert_eq!((again.count("stored"), again.count("already")), (0, 61), "{}", again.stdout);
    let verified = person.run(&between("verify", &old, &new)).expect(0);
    assert_eq!((verified.count("already"), verified.count("failed")), (61, 0), "{}", verified.stdout);
    // The same with the journal lost: found by content once more.
    let nobody = harness::person(&old, &new);
    let again = nobody.run(&between("move", &old, &new)).expect(0);
    assert_eq!((again.count("stored"), again.count("already")), (0, 61), "{}", again.stdout);

    let anyway = person.run(&with(between("move", &old, &new), &["--even-if-elsewhere"])).expect(0);
    assert_eq!((anyway.count("stored"), anyway.count("already")), (40, 21), "{}", anyway.stdout);
    assert_eq!(messages(&new, &["INBOX"]), 60);
    println!("40 of 61 lay elsewhere: first move in {:.1} s, again in {:.1} s", run.seconds, again.seconds);
}

#[test]
fn another_copier_is_asked_about() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    let letters = many(80, 1_000);
    old.wire().load(&letters, '/', "");
    let person = person(&old, &new);
    person.run(&between("move", &old, &new)).expect(0);
    // Twenty may be chance; the next run goes on.
    new.wire().load(&letters[..20], '/', "");
    person.run(&between("move", &old, &new)).expect(0);

    new.wire().load(&letters[20..30], '/', "");
    old.wire().load(&all_at(&many(81, 1_000)[80..], &["Later"]), '/', "");
    let asked = person.run(&between("move", &old, &new)).expect(4);
    assert_eq!(asked.json()["result"], "stopped");
    assert_eq!(details(&asked, "other_copier"), ["30"]);
    assert!(asked.stderr.contains("Another program") && asked.stderr.contains("--go-on-anyway"), "{}", asked.stderr);
    assert_eq!((messages(&new, &["Later"]), messages(&new, &["INBOX"])), (0, 110), "nothing more was stored");

    let on = person.run(&with(between("move", &old, &new), &["--go-on-anyway"])).expect(0);
    assert_eq!((on.count("stored"), on.count("already")), (1, 80), "{}", on.stdout);
    let again = person.run(&between("move", &old, &new)).expect(0);
    assert_eq!((again.count("stored"), again.count("already")), (0, 81), "answered once: {}", again.stdout);
}

#[test]
fn new_mail_on_both_sides_is_no_other_copier() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&many(30, 1_000), '/', "");
    let person = person(&old, &new);
    person.run(&between("move", &old, &new)).expect(0);
    let date = 2_000_000_000;
    let late: Vec<Letter> = many(70, 1_000)[30..].iter().map(|letter| Letter { date, ..letter.clone() }).collect();
    old.wire().load(&late, '/', "");
    new.wire().load(&late, '/', "");
    let run = person.run(&between("move", &old, &new)).expect(0);
    assert_eq!((run.count("stored"), run.count("already")), (0, 70), "{}", run.stdout);
    assert_eq!(messages(&new, &["INBOX"]), 70);
}

#[test]
fn two_folders_that_a_server_would_give_one_place_are_kept_apart() {
    let old = Dovecot::start();
    let new = Dovecot::with(Options { separator: '.', prefix: "INBOX.".into(), ..Options::default() });
    let letters = many(30, 1_000);
    old.wire().load(&all_at(&letters[..10], &["INBOX"]), '/', "");
    old.wire().load(&all_at(&letters[10..20], &["Work"]), '/', "");
    old.wire().load(&all_at(&letters[20..], &["INBOX", "Work"]), '/', "");
    let person = person(&old, &new);
    let run = person.run(&between("move", &old, &new)).expect(0);
    assert_eq!((run.count("stored"), run.count("already")), (30, 0), "{}", run.stdout);
    let [renamed] = &details(&run, "renamed")[..] else { panic!("{}", run.stdout) };
    assert!(renamed.ends_with(" (2)"), "{renamed}");
    let state = MailboxState::of(&new);
    assert_eq!(state.messages(), 30);
    assert!(state.folders.values().all(|folder| folder.items.is_empty() || folder.items.len() == 10), "{state:?}");
    let again = person.run(&between("move", &old, &new)).expect(0);
    assert_eq!((again.count("stored"), again.count("already")), (0, 30), "{}", again.stdout);
    let verified = person.run(&between("verify", &old, &new)).expect(0);
    assert_eq!(verified.count("already"), 30, "{}", verified.stdout);
}
