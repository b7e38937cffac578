//! What happened to the messages of a simulated world beside the move, kept by those who know: the world and the user.
//! It shares nothing with the product's reconcile.

use super::letters;
use super::world::World;
use mail::memory::Kept;
use mail::{HeaderHash, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Messages that are one and the same in the new mailbox, of one folder.
#[derive(Clone, Debug)]
pub struct Tally {
    pub label: String,
    pub header: HeaderHash,
    /// In the old mailbox when the move was first asked for, and since.
    pub first: usize,
    pub later: usize,
    /// In the new mailbox before the move, and brought there by its owner since.
    pub before: usize,
    pub added: usize,
    /// Taken out of the new mailbox by its owner.
    pub removed: usize,
    /// Its flags were changed there.
    pub touched: bool,
}

impl Tally {
    /// There was only ever one of it, and it came by the move alone.
    pub fn plain(&self) -> bool {
        let others = self.before + self.added + self.removed;
        self.first + self.later == 1 && others == 0 && !self.touched
    }
}

/// By number of the folder, and by what the new server makes of the octets.
pub type Tallies = BTreeMap<(usize, Sha256), Tally>;

pub struct Book {
    pub tallies: Tallies,
    /// The old mailbox as its owner left it.
    pub source: Vec<Vec<Kept>>,
    /// The new mailbox as it was seen last.
    pub target: Vec<Vec<Kept>>,
    /// UIDs in the new mailbox at the end of the last run that finished.
    pub settled: Vec<BTreeSet<u32>>,
    /// What was in the new mailbox before the move, under its UIDs, while its owner does not touch it.
    pub originals: Vec<Vec<Kept>>,
    /// Named as maybe there twice, by folder and header: how often. None: it is not in the old mailbox any more.
    pub twice: BTreeMap<(usize, Option<HeaderHash>), usize>,
    /// How often the old mailbox was numbered anew.
    pub epoch: u32,
    /// How many messages may have been in doubt at the interruptions.
    pub doubts: usize,
    pub runs: usize,
    /// The new mailbox after the first quiet run.
    pub at_rest: Option<Vec<Vec<(u32, Sha256)>>>,
    pub journal_lost: bool,
    /// The last run was killed: what it named is in its journal alone. That was lost, and octets tell nothing.
    pub untold: bool,
    pub names_lost: bool,
    /// UIDs of the new mailbox mean nothing any more.
    pub target_renumbered: bool,
    /// Something came into the new mailbox by another way.
    pub foreign: bool,
}

impl Book {
    pub fn of(world: &World) -> Self {
        let source: Vec<Vec<Kept>> = world.drawers.iter().map(|drawer| world.source.kept(&drawer.source)).collect();
        let target: Vec<Vec<Kept>> = world.drawers.iter().map(|drawer| world.target.kept(&drawer.target)).collect();
        let mut book = Self {
            tallies: Tallies::new(),
            settled: vec![BTreeSet::new(); source.len()],
            originals: target.clone(),
            foreign: target.iter().any(|kept| !kept.is_empty()),
            twice: BTreeMap::new(),
            epoch: 0,
            doubts: 0,
            runs: 0,
            at_rest: None,
            journal_lost: false,
            untold: false,
            names_lost: false,
            target_renumbered: false,
            source: source.clone(),
            target: target.clone(),
        };
        for (at, kept) in source.iter().enumerate().flat_map(|(at, all)| all.iter().map(move |kept| (at, kept))) {
            book.tally(at, &world.form.apply(&kept.octets)).first += 1;
        }
        for (at, kept) in target.iter().enumerate().flat_map(|(at, all)| all.iter().map(move |kept| (at, kept))) {
            book.tally(at, &kept.octets).before += 1;
        }
        book
    }

    /// `octets` as the new server keeps them.
    pub fn tally(&mut self, at: usize, octets: &[u8]) -> &mut Tally {
        self.tallies.entry((at, Sha256::of(octets))).or_insert_with(|| Tally {
            label: letters::label(octets),
            header: HeaderHash::of(octets),
            first: 0,
            later: 0,
            before: 0,
            added: 0,
            removed: 0,
            touched: false,
        })
    }
}
