//! What sign-ins have shown since the start: what is proved is not asked of a server again, and a person who is
//! refused twice is told more.

use account::Account;
use mail::{Failure, Side};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use wording::Context;

#[derive(Default)]
pub(crate) struct Memory {
    known: Mutex<HashMap<String, Known>>,
    /// What the last sign-in said of each side, to be said again in another language.
    refused: Mutex<HashMap<Side, (Failure, Context)>>,
}

/// By the account's key.
#[derive(Default)]
struct Known {
    /// As it was proved, with its port, protection and trust.
    proved: Option<Account>,
    /// Passwords refused in a row.
    refusals: u32,
}

impl Memory {
    pub(crate) fn is_proved(&self, key: &str, account: &Account) -> bool {
        self.known().get(key).is_some_and(|known| known.proved.as_ref() == Some(account))
    }

    pub(crate) fn prove(&self, key: &str, account: &Account) {
        self.known().insert(key.to_owned(), Known { proved: Some(account.clone()), refusals: 0 });
    }

    pub(crate) fn refuse(&self, key: &str) {
        let mut all = self.known();
        let known = all.entry(key.to_owned()).or_default();
        known.proved = None;
        known.refusals += 1;
    }

    pub(crate) fn refusals(&self, key: &str) -> u32 {
        self.known().get(key).map_or(0, |known| known.refusals)
    }

    pub(crate) fn say(&self, side: Side, failure: &Failure, context: &Context) {
        self.said().insert(side, (failure.clone(), context.clone()));
    }

    pub(crate) fn say_nothing(&self) {
        self.said().clear();
    }

    pub(crate) fn said(&self) -> MutexGuard<'_, HashMap<Side, (Failure, Context)>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
