//! The table: medians with their spread, and ratios to the pump and to mbsync.

use crate::cell::Cell;
use crate::race::{Measured, Mover, OTHERS, Phase};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

/// What a reader must know beside the figures.
pub struct Circumstances {
    pub scale: f64,
    pub rounds: usize,
    pub on_disk: bool,
    /// Load averages before and after.
    pub load: (String, String),
    /// What the sets held: name, messages, octets.
    pub sets: Vec<(&'static str, usize, usize)>,
}

/// Runs of the same pump in the same cell took 2.2 to 10.9 s within a few minutes.
const DISK: &str = "On a disk one run takes up to five times another, as what was written before still waits to be written: only \
                    what is further apart than that says anything.\n\n";

/// The whole file in Markdown.
pub fn page(all: &[Measured], around: &Circumstances) -> String {
    let mut text = "# Measured\n\nWritten by `make bench`. Two Dovecot servers, Maildir to Maildir, on this computer. A 50 ms line \
                    is a proxy that adds 25 ms each way on both sides, 4 MiB in flight a connection. Whole processes; medians, \
                    the fastest and the slowest run in brackets. `x pump4`: speed as a part of the raw pump's with four pairs \
                    of connections (tests/bench/pump.rs); `x mbsync`: times the speed of mbsync. CPU and memory of the first \
                    copy, children included. All programs run in turn in one call. The 100 new ones of `big` are letters of 3 KB; \
                    `100 large` are 100 more of its own kind, 440 MB.\n\n"
        .to_owned();
    let place = if around.on_disk { "on the disk" } else { "on tmpfs" };
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    writeln!(
        text,
        "{}, {}. {} runs of Mailferry and of pump4, {} of the others, mail {place}, scale {}; load before {}, after {}. Mailferry {} ({profile}{}).\n",
        today(),
        machine(),
        around.rounds,
        around.rounds.min(OTHERS),
        around.scale,
        around.load.0,
        around.load.1,
        env!("CARGO_PKG_VERSION"),
        said("git", &["rev-parse", "--short", "HEAD"]).map_or(String::new(), |commit| format!(", {commit}")),
    )
    .unwrap();
    if around.on_disk {
        text += DISK;
    }
    let mut versions: Vec<String> = Vec::new();
    for (program, name) in
        [("dovecot", "dovecot"), ("mbsync", "mbsync"), ("interimap", "interimap"), ("offlineimap", "offlineimap")]
    {
        let version = said(program, &["--version"]).unwrap_or_else(|| "not installed".to_owned());
        let number = version.split([' ', '(']).find(|word| word.starts_with(|first: char| first.is_ascii_digit()));
        versions.push(format!("{name} {}", number.unwrap_or(&version)));
    }
    writeln!(text, "{}.\n", versions.join(", ")).unwrap();
    for (name, messages, octets) in &around.sets {
        writeln!(text, "- `{name}`: {messages} messages, {:.0} MB", *octets as f64 / 1e6).unwrap();
    }
    let mut cells: BTreeMap<Cell, BTreeMap<Mover, Vec<&Measured>>> = BTreeMap::new();
    for one in all {
        cells.entry(one.cell).or_default().entry(one.mover).or_default().push(one);
    }
    for (cell, movers) in &cells {
        text += &table(*cell, movers);
    }
    text
}

fn table(cell: Cell, movers: &BTreeMap<Mover, Vec<&Measured>>) -> String {
    let mut text = format!(
        "\n## {cell}\n\n\
         | | first copy, s | x pump4 | x mbsync | nothing new, s | 100 new, s | 100 large, s | CPU, s | peak MB | arrived |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
    );
    let first =
        |mover: Mover| movers.get(&mover).and_then(|all| Spread::of(all, Phase::First, |one| one.usage.seconds));
    for (mover, all) in movers {
        let seconds = |phase| Spread::of(all, phase, |one| one.usage.seconds);
        let shown = |spread: Option<Spread>| spread.map_or("-".to_owned(), |spread| spread.show());
        let times = |other: Mover| {
            let both = first(other).zip(first(*mover));
            both.map_or("-".to_owned(), |(other, own)| format!("{:.2}", other.median / own.median))
        };
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            mover.name(),
            shown(seconds(Phase::First)),
            times(Mover::Pump4),
            times(Mover::Mbsync),
            shown(seconds(Phase::Nothing)),
            shown(seconds(Phase::New)),
            shown(seconds(Phase::Large)),
            Spread::of(all, Phase::First, |one| one.usage.cpu).map_or("-".into(), |it| format!("{:.2}", it.median)),
            Spread::of(all, Phase::First, |one| one.usage.memory).map_or("-".into(), |it| format!("{:.0}", it.most)),
            verdict(all),
        )
        .unwrap();
    }
    text
}

/// What the comparison said, the worst of all runs.
fn verdict(all: &[&Measured]) -> String {
    if let Some(failed) = all.iter().find(|one| one.usage.code != Some(0)) {
        return format!("FAILED: exit {:?} in {:?}", failed.usage.code, failed.phase);
    }
    match all.iter().filter_map(|one| one.wrong).max() {
        None | Some((0, 0)) => "identical".to_owned(),
        Some((wrong, surplus)) => format!("{wrong} not as they are, {surplus} too many"),
    }
}

struct Spread {
    median: f64,
    least: f64,
    most: f64,
    count: usize,
}

impl Spread {
    fn of(all: &[&Measured], phase: Phase, figure: impl Fn(&Measured) -> f64) -> Option<Self> {
        let mut figures: Vec<f64> = all.iter().filter(|one| one.phase == phase).map(|one| figure(one)).collect();
        figures.sort_by(f64::total_cmp);
        let (least, most) = (*figures.first()?, *figures.last()?);
        let half = figures.len() / 2;
        let median =
            if figures.len() % 2 == 1 { figures[half] } else { f64::midpoint(figures[half - 1], figures[half]) };
        Some(Self { median, least, most, count: figures.len() })
    }

    fn show(&self) -> String {
        match self.count {
            1 => format!("{:.2}", self.median),
            _ => format!("{:.2} ({:.2}-{:.2})", self.median, self.least, self.most),
        }
    }
}

fn today() -> String {
    let now = time::OffsetDateTime::now_utc();
    format!("{} {:02}:{:02} UTC", now.date(), now.hour(), now.minute())
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    format!("{cores} cores ({})", model.map_or("unknown", |(_, model)| model))
}

/// The first line of what a program says.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty())
}
