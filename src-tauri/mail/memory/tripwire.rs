//! Ends things at a chosen effect, for tests that interrupt a run everywhere.

use crate::{Cause, Failure, Result};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// On which side of the effect the wire is tripped: after it, it has happened and nobody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Before,
    After,
}

/// Asked before and after each effect. An `Err` before it keeps it from happening; after it nobody is told.
pub type Watch = Arc<dyn Fn(When) -> Result<()> + Send + Sync>;

/// Counts effects; clones share the count.
#[derive(Clone)]
pub struct Tripwire(Arc<Mutex<Wire>>);

struct Wire {
    watch: Option<Watch>,
    effects: usize,
    at: Option<(usize, When)>,
    /// Once tripped, nothing at all happens any more: the process has been killed. Else only the session at the wire ends.
    kills: bool,
    tripped: bool,
}

impl Tripwire {
    /// Only counts.
    pub fn never() -> Self {
        Self::new(None, None, false)
    }

    /// Trips at the effect of this number, 0 being the first.
    pub fn at(effect: usize, when: When, kills: bool) -> Self {
        Self::new(None, Some((effect, when)), kills)
    }

    /// `watch` decides at each effect.
    pub fn watched(watch: Watch) -> Self {
        Self::new(Some(watch), None, false)
    }

    fn new(watch: Option<Watch>, at: Option<(usize, When)>, kills: bool) -> Self {
        Self(Arc::new(Mutex::new(Wire { watch, effects: 0, at, kills, tripped: false })))
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
        let watch = wire.watch.clone();
        drop(wire);
        if let Some(watch) = &watch {
            watch(When::Before)?;
        }
        match here {
            Some(When::Before) => Err(Failure::new(Cause::Closed)),
            other => Ok(Passed { ends: other.is_some(), watch }),
        }
    }
}

impl fmt::Debug for Tripwire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tripwire").finish_non_exhaustive()
    }
}

/// An effect is under way.
#[must_use]
pub struct Passed {
    ends: bool,
    watch: Option<Watch>,
}

impl Passed {
    /// The effect has happened.
    pub fn done(self) -> Result<()> {
        if let Some(watch) = self.watch {
            watch(When::After)?;
        }
        if self.ends { Err(Failure::new(Cause::Closed)) } else { Ok(()) }
    }
}
