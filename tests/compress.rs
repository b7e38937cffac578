//! What COMPRESS=DEFLATE saves on a narrow line, and that nobody is asked for it on a wide one.

use harness::command::{Run, arguments};
use harness::sample::Letter;
use harness::{Dovecot, MailboxState, Options, Proxy, many, person};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;
use tempfile::TempDir;

/// Octets a second, each way: a line as many offices have.
const NARROW: u64 = 2_000_000;

/// A Dovecot that writes down what it hears before it is deflated, and whether it offers to deflate.
struct Listening {
    server: Dovecot,
    heard: TempDir,
}

impl Listening {
    fn start(compresses: bool) -> Self {
        let heard = tempfile::tempdir().unwrap();
        fs::set_permissions(heard.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let plugin = if compresses { "mail_plugins = imap_zlib" } else { "" };
        let extra = format!("protocol imap {{\n {plugin}\n rawlog_dir = {}\n}}\n", heard.path().display());
        Self { server: Dovecot::with(Options { extra, ..Options::default() }), heard }
    }

    /// How many sessions asked for it, of how many.
    fn asked(&self) -> (usize, usize) {
        let files = fs::read_dir(self.heard.path()).unwrap().map(|file| file.unwrap().path());
        let sessions: Vec<_> = files.filter(|file| file.extension().is_some_and(|end| end == "in")).collect();
        let asks = |file: &&std::path::PathBuf| {
            let said = fs::read(file).unwrap();
            said.windows(17).any(|window| window == b" COMPRESS DEFLATE")
        };
        (sessions.iter().filter(asks).count(), sessions.len())
    }
}

struct Move {
    seconds: f64,
    /// Through the line to the old server, and to the new one.
    octets: [u64; 2],
    /// Sessions that asked for COMPRESS there, of how many.
    asked: [(usize, usize); 2],
}

/// A move of these letters over such lines, 0 being wide ones; compared.
fn moved(letters: &[Letter], compresses: bool, width: u64) -> Move {
    let (old, new) = (Listening::start(compresses), Listening::start(compresses));
    old.server.wire().load(letters, '/', "");
    let (before_old, before_new) = (old.asked().1, new.asked().1);
    let lines = [&old, &new].map(|at| Proxy::to(at.server.tls, Duration::ZERO));
    lines.iter().for_each(|line| line.narrow(width));
    let (source, target) = (old.server.url_at("imaps", lines[0].port), new.server.url_at("imaps", lines[1].port));
    let mut arguments = arguments("move", &old.server, &source, &target);
    // Each pair asks for some messages before it knows its line.
    arguments.extend(["--connections".into(), "1".into()]);
    let run: Run = person(&old.server, &new.server).run(&arguments).expect(0);
    assert_eq!(run.count("stored"), letters.len() as u64);
    let asked = [(&old, before_old), (&new, before_new)].map(|(at, before)| {
        let (asked, sessions) = at.asked();
        (asked, sessions - before)
    });
    MailboxState::of(&old.server).assert_same(&MailboxState::of(&new.server));
    Move { seconds: run.seconds, octets: lines.map(|line| line.passed()), asked }
}

/// One behind the other: they are compared by the time that they take.
#[test]
fn mail_is_deflated_where_the_line_is_narrow_and_only_there() {
    a_narrow_line_carries_more_mail_deflated();
    on_a_wide_line_nobody_asks();
}

fn a_narrow_line_carries_more_mail_deflated() {
    // Some text, and attachments as they are coded: about half can be saved.
    let letters = many(4_000, 2_500);
    let size: u64 = letters.iter().map(|letter| letter.octets.len() as u64).sum();
    let (deflated, plain) = (moved(&letters, true, NARROW), moved(&letters, false, NARROW));
    for (name, run) in [("deflated", &deflated), ("plain", &plain)] {
        println!(
            "{} messages, {size} octets, {NARROW} octets/s, {name}: {:.1} s, {:?} octets, asked {:?}",
            letters.len(),
            run.seconds,
            run.octets,
            run.asked
        );
    }
    for side in [0, 1] {
        assert_eq!(deflated.asked[side].0, 1, "by the connection that carried the messages, in the middle of them");
        assert!(plain.octets[side] > size && plain.asked[side].0 == 0);
        assert!(deflated.octets[side] * 4 < plain.octets[side] * 3, "{:?}", deflated.octets);
    }
    assert!(deflated.seconds * 1.2 < plain.seconds, "{:.1} s", deflated.seconds);
}

fn on_a_wide_line_nobody_asks() {
    let letters = many(300, 100_000);
    let run = moved(&letters, true, 0);
    println!("{:.1} s, asked {:?}", run.seconds, run.asked);
    assert!(run.asked.iter().all(|(asked, sessions)| *asked == 0 && *sessions > 0), "{:?}", run.asked);
}
