//! A server that refuses messages for their octets: a gate before a real one, on a line without TLS. What is refused never
//! reaches the server behind it, so that what it keeps is what was let through.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// What is refused, by its octets.
pub type Judge = fn(&[u8]) -> bool;

/// Listens on a loopback port of its own until it is dropped.
pub struct Strict {
    pub port: u16,
    refused: Arc<AtomicUsize>,
    ended: Arc<AtomicBool>,
}

impl Strict {
    /// Leads to `port` of the loopback. The server must offer LITERAL+ and no MULTIAPPEND.
    pub fn before(port: u16, refuses: Judge) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let (refused, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (count, end) = (Arc::clone(&refused), Arc::clone(&ended));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if end.load(Ordering::Relaxed) {
                    return;
                }
                let (server, count) = (TcpStream::connect(("127.0.0.1", port)).unwrap(), Arc::clone(&count));
                thread::spawn(move || lead(client, server, refuses, &count));
            }
        });
        Self { port: own, refused, ended }
    }

    /// How many messages were refused so far.
    pub fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }
}

impl Drop for Strict {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// Until one of both hangs up. Answers go to the client whole, whoever gives them.
fn lead(client: TcpStream, mut server: TcpStream, refuses: Judge, count: &AtomicUsize) {
    let answers = Arc::new(Mutex::new(client.try_clone().unwrap()));
    let (mut from_server, to_client) = (server.try_clone().unwrap(), Arc::clone(&answers));
    thread::spawn(move || {
        let mut octets = [0; 16 * 1024];
        while let Ok(read) = from_server.read(&mut octets) {
            if read == 0 || to_client.lock().unwrap().write_all(&octets[..read]).is_err() {
                break;
            }
        }
        let _ = to_client.lock().unwrap().shutdown(std::net::Shutdown::Both);
    });
    let mut from_client = BufReader::new(client);
    let mut line = Vec::new();
    while from_client.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        let text = String::from_utf8_lossy(&line).into_owned();
        let length = text.trim_end().strip_suffix("+}").and_then(|text| text.rsplit_once('{')?.1.parse().ok());
        if let (Some(length), Some((tag, _))) = (length, text.split_once(" APPEND ")) {
            let mut literal = vec![0; length];
            from_client.read_exact(&mut literal).unwrap();
            if refuses(&literal) {
                count.fetch_add(1, Ordering::Relaxed);
                from_client.read_until(b'\n', &mut Vec::new()).unwrap();
                let answer = format!("{tag} NO Message contains invalid header\r\n");
                answers.lock().unwrap().write_all(answer.as_bytes()).unwrap();
                line.clear();
                continue;
            }
            line.extend(literal);
        }
        if server.write_all(&line).is_err() {
            break;
        }
        line.clear();
    }
    let _ = server.shutdown(std::net::Shutdown::Both);
}
