//! Accounts filled in by whoever starts the application: `make demo` and the tests. Passwords come in the
//! environment and go to where all passwords are kept.

use crate::accounts;
use crate::desk::Desk;
use crate::wire::{self, Prefill};
use mail::Side;
use std::time::Duration;
use transfer::home::Record;

/// A JSON file: [`Prefill`], without passwords.
pub(crate) const FILE: &str = "MAILFERRY_DEMO";
pub(crate) const PASSWORDS: [(&str, Side); 2] =
    [("MAILFERRY_DEMO_OLD_PASSWORD", Side::Source), ("MAILFERRY_DEMO_NEW_PASSWORD", Side::Target)];

/// None without the variable, or when the file can't be read: then the fields are simply empty.
pub(crate) fn prefill() -> Option<Prefill> {
    wire::read(std::path::Path::new(&std::env::var_os(FILE)?))
}

/// Keeps the passwords of the environment under the keys of the filled-in accounts.
pub(crate) async fn keep_passwords(desk: &Desk) {
    let Some(prefill) = &desk.prefill else { return };
    for (variable, side) in PASSWORDS {
        let entry = if side == Side::Source { &prefill.old } else { &prefill.new };
        if let (Ok(password), Some(settings)) = (std::env::var(variable), &entry.settings) {
            desk.secrets.set(&accounts::from_settings(settings).key(side), &password).await;
        }
    }
}

/// As Home shows it: a side without a kept password bears an empty one.
pub(crate) async fn shown(desk: &Desk) -> Option<Prefill> {
    let mut filled = desk.prefill.clone()?;
    for (entry, side) in [(&mut filled.old, Side::Source), (&mut filled.new, Side::Target)] {
        let Some(settings) = &entry.settings else { continue };
        let key = accounts::from_settings(settings).key(side);
        // A keychain that asks a person meanwhile will have it.
        let kept = tokio::time::timeout(Duration::from_secs(2), desk.secrets.get(&key)).await;
        entry.password = matches!(kept, Ok(Ok(None) | Err(_))).then(wire::Password::default);
    }
    Some(filled)
}

/// Whether this record is of the accounts that were filled in: then Home shows the move itself.
pub(crate) fn is_of(filled: &Prefill, record: &Record) -> bool {
    let same = |entry: &wire::Entry, account: &account::Account| {
        entry.settings.as_ref().is_some_and(|settings| accounts::from_settings(settings).same_mailbox(account))
    };
    same(&filled.old, &record.old.account) && record.new.as_ref().is_some_and(|new| same(&filled.new, &new.account))
}
