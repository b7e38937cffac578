//! What `move.json` and a line of `problems` hold. Both only ever grow.

use crate::stages::Facts;
use crate::{Counts, Problem, ProblemLevel};
use account::Account;
use mail::{Cause, FolderPath, MessageId, Side};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The format of `move.json`; a newer one is refused.
pub(super) const FORMAT: u32 = 1;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    #[default]
    Move,
    Backup,
}

/// One side of a move as the person knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    pub address: String,
    /// Id in the table of providers.
    #[serde(default)]
    pub provider: Option<String>,
    pub account: Account,
}

impl Mailbox {
    /// For an account known only by its URL: the user name is the address.
    pub fn of(account: &Account) -> Self {
        Self { address: account.user.clone(), provider: None, account: account.clone() }
    }
}

/// How a mailbox showed itself when it was last opened: law 6 compares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Seen {
    pub greeting: String,
    pub certificate: Option<String>,
    /// Displayed path -> UIDVALIDITY.
    pub validities: BTreeMap<String, u32>,
}

/// How the last run ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Last {
    /// As in the `result` of the command line.
    pub verdict: String,
    pub counts: Counts,
    pub octets: u64,
    pub seconds: f64,
    /// Messages and octets proved in the backup.
    pub backup: Option<(u64, u64)>,
    /// Of its verification, if it had one.
    pub verified: Option<Counts>,
    /// It took the move back: `counts.stored` were removed.
    pub undone: bool,
    /// Entries of level problem, and notices.
    pub problems: u64,
    pub notices: u64,
    /// [`Cause`] code of what ended it.
    pub failure: Option<String>,
}

impl Last {
    /// It ended with this.
    pub fn asked(&self, cause: Cause) -> bool {
        self.failure.as_deref() == Some(cause.code())
    }
}

/// `move.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub format: u32,
    #[serde(default)]
    pub kind: Kind,
    pub old: Mailbox,
    #[serde(default)]
    pub new: Option<Mailbox>,
    /// Where the backup lies or will lie.
    #[serde(default)]
    pub backup: Option<PathBuf>,
    /// The person's answer on Check: mail that lay in other folders of the new mailbox is moved all the same.
    #[serde(default)]
    pub even_if_elsewhere: bool,
    #[serde(default)]
    pub facts: Facts,
    /// The number that the journal gave to the last run: one that knows less has lost its end.
    #[serde(default)]
    pub run: u64,
    #[serde(default)]
    pub last: Option<Last>,
    #[serde(default)]
    pub seen_old: Option<Seen>,
    #[serde(default)]
    pub seen_new: Option<Seen>,
}

impl Record {
    pub fn new(old: Mailbox, new: Option<Mailbox>) -> Self {
        let kind = if new.is_some() { Kind::Move } else { Kind::Backup };
        let facts = Facts { backup_only: new.is_none(), ..Facts::default() };
        Self {
            format: FORMAT,
            kind,
            old,
            new,
            backup: None,
            even_if_elsewhere: false,
            facts,
            run: 0,
            last: None,
            seen_old: None,
            seen_new: None,
        }
    }

    pub fn id(&self) -> String {
        id_of(&key(&self.old.account, Side::Source), self.new.as_ref().map(|new| key(&new.account, Side::Target)))
    }
}

pub(super) fn key(account: &Account, side: Side) -> String {
    account.key(side)
}

pub(super) fn id_of(source: &str, target: Option<String>) -> String {
    let target = target.unwrap_or_else(|| "backup".to_owned());
    mail::Sha256::of(format!("{source}\n{target}").as_bytes()).to_string()[..16].to_owned()
}

/// A problem on disk.
#[derive(Serialize, Deserialize)]
pub(super) struct Line {
    code: String,
    notice: bool,
    folder: Option<Vec<String>>,
    uid: Option<u32>,
    uidl: Option<String>,
    detail: Option<String>,
    words: Option<String>,
}

impl From<&Problem> for Line {
    fn from(problem: &Problem) -> Self {
        Self {
            code: problem.code.clone(),
            notice: problem.level == ProblemLevel::Notice,
            folder: problem.folder.as_ref().map(|path| path.0.clone()),
            uid: problem.id.as_ref().and_then(MessageId::uid),
            uidl: problem.id.as_ref().filter(|id| id.uid().is_none()).map(ToString::to_string),
            detail: problem.detail.clone(),
            words: problem.words.clone(),
        }
    }
}

impl From<Line> for Problem {
    fn from(line: Line) -> Self {
        Self {
            code: line.code,
            level: if line.notice { ProblemLevel::Notice } else { ProblemLevel::Problem },
            folder: line.folder.map(FolderPath),
            id: line.uid.map(MessageId::Uid).or(line.uidl.map(|uidl| MessageId::Uidl(uidl.into()))),
            detail: line.detail,
            words: line.words,
        }
    }
}
