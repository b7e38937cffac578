//! Changes to what is already there: removing messages and empty folders, moving, flags. Targets only.

use super::append::storable;
use super::folders::read_status;
use super::response::Response;
use super::status::{Kind, Status};
use super::{Imap, command, refusal, set};
use crate::{Cause, Failure, FlagChange, Flags, Folder, MessageId, Result};
use std::collections::HashMap;

const CHUNK: usize = 500;

fn sorted(ids: &[MessageId]) -> Vec<u32> {
    let mut uids: Vec<u32> = ids.iter().filter_map(MessageId::uid).collect();
    uids.sort_unstable();
    uids.dedup();
    uids
}

impl Imap {
    async fn demand(&mut self, command: &str, name: &str, on: impl FnMut(Response)) -> Result<Status> {
        let status = self.carrier.run(command, on).await?;
        if status.kind == Kind::Ok { Ok(status) } else { Err(refusal::folder(&status, name)) }
    }

    pub(super) fn can(&self, capability: &str) -> bool {
        self.capabilities.has(capability) || self.capabilities.has("IMAP4REV2")
    }

    fn needs(&self, capability: &str, name: &str) -> Result<()> {
        if self.can(capability) {
            return Ok(());
        }
        Err(Failure::new(Cause::FolderRefused).about(name).words(&format!("the server does not know {capability}")))
    }

    pub(super) async fn remove_messages(&mut self, folder: &Folder, ids: &[MessageId]) -> Result<()> {
        let name = folder.path.to_string();
        // A plain EXPUNGE would remove what its owner has marked.
        self.needs("UIDPLUS", &name)?;
        self.ensure_folder(folder, true).await?;
        let uids = sorted(ids);
        for chunk in set::chunks(&uids, CHUNK) {
            self.demand(&format!("UID STORE {} +FLAGS.SILENT (\\Deleted)", chunk.set), &name, |_| {}).await?;
            self.demand(&format!("UID EXPUNGE {}", chunk.set), &name, |_| {}).await?;
        }
        Ok(())
    }

    pub(super) async fn remove_empty_folder(&mut self, folder: &Folder) -> Result<()> {
        let name = folder.path.to_string();
        let plus = self.capabilities.has("LITERAL+");
        // A folder that is open may not be deleted everywhere; CLOSE would expunge what its owner has marked.
        self.open_folder(b"INBOX", "INBOX", false).await?;
        let mut told = None;
        let status = command::on_folder("STATUS", &folder.wire, " (MESSAGES UIDVALIDITY)");
        let answer = self
            .carrier
            .run_pieces(&status, plus, |response| {
                if let Response::Data(data) = response
                    && data.keyword == "STATUS"
                {
                    told = read_status(&data).map(|(_, status)| status);
                }
            })
            .await?;
        if answer.kind != Kind::Ok {
            return Err(refusal::folder(&answer, &name));
        }
        self.same_validity(folder, None, told.and_then(|status| status.validity))?;
        if told.and_then(|status| status.messages) != Some(0) {
            return Err(Failure::new(Cause::FolderRefused).about(name).words("it holds mail"));
        }
        let answer = self.carrier.run_pieces(&command::on_folder("DELETE", &folder.wire, ""), plus, |_| {}).await?;
        if answer.kind != Kind::Ok {
            return Err(refusal::folder(&answer, &name));
        }
        self.known = None;
        self.told.remove(&folder.wire);
        // Left behind, it would be shown by programs that list subscriptions; a refusal harms nothing.
        let unsubscribe = command::on_folder("UNSUBSCRIBE", &folder.wire, "");
        self.carrier.run_pieces(&unsubscribe, plus, |_| {}).await.map(drop)
    }

    pub(super) async fn relocate_messages(
        &mut self,
        folder: &Folder,
        ids: &[MessageId],
        to: &Folder,
    ) -> Result<Vec<(MessageId, Option<u32>)>> {
        let name = folder.path.to_string();
        self.needs("MOVE", &name)?;
        self.ensure_folder(folder, true).await?;
        let plus = self.capabilities.has("LITERAL+");
        let uids = sorted(ids);
        let mut moved = HashMap::new();
        for chunk in set::chunks(&uids, CHUNK) {
            let command = command::on_folder(&format!("UID MOVE {}", chunk.set), &to.wire, "");
            let mut notes = Vec::new();
            let mut on = |response| {
                if let Response::Note(status) = response
                    && status.code == "COPYUID"
                    && notes.len() < 100
                {
                    notes.push(status);
                }
            };
            let status = self.carrier.run_pieces(&command, plus, &mut on).await?;
            if status.kind != Kind::Ok {
                return Err(refusal::folder(&status, &name));
            }
            // COPYUID comes untagged with MOVE (RFC 6851 4.3), or with the answer.
            notes.push(status);
            for status in notes.iter().filter(|status| status.code == "COPYUID") {
                let mut words = status.arguments.split(' ').skip(1);
                let mut uids = || set::parse(words.next()?, chunk.uids.len());
                if let (Some(from), Some(to)) = (uids(), uids())
                    && from.len() == to.len()
                {
                    moved.extend(from.into_iter().zip(to));
                }
            }
        }
        Ok(uids.into_iter().map(|uid| (MessageId::Uid(uid), moved.get(&uid).copied())).collect())
    }

    pub(super) async fn flag_messages(&mut self, folder: &Folder, changes: &[FlagChange]) -> Result<()> {
        let name = folder.path.to_string();
        self.ensure_folder(folder, true).await?;
        let mut alike: HashMap<&Flags, Vec<MessageId>> = HashMap::new();
        for change in changes {
            alike.entry(&change.flags).or_default().push(change.id.clone());
        }
        let (any, keywords) =
            self.selected.as_ref().map(|open| (open.any_keyword, open.keywords.clone())).unwrap_or_default();
        for (flags, ids) in alike {
            let names = storable(flags, any, &keywords);
            for chunk in set::chunks(&sorted(&ids), CHUNK) {
                self.demand(&format!("UID STORE {} FLAGS.SILENT ({names})", chunk.set), &name, |_| {}).await?;
            }
        }
        Ok(())
    }
}
