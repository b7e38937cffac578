//! Which messages of two folders are the same: pure. Counts, does not match: each message of the one stands for one
//! of the other only. Must not read a mailbox.

use mail::{Body, Flags, HeaderHash, InternalDate, MessageId, Result, Sha256};
use sha2::Digest;
use std::collections::HashMap;
use std::hash::Hash;

/// What a message is compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    Octets(Sha256),
    Header(HeaderHash),
}

/// One message of a folder as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub id: MessageId,
    pub mark: Mark,
    pub header: HeaderHash,
    pub flags: Flags,
    pub date: Option<InternalDate>,
    /// As they were read; 0 where only the header was listed.
    pub octets: u64,
}

/// What came of comparing two lists.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Indices into source and target.
    pub equal: Vec<(usize, usize)>,
    /// Alike by their header, not by their octets.
    pub alike: Vec<(usize, usize)>,
    pub missing: Vec<usize>,
}

/// Counts, does not match: each target message stands for one source message only. Pairs that agree in flags and
/// date come first, so that of twins the right ones meet.
pub fn judge(source: &[Item], target: &[Item]) -> Judgement {
    let mut free = vec![true; target.len()];
    let mut judgement = Judgement::default();
    let mut open: Vec<usize> = (0..source.len()).collect();
    let exact = |item: &Item| (item.mark, item.flags.clone(), item.date.map(|date| date.seconds));
    pair_off(source, target, &mut open, &mut free, exact, &mut judgement.equal);
    pair_off(source, target, &mut open, &mut free, |item| item.mark, &mut judgement.equal);
    pair_off(source, target, &mut open, &mut free, |item| item.header, &mut judgement.alike);
    judgement.equal.sort_unstable();
    judgement.missing = open;
    judgement
}

fn pair_off<K: Hash + Eq>(
    source: &[Item],
    target: &[Item],
    open: &mut Vec<usize>,
    free: &mut [bool],
    key: impl Fn(&Item) -> K,
    pairs: &mut Vec<(usize, usize)>,
) {
    let mut by_key: HashMap<K, Vec<usize>> = HashMap::new();
    for at in (0..target.len()).rev().filter(|at| free[*at]) {
        by_key.entry(key(&target[at])).or_default().push(at);
    }
    open.retain(|at| match by_key.get_mut(&key(&source[*at])).and_then(Vec::pop) {
        Some(other) => {
            free[other] = false;
            pairs.push((*at, other));
            false
        }
        None => true,
    });
}

/// The octets as servers are known to rewrite them on storing: NUL becomes 0x80, a bare LF becomes CRLF, a bare CR at
/// the very end is dropped. Two messages whose forms are equal differ by the server's hand alone.
pub fn rewritten(body: &Body) -> Result<Sha256> {
    let mut hash = sha2::Sha256::new();
    let mut reader = body.reader()?;
    let mut pending_cr = false;
    while let Some(chunk) = reader.chunk()? {
        let mut out = Vec::with_capacity(chunk.len() + 64);
        for &octet in chunk {
            // A CR is held back until it is known that it is not the last octet.
            if pending_cr {
                out.push(b'\r');
            }
            match octet {
                b'\n' if !pending_cr => out.extend_from_slice(b"\r\n"),
                b'\r' => {}
                0 => out.push(0x80),
                other => out.push(other),
            }
            pending_cr = octet == b'\r';
        }
        hash.update(&out);
    }
    Ok(Sha256(hash.finalize().into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail::System;

    fn item(uid: u32, octets: &str, flags: &[System]) -> Item {
        Item {
            id: MessageId::Uid(uid),
            mark: Mark::Octets(Sha256::of(octets.as_bytes())),
            header: HeaderHash::of(octets.as_bytes()),
            flags: Flags::new(flags.iter().copied()),
            date: None,
            octets: octets.len() as u64,
        }
    }

    #[test]
    fn twins_are_counted_and_meet_by_their_flags() {
        let source = [item(1, "a", &[]), item(2, "a", &[System::Seen]), item(3, "a", &[])];
        let target = [item(9, "a", &[System::Seen]), item(10, "a", &[])];
        let judgement = judge(&source, &target);
        assert_eq!(judgement.equal, [(0, 1), (1, 0)]);
        assert_eq!((judgement.alike.len(), judgement.missing), (0, vec![2]));
    }

    #[test]
    fn one_header_and_other_octets_are_alike() {
        let source = [item(1, "Subject: a\r\n\r\nx", &[]), item(2, "Subject: b\r\n\r\nx", &[])];
        let target = [item(1, "Subject: a\r\n\r\ny", &[])];
        let judgement = judge(&source, &target);
        assert_eq!((judgement.alike, judgement.missing), (vec![(0, 0)], vec![1]));
    }

    #[test]
    fn what_servers_rewrite_has_one_form() -> Result<()> {
        use mail::Budget;
        let form = |octets: &[u8]| rewritten(&Budget::unbounded(octets.to_vec()));
        assert_eq!(form(b"a: b\n\nx\0y\r")?, form(b"a: b\r\n\r\nx\x80y")?);
        assert_eq!(form(b"a\rb\r\n")?, form(b"a\rb\n")?);
        assert_ne!(form(b"a\rb")?, form(b"ab")?);
        assert_ne!(form(b"a\r\r")?, form(b"a")?);
        let long = [b"x\r".repeat(40_000), b"\n".to_vec()].concat();
        assert_eq!(form(&long)?, form(&long)?);
        Ok(())
    }
}
