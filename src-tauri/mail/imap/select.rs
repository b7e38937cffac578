//! Opening folders: EXAMINE to read, SELECT only to store and change.

use super::response::Response;
use super::status::Kind;
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

impl Imap {
    /// Opens a folder anew, so that what it tells is fresh.
    pub(super) async fn open_folder(&mut self, wire: &[u8], name: &str, writable: bool) -> Result<&Selected> {
        self.selected = None;
        let mut selected = Selected { wire: wire.to_vec(), writable, ..Selected::default() };
        let mut permanent = false;
        let verb = if writable { "SELECT" } else { "EXAMINE" };
        let plus = self.capabilities.has("LITERAL+");
        let command = command::on_folder(verb, wire, "");
        let status =
            self.carrier.run_pieces(&command, plus, |response| selected.take(response, &mut permanent)).await?;
        if status.kind != Kind::Ok {
            return Err(refusal::folder(&status, name));
        }
        if writable && status.code == "READ-ONLY" {
            return Err(Failure::new(Cause::FolderRefused).about(name).words(&status.words()));
        }
        Ok(self.selected.insert(selected))
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
        let told = self.told.get(&folder.wire).copied().or(folder.status.and_then(|status| status.validity));
        let now = self.selected.as_ref().and_then(|selected| selected.validity);
        match (told, now) {
            (Some(told), Some(now)) if told != now => Err(Failure::new(Cause::ValidityChanged).about(name)),
            _ => Ok(()),
        }
    }
}
