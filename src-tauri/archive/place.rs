//! Where a backup may lie: room on the disk, and folders that are copied to somebody's cloud.

use crate::disk::failed;
use mail::Result;
use std::path::{Path, absolute};

/// Octets free to this person at `path`, or at its nearest parent that exists.
pub fn free_space(path: &Path) -> Result<u64> {
    let whole = absolute(path).map_err(failed(path))?;
    let there = whole.ancestors().find(|place| place.exists()).unwrap_or(Path::new("/"));
    fs4::available_space(there).map_err(failed(path))
}

/// What a folder's name begins with, in lower case, and whose it is. A begin counts when the name ends there or goes on
/// with a space, a hyphen or a bracket: `OneDrive - Firm`, `GoogleDrive-me@gmail.com`.
const SYNCED: [(&str, &str); 17] = [
    ("onedrive", "OneDrive"),
    ("skydrive", "OneDrive"),
    ("dropbox", "Dropbox"),
    ("icloud drive", "iCloud Drive"),
    ("iclouddrive", "iCloud Drive"),
    ("mobile documents", "iCloud Drive"),
    ("com~apple~clouddocs", "iCloud Drive"),
    ("google drive", "Google Drive"),
    ("googledrive", "Google Drive"),
    ("nutstore", "Nutstore"),
    ("nutstore files", "Nutstore"),
    ("坚果云", "Nutstore"),
    ("我的坚果云", "Nutstore"),
    ("百度网盘", "Baidu Netdisk"),
    ("百度网盘同步空间", "Baidu Netdisk"),
    ("baidusyncdisk", "Baidu Netdisk"),
    ("baidunetdiskworkspace", "Baidu Netdisk"),
];

/// The name of the service that copies this folder to a cloud, by the folders it makes: `OneDrive`, `Dropbox`,
/// `iCloud Drive`, `Google Drive`, `Nutstore`, `Baidu Netdisk`.
pub fn in_synced_folder(path: &Path) -> Option<&'static str> {
    path.iter().find_map(|name| {
        let name = name.to_string_lossy().to_lowercase();
        let begins = |begin: &str| {
            name.strip_prefix(begin).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '-', '(']))
        };
        SYNCED.iter().find(|(begin, _)| begins(begin)).map(|(_, service)| *service)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn synced_folders_are_known_by_any_part() {
        for (path, service) in [
            ("/home/li/OneDrive/Mail", Some("OneDrive")),
            ("/Users/li/Library/CloudStorage/OneDrive-Firm/Mail", Some("OneDrive")),
            ("/home/li/OneDrive - Firm Ltd/a/b", Some("OneDrive")),
            ("/home/li/Dropbox (Personal)", Some("Dropbox")),
            ("/Users/li/Library/Mobile Documents/com~apple~CloudDocs/Mail", Some("iCloud Drive")),
            ("/home/li/我的坚果云/邮件", Some("Nutstore")),
            ("/d/百度网盘/邮件", Some("Baidu Netdisk")),
            ("/home/li/Google Drive", Some("Google Drive")),
            ("/home/li/Mailferry", None),
            ("/home/dropboxer/onedriver", None),
        ] {
            assert_eq!(in_synced_folder(Path::new(path)), service, "{path}");
        }
    }

    #[test]
    fn room_is_told_for_places_still_to_be_made() {
        let directory = tempfile::tempdir().unwrap();
        let room = free_space(&directory.path().join("not/yet/there")).unwrap();
        assert!(room > 0);
        assert!(free_space(Path::new("relative")).unwrap() > 0);
    }
}
