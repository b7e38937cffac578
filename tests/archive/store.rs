//! An archive as a target: it speaks the ids of the mailbox it backs up.

use super::*;
use archive::Store;
use async_trait::async_trait;
use mail::{Failure, Feed, Fence, Limits, Message, Outcome, Taken, Target};
use std::sync::Arc;

struct Batches {
    fence: Arc<Fence>,
    left: Vec<Vec<Message>>,
    settled: Vec<(MessageId, Outcome)>,
}

#[async_trait]
impl Feed for Batches {
    async fn take(&mut self, _limits: Limits, _idle: bool) -> Result<Taken> {
        Ok(self.left.pop().map_or(Taken::End, |batch| Taken::Batch(Arc::clone(&self.fence), batch)))
    }

    async fn settle(&mut self, _: &Fence, outcomes: Vec<(Message, Outcome)>) -> Result<()> {
        self.settled.extend(outcomes.into_iter().map(|(message, outcome)| (message.id, outcome)));
        Ok(())
    }

    fn folder_failed(&mut self, _: &Fence, failure: Failure) {
        panic!("{failure:?}");
    }
}

fn message(uid: u32, octets: &str) -> Message {
    let body = Budget::unbounded(octets.to_owned());
    Message { id: MessageId::Uid(uid), flags: Flags::from_names(["\\Seen"]), date: None, body }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_keeps_its_uid_and_is_stored_once() {
    let directory = tempfile::tempdir().unwrap();
    let spool = tempfile::tempdir().unwrap();
    let mut store = Store::new(Archive::open_or_create(directory.path(), OWNER).unwrap(), budget(spool.path()));
    let fence = store.prepare(&FolderPath::new(["Work", "old"]), None).await.unwrap();
    assert_eq!((fence.created, fence.uid_next, fence.any_keyword), (true, 1, true));
    let second = vec![message(5, "five"), message(9, "other nine"), message(9, "nine")];
    let left = vec![second, vec![message(5, "five"), message(9, "nine")]];
    let mut feed = Batches { fence: Arc::new(fence.clone()), left, settled: Vec::new() };
    store.store(&mut feed).await.unwrap();
    let uids: Vec<_> = feed.settled.iter().map(|(_, outcome)| outcome.clone()).collect();
    assert_eq!(uids, [5, 9, 5, 10, 9].map(|uid| Outcome::Stored(Some(uid))));

    let again = store.prepare(&FolderPath::new(["Work", "old"]), None).await.unwrap();
    assert_eq!((again.created, again.uid_next, again.validity), (false, 11, fence.validity));
    let change = mail::ports::FlagChange { id: MessageId::Uid(9), flags: Flags::from_names(["k"]) };
    store.flag(&fence.folder, &[change]).await.unwrap();
    let other = store.prepare(&FolderPath::new(["Other"]), None).await.unwrap();
    assert_eq!(
        store.relocate(&fence.folder, &[MessageId::Uid(9)], &other.folder).await.unwrap(),
        [(MessageId::Uid(9), Some(1))]
    );
    let listing = store.list(&fence.folder, 1, Want::Flags).await.unwrap();
    let fifth = listing.entries.into_iter().find(|entry| entry.id == MessageId::Uid(5)).unwrap();
    let fifth = mail::Seen { id: fifth.id, flags: fifth.flags };
    assert_eq!(store.remove(&fence.folder, &[fifth], listing.modseq).await.unwrap(), []);
    let all = read_all(&mut store).await.unwrap();
    let told: Vec<_> = all
        .iter()
        .flat_map(|(path, messages)| messages.iter().map(move |got| (path.to_string(), got.id.uid(), &got.octets[..])))
        .collect();
    assert_eq!(
        told,
        [("Other".to_owned(), Some(1), b"nine".as_slice()), ("Work/old".to_owned(), Some(10), b"other nine")]
    );
    assert_eq!(all[0].1[0].flags.names(), ["k"]);
    assert!(store.capacity().await.unwrap().room.is_some_and(|room| room > 0));
    store.into_archive().seal().unwrap();
    assert_eq!(prove(directory.path()).unwrap().damaged, []);
}
