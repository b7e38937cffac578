//! One mailbox's move: survey, plan, reconcile, copy, journal, verify. Opens no socket (that is `mail`), knows
//! no word that a person reads (that is `wording`), and asks for secrets only through `Credentials`.

mod backup;
pub mod board;
pub mod compare;
pub mod copy;
mod course;
mod crew;
pub mod endpoint;
mod feed;
mod growth;
mod headings;
pub mod home;
pub mod journal;
mod logins;
pub mod mend;
#[cfg(test)]
mod mutant;
pub mod outcome;
pub mod pace;
mod pass;
mod past;
pub mod pattern;
mod phases;
pub mod plan;
mod queue;
mod reading;
mod reconcile;
mod report;
pub mod request;
pub mod retry;
pub mod run;
#[cfg(test)]
mod simulation;
pub mod snapshot;
pub mod special;
pub mod stages;
mod steering;
pub mod survey;
#[cfg(test)]
mod trials;
mod twice;
mod undo;
pub mod verify;
mod waits;
mod wake;
mod whereabouts;

pub use archive::{Heading, Landmark, Which};
pub use headings::{headings, landmarks};
pub use home::Home;
pub use outcome::{Counts, FolderOutcome, Outcome, Problem, ProblemLevel, Verdict};
pub use request::{Answers, Layout, Level, Pace, Place, Request, Task};
pub use run::{Control, Problems, Run, SignedIn, sign_in, start};
pub use snapshot::{FolderProgress, Phase, Snapshot, Waiting};
