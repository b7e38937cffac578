//! Repaired messages, interrupted before and after every effect, as a lost connection and as a killed process.

use super::*;
use mail::memory::When;

fn world_of(batch: usize) -> Manners {
    let refuses = |octets: &[u8]| octets.contains(&0).then_some(Cause::MessageRefused);
    // Even a repair may not be enough by itself: this one also minds what no repair took out of the header.
    let strict = move |octets: &[u8]| {
        let header = octets.split(|octet| *octet == b'\r').next().unwrap_or_default();
        refuses(octets).or((!header.is_ascii()).then_some(Cause::MessageRefused))
    };
    let limits = Limits { messages: batch, octets: 100_000 };
    Manners { batch: limits, refuses: Some(Arc::new(strict)), ..Manners::default() }
}

/// As fetched, and as the target shall have them. The header of two is another one once they are repaired.
const LETTERS: [(&str, &str); 6] = [
    ("Message-ID: <1>\r\n\r\na\r\n", "Message-ID: <1>\r\n\r\na\r\n"),
    ("Message-ID: <2>\r\n\r\n\0b\r\n", "Message-ID: <2>\r\n\r\n b\r\n"),
    ("Subject: é\r\n\r\ntwin\r\n", "Subject: =?UTF-8?Q?=C3=A9?=\r\n\r\ntwin\r\n"),
    ("Subject: é\r\n\r\ntwin\r\n", "Subject: =?UTF-8?Q?=C3=A9?=\r\n\r\ntwin\r\n"),
    ("Subject: ü\r\n\r\n\0both\r\n", "Subject: =?UTF-8?Q?=C3=BC?=\r\n\r\n both\r\n"),
    // Somebody repaired it by hand before: it is a message of its own.
    ("Message-ID: <2>\r\n\r\n b\r\n", "Message-ID: <2>\r\n\r\n b\r\n"),
];

async fn world(batch: usize, uidplus: bool) -> World {
    let mut world = World::new(Manners { uidplus, ..world_of(batch) }).await;
    world.repair = true;
    LETTERS.iter().for_each(|(octets, _)| world.put("INBOX", octets.as_bytes().to_vec()));
    world
}

fn there(world: &World) -> Vec<String> {
    let kept = world.at_target("INBOX").into_iter().map(|kept| String::from_utf8_lossy(&kept.octets).into_owned());
    let mut there: Vec<String> = kept.collect();
    there.sort();
    there
}

#[tokio::test]
async fn a_repair_survives_every_interruption() {
    let mut wanted = LETTERS.map(|(_, form)| form.to_owned()).to_vec();
    wanted.sort();
    let mut tripped = 0;
    for (batch, uidplus) in [(1, true), (10, true), (1, false)] {
        let count = Tripwire::never();
        world(batch, uidplus).await.run(&count).await.unwrap();
        for effect in 0..count.effects() + 5 {
            for (when, kills) in
                [(When::Before, false), (When::Before, true), (When::After, false), (When::After, true)]
            {
                let wire = Tripwire::at(effect, when, kills);
                let mut world = world(batch, uidplus).await;
                let _ = world.run(&wire).await;
                tripped += usize::from(wire.tripped());
                let ran = world.run_whole().await;
                let at = format!("effect {effect} {when:?}, killed: {kills}, batch {batch}, UIDs told: {uidplus}");
                assert_eq!(there(&world), wanted, "{at}");
                assert_eq!((ran.counts.found, ran.counts.failed, ran.counts.gone), (6, 0, 0), "{at}");
                // No report was made yet: each repair is still to be named.
                let codes = world.codes().await;
                assert_eq!(codes.iter().filter(|code| *code == "repaired").count(), 4, "{at}: {codes:?}");
                let again = world.run_whole().await;
                assert_eq!((there(&world), again.counts.stored), (wanted.clone(), 0), "{at}");
            }
        }
    }
    assert!(tripped > 300, "{tripped}");
}

#[tokio::test]
async fn a_form_that_a_lost_journal_may_have_known_is_named() {
    let mut world = world(10, true).await;
    world.run_whole().await;
    assert!(!world.codes().await.contains(&"maybe_twice".to_owned()), "nothing lay there before");
    let before = there(&world);
    world.journal = Journal::in_memory().await.unwrap();
    world.run_whole().await;
    let mut surplus = there(&world);
    before.iter().for_each(|form| drop(surplus.remove(surplus.iter().position(|one| one == form).unwrap())));
    let named = world.codes().await.iter().filter(|code| *code == "maybe_twice").count();
    assert!(surplus.len() <= named && named <= 4, "{named} named: {surplus:?}");
    assert!(!surplus.is_empty(), "found by itself: then no name is needed");
}
