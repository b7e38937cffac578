//! Folder names: octets on the wire, segments for people, and the namespace between them (RFC 2342).

use super::parse::Cursor;
use super::utf7;
use crate::FolderPath;

/// Where the person's own folders are, and which are somebody else's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Namespace {
    /// Wire octets before every own name, often empty or `INBOX.`.
    pub(super) prefix: Vec<u8>,
    pub(super) delimiter: Option<char>,
    /// Prefixes of other people's and shared folders, never empty ones.
    pub(super) foreign: Vec<Vec<u8>>,
}

impl Namespace {
    /// Reads the answer to NAMESPACE. None if there is no personal namespace in it.
    pub(super) fn parse(mut cursor: Cursor<'_>) -> Option<Self> {
        let own = prefixes(&mut cursor)?;
        let (prefix, delimiter) = own.into_iter().next()?;
        let mut foreign = prefixes(&mut cursor).unwrap_or_default();
        foreign.extend(prefixes(&mut cursor).unwrap_or_default());
        let foreign = foreign.into_iter().map(|(prefix, _)| prefix).filter(|prefix| !prefix.is_empty()).collect();
        Some(Self { prefix, delimiter, foreign })
    }

    /// True for folders of other people.
    pub(super) fn is_foreign(&self, wire: &[u8], delimiter: Option<char>) -> bool {
        self.foreign.iter().any(|prefix| {
            let root = delimiter.and_then(|d| prefix.strip_suffix(&[d as u8][..])).unwrap_or(prefix);
            let rest = wire.strip_prefix(root);
            // `Shared` is not the beginning of one's own `Shared Documents`; `~` is that of `~joe`.
            let bounded = root.last().is_some_and(u8::is_ascii_alphanumeric);
            rest.is_some_and(|rest| !bounded || rest.is_empty() || rest.first().map(|&o| o as char) == delimiter)
        })
    }

    /// The path of a listed name.
    pub(super) fn path(&self, wire: &[u8], delimiter: Option<char>) -> FolderPath {
        if wire.eq_ignore_ascii_case(b"INBOX") {
            return FolderPath::inbox();
        }
        let own = match wire.get(..self.prefix.len()) {
            Some(start) if wire.len() > start.len() && same_prefix(start, &self.prefix) => &wire[start.len()..],
            _ => wire,
        };
        let mut path = self.segments(own, delimiter);
        if path.is_inbox() {
            // `INBOX.INBOX` is not the inbox.
            path = self.segments(wire, delimiter);
        }
        path
    }

    fn segments(&self, wire: &[u8], delimiter: Option<char>) -> FolderPath {
        let mut segments: Vec<String> = match delimiter {
            Some(delimiter) if delimiter.is_ascii() => {
                wire.split(|octet| *octet == delimiter as u8).map(utf7::decode).collect()
            }
            _ => vec![utf7::decode(wire)],
        };
        if segments[0].eq_ignore_ascii_case("INBOX") {
            segments[0] = "INBOX".to_owned();
        }
        FolderPath(segments)
    }

    /// The wire name for a path, None where a segment cannot stand in one.
    pub(super) fn wire(&self, path: &FolderPath) -> Option<Vec<u8>> {
        if path.is_inbox() {
            return Some(b"INBOX".to_vec());
        }
        let segments: Vec<String> = path.segments().iter().map(|segment| utf7::encode(segment)).collect();
        let separator = match self.delimiter {
            Some(delimiter) => delimiter.to_string(),
            None if segments.len() == 1 => String::new(),
            None => return None,
        };
        let refused = segments
            .iter()
            .any(|segment| segment.is_empty() || (!separator.is_empty() && segment.contains(&separator)));
        if segments.is_empty() || refused {
            return None;
        }
        let joined = segments.join(&separator);
        // What lies below the inbox is spelled out from it, whatever the prefix.
        let mut wire = if path.segments()[0] == "INBOX" { Vec::new() } else { self.prefix.clone() };
        wire.extend_from_slice(joined.as_bytes());
        Some(wire)
    }
}

fn same_prefix(one: &[u8], other: &[u8]) -> bool {
    one == other
        || (one.len() == other.len()
            && one.len() >= 5
            && one[..5].eq_ignore_ascii_case(b"INBOX")
            && one.eq_ignore_ascii_case(other))
}

/// `((prefix delimiter ...) ...)` or NIL.
fn prefixes(cursor: &mut Cursor<'_>) -> Option<Vec<(Vec<u8>, Option<char>)>> {
    cursor.spaces();
    if cursor.nil() {
        return Some(Vec::new());
    }
    if !cursor.eat(b'(') {
        return None;
    }
    let mut prefixes = Vec::new();
    loop {
        cursor.spaces();
        if cursor.eat(b')') {
            return Some(prefixes);
        }
        if !cursor.eat(b'(') {
            return None;
        }
        let prefix = cursor.string()?.into_owned();
        cursor.spaces();
        let delimiter = delimiter(cursor)?;
        prefixes.push((prefix, delimiter));
        loop {
            cursor.spaces();
            if cursor.eat(b')') {
                break;
            }
            cursor.skip()?;
        }
    }
}

/// A quoted delimiter or NIL; a delimiter beyond ASCII is none that we could split at.
pub(super) fn delimiter(cursor: &mut Cursor<'_>) -> Option<Option<char>> {
    if cursor.nil() {
        return Some(None);
    }
    let octets = cursor.string()?;
    Some(octets.first().filter(|octet| octet.is_ascii_graphic()).map(|octet| *octet as char))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(prefix: &str, delimiter: char) -> Namespace {
        Namespace { prefix: prefix.into(), delimiter: Some(delimiter), foreign: Vec::new() }
    }

    #[test]
    fn paths_and_wire_names_agree() {
        for (prefix, delimiter, wire, segments) in [
            ("", '/', "INBOX", &["INBOX"][..]),
            ("", '/', "INBOX/x", &["INBOX", "x"]),
            ("", '/', "&XfJT0ZAB-/2024", &["已发送", "2024"]),
            ("INBOX.", '.', "INBOX.Sent.a&-b", &["Sent", "a&b"]),
            ("INBOX.", '.', "INBOX.INBOX", &["INBOX", "INBOX"]),
            ("Mail/", '/', "Mail/a", &["a"]),
            ("Mail/", '/', "INBOX/a", &["INBOX", "a"]),
        ] {
            let space = space(prefix, delimiter);
            let path = space.path(wire.as_bytes(), Some(delimiter));
            assert_eq!(path.segments(), segments, "{wire}");
            assert_eq!(space.wire(&path).as_deref(), Some(wire.as_bytes()), "{wire}");
        }
        assert!(space("", '/').path(b"inbox", Some('/')).is_inbox());
        assert_eq!(space("", '/').wire(&FolderPath::new(["a/b"])), None);
        assert_eq!(space("", '/').wire(&FolderPath::new([""])), None);
        assert_eq!(Namespace::default().wire(&FolderPath::new(["a", "b"])), None);
    }

    #[test]
    fn namespaces_are_read() {
        let text =
            b"((\"INBOX.\" \".\" \"X-PARAM\" (\"a\" \"b\"))) ((\"user.\" \".\")) ((\"\" \".\")(\"#shared.\" \".\"))";
        let space = Namespace::parse(Cursor::new(text, &[])).unwrap_or_default();
        assert_eq!((space.prefix.as_slice(), space.delimiter), (&b"INBOX."[..], Some('.')));
        assert_eq!(space.foreign, [b"user.".to_vec(), b"#shared.".to_vec()]);
        assert!(space.is_foreign(b"user.joe", Some('.')) && space.is_foreign(b"user", Some('.')));
        assert!(!space.is_foreign(b"users", Some('.')));
        let space = Namespace { foreign: vec![b"Shared".to_vec(), b"~".to_vec()], ..Namespace::default() };
        assert!(space.is_foreign(b"Shared", Some('/')) && space.is_foreign(b"Shared/Team", Some('/')));
        assert!(space.is_foreign(b"~joe/mail", Some('/')));
        assert!(!space.is_foreign(b"Shared Documents", Some('/')));
        assert_eq!(Namespace::parse(Cursor::new(b"NIL NIL NIL", &[])), None);
        assert_eq!(Namespace::parse(Cursor::new(b"((\"\" \"\\\\\"", &[])), None);
    }
}
