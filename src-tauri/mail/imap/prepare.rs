//! Makes target folders ready: found or created, subscribed, opened, fenced. Several at once cost few round trips.

use super::carrier::Tag;
use super::command::Piece;
use super::folders::Listed;
use super::response::Response;
use super::select::{Opening, Selected};
use super::status::{Kind, Status};
use super::{Imap, command, refusal};
use crate::{Cause, Failure, Fence, Folder, Place, Reach, Result};

/// Folders whose commands are under way at once.
const WINDOW: usize = 16;

/// A folder whose commands are on their way.
struct Making {
    name: String,
    /// The folder as it was listed before; None: it is to be made.
    known: Option<Folder>,
    wire: Vec<u8>,
    create: Option<(Tag, Tag)>,
    opening: Opening,
}

/// What the server said of a folder that was to be made.
struct Made {
    create: Status,
    exact: Option<Folder>,
}

/// No server is known to make another name of such a one. Where that may happen a folder is made alone, so that the one
/// that is new is the one that was asked for.
fn is_usual(place: &Place<'_>) -> bool {
    let usual = |character: char| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_' | ',');
    place.path.segments().iter().all(|name| name.chars().all(usual) && name.trim() == name)
}

impl Imap {
    pub(super) async fn prepare_folders(&mut self, places: &[Place<'_>]) -> Result<Vec<Result<Fence>>> {
        if self.known.is_none() {
            self.list_folders(false).await?;
        }
        let mut fences = Vec::with_capacity(places.len());
        let mut rest = places;
        while !rest.is_empty() {
            let usual = rest.iter().take_while(|place| is_usual(place)).take(WINDOW).count();
            let (some, after) = rest.split_at(usual.max(1));
            rest = after;
            let before: Vec<Vec<u8>> = self.known.iter().flatten().map(|folder| folder.wire.clone()).collect();
            let mut under_way = Vec::with_capacity(some.len());
            for place in some {
                under_way.push(self.begin(place).await?);
            }
            let mut answered = Vec::with_capacity(some.len());
            for making in under_way {
                answered.push(match making {
                    Ok(making) => Ok(self.answers(making).await?),
                    Err(failure) => Err(failure),
                });
            }
            // What did not go as usual is looked at one by one.
            for (place, answered) in some.iter().zip(answered) {
                let fence = match answered {
                    Ok((making, made, opened)) => self.conclude(place, making, made, opened, &before).await,
                    Err(failure) => Err(failure),
                };
                match fence {
                    Err(failure) if failure.reach > Reach::Folder => return Err(failure),
                    fence => fences.push(fence),
                }
            }
        }
        Ok(fences)
    }

    /// Sends all commands for one folder. The inner `Err`: its name can't be written.
    async fn begin(&mut self, place: &Place<'_>) -> Result<Result<Making>> {
        let name = place.path.to_string();
        let known = self.known.iter().flatten().find(|folder| folder.path == *place.path && folder.selectable).cloned();
        let plus = self.capabilities.has("LITERAL+");
        let (wire, create) = match &known {
            Some(folder) => (folder.wire.clone(), None),
            None => {
                let space = self.learn_namespace().await?;
                let Some(wire) = space.wire(place.path) else {
                    return Ok(Err(Failure::new(Cause::FolderNameRefused).about(name)));
                };
                let special = place.special.filter(|_| self.capabilities.has("CREATE-SPECIAL-USE"));
                let using = special.map(|special| format!(" (USE ({}))", special.attribute())).unwrap_or_default();
                let create = self.carrier.send_pieces(&command::on_folder("CREATE", &wire, &using), plus).await?;
                let list = [Piece::from("LIST \"\" "), command::name(&wire)];
                let list = self.carrier.send_pieces(&list, plus).await?;
                (wire, Some((create, list)))
            }
        };
        // A folder that is not subscribed is one that many programs do not show; a refusal matters less than mail.
        self.carrier.send_quietly(&command::on_folder("SUBSCRIBE", &wire, ""), plus).await?;
        let opening = self.send_opening(&wire, true).await?;
        Ok(Ok(Making { name, known, wire, create, opening }))
    }

    /// Reads to the last answer of one folder's commands.
    async fn answers(&mut self, mut making: Making) -> Result<(Making, Option<Made>, Result<Selected>)> {
        let made = match &making.create {
            None => None,
            Some((create, list)) => {
                let create = self.carrier.finish(create, |_| {}).await?;
                let exact = self.finish_exact(list, &making.wire).await?;
                Some(Made { create, exact })
            }
        };
        let opened = self.finish_opening(&mut making.opening, &making.name).await?;
        Ok((making, made, opened))
    }

    /// The folder that is listed under exactly this name.
    async fn finish_exact(&mut self, list: &str, wire: &[u8]) -> Result<Option<Folder>> {
        let space = self.learn_namespace().await?;
        let mut exact = None;
        self.carrier
            .finish(list, |response| {
                if let Response::Data(data) = response
                    && data.keyword == "LIST"
                    && let Some(listed) = Listed::parse(data.cursor())
                    && listed.wire == wire
                {
                    exact = Some(listed.folder(&space));
                }
            })
            .await?;
        Ok(exact)
    }

    async fn conclude(
        &mut self,
        place: &Place<'_>,
        making: Making,
        made: Option<Made>,
        opened: Result<Selected>,
        before: &[Vec<u8>],
    ) -> Result<Fence> {
        let Making { name, known, wire, .. } = making;
        let (folder, created) = match (known, made) {
            (Some(folder), _) => (folder, false),
            (None, Some(made)) => self.created(place, &wire, &name, made, before).await?,
            (None, None) => return Err(Failure::new(Cause::FolderMissing).about(name)),
        };
        let opened = match opened {
            Ok(opened) if folder.wire == wire => opened,
            _ => match self.open_folder(&folder.wire, &name, true).await {
                Ok(opened) => opened.clone(),
                Err(failure) => {
                    // It may be gone since it was listed: the next time it is looked for anew.
                    self.known = None;
                    return Err(failure);
                }
            },
        };
        let untold = || Failure::new(Cause::FolderRefused).about(&name).words("no UIDVALIDITY or UIDNEXT");
        let validity = opened.validity.ok_or_else(untold)?;
        let uid_next = match opened.uid_next {
            Some(next) => next,
            None => self.find_uid_next(&folder, &name).await?.ok_or_else(untold)?,
        };
        self.told.insert(folder.wire.clone(), validity);
        // As it was opened now, not as it was listed before.
        let folder = Folder { status: Some(opened.status()), ..folder };
        Ok(Fence { folder, validity, uid_next, created, any_keyword: opened.any_keyword, keywords: opened.keywords })
    }

    /// One above the last UID, where a server does not tell.
    async fn find_uid_next(&mut self, folder: &Folder, name: &str) -> Result<Option<u32>> {
        let messages = self.open_folder(&folder.wire, name, true).await?.messages;
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

    /// What became of a folder that was to be made: what the server made of its name, and whether it is new.
    async fn created(
        &mut self,
        place: &Place<'_>,
        wire: &[u8],
        name: &str,
        made: Made,
        before: &[Vec<u8>],
    ) -> Result<(Folder, bool)> {
        let Made { mut create, mut exact } = made;
        let plus = self.capabilities.has("LITERAL+");
        let failed = |status: &Status| status.kind != Kind::Ok && status.code != "ALREADYEXISTS";
        if failed(&create) && place.special.is_some() && self.capabilities.has("CREATE-SPECIAL-USE") {
            create = self.carrier.run_pieces(&command::on_folder("CREATE", wire, ""), plus, |_| {}).await?;
            let list = [Piece::from("LIST \"\" "), command::name(wire)];
            let list = self.carrier.send_pieces(&list, plus).await?;
            exact = self.finish_exact(&list, wire).await?;
        }
        let refused = || Failure::new(Cause::FolderNameRefused).about(name);
        if failed(&create) {
            let failure = refusal::folder(&create, name);
            // Without a code, a name that is more than plain letters is the likelier reason.
            let plain = wire.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b' ');
            return Err(match failure.cause {
                Cause::FolderRefused | Cause::FolderMissing if create.code.is_empty() && !plain => {
                    refused().words(&create.words())
                }
                _ => failure,
            });
        }
        let existed = create.code == "ALREADYEXISTS";
        let folder = match exact {
            Some(folder) => {
                self.known.get_or_insert_default().push(folder.clone());
                folder
            }
            // The server stored another name than we gave: it is the one that was not there before. Where other
            // folders are made at once there may be several: then it is not guessed which.
            None => {
                let now = self.list_folders(false).await?;
                let mut new = now.iter().filter(|folder| !before.contains(&folder.wire) && folder.selectable);
                let only = new.next().cloned().filter(|_| !existed && new.next().is_none());
                only.ok_or_else(refused)?
            }
        };
        Ok((folder, !existed))
    }
}
