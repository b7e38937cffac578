//! What a run is asked to do, done to its end.

use super::*;

#[tokio::test]
async fn a_move_and_a_second_one_that_stores_nothing() {
    let stage = Stage::new();
    let run = stage.start(stage.request(plain_move()), &Person::with(&["right", "right"]));
    let snapshots = run.snapshots();
    let outcome = run.outcome().await;
    complete(&outcome);
    assert_eq!(outcome.counts, Counts { found: 30, stored: 30, ..Counts::default() });
    assert_eq!(outcome.folders.len(), 4);
    stage.assert_moved();
    let last = snapshots.borrow().clone();
    assert_eq!((last.phase, last.done, last.total), (Phase::Done, 30, 30));
    let again = stage.move_all().await;
    complete(&again);
    assert_eq!(again.counts, Counts { found: 30, already: 30, ..Counts::default() });
    stage.old.mailbox.put(&path("INBOX"), letter(99), Flags::default(), Some(InternalDate { seconds: 9, zone: 0 }));
    let third = stage.move_all().await;
    assert_eq!((third.counts.stored, third.counts.already), (1, 30));
    stage.assert_moved();
    let home = Home::open(&stage.home()).unwrap();
    let moves = home.moves().unwrap();
    assert!(moves.len() == 1 && moves[0].1.facts.moved && moves[0].1.last.as_ref().unwrap().counts.stored == 1);
}

#[tokio::test]
async fn one_mailbox_under_two_names_is_refused_before_anything_is_written() {
    let mut stage = Stage::new();
    stage.world.servers.insert("new", stage.old.clone());
    let before = stage.old.mailbox.kept(&path("INBOX"));
    let outcome = stage.move_all().await;
    assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Failed, Some(Cause::SameMailbox)));
    assert_eq!(stage.old.mailbox.kept(&path("INBOX")), before);
    let mut request = stage.request(plain_move());
    request.target = Some(Stage::account("OLD"));
    let outcome = stage.run(request).await;
    assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Failed, Some(Cause::SameMailbox)));
}

#[tokio::test]
async fn a_second_run_of_one_move_finds_it_busy() {
    let stage = Stage::new();
    let home = Home::open(&stage.home()).unwrap();
    let lock = home.lock(&Home::id(&Stage::account("old"), Some(&Stage::account("new")))).unwrap();
    let outcome = stage.move_all().await;
    assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Failed, Some(Cause::Busy)));
    drop(lock);
    complete(&stage.move_all().await);
}

#[tokio::test]
async fn a_check_tells_what_a_move_would_do_and_changes_nothing() {
    let stage = Stage::new();
    stage.new.mailbox.put(&path("INBOX"), letter(3), Flags::default(), None);
    stage.new.mailbox.behave(|manners| {
        manners.capacity.room = Some(100);
        manners.capacity.message_limit = Some(10_000);
    });
    stage.old.mailbox.put(&path("INBOX"), vec![b'x'; 20_000], Flags::default(), None);
    let outcome = stage.run(stage.request(Task::Check)).await;
    assert_eq!(outcome.verdict, Verdict::Problems);
    assert_eq!(outcome.counts, Counts { found: 31, stored: 29, already: 1, failed: 1, ..Counts::default() });
    assert_eq!(codes(&outcome.problems), ["message_too_large", "quota_full"]);
    let survey = outcome.survey.unwrap();
    assert_eq!((survey.room, survey.message_limit, survey.oldest), (Some(100), Some(10_000), Some(1_000_000_001)));
    assert!(survey.octets > 20_000 && survey.estimate.is_some());
    assert_eq!(stage.new.mailbox.kept(&path("INBOX")).len(), 1);
    assert!(stage.new.mailbox.kept(&path("已发送")).is_empty());
    let home = Home::open(&stage.home()).unwrap();
    let record = home.moves().unwrap().remove(0).1;
    assert!(record.facts.checked && !record.facts.moved && record.last.is_none());
}

#[tokio::test]
async fn the_windows_move_backs_up_proves_moves_and_verifies() {
    let stage = Stage::new();
    let task = Task::Move {
        backup: Some(stage.backup()),
        prove_first: true,
        put_back: false,
        verify_after: Some(Level::Identical),
    };
    stage.old.fates([Fate::Lost(9, When::After), Fate::Lost(14, When::Before)]);
    let outcome = stage.run(stage.request(task.clone())).await;
    complete(&outcome);
    assert_eq!(outcome.counts.stored, 30);
    assert_eq!(outcome.backup.map(|(messages, _)| messages), Some(30));
    assert_eq!(outcome.verified, Some(Counts { found: 30, already: 30, ..Counts::default() }));
    stage.assert_moved();
    // What its owner deletes there since is named and explained.
    let first = stage.new.mailbox.kept(&path("INBOX"))[0].uid;
    stage.new.mailbox.take_out(&path("INBOX"), first);
    let again = stage.run(stage.request(task)).await;
    complete(&again);
    assert_eq!((again.counts.stored, again.counts.gone), (0, 1));
    assert_eq!(again.verified.map(|counts| (counts.already, counts.gone, counts.failed)), Some((29, 1, 0)));
    assert_eq!(codes(&again.problems), ["gone"]);
    let facts = Home::open(&stage.home()).unwrap().moves().unwrap().remove(0).1.facts;
    assert!(facts.checked && facts.backed_up && facts.moved && facts.verified && !facts.finished);
}

#[tokio::test]
async fn a_backup_holds_everything_and_its_second_run_only_what_is_new() {
    let stage = Stage::new();
    let request = |task, target| Request { target, ..stage.request(task) };
    let backup = || request(Task::Backup { directory: stage.backup() }, None);
    let look = stage.run(request(Task::Check, None)).await;
    complete(&look);
    assert_eq!(look.counts, Counts { found: 30, stored: 30, ..Counts::default() });
    assert!(look.survey.is_some_and(|survey| survey.octets > 0 && survey.estimate.is_some()));
    let first = stage.run(backup()).await;
    complete(&first);
    assert_eq!(first.counts, Counts { found: 30, stored: 30, ..Counts::default() });
    assert_eq!(first.backup.map(|(messages, _)| messages), Some(30));
    stage.old.mailbox.put(&path("INBOX"), letter(77), Flags::default(), None);
    let second = stage.run(backup()).await;
    complete(&second);
    assert_eq!((second.counts.stored, second.counts.already), (1, 30));
    let level = Level::Identical;
    let against = stage.run(request(Task::Verify { level }, Some(Place::Directory(stage.backup())))).await;
    complete(&against);
    assert_eq!(against.counts.already, 31);
    let mut alone = request(Task::Verify { level }, None);
    alone.source = Place::Directory(stage.backup());
    let alone = stage.run(alone).await;
    complete(&alone);
    assert_eq!(alone.counts, Counts { found: 31, already: 31, ..Counts::default() });
}

#[tokio::test]
async fn a_backup_on_the_way_holds_what_the_target_had_already() {
    let stage = Stage::new();
    complete(&stage.move_all().await);
    let task = Task::Move { backup: Some(stage.backup()), prove_first: false, put_back: false, verify_after: None };
    let outcome = stage.run(stage.request(task)).await;
    complete(&outcome);
    assert_eq!(outcome.counts, Counts { found: 30, already: 30, ..Counts::default() });
    assert_eq!(outcome.backup.map(|(messages, _)| messages), Some(30));
}

#[tokio::test]
async fn a_stop_while_backing_up_has_stored_nothing() {
    let stage = Stage::of(60);
    stage.old.mailbox.behave(|manners| manners.delay = Some(Duration::from_millis(3)));
    let task = Task::Move { backup: Some(stage.backup()), prove_first: true, put_back: false, verify_after: None };
    let run = stage.start(stage.request(task), &Person::with(&["right", "right"]));
    let mut snapshots = run.snapshots();
    snapshots.wait_for(|snapshot| snapshot.phase == Phase::BackUp && snapshot.done > 3).await.unwrap();
    run.control().stop();
    let outcome = run.outcome().await;
    assert_eq!((outcome.verdict, outcome.counts), (Verdict::Stopped, Counts::default()));
    assert_eq!(outcome.backup, None);
}

#[tokio::test]
async fn a_verification_believes_no_journal() {
    let stage = Stage::new();
    complete(&stage.move_all().await);
    for level in [Level::Identical, Level::Present] {
        let equal = stage.run(stage.request(Task::Verify { level })).await;
        complete(&equal);
        assert_eq!(equal.counts, Counts { found: 30, already: 30, ..Counts::default() });
    }
    let inbox = stage.new.mailbox.kept(&path("INBOX"));
    stage.new.mailbox.take_out(&path("INBOX"), inbox[0].uid);
    let damaged = stage.new.mailbox.take_out(&path("INBOX"), inbox[1].uid).unwrap();
    let octets = [&damaged.octets[..], b"more"].concat();
    stage.new.mailbox.put(&path("INBOX"), octets, damaged.flags, damaged.date);
    let rewritten = stage.new.mailbox.take_out(&path("INBOX"), inbox[2].uid).unwrap();
    let octets = [&rewritten.octets[..], b"\r"].concat();
    stage.new.mailbox.put(&path("INBOX"), octets, Flags::new([System::Flagged]), rewritten.date);
    let outcome = stage.run(stage.request(Task::Verify { level: Level::Identical })).await;
    assert_eq!(outcome.verdict, Verdict::Problems);
    assert_eq!((outcome.counts.already, outcome.counts.failed), (28, 2));
    assert_eq!(codes(&outcome.problems), ["different", "missing", "changed_by_server"]);
}

/// Three more messages, of which the new server changes a header field, as Cyrus does with octets above 127.
fn munging() -> Stage {
    let stage = Stage::new();
    for n in 1..=3 {
        let octets = [b"From: \xba\xcf\r\n", &letter(n)[..]].concat();
        stage.old.mailbox.put(&path("INBOX"), octets, Flags::default(), Some(InternalDate { seconds: 7, zone: 0 }));
    }
    stage.new.mailbox.behave(|manners| {
        let munged = |octets: &[u8]| match octets.strip_prefix(b"From: \xba\xcf") {
            Some(rest) => [b"From: XX", rest].concat(),
            None => octets.to_vec(),
        };
        manners.rewrites = Some(Arc::new(munged));
    });
    stage
}

#[tokio::test]
async fn what_the_server_changed_beyond_recognition_is_not_called_missing() {
    let stage = munging();
    let moved = stage.move_all().await;
    assert_eq!((moved.verdict, moved.counts.stored), (Verdict::Complete, 33));
    let inbox = stage.new.mailbox.kept(&path("INBOX"));
    let lost = inbox.iter().rfind(|kept| kept.octets.starts_with(b"From")).unwrap().uid;
    stage.new.mailbox.take_out(&path("INBOX"), lost);
    let outcome = stage.run(stage.request(Task::Verify { level: Level::Identical })).await;
    assert_eq!((outcome.counts.already, outcome.counts.failed), (30, 3));
    assert_eq!(codes(&outcome.problems), ["different", "different", "missing"]);
}

/// Neither octets nor header find such a message again when it is in doubt: it is stored rather than lost, and named.
#[tokio::test]
async fn what_the_server_changed_beyond_recognition_is_named_where_it_was_in_doubt() {
    let mut twice = 0;
    for at in 1..60 {
        let stage = munging();
        stage.new.fates([Fate::Lost(at, When::After)]);
        let outcome = stage.move_all().await;
        let named = codes(&outcome.problems).iter().filter(|code| **code == "maybe_twice").count();
        let there = ["INBOX", "已发送", "Work/2024"].map(|name| stage.new.mailbox.kept(&path(name)).len());
        let more = there.iter().sum::<usize>() - 33;
        // Of several that are alike in size, flags and date nobody can tell which it was.
        assert!(more <= named && (more == 0) == (named == 0), "lost at {at}: {more} more, {named} named");
        twice += more;
    }
    assert!(twice > 0, "none of them was in doubt");
}

#[tokio::test]
async fn another_layout_needs_a_new_plan() {
    let stage = Stage::new();
    complete(&stage.move_all().await);
    let mut request = stage.request(plain_move());
    request.layout.into = Some("@".into());
    let outcome = stage.run(request.clone()).await;
    assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Failed, Some(Cause::LayoutChanged)));
    request.layout.replan = true;
    let outcome = stage.run(request).await;
    complete(&outcome);
    assert_eq!(stage.new.mailbox.kept(&path("li@example.com/INBOX")).len(), 10);
}

#[tokio::test]
async fn options_leave_out_folders_and_old_mail() {
    let stage = Stage::new();
    let mut request = stage.request(plain_move());
    request.layout.skip_folders = vec!["work*".into()];
    request.layout.since = Some(InternalDate { seconds: 1_000_000_006, zone: 0 });
    let outcome = stage.run(request).await;
    complete(&outcome);
    assert_eq!(outcome.counts, Counts { found: 30, stored: 10, skipped: 20, ..Counts::default() });
    assert!(stage.new.mailbox.kept(&path("Work/2024")).is_empty());
}

#[tokio::test]
async fn no_secret_is_left_at_home() {
    let stage = Stage::new();
    stage.old.state().password = "s3cret-One";
    stage.new.state().password = "s3cret-Two";
    let run = stage.start(stage.request(plain_move()), &Person::with(&["s3cret-One", "s3cret-Two"]));
    complete(&run.outcome().await);
    let mut open = vec![stage.home()];
    let mut files = 0;
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let place = entry.unwrap().path();
            if place.is_dir() {
                open.push(place);
                continue;
            }
            files += 1;
            let octets = std::fs::read(&place).unwrap();
            assert!(!octets.windows(7).any(|seven| seven == b"s3cret-"), "{}", place.display());
        }
    }
    assert!(files >= 3, "record, journal and lock");
}

#[tokio::test]
async fn what_somebody_else_brought_to_the_target_is_not_stored_again_when_it_comes_to_the_source() {
    let stage = Stage::new();
    complete(&stage.move_all().await);
    let (inbox, late) = (path("INBOX"), letter(7_777));
    stage.new.mailbox.put(&inbox, late.clone(), Flags::default(), None);
    assert_eq!(stage.move_all().await.counts, Counts { found: 30, already: 30, ..Counts::default() });
    stage.old.mailbox.put(&inbox, late.clone(), Flags::default(), None);
    assert_eq!(stage.move_all().await.counts, Counts { found: 31, already: 31, ..Counts::default() });
    let there = stage.new.mailbox.kept(&inbox);
    assert_eq!(there.iter().filter(|kept| kept.octets == late).count(), 1);
}

#[tokio::test]
async fn a_mailbox_with_nothing_new_is_not_listed_and_one_that_grew_only_in_part() {
    let stage = Stage::new();
    complete(&stage.move_all().await);
    let effects = async || {
        let before = stage.world.wire.effects();
        let outcome = stage.move_all().await;
        complete(&outcome);
        (outcome.counts, stage.world.wire.effects() - before)
    };
    let (counts, nothing) = effects().await;
    assert_eq!(counts, Counts { found: 30, already: 30, ..Counts::default() });
    stage.old.mailbox.put(&path("INBOX"), letter(8_888), Flags::default(), None);
    let (counts, grown) = effects().await;
    assert_eq!(counts, Counts { found: 31, stored: 1, already: 30, ..Counts::default() });
    // Its owner reads one at the source: only a whole look finds what follows.
    let first = stage.old.mailbox.kept(&path("INBOX"))[0].uid;
    stage.old.mailbox.put(&path("Work/2024"), letter(9_999), Flags::default(), None);
    stage.old.mailbox.take_out(&path("INBOX"), first);
    let outcome = stage.move_all().await;
    assert_eq!(outcome.counts, Counts { found: 31, stored: 1, already: 30, ..Counts::default() });
    assert_eq!(codes(&outcome.problems), ["deleted_at_source"]);
    assert!(nothing < grown, "{nothing} effects, then {grown}");
}

#[tokio::test]
async fn what_to_look_for_bears_the_folders_of_the_new_mailbox() {
    let stage = Stage::new();
    let sent = path("Sent Items");
    let uid = stage.new.mailbox.put(&sent, letter(1), Flags::default(), None);
    stage.new.mailbox.take_out(&sent, uid);
    let large = [b"Subject: large\r\n\r\n".as_slice(), &[b'x'; 5_000]].concat();
    stage.old.mailbox.put(&path("已发送"), large, Flags::default(), None);
    // The newest one has been brought into another folder than its own.
    let newest = Some(InternalDate { seconds: 4_000_000_000, zone: 0 });
    stage.old.mailbox.put(&path("INBOX"), letter(500), Flags::default(), newest);
    stage.new.mailbox.put(&path("Brought"), letter(500), Flags::default(), newest);
    let task = Task::Move { backup: Some(stage.backup()), prove_first: true, put_back: false, verify_after: None };
    let outcome = stage.run(stage.request(task)).await;
    complete(&outcome);
    let (home, id) =
        (Home::open(&stage.home()).unwrap(), Home::id(&Stage::account("old"), Some(&Stage::account("new"))));
    let found = crate::landmarks(&home, &id, &stage.backup(), &[]).await;
    let largest = found.iter().find(|landmark| landmark.which == crate::Which::Largest).unwrap();
    assert_eq!((&largest.folder, largest.heading.subject.as_deref()), (&sent, Some("large")));
    let newest = found.iter().find(|landmark| landmark.which == crate::Which::Newest).unwrap();
    assert_eq!((newest.folder.to_string().as_str(), newest.heading.subject.as_deref()), ("Brought", Some("500")));
    assert_eq!(stage.new.mailbox.kept(&sent).len(), 11);
    // Nothing is known of a move that never ran.
    assert_eq!(crate::landmarks(&home, "0123456789abcdef", &stage.backup(), &[]).await, []);
}
