//! What a copy does, run by run.

use super::*;
use crate::journal::Row;
use mail::memory::When;

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

fn already(found: u64) -> Counts {
    Counts { found, already: found, ..Counts::default() }
}

async fn with_letters(manners: Manners, count: usize) -> World {
    let world = World::new(manners).await;
    (0..count).for_each(|n| world.put("INBOX", letter(n, "body")));
    world
}

#[tokio::test]
async fn a_lost_journal_costs_a_comparison_and_nothing_else() {
    for no_headers in [false, true] {
        let mut world = with_letters(Manners::default(), 20).await;
        world.put("INBOX", letter(3, "body"));
        world.put("INBOX", letter(3, "another"));
        world.source.behave(|manners| manners.no_headers = no_headers);
        world.target.behave(|manners| manners.no_headers = no_headers);
        assert_eq!(world.run_whole().await.counts.stored, 22);
        world.journal = Journal::in_memory().await.unwrap();
        // One was lost with it, one is new.
        world.target.take_out(&path("INBOX"), 5);
        world.put("INBOX", letter(40, "new"));
        let ran = world.run_whole().await;
        assert_eq!(ran.counts, Counts { found: 23, stored: 2, already: 21, ..Counts::default() });
        assert_eq!(multiset(&world.at_target("INBOX")), multiset(&world.source.kept(&path("INBOX"))));
        assert_eq!(world.run_whole().await.counts, already(23));
        assert!(world.named.is_empty());
    }
}

#[tokio::test]
async fn a_lost_journal_at_a_rewriting_target_doubles_one_message_and_names_it() {
    let mut world = with_letters(Manners::default(), 20).await;
    world.target.behave(|manners| manners.rewrites = Some(std::sync::Arc::new(|o: &[u8]| [b"X: y\r\n", o].concat())));
    assert_eq!(world.run_whole().await.counts.stored, 20);
    assert!(world.codes().await.contains(&"changed_by_server".to_owned()));
    world.journal = Journal::in_memory().await.unwrap();
    let ran = world.run_whole().await;
    assert_eq!(ran.counts, Counts { found: 20, stored: 1, already: 19, ..Counts::default() });
    assert_eq!((world.named.len(), world.at_target("INBOX").len()), (1, 21));
    assert_eq!(world.run_whole().await.counts, already(20));
}

#[tokio::test]
async fn what_is_gone_is_named_and_stored_again_only_on_request() {
    let mut world = with_letters(Manners::default(), 6).await;
    world.run_whole().await;
    let taken = world.target.take_out(&path("INBOX"), 2).unwrap();
    let ran = world.run_whole().await;
    assert_eq!(ran.counts, Counts { found: 6, already: 5, gone: 1, ..Counts::default() });
    assert_eq!((world.codes().await, world.at_target("INBOX").len()), (vec!["gone".to_owned()], 5));
    world.rules.put_back = true;
    let ran = world.run_whole().await;
    assert_eq!(ran.counts, Counts { found: 6, stored: 1, already: 5, ..Counts::default() });
    assert!(world.at_target("INBOX").iter().any(|kept| kept.octets == taken.octets));
    world.rules.put_back = false;
    assert_eq!(world.run_whole().await.counts, already(6));
}

#[tokio::test]
async fn what_is_deleted_at_the_source_stays_at_the_target() {
    let mut world = with_letters(Manners::default(), 6).await;
    world.run_whole().await;
    world.source.take_out(&path("INBOX"), 3);
    assert_eq!(world.run_whole().await.counts, already(5));
    assert_eq!((world.codes().await, world.at_target("INBOX").len()), (vec!["deleted_at_source".to_owned()], 6));
}

#[tokio::test]
async fn a_new_uidvalidity_at_the_target_doubles_nothing() {
    for uidplus in [true, false] {
        let mut world = with_letters(Manners { uidplus, ..Manners::default() }, 8).await;
        world.put("INBOX", letter(0, "body"));
        world.run_whole().await;
        world.target.renumber(&path("INBOX"), 1_000);
        world.put("INBOX", letter(30, "new"));
        let ran = world.run_whole().await;
        assert_eq!(ran.counts, Counts { found: 10, stored: 1, already: 9, ..Counts::default() });
        assert_eq!(world.run_whole().await.counts, already(10));
        // Its UID is known again: what is gone now is seen.
        world.target.take_out(&path("INBOX"), 1_003);
        assert_eq!(world.run_whole().await.counts, Counts { found: 10, already: 9, gone: 1, ..Counts::default() });
        // A folder that was deleted and made again.
        (1_000..1_010).for_each(|uid| drop(world.target.take_out(&path("INBOX"), uid)));
        world.target.renumber(&path("INBOX"), 1);
        assert_eq!(world.run_whole().await.counts, Counts { found: 10, gone: 10, ..Counts::default() });
    }
}

#[tokio::test]
async fn a_new_uidvalidity_at_the_source_loses_and_doubles_nothing() {
    let mut world = with_letters(Manners::default(), 8).await;
    (0..2).for_each(|_| world.put("INBOX", letter(50, "twin")));
    world.run_whole().await;
    world.source.take_out(&path("INBOX"), 1);
    world.source.renumber(&path("INBOX"), 3);
    // The same header and size as one that was copied, and another body.
    world.put("INBOX", letter(2, "ydob"));
    world.put("INBOX", letter(50, "twin"));
    let ran = world.run_whole().await;
    assert_eq!(ran.counts, Counts { found: 11, stored: 2, already: 9, ..Counts::default() });
    assert_eq!((world.codes().await, world.at_target("INBOX").len()), (vec!["deleted_at_source".to_owned()], 12));
    assert_eq!(world.run_whole().await.counts, already(11));
}

#[tokio::test]
async fn options_exclude_by_date_and_size() {
    let mut world = World::new(Manners::default()).await;
    for n in 0..10 {
        let body = if n == 5 { "x".repeat(5_000) } else { "body".to_owned() };
        world.source.put(&path("INBOX"), letter(n, &body), Flags::default(), date(n as i64));
    }
    world.rules = Rules { since: date(2), before: date(8), max_size: Some(1_000), store: true, ..Rules::default() };
    let ran = world.run_whole().await;
    assert_eq!(ran.counts, Counts { found: 10, stored: 5, skipped: 5, ..Counts::default() });
    world.rules = Rules { store: true, ..Rules::default() };
    assert_eq!(world.run_whole().await.counts, Counts { found: 10, stored: 5, already: 5, ..Counts::default() });
}

#[tokio::test]
async fn a_check_changes_nothing() {
    let mut world = with_letters(Manners::default(), 9).await;
    world.folders.push(path("Old"));
    world.put("Old", letter(0, "old"));
    for n in [1, 2, 77] {
        world.target.put(&path("INBOX"), letter(n, "body"), Flags::default(), None);
    }
    world.rules.store = false;
    let ran = world.run_whole().await;
    assert_eq!(ran.counts, Counts { found: 10, stored: 8, already: 2, ..Counts::default() });
    let octets: usize = (0..9).filter(|n| ![1, 2].contains(n)).map(|n| letter(n, "body").len()).sum();
    assert_eq!((ran.told, ran.octets), (ran.counts, (octets + letter(0, "old").len()) as u64));
    assert!(world.journal.pairs().await.unwrap().is_empty());
    assert!(world.target.session().folders().await.unwrap().iter().all(|folder| folder.path != path("Old")));
    // And between two runs.
    world.rules.store = true;
    world.run_whole().await;
    world.put("INBOX", letter(60, "new"));
    world.rules.store = false;
    assert_eq!(world.run_whole().await.counts, Counts { found: 11, stored: 1, already: 10, ..Counts::default() });
    assert_eq!(world.at_target("INBOX").len(), 10);
}

#[tokio::test]
async fn keywords_that_the_target_does_not_keep_are_left_out() {
    let mut world = World::new(Manners { keywords: Some(vec!["$Work".into()]), ..Manners::default() }).await;
    world.source.put(&path("INBOX"), letter(0, "x"), Flags::from_names(["\\Seen", "$Work", "Private"]), None);
    world.run_whole().await;
    assert_eq!(world.at_target("INBOX")[0].flags.names(), ["\\Seen", "$Work"]);
    let pair = world.journal.pairs().await.unwrap().remove(0);
    let rows = world.journal.rows(pair.id, None, 10).await.unwrap();
    assert_eq!((rows[0].flags.names(), rows[0].uid), (vec!["\\Seen".to_owned(), "$Work".to_owned()], Some(1)));
}

#[tokio::test]
async fn a_stop_is_safe_and_soon() {
    let mut world = with_letters(Manners::default(), 40).await;
    // In the middle of the work, and while the target does not answer at all.
    for delay in [Duration::from_millis(20), Duration::from_secs(60)] {
        world.target.behave(|manners| manners.delay = Some(delay));
        let (mut source, mut target) = (world.source.session(), world.target.session());
        let folder = source.folders().await.unwrap().remove(0);
        let pair = Pair { target: folder.path.clone(), source: folder, special: None };
        let stop = CancellationToken::new();
        let since = std::time::Instant::now();
        let terms = (&world.journal, &world.rules);
        let copying = copy_folder(pair, &mut source, &mut target, terms, std::sync::Arc::new(|_| {}), &stop);
        let stopping = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            stop.cancel();
        };
        let (copied, ()) = tokio::join!(copying, stopping);
        assert_eq!(copied.unwrap_err().cause, Cause::Stopped);
        assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
    }
    world.target.behave(|manners| manners.delay = None);
    assert!(!world.at_target("INBOX").is_empty() && world.at_target("INBOX").len() < 40);
    assert_eq!(world.run_whole().await.counts.found, 40);
    assert_eq!(multiset(&world.at_target("INBOX")), multiset(&world.source.kept(&path("INBOX"))));
}

#[tokio::test]
async fn a_full_quota_ends_the_run_and_the_next_one_goes_on() {
    let mut world = with_letters(Manners::default(), 20).await;
    world.target.behave(|manners| manners.capacity.room = Some(1_000));
    assert_eq!(world.run(&Tripwire::never()).await.unwrap_err().cause, Cause::QuotaFull);
    let stored = world.at_target("INBOX").len() as u64;
    assert!(stored > 2);
    world.target.behave(|manners| manners.capacity.room = None);
    let ran = world.run_whole().await;
    assert_eq!(ran.counts, Counts { found: 20, stored: 20 - stored, already: stored, ..Counts::default() });
}

#[tokio::test]
async fn twenty_thousand_messages_are_no_matter() {
    let mut world = with_letters(Manners::default(), 20_000).await;
    let since = std::time::Instant::now();
    assert_eq!(world.run_whole().await.counts.stored, 20_000);
    let first = since.elapsed();
    assert_eq!(world.run_whole().await.counts, already(20_000));
    world.journal = Journal::in_memory().await.unwrap();
    assert_eq!(world.run_whole().await.counts, already(20_000));
    println!("first run {first:?}, all three {:?}", since.elapsed());
    assert!(since.elapsed() < Duration::from_secs(60));
}

/// Changes the flags of a message, as its owner would.
async fn mark(mailbox: &Mailbox, uid: u32, names: &[&str]) {
    let mut session = mailbox.session();
    let folder = session.folders().await.unwrap().remove(0);
    let flags = Flags::from_names(names.iter().copied());
    session.flag(&folder, &[mail::ports::FlagChange { id: MessageId::Uid(uid), flags }]).await.unwrap();
}

fn flags(world: &World) -> Vec<String> {
    world.at_target("INBOX").iter().map(|kept| kept.flags.names().join(" ")).collect()
}

#[tokio::test]
async fn flags_follow_while_nobody_touches_them_at_the_target() {
    let mut world = with_letters(Manners { keywords: Some(vec!["$Work".into()]), ..Manners::default() }, 4).await;
    // There before: its owner's, whatever becomes of the source.
    world.target.put(&path("INBOX"), letter(3, "body"), Flags::default(), date(1_000));
    world.run_whole().await;
    mark(&world.source, 1, &["\\Seen", "$Work", "Private"]).await;
    mark(&world.source, 2, &["\\Seen"]).await;
    mark(&world.target, 3, &["\\Flagged"]).await;
    mark(&world.source, 4, &["\\Seen"]).await;
    let at = |world: &World| flags(world);
    assert_eq!(world.run_whole().await.counts, already(4));
    // By UID: hers of before, then ours of 1, 2 and 3.
    assert_eq!(at(&world), ["", "\\Seen $Work", "\\Flagged", ""]);
    mark(&world.source, 1, &[]).await;
    mark(&world.source, 3, &["\\Draft"]).await;
    world.run_whole().await;
    assert_eq!(at(&world), ["", "", "\\Flagged", "\\Draft"]);
    assert!(world.codes().await.is_empty());
}

#[tokio::test]
async fn what_a_slow_target_goes_on_storing_is_waited_for() {
    const ALL: usize = 40;
    let (mut world, doubtful) = {
        let mut effect = 0;
        loop {
            let mut world = World::new(Manners::default()).await;
            (0..ALL).for_each(|number| world.put("INBOX", letter(number, "late")));
            let killed = world.run(&Tripwire::at(effect, When::Before, true)).await;
            let mut doubtful = Vec::new();
            if let (Err(_), Some(state)) = (killed, world.journal.pair(&path("INBOX"), &path("INBOX")).await.unwrap()) {
                doubtful = world.journal.rows(state.id, None, 100).await.unwrap();
                let there = world.at_target("INBOX");
                let absent = |row: &Row| there.iter().all(|kept| Some(kept.sha256) != row.sha256);
                doubtful.retain(|row| row.state == State::Intended && absent(row));
            }
            if doubtful.len() > 4 {
                break (world, doubtful);
            }
            effect += 1;
            assert!(effect < 300, "no effect where some are intended and not stored");
        }
    };
    world.rules.patience = Duration::from_millis(60);
    let (source, target) = (world.source.clone(), world.target.clone());
    let late = tokio::spawn(async move {
        let all = source.kept(&path("INBOX"));
        for row in doubtful {
            tokio::time::sleep(Duration::from_millis(40)).await;
            let kept = all.iter().find(|kept| Some(kept.uid) == row.id.uid()).unwrap();
            target.put(&path("INBOX"), kept.octets.clone(), kept.flags.clone(), kept.date);
        }
    });
    world.run_whole().await;
    late.await.unwrap();
    assert_eq!(multiset(&world.at_target("INBOX")), multiset(&world.source.kept(&path("INBOX"))));
}
