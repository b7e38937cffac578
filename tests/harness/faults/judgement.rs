//! What must hold when a run has ended, and when all is over: nothing lost, nothing twice without its name, the source
//! untouched, the sums right. Compares by the harness's own eyes, never by Mailferry's word alone.

use crate::compare::FolderState;
use crate::{MailboxState, PASSWORD, Run};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Of one trial.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    pub lost: usize,
    /// Without a name in the report.
    pub doubled: usize,
    /// Twice and named `maybe_twice`.
    pub named: usize,
    pub stuck: usize,
    /// Everything else that must not be, a sentence each.
    pub wrong: Vec<String>,
}

/// A message that a report names: its folder at the source and its UID there.
pub type Named = BTreeSet<(Vec<String>, u64)>;

impl Judgement {
    pub fn is_good(&self) -> bool {
        self.lost + self.doubled + self.stuck == 0 && self.wrong.is_empty()
    }

    pub fn expect(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.wrong.push(otherwise());
        }
    }

    /// Of a run that ended by itself, well or not: the sums, and no word that is none of a person's business.
    pub fn of_any(&mut self, run: &Run) {
        for inside in ["panicked", "RUST_BACKTRACE", PASSWORD] {
            let said = run.stderr.contains(inside) || run.stdout.contains(inside);
            self.expect(!said, || format!("{inside} was said: {}", run.stderr));
        }
        let Ok(report) = serde_json::from_str::<Value>(&run.stdout) else {
            return self.wrong.push(format!("exit {:?} without a report: {} {}", run.code, run.stdout, run.stderr));
        };
        let whole = [&report];
        for counts in whole.into_iter().chain(report["folders"].as_array().into_iter().flatten()) {
            let of = |field: &str| counts[field].as_u64().unwrap_or(u64::MAX >> 4);
            let sum: u64 = ["stored", "already", "skipped", "failed", "gone"].iter().map(|field| of(field)).sum();
            self.expect(of("found") == sum, || format!("the sums do not agree: {counts}"));
        }
        let complete = report["result"] == "complete";
        self.expect(complete == (run.code == Some(0)), || format!("exit {:?}: {}", run.code, run.stdout));
        self.expect(!complete || report["failed"] == 0, || format!("complete, and some failed: {}", run.stdout));
    }

    /// Of a run that nothing disturbed: complete, with so many messages; gives what it names as perhaps twice.
    pub fn of_last(&mut self, run: &Run, found: usize) -> Named {
        self.of_any(run);
        if run.code != Some(0) {
            self.stuck += 1;
            self.wrong.push(format!("the same command again ended with {:?}: {} {}", run.code, run.stdout, run.stderr));
            return Named::new();
        }
        let report = run.json();
        self.expect(report["found"] == found, || format!("{found} messages, and found are {}", report["found"]));
        let problems = report["problems"].as_array().cloned().unwrap_or_default();
        for problem in problems.iter().filter(|problem| problem["level"] != "notice") {
            self.wrong.push(format!("a problem: {problem}"));
        }
        let twice = problems.iter().filter(|problem| problem["code"] == "maybe_twice");
        twice
            .filter_map(|problem| {
                let folder = problem["folder"].as_str()?.split('/').map(str::to_owned).collect();
                Some((folder, problem["uid"].as_str()?.parse().ok()?))
            })
            .collect()
    }

    /// The target must hold what the source holds and what was its own before, and only those twice that have a name.
    pub fn compare(&mut self, source: &MailboxState, own: &MailboxState, target: &MailboxState, named: &Named) {
        let mut target = target.clone();
        let mut named = named.clone();
        let nothing = FolderState::default();
        let paths: BTreeSet<&Vec<String>> = source.folders.keys().chain(own.folders.keys()).collect();
        let mut expected = source.clone();
        for path in paths {
            let there = target.folders.entry(path.clone()).or_default();
            own.folders.get(path).unwrap_or(&nothing).items.keys().for_each(|uid| {
                self.expect(there.items.remove(uid).is_some(), || format!("{path:?} UID {uid} was there before"));
            });
            let from = source.folders.get(path).unwrap_or(&nothing);
            let (missing, surplus) = difference(from, there);
            self.lost += missing;
            for uid in surplus {
                let octets = &there.items[&uid].sha256;
                let name = named.iter().find(|(folder, id)| {
                    folder == path && from.items.get(id).is_some_and(|item| item.sha256 == *octets)
                });
                // A name stands for one message too many.
                match name.cloned() {
                    Some(name) => self.named += usize::from(named.remove(&name)),
                    None => self.doubled += 1,
                }
                there.items.remove(&uid);
            }
            expected.folders.entry(path.clone()).or_default();
        }
        let differences = expected.differences(&target, <[String]>::to_vec);
        self.wrong.extend(differences.into_iter().take(10));
    }

    /// No file below a directory holds the password.
    pub fn look_for_secrets(&mut self, directory: &Path) {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                self.look_for_secrets(&path);
            } else {
                let octets = fs::read(&path).unwrap_or_default();
                let found = octets.windows(PASSWORD.len()).any(|part| part == PASSWORD.as_bytes());
                self.expect(!found, || format!("{} holds the password", path.display()));
            }
        }
    }
}

/// What of a target's folders is its owner's own: not at the source.
pub fn own(source: &MailboxState, target: &MailboxState) -> MailboxState {
    let mut own = target.clone();
    for (path, folder) in &mut own.folders {
        let (_, surplus) = difference(source.folders.get(path).unwrap_or(&FolderState::default()), folder);
        folder.items.retain(|uid, _| surplus.contains(uid));
    }
    own
}

/// How many messages of `from` are missing, and which UIDs are too many, by octets alone. Of several alike those stay
/// whose flags and date are wanted.
fn difference(from: &FolderState, there: &FolderState) -> (usize, Vec<u64>) {
    let mut missing = 0;
    let mut surplus = Vec::new();
    let mut wanted: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    from.items.values().for_each(|item| wanted.entry(&item.sha256).or_default().push(item));
    let mut held: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    there.items.iter().for_each(|(uid, item)| held.entry(&item.sha256).or_default().push((*uid, item)));
    for (octets, held) in &held {
        let mut wanted = wanted.remove(octets).unwrap_or_default();
        let mut other = Vec::new();
        for (uid, item) in held {
            match wanted.iter().position(|wanted| wanted == item) {
                Some(at) => drop(wanted.swap_remove(at)),
                None => other.push(*uid),
            }
        }
        // What is left of both differs in flags or date: no loss and no duplicate.
        let alike = wanted.len().min(other.len());
        missing += wanted.len() - alike;
        surplus.extend(other.split_off(alike));
    }
    missing += wanted.values().map(Vec::len).sum::<usize>();
    (missing, surplus)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Item;

    fn mailbox(items: &[(u64, &str)]) -> MailboxState {
        let item = |octets: &str| Item { sha256: octets.repeat(20), octets: 1, flags: BTreeSet::new(), date: 0 };
        let items = items.iter().map(|(uid, octets)| (*uid, item(octets))).collect();
        let folder = FolderState { items, ..FolderState::default() };
        MailboxState { folders: [(vec!["INBOX".to_owned()], folder)].into(), ..MailboxState::default() }
    }

    #[test]
    fn what_is_lost_and_what_is_twice_is_seen() {
        let source = mailbox(&[(1, "a"), (2, "b"), (3, "b")]);
        let named = Named::from([(vec!["INBOX".to_owned()], 1)]);
        let none = MailboxState::default();
        let judged = |target: &MailboxState, own: &MailboxState, named: &Named| {
            let mut judgement = Judgement::default();
            judgement.compare(&source, own, target, named);
            (judgement.lost, judgement.doubled, judgement.named, judgement.is_good())
        };
        assert_eq!(judged(&mailbox(&[(7, "b"), (8, "a"), (9, "b")]), &none, &Named::new()), (0, 0, 0, true));
        assert_eq!(judged(&mailbox(&[(7, "b"), (8, "a")]), &none, &named), (1, 0, 0, false));
        let twice = mailbox(&[(7, "b"), (8, "a"), (9, "b"), (10, "a")]);
        assert_eq!(judged(&twice, &none, &Named::new()), (0, 1, 0, false));
        assert_eq!(judged(&twice, &none, &named), (0, 0, 1, true));
        assert_eq!(judged(&twice, &mailbox(&[(10, "a")]), &Named::new()), (0, 0, 0, true));
        let foreign = mailbox(&[(7, "b"), (8, "a"), (9, "b"), (10, "c")]);
        assert_eq!(judged(&foreign, &none, &named), (0, 1, 0, false));
        assert!(!judged(&foreign, &mailbox(&[(11, "d")]), &named).3);
    }

    #[test]
    fn sums_that_do_not_agree_are_seen() {
        let run = |found: u64| Run {
            code: Some(0),
            stdout: format!(
                r#"{{"result":"complete","found":{found},"stored":1,"already":1,"skipped":0,"failed":0,"gone":0}}"#
            ),
            stderr: String::new(),
            seconds: 0.0,
        };
        let judged = |run: &Run, found| {
            let mut judgement = Judgement::default();
            judgement.of_last(run, found);
            judgement.is_good()
        };
        assert!(judged(&run(2), 2));
        assert!(!judged(&run(3), 3) && !judged(&run(2), 3) && !judged(&Run { code: Some(4), ..run(2) }, 2));
    }
}
