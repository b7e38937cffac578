//! Servers that ask us to slow down.

use super::*;

#[tokio::test]
async fn a_stated_time_is_shown_with_its_end_and_waited_for() {
    const STATED: u64 = 2;
    for at_old in [true, false] {
        let stage = Stage::new();
        let (server, side) = if at_old { (&stage.old, Side::Source) } else { (&stage.new, Side::Target) };
        server.fates([Fate::Slowed(9, STATED)]);
        // At the true pace, where the table's own pause would be none at all.
        let person = Person::with(&["right", "right"]);
        let run = start_with(stage.request(plain_move()), person, Arc::new(stage.world.clone()), 1);
        let mut snapshots = run.snapshots();
        let seen = snapshots.wait_for(|snapshot| snapshot.waiting.is_some()).await.unwrap().waiting.clone().unwrap();
        let left = seen.until.unwrap().saturating_duration_since(Instant::now());
        assert_eq!((seen.cause, seen.side), (Cause::Throttled, Some(side)));
        assert!(!left.is_zero() && left <= Duration::from_millis(STATED * 1250), "{left:?}");
        complete(&run.outcome().await);
        stage.assert_moved();
        let when = server.state().when.clone();
        assert!(when.len() == 2 && when[1] - when[0] >= Duration::from_secs(STATED), "{when:?}");
    }
}

#[tokio::test]
async fn who_was_asked_to_slow_down_works_with_fewer_connections() {
    let opened = async |fate| {
        let stage = Stage::of(200).pairs(3);
        stage.new.mailbox.behave(|manners| {
            manners.delay = Some(Duration::from_millis(2));
            manners.batch.messages = 3;
        });
        stage.new.fates([Fate::Good, Fate::Good, fate]);
        complete(&stage.move_all().await);
        stage.assert_moved();
        stage.new.state().when.len()
    };
    assert_eq!(opened(Fate::Lost(12, When::After)).await, 4, "a lost one is made up for");
    assert_eq!(opened(Fate::Slowed(12, 1)).await, 3);
}

#[tokio::test]
async fn a_message_that_is_slow_to_store_comes_last_and_with_more_time() {
    for (pairs, batch) in [(1, 100), (1, 1), (3, 4)] {
        let stage = Stage::new().pairs(pairs);
        stage.new.mailbox.behave(|manners| manners.batch.messages = batch);
        let date = Some(InternalDate { seconds: 1_000_000_000, zone: 0 });
        let slow = stage.old.mailbox.put(&path("INBOX"), &b"Subject: slow\r\n\r\nx\r\n"[..], Flags::default(), date);
        stage.old.mailbox.put(&path("INBOX"), letter(99), Flags::default(), date);
        let needs = |times: u32| {
            stage.new.mailbox.behave(|manners| {
                let of = move |octets: &[u8]| if octets.starts_with(b"Subject: slow") { times } else { 1 };
                manners.slow_to_store = Some(Arc::new(of));
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
        assert_eq!((again.counts.stored, again.counts.already), (1, 31), "{pairs} pairs");
        stage.assert_moved();
    }
}
