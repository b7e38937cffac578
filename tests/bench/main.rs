//! `make bench`: copies sets of mail between two Dovecot servers with Mailferry, with other programs and with a raw
//! pump, in turn, and writes what each took to tests/bench/RESULTS.md, or of mail on the disk to DISK.md. By variables:
//!
//! - `CELLS=many,50ms,plain`: only these. Sets: many, many2k, mixed, big, huge. Lines: loopback, 50ms. plain, tls.
//!   Programs: pump4, pump1, mailferry, mbsync, interimap, offlineimap (runs once, mixed on loopback only).
//! - `RUNS=7`: how often each runs; others than Mailferry and pump4 three times at most.
//! - `SCALE=0.02`: smaller sets, to try it out. Its figures mean nothing.
//! - `DISK=1` (or `--disk`): mail with the temporary files instead of on tmpfs.
//! - `ARGUMENTS="--connections 1"`: further ones for Mailferry.
//! - `RESULTS=FILE`: written there instead.
//!
//! Ends with 1 when the pump or Mailferry lost or changed anything.

mod cell;
mod engine;
mod imap;
mod mailset;
mod peers;
mod pump;
mod race;
mod results;
mod usage;

use cell::Choice;
use race::{Ground, Measured};
use results::Circumstances;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

const TMPFS: &str = "/dev/shm";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["pump", ..] => {
            pump::main(&arguments[1..]);
            return ExitCode::SUCCESS;
        }
        ["engine", messages, home, ref rest @ ..] => {
            let messages = messages.parse().unwrap_or_else(|_| panic!("{messages} is no number"));
            return engine::run(messages, rest == ["idle"], home.as_ref());
        }
        ["instructions"] => return engine::instructions(),
        [] | ["--disk"] => {}
        _ => {
            eprintln!("no such words: {}", arguments.join(" "));
            return ExitCode::from(2);
        }
    }
    let on_disk = number("DISK", 0.0) > 0.0 || arguments.iter().any(|word| word == "--disk");
    let rounds = number("RUNS", 7.0) as usize;
    let scale = number("SCALE", 1.0);
    let choice = match Choice::parse(&std::env::var("CELLS").unwrap_or_default()) {
        Ok(choice) => choice,
        Err(what) => {
            eprintln!("{what}");
            return ExitCode::from(2);
        }
    };
    let place = if on_disk { std::env::temp_dir() } else { PathBuf::from(TMPFS) };
    let before = load();
    let mut grounds = BTreeMap::new();
    for cell in &choice.cells {
        grounds.entry(cell.set).or_insert_with(|| Ground::new(cell.set, scale, &place));
    }
    let mut all: Vec<Measured> = Vec::new();
    for round in 0..rounds {
        for cell in &choice.cells {
            for mover in choice.movers.iter().filter(|mover| mover.runs(*cell, round)) {
                for one in grounds[&cell.set].race(*cell, *mover) {
                    println!(
                        "{cell}: {} {:?} {:.2} s, {:.2} s CPU, {:.0} MB, wrong {:?}",
                        mover.name(),
                        one.phase,
                        one.usage.seconds,
                        one.usage.cpu,
                        one.usage.memory,
                        one.wrong
                    );
                    all.push(one);
                }
            }
        }
    }
    let sets = grounds.iter().map(|(set, ground)| {
        let (messages, octets) = ground.size();
        (set.name(), messages, octets)
    });
    let around = Circumstances { scale, rounds, on_disk, load: (before, load()), sets: sets.collect() };
    let page = results::page(&all, &around);
    println!("\n{page}");
    let usual = || {
        let name = if on_disk { "DISK.md" } else { "RESULTS.md" };
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/bench")).join(name)
    };
    std::fs::write(std::env::var_os("RESULTS").map_or_else(usual, PathBuf::from), page).unwrap();
    let fine = |one: &&Measured| one.usage.code == Some(0) && one.wrong.is_none_or(|wrong| wrong == (0, 0));
    match all.iter().filter(|one| one.mover.is_ours()).find(|one| !fine(one)) {
        Some(one) => {
            eprintln!("{} failed in {}: {:?}", one.mover.name(), one.cell, one.wrong);
            ExitCode::FAILURE
        }
        None => ExitCode::SUCCESS,
    }
}

fn number(name: &str, usual: f64) -> f64 {
    let text = std::env::var(name).unwrap_or_default();
    if text.is_empty() { usual } else { text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")) }
}

fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}
