//! What is measured: a cell is a set of mail, a line and whether TLS lies on it. Words choose among them.

use crate::mailset::Set;
use crate::race::Mover;
use std::fmt;
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    Loopback,
    /// 50 ms round trip to each server.
    Far,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    pub set: Set,
    pub line: Line,
    pub tls: bool,
}

impl Line {
    /// Added to each answer.
    pub fn round_trip(self) -> Option<Duration> {
        (self == Line::Far).then_some(Duration::from_millis(50))
    }

    fn name(self) -> &'static str {
        match self {
            Line::Loopback => "loopback",
            Line::Far => "50ms",
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, {}", self.set.name(), self.line.name(), if self.tls { "tls" } else { "plain" })
    }
}

/// The cells and movers of one call, in the order in which they run.
pub struct Choice {
    pub cells: Vec<Cell>,
    pub movers: Vec<Mover>,
}

impl Choice {
    /// Comma-separated words, as `many,50ms,plain`. Of each kind the named ones, all where none is named.
    pub fn parse(words: &str) -> Result<Self, String> {
        let words: Vec<&str> = words.split([',', ' ']).filter(|word| !word.is_empty()).collect();
        let (mut sets, mut lines, mut tls, mut movers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for word in words {
            let set = Set::ALL.into_iter().find(|set| set.name() == word);
            let line = [Line::Loopback, Line::Far].into_iter().find(|line| line.name() == word);
            let mover = Mover::ALL.into_iter().find(|mover| mover.name() == word);
            match (set, line, mover, word) {
                (Some(set), ..) => sets.push(set),
                (_, Some(line), ..) => lines.push(line),
                (_, _, Some(mover), _) => movers.push(mover),
                (.., "plain") => tls.push(false),
                (.., "tls") => tls.push(true),
                _ => return Err(format!("no set, line or program is named {word}")),
            }
        }
        let cells = or(sets, &Set::ALL).into_iter().flat_map(|set| {
            let tls = or(tls.clone(), &[false, true]);
            or(lines.clone(), &[Line::Loopback, Line::Far])
                .into_iter()
                .flat_map(move |line| tls.clone().into_iter().map(move |tls| Cell { set, line, tls }))
        });
        Ok(Self { cells: cells.collect(), movers: or(movers, &Mover::ALL) })
    }
}

fn or<T: Clone>(named: Vec<T>, all: &[T]) -> Vec<T> {
    if named.is_empty() { all.to_vec() } else { named }
}
