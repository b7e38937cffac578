//! Mail that is in the target already, and others who bring it there.

use super::*;
use crate::Answers;

fn put(server: &Server, folder: &str, number: u32) -> u32 {
    server.mailbox.put(&path(folder), letter(number), Flags::default(), None)
}

fn put_all(server: &Server, folder: &str, numbers: impl IntoIterator<Item = u32>) {
    for number in numbers {
        put(server, folder, number);
    }
}

fn number(server: &Server, folder: &str) -> usize {
    server.mailbox.kept(&path(folder)).len()
}

/// Details of the notices with this code.
fn details<'a>(outcome: &'a Outcome, code: &str) -> Vec<&'a str> {
    let of = outcome.problems.iter().filter(|problem| problem.code == code);
    of.map(|problem| problem.detail.as_deref().unwrap_or_default()).collect()
}

#[tokio::test]
async fn mail_that_lay_in_another_folder_before_is_not_moved_again() {
    let stage = Stage::new();
    put_all(&stage.new, "Brought", 1..=4);
    put(&stage.new, "Brought", 2001);
    // What is thrown away is nobody's copy, nor is what only looks like it.
    put(&stage.new, "Trash", 5);
    stage.new.mailbox.put(&path("Brought"), letter(6).to_ascii_uppercase(), Flags::default(), None);
    let looks_like = [&letter(7)[..], b"more"].concat();
    stage.new.mailbox.put(&path("Brought"), looks_like, Flags::default(), None);
    let check = stage.run(stage.request(Task::Check)).await;
    assert_eq!(check.counts, Counts { found: 30, stored: 25, already: 5, ..Counts::default() });
    assert_eq!(details(&check, "already_elsewhere"), ["Brought"; 5]);

    let outcome = stage.move_all().await;
    complete(&outcome);
    assert_eq!(outcome.counts, Counts { found: 30, stored: 25, already: 5, ..Counts::default() });
    assert_eq!(details(&outcome, "already_elsewhere"), ["Brought"; 5]);
    assert_eq!((number(&stage.new, "INBOX"), number(&stage.new, "Work/2024")), (6, 9));
    for again in [stage.move_all().await, stage.move_all().await] {
        complete(&again);
        assert_eq!(again.counts, Counts { found: 30, already: 30, ..Counts::default() });
        assert!(again.problems.is_empty(), "{:?}", again.problems);
    }
    for level in [Level::Identical, Level::Present] {
        let verified = stage.run(stage.request(Task::Verify { level })).await;
        complete(&verified);
        assert_eq!(verified.counts.already, 30);
    }
    // Asked for, they are moved all the same, once.
    let anyway = Answers { even_if_elsewhere: true, ..Answers::default() };
    let outcome = stage.run(Request { answers: anyway, ..stage.request(plain_move()) }).await;
    complete(&outcome);
    assert_eq!((outcome.counts.stored, outcome.counts.already), (5, 25));
    stage.assert_moved();
    let outcome = stage.move_all().await;
    assert_eq!(outcome.counts, Counts { found: 30, already: 30, ..Counts::default() });
    // Gone from there, it is missing, whatever the journal says.
    let stage = Stage::new();
    let uid = put(&stage.new, "Brought", 3);
    complete(&stage.move_all().await);
    stage.new.mailbox.take_out(&path("Brought"), uid);
    let verified = stage.run(stage.request(Task::Verify { level: Level::Identical })).await;
    assert_eq!((verified.counts.already, verified.counts.failed), (29, 1));
    assert_eq!(codes(&verified.problems), ["missing"]);
}

#[tokio::test]
async fn asked_for_from_the_first_run_on_everything_is_moved() {
    let stage = Stage::new();
    put_all(&stage.new, "Brought", 1..=4);
    let answers = Answers { even_if_elsewhere: true, ..Answers::default() };
    let check = stage.run(Request { answers, ..stage.request(Task::Check) }).await;
    assert_eq!((check.counts.stored, check.counts.already), (30, 0));
    let outcome = stage.run(Request { answers, ..stage.request(plain_move()) }).await;
    complete(&outcome);
    assert_eq!((outcome.counts.stored, outcome.problems.len()), (30, 0));
    stage.assert_moved();
}

#[tokio::test]
async fn a_copy_answers_for_one_message_and_in_its_own_folder_first() {
    // Three of one at the source, in two folders; two in the target, in one of them and in a third.
    let stage = Stage::of(1);
    for _ in 0..2 {
        put(&stage.old, "INBOX", 500);
    }
    put(&stage.old, "Work/2024", 500);
    put(&stage.new, "Work/2024", 500);
    put(&stage.new, "Brought", 500);
    let outcome = stage.move_all().await;
    complete(&outcome);
    assert_eq!(outcome.counts, Counts { found: 6, stored: 4, already: 2, ..Counts::default() });
    assert_eq!(details(&outcome, "already_elsewhere"), ["Brought"]);
    let of = |folder: &str| {
        let kept = stage.new.mailbox.kept(&path(folder));
        kept.iter().filter(|kept| kept.octets == letter(500)).count()
    };
    assert_eq!((of("INBOX"), of("Work/2024"), of("Brought")), (1, 1, 1));

    // Both copies in one folder that has one of its own: one is to spare.
    let stage = Stage::of(1);
    put(&stage.old, "INBOX", 500);
    put(&stage.old, "Work/2024", 500);
    put(&stage.new, "Work/2024", 500);
    put(&stage.new, "Work/2024", 500);
    let outcome = stage.move_all().await;
    assert_eq!((outcome.counts.stored, outcome.counts.already), (3, 2));
    assert_eq!(details(&outcome, "already_elsewhere"), ["Work/2024"]);
    assert_eq!(number(&stage.new, "Work/2024"), 3);
}

#[tokio::test]
async fn a_copy_elsewhere_answers_for_one_message_whatever_becomes_of_its_folder() {
    for (renumbered, no_headers) in [(false, false), (true, false), (true, true)] {
        for deleted in 0..2 {
            let stage = Stage::of(1);
            put_all(&stage.old, "INBOX", [500, 501]);
            put_all(&stage.new, "Work/2024", [500, 501, 600]);
            let outcome = stage.move_all().await;
            complete(&outcome);
            assert_eq!(details(&outcome, "already_elsewhere"), ["Work/2024"; 2]);
            if renumbered {
                stage.new.mailbox.renumber(&path("Work/2024"), 300);
            }
            // An equal message comes into that folder itself.
            put(&stage.old, "Work/2024", 500);
            let check = stage.run(stage.request(Task::Check)).await;
            assert_eq!((check.counts.stored, check.counts.already), (1, 5), "renumbered {renumbered}");
            stage.new.mailbox.behave(|manners| manners.no_headers = no_headers);
            let outcome = stage.move_all().await;
            complete(&outcome);
            assert_eq!((outcome.counts.stored, outcome.counts.already), (1, 5), "renumbered {renumbered}");
            let kept = stage.new.mailbox.kept(&path("Work/2024"));
            let copies: Vec<u32> = kept.iter().filter(|kept| kept.octets == letter(500)).map(|kept| kept.uid).collect();
            assert_eq!(copies.len(), 2);
            let verify = || stage.run(stage.request(Task::Verify { level: Level::Identical }));
            assert_eq!(verify().await.counts, Counts { found: 6, already: 6, ..Counts::default() });
            assert_eq!(stage.move_all().await.counts, Counts { found: 6, already: 6, ..Counts::default() });
            // One copy is not enough for two, whichever it is.
            stage.new.mailbox.take_out(&path("Work/2024"), copies[deleted]);
            let counts = verify().await.counts;
            assert_eq!((counts.already, counts.failed), (5, 1), "copy {deleted}, renumbered {renumbered}");
        }
    }
}

#[tokio::test]
async fn an_interrupted_first_run_goes_on_looking_and_later_runs_do_not() {
    for effect in 4..30 {
        for side in 0..2 {
            let stage = Stage::new();
            put_all(&stage.new, "Brought", 1..=4);
            put_all(&stage.new, "Work/2024", 2001..=2003);
            put_all(&stage.new, "Brought", 2001..=2002);
            let mut request = stage.request(plain_move());
            request.pace.patience = Some(Duration::ZERO);
            let server = if side == 0 { &stage.old } else { &stage.new };
            server.fates([Fate::Lost(effect, When::After), Fate::Away(Cause::ConnectionRefused)]);
            stage.run(request).await;
            server.state().fates.clear();
            complete(&stage.move_all().await);
            assert_eq!(number(&stage.new, "INBOX"), 6, "lost at {effect} on side {side}");
            assert_eq!(number(&stage.new, "Work/2024"), 10, "lost at {effect} on side {side}");
        }
    }
    // Filed by its owner after the first run, and new at the source: that is another message.
    let stage = Stage::new();
    complete(&stage.move_all().await);
    put(&stage.new, "Brought", 700);
    put(&stage.old, "INBOX", 700);
    let outcome = stage.move_all().await;
    assert_eq!((outcome.counts.stored, outcome.problems.len()), (1, 0));
}

#[tokio::test]
async fn a_new_mailbox_costs_no_look_at_other_folders() {
    let effects = async |lay: &[&str]| {
        let stage = Stage::new();
        for folder in lay {
            stage.new.mailbox.put(&path(folder), vec![b'x'; 700], Flags::default(), None);
        }
        complete(&stage.move_all().await);
        stage.world.wire.effects()
    };
    let (empty, welcome, thrown) = (effects(&[]).await, effects(&["Brought"]).await, effects(&["Trash"]).await);
    assert_eq!(thrown, empty, "not even a query of the journal");
    assert!(welcome <= empty + 4, "{welcome} effects, {empty} in an empty mailbox");
}

/// Another program brings letters of the old inbox.
fn brings(stage: &Stage, letters: std::ops::Range<u32>) {
    put_all(&stage.new, "INBOX", letters);
}

#[tokio::test]
async fn another_copier_between_two_runs_is_asked_about_before_anything_is_stored() {
    let stage = Stage::of(40);
    complete(&stage.move_all().await);
    brings(&stage, 1..21);
    put(&stage.old, "Work/2024", 5_000);
    let few = stage.move_all().await;
    complete(&few);
    assert_eq!(few.counts.stored, 1);
    // One more is no chance. What it brings and we have not yet stored is the same sign.
    brings(&stage, 21..22);
    put(&stage.old, "Work/2024", 5_001);
    let asked = stage.move_all().await;
    assert_eq!((asked.verdict, cause(&asked)), (Verdict::Stopped, Some(Cause::OtherCopier)));
    assert_eq!(asked.failure.and_then(|failure| failure.about).as_deref(), Some("21"));
    assert_eq!(number(&stage.new, "Work/2024"), 41);
    let again = stage.move_all().await;
    assert_eq!(cause(&again), Some(Cause::OtherCopier), "it asks until it is answered");
    let check = stage.run(stage.request(Task::Check)).await;
    assert_eq!(check.verdict, Verdict::Complete, "a look asks nothing");

    let answers = Answers { go_on_anyway: true, ..Answers::default() };
    let anyway = stage.run(Request { answers, ..stage.request(plain_move()) }).await;
    complete(&anyway);
    assert_eq!((anyway.counts.stored, number(&stage.new, "INBOX")), (1, 61));
    complete(&stage.move_all().await);
    // Answered for these, not for others.
    brings(&stage, 22..40);
    complete(&stage.move_all().await);
    brings(&stage, 1..4);
    assert_eq!(cause(&stage.move_all().await), Some(Cause::OtherCopier));
}

#[tokio::test]
async fn after_a_run_that_was_killed_what_lies_there_may_be_ours() {
    // The power goes, and with it the end of the journal: what it held of the stored messages is lost.
    let stage = Stage::of(40);
    let file = Home::open(&stage.home()).unwrap();
    let file = file.journal(&Home::id(&stage.request(Task::Check).source, stage.request(Task::Check).target.as_ref()));
    let file = file.unwrap();
    stage.new.mailbox.behave(|manners| {
        manners.delay = Some(Duration::from_millis(2));
        manners.batch.messages = 5;
    });
    let run = stage.start(stage.request(plain_move()), &Person::with(&["right", "right"]));
    let mut snapshots = run.snapshots();
    snapshots.wait_for(|snapshot| snapshot.phase == Phase::Move && snapshot.done > 0).await.unwrap();
    let kept: Vec<_> = ["", "-wal"]
        .map(|ending| PathBuf::from(format!("{}{ending}", file.display())))
        .into_iter()
        .map(|part| (std::fs::read(&part), part))
        .collect();
    stage.new.mailbox.behave(|manners| manners.delay = None);
    complete(&run.outcome().await);
    for (octets, part) in kept {
        match octets {
            Ok(octets) => std::fs::write(part, octets).unwrap(),
            Err(_) => drop(std::fs::remove_file(part)),
        }
    }
    let outcome = stage.move_all().await;
    complete(&outcome);
    stage.assert_moved();
    // From then on others are others.
    brings(&stage, 1..22);
    assert_eq!(cause(&stage.move_all().await), Some(Cause::OtherCopier));
}

#[tokio::test]
async fn new_mail_that_a_rule_forwards_is_no_other_copier() {
    let stage = Stage::of(5);
    complete(&stage.move_all().await);
    let later = InternalDate { seconds: 4_000_000_000, zone: 0 };
    for n in 6_000..6_030 {
        stage.old.mailbox.put(&path("INBOX"), letter(n), Flags::default(), Some(later));
        put(&stage.new, "INBOX", n);
    }
    put_all(&stage.new, "INBOX", 7_000..7_030);
    let outcome = stage.move_all().await;
    complete(&outcome);
    assert_eq!((outcome.counts.stored, outcome.counts.already), (0, 45));
}

#[tokio::test]
async fn another_copier_beside_a_run_is_found_in_that_run() {
    for uidplus in [true, false] {
        let mut stage = Stage::of(40);
        let (old, new) = (stage.old.mailbox.clone(), stage.new.mailbox.clone());
        new.behave(|manners| (manners.uidplus, manners.batch.messages) = (uidplus, 2));
        let copied = Mutex::new(0);
        stage.world.wire = Tripwire::watched(Arc::new(move |_| {
            let mut copied = copied.lock().unwrap();
            if new.kept(&path("INBOX")).len() > 3 && *copied < 30 {
                let next = old.kept(&path("INBOX"))[*copied].octets.clone();
                *copied += 1;
                new.put(&path("INBOX"), next, Flags::default(), None);
            }
            Ok(())
        }));
        let outcome = stage.move_all().await;
        assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Stopped, Some(Cause::OtherCopier)), "{uidplus}");
    }
}

#[tokio::test]
async fn what_was_refiled_at_the_source_is_moved_at_the_target_and_not_stored_again() {
    let stage = Stage::new();
    complete(&stage.move_all().await);
    let refile = |uid: u32, to: &str| {
        let kept = stage.old.mailbox.take_out(&path("INBOX"), uid).unwrap();
        stage.old.mailbox.put(&path(to), kept.octets, kept.flags, kept.date);
    };
    let uids: Vec<u32> = stage.old.mailbox.kept(&path("INBOX")).iter().map(|kept| kept.uid).collect();
    (0..3).for_each(|at| refile(uids[at], "Work/2024"));
    refile(uids[3], "New");
    let outcome = stage.move_all().await;
    complete(&outcome);
    assert_eq!(outcome.counts, Counts { found: 30, already: 30, ..Counts::default() });
    assert!(outcome.problems.is_empty(), "{:?}", outcome.problems);
    let of = |folder: &str| (number(&stage.new, folder), number(&stage.old, folder));
    assert_eq!((of("INBOX"), of("Work/2024"), of("New")), ((6, 6), (13, 13), (1, 1)));
    stage.assert_moved();
    let again = stage.move_all().await;
    assert_eq!((again.counts.already, again.problems.len()), (30, 0));

    // What its owner has touched at the target stays where it is, and so does what was never ours.
    let there = stage.new.mailbox.kept(&path("INBOX"));
    stage.new.mailbox.mark(&path("INBOX"), there[0].uid, Flags::new([System::Flagged]));
    let uids: Vec<u32> = stage.old.mailbox.kept(&path("INBOX")).iter().map(|kept| kept.uid).collect();
    refile(uids[0], "Work/2024");
    let outcome = stage.move_all().await;
    assert_eq!((outcome.counts.stored, codes(&outcome.problems)), (1, vec!["deleted_at_source"]));
    assert_eq!((number(&stage.new, "INBOX"), number(&stage.new, "Work/2024")), (6, 14));
}

/// Where the server changes octets, and messages have one header, nobody knows which copy is whose: it is stored again.
#[tokio::test]
async fn a_refiled_message_of_many_with_its_header_is_stored_and_not_moved() {
    let stage = Stage::of(1);
    let upper = |octets: &[u8]| octets.to_ascii_uppercase();
    let with = |end: &str| [&letter(500)[..], end.as_bytes()].concat();
    for end in ["one\r\n", "two\r\n"] {
        stage.old.mailbox.put(&path("INBOX"), with(end), Flags::default(), None);
    }
    stage.new.mailbox.behave(|manners| manners.rewrites = Some(Arc::new(move |octets| upper(octets))));
    complete(&stage.move_all().await);
    let refile = |octets: Vec<u8>| {
        let kept = stage.old.mailbox.kept(&path("INBOX")).into_iter().find(|kept| kept.octets == octets).unwrap();
        stage.old.mailbox.take_out(&path("INBOX"), kept.uid);
        stage.old.mailbox.put(&path("Work/2024"), kept.octets, kept.flags, kept.date);
    };
    refile(with("two\r\n"));
    refile(letter(1));
    let outcome = stage.move_all().await;
    complete(&outcome);
    assert_eq!((outcome.counts.stored, outcome.counts.already), (1, 4));
    assert_eq!((number(&stage.new, "INBOX"), number(&stage.new, "Work/2024")), (2, 3));
}

#[tokio::test]
async fn a_refiled_message_is_there_once_wherever_the_run_is_interrupted() {
    for effect in 0..40 {
        for when in [When::Before, When::After] {
            let stage = Stage::of(3);
            complete(&stage.move_all().await);
            let first = stage.old.mailbox.kept(&path("INBOX"))[0].uid;
            let kept = stage.old.mailbox.take_out(&path("INBOX"), first).unwrap();
            stage.old.mailbox.put(&path("Work/2024"), kept.octets.clone(), kept.flags, kept.date);
            stage.new.fates([Fate::Lost(effect, when)]);
            complete(&stage.move_all().await);
            complete(&stage.move_all().await);
            let all = ["INBOX", "Work/2024"].map(|folder| stage.new.mailbox.kept(&path(folder)));
            let there = all.map(|all| all.iter().filter(|one| one.octets == kept.octets).count());
            assert_eq!(there, [0, 1], "lost at {effect} {when:?}");
        }
    }
}
