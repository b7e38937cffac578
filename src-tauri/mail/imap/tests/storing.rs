//! APPEND as odd servers answer it.

use super::script::{Answer, budget, folder, imap, last, text};
use crate::imap::Experience;
use crate::{
    Budget, Cause, Failure, Feed, Fence, Flags, Limits, Message, MessageId, Outcome, Reach, Result, Taken, Target,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Gives its messages as asked for, and remembers what became of them.
#[derive(Default)]
pub(super) struct Line {
    messages: Vec<Message>,
    outcomes: BTreeMap<u32, Outcome>,
    failure: Option<Failure>,
}

impl Line {
    pub(super) fn of(bodies: &[&str]) -> Self {
        let numbered = (1..).zip(bodies);
        let messages = numbered.map(|(uid, body)| Message {
            id: MessageId::Uid(uid),
            flags: Flags::default(),
            date: None,
            body: Budget::unbounded(body.as_bytes().to_vec()),
        });
        Self { messages: messages.collect(), ..Self::default() }
    }

    fn stored(&self) -> Vec<(u32, Option<u32>)> {
        let all = self.outcomes.iter();
        all.filter_map(|(id, outcome)| match outcome {
            Outcome::Stored(uid) => Some((*id, *uid)),
            Outcome::Refused(_) | Outcome::Doubtful => None,
        })
        .collect()
    }

    fn doubtful(&self) -> usize {
        self.outcomes.values().filter(|outcome| **outcome == Outcome::Doubtful).count()
    }

    fn refused(&self) -> Vec<(u32, Cause)> {
        let all = self.outcomes.iter();
        all.filter_map(|(id, outcome)| match outcome {
            Outcome::Refused(Failure { cause, reach: Reach::Message, .. }) => Some((*id, *cause)),
            _ => None,
        })
        .collect()
    }
}

#[async_trait::async_trait]
impl Feed for Line {
    async fn take(&mut self, limits: Limits, _: bool) -> Result<Taken> {
        let count = self.messages.len().min(limits.messages);
        let batch: Vec<_> = self.messages.drain(..count).collect();
        Ok(if batch.is_empty() { Taken::End } else { Taken::Batch(Arc::new(fence()), batch) })
    }

    async fn settle(&mut self, _: &Fence, outcomes: Vec<(Message, Outcome)>) -> Result<()> {
        for (message, outcome) in outcomes {
            let id = message.id.uid().expect("a UID");
            assert!(self.outcomes.insert(id, outcome).is_none(), "settled twice");
        }
        Ok(())
    }

    fn folder_failed(&mut self, _: &Fence, failure: Failure) {
        assert!(self.failure.replace(failure).is_none(), "told twice");
        self.messages.clear();
    }
}

fn fence() -> Fence {
    Fence { folder: folder(), validity: 7, uid_next: 10, created: false, any_keyword: true, keywords: Vec::new() }
}

/// Stores `bodies` into a server of `capability` that answers each APPEND as `answer` says.
async fn store(
    capability: &str,
    bodies: &[&str],
    mut answer: impl FnMut(&str) -> Answer + Send + 'static,
) -> (Result<()>, Line, Vec<String>) {
    let (mut imap, heard) = imap(capability, move |command| {
        if command.starts_with("APPEND") || command.starts_with("LITERAL") { answer(command) } else { Answer::Usual }
    })
    .await;
    let mut line = Line::of(bodies);
    let stored = imap.store(&mut line).await;
    let result = stored.and(line.failure.take().map_or(Ok(()), Err));
    let appends = heard.lock().expect("heard").iter().filter(|one| one.starts_with("APPEND")).cloned().collect();
    (result, line, appends)
}

const MULTI: &str = "MULTIAPPEND LITERAL+ UIDPLUS";

#[tokio::test]
async fn the_ladder_on_the_wire() {
    let (result, line, heard) = store(MULTI, &["a", "bc"], |_| text("$ OK [APPENDUID 7 4:5] done\r\n")).await;
    assert_eq!((result, line.stored()), (Ok(()), vec![(1, Some(4)), (2, Some(5))]));
    assert_eq!(heard, ["APPEND \"INBOX\" () {1+}\r\na () {2+}\r\nbc"]);
    for (capability, literal) in [("LITERAL+", "+"), ("LITERAL-", "+"), ("", "")] {
        let mut uid = 40;
        let (result, line, heard) = store(capability, &["a", "bc", "d"], move |command| {
            if command.starts_with("LITERAL") {
                return Answer::Usual;
            }
            uid += 1;
            text(&format!("$ OK [APPENDUID 7 {uid}] done\r\n"))
        })
        .await;
        assert_eq!((result, line.stored()), (Ok(()), vec![(1, Some(41)), (2, Some(42)), (3, Some(43))]));
        assert_eq!(heard[1], format!("APPEND \"INBOX\" () {{2{literal}}}\r\nbc"));
    }
    // LITERAL- ends at 4,096 octets.
    let (long, limit) = ("x".repeat(4_097), "x".repeat(4_096));
    let (_, _, heard) = store("LITERAL-", &[&long, &limit], |_| Answer::Usual).await;
    assert!(heard[0].contains("{4097}\r\n") && heard[1].contains("{4096+}\r\n"));
}

#[tokio::test]
async fn a_refused_batch_is_in_doubt_and_not_sent_again() {
    // Whether a server has stored a part of it only a look at the folder tells.
    for answer in ["$ NO cannot parse that\r\n", "$ NO [OVERQUOTA] full\r\n", "$ NO [LIMIT] too big\r\n"] {
        let (result, line, heard) = store(MULTI, &["good", "bad", "good"], move |command| {
            text(if command.contains("bad") { answer } else { "$ OK done\r\n" })
        })
        .await;
        assert_eq!((result, line.doubtful(), line.stored(), line.refused()), (Ok(()), 3, vec![], vec![]));
        assert_eq!(heard.len(), 1);
    }
}

#[tokio::test]
async fn empty_and_too_large_ones_are_not_sent() {
    let (result, line, heard) =
        store("MULTIAPPEND LITERAL+ APPENDLIMIT=5", &["", "12345", "123456"], |_| Answer::Usual).await;
    assert_eq!((result, line.stored()), (Ok(()), vec![(2, None)]));
    assert_eq!(line.refused(), [(1, Cause::MessageEmpty), (3, Cause::MessageTooLarge)]);
    assert_eq!(heard, ["APPEND \"INBOX\" () {5+}\r\n12345"]);
}

#[tokio::test]
async fn a_no_instead_of_the_plus() {
    let (result, line, heard) = store("", &["a", "bcd", "e"], |command| match command {
        "LITERAL 3" => text("$ NO [LIMIT] too big\r\n"),
        _ => Answer::Usual,
    })
    .await;
    assert_eq!((result, line.stored()), (Ok(()), vec![(1, None), (3, None)]));
    assert_eq!(line.refused(), [(2, Cause::MessageTooLarge)]);
    assert_eq!(heard[1], "APPEND \"INBOX\" () {3}", "not one octet of it");
}

#[tokio::test]
async fn what_the_whole_target_refuses_stops() {
    for (answer, cause) in [
        ("$ NO [OVERQUOTA] full\r\n", Cause::QuotaFull),
        ("$ NO [TRYCREATE] gone\r\n", Cause::FolderMissing),
        ("$ NO [UNAVAILABLE] later\r\n", Cause::Throttled),
        ("$ NO [NOPERM] never\r\n", Cause::FolderRefused),
        ("* BAD what\r\n", Cause::Protocol),
        ("$ OK [APPENDUID 8 1] done\r\n", Cause::ValidityChanged),
    ] {
        for capability in [MULTI, "LITERAL+", ""] {
            let (result, line, heard) =
                store(
                    capability,
                    &["a"],
                    move |command| {
                        if command.starts_with("APPEND") { text(answer) } else { Answer::Usual }
                    },
                )
                .await;
            assert_eq!(result.map_err(|failure| failure.cause), Err(cause), "{answer}");
            assert_eq!((line.refused(), heard.len()), (vec![], 1), "in doubt, not refused");
        }
    }
}

#[tokio::test]
async fn what_a_server_does_not_understand_is_said_in_a_simpler_way() {
    let experience = Experience::default();
    let bad = |command: &str| if command.contains("bad") { text("$ BAD what\r\n") } else { Answer::Usual };
    let several = |command: &str| match command.matches("+}").count() {
        0 | 1 => Answer::Usual,
        _ => text("$ BAD one at a time\r\n"),
    };
    let next = async |bodies: &[&str], answer: fn(&str) -> Answer| {
        let (imap, heard) = imap(MULTI, answer).await;
        let mut line = Line::of(bodies);
        let stored = imap.heeding(&experience).store(&mut line).await;
        let appends = heard.lock().expect("heard").iter().filter(|one| one.starts_with("APPEND")).count();
        (stored.map_err(|failure| failure.cause), line, appends)
    };
    // Two at once are not understood; whether something of it was stored the caller will see.
    let (stored, line, appends) = next(&["a", "b"], several).await;
    assert_eq!((stored, line.outcomes.len(), appends), (Err(Cause::Protocol), 0, 1));
    let (stored, line, appends) = next(&["a", "b"], several).await;
    assert_eq!((stored, line.stored(), appends), (Ok(()), vec![(1, None), (2, None)], 2));
    // What goes well with others is this message's own fault; the connection ends all the same.
    let (stored, line, _) = next(&["c", "bad", "d"], bad).await;
    assert_eq!((stored, line.refused()), (Err(Cause::Protocol), vec![(2, Cause::MessageRefused)]));
    let (stored, line, _) = next(&["d"], bad).await;
    assert_eq!((stored, line.stored()), (Ok(()), vec![(1, None)]));
}

#[tokio::test]
async fn a_server_that_takes_nothing_is_not_asked_for_ever() {
    let experience = Experience::default();
    let mut refused = 0;
    // Each a connection: without LITERAL+, then one by one.
    for _ in 0..12 {
        let (imap, _) = imap("LITERAL+", |command| match command.starts_with("APPEND") {
            true => text("$ BAD what\r\n"),
            false => Answer::Usual,
        })
        .await;
        let mut line = Line::of(&["a"]);
        let stored = imap.heeding(&experience).store(&mut line).await;
        assert_eq!(stored.map_err(|failure| failure.cause), Err(Cause::Protocol));
        refused += line.refused().len();
    }
    assert_eq!(refused, 5);
}

#[tokio::test]
async fn a_folder_that_refuses_all_is_not_asked_for_ever() {
    let bodies = vec!["x"; 2_000];
    let (result, line, _) = store("LITERAL+", &bodies, |_| text("$ NO internal error\r\n")).await;
    assert_eq!(result.map_err(|failure| (failure.cause, failure.reach)), Err((Cause::FolderRefused, Reach::Folder)));
    assert!(line.stored().is_empty() && line.refused().len() <= 225, "{}", line.refused().len());
}

#[tokio::test]
async fn an_error_of_the_servers_own_is_no_messages_fault_until_it_comes_for_each() {
    let bug = || text("$ NO [SERVERBUG] Internal error occurred.\r\n");
    // Singly each will show what it is.
    let (result, line, _) = store(MULTI, &["a", "b", "c"], move |_| bug()).await;
    assert_eq!((result, line.doubtful(), line.refused()), (Ok(()), 3, vec![]));
    // One bad message does not end its folder.
    let bad = move |command: &str| if command.ends_with("bad") { bug() } else { Answer::Usual };
    let (result, line, _) = store("LITERAL+", &["a", "bad", "c"], bad).await;
    assert_eq!((result, line.stored()), (Ok(()), vec![(1, None), (3, None)]));
    assert_eq!(line.refused(), [(2, Cause::ServerFailed)]);
    let bodies = vec!["x"; 2_000];
    let (result, line, _) = store("LITERAL+", &bodies, move |_| bug()).await;
    assert_eq!(result.map_err(|failure| (failure.cause, failure.reach)), Err((Cause::ServerFailed, Reach::Folder)));
    assert!(line.stored().is_empty() && line.refused().len() <= 225, "{}", line.refused().len());
}

#[tokio::test]
async fn an_end_in_the_middle_leaves_doubt() {
    for end in [last(""), last("* BYE gone\r\n"), last("$ OK")] {
        let mut end = Some(end);
        let (result, line, _) = store("LITERAL+", &["a", "b", "c"], move |command| {
            if command.ends_with('b') { end.take().unwrap_or(Answer::Usual) } else { Answer::Usual }
        })
        .await;
        assert_eq!(result.map_err(|failure| failure.cause), Err(Cause::Closed));
        assert_eq!((line.stored(), line.refused()), (vec![(1, None)], vec![]));
    }
}

#[tokio::test]
async fn odd_appenduids_are_no_uids() {
    for code in ["7 1:4294967295", "7 3", "7 3:5", "7 x", "7", "", "7 0:1"] {
        let (result, line, _) =
            store(MULTI, &["a", "b"], move |_| text(&format!("$ OK [APPENDUID {code}] done\r\n"))).await;
        assert_eq!((result, line.stored()), (Ok(()), vec![(1, None), (2, None)]), "{code:?}");
    }
}

#[tokio::test]
async fn a_spooled_body_is_sent_whole() {
    let mut writer = budget().body(5 << 20).await.expect("room");
    let octets: Vec<u8> = (0..5_u32 << 20).map(|n| b'a' + (n % 23) as u8).collect();
    writer.write(&octets).expect("written");
    let body = writer.finish();
    assert!(!body.is_in_memory());
    let (mut imap, heard) = imap(MULTI, |_| Answer::Usual).await;
    let message = Message { id: MessageId::Uid(1), flags: Flags::default(), date: None, body };
    let mut line = Line { messages: vec![message], ..Line::default() };
    assert_eq!(imap.store(&mut line).await, Ok(()));
    let heard = heard.lock().expect("heard");
    let sent = heard.last().and_then(|command| command.split_once("}\r\n")).map(|(_, octets)| octets.as_bytes());
    assert!(sent == Some(&octets[..]));
}
