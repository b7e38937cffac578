//! Servers that meet errors of their own: over in a moment, or not.

use super::*;
use mail::memory::Sinking;

/// Nobody knows what became of a message that was under way: it may be stored again, named.
fn assert_all_there(stage: &Stage, outcome: &Outcome) {
    let named = codes(&outcome.problems).into_iter().filter(|code| *code == "maybe_twice").count();
    for folder in ["INBOX", "已发送", "Work/2024"] {
        let all =
            |mailbox: &Mailbox| -> Vec<_> { mailbox.kept(&path(folder)).into_iter().map(|kept| kept.octets).collect() };
        let (mut here, mut there) = (all(&stage.old.mailbox), all(&stage.new.mailbox));
        let doubled = there.len().saturating_sub(here.len());
        assert!(doubled <= named, "{folder}: {doubled} too many, {named} named");
        here.sort_unstable();
        there.sort_unstable();
        there.dedup();
        assert_eq!(here, there, "{folder}");
    }
}

#[tokio::test]
async fn an_error_that_is_over_in_a_moment_costs_nothing() {
    for (at_old, when) in [(true, When::Before), (false, When::Before), (false, When::After)] {
        for times in [1, 3] {
            let mut effects = 0;
            loop {
                let stage = Stage::new();
                stage.new.mailbox.behave(|manners| manners.batch.messages = 4);
                let server = if at_old { &stage.old } else { &stage.new };
                server.fates([Fate::Troubled(effects, times, when)]);
                let outcome = stage.move_all().await;
                // Nothing is tried again before both sides were open.
                if outcome.failure.as_ref().is_none_or(|failure| failure.cause != Cause::ServerFailed) {
                    complete(&outcome);
                    assert_all_there(&stage, &outcome);
                    complete(&stage.move_all().await);
                } else {
                    assert!(effects < 3, "{effects}: {:?}", outcome.failure);
                }
                if !server.state().met {
                    break;
                }
                effects += 1;
            }
            assert!(effects > 20, "{effects}");
        }
    }
}

#[tokio::test]
async fn an_error_that_stays_is_named_and_the_next_run_goes_on() {
    for at_old in [true, false] {
        let stage = Stage::new();
        let server = if at_old { &stage.old } else { &stage.new };
        server.fates([Fate::Troubled(8, usize::MAX, When::Before)]);
        let outcome = stage.move_all().await;
        assert!(outcome.counts.agrees(), "{:?}", outcome.counts);
        assert!(codes(&outcome.problems).contains(&"server_failed"), "{:?} {:?}", outcome.failure, outcome.problems);
        assert_eq!(server.state().when.len(), 1, "its connection is still good");
        complete(&stage.move_all().await);
        stage.assert_moved();
    }
}

/// Where each message is answered for itself.
#[tokio::test]
async fn a_message_that_meets_an_error_is_given_once_more() {
    for (times, sinking) in [(1, Sinking::Alone), (1, Sinking::Batch), (usize::MAX, Sinking::Alone)] {
        let stage = Stage::new();
        let met = Arc::new(Mutex::new(0));
        let refuses = move |octets: &[u8]| {
            let mut met = met.lock().unwrap();
            let fails = octets.ends_with(b"Text 3\r\n") && *met < times;
            *met += usize::from(fails);
            fails.then_some(Cause::ServerFailed)
        };
        stage.new.mailbox.behave(|manners| {
            manners.refuses = Some(Arc::new(refuses));
            manners.sinking = sinking;
        });
        let outcome = stage.move_all().await;
        if times == 1 {
            complete(&outcome);
            stage.assert_moved();
        } else {
            assert_eq!((outcome.verdict, outcome.counts.stored), (Verdict::Problems, 29));
            assert_eq!(codes(&outcome.problems), ["server_failed"]);
        }
    }
}
