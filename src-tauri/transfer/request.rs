//! What a run is asked to do. The window and the command line build the same [`Request`].

use account::Account;
use mail::InternalDate;
use std::path::PathBuf;
use std::time::Duration;

/// A mailbox, or mail on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Account(Account),
    /// An archive directory of ours (other forms of mail on disk come with `archive`'s imports).
    Directory(PathBuf),
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Sign in to both, survey, plan; changes nothing.
    Check,
    /// Copy what is not there yet; with `backup`, the source is read through the archive there, which is made and
    /// proved first when `prove_first` is set (the window), else filled on the way (the command line).
    /// `verify_after`: then compares both sides message by message (phase `Verify`).
    Move { backup: Option<PathBuf>, prove_first: bool, put_back: bool, verify_after: Option<Level> },
    /// Source account into an archive, then proved by reading it back.
    Backup { directory: PathBuf },
    /// Remove from the target what this move stored there and nobody changed since; without `remove` only count it.
    Undo { remove: bool },
    /// Compare message by message. Target may be a directory; without a target a directory is proved by itself.
    Verify { level: Level },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    Present,
    #[default]
    Identical,
}

#[derive(Clone, Debug)]
pub struct Request {
    /// Mailferry's own directory (`--home`): journals, locks.
    pub home: PathBuf,
    pub source: Place,
    /// None for Backup and for the verification of one directory.
    pub target: Option<Place>,
    pub task: Task,
    pub layout: Layout,
    pub pace: Pace,
    pub answers: Answers,
}

/// What a person has answered beforehand, or to the question that ended the last run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Mail that lay in another folder of the target before the move is moved all the same.
    pub even_if_elsewhere: bool,
    /// Another program brings the same mail to the target: go on.
    pub go_on_anyway: bool,
    /// What the target refuses for its octets may be stored with the smallest repair that it accepts, named in the report.
    pub repair: bool,
}

/// Which folders and messages, and where to. Stored with the plan; another layout later needs `replan`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// All below this folder; `@` names it after the old mailbox.
    pub into: Option<String>,
    /// Only folders whose path matches one of these globs (`*` crosses `/`), when not empty.
    pub folders: Vec<String>,
    pub skip_folders: Vec<String>,
    pub since: Option<InternalDate>,
    pub before: Option<InternalDate>,
    /// Octets.
    pub max_size: Option<u64>,
    /// (old path, new path) as displayed.
    pub map: Vec<(String, String)>,
    pub replan: bool,
}

#[derive(Clone, Debug)]
pub struct Pace {
    /// Pairs of connections at most; None: as many as pay.
    pub connections: Option<usize>,
    /// Octets a second.
    pub octets_per_second: Option<u64>,
    pub messages_per_second: Option<f64>,
    /// How long to wait for a server that stays away, or a full disk, before the run ends as stopped.
    /// None (the window): as long as it takes.
    pub patience: Option<Duration>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            connections: None,
            octets_per_second: None,
            messages_per_second: None,
            patience: Some(Duration::from_secs(600)),
        }
    }
}
