//! UID sets (RFC 3501 `sequence-set`): written ascending and compact, read with a bound.

/// Longest set in one command, in characters: one large server refuses lines over 10,000 octets.
const LONGEST: usize = 4_000;

/// One set for one command, and the UIDs it stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    pub(super) set: String,
    pub(super) uids: &'a [u32],
}

/// Cuts ascending `uids` into sets of at most `most` UIDs, neighbours joined to ranges.
pub(super) fn chunks(uids: &[u32], most: usize) -> Vec<Chunk<'_>> {
    let mut chunks = Vec::new();
    let (mut start, mut at) = (0, 0);
    let mut set = String::new();
    while at < uids.len() {
        let mut last = at;
        while last + 1 < uids.len() && last + 1 - start < most && uids[last].checked_add(1) == Some(uids[last + 1]) {
            last += 1;
        }
        let range = if last == at { uids[at].to_string() } else { format!("{}:{}", uids[at], uids[last]) };
        if !set.is_empty() {
            set.push(',');
        }
        set.push_str(&range);
        at = last + 1;
        if at - start >= most || set.len() > LONGEST {
            chunks.push(Chunk { set: std::mem::take(&mut set), uids: &uids[start..at] });
            start = at;
        }
    }
    if !set.is_empty() {
        chunks.push(Chunk { set, uids: &uids[start..] });
    }
    chunks
}

/// Reads a set in the order it is written (`304,319:320`; a range may be given backwards). None if it is not a set,
/// or stands for more than `most`.
pub(super) fn parse(set: &str, most: usize) -> Option<Vec<u32>> {
    let mut uids = Vec::new();
    for part in set.trim().split(',') {
        let (first, last) = part.split_once(':').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        let (low, high) = (first.min(last), first.max(last));
        if low == 0 || uids.len() as u64 + u64::from(high - low) + 1 > most as u64 {
            return None;
        }
        uids.extend(low..=high);
    }
    Some(uids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_compact_and_bounded() {
        let uids = [1, 2, 3, 5, 9, 10, u32::MAX];
        assert_eq!(chunks(&uids, 100), [Chunk { set: "1:3,5,9:10,4294967295".into(), uids: &uids }]);
        let cut = chunks(&uids, 2);
        assert_eq!(
            cut.iter().map(|chunk| chunk.set.as_str()).collect::<Vec<_>>(),
            ["1:2", "3,5", "9:10", "4294967295"]
        );
        let sparse: Vec<u32> = (0..5_000).map(|n| n * 2 + 1_000_000_000).collect();
        let cut = chunks(&sparse, 100_000);
        assert!(cut.iter().all(|chunk| chunk.set.len() < LONGEST + 12));
        assert_eq!(cut.iter().flat_map(|chunk| chunk.uids).copied().collect::<Vec<_>>(), sparse);
        assert!(chunks(&[], 5).is_empty());
    }

    #[test]
    fn sets_are_read_in_order() {
        assert_eq!(parse("304,319:320", 3), Some(vec![304, 319, 320]));
        assert_eq!(parse("304,319:320", 2), None);
        assert_eq!(parse("1:4294967295", 1_000), None);
        for bad in ["", "0", "a", "1:", "1,,2", "*", "-1"] {
            assert_eq!(parse(bad, 10), None, "{bad}");
        }
    }
}
