//! Listing and fetching messages. The tagged OK is demanded, and exactly the UIDs that were asked for.

use super::carrier::Tag;
use super::response::{Response, Row};
use super::sieve::{Lift, SILENCE};
use super::status::Kind;
use super::{Imap, refusal, set};
use crate::fingerprint::FIELDS;
use crate::{Cause, Entry, Failure, Fetched, Flags, Folder, Listing, Message, MessageId, Part, Result, Want};
use std::collections::VecDeque;
use tokio::sync::mpsc::Sender;

/// Messages in one command, and commands under way: enough to hide a slow line, few enough to stop soon.
const CHUNK: usize = 250;
const AHEAD: usize = 3;
/// Single messages under way, when each is asked for alone.
const SINGLE: usize = 16;
/// Rows of a listing beyond twice what the folder holds, and octets of all its keywords: more is an attack.
const ROWS_SPARE: usize = 10_000;
const KEYWORDS: usize = 32 << 20;

/// What has come of one UID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Nothing,
    /// It exists, but its octets did not come.
    WithoutBody,
    Sent,
}

/// The messages of one `fetch`.
struct Wanted<'a> {
    uids: &'a [u32],
    seen: Vec<Seen>,
    part: Part,
    out: Sender<Fetched>,
    /// The server's words when it last answered NO.
    words: Option<String>,
    refused: usize,
}

impl Wanted<'_> {
    /// Sends a message on. False when nobody takes any more.
    async fn take(&mut self, row: Row) -> bool {
        let Some(uid) = row.uid else { return true };
        let Ok(at) = self.uids.binary_search(&uid) else { return true };
        if self.seen[at] == Seen::Sent {
            return true;
        }
        let Some(body) = row.body else {
            self.seen[at] = Seen::WithoutBody;
            return true;
        };
        self.seen[at] = Seen::Sent;
        let (id, flags, date) = (MessageId::Uid(uid), row.flags.unwrap_or_default(), row.date);
        let fetched = match self.part {
            Part::Whole => Fetched::Message(Message { id, flags, date, body }),
            Part::Hashes => {
                let (sha256, header, octets) = (body.sha256, body.header, body.len());
                Fetched::Hashed { id, sha256, header, octets, flags, date }
            }
        };
        self.out.send(fetched).await.is_ok()
    }

    fn missing(&self) -> Vec<u32> {
        let seen = self.uids.iter().zip(&self.seen);
        seen.filter(|(_, seen)| **seen != Seen::Sent).map(|(uid, _)| *uid).collect()
    }
}

impl Imap {
    pub(super) async fn list_messages(&mut self, folder: &Folder, from: u32, want: Want) -> Result<Listing> {
        let name = folder.path.to_string();
        // A target's folder stays open for storing; nothing is changed by listing it.
        let writable = self.selected.as_ref().is_some_and(|open| open.writable && open.wire == folder.wire);
        let selected = self.open_folder(&folder.wire, &name, writable).await?.clone();
        if let Some(validity) = selected.validity {
            self.told.insert(folder.wire.clone(), validity);
        }
        let mut listing = Listing {
            validity: selected.validity,
            uid_next: selected.uid_next,
            modseq: selected.modseq,
            entries: Vec::new(),
        };
        let from = from.max(1);
        if selected.messages == 0 || selected.uid_next.is_some_and(|next| from >= next.max(1)) {
            return Ok(listing);
        }
        let items = match want {
            Want::Flags => "UID FLAGS".to_owned(),
            Want::Sizes => "UID FLAGS INTERNALDATE RFC822.SIZE".to_owned(),
            Want::Headers => {
                let fields = FIELDS.join(" ").to_ascii_uppercase();
                format!("UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({fields})]")
            }
        };
        let mut messages = selected.messages as usize;
        let mut keywords = 0;
        // Where UIDNEXT is told the range never runs backwards, which one large provider answers with BAD. Once more,
        // without that trust, where lines were lost.
        for last in [
            selected.uid_next.map_or("*".to_owned(), |next| next.saturating_sub(1).max(from).to_string()),
            "*".to_owned(),
        ] {
            self.carrier.wire.sieve.lift = Lift::Drop;
            let entries = &mut listing.entries;
            let most = messages * 2 + ROWS_SPARE;
            let command = format!("UID FETCH {from}:{last} ({items})");
            let tag = self.carrier.send(&command).await?;
            let status = loop {
                match self.carrier.next().await? {
                    // `*` is the last message, even where it lies below `from`.
                    Response::Fetch(row) if row.uid.is_some_and(|uid| uid >= from) => {
                        keywords += row.flags.iter().flat_map(Flags::keywords).map(String::len).sum::<usize>();
                        take_entry(entries, row);
                    }
                    Response::Expunge => messages = messages.saturating_sub(1),
                    Response::Tagged { tag: of, status } if of == tag => break status,
                    _ => {}
                }
                if entries.len() > most || keywords > KEYWORDS {
                    self.carrier.end().await;
                    return Err(Failure::new(Cause::Protocol).about(name).words("a listing without end"));
                }
            };
            if status.kind == Kind::Bad {
                self.carrier.end().await;
                return Err(Failure::new(Cause::Protocol).about(name).words(&status.words()));
            }
            if status.kind != Kind::Ok {
                return Err(refusal::folder(&status, &name));
            }
            put_in_order(entries);
            if from > 1 || entries.len() >= messages {
                return Ok(listing);
            }
        }
        let words = format!("{} of {messages} messages listed", listing.entries.len());
        Err(Failure::new(Cause::FolderRefused).about(name).words(&words))
    }

    pub(super) async fn fetch_messages(
        &mut self,
        folder: &Folder,
        ids: &[MessageId],
        part: Part,
        out: Sender<Fetched>,
    ) -> Result<()> {
        let uids: Option<Vec<u32>> = ids.iter().map(MessageId::uid).collect();
        let Some(uids) = uids.filter(|uids| uids.is_sorted()) else {
            return Err(Failure::new(Cause::Protocol).about(folder.path.to_string()));
        };
        self.ensure_folder(folder, false).await?;
        let mut wanted =
            Wanted { seen: vec![Seen::Nothing; uids.len()], uids: &uids, part, out, words: None, refused: 0 };
        if !self.fetch_sets(&uids, CHUNK, AHEAD, &mut wanted).await? {
            return Ok(());
        }
        let missing = wanted.missing();
        // A server that refused everything is asked for a few only before the folder is given up.
        let nothing_came = missing.len() == uids.len() && wanted.words.is_some();
        let (few, rest) = missing.split_at(if nothing_came { missing.len().min(3) } else { missing.len() });
        for some in [few, rest] {
            wanted.refused = 0;
            if !self.fetch_sets(some, 1, SINGLE, &mut wanted).await? {
                return Ok(());
            }
            if !rest.is_empty() && wanted.refused == few.len() {
                let words = wanted.words.unwrap_or_default();
                return Err(Failure::new(Cause::FolderRefused).about(folder.path.to_string()).words(&words));
            }
        }
        for uid in wanted.missing() {
            let at = uids.partition_point(|other| *other < uid);
            let cause = if wanted.seen[at] == Seen::WithoutBody { Cause::MessageDamaged } else { Cause::MessageGone };
            let failure = Failure::new(cause).words(wanted.words.as_deref().unwrap_or_default());
            if wanted.out.send(Fetched::Failed { id: MessageId::Uid(uid), failure }).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Asks for `uids` in commands of at most `most`, `ahead` of them under way. False when nobody takes any more.
    async fn fetch_sets(&mut self, uids: &[u32], most: usize, ahead: usize, wanted: &mut Wanted<'_>) -> Result<bool> {
        self.carrier.wire.sieve.lift = match wanted.part {
            Part::Whole => Lift::Keep,
            Part::Hashes => Lift::Hash,
        };
        let mut chunks = set::chunks(uids, most).into_iter();
        let mut under_way: VecDeque<Tag> = VecDeque::new();
        loop {
            while under_way.len() < ahead
                && let Some(chunk) = chunks.next()
            {
                let command = format!("UID FETCH {} (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])", chunk.set);
                under_way.push_back(self.carrier.send(&command).await?);
            }
            if under_way.is_empty() {
                return Ok(true);
            }
            match self.carrier.next().await? {
                Response::Fetch(row) => {
                    let taken = wanted.take(row).await;
                    // However long that took, it was not the server's time.
                    self.carrier.wire.sieve.expect_within(SILENCE);
                    if !taken {
                        return Ok(false);
                    }
                }
                Response::Tagged { tag, status } => {
                    under_way.retain(|other| *other != tag);
                    match status.kind {
                        Kind::Ok => {}
                        Kind::No => {
                            if let Some(failure) = refusal::throttled(&status) {
                                return Err(failure);
                            }
                            wanted.words = Some(status.words());
                            wanted.refused += 1;
                        }
                        Kind::Bad => {
                            self.carrier.end().await;
                            return Err(Failure::new(Cause::Protocol).words(&status.words()));
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

/// Adds a row to a listing. A second row of the message before, sent for a changed flag, is one with it.
fn take_entry(entries: &mut Vec<Entry>, row: Row) {
    let Some(uid) = row.uid.filter(|uid| *uid > 0) else { return };
    let entry = Entry {
        id: MessageId::Uid(uid),
        size: row.size,
        flags: row.flags.unwrap_or_default(),
        date: row.date,
        header: row.header,
    };
    entries.push(entry);
}

/// Ascending, each UID once; of several rows of one message the first that knows something counts, and the last flags.
fn put_in_order(entries: &mut Vec<Entry>) {
    if !entries.is_sorted_by(|one, next| one.id < next.id) {
        entries.sort_by(|one, other| one.id.cmp(&other.id));
        entries.dedup_by(|later, kept| {
            let same = later.id == kept.id;
            if same {
                kept.flags = std::mem::take(&mut later.flags);
                kept.size = kept.size.or(later.size);
                kept.date = kept.date.or(later.date);
                kept.header = kept.header.or(later.header);
            }
            same
        });
    }
}
