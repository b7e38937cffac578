//! What an undo does with a message that this move stored: pure, a row at a time. Must not know who reads the servers.

use crate::journal::{State, Stored, Strength, flag_mark, without_ours};
use mail::{Flags, HeaderHash};

/// A message as the target shows it now.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub flags: &'a Flags,
    pub header: Option<HeaderHash>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is as we stored it, and it is still held elsewhere.
    Remove,
    /// Removed already by an undo that was interrupted.
    Removed,
    /// Its owner has moved or deleted it.
    Gone,
    /// Its owner has marked it, or it is another message.
    Changed,
    /// Nobody knows whether, or where, we stored it.
    InDoubt,
    /// It is as we stored it, and nowhere else.
    OnlyCopy,
}

impl Fate {
    /// The notice of what is kept.
    pub fn code(self) -> Option<&'static str> {
        match self {
            Fate::Changed => Some("kept_changed"),
            Fate::InDoubt => Some("kept_in_doubt"),
            Fate::OnlyCopy => Some("kept_only_copy"),
            Fate::Remove | Fate::Removed | Fate::Gone => None,
        }
    }
}

/// `strength`: the most that this target keeps of a message; `held`: the old mailbox or the backup has it now.
pub fn fate(row: &Stored, seen: Option<Seen>, strength: Option<Strength>, held: bool) -> Fate {
    match (row.state, row.uid) {
        (State::Intended, _) | (_, None) => return Fate::InDoubt,
        (_, Some(0)) => return Fate::Gone,
        _ => {}
    }
    let Some(seen) = seen else {
        return if row.state == State::TakingBack { Fate::Removed } else { Fate::Gone };
    };
    // Where a target keeps not even headers, its UID is all there is to know a message by.
    let same = strength == Some(Strength::Nothing) || (row.header.is_some() && seen.header == row.header);
    if !same || !is_unmarked(row, seen.flags) {
        Fate::Changed
    } else if held {
        Fate::Remove
    } else {
        Fate::OnlyCopy
    }
}

/// It bears the flags that we stored it with.
pub fn is_unmarked(row: &Stored, now: &Flags) -> bool {
    flag_mark(&without_ours(row, now)) == row.flags
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail::{MessageId, System};

    #[test]
    fn each_row() {
        let header = |n: u8| Some(HeaderHash([n; 16]));
        let (seen, plain) = (Flags::new([System::Seen]), Flags::default());
        let (deleted, both) = (Flags::new([System::Deleted]), seen.clone().with(System::Deleted));
        let row = |state, uid, flags: &Flags| Stored {
            id: MessageId::Uid(1),
            validity: Some(7),
            state,
            uid,
            header: header(1),
            sha256: None,
            original: None,
            flags: flag_mark(flags),
            deleted: flags.has(System::Deleted),
        };
        let at = |flags, n| Some(Seen { flags, header: header(n) });
        let octets = Some(Strength::Octets);
        use State::{Intended, TakingBack};
        let table = [
            ("as stored", row(State::Stored, Some(5), &seen), at(&seen, 1), octets, true, Fate::Remove),
            ("nothing known of the target", row(State::Stored, Some(5), &seen), at(&seen, 1), None, true, Fate::Remove),
            ("nowhere else", row(State::Stored, Some(5), &seen), at(&seen, 1), octets, false, Fate::OnlyCopy),
            ("read", row(State::Stored, Some(5), &plain), at(&seen, 1), octets, true, Fate::Changed),
            ("unread again", row(State::Stored, Some(5), &seen), at(&plain, 1), octets, true, Fate::Changed),
            ("marked for deletion", row(State::Stored, Some(5), &seen), at(&both, 1), octets, true, Fate::Changed),
            ("another message", row(State::Stored, Some(5), &seen), at(&seen, 2), octets, true, Fate::Changed),
            (
                "no header told",
                row(State::Stored, Some(5), &seen),
                Some(Seen { flags: &seen, header: None }),
                octets,
                true,
                Fate::Changed,
            ),
            (
                "a target that keeps no header",
                row(State::Stored, Some(5), &seen),
                at(&seen, 2),
                Some(Strength::Nothing),
                true,
                Fate::Remove,
            ),
            ("not there", row(State::Stored, Some(5), &seen), None, octets, true, Fate::Gone),
            ("known to be gone", row(State::Stored, Some(0), &seen), at(&seen, 1), octets, true, Fate::Gone),
            ("UID not told", row(State::Stored, None, &seen), None, octets, true, Fate::InDoubt),
            ("no answer came", row(Intended, None, &seen), None, octets, true, Fate::InDoubt),
            ("begun, and gone", row(TakingBack, Some(5), &seen), None, octets, true, Fate::Removed),
            ("begun, and marked by us", row(TakingBack, Some(5), &seen), at(&both, 1), octets, true, Fate::Remove),
            ("begun, not marked yet", row(TakingBack, Some(5), &seen), at(&seen, 1), octets, true, Fate::Remove),
            ("begun, then read", row(TakingBack, Some(5), &plain), at(&both, 1), octets, true, Fate::Changed),
            ("begun, and held no more", row(TakingBack, Some(5), &seen), at(&both, 1), octets, false, Fate::OnlyCopy),
            ("stored as deleted", row(State::Stored, Some(5), &deleted), at(&deleted, 1), octets, true, Fate::Remove),
            (
                "stored as deleted, rescued",
                row(TakingBack, Some(5), &deleted),
                at(&plain, 1),
                octets,
                true,
                Fate::Changed,
            ),
        ];
        for (name, row, seen, strength, held, wanted) in table {
            assert_eq!(fate(&row, seen, strength, held), wanted, "{name}");
        }
    }
}
