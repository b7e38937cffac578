//! Faults at random moments: the program is killed, its lines are cut, the computer loses its power, a disk is full or
//! fails; then the same command is given again. What must hold afterwards is `judgement`'s. A trial hangs on its seed
//! alone, as far as chance goes; moments are measured on this machine, and therefore no two trials are quite alike.

mod ground;
mod judgement;
mod moment;
mod shape;
mod strike;
mod tally;
mod trial;

pub use ground::Ground;
pub use strike::{Bounds, Kind};
pub use tally::{Series, Tally, replay};
