//! The scheduler of a simulated world: asked before and after every effect (of a session or of the journal), it lets the
//! seed decide how long the effect takes and what goes wrong with it. Must not know how a move is done.

use super::book::Book;
use super::world::{Drawer, World};
use crate::Control;
use fastrand::Rng;
use mail::memory::{Kept, Tripwire, When};
use mail::{Cause, Failure, Result};
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Divides the engine's pauses: two seconds become 20 ms, a minute 600.
pub const HASTE: u32 = 100;
/// No more goes wrong in one run.
const BLOWS: u32 = 12;

/// Where an effect takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Spot {
    Source,
    Target,
    Journal,
}

/// What happens by itself after a while.
pub enum Later {
    /// An orphaned APPEND takes effect.
    Arrives(usize, Kept),
    Resume,
}

/// What follows an effect that is allowed to happen.
enum After {
    Fails(Cause),
    /// The connection is lost, and what was appended arrives later.
    Orphan,
    Dies,
}

pub struct Play {
    pub dice: Rng,
    pub world: World,
    pub book: Book,
    pub passwords: [String; 2],
    /// What the next connections meet, by side.
    pub away: [VecDeque<Failure>; 2],
    /// Of 10,000 effects so many go wrong; 0: a quiet time.
    pub rate: u32,
    blows: u32,
    effects: u32,
    /// Connections of this process.
    pub opened: u32,
    after: Option<After>,
    /// The highest UID of each place before an effect that may append.
    highest: Vec<u32>,
    pub dead: bool,
    pub killed: Arc<Notify>,
    pub control: Option<Control>,
    later: Vec<(Instant, Later)>,
    /// Outlives a process.
    pub on_its_way: Vec<Later>,
    /// A message may come long after it was stored again, or has come since the last look at the new mailbox.
    pub late: bool,
    /// Nothing was on its way so in this whole process.
    pub calm: bool,
    /// So often the new mailbox was told to hold a message back.
    pub holds: usize,
    pub story: Vec<String>,
    /// Of all effects and their times: equal for equal seeds.
    pub digest: u64,
}

/// Shared by all hooks of one world.
#[derive(Clone)]
pub struct Stage(Arc<Mutex<Play>>);

impl Stage {
    pub fn new(world: World, dice: Rng) -> Self {
        Self(Arc::new(Mutex::new(Play {
            dice,
            book: Book::of(&world),
            world,
            passwords: ["old-1".into(), "new-1".into()],
            away: Default::default(),
            rate: 0,
            blows: 0,
            effects: 0,
            opened: 0,
            after: None,
            highest: Vec::new(),
            dead: false,
            killed: Arc::default(),
            control: None,
            later: Vec::new(),
            on_its_way: Vec::new(),
            late: false,
            calm: true,
            holds: 0,
            story: Vec::new(),
            digest: 0,
        })))
    }

    pub fn play(&self) -> MutexGuard<'_, Play> {
        self.0.lock().unwrap()
    }

    pub fn wire(&self, spot: Spot) -> Tripwire {
        let stage = self.clone();
        Tripwire::watched(Arc::new(move |when| match when {
            When::Before => stage.play().before(spot),
            When::After => stage.play().after(),
        }))
    }
}

impl Play {
    /// A process begins.
    pub fn begin(&mut self, rate: u32) {
        (self.rate, self.dead, self.after) = (rate, false, None);
        (self.blows, self.effects, self.opened) = (0, 0, 0);
        self.calm = self.world.target.held() == 0;
        self.killed = Arc::default();
        self.away.iter_mut().for_each(VecDeque::clear);
    }

    pub fn tell(&mut self, line: String) {
        self.story.push(format!("  {:>4}. {line}", self.effects));
    }

    fn mix(&mut self, value: impl Hash) {
        let mut hasher = DefaultHasher::new();
        (self.digest, value).hash(&mut hasher);
        self.digest = hasher.finish();
    }

    pub fn soon(&mut self, most: u64, later: Later) {
        let wait = Duration::from_millis(self.dice.u64(0..=most));
        self.later.push((Instant::now() + wait, later));
    }

    fn before(&mut self, spot: Spot) -> Result<()> {
        if self.dead {
            return Err(Failure::new(Cause::Closed));
        }
        self.effects += 1;
        self.mix((spot, self.effects));
        let delay = (self.dice.u32(0..3) > 0).then(|| Duration::from_millis(self.dice.u64(1..6)));
        match spot {
            Spot::Source => self.world.source.behave(|manners| manners.delay = delay),
            Spot::Target => self.world.target.behave(|manners| manners.delay = delay),
            Spot::Journal => {}
        }
        if self.blows >= BLOWS || self.dice.u32(0..10_000) >= self.rate {
            return Ok(());
        }
        self.blows += 1;
        match spot {
            Spot::Journal => self.strike_journal(),
            _ => self.strike_session(spot),
        }
    }

    fn after(&mut self) -> Result<()> {
        match self.after.take() {
            None => Ok(()),
            Some(After::Fails(cause)) => Err(Failure::new(cause)),
            Some(After::Dies) => self.die(),
            Some(After::Orphan) => {
                let appended = self.appended();
                for (at, kept) in appended {
                    self.tell(format!("its message arrives in {} later", self.world.drawers[at].target));
                    self.soon(15, Later::Arrives(at, kept));
                }
                Err(Failure::new(Cause::Closed))
            }
        }
    }

    /// Takes out what came into the new mailbox by this one effect.
    fn appended(&mut self) -> Vec<(usize, Kept)> {
        let mut new = Vec::new();
        for (at, drawer) in self.world.drawers.iter().enumerate() {
            let last = self.world.target.kept(&drawer.target).pop();
            let known = self.highest[at];
            if let Some(kept) = last.filter(|kept| kept.uid > known) {
                self.world.target.take_out(&drawer.target, kept.uid);
                new.push((at, kept));
            }
        }
        new
    }

    fn die(&mut self) -> Result<()> {
        self.dead = true;
        self.killed.notify_one();
        Err(Failure::new(Cause::Closed))
    }

    /// What was on its way may be at the new server or not.
    pub fn doubt(&mut self) {
        self.book.doubts += self.world.in_flight * self.world.pairs;
    }

    fn strike_journal(&mut self) -> Result<()> {
        let roll = self.dice.u32(0..10);
        if roll < 8 {
            self.doubt();
        }
        match roll {
            0..=2 => {
                self.tell("the process is killed before a commit".into());
                self.die()
            }
            3..=5 => {
                self.tell("the process is killed after a commit".into());
                self.after = Some(After::Dies);
                Ok(())
            }
            6 => {
                self.tell("the journal's disk is full".into());
                Err(Failure::new(Cause::DiskFull))
            }
            7 => {
                self.tell("the journal's disk fails".into());
                Err(Failure::new(Cause::DiskFailed))
            }
            _ => self.others(),
        }
    }

    fn strike_session(&mut self, spot: Spot) -> Result<()> {
        let side = usize::from(spot == Spot::Target);
        let roll = self.dice.u32(0..100);
        if roll >= 86 {
            return self.others();
        }
        self.doubt();
        let after = self.dice.bool();
        let fails = |play: &mut Self, cause: Cause, what: &str| {
            play.tell(format!("{spot:?}: {what} {} the effect", if after { "after" } else { "before" }));
            if after {
                play.after = Some(After::Fails(cause));
                Ok(())
            } else {
                Err(Failure::new(cause))
            }
        };
        match roll {
            0..=25 => fails(self, Cause::Closed, "the connection is lost"),
            26..=31 if side == 1 => {
                let effects = self.dice.usize(1..400);
                self.tell(format!("Target: what it is given next is held back for {effects} effects"));
                self.world.target.hold(effects);
                (self.late, self.calm) = (true, false);
                self.holds += 1;
                Ok(())
            }
            32..=37 if side == 1 => {
                self.tell("Target: the connection is lost; what it was given takes effect later".into());
                self.after = Some(After::Orphan);
                let last = |drawer: &Drawer| self.world.target.kept(&drawer.target).last().map_or(0, |kept| kept.uid);
                self.highest = self.world.drawers.iter().map(last).collect();
                Ok(())
            }
            26..=39 => fails(self, Cause::Timeout, "no answer in time,"),
            43..=44 => fails(self, Cause::ServerFailed, "an error of its own,"),
            40..=42 => fails(self, Cause::Protocol, "an answer that cannot be read,"),
            45..=57 => {
                self.tell(format!(
                    "{spot:?}: the process is killed {} the effect",
                    if after { "after" } else { "before" }
                ));
                if after {
                    self.after = Some(After::Dies);
                    Ok(())
                } else {
                    self.die()
                }
            }
            58..=63 => {
                let wait = Duration::from_secs(self.dice.u64(1..90));
                self.tell(format!("{spot:?}: throttled for {} s", wait.as_secs()));
                Err(Failure::new(Cause::Throttled).waiting(wait))
            }
            64..=71 => {
                let cause = [Cause::ConnectionRefused, Cause::HostUnknown, Cause::SignInUnavailable, Cause::Throttled];
                let cause = cause[self.dice.usize(0..4)];
                let times = self.dice.usize(1..5);
                self.tell(format!("{spot:?}: away for {times} connections ({})", cause.code()));
                self.away[side].extend(std::iter::repeat_n(Failure::new(cause), times));
                Err(Failure::new(Cause::Closed))
            }
            72..=76 => {
                let changed = self.dice.u32(0..1_000);
                self.passwords[side] = format!("changed-{changed}");
                self.tell(format!("{spot:?}: the password is changed, the connection is lost"));
                Err(Failure::new(Cause::Closed))
            }
            77..=80 => {
                let room = self.dice.u64(0..3_000);
                self.world.target.behave(|manners| manners.capacity.room = Some(room));
                self.tell(format!("the new mailbox has room for {room} octets"));
                Ok(())
            }
            81..=83 => {
                self.tell("the person stops the run".into());
                self.control.iter().for_each(Control::stop);
                Ok(())
            }
            _ => {
                self.tell("the person pauses the run".into());
                self.control.iter().for_each(Control::pause);
                self.soon(900, Later::Resume);
                Ok(())
            }
        }
    }

    /// The user is at work in one of the mailboxes.
    fn others(&mut self) -> Result<()> {
        if self.dice.bool() {
            self.at_the_old()
        } else {
            self.at_the_new()
        }
        Ok(())
    }

    /// Lets happen what is due.
    pub fn pump(&mut self) {
        let now = Instant::now();
        let (due, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.later).into_iter().partition(|(at, _)| *at <= now);
        self.later = rest;
        due.into_iter().for_each(|(_, later)| self.happen(later));
    }

    fn happen(&mut self, later: Later) {
        match later {
            Later::Arrives(at, kept) => {
                let place = self.world.drawers[at].target.clone();
                self.world.target.put(&place, kept.octets, kept.flags, kept.date);
                self.tell(format!("the late message has arrived in {place}"));
            }
            Later::Resume => self.control.iter().for_each(Control::resume),
        }
    }

    /// The process has ended: what is still on its way arrives now, or in the time of the next one.
    pub fn end(&mut self) {
        self.control = None;
        for (_, later) in std::mem::take(&mut self.later) {
            match later {
                Later::Arrives(..) if self.dice.bool() => self.on_its_way.push(later),
                Later::Arrives(..) => self.happen(later),
                Later::Resume => {}
            }
        }
    }
}
