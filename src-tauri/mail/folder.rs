//! Folders and their names. A name has two forms: the raw octets its own server knows it by, which are only
//! ever sent back to that server, and a path of decoded segments, for people and for mapping to another server.

use std::fmt;

/// A folder's place in the tree, as decoded segments without the server's namespace prefix.
/// The inbox is always the single segment `INBOX`; comparison is exact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FolderPath(pub Vec<String>);

impl FolderPath {
    pub fn new<S: Into<String>>(segments: impl IntoIterator<Item = S>) -> Self {
        Self(segments.into_iter().map(Into::into).collect())
    }

    pub fn inbox() -> Self {
        Self::new(["INBOX"])
    }

    pub fn is_inbox(&self) -> bool {
        self.0.len() == 1 && self.0[0] == "INBOX"
    }

    pub fn segments(&self) -> &[String] {
        &self.0
    }
}

/// For people, reports and `--folder` patterns: segments joined by `/`; a `/` inside a segment stays as it is.
impl fmt::Display for FolderPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

/// RFC 6154 special uses, by attribute first, then by well-known name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpecialUse {
    All,
    Archive,
    Drafts,
    Flagged,
    Important,
    Junk,
    Sent,
    Trash,
}

impl SpecialUse {
    pub const ALL: [SpecialUse; 8] = {
        use SpecialUse::*;
        [All, Archive, Drafts, Flagged, Important, Junk, Sent, Trash]
    };

    /// The attribute on the wire, with its backslash.
    pub fn attribute(self) -> &'static str {
        match self {
            SpecialUse::All => "\\All",
            SpecialUse::Archive => "\\Archive",
            SpecialUse::Drafts => "\\Drafts",
            SpecialUse::Flagged => "\\Flagged",
            SpecialUse::Important => "\\Important",
            SpecialUse::Junk => "\\Junk",
            SpecialUse::Sent => "\\Sent",
            SpecialUse::Trash => "\\Trash",
        }
    }

    pub fn from_attribute(attribute: &str) -> Option<Self> {
        // Gmail and XLIST: \Starred, \Spam, \AllMail.
        match attribute.to_ascii_lowercase().as_str() {
            "\\starred" => Some(SpecialUse::Flagged),
            "\\spam" => Some(SpecialUse::Junk),
            "\\allmail" => Some(SpecialUse::All),
            lower => Self::ALL.into_iter().find(|special| special.attribute().eq_ignore_ascii_case(lower)),
        }
    }
}

/// A folder as its server lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Raw octets as listed, unquoted and unescaped; sent back verbatim, to this server only.
    pub wire: Vec<u8>,
    /// The hierarchy delimiter, None for a flat name.
    pub delimiter: Option<char>,
    pub path: FolderPath,
    /// Only by attribute. Guessing by name is `transfer`'s plan.
    pub special: Option<SpecialUse>,
    /// False for `\Noselect` and `\NonExistent`: a mere node of the tree.
    pub selectable: bool,
    /// As far as the server told without opening the folder.
    pub status: Option<Status>,
}

impl Folder {
    /// Stands for a line of the server's list in which no name can be made out. Its path is that line, for people; it
    /// has no wire name and cannot be opened.
    pub fn unreadable(line: &[u8]) -> Self {
        let shown = String::from_utf8_lossy(&line[..line.len().min(1_000)]);
        let shown: String = shown.chars().filter(|c| !c.is_control()).take(200).collect();
        Self {
            wire: Vec::new(),
            delimiter: None,
            path: FolderPath::new([shown.trim()]),
            special: None,
            selectable: false,
            status: None,
        }
    }

    pub fn is_unreadable(&self) -> bool {
        self.wire.is_empty() && !self.selectable
    }
}

/// Answer to STATUS (RFC 3501 6.3.10, RFC 8438 for `bytes`). Fields the server left out are None.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    pub messages: Option<u32>,
    pub uid_next: Option<u32>,
    pub validity: Option<u32>,
    /// HIGHESTMODSEQ (RFC 7162).
    pub modseq: Option<u64>,
    /// Sum of RFC822.SIZE, in octets.
    pub bytes: Option<u64>,
}
