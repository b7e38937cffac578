//! What servers and people do to a run.

use super::*;

#[tokio::test]
async fn lost_connections_are_made_up_for() {
    let cases = [(0, When::Before), (0, When::After), (1, When::Before), (1, When::After)];
    for ((side, when), pairs) in cases.into_iter().flat_map(|case| [(case, 1), (case, 3)]) {
        let stage = Stage::new().pairs(pairs);
        let server = if side == 0 { &stage.old } else { &stage.new };
        server.fates([4, 6, 9, 7, 12, 5].map(|effect| Fate::Lost(effect, when)));
        server.fates([Fate::Away(Cause::ConnectionRefused), Fate::Away(Cause::HostUnknown)]);
        let outcome = stage.move_all().await;
        complete(&outcome);
        assert_eq!(outcome.counts.found, 30);
        stage.assert_moved();
        assert!(server.state().fates.len() < 4, "the faults were met");
        server.state().fates.clear();
        assert_eq!(stage.run(stage.request(Task::Check)).await.counts.already, 30);
        let again = stage.move_all().await;
        assert_eq!(again.counts, Counts { found: 30, already: 30, ..Counts::default() });
    }
}

#[tokio::test]
async fn a_refused_password_is_asked_for_once_and_never_tried_twice() {
    let stage = Stage::new();
    let person = Person::with(&["wrong"]);
    let outcome = stage.start(stage.request(plain_move()), &person).outcome().await;
    assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Failed, Some(Cause::SignInRefused)));
    assert_eq!(outcome.failure.unwrap().side, Some(Side::Source));
    assert_eq!(*person.asked.lock().unwrap(), [(Side::Source, Reason::First), (Side::Source, Reason::Refused)]);
    assert_eq!(stage.old.state().tried, ["wrong"]);

    let person = Person::with(&["wrong", "right", "right"]);
    complete(&stage.start(stage.request(plain_move()), &person).outcome().await);
    assert_eq!(stage.old.state().tried[1..], ["wrong", "right"]);
}

#[tokio::test]
async fn a_password_changed_on_the_way_is_tried_once_more_and_then_asked_for() {
    let stage = Stage::new();
    stage.new.fates([Fate::Lost(12, When::After)]);
    let person = Person::with(&["right", "right", "newer"]);
    let run = stage.start(stage.request(plain_move()), &person);
    while stage.new.state().tried.is_empty() {
        tokio::task::yield_now().await;
    }
    stage.new.state().password = "newer";
    complete(&run.outcome().await);
    assert_eq!(stage.new.state().tried, ["right", "right", "right", "newer"]);
    assert_eq!(person.asked.lock().unwrap().last(), Some(&(Side::Target, Reason::Expired)));
    stage.assert_moved();
}

#[tokio::test]
async fn a_full_quota_is_a_problem_and_the_rest_is_counted() {
    let stage = Stage::new();
    stage.new.mailbox.behave(|manners| manners.capacity.room = Some(letter(2000).len() as u64 * 14));
    let outcome = stage.move_all().await;
    assert_eq!(outcome.verdict, Verdict::Problems, "{:?}", outcome.failure);
    assert!(codes(&outcome.problems).contains(&"quota_full"), "{:?}", outcome.problems);
    assert!(outcome.counts.agrees() && outcome.counts.found == 30, "{:?}", outcome.counts);
    assert!(outcome.counts.stored > 0 && outcome.counts.failed > 0, "{:?}", outcome.counts);
    let there: usize = ["INBOX", "已发送", "Work/2024"].map(|f| stage.new.mailbox.kept(&path(f)).len()).iter().sum();
    // One batch was in doubt when the quota was full.
    assert_eq!(there as u64, outcome.counts.stored + outcome.counts.already);
    stage.new.mailbox.behave(|manners| manners.capacity.room = None);
    let again = stage.move_all().await;
    complete(&again);
    assert_eq!((again.counts.already, again.counts.stored), (there as u64, outcome.counts.failed));
    stage.assert_moved();
}

async fn until_stored(run: &Run, messages: u64) {
    let mut snapshots = run.snapshots();
    snapshots.wait_for(|snapshot| snapshot.phase == Phase::Move && snapshot.done >= messages).await.unwrap();
}

#[tokio::test]
async fn stop_ends_soon_and_the_next_run_goes_on() {
    let stage = Stage::of(60);
    stage.new.mailbox.behave(|manners| {
        manners.delay = Some(Duration::from_millis(5));
        manners.batch.messages = 3;
    });
    let run = stage.start(stage.request(plain_move()), &Person::with(&["right", "right"]));
    until_stored(&run, 5).await;
    let asked = Instant::now();
    run.control().stop();
    let outcome = run.outcome().await;
    assert!(asked.elapsed() < Duration::from_secs(3));
    assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Stopped, Some(Cause::Stopped)));
    assert!(outcome.counts.agrees() && outcome.counts.stored > 0 && outcome.counts.stored < 180);
    stage.new.mailbox.behave(|manners| manners.delay = None);
    complete(&stage.move_all().await);
    stage.assert_moved();
}

#[tokio::test]
async fn pause_closes_the_sessions_and_resume_opens_new_ones() {
    let stage = Stage::of(60);
    stage.new.mailbox.behave(|manners| {
        manners.delay = Some(Duration::from_millis(5));
        manners.batch.messages = 3;
    });
    let run = stage.start(stage.request(plain_move()), &Person::with(&["right", "right"]));
    until_stored(&run, 5).await;
    run.control().pause();
    let mut snapshots = run.snapshots();
    snapshots.wait_for(|snapshot| snapshot.paused).await.unwrap();
    let stored = || stage.new.mailbox.kept(&path("INBOX")).len();
    let before = stored();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!((stored(), stage.new.state().tried.len()), (before, 1));
    stage.new.mailbox.behave(|manners| manners.delay = None);
    run.control().resume();
    let outcome = run.outcome().await;
    complete(&outcome);
    assert_eq!((outcome.counts.stored, stage.new.state().tried.len()), (180, 2));
    stage.assert_moved();
}

#[tokio::test]
async fn a_silent_server_does_not_hold_up_a_stop() {
    let stage = Stage::new();
    stage.old.mailbox.behave(|manners| manners.delay = Some(Duration::from_secs(3600)));
    let run = stage.start(stage.request(plain_move()), &Person::with(&["right", "right"]));
    tokio::time::sleep(Duration::from_millis(50)).await;
    let asked = Instant::now();
    run.control().stop();
    assert_eq!(run.outcome().await.verdict, Verdict::Stopped);
    assert!(asked.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn without_patience_a_server_that_stays_away_ends_the_run_as_stopped() {
    let stage = Stage::new();
    stage.new.fates([Fate::Lost(8, When::After)]);
    stage.new.state().afterwards = Fate::Away(Cause::ConnectionRefused);
    let mut request = stage.request(plain_move());
    request.pace.patience = Some(Duration::ZERO);
    let outcome = stage.run(request).await;
    assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Stopped, Some(Cause::ConnectionRefused)));
    assert_eq!(outcome.failure.unwrap().side, Some(Side::Target));
    stage.new.state().afterwards = Fate::Good;
    complete(&stage.move_all().await);
    stage.assert_moved();
}

#[tokio::test]
async fn a_wait_is_shown_and_resume_tries_at_once() {
    let stage = Stage::new();
    stage.new.fates([Fate::Lost(8, When::After), Fate::Away(Cause::SignInUnavailable)]);
    let mut request = stage.request(plain_move());
    request.pace.patience = None;
    let person = Person::with(&["right", "right"]);
    // At the true pace: a minute to wait.
    let run = start_with(request, person, Arc::new(stage.world.clone()), 1);
    let mut snapshots = run.snapshots();
    let waiting = snapshots.wait_for(|snapshot| snapshot.waiting.is_some()).await.unwrap().waiting.clone().unwrap();
    assert_eq!((waiting.cause, waiting.side), (Cause::SignInUnavailable, Some(Side::Target)));
    assert!(waiting.until.unwrap() > Instant::now() + Duration::from_secs(50));
    let nudged = Instant::now();
    run.control().resume();
    complete(&run.outcome().await);
    assert!(nudged.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn an_unknown_host_could_not_start() {
    let stage = Stage::new();
    let mut request = stage.request(plain_move());
    request.target = Some(Stage::account("nowhere"));
    let outcome = stage.run(request).await;
    assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Failed, Some(Cause::HostUnknown)));
}

#[tokio::test]
async fn a_backup_place_that_cannot_be_used_could_not_start() {
    let stage = Stage::new();
    std::fs::write(stage.backup(), "a file").unwrap();
    let task = Task::Move { backup: Some(stage.backup()), prove_first: true, put_back: false, verify_after: None };
    let outcome = stage.run(stage.request(task)).await;
    assert_eq!(outcome.verdict, Verdict::Failed, "{:?}", outcome.failure);
    assert!(stage.new.mailbox.kept(&path("INBOX")).is_empty());
}

#[tokio::test]
async fn a_sign_in_is_proved_once_and_changes_nothing() {
    let stage = Stage::new();
    let Place::Account(account) = Stage::account("old") else { unreachable!() };
    let prove = async |secret: &str| {
        let secret = Secret::new(secret.to_owned());
        crate::run::sign_in_with(&stage.world, &account, Side::Source, &secret, &stage.home()).await
    };
    let told = prove("right").await.unwrap();
    assert_eq!((told.folders, told.messages, told.inbox_only), (4, 30, false));
    let failure = prove("wrong").await.unwrap_err();
    assert_eq!((failure.cause, failure.side), (Cause::SignInRefused, Some(Side::Source)));
    assert_eq!(stage.old.state().tried, ["right", "wrong"]);
}

#[tokio::test]
async fn a_message_that_is_refused_stops_nothing() {
    let stage = Stage::new();
    stage.new.mailbox.behave(|manners| {
        manners.refuses = Some(Arc::new(|octets| octets.ends_with(b"Text 4\r\n").then_some(Cause::MessageRefused)));
    });
    let task = Task::Move { backup: None, prove_first: false, put_back: false, verify_after: Some(Level::Identical) };
    let outcome = stage.run(stage.request(task)).await;
    assert_eq!(outcome.verdict, Verdict::Problems);
    assert_eq!((outcome.counts.stored, outcome.counts.failed), (29, 1));
    let problems: Vec<_> =
        outcome.problems.iter().filter(|problem| problem.level == ProblemLevel::Problem).cloned().collect();
    assert_eq!(codes(&problems), ["message_refused"], "named once, not once more by the verification");
    let home = Home::open(&stage.home()).unwrap();
    let id = Home::id(&Stage::account("old"), Some(&Stage::account("new")));
    assert_eq!(home.problems(&id, 0, 10).unwrap().1, outcome.problems);
}

#[tokio::test]
async fn a_slow_message_comes_last_and_with_more_time() {
    for pairs in [1, 3] {
        let stage = Stage::new().pairs(pairs);
        let date = Some(InternalDate { seconds: 1_000_000_000, zone: 0 });
        let slow = stage.old.mailbox.put(&path("INBOX"), &b"Subject: slow\r\n\r\nx\r\n"[..], Flags::default(), date);
        stage.old.mailbox.put(&path("INBOX"), letter(99), Flags::default(), date);
        let needs = |times: u32| {
            stage.old.mailbox.behave(|manners| {
                let of = move |octets: &[u8]| if octets.starts_with(b"Subject: slow") { times } else { 1 };
                manners.slow = Some(Arc::new(of));
            });
        };
        // Too slow for any patience: it alone has failed, and all others are there.
        needs(100);
        let outcome = stage.move_all().await;
        assert_eq!((outcome.verdict, outcome.counts.stored, outcome.counts.failed), (Verdict::Problems, 31, 1));
        let problem = &outcome.problems[0];
        assert_eq!((problem.code.as_str(), &problem.id), ("timeout", &Some(mail::MessageId::Uid(slow))));
        // More than the first tries give, and less than what is put last is given.
        needs(5);
        let again = stage.move_all().await;
        complete(&again);
        assert_eq!((again.counts.stored, again.counts.already), (1, 31));
        // On a first run it comes after all others.
        let other = Stage { old: stage.old.clone(), ..Stage::new().pairs(pairs) };
        let servers = HashMap::from([("old", other.old.clone()), ("new", other.new.clone())]);
        let other = Stage { world: World { servers, ..Stage::new().world }, ..other };
        complete(&other.move_all().await);
        let kept = other.new.mailbox.kept(&path("INBOX"));
        assert!(kept.last().is_some_and(|kept| kept.octets.starts_with(b"Subject: slow")), "{pairs} pairs");
        other.assert_moved();
    }
}

#[tokio::test]
async fn a_check_that_loses_its_connection_counts_nothing_twice() {
    let stage = Stage::new();
    stage.new.mailbox.behave(|manners| manners.capacity.message_limit = Some(10_000));
    stage.old.mailbox.put(&path("INBOX"), vec![b'x'; 20_000], Flags::default(), None);
    stage.old.fates([3, 5, 7, 8, 9].map(|effect| Fate::Lost(effect, When::Before)));
    let outcome = stage.run(stage.request(Task::Check)).await;
    assert_eq!(outcome.counts, Counts { found: 31, stored: 30, failed: 1, ..Counts::default() });
    assert_eq!(codes(&outcome.problems), ["message_too_large"]);
    assert!(stage.old.state().tried.len() > 2, "the connection was lost");
}

#[tokio::test]
async fn a_folder_that_breaks_every_connection_does_not_end_the_others() {
    let stage = Stage::new();
    // Some of the first folder is stored; then its listing costs the connection, each time.
    stage.new.mailbox.behave(|manners| manners.batch.messages = 1);
    stage.old.fates([7, 0, 0, 0, 0, 0, 0].map(|effect| Fate::Lost(effect, When::Before)));
    let outcome = stage.move_all().await;
    assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Problems, None), "{:?}", outcome.problems);
    assert_eq!(outcome.problems.len(), 1);
    assert_eq!((outcome.problems[0].code.as_str(), &outcome.problems[0].folder), ("closed", &Some(path("INBOX"))));
    assert!(outcome.counts.agrees(), "{:?}", outcome.counts);
    let inbox = outcome.folders.iter().find(|folder| folder.source == path("INBOX")).unwrap().counts;
    assert!(inbox.stored > 0 && inbox.failed > 0, "{inbox:?}");
    assert_eq!(
        (inbox.stored, outcome.counts.stored),
        (stage.new.mailbox.kept(&path("INBOX")).len() as u64, inbox.stored + 20)
    );
    complete(&stage.move_all().await);
    stage.assert_moved();
}

/// Has the wrong password at first, and never comes to give another.
#[derive(Default)]
struct Absent(Mutex<Vec<Reason>>);

#[async_trait]
impl Credentials for Absent {
    async fn get(&self, _: Side, _: &Account, reason: Reason) -> Option<Secret> {
        self.0.lock().unwrap().push(reason);
        match reason {
            Reason::First => Some(Secret::new("wrong".to_owned())),
            _ => std::future::pending().await,
        }
    }
}

#[tokio::test]
async fn a_refused_password_is_not_given_again_after_a_pause() {
    let stage = Stage::new();
    let absent = Arc::new(Absent::default());
    let person: Arc<dyn Credentials> = Arc::clone(&absent) as _;
    let run = start_with(stage.request(plain_move()), person, Arc::new(stage.world.clone()), HASTE);
    let asked = |times: usize| {
        let absent = Arc::clone(&absent);
        async move {
            while absent.0.lock().unwrap().len() < times {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    };
    asked(2).await;
    run.control().pause();
    run.snapshots().wait_for(|snapshot| snapshot.paused).await.unwrap();
    run.control().resume();
    asked(3).await;
    run.control().stop();
    assert_eq!(run.outcome().await.verdict, Verdict::Stopped);
    assert_eq!(*absent.0.lock().unwrap(), [Reason::First, Reason::Refused, Reason::Refused]);
    assert_eq!(stage.old.state().tried, ["wrong"]);
}
