//! The computer sleeps in the middle of a run, and wakes.

use super::*;

/// Nothing is noticed later than this; in a person's time a look is a second.
const SOON: Duration = Duration::from_secs(5);

impl Stage {
    fn sleep(&self, time: Duration) {
        *self.world.slept.lock().unwrap() += time;
    }

    /// What is said to a session that was asleep is never answered.
    fn silence(&self, silent: bool) {
        for server in [&self.old, &self.new] {
            server.mailbox.behave(|manners| manners.delay = silent.then_some(Duration::from_secs(3_600)));
        }
    }
}

#[tokio::test]
async fn half_dead_sessions_are_given_up_after_a_sleep() {
    for (pairs, patience) in [(1, None), (3, None), (1, Some(Duration::ZERO))] {
        let stage = Stage::of(40).pairs(pairs);
        stage.new.mailbox.behave(|manners| {
            manners.delay = Some(Duration::from_millis(2));
            manners.batch.messages = 3;
        });
        let mut request = stage.request(plain_move());
        request.pace.patience = patience;
        let person = Person::with(&["right", "right"]);
        let run = stage.start(request, &person);
        let mut snapshots = run.snapshots();
        snapshots.wait_for(|snapshot| snapshot.phase == Phase::Move && snapshot.done > 9).await.unwrap();
        stage.silence(true);
        // What is already under way ends; then each session has asked something that is answered in an hour.
        tokio::time::sleep(Duration::from_millis(50)).await;
        stage.silence(false);
        stage.sleep(Duration::from_secs(3_600));
        let outcome = tokio::time::timeout(SOON, run.outcome()).await.expect("noticed");
        complete(&outcome);
        assert_eq!(outcome.counts, Counts { found: 120, stored: 120, ..Counts::default() });
        stage.assert_moved();
        assert_eq!(person.asked.lock().unwrap().len(), 2);
        assert_eq!(stage.move_all().await.counts, Counts { found: 120, already: 120, ..Counts::default() });
    }
}

#[tokio::test]
async fn a_network_that_is_not_back_yet_is_waited_for() {
    let stage = Stage::of(40);
    stage.new.mailbox.behave(|manners| {
        manners.delay = Some(Duration::from_millis(2));
        manners.batch.messages = 3;
    });
    let mut request = stage.request(plain_move());
    request.pace.patience = Some(Duration::from_secs(2));
    let run = stage.start(request, &Person::with(&["right", "right"]));
    let mut snapshots = run.snapshots();
    snapshots.wait_for(|snapshot| snapshot.phase == Phase::Move && snapshot.done > 9).await.unwrap();
    for server in [&stage.old, &stage.new] {
        server.fates([Fate::Away(Cause::HostUnknown), Fate::Away(Cause::HostUnknown)]);
    }
    stage.sleep(Duration::from_secs(3_600));
    let outcome = tokio::time::timeout(SOON, run.outcome()).await.expect("noticed");
    complete(&outcome);
    stage.assert_moved();
    assert!(stage.old.state().fates.is_empty() || stage.new.state().fates.is_empty(), "the network was away");
}

#[tokio::test]
async fn a_pause_that_is_over_when_the_computer_wakes_is_over() {
    let stage = Stage::new();
    stage.new.fates([Fate::Lost(8, When::After), Fate::Away(Cause::SignInUnavailable)]);
    let mut request = stage.request(plain_move());
    // A minute of waiting is no more than a person bears.
    request.pace.patience = Some(Duration::from_secs(90));
    // At the true pace.
    let run = start_with(request, Person::with(&["right", "right"]), Arc::new(stage.world.clone()), 1);
    let mut snapshots = run.snapshots();
    let waiting = snapshots.wait_for(|snapshot| snapshot.waiting.is_some()).await.unwrap().waiting.clone().unwrap();
    assert!(waiting.until.unwrap() > Instant::now() + Duration::from_secs(50));
    stage.sleep(Duration::from_secs(600));
    let outcome = tokio::time::timeout(SOON, run.outcome()).await.expect("noticed");
    complete(&outcome);
    stage.assert_moved();
}

/// Never answers, and counts how often it is asked.
#[derive(Default)]
struct Away(Mutex<usize>);

#[async_trait]
impl Credentials for Away {
    async fn get(&self, side: Side, _: &Account, _: Reason) -> Option<Secret> {
        if side == Side::Target {
            *self.0.lock().unwrap() += 1;
            std::future::pending::<()>().await;
        }
        Some(Secret::new("right".to_owned()))
    }
}

#[tokio::test]
async fn a_question_is_not_asked_again_for_a_sleep() {
    let stage = Stage::new();
    let away = Arc::new(Away::default());
    let person: Arc<dyn Credentials> = Arc::clone(&away) as _;
    let run = start_with(stage.request(plain_move()), person, Arc::new(stage.world.clone()), HASTE);
    while *away.0.lock().unwrap() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stage.sleep(Duration::from_secs(3_600));
    tokio::time::sleep(Duration::from_millis(100)).await;
    run.control().stop();
    assert_eq!(run.outcome().await.verdict, Verdict::Stopped);
    assert_eq!(*away.0.lock().unwrap(), 1);
}
