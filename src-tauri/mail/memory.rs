//! A mailbox in memory, source and target: the reference for the ports, and the test double of the engine. Its
//! [`Manners`] imitate servers that are known to exist; its [`Tripwire`] ends a session at a chosen effect.

mod session;
mod tripwire;

pub use session::Session;
pub use tripwire::{Tripwire, Watch, When};

use crate::{Capacity, Cause, Flags, FolderPath, HeaderHash, Identity, InternalDate, Limits, Sha256, SpecialUse};
use bytes::Bytes;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A message as a folder keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub uid: u32,
    pub flags: Flags,
    pub date: Option<InternalDate>,
    pub octets: Bytes,
    pub sha256: Sha256,
    pub header: HeaderHash,
    /// Of its last change (RFC 7162).
    pub modseq: u64,
}

/// Looks at a message's octets: the cause to refuse it for, if any.
pub type Refusal = Arc<dyn Fn(&[u8]) -> Option<Cause> + Send + Sync>;
/// What the server makes of a message's octets when it stores them.
pub type Rewriting = Arc<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

/// How many times the usual patience a message's octets need.
pub type Slowness = Arc<dyn Fn(&[u8]) -> u32 + Send + Sync>;

/// What a refused message does to the batch that it is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sinking {
    /// Nothing: each message is answered for itself.
    #[default]
    Alone,
    /// Nothing of the batch is stored (RFC 3502).
    Batch,
    /// What came before it in the batch is stored all the same, and the answer is as for `Batch`.
    Rest,
}

/// How this server behaves.
#[derive(Clone)]
pub struct Manners {
    pub identity: Identity,
    pub capacity: Capacity,
    /// Tells the UID of what it stored (APPENDUID), and can remove single messages.
    pub uidplus: bool,
    /// Keywords that it keeps; None: any.
    pub keywords: Option<Vec<String>>,
    pub refuses: Option<Refusal>,
    pub sinking: Sinking,
    pub rewrites: Option<Rewriting>,
    /// The largest batch that it takes, and how many of them before it answers the first.
    pub batch: Limits,
    pub in_flight: usize,
    /// Gives messages in descending order.
    pub backwards: bool,
    /// Does not tell the header hashes in listings.
    pub no_headers: bool,
    /// How patient one must be to be given such a message: who is less loses the connection.
    pub slow: Option<Slowness>,
    /// A listing of this folder costs the connection.
    pub deadly: Option<FolderPath>,
    /// The same for one that is to be stored.
    pub slow_to_store: Option<Slowness>,
    /// Of what takes effect after its connection is lost it keeps the octets, and no flags.
    pub forgetful: bool,
    /// Before each answer.
    pub delay: Option<Duration>,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            identity: Identity { greeting: "memory".into(), certificate: None },
            capacity: Capacity::default(),
            uidplus: true,
            keywords: None,
            refuses: None,
            sinking: Sinking::Alone,
            rewrites: None,
            batch: Limits { messages: 100, octets: 16 * 1024 * 1024 },
            in_flight: 2,
            backwards: false,
            no_headers: false,
            slow: None,
            deadly: None,
            slow_to_store: None,
            forgetful: false,
            delay: None,
        }
    }
}

/// The mailbox; clones share it. Sessions read and write it at once.
#[derive(Clone, Default)]
pub struct Mailbox {
    contents: Arc<Mutex<Contents>>,
}

#[derive(Default)]
struct Contents {
    manners: Manners,
    folders: Vec<Drawer>,
    /// The last UIDVALIDITY given.
    validity: u32,
    /// The next message that is appended is held back for so many effects.
    holds: Option<usize>,
    held: Vec<Held>,
}

/// A message that was appended on a connection that is lost: it takes effect later.
struct Held {
    /// Effects until then.
    left: usize,
    path: FolderPath,
    octets: Bytes,
    flags: Flags,
    date: Option<InternalDate>,
}

#[derive(Clone)]
struct Drawer {
    path: FolderPath,
    special: Option<SpecialUse>,
    validity: u32,
    uid_next: u32,
    /// Of the last change: a message or flags that are new.
    modseq: u64,
    subscribed: bool,
    /// In ascending order of UID.
    messages: Vec<Kept>,
}

impl Drawer {
    fn position(&self, uid: u32) -> Option<usize> {
        self.messages.binary_search_by_key(&uid, |kept| kept.uid).ok()
    }

    fn add(&mut self, octets: Bytes, flags: Flags, date: Option<InternalDate>) -> u32 {
        let uid = self.uid_next;
        self.uid_next += 1;
        self.modseq += 1;
        let (sha256, header) = (Sha256::of(&octets), HeaderHash::of(&octets));
        self.messages.push(Kept { uid, flags, date, octets, sha256, header, modseq: self.modseq });
        uid
    }

    fn flag(&mut self, uid: u32, flags: Flags) {
        if let Some(at) = self.position(uid) {
            self.modseq += 1;
            (self.messages[at].flags, self.messages[at].modseq) = (flags, self.modseq);
        }
    }
}

impl Contents {
    /// One effect more has come about: what was held back for long enough takes effect.
    fn pass(&mut self) {
        self.held.iter_mut().for_each(|held| held.left = held.left.saturating_sub(1));
        self.deliver();
    }

    fn deliver(&mut self) {
        let (due, held) = std::mem::take(&mut self.held).into_iter().partition(|held: &Held| held.left == 0);
        self.held = held;
        for Held { path, octets, flags, date, .. } in due {
            if let Some(drawer) = self.find(&path) {
                drawer.add(octets, flags, date);
            }
        }
    }

    fn find(&mut self, path: &FolderPath) -> Option<&mut Drawer> {
        self.folders.iter_mut().find(|drawer| drawer.path == *path)
    }

    /// The folder, made if it is missing, and whether it was.
    fn make(&mut self, path: &FolderPath, special: Option<SpecialUse>) -> (&mut Drawer, bool) {
        let found = self.folders.iter().position(|drawer| drawer.path == *path);
        let at = found.unwrap_or_else(|| {
            self.validity += 1;
            self.folders.push(Drawer {
                path: path.clone(),
                special,
                validity: self.validity,
                uid_next: 1,
                modseq: 1,
                subscribed: false,
                messages: Vec::new(),
            });
            self.folders.len() - 1
        });
        (&mut self.folders[at], found.is_none())
    }
}

impl Mailbox {
    /// With an empty inbox.
    pub fn new(manners: Manners) -> Self {
        let mailbox = Self::default();
        let mut contents = mailbox.contents();
        contents.manners = manners;
        contents.make(&FolderPath::inbox(), None);
        drop(contents);
        mailbox
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn session(&self) -> Session {
        self.session_with(Tripwire::never())
    }

    pub fn session_with(&self, tripwire: Tripwire) -> Session {
        Session::new(self.clone(), tripwire)
    }

    /// For new sessions and those at work.
    pub fn behave(&self, change: impl FnOnce(&mut Manners)) {
        change(&mut self.contents().manners);
    }

    /// Puts a message into a folder, which is made if it is missing, and tells its UID.
    pub fn put(&self, path: &FolderPath, octets: impl Into<Bytes>, flags: Flags, date: Option<InternalDate>) -> u32 {
        self.contents().make(path, None).0.add(octets.into(), flags, date)
    }

    /// What a folder holds, in ascending order of UID; nothing if it is missing.
    pub fn kept(&self, path: &FolderPath) -> Vec<Kept> {
        self.contents().find(path).map(|drawer| drawer.messages.clone()).unwrap_or_default()
    }

    /// Takes a message out, as its owner would.
    pub fn take_out(&self, path: &FolderPath, uid: u32) -> Option<Kept> {
        let mut contents = self.contents();
        let drawer = contents.find(path)?;
        let at = drawer.position(uid)?;
        Some(drawer.messages.remove(at))
    }

    /// Gives a message other flags, as its owner would.
    pub fn mark(&self, path: &FolderPath, uid: u32, flags: Flags) {
        if let Some(drawer) = self.contents().find(path) {
            drawer.flag(uid, flags);
        }
    }

    /// Gives a folder a new UIDVALIDITY and its messages new UIDs, from `first` on.
    pub fn renumber(&self, path: &FolderPath, first: u32) {
        let mut contents = self.contents();
        contents.validity += 1;
        let validity = contents.validity;
        if let Some(drawer) = contents.find(path) {
            drawer.validity = validity;
            drawer.uid_next = first;
            for kept in &mut drawer.messages {
                kept.uid = drawer.uid_next;
                drawer.uid_next += 1;
            }
        }
    }

    /// The next message that is appended is held back, as a middlebox or a loaded server does: its connection is lost, and
    /// after so many effects of this mailbox (at least one) the message is there all the same.
    pub fn hold(&self, effects: usize) {
        self.contents().holds = Some(effects.max(1));
    }

    /// What is held back takes effect now, and nothing more is held back.
    pub fn deliver(&self) {
        let mut contents = self.contents();
        contents.holds = None;
        contents.held.iter_mut().for_each(|held| held.left = 0);
        contents.deliver();
    }

    /// So many messages are held back, or will be.
    pub fn held(&self) -> usize {
        let contents = self.contents();
        contents.held.len() + usize::from(contents.holds.is_some())
    }

    pub fn is_subscribed(&self, path: &FolderPath) -> bool {
        self.contents().find(path).is_some_and(|drawer| drawer.subscribed)
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").finish_non_exhaustive()
    }
}
