//! From a server to a signed-in connection: greeting, STARTTLS, capabilities, sign-in, ID.

use super::carrier::{Attempt, Carrier, Refused, Stranger};
use super::command::quoted;
use super::refusal;
use super::response::Response;
use super::status::{Kind, Status};
use super::wire::Wire;
use super::{Imap, Mechanism, SignIn};
use crate::net::{self, Security, Server};
use crate::{Budget, Cause, Failure, Result, Sha256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// What a server says it can do, upper case.
#[derive(Clone, Debug, Default)]
pub(super) struct Capabilities(BTreeSet<String>);

impl Capabilities {
    pub(super) fn parse(words: &str) -> Self {
        Self(words.split_ascii_whitespace().take(1_000).map(str::to_ascii_uppercase).collect())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// The value of `NAME=value`, where it is a number.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.0.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
    }

    fn of_code(status: &Status) -> Option<Self> {
        (status.code == "CAPABILITY").then(|| Self::parse(&status.arguments))
    }

    /// From what came before a CAPABILITY command's answer, or in its code.
    fn of(responses: &[Response], status: &Status) -> Self {
        let untagged = responses.iter().rev().find_map(|response| match response {
            Response::Data(data) if data.keyword == "CAPABILITY" => {
                Some(Self::parse(&String::from_utf8_lossy(data.cursor().rest())))
            }
            Response::Note(note) => Self::of_code(note),
            _ => None,
        });
        untagged.or_else(|| Self::of_code(status)).unwrap_or_default()
    }
}

pub(super) async fn open(server: &Server, sign_in: SignIn<'_>, budget: Budget) -> Result<Imap> {
    connect(server, sign_in, budget).await.map_err(|failure| match failure.about {
        Some(_) => failure,
        None => failure.about(&server.host),
    })
}

async fn connect(server: &Server, sign_in: SignIn<'_>, budget: Budget) -> Result<Imap> {
    let connection = net::connect(server).await?;
    talk(connection, server, sign_in, budget).await
}

/// Everything that is said on a fresh connection.
pub(super) async fn talk(
    connection: net::Connection,
    server: &Server,
    sign_in: SignIn<'_>,
    budget: Budget,
) -> Result<Imap> {
    let mut certificate = connection.certificate;
    let mut wire = Wire::new(connection.stream, budget.clone());
    let greeting = greeting(&mut wire, server.security).await?;
    let mut capabilities = Capabilities::of_code(&greeting);
    if server.security == Security::StartTls {
        (wire, certificate) = start_tls(server, wire, budget).await?;
        // What was said before TLS counts for nothing.
        capabilities = None;
    }
    let capabilities = match capabilities {
        Some(capabilities) => capabilities,
        None => {
            let (status, before) = wire.simple("M1", "CAPABILITY").await?;
            Capabilities::of(&before, &status)
        }
    };
    let (mut carrier, answer) = enter(wire, &capabilities, sign_in).await?;
    let capabilities = match Capabilities::of_code(&answer) {
        Some(capabilities) => capabilities,
        None => {
            let mut before = Vec::new();
            let mut keep = |response| match &response {
                Response::Data(data) if data.keyword == "CAPABILITY" && before.len() < 10 => before.push(response),
                _ => {}
            };
            let status = carrier.run("CAPABILITY", &mut keep).await?;
            Capabilities::of(&before, &status)
        }
    };
    identify(&mut carrier, &capabilities).await?;
    Ok(Imap::new(carrier, capabilities, greeting.text, certificate))
}

async fn greeting(wire: &mut Wire, security: Security) -> Result<Status> {
    match wire.next().await? {
        Response::Note(status) if status.kind == Kind::Ok => Ok(status),
        // Signed in by somebody in between, who hopes that we send no STARTTLS.
        Response::Preauth if security == Security::StartTls => Err(Failure::new(Cause::StartTlsMissing)),
        Response::Bye(status) => Err(refusal::goodbye(&status)),
        _ => Err(Failure::new(Cause::Protocol)),
    }
}

/// STARTTLS (RFC 3501 6.2.1). Whatever the server sent beyond its OK was put there by somebody else.
async fn start_tls(server: &Server, mut wire: Wire, budget: Budget) -> Result<(Wire, Option<Sha256>)> {
    let missing = || Failure::new(Cause::StartTlsMissing);
    let (status, before) = wire.simple("M0", "STARTTLS").await?;
    let preauth = before.iter().any(|response| matches!(response, Response::Preauth));
    let (stream, rest) = wire.into_stream();
    if status.kind != Kind::Ok || preauth || rest {
        return Err(missing().words(&status.words()));
    }
    let connection = net::start_tls(server, stream).await?;
    Ok((Wire::new(connection.stream, budget), connection.certificate))
}

/// The ways in, best first. Only with `Auto` there is a second one.
fn attempts<'a>(capabilities: &Capabilities, sign_in: SignIn<'a>) -> Vec<Attempt<'a>> {
    let plain = || {
        // RFC 4616: whose mailbox, who signs in, with what.
        let (of, who) = match sign_in.admin {
            Some(admin) => (sign_in.user, admin),
            None => ("", sign_in.user),
        };
        let parts = [of.as_bytes(), b"\0", who.as_bytes(), b"\0", sign_in.secret.as_bytes()];
        // Sized beforehand: no copy of the secret is left behind by growing.
        let mut response = Zeroizing::new(Vec::with_capacity(parts.iter().map(|part| part.len()).sum()));
        parts.iter().for_each(|part| response.extend_from_slice(part));
        Attempt::Plain { response, initial: capabilities.has("SASL-IR") }
    };
    let login = || Attempt::Login { user: sign_in.user, secret: sign_in.secret };
    let offers_plain = capabilities.has("AUTH=PLAIN");
    let offers_login = !capabilities.has("LOGINDISABLED");
    match sign_in.mechanism {
        // An administrator can only be named by SASL.
        _ if sign_in.admin.is_some() => vec![plain()],
        Mechanism::Plain => vec![plain()],
        Mechanism::Login => vec![login()],
        Mechanism::Auto => {
            let mut ways = Vec::new();
            if offers_plain {
                ways.push(plain());
            }
            if offers_login {
                ways.push(login());
            }
            ways
        }
    }
}

async fn enter(wire: Wire, capabilities: &Capabilities, sign_in: SignIn<'_>) -> Result<(Carrier, Status)> {
    // No quoted string and no SASL response may hold these; no server could have accepted them.
    if [sign_in.user, sign_in.secret, sign_in.admin.unwrap_or_default()]
        .iter()
        .any(|text| text.contains(['\0', '\r', '\n']))
    {
        return Err(Failure::new(Cause::SignInRefused));
    }
    let mut failure = Failure::new(Cause::SignInMethodMissing);
    let mut stranger = Stranger::new(wire);
    for attempt in attempts(capabilities, sign_in) {
        match stranger.sign_in(&attempt).await {
            Ok(signed_in) => return Ok(signed_in),
            Err(refused) => match *refused {
                (Some(same), Refused::Answer(status)) => {
                    failure = without_secret(refusal::sign_in(&status), &attempt);
                    // A stated refusal of the password itself is not tried a second time.
                    let stated = status.code == "AUTHENTICATIONFAILED" || failure.cause != Cause::SignInRefused;
                    if stated {
                        break;
                    }
                    stranger = same;
                }
                (_, Refused::Broken(broken)) => {
                    // Some servers hang up instead of refusing: an answer they gave before says more.
                    let told = without_secret(broken, &attempt);
                    return Err(if failure.cause == Cause::SignInRefused { failure } else { told });
                }
                (None, Refused::Answer(status)) => {
                    return Err(without_secret(refusal::sign_in(&status), &attempt));
                }
            },
        }
    }
    Err(failure)
}

/// Some servers repeat the line that they refuse. What they say then is said to nobody.
fn without_secret(failure: Failure, attempt: &Attempt<'_>) -> Failure {
    let words = failure.words.as_deref().unwrap_or_default();
    let repeats = |secret: &str| !secret.is_empty() && words.contains(secret);
    let told = match attempt {
        Attempt::Login { secret, .. } => repeats(secret) || repeats(Zeroizing::new(quoted(secret)).trim_matches('"')),
        Attempt::Plain { response, .. } => {
            let secret = response.rsplit(|octet| *octet == 0).next().unwrap_or_default();
            let coded = Zeroizing::new(STANDARD.encode(response));
            // Words are cut at some length: the beginning of the response would do.
            repeats(&String::from_utf8_lossy(secret)) || repeats(&coded[..coded.len().min(16)])
        }
    };
    if told { Failure { words: None, ..failure } } else { failure }
}

/// ID (RFC 2971), where offered: large providers let nobody in who does not send it before the first SELECT.
async fn identify(carrier: &mut Carrier, capabilities: &Capabilities) -> Result<()> {
    if !capabilities.has("ID") {
        return Ok(());
    }
    let version = env!("CARGO_PKG_VERSION");
    let id = format!("ID (\"name\" \"Mailferry\" \"version\" \"{version}\")");
    carrier.send_quietly(&[id.as_str().into()], false).await
}
