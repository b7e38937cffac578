//! A stated time to wait, wherever a server states it.

use super::script::{Answer, enter, folder, imap, last, text};
use super::storing::Line;
use crate::imap::{Imap, Mechanism};
use crate::net::Security;
use crate::{Cause, FolderPath, MessageId, Part, Result, Source, Target, Want};
use futures::future::BoxFuture;
use std::time::Duration;
use tokio::sync::mpsc;

const STATED: &str = "Request is throttled. Suggested Backoff Time: 29961 milliseconds\r\n";
const WAIT: Option<Duration> = Some(Duration::from_millis(29_961));

type Step = (&'static str, &'static str, fn(&mut Imap) -> BoxFuture<'_, Result<()>>);

const INSIDE: [Step; 7] = [
    ("LIST \"\" \"*\"", "", |imap| Box::pin(async { imap.folders().await.map(drop) })),
    ("EXAMINE", "", |imap| Box::pin(async { imap.list(&folder(), 1, Want::Headers).await.map(drop) })),
    ("UID FETCH", "", |imap| {
        Box::pin(async { imap.fetch(&folder(), &[MessageId::Uid(1)], Part::Whole, mpsc::channel(9).0).await })
    }),
    ("CREATE", "", |imap| Box::pin(async { imap.prepare(&FolderPath::new(["new"]), None).await.map(drop) })),
    ("SELECT", "", |imap| Box::pin(async { imap.prepare(&FolderPath::inbox(), None).await.map(drop) })),
    ("APPEND", "LITERAL+", |imap| Box::pin(async { imap.store(&mut Line::of(&["abc", "de"])).await })),
    ("LITERAL", "", |imap| Box::pin(async { imap.store(&mut Line::of(&["abc", "de"])).await })),
];

#[tokio::test]
async fn inside_of_a_session() {
    for (at, capability, work) in INSIDE {
        for said in [format!("$ NO {STATED}"), format!("* BYE [UNAVAILABLE] {STATED}")] {
            let (mut imap, _) = imap(capability, move |command| match command {
                _ if command.starts_with(at) && said.starts_with('*') && at != "LITERAL" => last(&said),
                _ if command.starts_with(at) => text(&said),
                _ => Answer::Usual,
            })
            .await;
            let failure = work(&mut imap).await.expect_err(at);
            assert_eq!((failure.cause, failure.wait), (Cause::Throttled, WAIT), "{at}");
        }
    }
}

#[tokio::test]
async fn on_the_way_in() {
    let (no, bye) = (format!("$ NO {STATED}"), format!("* BYE [UNAVAILABLE] {STATED}"));
    for (at, capability, said, cause) in [
        ("GREETING", "", &bye, Cause::Throttled),
        ("CAPABILITY", "", &bye, Cause::Throttled),
        ("LOGIN", "", &bye, Cause::Throttled),
        ("LOGIN", "", &no, Cause::SignInUnavailable),
        ("AUTHENTICATE", "AUTH=PLAIN SASL-IR", &bye, Cause::Throttled),
        ("AUTHENTICATE", "AUTH=PLAIN SASL-IR", &no, Cause::SignInUnavailable),
    ] {
        let said = said.clone();
        let (result, heard) = enter(capability, Mechanism::Auto, Security::Plain, move |command| match command {
            _ if command.starts_with(at) => text(&said),
            _ => Answer::Usual,
        })
        .await;
        let failure = result.map(drop).expect_err(at);
        assert_eq!((failure.cause, failure.wait), (cause, WAIT), "{at}");
        let tries = heard.lock().expect("heard").iter().filter(|one| one.starts_with(at)).count();
        assert!(tries <= 1, "{at}: not tried another way");
    }
}
