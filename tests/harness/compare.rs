//! The independent comparison: two servers are read whole over the harness's own wire, octet by octet, and
//! every difference is named. It only looks (EXAMINE, BODY.PEEK).

use crate::dovecot::Dovecot;
use crate::utf7;
use crate::wire::{Value, Wire, literal, moment};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What must arrive: octets, flags and moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// SHA-256 of the octets, hexadecimal.
    pub sha256: String,
    pub octets: usize,
    /// Without `\Recent`.
    pub flags: BTreeSet<String>,
    /// INTERNALDATE in seconds since 1970.
    pub date: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderState {
    pub validity: u64,
    pub uid_next: u64,
    /// By UID.
    pub items: BTreeMap<u64, Item>,
}

/// A mailbox read whole. Two are equal when nothing at all has changed: UIDs, `\Seen`, UIDVALIDITY included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailboxState {
    /// By decoded segments below the namespace; only what can be selected.
    pub folders: BTreeMap<Vec<String>, FolderState>,
    pub subscribed: BTreeSet<Vec<String>>,
}

impl MailboxState {
    /// Of the server's first user.
    pub fn of(server: &Dovecot) -> Self {
        Self::read(&mut server.wire(), server.options.separator, &server.options.prefix)
    }

    pub fn read(wire: &mut Wire, separator: char, prefix: &str) -> Self {
        let mut state = Self::default();
        for line in wire.command("LSUB \"\" \"*\"") {
            state.subscribed.insert(segments(&line[3], separator, prefix));
        }
        for line in wire.command("LIST \"\" \"*\"") {
            let attributes: Vec<String> = line[1].list().iter().map(Value::text).collect();
            if attributes.iter().any(|name| name == "\\Noselect" || name == "\\NonExistent") {
                continue;
            }
            let name = match &line[3] {
                Value::Text(octets) => octets.clone(),
                other => other.text().into_bytes(),
            };
            state.folders.insert(segments(&line[3], separator, prefix), folder(wire, &name));
        }
        state
    }

    pub fn messages(&self) -> usize {
        self.folders.values().map(|folder| folder.items.len()).sum()
    }

    /// What `other` lacks, has too much or holds otherwise, a sentence each; `rename` tells where a folder of this
    /// side is expected on the other. Folders that are empty here and special there are no difference.
    pub fn differences(&self, other: &Self, rename: impl Fn(&[String]) -> Vec<String>) -> Vec<String> {
        let mut found = Vec::new();
        let mut expected = BTreeSet::new();
        for (path, folder) in &self.folders {
            let there = rename(path);
            expected.insert(there.clone());
            let Some(counterpart) = other.folders.get(&there) else {
                found.push(format!("folder {} is missing", there.join("/")));
                continue;
            };
            found.extend(folder.differences(counterpart).into_iter().map(|line| format!("{}: {line}", path.join("/"))));
        }
        let surplus =
            other.folders.iter().filter(|(path, folder)| !expected.contains(*path) && !folder.items.is_empty());
        found.extend(surplus.map(|(path, _)| format!("folder {} is not at the source", path.join("/"))));
        found
    }

    /// Fails the test with the names of the differences.
    pub fn assert_same(&self, other: &Self) {
        let differences = self.differences(other, <[String]>::to_vec);
        let shown = &differences[..differences.len().min(30)];
        assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), shown.join("\n"));
    }
}

impl FolderState {
    fn differences(&self, other: &Self) -> Vec<String> {
        let mut theirs: BTreeMap<&Item, i64> = BTreeMap::new();
        other.items.values().for_each(|item| *theirs.entry(item).or_default() += 1);
        let mut missing: Vec<(&u64, &Item)> = Vec::new();
        for (uid, item) in &self.items {
            match theirs.get_mut(item) {
                Some(count) if *count > 0 => *count -= 1,
                _ => missing.push((uid, item)),
            }
        }
        let mut surplus: Vec<&Item> =
            theirs.iter().flat_map(|(item, count)| std::iter::repeat_n(*item, *count as usize)).collect();
        let mut found = Vec::new();
        for (uid, item) in missing {
            let alike = surplus.iter().position(|other| other.sha256 == item.sha256);
            found.push(match alike.map(|at| surplus.swap_remove(at)) {
                Some(other) if other.flags != item.flags => {
                    format!("UID {uid}: flags {:?} became {:?}", item.flags, other.flags)
                }
                Some(other) => format!("UID {uid}: date {} became {}", item.date, other.date),
                None => format!("UID {uid} ({} octets, {}) is missing", item.octets, &item.sha256[..12]),
            });
        }
        found.extend(surplus.iter().map(|item| format!("{} octets, {}: too much", item.octets, &item.sha256[..12])));
        found
    }
}

fn folder(wire: &mut Wire, name: &[u8]) -> FolderState {
    let mut state = FolderState::default();
    let answer = wire.run(&[b"EXAMINE ".to_vec(), literal(name)].concat(), |response| {
        for value in &response {
            let text = value.text();
            let number = |code: &str| text.strip_prefix(code)?.strip_suffix(']')?.trim().parse().ok();
            state.validity = number("[UIDVALIDITY").unwrap_or(state.validity);
            state.uid_next = number("[UIDNEXT").unwrap_or(state.uid_next);
        }
    });
    assert_eq!(answer.status, "OK", "EXAMINE {}: {}", String::from_utf8_lossy(name), answer.text);
    let answer = wire.run(b"UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])", |response| {
        if response.get(1).is_none_or(|kind| kind.text() != "FETCH") {
            return;
        }
        let mut uid = 0;
        let mut item = Item { sha256: String::new(), octets: 0, flags: BTreeSet::new(), date: 0 };
        for pair in response[2].list().chunks(2) {
            match (pair[0].text().as_str(), &pair[1]) {
                ("UID", value) => uid = value.number(),
                ("FLAGS", value) => {
                    item.flags = value.list().iter().map(Value::text).filter(|flag| flag != "\\Recent").collect();
                }
                ("INTERNALDATE", value) => item.date = moment(&value.text()),
                ("BODY[]", Value::Text(octets)) => {
                    item.octets = octets.len();
                    item.sha256 = Sha256::digest(octets).iter().map(|octet| format!("{octet:02x}")).collect();
                }
                (other, value) => panic!("unexpected {other} {value:?}"),
            }
        }
        assert!(uid > 0 && !item.sha256.is_empty(), "an incomplete FETCH response");
        state.items.insert(uid, item);
    });
    assert_eq!(answer.status, "OK", "FETCH {}: {}", String::from_utf8_lossy(name), answer.text);
    state
}

fn segments(name: &Value, separator: char, prefix: &str) -> Vec<String> {
    let name = name.text();
    if name == "INBOX" {
        return vec![name];
    }
    let below = name.strip_prefix(prefix).unwrap_or(&name);
    below.split(separator).map(|segment| utf7::decode(segment).unwrap_or_else(|| segment.to_owned())).collect()
}
