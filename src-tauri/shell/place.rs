//! Where a backup goes unless the person chooses: on this computer, in a folder they will find again, and in none
//! that a service copies to a cloud.

use crate::wire::BackupPlace;
use std::path::{Path, PathBuf};

/// The first of `folders` that is not synced, then `Mailferry`, then the address. A place that is `taken` by
/// another move gets a number.
pub(crate) fn default(folders: &[PathBuf], address: &str, taken: &[PathBuf]) -> Option<PathBuf> {
    let unsynced = |folder: &&PathBuf| archive::in_synced_folder(folder).is_none();
    let parent = folders.iter().find(unsynced).or(folders.last())?.join("Mailferry");
    let name = name(address);
    let numbered = (2..).map(|number| parent.join(format!("{name} {number}")));
    std::iter::once(parent.join(&name)).chain(numbered).find(|place| !taken.contains(place))
}

/// A chosen folder that holds other things gets a folder of ours inside it.
pub(crate) fn inside(chosen: &Path, address: &str) -> PathBuf {
    let empty = std::fs::read_dir(chosen).is_ok_and(|mut entries| entries.next().is_none());
    let ours = chosen.join("manifest.json").exists();
    if empty || ours { chosen.to_owned() } else { chosen.join(format!("Mailferry {}", name(address))) }
}

pub(crate) fn described(path: &Path) -> BackupPlace {
    BackupPlace {
        path: path.display().to_string(),
        free: archive::free_space(path).ok(),
        synced: archive::in_synced_folder(path).is_some(),
    }
}

/// As a name that every system takes.
fn name(address: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || matches!(c, '@' | '.' | '-' | '_' | '+') { c } else { '_' };
    let name: String = address.trim().chars().map(safe).take(100).collect();
    let name = name.trim_matches('.');
    if name.is_empty() { "mailbox".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_after_the_mailbox_and_never_shared() {
        let folders = [PathBuf::from("/home/li/Documents")];
        let first = default(&folders, "li/../@example.com", &[]).expect("a place");
        assert_eq!(first, Path::new("/home/li/Documents/Mailferry/li_.._@example.com"));
        let second = default(&folders, "li/../@example.com", std::slice::from_ref(&first)).expect("a place");
        assert_eq!(second, Path::new("/home/li/Documents/Mailferry/li_.._@example.com 2"));
        assert_eq!(default(&[], "li@example.com", &[]), None);
        assert_eq!(name(" .. "), "mailbox");
    }

    #[test]
    fn a_folder_with_other_things_keeps_them_apart() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        assert_eq!(inside(folder.path(), "li@example.com"), folder.path());
        std::fs::write(folder.path().join("letter.txt"), "x")?;
        assert_eq!(inside(folder.path(), "li@example.com"), folder.path().join("Mailferry li@example.com"));
        std::fs::write(folder.path().join("manifest.json"), "{}")?;
        assert_eq!(inside(folder.path(), "li@example.com"), folder.path());
        Ok(())
    }
}
