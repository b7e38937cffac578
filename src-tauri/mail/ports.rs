//! The ports between an engine and a mailbox. A Source gives messages, a Target takes them from a Feed. They
//! are implemented by IMAP (both), POP3 (source), an archive (both) and memory (both, the reference).
//! Retry, rate limit, repair, reading through an archive and fault injection wrap these traits.

use crate::{
    Cause, Failure, Fetched, Flags, Folder, FolderPath, Listing, Message, MessageId, Repaired, Result, SpecialUse,
    System,
};
use async_trait::async_trait;
use std::sync::Arc;
use tokio::sync::mpsc::Sender;

/// How much of each message a listing tells; each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Want {
    /// Ids and flags.
    Flags,
    /// Also the size.
    Sizes,
    /// Also the date. Servers that have to look at each file for it take twice as long.
    Dates,
    /// Also the [`crate::HeaderHash`].
    Headers,
}

/// How much of each message is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The octets, flags and date.
    Whole,
    /// The octets are read, hashed and dropped: `Fetched::Hashed`.
    Hashes,
}

/// What is to be listed of a folder.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    pub folder: &'a Folder,
    /// The first UID (1 = all; POP3 ignores it).
    pub from: u32,
    pub want: Want,
    /// Only what changed since this HIGHESTMODSEQ (RFC 7162), where the server can tell; all else.
    pub since: Option<u64>,
}

/// Messages of one folder that are to be sent. It is over when `out` is dropped.
#[derive(Debug)]
pub struct Portion {
    pub folder: Arc<Folder>,
    /// The UIDVALIDITY that `ids` are of, where it is known.
    pub validity: Option<u32>,
    /// Ascending, each once.
    pub ids: Vec<MessageId>,
    pub out: Sender<Fetched>,
}

/// Answer of [`Order::next`].
#[derive(Debug)]
pub enum Given {
    Portion(Portion),
    /// Nothing now: those who take are behind. Only given while something is under way.
    NotYet,
    End,
}

/// What a source is to send, portion by portion. It asks for the next one before the last is over, so that the line is
/// never idle.
#[async_trait]
pub trait Order: Send {
    /// With `idle` (nothing under way) waits for a portion.
    async fn next(&mut self, idle: bool) -> Given;

    /// Of this folder nothing more comes, while others go on. Told before the portion's `out` is dropped.
    fn failed(&mut self, folder: &Folder, failure: Failure);
}

/// An order of one portion.
struct Single {
    portion: Option<Portion>,
    failure: Option<Failure>,
}

#[async_trait]
impl Order for Single {
    async fn next(&mut self, _: bool) -> Given {
        self.portion.take().map_or(Given::End, Given::Portion)
    }

    fn failed(&mut self, _: &Folder, failure: Failure) {
        self.failure = Some(failure);
    }
}

/// Where a mailbox says it is, to recognise it again. Compared before each run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The greeting's text, or the archive's id.
    pub greeting: String,
    /// SHA-256 of the server's certificate, hexadecimal; None without TLS.
    pub certificate: Option<String>,
}

/// A mailbox to read. It is never changed: EXAMINE and BODY.PEEK only.
///
/// Any `Err` ends this Source: whether its connection is still good is not the caller's to guess, it opens a
/// new one. Errors of one message come as [`Fetched::Failed`] and never as `Err`. An `Err` of reach `Folder`
/// leaves it usable for other folders.
#[async_trait]
pub trait Source: Send {
    async fn identity(&mut self) -> Result<Identity>;

    /// All folders of the person's own namespace, with what the server tells of each without opening it.
    async fn folders(&mut self) -> Result<Vec<Folder>>;

    /// A listing for each look, in their order; several folders cost no more round trips than one. An inner `Err` is
    /// that folder's alone.
    async fn list_all(&mut self, looks: &[Look<'_>]) -> Result<Vec<Result<Listing>>>;

    /// Messages with UID `from` and above.
    async fn list(&mut self, folder: &Folder, from: u32, want: Want) -> Result<Listing> {
        let listed = self.list_all(&[Look { folder, from, want, since: None }]).await?;
        listed.into_iter().next().unwrap_or_else(|| Err(Failure::new(Cause::Protocol)))
    }

    /// Sends each id of each portion exactly once, in any order within a portion. A portion whose `out` is closed by
    /// the receiver ends early. `Ok` means that every id was sent, but for closed portions and failed folders. Demands
    /// the tagged OK and exactly the ids asked for; a missing one is asked for singly, then sent as Failed.
    async fn fetch_all(&mut self, order: &mut dyn Order, part: Part) -> Result<()>;

    /// `ids` of one folder.
    async fn fetch(&mut self, folder: &Folder, ids: &[MessageId], part: Part, out: Sender<Fetched>) -> Result<()> {
        let portion = Portion { folder: Arc::new(folder.clone()), validity: None, ids: ids.to_vec(), out };
        let mut single = Single { portion: Some(portion), failure: None };
        self.fetch_all(&mut single, part).await?;
        single.failure.map_or(Ok(()), Err)
    }

    /// All time limits are `times` as long as usual from now on. A mailbox that has none need not listen.
    fn be_patient(&mut self, _times: u32) {}

    /// Says goodbye. Errors do not matter any more.
    async fn close(&mut self);
}

/// The state of a target folder before the first store: what lies from `uid_next` on may be ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// As the target lists it after it was made: servers change names.
    pub folder: Folder,
    pub validity: u32,
    pub uid_next: u32,
    /// True when this call created it.
    pub created: bool,
    /// PERMANENTFLAGS has `\*`: any keyword is kept. Otherwise only those in `keywords` are.
    pub any_keyword: bool,
    pub keywords: Vec<String>,
}

/// What a target as a whole can hold. None: not told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capacity {
    /// Octets that still fit, by its quota (RFC 9208).
    pub room: Option<u64>,
    /// Octets of the largest message (APPENDLIMIT, RFC 7889).
    pub message_limit: Option<u64>,
    pub names: NameRules,
}

/// What a folder name may be. The plan maps by it; `prepare` still names what the server made of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameRules {
    /// A character that no segment can hold, None for a flat namespace.
    pub delimiter: Option<char>,
    /// Further characters this kind of server is known to refuse.
    pub refused: Vec<char>,
    /// All folders lie below the inbox (RFC 2342: the prefix is `INBOX.`): `INBOX/x` is another spelling of `x`.
    pub below_inbox: bool,
}

/// How much a target is ready to take now. It chooses anew each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub messages: usize,
    pub octets: u64,
}

/// A folder to be made ready.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub path: &'a FolderPath,
    pub special: Option<SpecialUse>,
}

/// Answer of [`Feed::take`].
#[derive(Debug)]
pub enum Taken {
    /// At least one message, all for one folder, within the limits but for a single message larger than them.
    Batch(Arc<Fence>, Vec<Message>),
    /// Nothing at hand now. Only given while something is in flight.
    NotYet,
    End,
}

/// What became of a message that a target took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Stored, under this UID if the server told (APPENDUID).
    Stored(Option<u32>),
    /// Refused for what it is; nothing of it was stored. Never used for quota or throttling of the whole.
    Refused(Failure),
    /// The command that it was in with others was refused. Not every server undoes all of it (RFC 3502 asks for
    /// that), so only a look at the folder tells what was stored.
    Doubtful,
}

/// Where a target takes its messages from. What `take` returns is already committed as intended; a message
/// that is taken and never settled stays in doubt, and the next run looks for it at the target.
#[async_trait]
pub trait Feed: Send {
    /// With `idle` (nothing in flight) waits for one message; never waits for a second, so that batches grow
    /// by themselves while answers are awaited.
    async fn take(&mut self, limits: Limits, idle: bool) -> Result<Taken>;

    /// Gives the messages back with what became of them. The result rides in the next commit.
    async fn settle(&mut self, fence: &Fence, outcomes: Vec<(Message, Outcome)>) -> Result<()>;

    /// A message that was taken and not settled is now to be given in another form: commits that form as intended in
    /// its place. False: it is not wanted in another form.
    async fn instead(&mut self, _fence: &Fence, _form: &Message, _of: &Repaired) -> Result<bool> {
        Ok(false)
    }

    /// This folder takes nothing more, others do; what it was given and is not settled stays in doubt.
    fn folder_failed(&mut self, fence: &Fence, failure: Failure);
}

/// A change of flags of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagChange {
    pub id: MessageId,
    pub flags: Flags,
}

/// A message as it was seen last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub id: MessageId,
    pub flags: Flags,
}

impl Seen {
    /// Whether its owner has marked it otherwise since. The mark of a removal is not looked at.
    pub fn differs(&self, now: &Flags) -> bool {
        let rest = |flags: &Flags| flags.clone().without(System::Deleted);
        rest(&self.flags) != rest(now)
    }
}

/// A mailbox to store into. Errors as for [`Source`].
#[async_trait]
pub trait Target: Source {
    async fn capacity(&mut self) -> Result<Capacity>;

    /// Of its capacity only what names may be, which is often known without asking.
    async fn names(&mut self) -> Result<NameRules> {
        Ok(self.capacity().await?.names)
    }

    /// For each place: creates the folder if it is missing, subscribes it, and tells its fence. Those above others
    /// come before them. An inner `Err` is that folder's alone.
    async fn prepare_all(&mut self, places: &[Place<'_>]) -> Result<Vec<Result<Fence>>>;

    async fn prepare(&mut self, path: &FolderPath, special: Option<SpecialUse>) -> Result<Fence> {
        let prepared = self.prepare_all(&[Place { path, special }]).await?;
        prepared.into_iter().next().unwrap_or_else(|| Err(Failure::new(Cause::Protocol)))
    }

    /// Takes batches from `feed` until its end and stores them. Every message taken is settled once, but for those in
    /// flight when it ends with `Err` or their folder fails: these are in doubt. On [`Taken::End`] it awaits what is in
    /// flight, settles it, and returns Ok.
    async fn store(&mut self, feed: &mut dyn Feed) -> Result<()>;

    /// Removes these (UID EXPUNGE, RFC 4315), but for those whose owner has marked them since they were seen: they stay, and
    /// are told. That is looked at as late as can be: with `since`, the HIGHESTMODSEQ of that moment, the server refuses
    /// by itself what was changed after it (UNCHANGEDSINCE, RFC 7162); without, the flags that come back with our mark
    /// tell. Without UIDPLUS it refuses with `FolderRefused`.
    async fn remove(&mut self, folder: &Folder, seen: &[Seen], since: Option<u64>) -> Result<Vec<MessageId>>;

    /// Whether `remove` can, known without asking.
    fn removes(&self) -> bool;

    /// Deletes a folder that holds no message, and its subscription (DELETE, RFC 9051 6.3.5). Refuses with
    /// `FolderRefused` where it holds one. Whether other folders lie below it is the caller's to know.
    async fn remove_folder(&mut self, folder: &Folder) -> Result<()>;

    /// Moves messages (UID MOVE, RFC 6851) and tells each one's new UID where known.
    async fn relocate(
        &mut self,
        folder: &Folder,
        ids: &[MessageId],
        to: &Folder,
    ) -> Result<Vec<(MessageId, Option<u32>)>>;

    async fn flag(&mut self, folder: &Folder, changes: &[FlagChange]) -> Result<()>;
}
