//! Of a verification: messages that are not in their own folder of the target, because they lay in another one before the
//! move. Where that is the journal says; that they are there is proved by reading them.

use crate::compare::{Item, Mark};
use crate::copy::prints;
use crate::course::Course;
use crate::verify::find;
use mail::{Folder, FolderPath, HeaderHash, MessageId, Reach, Result, Side, Source, Want};
use std::collections::{BTreeMap, HashMap, HashSet};

impl Course {
    /// Those of `missing` that are there all the same. Each copy answers for one of them.
    pub async fn elsewhere(
        &self,
        folder: &FolderPath,
        missing: Vec<&Item>,
        (other, theirs): (&mut dyn Source, &[Folder]),
    ) -> Result<HashSet<MessageId>> {
        let mut found = HashSet::new();
        if missing.is_empty() {
            return Ok(found);
        }
        let mut known: HashMap<MessageId, FolderPath> = HashMap::new();
        for pair in self.journal.pairs().await?.into_iter().filter(|pair| pair.source == *folder) {
            known.extend(self.journal.elsewhere(pair.id).await?);
        }
        let mut by_place: BTreeMap<&FolderPath, Vec<&Item>> = BTreeMap::new();
        for item in missing {
            if let Some(place) = known.get(&item.id) {
                by_place.entry(place).or_default().push(item);
            }
        }
        for (place, items) in by_place {
            let Some(place) = find(theirs, place) else { continue };
            let mut there = match self.marks(other, &place, &items).await {
                Err(failure) if failure.reach <= Reach::Folder => continue,
                marks => marks.map_err(|failure| failure.on(Side::Target))?,
            };
            for item in items {
                if let Some(left) = there.get_mut(&item.mark).filter(|left| **left > 0) {
                    *left -= 1;
                    found.insert(item.id.clone());
                }
            }
        }
        Ok(found)
    }

    /// UIDs of a folder of the other side that answer for messages of other folders: none of its own has them.
    pub async fn given_away(&self, place: &FolderPath, validity: Option<u32>) -> Result<HashSet<u32>> {
        let taken = self.journal.taken(place).await?;
        Ok(taken.iter().filter(|taken| Some(taken.validity) == validity).map(|taken| taken.uid).collect())
    }

    /// How often the marks of these messages are in a folder, beside what its own messages have there.
    async fn marks(&self, other: &mut dyn Source, place: &Folder, items: &[&Item]) -> Result<HashMap<Mark, usize>> {
        let headers: HashSet<HeaderHash> = items.iter().map(|item| item.header).collect();
        let by_header = items.iter().all(|item| matches!(item.mark, Mark::Header(_)));
        let mut listing = other.list(place, 1, Want::Headers).await?;
        let own = self.journal.own(&place.path, listing.validity.unwrap_or(0)).await?;
        listing.entries.retain(|entry| {
            let like = entry.header.is_none_or(|header| headers.contains(&header));
            like && !entry.id.uid().is_some_and(|uid| own.contains(&uid))
        });
        let (told, untold): (Vec<_>, Vec<_>) =
            listing.entries.into_iter().partition(|entry| by_header && entry.header.is_some());
        let mut marks = HashMap::new();
        for header in told.into_iter().filter_map(|entry| entry.header) {
            *marks.entry(Mark::Header(header)).or_default() += 1;
        }
        let ids: Vec<MessageId> = untold.into_iter().map(|entry| entry.id).collect();
        for print in prints(&mut *other, place, &ids).await?.into_values().flatten() {
            let mark = if by_header { Mark::Header(print.header) } else { Mark::Octets(print.sha256) };
            *marks.entry(mark).or_default() += 1;
        }
        Ok(marks)
    }
}
