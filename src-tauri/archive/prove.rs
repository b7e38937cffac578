//! Reads a whole archive back and compares every octet with what the index says must be there.

use mail::{Cause, Failure, FolderPath, MessageId, Result};
use std::path::Path;

/// What is wrong with a piece of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flaw {
    /// A folder of the manifest, its mbox or its index is not there, or is shorter than sealed.
    Missing,
    /// The index cannot be read, or is not as it was sealed.
    Index,
    /// Separator, our own headers, quoting or closing line are not what index and octets demand.
    Framing,
    /// The octets have another SHA-256 than when they were fetched.
    Octets,
}

/// One damaged thing. `id` is None where it is a whole folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    pub folder: FolderPath,
    pub id: Option<MessageId>,
    pub what: Flaw,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderProof {
    pub path: FolderPath,
    /// Whole messages, those of earlier UIDVALIDITYs and those gone at the source included.
    pub messages: u64,
    pub octets: u64,
}

/// What reading an archive back has shown. It is whole when `damaged` is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// Messages whose every octet is as it was fetched.
    pub messages: u64,
    /// Their octets.
    pub octets: u64,
    pub damaged: Vec<Damage>,
    /// Messages stored after the last seal; they are proved like the others.
    pub unsealed: u64,
    pub folders: Vec<FolderProof>,
}

/// Proves the archive in `directory`. `step` is told messages and octets read so far, a few times a second at
/// least on any disk that works; false from it ends with `Stopped`. Blocks: run it where that is allowed. An `Err`
/// is a directory that is no archive, or a disk that cannot be read; damage is in the proof.
pub fn prove(directory: &Path, _step: &mut dyn FnMut(u64, u64) -> bool) -> Result<Proof> {
    Err(Failure::new(Cause::StoreUnusable).about(directory.display().to_string()))
}
