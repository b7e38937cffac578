//! The tree of folders: NAMESPACE, LIST in the best form that the server knows, STATUS, quota.

use super::carrier::Tag;
use super::command::Piece;
use super::names::{self, Namespace};
use super::parse::Cursor;
use super::response::{Data, Response};
use super::status::Kind;
use super::{Imap, command, refusal};
use crate::{Capacity, Cause, Failure, Folder, FolderPath, NameRules, Result, SpecialUse, Status};
use std::collections::{HashMap, HashSet, VecDeque};

/// STATUS commands under way at once.
const WINDOW: usize = 20;
/// RFC 3501 6.3.8.
const EMPTY_PATTERN: &str = "LIST \"\" \"\"";
/// More folders than this are no mailbox but an attack.
const MOST: usize = 100_000;
/// And more lines than this in which no name can be made out are no list of folders.
const UNREADABLE: usize = 1_000;
/// Longest folder name, in octets on the wire.
const LONGEST: usize = 4_096;

impl Imap {
    /// Asks for the namespace, if it is not known. RFC 3501 6.3.8: an empty pattern asks for the delimiter alone.
    async fn ask_namespace(&mut self) -> Result<Option<Tag>> {
        if self.namespace.is_some() {
            return Ok(None);
        }
        let command = if self.capabilities.has("NAMESPACE") { "NAMESPACE" } else { EMPTY_PATTERN };
        self.carrier.send(command).await.map(Some)
    }

    /// Learns the namespace once.
    pub(super) async fn learn_namespace(&mut self) -> Result<Namespace> {
        let mut found = Found::default();
        if let Some(tag) = self.ask_namespace().await? {
            self.carrier.finish(&tag, |response| found.take(response)).await?;
        }
        self.know_namespace(&mut found).await
    }

    /// The namespace, from what came in answer to [`Imap::ask_namespace`].
    async fn know_namespace(&mut self, found: &mut Found) -> Result<Namespace> {
        if let Some(known) = &self.namespace {
            return Ok(known.clone());
        }
        let told = found.space.as_ref().and_then(|space| space.delimiter).or(found.delimiter);
        if told.is_none() && self.capabilities.has("NAMESPACE") {
            self.carrier.run(EMPTY_PATTERN, |response| found.take(response)).await?;
        }
        let mut space = found.space.take().unwrap_or_default();
        space.delimiter = space.delimiter.or(found.delimiter);
        self.namespace = Some(space.clone());
        Ok(space)
    }

    /// All own folders; with their status, unless only the names matter.
    pub(super) async fn list_folders(&mut self, with_status: bool) -> Result<Vec<Folder>> {
        let mut found = Found::default();
        let has = |name: &str| self.capabilities.has(name);
        let items = self.status_items();
        let extended = has("LIST-EXTENDED") || has("IMAP4REV2");
        let told = with_status && extended && (has("LIST-STATUS") || has("IMAP4REV2"));
        let mut returns = Vec::new();
        if extended && has("SPECIAL-USE") {
            returns.push("SPECIAL-USE".to_owned());
        }
        if told {
            returns.push(format!("STATUS {items}"));
        }
        let command = match () {
            () if !returns.is_empty() => format!("LIST \"\" \"*\" RETURN ({})", returns.join(" ")),
            // Before RFC 6154, XLIST told the special folders.
            () if has("XLIST") && !has("SPECIAL-USE") => "XLIST \"\" \"*\"".to_owned(),
            () => "LIST \"\" \"*\"".to_owned(),
        };
        let space = self.ask_namespace().await?;
        let list = self.carrier.send(&command).await?;
        if let Some(space) = space {
            self.carrier.finish(&space, |response| found.take(response)).await?;
        }
        let mut status = self.carrier.finish(&list, |response| found.take(response)).await?;
        if status.kind != Kind::Ok && command != "LIST \"\" \"*\"" {
            found.clear();
            status = self.carrier.run("LIST \"\" \"*\"", |response| found.take(response)).await?;
        }
        if status.kind != Kind::Ok {
            return Err(refusal::folder(&status, "*"));
        }
        if found.over {
            self.carrier.end().await;
            return Err(Failure::new(Cause::Protocol).words("a list of folders without end"));
        }
        let space = self.know_namespace(&mut found).await?;
        found.sort_out(&space);
        if with_status {
            self.ask_status(&mut found, &items).await?;
        }
        let folders = found.into_folders();
        self.known = Some(folders.iter().map(|folder| Folder { status: None, ..folder.clone() }).collect());
        Ok(folders)
    }

    fn status_items(&self) -> String {
        let mut items = vec!["MESSAGES", "UIDNEXT", "UIDVALIDITY"];
        if self.capabilities.has("STATUS=SIZE") || self.capabilities.has("IMAP4REV2") {
            items.push("SIZE");
        }
        if self.capabilities.has("CONDSTORE") || self.capabilities.has("QRESYNC") {
            items.push("HIGHESTMODSEQ");
        }
        format!("({})", items.join(" "))
    }

    /// Asks for the status of each folder that LIST did not tell of, several at a time. A refusal leaves it unknown.
    async fn ask_status(&mut self, found: &mut Found, items: &str) -> Result<()> {
        let unknown: Vec<Vec<u8>> = found
            .folders
            .iter()
            .filter(|folder| folder.selectable && !found.statuses.contains_key(&folder.wire))
            .map(|folder| folder.wire.clone())
            .collect();
        let plus = self.capabilities.has("LITERAL+");
        let mut under_way = VecDeque::new();
        for wire in &unknown {
            let pieces = command::on_folder("STATUS", wire, &format!(" {items}"));
            under_way.push_back(self.carrier.send_pieces(&pieces, plus).await?);
            // A name that needs a `+` must not have other commands before it unanswered for long.
            let window = if matches!(pieces[1], Piece::Literal(_)) { 1 } else { WINDOW };
            while under_way.len() >= window
                && let Some(tag) = under_way.pop_front()
            {
                self.carrier.finish(&tag, |response| found.take(response)).await?;
            }
        }
        while let Some(tag) = under_way.pop_front() {
            self.carrier.finish(&tag, |response| found.take(response)).await?;
        }
        Ok(())
    }

    pub(super) async fn name_rules(&mut self) -> Result<NameRules> {
        let space = self.learn_namespace().await?;
        let refused = names::refused_in_names(&self.greeting);
        Ok(NameRules { delimiter: space.delimiter, refused, below_inbox: space.is_below_inbox() })
    }

    /// What the target can hold (RFC 9208, RFC 7889).
    pub(super) async fn measure(&mut self) -> Result<Capacity> {
        let mut room: Option<u64> = None;
        let quota = match self.capabilities.has("QUOTA") {
            true => Some(self.carrier.send("GETQUOTAROOT \"INBOX\"").await?),
            false => None,
        };
        if let Some(tag) = quota {
            self.carrier
                .finish(&tag, |response| {
                    if let Response::Data(data) = response
                        && data.keyword == "QUOTA"
                        && let Some(left) = storage_left(data.cursor())
                    {
                        room = Some(room.map_or(left, |room| room.min(left)));
                    }
                })
                .await?;
        }
        let message_limit = self.message_limit().await?;
        let names = self.name_rules().await?;
        Ok(Capacity { room, message_limit, names })
    }

    /// APPENDLIMIT: one for all folders, or to be asked for; the inbox stands for all then.
    pub(super) async fn message_limit(&mut self) -> Result<Option<u64>> {
        if let Some(known) = self.message_limit {
            return Ok(known);
        }
        let mut limit = self.capabilities.number("APPENDLIMIT");
        if limit.is_none() && self.capabilities.has("APPENDLIMIT") {
            self.carrier
                .run("STATUS \"INBOX\" (APPENDLIMIT)", |response| {
                    if let Response::Data(data) = response
                        && data.keyword == "STATUS"
                    {
                        limit = limit.or_else(|| numbers(data.cursor())?.remove("APPENDLIMIT"));
                    }
                })
                .await?;
        }
        self.message_limit = Some(limit);
        Ok(limit)
    }
}

/// One line of LIST or XLIST.
pub(super) struct Listed {
    pub(super) attributes: Vec<String>,
    pub(super) delimiter: Option<char>,
    pub(super) wire: Vec<u8>,
}

impl Listed {
    pub(super) fn parse(mut cursor: Cursor<'_>) -> Option<Self> {
        let attributes = cursor.strings()?;
        cursor.spaces();
        let delimiter = names::delimiter(&mut cursor)?;
        cursor.spaces();
        let quoted = cursor.peek() == Some(b'"');
        let raw = cursor.rest();
        let mut wire = cursor.string()?.into_owned();
        let rest = cursor.rest().trim_ascii();
        // Behind a well-formed name there is nothing, or the extended data of RFC 5258. Otherwise a server forgot to
        // quote spaces or to escape quotes: the name is all of the rest.
        if !rest.is_empty() && !rest.starts_with(b"(") {
            let all = raw.trim_ascii_end();
            let inner = all.strip_prefix(b"\"").and_then(|inner| inner.strip_suffix(b"\""));
            wire = if quoted { inner.unwrap_or(all).to_vec() } else { all.to_vec() };
        }
        Some(Self { attributes, delimiter, wire })
    }

    pub(super) fn has(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|own| own.eq_ignore_ascii_case(attribute))
    }

    pub(super) fn folder(mut self, space: &Namespace) -> Folder {
        // XLIST may show the inbox under a translated name.
        if self.has("\\Inbox") {
            self.wire = b"INBOX".to_vec();
        }
        let selectable = !self.has("\\Noselect") && !self.has("\\NonExistent");
        let special = self.attributes.iter().find_map(|attribute| SpecialUse::from_attribute(attribute));
        let path = space.path(&self.wire, self.delimiter);
        Folder { wire: self.wire, delimiter: self.delimiter, path, special, selectable, status: None }
    }
}

/// What came in answer to NAMESPACE, LIST and STATUS, in whatever order.
#[derive(Default)]
struct Found {
    space: Option<Namespace>,
    /// As the first line of a list told it.
    delimiter: Option<char>,
    listed: Vec<Listed>,
    folders: Vec<Folder>,
    statuses: HashMap<Vec<u8>, Status>,
    /// Lines that name no folder we could open: told all the same.
    unreadable: Vec<Folder>,
    /// More than any mailbox has.
    over: bool,
}

impl Found {
    fn clear(&mut self) {
        self.listed.clear();
        self.statuses.clear();
        self.unreadable.clear();
    }

    fn take(&mut self, response: Response) {
        let Response::Data(data) = response else { return };
        match data.keyword.as_str() {
            "LIST" | "XLIST" => {
                let readable = |listed: &Listed| !data.broken && listed.wire.len() <= LONGEST;
                let Some(listed) = Listed::parse(data.cursor()).filter(readable) else {
                    return self.take_unreadable(&data);
                };
                self.delimiter = self.delimiter.or(listed.delimiter);
                self.over |= self.listed.len() >= MOST;
                // Without a name it is the root of the tree.
                if !listed.wire.is_empty() && !self.over {
                    self.listed.push(listed);
                }
            }
            "STATUS" => {
                if let Some((wire, status)) = read_status(&data)
                    && self.statuses.len() < MOST
                    && wire.len() <= LONGEST
                {
                    self.statuses.insert(wire, status);
                }
            }
            "NAMESPACE" => self.space = self.space.take().or(Namespace::parse(data.cursor())),
            _ => {}
        }
    }

    fn take_unreadable(&mut self, data: &Data) {
        let folder = Folder::unreadable(data.cursor().rest());
        if self.unreadable.len() >= UNREADABLE {
            self.over = true;
        } else if !self.unreadable.iter().any(|other| other.path == folder.path) {
            self.unreadable.push(folder);
        }
    }

    /// The person's own folders, each once, with the inbox: every mailbox has one (RFC 3501 5.1), though some servers
    /// list it only once mail has come.
    fn sort_out(&mut self, space: &Namespace) {
        let mut seen = HashSet::new();
        for listed in self.listed.drain(..).filter(|listed| !space.is_foreign(&listed.wire, listed.delimiter)) {
            let mut folder = listed.folder(space);
            // Its letters have no case (RFC 3501 5.1).
            if folder.path.is_inbox() && folder.wire.len() == 5 {
                folder.wire = b"INBOX".to_vec();
            }
            if seen.insert(folder.wire.clone()) {
                self.folders.push(folder);
            }
        }
        names::keep_apart(&mut self.folders, space);
        if !self.folders.iter().any(|folder| folder.path.is_inbox()) {
            self.folders.push(Folder {
                wire: b"INBOX".to_vec(),
                delimiter: space.delimiter,
                path: FolderPath::inbox(),
                special: None,
                selectable: true,
                status: None,
            });
        }
    }

    fn into_folders(mut self) -> Vec<Folder> {
        for folder in &mut self.folders {
            let told = self.statuses.get(&folder.wire);
            let inbox = || {
                let mut all = self.statuses.iter();
                all.find(|(wire, _)| wire.eq_ignore_ascii_case(b"INBOX")).map(|(_, status)| status)
            };
            folder.status = told.or_else(|| if folder.path.is_inbox() { inbox() } else { None }).copied();
        }
        self.folders.append(&mut self.unreadable);
        self.folders
    }
}

/// `STATUS name (ITEM value ...)`.
pub(super) fn read_status(data: &Data) -> Option<(Vec<u8>, Status)> {
    let mut cursor = data.cursor();
    let wire = cursor.string()?.into_owned();
    let numbers = numbers(data.cursor())?;
    let small = |name: &str| numbers.get(name).and_then(|number| u32::try_from(*number).ok());
    let status = Status {
        messages: small("MESSAGES"),
        uid_next: small("UIDNEXT"),
        validity: small("UIDVALIDITY"),
        modseq: numbers.get("HIGHESTMODSEQ").copied(),
        bytes: numbers.get("SIZE").copied(),
    };
    Some((wire, status))
}

/// The items of a STATUS response that are numbers; others (MAILBOXID, NIL) are passed over.
pub(super) fn numbers(mut cursor: Cursor<'_>) -> Option<HashMap<String, u64>> {
    cursor.string()?;
    cursor.spaces();
    if !cursor.eat(b'(') {
        return None;
    }
    let mut numbers = HashMap::new();
    loop {
        cursor.spaces();
        if cursor.eat(b')') {
            return Some(numbers);
        }
        let name = cursor.item()?;
        cursor.spaces();
        match cursor.peek()? {
            b'(' => cursor.skip()?,
            _ => {
                if let Some(number) = cursor.text().and_then(|text| text.parse().ok()) {
                    numbers.insert(name, number);
                }
            }
        }
    }
}

/// `QUOTA root (STORAGE used limit ...)`, in units of 1,024 octets. None without a limit; -1 stands for none too.
pub(super) fn storage_left(mut cursor: Cursor<'_>) -> Option<u64> {
    cursor.string()?;
    cursor.spaces();
    let items = cursor.strings()?;
    let storage = items.chunks(3).find(|item| item[0].eq_ignore_ascii_case("STORAGE"))?;
    let (used, limit): (u64, u64) = (storage.get(1)?.parse().ok()?, storage.get(2)?.parse().ok()?);
    Some(limit.saturating_sub(used).saturating_mul(1_024))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(line: &[u8]) -> Option<Folder> {
        Listed::parse(Cursor::new(line, &[])).map(|listed| listed.folder(&Namespace::default()))
    }

    #[test]
    fn odd_list_lines() {
        for (line, wire, delimiter) in [
            (&b"(\\HasNoChildren) \"/\" \"a b\""[..], &b"a b"[..], Some('/')),
            (b"() \"/\" a b c", b"a b c", Some('/')),
            (b"() NIL x", b"x", None),
            (b"() \"\\\\\" \"a\\\\b\"", b"a\\b", Some('\\')),
            (b"() \"/\" \"say \"hi\" now\"", b"say \"hi\" now", Some('/')),
            (b"() \"/\" \"\xb2\xe2\"", b"\xb2\xe2", Some('/')),
            (b"() \"/\" x (\"OLDNAME\" (\"y\"))", b"x", Some('/')),
            (b"() \".\" NIL", b"NIL", Some('.')),
        ] {
            let folder = listed(line).expect("a folder");
            assert_eq!((folder.wire.as_slice(), folder.delimiter), (wire, delimiter));
        }
        let special = listed(b"(\\Noselect \\Sent) \"/\" s").expect("a folder");
        assert_eq!((special.special, special.selectable), (Some(SpecialUse::Sent), false));
        assert!(listed(b"(\\Inbox) \"/\" \"Boite\"").expect("a folder").path.is_inbox());
        assert!(listed(b"() \"/\"").is_none() && listed(b"x").is_none());
    }

    #[test]
    fn odd_numbers() {
        let line = b"\"a (b\" (MESSAGES 3 MAILBOXID (F1) UIDNEXT 9 APPENDLIMIT NIL SIZE 99999999999)";
        let numbers = numbers(Cursor::new(line, &[])).expect("numbers");
        assert_eq!((numbers["MESSAGES"], numbers["UIDNEXT"], numbers["SIZE"]), (3, 9, 99_999_999_999));
        assert_eq!(numbers.len(), 3);
        let left = |line: &str| storage_left(Cursor::new(line.as_bytes(), &[]));
        assert_eq!(left("\"User quota\" (STORAGE 10 512 MESSAGE 1 2)"), Some(502 * 1_024));
        assert_eq!(left("x (MESSAGE 1 2 STORAGE 9 5)"), Some(0));
        assert_eq!(left("x (STORAGE 10 -1)"), None);
        assert_eq!(left("x ()"), None);
    }
}
