//! The few messages by which a person sees with their own eyes that all have arrived. Must not know where they arrived.

use crate::Reader;
use crate::contents::Record;
use crate::heading::Heading;
use mail::{FolderPath, MessageId};
use std::collections::{HashMap, HashSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// By INTERNALDATE (RFC 3501 2.3.3), as the next.
    Oldest,
    Newest,
    Largest,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landmark {
    pub which: Which,
    /// As the backed up mailbox calls it.
    pub folder: FolderPath,
    pub id: MessageId,
    pub octets: u64,
    pub heading: Heading,
}

/// The best so far, and where it lies.
type Best<T> = Option<(T, FolderPath, MessageId)>;

fn best<T: PartialOrd>(of: &mut Best<T>, value: T, folder: &FolderPath, id: &MessageId) {
    if of.as_ref().is_none_or(|(known, ..)| value > *known) {
        *of = Some((value, folder.clone(), id.clone()));
    }
}

impl Reader {
    /// The oldest, the newest and the largest of those that are in the mailbox still, but for those named in `but`. Each message once, and
    /// none that cannot be read.
    pub async fn landmarks(&mut self, but: &HashMap<FolderPath, HashSet<MessageId>>) -> Vec<Landmark> {
        let (mut oldest, mut newest, mut largest) = (None, None, None);
        for folder in self.paths() {
            let Ok(read) = self.read(&folder).await else { continue };
            let but = but.get(&folder);
            let now = read.contents.validity.flatten();
            for (id, place) in &read.shown {
                let Record { key, date, size, gone, .. } = &read.contents.records[*place];
                if *gone || key.validity != now || but.is_some_and(|but| but.contains(id)) {
                    continue;
                }
                best(&mut largest, *size, &folder, id);
                if let Some(date) = date {
                    best(&mut oldest, -date.seconds, &folder, id);
                    best(&mut newest, date.seconds, &folder, id);
                }
            }
        }
        let place = |(_, folder, id): (i64, _, _)| (folder, id);
        let found = [
            (Which::Oldest, oldest.map(place)),
            (Which::Newest, newest.map(place)),
            (Which::Largest, largest.map(|(_, folder, id): (u64, _, _)| (folder, id))),
        ];
        let mut landmarks: Vec<Landmark> = Vec::new();
        let mut known = HashSet::new();
        for (which, place) in found {
            let Some((folder, id)) = place.filter(|place| known.insert(place.clone())) else { continue };
            let Ok(read) = self.read(&folder).await else { continue };
            let Some(record) = read.record(&id) else { continue };
            if let Ok(Some(heading)) = Heading::read(&read.mbox, record) {
                landmarks.push(Landmark { which, folder, id, octets: record.size, heading });
            }
        }
        landmarks
    }
}
