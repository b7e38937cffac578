//! What was read of the folders at work, kept over new connections, so that nothing is read twice; and the reading of
//! them, by every pair there is. Must not judge.

use crate::compare::{Item, Mark};
use crate::copy::PATIENCE;
use crate::course::Course;
use crate::crew::Crew;
use crate::pass::{Leaf, Pass, Seen};
use crate::survey;
use mail::{Entry, Failure, Fetched, Folder, Listing, Look, MessageId, Result, Side, Source, Want};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// Messages of the folders that are at work at once, which bounds what is held of them in memory.
pub(crate) const ROUND: u64 = 100_000;

/// One side of one folder.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub folder: Option<Arc<Folder>>,
    pub validity: Option<u32>,
    /// As listed last, with sizes. Ascending.
    pub ids: Vec<(MessageId, u32)>,
    pub items: HashMap<MessageId, Item>,
    pub failed: HashMap<MessageId, Failure>,
}

impl Reading {
    /// Begins anew on what is listed now: what was read stands, what failed is asked for again.
    pub fn listed(&mut self, folder: Arc<Folder>, validity: Option<u32>, entries: &[Entry]) {
        if self.validity != validity {
            *self = Self::default();
        }
        self.failed.clear();
        (self.folder, self.validity) = (Some(folder), validity);
        self.ids = entries.iter().map(|entry| (entry.id.clone(), entry.size.unwrap_or(0))).collect();
    }

    /// These are compared by their header, as it was listed.
    pub fn by_header(&mut self, entries: Vec<Entry>) {
        for Entry { id, header, flags, date, .. } in entries {
            if let Some(header) = header {
                let item = Item { id: id.clone(), mark: Mark::Header(header), header, flags, date, octets: 0 };
                self.items.insert(id, item);
            }
        }
    }

    pub fn take(&mut self, fetched: Fetched) {
        match fetched {
            Fetched::Hashed { id, sha256, header, octets, flags, date } => {
                let item = Item { id: id.clone(), mark: Mark::Octets(sha256), header, flags, date, octets };
                self.items.insert(id, item);
            }
            Fetched::Failed { id, failure } => {
                self.failed.insert(id, failure);
            }
            Fetched::Message(_) => {}
        }
    }

    /// The messages of the listing that were read.
    pub fn read(&self) -> impl Iterator<Item = &Item> {
        self.ids.iter().filter_map(|(id, _)| self.items.get(id))
    }

    /// What is still to be read, of it what is `slow` or not.
    fn leaf(&self, at: usize, slow: Option<&HashSet<MessageId>>, patient: bool) -> Option<Leaf> {
        let is_slow = |id: &MessageId| slow.is_some_and(|slow| slow.contains(id));
        let open = |id: &MessageId| !self.items.contains_key(id) && !self.failed.contains_key(id);
        let wanted = self.ids.iter().filter(|(id, _)| open(id) && is_slow(id) == patient);
        let ids: Vec<_> = wanted.cloned().collect();
        let folder = Arc::clone(self.folder.as_ref().filter(|_| !ids.is_empty())?);
        Some(Leaf { at, folder, validity: self.validity, ids })
    }
}

/// Both sides of one folder.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    pub source: Reading,
    pub target: Reading,
}

/// By a folder's place in the plan.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelf(Arc<Mutex<BTreeMap<usize, Readings>>>);

impl Shelf {
    pub fn open(&self) -> MutexGuard<'_, BTreeMap<usize, Readings>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was read of a folder, taken away.
    pub fn take(&self, at: usize) -> Readings {
        self.open().remove(&at).unwrap_or_default()
    }

    fn note(&self, side: Side, at: usize, fetched: Fetched) {
        let mut shelf = self.open();
        let readings = shelf.entry(at).or_default();
        match side {
            Side::Target => readings.target.take(fetched),
            Side::Source | Side::Local => readings.source.take(fetched),
        }
    }
}

/// A listing for each folder, or its own failure; several cost no more round trips than one.
pub(crate) async fn list(
    mailbox: &mut dyn Source,
    side: Side,
    folders: &[Arc<Folder>],
    want: Want,
) -> Result<Vec<Result<Listing>>> {
    let looks: Vec<Look> = folders.iter().map(|folder| Look { folder, from: 1, want, since: None }).collect();
    let listed = mailbox.list_all(&looks).await.map_err(|failure| failure.on(side))?;
    Ok(listed.into_iter().map(|listing| listing.map_err(|failure| failure.on(side))).collect())
}

impl Course {
    /// Folders of the phase at work that are not done, as many as a round takes.
    pub fn round(&mut self) -> Vec<usize> {
        let open = self.reached().iter().enumerate().filter(|(_, one)| !one.done).map(|(at, _)| at).collect();
        let open = self.without_suspects(open);
        let mut messages = 0;
        let mut fits = |at: &usize| {
            let before = messages;
            messages += survey::messages(&self.planned()[*at].source);
            before == 0 || messages <= ROUND
        };
        open.into_iter().take_while(|at| fits(at)).collect()
    }

    /// Of a listing what the options want.
    pub fn wanted(&self, entries: Vec<Entry>) -> Vec<Entry> {
        let layout = &self.request.layout;
        let wanted = |entry: &Entry| survey::wanted(layout, entry.date, entry.size.map_or(0, u64::from));
        entries.into_iter().filter(wanted).collect()
    }

    /// A folder of the source was listed.
    pub fn begin_reading(&self, at: usize, folder: Arc<Folder>, validity: Option<u32>, entries: &[Entry]) {
        let mut shelf = self.shelf.open();
        let reading = &mut shelf.entry(at).or_default().source;
        reading.listed(folder, validity, entries);
        // Each of these has cost several connections.
        let given_up = self.given_up.get(&at).into_iter().flatten();
        reading.failed.extend(given_up.map(|(id, failure)| (id.clone(), failure.clone())));
    }

    /// Reads what is not read yet of these folders, with every pair there is. Those that fail as folders are dealt with
    /// and taken away.
    pub async fn read_all(
        &mut self,
        crew: &mut Crew,
        at_work: &mut Vec<usize>,
        step: impl Fn(Side, usize, &Fetched) + Send + Sync + 'static,
        stop: &CancellationToken,
    ) -> Result<()> {
        let shelf = self.shelf.clone();
        let seen: Seen = Arc::new(move |side, at, fetched| {
            step(side, at, &fetched);
            shelf.note(side, at, fetched);
        });
        loop {
            let (mut source, mut target) = self.unread(at_work, false);
            // What took too long before comes when nothing else is left.
            let patient = source.is_empty() && target.is_empty();
            if patient {
                (source, target) = self.unread(at_work, true);
            }
            if source.is_empty() && target.is_empty() {
                return Ok(());
            }
            let halt = stop.child_token();
            let patience = if patient { self.patience().max(PATIENCE) } else { self.patience() };
            let pass = Pass::of(source, target, Arc::clone(&seen), patience, halt.clone());
            let worked = self.work_with(crew, &pass, stop, &halt).await;
            for (at, failure) in pass.failures() {
                if let Some(place) = at_work.iter().position(|one| *one == at) {
                    at_work.remove(place);
                    self.folder_failed(at, failure);
                }
            }
            worked?;
        }
    }

    fn unread(&self, at_work: &[usize], patient: bool) -> (Vec<Leaf>, Vec<Leaf>) {
        let shelf = self.shelf.open();
        let (mut source, mut target) = (Vec::new(), Vec::new());
        for at in at_work {
            let Some(readings) = shelf.get(at) else { continue };
            source.extend(readings.source.leaf(*at, self.put_last.get(at), patient));
            target.extend(readings.target.leaf(*at, None, patient));
        }
        (source, target)
    }
}
