//! Processes and ports: everything a test starts is ended by its process id.

use rustix::process::{Pid, kill_process};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::Child;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

pub use rustix::process::Signal;

/// A process that is gone already is no error.
pub fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid as i32) {
        let _ = kill_process(pid, signal);
    }
}

/// Parent of a process, None when it is gone.
fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold spaces: the fields begin after the last bracket.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// All processes below `pid`, nearest first.
pub fn descendants(pid: u32) -> Vec<u32> {
    let all: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|child| Some((child, parent(child)?)))
        .collect();
    let mut found = vec![pid];
    let mut at = 0;
    while at < found.len() {
        let of = found[at];
        found.extend(all.iter().filter(|(_, parent)| *parent == of).map(|(child, _)| *child));
        at += 1;
    }
    found.split_off(1)
}

/// Ends a child and all that it started: TERM, three seconds, KILL.
pub fn end(child: &mut Child) {
    let below = descendants(child.id());
    if child.try_wait().ok().flatten().is_none() {
        signal(child.id(), Signal::TERM);
        let _ = within(Duration::from_secs(3), || child.try_wait().ok().flatten());
        let _ = child.kill();
        let _ = child.wait();
    }
    for pid in below {
        signal(pid, Signal::KILL);
    }
}

/// Tries every few milliseconds until there is an answer or the time is over.
pub fn within<T>(time: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + time;
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A loopback port that nobody listens on, below the range from which the system takes ports by itself.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let from = (std::process::id() % 997) as u16 * 12;
    for _ in 0..12_000 {
        let port = 20_000 + (from + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no free port on the loopback");
}

pub fn answers(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// The sentence with which a test fails when a program is missing.
pub fn missing(program: &str, package: &str) -> String {
    format!("{program} is missing. Install it: apt-get install {package}")
}

/// Finds a program on the PATH or in the places of system programs.
pub fn program(name: &str, package: &str) -> std::path::PathBuf {
    let path = std::env::var("PATH").unwrap_or_default();
    path.split(':')
        .chain(["/usr/sbin", "/usr/local/sbin", "/usr/lib/dovecot"])
        .map(|place| std::path::Path::new(place).join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{}", missing(name, package)))
}
