//! What a trial moves and how, drawn from its seed.

use crate::Letter;
use crate::sample::{Dice, many, samples};
use std::fmt;
use std::time::Duration;

/// New messages of a second run.
const LATER: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Task {
    Move,
    MoveWithBackup,
    Backup,
}

/// What the target can do: with a batch in one command, with one message a command, or only by asking before each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ability {
    Everything,
    LiteralPlus,
    Asking,
    /// No UIDPLUS either: it does not tell where it put a message.
    Bare,
}

impl Ability {
    pub const ALL: [Self; 4] = [Self::Everything, Self::LiteralPlus, Self::Asking, Self::Bare];

    /// Dovecot's capability line; None: all that it can.
    pub fn capability(self) -> Option<&'static str> {
        match self {
            Self::Everything => None,
            Self::LiteralPlus => Some("IMAP4rev1 LITERAL+ UIDPLUS"),
            Self::Asking => Some("IMAP4rev1 UIDPLUS"),
            Self::Bare => Some("IMAP4rev1"),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Shape {
    pub seed: u64,
    pub task: Task,
    pub pairs: u8,
    pub ability: Ability,
    /// A third of the messages is at the target already, and some that were never at the source.
    pub prepared: bool,
    /// The faults meet a second run, with so many new messages.
    pub again: bool,
    /// Of the lines to both servers.
    pub round_trip: Duration,
    pub messages: usize,
}

impl Shape {
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice(seed);
        Self {
            seed,
            task: [Task::Move, Task::MoveWithBackup, Task::Backup][dice.roll(3) as usize],
            pairs: [1, 4][dice.roll(2) as usize],
            ability: Ability::ALL[dice.roll(4) as usize],
            prepared: dice.roll(3) == 0,
            again: dice.roll(4) == 0,
            round_trip: Duration::from_millis([0, 2, 8][dice.roll(3) as usize]),
            messages: 50 + dice.roll(100) as usize,
        }
    }

    /// Chance for all else in the trial.
    pub fn dice(&self) -> Dice {
        Dice(self.seed ^ 0x5EED)
    }

    /// The source at first and what is added for the second run. Some messages are there twice and three times in one
    /// folder, with the same flags or with others.
    pub fn letters(&self) -> (Vec<Letter>, Vec<Letter>) {
        let later = if self.again { LATER } else { 0 };
        let mut letters = samples(self.messages + later);
        let mut later = letters.split_off(self.messages);
        let mut dice = self.dice();
        for letters in [&mut letters, &mut later].into_iter().filter(|letters| !letters.is_empty()) {
            for _ in 0..8 {
                let mut twin = letters[dice.roll(letters.len() as u64) as usize].clone();
                if dice.roll(2) == 0 {
                    twin.flags = vec!["\\Flagged".into()];
                }
                letters.push(twin);
            }
        }
        (letters, later)
    }

    /// What lies at the target before: copies of some of the source's, and its owner's own.
    pub fn there_before(&self, letters: &[Letter]) -> Vec<Letter> {
        if !self.prepared {
            return Vec::new();
        }
        let mut dice = Dice(self.seed ^ 0xBEF0);
        letters.iter().filter(|_| dice.roll(3) == 0).cloned().chain(many(5, 1_500)).collect()
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { task, pairs, ability, round_trip, .. } = self;
        write!(f, "{task:?}, {pairs} pairs, target {ability:?}, {round_trip:?}")?;
        let more = [(self.prepared, ", some there before"), (self.again, ", second run")];
        more.iter().filter(|(on, _)| *on).try_for_each(|(_, text)| f.write_str(text))
    }
}
