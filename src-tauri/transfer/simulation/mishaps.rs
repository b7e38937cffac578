//! What befalls mailboxes and journal between two runs.

use super::letters::Form;
use super::life::beside;
use super::play::Play;
use mail::memory::Kept;
use std::collections::BTreeMap;
use std::path::Path;

impl Play {
    /// The old mailbox gets new UIDVALIDITYs, in some folders or all.
    pub fn renumber_old(&mut self) {
        let all = self.dice.bool();
        for drawer in self.world.drawers.clone() {
            if all || self.dice.bool() {
                let first = self.dice.u32(1..500);
                self.world.source.renumber(&drawer.source, first);
                self.tell(format!("old mailbox: {} is numbered anew from {first} on", drawer.source));
            }
        }
        self.book.epoch += 1;
        let drawers = &self.world.drawers;
        self.book.source = drawers.iter().map(|drawer| self.world.source.kept(&drawer.source)).collect();
    }

    pub fn renumber_new(&mut self) {
        let all = self.dice.bool();
        for (at, drawer) in self.world.drawers.clone().into_iter().enumerate() {
            if !(all || self.dice.bool()) {
                continue;
            }
            let before = self.world.target.kept(&drawer.target);
            let first = self.dice.u32(1..500);
            self.world.target.renumber(&drawer.target, first);
            self.tell(format!("new mailbox: {} is numbered anew from {first} on", drawer.target));
            let after = self.world.target.kept(&drawer.target);
            let became: BTreeMap<u32, u32> =
                before.iter().zip(&after).map(|(before, after)| (before.uid, after.uid)).collect();
            self.book.settled[at] = self.book.settled[at].iter().filter_map(|uid| became.get(uid).copied()).collect();
            let follow = |kept: Kept| became.get(&kept.uid).map(|uid| Kept { uid: *uid, ..kept });
            let originals = std::mem::take(&mut self.book.originals[at]);
            self.book.originals[at] = originals.into_iter().filter_map(follow).collect();
            self.book.target[at] = after;
            self.book.target_renumbered = true;
        }
    }

    /// The journal is taken away, cut off, or loses its last commits.
    pub fn damage_journal(&mut self, file: &Path) {
        let log = beside(file, "-wal");
        let length = std::fs::metadata(&log).map_or(0, |log| log.len());
        match self.dice.u32(0..3) {
            0 if length > 0 => {
                let left = self.dice.u64(0..length);
                self.tell(format!("the journal's log loses all but {left} of {length} octets"));
                std::fs::File::options().write(true).open(&log).unwrap().set_len(left).unwrap();
            }
            1 => {
                self.tell("the journal is taken away".into());
                let _ = std::fs::remove_file(file);
                let _ = std::fs::remove_file(&log);
            }
            _ => {
                let length = std::fs::metadata(file).map_or(0, |file| file.len());
                let left = self.dice.u64(0..length.max(1));
                self.tell(format!("the journal is cut off after {left} of {length} octets"));
                let file = std::fs::File::options().write(true).create(true).truncate(false).open(file).unwrap();
                file.set_len(left).unwrap();
                let _ = std::fs::remove_file(&log);
            }
        }
        self.book.journal_lost = true;
        self.book.names_lost |= self.book.untold && self.world.form != Form::Kept;
    }
}
