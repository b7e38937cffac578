//! The baseline: a loop over async-imap's own `append`, as a short script would write it. Two round trips a message.

use async_imap::Client;
use harness::{Dovecot, Letter};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;

/// Seconds for storing these letters one by one through `port`.
#[allow(clippy::disallowed_methods, reason = "this is what the disallowed method costs")]
pub async fn append_one_by_one(server: &Dovecot, port: u16, letters: &[Letter]) -> Duration {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut stream = BufReader::new(stream);
    stream.read_line(&mut String::new()).await.unwrap();
    let mut session =
        Client::new(stream).login(server.user(), server.password()).await.map_err(|(error, _)| error).unwrap();
    let before = Instant::now();
    for letter in letters {
        let flags = format!("({})", letter.flags.join(" "));
        let date = format!("\"{}\"", harness::wire::date_time(letter.date));
        session.append("INBOX", Some(&flags), Some(&date), &letter.octets).await.unwrap();
    }
    let needed = before.elapsed();
    session.logout().await.unwrap();
    needed
}
