//! Accounts as the command line writes them: `imaps://USER@HOST[:PORT]`, `imap://...?security=starttls|none`,
//! `pop3s://`, `pop3://`; USER is percent-encoded. A URL never holds a password: arguments are seen by every
//! other program of the computer.

use crate::{Account, Protocol, Security, SignIn};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::fmt;

/// What RFC 3986 calls unreserved stays as it is.
const USER: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Why a text is not an account. Each holds the offending part and never what may be a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UrlError {
    /// No `://`.
    NoScheme,
    /// Not imaps, imap, pop3s or pop3.
    Scheme(String),
    /// `user:password@`.
    Password,
    NoUser,
    /// The user name is not well percent-encoded UTF-8, or holds a control character.
    User,
    NoHost,
    /// Holds a character that no host name has.
    Host(String),
    Port(String),
    /// Something after the host that is no parameter.
    Path,
    /// A parameter other than `security`, by its name.
    Parameter(String),
    /// A value of `security` that this scheme does not have.
    Security(String),
}

impl UrlError {
    /// A stable code for `wording`.
    pub fn code(&self) -> &'static str {
        match self {
            UrlError::NoScheme => "no_scheme",
            UrlError::Scheme(_) => "scheme",
            UrlError::Password => "password",
            UrlError::NoUser => "no_user",
            UrlError::User => "user",
            UrlError::NoHost => "no_host",
            UrlError::Host(_) => "host",
            UrlError::Port(_) => "port",
            UrlError::Path => "path",
            UrlError::Parameter(_) => "parameter",
            UrlError::Security(_) => "security",
        }
    }

    pub const CODES: [&str; 11] = [
        "no_scheme",
        "scheme",
        "password",
        "no_user",
        "user",
        "no_host",
        "host",
        "port",
        "path",
        "parameter",
        "security",
    ];

    /// The offending part, where it may be shown.
    pub fn part(&self) -> Option<&str> {
        match self {
            UrlError::Scheme(part)
            | UrlError::Host(part)
            | UrlError::Port(part)
            | UrlError::Parameter(part)
            | UrlError::Security(part) => Some(part),
            _ => None,
        }
    }
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())?;
        self.part().map_or(Ok(()), |part| write!(f, " ({part})"))
    }
}

impl std::error::Error for UrlError {}

/// Reads an account. `imap://` and `pop3://` demand STARTTLS unless `security=none` says otherwise: without it
/// a password would go in the clear. A raw `@` in the user name is taken, as a host name has none.
pub fn parse(text: &str) -> Result<Account, UrlError> {
    let (scheme, rest) = text.split_once("://").ok_or(UrlError::NoScheme)?;
    let (protocol, implicit) = match scheme.to_ascii_lowercase().as_str() {
        "imaps" => (Protocol::Imap, true),
        "imap" => (Protocol::Imap, false),
        "pop3s" => (Protocol::Pop3, true),
        "pop3" => (Protocol::Pop3, false),
        _ => return Err(UrlError::Scheme(shown(scheme))),
    };
    let (user, rest) = rest.rsplit_once('@').ok_or(UrlError::NoUser)?;
    if user.contains(':') {
        return Err(UrlError::Password);
    }
    let (rest, query) = rest.split_once('?').map_or((rest, ""), |(rest, query)| (rest, query));
    let (place, path) = rest.split_once('/').unwrap_or((rest, ""));
    if !path.is_empty() || rest.contains('#') || query.contains('#') {
        return Err(UrlError::Path);
    }
    let security = security(query, implicit)?;
    let (host, port) = host_and_port(place)?;
    Ok(Account {
        protocol,
        host,
        port: port.unwrap_or(Account::default_port(protocol, security)),
        security,
        user: user_name(user)?,
        sign_in: SignIn::Auto,
        admin: None,
        trust: None,
        authority: None,
    })
}

/// As [`parse`] reads it; the port only where it is not the usual one. The way to sign in and what to trust are
/// not part of a URL.
pub fn print(account: &Account) -> String {
    let scheme = match (account.protocol, account.security) {
        (Protocol::Imap, Security::Tls) => "imaps",
        (Protocol::Imap, _) => "imap",
        (Protocol::Pop3, Security::Tls) => "pop3s",
        (Protocol::Pop3, _) => "pop3",
    };
    let mut text = format!("{scheme}://{}@", utf8_percent_encode(&account.user, USER));
    if account.host.contains(':') {
        text += &format!("[{}]", account.host);
    } else {
        text += &account.host;
    }
    if account.port != Account::default_port(account.protocol, account.security) {
        text += &format!(":{}", account.port);
    }
    if account.security == Security::Plain {
        text += "?security=none";
    }
    text
}

fn security(query: &str, implicit: bool) -> Result<Security, UrlError> {
    let mut security = if implicit { Security::Tls } else { Security::StartTls };
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if name != "security" {
            return Err(UrlError::Parameter(shown(name)));
        }
        security = match (value, implicit) {
            ("tls", true) => Security::Tls,
            ("starttls", false) => Security::StartTls,
            ("none", false) => Security::Plain,
            _ => return Err(UrlError::Security(shown(value))),
        };
    }
    Ok(security)
}

fn user_name(encoded: &str) -> Result<String, UrlError> {
    if encoded.is_empty() {
        return Err(UrlError::NoUser);
    }
    let octets = encoded.as_bytes();
    let escapes_are_whole = octets
        .iter()
        .enumerate()
        .filter(|(_, octet)| **octet == b'%')
        .all(|(at, _)| octets.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)));
    let user = percent_decode_str(encoded).decode_utf8().map_err(|_| UrlError::User)?;
    if !escapes_are_whole || user.chars().any(char::is_control) {
        return Err(UrlError::User);
    }
    Ok(user.into_owned())
}

/// `HOST`, `HOST:PORT`, `[IPv6]` or `[IPv6]:PORT`.
fn host_and_port(text: &str) -> Result<(String, Option<u16>), UrlError> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or_else(|| UrlError::Host(shown(text)))?;
        if host.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(UrlError::Host(shown(host)));
        }
        (host, (!port.is_empty()).then(|| port.strip_prefix(':').unwrap_or(port)))
    } else {
        let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
        if host.chars().any(|c| !(c.is_alphanumeric() || matches!(c, '-' | '.' | '_'))) {
            return Err(UrlError::Host(shown(host)));
        }
        (host, port)
    };
    if host.is_empty() {
        return Err(UrlError::NoHost);
    }
    let port = port
        .map(|port| port.parse().ok().filter(|port| *port != 0).ok_or_else(|| UrlError::Port(shown(port))))
        .transpose()?;
    Ok((host.to_owned(), port))
}

/// A part as an error may show it: short, printable.
fn shown(part: &str) -> String {
    part.chars().filter(|c| !c.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_and_prints_it_back() {
        let cases = [
            ("imaps://anna%40example.com@imap.example.com", Protocol::Imap, "imap.example.com", 993, Security::Tls),
            ("imaps://anna@127.0.0.1:10993", Protocol::Imap, "127.0.0.1", 10993, Security::Tls),
            ("imap://anna@host", Protocol::Imap, "host", 143, Security::StartTls),
            ("imap://anna@localhost:1143?security=none", Protocol::Imap, "localhost", 1143, Security::Plain),
            ("pop3s://anna@host", Protocol::Pop3, "host", 995, Security::Tls),
            ("pop3://anna@host:1110", Protocol::Pop3, "host", 1110, Security::StartTls),
            ("imaps://anna@[::1]:993", Protocol::Imap, "::1", 993, Security::Tls),
        ];
        for (text, protocol, host, port, security) in cases {
            let account = parse(text).unwrap();
            assert_eq!(
                (account.protocol, account.host.as_str(), account.port, account.security),
                (protocol, host, port, security),
                "{text}"
            );
            assert_eq!(parse(&print(&account)), Ok(account), "{text}");
        }
        assert_eq!(print(&parse("imaps://anna@[::1]:993").unwrap()), "imaps://anna@[::1]");
    }

    #[test]
    fn user_names_are_percent_encoded() {
        for (text, user) in [
            ("imaps://a%3Ab%2F%25@h", "a:b/%"),
            ("imaps://%E7%8E%8B%40%E5%85%AC%E5%8F%B8.cn@h", "王@公司.cn"),
            ("imaps://anna@example.com@imap.example.com", "anna@example.com"),
            ("imap://anna@h/?security=starttls", "anna"),
        ] {
            let account = parse(text).unwrap();
            assert_eq!(account.user, user);
            assert_eq!(parse(&print(&account)), Ok(account));
        }
    }

    #[test]
    fn each_fault_has_its_own_error() {
        let error = |text: &str| parse(text).unwrap_err();
        assert_eq!(error("anna@example.com"), UrlError::NoScheme);
        assert_eq!(error("http://a@h"), UrlError::Scheme("http".into()));
        assert_eq!(error("imaps://host"), UrlError::NoUser);
        assert_eq!(error("imaps://@host"), UrlError::NoUser);
        assert_eq!(error("imaps://a%4@h"), UrlError::User);
        assert_eq!(error("imaps://a%0D%0Ab@h"), UrlError::User);
        assert_eq!(error("imaps://a%FF@h"), UrlError::User);
        assert_eq!(error("imaps://a@"), UrlError::NoHost);
        assert_eq!(error("imaps://a@h st"), UrlError::Host("h st".into()));
        assert_eq!(error("imaps://a@[::z]"), UrlError::Host("::z".into()));
        assert_eq!(error("imaps://a@h:0"), UrlError::Port("0".into()));
        assert_eq!(error("imaps://a@h:99999"), UrlError::Port("99999".into()));
        assert_eq!(error("imaps://a@h/INBOX"), UrlError::Path);
        assert_eq!(error("imap://a@h?tls=1"), UrlError::Parameter("tls".into()));
        assert_eq!(error("imaps://a@h?security=none"), UrlError::Security("none".into()));
        assert_eq!(error("imap://a@h?security=ssl"), UrlError::Security("ssl".into()));
    }

    #[test]
    fn a_password_is_refused_and_not_repeated() {
        for text in ["imaps://anna:secret@h", "imaps://anna:sec@ret@h", "imap://anna:secret@h:x?y=secret"] {
            let error = parse(text).unwrap_err();
            assert_eq!(error, UrlError::Password);
            assert!(!format!("{error} {error:?}").contains("sec"));
        }
    }
}
