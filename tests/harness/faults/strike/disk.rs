//! Faults of the computer that Mailferry runs on: its power, and the disks of the journal and the backup.

use super::{Struck, Trial};
use crate::command::Person;
use crate::disk::SmallDisk;
use crate::faults::ground::Ground;
use crate::faults::moment::Moment;
use crate::faults::shape::{Shape, Task};
use crate::faults::trial::somebody;
use crate::image::{Filesystem, Image};
use crate::process::within;
use crate::sample::Dice;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

/// What a run may take that finds out by itself.
const LIMIT: Duration = Duration::from_secs(60);

/// One to three times. The run dies with the power, or lives to see its disk refuse everything.
pub fn power(ground: &Ground, shape: Shape, filesystem: Filesystem) -> Struck {
    let length = ground.length(&shape);
    let mut dice = shape.dice();
    let mut struck = Struck::default();
    let person = somebody();
    let image = Image::at(person.home.path(), filesystem);
    let backup = person.home.path().join("backup");
    let mut trial = Trial::new(ground, shape, person, &backup);
    let mut complete = false;
    for blow in 0..1 + dice.roll(3) {
        let moment = Moment::draw(&mut dice, length, if blow == 0 { 1.0 } else { 0.7 });
        let dies = dice.roll(3) > 0;
        let mut run = trial.start(&[]);
        let met = moment.meets(&mut run, &trial);
        image.cut_power();
        struck.note(met, trial.share(length), format!("{moment:?}, {}", if dies { "killed" } else { "alive" }));
        if met && dies {
            run.kill();
        } else {
            // What was called complete must have been on the disk.
            complete |= trial.ended(run, LIMIT).is_some_and(|run| run.code == Some(0));
        }
        image.start_again();
    }
    let struck = struck.judged(&mut trial, complete);
    // Before the trial's home goes, in which it is mounted.
    drop(image);
    struck
}

/// Where the disk is that will fail, and where the backup: the journal's directory, or the backup's.
fn places(dice: &mut Dice, shape: &Shape, person: &Person) -> (PathBuf, PathBuf, &'static str) {
    let (data, other) = (person.data(), person.home.path().join("disk"));
    // A backup alone keeps no journal.
    if shape.task == Task::Move || (shape.task == Task::MoveWithBackup && dice.roll(2) == 0) {
        (data, person.home.path().join("backup"), "journal")
    } else {
        (other.clone(), other.join("backup"), "backup")
    }
}

/// The run stops, or waits until there is room.
pub fn full(ground: &Ground, shape: Shape) -> Struck {
    let length = ground.length(&shape);
    let mut dice = shape.dice();
    let mut struck = Struck::default();
    let person = somebody();
    let (place, backup, what) = places(&mut dice, &shape, &person);
    let disk = SmallDisk::at(&place, 200);
    let mut trial = Trial::new(ground, shape, person, &backup);
    let octets = trial.octets() as u64;
    let room = dice.roll(if what == "backup" { octets >> 10 } else { 300 }) as u32;
    disk.leave(room);
    let waits = dice.roll(2) == 0;
    let mut complete = false;
    if waits {
        let mut run = trial.start(&[]);
        let met = within(LIMIT, || (run.is_over() || run.stderr().contains("disk")).then(|| !run.is_over()));
        trial.judgement.expect(met.is_some(), || format!("a full disk is not said: {}", run.stderr()));
        struck.note(met == Some(true), trial.share(length), format!("{what} with {room} KB, waits"));
        disk.grow(200);
        if let Some(run) = trial.ended(run, LIMIT) {
            complete = run.code == Some(0);
            // Without room for a journal it says so at once instead, and the same command goes on.
            let at_once = run.code == Some(4) && run.count("found") == 0;
            trial.judgement.expect(complete || at_once, || {
                format!("it does not go on when there is room: {:?} {} {}", run.code, run.stdout, run.stderr)
            });
        }
    } else {
        let run = trial.start(&["--patience", "0"]);
        if let Some(run) = trial.ended(run, LIMIT) {
            complete = run.code == Some(0);
            struck.note(!complete, trial.share(length), format!("{what} with {room} KB"));
            trial.judgement.expect(complete || run.stderr.contains("disk"), || format!("said: {}", run.stderr));
        }
        disk.grow(200);
    }
    let struck = struck.judged(&mut trial, complete);
    drop(disk);
    struck
}

/// From a random moment on, for good or for a while. The run ends by itself; then the disk is mounted again, so that
/// nothing counts but what it really holds.
pub fn broken(ground: &Ground, shape: Shape) -> Struck {
    let length = ground.length(&shape);
    let mut dice = shape.dice();
    let mut struck = Struck::default();
    let person = somebody();
    let (place, backup, what) = places(&mut dice, &shape, &person);
    let image = Image::failing_at(&place);
    let mut trial = Trial::new(ground, shape, person, &backup);
    let moment = Moment::draw(&mut dice, length, 0.9);
    let passing = (dice.roll(2) == 0).then(|| Duration::from_millis(1 + dice.roll(300)));
    let mut run = trial.start(&[]);
    let met = moment.meets(&mut run, &trial);
    image.fail(true);
    struck.note(met, trial.share(length), format!("{what} {moment:?}, for {passing:?}"));
    if let Some(time) = passing {
        sleep(time);
        image.fail(false);
    }
    let complete = trial.ended(run, LIMIT).is_some_and(|run| run.code == Some(0));
    image.start_again();
    let struck = struck.judged(&mut trial, complete);
    drop(image);
    struck
}
