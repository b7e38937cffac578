//! The law of the house: which room may use which, who may name which crate, and what no file may hold.
//! (deny.toml says the same to those who have cargo-deny; its licences and sources are held here too.)

use cargo_metadata::{DependencyKind, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Room -> the rooms it may use. Nothing points back.
const ROOMS: [(&str, &[&str]); 8] = [
    ("mailferry-mail", &[]),
    ("mailferry-archive", &["mailferry-mail"]),
    ("mailferry-account", &["mailferry-mail"]),
    ("mailferry-transfer", &["mailferry-mail", "mailferry-archive", "mailferry-account"]),
    ("mailferry-wording", &["mailferry-mail", "mailferry-archive", "mailferry-account", "mailferry-transfer"]),
    ("mailferry-secrets", &[]),
    ("mailferry-cli", ABOVE),
    ("mailferry", ABOVE),
];
const ABOVE: &[&str] = &[
    "mailferry-mail",
    "mailferry-archive",
    "mailferry-account",
    "mailferry-transfer",
    "mailferry-wording",
    "mailferry-secrets",
];

/// Crate (by the beginning of its name) -> the one room that may depend on it.
const NAMED_BY: [(&str, &str); 8] = [
    ("async-imap", "mailferry-mail"),
    ("imap-proto", "mailferry-mail"),
    ("mail-parser", "mailferry-archive"),
    ("rusqlite", "mailferry-transfer"),
    ("keyring", "mailferry-secrets"),
    ("tauri", "mailferry"),
    ("rfd", "mailferry"),
    ("clap", "mailferry-cli"),
];

/// A name in code -> the only places, below the root, where it may stand.
const STANDS_IN: [(&str, &[&str]); 9] = [
    // Nobody writes a log: what the crates of mail and TLS would say at trace level may hold mail.
    ("env_logger", &[]),
    ("tracing_subscriber", &[]),
    ("async_imap", &["src-tauri/mail/imap/carrier.rs", "tests/bench/"]),
    ("mail_parser", &["src-tauri/archive/"]),
    ("keyring_core", &["src-tauri/secrets/"]),
    ("tauri::", &["src-tauri/shell/"]),
    ("rfd::", &["src-tauri/shell/"]),
    ("rusqlite", &["src-tauri/transfer/journal", "tests/"]),
    ("__TAURI__", &["ui/ipc.js", "tests/"]),
];

/// Lines above which a file must be divided.
const TOO_LONG: usize = 450;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Files of these kinds below a directory, with their text.
fn files(below: &str, kinds: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root().join(below)];
    while let Some(place) = open.pop() {
        for entry in fs::read_dir(&place).unwrap_or_else(|error| panic!("{}: {error}", place.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|kind| kinds.iter().any(|known| kind == *known)) {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "no files below {below}");
    found.sort();
    found
}

/// Lines of code: comments aside.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(at, line)| (at + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn no_room_points_back() {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).exec().unwrap();
    let members: BTreeMap<String, &cargo_metadata::Package> =
        metadata.workspace_packages().into_iter().map(|package| (package.name.to_string(), package)).collect();
    let rooms: BTreeSet<&str> = ROOMS.iter().map(|(room, _)| *room).chain(["mailferry-tests"]).collect();
    let present: BTreeSet<&str> = members.keys().map(String::as_str).collect();
    assert_eq!(present, rooms, "the rooms of the house");

    let mut breaches = Vec::new();
    for (room, may) in ROOMS {
        for dependency in members[room].dependencies.iter().filter(|it| it.kind != DependencyKind::Development) {
            if rooms.contains(dependency.name.as_str()) && !may.contains(&dependency.name.as_str()) {
                breaches.push(format!("{room} uses {}", dependency.name));
            }
            for (name, owner) in NAMED_BY {
                let bears = dependency.name == name || dependency.name.starts_with(&format!("{name}-"));
                if bears && room != owner {
                    breaches.push(format!("{room} names {}: only {owner} may", dependency.name));
                }
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

/// The texts in quotes of one list of deny.toml.
fn allowed() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("deny.toml")).unwrap();
    let list = text.split_once("allow = [").and_then(|(_, rest)| rest.split_once(']')).unwrap().0;
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether a licence expression (SPDX; `/` is an old OR) can be met by what is allowed.
fn is_met(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let expression = expression.trim();
    for (sign, all) in [(" OR ", false), ("/", false), (" AND ", true)] {
        let (mut depth, mut parts, mut from) = (0, Vec::new(), 0);
        for (at, c) in expression.char_indices() {
            depth += i32::from(c == '(') - i32::from(c == ')');
            if depth == 0 && at >= from && expression[at..].starts_with(sign) {
                parts.push(&expression[from..at]);
                from = at + sign.len();
            }
        }
        if !parts.is_empty() {
            parts.push(&expression[from..]);
            let mut met = parts.into_iter().map(|part| is_met(part, allowed));
            return if all { met.all(|met| met) } else { met.any(|met| met) };
        }
    }
    match expression.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) => is_met(inner, allowed),
        None => allowed.contains(expression),
    }
}

#[test]
fn every_crate_has_a_licence_and_a_source_that_are_allowed() {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).exec().unwrap();
    let allowed = allowed();
    assert!(!is_met("GPL-3.0", &allowed) && is_met("(GPL-3.0 OR MIT) AND ISC", &allowed));
    let mut breaches = Vec::new();
    let mut outside = 0;
    for package in &metadata.packages {
        let Some(source) = &package.source else { continue };
        outside += 1;
        if !source.is_crates_io() {
            breaches.push(format!("{} comes from {source}", package.name));
        }
        let licence = package.license.clone().unwrap_or_default();
        if !is_met(&licence, &allowed) {
            breaches.push(format!("{} has the licence {licence:?}", package.name));
        }
        if ["openssl", "native-tls"].contains(&package.name.as_str()) {
            breaches.push(format!("{} is banned", package.name));
        }
    }
    assert!(breaches.is_empty() && outside > 100, "{outside} crates; {}", breaches.join("\n"));
}

#[test]
fn names_stand_only_in_their_places() {
    let mut breaches = Vec::new();
    let mut all = files("src-tauri", &["rs"]);
    all.extend(files("tests", &["rs"]));
    all.extend(files("ui", &["js"]));
    for (file, text) in &all {
        if file == "tests/law.rs" || file == "src-tauri/build.rs" {
            continue;
        }
        for (name, places) in STANDS_IN {
            if places.iter().any(|place| file.starts_with(place)) {
                continue;
            }
            breaches.extend(
                code(text).filter(|(_, line)| line.contains(name)).map(|(at, _)| format!("{file}:{at}: {name}")),
            );
        }
        // JSON for the window exists only in shell/wire.rs.
        if file.starts_with("src-tauri/shell/") && !file.starts_with("src-tauri/shell/wire") {
            let json = code(text).filter(|(_, line)| line.contains("serde"));
            breaches.extend(json.map(|(at, _)| format!("{file}:{at}: JSON outside wire.rs")));
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn nothing_is_unfinished() {
    let mut breaches = Vec::new();
    let mut all = files("src-tauri", &["rs"]);
    all.extend(files("tests", &["rs"]));
    all.extend(files("ui", &["js", "css", "html"]));
    // Spelt apart, so that this file keeps its own law.
    let words = [["to", "do!("], ["unimple", "mented!("], ["FIX", "ME"], ["XX", "X"], ["#[ig", "nore"], ["db", "g!("]];
    for (file, text) in &all {
        for word in words.map(|halves| halves.concat()) {
            let lines = text.lines().enumerate().filter(|(_, line)| line.contains(&word));
            breaches.extend(lines.map(|(at, _)| format!("{file}:{}: {word}", at + 1)));
        }
    }
    for (room, _) in ROOMS {
        let place = if room == "mailferry" { "shell" } else { room.trim_start_matches("mailferry-") };
        let lines: usize =
            files(&format!("src-tauri/{place}"), &["rs"]).iter().map(|(_, text)| text.lines().count()).sum();
        if lines < 100 {
            breaches.push(format!("{room} is an empty shell: {lines} lines"));
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn no_file_is_too_long_to_read() {
    let mut all = files("src-tauri", &["rs"]);
    all.extend(files("tests", &["rs"]));
    all.extend(files("ui", &["js", "css", "html"]));
    let lengths: Vec<(usize, &String)> = all.iter().map(|(file, text)| (text.lines().count(), file)).collect();
    for (lines, file) in lengths.iter().filter(|(lines, _)| *lines > 400) {
        println!("{file}: {lines} lines");
    }
    let too_long: Vec<_> = lengths.iter().filter(|(lines, _)| *lines > TOO_LONG).collect();
    assert!(too_long.is_empty(), "over {TOO_LONG} lines: {too_long:?}");
}

#[test]
fn every_room_keeps_the_lints() {
    let mut manifests = files("src-tauri", &["toml"]);
    manifests.push(("Cargo.toml".into(), fs::read_to_string(root().join("Cargo.toml")).unwrap()));
    let lax: Vec<&String> = manifests
        .iter()
        .filter(|(file, text)| file.ends_with("Cargo.toml") && !text.contains("[lints]\nworkspace = true"))
        .map(|(file, _)| file)
        .collect();
    assert!(lax.is_empty(), "without the workspace's lints: {lax:?}");
}
