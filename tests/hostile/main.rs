//! Servers that nobody would want. Each scenario is a row: its name, what is done, what the server says instead of what
//! it should, and what must come of it. They run against `mail::imap` over real sockets, with TLS where it matters;
//! silence at each step is tried beside the code, where time limits are short (`mail/imap/tests/silence.rs`).

mod command;
mod compressing;
mod feed;
mod fetching;
mod folders;
mod listing;
mod scenario;
mod server;
mod signing;
mod storing;
mod tls;

use scenario::Scenario;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// Longest that one scenario may take, and most memory that this process may ever have held.
const LIMIT: Duration = Duration::from_secs(20);
const MEMORY: u64 = 300 << 20;

async fn run(scenarios: Vec<Scenario>) {
    let mut wrong = Vec::new();
    let mut longest = (Duration::ZERO, "");
    for scenario in scenarios {
        let began = Instant::now();
        let came = tokio::time::timeout(LIMIT, scenario.run()).await.unwrap_or_else(|_| "no end in time".to_owned());
        longest = longest.max((began.elapsed(), scenario.name));
        if came != scenario.comes {
            wrong.push(format!("{}\n  expected: {}\n  came:     {came}", scenario.name, scenario.comes));
        }
    }
    println!("longest: {:?} ({}); {} MB at most", longest.0, longest.1, most_memory() >> 20);
    assert!(wrong.is_empty(), "{} came out otherwise:\n{}", wrong.len(), wrong.join("\n"));
    assert!(most_memory() <= MEMORY, "{} octets of memory", most_memory());
}

/// Octets of memory that this process held at its worst.
fn most_memory() -> u64 {
    memory_of("self")
}

fn memory_of(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    peak.trim().trim_end_matches(" kB").parse::<u64>().map_or(0, |kib| kib * 1024)
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in() {
    run(signing::scenarios()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_faults() {
    run(tls::scenarios()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn folder_names() {
    run(folders::scenarios()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn listings() {
    run(listing::scenarios()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages() {
    run(fetching::scenarios()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn storing_and_changing() {
    run(storing::scenarios()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn compressing() {
    run(compressing::scenarios()).await;
}

#[test]
fn there_are_enough_of_them_and_each_has_a_name() {
    let all = [
        signing::scenarios(),
        tls::scenarios(),
        folders::scenarios(),
        listing::scenarios(),
        fetching::scenarios(),
        storing::scenarios(),
        compressing::scenarios(),
    ];
    let names: Vec<&str> = all.iter().flatten().map(|scenario| scenario.name).collect();
    println!("{} scenarios", names.len());
    assert!(names.len() >= 60, "{}", names.len());
    let mut seen = HashSet::new();
    let twice: Vec<_> = names.iter().filter(|name| !seen.insert(**name)).collect();
    assert!(twice.is_empty(), "{twice:?}");
}
