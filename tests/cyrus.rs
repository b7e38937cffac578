//! Moves to and from a real Cyrus, which refuses octets and names that Dovecot takes. Both sides are compared by a client
//! that shares no code with us.

use archive::{Archive, Store};
use harness::command::arguments;
use harness::contract::{Traits, fill, holds};
use harness::process::within;
use harness::{Cyrus, Dovecot, Letter, MailboxState, Person, Proxy, Run, many, nasty, samples};
use mail::imap::{Imap, Mechanism, SignIn};
use mail::net::{Security, Server};
use mail::{Budget, FolderPath, Target};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What Cyrus refuses, and what it changes: `munge8bit` puts an X in place of each octet above 127 of a header.
const NOT_TAKEN: [&str; 1] = ["one octet"];
const CHANGED: [&str; 2] = ["8-bit header in GBK", "8-bit header in UTF-8"];

fn plain(count: usize) -> Vec<Letter> {
    let odd = |letter: &Letter| NOT_TAKEN.contains(&letter.odd) || CHANGED.contains(&letter.odd);
    samples(count).into_iter().filter(|letter| !odd(letter)).collect()
}

/// What a folder of the old mailbox is called in the new one, as the run named it.
fn renamed(run: &Run) -> impl Fn(&[String]) -> Vec<String> {
    let problems = run.json()["problems"].as_array().unwrap().clone();
    let named = |problem: &serde_json::Value, field: &str| problem[field].as_str().map(str::to_owned);
    let names: Vec<(String, String)> = problems
        .iter()
        .filter(|problem| problem["code"] == "renamed")
        .filter_map(|problem| Some((named(problem, "folder")?, named(problem, "detail")?)))
        .collect();
    move |path| {
        let path = path.join("/");
        let there = names.iter().find(|(old, _)| *old == path).map_or(&path, |(_, new)| new);
        there.split('/').map(str::to_owned).collect()
    }
}

fn assert_same(old: &MailboxState, new: &MailboxState, run: &Run) {
    let differences = old.differences(new, renamed(run));
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

/// Details of the problems of one kind.
fn codes(run: &Run, code: &str) -> Vec<String> {
    let problems = run.json()["problems"].as_array().unwrap().clone();
    let of_code = problems.iter().filter(|problem| problem["code"] == code);
    of_code.map(|problem| problem["detail"].as_str().unwrap_or_default().to_owned()).collect()
}

fn person() -> Person {
    Person::new().with("OLD_SECRET", harness::PASSWORD).with("NEW_SECRET", harness::PASSWORD)
}

fn there(cyrus: &Cyrus) -> MailboxState {
    MailboxState::read(&mut cyrus.wire(), '/', "")
}

/// Names that Cyrus refuses are mapped before, and said to be.
#[test]
fn folder_names_that_cyrus_refuses_are_mapped() {
    let (old, cyrus) = (Dovecot::start(), Cyrus::start());
    let names = ["a%b", "a\"b", "a\\b", "a!b", "a{b}", "a<b>", "a;b|c", "a`b", "a^b", "plain", "a&b", "中文", "a*b"];
    let letters: Vec<Letter> = names
        .iter()
        .zip(many(names.len(), 500))
        .map(|(name, letter)| Letter { folder: vec![(*name).to_owned()], ..letter })
        .collect();
    old.wire().load(&letters, '/', "");
    let person = person();
    let to = arguments("move", &old, &old.url(), &cyrus.url());
    let run = person.run(&to).expect(0);
    assert_eq!(run.count("stored"), names.len() as u64, "{}", run.stdout);
    let problems = run.json()["problems"].as_array().unwrap().clone();
    let renamed = problems.iter().filter(|problem| problem["code"] == "renamed").count();
    let same = there(&cyrus).folders.keys().filter(|path| names.contains(&path[0].as_str())).count();
    assert_eq!(renamed + same, names.len(), "each name is kept or named: {problems:?}");
    let again = person.run(&to).expect(0);
    assert_eq!((again.count("stored"), again.count("already")), (0, names.len() as u64), "{}", again.stdout);
}

#[test]
fn a_sample_mailbox_goes_to_cyrus_and_back() {
    let (old, cyrus, new) = (Dovecot::start(), Cyrus::start(), Dovecot::start());
    let letters = plain(600);
    let count = letters.len() as u64;
    old.wire().load(&letters, '/', "");
    let before = MailboxState::of(&old);
    let person = person();
    for (from, to) in [(old.url(), cyrus.url()), (cyrus.url(), new.url())] {
        let way = |command: &str| arguments(command, &old, &from, &to);
        let run = person.run(&way("move")).expect(0);
        assert_eq!((run.count("found"), run.count("stored")), (count, count), "{}", run.stdout);
        if to == cyrus.url() {
            assert_same(&before, &there(&cyrus), &run);
        } else {
            assert_same(&there(&cyrus), &MailboxState::of(&new), &run);
        }
        let again = person.run(&way("move")).expect(0);
        assert_eq!((again.count("stored"), again.count("already")), (0, count), "{}", again.stdout);
        let verified = person.run(&way("verify")).expect(0);
        assert_eq!((verified.count("already"), verified.count("failed")), (count, 0), "{}", verified.stdout);
        println!("{count} messages in {:.1} s, compared in {:.1} s", run.seconds, verified.seconds);
    }
    assert_eq!(MailboxState::of(&old), before, "the old mailbox is only read");
}

/// Killed so often, and gone on with: nothing is missing, nothing is there twice.
#[test]
fn a_killed_move_goes_on_at_cyrus() {
    let (old, cyrus, new) = (Dovecot::start(), Cyrus::start(), Dovecot::start());
    let letters = plain(600);
    let count = letters.len() as u64;
    old.wire().load(&letters, '/', "");
    let before = MailboxState::of(&old);
    let octets: usize = letters.iter().map(|letter| letter.octets.len()).sum();
    let person = person();
    let delay = Duration::from_millis(20);
    let lines = [Proxy::to(old.tls, delay), Proxy::to(cyrus.tls, delay), Proxy::to(new.tls, delay)];
    let urls = [old.url_at("imaps", lines[0].port), cyrus.url_at(lines[1].port), new.url_at("imaps", lines[2].port)];
    for at in [0, 1] {
        let way = arguments("move", &old, &urls[at], &urls[at + 1]);
        let mut alive = 0;
        for _ in 0..4 {
            let until = lines[at + 1].passed() + octets as u64 / 6;
            let mut run = person.start(&way);
            let passed = || (run.is_over() || lines[at + 1].passed() > until).then_some(());
            assert!(within(Duration::from_secs(30), passed).is_some(), "nothing moves: {}", run.stderr());
            alive += usize::from(!run.is_over());
            run.kill();
        }
        assert!(alive >= 3, "the move is over too soon to be killed: {alive}");
        let run = person.run(&way).expect(0);
        assert_eq!(run.count("found"), count, "{}", run.stdout);
        if at == 0 {
            assert_same(&before, &there(&cyrus), &run);
        } else {
            assert_same(&there(&cyrus), &MailboxState::of(&new), &run);
        }
        let again = person.run(&way).expect(0);
        assert_eq!((again.count("stored"), again.count("already")), (0, count), "{}", again.stdout);
    }
}

#[test]
fn a_move_to_cyrus_is_taken_back() {
    let (old, cyrus) = (Dovecot::start(), Cyrus::start());
    let letters = plain(300);
    let count = letters.len() as u64;
    old.wire().load(&letters, '/', "");
    let person = person();
    let to = |command: &str| arguments(command, &old, &old.url(), &cyrus.url());
    let undo = [to("undo"), vec!["--yes".into()]].concat();
    person.run(&to("move")).expect(0);
    // What its owner has read, and what came otherwise, stays.
    let mut wire = cyrus.wire();
    wire.command("SELECT INBOX");
    wire.command("STORE 1:3 +FLAGS.SILENT ($Mine)");
    wire.load(&many(1, 500), '/', "");
    let run = person.run(&undo).expect(0);
    assert_eq!((run.count("removed"), run.count("kept"), run.count("gone")), (count - 3, 3, 0), "{}", run.stdout);
    assert_eq!(there(&cyrus).messages(), 4);
    // Parents that it made by itself, and folders that it lets nobody delete for what they are for.
    let left = there(&cyrus).folders.into_keys().map(|path| path.join("/")).collect::<Vec<_>>();
    assert_eq!(left, ["Archive", "Archive/2020", "Archive/2020/Q1", "INBOX", "已发送", "草稿箱", "项目"]);
    let again = person.run(&to("move")).expect(0);
    assert_eq!((again.count("stored"), again.count("already")), (count - 3, 3), "{}", again.stdout);
    assert_eq!(there(&cyrus).messages() as u64, count + 1);
}

fn budget() -> Budget {
    Budget::new(64 << 20, std::env::temp_dir())
}

#[tokio::test]
async fn the_contract_of_the_ports_holds_on_cyrus() {
    let cyrus = Cyrus::start();
    let server = Server {
        host: "localhost".into(),
        port: cyrus.tls,
        security: Security::Tls,
        pin: None,
        authority: Some(cyrus.authority()),
    };
    let open = async || {
        let sign_in = SignIn { user: cyrus.user(), secret: cyrus.password(), mechanism: Mechanism::Auto, admin: None };
        Box::new(Imap::open(&server, sign_in, budget()).await.unwrap()) as Box<dyn Target>
    };
    let traits = Traits {
        uids: true,
        refused: Some(b"Subject: x\r\n\r\n\0\r\n".to_vec()),
        removes: true,
        shared: true,
        removes_folders: true,
        // A line that is no header field it refuses, octets above 127 in a header it changes.
        keeps: |octets| octets.starts_with(b"Subject") && !octets.starts_with(b"Subject: 8 bit"),
        odd_name: "a b,c'd",
    };
    holds(open, &traits).await;
}

/// As in the old mailbox, and as Cyrus takes them with consent.
const REFUSED: [(&[u8], &[u8]); 3] = [
    (b"Subject: nul\r\n\r\nnul \0 inside\r\n", b"Subject: nul\r\n\r\nnul   inside\r\n"),
    (b"Subject: bare\r\n\r\none\ntwo\r\n", b"Subject: bare\r\n\r\none\r\ntwo\r\n"),
    (b"Subject: both\r\n\r\none\ntwo\0\r\n", b"Subject: both\r\n\r\none\r\ntwo \r\n"),
];
/// No header line, and no repair that we know.
const HOPELESS: &[u8] = b"no header field\r\n\r\nbody\r\n";

/// Dovecot changes such octets when it takes them, so the old mailbox is a backup.
#[tokio::test]
async fn what_cyrus_refuses_is_repaired_with_consent() {
    let (cyrus, person) = (Cyrus::start(), person());
    let place = person.home.path().join("backup");
    let good: Vec<Vec<u8>> = (0..40).map(|n| format!("Subject: {n}\r\n\r\nbody {n}\r\n").into_bytes()).collect();
    {
        let mut archive = Archive::open_or_create(&place, "wei@old.example").unwrap();
        let odd = REFUSED.iter().map(|(octets, _)| octets.to_vec()).chain([HOPELESS.to_vec()]);
        let messages = good.iter().cloned().chain(odd).collect();
        fill(&mut Store::new(archive.clone(), budget()), &FolderPath::inbox(), messages).await;
        archive.seal().unwrap();
    }
    let source = format!("file:{}", place.display());
    let line = |command: &str| -> Vec<String> {
        let authority = cyrus.authority().display().to_string();
        let (source, target) = (source.clone(), cyrus.url());
        ["--json", command, &source, &target, "--ca", &authority, "--target-password-env", "NEW_SECRET"]
            .map(String::from)
            .into()
    };
    let faults = ["nul*1@20/3", "bare_lf*1@20/3", "bare_lf*1@20/3 nul*1@24/4"];
    let first = person.run(&line("move")).expect(1);
    assert_eq!((first.count("stored"), first.count("failed")), (40, 4), "{}", first.stdout);
    assert_eq!(codes(&first, "message_refused"), [&faults[..], &[""]].concat());
    for words in
        ["Message contains NUL characters", "Message contains bare newlines", "Message contains invalid header"]
    {
        assert!(first.stderr.contains(words), "{}", first.stderr);
    }
    assert_eq!(there(&cyrus).messages(), 40);

    let consent = [line("move"), vec!["--repair".into()]].concat();
    let second = person.run(&consent).expect(1);
    assert_eq!(
        (second.count("stored"), second.count("already"), second.count("failed")),
        (3, 40, 1),
        "{}",
        second.stdout
    );
    assert_eq!(codes(&second, "repaired"), faults);
    let digest = |octets: &[u8]| Sha256::digest(octets).iter().map(|octet| format!("{octet:02x}")).collect::<String>();
    let held: BTreeSet<String> =
        there(&cyrus).folders[&vec!["INBOX".to_owned()]].items.values().map(|item| item.sha256.clone()).collect();
    let should = good.iter().map(Vec::as_slice).chain(REFUSED.iter().map(|(_, octets)| *octets));
    assert_eq!(held, should.map(digest).collect());
    let third = person.run(&consent).expect(1);
    assert_eq!((third.count("stored"), third.count("already"), third.count("failed")), (0, 43, 1), "{}", third.stdout);
    assert_eq!(there(&cyrus).messages(), 43);
    // What was repaired is equal in that form; the one that was never taken is missing.
    let verified = person.run(&line("verify")).expect(1);
    assert_eq!((verified.count("already"), verified.count("failed")), (43, 1), "{}", verified.stdout);
}

/// It puts an X in place of each octet above 127 of a header, and says OK.
#[test]
fn what_cyrus_changes_is_named() {
    let (old, cyrus) = (Dovecot::start(), Cyrus::start());
    let changed: Vec<Letter> = nasty().into_iter().filter(|letter| CHANGED.contains(&letter.odd)).collect();
    let letters = [many(20, 500), changed].concat();
    old.wire().load(&letters, '/', "");
    let person = person();
    let to = |command: &str| arguments(command, &old, &old.url(), &cyrus.url());
    person.run(&to("move")).expect(0);
    let again = person.run(&to("move")).expect(0);
    assert_eq!((again.count("stored"), again.count("already")), (0, 22), "{}", again.stdout);
    let verified = person.run(&to("verify")).expect(1);
    assert_eq!((verified.count("already"), verified.count("failed")), (20, 2), "{}", verified.stdout);
    assert_eq!(codes(&verified, "different").len(), 2, "{}", verified.stdout);
}

/// A message in doubt whose header it has changed is not found again: it is stored rather than lost, and each is named.
#[test]
fn what_cyrus_changes_and_a_kill_leaves_in_doubt_is_named() {
    let (old, cyrus) = (Dovecot::start(), Cyrus::start());
    let mut letters = many(600, 3_000);
    for (number, letter) in letters.iter_mut().enumerate() {
        letter.folder = vec!["INBOX".into()];
        if number % 3 == 0 {
            letter.octets = ["Received: Grüße\r\n".as_bytes(), &letter.octets].concat();
        }
    }
    old.wire().load(&letters, '/', "");
    let person = person();
    let line = Proxy::to(cyrus.tls, Duration::from_millis(20));
    let to = |command: &str| arguments(command, &old, &old.url(), &cyrus.url_at(line.port));
    for _ in 0..3 {
        let until = line.passed() + 400_000;
        let mut run = person.start(&to("move"));
        let passed = || (run.is_over() || line.passed() > until).then_some(());
        assert!(within(Duration::from_secs(30), passed).is_some(), "nothing moves: {}", run.stderr());
        run.kill();
    }
    let run = person.run(&to("move")).expect(0);
    assert_eq!(run.count("found"), 600, "{}", run.stdout);
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for item in there(&cyrus).folders.into_values().flat_map(|folder| folder.items.into_values()) {
        *times.entry(item.sha256).or_default() += 1;
    }
    let (more, named) = (times.values().filter(|times| **times > 1).count(), codes(&run, "maybe_twice").len());
    println!("{more} there more than once, {named} named");
    assert!(times.len() == 600 && more <= named && (more == 0) == (named == 0), "{}", run.stdout);
    let verified = person.run(&to("verify")).expect(1);
    assert_eq!((verified.count("already"), codes(&verified, "different").len()), (400, 200), "{}", verified.stdout);
}
