//! A small IMAP server that is honest but for what a scenario has it say. It keeps every octet that it gets.

use bytes::BytesMut;
use harness::certificate::{self, Certificate};
use mail::net::Deflated;
use std::io::Result;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// What is said instead; `$` at the beginning of a line stands for the command's tag.
#[derive(Clone, Debug)]
pub enum Say {
    Text(Vec<u8>),
    /// Then the connection is closed.
    Last(Vec<u8>),
    /// The first once, the second until the client has gone.
    Endless(Vec<u8>, Vec<u8>),
}

/// Said to commands that begin so. `GREETING`, and `LITERAL` in place of a `+`, are commands here.
#[derive(Clone, Debug)]
pub struct Rule {
    pub at: &'static str,
    pub say: Say,
    /// Only the first time, on whatever connection.
    pub once: bool,
}

/// What is behind the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Plain,
    Tls(Certificate),
    /// Plain, and TLS with this certificate after STARTTLS.
    StartTls(Certificate),
    /// Plain, STARTTLS accepted, and plain text to the first octets of TLS.
    StartNothing,
    /// Says this to the first octets of TLS, and closes.
    Instead(&'static [u8]),
}

#[derive(Clone, Debug)]
pub struct Script {
    pub door: Door,
    pub offers: &'static str,
    pub rules: Vec<Rule>,
}

/// Everything the client sent, as it came and, below TLS, as it was meant.
pub type Heard = Arc<Mutex<Vec<u8>>>;

trait Octets: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Octets for T {}
type Stream = Box<dyn Octets>;

/// Listens until the test is over. Gives the port, what it hears, and the PEM text of the authority to trust.
pub async fn start(script: Script) -> (u16, Heard, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Heard::default();
    let issued = match script.door {
        Door::Tls(kind) | Door::StartTls(kind) => certificate::issue(kind),
        Door::Plain | Door::StartNothing | Door::Instead(_) => certificate::issue(Certificate::Good),
    };
    let certificates = vec![CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let ears = Arc::clone(&heard);
    tokio::spawn(async move {
        let rules = Arc::new(Mutex::new(script.rules.clone()));
        while let Ok((stream, _)) = listener.accept().await {
            let session = Session {
                script: script.clone(),
                rules: Arc::clone(&rules),
                heard: Arc::clone(&ears),
                acceptor: acceptor.clone(),
                probed: false,
                tag: String::new(),
            };
            // Whoever hangs up in the middle is the client, or the script.
            tokio::spawn(async move { session.serve(stream).await.ok() });
        }
    });
    (port, heard, issued.authority)
}

struct Session {
    script: Script,
    /// Those that are left: shared by all connections.
    rules: Arc<Mutex<Vec<Rule>>>,
    heard: Heard,
    acceptor: TlsAcceptor,
    /// The client looks whether the connection is still good: nothing but the truth from here on.
    probed: bool,
    /// Of the last command: what follows a script's own `+` has none.
    tag: String,
}

/// What the honest server holds in each folder.
pub const BODIES: [&str; 3] =
    ["Subject: one\r\n\r\nfirst\r\n", "Subject: two\r\n\r\nsecond\r\n", "Subject: three\r\n\r\nthird\r\n"];

impl Session {
    async fn serve(mut self, stream: TcpStream) -> Result<()> {
        let raw: Stream = Box::new(Tap { inside: stream, heard: Arc::clone(&self.heard) });
        let mut stream = match self.script.door {
            Door::Plain | Door::StartNothing | Door::StartTls(_) => BufReader::new(raw),
            Door::Tls(_) => self.encrypted(raw).await?,
            Door::Instead(octets) => return instead(raw, octets).await,
        };
        if !self.say(&mut stream, "GREETING", "", b"* OK ready\r\n").await? {
            return Ok(());
        }
        loop {
            let mut command = Vec::new();
            let Some(refused) = self.hear(&mut stream, &mut command).await? else { return Ok(()) };
            let text = String::from_utf8_lossy(&command).trim_end().to_owned();
            let last = std::mem::take(&mut self.tag);
            let (tag, command) = text.split_once(' ').unwrap_or((&last, &text));
            self.tag = tag.to_owned();
            self.probed |= command.contains("\"probe\"");
            if refused {
                continue;
            }
            if matches!(self.script.door, Door::StartTls(_)) && command == "STARTTLS" {
                if !self.say(&mut stream, "STARTTLS", tag, b"$ OK begin\r\n").await? {
                    return Ok(());
                }
                stream = self.encrypted(stream.into_inner()).await?;
                continue;
            }
            if self.script.door == Door::StartNothing && command == "STARTTLS" {
                stream.write_all(&tagged(b"$ OK begin\r\n", tag)).await?;
                return instead(stream.into_inner(), b"* OK go on\r\n").await;
            }
            if command == "COMPRESS DEFLATE" && !self.rules(command) {
                stream.write_all(&tagged(b"$ OK go\r\n", tag)).await?;
                let inside = Deflated::new(Box::new(stream.into_inner()), BytesMut::new(), Arc::default());
                stream = BufReader::new(Box::new(Tap { inside, heard: Arc::clone(&self.heard) }));
                continue;
            }
            if command == "AUTHENTICATE PLAIN" && !self.rules(command) {
                stream.write_all(b"+ \r\n").await?;
                stream.read_until(b'\n', &mut Vec::new()).await?;
            }
            let honest = honest(command, self.script.offers);
            if !self.say(&mut stream, command, tag, &honest).await? || command == "LOGOUT" {
                return Ok(());
            }
        }
    }

    async fn encrypted(&self, raw: Stream) -> Result<BufReader<Stream>> {
        let inside = self.acceptor.accept(raw).await?;
        Ok(BufReader::new(Box::new(Tap { inside, heard: Arc::clone(&self.heard) })))
    }

    fn rules(&self, command: &str) -> bool {
        !self.probed && self.rules.lock().unwrap().iter().any(|rule| command.starts_with(rule.at))
    }

    fn takes(&self, command: &str) -> Option<Say> {
        let mut rules = self.rules.lock().unwrap();
        let at = rules.iter().position(|rule| !self.probed && command.starts_with(rule.at))?;
        Some(if rules[at].once { rules.remove(at).say } else { rules[at].say.clone() })
    }

    /// One command with its literals. None at the end; true where the script said something in place of a `+`.
    async fn hear(&mut self, stream: &mut BufReader<Stream>, command: &mut Vec<u8>) -> Result<Option<bool>> {
        loop {
            stream.flush().await?;
            let from = command.len();
            if stream.read_until(b'\n', command).await? == 0 {
                return Ok(None);
            }
            let line = String::from_utf8_lossy(&command[from..]).trim_end().to_owned();
            let Some((_, literal)) = line.rsplit_once('{').filter(|_| line.ends_with('}')) else {
                return Ok(Some(false));
            };
            let size: usize = literal.trim_end_matches(['+', '}']).parse().unwrap_or(0);
            if !literal.ends_with("+}") {
                if self.rules("LITERAL") {
                    let text = String::from_utf8_lossy(command).into_owned();
                    let open = self.say(stream, "LITERAL", text.split(' ').next().unwrap_or_default(), b"").await?;
                    return Ok(open.then_some(true));
                }
                stream.write_all(b"+ go ahead\r\n").await?;
                stream.flush().await?;
            }
            let start = command.len();
            command.resize(start + size, 0);
            stream.read_exact(&mut command[start..]).await?;
        }
    }

    /// Says what the script has for this command, or what is honest. False when the connection is to be closed.
    async fn say(&mut self, stream: &mut BufReader<Stream>, command: &str, tag: &str, honest: &[u8]) -> Result<bool> {
        let said = self.takes(command).unwrap_or_else(|| Say::Text(honest.to_vec()));
        match said {
            Say::Text(text) => stream.write_all(&tagged(&text, tag)).await?,
            Say::Last(text) => {
                stream.write_all(&tagged(&text, tag)).await?;
                stream.shutdown().await?;
                // Closing over unread octets would take back what was said.
                while stream.read(&mut [0; 4096]).await? > 0 {}
                return Ok(false);
            }
            Say::Endless(first, then) => {
                stream.write_all(&tagged(&first, tag)).await?;
                loop {
                    stream.write_all(&then).await?;
                }
            }
        }
        Ok(true)
    }
}

/// Waits for the first octets of TLS, says something else and hangs up.
async fn instead(mut stream: Stream, octets: &[u8]) -> Result<()> {
    stream.read_exact(&mut [0; 5]).await?;
    stream.write_all(octets).await?;
    stream.shutdown().await?;
    // Closing over unread octets would take back what was said.
    while stream.read(&mut [0; 4096]).await? > 0 {}
    Ok(())
}

fn tagged(text: &[u8], tag: &str) -> Vec<u8> {
    let mut said = Vec::with_capacity(text.len() + tag.len());
    for line in text.split_inclusive(|octet| *octet == b'\n') {
        match line.strip_prefix(b"$") {
            Some(rest) => said.extend([tag.as_bytes(), rest].concat()),
            None => said.extend_from_slice(line),
        }
    }
    said
}

fn honest(command: &str, offers: &str) -> Vec<u8> {
    let argument = |at: usize| command.split(' ').nth(at).unwrap_or_default();
    let before = match argument(0) {
        "CAPABILITY" => format!("* CAPABILITY IMAP4rev1 {offers}\r\n"),
        "NAMESPACE" => "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n".to_owned(),
        "LIST" if argument(2) == "\"\"" => "* LIST (\\Noselect) \"/\" \"\"\r\n".to_owned(),
        "LIST" if !argument(2).contains('*') => format!("* LIST () \"/\" {}\r\n", argument(2)),
        "LIST" | "XLIST" => "* LIST () \"/\" INBOX\r\n".to_owned(),
        "STATUS" => {
            let name = command[7..].rsplit_once(" (").map_or("", |(name, _)| name);
            format!("* STATUS {name} (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 7)\r\n")
        }
        "EXAMINE" | "SELECT" => "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 4] x\r\n\
             * OK [PERMANENTFLAGS (\\Seen \\*)] x\r\n"
            .to_owned(),
        "UID" if argument(1) == "FETCH" => rows(argument(2), command),
        "LOGOUT" => "* BYE\r\n".to_owned(),
        _ => String::new(),
    };
    [before.as_bytes(), b"$ OK done\r\n"].concat()
}

fn rows(set: &str, command: &str) -> String {
    let wanted = |uid: u32| {
        set.split(',').any(|part| {
            let (first, last) = part.split_once(':').unwrap_or((part, part));
            let number = |text: &str| if text == "*" { 3 } else { text.parse().unwrap_or(0) };
            (number(first).min(number(last))..=number(first).max(number(last))).contains(&uid)
        })
    };
    let mut rows = String::new();
    for (uid, body) in (1..).zip(BODIES).filter(|(uid, _)| wanted(*uid)) {
        let size = body.len();
        rows += &format!("* {uid} FETCH (UID {uid} FLAGS (\\Seen) RFC822.SIZE {size}");
        rows += " INTERNALDATE \"17-Jul-1996 02:44:25 -0700\"";
        if command.contains("BODY.PEEK[]") {
            rows += &format!(" BODY[] {{{size}}}\r\n{body}");
        } else if let Some((_, section)) = command.split_once("BODY.PEEK[HEADER") {
            let section = section.split(']').next().unwrap_or_default();
            let header = &body[..body.find("\r\n\r\n").map_or(0, |at| at + 4)];
            rows += &format!(" BODY[HEADER{section}] {{{}}}\r\n{header}", header.len());
        }
        rows += ")\r\n";
    }
    rows
}

/// Keeps a copy of what is read.
struct Tap<T> {
    inside: T,
    heard: Heard,
}

impl<T: AsyncRead + Unpin> AsyncRead for Tap<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let from = buffer.filled().len();
        ready!(Pin::new(&mut self.inside).poll_read(cx, buffer))?;
        self.heard.lock().unwrap().extend_from_slice(&buffer.filled()[from..]);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Tap<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<Result<usize>> {
        Pin::new(&mut self.inside).poll_write(cx, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.inside).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.inside).poll_shutdown(cx)
    }
}
