//! What makes servers refuse a message for its octets, and the smallest change that takes it away. Pure: octets in,
//! octets out. It must not know who consented, nor what a server answered; nothing here is done before a server has
//! refused the very octets that were fetched.

mod find;
mod mend;

pub use find::find;
pub use mend::mend;

use crate::{HeaderHash, Sha256};
use std::fmt;

/// Octets of a line without its CRLF (RFC 5322, 2.1.1).
const LONGEST_LINE: usize = 998;
/// With more faults than this not every choice of them is tried.
const CHOICES: usize = 3;

/// What a server may take offence at; the smaller change comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The last line has no end. Repair: CRLF is added.
    OpenEnd,
    /// The message begins with the `From ` line of an mbox. Repair: that line is left out.
    MboxLine,
    /// LF without CR. Repair: the CR is added.
    BareLf,
    /// NUL (RFC 3501, 4.3 forbids it in a literal). Repair: a space in its place.
    Nul,
    /// Octets above 127 in the header. Repair: these words are encoded (RFC 2047), as UTF-8 where they are that, else
    /// as `unknown-8bit` (RFC 1428).
    EightBitHeader,
    /// Repair: the line is broken, in the header by folding.
    LongLine,
}

impl Fault {
    pub const ALL: [Fault; 6] =
        [Fault::OpenEnd, Fault::MboxLine, Fault::BareLf, Fault::Nul, Fault::EightBitHeader, Fault::LongLine];

    /// The stable code that reports and the journal hold; codes are only ever added.
    pub fn code(self) -> &'static str {
        match self {
            Fault::OpenEnd => "open_end",
            Fault::MboxLine => "mbox_line",
            Fault::BareLf => "bare_lf",
            Fault::Nul => "nul",
            Fault::EightBitHeader => "eight_bit_header",
            Fault::LongLine => "long_line",
        }
    }
}

/// A fault of one message: how often, and where first. As text `nul*2@57/3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    pub fault: Fault,
    /// Octets, or lines, that the repair changes.
    pub count: u64,
    /// Of the first one, in the message as it was fetched: octets before it, and its line from 1 on.
    pub offset: u64,
    pub line: u64,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}*{}@{}/{}", self.fault.code(), self.count, self.offset, self.line)
    }
}

impl Finding {
    fn parse(text: &str) -> Option<Self> {
        let (code, rest) = text.split_once('*')?;
        let (count, rest) = rest.split_once('@')?;
        let (offset, line) = rest.split_once('/')?;
        let fault = Fault::ALL.into_iter().find(|fault| fault.code() == code)?;
        let number = |text: &str| text.parse().ok();
        Some(Self { fault, count: number(count)?, offset: number(offset)?, line: number(line)? })
    }
}

/// Findings as one text, such as the detail of a problem.
pub fn text(findings: &[Finding]) -> String {
    findings.iter().map(Finding::to_string).collect::<Vec<_>>().join(" ")
}

/// Reads [`text`]; nothing of what is no finding.
pub fn parse(text: &str) -> Vec<Finding> {
    text.split(' ').filter_map(Finding::parse).collect()
}

/// What a repaired message was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// Of the octets as fetched.
    pub sha256: Sha256,
    pub header: HeaderHash,
    /// What was changed.
    pub findings: Vec<Finding>,
}

/// Which faults to repair, one try after the other, so that no more is changed than the server asks for: each alone,
/// then two of them, and so on. With many faults only each alone, and at last all.
pub fn tries(findings: &[Finding]) -> Vec<Vec<Finding>> {
    let all = findings.len();
    let mut choices: Vec<u32> = (1..1_u32 << all.min(Fault::ALL.len())).collect();
    choices.sort_by_key(|choice| (choice.count_ones(), *choice));
    choices.retain(|choice| all <= CHOICES || [1, all as u32].contains(&choice.count_ones()));
    let chosen = |choice: u32| findings.iter().enumerate().filter(move |(at, _)| choice >> at & 1 == 1);
    choices.into_iter().map(|choice| chosen(choice).map(|(_, finding)| *finding).collect()).collect()
}

#[cfg(test)]
mod tests;
