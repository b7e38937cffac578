//! `kill -9` at random moments: no message missing, none twice.

use harness::command::arguments;
use harness::process::within;
use harness::sample::Dice;
use harness::{Dovecot, MailboxState, Proxy, person, samples};
use std::time::{Duration, SystemTime};

const MESSAGES: usize = 2_000;
const KILLS: usize = 10;

fn ten_times(backup: bool) {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&samples(MESSAGES), '/', "");
    let before = MailboxState::of(&old);
    // A line long enough that the move lasts.
    let (to_old, to_new) =
        (Proxy::to(old.tls, Duration::from_millis(40)), Proxy::to(new.tls, Duration::from_millis(40)));
    let source = old.url_at("imaps", to_old.port);
    let target = new.url_at("imaps", to_new.port);
    let person = person(&old, &new);
    let mut arguments = arguments("move", &old, &source, &target);
    if backup {
        arguments.extend(["--backup".into(), person.home.path().join("backup").display().to_string()]);
    }
    let seed = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |now| now.as_nanos() as u64);
    let mut dice = Dice(seed);
    let octets: usize = before.folders.values().flat_map(|folder| folder.items.values()).map(|item| item.octets).sum();
    let mut at = Vec::new();
    let mut midst = 0;
    for kill in 0..KILLS {
        let mut run = person.start(&arguments);
        // Anywhere: by the clock now and then, which meets sign-in and survey, else after so many octets more.
        if kill % 4 == 3 {
            std::thread::sleep(Duration::from_millis(dice.roll(400)));
        } else {
            let until = to_new.passed() + dice.roll(octets as u64 / 4);
            let passed = within(Duration::from_secs(60), || (run.is_over() || to_new.passed() > until).then_some(()));
            assert!(passed.is_some(), "nothing moves: {}", run.stderr());
            std::thread::sleep(Duration::from_millis(dice.roll(40)));
        }
        midst += usize::from(!run.is_over());
        run.kill();
        at.push(MailboxState::of(&new).messages());
    }
    println!("backup {backup}, seed {seed}: messages at the target after each kill: {at:?}; {midst} runs were alive");
    assert!(midst >= 6, "the move is over too soon to be killed: {midst}");
    let run = person.run(&arguments).expect(0);
    before.assert_same(&MailboxState::of(&new));
    assert_eq!(run.count("found"), MESSAGES as u64);
    let again = person.run(&arguments).expect(0);
    assert_eq!((again.count("stored"), again.count("already")), (0, MESSAGES as u64), "{}", again.stdout);
    assert_eq!(MailboxState::of(&old), before, "the old mailbox is only read");
    if backup {
        let place = person.home.path().join("backup").display().to_string();
        let proof = person.run(&["--json", "verify", &place]).expect(0);
        assert_eq!(proof.count("already"), MESSAGES as u64, "{}", proof.stdout);
    }
}

#[test]
fn ten_kills_in_one_move() {
    ten_times(false);
}

#[test]
fn ten_kills_in_one_move_with_a_backup() {
    ten_times(true);
}
