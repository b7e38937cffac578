//! Ends things at a chosen effect, for tests that interrupt a run everywhere.

use crate::{Cause, Failure, Result};
use std::sync::{Arc, Mutex, PoisonError};

/// On which side of the effect the wire is tripped: after it, it has happened and nobody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Before,
    After,
}

/// Counts effects; clones share the count.
#[derive(Clone, Debug)]
pub struct Tripwire(Arc<Mutex<Wire>>);

#[derive(Debug)]
struct Wire {
    effects: usize,
    at: Option<(usize, When)>,
    /// Once tripped, nothing at all happens any more: the process has been killed. Else only the session at the wire ends.
    kills: bool,
    tripped: bool,
}

impl Tripwire {
    /// Only counts.
    pub fn never() -> Self {
        Self(Arc::new(Mutex::new(Wire { effects: 0, at: None, kills: false, tripped: false })))
    }

    /// Trips at the effect of this number, 0 being the first.
    pub fn at(effect: usize, when: When, kills: bool) -> Self {
        Self(Arc::new(Mutex::new(Wire { effects: 0, at: Some((effect, when)), kills, tripped: false })))
    }

    /// Effects that were tried so far.
    pub fn effects(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).effects
    }

    pub fn tripped(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).tripped
    }

    /// Passes the wire before an effect: what it gives back is passed after it.
    pub fn step(&self) -> Result<Passed> {
        let mut wire = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if wire.tripped && wire.kills {
            return Err(Failure::new(Cause::Closed));
        }
        let here = wire.at.filter(|(effect, _)| *effect == wire.effects).map(|(_, when)| when);
        wire.effects += 1;
        wire.tripped |= here.is_some();
        match here {
            Some(When::Before) => Err(Failure::new(Cause::Closed)),
            other => Ok(Passed { ends: other.is_some() }),
        }
    }
}

/// An effect is under way.
#[derive(Debug)]
#[must_use]
pub struct Passed {
    ends: bool,
}

impl Passed {
    /// The effect has happened.
    pub fn done(self) -> Result<()> {
        if self.ends { Err(Failure::new(Cause::Closed)) } else { Ok(()) }
    }
}
