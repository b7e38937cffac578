//! A world made from a seed: two mailboxes, how their servers behave, and how the move is asked for. Must not know what
//! will happen in it.

use super::letters::{self, Form, REFUSED};
use fastrand::Rng;
use mail::memory::{Mailbox, Manners};
use mail::{Capacity, Cause, FolderPath, Limits, NameRules};
use std::sync::Arc;

const KEYWORD: &str = "$Forwarded";

/// A folder of the old mailbox and its place in the new one.
#[derive(Clone, Debug)]
pub struct Drawer {
    pub source: FolderPath,
    pub target: FolderPath,
}

#[derive(Clone)]
pub struct World {
    pub source: Mailbox,
    pub target: Mailbox,
    pub drawers: Vec<Drawer>,
    pub form: Form,
    /// Most messages have the header of others.
    pub collide: bool,
    /// Pairs of connections at most.
    pub pairs: usize,
    pub backup: bool,
    /// Octets; what is larger is left out.
    pub max_size: Option<u64>,
    message_limit: Option<u64>,
    refuses: bool,
    /// The new server keeps no keyword but this one.
    one_keyword: bool,
    /// The new server tells the UIDs of what it stores.
    pub uidplus: bool,
    /// Messages that the new server takes before it answers, at most.
    pub in_flight: usize,
    /// The number of the next message.
    pub next: usize,
}

fn path(text: &str) -> FolderPath {
    FolderPath::new(text.split('/'))
}

/// What the new server does with keywords, sizes, batches and octets.
fn manners(dice: &mut Rng, form: Form, message_limit: Option<u64>, refuses: bool) -> Manners {
    let batch = [1, 2, 3, 5, 100][dice.usize(0..5)];
    Manners {
        capacity: Capacity {
            room: None,
            message_limit,
            names: NameRules { delimiter: Some('/'), ..NameRules::default() },
        },
        uidplus: dice.u32(0..3) > 0,
        keywords: (dice.u32(0..3) == 0).then(|| vec![KEYWORD.to_owned()]),
        refuses: refuses.then(|| {
            Arc::new(|octets: &[u8]| {
                let bad = octets.windows(REFUSED.len()).any(|window| window == REFUSED);
                bad.then_some(Cause::MessageRefused)
            }) as mail::memory::Refusal
        }),
        rewrites: (form != Form::Kept).then(|| Arc::new(move |octets: &[u8]| form.apply(octets)) as _),
        batch: Limits { messages: batch, octets: if dice.bool() { 20_000 } else { 16 * 1024 * 1024 } },
        in_flight: dice.usize(1..4),
        no_headers: dice.u32(0..6) == 0,
        ..Manners::default()
    }
}

impl World {
    /// `colliding`: the new server changes octets, most messages have the header of others, and nothing is there before.
    pub fn of(dice: &mut Rng, colliding: bool) -> Self {
        let form = match Form::of(dice) {
            Form::Kept | Form::Mended if colliding => Form::Upper,
            form => form,
        };
        let message_limit = (dice.u32(0..4) == 0).then_some(6_000);
        let refuses = dice.bool();
        let manners = manners(dice, form, message_limit, refuses);
        let (uidplus, one_keyword) = (manners.uidplus, manners.keywords.is_some());
        let in_flight = manners.batch.messages * manners.in_flight;
        let source = Mailbox::new(Manners {
            backwards: dice.u32(0..4) == 0,
            no_headers: dice.u32(0..6) == 0,
            ..Manners::default()
        });
        let target = Mailbox::new(manners);
        // The new server has counted its folders for longer.
        for _ in 0..40 {
            target.renumber(&FolderPath::inbox(), 1);
        }
        let mut drawers = vec![Drawer { source: FolderPath::inbox(), target: FolderPath::inbox() }];
        let others = [("已发送", "Sent Items"), ("Work", "Work"), ("Work/2024", "Work/2024"), ("Projects", "projects")];
        for (from, theirs) in others {
            if dice.u32(0..3) > 0 {
                continue;
            }
            let there = dice.bool();
            if there {
                let uid = target.put(&path(theirs), letters::plain(0), Default::default(), None);
                target.take_out(&path(theirs), uid);
            }
            drawers.push(Drawer { source: path(from), target: path(if there { theirs } else { from }) });
        }
        let mut world = Self {
            source,
            target,
            drawers,
            form,
            collide: dice.u32(0..3) == 0 || colliding,
            pairs: [1, 1, 2, 4][dice.usize(0..4)],
            backup: dice.u32(0..6) == 0,
            max_size: (dice.u32(0..8) == 0).then_some(7_000),
            message_limit,
            refuses,
            one_keyword,
            uidplus,
            in_flight,
            next: 1,
        };
        let before = dice.bool() && !colliding;
        world.fill(dice, before);
        world
    }

    fn fill(&mut self, dice: &mut Rng, before: bool) {
        let mut all: Vec<Vec<u8>> = Vec::new();
        for drawer in self.drawers.clone() {
            let most = [4, 12, 24][dice.usize(0..3)];
            let count = dice.usize(0..most);
            let mut put: Vec<Vec<u8>> = Vec::new();
            for _ in 0..count {
                let octets = match dice.u32(0..6) {
                    0 if !put.is_empty() => put[dice.usize(0..put.len())].clone(),
                    _ => letters::any(dice, self.number(), self.collide),
                };
                self.source.put(&drawer.source, octets.clone(), letters::flags(dice), letters::date(dice));
                put.push(octets);
            }
            if count == 0 {
                // The folder is there, and empty.
                let uid = self.source.put(&drawer.source, Vec::new(), Default::default(), None);
                self.source.take_out(&drawer.source, uid);
            }
            all.extend(put.iter().cloned());
            let known = if before { dice.usize(0..4) } else { 0 };
            for _ in 0..known {
                // Some lie in another folder than they came from.
                let ours = if dice.bool() { &all } else { &put };
                let octets = self.theirs(dice, ours);
                self.target.put(&drawer.target, octets, letters::flags(dice), letters::date(dice));
            }
        }
    }

    pub fn number(&mut self) -> usize {
        self.next += 1;
        self.next
    }

    /// A message that comes into the new mailbox by another way: one of the old ones, as its server keeps it, or another.
    /// Where no octets can be compared the header must tell whose it is.
    pub fn theirs(&mut self, dice: &mut Rng, ours: &[Vec<u8>]) -> Vec<u8> {
        let telling = |octets: &&Vec<u8>| self.form == Form::Kept || letters::telling(octets);
        let known: Vec<&Vec<u8>> = ours.iter().filter(telling).collect();
        let known: Vec<&Vec<u8>> = known.into_iter().filter(|octets| self.refusal(octets).is_none()).collect();
        if !known.is_empty() && dice.u32(0..3) > 0 {
            return self.form.apply(known[dice.usize(0..known.len())]);
        }
        let number = self.number();
        if self.form == Form::Kept { letters::any(dice, number, self.collide) } else { letters::plain(number) }
    }

    /// Why the new server does not take a message: the code.
    pub fn refusal(&self, octets: &[u8]) -> Option<&'static str> {
        if octets.is_empty() {
            Some("message_empty")
        } else if self.message_limit.is_some_and(|limit| octets.len() as u64 > limit) {
            Some("message_too_large")
        } else if self.refuses && octets.windows(REFUSED.len()).any(|window| window == REFUSED) {
            Some("message_refused")
        } else {
            None
        }
    }

    pub fn keeps(&self, keyword: &str) -> bool {
        !self.one_keyword || keyword == KEYWORD
    }

    pub fn wanted(&self, octets: &[u8]) -> bool {
        self.max_size.is_none_or(|limit| octets.len() as u64 <= limit)
    }

    /// For the story.
    pub fn described(&self) -> String {
        let names = |drawer: &Drawer| {
            let (source, target) = (self.source.kept(&drawer.source).len(), self.target.kept(&drawer.target).len());
            format!("{} ({source}) -> {} ({target})", drawer.source, drawer.target)
        };
        let drawers: Vec<String> = self.drawers.iter().map(names).collect();
        format!(
            "octets {:?}, UIDs told {}, {} in flight, {} pair(s), backup {}, limit {:?}, left out above {:?}: {}",
            self.form,
            self.uidplus,
            self.in_flight,
            self.pairs,
            self.backup,
            self.message_limit,
            self.max_size,
            drawers.join(", ")
        )
    }
}
