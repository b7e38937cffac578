//! Whether what is to be removed is still held elsewhere: by the old mailbox, asked now, or by a backup, whose octets are
//! read back. Must not know the target.

use crate::copy::prints;
use crate::journal::Stored;
use archive::Reader;
use mail::{Budget, Entry, Folder, FolderPath, HeaderHash, MessageId, Result, Source, Want};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// Messages read at once.
const READ: usize = 2_000;

/// Names a row of one pair of folders.
pub type Key<'a> = (Option<u32>, &'a MessageId);

pub fn key(row: &Stored) -> Key<'_> {
    (row.validity, &row.id)
}

/// The header hashes of these messages; what the server does not tell is read. One that cannot be read has none.
pub async fn headers(
    mailbox: &mut dyn Source,
    folder: &Folder,
    entries: &[Entry],
    wanted: &HashSet<&MessageId>,
) -> Result<HashMap<MessageId, HeaderHash>> {
    let (mut told, mut untold) = (HashMap::new(), Vec::new());
    for entry in entries.iter().filter(|entry| wanted.contains(&entry.id)) {
        match entry.header {
            Some(header) => drop(told.insert(entry.id.clone(), header)),
            None => untold.push(entry.id.clone()),
        }
    }
    for some in untold.chunks(READ) {
        let read = prints(mailbox, folder, some).await?;
        told.extend(read.into_iter().filter_map(|(id, print)| Some((id, print?.header))));
    }
    Ok(told)
}

/// Which of `rows` the old mailbox holds: under the UIDVALIDITY, UID and header that they came from.
pub async fn by_source<'a>(source: &mut dyn Source, folder: &Folder, rows: &[&'a Stored]) -> Result<HashSet<Key<'a>>> {
    let listing = source.list(folder, 1, Want::Headers).await?;
    let of_now = |row: &&&'a Stored| row.validity == listing.validity;
    let wanted: HashSet<&MessageId> = rows.iter().filter(of_now).map(|row| &row.id).collect();
    let told = headers(source, folder, &listing.entries, &wanted).await?;
    let same = |row: &&&'a Stored| row.header_there().is_some() && told.get(&row.id).copied() == row.header_there();
    Ok(rows.iter().filter(of_now).filter(same).map(|row| key(row)).collect())
}

/// A backup that was found and can be read.
pub struct Backup {
    reader: Reader,
    folders: Vec<Folder>,
}

impl Backup {
    /// None: there is none, or it is of no use. Then it holds nothing.
    pub async fn open(directory: &Path, budget: Budget) -> Option<Backup> {
        let mut reader = Reader::open(directory, budget).ok()?;
        let folders = reader.folders().await.ok()?;
        Some(Self { reader, folders })
    }

    /// Which of `rows` it holds, by the SHA-256 of what is read now. Each of its messages stands for one.
    pub async fn holds<'a>(&mut self, path: &FolderPath, rows: &[&'a Stored]) -> Result<HashSet<Key<'a>>> {
        let Some(folder) = self.folders.iter().find(|folder| folder.path == *path) else { return Ok(HashSet::new()) };
        let wanted: HashSet<HeaderHash> = rows.iter().filter_map(|row| row.header_there()).collect();
        let listing = self.reader.list(folder, 1, Want::Headers).await?;
        let likely = |entry: &&Entry| entry.header.is_some_and(|header| wanted.contains(&header));
        let ids: Vec<MessageId> = listing.entries.iter().filter(likely).map(|entry| entry.id.clone()).collect();
        let mut proved: HashMap<_, usize> = HashMap::new();
        for some in ids.chunks(READ) {
            for print in prints(&mut self.reader, folder, some).await?.into_values().flatten() {
                *proved.entry(print.sha256).or_default() += 1;
            }
        }
        let mut held = HashSet::new();
        for row in rows {
            if let Some(left) = row.sha256_there().and_then(|sha256| proved.get_mut(&sha256)).filter(|left| **left > 0)
            {
                *left -= 1;
                held.insert(key(row));
            }
        }
        Ok(held)
    }
}
