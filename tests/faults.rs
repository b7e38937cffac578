//! Kills and broken lines at random moments, a few of what `make faults` does by the hundred.

use harness::faults::{Bounds, Ground, Kind, Series, Tally};
use std::time::SystemTime;

fn hold(kind: Kind, faults: usize) -> Tally {
    let seed = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |now| now.as_millis() as u64);
    let tally = Series { kind, faults, seed, at_once: 2, bounds: Bounds { silence: false, ..Bounds::default() } }
        .run(&Ground::new());
    println!("{tally}");
    assert!(tally.is_good(), "{tally}: seeds {:?}, each again by make faults TRIAL=...", tally.bad);
    tally
}

#[test]
fn sixty_kills() {
    assert!(hold(Kind::Kill, 60).met() >= 60);
}

#[test]
fn forty_cuts() {
    assert!(hold(Kind::Cut, 40).met() >= 40);
}
