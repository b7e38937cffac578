//! Reads a whole archive back and compares every octet with what the index says must be there.

use crate::contents::{Contents, Ended};
use crate::delivery;
use crate::disk::{failed, unusable};
use crate::folder::with_ending;
use crate::manifest::{Manifest, Seal};
use crate::tree::{self, Found};
use mail::{Cause, Failure, FolderPath, MessageId, Result};
use std::fs::File;
use std::io::ErrorKind;
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
    /// The disk does not give it back.
    Unreadable,
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
pub fn prove(directory: &Path, step: &mut dyn FnMut(u64, u64) -> bool) -> Result<Proof> {
    let manifest = Manifest::read(directory)?.ok_or_else(|| unusable(directory))?;
    let mut proof = Proof::default();
    let mut missing = manifest.folders.clone();
    for Found { stem, folder } in tree::walk(directory)? {
        let key = tree::manifest_key(&stem);
        missing.remove(&key);
        let seal = manifest.folders.get(&key);
        let path = folder.map_or_else(|| as_filed(&key), |folder| FolderPath(folder.path));
        prove_folder(&directory.join(&stem), seal, path, &mut proof, step)?;
    }
    for key in missing.keys() {
        proof.damaged.push(Damage { folder: as_filed(key), id: None, what: Flaw::Missing });
    }
    Ok(proof)
}

/// Where the true name cannot be read.
fn as_filed(key: &str) -> FolderPath {
    FolderPath::new(key.split('/').map(|name| name.strip_suffix(".sbd").unwrap_or(name)))
}

fn prove_folder(
    stem: &Path,
    seal: Option<&Seal>,
    path: FolderPath,
    proof: &mut Proof,
    step: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<()> {
    let mut damage = |id, what| proof.damaged.push(Damage { folder: path.clone(), id, what });
    let mbox = match File::open(with_ending(stem, ".mbox")) {
        Ok(mbox) => mbox,
        // Its index was made a moment before; or it was taken away.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if seal.is_some() {
                damage(None, Flaw::Missing);
            }
            return Ok(());
        }
        Err(error) => return Err(failed(stem)(error)),
    };
    let length = mbox.metadata().map_err(failed(stem))?.len();
    let index_path = with_ending(stem, ".idx");
    let index = File::open(&index_path).map_err(failed(&index_path))?;
    let (contents, ended) = Contents::read(index, length, seal).map_err(failed(&index_path))?;
    match ended {
        Ended::Newer => return Err(unusable(&index_path)),
        Ended::Damaged if seal.is_some_and(|seal| length < seal.mbox) => damage(None, Flaw::Missing),
        Ended::Damaged => damage(None, Flaw::Index),
        Ended::Clean | Ended::Torn => {}
    }
    let Some(contents) = contents else { return Ok(()) };
    let mut proved = FolderProof { path: path.clone(), messages: 0, octets: 0 };
    // One that was found damaged and stored again is not missed.
    for record in contents.records.iter().filter(|record| !record.superseded) {
        let (messages, octets) = (proof.messages + proved.messages, proof.octets + proved.octets);
        let mut read = 0;
        let outcome = delivery::proved(&mbox, record, &mut |chunk| {
            read += chunk;
            if step(messages, octets + read) { Ok(()) } else { Err(Failure::new(Cause::Stopped)) }
        });
        let flaw = match outcome {
            Ok(None) => {
                proved.messages += 1;
                proved.octets += record.size;
                continue;
            }
            Ok(Some(flaw)) => flaw,
            Err(failure) if failure.cause == Cause::Stopped => return Err(failure),
            Err(_) => Flaw::Unreadable,
        };
        damage(Some(record.key.id.message_id()), flaw);
    }
    if !step(proof.messages + proved.messages, proof.octets + proved.octets) {
        return Err(Failure::new(Cause::Stopped));
    }
    proof.messages += proved.messages;
    proof.octets += proved.octets;
    proof.unsealed += (contents.records.len() as u64).saturating_sub(seal.map_or(0, |seal| seal.messages));
    proof.folders.push(proved);
    Ok(())
}
