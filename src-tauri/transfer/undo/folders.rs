//! The folders that a move made go with it, when nothing is in them. Must not touch a message.

use crate::course::Course;
use mail::{Folder, Reach, Result, Target};

impl Course {
    /// Deletes the folders that this move made, if nothing is in them. Those below others come first.
    pub(super) async fn remove_folders(&mut self, target: &mut dyn Target) -> Result<()> {
        let mut made = self.journal.made().await?;
        if made.is_empty() {
            return Ok(());
        }
        made.sort_by_key(|(path, _)| std::cmp::Reverse(path.0.len()));
        let mut folders = target.folders().await?;
        for (path, validity) in made {
            let Some(folder) = folders.iter().find(|folder| folder.path == path && folder.selectable).cloned() else {
                self.journal.forget_made(&path).await?;
                continue;
            };
            match folder.status.and_then(|status| status.validity) {
                Some(now) if now != validity => {
                    self.journal.forget_made(&path).await?;
                    continue;
                }
                Some(_) => {}
                None => continue,
            }
            // A mere node of the tree goes with the last folder below it.
            let below = |other: &Folder| {
                other.selectable && other.path.0.len() > path.0.len() && other.path.0.starts_with(&path.0)
            };
            let empty = folder.status.and_then(|status| status.messages) == Some(0);
            if path.is_inbox() || !empty || folders.iter().any(below) {
                continue;
            }
            match target.remove_folder(&folder).await {
                Ok(()) => {
                    self.journal.forget_made(&path).await?;
                    folders.retain(|other| other.path != path);
                }
                // It stays, empty: no mail is concerned.
                Err(failure) if failure.reach <= Reach::Folder => log::warn!("folder of move {}: {failure}", self.id),
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }
}
