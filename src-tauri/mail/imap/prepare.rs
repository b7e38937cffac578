//! Makes a target folder ready: found or created, subscribed, opened, fenced.

use super::command::Piece;
use super::folders::Listed;
use super::response::Response;
use super::status::{Kind, Status};
use super::{Imap, command, refusal};
use crate::{Cause, Failure, Fence, Folder, FolderPath, Result, SpecialUse};

impl Imap {
    pub(super) async fn prepare_folder(&mut self, path: &FolderPath, special: Option<SpecialUse>) -> Result<Fence> {
        let name = path.to_string();
        if self.known.is_none() {
            self.known = Some(self.list_folders(false).await?);
        }
        let known = self.known.iter().flatten().find(|folder| folder.path == *path && folder.selectable).cloned();
        let (folder, created) = match known {
            Some(folder) => (folder, false),
            None => self.create(path, &name, special).await?,
        };
        let plus = self.capabilities.has("LITERAL+");
        // A folder that is not subscribed is one that many programs do not show; a refusal matters less than mail.
        // The answer comes with those to SELECT.
        self.carrier.send_pieces(&command::on_folder("SUBSCRIBE", &folder.wire, ""), plus).await?;
        let selected = match self.open_folder(&folder.wire, &name, true).await {
            Ok(selected) => selected.clone(),
            Err(failure) => {
                // It may be gone since it was listed: the next time it is looked for anew.
                self.known = None;
                return Err(failure);
            }
        };
        let untold = || Failure::new(Cause::FolderRefused).about(&name).words("no UIDVALIDITY or UIDNEXT");
        let validity = selected.validity.ok_or_else(untold)?;
        let uid_next = match selected.uid_next {
            Some(next) => next,
            None => self.find_uid_next(selected.messages).await?.ok_or_else(untold)?,
        };
        self.told.insert(folder.wire.clone(), validity);
        let (any_keyword, keywords) = (selected.any_keyword, selected.keywords);
        Ok(Fence { folder, validity, uid_next, created, any_keyword, keywords })
    }

    /// One above the last UID, where a server does not tell.
    async fn find_uid_next(&mut self, messages: u32) -> Result<Option<u32>> {
        if messages == 0 {
            return Ok(Some(1));
        }
        let mut last = None;
        self.carrier
            .run("UID FETCH * (UID)", |response| {
                if let Response::Fetch(row) = response {
                    last = last.max(row.uid);
                }
            })
            .await?;
        Ok(last.and_then(|uid: u32| uid.checked_add(1)))
    }

    /// Creates a folder and finds out what the server made of its name.
    async fn create(&mut self, path: &FolderPath, name: &str, special: Option<SpecialUse>) -> Result<(Folder, bool)> {
        let space = self.learn_namespace().await?;
        let refused = || Failure::new(Cause::FolderNameRefused).about(name);
        let wire = space.wire(path).ok_or_else(refused)?;
        let plus = self.capabilities.has("LITERAL+");
        let mut status: Option<Status> = None;
        if let Some(special) = special
            && self.capabilities.has("CREATE-SPECIAL-USE")
        {
            let command = command::on_folder("CREATE", &wire, &format!(" (USE ({}))", special.attribute()));
            status = Some(self.carrier.run_pieces(&command, plus, |_| {}).await?);
        }
        if status.as_ref().is_none_or(|status| status.kind != Kind::Ok) {
            status = Some(self.carrier.run_pieces(&command::on_folder("CREATE", &wire, ""), plus, |_| {}).await?);
        }
        let existed = status.as_ref().is_some_and(|status| status.code == "ALREADYEXISTS");
        if let Some(status) = status.filter(|status| status.kind != Kind::Ok && status.code != "ALREADYEXISTS") {
            let failure = refusal::folder(&status, name);
            // Without a code, a name that is more than plain letters is the likelier reason.
            let plain = wire.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b' ');
            return Err(match failure.cause {
                Cause::FolderRefused | Cause::FolderMissing if status.code.is_empty() && !plain => {
                    refused().words(&status.words())
                }
                _ => failure,
            });
        }
        let before: Vec<Vec<u8>> = self.known.iter().flatten().map(|folder| folder.wire.clone()).collect();
        let mut exact = None;
        let pattern = [Piece::from("LIST \"\" "), command::name(&wire)];
        self.carrier
            .run_pieces(&pattern, plus, |response| {
                if let Response::Data(data) = response
                    && data.keyword == "LIST"
                    && let Some(listed) = Listed::parse(data.cursor())
                    && listed.wire == wire
                {
                    exact = Some(listed.folder(&space));
                }
            })
            .await?;
        let folder = match exact {
            Some(folder) => folder,
            // The server stored another name than we gave: it is the one that was not there before. Where other
            // sessions make folders too there may be several: then it is not guessed which.
            None => {
                let now = self.list_folders(false).await?;
                let mut new = now.iter().filter(|folder| !before.contains(&folder.wire) && folder.selectable).cloned();
                let only = new.next().filter(|_| !existed && new.next().is_none());
                drop(new);
                self.known = Some(now);
                only.ok_or_else(refused)?
            }
        };
        self.known.get_or_insert_default().push(folder.clone());
        Ok((folder, !existed))
    }
}
