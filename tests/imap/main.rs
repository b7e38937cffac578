//! `mail::imap` against a real Dovecot.

mod line;

use harness::{Certificate, Dovecot, MailboxState, Options, Proxy, many, samples};
use line::{Line, enter, imap, imap_at, server};
use mail::imap::Mechanism;
use mail::net::Security;
use mail::{Cause, Fetched, FolderPath, MessageId, Outcome, Part, Source, Target, Want};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Copies every folder, as the engine would, and gives how many messages were stored.
async fn copy(old: &mut mail::imap::Imap, new: &mut mail::imap::Imap) -> (usize, usize, Duration) {
    let (mut stored, mut batches, mut time) = (0, 0, Duration::ZERO);
    for folder in old.folders().await.unwrap() {
        if !folder.selectable {
            continue;
        }
        let fence = new.prepare(&folder.path, folder.special).await.unwrap();
        let listing = old.list(&folder, 1, Want::Headers).await.unwrap();
        let ids: Vec<_> = listing.entries.iter().map(|entry| entry.id.clone()).collect();
        let (out, incoming) = mpsc::channel(400);
        let mut line = Line::new(&fence, incoming);
        let began = Instant::now();
        let (fetched, done) = tokio::join!(old.fetch(&folder, &ids, Part::Whole, out), new.store(&mut line));
        time += began.elapsed();
        fetched.unwrap();
        done.unwrap();
        for (id, outcome) in &line.outcomes {
            if let Outcome::Refused(failure) = outcome {
                assert_eq!(failure.cause, Cause::MessageEmpty, "{id}: {failure:?}");
            }
        }
        assert_eq!(line.outcomes.len(), ids.len());
        stored += line.stored();
        batches += line.batches;
    }
    (stored, batches, time)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_mailbox_arrives_as_it_is() {
    for capability in [
        None,
        Some("IMAP4rev1 LITERAL+ UIDPLUS NAMESPACE"),
        Some("IMAP4rev1 LITERAL- UIDPLUS SASL-IR LIST-EXTENDED"),
        Some("IMAP4rev1 IDLE UIDPLUS ID"),
    ] {
        let old = Dovecot::with(Options::with_special());
        let new = Dovecot::with(Options { capability: capability.map(str::to_owned), ..Options::with_special() });
        old.wire().load(&samples(300), '/', "");
        let before = MailboxState::of(&old);
        let (stored, batches, time) = copy(&mut imap(&old).await, &mut imap(&new).await).await;
        println!("{capability:?}: {stored} stored in {batches} batches, {time:?}");
        assert_eq!(MailboxState::of(&old), before, "the source is untouched");
        before.assert_same(&MailboxState::of(&new));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_line_costs_little() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&many(5_000, 3_000), '/', "");
    let line = Duration::from_millis(50);
    let (to_old, to_new) = (Proxy::to(old.tls, line), Proxy::to(new.tls, line));
    let began = Instant::now();
    let mut source = imap_at(&old, to_old.port).await;
    let mut target = imap_at(&new, to_new.port).await;
    let (stored, batches, time) = copy(&mut source, &mut target).await;
    let whole = began.elapsed();
    println!("5,000 x 3 KB at 50 ms: {whole:?}, of it the copy {time:?} in {batches} batches");
    assert_eq!(stored, 5_000);
    assert!(whole < Duration::from_secs(12), "{whole:?}");
    MailboxState::of(&old).assert_same(&MailboxState::of(&new));
}

/// Prints what the line alone costs: no journal, no comparison beforehand.
#[tokio::test(flavor = "multi_thread")]
async fn a_short_line_costs_less() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    let large = many(40, 5_000_000);
    old.wire().load(&many(5_000, 3_000), '/', "");
    let (stored, batches, small) = copy(&mut imap(&old).await, &mut imap(&new).await).await;
    assert_eq!(stored, 5_000);
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&large, '/', "");
    let (stored, _, big) = copy(&mut imap(&old).await, &mut imap(&new).await).await;
    assert_eq!(stored, 40);
    println!("loopback over TLS: 5,000 x 3 KB in {small:?} ({batches} batches); 40 x 5 MB in {big:?}");
    assert!(small < Duration::from_secs(12) && big < Duration::from_secs(60));
    MailboxState::of(&old).assert_same(&MailboxState::of(&new));
}

#[tokio::test(flavor = "multi_thread")]
async fn ways_in_and_refusals() {
    let dovecot = Dovecot::start();
    for mechanism in [Mechanism::Auto, Mechanism::Plain, Mechanism::Login] {
        for (port, security) in
            [(dovecot.tls, Security::Tls), (dovecot.plain, Security::StartTls), (dovecot.plain, Security::Plain)]
        {
            let mut imap = enter(&dovecot, &server(&dovecot, port, security), mechanism).await.unwrap();
            assert!(imap.folders().await.unwrap().iter().any(|folder| folder.path.is_inbox()));
            assert_eq!(imap.certificate().is_some(), security != Security::Plain);
            imap.close().await;
        }
    }
    let wrong = mail::imap::SignIn { user: dovecot.user(), secret: "wrong", mechanism: Mechanism::Auto, admin: None };
    let at = server(&dovecot, dovecot.tls, Security::Tls);
    let failure = mail::imap::Imap::open(&at, wrong, line::budget()).await.unwrap_err();
    assert_eq!(failure.cause, Cause::SignInRefused);
    let mut stranger = at.clone();
    stranger.authority = None;
    let failure = enter(&dovecot, &stranger, Mechanism::Auto).await.unwrap_err();
    assert_eq!(failure.cause, Cause::CertificateUntrusted, "{failure:?}");
    let pin = failure.certificate.expect("the certificate to decide about").sha256;
    stranger.pin = Some(pin);
    assert_eq!(enter(&dovecot, &stranger, Mechanism::Auto).await.unwrap().certificate(), Some(pin));
    stranger.pin = Some(mail::Sha256([7; 32]));
    let failure = enter(&dovecot, &stranger, Mechanism::Auto).await.unwrap_err();
    assert_eq!(failure.cause, Cause::CertificateChanged);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_certificates_are_named() {
    for (kind, cause) in
        [(Certificate::Expired, Cause::CertificateExpired), (Certificate::WrongHost, Cause::CertificateWrongHost)]
    {
        let dovecot = Dovecot::with(Options { certificate: kind, ..Options::default() });
        let at = server(&dovecot, dovecot.tls, Security::Tls);
        let failure = enter(&dovecot, &at, Mechanism::Auto).await.unwrap_err();
        assert_eq!((failure.cause, failure.certificate.is_some()), (cause, true), "{failure:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_of_one_message_and_of_all() {
    let old = Dovecot::start();
    let mut letters = many(40, 2_000);
    letters[17].octets.extend(b"x".repeat(60_000));
    old.wire().load(&letters, '/', "");
    for capability in [None, Some("IMAP4rev1 LITERAL+ UIDPLUS"), Some("IMAP4rev1 UIDPLUS")] {
        let capability = capability.map(str::to_owned);
        let small = Dovecot::with(Options { message_limit: Some(50_000), capability, ..Options::default() });
        let (line, result) = store_inbox(&old, &small).await;
        result.unwrap();
        assert_eq!((line.stored(), line.outcomes.len()), (39, 40));
        let refused = line.outcomes.values().find_map(|outcome| match outcome {
            Outcome::Refused(failure) => Some(failure.cause),
            Outcome::Stored(_) | Outcome::Doubtful => None,
        });
        assert_eq!(refused, Some(Cause::MessageTooLarge));
    }
    let full = Dovecot::with(Options { quota: Some(20_000), ..Options::default() });
    let (line, result) = store_inbox(&old, &full).await;
    assert_eq!(result.unwrap_err().cause, Cause::QuotaFull);
    assert!(line.outcomes.values().all(|outcome| matches!(outcome, Outcome::Stored(_))));
    assert!(imap(&full).await.capacity().await.unwrap().room.is_some_and(|room| room <= 20_480));
}

async fn store_inbox(old: &Dovecot, new: &Dovecot) -> (Line, mail::Result<()>) {
    let (mut source, mut target) = (imap(old).await, imap(new).await);
    let folders = source.folders().await.unwrap();
    let folder = folders.iter().find(|folder| folder.status.is_some_and(|status| status.messages > Some(0))).unwrap();
    let fence = target.prepare(&FolderPath::inbox(), None).await.unwrap();
    let listing = source.list(folder, 1, Want::Flags).await.unwrap();
    let ids: Vec<_> = listing.entries.into_iter().map(|entry| entry.id).collect();
    let (out, incoming) = mpsc::channel(100);
    let mut line = Line::new(&fence, incoming);
    let (_, stored) = tokio::join!(source.fetch(folder, &ids, Part::Whole, out), async {
        let stored = target.store(&mut line).await;
        line.incoming.close();
        stored
    });
    (line, stored)
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_messages_are_named_and_a_closed_receiver_ends_it() {
    let dovecot = Dovecot::start();
    dovecot.wire().load(&many(600, 3_000), '/', "");
    let mut source = imap(&dovecot).await;
    let folders = source.folders().await.unwrap();
    let folder =
        folders.iter().find(|folder| folder.status.is_some_and(|status| status.messages == Some(600))).unwrap();
    let mut ids: Vec<_> = (1..=600).map(MessageId::Uid).collect();
    ids.push(MessageId::Uid(9_999));
    let (out, mut incoming) = mpsc::channel(1_000);
    source.fetch(folder, &ids, Part::Hashes, out).await.unwrap();
    let (mut hashed, mut gone) = (0, Vec::new());
    while let Some(fetched) = incoming.recv().await {
        match fetched {
            Fetched::Hashed { octets, .. } => {
                assert!(octets > 2_000);
                hashed += 1;
            }
            Fetched::Failed { id, failure } => gone.push((id, failure.cause)),
            Fetched::Message(_) => panic!("hashes were asked for"),
        }
    }
    assert_eq!((hashed, gone), (600, vec![(MessageId::Uid(9_999), Cause::MessageGone)]));

    let (out, mut incoming) = mpsc::channel(1);
    let (fetched, _) = tokio::join!(source.fetch(folder, &ids, Part::Whole, out), async {
        assert!(matches!(incoming.recv().await, Some(Fetched::Message(_))));
        incoming.close();
        while incoming.recv().await.is_some() {}
    });
    fetched.unwrap();
    assert_eq!(source.list(folder, 1, Want::Flags).await.unwrap().entries.len(), 600, "the rest was read away");
    assert_eq!(source.list(folder, 601, Want::Flags).await.unwrap().entries.len(), 0, "not the last one again");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_flags_moves_and_removals() {
    let dovecot = Dovecot::with(Options { separator: '.', prefix: "INBOX.".into(), ..Options::default() });
    dovecot.wire().load(&many(10, 500), '.', "INBOX.");
    let mut target = imap(&dovecot).await;
    let path = FolderPath::new(["已发送", "2024 & mehr"]);
    let fence = target.prepare(&path, None).await.unwrap();
    assert!(fence.created && fence.any_keyword && fence.folder.wire.starts_with(b"INBOX.&XfJT0ZAB-."));
    let again = target.prepare(&path, None).await.unwrap();
    assert_eq!((again.created, again.uid_next, again.validity), (false, fence.uid_next, fence.validity));
    let failure = target.prepare(&FolderPath::new(["a.b"]), None).await.unwrap_err();
    assert_eq!(failure.cause, Cause::FolderNameRefused);

    let folders = target.folders().await.unwrap();
    assert!(folders.iter().any(|folder| folder.path == path));
    let from = folders.iter().find(|folder| folder.status.is_some_and(|status| status.messages == Some(10))).unwrap();
    let ids: Vec<_> = [2, 3, 7].map(MessageId::Uid).into();
    let moved = target.relocate(from, &ids, &fence.folder).await.unwrap();
    assert_eq!(moved, [2, 3, 7].map(MessageId::Uid).into_iter().zip([Some(1), Some(2), Some(3)]).collect::<Vec<_>>());
    let flags = mail::Flags::from_names(["\\Seen", "\\Flagged", "Work"]);
    let change = mail::FlagChange { id: MessageId::Uid(2), flags: flags.clone() };
    target.flag(&fence.folder, &[change]).await.unwrap();
    let listing = target.list(&fence.folder, 1, Want::Flags).await.unwrap();
    let first = mail::Seen { id: listing.entries[0].id.clone(), flags: listing.entries[0].flags.clone() };
    assert_eq!(first.id, MessageId::Uid(1));
    assert_eq!(target.remove(&fence.folder, &[first], listing.modseq).await.unwrap(), []);
    let listing = target.list(&fence.folder, 1, Want::Dates).await.unwrap();
    let uids: Vec<_> = listing.entries.iter().map(|entry| entry.id.clone()).collect();
    assert_eq!(uids, [MessageId::Uid(2), MessageId::Uid(3)]);
    assert_eq!(listing.entries[0].flags, flags);
    assert!(listing.entries.iter().all(|entry| entry.size.is_some() && entry.date.is_some()));
}
