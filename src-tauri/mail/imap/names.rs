//! Folder names: octets on the wire, segments for people, and the namespace between them (RFC 2342).

use super::parse::Cursor;
use super::utf7;
use crate::{Folder, FolderPath};
use std::collections::{HashMap, HashSet};

/// Characters that a kind of server, as its greeting names it, takes in no folder's name. One that does not say what it
/// is refuses them itself, and its words are told.
pub(super) fn refused_in_names(greeting: &str) -> Vec<char> {
    let refused = if greeting.contains("Cyrus IMAP") { "!\"%&;<>\\^`{|}" } else { "" };
    refused.chars().collect()
}

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

    /// Every own folder is named below the inbox.
    pub(super) fn is_below_inbox(&self) -> bool {
        let root = self.delimiter.and_then(|d| self.prefix.strip_suffix(&[d as u8][..]));
        root.is_some_and(|root| root.eq_ignore_ascii_case(b"INBOX"))
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
        // However a person spells it: behind a prefix it would be another folder.
        if matches!(path.segments(), [only] if only.eq_ignore_ascii_case("INBOX")) {
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

/// Gives each folder a path of its own. Two wire names may mean the same one: coded needlessly beside plain, raw beside
/// coded, or no text at all. The one that is written as it should be keeps it; the others are named by their octets.
pub(super) fn keep_apart(folders: &mut [Folder], space: &Namespace) {
    let mut times: HashMap<FolderPath, usize> = HashMap::new();
    folders.iter().for_each(|folder| *times.entry(folder.path.clone()).or_default() += 1);
    for folder in folders.iter_mut().filter(|folder| times[&folder.path] > 1) {
        if space.wire(&folder.path).as_deref() != Some(folder.wire.as_slice()) {
            folder.path = FolderPath(by_octets(&folder.wire, folder.delimiter));
        }
    }
    // A server that changes its delimiter from line to line can still bring two together.
    let mut order: Vec<&mut Folder> = folders.iter_mut().collect();
    order.sort_by(|one, other| one.wire.cmp(&other.wire));
    let mut given = HashSet::new();
    for folder in order {
        let name = folder.path.0.last().cloned().unwrap_or_default();
        let mut number = 1;
        while !given.insert(folder.path.clone()) {
            number += 1;
            if let Some(last) = folder.path.0.last_mut() {
                *last = format!("{name} ({number})");
            }
        }
    }
}

/// A wire name as ASCII text, its delimiter kept: no two have the same.
fn by_octets(wire: &[u8], delimiter: Option<char>) -> Vec<String> {
    let shown = |segment: &[u8]| {
        segment.iter().fold(String::new(), |shown, octet| match octet {
            b' '..=b'~' if *octet != b'%' => shown + char::from(*octet).encode_utf8(&mut [0; 4]),
            _ => shown + &format!("%{octet:02X}"),
        })
    };
    match delimiter {
        Some(delimiter) if delimiter.is_ascii() => wire.split(|octet| *octet == delimiter as u8).map(shown).collect(),
        _ => vec![shown(wire)],
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
        assert_eq!(space("INBOX.", '.').wire(&FolderPath::new(["inbox"])).as_deref(), Some(&b"INBOX"[..]));
        assert_eq!(space("", '/').wire(&FolderPath::new(["a/b"])), None);
        assert_eq!(space("", '/').wire(&FolderPath::new([""])), None);
        assert_eq!(Namespace::default().wire(&FolderPath::new(["a", "b"])), None);
        assert!(space("INBOX.", '.').is_below_inbox() && space("Inbox/", '/').is_below_inbox());
        assert!(!space("", '/').is_below_inbox() && !space("Mail/", '/').is_below_inbox());
    }

    #[test]
    fn no_two_folders_share_a_path() {
        let wires: [&[u8]; 9] =
            [b"a", b"&AGE-", b"&AOk-", "\u{e9}".as_bytes(), b"\xff/x", b"\xfe/x", b"inbox/y", b"INBOX/y", b"b"];
        let space = space("", '/');
        let mut folders: Vec<Folder> = wires
            .iter()
            .map(|wire| Folder {
                wire: wire.to_vec(),
                delimiter: Some('/'),
                path: space.path(wire, Some('/')),
                special: None,
                selectable: true,
                status: None,
            })
            .collect();
        keep_apart(&mut folders, &space);
        let paths: Vec<String> = folders.iter().map(|folder| folder.path.to_string()).collect();
        assert_eq!(paths, ["a", "&AGE-", "\u{e9}", "%C3%A9", "%FF/x", "%FE/x", "inbox/y", "INBOX/y", "b"]);
        let mut flapping = vec![folders[8].clone(), folders[8].clone()];
        flapping[0].wire = b"b.".to_vec();
        keep_apart(&mut flapping, &space);
        assert_eq!([&flapping[0].path.0[0], &flapping[1].path.0[0]], ["b.", "b"]);
        flapping[0] = Folder {
            delimiter: Some('.'),
            wire: b"b.c".to_vec(),
            path: FolderPath::new(["b", "c"]),
            ..flapping[0].clone()
        };
        flapping[1] = Folder { wire: b"b/c".to_vec(), path: FolderPath::new(["b", "c"]), ..flapping[1].clone() };
        keep_apart(&mut flapping, &space);
        assert_eq!([&flapping[0].path.0[1], &flapping[1].path.0[1]], ["c", "c (2)"]);
        folders.reverse();
        keep_apart(&mut folders, &space);
        assert!(folders.iter().rev().map(|folder| folder.path.to_string()).eq(paths), "whatever the order");
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
