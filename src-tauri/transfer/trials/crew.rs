//! Several pairs of connections at one move.

use super::*;

/// A run is interrupted at each so many-th of its effects.
const POINTS_APART: usize = 5;

#[tokio::test]
async fn pairs_share_the_folders_and_nobody_is_asked_again() {
    let stage = Stage::of(60).pairs(3);
    let person = Person::with(&["right", "right"]);
    let outcome = stage.start(stage.request(plain_move()), &person).outcome().await;
    complete(&outcome);
    assert_eq!(outcome.counts, Counts { found: 180, stored: 180, ..Counts::default() });
    stage.assert_moved();
    assert_eq!((stage.old.state().tried.len(), stage.new.state().tried.len()), (3, 3));
    assert_eq!(person.asked.lock().unwrap().len(), 2);
    let again = stage.move_all().await;
    assert_eq!(again.counts, Counts { found: 180, already: 180, ..Counts::default() });
}

#[tokio::test]
async fn pairs_work_at_the_same_time() {
    let took = async |pairs| {
        let stage = Stage::of(60).pairs(pairs);
        stage.new.mailbox.behave(|manners| {
            manners.delay = Some(Duration::from_millis(12));
            manners.batch.messages = 3;
        });
        let begun = Instant::now();
        complete(&stage.move_all().await);
        stage.assert_moved();
        begun.elapsed()
    };
    let (one, three) = (took(1).await, took(3).await);
    assert!(three * 3 < one * 2, "one {one:?}, three {three:?}");
}

#[tokio::test]
async fn few_messages_are_moved_by_one_pair() {
    let stage = Stage::new().pairs(3);
    let person: Arc<dyn Credentials> = Person::with(&["right", "right"]);
    // Not hurried: the thresholds are the true ones.
    complete(&start_with(stage.request(plain_move()), person, Arc::new(stage.world.clone()), 1).outcome().await);
    assert_eq!((stage.old.state().tried.len(), stage.new.state().tried.len()), (1, 1));
}

#[tokio::test]
async fn a_lost_connection_leaves_its_folder_to_the_others() {
    for (which, when) in [0, 1, 2].into_iter().flat_map(|which| [(which, When::Before), (which, When::After)]) {
        for (at_old, effect) in [(true, 5), (true, 7), (false, 6), (false, 8), (false, 10)] {
            let stage = Stage::of(40).pairs(3);
            stage.new.mailbox.behave(|manners| manners.batch.messages = 5);
            let server = if at_old { &stage.old } else { &stage.new };
            server.fates((0..3).map(|pair| if pair == which { Fate::Lost(effect, when) } else { Fate::Good }));
            let outcome = stage.move_all().await;
            complete(&outcome);
            assert_eq!(outcome.counts, Counts { found: 120, stored: 120, ..Counts::default() });
            stage.assert_moved();
            let again = stage.move_all().await;
            assert_eq!(again.counts, Counts { found: 120, already: 120, ..Counts::default() });
        }
    }
}

#[tokio::test]
async fn what_refuses_another_sign_in_is_not_asked_again_and_nothing_fails() {
    let causes =
        [Cause::SignInUnavailable, Cause::Throttled, Cause::ConnectionRefused, Cause::Closed, Cause::HostUnknown];
    for (cause, at_old) in causes.into_iter().flat_map(|cause| [(cause, true), (cause, false)]) {
        let stage = Stage::of(60).pairs(4);
        let server = if at_old { &stage.old } else { &stage.new };
        server.fates([Fate::Good, Fate::Good, Fate::Away(cause)]);
        complete(&stage.move_all().await);
        stage.assert_moved();
        // Two were asked for at once; after the refusal none is.
        assert!((2..=3).contains(&server.state().tried.len()), "{cause:?}");
    }
}

#[tokio::test]
async fn a_password_that_one_pair_more_may_not_use_is_asked_of_nobody() {
    let stage = Stage::of(60).pairs(3);
    let person = Person::with(&["right", "right"]);
    let run = stage.start(stage.request(plain_move()), &person);
    while stage.new.state().tried.is_empty() {
        tokio::task::yield_now().await;
    }
    stage.new.state().password = "newer";
    complete(&run.outcome().await);
    stage.assert_moved();
    assert_eq!(stage.new.state().tried, ["right", "right"]);
    assert_eq!(person.asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_full_quota_stops_all_pairs() {
    let stage = Stage::of(40).pairs(3);
    stage.new.mailbox.behave(|manners| {
        manners.capacity.room = Some(letter(2000).len() as u64 * 50);
        manners.batch.messages = 5;
    });
    let outcome = stage.move_all().await;
    assert_eq!(outcome.verdict, Verdict::Problems, "{:?}", outcome.failure);
    assert_eq!(codes(&outcome.problems), ["quota_full"]);
    assert!(outcome.counts.agrees() && outcome.counts.found == 120, "{:?}", outcome.counts);
    let there: usize = ["INBOX", "已发送", "Work/2024"].map(|f| stage.new.mailbox.kept(&path(f)).len()).iter().sum();
    assert_eq!(there as u64, outcome.counts.stored + outcome.counts.already);
    assert!(there > 20 && outcome.counts.failed > 0, "{there} {:?}", outcome.counts);
    stage.new.mailbox.behave(|manners| manners.capacity.room = None);
    let again = stage.move_all().await;
    complete(&again);
    assert_eq!((again.counts.already, again.counts.stored), (there as u64, outcome.counts.failed));
    stage.assert_moved();
}

#[tokio::test]
async fn pause_and_stop_end_all_pairs_within_a_second() {
    let stage = Stage::of(60).pairs(3);
    stage.new.mailbox.behave(|manners| {
        manners.delay = Some(Duration::from_millis(5));
        manners.batch.messages = 3;
    });
    let run = stage.start(stage.request(plain_move()), &Person::with(&["right", "right"]));
    let mut snapshots = run.snapshots();
    let busy = |folders: &[crate::FolderProgress]| folders.iter().filter(|folder| folder.done > 0).count();
    snapshots.wait_for(|snapshot| snapshot.phase == Phase::Move && busy(&snapshot.folders) == 3).await.unwrap();
    let asked = Instant::now();
    run.control().pause();
    snapshots.wait_for(|snapshot| snapshot.paused).await.unwrap();
    assert!(asked.elapsed() < Duration::from_secs(3));
    let there = || ["INBOX", "已发送", "Work/2024"].map(|folder| stage.new.mailbox.kept(&path(folder)).len());
    let before = there();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(there(), before);
    run.control().resume();
    let stored: usize = before.iter().sum();
    snapshots.wait_for(|snapshot| snapshot.done > stored as u64 + 20).await.unwrap();
    let asked = Instant::now();
    run.control().stop();
    let outcome = run.outcome().await;
    assert!(asked.elapsed() < Duration::from_secs(3));
    assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Stopped, Some(Cause::Stopped)));
    let counts = outcome.counts;
    assert!(counts.agrees() && counts.stored > stored as u64 && counts.stored < 180, "{counts:?}");
    stage.new.mailbox.behave(|manners| manners.delay = None);
    complete(&stage.move_all().await);
    stage.assert_moved();
}

#[tokio::test]
async fn pairs_read_through_one_archive() {
    let stage = Stage::of(40).pairs(3);
    stage.old.fates([Fate::Good, Fate::Lost(7, When::After)]);
    let task = Task::Move {
        backup: Some(stage.backup()),
        prove_first: false,
        put_back: false,
        verify_after: Some(Level::Identical),
    };
    let outcome = stage.run(stage.request(task)).await;
    complete(&outcome);
    assert_eq!((outcome.counts.stored, outcome.backup.map(|(messages, _)| messages)), (120, Some(120)));
    assert_eq!(outcome.verified, Some(Counts { found: 120, already: 120, ..Counts::default() }));
    assert!(stage.old.state().tried.len() >= 3);
    stage.assert_moved();
}

/// All over a run of three pairs, its connections and its journal end; the next run finishes.
#[tokio::test]
async fn killed_anywhere_nothing_is_lost_or_doubled() {
    let staged = |wire: &Tripwire| {
        let mut stage = Stage::of(7).pairs(3);
        stage.new.mailbox.behave(|manners| manners.batch.messages = 3);
        stage.world.wire = wire.clone();
        stage
    };
    let never = Tripwire::never();
    complete(&staged(&never).move_all().await);
    let effects = never.effects();
    assert!(effects > 60, "{effects}");
    let (mut runs, mut tripped, mut midway) = (0, 0, 0);
    let ways = [(true, When::Before), (true, When::After), (false, When::Before), (false, When::After)];
    for (way, (kills, when)) in ways.into_iter().enumerate() {
        // Each way begins elsewhere, so that together they come near every effect.
        for effect in (way..effects).step_by(POINTS_APART) {
            runs += 1;
            let wire = Tripwire::at(effect, when, kills);
            let mut stage = staged(&wire);
            let mut request = stage.request(plain_move());
            request.pace.patience = Some(Duration::ZERO);
            let ended = stage.run(request).await;
            tripped += usize::from(wire.tripped());
            midway += usize::from(ended.verdict != Verdict::Complete);
            stage.world.wire = never.clone();
            let finished = stage.move_all().await;
            complete(&finished);
            assert_eq!(finished.counts.found, 21, "{effect} {when:?} {kills}");
            stage.assert_moved();
            let again = stage.move_all().await;
            assert_eq!(
                again.counts,
                Counts { found: 21, already: 21, ..Counts::default() },
                "{effect} {when:?} {kills}"
            );
        }
    }
    assert!(tripped * 10 > runs * 8 && midway * 3 > runs, "{tripped} tripped and {midway} ended midway of {runs}");
}
