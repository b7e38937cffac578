//! What two messages are compared by: the SHA-256 of their octets, or a hash of five raw header fields, which
//! a listing can fetch without the bodies.

use sha2::Digest;
use std::fmt;

/// SHA-256 of a message's octets exactly as transferred.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    pub fn of(octets: &[u8]) -> Self {
        Self(sha2::Sha256::digest(octets).into())
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(hex: &str) -> Option<Self> {
        parse_hex(hex).map(Self)
    }
}

/// As 64 lower-case hexadecimal digits.
impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

/// The first 16 octets of a SHA-256 over the raw values of Message-ID, Date, From, Subject and the first
/// Received, unfolded and trimmed, so that the answer to `BODY.PEEK[HEADER.FIELDS (...)]` and a whole message
/// give the same. Not an identity by itself: compare sizes too, and octets before anything is left out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeaderHash(pub [u8; 16]);

/// The fields of [`HeaderHash`], in their order.
pub const FIELDS: [&str; 5] = ["Message-ID", "Date", "From", "Subject", "Received"];

impl HeaderHash {
    /// `header` may be a whole message or only its header; reading ends at the first empty line.
    pub fn of(header: &[u8]) -> Self {
        let mut values: [Option<Vec<u8>>; FIELDS.len()] = Default::default();
        let mut current: Option<usize> = None;
        for line in header.split(|octet| *octet == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                break;
            }
            if line[0] == b' ' || line[0] == b'\t' {
                if let Some(value) = current.and_then(|field| values[field].as_mut()) {
                    value.push(b' ');
                    value.extend_from_slice(line.trim_ascii());
                }
                continue;
            }
            current = line.iter().position(|octet| *octet == b':').and_then(|colon| {
                let name = line[..colon].trim_ascii_end();
                let field = FIELDS.iter().position(|field| field.as_bytes().eq_ignore_ascii_case(name))?;
                if values[field].is_some() {
                    return None;
                }
                values[field] = Some(line[colon + 1..].trim_ascii().to_vec());
                Some(field)
            });
        }
        let mut hash = sha2::Sha256::new();
        for value in &values {
            match value {
                // The length first, so that no two sets of values give the same stream.
                Some(value) => {
                    hash.update((value.len() as u64 + 1).to_le_bytes());
                    hash.update(value);
                }
                None => hash.update(0_u64.to_le_bytes()),
            }
        }
        let full: [u8; 32] = hash.finalize().into();
        let mut short = [0; 16];
        short.copy_from_slice(&full[..16]);
        Self(short)
    }

    pub fn parse(hex: &str) -> Option<Self> {
        parse_hex(hex).map(Self)
    }
}

/// As 32 lower-case hexadecimal digits.
impl fmt::Display for HeaderHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Debug for HeaderHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

fn write_hex(octets: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    octets.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
}

fn parse_hex<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let hex = hex.as_bytes();
    if hex.len() != 2 * N {
        return None;
    }
    let digit = |octet: u8| (octet as char).to_digit(16);
    let mut octets = [0; N];
    for (octet, pair) in octets.iter_mut().zip(hex.chunks(2)) {
        *octet = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_header_gives_the_same_hash() {
        let whole = b"Received: a\r\n\tb\r\nReceived: c\r\nX-Odd: 1\r\nSubject: Hi\r\n there\r\nFrom: x@y\r\nDate: now\r\nmessage-id: <1>\r\n\r\nSubject: no\r\n";
        let part =
            b"Message-ID: <1>\r\nReceived: a b\r\nReceived: c\r\nSubject:Hi there\r\nFrom: x@y\r\nDate: now\r\n\r\n";
        assert_eq!(HeaderHash::of(whole), HeaderHash::of(part));
        assert_ne!(HeaderHash::of(whole), HeaderHash::of(b"Message-ID: <1>\r\n\r\n"));
    }

    #[test]
    fn hashes_read_back() {
        let sha = Sha256::of(b"x");
        assert_eq!(Sha256::parse(&sha.to_string()), Some(sha));
        assert_eq!(Sha256::parse("é"), None);
    }
}
