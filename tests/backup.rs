//! The backup on disk: complete, readable by others, proved, and the road by which a move reads.

use harness::process::program;
use harness::{Dovecot, MailboxState, between, person, samples};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const MESSAGES: u64 = 400;

fn backup_arguments(old: &Dovecot, command: &str, directory: &Path) -> Vec<String> {
    harness::command::arguments(command, old, &old.url(), &directory.display().to_string())
}

fn mboxes(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("the backup's directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(mboxes(&path));
        } else if path.extension().is_some_and(|kind| kind == "mbox") {
            found.push(path);
        }
    }
    found
}

/// How many messages Python's own mailbox reads in all files.
fn counted_by_python(files: &[PathBuf]) -> u64 {
    let code = "import mailbox, sys\nprint(sum(len(mailbox.mbox(f, create=False)) for f in sys.argv[1:]))";
    let output = Command::new(program("python3", "python3")).args(["-c", code]).args(files).output().expect("python3");
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    said.parse().unwrap_or_else(|_| panic!("{said} {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn a_backup_is_whole_and_others_can_read_it() {
    let old = Dovecot::start();
    old.wire().load(&samples(MESSAGES as usize), '/', "");
    let before = MailboxState::of(&old);
    let person = person(&old, &old);
    let place = person.home.path().join("my backup");
    let run = person.run(&backup_arguments(&old, "backup", &place)).expect(0);
    assert_eq!((run.count("found"), run.count("stored")), (MESSAGES, MESSAGES), "{}", run.stdout);
    let again = person.run(&backup_arguments(&old, "backup", &place)).expect(0);
    assert_eq!((again.count("stored"), again.count("already")), (0, MESSAGES), "{}", again.stdout);
    assert_eq!(counted_by_python(&mboxes(&place)), MESSAGES);

    let alone = person.run(&["--json", "verify", &place.display().to_string()]).expect(0);
    assert_eq!(alone.count("already"), MESSAGES, "{}", alone.stdout);
    let beside = person.run(&backup_arguments(&old, "verify", &place)).expect(0);
    assert_eq!((beside.count("already"), beside.count("failed")), (MESSAGES, 0), "{}", beside.stdout);
    assert_eq!(MailboxState::of(&old), before, "the old mailbox is only read");
    println!("{MESSAGES} messages backed up in {:.1} s, proved in {:.1} s", run.seconds, alone.seconds);

    // And back, into another server, from nothing but the directory.
    let new = Dovecot::start();
    let mut back = harness::command::arguments("move", &new, &format!("file:{}", place.display()), &new.url());
    back.retain(|argument| argument != "--source-password-env" && argument != "OLD_SECRET");
    let restored = harness::person(&old, &new).run(&back).expect(0);
    assert_eq!(restored.count("stored"), MESSAGES, "{}", restored.stdout);
    before.assert_same(&MailboxState::of(&new));

    // One octet of one message turned over: the proof must find it.
    let file =
        mboxes(&place).into_iter().max_by_key(|file| fs::metadata(file).map_or(0, |of| of.len())).expect("a file");
    let mut octets = fs::read(&file).expect("an mbox");
    let at = octets.len() - 40;
    octets[at] ^= 1;
    fs::write(&file, octets).expect("an mbox");
    let damaged = person.run(&["--json", "verify", &place.display().to_string()]).expect(1);
    assert!(damaged.count("failed") >= 1, "{}", damaged.stdout);
}

#[test]
fn a_move_through_a_backup_reads_the_old_server_once() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&samples(MESSAGES as usize), '/', "");
    let person = person(&old, &new);
    let place = person.home.path().join("backup");
    let arguments = [between("move", &old, &new), vec!["--backup".into(), place.display().to_string()]].concat();
    let run = person.run(&arguments).expect(0);
    assert_eq!(run.count("stored"), MESSAGES, "{}", run.stdout);
    MailboxState::of(&old).assert_same(&MailboxState::of(&new));
    assert_eq!(counted_by_python(&mboxes(&place)), MESSAGES);
    let alone = person.run(&["--json", "verify", &place.display().to_string()]).expect(0);
    assert_eq!(alone.count("already"), MESSAGES);
    let again = person.run(&arguments).expect(0);
    assert_eq!((again.count("stored"), again.count("already")), (0, MESSAGES));
}
