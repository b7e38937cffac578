//! A source folder with a new UIDVALIDITY: which message is which under its new id. Only equal octets will do: a
//! message taken for another one would be lost.

use super::{Need, Prints, SourceItem};
use crate::journal::Print;
use mail::{HeaderHash, MessageId, Sha256};
use std::collections::{HashMap, HashSet, VecDeque};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renewed {
    /// Only ever `Nothing` or `Octets` of the source.
    pub need: Need,
    /// (old, new).
    pub ids: Vec<(MessageId, MessageId)>,
    /// Old ids that are nowhere any more.
    pub deleted: Vec<MessageId>,
}

/// `ledger` holds the old ids in ascending order; `prints.source` speaks of new ids.
pub fn renew(ledger: &[(MessageId, Print)], source: &[SourceItem], prints: &Prints) -> Renewed {
    let headers: HashSet<HeaderHash> = ledger.iter().map(|(_, print)| print.header).collect();
    let mut known: HashMap<Sha256, VecDeque<&MessageId>> = HashMap::new();
    let mut unread = Vec::new();
    for item in source.iter().filter(|item| item.header.is_none_or(|header| headers.contains(&header))) {
        match prints.source.get(&item.id) {
            Some(Some(print)) => known.entry(print.sha256).or_default().push_back(&item.id),
            Some(None) => {}
            None => unread.push(item.id.clone()),
        }
    }
    if !unread.is_empty() && !ledger.is_empty() {
        return Renewed { need: Need::Octets { source: unread, target: Vec::new() }, ..Renewed::default() };
    }
    let mut renewed = Renewed::default();
    for (old, print) in ledger {
        match known.get_mut(&print.sha256).and_then(VecDeque::pop_front) {
            Some(new) => renewed.ids.push((old.clone(), new.clone())),
            None => renewed.deleted.push(old.clone()),
        }
    }
    renewed
}
