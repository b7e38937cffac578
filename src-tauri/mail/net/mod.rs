//! From a host and a port to a stream: TCP, TLS, and whom to trust. Must not know a mail protocol.

mod deflate;
mod trust;

use crate::{Cause, Failure, Result, Sha256};
pub use deflate::Deflated;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use trust::Trust;

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

/// What reads and writes octets, with TLS below it or not.
pub trait Octets: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Octets for T {}

pub type Stream = Box<dyn Octets>;

/// A stream to a server, and the certificate it showed. Without TLS: None.
pub struct Connection {
    pub stream: Stream,
    pub certificate: Option<Sha256>,
}

/// How long one address may take to answer; where a host has several, the earlier ones get less.
const CONNECT: Duration = Duration::from_secs(20);
const CONNECT_FIRST: Duration = Duration::from_secs(6);
/// How long a TLS handshake may take. Tests have less patience.
const HANDSHAKE: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 30 });

/// Connects; with `Security::Tls` the stream is verified when this returns. With `Security::StartTls` it is still
/// plain: see [`start_tls`].
pub async fn connect(server: &Server) -> Result<Connection> {
    let about = |failure: Failure| failure.about(&server.host);
    let addresses: Vec<_> = tokio::time::timeout(CONNECT, tokio::net::lookup_host((server.host.as_str(), server.port)))
        .await
        .map_err(|_| about(Failure::new(Cause::Timeout)))?
        .map_err(|error| about(unresolved(&error)))?
        .collect();
    let mut failure = Failure::new(Cause::HostUnknown);
    for (index, address) in addresses.iter().enumerate() {
        let patience = if index + 1 == addresses.len() { CONNECT } else { CONNECT_FIRST };
        match tokio::time::timeout(patience, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Small commands must not wait for the answer to earlier ones.
                stream.set_nodelay(true).map_err(|error| about(broken(&error)))?;
                // A connection that is given up must not deliver what it still holds: the system would go on sending
                // it for minutes, and a message would arrive after it was looked for, not found and stored again.
                stream.set_zero_linger().map_err(|error| about(broken(&error)))?;
                let plain = Connection { stream: Box::new(stream), certificate: None };
                return match server.security {
                    Security::Tls => start_tls(server, plain.stream).await,
                    Security::StartTls | Security::Plain => Ok(plain),
                };
            }
            Ok(Err(error)) => failure = broken(&error),
            Err(_) => failure = Failure::new(Cause::Timeout),
        }
    }
    Err(about(failure))
}

/// Starts TLS on a stream and verifies the server. Whatever was read from the stream before must have been thrown
/// away by the caller.
pub async fn start_tls(server: &Server, stream: Stream) -> Result<Connection> {
    let trust = Trust::new(server)?;
    tokio::time::timeout(HANDSHAKE, trust.handshake(stream))
        .await
        .unwrap_or_else(|_| Err(Failure::new(Cause::Timeout)))
        .map_err(|failure| failure.about(&server.host))
}

/// A network error as a failure: what a socket says must not be taken for an error of the local disk.
pub fn broken(error: &std::io::Error) -> Failure {
    use std::io::ErrorKind::*;
    let cause = match error.kind() {
        ConnectionRefused => Cause::ConnectionRefused,
        HostUnreachable | NetworkUnreachable | NetworkDown => Cause::NetworkUnreachable,
        TimedOut => Cause::Timeout,
        // Also what TLS finds wrong in the middle: this connection is over, the next may be good.
        _ => Cause::Closed,
    };
    Failure::new(cause).words(&error.to_string())
}

/// An absent network and an unknown name give the same kind of error; the resolver's text alone tells them apart, and
/// not on every system.
fn unresolved(error: &std::io::Error) -> Failure {
    let words = error.to_string();
    let absent = words.contains("emporary failure");
    Failure::new(if absent { Cause::NetworkUnreachable } else { Cause::HostUnknown }).words(&words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[test]
    fn an_absent_network_is_not_a_silent_server() {
        use std::io::{Error, ErrorKind};
        let cause = |kind: ErrorKind| broken(&Error::from(kind)).cause;
        for kind in [ErrorKind::NetworkUnreachable, ErrorKind::HostUnreachable, ErrorKind::NetworkDown] {
            assert_eq!(cause(kind), Cause::NetworkUnreachable);
        }
        assert_eq!(cause(ErrorKind::TimedOut), Cause::Timeout);
        assert_eq!(cause(ErrorKind::ConnectionRefused), Cause::ConnectionRefused);
        assert_eq!(cause(ErrorKind::ConnectionReset), Cause::Closed);
        let unresolved = |text: &str| unresolved(&Error::other(text)).cause;
        let (absent, unknown) = ("Temporary failure in name resolution", "Name or service not known");
        assert_eq!(unresolved(&format!("failed to lookup address information: {absent}")), Cause::NetworkUnreachable);
        assert_eq!(unresolved(&format!("failed to lookup address information: {unknown}")), Cause::HostUnknown);
    }

    #[tokio::test]
    async fn what_is_given_up_is_not_delivered_later() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Server { host: "127.0.0.1".into(), port, security: Security::Plain, pin: None, authority: None };
        let mut connection = connect(&server).await.unwrap();
        let (mut peer, _) = listener.accept().await.unwrap();
        connection.stream.write_all(b"A1 NOOP\r\n").await.unwrap();
        drop(connection);
        let end = peer.read_to_end(&mut Vec::new()).await.map_err(|error| error.kind());
        assert_eq!(end, Err(std::io::ErrorKind::ConnectionReset), "cut at once, not closed when all is sent");
    }
}
