//! Which folder is next, where several are worked on at once: pure. The largest come first, so that all end together;
//! a folder that is to be made waits for the one above it. Must not know who works.

use crate::growth::work;
use crate::plan::Planned;
use crate::survey;
use mail::FolderPath;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet, VecDeque};

/// What waits and could be begun now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backlog {
    pub folders: usize,
    pub messages: u64,
    /// As far as the server told.
    pub octets: u64,
}

#[derive(Debug)]
pub(crate) struct Queue {
    /// Best first.
    waiting: VecDeque<usize>,
    /// Waits or is at work.
    open: Vec<bool>,
    /// The folder above, where the target does not have it yet: two who make one branch of the tree at once confuse
    /// some servers.
    above: Vec<Option<usize>>,
    /// Messages and octets.
    sizes: Vec<(u64, u64)>,
}

impl Queue {
    /// Of all folders of the plan those for which `wanted`; `there`: folders that the target has.
    pub fn new(folders: &[Planned], there: &HashSet<FolderPath>, wanted: impl Fn(usize) -> bool) -> Self {
        let by_target: HashMap<&[String], usize> =
            folders.iter().enumerate().map(|(at, planned)| (&planned.target.0[..], at)).collect();
        let above: Vec<Option<usize>> = folders
            .iter()
            .map(|planned| {
                let path = &planned.target.0;
                let nearest = (1..path.len()).rev().find_map(|depth| by_target.get(&path[..depth]).copied());
                nearest.filter(|at| !there.contains(&folders[*at].target))
            })
            .collect();
        let sizes: Vec<(u64, u64)> = folders
            .iter()
            .map(|planned| {
                let octets = planned.source.status.and_then(|status| status.bytes).unwrap_or(0);
                (survey::messages(&planned.source), octets)
            })
            .collect();
        // What holds up a large folder is as urgent as that.
        let mut urgency: Vec<u64> = sizes.iter().map(|(messages, octets)| work(*messages, *octets) as u64).collect();
        let mut deepest_first: Vec<usize> = (0..folders.len()).collect();
        deepest_first.sort_by_key(|at| Reverse(folders[*at].target.0.len()));
        for at in deepest_first {
            if let Some(above) = above[at] {
                urgency[above] = urgency[above].max(urgency[at]);
            }
        }
        let mut waiting: Vec<usize> = (0..folders.len()).filter(|at| wanted(*at)).collect();
        waiting.sort_by_key(|at| Reverse(urgency[*at]));
        let open = (0..folders.len()).map(wanted).collect();
        Self { waiting: waiting.into(), open, above, sizes }
    }

    fn free(&self, at: usize) -> bool {
        self.above[at].is_none_or(|above| !self.open[above])
    }

    /// Takes the next folder that can be begun. None: nothing waits, or only below what is at work.
    pub fn next(&mut self) -> Option<usize> {
        let position = self.waiting.iter().position(|at| self.free(*at))?;
        self.waiting.remove(position)
    }

    /// It is begun once more, after all others.
    pub fn again(&mut self, at: usize) {
        self.waiting.push_back(at);
    }

    pub fn done(&mut self, at: usize) {
        self.open[at] = false;
    }

    pub fn backlog(&self) -> Backlog {
        self.waiting.iter().filter(|at| self.free(**at)).fold(Backlog::default(), |sum, at| {
            let (messages, octets) = self.sizes[*at];
            Backlog { folders: sum.folders + 1, messages: sum.messages + messages, octets: sum.octets + octets }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail::Folder;

    fn path(text: &str) -> FolderPath {
        FolderPath::new(text.split('/'))
    }

    fn planned(text: &str, messages: u32) -> Planned {
        let source = Folder {
            wire: text.into(),
            delimiter: Some('/'),
            path: path(text),
            special: None,
            selectable: true,
            status: Some(mail::Status { messages: Some(messages), ..Default::default() }),
        };
        Planned { source, target: path(text), special: None }
    }

    #[test]
    fn the_largest_first_and_each_once() {
        let folders = [planned("INBOX", 5), planned("a", 50), planned("b", 7), planned("c", 50), planned("d", 0)];
        let mut queue = Queue::new(&folders, &HashSet::new(), |at| at != 2);
        assert_eq!(queue.backlog(), Backlog { folders: 4, messages: 105, octets: 0 });
        assert_eq!([queue.next(), queue.next()], [Some(1), Some(3)]);
        queue.again(1);
        queue.done(3);
        assert_eq!([queue.next(), queue.next(), queue.next(), queue.next()], [Some(0), Some(4), Some(1), None]);
    }

    #[test]
    fn what_is_to_be_made_waits_for_the_folder_above() {
        let folders = [planned("work", 1), planned("work/2024", 90), planned("work/2024/may", 2), planned("x", 40)];
        let mut queue = Queue::new(&folders, &HashSet::new(), |_| true);
        assert_eq!(
            [queue.next(), queue.next(), queue.next()],
            [Some(0), Some(3), None],
            "as urgent as what waits for it"
        );
        assert_eq!(queue.backlog(), Backlog::default());
        queue.done(0);
        assert_eq!([queue.next(), queue.next()], [Some(1), None]);
        // Left and begun again: what is below still waits.
        queue.again(1);
        assert_eq!([queue.next(), queue.next()], [Some(1), None]);
        queue.done(1);
        assert_eq!([queue.next(), queue.next()], [Some(2), None]);

        let there = HashSet::from([path("work"), path("work/2024")]);
        let mut queue = Queue::new(&folders, &there, |_| true);
        assert_eq!([queue.next(), queue.next(), queue.next()], [Some(1), Some(3), Some(2)]);
    }
}
