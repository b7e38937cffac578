//! Opening folders: EXAMINE to read, SELECT only to store and change.

use super::carrier::Tag;
use super::response::Response;
use super::status::{Kind, Status};
use super::{Imap, command, refusal};
use crate::{Cause, Failure, Folder, Result};

/// The folder that is open, as its server described it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selected {
    pub(super) wire: Vec<u8>,
    pub(super) writable: bool,
    pub(super) messages: u32,
    pub(super) validity: Option<u32>,
    pub(super) uid_next: Option<u32>,
    pub(super) modseq: Option<u64>,
    pub(super) any_keyword: bool,
    pub(super) keywords: Vec<String>,
}

impl Selected {
    pub(super) fn status(&self) -> crate::Status {
        crate::Status {
            messages: Some(self.messages),
            uid_next: self.uid_next,
            validity: self.validity,
            modseq: self.modseq,
            bytes: None,
        }
    }

    fn take(&mut self, response: Response, permanent: &mut bool) {
        match response {
            Response::Exists(count) => self.messages = count,
            Response::Note(status) => match status.code.as_str() {
                "UIDVALIDITY" => self.validity = status.number(),
                "UIDNEXT" => self.uid_next = status.number(),
                "HIGHESTMODSEQ" => self.modseq = status.number(),
                "PERMANENTFLAGS" => {
                    *permanent = true;
                    let names = status.arguments.trim_start_matches('(').trim_end_matches(')');
                    self.any_keyword = names.split(' ').any(|name| name == "\\*");
                    self.keywords = keywords(names.split(' '));
                }
                _ => {}
            },
            // Without PERMANENTFLAGS all of these are permanent (RFC 3501 7.1).
            Response::Data(data) if data.keyword == "FLAGS" && !*permanent => {
                let names = data.cursor().strings().unwrap_or_default();
                self.keywords = keywords(names.iter().map(String::as_str));
            }
            _ => {}
        }
    }
}

fn keywords<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    names.filter(|name| !name.is_empty() && !name.starts_with('\\')).take(1_000).map(str::to_owned).collect()
}

/// EXAMINE or SELECT on its way.
#[derive(Debug)]
pub(super) struct Opening {
    tag: Tag,
    selected: Selected,
    permanent: bool,
    /// EXISTS came.
    counted: bool,
}

impl Opening {
    pub(super) fn is(&self, tag: &str) -> bool {
        self.tag == tag
    }

    /// What comes before its answer.
    pub(super) fn take(&mut self, response: Response) {
        self.counted |= matches!(response, Response::Exists(_));
        self.selected.take(response, &mut self.permanent);
    }
}

impl Imap {
    /// Opens a folder anew, so that what it tells is fresh.
    pub(super) async fn open_folder(&mut self, wire: &[u8], name: &str, writable: bool) -> Result<&Selected> {
        let mut opening = self.send_opening(wire, writable).await?;
        self.finish_opening(&mut opening, name).await??;
        self.selected.as_ref().ok_or_else(|| Failure::new(Cause::FolderMissing).about(name))
    }

    pub(super) async fn send_opening(&mut self, wire: &[u8], writable: bool) -> Result<Opening> {
        let verb = if writable { "SELECT" } else { "EXAMINE" };
        let plus = self.capabilities.has("LITERAL+");
        let tag = self.carrier.send_pieces(&command::on_folder(verb, wire, ""), plus).await?;
        let selected = Selected { wire: wire.to_vec(), writable, ..Selected::default() };
        Ok(Opening { tag, selected, permanent: false, counted: false })
    }

    /// Reads to its answer. The inner `Err`: this folder is not open, and no other.
    pub(super) async fn finish_opening(&mut self, opening: &mut Opening, name: &str) -> Result<Result<Selected>> {
        let tag = opening.tag.clone();
        let status = self.carrier.finish(&tag, |response| opening.take(response)).await?;
        Ok(self.opened(opening, &status, name))
    }

    /// What an answer makes of the folder that is open.
    pub(super) fn opened(&mut self, opening: &mut Opening, status: &Status, name: &str) -> Result<Selected> {
        self.selected = None;
        if status.kind != Kind::Ok {
            return Err(refusal::folder(status, name));
        }
        let mut selected = std::mem::take(&mut opening.selected);
        // RFC 3501 6.3.1 demands it; without, a full folder would look like an empty one.
        if !opening.counted {
            return Err(Failure::new(Cause::FolderRefused).about(name).words("no EXISTS"));
        }
        // No server has more messages than UIDs: it is not to be trusted in what it says of the next one.
        if selected.uid_next.is_some_and(|next| next <= selected.messages) {
            selected.uid_next = None;
        }
        if selected.writable && status.code == "READ-ONLY" {
            return Err(Failure::new(Cause::FolderRefused).about(name).words(&status.words()));
        }
        Ok(self.selected.insert(selected).clone())
    }

    /// Sees to it that a folder is open, and that it is still the one this connection has told of.
    pub(super) async fn ensure_folder(&mut self, folder: &Folder, writable: bool) -> Result<()> {
        let open = self
            .selected
            .as_ref()
            .is_some_and(|selected| selected.wire == folder.wire && (selected.writable || !writable));
        let name = folder.path.to_string();
        if !open {
            self.open_folder(&folder.wire, &name, writable).await?;
        }
        let now = self.selected.as_ref().and_then(|selected| selected.validity);
        self.same_validity(folder, None, now)
    }

    /// `of`: the UIDVALIDITY that the caller's ids are of, where it says so.
    pub(super) fn same_validity(&self, folder: &Folder, of: Option<u32>, now: Option<u32>) -> Result<()> {
        let told = of.or_else(|| self.told.get(&folder.wire).copied());
        match (told.or(folder.status.and_then(|status| status.validity)), now) {
            (Some(told), Some(now)) if told != now => {
                Err(Failure::new(Cause::ValidityChanged).about(folder.path.to_string()))
            }
            _ => Ok(()),
        }
    }
}
