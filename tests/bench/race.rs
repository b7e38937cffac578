//! One program in one cell: first copy, nothing new, a hundred new, of large ones a hundred more; each measured, and what
//! arrived compared.

use crate::cell::{Cell, Line};
use crate::mailset::Set;
use crate::peers;
use crate::usage::{Program, Usage, measure};
use harness::command::built;
use harness::wire::wire_name;
use harness::{Dovecot, MailboxState, Options, Proxy};
use std::path::{Path, PathBuf};

/// Letters only: every program's file of settings takes it as it is.
const PASSWORD: &str = "ferrysecret";
const NEW: usize = 100;
/// Rounds in which all programs run.
pub const OTHERS: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mover {
    Pump4,
    Pump1,
    Mailferry,
    Mbsync,
    Interimap,
    Offlineimap,
}

impl Mover {
    pub const ALL: [Mover; 6] =
        [Mover::Pump4, Mover::Pump1, Mover::Mailferry, Mover::Mbsync, Mover::Interimap, Mover::Offlineimap];

    pub fn name(self) -> &'static str {
        match self {
            Mover::Pump4 => "pump4",
            Mover::Pump1 => "pump1",
            Mover::Mailferry => "mailferry",
            Mover::Mbsync => "mbsync",
            Mover::Interimap => "interimap",
            Mover::Offlineimap => "offlineimap",
        }
    }

    /// The pump keeps no memory of what it did.
    fn phases(self, set: Set) -> &'static [Phase] {
        use Phase::*;
        match self {
            Mover::Pump4 | Mover::Pump1 | Mover::Offlineimap => &[First],
            _ if set == Set::Big => &[First, Nothing, New, Large],
            _ => &[First, Nothing, New],
        }
    }

    /// Those that must deliver every octet, flag and date.
    pub fn is_ours(self) -> bool {
        matches!(self, Mover::Pump4 | Mover::Pump1 | Mover::Mailferry)
    }

    /// The others run three times at most: they take minutes, and are not as near to us as the pump. The slowest runs
    /// once, where it takes seconds; the huge message is for the memory alone.
    pub fn runs(self, cell: Cell, round: usize) -> bool {
        if cell.set == Set::Huge {
            let near = cell.line == Line::Loopback && !cell.tls;
            return near && round == 0 && matches!(self, Mover::Mailferry | Mover::Mbsync);
        }
        let bearable = Cell { set: Set::Mixed, line: Line::Loopback, tls: false };
        match self {
            Mover::Pump4 | Mover::Mailferry => true,
            Mover::Offlineimap => cell == bearable && round == 0,
            Mover::Pump1 | Mover::Mbsync | Mover::Interimap => round < OTHERS,
        }
    }

    fn program(self, ends: &Ends, home: &Path) -> Program {
        match self {
            Mover::Pump4 => pump(ends, 4),
            Mover::Pump1 => pump(ends, 1),
            Mover::Mailferry => mailferry(ends, home),
            Mover::Mbsync => peers::mbsync(ends, home),
            Mover::Interimap => peers::interimap(ends, home),
            Mover::Offlineimap => peers::offlineimap(ends, home),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    First,
    Nothing,
    /// A hundred new ones; of `big` they are letters of 3 KB, as late mail is.
    New,
    /// Of `big` a hundred more of its own kind, 440 MB.
    Large,
}

/// Where a program finds both mailboxes: ports of localhost, one user.
pub struct Ends {
    pub source: u16,
    pub target: u16,
    /// PEM file of both servers' authority; None without TLS.
    pub authority: Option<PathBuf>,
    pub user: String,
    pub password: String,
}

#[derive(Clone, Debug)]
pub struct Measured {
    pub cell: Cell,
    pub mover: Mover,
    pub phase: Phase,
    pub usage: Usage,
    /// Messages of the source that did not arrive as they are, and messages too many. Not looked at after `Nothing`.
    pub wrong: Option<(usize, usize)>,
}

/// The old mailbox of one set. All programs copy the same.
pub struct Ground {
    set: Set,
    scale: f64,
    source: Dovecot,
    state: MailboxState,
    place: PathBuf,
}

fn server(place: &Path) -> Dovecot {
    let users = vec![(harness::USER.to_owned(), PASSWORD.to_owned())];
    Dovecot::with(Options { users, place: Some(place.to_owned()), ..Options::default() })
}

impl Ground {
    pub fn new(set: Set, scale: f64, place: &Path) -> Self {
        let source = server(place);
        set.load(&mut source.wire(), 0..set.messages(scale));
        let state = MailboxState::of(&source);
        assert_eq!(state.messages(), set.messages(scale));
        Self { set, scale, source, state, place: place.to_owned() }
    }

    /// Messages and octets.
    pub fn size(&self) -> (usize, usize) {
        let items = self.state.folders.values().flat_map(|folder| folder.items.values());
        (self.state.messages(), items.map(|item| item.octets).sum())
    }

    /// All phases of one program against a fresh target.
    pub fn race(&self, cell: Cell, mover: Mover) -> Vec<Measured> {
        let target = server(&self.place);
        let port = |server: &Dovecot| if cell.tls { server.tls } else { server.plain };
        let (from, to) = (port(&self.source), port(&target));
        let lines = cell.line.round_trip().map(|time| (Proxy::to(from, time), Proxy::to(to, time)));
        let ends = Ends {
            source: lines.as_ref().map_or(from, |(line, _)| line.port),
            target: lines.as_ref().map_or(to, |(_, line)| line.port),
            authority: cell.tls.then(|| target.authority()),
            user: harness::USER.to_owned(),
            password: PASSWORD.to_owned(),
        };
        let home = tempfile::Builder::new().prefix("mailferry-bench-").tempdir_in(&self.place).unwrap();
        let program = mover.program(&ends, home.path());
        let mut all = Vec::new();
        let phases = mover.phases(self.set);
        for phase in phases {
            match phase {
                Phase::New => self.add(if self.set == Set::Big { Set::Many } else { self.set }, NEW),
                Phase::Large => self.add(self.set, NEW),
                Phase::First | Phase::Nothing => {}
            }
            let usage = measure(&program, home.path());
            let changed;
            let source = match phase {
                Phase::New | Phase::Large => {
                    changed = MailboxState::of(&self.source);
                    &changed
                }
                _ => &self.state,
            };
            let wrong = (*phase != Phase::Nothing).then(|| compare(source, &MailboxState::of(&target)));
            if usage.code != Some(0) {
                println!("{} in {cell}, {phase:?}: exit {:?}\n{}", mover.name(), usage.code, usage.said);
            }
            all.push(Measured { cell, mover, phase: *phase, usage, wrong });
        }
        if phases.contains(&Phase::New) {
            self.take_back();
        }
        all
    }

    /// So many that the old mailbox does not hold yet.
    fn add(&self, kind: Set, count: usize) {
        let from = kind.messages(self.scale);
        kind.load(&mut self.source.wire(), from..from + count);
    }

    /// The source holds again what all others find.
    fn take_back(&self) {
        let mut wire = self.source.wire();
        let now = MailboxState::of(&self.source);
        for (path, folder) in &now.folders {
            let known = &self.state.folders[path].items;
            let new: Vec<String> =
                folder.items.keys().filter(|uid| !known.contains_key(uid)).map(u64::to_string).collect();
            if !new.is_empty() {
                let set = new.join(",");
                wire.command(&format!("SELECT \"{}\"", wire_name(path, '/', "")));
                wire.command(&format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)"));
                wire.command(&format!("UID EXPUNGE {set}"));
            }
        }
        let left = MailboxState::of(&self.source);
        let left = self.state.differences(&left, <[String]>::to_vec);
        assert!(left.is_empty(), "the old mailbox was changed: {}", left[..left.len().min(5)].join("\n"));
    }
}

/// How many messages of the source are not at the target as they are, and how many there are beyond them.
fn compare(source: &MailboxState, target: &MailboxState) -> (usize, usize) {
    let mut wrong = (0, 0);
    for line in source.differences(target, <[String]>::to_vec) {
        match line.ends_with(": too much") {
            true => wrong.1 += 1,
            false => wrong.0 += 1,
        }
    }
    // A folder that is missing whole counts with its messages.
    for (path, folder) in &source.folders {
        if !target.folders.contains_key(path) {
            wrong.0 += folder.items.len().saturating_sub(1);
        }
    }
    wrong
}

fn pump(ends: &Ends, pairs: usize) -> Program {
    let own = std::env::current_exe().unwrap();
    let authority = ends.authority.as_ref().map_or("plain".into(), |file| file.display().to_string());
    let arguments = [pairs.to_string(), ends.source.to_string(), ends.target.to_string(), ends.user.clone(), authority];
    let mut program = Program::new(own, ["pump".to_owned()].into_iter().chain(arguments));
    program.variables.push(("PUMP_PASSWORD", ends.password.clone().into()));
    program
}

fn mailferry(ends: &Ends, home: &Path) -> Program {
    let user = ends.user.replace('@', "%40");
    let url = |port: u16| match &ends.authority {
        Some(_) => format!("imaps://{user}@localhost:{port}"),
        None => format!("imap://{user}@localhost:{port}?security=none"),
    };
    let data = home.join("mailferry").display().to_string();
    let mut arguments =
        vec!["--home".to_owned(), data, "--json".into(), "move".into(), url(ends.source), url(ends.target)];
    arguments.extend(["--source-password-env", "OLD", "--target-password-env", "NEW"].map(String::from));
    if let Some(authority) = &ends.authority {
        arguments.extend(["--ca".to_owned(), authority.display().to_string()]);
    }
    let further = std::env::var("ARGUMENTS").unwrap_or_default();
    arguments.extend(further.split_whitespace().map(String::from));
    let mut program = Program::new(built("mailferry-cli"), arguments);
    program.variables = vec![("OLD", ends.password.clone().into()), ("NEW", ends.password.clone().into())];
    program
}
