//! Moves between real servers that are taken back by the command line. Both mailboxes are read before and after by a
//! client that shares no code with us.

use harness::command::arguments;
use harness::{Dovecot, Letter, MailboxState, Options, Run, between, many, person, samples};
use std::io::Write;
use std::process::{Command, Stdio};

fn undo(old: &Dovecot, new: &Dovecot) -> Vec<String> {
    [between("undo", old, new), vec!["--yes".into()]].concat()
}

/// found = removed + kept + skipped + failed + gone, for the whole and for each folder; and the three that count.
fn told(run: &Run) -> (u64, u64, u64) {
    let json = run.json();
    for counts in std::iter::once(&json).chain(json["folders"].as_array().expect("folders")) {
        let of = |field: &str| counts[field].as_u64().unwrap_or_else(|| panic!("{field} in {counts}"));
        let sum: u64 = ["removed", "kept", "skipped", "failed", "gone"].map(of).iter().sum();
        assert_eq!(of("found"), sum, "{counts}");
    }
    assert_eq!(run.count("failed"), 0, "{}", run.stdout);
    (run.count("removed"), run.count("kept"), run.count("gone"))
}

fn codes(run: &Run) -> Vec<String> {
    let problems = run.json()["problems"].as_array().expect("problems").clone();
    let mut codes: Vec<String> = problems.iter().map(|one| one["code"].as_str().unwrap_or_default().into()).collect();
    codes.sort();
    codes
}

fn names(server: &Dovecot) -> Vec<String> {
    MailboxState::of(server).folders.keys().map(|path| path.join("/")).collect()
}

/// 60 messages: 20 each in the inbox and in two folders, one below the other.
fn mailbox() -> Vec<Letter> {
    let folders = [vec!["INBOX"], vec!["Work"], vec!["Work", "Old"]];
    let mut letters = many(60, 1_000);
    for (at, letter) in letters.iter_mut().enumerate() {
        letter.folder = folders[at / 20].iter().map(|name| (*name).to_owned()).collect();
        letter.flags.clear();
    }
    letters
}

#[test]
fn exactly_what_is_untouched_is_taken_back() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&mailbox(), '/', "");
    // There before, with a message that is to be moved too.
    new.wire().load(&mailbox()[..3], '/', "");
    let person = person(&old, &new);
    let moved = person.run(&between("move", &old, &new)).expect(0);
    assert_eq!((moved.count("stored"), moved.count("already")), (57, 3), "{}", moved.stdout);
    let before = MailboxState::of(&new);

    let mut there = new.wire();
    // Reads five, deletes three, moves two, writes one into a folder that the move made.
    there.command("SELECT Work");
    there.command("STORE 1:5 +FLAGS.SILENT (\\Seen)");
    there.command("STORE 6:8 +FLAGS.SILENT (\\Deleted)");
    there.command("UID EXPUNGE 6:8");
    there.command("CREATE Mine");
    there.command("MOVE 6:7 Mine");
    // Marks one for deletion, and has not expunged it.
    there.command("SELECT INBOX");
    there.command("STORE 20 +FLAGS.SILENT (\\Deleted)");
    there.command("CLOSE");
    let mine = Letter { folder: vec!["Work".into()], ..samples(60).pop().expect("a letter") };
    there.load(std::slice::from_ref(&mine), '/', "");
    let mut here = old.wire();
    here.command("SELECT INBOX");
    here.command("STORE 12 +FLAGS.SILENT (\\Deleted)");
    here.command("UID EXPUNGE 12");
    let source = MailboxState::of(&old);

    // 57 stored: 5 read, 1 held nowhere else; 3 deleted, 2 moved and 1 expunged by CLOSE.
    let first = person.run(&undo(&old, &new)).expect(0);
    assert_eq!(told(&first), (45, 6, 6), "{}", first.stdout);
    let kept = ["kept_changed", "kept_changed", "kept_changed", "kept_changed", "kept_changed", "kept_only_copy"];
    assert_eq!(codes(&first), kept);
    assert_eq!(names(&new), ["INBOX", "Mine", "Work"], "the folder that is empty is gone, the others stay");
    let state = MailboxState::of(&new);
    let held = |path: &str| state.folders[&vec![path.to_owned()]].items.len();
    assert_eq!((held("INBOX"), held("Mine"), held("Work")), (3 + 1, 2, 5 + 1));
    assert_eq!(MailboxState::of(&old), source, "the old mailbox is only read");

    let second = person.run(&undo(&old, &new)).expect(0);
    assert_eq!(told(&second), (0, 6, 6), "{}", second.stdout);
    assert_eq!(MailboxState::of(&new), state);

    // What was taken back is stored again; what its owner has moved or deleted is named, and put back when asked.
    let again = person.run(&between("move", &old, &new)).expect(0);
    assert_eq!((again.count("stored"), again.count("gone")), (45, 6), "{}", again.stdout);
    let all = person.run(&[between("move", &old, &new), vec!["--put-back".into()]].concat()).expect(0);
    assert_eq!((all.count("stored"), all.count("gone")), (6, 0), "{}", all.stdout);
    assert_eq!(MailboxState::of(&new).messages(), before.messages() + 2 + 1);
}

#[test]
fn a_whole_move_is_taken_back_and_made_again() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&samples(600), '/', "");
    let person = person(&old, &new);
    let empty = MailboxState::of(&new);
    person.run(&between("move", &old, &new)).expect(0);
    let run = person.run(&undo(&old, &new)).expect(0);
    assert_eq!(told(&run), (600, 0, 0), "{}", run.stdout);
    assert_eq!(MailboxState::of(&new).folders.keys().collect::<Vec<_>>(), empty.folders.keys().collect::<Vec<_>>());
    assert_eq!(MailboxState::of(&new).messages(), 0);
    let again = person.run(&between("move", &old, &new)).expect(0);
    assert_eq!((again.count("stored"), again.count("gone")), (600, 0), "{}", again.stdout);
    MailboxState::of(&old).assert_same(&MailboxState::of(&new));
    println!("600 messages taken back in {:.1} s, stored again in {:.1} s", run.seconds, again.seconds);
}

/// Killed as soon as something is gone, again and again; then the same command, then a move.
#[test]
fn a_killed_undo_goes_on() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&many(2_000, 300), '/', "");
    let person = person(&old, &new);
    person.run(&between("move", &old, &new)).expect(0);
    let mut there = new.wire();
    let mut held = || {
        let status = there.command("STATUS INBOX (MESSAGES)");
        status[0].last().map_or(0, |items| items.list()[1].number())
    };
    let mut left = vec![held()];
    while left.len() < 4 {
        let before = held();
        let mut run = person.start(&undo(&old, &new));
        while held() == before && !run.is_over() {}
        run.kill();
        left.push(held());
    }
    println!("left after each of three kills: {left:?}");
    assert!(left.is_sorted_by(|one, other| one > other) && left[1] > 0, "{left:?}");
    let run = person.run(&undo(&old, &new)).expect(0);
    assert_eq!((run.count("kept"), run.count("failed"), run.count("gone")), (0, 0, 0), "{}", run.stdout);
    assert_eq!(MailboxState::of(&new).messages(), 0);
    let again = person.run(&between("move", &old, &new)).expect(0);
    assert_eq!(again.count("stored"), 2_000, "{}", again.stdout);
    MailboxState::of(&old).assert_same(&MailboxState::of(&new));
}

#[test]
fn a_server_that_cannot_remove_single_messages_is_left_alone() {
    let old = Dovecot::start();
    let new = Dovecot::with(Options { capability: Some("IMAP4rev1 LITERAL+".into()), ..Options::default() });
    old.wire().load(&samples(60), '/', "");
    let person = person(&old, &new);
    person.run(&between("move", &old, &new)).expect(0);
    let before = MailboxState::of(&new);
    let run = person.run(&undo(&old, &new)).expect(3);
    assert_eq!(codes(&run), ["removal_unsupported"]);
    assert!(run.stderr.contains("can’t remove single messages"), "{}", run.stderr);
    let chinese = [vec!["--lang".to_owned(), "zh-CN".into()], undo(&old, &new)].concat();
    assert!(person.run(&chinese).expect(3).stderr.contains("新邮箱不能只删除指定的邮件"));
    assert_eq!(MailboxState::of(&new), before);
}

#[test]
fn nothing_is_removed_unasked_or_unknown() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&samples(60), '/', "");
    let person = person(&old, &new);
    // Nothing was moved by this person.
    assert_eq!(codes(&person.run(&undo(&old, &new)).expect(3)), ["record_lost"]);
    person.run(&between("move", &old, &new)).expect(0);
    let before = MailboxState::of(&new);
    // Nobody is there to be asked.
    let run = person.run(&between("undo", &old, &new)).expect(2);
    assert!(run.stderr.contains("--yes"), "{}", run.stderr);
    // An archive is no target.
    person.run(&[arguments("undo", &old, &old.url(), "file:/tmp"), vec!["--yes".into()]].concat()).expect(2);
    assert_eq!(MailboxState::of(&new), before);
}

/// The same command on a terminal of its own, with what the person types there: its exit code, and all that was shown.
fn typed(command: &Command, answer: &str) -> (Option<i32>, String) {
    let quoted = |text: &std::ffi::OsStr| format!("'{}'", text.to_string_lossy());
    let line: Vec<String> = std::iter::once(command.get_program()).chain(command.get_args()).map(quoted).collect();
    let mut terminal = Command::new("/usr/bin/script");
    terminal.args(["--quiet", "--return", "--command", &line.join(" "), "/dev/null"]).env_clear();
    terminal.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    terminal.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = terminal.spawn().expect("script, of util-linux");
    let mut input = child.stdin.take().expect("a way in");
    input.write_all(answer.as_bytes()).expect("the answer is typed");
    let shown = child.wait_with_output().expect("an end");
    (shown.status.code(), String::from_utf8_lossy(&shown.stdout).into_owned())
}

#[test]
fn on_a_terminal_a_person_is_asked() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&samples(60), '/', "");
    let person = person(&old, &new);
    person.run(&between("move", &old, &new)).expect(0);
    let command = person.command(&between("undo", &old, &new)[1..]);
    let (code, shown) = typed(&command, "n\n");
    assert_eq!(code, Some(4), "{shown}");
    assert!(shown.contains("60 messages of this move can be taken back"), "{shown}");
    assert!(shown.contains("Remove these 60 messages") && shown.contains("Nothing was removed."), "{shown}");
    assert_eq!(MailboxState::of(&new).messages(), 60);
    let (code, shown) = typed(&command, "y\n");
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("The move is taken back: 60 messages removed"), "{shown}");
    assert_eq!(MailboxState::of(&new).messages(), 0);
}
