//! Many trials, some at once, until enough faults have met a run; and what came of them.

use super::ground::Ground;
use super::shape::Shape;
use super::strike::{Bounds, Kind, Struck, strike};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

pub struct Series {
    pub kind: Kind,
    /// Faults that met a run at work.
    pub faults: usize,
    /// Of the first trial; the next has the next one.
    pub seed: u64,
    pub at_once: usize,
    pub bounds: Bounds,
}

#[derive(Clone, Debug)]
pub struct Tally {
    pub kind: Kind,
    pub trials: usize,
    /// Faults that met a run at work, by the quarter of an undisturbed run's octets.
    pub quarters: [usize; 4],
    pub missed: usize,
    pub runs: usize,
    pub messages: usize,
    pub lost: usize,
    pub doubled: usize,
    pub named: usize,
    pub stuck: usize,
    /// Trials in which anything was not as it must be.
    pub bad: Vec<u64>,
    pub time: Duration,
}

impl Series {
    pub fn run(&self, ground: &Ground) -> Tally {
        let (next, met) = (AtomicU64::new(self.seed), AtomicUsize::new(0));
        let began = Instant::now();
        let tally = Mutex::new(Tally::new(self.kind));
        std::thread::scope(|scope| {
            for _ in 0..self.at_once {
                scope.spawn(|| {
                    while met.load(Ordering::Relaxed) < self.faults {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        let since = Instant::now();
                        let struck = attempt(ground, self.kind, seed, self.bounds);
                        met.fetch_add(struck.met(), Ordering::Relaxed);
                        let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
                        tally.add(seed, &struck, since.elapsed());
                        assert!(tally.trials < 50 + 4 * self.faults, "faults do not meet their runs: {tally}");
                    }
                });
            }
        });
        let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
        Tally { time: began.elapsed(), ..tally }
    }
}

/// One trial again, by its seed.
pub fn replay(ground: &Ground, kind: Kind, seed: u64, bounds: Bounds) -> Tally {
    let since = Instant::now();
    let struck = attempt(ground, kind, seed, bounds);
    let mut tally = Tally::new(kind);
    tally.add(seed, &struck, since.elapsed());
    println!("faults, those in brackets came too late: {}", struck.faults.join("; "));
    Tally { time: since.elapsed(), ..tally }
}

/// A trial that could not be held, because a test server does not answer for one, is as bad as one that failed.
fn attempt(ground: &Ground, kind: Kind, seed: u64, bounds: Bounds) -> Struck {
    catch_unwind(AssertUnwindSafe(|| strike(ground, kind, seed, bounds))).unwrap_or_else(|cause| {
        let text = cause.downcast_ref::<String>().cloned();
        let text = text.or_else(|| cause.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let mut struck = Struck::default();
        struck.judgement.wrong.push(text.unwrap_or_else(|| "a panic without words".into()));
        struck
    })
}

impl Tally {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            trials: 0,
            quarters: [0; 4],
            missed: 0,
            runs: 0,
            messages: 0,
            lost: 0,
            doubled: 0,
            named: 0,
            stuck: 0,
            bad: Vec::new(),
            time: Duration::ZERO,
        }
    }

    fn add(&mut self, seed: u64, struck: &Struck, took: Duration) {
        let judgement = &struck.judgement;
        self.trials += 1;
        for (sum, more) in self.quarters.iter_mut().zip(struck.quarters) {
            *sum += more;
        }
        self.missed += struck.missed;
        self.runs += struck.runs;
        self.messages += struck.messages;
        self.lost += judgement.lost;
        self.doubled += judgement.doubled;
        self.named += judgement.named;
        self.stuck += judgement.stuck;
        println!(
            "{} {seed}: {}: {} of {} faults met it, {} messages, {:.1} s{}",
            self.kind.name(),
            Shape::of(seed),
            struck.met(),
            struck.met() + struck.missed,
            struck.messages,
            took.as_secs_f64(),
            if judgement.named > 0 { format!(", {} maybe_twice", judgement.named) } else { String::new() }
        );
        if !judgement.is_good() {
            self.bad.push(seed);
            println!(
                "BAD {} {seed}: lost {}, doubled {}, stuck {}; faults: {}\n  {}\n  again: make faults TRIAL={}:{seed}",
                self.kind.name(),
                judgement.lost,
                judgement.doubled,
                judgement.stuck,
                struck.faults.join("; "),
                judgement.wrong.iter().map(|text| shortened(text)).collect::<Vec<_>>().join("\n  "),
                self.kind.name()
            );
        }
    }

    pub fn met(&self) -> usize {
        self.quarters.iter().sum()
    }

    pub fn is_good(&self) -> bool {
        self.bad.is_empty() && self.lost + self.doubled + self.stuck == 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} faults met a run (by its quarters {:?}; {} came too late) in {} trials, {} runs, {} messages: {} lost, {} doubled without \
             a name, {} named maybe_twice, {} stuck, {} bad trials; {:.0} s",
            self.kind.name(),
            self.met(),
            self.quarters,
            self.missed,
            self.trials,
            self.runs,
            self.messages,
            self.lost,
            self.doubled,
            self.named,
            self.stuck,
            self.bad.len(),
            self.time.as_secs_f64()
        )
    }
}

/// A report may be long; its beginning and its end say what it is.
fn shortened(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= 1_000 {
        return text.to_owned();
    }
    let (head, tail) = (&letters[..600], &letters[letters.len() - 400..]);
    format!("{} ... {}", head.iter().collect::<String>(), tail.iter().collect::<String>())
}
