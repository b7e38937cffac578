//! Where a backup may lie: room on the disk, and folders that are copied to somebody's cloud.

use mail::Result;
use std::path::Path;

/// Octets free to this person at `path`, or at its nearest parent that exists.
pub fn free_space(_path: &Path) -> Result<u64> {
    Ok(0)
}

/// The name of the service that copies this folder to a cloud, by the folders it makes: `OneDrive`, `Dropbox`,
/// `iCloud Drive`, `Google Drive`, `Nutstore`, `Baidu Netdisk`.
pub fn in_synced_folder(_path: &Path) -> Option<&'static str> {
    None
}
