//! Bounds: what breaks the protocol costs its line, what would break us costs the connection, nothing costs more.

use super::script::{Answer, folder, imap, last, text};
use crate::imap::{Imap, open::Capabilities};
use crate::{Cause, Fetched, MessageId, Part, Source, Want};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

const ROWS: &str = "* 1 FETCH (UID 1 FLAGS ())\r\n* 2 FETCH (UID 2 FLAGS ())\r\n* 3 FETCH (UID 3 FLAGS (\\Seen))\r\n";

/// Lists a folder while the server says `noise` among the rows.
async fn list_through(noise: Vec<u8>) -> crate::Result<Vec<crate::Entry>> {
    let (mut imap, _) = imap("", move |command| match command {
        _ if command.starts_with("UID FETCH") => {
            let (first, rest) = ROWS.split_at(28);
            Answer::Text([first.as_bytes(), &noise, rest.as_bytes(), b"$ OK done\r\n"].concat())
        }
        _ => Answer::Usual,
    })
    .await;
    imap.list(&folder(), 1, Want::Flags).await.map(|listing| listing.entries)
}

#[tokio::test]
async fn odd_lines_cost_themselves_only() {
    let deep = format!("* 1 FETCH (BODYSTRUCTURE {}{})\r\n", "(".repeat(20_000), ")".repeat(20_000));
    let long = format!("* LIST () \"/\" \"{}\"\r\n", "x".repeat(3 << 20));
    let many = format!("* 1 FETCH (X ({}))\r\n", "{1}\r\na ".repeat(300));
    for noise in [
        "\r\n",
        "\n\n\n",
        "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n",
        "* ESEARCH (TAG \"A1\") UID ALL 1:3\r\n",
        "* STATUS x (SIZE 3 MAILBOXID (F1) APPENDLIMIT NIL)\n",
        "* XLIST (\\Inbox) \"/\" \"x\"\r\n",
        "*  4   EXISTS\r\n* 4 RECENT\r\n",
        "* 1 FETCH (INTERNALDATE NIL X-ODD {5}\r\nab)\r\n FLAGS (a\x01b))\r\n",
        "* OK [X]\u{e9}\u{90ae}\r\n* OK [\u{90ae}\r\n* NO [\r\n* BAD\r\n",
        "A9999 OK a tag nobody gave\r\nA0003\r\n)(\r\n\0\0\r\n\"\r\n",
        "* QUOTA \"\" (STORAGE -1 -1)\r\n* FLAGS (\r\n* CAPABILITY\r\n",
        "+ nobody asked\r\n",
        "* 1 FETCH\r\n* 1 FETCH (\r\n* 1 FETCH ()\r\n* 99999999999 FETCH (UID 1)\r\n* 1 FETCH (UID 99999999999)\r\n",
        "* 2 FETCH (UID 2 BODY[] {3}\r\nabc FLAGS ())\r\n",
        "* LIST () \"/\" {100000}x\r\n",
        deep.as_str(),
        long.as_str(),
        many.as_str(),
    ] {
        let entries = list_through(noise.as_bytes().to_vec()).await;
        let uids = entries.map(|entries| entries.into_iter().map(|entry| entry.id).collect::<Vec<_>>());
        let shown = &noise[..noise.len().min(60)];
        assert_eq!(uids, Ok([1, 2, 3].map(MessageId::Uid).into()), "{shown:?}");
    }
}

#[tokio::test]
async fn octets_that_are_no_text() {
    let entries = list_through(b"* LIST () \"/\" \"\xb2\xe2\xca\xd4\"\r\n* \xff\xfe\r\n\xff\r\n".to_vec()).await;
    assert_eq!(entries.map(|entries| entries.len()), Ok(3));
}

#[tokio::test]
async fn a_line_without_end_ends_the_connection() {
    let failure = list_through(b"* ".iter().copied().chain(std::iter::repeat_n(b'x', 6 << 20)).collect()).await;
    assert_eq!(failure.map_err(|failure| failure.cause), Err(Cause::Protocol));
}

async fn fetch(imap: &mut Imap, uids: &[u32]) -> (crate::Result<()>, Vec<Fetched>) {
    let ids: Vec<_> = uids.iter().copied().map(MessageId::Uid).collect();
    let (out, mut incoming) = mpsc::channel(100);
    let result = imap.fetch(&folder(), &ids, Part::Whole, out).await;
    let mut fetched = Vec::new();
    while let Some(one) = incoming.recv().await {
        fetched.push(one);
    }
    (result, fetched)
}

#[tokio::test]
async fn silence_ends_in_time() {
    for silence in [
        "",
        "* 1 FETCH (UID 1 FLA",
        "* 1 FETCH (UID 1 BODY[] {100}\r\nabc",
        "* 1 FETCH (UID 1 X {100}\r\n",
        "* 1 FETCH (UID 1 X {4000000}\r\nabc",
        "* 1 FETCH (UID 1 BODY[] {4000000}\r\nabc",
        "* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n",
    ] {
        let (mut imap, _) = imap("", move |command| match command {
            _ if command.starts_with("UID FETCH") => text(silence),
            _ => Answer::Usual,
        })
        .await;
        let (result, _) = fetch(&mut imap, &[1, 2]).await;
        assert_eq!(result.map_err(|failure| failure.cause), Err(Cause::Timeout), "{silence:?}");
        let after = imap.list(&folder(), 1, Want::Flags).await;
        assert_eq!(after.map_err(|failure| failure.cause), Err(Cause::Closed), "of no more use");
    }
}

#[tokio::test]
async fn an_announced_size_takes_no_memory() {
    // A body far over the budget goes to a file as it comes; the rest never comes.
    let (mut imap, _) = imap("", |command| match command {
        _ if command.starts_with("UID FETCH") => last("* 1 FETCH (UID 1 BODY[] {4000000000}\r\nabc"),
        _ => Answer::Usual,
    })
    .await;
    let (result, fetched) = fetch(&mut imap, &[1]).await;
    assert_eq!((result.map_err(|failure| failure.cause), fetched.len()), (Err(Cause::Closed), 0));
}

#[tokio::test]
async fn an_end_in_the_middle_is_never_taken_for_all() {
    let row = "* 1 FETCH (UID 1 FLAGS (\\Seen) BODY[] {3}\r\nabc)\r\n";
    for (end, cause) in [
        (last(row), Cause::Closed),
        (last(&format!("{row}* BYE later\r\n")), Cause::Closed),
        (last(&format!("{row}* BYE [UNAVAILABLE] later\r\n")), Cause::Throttled),
        (text(&format!("{row}$ BAD what\r\n")), Cause::Protocol),
        (
            text(&format!("{row}$ NO Request is throttled. Suggested Backoff Time: 5 milliseconds\r\n")),
            Cause::Throttled,
        ),
    ] {
        let mut end = Some(end);
        let (mut imap, _) = imap("", move |command| match command {
            _ if command.starts_with("UID FETCH") => end.take().unwrap_or(Answer::Usual),
            _ => Answer::Usual,
        })
        .await;
        let (result, fetched) = fetch(&mut imap, &[1, 2, 3]).await;
        assert_eq!(result.map_err(|failure| failure.cause), Err(cause));
        assert!(matches!(&fetched[..], [Fetched::Message(message)] if message.body.len() == 3));
    }
}

#[tokio::test]
async fn a_listing_without_end_ends() {
    let rows: String = (1..30_000).map(|uid| format!("* {uid} FETCH (UID {uid} FLAGS ())\r\n")).collect();
    assert_eq!(list_through(rows.into_bytes()).await.map_err(|failure| failure.cause), Err(Cause::Protocol));
    let keyword = "k".repeat(900_000);
    let rows: String = (4..50).map(|uid| format!("* 4 FETCH (UID {uid} FLAGS ({keyword}))\r\n")).collect();
    assert_eq!(list_through(rows.into_bytes()).await.map_err(|failure| failure.cause), Err(Cause::Protocol));
}

#[tokio::test]
async fn literals_are_found_wherever_the_text_is_cut() {
    // Quotes, escapes and announcements, cut at each place; and millions of literals are passed over, not gone through.
    let odd = "* X \"{3}\" \"\\\"{4}\" {2+}\r\n\"\r {1}\r\n( ~{0}\r\n \"{9}\"\r\n* X {5}\r\n* Y\r\n\r\n";
    let text = format!("* 1 FETCH (UID 1)\r\n{odd}* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3)\r\n$ OK done\r\n");
    for piece in 1..9 {
        let said = text.clone().into_bytes();
        let (mut imap, _) = imap("", move |command| match command {
            _ if command.starts_with("UID FETCH") => Answer::Slow(said.clone(), piece, Duration::ZERO),
            _ => Answer::Usual,
        })
        .await;
        let entries = imap.list(&folder(), 1, Want::Flags).await.map(|listing| listing.entries.len());
        assert_eq!(entries, Ok(3), "in pieces of {piece}");
    }
    let began = Instant::now();
    let literals = list_through(format!("* 1 FETCH (X ({})\r\n", "{1}\r\na ".repeat(3_000_000)).into_bytes()).await;
    assert_eq!(literals.map_err(|failure| failure.cause), Err(Cause::Protocol));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_folder_that_is_not_counted_is_not_empty() {
    for (opened, listed) in [
        ("* OK [UIDVALIDITY 7] x\r\n$ OK\r\n", Err(Cause::FolderRefused)),
        ("* 3 EXISTS\r\n* OK [UIDNEXT 1] x\r\n$ OK\r\n", Ok(3)),
        ("* 0 EXISTS\r\n* OK [UIDNEXT 1] x\r\n$ OK\r\n", Ok(0)),
    ] {
        let (mut imap, _) = imap("", move |command| match command {
            _ if command.starts_with("EXAMINE") => text(opened),
            _ if command.starts_with("UID FETCH") => text(&format!("{ROWS}$ OK done\r\n")),
            _ => Answer::Usual,
        })
        .await;
        let entries = imap.list(&folder(), 1, Want::Flags).await.map(|listing| listing.entries.len());
        assert_eq!(entries.map_err(|failure| failure.cause), listed, "{opened}");
    }
}

#[tokio::test]
async fn talk_without_an_answer_ends() {
    for noise in ["* OK hm\r\n", "\r\n", "* LIST () \"/\" x\r\n", "nonsense\r\n"] {
        let failure = list_through(noise.repeat(30_000).into_bytes()).await.map_err(|failure| failure.cause);
        assert_eq!(failure, Err(Cause::Protocol), "{noise:?}");
    }
    let entries = list_through("* OK hm\r\n".repeat(10_000).into_bytes()).await.map(|entries| entries.len());
    assert_eq!(entries, Ok(3), "a talkative server is none that lies");
}

#[test]
fn capabilities_are_bounded() {
    let words = "X ".repeat(5_000) + "LAST";
    assert!(!Capabilities::parse(&words).has("LAST"));
}
