//! Reads messages for their prints alone.

use crate::journal::Print;
use mail::{Fetched, Folder, MessageId, Part, Result, Source};
use std::collections::HashMap;
use tokio::sync::mpsc;

/// The prints of `ids` (ascending); None for one that could not be read.
pub async fn prints<S: Source + ?Sized>(
    source: &mut S,
    folder: &Folder,
    ids: &[MessageId],
) -> Result<HashMap<MessageId, Option<Print>>> {
    let mut prints: HashMap<MessageId, Option<Print>> = ids.iter().map(|id| (id.clone(), None)).collect();
    if ids.is_empty() {
        return Ok(prints);
    }
    let (into, mut from) = mpsc::channel(64);
    let taking = async {
        while let Some(fetched) = from.recv().await {
            if let Fetched::Hashed { id, sha256, header, octets, flags, date } = fetched
                && let Some(print) = prints.get_mut(&id)
            {
                *print = Some(Print { sha256, header, octets, mark: Print::mark(&flags, date) });
            }
        }
    };
    let (fetched, ()) = tokio::join!(source.fetch(folder, ids, Part::Hashes, into), taking);
    fetched?;
    Ok(prints)
}
