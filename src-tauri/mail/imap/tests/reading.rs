//! Folders, listings and messages as odd servers tell of them.

use super::script::{Answer, folder, imap, text};
use crate::{Cause, Fetched, MessageId, Part, Source, SpecialUse, Want};
use tokio::sync::mpsc;

/// Answers a UID FETCH from rows by UID, in the order given, whatever was asked for.
fn rows(of: &[(u32, &str)]) -> Answer {
    let rows: String = of
        .iter()
        .map(|(uid, body)| {
            format!("* {uid} FETCH (FLAGS (\\Seen k) UID {uid} BODY[] {{{}}}\r\n{body})\r\n", body.len())
        })
        .collect();
    text(&format!("{rows}$ OK done\r\n"))
}

#[tokio::test]
async fn exactly_what_was_asked_for() {
    // Wrong, doubled and missing ones; the missing is asked for alone and comes then, or does not.
    let (mut imap, heard) = imap("", |command| match command {
        "UID FETCH 2:4,8 (UID FLAGS INTERNALDATE BODY.PEEK[])" => {
            rows(&[(9, "wrong"), (8, "eight"), (2, "two"), (2, "two again"), (1, "wrong")])
        }
        _ if command.starts_with("UID FETCH 3 ") => rows(&[(3, "three")]),
        _ if command.starts_with("UID FETCH 4 ") => text("* 4 FETCH (UID 4 FLAGS () BODY[] NIL)\r\n$ OK done\r\n"),
        _ => Answer::Usual,
    })
    .await;
    let (out, mut incoming) = mpsc::channel(100);
    let ids = [2, 3, 4, 8].map(MessageId::Uid);
    assert_eq!(imap.fetch(&folder(), &ids, Part::Whole, out).await, Ok(()));
    let mut came = Vec::new();
    while let Some(fetched) = incoming.recv().await {
        came.push(match fetched {
            Fetched::Message(message) => {
                assert_eq!(message.flags.names(), ["\\Seen", "k"]);
                (message.id, String::from_utf8_lossy(&message.body.octets().expect("octets")).into_owned())
            }
            Fetched::Failed { id, failure } => (id, failure.cause.code().to_owned()),
            Fetched::Hashed { .. } => panic!("not asked for"),
        });
    }
    let expected = [(8, "eight"), (2, "two"), (3, "three"), (4, "message_damaged")];
    assert_eq!(came, expected.map(|(uid, text)| (MessageId::Uid(uid), text.to_owned())));
    assert_eq!(heard.lock().expect("heard").iter().filter(|command| command.starts_with("EXAMINE")).count(), 1);
}

#[tokio::test]
async fn a_folder_that_refuses_everything_is_one_failure() {
    for (said, cause) in [("internal error", Cause::FolderRefused), ("[SERVERBUG] error", Cause::ServerFailed)] {
        let (mut imap, heard) = imap("", move |command| match command {
            _ if command.starts_with("UID FETCH") => text(&format!("$ NO {said}\r\n")),
            _ => Answer::Usual,
        })
        .await;
        let ids: Vec<_> = (1..=900).map(MessageId::Uid).collect();
        let (out, mut incoming) = mpsc::channel(1_000);
        let failure = imap.fetch(&folder(), &ids, Part::Whole, out).await.expect_err("refused");
        assert_eq!((failure.cause, failure.words), (cause, Some(said.to_owned())));
        assert!(incoming.recv().await.is_none());
        assert!(heard.lock().expect("heard").len() < 15);
        assert_eq!(
            imap.fetch(&folder(), &[], Part::Whole, mpsc::channel(1).0).await,
            Ok(()),
            "the connection is still good"
        );
    }
}

#[tokio::test]
async fn listings_are_in_order_and_complete() {
    let (mut one, _) = imap("", |command| match command {
        "UID FETCH 1:9 (UID FLAGS INTERNALDATE RFC822.SIZE)" => text(
            "* 3 FETCH (UID 30 FLAGS (\\Seen) RFC822.SIZE 5)\r\n* 1 FETCH (UID 10 FLAGS () RFC822.SIZE 6)\r\n\
             * 1 FETCH (FLAGS (\\Flagged) UID 10)\r\n* 2 FETCH (UID 20 FLAGS (\\Recent) INTERNALDATE NIL)\r\n\
             * 2 FETCH (FLAGS (\\Seen))\r\n$ OK done\r\n",
        ),
        _ => Answer::Usual,
    })
    .await;
    let listing = one.list(&folder(), 1, Want::Dates).await.expect("a listing");
    let told: Vec<_> = listing
        .entries
        .iter()
        .map(|entry| (entry.id.uid().unwrap_or(0), entry.size, entry.flags.names().join(" ")))
        .collect();
    let expected = [(10, Some(6), "\\Flagged"), (20, None, ""), (30, Some(5), "\\Seen")];
    assert_eq!(told, expected.map(|(uid, size, flags)| (uid, size, flags.to_owned())));
    assert_eq!((listing.validity, listing.uid_next), (Some(7), Some(10)));

    // `*` names the last message even if it lies below; and a listing that stays short is a failure.
    let (mut other, _) = imap("", |command| match command {
        _ if command.starts_with("UID FETCH") => text("* 3 FETCH (UID 3 FLAGS ())\r\n$ OK done\r\n"),
        _ => Answer::Usual,
    })
    .await;
    assert_eq!(other.list(&folder(), 4, Want::Flags).await.expect("a listing").entries, []);
    let failure = other.list(&folder(), 1, Want::Flags).await.expect_err("two are missing");
    assert_eq!(failure.cause, Cause::FolderRefused);
}

#[tokio::test]
async fn what_comes_while_a_plus_is_awaited_is_not_lost() {
    // The second name needs a literal: its `+` is awaited while the first folder's answers come.
    let (mut imap, _) = imap("", |command| match command {
        _ if command.starts_with("UID FETCH") => {
            text("* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3)\r\n$ OK done\r\n")
        }
        _ => Answer::Usual,
    })
    .await;
    let status = crate::Status { messages: Some(3), uid_next: Some(10), validity: Some(7), ..crate::Status::default() };
    let (one, mut other) = (crate::Folder { status: Some(status), ..folder() }, folder());
    other.wire = b"\xe9".to_vec();
    for from in [1, 2] {
        let look = |folder| crate::Look { folder, from, want: Want::Flags, since: None };
        let listings = imap.list_all(&[look(&one), look(&other)]).await.expect("listings");
        let counts: Vec<_> = listings.into_iter().map(|listing| listing.map(|listing| listing.entries.len())).collect();
        let all = 4 - from as usize;
        assert_eq!(counts, [Ok(all), Ok(all)]);
    }
}

#[tokio::test]
async fn another_validity_is_noticed() {
    let mut validity = 6;
    let (mut imap, _) = imap("", move |command| match command {
        _ if command.starts_with("EXAMINE") => {
            validity += 1;
            text(&format!("* 0 EXISTS\r\n* OK [UIDVALIDITY {validity}] x\r\n$ OK done\r\n"))
        }
        _ => Answer::Usual,
    })
    .await;
    let (here, mut there) = (folder(), folder());
    there.wire = b"other".to_vec();
    assert_eq!(imap.list(&here, 1, Want::Flags).await.expect("a listing").validity, Some(7));
    imap.list(&there, 1, Want::Flags).await.expect("a listing");
    let failure = imap.fetch(&here, &[MessageId::Uid(1)], Part::Whole, mpsc::channel(1).0).await.expect_err("changed");
    assert_eq!(failure.cause, Cause::ValidityChanged);
}

#[tokio::test]
async fn folders_of_an_old_server() {
    let (mut imap, heard) = imap("XLIST NAMESPACE ID", |command| match command {
        "NAMESPACE" => text("* NAMESPACE ((\"\" \"/\")) ((\"~\" \"/\")) NIL\r\n$ OK\r\n"),
        "XLIST \"\" \"*\"" => {
            let mut lines = b"* XLIST (\\HasNoChildren \\Inbox) \"/\" \"&ZTZO9nux-\"\r\n\
                * XLIST (\\Sent) \"/\" \"&XfJT0ZAB-\"\r\n* XLIST () \"/\" a b\r\n* XLIST () \"/\" {3}\r\nx\"y\r\n\
                * XLIST (\\Noselect) \"/\" dir\r\n* XLIST () \"/\" ~joe\r\n* XLIST () \"/\" \"\xb2\xe2\"\r\n"
                .to_vec();
            lines.extend(b"$ OK\r\n");
            Answer::Text(lines)
        }
        _ if command.starts_with("STATUS \"a b\"") => text("* STATUS \"a b\" ()\r\n$ OK\r\n"),
        _ if command.starts_with("STATUS \"INBOX\"") => {
            text("* STATUS inbox (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 1)\r\n$ OK\r\n")
        }
        _ if command.starts_with("STATUS \"&XfJT0ZAB-\"") => text("$ NO locked\r\n"),
        _ => Answer::Usual,
    })
    .await;
    let folders = imap.folders().await.expect("folders");
    let shown: Vec<_> = folders.iter().map(|folder| folder.path.to_string()).collect();
    assert_eq!(shown, ["INBOX", "已发送", "a b", "x\"y", "dir", "\u{fffd}\u{fffd}"]);
    assert_eq!(folders[0].status.and_then(|status| status.messages), Some(3));
    assert_eq!((folders[1].special, folders[1].status), (Some(SpecialUse::Sent), None));
    assert_eq!(folders[2].status, Some(crate::Status::default()));
    assert!(!folders[4].selectable);
    // A name that is no text goes back as it came, as a literal.
    assert_eq!(folders[5].wire, b"\xb2\xe2");
    imap.list(&folders[5], 1, Want::Flags).await.map(|_| ()).unwrap_or(());
    let heard = heard.lock().expect("heard");
    assert!(heard.iter().any(|command| command.starts_with("EXAMINE {2}")), "{heard:?}");
    let id = heard.iter().position(|command| command.starts_with("ID (\"name\" \"Mailferry\""));
    assert!(id.is_some_and(|id| heard[..id].iter().any(|command| command.starts_with("LOGIN"))), "{heard:?}");
}

#[tokio::test]
async fn a_slow_body_is_waited_for_and_a_silent_one_is_not() {
    // Tests call 800 ms a silence. 8,000 octets at 4,000 a second are slow, and no silence.
    for (pause, whole) in [(400, true), (1_500, false)] {
        let (mut imap, _) = imap("", move |command| match command {
            _ if command.starts_with("UID FETCH") => {
                let body = "x".repeat(8_000);
                let row = format!("* 1 FETCH (UID 1 FLAGS () BODY[] {{8000}}\r\n{body})\r\n$ OK done\r\n");
                Answer::Slow(row.into_bytes(), 2_000, std::time::Duration::from_millis(pause))
            }
            _ => Answer::Usual,
        })
        .await;
        let (sender, mut receiver) = mpsc::channel(4);
        let fetched = imap.fetch(&folder(), &[MessageId::Uid(1)], Part::Hashes, sender).await;
        let came = matches!(receiver.recv().await, Some(Fetched::Hashed { octets: 8_000, .. }));
        assert_eq!(
            (fetched.map_err(|failure| failure.cause), came),
            match whole {
                true => (Ok(()), true),
                false => (Err(Cause::Timeout), false),
            }
        );
    }
}
