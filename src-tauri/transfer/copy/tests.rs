//! The copy over memory.

mod behaviour;
mod interrupted;
mod repaired;

use super::*;
use crate::journal::Journal;
use crate::mend::Mending;
use mail::memory::{Kept, Mailbox, Manners, Tripwire};
use mail::{Flags, Limits, System};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub fn path(text: &str) -> FolderPath {
    FolderPath::new(text.split('/'))
}

pub fn date(seconds: i64) -> Option<InternalDate> {
    Some(InternalDate { seconds, zone: 60 })
}

pub fn letter(number: usize, body: &str) -> Vec<u8> {
    format!("Message-ID: <{number}@x>\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\nFrom: a@x\r\nSubject: {number}\r\n\r\n{body}\r\n")
        .into_bytes()
}

/// Two mailboxes and a journal, which outlives the engines that work with it.
pub struct World {
    pub source: Mailbox,
    pub target: Mailbox,
    pub journal: Journal,
    pub folders: Vec<FolderPath>,
    pub rules: Rules,
    /// The person consents to repairs.
    pub repair: bool,
    /// (folder, id) of all that any run named as maybe stored twice.
    pub named: BTreeSet<(FolderPath, MessageId)>,
}

/// One folder by one pair of sessions, to its end.
pub async fn copy_folder(
    pair: Pair,
    source: &mut dyn Source,
    target: &mut dyn Target,
    (journal, rules): (&Journal, &Rules),
    step: Steps,
    stop: &CancellationToken,
) -> Result<Copied> {
    let (journal_, rules_) = (journal.clone(), rules.clone());
    let terms = Terms { journal: journal_, rules: rules_, before: Arc::default(), stop: stop.clone() };
    let mut lanes = [Lane::new(0, pair, None, step)];
    if !rules.store {
        check(&mut lanes, source, target, &terms).await?;
    }
    while !lanes[0].is_over() {
        stand(&mut lanes, source, target, &terms).await?;
        let due = lanes[0].due.len();
        let stream = Stream::of(&mut lanes, journal.clone(), stop.clone(), 1, false);
        stream.copy(source, target).await.map_err(|lost| lost.failure)?;
        conclude(&mut lanes[0], stream.take_tally(0), due, source, target, &terms).await?;
    }
    let [lane] = lanes;
    lane.failure.map_or(Ok(lane.copied.unwrap()), Err)
}

/// What a run came to.
#[derive(Debug)]
pub struct Ran {
    pub counts: Counts,
    pub octets: u64,
    /// As told step by step, in the last call for each folder.
    pub told: Counts,
}

impl World {
    pub async fn new(target: Manners) -> World {
        World {
            source: Mailbox::new(Manners::default()),
            target: Mailbox::new(target),
            journal: Journal::in_memory().await.unwrap(),
            folders: vec![FolderPath::inbox()],
            rules: Rules { store: true, ..Rules::default() },
            repair: false,
            named: BTreeSet::new(),
        }
    }

    pub fn put(&self, folder: &str, octets: Vec<u8>) {
        self.source.put(&path(folder), octets, Flags::default(), date(1_000));
    }

    /// A run as the run's control does it: after a failure of one side that side is opened anew, a few times.
    pub async fn run(&mut self, tripwire: &Tripwire) -> Result<Ran> {
        let mut journal = self.journal.clone();
        journal.tripwire = tripwire.clone();
        let ran = self.attempt(&journal, tripwire).await;
        for (_, problem) in self.journal.problems(0, 100_000).await.unwrap() {
            if problem.code == "maybe_twice" {
                self.named.insert((problem.folder.unwrap(), problem.id.unwrap()));
            }
        }
        ran
    }

    async fn attempt(&mut self, journal: &Journal, tripwire: &Tripwire) -> Result<Ran> {
        journal.begin_run().await?;
        let mut source = self.source.session_with(tripwire.clone());
        let mut target = self.target_session(tripwire);
        let stop = CancellationToken::new();
        let mut ran = Ran { counts: Counts::default(), octets: 0, told: Counts::default() };
        let folders = source.folders().await?;
        for name in &self.folders {
            let Some(folder) = folders.iter().find(|folder| folder.path == *name) else { continue };
            let pair = Pair { source: folder.clone(), target: name.clone(), special: None };
            let mut tries = 0;
            loop {
                let told = Arc::new(Mutex::new(Counts::default()));
                let telling = Arc::clone(&told);
                let step = move |step: Step| {
                    let mut told = telling.lock().unwrap();
                    match step {
                        Step::Found(n) => told.found += n,
                        Step::Stored { messages, .. } => told.stored += messages,
                        Step::Already(n) => told.already += n,
                        Step::Skipped(n) => told.skipped += n,
                        Step::Failed(n) => told.failed += n,
                        Step::Gone(n) => told.gone += n,
                    }
                };
                let terms = (journal, &self.rules);
                match copy_folder(pair.clone(), &mut source, &mut *target, terms, Arc::new(step), &stop).await {
                    Ok(copied) => {
                        ran.counts.add(copied.counts);
                        ran.octets += copied.octets;
                        ran.told.add(*told.lock().unwrap());
                        break;
                    }
                    Err(failure) if tries < 3 && failure.side != Some(Side::Local) => {
                        tries += 1;
                        source = self.source.session_with(tripwire.clone());
                        target = self.target_session(tripwire);
                    }
                    Err(failure) => return Err(failure),
                }
            }
        }
        Ok(ran)
    }

    fn target_session(&self, tripwire: &Tripwire) -> Box<dyn Target> {
        let session = Box::new(self.target.session_with(tripwire.clone()));
        Mending::wrap(session, &mail::Budget::new(1 << 20, std::env::temp_dir()), self.repair)
    }

    pub async fn run_whole(&mut self) -> Ran {
        self.run(&Tripwire::never()).await.unwrap()
    }

    pub fn at_target(&self, folder: &str) -> Vec<Kept> {
        self.target.kept(&path(folder))
    }

    pub async fn codes(&self) -> Vec<String> {
        self.journal.problems(0, 100_000).await.unwrap().into_iter().map(|(_, problem)| problem.code).collect()
    }
}

/// How often each message (octets, flags, date) is there.
pub fn multiset(kept: &[Kept]) -> BTreeMap<(Vec<u8>, Vec<String>, i64), usize> {
    let mut set = BTreeMap::new();
    for kept in kept {
        let seconds = kept.date.map_or(0, |date| date.seconds);
        *set.entry((kept.octets.to_vec(), kept.flags.names(), seconds)).or_default() += 1;
    }
    set
}
