//! One mailbox account, without its secret.

use mail::Side;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    Imap,
    Pop3,
}

/// How the connection is protected. `Plain` only to the loopback, or by an explicit choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first octet (RFC 8314).
    Tls,
    StartTls,
    /// `security=none`.
    Plain,
}

/// The SASL mechanism to use; `Auto` takes the best that the server offers and falls back from a refused
/// AUTH=PLAIN without [AUTHENTICATIONFAILED] to LOGIN, once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignIn {
    #[default]
    Auto,
    Plain,
    Login,
}

/// Where a mailbox is and how to get in, without the secret. Two accounts are the same mailbox when `host`
/// (case-insensitive) and `user` are equal: in a domain move both sides often bear the same address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Account {
    pub protocol: Protocol,
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub user: String,
    #[serde(default)]
    pub sign_in: SignIn,
    /// SASL authorization: sign in as this administrator for `user` (`--source-admin`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin: Option<String>,
    /// SHA-256 of the one certificate to trust, 64 hexadecimal digits; None: the system's authorities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<String>,
    /// PEM file with an authority to trust beside the system's (`--ca`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<std::path::PathBuf>,
}

impl Account {
    /// The port that a protocol and a security have by default (RFC 8314, 3501, 1939).
    pub fn default_port(protocol: Protocol, security: Security) -> u16 {
        match (protocol, security) {
            (Protocol::Imap, Security::Tls) => 993,
            (Protocol::Imap, _) => 143,
            (Protocol::Pop3, Security::Tls) => 995,
            (Protocol::Pop3, _) => 110,
        }
    }

    pub fn same_mailbox(&self, other: &Self) -> bool {
        self.host.eq_ignore_ascii_case(&other.host) && self.port == other.port && self.user == other.user
    }

    /// The name under which its secret is kept: one per side, host and user.
    pub fn key(&self, side: Side) -> String {
        let side = if side == Side::Target { "new" } else { "old" };
        format!("{side} {}@{}:{}", self.user, self.host.to_ascii_lowercase(), self.port)
    }
}
