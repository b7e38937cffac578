//! The lines of an index: one typed JSON object each, append only. This is a format on disk and never breaks:
//! fields are only added, and another meaning is another [`VERSION`].

use mail::{Flags, Folder, FolderPath, HeaderHash, InternalDate, MessageId, Sha256, SpecialUse};
use serde::{Deserialize, Serialize};

/// Of index and manifest. A newer one is not touched.
pub(crate) const VERSION: u32 = 1;

/// Longer lines are not ours: a folder 200 levels deep with long names, or thousands of keywords, stay below.
pub(crate) const LONGEST: u64 = 4 * 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum Line {
    Folder(FolderLine),
    /// The UIDVALIDITY the source has from here on; null for POP3.
    Validity {
        validity: Option<u32>,
    },
    Message(Box<MessageLine>),
    /// Its flags have changed; also: a message that was gone is back.
    Flags {
        #[serde(flatten)]
        key: Key,
        flags: Vec<String>,
    },
    /// It is no longer at the source. Its octets stay.
    Gone {
        #[serde(flatten)]
        key: Key,
    },
}

/// The first line of each index. Another one later corrects what the server changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FolderLine {
    pub version: u32,
    /// Its true name, as decoded segments.
    pub path: Vec<String>,
    /// The raw octets of the name, each as the character of its number (ISO 8859-1).
    pub wire: String,
    pub delimiter: Option<char>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub special: Option<String>,
}

/// How the source knows a message: UID within its UIDVALIDITY, or UIDL.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Key {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity: Option<u32>,
    #[serde(flatten)]
    pub id: Id,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Id {
    Uid(u32),
    Uidl(Box<str>),
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MessageLine {
    /// Where its separator line begins in the mbox, and the length from there to behind its closing newline.
    pub offset: u64,
    pub length: u64,
    #[serde(flatten)]
    pub key: Key,
    /// At the time it was stored: the headers in the mbox say the same.
    pub flags: Vec<String>,
    /// INTERNALDATE, RFC 3501 `date-time`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Octets as fetched, unquoted.
    pub size: u64,
    pub sha256: String,
    /// [`HeaderHash`], so that a listing needs no octets.
    pub header: String,
}

impl Id {
    pub fn of(id: &MessageId) -> Self {
        match id {
            MessageId::Uid(uid) => Id::Uid(*uid),
            MessageId::Uidl(uidl) => Id::Uidl(uidl.clone()),
        }
    }

    pub fn message_id(&self) -> MessageId {
        match self {
            Id::Uid(uid) => MessageId::Uid(*uid),
            Id::Uidl(uidl) => MessageId::Uidl(uidl.clone()),
        }
    }
}

impl FolderLine {
    pub fn of(folder: &Folder) -> Self {
        Self {
            version: VERSION,
            path: folder.path.0.clone(),
            wire: folder.wire.iter().map(|octet| char::from(*octet)).collect(),
            delimiter: folder.delimiter,
            special: folder.special.map(|special| special.attribute().to_owned()),
        }
    }

    /// None where the wire name holds what is no octet.
    pub fn folder(&self) -> Option<Folder> {
        Some(Folder {
            wire: self.wire.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<_>>()?,
            delimiter: self.delimiter,
            path: FolderPath(self.path.clone()),
            special: self.special.as_deref().and_then(SpecialUse::from_attribute),
            selectable: true,
            status: None,
        })
    }
}

impl MessageLine {
    pub fn flags(&self) -> Flags {
        Flags::from_names(self.flags.iter().map(String::as_str))
    }

    /// None as a whole where one of the values is not what it must be.
    pub fn values(&self) -> Option<(Option<InternalDate>, Sha256, HeaderHash)> {
        let date = match &self.date {
            Some(date) => Some(InternalDate::parse(date)?),
            None => None,
        };
        Some((date, Sha256::parse(&self.sha256)?, HeaderHash::parse(&self.header)?))
    }
}

/// Reads a line without its LF.
pub(crate) fn parse(line: &[u8]) -> Option<Line> {
    serde_json::from_slice(line).ok()
}

/// Appends a line with its LF.
pub(crate) fn write(line: &Line, out: &mut Vec<u8>) -> mail::Result<()> {
    serde_json::to_writer(&mut *out, line).map_err(std::io::Error::from)?;
    out.push(b'\n');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The format on disk, letter by letter: archives written today are read for ever.
    #[test]
    fn lines_are_written_and_read_as_ever() {
        let (sha256, header) = ("ab".repeat(32), "cd".repeat(16));
        let message = r#"{"type":"message","offset":0,"length":99,"validity":7,"uid":5,"flags":["\\Seen","Work"],"date":"17-Jul-1996 02:44:25 -0700","size":40,"sha256":"SHA","header":"HEADER"}"#;
        let by_pop3 = r#"{"type":"message","offset":99,"length":60,"uidl":"a\"b","flags":[],"size":3,"sha256":"SHA","header":"HEADER"}"#;
        for text in [
            r#"{"type":"folder","version":1,"path":["INBOX","项目"],"wire":"INBOX/&mHl27g-","delimiter":"/"}"#,
            r#"{"type":"folder","version":1,"path":["Sent"],"wire":"Sentÿ","delimiter":null,"special":"\\Sent"}"#,
            r#"{"type":"validity","validity":7}"#,
            r#"{"type":"validity","validity":null}"#,
            message,
            by_pop3,
            r#"{"type":"flags","validity":7,"uid":5,"flags":["\\Answered"]}"#,
            r#"{"type":"gone","validity":7,"uid":5}"#,
            r#"{"type":"gone","uidl":"a\"b"}"#,
        ] {
            let text = text.replace("SHA", &sha256).replace("HEADER", &header);
            let line = parse(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            if let Line::Message(message) = &line {
                assert!(message.values().is_some());
            }
            let mut written = Vec::new();
            write(&line, &mut written).unwrap();
            assert_eq!(String::from_utf8(written).unwrap(), text + "\n");
        }
        // Fields that a later version adds are passed over.
        let labelled = by_pop3.replace("\"flags\"", "\"labels\":[\"x\"],\"flags\"");
        assert!(matches!(parse(labelled.as_bytes()), Some(Line::Message(_))));
        assert!(parse(b"{\"type\":\"gone\",\"uid\":-1}").is_none());
    }

    #[test]
    fn a_folder_keeps_every_octet_of_its_wire_name() {
        let folder = Folder {
            wire: (0..=255).collect(),
            delimiter: Some('\\'),
            path: FolderPath::new(["a\nb", "\0"]),
            special: Some(SpecialUse::Junk),
            selectable: true,
            status: None,
        };
        let mut text = Vec::new();
        write(&Line::Folder(FolderLine::of(&folder)), &mut text).unwrap();
        assert_eq!(text.iter().filter(|octet| **octet == b'\n').count(), 1);
        let Some(Line::Folder(line)) = parse(text.trim_ascii_end()) else { panic!() };
        assert_eq!(line.folder(), Some(folder));
    }
}
