//! Time: a server that falls silent is left, whatever it was to say; one that only passes the time too.

use super::script::{Answer, SECRET, budget, enter, folder, imap, server, text};
use super::storing::Line;
use crate::imap::{Imap, Mechanism, SignIn};
use crate::net::Security;
use crate::{Cause, FlagChange, Flags, FolderPath, MessageId, Part, Result, Seen, Source, Target, Want};
use futures::future::{BoxFuture, join_all};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// What is silent, the capabilities it takes to get there, and what is done.
type Step = (&'static str, &'static str, fn(&mut Imap) -> BoxFuture<'_, Result<()>>);

const IDS: [MessageId; 2] = [MessageId::Uid(1), MessageId::Uid(2)];

fn folders(imap: &mut Imap) -> BoxFuture<'_, Result<()>> {
    Box::pin(async { imap.folders().await.map(drop) })
}

fn list(imap: &mut Imap) -> BoxFuture<'_, Result<()>> {
    Box::pin(async { imap.list(&folder(), 1, Want::Headers).await.map(drop) })
}

fn fetch(imap: &mut Imap) -> BoxFuture<'_, Result<()>> {
    Box::pin(async { imap.fetch(&folder(), &IDS, Part::Whole, mpsc::channel(9).0).await })
}

fn prepare(imap: &mut Imap) -> BoxFuture<'_, Result<()>> {
    Box::pin(async { imap.prepare(&FolderPath::new(["new"]), None).await.map(drop) })
}

fn open(imap: &mut Imap) -> BoxFuture<'_, Result<()>> {
    Box::pin(async { imap.prepare(&FolderPath::inbox(), None).await.map(drop) })
}

fn store(imap: &mut Imap) -> BoxFuture<'_, Result<()>> {
    Box::pin(async { imap.store(&mut Line::of(&["abc", "de"])).await })
}

fn capacity(imap: &mut Imap) -> BoxFuture<'_, Result<()>> {
    Box::pin(async { imap.capacity().await.map(drop) })
}

fn relocate(imap: &mut Imap) -> BoxFuture<'_, Result<()>> {
    Box::pin(async { imap.relocate(&folder(), &IDS, &folder()).await.map(drop) })
}

fn flag(imap: &mut Imap) -> BoxFuture<'_, Result<()>> {
    let change = FlagChange { id: MessageId::Uid(1), flags: Flags::default() };
    Box::pin(async { imap.flag(&folder(), &[change]).await })
}

fn remove(imap: &mut Imap) -> BoxFuture<'_, Result<()>> {
    let seen = IDS.map(|id| Seen { id, flags: Flags::default() });
    Box::pin(async move { imap.remove(&folder(), &seen, None).await.map(drop) })
}

const INSIDE: [Step; 17] = [
    ("NAMESPACE", "NAMESPACE", folders),
    ("LIST \"\" \"\"", "", folders),
    ("LIST \"\" \"*\"", "", folders),
    ("STATUS", "", folders),
    ("EXAMINE", "", list),
    ("UID FETCH", "", list),
    ("UID FETCH", "", fetch),
    ("CREATE", "", prepare),
    ("SELECT", "", open),
    ("LITERAL", "", store),
    ("APPEND", "", store),
    ("APPEND", "LITERAL+", store),
    ("APPEND", "LITERAL+ MULTIAPPEND", store),
    ("GETQUOTAROOT", "QUOTA", capacity),
    ("UID MOVE", "MOVE", relocate),
    ("UID STORE", "", flag),
    ("UID EXPUNGE", "UIDPLUS", remove),
];

#[tokio::test]
async fn silence_at_each_step_ends_in_time() {
    let steps = INSIDE.into_iter().map(|(silent, capability, work)| async move {
        let (mut imap, heard) = imap(capability, move |command| match command {
            _ if command.starts_with(silent) => text(""),
            _ => Answer::Usual,
        })
        .await;
        let began = Instant::now();
        let failure = work(&mut imap).await.expect_err(silent);
        assert_eq!(failure.cause, Cause::Timeout, "{silent}");
        assert!(began.elapsed() < Duration::from_secs(10), "{silent}: {:?}", began.elapsed());
        let after = imap.folders().await.map(drop).map_err(|failure| failure.cause);
        assert_eq!(after, Err(Cause::Closed), "{silent}: of no more use");
        let asked = heard.lock().expect("heard").iter().any(|command| command.starts_with(silent));
        assert!(asked || silent == "LITERAL", "{silent}: it came to that");
    });
    join_all(steps).await;
}

#[tokio::test]
async fn silence_on_the_way_in_ends_in_time() {
    let steps =
        [("GREETING", "", false), ("CAPABILITY", "", false), ("AUTHENTICATE", "AUTH=PLAIN", true), ("LOGIN", "", true)];
    let steps = steps.into_iter().map(|(silent, capability, secret)| async move {
        let (result, heard) = enter(capability, Mechanism::Auto, Security::Plain, move |command| match command {
            _ if command.starts_with(silent) => text(""),
            _ => Answer::Usual,
        })
        .await;
        assert_eq!(result.map(drop).map_err(|failure| failure.cause), Err(Cause::Timeout), "{silent}");
        let heard = heard.lock().expect("heard");
        let sent = heard.iter().any(|command| command.starts_with("LOGIN") || command.starts_with("AUTHENTICATE"));
        assert_eq!(sent, secret, "{silent}: {heard:?}");
    });
    join_all(steps).await;
    let (result, heard) = enter("", Mechanism::Auto, Security::StartTls, |command| match command {
        "STARTTLS" => text(""),
        _ => Answer::Usual,
    })
    .await;
    assert_eq!(result.map(drop).map_err(|failure| failure.cause), Err(Cause::Timeout));
    assert_eq!(*heard.lock().expect("heard"), ["STARTTLS"]);
}

/// A port behind which somebody picks up and says nothing, in answer to the first words of TLS.
#[tokio::test]
async fn a_handshake_without_an_answer_ends_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let mut server = server(Security::Tls);
    (server.host, server.port) = ("127.0.0.1".to_owned(), listener.local_addr().expect("a port").port());
    let sign_in = SignIn { user: "wei", secret: SECRET, mechanism: Mechanism::Auto, admin: None };
    let began = Instant::now();
    let (result, peer) = tokio::join!(Imap::open(&server, sign_in, budget()), listener.accept());
    assert_eq!(result.map(drop).map_err(|failure| failure.cause), Err(Cause::Timeout));
    assert!(peer.is_ok() && began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn passing_the_time_is_no_answer() {
    // Tests call 4 s of it too long. Messages that come slowly are something else.
    let chatter = b"* OK [X] still here\r\n".repeat(40);
    let rows: Vec<u8> = (1..=24).flat_map(|_| b"* 1 FETCH (FLAGS ())\r\n".to_vec()).collect();
    let enough = b"* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3)\r\n$ OK\r\n";
    for (said, piece, outcome) in [(chatter, 21, Err(Cause::Timeout)), ([&rows[..], enough].concat(), 22, Ok(3))] {
        let (mut imap, _) = imap("", move |command| match command {
            _ if command.starts_with("UID FETCH") => Answer::Slow(said.clone(), piece, Duration::from_millis(200)),
            _ => Answer::Usual,
        })
        .await;
        let listed = imap.list(&folder(), 1, Want::Flags).await;
        assert_eq!(listed.map(|listing| listing.entries.len()).map_err(|failure| failure.cause), outcome);
    }
}
