//! The journal of one move: what was intended, what became of it, and what a person should know. One SQLite file,
//! on a thread of its own; every call is one synced transaction. It must not know servers, words or the layout
//! of the home directory. The format never breaks: columns and states are only ever added.
//!
//! It is a memory, not the truth: a lost tail or a lost file costs a rescan, and `reconcile` does the rest.

mod columns;
mod commit;
mod elsewhere;
mod file;
mod flags;
mod late;
mod ledger;
mod mark;
mod notes;
#[cfg(test)]
pub(crate) mod older;
mod refiled;
mod repaired;
mod stranger;
mod taking;
#[cfg(test)]
mod tests;

pub(crate) use elsewhere::{Spot, Taken};
pub(crate) use late::Late;
pub(crate) use ledger::{Brief, Claim, Intent, Ledger, flag_mark};
pub use ledger::{PairId, PairState, Print, Row, State};
pub(crate) use mark::{Edge, Mark};
pub(crate) use notes::Strength;
pub(crate) use refiled::Kept;
pub(crate) use stranger::Strangers;
pub(crate) use taking::{Stored, without_ours};

use mail::{Cause, Failure, Result, Side};
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc;
use tokio::sync::oneshot;

/// How [`Journal::open`] found the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    New,
    Existing,
    /// The file was damaged: it was set aside as `<name>.damaged-<n>`, and this journal is empty. A move goes on by
    /// reconciling; an undo has nothing to stand on.
    Rebuilt,
}

/// False: the file must not be used any more.
type Work = Box<dyn FnOnce(&mut Connection) -> bool + Send>;

/// Where the work on the file is done.
#[derive(Clone, Debug)]
enum Desk {
    Thread(mpsc::Sender<Work>),
    /// By the caller, at once: a simulated run has one thread, so that it can be repeated exactly.
    #[cfg(test)]
    Here(std::sync::Arc<std::sync::Mutex<Option<Connection>>>),
}

#[cfg(test)]
thread_local! {
    /// Journals opened on this thread are worked on there.
    pub(crate) static HERE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// A handle; clones share one file and one thread. The thread ends with the last handle.
#[derive(Clone, Debug)]
pub struct Journal {
    work: Desk,
    /// Told when the file is closed.
    closed: std::sync::Arc<tokio::sync::Notify>,
    #[cfg(test)]
    pub(crate) tripwire: mail::memory::Tripwire,
}

impl Journal {
    /// Opens or creates the file; its directory must exist. Fails with `Busy` when another process has it open,
    /// `StoreUnusable` when a newer Mailferry wrote it.
    pub async fn open(path: &Path) -> Result<(Journal, Opened)> {
        let path = path.to_owned();
        Self::start(move || file::open(&path)).await
    }

    /// A journal that ends with its last handle, for a check of a move that never ran.
    pub async fn in_memory() -> Result<Journal> {
        Ok(Self::start(|| Ok((file::in_memory()?, Opened::New))).await?.0)
    }

    async fn start(open: impl FnOnce() -> Result<(Connection, Opened)> + Send + 'static) -> Result<(Journal, Opened)> {
        let closed = std::sync::Arc::new(tokio::sync::Notify::new());
        #[cfg(test)]
        if HERE.get() {
            let (file, how) = open()?;
            closed.notify_one();
            let work = Desk::Here(std::sync::Arc::new(std::sync::Mutex::new(Some(file))));
            return Ok((Journal { work, closed, tripwire: mail::memory::Tripwire::never() }, how));
        }
        let (work, inbox) = mpsc::channel::<Work>();
        let (told, opened) = oneshot::channel();
        let tell_closed = std::sync::Arc::clone(&closed);
        std::thread::Builder::new().name("journal".into()).spawn(move || {
            let mut file = match open() {
                Ok((file, how)) => {
                    let _ = told.send(Ok(how));
                    file
                }
                Err(failure) => {
                    let _ = told.send(Err(failure));
                    return;
                }
            };
            while let Ok(work) = inbox.recv() {
                if !work(&mut file) {
                    break;
                }
            }
            drop(file);
            tell_closed.notify_one();
        })?;
        let how = opened.await.map_err(|_| gone())??;
        let journal = Journal {
            work: Desk::Thread(work),
            closed,
            #[cfg(test)]
            tripwire: mail::memory::Tripwire::never(),
        };
        Ok((journal, how))
    }

    #[cfg(test)]
    pub(crate) fn wired(self, tripwire: mail::memory::Tripwire) -> Journal {
        Journal { tripwire, ..self }
    }

    /// Waits until the file is closed. Other clones must be gone.
    pub async fn close(self) {
        let Journal { work, closed, .. } = self;
        drop(work);
        closed.notified().await;
    }

    /// Runs `work` on the journal's thread, in one transaction.
    async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Transaction) -> rusqlite::Result<T> + Send + 'static,
    {
        #[cfg(test)]
        let passed = self.tripwire.step().map_err(|failure| failure.on(Side::Local))?;
        let (told, answer) = oneshot::channel();
        let work: Work = Box::new(move |file| {
            let done = file.transaction().and_then(|transaction| {
                let value = work(&transaction)?;
                transaction.commit()?;
                Ok(value)
            });
            let done = done.map_err(|error| file::failure(&error));
            // After a failed sync the next one says Ok and proves nothing: close, and read again what is there.
            let usable = done.as_ref().err().is_none_or(|failure| failure.cause != Cause::DiskFailed);
            let _ = told.send(done);
            usable
        });
        match &self.work {
            Desk::Thread(thread) => thread.send(work).map_err(|_| gone())?,
            #[cfg(test)]
            Desk::Here(file) => {
                tokio::task::yield_now().await;
                let mut file = file.lock().map_err(|_| gone())?;
                if !work(file.as_mut().ok_or_else(gone)?) {
                    *file = None;
                }
            }
        }
        let answer = answer.await.map_err(|_| gone())?;
        #[cfg(test)]
        passed.done().map_err(|failure| failure.on(Side::Local))?;
        answer
    }
}

fn gone() -> Failure {
    Failure::new(Cause::StoreUnusable).on(Side::Local).words("the journal's thread has ended")
}
