//! `mailferry-cli` as a person starts it: in a home of its own, with the passwords in variables.

use crate::dovecot::Dovecot;
use crate::names::Names;
use crate::process;
use serde_json::Value;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A finished run.
#[derive(Debug)]
pub struct Run {
    /// None: ended by a signal.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub seconds: f64,
}

impl Run {
    /// The one object on stdout.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!("stdout is not one JSON object ({error}):\n{}\n{}", self.stdout, self.stderr)
        })
    }

    pub fn count(&self, field: &str) -> u64 {
        self.json()[field].as_u64().unwrap_or_else(|| panic!("no {field} in {}", self.stdout))
    }

    /// What it names with this code: folder and message.
    pub fn problems(&self, code: &str) -> Vec<String> {
        let problems = self.json()["problems"].as_array().cloned().unwrap_or_default();
        let of_code = problems.iter().filter(|problem| problem["code"] == code);
        of_code.map(|problem| format!("{} {}", problem["folder"], problem["uid"])).collect()
    }

    /// Fails the test unless it ended with this code; shows what was said.
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "after {:.1} s\nstdout: {}\nstderr: {}",
            self.seconds,
            self.stdout,
            self.stderr
        );
        self
    }
}

/// A home directory, in which nothing lies but what the program puts there.
pub struct Person {
    pub home: TempDir,
    /// With what stands before it.
    program: Vec<OsString>,
    variables: Vec<(String, String)>,
}

impl Default for Person {
    fn default() -> Self {
        Self::new()
    }
}

impl Person {
    pub fn new() -> Self {
        Self::below(&std::env::temp_dir())
    }

    /// With the home below a directory.
    pub fn below(place: &Path) -> Self {
        let home = tempfile::Builder::new().prefix("mailferry-home-").tempdir_in(place).unwrap();
        Self { home, program: vec![built("mailferry-cli").into()], variables: Vec::new() }
    }

    /// One more variable of the environment.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// On a computer that resolves these names only.
    pub fn knowing(mut self, names: &Names) -> Self {
        self.program.splice(0..0, names.before());
        self
    }

    /// Where `--home` points: below this person's home.
    pub fn data(&self) -> PathBuf {
        self.home.path().join("mailferry")
    }

    /// The program with these arguments, ready to be started.
    pub fn command<S: AsRef<str>>(&self, arguments: &[S]) -> Command {
        let (first, rest) = self.program.split_first().unwrap();
        let mut command = Command::new(first);
        command.args(rest);
        let home = self.home.path();
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home)
            .env("LANG", "C.UTF-8")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .arg("--home")
            .arg(self.data())
            .args(arguments.iter().map(AsRef::as_ref))
            .stdin(Stdio::null());
        command
    }

    pub fn run<S: AsRef<str>>(&self, arguments: &[S]) -> Run {
        self.start(arguments).finish()
    }

    pub fn start<S: AsRef<str>>(&self, arguments: &[S]) -> Running {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| fs::File::create(directory.path().join(name)).unwrap();
        let child = self.command(arguments).stdout(file("stdout")).stderr(file("stderr")).spawn().unwrap();
        Running { child, directory, since: Instant::now() }
    }
}

/// A run under way; killed when dropped. Its output goes to files, so that it never waits for us.
pub struct Running {
    child: Child,
    directory: TempDir,
    since: Instant,
}

impl Running {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// What it has said on stderr so far.
    pub fn stderr(&self) -> String {
        read(&self.directory.path().join("stderr"))
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the end, ten minutes at most.
    pub fn finish(self) -> Run {
        self.finish_within(Duration::from_secs(600)).unwrap_or_else(|said| panic!("no end after ten minutes:\n{said}"))
    }

    /// Killed when it takes longer, with what it had said as the error.
    pub fn finish_within(mut self, time: Duration) -> Result<Run, String> {
        let status = process::within(time, || self.child.try_wait().unwrap());
        let seconds = self.since.elapsed().as_secs_f64();
        let status = status.ok_or_else(|| self.stderr())?;
        let stdout = read(&self.directory.path().join("stdout"));
        Ok(Run { code: status.code(), stdout, stderr: self.stderr(), seconds })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The arguments of a command between two servers: passwords by variables, the authority of the tests trusted.
/// Give the variables with [`secrets`].
pub fn between(command: &str, old: &Dovecot, new: &Dovecot) -> Vec<String> {
    arguments(command, old, &old.url(), &new.url())
}

pub fn arguments(command: &str, old: &Dovecot, source: &str, target: &str) -> Vec<String> {
    let authority = old.authority().display().to_string();
    let mut all =
        vec!["--json".to_owned(), command.to_owned(), source.to_owned(), target.to_owned(), "--ca".into(), authority];
    all.extend(["--source-password-env", "OLD_SECRET"].map(String::from));
    if target.contains("://") {
        all.extend(["--target-password-env", "NEW_SECRET"].map(String::from));
    }
    all
}

/// A person who knows both passwords.
pub fn person(old: &Dovecot, new: &Dovecot) -> Person {
    Person::new().with("OLD_SECRET", old.password()).with("NEW_SECRET", new.password())
}

/// A program of this workspace in the profile of the running test.
pub fn built(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let found = own.ancestors().skip(1).take(2).map(|place| place.join(name)).find(|file| file.is_file());
    found.unwrap_or_else(|| {
        panic!("{name} is not built yet. Build it: cargo build --workspace --all-targets (make test does it)")
    })
}

fn read(file: &Path) -> String {
    String::from_utf8_lossy(&fs::read(file).unwrap_or_default()).into_owned()
}
