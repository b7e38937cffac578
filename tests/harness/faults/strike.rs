//! The faults themselves, a function each: it makes a trial of its own, strikes, and has it judged.

mod disk;
mod line;

use super::ground::Ground;
use super::judgement::Judgement;
use super::moment::Moment;
use super::shape::Shape;
use super::trial::{Trial, somebody};
use crate::image::Filesystem;
use std::thread::sleep;
use std::time::Duration;

/// How far faults may go.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// A line may be silent until the run notices it, which takes a minute.
    pub silence: bool,
    /// How late a killed program's commands may arrive, held up by something on the line that reads ahead. (Its own
    /// system drops them.) Mailferry looks a second time after two seconds; what comes later is doubled.
    pub late: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { silence: true, late: Duration::from_millis(1_500) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `kill -9`.
    Kill,
    /// Lines cut, reset, frozen, refused.
    Cut,
    /// The power of the computer that Mailferry runs on, with this filesystem.
    Power(Filesystem),
    /// A disk without room, for the journal or the backup.
    Full,
    /// A disk that fails, for the journal or the backup.
    Broken,
}

impl Kind {
    pub const ALL: [(&'static str, Self); 6] = [
        ("kill", Self::Kill),
        ("cut", Self::Cut),
        ("ext4", Self::Power(Filesystem::Ext4)),
        ("xfs", Self::Power(Filesystem::Xfs)),
        ("full", Self::Full),
        ("eio", Self::Broken),
    ];

    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

/// What came of one trial.
#[derive(Clone, Debug, Default)]
pub struct Struck {
    /// Faults that came when the run was over.
    pub missed: usize,
    /// Those that met one, by where.
    pub quarters: [usize; 4],
    /// What the faults were, to be read by a person.
    pub faults: Vec<String>,
    pub runs: usize,
    pub messages: usize,
    pub judgement: Judgement,
}

impl Struck {
    /// `share`: of an undisturbed run's octets, where the fault met it.
    fn note(&mut self, met: bool, share: f64, fault: String) {
        if met {
            self.quarters[(share * 4.0).clamp(0.0, 3.0) as usize] += 1;
        } else {
            self.missed += 1;
        }
        self.faults.push(if met { fault } else { format!("({fault})") });
    }

    pub fn met(&self) -> usize {
        self.quarters.iter().sum()
    }

    fn judged(mut self, trial: &mut Trial, complete: bool) -> Self {
        (self.judgement, self.runs, self.messages) = trial.conclude(complete);
        self
    }
}

pub fn strike(ground: &Ground, kind: Kind, seed: u64, bounds: Bounds) -> Struck {
    let shape = Shape::of(seed);
    match kind {
        Kind::Kill => kill(ground, shape, bounds),
        Kind::Cut => line::cut(ground, shape, bounds),
        Kind::Power(filesystem) => disk::power(ground, shape, filesystem),
        Kind::Full => disk::full(ground, shape),
        Kind::Broken => disk::broken(ground, shape),
    }
}

/// Two to six times, each in the run that went on after the one before.
fn kill(ground: &Ground, shape: Shape, bounds: Bounds) -> Struck {
    let length = ground.length(&shape);
    let mut dice = shape.dice();
    let mut struck = Struck::default();
    let person = somebody();
    let backup = person.home.path().join("backup");
    let mut trial = Trial::new(ground, shape, person, &backup);
    let mut complete = false;
    for blow in 0..2 + dice.roll(5) {
        // What is left becomes less.
        let moment = Moment::draw(&mut dice, length, if blow == 0 { 0.9 } else { 0.5 });
        // Now and then something on the line still delivers what the dead program sent, while its successor works.
        let late =
            (dice.roll(3) == 0).then(|| Duration::from_millis(1 + dice.roll(bounds.late.as_millis().max(1) as u64)));
        let mut run = trial.start(&[]);
        let met = moment.meets(&mut run, &trial);
        struck.note(met, trial.share(length), format!("{moment:?}, late {late:?}"));
        if met {
            let Some(late) = late else {
                run.kill();
                continue;
            };
            trial.to_new.delay_the_open(late);
            sleep(Duration::from_millis(dice.roll(30)));
            run.kill();
        } else {
            let ended = trial.ended(run, Duration::from_secs(5));
            complete = ended.is_some_and(|run| run.code == Some(0));
            break;
        }
    }
    struck.judged(&mut trial, complete)
}
