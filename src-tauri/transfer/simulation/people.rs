//! The owner of the two mailboxes, who works on in both of them beside the move and between its runs. What is done here
//! is written into the book.

use super::letters::{self, Form};
use super::play::Play;
use super::world::Drawer;
use mail::memory::Kept;
use mail::{Flags, InternalDate, System};

impl Play {
    /// The old mailbox must be as its owner left it.
    pub fn source_untouched(&mut self) -> Result<(), String> {
        let now: Vec<Vec<Kept>> =
            self.world.drawers.iter().map(|drawer| self.world.source.kept(&drawer.source)).collect();
        if now == self.book.source { Ok(()) } else { Err("the old mailbox was changed".to_owned()) }
    }

    fn drawer(&mut self) -> (usize, Drawer) {
        let at = self.dice.usize(0..self.world.drawers.len());
        (at, self.world.drawers[at].clone())
    }

    fn any_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        (!all.is_empty()).then(|| &all[self.dice.usize(0..all.len())])
    }

    /// Reads, deletes, refiles or gets a message in the old mailbox.
    pub fn at_the_old(&mut self) {
        if let Err(wrong) = self.source_untouched() {
            // Found by the judge at the end of this run.
            return self.tell(wrong);
        }
        let (at, drawer) = self.drawer();
        let all = self.world.source.kept(&drawer.source);
        let one = self.any_of(&all).cloned();
        match (self.dice.u32(0..8), one) {
            (0..=1, Some(kept)) => {
                self.tell(format!("old mailbox: {} is deleted from {}", letters::label(&kept.octets), drawer.source));
                self.world.source.take_out(&drawer.source, kept.uid);
            }
            (2, Some(kept)) => {
                let (to, there) = self.drawer();
                if to != at {
                    let label = letters::label(&kept.octets);
                    self.tell(format!("old mailbox: {label} is filed from {} to {}", drawer.source, there.source));
                    self.world.source.take_out(&drawer.source, kept.uid);
                    // Most servers keep the date, some programs do not.
                    let date = if self.dice.u32(0..4) > 0 { kept.date } else { letters::date(&mut self.dice) };
                    self.comes(to, kept.octets.to_vec(), kept.flags, date);
                }
            }
            (3..=4, Some(kept)) => {
                let flags = letters::flags(&mut self.dice);
                self.tell(format!("old mailbox: {} becomes {:?}", letters::label(&kept.octets), flags.names()));
                self.world.source.mark(&drawer.source, kept.uid, flags);
            }
            (5, Some(kept)) => {
                let date = letters::date(&mut self.dice);
                self.comes(at, kept.octets.to_vec(), Flags::default(), date);
            }
            _ => {
                let number = self.world.number();
                let octets = letters::any(&mut self.dice, number, self.world.collide);
                let flags = letters::flags(&mut self.dice);
                let date = letters::date(&mut self.dice);
                self.comes(at, octets, flags, date);
            }
        }
        let drawers = &self.world.drawers;
        self.book.source = drawers.iter().map(|drawer| self.world.source.kept(&drawer.source)).collect();
    }

    fn comes(&mut self, at: usize, octets: Vec<u8>, flags: Flags, date: Option<InternalDate>) {
        let place = self.world.drawers[at].source.clone();
        self.tell(format!("old mailbox: {} comes into {place}", letters::label(&octets)));
        self.book.tally(at, &self.world.form.apply(&octets)).later += 1;
        self.world.source.put(&place, octets, flags, date);
    }

    /// Reads, deletes, refiles or brings in a message in the new mailbox. Only what lay there when a run had finished is
    /// deleted or refiled: of the rest nobody could tell afterwards whether it had been stored.
    pub fn at_the_new(&mut self) {
        let (at, drawer) = self.drawer();
        let all = self.world.target.kept(&drawer.target);
        let settled: Vec<Kept> = all.iter().filter(|kept| self.book.settled[at].contains(&kept.uid)).cloned().collect();
        match self.dice.u32(0..6) {
            0..=1 => {
                if let Some(kept) = self.any_of(&settled).cloned() {
                    self.tell(format!(
                        "new mailbox: {} is deleted from {}",
                        letters::label(&kept.octets),
                        drawer.target
                    ));
                    self.remove(at, &kept);
                }
            }
            2 => {
                let (to, there) = self.drawer();
                let telling = |kept: &Kept| self.world.form == Form::Kept || letters::telling(&kept.octets);
                let filed: Vec<Kept> = settled.into_iter().filter(telling).collect();
                if let Some(kept) = self.any_of(&filed).cloned().filter(|_| to != at) {
                    let label = letters::label(&kept.octets);
                    self.tell(format!("new mailbox: {label} is filed from {} to {}", drawer.target, there.target));
                    self.remove(at, &kept);
                    self.brings(to, kept.octets.to_vec());
                }
            }
            3..=4 => {
                if let Some(kept) = self.any_of(&all).cloned() {
                    self.tell(format!("new mailbox: {} is read", letters::label(&kept.octets)));
                    let flags = kept.flags.with(System::Seen).with(System::Answered);
                    self.world.target.mark(&drawer.target, kept.uid, flags);
                    self.book.originals[at].retain(|original| original.uid != kept.uid);
                    self.book.tally(at, &kept.octets).touched = true;
                }
            }
            _ => {
                let ours: Vec<Vec<u8>> =
                    self.world.source.kept(&drawer.source).into_iter().map(|kept| kept.octets.to_vec()).collect();
                let octets = self.world.theirs(&mut self.dice, &ours);
                self.tell(format!("new mailbox: {} is brought into {}", letters::label(&octets), drawer.target));
                self.brings(at, octets);
            }
        }
    }

    fn remove(&mut self, at: usize, kept: &Kept) {
        let place = self.world.drawers[at].target.clone();
        self.world.target.take_out(&place, kept.uid);
        self.book.tally(at, &kept.octets).removed += 1;
        self.book.target[at].retain(|seen| seen.uid != kept.uid);
        self.book.originals[at].retain(|original| original.uid != kept.uid);
    }

    fn brings(&mut self, at: usize, octets: Vec<u8>) {
        let place = self.world.drawers[at].target.clone();
        self.book.tally(at, &octets).added += 1;
        self.book.foreign = true;
        let date = letters::date(&mut self.dice);
        self.world.target.put(&place, octets, Flags::default(), date);
    }
}
