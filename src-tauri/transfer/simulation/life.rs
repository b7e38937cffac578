//! One process of the program in a simulated world: a runtime of one thread with a clock of its own, in which one run is
//! done to its end, or dropped where the process is killed.

use super::play::{HASTE, Later, Play, Spot, Stage};
use crate::endpoint::Opener;
use crate::home::Home;
use crate::run::start_with;
use crate::wake::Clock;
use crate::{Answers, Layout, Level, Outcome, Pace, Place, Problem, Request, Task};
use account::{Account, Credentials, Protocol, Reason, Secret, Security, SignIn};
use async_trait::async_trait;
use mail::memory::Tripwire;
use mail::{Budget, Cause, Failure, Result, Side, Target};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// No run takes longer, by its own clock.
const LONGEST: Duration = Duration::from_secs(20 * 60);
const TICK: Duration = Duration::from_millis(10);

/// How a process ended.
pub enum End {
    Came(Box<Outcome>),
    Killed,
    Hangs,
}

struct Door(Stage);

fn side_of(account: &Account) -> usize {
    usize::from(account.host == "new")
}

#[async_trait]
impl Opener for Door {
    async fn open(&self, account: &Account, secret: &Secret, _: &Budget) -> Result<Box<dyn Target>> {
        tokio::time::sleep(Duration::from_millis(2)).await;
        let side = side_of(account);
        let mut play = self.0.play();
        if play.dead {
            return Err(Failure::new(Cause::Closed));
        }
        if let Some(failure) = play.away[side].pop_front() {
            return Err(failure);
        }
        if secret.reveal() != play.passwords[side] {
            return Err(Failure::new(Cause::SignInRefused).words("NO [AUTHENTICATIONFAILED]"));
        }
        play.opened += 1;
        let (mailbox, spot) = match side {
            0 => (play.world.source.clone(), Spot::Source),
            _ => (play.world.target.clone(), Spot::Target),
        };
        Ok(Box::new(mailbox.session_with(self.0.wire(spot))))
    }

    /// The true time has no say here.
    fn clock(&self, haste: u32) -> Clock {
        Clock::reading(haste, Arc::new(Duration::default))
    }

    fn wire(&self) -> Tripwire {
        self.0.wire(Spot::Journal)
    }
}

struct Person(Stage);

#[async_trait]
impl Credentials for Person {
    async fn get(&self, side: Side, account: &Account, reason: Reason) -> Option<Secret> {
        let mut play = self.0.play();
        let absent = reason != Reason::First && play.rate > 0 && play.dice.u32(0..3) == 0;
        if absent {
            play.tell(format!("nobody is there to give a password for {side:?}"));
        }
        (!absent).then(|| Secret::new(play.passwords[side_of(account)].clone()))
    }
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

pub fn backup(directory: &Path) -> PathBuf {
    directory.join("backup")
}

fn request(directory: &Path, play: &mut Play) -> Request {
    let verify_after = match play.dice.u32(0..4) {
        0 => Some(Level::Identical),
        1 => Some(Level::Present),
        _ => None,
    };
    let kept = play.world.backup.then(|| backup(directory));
    Request {
        home: directory.join("home"),
        source: account("old"),
        target: Some(account("new")),
        task: Task::Move { backup: kept, prove_first: play.dice.bool(), put_back: false, verify_after },
        layout: Layout { max_size: play.world.max_size, ..Layout::default() },
        pace: Pace {
            connections: Some(play.world.pairs),
            patience: play.dice.bool().then_some(Duration::from_secs(600)),
            ..Pace::default()
        },
        answers: Answers::default(),
    }
}

/// The journal's file of the move in `directory`.
pub fn journal(directory: &Path) -> PathBuf {
    let home = Home::open(&directory.join("home")).unwrap();
    home.journal(&Home::id(&account("old"), Some(&account("new")))).unwrap()
}

/// What the last run left to be read by its person.
pub fn record(directory: &Path) -> Vec<Problem> {
    let home = Home::open(&directory.join("home")).unwrap();
    home.problems(&Home::id(&account("old"), Some(&account("new"))), 0, 1_000)
        .map_or_else(|_| Vec::new(), |(_, all)| all)
}

pub fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// One process, from its start to its end. `rate` as in [`Play`].
pub fn live(stage: &Stage, directory: &Path, rate: u32) -> End {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let end = runtime.block_on(async {
        let (request, killed) = {
            let mut play = stage.play();
            play.begin(rate);
            let waiting: Vec<Later> = std::mem::take(&mut play.on_its_way);
            waiting.into_iter().for_each(|later| play.soon(15, later));
            (request(directory, &mut play), play.killed.clone())
        };
        let run = start_with(request, Arc::new(Person(stage.clone())), Arc::new(Door(stage.clone())), HASTE);
        stage.play().control = Some(run.control());
        let pump = async {
            loop {
                tokio::time::sleep(TICK).await;
                stage.play().pump();
            }
        };
        tokio::select! {
            biased;
            () = killed.notified() => End::Killed,
            came = tokio::time::timeout(LONGEST, run.outcome()) => {
                came.map_or(End::Hangs, |outcome| End::Came(Box::new(outcome)))
            }
            () = pump => End::Hangs,
        }
    });
    // A killed process leaves the journal's log as it was at that moment.
    let file = journal(directory);
    let left: Vec<(PathBuf, Vec<u8>)> = match end {
        End::Killed => {
            let there = ["", "-wal"].map(|ending| beside(&file, ending)).into_iter();
            there.filter_map(|path| Some((path.clone(), std::fs::read(path).ok()?))).collect()
        }
        _ => Vec::new(),
    };
    drop(runtime);
    left.into_iter().for_each(|(path, octets)| std::fs::write(path, octets).unwrap());
    stage.play().end();
    end
}
