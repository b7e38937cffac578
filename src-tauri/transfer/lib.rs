//! One mailbox's move: survey, plan, reconcile, copy, journal, verify. Opens no socket (that is `mail`), knows
//! no word that a person reads (that is `wording`), and asks for secrets only through `Credentials`.

pub mod outcome;
pub mod request;
pub mod snapshot;

pub use outcome::{Counts, FolderOutcome, Outcome, Problem, ProblemLevel, Verdict};
pub use request::{Layout, Level, Pace, Place, Request, Task};
pub use snapshot::{FolderProgress, Phase, Snapshot, Waiting};
