//! What the ports promise, checked on any mailbox that implements them. Each check gets new sessions on one mailbox,
//! which is empty but for its inbox, and works in a folder of its own.

mod letters;

use async_trait::async_trait;
use letters::{Letter, letter, odd};
use mail::ports::FlagChange;
use mail::{
    Budget, Cause, Entry, Failure, Feed, Fence, Fetched, Flags, Folder, FolderPath, HeaderHash, InternalDate, Limits,
    Message, MessageId, Outcome, Part, Reach, Result, Seen, Sha256, System, Taken, Target, Want,
};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use tokio::sync::mpsc;

/// What a mailbox under test can do beyond the promise.
#[derive(Clone, Debug)]
pub struct Traits {
    /// Tells the UID of what it stored.
    pub uids: bool,
    /// Octets of a message that it refuses; None: it takes everything.
    pub refused: Option<Vec<u8>>,
    /// Can remove single messages.
    pub removes: bool,
    /// Others work in it at the same time.
    pub shared: bool,
    /// Can delete folders that are empty.
    pub removes_folders: bool,
    /// The odd octets that it keeps as they are; the others are not tried on it.
    pub keeps: fn(&[u8]) -> bool,
    /// A folder name as odd as it bears.
    pub odd_name: &'static str,
}

/// Checks it all. `open` gives a new session on the same mailbox.
pub async fn holds<F>(open: F, traits: &Traits)
where
    F: AsyncFn() -> Box<dyn Target>,
{
    folders_are_made_and_listed(&mut *open().await, traits).await;
    messages_are_kept_whole(&mut *open().await, &mut *open().await, traits).await;
    listings_begin_where_asked(&mut *open().await).await;
    each_id_is_sent_once(&mut *open().await).await;
    a_closed_receiver_ends_a_fetch(&mut *open().await).await;
    the_fence_lies_before_what_is_stored(&mut *open().await, traits).await;
    nothing_is_stored_from_an_empty_feed(&mut *open().await).await;
    a_failing_feed_ends_the_store(&mut *open().await, &mut *open().await).await;
    a_refused_message_leaves_the_others(&mut *open().await, traits).await;
    a_missing_folder_is_a_failure_of_the_folder(&mut *open().await).await;
    messages_are_flagged_moved_and_removed(&mut *open().await, traits).await;
    what_its_owner_marks_meanwhile_stays(&mut *open().await, &mut *open().await, traits).await;
    only_an_empty_folder_is_deleted(&mut *open().await, &mut *open().await, traits).await;
}

/// Gives letters under ascending ids, at most three a batch, and watches how it is used.
struct Tray {
    fence: Arc<Fence>,
    letters: std::collections::VecDeque<(u32, Letter)>,
    /// Taken and not settled.
    out: HashSet<u32>,
    settled: BTreeMap<u32, Outcome>,
    /// After this many batches `take` fails.
    fails_after: usize,
    batches: usize,
    /// Says `NotYet` once between batches.
    pauses: bool,
    ended: bool,
}

impl Tray {
    fn new(fence: &Fence, letters: impl IntoIterator<Item = Letter>) -> Self {
        let first = fence.uid_next;
        let letters = letters.into_iter().enumerate().map(|(at, letter)| (first + at as u32, letter)).collect();
        let (fence, out, settled) = (Arc::new(fence.clone()), HashSet::new(), BTreeMap::new());
        Self { fence, letters, out, settled, fails_after: usize::MAX, batches: 0, pauses: false, ended: false }
    }

    /// The UIDs told, in the order in which the letters were given.
    fn uids(&self) -> Vec<u32> {
        self.settled
            .values()
            .map(|outcome| match outcome {
                Outcome::Stored(Some(uid)) => *uid,
                other => panic!("not stored under a UID: {other:?}"),
            })
            .collect()
    }
}

#[async_trait]
impl Feed for Tray {
    async fn take(&mut self, limits: Limits, idle: bool) -> Result<Taken> {
        assert!(limits.messages > 0 && limits.octets > 0, "asks for nothing: {limits:?}");
        assert!(!self.ended, "asks again after the end");
        assert_eq!(idle, self.out.is_empty(), "idle means that nothing is in flight");
        if self.batches == self.fails_after {
            return Err(Failure::new(Cause::DiskFull));
        }
        self.pauses = !self.pauses;
        if !idle && self.pauses {
            return Ok(Taken::NotYet);
        }
        let (mut batch, mut octets) = (Vec::new(), 0);
        while let Some((_, (next, ..))) = self.letters.front() {
            octets += next.len() as u64;
            if !batch.is_empty() && (batch.len() == limits.messages.min(3) || octets > limits.octets) {
                break;
            }
            if let Some((id, (octets, flags, seconds))) = self.letters.pop_front() {
                self.out.insert(id);
                let date = Some(InternalDate { seconds, zone: 480 });
                batch.push(Message { id: MessageId::Uid(id), flags, date, body: Budget::unbounded(octets) });
            }
        }
        self.batches += 1;
        self.ended = batch.is_empty();
        Ok(if batch.is_empty() { Taken::End } else { Taken::Batch(Arc::clone(&self.fence), batch) })
    }

    async fn settle(&mut self, fence: &Fence, outcomes: Vec<(Message, Outcome)>) -> Result<()> {
        assert_eq!(*fence, *self.fence);
        for (message, outcome) in outcomes {
            let id = message.id.uid().unwrap();
            assert!(self.out.remove(&id), "settles what was not taken: {id}");
            self.settled.insert(id, outcome);
        }
        Ok(())
    }

    fn folder_failed(&mut self, _: &Fence, failure: Failure) {
        panic!("{failure:?}");
    }
}

/// Fills a folder of a mailbox that takes these octets.
pub async fn fill(target: &mut dyn Target, path: &FolderPath, messages: Vec<Vec<u8>>) {
    let letters = messages.into_iter().map(|octets| (octets, Flags::new([System::Seen]), 1_000_000_000));
    store(target, path, letters.collect()).await.1.uids();
}

/// Prepares a folder and stores letters into it.
async fn store(target: &mut dyn Target, path: &FolderPath, letters: Vec<Letter>) -> (Fence, Tray) {
    let fence = target.prepare(path, None).await.unwrap();
    let count = letters.len();
    let mut tray = Tray::new(&fence, letters);
    target.store(&mut tray).await.unwrap();
    assert!(tray.out.is_empty(), "taken and never settled: {:?}", tray.out);
    assert_eq!(tray.settled.len(), count, "settled each once");
    (fence, tray)
}

async fn ids(target: &mut dyn Target, folder: &Folder) -> Vec<MessageId> {
    target.list(folder, 1, Want::Flags).await.unwrap().entries.into_iter().map(|entry| entry.id).collect()
}

async fn fetch(target: &mut dyn Target, folder: &Folder, ids: &[MessageId], part: Part) -> Vec<Fetched> {
    let (into, mut from) = mpsc::channel(2);
    let taking = async {
        let mut all = Vec::new();
        while let Some(fetched) = from.recv().await {
            all.push(fetched);
        }
        all
    };
    let (done, all) = tokio::join!(target.fetch(folder, ids, part, into), taking);
    done.unwrap();
    all
}

fn id_of(fetched: &Fetched) -> &MessageId {
    match fetched {
        Fetched::Message(message) => &message.id,
        Fetched::Hashed { id, .. } | Fetched::Failed { id, .. } => id,
    }
}

fn octets_of(message: &Message) -> Vec<u8> {
    let mut reader = message.body.reader().unwrap();
    let mut octets = Vec::new();
    while let Some(chunk) = reader.chunk().unwrap() {
        octets.extend_from_slice(chunk);
    }
    octets
}

async fn folders_are_made_and_listed(target: &mut dyn Target, traits: &Traits) {
    for name in [&["Contract"][..], &["Contract", "Büro & Co", "收据"], &[traits.odd_name]] {
        let path = FolderPath::new(name.iter().copied());
        let fence = target.prepare(&path, None).await.unwrap();
        assert!(fence.created && fence.folder.path == path && fence.folder.selectable, "{fence:?}");
        let again = target.prepare(&path, None).await.unwrap();
        assert!(!again.created && (again.validity, again.uid_next) == (fence.validity, fence.uid_next), "{again:?}");
        let folders = target.folders().await.unwrap();
        let listed = folders.iter().find(|folder| folder.path == path).expect("listed after it was made");
        let listing = target.list(listed, 1, Want::Headers).await.unwrap();
        assert!(listing.entries.is_empty());
        assert_eq!(listing.validity, Some(fence.validity));
    }
    target.capacity().await.unwrap();
    assert_eq!(target.identity().await.unwrap(), target.identity().await.unwrap());
}

async fn messages_are_kept_whole(target: &mut dyn Target, other: &mut dyn Target, traits: &Traits) {
    let path = FolderPath::new(["Whole"]);
    let letters: Vec<Letter> =
        (0..10).map(letter).chain(odd().into_iter().filter(|odd| (traits.keeps)(&odd.0))).collect();
    let (fence, tray) = store(target, &path, letters.clone()).await;
    is_whole(target, &fence, &tray, &letters, traits).await;
    // Another session sees the same.
    is_whole(other, &fence, &tray, &letters, traits).await;
}

async fn is_whole(session: &mut dyn Target, fence: &Fence, tray: &Tray, letters: &[Letter], traits: &Traits) {
    let listing = session.list(&fence.folder, 1, Want::Headers).await.unwrap();
    assert_eq!(listing.entries.len(), letters.len());
    assert!(listing.entries.is_sorted_by(|one, other| one.id < other.id), "ascending, each once");
    if traits.uids {
        let listed: Vec<u32> = listing.entries.iter().filter_map(|entry| entry.id.uid()).collect();
        assert_eq!(tray.uids(), listed, "UIDs as told, in the order of the letters");
    }
    for (entry, (octets, flags, seconds)) in listing.entries.iter().zip(letters) {
        assert_eq!(entry.header, Some(HeaderHash::of(octets)), "{:?}", String::from_utf8_lossy(octets));
        assert_eq!(entry.size, Some(octets.len() as u32));
        assert_eq!(&entry.flags, flags);
        assert_eq!(entry.date.map(|date| date.seconds), Some(*seconds));
    }
    let ids: Vec<MessageId> = listing.entries.iter().map(|entry| entry.id.clone()).collect();
    let mut whole = fetch(session, &fence.folder, &ids, Part::Whole).await;
    whole.sort_by(|one, other| id_of(one).cmp(id_of(other)));
    let mut hashed = fetch(session, &fence.folder, &ids, Part::Hashes).await;
    hashed.sort_by(|one, other| id_of(one).cmp(id_of(other)));
    assert_eq!((whole.len(), hashed.len()), (letters.len(), letters.len()));
    for (((octets, flags, seconds), whole), hashed) in letters.iter().zip(&whole).zip(&hashed) {
        let Fetched::Message(message) = whole else { panic!("{whole:?}") };
        assert!(octets_of(message) == *octets, "octets differ: {:?}", String::from_utf8_lossy(octets));
        assert_eq!((message.body.sha256, message.body.header), (Sha256::of(octets), HeaderHash::of(octets)));
        assert_eq!((&message.flags, message.date.map(|date| date.seconds)), (flags, Some(*seconds)));
        let Fetched::Hashed { sha256, header, octets: length, flags: seen, date, .. } = hashed else {
            panic!("{hashed:?}")
        };
        assert_eq!((*sha256, *header, *length), (Sha256::of(octets), HeaderHash::of(octets), octets.len() as u64));
        assert_eq!((seen, date.map(|date| date.seconds)), (flags, Some(*seconds)));
    }
}

async fn listings_begin_where_asked(target: &mut dyn Target) {
    let (fence, _) = store(target, &FolderPath::new(["From"]), (0..6).map(letter).collect()).await;
    let all = ids(target, &fence.folder).await;
    let third = all[2].uid().unwrap();
    for want in [Want::Flags, Want::Sizes, Want::Dates, Want::Headers] {
        let listing = target.list(&fence.folder, third, want).await.unwrap();
        let told = |entry: &Entry| (entry.size.is_some(), entry.date.is_some());
        let asked = (want >= Want::Sizes, want >= Want::Dates);
        assert!(listing.entries.iter().all(|entry| told(entry) == asked), "{want:?}");
        let listed: Vec<MessageId> = listing.entries.iter().map(|entry| entry.id.clone()).collect();
        assert_eq!(listed, all[2..], "{want:?}");
    }
    let last = all[5].uid().unwrap();
    assert!(target.list(&fence.folder, last + 1, Want::Headers).await.unwrap().entries.is_empty(), "beyond the end");
}

async fn each_id_is_sent_once(target: &mut dyn Target) {
    let (fence, _) = store(target, &FolderPath::new(["Once"]), (0..9).map(letter).collect()).await;
    let all = ids(target, &fence.folder).await;
    let mut asked: Vec<MessageId> = all.iter().step_by(2).cloned().collect();
    asked.push(MessageId::Uid(4_000_000));
    for part in [Part::Whole, Part::Hashes] {
        let sent = fetch(target, &fence.folder, &asked, part).await;
        let mut came: Vec<MessageId> = sent.iter().map(|fetched| id_of(fetched).clone()).collect();
        came.sort();
        assert_eq!(came, asked);
        for fetched in &sent {
            let failed = matches!(fetched, Fetched::Failed { failure, .. } if failure.reach == Reach::Message);
            assert_eq!(failed, *id_of(fetched) == MessageId::Uid(4_000_000), "{fetched:?}");
        }
    }
    assert!(fetch(target, &fence.folder, &[], Part::Whole).await.is_empty());
}

async fn a_closed_receiver_ends_a_fetch(target: &mut dyn Target) {
    let (fence, _) = store(target, &FolderPath::new(["Closed"]), (0..30).map(letter).collect()).await;
    let all = ids(target, &fence.folder).await;
    let (into, mut from) = mpsc::channel(1);
    let taking = async {
        let first = from.recv().await;
        drop(from);
        first
    };
    let (done, first) = tokio::join!(target.fetch(&fence.folder, &all, Part::Whole, into), taking);
    assert!(first.is_some());
    done.expect("ends early with Ok");
}

async fn the_fence_lies_before_what_is_stored(target: &mut dyn Target, traits: &Traits) {
    let path = FolderPath::new(["Fence"]);
    let (first, _) = store(target, &path, (0..4).map(letter).collect()).await;
    let (second, tray) = store(target, &path, (0..4).map(letter).collect()).await;
    assert!(second.validity == first.validity && second.uid_next >= first.uid_next + 4 && !second.created);
    let later = target.list(&second.folder, second.uid_next, Want::Flags).await.unwrap().entries;
    assert_eq!(later.len(), 4, "identical messages are stored again");
    if traits.uids {
        assert_eq!(tray.uids(), later.iter().filter_map(|entry| entry.id.uid()).collect::<Vec<_>>());
    }
}

async fn nothing_is_stored_from_an_empty_feed(target: &mut dyn Target) {
    let (fence, _) = store(target, &FolderPath::new(["Empty"]), Vec::new()).await;
    assert!(ids(target, &fence.folder).await.is_empty());
}

async fn a_failing_feed_ends_the_store(target: &mut dyn Target, other: &mut dyn Target) {
    let path = FolderPath::new(["Failing"]);
    let fence = target.prepare(&path, None).await.unwrap();
    let mut tray = Tray::new(&fence, (0..9).map(letter));
    tray.fails_after = 2;
    let failure = target.store(&mut tray).await.expect_err("the feed's own failure");
    assert_eq!(failure.cause, Cause::DiskFull);
    let stored = ids(other, &fence.folder).await.len();
    assert!(stored <= 6 && stored >= tray.settled.len(), "{stored} stored, {} settled", tray.settled.len());
}

async fn a_refused_message_leaves_the_others(target: &mut dyn Target, traits: &Traits) {
    let Some(refused) = &traits.refused else { return };
    let bad = (refused.clone(), Flags::default(), 0);
    let letters = vec![letter(0), letter(1), bad.clone(), letter(2), letter(3), bad, letter(4)];
    let path = FolderPath::new(["Refused"]);
    let (fence, mut tray) = store(target, &path, letters.clone()).await;
    for (outcome, letter) in tray.settled.values_mut().zip(letters) {
        // Of a batch that was refused whole: alone each shows what it is.
        if matches!(outcome, Outcome::Doubtful) {
            *outcome = store(target, &path, vec![letter]).await.1.settled.into_values().next().unwrap();
        }
    }
    let outcomes: Vec<bool> = tray.settled.values().map(|outcome| matches!(outcome, Outcome::Stored(_))).collect();
    assert_eq!(outcomes, [true, true, false, true, true, false, true]);
    let listing = target.list(&fence.folder, 1, Want::Headers).await.unwrap();
    let headers: BTreeSet<_> = listing.entries.iter().filter_map(|entry| entry.header).collect();
    assert_eq!(headers, (0..5).map(|number| HeaderHash::of(&letter(number).0)).collect());
    assert_eq!(listing.entries.len(), 5, "each once");
}

async fn a_missing_folder_is_a_failure_of_the_folder(target: &mut dyn Target) {
    let fence = target.prepare(&FolderPath::inbox(), None).await.unwrap();
    let nowhere = Folder { wire: b"Nowhere".to_vec(), path: FolderPath::new(["Nowhere"]), ..fence.folder.clone() };
    let failure = target.list(&nowhere, 1, Want::Flags).await.expect_err("there is no such folder");
    // Without a code in brackets a server's NO does not say why.
    assert!(matches!(failure.cause, Cause::FolderMissing | Cause::FolderRefused), "{failure:?}");
    assert_eq!(failure.reach, Reach::Folder);
    target.list(&fence.folder, 1, Want::Flags).await.expect("still good for other folders");
}

/// Marked after it was seen, it is not removed: by the server's own word where it counts changes, by the flags else.
async fn what_its_owner_marks_meanwhile_stays(target: &mut dyn Target, owner: &mut dyn Target, traits: &Traits) {
    if !(traits.removes && traits.shared) {
        return;
    }
    let (fence, _) = store(target, &FolderPath::new(["Marked"]), (0..5).map(|_| letter(0)).collect()).await;
    let seen = target.list(&fence.folder, 1, Want::Flags).await.unwrap();
    let all: Vec<MessageId> = seen.entries.iter().map(|entry| entry.id.clone()).collect();
    let flags = Flags::new([System::Flagged]);
    let change = |id: &MessageId, flags: &Flags| FlagChange { id: id.clone(), flags: flags.clone() };
    owner.flag(&fence.folder, &[change(&all[0], &flags), change(&all[1], &flags)]).await.unwrap();
    // Read, and unread again: its flags tell nothing.
    owner.flag(&fence.folder, &[change(&all[2], &flags)]).await.unwrap();
    owner.flag(&fence.folder, &[change(&all[2], &Flags::default())]).await.unwrap();
    let as_seen: Vec<Seen> =
        seen.entries.iter().map(|entry| Seen { id: entry.id.clone(), flags: entry.flags.clone() }).collect();
    let left = target.remove(&fence.folder, &as_seen, seen.modseq).await.unwrap();
    let kept = if seen.modseq.is_some() { 3 } else { 2 };
    assert_eq!(left, all[..kept]);
    let now = target.list(&fence.folder, 1, Want::Flags).await.unwrap();
    let shown: Vec<(&MessageId, &Flags)> = now.entries.iter().map(|entry| (&entry.id, &entry.flags)).collect();
    let none = Flags::default();
    assert_eq!(shown, [(&all[0], &flags), (&all[1], &flags), (&all[2], &none)][..kept], "and bears no mark of ours");
    // Without the count of changes the same by the flags alone.
    assert_eq!(target.remove(&fence.folder, &as_seen[..kept], None).await.unwrap(), all[..2]);
    let now = target.list(&fence.folder, 1, Want::Flags).await.unwrap();
    assert!(now.entries.iter().all(|entry| entry.flags == flags), "{:?}", now.entries);
    assert_eq!(now.entries.len(), 2);
}

async fn only_an_empty_folder_is_deleted(target: &mut dyn Target, other: &mut dyn Target, traits: &Traits) {
    let (full, _) = store(target, &FolderPath::new(["Deleting", "full"]), vec![letter(1)]).await;
    let refused = target.remove_folder(&full.folder).await.expect_err("it holds a message");
    assert_eq!((refused.cause, refused.reach), (Cause::FolderRefused, Reach::Folder));
    assert_eq!(ids(target, &full.folder).await.len(), 1);
    if !traits.removes_folders {
        return;
    }
    // Made and still open, as it is after a move.
    let empty = target.prepare(&FolderPath::new(["Deleting", "empty 收据"]), None).await.unwrap();
    target.remove_folder(&empty.folder).await.unwrap();
    let left = other.folders().await.unwrap();
    assert!(left.iter().all(|folder| folder.path != empty.folder.path), "{left:?}");
    assert!(left.iter().any(|folder| folder.path == full.folder.path), "{left:?}");
    assert!(target.remove_folder(&empty.folder).await.is_err(), "it is gone");
    let again = target.prepare(&empty.folder.path, None).await.unwrap();
    assert!(again.created && again.folder.path == empty.folder.path, "{again:?}");
}

async fn messages_are_flagged_moved_and_removed(target: &mut dyn Target, traits: &Traits) {
    assert_eq!(target.removes(), traits.removes);
    if !traits.removes {
        return;
    }
    let (from, _) = store(target, &FolderPath::new(["Here"]), (0..4).map(letter).collect()).await;
    let to = target.prepare(&FolderPath::new(["There"]), None).await.unwrap();
    let all = ids(target, &from.folder).await;
    let flags = Flags::from_names(["\\Seen", "Work"]);
    target.flag(&from.folder, &[FlagChange { id: all[0].clone(), flags: flags.clone() }]).await.unwrap();
    let entries = target.list(&from.folder, 1, Want::Flags).await.unwrap().entries;
    assert_eq!((&entries[0].flags, &entries[1].flags), (&flags, &letter(1).1));
    let moved = target.relocate(&from.folder, &all[1..3], &to.folder).await.unwrap();
    assert_eq!(moved.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>(), all[1..3]);
    let there = ids(target, &to.folder).await;
    assert_eq!(there.len(), 2);
    if traits.uids {
        assert_eq!(moved.iter().filter_map(|(_, uid)| uid.map(MessageId::Uid)).collect::<Vec<_>>(), there);
    }
    let seen = |id: &MessageId, flags: &Flags| Seen { id: id.clone(), flags: flags.clone() };
    let last = seen(&all[3], &letter(3).1);
    assert_eq!(target.remove(&from.folder, &[last], None).await.unwrap(), []);
    assert_eq!(ids(target, &from.folder).await, all[..1]);
}
