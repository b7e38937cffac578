//! `bench engine N [idle]` moves N small messages between two mailboxes in memory; `bench instructions` counts, with
//! valgrind, what that takes a message, for a mailbox and for one ten times as large: what the engine does for one
//! message must not hang on how many there are. No server, no line and no clock is in these figures.

use account::{Account, Credentials, Protocol, Reason, Secret, Security, SignIn};
use async_trait::async_trait;
use mail::memory::{Mailbox, Manners};
use mail::{Budget, Capacity, Flags, FolderPath, InternalDate, NameRules, Result, Side, System, Target};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use transfer::endpoint::Opener;
use transfer::{Answers, Counts, Layout, Pace, Place, Request, Task};

const FOLDERS: u32 = 12;
const SMALL: u32 = 20_000;
const LARGE: u32 = 200_000;

#[derive(Clone)]
struct World {
    old: Mailbox,
    new: Mailbox,
}

#[async_trait]
impl Opener for World {
    async fn open(&self, account: &Account, _: &Secret, _: &Budget) -> Result<Box<dyn Target>> {
        let mailbox = if account.host == "old" { &self.old } else { &self.new };
        Ok(Box::new(mailbox.session()))
    }
}

struct Anyone;

#[async_trait]
impl Credentials for Anyone {
    async fn get(&self, _: Side, _: &Account, _: Reason) -> Option<Secret> {
        Some(Secret::new("none".to_owned()))
    }
}

fn place(host: &str) -> Place {
    Place::Account(Account {
        protocol: Protocol::Imap,
        host: host.into(),
        port: 993,
        security: Security::Tls,
        user: "wei@example.com".into(),
        sign_in: SignIn::Auto,
        admin: None,
        trust: None,
        authority: None,
    })
}

fn letter(n: u32) -> Vec<u8> {
    let mut octets =
        format!("Message-ID: <{n}@engine>\r\nFrom: <wei@example.com>\r\nSubject: {n}\r\n\r\n").into_bytes();
    octets.resize(1024, b'x');
    octets
}

fn world(messages: u32) -> World {
    let names = NameRules { delimiter: Some('/'), ..NameRules::default() };
    let manners =
        || Manners { capacity: Capacity { names: names.clone(), ..Capacity::default() }, ..Manners::default() };
    let (old, new) = (Mailbox::new(manners()), Mailbox::new(manners()));
    for n in 0..messages {
        let folder = match n % FOLDERS {
            0 => FolderPath::inbox(),
            of => FolderPath::new([format!("Folder {of}")]),
        };
        let date = InternalDate { seconds: 1_000_000_000 + i64::from(n), zone: 0 };
        old.put(&folder, letter(n), Flags::new([System::Seen]), Some(date));
    }
    World { old, new }
}

/// Moves so many messages, with the journal below `home`; `idle` only fills the old mailbox.
pub fn run(messages: u32, idle: bool, home: &Path) -> ExitCode {
    let world = world(messages);
    if idle {
        return ExitCode::SUCCESS;
    }
    let request = Request {
        home: home.to_owned(),
        source: place("old"),
        target: Some(place("new")),
        task: Task::Move { backup: None, prove_first: false, put_back: false, verify_after: None },
        layout: Layout::default(),
        pace: Pace { connections: Some(1), ..Pace::default() },
        answers: Answers::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome = runtime.block_on(async {
        transfer::run::start_with(request, Arc::new(Anyone), Arc::new(world.clone()), 1).outcome().await
    });
    let all = u64::from(messages);
    assert_eq!(outcome.counts, Counts { found: all, stored: all, ..Counts::default() }, "{:?}", outcome.problems);
    ExitCode::SUCCESS
}

/// Counts and prints; fails when the larger mailbox takes a tenth more a message, or less.
pub fn instructions() -> ExitCode {
    let a_message = |messages: u32| {
        let [work, idle] = [false, true].map(|idle| count(messages, idle));
        (work - idle) as f64 / f64::from(messages)
    };
    let (small, large) = (a_message(SMALL), a_message(LARGE));
    let ratio = large / small;
    println!("instructions a message: {small:.0} of {SMALL} messages, {large:.0} of {LARGE}: {ratio:.3}");
    if (0.9..=1.1).contains(&ratio) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn count(messages: u32, idle: bool) -> u64 {
    let home = tempfile::Builder::new().prefix("mailferry-engine-").tempdir_in(super::TMPFS).unwrap();
    let found = home.path().join("callgrind");
    let mut command = Command::new(harness::process::program("valgrind", "valgrind"));
    command.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", found.display()));
    command.arg(std::env::current_exe().unwrap()).arg("engine").arg(messages.to_string()).arg(home.path().join("home"));
    if idle {
        command.arg("idle");
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let counted = std::fs::read_to_string(found).unwrap();
    let total = counted.lines().rev().find_map(|line| line.strip_prefix("totals: ")).expect("callgrind's totals");
    total.trim().parse().unwrap()
}
