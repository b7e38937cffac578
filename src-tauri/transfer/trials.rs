//! Whole runs over mailboxes in memory, with the faults of real servers.

use crate::endpoint::Opener;
use crate::home::Home;
use crate::run::start_with;
use crate::{Counts, Layout, Level, Outcome, Pace, Phase, Place, Problem, ProblemLevel, Request, Run, Task, Verdict};
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
}

impl Server {
    fn new(mailbox: Mailbox) -> Self {
        let state =
            ServerState { password: "right", fates: VecDeque::new(), afterwards: Fate::Good, tried: Vec::new() };
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
        if secret.reveal() != state.password {
            return Err(Failure::new(Cause::SignInRefused).words("NO [AUTHENTICATIONFAILED]"));
        }
        let wire = match fate {
            Fate::Lost(effect, when) => Tripwire::at(effect, when, false),
            _ => Tripwire::never(),
        };
        Ok(Box::new(server.mailbox.session_with(wire)))
    }
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
                names: mail::NameRules { delimiter: Some('/'), refused: vec![] },
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
        let world = World { servers: HashMap::from([("old", old.clone()), ("new", new.clone())]) };
        Self { directory: tempfile::tempdir().unwrap(), old, new, world }
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
            pace: Pace::default(),
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

#[tokio::test]
async fn a_move_and_a_second_one_that_stores_nothing() {
    let stage = Stage::new();
    let run = stage.start(stage.request(plain_move()), &Person::with(&["right", "right"]));
    let snapshots = run.snapshots();
    let outcome = run.outcome().await;
    complete(&outcome);
    assert_eq!(outcome.counts, Counts { found: 30, stored: 30, ..Counts::default() });
    assert_eq!(outcome.folders.len(), 4);
    stage.assert_moved();
    let last = snapshots.borrow().clone();
    assert_eq!((last.phase, last.done, last.total), (Phase::Done, 30, 30));
    let again = stage.move_all().await;
    complete(&again);
    assert_eq!(again.counts, Counts { found: 30, already: 30, ..Counts::default() });
    stage.old.mailbox.put(&path("INBOX"), letter(99), Flags::default(), Some(InternalDate { seconds: 9, zone: 0 }));
    let third = stage.move_all().await;
    assert_eq!((third.counts.stored, third.counts.already), (1, 30));
    stage.assert_moved();
    let home = Home::open(&stage.home()).unwrap();
    let moves = home.moves().unwrap();
    assert!(moves.len() == 1 && moves[0].1.facts.moved && moves[0].1.last.as_ref().unwrap().counts.stored == 1);
}

#[tokio::test]
async fn lost_connections_are_made_up_for() {
    for (side, when) in [(0, When::Before), (0, When::After), (1, When::Before), (1, When::After)] {
        let stage = Stage::new();
        let server = if side == 0 { &stage.old } else { &stage.new };
        server.fates([4, 6, 9, 7, 12, 5].map(|effect| Fate::Lost(effect, when)));
        server.fates([Fate::Away(Cause::ConnectionRefused), Fate::Away(Cause::HostUnknown)]);
        let outcome = stage.move_all().await;
        complete(&outcome);
        assert_eq!(outcome.counts.found, 30);
        stage.assert_moved();
        assert!(server.state().fates.len() < 4, "the faults were met");
        server.state().fates.clear();
        assert_eq!(stage.run(stage.request(Task::Check)).await.counts.already, 30);
        let again = stage.move_all().await;
        assert_eq!(again.counts, Counts { found: 30, already: 30, ..Counts::default() });
    }
}

#[tokio::test]
async fn a_refused_password_is_asked_for_once_and_never_tried_twice() {
    let stage = Stage::new();
    let person = Person::with(&["wrong"]);
    let outcome = stage.start(stage.request(plain_move()), &person).outcome().await;
    assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Failed, Some(Cause::SignInRefused)));
    assert_eq!(outcome.failure.unwrap().side, Some(Side::Source));
    assert_eq!(*person.asked.lock().unwrap(), [(Side::Source, Reason::First), (Side::Source, Reason::Refused)]);
    assert_eq!(stage.old.state().tried, ["wrong"]);

    let person = Person::with(&["wrong", "right", "right"]);
    complete(&stage.start(stage.request(plain_move()), &person).outcome().await);
    assert_eq!(stage.old.state().tried[1..], ["wrong", "right"]);
}

#[tokio::test]
async fn a_password_changed_on_the_way_is_tried_once_more_and_then_asked_for() {
    let stage = Stage::new();
    stage.new.fates([Fate::Lost(12, When::After)]);
    let person = Person::with(&["right", "right", "newer"]);
    let run = stage.start(stage.request(plain_move()), &person);
    while stage.new.state().tried.is_empty() {
        tokio::task::yield_now().await;
    }
    stage.new.state().password = "newer";
    complete(&run.outcome().await);
    assert_eq!(stage.new.state().tried, ["right", "right", "right", "newer"]);
    assert_eq!(person.asked.lock().unwrap().last(), Some(&(Side::Target, Reason::Expired)));
    stage.assert_moved();
}

#[tokio::test]
async fn a_full_quota_is_a_problem_and_the_rest_is_counted() {
    let stage = Stage::new();
    stage.new.mailbox.behave(|manners| manners.capacity.room = Some(letter(2000).len() as u64 * 14));
    let outcome = stage.move_all().await;
    assert_eq!(outcome.verdict, Verdict::Problems, "{:?}", outcome.failure);
    assert!(codes(&outcome.problems).contains(&"quota_full"), "{:?}", outcome.problems);
    assert!(outcome.counts.agrees() && outcome.counts.found == 30, "{:?}", outcome.counts);
    assert!(outcome.counts.stored > 0 && outcome.counts.failed > 0, "{:?}", outcome.counts);
    let there: usize = ["INBOX", "已发送", "Work/2024"].map(|f| stage.new.mailbox.kept(&path(f)).len()).iter().sum();
    // One batch was in doubt when the quota was full.
    assert_eq!(there as u64, outcome.counts.stored + outcome.counts.already);
    stage.new.mailbox.behave(|manners| manners.capacity.room = None);
    let again = stage.move_all().await;
    complete(&again);
    assert_eq!((again.counts.already, again.counts.stored), (there as u64, outcome.counts.failed));
    stage.assert_moved();
}

async fn until_stored(run: &Run, messages: u64) {
    let mut snapshots = run.snapshots();
    snapshots.wait_for(|snapshot| snapshot.phase == Phase::Move && snapshot.done >= messages).await.unwrap();
}

#[tokio::test]
async fn stop_ends_soon_and_the_next_run_goes_on() {
    let stage = Stage::of(60);
    stage.new.mailbox.behave(|manners| {
        manners.delay = Some(Duration::from_millis(5));
        manners.batch.messages = 3;
    });
    let run = stage.start(stage.request(plain_move()), &Person::with(&["right", "right"]));
    until_stored(&run, 5).await;
    let asked = Instant::now();
    run.control().stop();
    let outcome = run.outcome().await;
    assert!(asked.elapsed() < Duration::from_secs(1));
    assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Stopped, Some(Cause::Stopped)));
    assert!(outcome.counts.agrees() && outcome.counts.stored > 0 && outcome.counts.stored < 180);
    stage.new.mailbox.behave(|manners| manners.delay = None);
    complete(&stage.move_all().await);
    stage.assert_moved();
}

#[tokio::test]
async fn pause_closes_the_sessions_and_resume_opens_new_ones() {
    let stage = Stage::of(60);
    stage.new.mailbox.behave(|manners| {
        manners.delay = Some(Duration::from_millis(5));
        manners.batch.messages = 3;
    });
    let run = stage.start(stage.request(plain_move()), &Person::with(&["right", "right"]));
    until_stored(&run, 5).await;
    run.control().pause();
    let mut snapshots = run.snapshots();
    snapshots.wait_for(|snapshot| snapshot.paused).await.unwrap();
    let stored = || stage.new.mailbox.kept(&path("INBOX")).len();
    let before = stored();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!((stored(), stage.new.state().tried.len()), (before, 1));
    stage.new.mailbox.behave(|manners| manners.delay = None);
    run.control().resume();
    let outcome = run.outcome().await;
    complete(&outcome);
    assert_eq!((outcome.counts.stored, stage.new.state().tried.len()), (180, 2));
    stage.assert_moved();
}

#[tokio::test]
async fn a_silent_server_does_not_hold_up_a_stop() {
    let stage = Stage::new();
    stage.old.mailbox.behave(|manners| manners.delay = Some(Duration::from_secs(3600)));
    let run = stage.start(stage.request(plain_move()), &Person::with(&["right", "right"]));
    tokio::time::sleep(Duration::from_millis(50)).await;
    let asked = Instant::now();
    run.control().stop();
    assert_eq!(run.outcome().await.verdict, Verdict::Stopped);
    assert!(asked.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn without_patience_a_server_that_stays_away_ends_the_run_as_stopped() {
    let stage = Stage::new();
    stage.new.fates([Fate::Lost(8, When::After)]);
    stage.new.state().afterwards = Fate::Away(Cause::ConnectionRefused);
    let mut request = stage.request(plain_move());
    request.pace.patience = Some(Duration::ZERO);
    let outcome = stage.run(request).await;
    assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Stopped, Some(Cause::ConnectionRefused)));
    assert_eq!(outcome.failure.unwrap().side, Some(Side::Target));
    stage.new.state().afterwards = Fate::Good;
    complete(&stage.move_all().await);
    stage.assert_moved();
}

#[tokio::test]
async fn a_wait_is_shown_and_resume_tries_at_once() {
    let stage = Stage::new();
    stage.new.fates([Fate::Lost(8, When::After), Fate::Away(Cause::SignInUnavailable)]);
    let mut request = stage.request(plain_move());
    request.pace.patience = None;
    let person = Person::with(&["right", "right"]);
    // At the true pace: a minute to wait.
    let run = start_with(request, person, Arc::new(stage.world.clone()), 1);
    let mut snapshots = run.snapshots();
    let waiting = snapshots.wait_for(|snapshot| snapshot.waiting.is_some()).await.unwrap().waiting.clone().unwrap();
    assert_eq!((waiting.cause, waiting.side), (Cause::SignInUnavailable, Some(Side::Target)));
    assert!(waiting.until.unwrap() > Instant::now() + Duration::from_secs(50));
    let nudged = Instant::now();
    run.control().resume();
    complete(&run.outcome().await);
    assert!(nudged.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn an_unknown_host_could_not_start() {
    let stage = Stage::new();
    let mut request = stage.request(plain_move());
    request.target = Some(Stage::account("nowhere"));
    let outcome = stage.run(request).await;
    assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Failed, Some(Cause::HostUnknown)));
}

#[tokio::test]
async fn one_mailbox_under_two_names_is_refused_before_anything_is_written() {
    let mut stage = Stage::new();
    stage.world.servers.insert("new", stage.old.clone());
    let before = stage.old.mailbox.kept(&path("INBOX"));
    let outcome = stage.move_all().await;
    assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Failed, Some(Cause::SameMailbox)));
    assert_eq!(stage.old.mailbox.kept(&path("INBOX")), before);
    let mut request = stage.request(plain_move());
    request.target = Some(Stage::account("OLD"));
    let outcome = stage.run(request).await;
    assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Failed, Some(Cause::SameMailbox)));
}

#[tokio::test]
async fn a_second_run_of_one_move_finds_it_busy() {
    let stage = Stage::new();
    let home = Home::open(&stage.home()).unwrap();
    let lock = home.lock(&Home::id(&Stage::account("old"), Some(&Stage::account("new")))).unwrap();
    let outcome = stage.move_all().await;
    assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Failed, Some(Cause::Busy)));
    drop(lock);
    complete(&stage.move_all().await);
}

#[tokio::test]
async fn a_check_tells_what_a_move_would_do_and_changes_nothing() {
    let stage = Stage::new();
    stage.new.mailbox.put(&path("INBOX"), letter(3), Flags::default(), None);
    stage.new.mailbox.behave(|manners| {
        manners.capacity.room = Some(100);
        manners.capacity.message_limit = Some(10_000);
    });
    stage.old.mailbox.put(&path("INBOX"), vec![b'x'; 20_000], Flags::default(), None);
    let outcome = stage.run(stage.request(Task::Check)).await;
    assert_eq!(outcome.verdict, Verdict::Problems);
    assert_eq!(outcome.counts, Counts { found: 31, stored: 29, already: 1, failed: 1, ..Counts::default() });
    assert_eq!(codes(&outcome.problems), ["message_too_large", "quota_full"]);
    let survey = outcome.survey.unwrap();
    assert_eq!((survey.room, survey.message_limit, survey.oldest), (Some(100), Some(10_000), Some(1_000_000_001)));
    assert!(survey.octets > 20_000 && survey.estimate.is_some());
    assert_eq!(stage.new.mailbox.kept(&path("INBOX")).len(), 1);
    assert!(stage.new.mailbox.kept(&path("已发送")).is_empty());
    let home = Home::open(&stage.home()).unwrap();
    let record = home.moves().unwrap().remove(0).1;
    assert!(record.facts.checked && !record.facts.moved && record.last.is_none());
}

#[tokio::test]
async fn the_windows_move_backs_up_proves_moves_and_verifies() {
    let stage = Stage::new();
    let task = Task::Move {
        backup: Some(stage.backup()),
        prove_first: true,
        put_back: false,
        verify_after: Some(Level::Identical),
    };
    stage.old.fates([Fate::Lost(9, When::After), Fate::Lost(14, When::Before)]);
    let outcome = stage.run(stage.request(task.clone())).await;
    complete(&outcome);
    assert_eq!(outcome.counts.stored, 30);
    assert_eq!(outcome.backup.map(|(messages, _)| messages), Some(30));
    assert_eq!(outcome.verified, Some(Counts { found: 30, already: 30, ..Counts::default() }));
    stage.assert_moved();
    // What its owner deletes there since is named and explained.
    let first = stage.new.mailbox.kept(&path("INBOX"))[0].uid;
    stage.new.mailbox.take_out(&path("INBOX"), first);
    let again = stage.run(stage.request(task)).await;
    complete(&again);
    assert_eq!((again.counts.stored, again.counts.gone), (0, 1));
    assert_eq!(again.verified.map(|counts| (counts.already, counts.gone, counts.failed)), Some((29, 1, 0)));
    assert_eq!(codes(&again.problems), ["gone"]);
    let facts = Home::open(&stage.home()).unwrap().moves().unwrap().remove(0).1.facts;
    assert!(facts.checked && facts.backed_up && facts.moved && facts.verified && !facts.finished);
}

#[tokio::test]
async fn a_backup_holds_everything_and_its_second_run_only_what_is_new() {
    let stage = Stage::new();
    let request = |task, target| Request { target, ..stage.request(task) };
    let backup = || request(Task::Backup { directory: stage.backup() }, None);
    let first = stage.run(backup()).await;
    complete(&first);
    assert_eq!(first.counts, Counts { found: 30, stored: 30, ..Counts::default() });
    assert_eq!(first.backup.map(|(messages, _)| messages), Some(30));
    stage.old.mailbox.put(&path("INBOX"), letter(77), Flags::default(), None);
    let second = stage.run(backup()).await;
    complete(&second);
    assert_eq!((second.counts.stored, second.counts.already), (1, 30));
    let level = Level::Identical;
    let against = stage.run(request(Task::Verify { level }, Some(Place::Directory(stage.backup())))).await;
    complete(&against);
    assert_eq!(against.counts.already, 31);
    let mut alone = request(Task::Verify { level }, None);
    alone.source = Place::Directory(stage.backup());
    let alone = stage.run(alone).await;
    complete(&alone);
    assert_eq!(alone.counts, Counts { found: 31, already: 31, ..Counts::default() });
}

#[tokio::test]
async fn a_backup_on_the_way_holds_what_the_target_had_already() {
    let stage = Stage::new();
    complete(&stage.move_all().await);
    let task = Task::Move { backup: Some(stage.backup()), prove_first: false, put_back: false, verify_after: None };
    let outcome = stage.run(stage.request(task)).await;
    complete(&outcome);
    assert_eq!(outcome.counts, Counts { found: 30, already: 30, ..Counts::default() });
    assert_eq!(outcome.backup.map(|(messages, _)| messages), Some(30));
}

#[tokio::test]
async fn a_stop_while_backing_up_has_stored_nothing() {
    let stage = Stage::of(60);
    stage.old.mailbox.behave(|manners| manners.delay = Some(Duration::from_millis(3)));
    let task = Task::Move { backup: Some(stage.backup()), prove_first: true, put_back: false, verify_after: None };
    let run = stage.start(stage.request(task), &Person::with(&["right", "right"]));
    let mut snapshots = run.snapshots();
    snapshots.wait_for(|snapshot| snapshot.phase == Phase::BackUp && snapshot.done > 3).await.unwrap();
    run.control().stop();
    let outcome = run.outcome().await;
    assert_eq!((outcome.verdict, outcome.counts), (Verdict::Stopped, Counts::default()));
    assert_eq!(outcome.backup, None);
}

#[tokio::test]
async fn a_verification_believes_no_journal() {
    let stage = Stage::new();
    complete(&stage.move_all().await);
    for level in [Level::Identical, Level::Present] {
        let equal = stage.run(stage.request(Task::Verify { level })).await;
        complete(&equal);
        assert_eq!(equal.counts, Counts { found: 30, already: 30, ..Counts::default() });
    }
    let inbox = stage.new.mailbox.kept(&path("INBOX"));
    stage.new.mailbox.take_out(&path("INBOX"), inbox[0].uid);
    let damaged = stage.new.mailbox.take_out(&path("INBOX"), inbox[1].uid).unwrap();
    let octets = [&damaged.octets[..], b"more"].concat();
    stage.new.mailbox.put(&path("INBOX"), octets, damaged.flags, damaged.date);
    let rewritten = stage.new.mailbox.take_out(&path("INBOX"), inbox[2].uid).unwrap();
    let octets = [&rewritten.octets[..], b"\r"].concat();
    stage.new.mailbox.put(&path("INBOX"), octets, Flags::new([System::Flagged]), rewritten.date);
    let outcome = stage.run(stage.request(Task::Verify { level: Level::Identical })).await;
    assert_eq!(outcome.verdict, Verdict::Problems);
    assert_eq!((outcome.counts.already, outcome.counts.failed), (28, 2));
    assert_eq!(codes(&outcome.problems), ["different", "missing", "changed_by_server"]);
}

#[tokio::test]
async fn another_layout_needs_a_new_plan() {
    let stage = Stage::new();
    complete(&stage.move_all().await);
    let mut request = stage.request(plain_move());
    request.layout.into = Some("@".into());
    let outcome = stage.run(request.clone()).await;
    assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Failed, Some(Cause::LayoutChanged)));
    request.layout.replan = true;
    let outcome = stage.run(request).await;
    complete(&outcome);
    assert_eq!(stage.new.mailbox.kept(&path("li@example.com/INBOX")).len(), 10);
}

#[tokio::test]
async fn options_leave_out_folders_and_old_mail() {
    let stage = Stage::new();
    let mut request = stage.request(plain_move());
    request.layout.skip_folders = vec!["work*".into()];
    request.layout.since = Some(InternalDate { seconds: 1_000_000_006, zone: 0 });
    let outcome = stage.run(request).await;
    complete(&outcome);
    assert_eq!(outcome.counts, Counts { found: 30, stored: 10, skipped: 20, ..Counts::default() });
    assert!(stage.new.mailbox.kept(&path("Work/2024")).is_empty());
}

#[tokio::test]
async fn a_backup_place_that_cannot_be_used_could_not_start() {
    let stage = Stage::new();
    std::fs::write(stage.backup(), "a file").unwrap();
    let task = Task::Move { backup: Some(stage.backup()), prove_first: true, put_back: false, verify_after: None };
    let outcome = stage.run(stage.request(task)).await;
    assert_eq!(outcome.verdict, Verdict::Failed, "{:?}", outcome.failure);
    assert!(stage.new.mailbox.kept(&path("INBOX")).is_empty());
}

#[tokio::test]
async fn a_sign_in_is_proved_once_and_changes_nothing() {
    let stage = Stage::new();
    let Place::Account(account) = Stage::account("old") else { unreachable!() };
    let prove = async |secret: &str| {
        let secret = Secret::new(secret.to_owned());
        crate::run::sign_in_with(&stage.world, &account, Side::Source, &secret, &stage.home()).await
    };
    let told = prove("right").await.unwrap();
    assert_eq!((told.folders, told.messages, told.inbox_only), (4, 30, false));
    let failure = prove("wrong").await.unwrap_err();
    assert_eq!((failure.cause, failure.side), (Cause::SignInRefused, Some(Side::Source)));
    assert_eq!(stage.old.state().tried, ["right", "wrong"]);
}

#[tokio::test]
async fn no_secret_is_left_at_home() {
    let stage = Stage::new();
    stage.old.state().password = "s3cret-One";
    stage.new.state().password = "s3cret-Two";
    let run = stage.start(stage.request(plain_move()), &Person::with(&["s3cret-One", "s3cret-Two"]));
    complete(&run.outcome().await);
    let mut open = vec![stage.home()];
    let mut files = 0;
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let place = entry.unwrap().path();
            if place.is_dir() {
                open.push(place);
                continue;
            }
            files += 1;
            let octets = std::fs::read(&place).unwrap();
            assert!(!octets.windows(7).any(|seven| seven == b"s3cret-"), "{}", place.display());
        }
    }
    assert!(files >= 3, "record, journal and lock");
}

#[tokio::test]
async fn a_message_that_is_refused_stops_nothing() {
    let stage = Stage::new();
    stage.new.mailbox.behave(|manners| {
        manners.refuses = Some(Arc::new(|octets| octets.ends_with(b"Text 4\r\n").then_some(Cause::MessageRefused)));
    });
    let task = Task::Move { backup: None, prove_first: false, put_back: false, verify_after: Some(Level::Identical) };
    let outcome = stage.run(stage.request(task)).await;
    assert_eq!(outcome.verdict, Verdict::Problems);
    assert_eq!((outcome.counts.stored, outcome.counts.failed), (29, 1));
    let problems: Vec<_> =
        outcome.problems.iter().filter(|problem| problem.level == ProblemLevel::Problem).cloned().collect();
    assert_eq!(codes(&problems), ["message_refused"], "named once, not once more by the verification");
    let home = Home::open(&stage.home()).unwrap();
    let id = Home::id(&Stage::account("old"), Some(&Stage::account("new")));
    assert_eq!(home.problems(&id, 0, 10).unwrap().1, outcome.problems);
}
