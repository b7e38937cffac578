//! Which stage of a move is open, locked or done, and why: pure, asked by the window and the command line.
//! Must not know how anything is drawn, nor read a file.

use serde::{Deserialize, Serialize};

/// The stages of one person's move, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    Accounts,
    Check,
    Backup,
    Move,
    Verify,
    Finish,
}

impl Stage {
    pub const ALL: [Stage; 6] =
        [Stage::Accounts, Stage::Check, Stage::Backup, Stage::Move, Stage::Verify, Stage::Finish];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    Todo,
    /// At work, or the next thing to do.
    Now,
    /// It is the person's turn.
    Needs,
    Done,
}

/// Why a stage cannot be entered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lock {
    SignInFirst,
    CheckFirst,
    /// The backup is neither proved nor declined.
    BackupFirst,
    MoveFirst,
    VerifyFirst,
    /// A backup only has no such stage.
    NotPart,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageState {
    pub stage: Stage,
    pub standing: Standing,
    /// None: open.
    pub lock: Option<Lock>,
}

/// What has been reached. The first four lines are kept on disk with the move; the last two are of now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// No target: accounts, check, backup, finish.
    pub backup_only: bool,
    pub signed_in: bool,
    pub checked: bool,
    /// Proved by reading it back.
    pub backed_up: bool,
    /// The person wants no local copy.
    pub no_backup: bool,
    /// Went to its end, with or without problems.
    pub moved: bool,
    pub verified: bool,
    /// The person has ended it: passwords are deleted.
    pub finished: bool,
    /// The stage a run is in at this moment.
    #[serde(skip)]
    pub running: Option<Stage>,
    /// Something waits for the person: a password, a choice, a full disk.
    #[serde(skip)]
    pub needs_person: bool,
}

impl Facts {
    fn done(&self, stage: Stage) -> bool {
        match stage {
            Stage::Accounts => self.signed_in,
            Stage::Check => self.checked,
            Stage::Backup => self.backed_up || self.no_backup,
            Stage::Move => self.moved,
            Stage::Verify => self.verified,
            Stage::Finish => self.finished,
        }
    }

    fn part(&self, stage: Stage) -> bool {
        !(self.backup_only && matches!(stage, Stage::Move | Stage::Verify))
    }

    fn lock(&self, stage: Stage) -> Option<Lock> {
        if !self.part(stage) {
            return Some(Lock::NotPart);
        }
        let before =
            Stage::ALL.into_iter().take_while(|other| *other != stage).filter(|other| self.part(*other)).last()?;
        if self.done(before) || self.running == Some(stage) || self.done(stage) {
            return None;
        }
        Some(match before {
            Stage::Accounts => Lock::SignInFirst,
            Stage::Check => Lock::CheckFirst,
            Stage::Backup => Lock::BackupFirst,
            Stage::Move => Lock::MoveFirst,
            Stage::Verify | Stage::Finish => Lock::VerifyFirst,
        })
    }

    /// The stage a person is led to: where a run is, else the first that is not done.
    pub fn current(&self) -> Stage {
        self.running.unwrap_or_else(|| {
            Stage::ALL.into_iter().find(|stage| self.part(*stage) && !self.done(*stage)).unwrap_or(Stage::Finish)
        })
    }
}

/// One state for each of [`Stage::ALL`].
pub fn stages(facts: &Facts) -> [StageState; 6] {
    let current = facts.current();
    Stage::ALL.map(|stage| {
        let standing = if stage == current && !(facts.done(stage) && facts.running.is_none()) {
            if facts.needs_person { Standing::Needs } else { Standing::Now }
        } else if facts.done(stage) {
            Standing::Done
        } else {
            Standing::Todo
        };
        StageState { stage, standing, lock: facts.lock(stage) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standings(facts: Facts) -> [Standing; 6] {
        stages(&facts).map(|state| state.standing)
    }

    #[test]
    fn a_move_goes_from_stage_to_stage() {
        use Standing::*;
        let mut facts = Facts::default();
        assert_eq!(standings(facts), [Now, Todo, Todo, Todo, Todo, Todo]);
        facts.signed_in = true;
        assert_eq!(standings(facts), [Done, Now, Todo, Todo, Todo, Todo]);
        facts.checked = true;
        facts.running = Some(Stage::Backup);
        assert_eq!(standings(facts), [Done, Done, Now, Todo, Todo, Todo]);
        facts.backed_up = true;
        facts.running = Some(Stage::Move);
        facts.needs_person = true;
        assert_eq!(standings(facts), [Done, Done, Done, Needs, Todo, Todo]);
        facts = Facts { moved: true, verified: true, running: None, needs_person: false, ..facts };
        assert_eq!(standings(facts), [Done, Done, Done, Done, Done, Now]);
        facts.finished = true;
        assert_eq!(standings(facts), [Done; 6]);
    }

    #[test]
    fn a_second_run_shows_its_stage_again() {
        let facts = Facts {
            signed_in: true,
            checked: true,
            backed_up: true,
            moved: true,
            running: Some(Stage::Move),
            ..Facts::default()
        };
        assert_eq!(stages(&facts)[3].standing, Standing::Now);
    }

    #[test]
    fn locks_name_what_comes_first() {
        let facts = Facts { signed_in: true, ..Facts::default() };
        let locks = stages(&facts).map(|state| state.lock);
        assert_eq!(
            locks,
            [
                None,
                None,
                Some(Lock::CheckFirst),
                Some(Lock::BackupFirst),
                Some(Lock::MoveFirst),
                Some(Lock::VerifyFirst)
            ]
        );
        let only = Facts { backup_only: true, signed_in: true, checked: true, backed_up: true, ..Facts::default() };
        assert_eq!(only.current(), Stage::Finish);
        assert_eq!(stages(&only)[3].lock, Some(Lock::NotPart));
        assert_eq!(stages(&only)[5].lock, None);
    }
}
