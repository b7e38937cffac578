//! One trial: two mailboxes, a command, and at the end the same command again, with everything compared.

use super::ground::{Ground, Length};
use super::judgement::{Judgement, Named, own};
use super::shape::{Shape, Task};
use crate::command::{Person, Run, Running, arguments};
use crate::{Dovecot, MailboxState, PASSWORD, Proxy};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longer than any undisturbed run, by far: a run that takes it is stuck.
const STUCK: Duration = Duration::from_secs(120);
pub const MEMORY: &str = "/dev/shm";

pub struct Trial<'a> {
    ground: &'a Ground,
    user: String,
    pub shape: Shape,
    pub person: Person,
    pub to_old: Proxy,
    pub to_new: Proxy,
    pub judgement: Judgement,
    pub runs: usize,
    /// When the last run began.
    passed_before: u64,
    backup: PathBuf,
    arguments: Vec<String>,
    before: MailboxState,
    /// What its owner had at the target before.
    own: MailboxState,
    named: Named,
}

/// A person whose home lies in memory: trials do not wait for this machine's disk.
pub fn somebody() -> Person {
    Person::below(Path::new(MEMORY)).with("OLD_SECRET", PASSWORD).with("NEW_SECRET", PASSWORD)
}

impl<'a> Trial<'a> {
    /// Up to the point where the command is given that faults will meet.
    pub fn new(ground: &'a Ground, shape: Shape, person: Person, backup: &Path) -> Self {
        let user = ground.user();
        let target = ground.target(shape.ability);
        let to_old = Proxy::to(ground.source().tls, shape.round_trip);
        let to_new = Proxy::to(target.tls, shape.round_trip);
        let (letters, later) = shape.letters();
        ground.source().wire_as(&user, PASSWORD).load(&letters, '/', "");
        if shape.task != Task::Backup {
            target.wire_as(&user, PASSWORD).load(&shape.there_before(&letters), '/', "");
        }
        let url = |proxy: &Proxy| Dovecot::url_of(&user, "imaps", proxy.port);
        let directory = backup.display().to_string();
        let mut arguments = match shape.task {
            Task::Backup => arguments("backup", ground.source(), &url(&to_old), &directory),
            _ => arguments("move", ground.source(), &url(&to_old), &url(&to_new)),
        };
        if shape.task == Task::MoveWithBackup {
            arguments.extend(["--backup".into(), directory]);
        }
        arguments.extend(["--connections".into(), shape.pairs.to_string()]);
        let mut trial = Self {
            ground,
            user,
            shape,
            person,
            to_old,
            to_new,
            judgement: Judgement::default(),
            runs: 0,
            passed_before: 0,
            backup: backup.to_owned(),
            arguments,
            before: MailboxState::default(),
            own: MailboxState::default(),
            named: Named::new(),
        };
        trial.before = trial.at_source();
        trial.own = own(&trial.before, &trial.at_target());
        if trial.shape.again {
            trial.last(false);
            trial.ground.source().wire_as(&trial.user, PASSWORD).load(&later, '/', "");
            trial.before = trial.at_source();
        }
        trial
    }

    /// To and from both servers.
    pub fn passed(&self) -> u64 {
        self.to_old.passed() + self.to_new.passed()
    }

    /// How far the run has come, by an undisturbed one's octets.
    pub fn share(&self, length: Length) -> f64 {
        (self.passed() - self.passed_before) as f64 / length.octets.max(1) as f64
    }

    pub fn messages(&self) -> usize {
        self.before.messages()
    }

    pub fn octets(&self) -> usize {
        self.before.folders.values().flat_map(|folder| folder.items.values()).map(|item| item.octets).sum()
    }

    /// The trial's command.
    pub fn start(&mut self, more: &[&str]) -> Running {
        self.runs += 1;
        self.passed_before = self.passed();
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).chain(more.iter().copied()).collect();
        self.person.start(&arguments)
    }

    /// Waits for a run that faults have met; it may have ended well, stopped, or never begun.
    pub fn ended(&mut self, run: Running, limit: Duration) -> Option<Run> {
        match run.finish_within(limit) {
            Ok(run) => {
                self.judgement.of_any(&run);
                let code = run.code;
                self.judgement.expect(matches!(code, Some(0 | 3 | 4)), || {
                    format!("a disturbed run ended with {code:?}: {} {}", run.stdout, run.stderr)
                });
                Some(run)
            }
            Err(said) => {
                self.judgement.stuck += 1;
                self.judgement.wrong.push(format!("no end after {limit:?}: {said}"));
                None
            }
        }
    }

    /// The command without any fault, which must succeed.
    fn last(&mut self, stores_nothing: bool) {
        let messages = self.messages();
        match self.start(&[]).finish_within(STUCK) {
            Ok(run) => {
                let named = self.judgement.of_last(&run, messages);
                self.named.extend(named);
                self.judgement.expect(!stores_nothing || run.json()["stored"] == 0, || {
                    format!("stored although nothing was new: {}", run.stdout)
                });
            }
            Err(said) => {
                self.judgement.stuck += 1;
                self.judgement.wrong.push(format!("the same command again has no end: {said}"));
            }
        }
    }

    /// The same command twice, and everything compared. `complete`: a run has said so before, so that nothing may be
    /// left to do.
    pub fn conclude(&mut self, complete: bool) -> (Judgement, usize, usize) {
        self.last(complete);
        self.last(true);
        let mut judgement = std::mem::take(&mut self.judgement);
        let source = self.at_source();
        judgement.expect(source == self.before, || "the source has changed".into());
        if self.shape.task != Task::Backup {
            judgement.compare(&self.before, &self.own, &self.at_target(), &self.named);
        }
        if self.shape.task != Task::Move {
            let proof = self.person.run(&["--json", "verify", &self.backup.display().to_string()]);
            judgement.of_last(&proof, self.messages());
            judgement.expect(proof.code == Some(0) && proof.count("already") == self.messages() as u64, || {
                format!("the backup does not verify: {} {}", proof.stdout, proof.stderr)
            });
        }
        judgement.look_for_secrets(self.person.home.path());
        (judgement, self.runs, self.messages())
    }

    fn at_source(&self) -> MailboxState {
        MailboxState::read(&mut self.ground.source().wire_as(&self.user, PASSWORD), '/', "")
    }

    fn at_target(&self) -> MailboxState {
        MailboxState::read(&mut self.ground.target(self.shape.ability).wire_as(&self.user, PASSWORD), '/', "")
    }
}

impl Drop for Trial<'_> {
    /// Memory is short; nobody will ask for this mail again.
    fn drop(&mut self) {
        for server in [self.ground.source(), self.ground.target(self.shape.ability)] {
            let _ = std::fs::remove_dir_all(server.directory().join("mail").join(&self.user));
        }
    }
}

impl Ground {
    /// What an undisturbed run of this shape takes; measured by one, when it is asked for the first time.
    pub(super) fn length(&self, shape: &Shape) -> Length {
        let key = (shape.task, shape.pairs, shape.ability, shape.again, shape.round_trip);
        let cell = Arc::clone(self.lengths.lock().unwrap().entry(key).or_default());
        *cell.get_or_init(|| {
            let person = somebody();
            let backup = person.home.path().join("backup");
            let mut trial = Trial::new(self, Shape { prepared: false, ..shape.clone() }, person, &backup);
            let (since, passed) = (Instant::now(), trial.passed());
            trial.last(false);
            assert!(trial.judgement.is_good(), "undisturbed, {}: {:?}", trial.shape, trial.judgement);
            Length { time: since.elapsed(), octets: trial.passed() - passed }
        })
    }
}
