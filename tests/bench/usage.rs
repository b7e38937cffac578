//! What a program takes: wall clock, CPU and memory, its children included. GNU time stands between, because the
//! peak memory of a process counts what its parent held when it was started.

use harness::process;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// No program may take longer; one that does is ended.
const LIMIT: Duration = Duration::from_secs(900);

/// A program to be started in an environment that holds only what is given here.
pub struct Program {
    pub file: PathBuf,
    pub arguments: Vec<OsString>,
    pub variables: Vec<(&'static str, OsString)>,
}

impl Program {
    pub fn new(file: impl Into<PathBuf>, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Self { file: file.into(), arguments, variables: Vec::new() }
    }
}

#[derive(Clone, Debug)]
pub struct Usage {
    pub seconds: f64,
    /// User and system.
    pub cpu: f64,
    /// Peak resident set of the largest process, MB.
    pub memory: f64,
    /// None: ended by a signal.
    pub code: Option<i32>,
    /// The end of what it said, for when it failed.
    pub said: String,
}

/// Runs it to its end; `home` is its home directory.
pub fn measure(program: &Program, home: &Path) -> Usage {
    let (report, said) = (home.join("usage"), home.join("said"));
    let output = std::fs::File::create(&said).unwrap();
    let mut command = Command::new(process::program("time", "time"));
    command.args(["-f", "%U %S %M", "-o"]).arg(&report).arg(&program.file).args(&program.arguments);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", home).env("LANG", "C.UTF-8").envs(program.variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
    let since = Instant::now();
    let mut child = command.spawn().unwrap();
    let (over, waits) = mpsc::channel::<()>();
    let pid = child.id();
    let watch = std::thread::spawn(move || {
        if waits.recv_timeout(LIMIT) == Err(mpsc::RecvTimeoutError::Timeout) {
            process::descendants(pid).into_iter().for_each(|below| process::signal(below, process::Signal::KILL));
        }
    });
    let status = child.wait().unwrap();
    let seconds = since.elapsed().as_secs_f64();
    drop(over);
    watch.join().unwrap();
    let report = std::fs::read_to_string(report).unwrap_or_default();
    let figures: Vec<f64> =
        report.lines().last().unwrap_or_default().split(' ').filter_map(|word| word.parse().ok()).collect();
    let [user, system, kilobytes] = figures[..] else { panic!("time reported {report:?}") };
    let said = String::from_utf8_lossy(&std::fs::read(said).unwrap()).into_owned();
    let said = said.lines().rev().take(12).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n");
    // A program ended by a signal is reported as 128 and its number.
    let code = status.code().filter(|code| *code < 128);
    Usage { seconds, cpu: user + system, memory: kilobytes / 1_000.0, code, said }
}
