//! A folder on its way in one run: what was told of it, what failed, and where it stands now. Must not speak to a
//! mailbox.

use super::standing::Standing;
use super::{Copied, Pair, Step};
use crate::journal::{Mark, PairId};
use crate::{Counts, Problem};
use mail::{Failure, MessageId, Status};
use std::collections::HashSet;
use std::sync::Arc;

/// Told of each step of a folder. Called from any session's work.
pub type Steps = Arc<dyn Fn(Step) + Send + Sync>;

pub struct Lane {
    /// Its place in the plan.
    pub at: usize,
    pub pair: Pair,
    /// The target folder as the survey saw it.
    pub there: Option<Status>,
    /// As it was left by an earlier run, while it is not looked at otherwise.
    pub(super) mark: Option<Mark>,
    /// As this run leaves it.
    pub(super) leaves: Option<(PairId, Mark)>,
    pub step: Steps,
    pub(super) told: Counts,
    /// Not tried again by this run.
    pub(super) failed: HashSet<MessageId>,
    /// Come when nothing else is left, with more time.
    pub(super) slow: HashSet<MessageId>,
    /// Were in a batch that was refused: they go one by one.
    pub(super) careful: HashSet<MessageId>,
    /// What a lost connection left at the target has had its time.
    pub(super) waited: bool,
    /// What it left on its way and was stored again may come all the same.
    pub(super) late: bool,
    /// It was looked at in this attempt.
    pub(super) looked: bool,
    pub(super) standing: Option<Standing>,
    /// What a look has to name.
    pub notices: Vec<Problem>,
    /// To be stored now, with the size as listed. Ascending.
    pub due: Vec<(MessageId, u32)>,
    /// Nothing is left to be found out once `due` is stored.
    pub(super) last: bool,
    /// Failed as a folder.
    pub failure: Option<Failure>,
    pub copied: Option<Copied>,
}

impl Lane {
    pub fn new(at: usize, pair: Pair, there: Option<Status>, step: Steps) -> Self {
        Self {
            at,
            pair,
            there,
            mark: None,
            leaves: None,
            step,
            told: Counts::default(),
            failed: HashSet::new(),
            slow: HashSet::new(),
            careful: HashSet::new(),
            waited: false,
            late: false,
            looked: false,
            standing: None,
            notices: Vec::new(),
            due: Vec::new(),
            last: false,
            failure: None,
            copied: None,
        }
    }

    /// These are not tried any more.
    pub fn give_up<'a>(&mut self, ids: impl Iterator<Item = &'a MessageId>) {
        self.failed.extend(ids.cloned());
    }

    /// These are put last.
    pub fn put_last(&mut self, ids: Option<&HashSet<MessageId>>) {
        self.slow.extend(ids.into_iter().flatten().cloned());
    }

    /// These go one by one.
    pub fn take_care(&mut self, ids: Option<&HashSet<MessageId>>) {
        self.careful.extend(ids.into_iter().flatten().cloned());
    }

    /// Something is due that is not to be put last.
    pub(super) fn goes_on(&self) -> bool {
        !self.is_over() && self.due.iter().any(|(id, _)| !self.slow.contains(id))
    }

    /// Leaves what is slow to a later round.
    pub(super) fn leave_slow(&mut self) {
        let all = self.due.len();
        self.due.retain(|(id, _)| !self.slow.contains(id));
        self.last &= self.due.len() == all;
    }

    /// Nothing more is to be done for it in this round.
    pub fn is_over(&self) -> bool {
        self.copied.is_some() || self.failure.is_some()
    }

    /// Takes the failure of this folder alone; one that reaches further is given back.
    pub(super) fn take<T>(&mut self, result: mail::Result<T>) -> mail::Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(failure) if failure.reach <= mail::Reach::Folder => {
                self.failure = Some(failure);
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }
}
