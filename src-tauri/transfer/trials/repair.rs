//! Messages that a target refuses for their octets, with consent to repair them and without.

use super::*;
use mail::repair;

/// Refuses NUL, bare LF and 8-bit headers, as one well-known server does.
fn strict(octets: &[u8]) -> Option<Cause> {
    let header = octets.split(|octet| *octet == b'\n').take_while(|line| !line.trim_ascii().is_empty());
    let bare = octets.iter().enumerate().any(|(at, octet)| *octet == b'\n' && (at == 0 || octets[at - 1] != b'\r'));
    (octets.contains(&0) || bare || !header.collect::<Vec<_>>().concat().is_ascii()).then_some(Cause::MessageRefused)
}

/// As fetched, and as the target shall have it.
const CASES: [(&str, &str); 5] = [
    ("Message-ID: <n@old>\r\n\r\na\0b\r\n", "Message-ID: <n@old>\r\n\r\na b\r\n"),
    ("Message-ID: <l@old>\n\nx\n", "Message-ID: <l@old>\r\n\r\nx\r\n"),
    // Its header's hash is another one once it is repaired.
    ("Subject: é\r\n\r\nsame\r\n", "Subject: =?UTF-8?Q?=C3=A9?=\r\n\r\nsame\r\n"),
    ("Subject: é\r\n\r\nsame\r\n", "Subject: =?UTF-8?Q?=C3=A9?=\r\n\r\nsame\r\n"),
    // Lacks an end as well, which nobody minds: that is not touched.
    ("Subject: two\r\n\r\n\0\nend", "Subject: two\r\n\r\n \r\nend"),
];

fn stage() -> Stage {
    let stage = Stage::of(2);
    for (octets, _) in CASES {
        stage.old.mailbox.put(&path("INBOX"), octets, Flags::new([System::Seen]), None);
    }
    stage.new.mailbox.behave(|manners| manners.refuses = Some(Arc::new(strict)));
    stage
}

fn repairing(stage: &Stage, task: Task) -> Request {
    Request { answers: Answers { repair: true, ..Answers::default() }, ..stage.request(task) }
}

/// What of the cases is at the target; others are counted.
fn there(stage: &Stage) -> (Vec<String>, usize) {
    let kept = stage.new.mailbox.kept(&path("INBOX"));
    let (plain, mut cases): (Vec<String>, Vec<String>) =
        kept.iter().map(|kept| String::from_utf8_lossy(&kept.octets).into_owned()).partition(|t| t.contains("Text "));
    cases.sort();
    (cases, plain.len())
}

fn wanted() -> Vec<String> {
    let mut wanted = CASES.map(|(_, form)| form.to_owned()).to_vec();
    wanted.sort();
    wanted
}

#[tokio::test]
async fn without_consent_it_is_listed_with_the_repair_that_may_help() {
    let stage = stage();
    let outcome = stage.move_all().await;
    assert_eq!((outcome.verdict, outcome.counts.failed), (Verdict::Problems, 5));
    assert_eq!(there(&stage), (Vec::new(), 2));
    let refused = outcome.problems.iter().find(|problem| problem.id == Some(mail::MessageId::Uid(3))).unwrap();
    assert_eq!((refused.code.as_str(), refused.detail.as_deref()), ("message_refused", Some("nul*1@24/3")));
    assert!(refused.may_be_repaired());
}

#[tokio::test]
async fn with_consent_the_smallest_repair_is_stored_named_and_never_stored_again() {
    let stage = stage();
    // Refused before: the consent comes later.
    stage.move_all().await;
    let outcome = stage.run(repairing(&stage, plain_move())).await;
    complete(&outcome);
    assert_eq!((outcome.counts.stored, outcome.counts.already), (5, 6));
    assert_eq!(there(&stage), (wanted(), 2));
    let named: Vec<_> = outcome.problems.iter().map(|p| (p.code.as_str(), p.detail.as_deref().unwrap())).collect();
    let eight = ("repaired", "eight_bit_header*2@9/1");
    let two = ("repaired", "bare_lf*1@17/3 nul*1@16/3");
    assert_eq!(named, [("repaired", "nul*1@24/3"), ("repaired", "bare_lf*3@19/1"), eight, eight, two]);
    for request in [stage.request(plain_move()), repairing(&stage, plain_move())] {
        let again = stage.run(request).await;
        complete(&again);
        assert_eq!((again.counts.already, again.counts.stored), (11, 0));
    }
    assert_eq!(there(&stage), (wanted(), 2));
    for level in [Level::Identical, Level::Present] {
        let verified = stage.run(stage.request(Task::Verify { level })).await;
        complete(&verified);
        assert_eq!((verified.counts.already, codes(&verified.problems)), (11, vec!["repaired"; 5]));
    }
    // Another form than the one that was stored is not taken for it.
    let first = stage.new.mailbox.kept(&path("INBOX")).into_iter().find(|kept| kept.octets.ends_with(b"a b\r\n"));
    stage.new.mailbox.take_out(&path("INBOX"), first.unwrap().uid);
    stage.new.mailbox.put(&path("INBOX"), &b"Message-ID: <n@old>\r\n\r\na  b\r\n"[..], Flags::default(), None);
    let verified = stage.run(stage.request(Task::Verify { level: Level::Identical })).await;
    assert!(codes(&verified.problems).contains(&"different"), "{:?}", verified.problems);
}

#[tokio::test]
async fn a_new_uidvalidity_on_either_side_finds_repaired_messages_again() {
    let stage = stage();
    complete(&stage.run(repairing(&stage, plain_move())).await);
    for mailbox in [&stage.old.mailbox, &stage.new.mailbox] {
        mailbox.renumber(&path("INBOX"), 500);
        let again = stage.run(repairing(&stage, plain_move())).await;
        assert_eq!((again.counts.already, again.counts.stored), (11, 0), "{:?}", again.problems);
        assert_eq!(there(&stage), (wanted(), 2));
    }
}

#[tokio::test]
async fn what_no_repair_helps_is_refused_as_it_was() {
    let stage = stage();
    let refuses =
        |octets: &[u8]| (!octets.ends_with(b"\r\n") || strict(octets).is_some()).then_some(Cause::MessageRefused);
    stage.new.mailbox.behave(|manners| manners.refuses = Some(Arc::new(refuses)));
    let odd = stage.old.mailbox.put(&path("INBOX"), &b"Subject: \xff\r\n\r\nvirus\0\r\n"[..], Flags::default(), None);
    stage.new.mailbox.behave(|manners| {
        let refuses = manners.refuses.take().unwrap();
        let virus = |octets: &[u8]| octets.windows(5).any(|five| five == b"virus").then_some(Cause::MessageRefused);
        manners.refuses = Some(Arc::new(move |octets| refuses(octets).or(virus(octets))));
    });
    let outcome = stage.run(repairing(&stage, plain_move())).await;
    assert_eq!((outcome.counts.failed, outcome.counts.stored), (1, 11), "{:?}", outcome.problems);
    let refused = outcome.problems.iter().find(|problem| problem.code == "message_refused").unwrap();
    assert_eq!(refused.id, Some(mail::MessageId::Uid(odd)));
    assert_eq!(repair::parse(refused.detail.as_deref().unwrap()).len(), 2);
    // All three were asked for of the one that also lacked its end.
    assert!(there(&stage).0.contains(&"Subject: two\r\n\r\n \r\nend\r\n".to_owned()), "{:?}", there(&stage));
}

/// What holds a repaired message is its original: at the source, or in the backup.
#[tokio::test]
async fn what_was_repaired_is_taken_back() {
    for lost in [false, true] {
        let stage = stage();
        let backup = Some(stage.backup());
        let task = Task::Move { backup, prove_first: false, put_back: false, verify_after: None };
        complete(&stage.run(repairing(&stage, task)).await);
        assert_eq!(there(&stage), (wanted(), 2));
        if lost {
            for kept in stage.old.mailbox.kept(&path("INBOX")) {
                stage.old.mailbox.take_out(&path("INBOX"), kept.uid);
            }
        }
        let undone = stage.run(stage.request(Task::Undo { remove: true })).await;
        complete(&undone);
        assert_eq!((undone.counts.already, codes(&undone.problems)), (0, vec![]), "lost {lost}");
        assert_eq!(there(&stage), (Vec::new(), 0));
    }
}
