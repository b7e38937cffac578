//! A disk that is full in the middle of a backup.

use super::*;
use mail::{Cause, Side};
use std::process::Command;

const PLACE: &str = "MAILFERRY_TEST_SMALL_DISK";
const MESSAGES: usize = 400;

fn large_mailbox() -> Mailbox {
    let mailbox = mailbox();
    for number in 0..MESSAGES {
        let octets = format!("Subject: {number}\r\n\r\n{}\r\n", "x".repeat(5_000));
        mailbox.put(&FolderPath::inbox(), octets, Flags::default(), None);
    }
    mailbox
}

fn stops_with_disk_full(result: Result<()>) {
    let failure = result.expect_err("the disk is full");
    assert_eq!((failure.cause, failure.side), (Cause::DiskFull, Some(Side::Local)), "{failure:?}");
    assert!(failure.about.is_some_and(|about| about.contains("archive")));
}

/// Runs this test's inner part in a process of its own, which `shell` has prepared.
fn inner(name: &str, shell: &str, place: &Path) {
    let own = std::env::current_exe().unwrap();
    let run = Command::new("sh")
        .args(["-c", &format!("{shell}; exec \"$0\" \"$1\" --exact --nocapture"), own.to_str().unwrap(), name])
        .env(PLACE, place)
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}

/// Files may not grow beyond 500 KB: needs no rights, and fails in the middle of a write.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_may_not_grow() {
    let mailbox = large_mailbox();
    if let Some(place) = std::env::var_os(PLACE) {
        return stops_with_disk_full(back_up(Path::new(&place), &mailbox).await);
    }
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("archive");
    inner("disk_full::a_file_that_may_not_grow", "trap '' XFSZ; ulimit -f 1000", &place);
    assert_eq!(prove(&place).unwrap().damaged, []);
    back_up(&place, &mailbox).await.unwrap();
    assert_eq!(prove(&place).unwrap().messages, MESSAGES as u64);
    assert!(read_back(&place).await.unwrap() == held_by(&mailbox).await);
}

/// A disk of 1 MB, which becomes larger.
#[tokio::test(flavor = "multi_thread")]
async fn a_small_disk() {
    let mailbox = large_mailbox();
    let directory = tempfile::tempdir().unwrap();
    let disk = harness::disk::SmallDisk::at(&directory.path().join("disk"), 1);
    let place = directory.path().join("disk/archive");
    for _ in 0..2 {
        stops_with_disk_full(back_up(&place, &mailbox).await);
        let proof = prove(&place).unwrap();
        assert_eq!(proof.damaged, []);
        assert!(proof.messages < MESSAGES as u64);
    }
    disk.grow(16);
    back_up(&place, &mailbox).await.unwrap();
    let proof = prove(&place).unwrap();
    assert_eq!((proof.messages, &proof.damaged[..]), (MESSAGES as u64, &[][..]));
    assert!(read_back(&place).await.unwrap() == held_by(&mailbox).await);
}
