//! What waits to be copied, and who takes what: pure. A pair stays with its folder while there is something of it; else
//! it goes where the most waits and the fewest are at work, since servers lock a folder that is stored into. The largest
//! come first, so that all end together. Must not know who works.

use crate::growth::work;
use mail::MessageId;
use std::collections::{HashSet, VecDeque};

/// A slice holds at most so much, and no more than a part of all: what is left at the end is shared evenly, and little is
/// asked for again after a failure.
const MESSAGES: usize = 250;
const OCTETS: u64 = 4 << 20;
const PART: usize = 64;
/// But so many in any case.
const LEAST: usize = 10;

/// Some messages of one folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slice {
    /// Ascending.
    pub ids: Vec<MessageId>,
    /// As listed.
    pub octets: u64,
    /// Each is given to the target for itself.
    pub alone: bool,
}

/// What waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backlog {
    pub slices: usize,
    pub messages: u64,
    pub octets: u64,
}

impl std::ops::Add for Backlog {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            slices: self.slices + other.slices,
            messages: self.messages + other.messages,
            octets: self.octets + other.octets,
        }
    }
}

#[derive(Debug, Default)]
struct Place {
    slices: VecDeque<Slice>,
    messages: u64,
    octets: u64,
    /// Pairs at work on it.
    workers: usize,
}

/// The slices of all folders, which are numbered as they were added.
#[derive(Debug, Default)]
pub(crate) struct Pool(Vec<Place>);

impl Pool {
    /// Adds a folder: what is due, with sizes, ascending; of these `careful` go alone. `all`: messages of all folders.
    pub fn add(&mut self, due: Vec<(MessageId, u32)>, careful: &HashSet<MessageId>, all: usize) {
        let most = (all / PART).clamp(LEAST, MESSAGES);
        let mut place = Place::default();
        let (alone, due): (Vec<_>, Vec<_>) = due.into_iter().partition(|(id, _)| careful.contains(id));
        for (due, alone) in [(due, false), (alone, true)] {
            let mut slice = Slice { alone, ..Slice::default() };
            for (id, size) in due {
                let full = slice.ids.len() >= most || slice.octets + u64::from(size) > OCTETS;
                if full && !slice.ids.is_empty() {
                    place.slices.push_back(std::mem::replace(&mut slice, Slice { alone, ..Slice::default() }));
                }
                slice.ids.push(id);
                slice.octets += u64::from(size);
                place.messages += 1;
                place.octets += u64::from(size);
            }
            if !slice.ids.is_empty() {
                place.slices.push_back(slice);
            }
        }
        self.0.push(place);
    }

    /// The next slice for a pair that is at work on `at`, and its folder's number, which is noted there.
    pub fn next(&mut self, at: &mut Option<usize>) -> Option<(usize, Slice)> {
        let stays = at.filter(|at| !self.0[*at].slices.is_empty());
        let place = match stays {
            Some(at) => at,
            None => {
                self.leave(at);
                let waiting = self.0.iter().enumerate().filter(|(_, place)| !place.slices.is_empty());
                let rank = |place: &Place| (place.workers, -(work(place.messages, place.octets) as i64));
                let best = waiting.min_by_key(|(_, place)| rank(place)).map(|(at, _)| at)?;
                self.0[best].workers += 1;
                *at = Some(best);
                best
            }
        };
        let slice = self.0[place].slices.pop_front()?;
        self.0[place].messages -= slice.ids.len() as u64;
        self.0[place].octets -= slice.octets;
        Some((place, slice))
    }

    /// A pair is no longer at work there.
    pub fn leave(&mut self, at: &mut Option<usize>) {
        if let Some(at) = at.take() {
            self.0[at].workers = self.0[at].workers.saturating_sub(1);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|place| place.slices.is_empty())
    }

    pub fn backlog(&self) -> Backlog {
        let of = |place: &Place| Backlog { slices: place.slices.len(), messages: place.messages, octets: place.octets };
        self.0.iter().map(of).fold(Backlog::default(), |sum, backlog| sum + backlog)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(count: u32, size: u32) -> Vec<(MessageId, u32)> {
        (1..=count).map(|uid| (MessageId::Uid(uid), size)).collect()
    }

    fn sizes(pool: &mut Pool, at: &mut Option<usize>) -> Vec<(usize, usize)> {
        std::iter::from_fn(|| pool.next(at)).map(|(place, slice)| (place, slice.ids.len())).collect()
    }

    #[test]
    fn slices_are_bounded_and_nothing_is_lost() {
        let mut pool = Pool::default();
        pool.add(due(600, 1_000), &HashSet::new(), 90_000);
        pool.add(due(5, 5 << 20), &HashSet::new(), 90_000);
        pool.add(due(1, 100 << 20), &HashSet::new(), 90_000);
        pool.add(Vec::new(), &HashSet::new(), 90_000);
        let whole = Backlog { slices: 9, messages: 606, octets: 600_000 + (25 << 20) + (100 << 20) };
        assert_eq!(pool.backlog(), whole);
        let mut at = None;
        assert_eq!(
            sizes(&mut pool, &mut at),
            [(2, 1), (1, 1), (1, 1), (1, 1), (1, 1), (1, 1), (0, 250), (0, 250), (0, 100)]
        );
        assert_eq!(pool.backlog(), Backlog::default());
    }

    #[test]
    fn little_is_cut_finely() {
        let mut pool = Pool::default();
        pool.add(due(100, 1), &HashSet::new(), 100);
        pool.add(due(100, 1), &HashSet::new(), 1_600);
        let mut at = None;
        let counts: Vec<usize> = sizes(&mut pool, &mut at).into_iter().map(|(_, count)| count).collect();
        assert_eq!(counts, [[10; 10].as_slice(), &[25; 4]].concat());
    }

    #[test]
    fn pairs_part_and_join_the_largest_last() {
        let mut pool = Pool::default();
        pool.add(due(600, 1), &HashSet::new(), 90_000);
        pool.add(due(300, 1), &HashSet::new(), 90_000);
        let (mut one, mut two) = (None, None);
        assert_eq!(pool.next(&mut one).map(|(place, _)| place), Some(0));
        assert_eq!(pool.next(&mut two).map(|(place, _)| place), Some(1));
        assert_eq!(pool.next(&mut two).map(|(place, _)| place), Some(1), "it stays");
        assert_eq!(pool.next(&mut two).map(|(place, _)| place), Some(0), "it helps");
        pool.leave(&mut two);
        assert_eq!(pool.next(&mut one).map(|(place, _)| place), Some(0));
        assert_eq!(pool.next(&mut one), None);
    }

    #[test]
    fn the_careful_ones_go_alone_and_last() {
        let mut pool = Pool::default();
        pool.add(due(4, 1), &[2, 3].map(MessageId::Uid).into(), 4);
        let mut at = None;
        let uids = |slice: Slice| (slice.alone, slice.ids.iter().filter_map(MessageId::uid).collect::<Vec<_>>());
        assert_eq!(pool.next(&mut at).map(|(_, slice)| uids(slice)), Some((false, vec![1, 4])));
        assert_eq!(pool.next(&mut at).map(|(_, slice)| uids(slice)), Some((true, vec![2, 3])));
    }
}
