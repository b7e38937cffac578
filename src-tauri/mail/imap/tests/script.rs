//! A server in memory that answers each command as a test says.

use crate::imap::{Imap, Mechanism, SignIn, open};
use crate::net::{Connection, Security, Server};
use crate::{Budget, Folder, FolderPath, Result};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};

pub(super) const SECRET: &str = "ferry-\"7Q\\%-geheim";

/// What one command is answered with; `$` at a line's beginning stands for its tag.
pub(super) enum Answer {
    Text(Vec<u8>),
    /// Sent, then the connection is closed.
    Last(Vec<u8>),
    /// Sent in pieces of so many octets, with a pause before each.
    Slow(Vec<u8>, usize, Duration),
    /// As a server does that knows the command and has nothing to say: its usual answer.
    Usual,
}

pub(super) fn text(answer: &str) -> Answer {
    Answer::Text(answer.as_bytes().to_vec())
}

pub(super) fn last(answer: &str) -> Answer {
    Answer::Last(answer.as_bytes().to_vec())
}

/// The server's memory: every command it read, without tags.
pub(super) type Heard = Arc<Mutex<Vec<String>>>;

pub(super) fn server(security: Security) -> Server {
    Server { host: "localhost".into(), port: 143, security, pin: None, authority: None }
}

pub(super) fn budget() -> Budget {
    Budget::new(8 << 20, std::env::temp_dir())
}

pub(super) fn folder() -> Folder {
    Folder {
        wire: b"INBOX".to_vec(),
        delimiter: Some('/'),
        path: FolderPath::inbox(),
        special: None,
        selectable: true,
        status: None,
    }
}

/// Signs in to a server that offers `capability` and answers as `answer` says.
pub(super) async fn imap(capability: &str, answer: impl FnMut(&str) -> Answer + Send + 'static) -> (Imap, Heard) {
    let (result, heard) = enter(capability, Mechanism::Auto, Security::Plain, answer).await;
    (result.expect("signed in"), heard)
}

pub(super) async fn enter(
    capability: &str,
    mechanism: Mechanism,
    security: Security,
    answer: impl FnMut(&str) -> Answer + Send + 'static,
) -> (Result<Imap>, Heard) {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let heard = Heard::default();
    tokio::spawn(serve(theirs, capability.to_owned(), Arc::clone(&heard), answer));
    let sign_in = SignIn { user: "wei@example.com", secret: SECRET, mechanism, admin: None };
    let connection = Connection { stream: Box::new(ours), certificate: None };
    (open::talk(connection, &server(security), sign_in, budget()).await, heard)
}

fn usual(command: &str, capability: &str) -> String {
    let verb = command.split(' ').next().unwrap_or_default();
    match verb {
        "CAPABILITY" => format!("* CAPABILITY IMAP4rev1 {capability}\r\n$ OK done\r\n"),
        "EXAMINE" | "SELECT" => "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 10] x\r\n\
             * OK [PERMANENTFLAGS (\\Seen \\*)] x\r\n$ OK [READ-WRITE] done\r\n"
            .to_owned(),
        _ => "$ OK done\r\n".to_owned(),
    }
}

async fn serve(
    stream: DuplexStream,
    capability: String,
    heard: Heard,
    mut answer: impl FnMut(&str) -> Answer,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let greeting = match answer("GREETING") {
        Answer::Text(text) | Answer::Last(text) | Answer::Slow(text, ..) => text,
        Answer::Usual => b"* OK ready\r\n".to_vec(),
    };
    stream.write_all(&greeting).await?;
    loop {
        let mut command = Vec::new();
        let mut refused = None;
        loop {
            let from = command.len();
            if stream.read_until(b'\n', &mut command).await? == 0 {
                return Ok(());
            }
            let line = String::from_utf8_lossy(&command[from..]).trim_end().to_owned();
            let Some((_, literal)) = line.rsplit_once('{').filter(|_| line.ends_with('}')) else { break };
            let plus = literal.ends_with("+}");
            let size: usize = literal.trim_end_matches(['+', '}']).parse().unwrap_or(0);
            if !plus {
                // A test may refuse before the octets come.
                if let Answer::Text(text) = answer(&format!("LITERAL {size}")) {
                    refused = Some(text);
                    break;
                }
                stream.write_all(b"+ go ahead\r\n").await?;
            }
            let start = command.len();
            command.resize(start + size, 0);
            stream.read_exact(&mut command[start..]).await?;
        }
        let command = String::from_utf8_lossy(&command).trim_end().to_owned();
        let (tag, command) = command.split_once(' ').unwrap_or(("", &command));
        heard.lock().expect("heard").push(command.to_owned());
        let (mut piece, mut pause) = (usize::MAX, Duration::ZERO);
        let (response, end) = match refused.map_or_else(|| answer(command), Answer::Text) {
            Answer::Text(text) => (text, false),
            Answer::Last(text) => (text, true),
            Answer::Slow(text, octets, before) => {
                (piece, pause) = (octets, before);
                (text, false)
            }
            Answer::Usual => (usual(command, &capability).into_bytes(), false),
        };
        let mut out = Vec::new();
        for line in response.split_inclusive(|octet| *octet == b'\n') {
            match line.strip_prefix(b"$") {
                Some(rest) => out.extend([tag.as_bytes(), rest].concat()),
                None => out.extend_from_slice(line),
            }
        }
        for piece in out.chunks(piece) {
            tokio::time::sleep(pause).await;
            stream.write_all(piece).await?;
        }
        if end {
            return Ok(());
        }
    }
}
