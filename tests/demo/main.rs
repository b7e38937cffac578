//! `make demo`: an old and a new mail server on this computer, a sample mailbox in the old one, and Mailferry with
//! both accounts filled in, one click from the move. Without a display the same move runs on the command line.
//! Everything lies in temporary directories and is ended by process id.

use harness::command::built;
use harness::{Dovecot, MailboxState, Options, samples};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

const MESSAGES: usize = 1_000;
const ADDRESS: &str = "wei@example.com";

#[tokio::main]
async fn main() -> ExitCode {
    // The new one has special folders of its own; the old one calls its sent mail 已发送 and says no more about it.
    let server = |password: &str, options: Options| {
        Dovecot::with(Options { users: vec![(ADDRESS.into(), password.into())], ..options })
    };
    let old = server("old-demo-password", Options::default());
    let new = server("new-demo-password", Options::with_special());
    println!("Filling the old mailbox with {MESSAGES} sample messages ...");
    old.wire().load(&samples(MESSAGES), '/', "");
    let before = MailboxState::of(&old);
    println!("Old mailbox: {ADDRESS} on localhost:{} (TLS), {} folders.", old.tls, before.folders.len());
    println!("New mailbox: {ADDRESS} on localhost:{} (TLS), empty.\n", new.tls);

    let home = tempfile::Builder::new().prefix("mailferry-demo-").tempdir().unwrap();
    let ended = if display() && built("mailferry").is_file() {
        match window(&old, &new, home.path()).await {
            Ended::AtOnce => {
                println!("The window could not be opened here. The same move on the command line:\n");
                command_line(&old, &new, home.path()).await
            }
            other => other,
        }
    } else {
        println!("No display here: the same move on the command line.\n");
        command_line(&old, &new, home.path()).await
    };

    let after = MailboxState::of(&new);
    if after.messages() > 0 {
        println!("\nCompared by reading both servers whole, apart from Mailferry:");
        // What both servers call special is one folder, whatever its name: see the plan of the move.
        let differences = before.differences(&after, renamed);
        println!("  old mailbox {} messages, new mailbox {}", before.messages(), after.messages());
        println!("  differences in octets, flags, dates or folders: {}", differences.len());
        differences.iter().take(20).for_each(|difference| println!("    {difference}"));
        println!("  old mailbox untouched: {}", if MailboxState::of(&old) == before { "yes" } else { "NO" });
    }
    match ended {
        Ended::Well => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

enum Ended {
    Well,
    Badly,
    /// The window was gone before a person could have closed it.
    AtOnce,
}

fn display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Chinese special folders are merged with the target's own.
fn renamed(path: &[String]) -> Vec<String> {
    match path {
        [one] if one == "已发送" => vec!["Sent".into()],
        [one] if one == "草稿箱" => vec!["Drafts".into()],
        other => other.to_vec(),
    }
}

async fn window(old: &Dovecot, new: &Dovecot, home: &Path) -> Ended {
    let entry = |server: &Dovecot| {
        serde_json::json!({
            "address": ADDRESS, "provider": null, "password": null,
            "settings": { "host": "localhost", "port": server.tls, "security": "tls", "user": ADDRESS,
                          "trust": null, "authority": server.authority() },
        })
    };
    let file = home.join("demo.json");
    let accounts = serde_json::json!({ "old": entry(old), "new": entry(new) });
    std::fs::write(&file, accounts.to_string()).unwrap();
    println!("Opening the window. Press “Sign in and check”. Close it to end the demo.");
    let since = Instant::now();
    let mut command = Command::new(built("mailferry"));
    command
        .env("MAILFERRY_HOME", home.join("mailferry"))
        .env("MAILFERRY_DEMO", &file)
        .env("MAILFERRY_DEMO_OLD_PASSWORD", old.password())
        .env("MAILFERRY_DEMO_NEW_PASSWORD", new.password());
    match run(command).await {
        Ended::Badly if since.elapsed() < Duration::from_secs(5) => Ended::AtOnce,
        other => other,
    }
}

async fn command_line(old: &Dovecot, new: &Dovecot, home: &Path) -> Ended {
    let mut command = Command::new(built("mailferry-cli"));
    command
        .env("OLD_PASSWORD", old.password())
        .env("NEW_PASSWORD", new.password())
        .arg("--home")
        .arg(home.join("mailferry"))
        .args(["move", &old.url(), &new.url(), "--ca"])
        .arg(old.authority())
        .arg("--backup")
        .arg(home.join("backup"))
        .args(["--source-password-env", "OLD_PASSWORD", "--target-password-env", "NEW_PASSWORD"]);
    run(command).await
}

/// Until the program ends by itself, or somebody ends the demo: then the program is ended first.
async fn run(mut command: Command) -> Ended {
    let mut child = command.kill_on_drop(true).spawn().unwrap();
    let mut interrupt = signal(SignalKind::interrupt()).unwrap();
    let mut terminate = signal(SignalKind::terminate()).unwrap();
    let ended = tokio::select! {
        status = child.wait() => return if status.is_ok_and(|status| status.success()) { Ended::Well } else { Ended::Badly },
        _ = interrupt.recv() => Ended::Badly,
        _ = terminate.recv() => Ended::Badly,
    };
    println!("\nEnding the demo ...");
    if let Some(pid) = child.id() {
        harness::process::signal(pid, harness::process::Signal::TERM);
    }
    let _ = tokio::time::timeout(Duration::from_secs(5), child.wait()).await;
    ended
}
