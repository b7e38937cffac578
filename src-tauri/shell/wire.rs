//! The JSON between the window and us: the types of `ui/ipc.js`, field for field. Nothing here decides anything.
//! `tests/golden/wire.json` holds an example of each; the test below writes it and the window's tests read it.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    #[serde(rename = "zh-CN")]
    Chinese,
    #[serde(rename = "en")]
    English,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Old,
    New,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Move,
    Backup,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StageName {
    Accounts,
    Check,
    Backup,
    Move,
    Verify,
    Finish,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    Todo,
    Now,
    Needs,
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Button {
    TryAgain,
    EnterPassword,
    ChooseProvider,
    OpenSteps,
    GoOn,
    Trust,
    ChangePlace,
    StartOver,
    Repair,
}

/// Also what a refused command gives.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Advice {
    pub code: String,
    pub what: String,
    pub meaning: String,
    pub todo: String,
    pub button: Option<Button>,
    pub words: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Provider {
    pub id: String,
    pub name: String,
    pub public: bool,
    pub password: String,
    pub steps: Vec<String>,
    pub link: Option<String>,
    /// Its mail can be read in the browser.
    pub web: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    pub host: String,
    pub port: u16,
    pub security: account::Security,
    pub user: String,
    #[serde(default)]
    pub trust: Option<String>,
    #[serde(default)]
    pub authority: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    pub provider: Option<Provider>,
    pub settings: Option<Settings>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub address: String,
    #[serde(default)]
    pub provider: Option<String>,
    #[serde(default)]
    pub settings: Option<Settings>,
    /// Comes from the window and never goes there.
    #[serde(default)]
    pub password: Option<Password>,
}

/// Zeroed when dropped; shown nowhere.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Password(pub Zeroizing<String>);

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(Zeroizing::new(text)))
    }
}

/// An empty one says that none is kept; any other stays here.
impl Serialize for Password {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.0.is_empty() { to.serialize_str("") } else { to.serialize_none() }
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(..)")
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideState {
    pub ok: bool,
    pub advice: Option<Advice>,
    pub fingerprint: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SignedIn {
    #[serde(rename = "move")]
    pub id: Option<String>,
    pub old: SideState,
    pub new: Option<SideState>,
    pub remembered: bool,
}

/// What the last sign-in refused, in the language just chosen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Said {
    pub old: Option<Advice>,
    pub new: Option<Advice>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mailbox {
    pub side: Side,
    pub address: String,
    pub provider: Option<String>,
    pub host: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Card {
    #[serde(rename = "move")]
    pub id: String,
    pub kind: Kind,
    pub old: Mailbox,
    pub new: Option<Mailbox>,
    pub stage: StageName,
    pub state: Standing,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prefill {
    pub old: Entry,
    pub new: Entry,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Home {
    pub language: Language,
    pub keychain: bool,
    pub moves: Vec<Card>,
    pub prefill: Option<Prefill>,
    pub advice: Option<Advice>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stage {
    pub stage: StageName,
    pub state: Standing,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Counts {
    pub found: u64,
    pub stored: u64,
    pub already: u64,
    pub skipped: u64,
    pub failed: u64,
    pub gone: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    Idle,
    Connecting,
    Survey,
    Backup,
    Prove,
    Move,
    Verify,
    Undo,
    Done,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FolderProgress {
    pub path: String,
    pub done: u64,
    pub counts: Counts,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Progress {
    pub done: u64,
    pub total: u64,
    pub octets_done: u64,
    pub octets_total: u64,
    pub pace: u64,
    pub left: Option<(u64, u64)>,
    pub folder: Option<String>,
    pub folders: Vec<FolderProgress>,
    pub problems: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FolderSurvey {
    pub source: String,
    pub target: Option<String>,
    pub counts: Counts,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Elsewhere {
    pub place: String,
    pub messages: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Survey {
    pub messages: u64,
    pub octets: u64,
    pub room: Option<u64>,
    pub fits: bool,
    pub estimate: Option<(u64, u64)>,
    pub already: u64,
    /// Of `already`: in other folders of the new mailbox.
    pub elsewhere: Vec<Elsewhere>,
    pub too_large: u64,
    pub oldest: Option<i64>,
    /// Folders whose mail the old provider may hide; None: nothing known.
    pub hidden: Option<Vec<String>>,
    pub folders: Vec<FolderSurvey>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BackupPlace {
    pub path: String,
    pub free: Option<u64>,
    pub synced: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Complete,
    Problems,
    Stopped,
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Equation {
    pub old: u64,
    pub backup: Option<u64>,
    pub new: u64,
    pub explained: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    pub verdict: Verdict,
    pub counts: Counts,
    pub octets: u64,
    pub seconds: f64,
    pub backup: Option<u64>,
    pub equation: Option<Equation>,
    pub problems: u64,
    pub notices: u64,
    /// It took the move back: `stored` were removed, `already` are kept.
    pub undone: bool,
    pub advice: Option<Advice>,
}

/// What an undo would do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Undoable {
    pub removed: u64,
    pub kept: u64,
    pub gone: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Problem,
    Notice,
}

/// What a person knows a message by.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Heading {
    pub subject: Option<String>,
    pub from: Option<String>,
    /// Milliseconds since 1970.
    pub date: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Which {
    Oldest,
    Newest,
    Largest,
}

/// A message by which a person sees that all have arrived.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Landmark {
    pub which: Which,
    /// In the new mailbox.
    pub folder: String,
    pub octets: u64,
    pub heading: Heading,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProblemRow {
    pub code: String,
    pub level: Level,
    pub folder: Option<String>,
    pub uid: Option<String>,
    pub detail: Option<String>,
    /// None: it is about no message, or the backup does not hold it.
    pub heading: Option<Heading>,
    pub advice: Advice,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProblemPage {
    pub total: u64,
    pub rows: Vec<ProblemRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Waiting {
    pub code: String,
    pub side: Option<Side>,
    /// Milliseconds from now.
    pub until: Option<u64>,
    pub advice: Advice,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    First,
    Refused,
    Expired,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ask {
    pub side: Side,
    pub reason: Reason,
    pub advice: Advice,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct View {
    #[serde(rename = "move")]
    pub id: String,
    pub kind: Kind,
    pub old: Mailbox,
    pub new: Option<Mailbox>,
    pub stages: Vec<Stage>,
    pub running: bool,
    pub paused: bool,
    /// What runs takes the move back.
    pub undoing: bool,
    pub phase: Phase,
    pub progress: Progress,
    pub waiting: Option<Waiting>,
    pub ask: Option<Ask>,
    pub survey: Option<Survey>,
    pub place: Option<BackupPlace>,
    pub result: Option<Outcome>,
    pub advice: Option<Advice>,
}

/// What the window keeps between two starts: `Home::window`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub language: Language,
}

/// None when the file is missing or is something else.
pub fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Option<T> {
    serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
}

pub fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
#[path = "wire_golden.rs"]
mod golden;
