//! A second start: the window of the first comes to the front, and there is no other.

use harness::command::built;
use harness::process::{self, within};
use harness::{Desk, Desktop};
use std::process::{Child, Stdio};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

fn xdotool(desktop: &Desktop, arguments: &[&str]) -> String {
    let output = desktop.command("/usr/bin/xdotool").args(arguments).output().expect("xdotool");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Of the application, as the screen has them.
fn windows(desktop: &Desktop) -> Vec<String> {
    let found = xdotool(desktop, &["search", "--onlyvisible", "--class", "mailferry"]);
    found.lines().map(str::to_owned).collect()
}

/// So many, as soon as there are: while one comes or goes a search may break off.
fn some(desktop: &Desktop, count: usize) -> Vec<String> {
    let found = within(PATIENCE, || Some(windows(desktop)).filter(|found| found.len() == count));
    found.unwrap_or_else(|| panic!("{count} windows, not {:?}", windows(desktop)))
}

/// Ended with the test.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        process::end(&mut self.0);
    }
}

/// As a click on its icon does.
fn start(desktop: &Desktop, own_directory: bool) -> Started {
    let mut command = desktop.command(built("mailferry"));
    if own_directory {
        command.env("MAILFERRY_HOME", desktop.home.path().join("beside"));
    }
    Started(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_shows_the_window_of_the_first() {
    let desktop = Desktop::with(Desk::default());
    let client = desktop.open().await;
    let first = some(&desktop, 1);

    // One with a directory of its own is another application: it opens beside, and takes the focus.
    let _beside = start(&desktop, true);
    let both = some(&desktop, 2);
    let other = both.iter().find(|window| !first.contains(window)).unwrap();
    let focused = |window: &String| xdotool(&desktop, &["getwindowfocus"]) == *window;
    let away = within(PATIENCE, || {
        xdotool(&desktop, &["windowfocus", other]);
        focused(other).then_some(())
    });
    assert!(away.is_some(), "the other window takes the focus");

    let mut second = start(&desktop, false);
    let ended = within(PATIENCE, || second.0.try_wait().unwrap());
    assert_eq!(ended.and_then(|status| status.code()), Some(0), "the second ends by itself");
    assert!(within(PATIENCE, || focused(&first[0]).then_some(())).is_some(), "the first has the focus");
    assert_eq!(some(&desktop, 2).len(), 2, "no further window");
    assert!(client.title().await.is_ok(), "the first goes on");
    client.close().await.unwrap();
}
