//! The harness's own tiny IMAP client: a plain socket, one command at a time, literals read by their length. It
//! speaks to our own test servers only and panics where they surprise it.

use crate::sample::Letter;
use crate::utf7;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// One piece of a response: `(`, `)` and spaces are gone, `NIL` is `Nil`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Atom(String),
    /// A quoted string or a literal.
    Text(Vec<u8>),
    List(Vec<Value>),
    Nil,
}

impl Value {
    /// Atom or string as text.
    pub fn text(&self) -> String {
        match self {
            Value::Atom(atom) => atom.clone(),
            Value::Text(octets) => String::from_utf8_lossy(octets).into_owned(),
            Value::List(_) | Value::Nil => String::new(),
        }
    }

    pub fn number(&self) -> u64 {
        self.text().parse().unwrap_or_else(|_| panic!("{self:?} is no number"))
    }

    pub fn list(&self) -> &[Value] {
        match self {
            Value::List(values) => values,
            _ => &[],
        }
    }
}

/// A tagged answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// `OK`, `NO` or `BAD`.
    pub status: String,
    pub text: String,
}

pub struct Wire {
    stream: BufReader<TcpStream>,
    tag: u32,
}

impl Wire {
    /// Connects to a plain port of the loopback and reads the greeting.
    pub fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the test server accepts a connection");
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut wire = Self { stream: BufReader::with_capacity(1 << 16, stream), tag: 0 };
        wire.response();
        wire
    }

    pub fn sign_in(&mut self, user: &str, password: &str) {
        let line = [b"LOGIN ".to_vec(), literal(user.as_bytes()), b" ".to_vec(), literal(password.as_bytes())];
        let answer = self.run(&line.concat(), |_| ());
        assert_eq!(answer.status, "OK", "sign-in to the test server: {}", answer.text);
    }

    /// Runs a command that must succeed and gives its untagged responses.
    pub fn command(&mut self, line: &str) -> Vec<Vec<Value>> {
        let mut responses = Vec::new();
        let answer = self.run(line.as_bytes(), |response| responses.push(response));
        assert_eq!(answer.status, "OK", "{line}: {}", answer.text);
        responses
    }

    /// Runs a command and hands over each untagged response as it comes.
    pub fn run(&mut self, line: &[u8], mut untagged: impl FnMut(Vec<Value>)) -> Answer {
        self.tag += 1;
        let tag = format!("h{}", self.tag);
        let command = [tag.as_bytes(), b" ", line, b"\r\n"].concat();
        self.stream.get_mut().write_all(&command).expect("the test server takes a command");
        loop {
            let raw = self.response();
            if let Some(rest) = raw.strip_prefix(format!("{tag} ").as_bytes()) {
                let text = String::from_utf8_lossy(rest).trim_end().to_owned();
                let (status, text) = text.split_once(' ').unwrap_or((&text, ""));
                return Answer { status: status.to_owned(), text: text.to_owned() };
            }
            if let Some(rest) = raw.strip_prefix(b"* ") {
                untagged(values(rest));
            }
        }
    }

    /// Stores letters into one folder, a MULTIAPPEND (RFC 3502) of a hundred at a time.
    pub fn append(&mut self, folder: &str, letters: &[&Letter]) {
        for batch in letters.chunks(100) {
            let mut line = [b"APPEND ".to_vec(), literal(folder.as_bytes())].concat();
            for letter in batch {
                let head = format!(" ({}) \"{}\" ", letter.flags.join(" "), date_time(letter.date));
                line.extend_from_slice(head.as_bytes());
                line.extend_from_slice(&literal(&letter.octets));
            }
            let answer = self.run(&line, |_| ());
            assert_eq!(answer.status, "OK", "APPEND to {folder}: {}", answer.text);
        }
    }

    /// Makes every folder that the letters need, with `separator` and `prefix` of the server, and stores them.
    pub fn load(&mut self, letters: &[Letter], separator: char, prefix: &str) {
        let mut folders: Vec<&[String]> = letters.iter().map(|letter| letter.folder.as_slice()).collect();
        folders.sort();
        folders.dedup();
        for folder in folders {
            let name = wire_name(folder, separator, prefix);
            if folder != ["INBOX"] {
                // Its server may have made it already, as a special-use folder.
                self.run(&[b"CREATE ".to_vec(), literal(name.as_bytes())].concat(), |_| ());
                self.run(&[b"SUBSCRIBE ".to_vec(), literal(name.as_bytes())].concat(), |_| ());
            }
            let of_folder: Vec<&Letter> = letters.iter().filter(|letter| letter.folder == folder).collect();
            self.append(&name, &of_folder);
        }
    }

    /// One response with its literals, without the last line break.
    fn response(&mut self) -> Vec<u8> {
        let mut raw = Vec::new();
        loop {
            let from = raw.len();
            let read = self.stream.read_until(b'\n', &mut raw).expect("the test server answers");
            assert!(read > 0, "the test server closed the connection");
            while raw.last().is_some_and(|octet| b"\r\n".contains(octet)) {
                raw.pop();
            }
            let Some(length) = announced(&raw[from..]) else { return raw };
            raw.extend_from_slice(b"\r\n");
            let at = raw.len();
            raw.resize(at + length, 0);
            self.stream.read_exact(&mut raw[at..]).expect("the test server sends a whole literal");
        }
    }
}

/// The name as its server wants it: segments in modified UTF-7 with the prefix.
pub fn wire_name(folder: &[String], separator: char, prefix: &str) -> String {
    if folder == ["INBOX"] {
        return "INBOX".to_owned();
    }
    let segments: Vec<String> = folder.iter().map(|segment| utf7::encode(segment)).collect();
    format!("{prefix}{}", segments.join(&separator.to_string()))
}

/// Any octets as a non-synchronizing literal (RFC 7888), which our test servers always take.
pub fn literal(octets: &[u8]) -> Vec<u8> {
    [format!("{{{}+}}\r\n", octets.len()).as_bytes(), octets].concat()
}

/// RFC 3501 `date-time` in UTC, without its quotes.
pub fn date_time(seconds: i64) -> String {
    let form = time::macros::format_description!(
        "[day padding:space]-[month repr:short]-[year] [hour]:[minute]:[second] +0000"
    );
    time::OffsetDateTime::from_unix_timestamp(seconds).unwrap().format(form).unwrap()
}

/// Seconds since 1970 of a `date-time`.
pub fn moment(text: &str) -> i64 {
    let form = time::macros::format_description!(
        "[day padding:none]-[month repr:short]-[year] [hour]:[minute]:[second] [offset_hour sign:mandatory][offset_minute]"
    );
    let date = time::OffsetDateTime::parse(text.trim(), form);
    date.unwrap_or_else(|error| panic!("INTERNALDATE {text}: {error}")).unix_timestamp()
}

/// The length of a literal that a line announces at its end.
fn announced(line: &[u8]) -> Option<usize> {
    let inner = line.strip_suffix(b"}")?;
    let at = inner.iter().rposition(|octet| *octet == b'{')?;
    std::str::from_utf8(&inner[at + 1..]).ok()?.parse().ok()
}

fn values(raw: &[u8]) -> Vec<Value> {
    let mut at = 0;
    series(raw, &mut at)
}

fn series(raw: &[u8], at: &mut usize) -> Vec<Value> {
    let mut found = Vec::new();
    while *at < raw.len() {
        match raw[*at] {
            b' ' => *at += 1,
            b'(' => {
                *at += 1;
                found.push(Value::List(series(raw, at)));
            }
            b')' => {
                *at += 1;
                return found;
            }
            b'"' => found.push(Value::Text(quoted(raw, at))),
            b'{' => {
                let end = *at + raw[*at..].iter().position(|octet| *octet == b'\n').unwrap();
                let length = announced(&raw[*at..end - 1]).unwrap();
                *at = end + 1 + length;
                found.push(Value::Text(raw[end + 1..*at].to_vec()));
            }
            _ => {
                let from = *at;
                // `BODY[HEADER.FIELDS (...)]` is one atom, blanks and brackets included.
                let mut depth = 0;
                while *at < raw.len() && (depth > 0 || !b" ()".contains(&raw[*at])) {
                    depth += i32::from(raw[*at] == b'[') - i32::from(raw[*at] == b']');
                    *at += 1;
                }
                let atom = String::from_utf8_lossy(&raw[from..*at]).into_owned();
                found.push(if atom == "NIL" { Value::Nil } else { Value::Atom(atom) });
            }
        }
    }
    found
}

fn quoted(raw: &[u8], at: &mut usize) -> Vec<u8> {
    let mut text = Vec::new();
    *at += 1;
    while *at < raw.len() && raw[*at] != b'"' {
        *at += usize::from(raw[*at] == b'\\');
        text.extend(raw.get(*at));
        *at += 1;
    }
    *at += 1;
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_come_apart() {
        let raw = b"3 FETCH (UID 7 FLAGS (\\Seen a) BODY[HEADER.FIELDS (DATE)] {5}\r\n)\"(\r\n \"a\\\"b\" NIL)";
        let parsed = values(raw);
        assert_eq!(parsed[2].list()[3].list().len(), 2);
        assert_eq!(parsed[2].list()[5], Value::Text(b")\"(\r\n".to_vec()));
        assert_eq!(parsed[2].list()[6].text(), "a\"b");
        assert_eq!(parsed[2].list()[7], Value::Nil);
        assert_eq!(moment(&date_time(837_571_465)), 837_571_465);
        assert_eq!(moment("17-Jul-1996 02:44:25 -0700"), 837_596_665);
    }
}
