//! What a copy does, run by run.

use super::*;

#[tokio::test]
async fn a_mailbox_is_copied_once() {
    let mut world = World::new(Manners::default()).await;
    for n in 0..30 {
        world.source.put(
            &path("INBOX"),
            letter(n, "body"),
            Flags::new([System::Seen]).with(System::Flagged),
            date(n as i64),
        );
    }
    let ran = world.run_whole().await;
    assert_eq!(ran.counts, Counts { found: 30, stored: 30, ..Counts::default() });
    assert_eq!(ran.told, ran.counts);
    assert_eq!(multiset(&world.at_target("INBOX")), multiset(&world.source.kept(&path("INBOX"))));
    let again = world.run_whole().await;
    assert_eq!(again.counts, Counts { found: 30, already: 30, ..Counts::default() });
}

#[tokio::test]
async fn a_refused_message_is_tried_again_by_the_next_run() {
    let mut world = World::new(Manners::default()).await;
    (0..10).for_each(|n| world.put("INBOX", letter(n, "body")));
    let refuses = |octets: &[u8]| octets.windows(4).any(|four| four == b"<4@x").then_some(Cause::MessageRefused);
    world.target.behave(|manners| manners.refuses = Some(std::sync::Arc::new(refuses)));
    let ran = world.run_whole().await;
    assert_eq!(ran.counts, Counts { found: 10, stored: 9, failed: 1, ..Counts::default() });
    assert_eq!(ran.told, ran.counts);
    assert_eq!(world.codes().await, ["message_refused"]);
    world.target.behave(|manners| manners.refuses = None);
    assert_eq!(world.run_whole().await.counts, Counts { found: 10, stored: 1, already: 9, ..Counts::default() });
    assert!(world.codes().await.is_empty());
}
