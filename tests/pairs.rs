//! Pairs of connections on a long line, 50 ms round trip to each server: how many are opened, that they copy faithfully,
//! and what they save where a target lets no command go before the last is answered.

use harness::command::arguments;
use harness::sample::Letter;
use harness::{Dovecot, MailboxState, Options, Proxy, many, person};
use std::time::Duration;
use tokio::sync::Mutex;

const ROUND_TRIP: Duration = Duration::from_millis(50);
const MESSAGES: usize = 2_000;
const FOLDERS: usize = 12;
/// Others use this machine too: what takes longer than it should is measured so often, and the shortest times count.
const ROUNDS: usize = 3;
/// What measures has the machine for itself.
static ALONE: Mutex<()> = Mutex::const_new(());

/// Small and large ones, as many in each folder.
fn letters() -> Vec<Letter> {
    let (small, large) = (many(MESSAGES * 9 / 10, 10_000), many(MESSAGES / 10, 400_000));
    let place =
        |(at, letter): (usize, Letter)| Letter { folder: vec![format!("Folder {:02}", at % FOLDERS)], ..letter };
    small.into_iter().chain(large).enumerate().map(place).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn twelve_folders_by_one_pair_and_by_four() {
    let _alone = ALONE.lock().await;
    let letters = letters();
    let old = Dovecot::start();
    old.wire().load(&letters, '/', "");
    let before = MailboxState::of(&old);
    let to_old = Proxy::to(old.tls, ROUND_TRIP);
    // One pair hides the line's length by itself; several must not cost more than they bring.
    let mut took = [(f64::MAX, 0); 2];
    let holds = |took: &[(f64, u64); 2]| took[1].0 < took[0].0 * 1.5;
    for _ in 0..ROUNDS {
        for (at, pairs) in ["1", "4"].into_iter().enumerate() {
            let new = Dovecot::start();
            let to_new = Proxy::to(new.tls, ROUND_TRIP);
            let (source, target) = (old.url_at("imaps", to_old.port), new.url_at("imaps", to_new.port));
            let mut arguments = arguments("move", &old, &source, &target);
            arguments.extend(["--connections".into(), pairs.into()]);
            let person = person(&old, &new);
            let run = person.run(&arguments).expect(0);
            assert_eq!(run.count("stored"), MESSAGES as u64);
            before.assert_same(&MailboxState::of(&new));
            let signed_in = to_new.accepted();
            let again = person.run(&arguments).expect(0);
            assert_eq!((again.count("stored"), again.count("already")), (0, MESSAGES as u64));
            println!(
                "at {ROUND_TRIP:?} round trip, --connections {pairs}: {MESSAGES} messages in {FOLDERS} folders in {:.1} s \
             by {signed_in} connections, again in {:.1} s",
                run.seconds, again.seconds
            );
            assert!(if at == 0 { signed_in == 1 } else { (2..=4).contains(&signed_in) }, "{signed_in}");
            took[at] = (run.seconds.min(took[at].0), signed_in);
        }
        if holds(&took) {
            break;
        }
    }
    assert!(holds(&took), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_waits_for_each_message_is_met_by_many_connections() {
    let _alone = ALONE.lock().await;
    const EACH: usize = 60;
    let letters: Vec<Letter> = many(EACH * FOLDERS, 3_000)
        .into_iter()
        .enumerate()
        .map(|(at, letter)| Letter { folder: vec![format!("Folder {:02}", at % FOLDERS)], ..letter })
        .collect();
    let old = Dovecot::start();
    old.wire().load(&letters, '/', "");
    let before = MailboxState::of(&old);
    let to_old = Proxy::to(old.tls, ROUND_TRIP);
    let mut took = [(f64::MAX, 0); 2];
    let holds = |took: &[(f64, u64); 2]| took[0].1 == 1 && took[1].1 > 4 && took[1].0 * 2.5 < took[0].0;
    for _ in 0..ROUNDS {
        for (at, pairs) in [Some("1"), None].into_iter().enumerate() {
            let capability = Some("IMAP4rev1 UIDPLUS SASL-IR NAMESPACE".to_owned());
            let new = Dovecot::with(Options { capability, ..Options::default() });
            let to_new = Proxy::to(new.tls, ROUND_TRIP);
            let (source, target) = (old.url_at("imaps", to_old.port), new.url_at("imaps", to_new.port));
            let mut arguments = arguments("move", &old, &source, &target);
            arguments.extend(pairs.into_iter().flat_map(|pairs| ["--connections".into(), pairs.into()]));
            let run = person(&old, &new).run(&arguments).expect(0);
            assert_eq!(run.count("stored"), (EACH * FOLDERS) as u64);
            before.assert_same(&MailboxState::of(&new));
            took[at] = (run.seconds.min(took[at].0), to_new.accepted().max(took[at].1));
        }
        if holds(&took) {
            break;
        }
    }
    println!("{} messages one by one: by one pair and by as many as pay: {took:?}", EACH * FOLDERS);
    assert!(holds(&took), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_and_a_verification_read_with_every_pair() {
    let _alone = ALONE.lock().await;
    let letters = letters();
    let old = Dovecot::start();
    old.wire().load(&letters, '/', "");
    let new = Dovecot::start();
    new.wire().load(&letters, '/', "");
    let before = MailboxState::of(&old);
    let (to_old, to_new) = (Proxy::to(old.tls, ROUND_TRIP), Proxy::to(new.tls, ROUND_TRIP));
    let (source, target) = (old.url_at("imaps", to_old.port), new.url_at("imaps", to_new.port));
    let person = person(&old, &new);
    // As with a copy: one pair hides the line's length by itself, several must not cost more than they bring.
    let mut took = [(f64::MAX, f64::MAX, 0); 2];
    let holds =
        |[one, several]: &[(f64, f64, u64); 2]| several.2 > one.2 && several.0 < one.0 * 1.5 && several.1 < one.1 * 1.5;
    for round in 0..ROUNDS {
        for (at, pairs) in [Some("1"), None].into_iter().enumerate() {
            let place = person.home.path().join(format!("backup {round} {pairs:?}")).display().to_string();
            let with = |mut arguments: Vec<String>| {
                arguments.extend(pairs.into_iter().flat_map(|pairs| ["--connections".to_owned(), pairs.to_owned()]));
                person.run(&arguments).expect(0)
            };
            let signed_in = to_old.accepted();
            let backup = with(arguments("backup", &old, &source, &place));
            assert_eq!(backup.count("stored"), MESSAGES as u64);
            let verify = with(arguments("verify", &old, &source, &target));
            assert_eq!(verify.count("already"), MESSAGES as u64);
            let proof = person.run(&arguments("verify", &old, &source, &place)).expect(0);
            assert_eq!(proof.count("already"), MESSAGES as u64);
            let (best, signed_in) = (took[at], to_old.accepted() - signed_in);
            took[at] = (backup.seconds.min(best.0), verify.seconds.min(best.1), signed_in.max(best.2));
        }
        if holds(&took) {
            break;
        }
    }
    println!("at {ROUND_TRIP:?} round trip, a backup and a verification by one pair and by as many as pay: {took:?}");
    before.assert_same(&MailboxState::of(&old));
    assert!(holds(&took), "{took:?}");
}
