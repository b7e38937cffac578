//! What a lost connection left on its way, and is delivered long after it was stored again.

use super::*;

/// Messages of the inbox that are in the new mailbox more than once.
fn doubled(stage: &Stage) -> usize {
    let mut seen = std::collections::HashMap::new();
    for kept in stage.new.mailbox.kept(&path("INBOX")) {
        *seen.entry(kept.sha256).or_insert(0_usize) += 1;
    }
    seen.values().filter(|count| **count > 1).count()
}

fn twice(outcome: &Outcome) -> Vec<u32> {
    let named = outcome.problems.iter().filter(|problem| problem.code == "maybe_twice");
    named.filter_map(|problem| problem.id.as_ref()?.uid()).collect()
}

/// Once, and never again; where nothing else is new nothing is listed any more.
#[tokio::test]
async fn it_is_named_by_the_next_run_and_by_a_verification() {
    for (uidplus, no_headers) in [(true, false), (false, false), (true, true)] {
        let stage = Stage::new();
        stage.new.mailbox.behave(|manners| (manners.uidplus, manners.no_headers) = (uidplus, no_headers));
        stage.new.mailbox.hold(100_000);
        let first = stage.move_all().await;
        complete(&first);
        assert_eq!((first.counts.stored, twice(&first), stage.new.mailbox.held()), (30, vec![], 1));
        stage.assert_moved();
        stage.new.mailbox.deliver();
        assert_eq!(doubled(&stage), 1, "it was held back and has come");

        let second = stage.move_all().await;
        complete(&second);
        assert_eq!((second.counts.stored, second.counts.already), (0, 30));
        assert_eq!(twice(&second).len(), 1, "{:?}", second.problems);
        for again in [stage.move_all().await, stage.move_all().await] {
            complete(&again);
            assert_eq!((again.counts.already, codes(&again.problems)), (30, vec![]));
        }
        for level in [Level::Identical, Level::Present] {
            let verified = stage.run(stage.request(Task::Verify { level })).await;
            complete(&verified);
            assert_eq!((verified.counts.already, twice(&verified)), (30, twice(&second)));
        }
        assert_eq!(doubled(&stage), 1, "nothing is removed by itself");
    }
}

/// It comes while the run goes on: the result of that run says so.
#[tokio::test]
async fn it_is_named_by_the_run_that_it_comes_in() {
    let mut met = 0;
    for effects in 10..120 {
        let stage = Stage::new();
        stage.new.mailbox.hold(effects);
        let outcome = stage.move_all().await;
        complete(&outcome);
        // After its last look nobody can know: the next run does.
        let later = stage.move_all().await;
        stage.new.mailbox.deliver();
        let last = stage.move_all().await;
        let named: Vec<u32> = [&outcome, &later, &last].into_iter().flat_map(twice).collect();
        assert_eq!(named.len(), doubled(&stage), "{effects}");
        met += usize::from(!twice(&outcome).is_empty());
    }
    assert!(met > 2, "{met}");
}

/// A server that ends while it stores may forget the flags of what it keeps: they are given again. What is not bare has been
/// touched by its owner.
#[tokio::test]
async fn flags_that_were_forgotten_are_given_again() {
    let (inbox, seen) = (path("INBOX"), Flags::new([System::Seen]));
    let given = Flags::from_names(["\\Seen", "\\Flagged", "Work"]);
    for forgetful in [true, false] {
        let stage = Stage::new();
        stage.old.mailbox.mark(&inbox, 1, given.clone());
        stage.new.mailbox.behave(|manners| manners.forgetful = forgetful);
        stage.new.mailbox.hold(1);
        let mut request = stage.request(plain_move());
        request.pace.patience = Some(Duration::ZERO);
        stage.new.fates([Fate::Good, Fate::Away(Cause::ConnectionRefused)]);
        let outcome = stage.run(request).await;
        assert_eq!((outcome.verdict, stage.new.mailbox.held()), (Verdict::Stopped, 1), "{:?}", outcome.failure);
        stage.new.mailbox.deliver();
        let there = stage.new.mailbox.kept(&inbox);
        assert_eq!(
            there.iter().map(|kept| kept.flags.clone()).collect::<Vec<_>>(),
            [match forgetful {
                true => Flags::default(),
                false => given.clone(),
            }]
        );
        if !forgetful {
            stage.new.mailbox.mark(&inbox, there[0].uid, seen.clone());
        }
        let outcome = stage.move_all().await;
        complete(&outcome);
        assert_eq!((outcome.counts.stored, outcome.counts.already, twice(&outcome)), (29, 1, vec![]));
        let flags = stage.new.mailbox.kept(&inbox).into_iter().next().map(|kept| kept.flags);
        assert_eq!(flags.as_ref(), Some(if forgetful { &given } else { &seen }));
    }
}

/// However many come, they are not another copier's.
#[tokio::test]
async fn many_are_no_strangers() {
    let stage = Stage::new();
    for n in 0..30 {
        let date = InternalDate { seconds: 1_000_000_000, zone: 0 };
        stage.old.mailbox.put(&path("INBOX"), letter(50_000 + n), Flags::default(), Some(date));
        stage.new.mailbox.hold(100_000);
        complete(&stage.move_all().await);
    }
    assert_eq!(stage.new.mailbox.held(), 30);
    stage.new.mailbox.deliver();
    let outcome = stage.move_all().await;
    complete(&outcome);
    assert_eq!((outcome.counts.stored, twice(&outcome).len(), doubled(&stage)), (0, 30, 30));
    let again = stage.move_all().await;
    complete(&again);
    assert!(twice(&again).is_empty());
}

/// However often it is looked for what else was left behind, and wherever the run that finds it is killed.
#[tokio::test]
async fn forgotten_flags_are_given_whatever_comes_between() {
    let inbox = path("INBOX");
    let seen = Flags::new([System::Seen]);
    let mut met = 0;
    for effect in 0..150 {
        let mut stage = Stage::new();
        (1..=10).for_each(|uid| stage.old.mailbox.mark(&inbox, uid, seen.clone()));
        stage.new.mailbox.behave(|manners| (manners.forgetful, manners.batch.messages) = (true, 4));
        // Of four that are lost with their connection one has come, and the others are waited for.
        stage.new.mailbox.hold(1);
        let mut request = stage.request(plain_move());
        request.pace.patience = Some(Duration::ZERO);
        stage.new.fates([Fate::Good, Fate::Away(Cause::ConnectionRefused)]);
        assert_eq!(stage.run(request).await.verdict, Verdict::Stopped);
        stage.new.mailbox.deliver();
        let wire = Tripwire::at(effect, When::After, true);
        stage.world.wire = wire.clone();
        let mut request = stage.request(plain_move());
        request.pace.patience = Some(Duration::ZERO);
        stage.run(request).await;
        met += usize::from(wire.tripped());
        stage.world.wire = Tripwire::never();
        for outcome in [stage.move_all().await, stage.move_all().await] {
            complete(&outcome);
        }
        stage.assert_moved();
    }
    assert!(met > 80, "{met}");
}

/// At a server that changes octets, what lies in the place of ours is known by its header alone: it is not given flags.
#[tokio::test]
async fn what_may_be_its_owners_is_given_no_flags() {
    let inbox = path("INBOX");
    let with = |end: &str| [&letter(500)[..], end.as_bytes()].concat();
    let stage = Stage::of(0);
    let uid = stage.old.mailbox.put(&inbox, letter(500), Flags::default(), None);
    stage.new.mailbox.put(&inbox, with("of its owner\r\n"), Flags::default(), None);
    stage.new.mailbox.behave(|manners| {
        manners.rewrites = Some(Arc::new(|octets: &[u8]| [octets, b"of its server\r\n"].concat()));
    });
    let outcome = stage.move_all().await;
    complete(&outcome);
    assert_eq!((outcome.counts.stored, twice(&outcome).len()), (1, 1));
    let ours = stage.new.mailbox.kept(&inbox).pop().map_or(0, |kept| kept.uid);
    stage.new.mailbox.take_out(&inbox, ours);
    stage.new.mailbox.renumber(&inbox, 300);
    stage.old.mailbox.mark(&inbox, uid, Flags::new([System::Seen]));
    stage.move_all().await;
    let there = stage.new.mailbox.kept(&inbox);
    let told: Vec<_> = there.iter().map(|kept| (kept.octets.to_vec(), kept.flags.clone())).collect();
    assert_eq!(told, [(with("of its owner\r\n"), Flags::default())]);
}
