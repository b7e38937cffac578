//! As much IMAP as the pump needs: a socket with or without TLS, lines and literals. For our own servers only.

use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// The way into one mailbox.
#[derive(Clone)]
pub struct Way {
    pub port: u16,
    pub tls: Option<Arc<ClientConfig>>,
    pub user: String,
    pub password: String,
}

/// Signed in.
pub struct Connection {
    pub reader: BufReader<ReadHalf<Box<dyn Stream>>>,
    pub writer: WriteHalf<Box<dyn Stream>>,
    tags: u32,
}

/// TLS that trusts the authority of this PEM file alone.
pub fn trusting(authority: &Path) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

impl Connection {
    pub async fn open(way: &Way) -> io::Result<Self> {
        let socket = TcpStream::connect(("127.0.0.1", way.port)).await?;
        socket.set_nodelay(true)?;
        let stream: Box<dyn Stream> = match &way.tls {
            Some(config) => {
                let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
                Box::new(TlsConnector::from(Arc::clone(config)).connect(name, socket).await?)
            }
            None => Box::new(socket),
        };
        let (reader, writer) = tokio::io::split(stream);
        let mut connection = Self { reader: BufReader::with_capacity(64 << 10, reader), writer, tags: 0 };
        connection.line().await?;
        let tag = connection.send(&format!("LOGIN \"{}\" \"{}\"", way.user, way.password)).await?;
        connection.finish(&tag, |_| ()).await?;
        Ok(connection)
    }

    pub fn tag(&mut self) -> String {
        self.tags += 1;
        format!("p{}", self.tags)
    }

    pub async fn send(&mut self, command: &str) -> io::Result<String> {
        let tag = self.tag();
        self.writer.write_all(format!("{tag} {command}\r\n").as_bytes()).await?;
        self.writer.flush().await?;
        Ok(tag)
    }

    /// One line without its end.
    pub async fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        if self.reader.read_until(b'\n', &mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        while line.last().is_some_and(|octet| b"\r\n".contains(octet)) {
            line.pop();
        }
        Ok(line)
    }

    /// Appends a literal's octets to `to`.
    pub async fn literal(&mut self, octets: usize, to: &mut Vec<u8>) -> io::Result<()> {
        to.reserve(octets);
        let read = (&mut self.reader).take(octets as u64).read_to_end(to).await?;
        if read < octets { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    /// Reads to the answer of `tag`, which must be OK.
    pub async fn finish(&mut self, tag: &str, mut untagged: impl FnMut(&str)) -> io::Result<()> {
        loop {
            let line = self.line().await?;
            let line = String::from_utf8_lossy(&line);
            match line.strip_prefix(tag) {
                Some(answer) if answer.starts_with(" OK") => return Ok(()),
                Some(answer) => return Err(io::Error::other(format!("the server answered{answer}"))),
                None => untagged(&line),
            }
        }
    }
}
