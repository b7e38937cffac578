//! Folder names that no disk likes.

use super::*;
use std::collections::HashSet;

fn horrors() -> Vec<FolderPath> {
    let long = "长".repeat(300);
    let names = [
        "../../etc/passwd",
        "..",
        ".",
        "",
        " ",
        "a/b",
        "a\\b",
        "C:\\Windows",
        "/root",
        "CON",
        "con",
        "Con.txt",
        "NUL",
        "aux.",
        "LPT1",
        "com¹",
        "trailing.",
        "trailing ",
        " leading",
        ".hidden",
        "~deep",
        "~deep.sbd",
        "tab\there",
        "nul\0here",
        "line\nfeed",
        "\u{202e}gpj.exe",
        "*?<>|\":",
        "manifest.json",
        ".lock",
        "INBOX",
        "Inbox",
        "inbox",
        "INBOX.mbox",
        "INBOX.sbd",
        "INBOX.idx",
        "Work",
        "work",
        "WORK",
        "wörk",
        "WÖRK",
        "wo\u{308}rk",
        "straße",
        "STRASSE",
        "e\u{301}",
        "é",
        "收件箱",
        "x~00000000",
        &long,
        "-rf",
        "%2e%2e",
    ];
    let mut all: Vec<FolderPath> = names.iter().map(|name| FolderPath::new([*name])).collect();
    all.extend(names.iter().map(|name| FolderPath::new(["Work", *name])));
    all.extend(names.iter().map(|name| FolderPath::new(["work", *name, "below"])));
    all.push(FolderPath::new(std::iter::repeat_n("level", 200)));
    all.push(FolderPath::new(std::iter::repeat_n("level", 199)));
    all.push(FolderPath::new(std::iter::repeat_n("LEVEL", 200)));
    all.push(FolderPath::new(std::iter::repeat_n(long.as_str(), 60)));
    all
}

fn windows_takes(name: &str) -> bool {
    let device = name.split('.').next().unwrap().trim_end().to_uppercase();
    !name.chars().any(|c| c.is_control() || "<>:\"/\\|?*".contains(c))
        && !name.ends_with(['.', ' '])
        && !["CON", "PRN", "AUX", "NUL", "COM1", "LPT1", "COM¹"].contains(&device.as_str())
        && name.len() < 200
}

#[tokio::test(flavor = "multi_thread")]
async fn every_name_stays_inside_comes_back_and_is_unlike_the_others() {
    let outside = tempfile::tempdir().unwrap();
    let directory = outside.path().join("a/b/archive");
    let mailbox = mailbox();
    for (number, path) in horrors().iter().enumerate() {
        mailbox.put(path, format!("Subject: {number}\r\n\r\n{path}"), Flags::default(), None);
    }
    back_up(&directory, &mailbox).await.unwrap();
    let held = held_by(&mailbox).await;
    assert!(read_back(&directory).await.unwrap() == held);

    let all = files(outside.path());
    let mut keys = HashSet::new();
    for (path, _) in &all {
        let inside = path.strip_prefix("a/b/archive").expect("every path stays inside");
        assert!(inside.to_str().unwrap().encode_utf16().count() < 180, "{}", inside.display());
        assert!(inside.iter().all(|name| windows_takes(name.to_str().unwrap())), "{}", inside.display());
        let key: String = inside.to_str().unwrap().chars().flat_map(char::to_uppercase).collect();
        assert!(keys.insert(key), "{} twice without case", inside.display());
    }
    let boxes = all.iter().filter(|(path, _)| path.extension().is_some_and(|ending| ending == "mbox")).count();
    assert_eq!(boxes, held.len());
    // Ordinary names are left as they are, and places stay when a new folder comes.
    for ordinary in ["INBOX.mbox", "收件箱.mbox", "é.mbox"] {
        assert!(directory.join(ordinary).is_file(), "{ordinary}");
    }
    mailbox.put(&FolderPath::new(["WORK "]), "x", Flags::default(), None);
    mailbox.put(&FolderPath::new(["level", "level", "Level"]), "x", Flags::default(), None);
    back_up(&directory, &mailbox).await.unwrap();
    assert!(read_back(&directory).await.unwrap() == held_by(&mailbox).await);
    let proof = prove(&directory).unwrap();
    assert_eq!((proof.folders.len(), &proof.damaged[..]), (held.len() + 2, &[][..]));
}

/// Somebody else's files in the place are not touched, and links out of it are not followed.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_lies_there_already_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("Work.mbox"), b"From - somebody else's\n").unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), directory.path().join("Sent.sbd")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path().join("x"), directory.path().join("Sent.mbox")).unwrap();
    let mailbox = mailbox();
    for path in [FolderPath::new(["Work"]), FolderPath::new(["Sent"]), FolderPath::new(["Sent", "old"])] {
        mailbox.put(&path, "x", Flags::default(), None);
    }
    back_up(directory.path(), &mailbox).await.unwrap();
    assert!(read_back(directory.path()).await.unwrap() == held_by(&mailbox).await);
    assert_eq!(std::fs::read(directory.path().join("Work.mbox")).unwrap(), b"From - somebody else's\n");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    assert_eq!(prove(directory.path()).unwrap().damaged, []);
}
