//! Looks for faults, in whatever chunks a message comes.

use super::{Fault, Finding, LONGEST_LINE};
use crate::{Body, Result};

/// Of the first line, to tell an mbox line.
const BEGINNING: usize = 64;

/// The faults of a message, the smaller repair first; each kind once.
pub fn find(body: &Body) -> Result<Vec<Finding>> {
    let mut search = Search::default();
    let mut reader = body.reader()?;
    while let Some(chunk) = reader.chunk()? {
        search.push(chunk);
    }
    Ok(search.end())
}

#[derive(Debug)]
pub(super) struct Search {
    findings: Vec<Finding>,
    offset: u64,
    line: u64,
    /// Octets of this line so far.
    length: usize,
    last: u8,
    beginning: Vec<u8>,
    in_header: bool,
    /// This line is known to be too long.
    noted: bool,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            findings: Vec::new(),
            offset: 0,
            line: 1,
            length: 0,
            last: 0,
            beginning: Vec::new(),
            in_header: true,
            noted: false,
        }
    }
}

impl Search {
    pub fn push(&mut self, octets: &[u8]) {
        for octet in octets {
            self.see(*octet);
            self.last = *octet;
            self.offset += 1;
        }
    }

    fn see(&mut self, octet: u8) {
        if self.line == 1 && self.beginning.len() < BEGINNING {
            self.beginning.push(octet);
        }
        match octet {
            b'\n' => {
                if self.last != b'\r' || self.length == 0 {
                    self.note(Fault::BareLf);
                }
                self.in_header &= !(self.length == 0 || (self.length == 1 && self.last == b'\r'));
                self.line += 1;
                (self.length, self.noted) = (0, false);
                return;
            }
            0 => self.note(Fault::Nul),
            128.. if self.in_header => self.note(Fault::EightBitHeader),
            _ => {}
        }
        // A CR in the first place beyond may be the end of the line.
        let within = self.length < LONGEST_LINE || (self.length == LONGEST_LINE && octet == b'\r');
        if !within && !self.noted {
            self.noted = true;
            self.note(Fault::LongLine);
        }
        self.length += 1;
    }

    fn note(&mut self, fault: Fault) {
        match self.findings.iter_mut().find(|finding| finding.fault == fault) {
            Some(finding) => finding.count += 1,
            None => self.findings.push(Finding { fault, count: 1, offset: self.offset, line: self.line }),
        }
    }

    pub fn end(mut self) -> Vec<Finding> {
        if self.offset > 0 && self.last != b'\n' {
            self.note(Fault::OpenEnd);
        }
        if is_mbox_line(&self.beginning) {
            self.findings.push(Finding { fault: Fault::MboxLine, count: 1, offset: 0, line: 1 });
        }
        self.findings.sort_by_key(|finding| finding.fault);
        self.findings
    }
}

/// `From a@b Mon Jan  1 ...`, also where somebody quoted it; a field may have blanks before its colon.
fn is_mbox_line(beginning: &[u8]) -> bool {
    match beginning.strip_prefix(b"From ") {
        Some(rest) => !rest.trim_ascii_start().starts_with(b":"),
        None => beginning.starts_with(b">From "),
    }
}
