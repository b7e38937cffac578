//! Listing messages. The tagged OK is demanded, and as many messages as the folder holds.

use super::carrier::Tag;
use super::response::{Response, Row};
use super::select::{Opening, Selected};
use super::sieve::Lift;
use super::status::{Kind, Status};
use super::{Imap, refusal};
use crate::fingerprint::FIELDS;
use crate::{Cause, Entry, Failure, Flags, Folder, Listing, Look, MessageId, Reach, Result, Want};

/// Folders whose listings are under way at once.
const WINDOW: usize = 16;
/// Rows of a listing beyond twice what the folder holds, and octets of all its keywords: more is an attack.
const ROWS_SPARE: usize = 10_000;
const KEYWORDS: usize = 32 << 20;

fn items(want: Want) -> String {
    match want {
        Want::Flags => "UID FLAGS".to_owned(),
        Want::Sizes => "UID FLAGS RFC822.SIZE".to_owned(),
        Want::Dates => "UID FLAGS INTERNALDATE RFC822.SIZE".to_owned(),
        Want::Headers => {
            let fields = FIELDS.join(" ").to_ascii_uppercase();
            format!("UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({fields})]")
        }
    }
}

/// The rows of one folder as they come.
struct Rows {
    entries: Vec<Entry>,
    from: u32,
    /// Octets of all keywords.
    keywords: usize,
    messages: usize,
}

impl Rows {
    fn new(from: u32, messages: usize) -> Self {
        Self { entries: Vec::new(), from, keywords: 0, messages }
    }

    fn take(&mut self, response: Response) {
        match response {
            // `*` is the last message, even where it lies below `from`.
            Response::Fetch(row) if row.uid.is_some_and(|uid| uid >= self.from) => {
                self.keywords += row.flags.iter().flat_map(Flags::keywords).map(String::len).sum::<usize>();
                take_entry(&mut self.entries, row);
            }
            Response::Expunge => self.messages = self.messages.saturating_sub(1),
            _ => {}
        }
    }

    fn without_end(&self) -> bool {
        self.entries.len() > self.messages * 2 + ROWS_SPARE || self.keywords > KEYWORDS
    }
}

fn listing(selected: &Selected, entries: Vec<Entry>) -> Listing {
    Listing {
        validity: selected.validity,
        uid_next: selected.uid_next,
        modseq: selected.modseq,
        messages: selected.messages,
        entries,
    }
}

/// A folder whose commands are on their way.
struct Ahead {
    opening: Opening,
    /// The listing that was asked for before the folder was open, and the UIDNEXT it went up to.
    fetch: Option<(Tag, u32)>,
}

impl Imap {
    pub(super) async fn list_messages(&mut self, looks: &[Look<'_>]) -> Result<Vec<Result<Listing>>> {
        self.carrier.wire.sieve.lift = Lift::Drop;
        let mut listings = Vec::with_capacity(looks.len());
        for some in looks.chunks(WINDOW) {
            let mut ahead = Vec::with_capacity(some.len());
            for look in some {
                ahead.push(self.ask_ahead(look).await?);
            }
            let mut answered = Vec::with_capacity(some.len());
            for (look, ahead) in some.iter().zip(ahead) {
                answered.push(self.answer_ahead(look, ahead).await?);
            }
            // Where the folder was not as its status had told, it is listed once more, step by step.
            for (look, answered) in some.iter().zip(answered) {
                let listing = match answered {
                    Ok(Some(listing)) => Ok(listing),
                    Ok(None) => self.list_one(look).await,
                    Err(failure) => Err(failure),
                };
                match listing {
                    Err(failure) if failure.reach > Reach::Folder => return Err(failure),
                    listing => listings.push(listing),
                }
            }
        }
        Ok(listings)
    }

    fn range_fetch(&self, look: &Look<'_>, from: u32, last: &str) -> String {
        let since = look.since.filter(|_| self.capabilities.has("CONDSTORE") || self.capabilities.has("QRESYNC"));
        let since = since.map(|since| format!(" (CHANGEDSINCE {since})")).unwrap_or_default();
        format!("UID FETCH {from}:{last} ({}){since}", items(look.want))
    }

    /// Opens the folder, and asks for its messages as far as its status tells of them.
    async fn ask_ahead(&mut self, look: &Look<'_>) -> Result<Ahead> {
        // A target's folder stays open for storing; nothing is changed by listing it.
        let writable = self.selected.as_ref().is_some_and(|open| open.writable && open.wire == look.folder.wire);
        let opening = self.send_opening(&look.folder.wire, writable).await?;
        let from = look.from.max(1);
        let told = look.folder.status.and_then(|status| status.uid_next.zip(status.messages));
        let fetch = match told {
            // Where UIDNEXT is told the range never runs backwards, which one large provider answers with BAD.
            Some((next, messages)) if messages > 0 && from < next => {
                let command = self.range_fetch(look, from, &(next - 1).to_string());
                Some((self.carrier.send(&command).await?, next))
            }
            _ => None,
        };
        Ok(Ahead { opening, fetch })
    }

    /// None: it has to be listed once more.
    async fn answer_ahead(&mut self, look: &Look<'_>, mut ahead: Ahead) -> Result<Result<Option<Listing>>> {
        let name = look.folder.path.to_string();
        let selected = self.finish_opening(&mut ahead.opening, &name).await?;
        let mut rows = Rows::new(look.from.max(1), selected.as_ref().map_or(0, |open| open.messages as usize));
        let mut fetched: Option<Status> = None;
        if let Some((tag, _)) = &ahead.fetch {
            // Behind a folder that did not open even a BAD is nobody's fault.
            fetched = Some(self.finish_rows(tag, &mut rows, &name, selected.is_err()).await?);
        }
        let selected = match selected {
            Ok(selected) => selected,
            Err(failure) => return Ok(Err(failure)),
        };
        if let Some(validity) = selected.validity {
            self.told.insert(look.folder.wire.clone(), validity);
        }
        if is_empty(&selected, rows.from) {
            return Ok(Ok(Some(listing(&selected, Vec::new()))));
        }
        let up_to = ahead.fetch.map(|(_, next)| next);
        let whole =
            up_to.is_some() && up_to == selected.uid_next && fetched.is_some_and(|status| status.kind == Kind::Ok);
        put_in_order(&mut rows.entries);
        let all = rows.from > 1 || look.since.is_some() || rows.entries.len() >= rows.messages;
        Ok(Ok((whole && all).then(|| listing(&selected, rows.entries))))
    }

    /// Reads the rows up to the answer of `tag`.
    async fn finish_rows(&mut self, tag: &str, rows: &mut Rows, name: &str, tolerant: bool) -> Result<Status> {
        loop {
            match self.carrier.next().await? {
                Response::Tagged { tag: of, status } if of == tag => {
                    if status.kind == Kind::Bad && !tolerant {
                        self.carrier.end().await;
                        return Err(Failure::new(Cause::Protocol).about(name).words(&status.words()));
                    }
                    return Ok(status);
                }
                response => rows.take(response),
            }
            if rows.without_end() {
                self.carrier.end().await;
                return Err(Failure::new(Cause::Protocol).about(name).words("a listing without end"));
            }
        }
    }

    /// One folder, each command after the answer to the one before.
    async fn list_one(&mut self, look: &Look<'_>) -> Result<Listing> {
        let folder: &Folder = look.folder;
        let name = folder.path.to_string();
        let writable = self.selected.as_ref().is_some_and(|open| open.writable && open.wire == folder.wire);
        let selected = self.open_folder(&folder.wire, &name, writable).await?.clone();
        if let Some(validity) = selected.validity {
            self.told.insert(folder.wire.clone(), validity);
        }
        let from = look.from.max(1);
        if is_empty(&selected, from) {
            return Ok(listing(&selected, Vec::new()));
        }
        let mut rows = Rows::new(from, selected.messages as usize);
        // Once more, without trust in UIDNEXT, where lines were lost.
        for last in [
            selected.uid_next.map_or("*".to_owned(), |next| next.saturating_sub(1).max(from).to_string()),
            "*".to_owned(),
        ] {
            let tag = self.carrier.send(&self.range_fetch(look, from, &last)).await?;
            let status = self.finish_rows(&tag, &mut rows, &name, false).await?;
            if status.kind != Kind::Ok {
                return Err(refusal::folder(&status, &name));
            }
            put_in_order(&mut rows.entries);
            if from > 1 || look.since.is_some() || rows.entries.len() >= rows.messages {
                return Ok(listing(&selected, rows.entries));
            }
        }
        let words = format!("{} of {} messages listed", rows.entries.len(), rows.messages);
        Err(Failure::new(Cause::FolderRefused).about(name).words(&words))
    }
}

fn is_empty(selected: &Selected, from: u32) -> bool {
    selected.messages == 0 || selected.uid_next.is_some_and(|next| from >= next.max(1))
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
