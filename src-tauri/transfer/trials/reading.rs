//! Whole mailboxes read, for a backup or a verification: by several pairs, with lost connections, and with what cannot
//! be read.

use super::*;

fn verification() -> Task {
    Task::Verify { level: Level::Identical }
}

fn backup(stage: &Stage) -> Request {
    Request { target: None, ..stage.request(Task::Backup { directory: stage.backup() }) }
}

/// What a reading of each kind is asked for: the backup of a stage, and a verification of one that was moved.
async fn kinds(each: u32, pairs: usize) -> [(Stage, Request); 2] {
    let moved = Stage::of(each).pairs(pairs);
    complete(&moved.move_all().await);
    let fresh = Stage::of(each).pairs(pairs);
    let (verify, back_up) = (moved.request(verification()), backup(&fresh));
    for stage in [&moved, &fresh] {
        stage.old.state().tried.clear();
        stage.new.state().tried.clear();
    }
    [(moved, verify), (fresh, back_up)]
}

fn all(counts: Counts, of: u64) -> bool {
    counts.agrees() && counts.found == of && counts.stored + counts.already == of
}

#[tokio::test]
async fn pairs_read_at_the_same_time() {
    let mut took = Vec::new();
    for pairs in [1, 3] {
        for (stage, request) in kinds(60, pairs).await {
            stage.old.mailbox.behave(|manners| manners.delay = Some(Duration::from_millis(10)));
            let begun = Instant::now();
            let outcome = stage.run(request).await;
            took.push(begun.elapsed());
            complete(&outcome);
            assert!(all(outcome.counts, 180), "{:?}", outcome.counts);
            assert_eq!(stage.old.state().tried.len(), pairs);
        }
    }
    let [verify, back_up, verify_with_three, back_up_with_three] = took[..] else { panic!("{took:?}") };
    assert!(verify_with_three * 3 < verify * 2, "{took:?}");
    assert!(back_up_with_three * 3 < back_up * 2, "{took:?}");
}

#[tokio::test]
async fn a_lost_connection_costs_nothing_that_was_read() {
    for (which, when) in [0, 1, 2].into_iter().flat_map(|which| [(which, When::Before), (which, When::After)]) {
        for (at_old, effect) in [(true, 3), (true, 6), (true, 9), (true, 20), (false, 5), (false, 12)] {
            for (stage, request) in kinds(30, 3).await {
                let server = if at_old { &stage.old } else { &stage.new };
                server.fates((0..3).map(|pair| if pair == which { Fate::Lost(effect, when) } else { Fate::Good }));
                let outcome = stage.run(request).await;
                complete(&outcome);
                assert!(all(outcome.counts, 90), "{which} {at_old} {effect} {when:?} {:?}", outcome.counts);
            }
        }
    }
}

#[tokio::test]
async fn a_message_that_breaks_its_connections_is_the_only_one_not_read() {
    for pairs in [1, 3] {
        for (stage, request) in kinds(10, pairs).await {
            let needs = |times: u32| {
                stage.old.mailbox.behave(|manners| {
                    manners.slow = Some(Arc::new(move |octets: &[u8]| if octets == letter(1005) { times } else { 1 }));
                });
            };
            needs(100);
            let outcome = stage.run(request.clone()).await;
            assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Problems, None));
            let Counts { found, stored, already, failed, .. } = outcome.counts;
            assert_eq!((found, stored + already, failed), (30, 29, 1));
            assert_eq!(codes(&outcome.problems), ["timeout"]);
            assert_eq!(outcome.problems[0].folder, Some(path("已发送")));
            needs(2);
            let patient = stage.run(request).await;
            complete(&patient);
            assert!(all(patient.counts, 30), "{:?}", patient.counts);
        }
    }
}

#[tokio::test]
async fn a_folder_whose_listing_costs_the_connection_is_left_out_alone() {
    let fresh = Stage::new();
    let copy = fresh.request(plain_move());
    for (stage, request) in kinds(10, 1).await.into_iter().chain([(fresh, copy)]) {
        stage.old.mailbox.behave(|manners| manners.deadly = Some(path("已发送")));
        let outcome = stage.run(request.clone()).await;
        assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Problems, None), "{:?}", request.task);
        let counts = outcome.counts;
        assert_eq!((counts.stored + counts.already, counts.failed, counts.agrees()), (20, 10, true));
        assert_eq!(codes(&outcome.problems), ["closed"]);
        assert_eq!(outcome.problems[0].folder, Some(path("已发送")));
        stage.old.mailbox.behave(|manners| manners.deadly = None);
        let again = stage.run(request).await;
        complete(&again);
        assert!(all(again.counts, 30), "{:?}", again.counts);
    }
}

#[tokio::test]
async fn a_folder_that_is_numbered_anew_is_read_anew() {
    let [(stage, request), _] = kinds(30, 1).await;
    stage.old.mailbox.behave(|manners| manners.delay = Some(Duration::from_millis(2)));
    let run = stage.start(request, &Person::with(&["right", "right"]));
    let mut snapshots = run.snapshots();
    snapshots.wait_for(|snapshot| snapshot.phase == Phase::Verify && snapshot.done > 20).await.unwrap();
    for folder in ["INBOX", "已发送", "Work/2024"] {
        stage.old.mailbox.renumber(&path(folder), 500);
    }
    let outcome = run.outcome().await;
    complete(&outcome);
    assert!(all(outcome.counts, 90), "{:?}", outcome.counts);
}
