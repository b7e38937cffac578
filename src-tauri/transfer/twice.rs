//! Of a verification: messages that are at the target a second time, because what a lost connection left on its way came
//! after they were stored again. What may come so the journal says; that it is there is seen.

use crate::compare::Item;
use crate::course::Course;
use crate::journal::State;
use crate::{Problem, ProblemLevel};
use mail::{FolderPath, MessageId, Result};
use std::collections::{BTreeSet, HashMap, HashSet};

impl Course {
    /// Of a folder, with what its place holds (`there`) and the numbers of those that stand for no message. `new`: only
    /// what no copy has named yet, which goes into the journal and is not given.
    pub async fn twice(
        &self,
        (folder, place): (&FolderPath, &FolderPath),
        there: &[Item],
        spare: &HashSet<usize>,
        ledger: &HashMap<MessageId, (State, Option<u32>)>,
        new: bool,
    ) -> Result<Vec<Problem>> {
        let mut named = BTreeSet::new();
        let Some(pair) = self.journal.pair(folder, place).await?.map(|state| state.id) else { return Ok(Vec::new()) };
        let late = self.journal.late(pair).await?;
        if late.is_empty() {
            return Ok(Vec::new());
        }
        let arrived = self.journal.arrived(pair).await?;
        let ours: HashSet<u32> = ledger.values().filter_map(|(_, uid)| *uid).collect();
        let mut uids = Vec::new();
        for late in late {
            let alike = |(_, item): &(usize, &Item)| item.header == late.header;
            let copies: Vec<(usize, &Item)> = there.iter().enumerate().filter(alike).collect();
            let fresh = |uid: &u32| *uid >= late.next && !arrived.contains(uid) && !ours.contains(uid);
            let seen: Vec<u32> = copies.iter().filter_map(|(_, item)| item.id.uid()).collect();
            let known = !new && seen.iter().any(|uid| arrived.contains(uid));
            let more: Vec<u32> = seen.into_iter().filter(fresh).collect();
            // Which of them stands for the message does not matter.
            if copies.iter().any(|(at, _)| spare.contains(at)) && (known || !more.is_empty()) {
                uids.extend(more);
                named.insert(late.id);
            }
        }
        let problems = named.into_iter().map(|id| Problem {
            code: "maybe_twice".to_owned(),
            level: ProblemLevel::Notice,
            folder: Some(folder.clone()),
            id: Some(id),
            detail: None,
            words: None,
        });
        if !new {
            return Ok(problems.collect());
        }
        // In one commit with what is no longer news.
        let problems: Vec<Problem> = problems.collect();
        if !problems.is_empty() {
            self.journal.note_arrived(pair, uids, 0, problems).await?;
        }
        Ok(Vec::new())
    }
}
