//! Whole runs over mailboxes in memory, with the faults of real servers.

mod crew;
mod faults;
mod late;
mod logins;
mod older;
mod reading;
mod recognition;
mod repair;
mod sleep;
mod slowed;
mod tasks;
mod trouble;
mod undo;

use crate::endpoint::Opener;
use crate::home::Home;
use crate::run::start_with;
use crate::wake::Clock;
use crate::{
    Answers, Counts, Layout, Level, Outcome, Pace, Phase, Place, Problem, ProblemLevel, Request, Run, Task, Verdict,
};
use account::{Account, Credentials, Protocol, Reason, Secret, Security, SignIn};
use async_trait::async_trait;
use mail::memory::{Mailbox, Manners, Tripwire, When};
use mail::{Budget, Capacity, Cause, Failure, Flags, FolderPath, InternalDate, Result, Side, System, Target};
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Makes a pause of two seconds one of two milliseconds.
const HASTE: u32 = 1000;

/// What the next connection meets.
#[derive(Clone, Copy)]
enum Fate {
    Good,
    /// Lost at this effect of the session.
    Lost(usize, When),
    Away(Cause),
    /// Asked at this effect to come back in so many seconds.
    Slowed(usize, u64),
    /// From this effect on so many meet an error of the server's own, before they happen or after.
    Troubled(usize, usize, When),
}

#[derive(Clone)]
struct Server {
    mailbox: Mailbox,
    state: Arc<Mutex<ServerState>>,
}

struct ServerState {
    password: &'static str,
    fates: VecDeque<Fate>,
    /// When `fates` is empty.
    afterwards: Fate,
    tried: Vec<String>,
    /// When each of them was.
    when: Vec<Instant>,
    /// Somebody met an error of its own.
    met: bool,
}

impl Server {
    fn new(mailbox: Mailbox) -> Self {
        let state = ServerState {
            password: "right",
            fates: VecDeque::new(),
            afterwards: Fate::Good,
            tried: Vec::new(),
            when: Vec::new(),
            met: false,
        };
        Self { mailbox, state: Arc::new(Mutex::new(state)) }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, ServerState> {
        self.state.lock().unwrap()
    }

    fn fates(&self, fates: impl IntoIterator<Item = Fate>) {
        self.state().fates.extend(fates);
    }
}

#[derive(Clone)]
struct World {
    servers: HashMap<&'static str, Server>,
    /// Through all sessions and the journal.
    wire: Tripwire,
    /// How long the computer has slept.
    slept: Arc<Mutex<Duration>>,
}

#[async_trait]
impl Opener for World {
    async fn open(&self, account: &Account, secret: &Secret, _: &Budget) -> Result<Box<dyn Target>> {
        let Some(server) = self.servers.get(account.host.as_str()) else {
            return Err(Failure::new(Cause::HostUnknown).about(account.host.clone()));
        };
        let mut state = server.state();
        let fate = state.fates.pop_front().unwrap_or(state.afterwards);
        if let Fate::Away(cause) = fate {
            return Err(Failure::new(cause));
        }
        state.tried.push(secret.reveal().to_owned());
        state.when.push(Instant::now());
        if secret.reveal() != state.password {
            return Err(Failure::new(Cause::SignInRefused).words("NO [AUTHENTICATIONFAILED]"));
        }
        let wire = match fate {
            Fate::Lost(effect, when) => Tripwire::at(effect, when, false),
            Fate::Slowed(effect, seconds) => slowing(effect, seconds),
            Fate::Troubled(effect, times, when) => troubling(effect, times, when, Arc::clone(&server.state)),
            _ => self.wire.clone(),
        };
        Ok(Box::new(server.mailbox.session_with(wire)))
    }

    fn wire(&self) -> Tripwire {
        self.wire.clone()
    }

    fn clock(&self, haste: u32) -> Clock {
        let (begun, slept) = (Instant::now(), Arc::clone(&self.slept));
        Clock::reading(haste, Arc::new(move || begun.elapsed() + *slept.lock().unwrap()))
    }
}

fn slowing(effect: usize, seconds: u64) -> Tripwire {
    let passed = Mutex::new(0);
    Tripwire::watched(Arc::new(move |when| {
        let mut passed = passed.lock().unwrap();
        *passed += usize::from(when == When::Before);
        let asked = when == When::Before && *passed == effect;
        if asked { Err(Failure::new(Cause::Throttled).waiting(Duration::from_secs(seconds))) } else { Ok(()) }
    }))
}

fn troubling(first: usize, times: usize, when: When, state: Arc<Mutex<ServerState>>) -> Tripwire {
    let passed = Mutex::new(0);
    Tripwire::watched(Arc::new(move |now| {
        if now != when {
            return Ok(());
        }
        let mut passed = passed.lock().unwrap();
        *passed += 1;
        let meets = *passed > first && *passed - first <= times;
        state.lock().unwrap().met |= meets;
        if meets { Err(Failure::new(Cause::ServerFailed).words("[SERVERBUG] hm")) } else { Ok(()) }
    }))
}

/// Answers in turn; afterwards nothing.
struct Person {
    answers: Mutex<VecDeque<&'static str>>,
    asked: Mutex<Vec<(Side, Reason)>>,
}

impl Person {
    fn with(answers: &[&'static str]) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.iter().copied().collect()), asked: Mutex::default() })
    }
}

#[async_trait]
impl Credentials for Person {
    async fn get(&self, side: Side, _: &Account, reason: Reason) -> Option<Secret> {
        self.asked.lock().unwrap().push((side, reason));
        let answer = self.answers.lock().unwrap().pop_front();
        answer.map(|answer| Secret::new(answer.to_owned()))
    }
}

struct Stage {
    directory: tempfile::TempDir,
    old: Server,
    new: Server,
    world: World,
    /// Pairs of connections at most.
    pairs: usize,
}

fn path(text: &str) -> FolderPath {
    FolderPath::new(text.split('/'))
}

fn letter(n: u32) -> Vec<u8> {
    format!("Message-ID: <{n}@old>\r\nSubject: {n}\r\n\r\nText {n}\r\n").into_bytes()
}

impl Stage {
    /// 30 messages in three folders, one of them with a Chinese special name, and an empty folder.
    fn new() -> Self {
        Self::of(10)
    }

    fn of(each: u32) -> Self {
        let old = Mailbox::new(Manners::default());
        // Another count of folders made before, so that UIDVALIDITYs differ.
        let new = Mailbox::new(Manners {
            capacity: Capacity {
                names: mail::NameRules { delimiter: Some('/'), ..mail::NameRules::default() },
                ..Capacity::default()
            },
            ..Manners::default()
        });
        for (folder, base) in [("INBOX", 0), ("已发送", 1000), ("Work/2024", 2000)] {
            for n in 1..=each {
                let flags = if n % 2 == 0 { Flags::new([System::Seen]) } else { Flags::default() };
                let date = InternalDate { seconds: 1_000_000_000 + i64::from(n), zone: 0 };
                old.put(&path(folder), letter(base + n), flags, Some(date));
            }
        }
        let gone = old.put(&path("Empty"), letter(1), Flags::default(), None);
        old.take_out(&path("Empty"), gone);
        let (old, new) = (Server::new(old), Server::new(new));
        let servers = HashMap::from([("old", old.clone()), ("new", new.clone())]);
        let world = World { servers, wire: Tripwire::never(), slept: Arc::default() };
        Self { directory: tempfile::tempdir().unwrap(), old, new, world, pairs: 1 }
    }

    fn pairs(self, pairs: usize) -> Self {
        Self { pairs, ..self }
    }

    fn account(host: &str) -> Place {
        Place::Account(Account {
            protocol: Protocol::Imap,
            host: host.into(),
            port: 993,
            security: Security::Tls,
            user: "li@example.com".into(),
            sign_in: SignIn::Auto,
            admin: None,
            trust: None,
            authority: None,
        })
    }

    fn home(&self) -> PathBuf {
        self.directory.path().join("home")
    }

    fn backup(&self) -> PathBuf {
        self.directory.path().join("backup")
    }

    fn request(&self, task: Task) -> Request {
        Request {
            home: self.home(),
            source: Self::account("old"),
            target: Some(Self::account("new")),
            task,
            layout: Layout::default(),
            pace: Pace { connections: Some(self.pairs), ..Pace::default() },
            answers: Answers::default(),
        }
    }

    fn start(&self, request: Request, person: &Arc<Person>) -> Run {
        let person: Arc<dyn Credentials> = Arc::clone(person) as _;
        start_with(request, person, Arc::new(self.world.clone()), HASTE)
    }

    async fn run(&self, request: Request) -> Outcome {
        self.start(request, &Person::with(&["right", "right"])).outcome().await
    }

    async fn move_all(&self) -> Outcome {
        self.run(self.request(plain_move())).await
    }

    /// Each message of the old mailbox is at its place in the new one, once, with flags and date.
    fn assert_moved(&self) {
        for (from, to) in [("INBOX", "INBOX"), ("已发送", "已发送"), ("Work/2024", "Work/2024"), ("Empty", "Empty")]
        {
            let all = |mailbox: &Mailbox, folder: &str| {
                let mut kept: Vec<_> = mailbox
                    .kept(&path(folder))
                    .into_iter()
                    .map(|kept| (kept.octets, kept.flags.names(), kept.date))
                    .collect();
                kept.sort_by(|a, b| a.0.cmp(&b.0));
                kept
            };
            assert_eq!(all(&self.old.mailbox, from), all(&self.new.mailbox, to), "{from}");
        }
    }
}

fn plain_move() -> Task {
    Task::Move { backup: None, prove_first: false, put_back: false, verify_after: None }
}

fn codes(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.code.as_str()).collect()
}

fn complete(outcome: &Outcome) {
    assert_eq!(outcome.verdict, Verdict::Complete, "{:?} {:?}", outcome.failure, outcome.problems);
    assert!(outcome.counts.agrees(), "{:?}", outcome.counts);
}

fn cause(outcome: &Outcome) -> Option<Cause> {
    outcome.failure.as_ref().map(|failure| failure.cause)
}
