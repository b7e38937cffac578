//! Sign-ins to one account, however often connections break.

use super::*;

/// Ten seconds become 200 ms.
const FAST: u32 = 50;
const APART: Duration = Duration::from_millis(200);
const BURST: usize = 8;

#[tokio::test]
async fn connections_that_always_break_do_not_cost_the_account() {
    for (pairs, at_old) in [(1, true), (1, false), (4, false)] {
        let stage = Stage::of(40).pairs(pairs);
        stage.new.mailbox.behave(|manners| manners.batch.messages = 1);
        let server = if at_old { &stage.old } else { &stage.new };
        server.fates((0..14).map(|_| Fate::Lost(12, When::After)));
        let person = Person::with(&["right", "right"]);
        let run = start_with(stage.request(plain_move()), person, Arc::new(stage.world.clone()), FAST);
        let mut snapshots = run.snapshots();
        // The wait is shown with its end.
        let shown = snapshots.wait_for(|snapshot| snapshot.waiting.is_some()).await.unwrap().waiting.clone().unwrap();
        assert_eq!(shown.cause, Cause::Closed);
        assert!(shown.until.is_some());
        complete(&run.outcome().await);
        stage.assert_moved();
        for server in [&stage.old, &stage.new] {
            let when = server.state().when.clone();
            assert!(when.len() > 12, "{pairs} pairs, {} sign-ins", when.len());
            for (first, from) in when.iter().enumerate() {
                for (last, to) in when.iter().enumerate().skip(first) {
                    let most = BURST as f64 + (*to - *from).as_secs_f64() / APART.as_secs_f64() + 1.0;
                    assert!((last - first) as f64 <= most, "{pairs} pairs: {first} to {last} in {:?}", *to - *from);
                }
            }
        }
    }
}
