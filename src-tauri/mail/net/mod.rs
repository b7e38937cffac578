//! From a host and a port to a stream: TCP, TLS, and whom to trust. Must not know a mail protocol.

use crate::Sha256;
use std::path::PathBuf;

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first octet (RFC 8314).
    Tls,
    /// TLS after the protocol's own STARTTLS or STLS.
    StartTls,
    /// None at all. Whether that is acceptable is the caller's to decide.
    Plain,
}

/// Where a mailbox is and whom to trust there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// SHA-256 of the one certificate to trust, whatever its name, dates and issuer; None: the system's authorities.
    pub pin: Option<Sha256>,
    /// PEM file with authorities to trust beside the system's.
    pub authority: Option<PathBuf>,
}
