//! What goes wrong at a person's desk: one plain sentence with what to do, the right exit code, nothing lost.

use harness::command::{Running, arguments};
use harness::disk::SmallDisk;
use harness::names::Names;
use harness::process::{Signal, signal, within};
use harness::{
    Certificate, Dovecot, Format, MailboxState, Options, Person, Proxy, Run, between, many, person, samples,
};
use std::collections::BTreeSet;
use std::fs::{self, DirEntry};
use std::time::{Duration, Instant};

/// What a person reads must say something, not much, and nothing of the machine's inside.
fn plain(run: &Run, says: &[&str]) {
    let text = run.stderr.trim();
    println!("exit {:?}: {text}", run.code);
    assert!(!text.is_empty(), "nothing was said");
    for inside in ["panicked", "Err(", "Failure {", "RUST_BACKTRACE", harness::PASSWORD] {
        assert!(!text.contains(inside), "{inside} in: {text}");
    }
    let lower = text.to_lowercase();
    assert!(says.iter().any(|word| lower.contains(word)), "none of {says:?} in: {text}");
}

fn patience(mut arguments: Vec<String>, minutes: &str) -> Vec<String> {
    arguments.extend(["--patience".into(), minutes.into()]);
    arguments
}

#[test]
fn wrong_password() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&samples(30), '/', "");
    let before = (MailboxState::of(&old), MailboxState::of(&new));
    for (variable, side) in [("OLD_SECRET", "old"), ("NEW_SECRET", "new")] {
        let run = person(&old, &new).with(variable, "not-this-one").run(&between("move", &old, &new)).expect(3);
        plain(&run, &["password"]);
        assert!(run.stderr.to_lowercase().contains(side), "which side: {}", run.stderr);
        assert_eq!(run.json()["result"], "failed");
    }
    assert_eq!((MailboxState::of(&old), MailboxState::of(&new)), before);
}

#[test]
fn unknown_host_and_closed_port() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    let person = person(&old, &new);
    let run = person.run(&arguments("move", &old, "imaps://wei@no-such-host.invalid", &new.url())).expect(3);
    plain(&run, &["no-such-host.invalid"]);
    let closed = format!("imaps://wei@localhost:{}", harness::process::free_port());
    let run = person.run(&patience(arguments("move", &old, &old.url(), &closed), "0")).expect(3);
    plain(&run, &["localhost"]);
}

#[test]
fn certificates_that_must_not_be_trusted() {
    let new = Dovecot::start();
    for certificate in [Certificate::Expired, Certificate::WrongHost, Certificate::SelfSigned] {
        let old = Dovecot::with(Options { certificate, extra: "auth_verbose = yes\n".into(), ..Options::default() });
        let run = person(&old, &new).run(&between("move", &old, &new)).expect(3);
        plain(&run, &["certificate", "not safe"]);
        assert!(!old.log().contains("Login:") && !old.log().contains("Disconnected: Logged"), "{}", old.log());
    }
    let good = Dovecot::start();
    let mut without = between("move", &good, &new);
    without.retain(|argument| argument != "--ca" && !argument.ends_with("ca.pem"));
    let run = person(&good, &new).run(&without).expect(3);
    plain(&run, &["certificate", "not safe"]);
}

#[test]
fn a_pin_trusts_one_certificate_and_no_other() {
    let old = Dovecot::with(Options { certificate: Certificate::SelfSigned, ..Options::default() });
    let new = Dovecot::start();
    old.wire().load(&samples(30), '/', "");
    let pinned = |pin: &str| [between("move", &old, &new), vec!["--source-trust".into(), pin.into()]].concat();
    person(&old, &new).run(&pinned(&"0".repeat(64))).expect(3);
    let run = person(&old, &new).run(&pinned(&old.issued.fingerprint)).expect(0);
    assert_eq!(run.count("stored"), 30);
}

#[test]
fn a_full_disk_stops_and_the_same_command_goes_on() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&many(1_500, 6_000), '/', "");
    let person = person(&old, &new);
    let disk = SmallDisk::at(&person.data(), 3);
    let mut arguments = patience(between("move", &old, &new), "0");
    arguments.extend(["--backup".into(), person.data().join("backup").display().to_string()]);
    let run = person.run(&arguments).expect(4);
    plain(&run, &["disk"]);
    disk.grow(200);
    let run = person.run(&arguments).expect(0);
    assert_eq!(run.count("found"), 1_500, "{}", run.stdout);
    MailboxState::of(&old).assert_same(&MailboxState::of(&new));
}

#[test]
fn no_room_even_for_the_journal_is_a_full_disk_too() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&samples(30), '/', "");
    let person = person(&old, &new);
    let disk = SmallDisk::at(&person.data(), 1);
    disk.leave(0);
    let run = person.run(&patience(between("move", &old, &new), "0")).expect(4);
    plain(&run, &["disk"]);
    assert_eq!(run.json()["result"], "stopped");
    assert_eq!(MailboxState::of(&new).messages(), 0);
    disk.grow(50);
    let run = person.run(&patience(between("move", &old, &new), "0")).expect(0);
    assert_eq!(run.count("stored"), 30);
}

/// Lets a run go on until so many octets have passed this line, and holds it there, however slow this machine is.
fn until_passed(person: &Person, arguments: &[String], line: &Proxy, octets: u64) -> Running {
    line.freeze_after(octets);
    let mut running = person.start(arguments);
    let moving = within(Duration::from_secs(60), || (line.passed() >= octets).then_some(()));
    assert!(moving.is_some() && !running.is_over(), "{}", running.stderr());
    running
}

#[test]
fn a_server_that_stays_away_ends_with_4_and_the_same_command_goes_on() {
    let (old, mut new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&samples(1_500), '/', "");
    let to_new = Proxy::to(new.tls, Duration::from_millis(30));
    let person = person(&old, &new);
    let arguments = patience(arguments("move", &old, &old.url(), &new.url_at("imaps", to_new.port)), "0");
    let running = until_passed(&person, &arguments, &to_new, 3_000_000);
    new.stop();
    to_new.refuse(true);
    to_new.cut_now();
    to_new.freeze(false);
    let run = running.finish().expect(4);
    plain(&run, &["server", "mailbox", "network"]);
    assert_eq!(run.json()["result"], "stopped");
    new.start_again();
    to_new.refuse(false);
    let there = MailboxState::of(&new).messages();
    let run = person.run(&arguments).expect(0);
    println!("{there} were there, {} stored after it came back", run.count("stored"));
    MailboxState::of(&old).assert_same(&MailboxState::of(&new));
}

fn is_message(file: &DirEntry) -> bool {
    file.file_name().to_string_lossy().starts_with("u.")
}

/// Killed while it stores, Dovecot has files that its index does not know. Later it finds them, refuses what is stored at that
/// moment as an error of its own, and has forgotten their flags. Over a Maildir it would leave a lock for two minutes, too.
#[test]
fn a_server_that_is_killed_while_it_stores_loses_nothing() {
    let mut met = 0;
    for _ in 0..2 {
        let old = Dovecot::start();
        let mut new = Dovecot::with(Options { format: Format::Sdbox, ..Options::default() });
        old.wire().load(&samples(1_500), '/', "");
        let to_new = Proxy::to(new.tls, Duration::from_millis(30));
        let person = person(&old, &new);
        let arguments = patience(arguments("move", &old, &old.url(), &new.url_at("imaps", to_new.port)), "0");
        let running = person.start(&arguments);
        // In the midst of a batch: its files come one behind the other.
        let inbox = new.directory().join("mail/wei@example.com/sdbox/mailboxes/INBOX/dbox-Mails");
        let files = || fs::read_dir(&inbox).map_or(0, |files| files.flatten().filter(is_message).count());
        assert!(within(Duration::from_secs(60), || (to_new.passed() > 100_000).then_some(())).is_some());
        let (at_work, begun) = (new.processes(), Instant::now());
        while files() < 10 && begun.elapsed() < Duration::from_secs(60) {
            std::thread::yield_now();
        }
        at_work.into_iter().for_each(|pid| signal(pid, Signal::KILL));
        new.kill();
        to_new.refuse(true);
        to_new.cut_now();
        let run = running.finish();
        assert!(matches!(run.code, Some(0 | 4)), "{:?} {}", run.code, run.stderr);
        new.start_again();
        to_new.refuse(false);
        // What comes to light behind the last look of a run is named by the next.
        let runs = [person.run(&arguments).expect(0), person.run(&arguments).expect(0)];
        let named: BTreeSet<String> = runs.iter().flat_map(|run| run.problems("maybe_twice")).collect();
        let differences = MailboxState::of(&old).differences(&MailboxState::of(&new), <[String]>::to_vec);
        let (twice, others): (Vec<&String>, _) = differences.iter().partition(|one| one.ends_with("too much"));
        assert_eq!(others, Vec::<&String>::new());
        assert!(twice.len() <= named.len(), "{} twice, {} named", twice.len(), named.len());
        let errors = new.log().matches("rebuilding index").count();
        println!("{} there twice, {} named, {errors} errors of the server's own", twice.len(), named.len());
        met += errors;
    }
    println!("{met} errors of its own in all");
}

#[test]
fn a_server_that_hangs_up_and_comes_back_costs_nothing() {
    let (mut old, mut new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&samples(1_500), '/', "");
    let before = MailboxState::of(&old);
    let (to_old, to_new) =
        (Proxy::to(old.tls, Duration::from_millis(20)), Proxy::to(new.tls, Duration::from_millis(20)));
    let person = person(&old, &new);
    let arguments = arguments("move", &old, &old.url_at("imaps", to_old.port), &new.url_at("imaps", to_new.port));
    to_old.cut_after(2_000_000);
    to_new.cut_after(4_000_000);
    let running = person.start(&arguments);
    within(Duration::from_secs(30), || (to_new.passed() > 6_000_000).then_some(()));
    // A restart as an administrator does it, with BYE, on both sides.
    new.start_again();
    old.start_again();
    let run = running.finish().expect(0);
    assert_eq!(run.count("found"), 1_500);
    before.assert_same(&MailboxState::of(&new));
    assert_eq!(before, MailboxState::of(&old));
    println!(
        "hung up on both sides and restarted: {:.1} s, {} connections",
        run.seconds,
        to_old.accepted() + to_new.accepted()
    );
    assert!(to_old.accepted() > 1 && to_new.accepted() > 1, "nothing was cut");
}

#[test]
fn a_network_that_is_gone_for_a_while_is_waited_for() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&samples(1_500), '/', "");
    let line = Duration::from_millis(30);
    let (to_old, to_new) = (Proxy::to(old.tls, line), Proxy::to(new.tls, line));
    let names = Names::new();
    let person = person(&old, &new).knowing(&names);
    let arguments = arguments("move", &old, &old.url_at("imaps", to_old.port), &new.url_at("imaps", to_new.port));
    let mut running = until_passed(&person, &arguments, &to_new, 500_000);
    names.know(false);
    to_old.cut_now();
    to_new.cut_now();
    to_new.freeze(false);
    let said = || running.stderr().contains("No network; goes on when it is back.").then_some(());
    assert!(within(Duration::from_secs(30), said).is_some(), "{}", running.stderr());
    let reached = to_old.accepted() + to_new.accepted();
    // Long enough for several tries.
    std::thread::sleep(Duration::from_secs(8));
    assert!(!running.is_over(), "{}", running.stderr());
    assert_eq!(to_old.accepted() + to_new.accepted(), reached, "the names were gone");
    names.know(true);
    let run = running.finish_within(Duration::from_secs(90)).unwrap_or_else(|said| panic!("no end:\n{said}")).expect(0);
    assert_eq!(run.count("found"), 1_500);
    MailboxState::of(&old).assert_same(&MailboxState::of(&new));
    println!("gone for 8 s: {:.1} s in all", run.seconds);
}

#[test]
fn a_password_changed_on_the_way_keeps_what_was_moved() {
    for changes_old in [true, false] {
        let log = || Options { extra: "auth_verbose = yes\n".into(), ..Options::default() };
        let (mut old, mut new) = (Dovecot::with(log()), Dovecot::with(log()));
        old.wire().load(&samples(1_500), '/', "");
        let line = Duration::from_millis(30);
        let (to_old, to_new) = (Proxy::to(old.tls, line), Proxy::to(new.tls, line));
        // Neither side is done before the other has begun.
        to_old.narrow(3_000_000);
        to_new.narrow(3_000_000);
        let person = person(&old, &new);
        let urls = (old.url_at("imaps", to_old.port), new.url_at("imaps", to_new.port));
        let arguments = patience(arguments("move", &old, &urls.0, &urls.1), "0");
        let mut running = until_passed(&person, &arguments, &to_new, 1_000_000);
        let changed = if changes_old { &mut old } else { &mut new };
        changed.change_password("a-newer-one");
        // The server looks into its file once a second.
        std::thread::sleep(Duration::from_millis(1_100));
        assert!(!running.is_over(), "{}", running.stderr());
        if changes_old {
            to_old.cut_now()
        } else {
            to_new.cut_now()
        }
        to_new.freeze(false);
        let run = running.finish().expect(4);
        plain(&run, &["password"]);
        assert!(run.stderr.contains(if changes_old { "old mailbox" } else { "new mailbox" }), "{}", run.stderr);
        assert_eq!(run.json()["result"], "stopped");
        let changed = if changes_old { &old } else { &new };
        let refused = changed.log().matches("Password mismatch").count();
        // Two pairs more may just have been tried at once; then once again, to be sure.
        assert!((1..=3).contains(&refused), "a password that was refused is not tried on: {refused} times");
        let there = MailboxState::of(&new).messages();
        let person = person.with(if changes_old { "OLD_SECRET" } else { "NEW_SECRET" }, "a-newer-one");
        let run = person.run(&arguments).expect(0);
        assert_eq!((run.count("found"), run.count("failed")), (1_500, 0), "{}", run.stdout);
        assert!(run.count("stored") < 1_500, "something had been moved: {}", run.stdout);
        MailboxState::of(&old).assert_same(&MailboxState::of(&new));
        println!("{there} were there when the password was changed, {} came after it", run.count("stored"));
    }
}

#[test]
fn a_full_mailbox_is_said_and_the_rest_is_not_lost() {
    let old = Dovecot::start();
    let new = Dovecot::with(Options { quota: Some(400_000), ..Options::default() });
    old.wire().load(&many(300, 4_000), '/', "");
    let run = person(&old, &new).run(&patience(between("move", &old, &new), "0"));
    plain(&run, &["full", "room", "quota"]);
    assert!(matches!(run.code, Some(1 | 4)), "{:?} {}", run.code, run.stdout);
    let there = MailboxState::of(&new);
    let kept = there.messages();
    assert!((20..300).contains(&kept), "{kept}");
}

#[test]
fn a_message_too_large_stops_no_other() {
    let old = Dovecot::start();
    let new = Dovecot::with(Options { message_limit: Some(20_000), ..Options::default() });
    let mut letters = many(60, 3_000);
    letters.insert(30, many(1, 60_000).remove(0));
    old.wire().load(&letters, '/', "");
    let person = person(&old, &new);
    let run = person.run(&between("move", &old, &new)).expect(1);
    assert_eq!((run.count("stored"), run.count("failed")), (60, 1), "{}", run.stdout);
    assert_eq!(run.json()["result"], "problems");
    let again = person.run(&between("move", &old, &new)).expect(1);
    assert_eq!((again.count("stored"), again.count("already"), again.count("failed")), (0, 60, 1), "{}", again.stdout);
}
