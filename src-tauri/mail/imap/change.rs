//! Changes to what is already there: removing messages and empty folders, moving, flags. Targets only.

use super::append::storable;
use super::folders::read_status;
use super::response::Response;
use super::status::{Kind, Status};
use super::{Imap, command, refusal, set};
use crate::{Cause, Failure, FlagChange, Flags, Folder, MessageId, Result, Seen, System};
use std::collections::{HashMap, HashSet};

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

    pub(super) async fn remove_messages(
        &mut self,
        folder: &Folder,
        seen: &[Seen],
        since: Option<u64>,
    ) -> Result<Vec<MessageId>> {
        let name = folder.path.to_string();
        // A plain EXPUNGE would remove what its owner has marked.
        self.needs("UIDPLUS", &name)?;
        self.ensure_folder(folder, true).await?;
        let since = since.filter(|_| self.capabilities.has("CONDSTORE") || self.capabilities.has("QRESYNC"));
        let ids: Vec<MessageId> = seen.iter().map(|one| one.id.clone()).collect();
        let seen: HashMap<u32, &Seen> = seen.iter().filter_map(|one| Some((one.id.uid()?, one))).collect();
        let mut left = Vec::new();
        for chunk in set::chunks(&sorted(&ids), CHUNK) {
            let changed = self.mark_deleted(&chunk, &seen, since, &name).await?;
            let rest: Vec<u32> = chunk.uids.iter().copied().filter(|uid| !changed.contains(uid)).collect();
            for some in set::chunks(&rest, CHUNK) {
                self.demand(&format!("UID EXPUNGE {}", some.set), &name, |_| {}).await?;
            }
            left.extend(changed);
        }
        left.sort_unstable();
        Ok(left.into_iter().map(MessageId::Uid).collect())
    }

    /// Marks them as deleted, and tells which of them do not bear the mark, because their owner was at them.
    async fn mark_deleted(
        &mut self,
        chunk: &set::Chunk<'_>,
        seen: &HashMap<u32, &Seen>,
        since: Option<u64>,
        name: &str,
    ) -> Result<HashSet<u32>> {
        let condition = since.map(|since| format!("(UNCHANGEDSINCE {since}) ")).unwrap_or_default();
        let mut now: HashMap<u32, Flags> = HashMap::new();
        let mut take = |response| {
            if let Response::Fetch(row) = response
                && let (Some(uid), Some(flags)) = (row.uid, row.flags)
                && seen.contains_key(&uid)
            {
                now.insert(uid, flags);
            }
        };
        // Not silent: the flags that come back are those at the moment of the mark.
        let command = format!("UID STORE {} {condition}+FLAGS (\\Deleted)", chunk.set);
        let status = self.carrier.run(&command, &mut take).await?;
        let modified = (status.code == "MODIFIED").then(|| set::parse(&status.arguments, chunk.uids.len())).flatten();
        // RFC 7162 3.1.3: some say NO where all, or the rest, were changed.
        if status.kind == Kind::Bad || (status.kind == Kind::No && modified.is_none()) {
            return Err(refusal::folder(&status, name));
        }
        let mut changed: HashSet<u32> = modified.unwrap_or_default().into_iter().collect();
        changed.retain(|uid| seen.contains_key(uid));
        let untold: Vec<u32> =
            chunk.uids.iter().copied().filter(|uid| !now.contains_key(uid) && !changed.contains(uid)).collect();
        let mut take = |response| {
            if let Response::Fetch(row) = response
                && let (Some(uid), Some(flags)) = (row.uid, row.flags)
                && seen.contains_key(&uid)
            {
                now.insert(uid, flags);
            }
        };
        for some in set::chunks(&untold, CHUNK) {
            self.demand(&format!("UID FETCH {} (UID FLAGS)", some.set), name, &mut take).await?;
        }
        let other = |uid: &u32| seen.get(uid).zip(now.get(uid)).is_some_and(|(seen, now)| seen.differs(now));
        let marked: Vec<u32> = chunk.uids.iter().copied().filter(|uid| !changed.contains(uid) && other(uid)).collect();
        // The mark that was there before is not ours to take away.
        let ours = |uid: &u32| seen.get(uid).is_some_and(|seen| !seen.flags.has(System::Deleted));
        for some in set::chunks(&marked.iter().copied().filter(ours).collect::<Vec<u32>>(), CHUNK) {
            self.demand(&format!("UID STORE {} -FLAGS.SILENT (\\Deleted)", some.set), name, |_| {}).await?;
        }
        changed.extend(marked);
        Ok(changed)
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
