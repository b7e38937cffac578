//! `make faults`: faults at random moments, by the hundred, each followed by the same command (tests/harness/faults).
//! By variables:
//!
//! - `KILLS=500`, `CUTS=200`, `POWER=60` (on each filesystem), `FULL=40`, `EIO=40`: how many faults must meet a run.
//! - `SEED=1`: of the first trial; the next has the next one, the next kind begins 10,000 further. Else by the clock.
//! - `TRIAL=kill:17`: this one alone. Kinds: kill, cut, ext4, xfs, full, eio. `TIMES=10`: as often.
//! - `JOBS=2`: trials at once.
//! - `LATE=1500`: milliseconds by which a killed program's commands may arrive late. More than 2,000 is a known limit.
//!
//! Ends with 1 when anything was lost, twice without a name, stuck or otherwise wrong.

use harness::faults::{Bounds, Ground, Kind, Series, Tally, replay};
use harness::image::Filesystem;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

fn main() -> ExitCode {
    let at_once = number("JOBS", 2) as usize;
    let clock = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |now| now.as_millis() as u64);
    let seed = number("SEED", clock);
    let usual = Bounds::default();
    let bounds = Bounds { late: Duration::from_millis(number("LATE", usual.late.as_millis() as u64)), ..usual };
    let ground = Ground::new();
    let tallies: Vec<Tally> = if let Ok(text) = std::env::var("TRIAL") {
        let Some((kind, seed)) = trial(&text) else {
            eprintln!("TRIAL={text} is no trial");
            return ExitCode::from(2);
        };
        (0..number("TIMES", 1)).map(|_| replay(&ground, kind, seed, bounds)).collect()
    } else {
        let kinds = [
            (Kind::Kill, "KILLS", 500),
            (Kind::Cut, "CUTS", 200),
            (Kind::Power(Filesystem::Ext4), "POWER", 60),
            (Kind::Power(Filesystem::Xfs), "POWER", 60),
            (Kind::Full, "FULL", 40),
            (Kind::Broken, "EIO", 40),
        ];
        let wanted = kinds.map(|(kind, name, usual)| (kind, number(name, usual) as usize));
        let wanted = wanted.into_iter().filter(|(_, faults)| *faults > 0);
        // Kinds get seeds of their own, so that they do not all try the same shapes.
        let wanted = wanted.zip((seed..).step_by(10_000));
        wanted.map(|((kind, faults), seed)| Series { kind, faults, seed, at_once, bounds }.run(&ground)).collect()
    };
    println!();
    tallies.iter().for_each(|tally| println!("{tally}"));
    if tallies.iter().all(|tally| tally.is_good()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// `kill:17`.
fn trial(text: &str) -> Option<(Kind, u64)> {
    let (name, seed) = text.split_once(':')?;
    let (_, kind) = Kind::ALL.into_iter().find(|(known, _)| *known == name)?;
    Some((kind, seed.parse().ok()?))
}

fn number(name: &str, usual: u64) -> u64 {
    let text = std::env::var(name).unwrap_or_default();
    if text.is_empty() { usual } else { text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")) }
}
