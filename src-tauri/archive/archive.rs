//! A directory of mail opened for writing.

use mail::{Cause, Failure, Result};
use std::path::Path;

/// A directory opened for writing, under its own lock until the last clone is dropped. Clones share it, so
/// that several connections can read through one archive.
#[derive(Clone, Debug)]
pub struct Archive;

impl Archive {
    /// `owner` is the key `user@host` of the account it backs up. Creates the directory with mode 0700 where it is
    /// missing. Fails with `StoreUnusable` for another account's directory, a newer format or a damaged index,
    /// `Busy` when another process writes into it, `DiskFull` or `DiskFailed`.
    pub fn open_or_create(directory: &Path, _owner: &str) -> Result<Archive> {
        Err(Failure::new(Cause::StoreUnusable).about(directory.display().to_string()))
    }

    /// 32 hexadecimal digits, made when the directory was.
    pub fn id(&self) -> &str {
        ""
    }

    /// Writes the manifest: all that is stored now is sealed by its length and hash.
    pub fn seal(&mut self) -> Result<()> {
        Ok(())
    }
}
