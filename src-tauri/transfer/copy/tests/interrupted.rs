//! Interrupted before and after every effect, and finished by the next run: each message is there exactly once,
//! and the run after that has nothing to do. Wrong engines must be caught by the same test.

use super::*;
use crate::mutant::{self, Mutant};
use mail::memory::When;

/// What is wrong with what a run left behind.
#[derive(Debug, PartialEq, Eq)]
enum Wrong {
    Lost,
    Doubled,
    Hangs,
    DoesNotFinish,
    NotAtRest,
    Counts,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Scenario {
    /// Twins, same header with another body, an empty message, flags, several folders, messages there before.
    Varied,
    /// The same, and the target tells no UIDs.
    NoUids,
    /// The target alters octets: the size stays, or not even that.
    Rewritten,
    Resized,
    /// One message a batch, three in flight, the source gives them in descending order.
    Single,
}

async fn world(scenario: Scenario) -> World {
    let mut manners = Manners { batch: Limits { messages: 3, octets: 100_000 }, ..Manners::default() };
    match scenario {
        Scenario::Varied => {}
        Scenario::NoUids => manners.uidplus = false,
        Scenario::Rewritten => manners.rewrites = Some(std::sync::Arc::new(rewritten)),
        Scenario::Resized => manners.rewrites = Some(std::sync::Arc::new(resized)),
        Scenario::Single => {
            manners.batch.messages = 1;
            manners.in_flight = 3;
        }
    }
    let mut world = World::new(manners).await;
    world.source.behave(|manners| manners.backwards = scenario == Scenario::Single);
    world.folders = ["INBOX", "Sent", "Work/Old"].map(path).to_vec();
    let inbox = |octets: Vec<u8>, n: i64| {
        let flags = match n % 3 {
            0 => Flags::default(),
            1 => Flags::new([System::Seen]),
            _ => Flags::from_names(["\\Answered", "$Work"]),
        };
        world.source.put(&path("INBOX"), octets, flags, date(n));
    };
    (0..5).for_each(|n| inbox(letter(n, "one"), n as i64));
    // Identical to the octet; same header and size, another body.
    (0..3).for_each(|n| inbox(letter(50, "twin"), n));
    (0..3).for_each(|n| inbox(letter(60, ["aaa", "bbb", "aaa"][n as usize]), n));
    inbox(Vec::new(), 1);
    inbox(b"no header at all".to_vec(), 2);
    world.put("Sent", letter(0, "sent"));
    world.source.put(&path("Work/Old"), letter(1, "x"), Flags::default(), date(5));
    for n in 0..3 {
        world.source.put(&path("Work/Old"), letter(2, "three"), Flags::default(), date(n));
    }
    world.source.put(&path("Work/Old"), letter(3, "mine"), Flags::default(), date(7));
    // There before: two of three twins, another message with the same header, and one of no concern.
    let weak = matches!(scenario, Scenario::Rewritten | Scenario::Resized);
    // Where no octets can be compared, the same header and size are the same message.
    let hers = letter(if weak { 98 } else { 3 }, "hers");
    for octets in [letter(2, "three"), letter(2, "three"), hers, letter(99, "else")] {
        let octets = match scenario {
            Scenario::Rewritten => rewritten(&octets),
            Scenario::Resized => resized(&octets),
            _ => octets,
        };
        world.target.put(&path("Work/Old"), octets, Flags::default(), date(0));
    }
    world
}

fn rewritten(octets: &[u8]) -> Vec<u8> {
    let body = octets.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(0);
    let (header, body) = octets.split_at(body);
    [header, &body.to_ascii_uppercase()].concat()
}

fn resized(octets: &[u8]) -> Vec<u8> {
    [b"X-Server: was here\r\n", octets].concat()
}

/// Octets of each message and how often.
fn by_octets(kept: &[Kept], change: fn(&[u8]) -> Vec<u8>) -> BTreeMap<Vec<u8>, usize> {
    let mut set = BTreeMap::new();
    kept.iter()
        .filter(|kept| !kept.octets.is_empty())
        .for_each(|kept| *set.entry(change(&kept.octets)).or_default() += 1);
    set
}

/// Compares both sides with what was at the target before.
fn compare(world: &World, before: &World, scenario: Scenario) -> Result<(), Wrong> {
    let change = match scenario {
        Scenario::Rewritten => rewritten,
        Scenario::Resized => resized,
        _ => |octets: &[u8]| octets.to_vec(),
    };
    for folder in &world.folders {
        let source = by_octets(&world.source.kept(folder), change);
        let old = by_octets(&before.target.kept(folder), |octets| octets.to_vec());
        let now = by_octets(&world.target.kept(folder), |octets| octets.to_vec());
        let named = world.named.iter().filter(|(place, _)| place == folder).count();
        let mut extra = 0;
        for octets in source.keys().chain(old.keys()).chain(now.keys()).collect::<BTreeSet<_>>() {
            let count = |set: &BTreeMap<Vec<u8>, usize>| set.get(octets).copied().unwrap_or(0);
            let wanted = count(&source).max(count(&old));
            if count(&now) < wanted {
                return Err(Wrong::Lost);
            }
            extra += count(&now) - wanted;
        }
        if extra > named {
            return Err(Wrong::Doubled);
        }
        if old.is_empty() && named == 0 && change(b"a") == b"a" {
            let mut wanted = multiset(&world.source.kept(folder));
            wanted.retain(|(octets, ..), _| !octets.is_empty());
            if multiset(&world.target.kept(folder)) != wanted {
                return Err(Wrong::Lost);
            }
        }
    }
    Ok(())
}

async fn in_time<T>(work: impl Future<Output = T>, limit: Duration) -> Result<T, Wrong> {
    tokio::time::timeout(limit, work).await.map_err(|_| Wrong::Hangs)
}

/// One run that is interrupted, one that is not, one that has nothing to do.
async fn interrupt(scenario: Scenario, tripwire: &Tripwire, limit: Duration) -> Result<(), Wrong> {
    let before = world(scenario).await;
    let mut world = world(scenario).await;
    let interrupted = in_time(world.run(tripwire), limit).await?;
    if interrupted.is_err() {
        let ran = in_time(world.run(&Tripwire::never()), limit).await?.map_err(|_| Wrong::DoesNotFinish)?;
        if !ran.counts.agrees() || ran.counts != ran.told || ran.counts.gone > 0 || ran.counts.failed != 1 {
            return Err(Wrong::Counts);
        }
    } else if let Ok(ran) = interrupted
        && (!ran.counts.agrees() || ran.counts.failed != 1)
    {
        return Err(Wrong::Counts);
    }
    compare(&world, &before, scenario)?;
    let held = world.folders.iter().map(|folder| world.target.kept(folder).len()).sum::<usize>();
    let again = in_time(world.run(&Tripwire::never()), limit).await?.map_err(|_| Wrong::DoesNotFinish)?;
    let now = world.folders.iter().map(|folder| world.target.kept(folder).len()).sum::<usize>();
    // The empty message is refused each time.
    if again.counts.stored != 0 || again.counts.failed != 1 || again.counts.gone > 0 || held != now {
        return Err(Wrong::NotAtRest);
    }
    Ok(())
}

async fn everywhere(scenario: Scenario, limit: Duration) -> Result<usize, (usize, When, bool, Wrong)> {
    let count = Tripwire::never();
    world(scenario).await.run(&count).await.unwrap();
    // Later attempts have effects of their own, which shift: look a little beyond the end.
    let effects = count.effects() + 5;
    for effect in 0..effects {
        for when in [When::Before, When::After] {
            for kills in [false, true] {
                let tripwire = Tripwire::at(effect, when, kills);
                interrupt(scenario, &tripwire, limit).await.map_err(|wrong| (effect, when, kills, wrong))?;
            }
        }
    }
    Ok(effects)
}

const PLENTY: Duration = Duration::from_secs(20);

#[tokio::test]
async fn varied_mail_survives_every_interruption() {
    assert!(everywhere(Scenario::Varied, PLENTY).await.unwrap() > 60);
}

#[tokio::test]
async fn a_target_without_uids_survives_every_interruption() {
    assert!(everywhere(Scenario::NoUids, PLENTY).await.unwrap() > 60);
}

#[tokio::test]
async fn a_rewriting_target_survives_every_interruption() {
    assert!(everywhere(Scenario::Rewritten, PLENTY).await.unwrap() > 60);
}

#[tokio::test]
async fn a_resizing_target_survives_every_interruption() {
    assert!(everywhere(Scenario::Resized, PLENTY).await.unwrap() > 60);
}

#[tokio::test]
async fn single_messages_in_flight_survive_every_interruption() {
    assert!(everywhere(Scenario::Single, PLENTY).await.unwrap() > 60);
}

#[tokio::test]
async fn the_mutant_that_ignores_doubt_is_caught() {
    mutant::become_one(Mutant::DoubtIgnored);
    assert_eq!(everywhere(Scenario::Varied, PLENTY).await.unwrap_err().3, Wrong::Doubled);
}

#[tokio::test]
async fn the_mutant_that_skips_the_fence_is_caught() {
    mutant::become_one(Mutant::FenceSkipped);
    assert_eq!(everywhere(Scenario::Varied, PLENTY).await.unwrap_err().3, Wrong::Doubled);
}

#[tokio::test]
async fn the_mutant_that_keeps_the_feed_is_caught() {
    mutant::become_one(Mutant::FeedKept);
    assert_eq!(everywhere(Scenario::Varied, Duration::from_secs(2)).await.unwrap_err().3, Wrong::Hangs);
}

/// A source whose messages take room in a budget: it can go on only when some of them are done with.
struct Narrow {
    inside: mail::memory::Session,
    budget: mail::Budget,
}

#[async_trait::async_trait]
impl Source for Narrow {
    async fn identity(&mut self) -> Result<mail::Identity> {
        self.inside.identity().await
    }

    async fn folders(&mut self) -> Result<Vec<Folder>> {
        self.inside.folders().await
    }

    async fn list_all(&mut self, looks: &[mail::Look<'_>]) -> Result<Vec<Result<mail::Listing>>> {
        self.inside.list_all(looks).await
    }

    async fn fetch_all(&mut self, order: &mut dyn mail::Order, part: mail::Part) -> Result<()> {
        let budget = &self.budget;
        let station = |passing: mail::relay::Passing| -> futures::future::BoxFuture<'static, Result<()>> {
            let budget = budget.clone();
            Box::pin(async move {
                let mail::relay::Passing { mut from, out, .. } = passing;
                while let Some(fetched) = from.recv().await {
                    let fetched = match fetched {
                        mail::Fetched::Message(message) => {
                            let mut body = budget.body(message.body.len()).await.unwrap();
                            body.write(&message.body.octets().unwrap()).unwrap();
                            mail::Fetched::Message(mail::Message { body: body.finish(), ..message })
                        }
                        other => other,
                    };
                    if out.send(fetched).await.is_err() {
                        break;
                    }
                }
                Ok(())
            })
        };
        mail::relay::relay(&mut self.inside, order, part, 1, station).await
    }

    async fn close(&mut self) {}
}

/// Copies 20 messages of 2 KB within a budget of 8.
async fn narrow(limit: Duration) -> Result<Counts, Wrong> {
    let world = World::new(Manners::default()).await;
    (0..20).for_each(|n| world.put("INBOX", letter(n, &"x".repeat(2_000))));
    let spool = tempfile::tempdir().unwrap();
    let budget = mail::Budget::new(20_000, spool.path().to_owned());
    let mut source = Narrow { inside: world.source.session(), budget };
    let mut target = world.target.session();
    let folder = source.folders().await.unwrap().remove(0);
    let pair = Pair { target: folder.path.clone(), source: folder, special: None };
    let stop = CancellationToken::new();
    let terms = (&world.journal, &world.rules);
    let copying = copy_folder(pair, &mut source, &mut target, terms, std::sync::Arc::new(|_| {}), &stop);
    Ok(in_time(copying, limit).await?.unwrap().counts)
}

#[tokio::test]
async fn a_narrow_budget_is_enough() {
    assert_eq!(narrow(PLENTY).await, Ok(Counts { found: 20, stored: 20, ..Counts::default() }));
}

#[tokio::test]
async fn the_mutant_whose_take_waits_is_caught() {
    mutant::become_one(Mutant::TakeWaits);
    assert_eq!(narrow(Duration::from_secs(2)).await, Err(Wrong::Hangs));
}

#[tokio::test]
async fn flags_that_follow_survive_every_interruption() {
    for effect in 0..40 {
        for (when, kills) in [(When::Before, true), (When::After, true), (When::Before, false), (When::After, false)] {
            let mut world = World::new(Manners::default()).await;
            (0..4).for_each(|n| world.put("INBOX", letter(n, "body")));
            world.run(&Tripwire::never()).await.unwrap();
            let mut session = world.source.session();
            let folder = session.folders().await.unwrap().remove(0);
            let change = |uid, flag| mail::ports::FlagChange { id: MessageId::Uid(uid), flags: Flags::new([flag]) };
            let changes = [change(1, System::Seen), change(3, System::Flagged)];
            session.flag(&folder, &changes).await.unwrap();
            world.put("INBOX", letter(9, "new"));
            let _ = world.run(&Tripwire::at(effect, when, kills)).await;
            world.run(&Tripwire::never()).await.unwrap();
            assert_eq!(multiset(&world.at_target("INBOX")), multiset(&world.source.kept(&path("INBOX"))), "{effect}");
            // And they still follow after that.
            session.flag(&folder, &[change(1, System::Answered)]).await.unwrap();
            world.run(&Tripwire::never()).await.unwrap();
            assert_eq!(world.at_target("INBOX")[0].flags, Flags::new([System::Answered]), "{effect}");
        }
    }
}

#[tokio::test]
async fn a_journal_on_disk_survives_every_kill() {
    let directory = tempfile::tempdir().unwrap();
    let count = Tripwire::never();
    world(Scenario::Varied).await.run(&count).await.unwrap();
    for effect in (0..count.effects()).step_by(3) {
        let file = directory.path().join(format!("{effect}"));
        let before = world(Scenario::Varied).await;
        let mut world = world(Scenario::Varied).await;
        for tripwire in [Tripwire::at(effect, When::After, true), Tripwire::never()] {
            // The file is opened anew, as a new process does: nothing else is left of the run before.
            world.journal = Journal::open(&file).await.unwrap().0;
            let ran = world.run(&tripwire).await;
            assert_eq!(ran.is_err(), tripwire.tripped(), "{effect}");
            std::mem::replace(&mut world.journal, Journal::in_memory().await.unwrap()).close().await;
        }
        assert_eq!(compare(&world, &before, Scenario::Varied), Ok(()), "{effect}");
        world.journal = Journal::open(&file).await.unwrap().0;
        let again = world.run_whole().await.counts;
        assert_eq!((again.stored, again.failed, again.gone), (0, 1, 0), "{effect}");
    }
}

/// The connection was lost, and the server goes on with what it has: the message is there a little later.
#[tokio::test]
async fn what_arrives_late_is_not_stored_twice() {
    let mut found = 0;
    for effect in 0..40 {
        let mut world = World::new(Manners::default()).await;
        world.put("INBOX", letter(1, "late"));
        let tripwire = Tripwire::at(effect, When::Before, true);
        let failed = world.run(&tripwire).await.is_err();
        if !failed {
            break;
        }
        let row = world.journal.pair(&path("INBOX"), &path("INBOX")).await.unwrap();
        let Some(pair) = row else { continue };
        let rows = world.journal.rows(pair.id, None, 10).await.unwrap();
        if rows.first().is_none_or(|row| row.state != State::Intended) || !world.at_target("INBOX").is_empty() {
            continue;
        }
        found += 1;
        world.rules.patience = Duration::from_millis(300);
        let (late, target) = (world.source.kept(&path("INBOX")).remove(0), world.target.clone());
        let arrives = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            target.put(&path("INBOX"), late.octets, late.flags, late.date);
        };
        let (ran, ()) = tokio::join!(world.run_whole(), arrives);
        assert_eq!(world.at_target("INBOX").len(), 1, "effect {effect}");
        assert_eq!((ran.counts.found, ran.counts.already + ran.counts.stored), (1, 1));
    }
    assert!(found > 0, "a message was in doubt");
}

#[tokio::test]
async fn flags_that_an_interrupted_run_has_sent_are_its_own() {
    let seen = || Flags::new([System::Seen]);
    for effect in 0..60 {
        for (when, kills) in [(When::Before, false), (When::Before, true), (When::After, false), (When::After, true)] {
            let mut world = World::new(Manners::default()).await;
            (0..3).for_each(|number| world.put("INBOX", letter(number, "x")));
            world.run_whole().await;
            world.source.mark(&path("INBOX"), 2, seen());
            let _ = world.run(&Tripwire::at(effect, when, kills)).await;
            world.source.mark(&path("INBOX"), 2, Flags::default());
            world.run_whole().await;
            let there: Vec<Flags> = world.at_target("INBOX").into_iter().map(|kept| kept.flags).collect();
            assert_eq!(there, vec![Flags::default(); 3], "effect {effect} {when:?}, killed: {kills}");
            // What its owner marks there stays.
            world.target.mark(&path("INBOX"), 2, seen());
            world.source.mark(&path("INBOX"), 2, Flags::new([System::Flagged]));
            world.run_whole().await;
            assert_eq!(world.at_target("INBOX")[1].flags, seen(), "effect {effect} {when:?}, killed: {kills}");
        }
    }
}
