//! Whole histories of a move, made from a seed: two mailboxes in memory, runs that are cut by every fault that is known,
//! people who work on in both mailboxes. Then a quiet run, and an independent judge. A seed is always the same history:
//! one thread, a clock that only the runtime moves, every choice from the seed. Must not know how a move is done.
//!
//! `SEED=123 cargo test -p mailferry-transfer --lib simulation -- --nocapture` tells the history of one seed.

mod book;
mod judge;
mod letters;
mod life;
mod mishaps;
mod people;
mod play;
mod world;

use crate::journal::HERE;
use crate::mutant::{self, Mutant};
use fastrand::Rng;
use play::Stage;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use world::World;

/// Seeds of one test run, unless `SEEDS` says otherwise.
const SEEDS: u64 = 400;
/// Runs that are disturbed, at most.
const ROUNDS: u32 = 4;

/// What became of a seed.
struct Story {
    seed: u64,
    lines: Vec<String>,
    digest: u64,
    wrong: Option<String>,
}

/// What happens between two runs: people work, mailboxes are numbered anew, the journal is damaged, room is made.
fn between(stage: &Stage, directory: &Path) {
    let mut play = stage.play();
    let play = &mut *play;
    let acts = play.dice.u32(0..5);
    for _ in 0..acts {
        if play.dice.bool() { play.at_the_old() } else { play.at_the_new() }
    }
    if play.dice.u32(0..3) > 0 {
        play.world.target.behave(|manners| manners.capacity.room = None);
    }
    if play.dice.u32(0..8) == 0 {
        play.renumber_old();
    }
    if play.dice.u32(0..8) == 0 {
        play.renumber_new();
    }
    // With the journal goes the memory of what may still come.
    if play.dice.u32(0..8) == 0 && !play.late {
        play.damage_journal(&life::journal(directory));
    }
}

fn simulate(seed: u64, colliding: bool) -> Story {
    HERE.set(true);
    let memory = Path::new("/dev/shm");
    let directory = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let directory = directory.path();
    let mut dice = Rng::with_seed(seed);
    let world = World::of(&mut dice, colliding);
    let stage = Stage::new(world, dice);
    let wrong = history(&stage, directory).err();
    let mut play = stage.play();
    Story { seed, lines: std::mem::take(&mut play.story), digest: play.digest, wrong }
}

fn history(stage: &Stage, directory: &Path) -> Result<(), String> {
    let begin = |what: &str, rate: Option<u32>| {
        let mut play = stage.play();
        let shown = play.world.described();
        let line = if play.book.runs == 0 { format!("{shown}\n{what}") } else { what.to_owned() };
        play.story.push(line);
        rate.unwrap_or_else(|| [25, 50, 100, 250][play.dice.usize(0..4)])
    };
    let rounds = 1 + stage.play().dice.u32(0..ROUNDS);
    for round in 1..=rounds {
        let rate = begin(&format!("run {round}:"), None);
        let end = life::live(stage, directory, rate);
        stage.play().judge_run(&end, directory)?;
        between(stage, directory);
    }
    {
        let play = stage.play();
        play.world.target.behave(|manners| manners.capacity.room = None);
        // What is on its way comes before the last look, or nobody could name it.
        play.world.target.deliver();
    }
    let rate = begin("a quiet run:", Some(0));
    let end = life::live(stage, directory, rate);
    stage.play().judge_rest(&end, directory)?;
    let rate = begin("once more:", Some(0));
    let end = life::live(stage, directory, rate);
    stage.play().judge_again(&end, directory)
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

fn tell(story: &Story) {
    println!("seed {}:\n{}", story.seed, story.lines.join("\n"));
    println!("  => {}", story.wrong.as_deref().unwrap_or("good"));
}

/// Seeds from `from` on, over two threads. Those that went wrong.
fn all(from: u64, seeds: u64, mutant: Mutant, colliding: bool) -> Vec<Story> {
    let (next, wrong) = (AtomicU64::new(from), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                mutant::become_one(mutant);
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + seeds || (mutant != Mutant::None && !wrong.lock().unwrap().is_empty()) {
                        break;
                    }
                    let story = simulate(seed, colliding);
                    if story.wrong.is_some() {
                        wrong.lock().unwrap().push(story);
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort_by_key(|story| story.seed);
    wrong
}

/// The seeds that the environment names, else so many.
fn good(seeds: u64, colliding: bool) {
    if let Some(seed) = number("SEED") {
        let story = simulate(seed, colliding);
        tell(&story);
        assert!(story.wrong.is_none(), "seed {seed}");
        return;
    }
    let (begun, seeds) = (Instant::now(), number("SEEDS").map_or(seeds, |all| if colliding { all / 4 } else { all }));
    let wrong = all(number("FROM").unwrap_or(0), seeds, Mutant::None, colliding);
    println!("{seeds} seeds in {:.1} s, {} went wrong", begun.elapsed().as_secs_f64(), wrong.len());
    wrong.iter().take(3).for_each(tell);
    let list: Vec<String> =
        wrong.iter().map(|story| format!("{}: {}", story.seed, story.wrong.as_deref().unwrap_or_default())).collect();
    assert!(wrong.is_empty(), "tell one with SEED=its number:\n{}", list.join("\n"));
}

#[test]
fn every_seed_ends_well() {
    good(SEEDS, false);
}

/// The hardest of worlds: the new server changes octets, and most messages have the header of others.
#[test]
fn every_seed_ends_well_where_headers_collide() {
    good(SEEDS / 4, true);
}

#[test]
fn a_seed_is_always_the_same_history() {
    for seed in 0..40 {
        let (one, other) = (simulate(seed, false), simulate(seed, false));
        assert_eq!(one.lines, other.lines, "seed {seed}");
        assert_eq!(one.digest, other.digest, "seed {seed}");
    }
}

/// As the histories tell them.
const FAULTS: [&str; 32] = [
    "Source: the connection is lost before",
    "Source: the connection is lost after",
    "Target: the connection is lost before",
    "Target: the connection is lost after",
    "the late message has arrived",
    "is held back",
    "no answer in time",
    "an answer that cannot be read",
    "an error of its own",
    "Target: the process is killed before",
    "Target: the process is killed after",
    "the process is killed before a commit",
    "the process is killed after a commit",
    "throttled for",
    "(connection_refused)",
    "(host_unknown)",
    "(sign_in_unavailable)",
    "the password is changed",
    "nobody is there to give a password",
    "has room for",
    "the person stops",
    "the person pauses",
    "the journal's disk is full",
    "the journal's disk fails",
    "the journal's log loses",
    "the journal is taken away",
    "the journal is cut off",
    "old mailbox: INBOX is numbered anew",
    "new mailbox: INBOX is numbered anew",
    "is deleted from",
    "is filed from",
    "is brought into",
];

#[test]
fn every_fault_is_met() {
    let stories: Vec<String> = (0..300).map(|seed| simulate(seed, false).lines.join("\n")).collect();
    let missing: Vec<&str> =
        FAULTS.into_iter().filter(|fault| !stories.iter().any(|story| story.contains(fault))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Wrong engines are caught within 200 seeds.
fn caught(mutant: Mutant, colliding: bool) {
    let wrong = all(0, 200, mutant, colliding);
    let first = wrong.first().unwrap_or_else(|| panic!("{mutant:?} is not caught"));
    println!("{mutant:?}: seed {}: {}", first.seed, first.wrong.as_deref().unwrap_or_default());
}

#[test]
fn the_engine_that_skips_the_fence_is_caught() {
    caught(Mutant::FenceSkipped, false);
}

#[test]
fn the_engine_that_is_done_before_the_ok_is_caught() {
    caught(Mutant::DoneBeforeOk, false);
}

#[test]
fn the_engine_that_forgets_the_multiset_is_caught() {
    caught(Mutant::MultisetForgotten, false);
}

#[test]
fn the_engine_that_lets_a_copy_elsewhere_answer_for_many_is_caught() {
    caught(Mutant::SpareForgotten, false);
}

#[test]
fn the_engine_that_forgets_what_may_come_late_is_caught() {
    caught(Mutant::LateForgotten, false);
}

#[test]
fn the_engine_that_drops_its_intents_is_caught() {
    caught(Mutant::IntentsDropped, true);
}
