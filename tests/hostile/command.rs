//! The whole program against such servers: what a person gets to see, and what lies on the disk afterwards.

use crate::memory_of;
use crate::scenario::{SECRET, USER};
use crate::server::{self, BODIES, Door, Heard, Rule, Say, Script};
use harness::{Certificate, Dovecot, Person, Run};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const NAMES: [&str; 17] = [
    "../../../escaped",
    "..",
    "\"C:\\\\Windows\\\\evil\"",
    "CON",
    "nul.txt",
    "\"dot.\"",
    "\"space \"",
    "\"bell\u{7}\u{1b}[2J\"",
    "\"&bad\"",
    "a",
    "\"&AGE-\"",
    "work",
    "Work",
    "\"<img src=x onerror=alert(1)>\"",
    "\"=cmd|' /C calc'!A0\"",
    "{4}\r\na\r\nb",
    "CON/NUL/AUX",
];

/// A server of hostile folder names; the rest of `rules` comes first.
async fn hostile(door: Door, rules: Vec<Rule>) -> (u16, Heard) {
    let mut list: String = NAMES.iter().map(|name| format!("* LIST () \"/\" {name}\r\n")).collect();
    list += &format!("* LIST () \"/\" {}\r\n* LIST () \"/\" {}\r\n", "x".repeat(300), ["level"; 200].join("/"));
    list += "* LIST () \"/\" INBOX\r\n* LIST (\\Broken \"/\" \"lost one\"\r\n$ OK\r\n";
    let list = Rule { at: "LIST \"\" \"*\"", say: Say::Text(list.into_bytes()), once: false };
    let rules = rules.into_iter().chain([list]).collect();
    let (port, heard, _) = server::start(Script { door, offers: "", rules }).await;
    (port, heard)
}

fn said(at: &'static str, text: &str, once: bool) -> Rule {
    Rule { at, say: Say::Text(text.as_bytes().to_vec()), once }
}

fn url(scheme: &str, port: u16) -> String {
    format!("{scheme}://{}@localhost:{port}", USER.replace('@', "%40"))
}

fn plain(port: u16) -> String {
    url("imap", port) + "?security=none"
}

fn person() -> Person {
    Person::new().with("OLD_SECRET", SECRET)
}

/// Runs the program to its end, beside the server. Gives also the most memory that was seen.
async fn run(person: Person, mut arguments: Vec<String>) -> (Person, Run, u64) {
    if !arguments.iter().any(|argument| argument == "--patience") {
        arguments.extend(["--patience", "0"].map(String::from));
    }
    arguments.extend(["--source-password-env", "OLD_SECRET"].map(String::from));
    tokio::task::spawn_blocking(move || {
        let mut running = person.start(&arguments);
        let mut memory = 0;
        while !running.is_over() {
            memory = memory.max(memory_of(&running.pid().to_string()));
            std::thread::sleep(Duration::from_millis(20));
        }
        let run = running.finish();
        for text in [&run.stdout, &run.stderr] {
            assert!(!text.contains("geheim") && !text.contains("panicked"), "{text}");
        }
        assert!(!run.stderr.contains(['\u{1b}', '\u{7}']), "controls reach the terminal: {:?}", run.stderr);
        (person, run, memory)
    })
    .await
    .unwrap()
}

fn files(below: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

fn codes(run: &Run) -> Vec<String> {
    let problems = run.json()["problems"].as_array().cloned().unwrap_or_default();
    problems.iter().map(|problem| problem["code"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_hostile_names_stays_in_its_directory() {
    let (port, _) = hostile(Door::Plain, Vec::new()).await;
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("a/b/c/backup");
    let shown = directory.display().to_string();
    let arguments = ["--json", "backup", &plain(port), &shown].map(String::from).to_vec();
    let (person, run, memory) = run(person(), arguments).await;
    let run = run.expect(1);
    assert_eq!(codes(&run), ["folder_unreadable"], "{}", run.stdout);
    // Three messages in each folder, the same in all, and none of them lost.
    let folders = NAMES.len() as u64 + 3;
    assert_eq!((run.count("found"), run.count("stored"), run.count("failed")), (3 * folders, 3 * folders, 0));
    let all = files(place.path());
    for path in &all {
        let inside = path.strip_prefix(&directory).expect("inside of the directory");
        for name in inside.iter().map(|name| name.to_str().unwrap()) {
            let device = name.split('.').next().unwrap_or_default().to_uppercase();
            assert!(!["CON", "NUL", "AUX"].contains(&device.as_str()), "{}", inside.display());
            assert!(!name.chars().any(|c| c.is_control() || "<>:\"\\|?*".contains(c)), "{}", inside.display());
            assert!(!name.ends_with(['.', ' ']) && name.len() < 200, "{}", inside.display());
        }
    }
    let boxes = all.iter().filter(|path| path.extension().is_some_and(|ending| ending == "mbox"));
    assert_eq!(boxes.clone().count() as u64, folders);
    for mbox in boxes {
        let text = String::from_utf8(std::fs::read(mbox).unwrap()).unwrap();
        assert!(BODIES.iter().all(|body| text.contains(body)), "{}", mbox.display());
    }
    person.run(&["--json", "verify", &shown]).expect(0);
    assert!(memory <= crate::MEMORY, "{memory} octets");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_from_hostile_names_gives_each_folder_its_place() {
    let (port, _) = hostile(Door::Plain, Vec::new()).await;
    let new = Dovecot::start();
    let mut arguments = vec!["--json".into(), "move".into(), plain(port), new.url()];
    arguments.extend(["--target-password-env".into(), "NEW_SECRET".into(), "--ca".into()]);
    arguments.push(new.authority().display().to_string());
    let (_, run, _) = run(person().with("NEW_SECRET", new.password()), arguments).await;
    let codes = codes(&run);
    assert!(codes.contains(&"folder_unreadable".to_owned()), "{codes:?}");
    let run = run.expect(1);
    // What the target cannot hold is named, and nothing else is missing.
    let folders = run.json()["folders"].as_array().cloned().unwrap_or_default();
    assert_eq!(folders.len(), NAMES.len() + 3);
    let problems = run.json()["problems"].as_array().cloned().unwrap_or_default();
    let refused: Vec<&str> = problems
        .iter()
        .filter(|problem| problem["code"] == "folder_name_refused")
        .map(|problem| problem["folder"].as_str().expect("which folder"))
        .collect();
    println!("refused by the target: {refused:?}");
    assert!(refused.len() <= 6, "{refused:?}");
    let there = harness::MailboxState::of(&new).messages();
    assert_eq!(there, 3 * (folders.len() - refused.len()), "{}", run.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stripped_starttls_and_bad_certificates_get_no_credentials() {
    let new = Dovecot::start();
    for (door, rules, scheme) in [
        (Door::Plain, vec![said("STARTTLS", "$ BAD what\r\n", false)], "imap"),
        (Door::Plain, vec![said("GREETING", "* PREAUTH in\r\n", false)], "imap"),
        (Door::Tls(Certificate::Expired), vec![], "imaps"),
        (Door::Tls(Certificate::SelfSigned), vec![], "imaps"),
        (Door::Instead(b"* OK ready\r\n"), vec![], "imaps"),
    ] {
        let (port, heard) = hostile(door, rules).await;
        let mut arguments: Vec<String> = vec!["--json".into(), "check".into(), url(scheme, port), new.url()];
        arguments.extend(["--target-password-env".into(), "NEW_SECRET".into(), "--ca".into()]);
        arguments.push(new.authority().display().to_string());
        let (_, run, _) = run(person().with("NEW_SECRET", new.password()), arguments).await;
        let run = run.expect(3);
        assert!(run.stderr.contains("not sent"), "{door:?}: {}", run.stderr);
        let heard = String::from_utf8_lossy(&heard.lock().unwrap()).into_owned();
        for credential in ["wei", "geheim", "LOGIN", "AUTHENTICATE"] {
            assert!(!heard.contains(credential), "{door:?}: {heard}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_source_does_not_give_is_named_and_the_rest_arrives() {
    let lie = "* 1 FETCH (UID 1 BODY[] NIL)\r\n* 9 FETCH (UID 9 BODY[] {3}\r\nabc)\r\n$ OK\r\n";
    let list = said("LIST \"\" \"*\"", "* LIST () \"/\" INBOX\r\n$ OK\r\n", false);
    let rules = vec![list, said("UID FETCH 1 ", lie, false), said("UID FETCH 3 ", "$ OK nothing\r\n", false)];
    let (port, _) =
        hostile(Door::Plain, [vec![said("UID FETCH 1:3 (UID FLAGS INTERNALDATE BODY", lie, true)], rules].concat())
            .await;
    let place = tempfile::tempdir().unwrap();
    let shown = place.path().join("backup").display().to_string();
    let arguments = ["--json", "backup", &plain(port), &shown].map(String::from).to_vec();
    let (_, run, _) = run(person(), arguments).await;
    let run = run.expect(1);
    let mut codes = codes(&run);
    codes.sort();
    assert_eq!(codes, ["message_damaged", "message_gone"], "{}", run.stdout);
    assert_eq!((run.count("found"), run.count("stored"), run.count("failed")), (3, 1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stated_time_is_waited_for_and_said() {
    let list = said("LIST \"\" \"*\"", "* LIST () \"/\" INBOX\r\n$ OK\r\n", false);
    for slow in ["$ NO", "* BYE [UNAVAILABLE]"] {
        let slow = format!("{slow} Request is throttled. Suggested Backoff Time: 2500 milliseconds\r\n");
        let rules = vec![said("UID FETCH 1:3 (UID FLAGS INTERNALDATE BODY", &slow, true), list.clone()];
        let (port, heard) = hostile(Door::Plain, rules).await;
        let place = tempfile::tempdir().unwrap();
        let shown = place.path().join("backup").display().to_string();
        let arguments = ["--json", "backup", &plain(port), &shown, "--patience", "5"].map(String::from).to_vec();
        let began = Instant::now();
        let (_, run, _) = run(person(), arguments).await;
        let run = run.expect(0);
        assert_eq!((run.count("found"), run.count("stored")), (3, 3));
        assert!(began.elapsed() > Duration::from_millis(2_500), "{:?}", began.elapsed());
        assert!(run.stderr.contains("asks us to slow down; on again in 3 s") || run.stderr.contains("on again in 4 s"));
        let heard = String::from_utf8_lossy(&heard.lock().unwrap()).into_owned();
        assert_eq!(heard.matches(" LOGIN ").count(), 2, "not one sign-in more than it takes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_end_costs_neither_memory_nor_patience() {
    for (at, first) in
        [("UID FETCH", "* 1 FETCH (X "), ("LIST \"\" \"*\"", "* LIST () \"/\" \""), ("GREETING", "* OK ")]
    {
        let endless = Rule { at, say: Say::Endless(first.into(), vec![b'x'; 65_536]), once: false };
        let (port, _) = hostile(Door::Plain, vec![endless]).await;
        let place = tempfile::tempdir().unwrap();
        let shown = place.path().join("backup").display().to_string();
        let arguments = ["--json", "backup", &plain(port), &shown].map(String::from).to_vec();
        let began = Instant::now();
        let (_, run, memory) = run(person(), arguments).await;
        println!("{at}: exit {:?} after {:?}, {} MB", run.code, began.elapsed(), memory >> 20);
        assert!(matches!(run.code, Some(3 | 4)), "{run:?}");
        assert!(memory > 0 && memory <= crate::MEMORY, "{memory} octets");
        assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    }
}
