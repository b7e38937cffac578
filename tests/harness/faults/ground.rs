//! The servers that the trials of a series share. Every trial has a user of its own at both sides, so that several run
//! at once and none meets the mail of another. Mail lies in memory: no fault of a disk is the servers'.

use super::shape::{Ability, Task};
use crate::{Dovecot, Format, Options, PASSWORD};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// More than the trials of the longest series.
const USERS: usize = 3_000;

pub struct Ground {
    source: Dovecot,
    targets: Vec<(Ability, OnceLock<Dovecot>)>,
    next: AtomicUsize,
    pub(super) lengths: Lengths,
}

/// What an undisturbed run of a kind takes here.
#[derive(Clone, Copy, Debug)]
pub struct Length {
    pub time: Duration,
    /// To and from both servers.
    pub octets: u64,
}

/// By what makes a run long; each is measured once, while others wait.
pub type Lengths = Mutex<HashMap<(Task, u8, Ability, bool, Duration), Arc<OnceLock<Length>>>>;

impl Default for Ground {
    fn default() -> Self {
        Self::new()
    }
}

impl Ground {
    pub fn new() -> Self {
        Self {
            source: Dovecot::with(options(Format::Maildir, None)),
            targets: Ability::ALL.map(|ability| (ability, OnceLock::new())).into(),
            next: AtomicUsize::new(0),
            lengths: Mutex::default(),
        }
    }

    pub(super) fn source(&self) -> &Dovecot {
        &self.source
    }

    pub(super) fn target(&self, ability: Ability) -> &Dovecot {
        // Both of Dovecot's formats are stored to.
        let format = if ability == Ability::LiteralPlus { Format::Sdbox } else { Format::Maildir };
        let start = || Dovecot::with(options(format, ability.capability()));
        let found = self.targets.iter().find(|(of, _)| *of == ability);
        found.map(|(_, server)| server.get_or_init(start)).unwrap()
    }

    /// A user whom no trial had before.
    pub(super) fn user(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        assert!(number < USERS, "no user is left for a trial");
        user(number)
    }
}

fn user(number: usize) -> String {
    format!("wei{number}@example.com")
}

fn options(format: Format, capability: Option<&str>) -> Options {
    Options {
        users: (0..USERS).map(|number| (user(number), PASSWORD.to_owned())).collect(),
        format,
        capability: capability.map(str::to_owned),
        place: Some(PathBuf::from("/dev/shm")),
        // As large as the sum of all users that trials at once may have.
        extra: "service imap {\n process_limit = 400\n}\nservice imap-login {\n process_limit = 400\n}\n".into(),
        ..Options::default()
    }
}
