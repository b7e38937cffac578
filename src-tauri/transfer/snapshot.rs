//! The state of a running move, whole, as often as somebody looks. Readers take the latest and never an event.

use crate::Counts;
use mail::{Cause, FolderPath, Side};
use std::time::Instant;

/// Where the run is. The phases of one run come in this order; some are left out by the task. Where the backup is not
/// proved first, BackUp (what the move had no need to read) and Prove follow Move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    #[default]
    Connecting,
    Survey,
    BackUp,
    /// Reading the backup back.
    Prove,
    Move,
    Verify,
    /// Taking a move back.
    Undo,
    Done,
}

/// Why it stands still, if it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub cause: Cause,
    pub side: Option<Side>,
    /// When it tries again by itself; None: when the person acts.
    pub until: Option<Instant>,
    pub about: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderProgress {
    pub path: FolderPath,
    pub counts: Counts,
    /// Messages dealt with in this phase.
    pub done: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub phase: Phase,
    /// Of this phase: messages dealt with, of how many; octets likewise.
    pub done: u64,
    pub total: u64,
    pub octets_done: u64,
    pub octets_total: u64,
    /// Octets a second lately.
    pub pace: u64,
    /// Seconds left in this phase, shortest and longest; None while unknown.
    pub left: Option<(u64, u64)>,
    /// The folder at work.
    pub folder: Option<FolderPath>,
    pub folders: Vec<FolderProgress>,
    pub problems: u64,
    /// Paused by the person.
    pub paused: bool,
    pub waiting: Option<Waiting>,
}
