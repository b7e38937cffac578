//! A move to Cyrus, which refuses names that Dovecot takes: they are mapped.

use harness::command::arguments;
use harness::{Cyrus, Dovecot, Letter, MailboxState, Person, many};

fn person() -> Person {
    Person::new().with("OLD_SECRET", harness::PASSWORD).with("NEW_SECRET", harness::PASSWORD)
}

fn there(cyrus: &Cyrus) -> MailboxState {
    MailboxState::read(&mut cyrus.wire(), '/', "")
}

/// Names that Cyrus refuses are mapped before, and said to be.
#[test]
fn folder_names_that_cyrus_refuses_are_mapped() {
    let (old, cyrus) = (Dovecot::start(), Cyrus::start());
    let names = ["a%b", "a\"b", "a\\b", "a!b", "a{b}", "a<b>", "a;b|c", "a`b", "a^b", "plain", "a&b", "中文", "a*b"];
    let letters: Vec<Letter> = names
        .iter()
        .zip(many(names.len(), 500))
        .map(|(name, letter)| Letter { folder: vec![(*name).to_owned()], ..letter })
        .collect();
    old.wire().load(&letters, '/', "");
    let person = person();
    let to = arguments("move", &old, &old.url(), &cyrus.url());
    let run = person.run(&to).expect(0);
    assert_eq!(run.count("stored"), names.len() as u64, "{}", run.stdout);
    let problems = run.json()["problems"].as_array().unwrap().clone();
    let renamed = problems.iter().filter(|problem| problem["code"] == "renamed").count();
    let same = there(&cyrus).folders.keys().filter(|path| names.contains(&path[0].as_str())).count();
    assert_eq!(renamed + same, names.len(), "each name is kept or named: {problems:?}");
    let again = person.run(&to).expect(0);
    assert_eq!((again.count("stored"), again.count("already")), (0, names.len() as u64), "{}", again.stdout);
}
