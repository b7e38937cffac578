//! Getting in: which way is tried, what a refusal means, and where the secret does not go.

use super::script::{Answer, SECRET, enter, text};
use crate::Cause;
use crate::imap::Mechanism;
use crate::net::Security;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::Mutex;

fn sasl() -> String {
    STANDARD.encode(format!("\0wei@example.com\0{SECRET}"))
}

fn login() -> String {
    format!("LOGIN \"wei@example.com\" \"{}\"", SECRET.replace('\\', "\\\\").replace('"', "\\\""))
}

#[tokio::test]
async fn the_best_way_first_and_one_way_more() {
    let plain = || format!("AUTHENTICATE PLAIN {}", sasl());
    for (capability, refusal, heard, cause) in [
        ("AUTH=PLAIN SASL-IR", "", vec![plain()], None),
        ("", "", vec![login()], None),
        ("AUTH=PLAIN SASL-IR", "$ NO not so\r\n", vec![plain(), login()], None),
        ("AUTH=PLAIN SASL-IR", "$ BAD not so\r\n", vec![plain(), login()], None),
        ("AUTH=PLAIN SASL-IR", "$ NO [AUTHENTICATIONFAILED] x\r\n", vec![plain()], Some(Cause::SignInRefused)),
        ("AUTH=PLAIN SASL-IR", "$ NO [UNAVAILABLE] x\r\n", vec![plain()], Some(Cause::SignInUnavailable)),
        ("AUTH=PLAIN SASL-IR", "$ NO [SERVERBUG] x\r\n", vec![plain()], Some(Cause::SignInUnavailable)),
        ("AUTH=PLAIN SASL-IR", "$ NO [LIMIT] too many\r\n", vec![plain()], Some(Cause::SignInUnavailable)),
        ("LOGINDISABLED", "", vec![], Some(Cause::SignInMethodMissing)),
    ] {
        let (result, all) = enter(capability, Mechanism::Auto, Security::Plain, move |command| {
            if command.starts_with("AUTHENTICATE") && !refusal.is_empty() { text(refusal) } else { Answer::Usual }
        })
        .await;
        assert_eq!(result.err().map(|failure| failure.cause), cause, "{capability} {refusal}");
        let tried: Vec<String> = all
            .lock()
            .expect("heard")
            .iter()
            .filter(|one| one.contains("LOGIN") || one.contains("AUTH"))
            .cloned()
            .collect();
        assert_eq!(tried, heard);
    }
}

#[tokio::test]
async fn a_challenge_before_the_secret() {
    // Without SASL-IR the response follows the server's `+`.
    let (result, heard) = enter("AUTH=PLAIN", Mechanism::Auto, Security::Plain, |command| match command {
        "AUTHENTICATE PLAIN" => text("+ \r\n"),
        // To the script this line is a command without a tag.
        _ if command == sasl() => text("A0001 OK in\r\n"),
        _ => Answer::Usual,
    })
    .await;
    assert!(result.is_ok());
    assert_eq!(heard.lock().expect("heard")[1..3], ["AUTHENTICATE PLAIN".to_owned(), sasl()]);
}

#[tokio::test]
async fn a_stripped_or_injected_starttls_gets_nothing() {
    for (greeting, answer) in [
        ("* OK ready\r\n", "$ NO no\r\n"),
        ("* OK ready\r\n", "$ BAD what\r\n"),
        ("* OK ready\r\n", "$ OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nA0001 OK in\r\n"),
        ("* OK ready\r\n", "* PREAUTH welcome\r\n$ OK begin\r\n"),
        ("* PREAUTH welcome\r\n", ""),
    ] {
        let (result, heard) =
            enter("STARTTLS AUTH=PLAIN", Mechanism::Auto, Security::StartTls, move |command| match command {
                "GREETING" => text(greeting),
                "STARTTLS" => text(answer),
                _ => Answer::Usual,
            })
            .await;
        assert_eq!(result.map(|_| ()).map_err(|failure| failure.cause), Err(Cause::StartTlsMissing), "{answer:?}");
        let heard = heard.lock().expect("heard");
        assert!(heard.iter().all(|command| command == "STARTTLS"), "{heard:?}");
    }
}

#[tokio::test]
async fn a_server_that_repeats_what_it_refuses_is_not_quoted() {
    for (capability, echo) in [
        ("AUTH=PLAIN LOGINDISABLED SASL-IR", format!("$ NO unknown: {}\r\n", sasl())),
        ("AUTH=PLAIN LOGINDISABLED SASL-IR", format!("$ NO {SECRET} is wrong\r\n")),
        ("", format!("$ BAD what is {}\r\n", login())),
        ("", format!("$ NO [AUTHENTICATIONFAILED] {SECRET}\r\n")),
    ] {
        let told = echo.clone();
        let (result, _) = enter(capability, Mechanism::Auto, Security::Plain, move |command| {
            if command.starts_with("AUTH") || command.starts_with("LOGIN") { text(&told) } else { Answer::Usual }
        })
        .await;
        let failure = result.expect_err("refused");
        assert_eq!((failure.cause, &failure.words), (Cause::SignInRefused, &None), "{echo}");
    }
    let (result, _) = enter("", Mechanism::Auto, Security::Plain, |command| {
        if command.starts_with("LOGIN") { text("$ NO wrong password\r\n") } else { Answer::Usual }
    })
    .await;
    assert_eq!(result.err().and_then(|failure| failure.words).as_deref(), Some("wrong password"));
}

/// Everything that is logged in this process, at the most talkative level.
struct Log(Mutex<String>);

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {}\n", record.target(), record.args());
        self.0.lock().expect("the log").push_str(&line);
    }

    fn flush(&self) {}
}

static LOG: Log = Log(Mutex::new(String::new()));

#[tokio::test]
async fn no_log_holds_the_secret() {
    log::set_logger(&LOG).expect("the only logger");
    log::set_max_level(log::LevelFilter::Trace);
    for (mechanism, capability) in [(Mechanism::Plain, "SASL-IR"), (Mechanism::Login, "")] {
        let (result, heard) = enter(capability, mechanism, Security::Plain, |_| Answer::Usual).await;
        assert!(result.is_ok());
        let heard = heard.lock().expect("heard");
        assert!(heard.iter().any(|command| command.contains(&sasl()) || *command == login()), "it was sent: {heard:?}");
    }
    let log = LOG.0.lock().expect("the log");
    assert!(log.contains("imap_stream encode") && log.contains("LOGIN"), "tracing is on");
    for secret in [SECRET.to_owned(), sasl(), login(), STANDARD.encode(SECRET), SECRET.replace('"', "\\\"")] {
        assert!(!log.contains(&secret));
    }
    assert!(!log.contains("geheim"));
}
