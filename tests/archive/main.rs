//! Mail on disk: what goes in comes out, whatever happens to power, disk and single bits in between.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

mod damage;
mod disk_full;
mod headings;
mod names;
mod python;
mod round_trip;
mod store;
mod through;

use archive::{Archive, Proof, Reader, Through};
use mail::memory::{Mailbox, Manners};
use mail::{Body, Budget, Fetched, Flags, Folder, FolderPath, InternalDate, MessageId, Part, Result, Source, Want};
use std::path::Path;
use tokio::sync::mpsc;

pub const OWNER: &str = "li@old.example.com";

/// Small, so that the larger messages of a test are spooled.
pub fn budget(spool: &Path) -> Budget {
    Budget::new(4 * 1024 * 1024, spool.to_owned())
}

pub fn octets_of(body: &Body) -> Vec<u8> {
    let (mut reader, mut octets) = (body.reader().unwrap(), Vec::new());
    while let Some(chunk) = reader.chunk().unwrap() {
        octets.extend_from_slice(chunk);
    }
    octets
}

/// A message as these tests compare it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Got {
    pub id: MessageId,
    pub flags: Flags,
    pub date: Option<InternalDate>,
    pub octets: Vec<u8>,
}

/// What fetching gives, in ascending order of id: a message, or the code of its failure.
pub async fn fetch(
    source: &mut dyn Source,
    folder: &Folder,
    ids: &[MessageId],
) -> Result<Vec<std::result::Result<Got, (MessageId, &'static str)>>> {
    let (sender, mut receiver) = mpsc::channel(4);
    let take = async {
        let mut all = Vec::new();
        while let Some(fetched) = receiver.recv().await {
            all.push(match fetched {
                Fetched::Message(message) => Ok(Got {
                    octets: octets_of(&message.body),
                    id: message.id,
                    flags: message.flags,
                    date: message.date,
                }),
                Fetched::Failed { id, failure } => Err((id, failure.cause.code())),
                Fetched::Hashed { id, .. } => panic!("{id} was asked for whole"),
            });
        }
        all
    };
    let (fetched, mut all) = tokio::join!(source.fetch(folder, ids, Part::Whole, sender), take);
    all.sort_by_key(|one| match one {
        Ok(got) => got.id.clone(),
        Err((id, _)) => id.clone(),
    });
    fetched.map(|()| all)
}

/// Everything that a source lists, by folder.
pub async fn read_all(source: &mut dyn Source) -> Result<Vec<(FolderPath, Vec<Got>)>> {
    let mut all = Vec::new();
    for folder in source.folders().await? {
        let ids: Vec<_> =
            source.list(&folder, 1, Want::Headers).await?.entries.into_iter().map(|entry| entry.id).collect();
        let got = fetch(source, &folder, &ids).await?.into_iter().map(|one| one.expect("whole")).collect();
        all.push((folder.path, got));
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(all)
}

/// Reads the mailbox through the archive, without sealing it.
pub async fn fill(archive: &Archive, mailbox: &Mailbox, spool: &Path) -> Result<()> {
    let mut through = Through::new(archive.clone(), Box::new(mailbox.session()), budget(spool));
    read_all(&mut through).await.map(|_| ())
}

/// One whole backup, sealed.
pub async fn back_up(directory: &Path, mailbox: &Mailbox) -> Result<()> {
    let spool = tempfile::tempdir().unwrap();
    let mut archive = Archive::open_or_create(directory, OWNER)?;
    fill(&archive, mailbox, spool.path()).await?;
    archive.seal()
}

pub async fn read_back(directory: &Path) -> Result<Vec<(FolderPath, Vec<Got>)>> {
    let spool = tempfile::tempdir().unwrap();
    read_all(&mut Reader::open(directory, budget(spool.path()))?).await
}

pub fn prove(directory: &Path) -> Result<Proof> {
    archive::prove(directory, &mut |_, _| true)
}

pub fn mailbox() -> Mailbox {
    Mailbox::new(Manners::default())
}

/// What the mailbox holds, as `read_all` tells it.
pub async fn held_by(mailbox: &Mailbox) -> Vec<(FolderPath, Vec<Got>)> {
    read_all(&mut mailbox.session()).await.unwrap()
}

/// All files below a directory, with their contents.
pub fn files(directory: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let (mut all, mut open) = (Vec::new(), vec![directory.to_owned()]);
    while let Some(place) = open.pop() {
        for entry in std::fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                all.push((path.strip_prefix(directory).unwrap().to_owned(), std::fs::read(&path).unwrap()));
            }
        }
    }
    all.sort();
    all
}

/// Puts a directory back into an earlier state.
pub fn restore(directory: &Path, state: &[(std::path::PathBuf, Vec<u8>)]) {
    let _ = std::fs::remove_dir_all(directory);
    for (path, content) in state {
        let path = directory.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}
