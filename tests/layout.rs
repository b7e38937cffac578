//! Which mail is moved, and where to: the options of the command line against real servers.

use harness::{Dovecot, MailboxState, Run, between, person, samples};

const MESSAGES: usize = 200;

struct Pair {
    old: Dovecot,
    new: Dovecot,
    before: MailboxState,
}

impl Pair {
    fn start() -> Self {
        let (old, new) = (Dovecot::start(), Dovecot::start());
        old.wire().load(&samples(MESSAGES), '/', "");
        let before = MailboxState::of(&old);
        Self { old, new, before }
    }

    fn moved(&self, options: &[&str]) -> Run {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let run =
            person(&self.old, &self.new).run(&[between("move", &self.old, &self.new), options].concat()).expect(0);
        assert_eq!(run.count("found"), MESSAGES as u64, "{}", run.stdout);
        assert_eq!(run.count("stored") + run.count("skipped"), MESSAGES as u64, "{}", run.stdout);
        assert_eq!(run.count("stored"), MailboxState::of(&self.new).messages() as u64);
        run
    }

    /// Messages of the source for which this holds.
    fn count(&self, holds: impl Fn(&[String], &harness::compare::Item) -> bool) -> u64 {
        let folders = self.before.folders.iter();
        folders.map(|(path, folder)| folder.items.values().filter(|item| holds(path, item)).count() as u64).sum()
    }
}

#[test]
fn folders_are_chosen_and_left_out() {
    let pair = Pair::start();
    let run = pair.moved(&["--folder", "客户*", "--folder", "Archive/*", "--skip-folder", "*week*"]);
    let expected = pair.count(|path, _| {
        let name = path.join("/");
        (name.starts_with("客户") || name.starts_with("Archive/")) && !name.contains("week")
    });
    assert_eq!(run.count("stored"), expected, "{}", run.stdout);
}

#[test]
fn days_and_sizes_are_chosen() {
    let pair = Pair::start();
    let run = pair.moved(&["--since", "2001-09-09", "--before", "2020-01-01", "--max-size", "10000"]);
    // Midnights of UTC.
    let days = 999_993_600..1_577_836_800;
    let expected = pair.count(|_, item| days.contains(&item.date) && item.octets <= 10_000);
    assert!(expected > 20);
    assert_eq!(run.count("stored"), expected, "{}", run.stdout);
}

#[test]
fn everything_goes_below_one_folder_or_to_another_name() {
    let pair = Pair::start();
    pair.moved(&["--into", "Old mail"]);
    let below = |path: &[String]| [&["Old mail".to_owned()], path].concat();
    let differences = pair.before.differences(&MailboxState::of(&pair.new), below);
    assert!(differences.is_empty(), "{}", differences.join("\n"));

    let pair = Pair::start();
    pair.moved(&["--map", "客户=Customers", "--map", "Archive/2019=Nineteen"]);
    let mapped = |path: &[String]| match path {
        [first, rest @ ..] if first == "客户" => [&["Customers".to_owned()], rest].concat(),
        [first, second] if first == "Archive" && second == "2019" => vec!["Nineteen".to_owned()],
        other => other.to_vec(),
    };
    let differences = pair.before.differences(&MailboxState::of(&pair.new), mapped);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
