//! What a NO means. Codes in brackets decide (RFC 3501, 5530, 7889, 9208); texts only for the one large server that
//! gives none when it asks us to slow down.

use super::status::Status;
use crate::{Cause, Failure, Reach};
use std::time::Duration;

/// An error of the server's own, which the same command may not meet again.
pub(super) fn is_its_own(status: &Status) -> bool {
    matches!(status.code.as_str(), "SERVERBUG" | "CORRUPTION")
}

/// A NO to APPEND.
#[derive(Debug)]
pub(super) enum Refusal {
    /// For what this message is.
    Message(Failure),
    /// For no stated reason: the message's own, unless every message meets it.
    Unstated(Failure),
    /// For a reason that the next message would meet too.
    Stop(Failure),
}

/// A request to slow down or come back later.
pub(super) fn throttled(status: &Status) -> Option<Failure> {
    let text = status.text.to_ascii_lowercase();
    let coded = matches!(status.code.as_str(), "UNAVAILABLE" | "INUSE" | "THROTTLED");
    if !coded && !text.contains("throttl") && !text.contains("backoff time") {
        return None;
    }
    let failure = Failure::new(Cause::Throttled).words(&status.words());
    Some(match text.split_once("backoff time:").and_then(|(_, rest)| rest.trim().split(' ').next()?.parse().ok()) {
        // Stated in milliseconds; a day is more than any server asks for.
        Some(wait) => failure.waiting(Duration::from_millis(wait).min(Duration::from_secs(86_400))),
        None => failure,
    })
}

/// A BYE: the server may say when it wants to see us again.
pub(super) fn goodbye(status: &Status) -> Failure {
    throttled(status).unwrap_or_else(|| Failure::new(Cause::Closed).words(&status.words()))
}

/// A NO to a command about a folder as a whole.
pub(super) fn folder(status: &Status, name: &str) -> Failure {
    if let Some(failure) = throttled(status) {
        return failure;
    }
    let cause = match status.code.as_str() {
        "NONEXISTENT" | "TRYCREATE" => Cause::FolderMissing,
        "CANNOT" => Cause::FolderNameRefused,
        "OVERQUOTA" => Cause::QuotaFull,
        _ if is_its_own(status) => Cause::ServerFailed,
        _ => Cause::FolderRefused,
    };
    Failure::new(cause).about(name).words(&status.words())
}

pub(super) fn append(status: &Status, name: &str) -> Refusal {
    if let Some(failure) = throttled(status) {
        return Refusal::Stop(failure);
    }
    let words = status.words();
    let failure = |cause: Cause| Failure::new(cause).words(&words);
    match status.code.as_str() {
        // Dovecot's own size limit comes as LIMIT, and instead of the `+`.
        "TOOBIG" | "LIMIT" => Refusal::Message(failure(Cause::MessageTooLarge)),
        "CANNOT" => Refusal::Message(failure(Cause::MessageRefused)),
        "OVERQUOTA" => Refusal::Stop(failure(Cause::QuotaFull)),
        "TRYCREATE" | "NONEXISTENT" => Refusal::Stop(failure(Cause::FolderMissing).about(name)),
        "NOPERM" | "READ-ONLY" | "CONTACTADMIN" | "EXPIRED" | "AUTHORIZATIONFAILED" | "PRIVACYREQUIRED" => {
            Refusal::Stop(failure(Cause::FolderRefused).about(name))
        }
        _ if is_its_own(status) => Refusal::Unstated(failure(Cause::ServerFailed).reaching(Reach::Message)),
        _ => Refusal::Unstated(failure(Cause::MessageRefused)),
    }
}

/// A NO or BAD to sign-in.
pub(super) fn sign_in(status: &Status) -> Failure {
    if let Some(failure) = throttled(status) {
        return Failure { cause: Cause::SignInUnavailable, reach: Reach::Account, ..failure };
    }
    let cause = match status.code.as_str() {
        "LIMIT" | "CONTACTADMIN" | "NOPERM" => Cause::SignInUnavailable,
        // Nobody has looked at the password.
        _ if is_its_own(status) => Cause::SignInUnavailable,
        "PRIVACYREQUIRED" => Cause::SignInMethodMissing,
        _ => Cause::SignInRefused,
    };
    Failure::new(cause).words(&status.words())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imap::status::Kind;

    fn status(text: &str) -> Status {
        Status::parse(Kind::No, text.as_bytes())
    }

    #[test]
    fn codes_decide_over_texts() {
        let cause = |text: &str| match append(&status(text), "x") {
            Refusal::Message(failure) | Refusal::Unstated(failure) | Refusal::Stop(failure) => failure.cause,
        };
        assert_eq!(cause("[LIMIT] quota exceeded"), Cause::MessageTooLarge);
        assert_eq!(cause("[OVERQUOTA] message too large"), Cause::QuotaFull);
        assert_eq!(cause("[trycreate] no"), Cause::FolderMissing);
        assert_eq!(cause("[INUSE] busy"), Cause::Throttled);
        assert!(matches!(append(&status("[SERVERBUG] x"), "x"), Refusal::Unstated(_)));
        assert_eq!(folder(&status("[CORRUPTION] x"), "x").cause, Cause::ServerFailed);
        assert_eq!(sign_in(&status("[SERVERBUG] x")).cause, Cause::SignInUnavailable);
        assert!(matches!(append(&status("Mail length 5 exceeded!"), "x"), Refusal::Unstated(_)));
        assert!(matches!(append(&status("[TOOBIG] x"), "x"), Refusal::Message(_)));
    }

    #[test]
    fn a_stated_wait_is_read() {
        let slow = throttled(&status("Request is throttled. Suggested Backoff Time: 299961 milliseconds"));
        assert_eq!(slow.and_then(|failure| failure.wait), Some(Duration::from_millis(299_961)));
        assert_eq!(throttled(&status("[ALERT] hello")), None);
    }
}
