//! The layout below Mailferry's own directory (`--home`), known here alone:
//!
//! ```text
//! moves/ID/move.json      the record of a move: accounts without secrets, what was reached, the last result
//! moves/ID/journal        the journal (SQLite)
//! moves/ID/lock           held while a run is at work
//! moves/ID/problems       the last run's problems, a JSON object a line
//! backup/NAME/            default place of a backup
//! window.json             what the window keeps between two starts: its language
//! spool/                  large messages on their way; its files have no names
//! ```
//!
//! ID is a digest of the two accounts. Nothing here is secret. Must not know servers or messages.

mod record;

pub use record::{Kind, Last, Mailbox, Record, Seen};

use crate::{Outcome, Place, Problem, ProblemLevel, Verdict};
use account::Account;
use mail::{Cause, Failure, Result, Side};
use record::{FORMAT, Line, id_of, key};
use std::fs::{self, File, TryLockError};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Mailferry's own directory.
#[derive(Clone, Debug)]
pub struct Home {
    path: PathBuf,
}

/// The lock of one move, free again when dropped or when the process dies.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Home {
    /// Where it is unless somebody says otherwise: `$XDG_DATA_HOME/mailferry` (`~/.local/share/mailferry`),
    /// `~/Library/Application Support/Mailferry`, `%LOCALAPPDATA%\Mailferry`. None: the system tells no home.
    pub fn usual() -> Option<PathBuf> {
        let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        if cfg!(windows) {
            Some(variable("LOCALAPPDATA")?.join("Mailferry"))
        } else if cfg!(target_os = "macos") {
            Some(variable("HOME")?.join("Library/Application Support/Mailferry"))
        } else {
            let data = variable("XDG_DATA_HOME").or_else(|| Some(variable("HOME")?.join(".local/share")))?;
            Some(data.join("mailferry"))
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The window's own file.
    pub fn window(&self) -> PathBuf {
        self.path.join("window.json")
    }

    /// Makes the directory, readable by its owner alone, if it is missing.
    pub fn open(path: &Path) -> Result<Self> {
        make_directory(path)?;
        Ok(Self { path: path.to_owned() })
    }

    /// The name of the move between two places: the same for `check`, `move` and `verify`. Without a target it is
    /// the source's backup.
    pub fn id(source: &Place, target: Option<&Place>) -> String {
        let name = |place: &Place, side| match place {
            Place::Account(account) => key(account, side),
            Place::Directory(path) => format!("directory {}", path.display()),
        };
        id_of(&name(source, Side::Source), target.map(|target| name(target, Side::Target)))
    }

    fn directory(&self, id: &str) -> Result<PathBuf> {
        // An id may come back from a window: it never leaves this directory.
        if id.is_empty() || !id.bytes().all(|octet| octet.is_ascii_alphanumeric()) {
            return Err(Failure::new(Cause::StoreUnusable).on(Side::Local).about(id));
        }
        Ok(self.path.join("moves").join(id))
    }

    fn made_directory(&self, id: &str) -> Result<PathBuf> {
        let directory = self.directory(id)?;
        make_directory(&directory)?;
        Ok(directory)
    }

    /// Where the journal of a move is; its directory exists afterwards.
    pub fn journal(&self, id: &str) -> Result<PathBuf> {
        Ok(self.made_directory(id)?.join("journal"))
    }

    /// A directory for bodies on their way, the person's own.
    pub fn spool(&self) -> Result<PathBuf> {
        let spool = self.path.join("spool");
        make_directory(&spool)?;
        Ok(spool)
    }

    /// Where the backup of an account goes unless the person chooses: on this computer, never in a synced folder.
    pub fn default_backup(&self, account: &Account) -> PathBuf {
        let name: String = format!("{}@{}", account.user, account.host)
            .chars()
            .map(|c| if c.is_alphanumeric() || matches!(c, '@' | '.' | '-' | '_') { c } else { '_' })
            .take(120)
            .collect();
        self.path.join("backup").join(name.trim_matches('.'))
    }

    /// Takes the lock of a move. Held by another run, here or in another process: `Busy`.
    pub fn lock(&self, id: &str) -> Result<Lock> {
        let path = self.made_directory(id)?.join("lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Failure::new(Cause::Busy).on(Side::Local)),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// All moves with their records. One that cannot be read is left out: its mail is untouched, and a new check
    /// brings it back.
    pub fn moves(&self) -> Result<Vec<(String, Record)>> {
        let directory = self.path.join("moves");
        if !directory.exists() {
            return Ok(Vec::new());
        }
        let mut moves = Vec::new();
        for entry in fs::read_dir(directory)? {
            let id = entry?.file_name().to_string_lossy().into_owned();
            match self.read(&id) {
                Ok(Some(record)) => moves.push((id, record)),
                Ok(None) => {}
                Err(failure) => log::warn!("record of move {id}: {failure}"),
            }
        }
        moves.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(moves)
    }

    pub fn read(&self, id: &str) -> Result<Option<Record>> {
        let path = self.directory(id)?.join("move.json");
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let unusable = || Failure::new(Cause::StoreUnusable).on(Side::Local).about(path.display().to_string());
        let record: Record = serde_json::from_slice(&text).map_err(|_| unusable())?;
        if record.format > FORMAT { Err(unusable()) } else { Ok(Some(record)) }
    }

    /// Writes the record, whole or not at all. Returns its id.
    pub fn record(&self, record: &Record) -> Result<String> {
        let id = record.id();
        let directory = self.made_directory(&id)?;
        let text = serde_json::to_vec_pretty(record).map_err(std::io::Error::from)?;
        write_atomically(&directory.join("move.json"), |file| Ok(file.write_all(&text)?))?;
        Ok(id)
    }

    /// Reads, changes and writes a record. Ok(false): there is none.
    pub fn update(&self, id: &str, change: impl FnOnce(&mut Record)) -> Result<bool> {
        let Some(mut record) = self.read(id)? else { return Ok(false) };
        change(&mut record);
        self.record(&record)?;
        Ok(true)
    }

    /// Keeps a run's result: its problems for [`Home::problems`], and `last` in the record if there is one.
    pub fn keep_outcome(&self, id: &str, outcome: &Outcome) -> Result<()> {
        let directory = self.made_directory(id)?;
        write_atomically(&directory.join("problems"), |file| {
            for problem in &outcome.problems {
                serde_json::to_writer(&mut *file, &Line::from(problem)).map_err(std::io::Error::from)?;
                file.write_all(b"\n")?;
            }
            Ok(())
        })?;
        let count = |level| outcome.problems.iter().filter(|problem| problem.level == level).count() as u64;
        let last = Last {
            verdict: outcome.verdict.name().to_owned(),
            counts: outcome.counts,
            octets: outcome.octets,
            seconds: outcome.seconds,
            backup: outcome.backup,
            verified: outcome.verified,
            undone: outcome.undone,
            problems: count(ProblemLevel::Problem),
            notices: count(ProblemLevel::Notice),
            failure: outcome.failure.as_ref().map(|failure| failure.cause.code().to_owned()),
        };
        self.update(id, |record| record.last = Some(last)).map(|_| ())
    }

    /// A page of the last run's problems, problems before notices, and how many there are.
    pub fn problems(&self, id: &str, offset: u64, limit: u64) -> Result<(u64, Vec<Problem>)> {
        let path = self.directory(id)?.join("problems");
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((0, Vec::new())),
            Err(error) => return Err(error.into()),
        };
        let (mut total, mut page) = (0, Vec::new());
        for line in BufReader::new(file).lines() {
            let Ok(line) = serde_json::from_str::<Line>(&line?) else { continue };
            if total >= offset && total - offset < limit {
                page.push(line.into());
            }
            total += 1;
        }
        Ok((total, page))
    }
}

/// Makes a directory and those above it; the new ones are readable by their owner alone.
fn make_directory(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| Failure::from(error).about(path.display().to_string()))
}

/// Data is on the disk before the name is; so the file is the old one or the new one, never half.
fn write_atomically(path: &Path, fill: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let (file, name) = tempfile::NamedTempFile::new_in(directory)?.into_parts();
    let mut file = BufWriter::new(file);
    fill(&mut file)?;
    file.flush()?;
    file.get_ref().sync_all()?;
    name.persist(path).map_err(|error| error.error)?;
    Ok(())
}

impl Verdict {
    /// As in the command line's `result`.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Complete => "complete",
            Verdict::Problems => "problems",
            Verdict::Stopped => "stopped",
            Verdict::Failed => "failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use account::{Protocol, Security, SignIn};
    use mail::{FolderPath, MessageId};

    fn account(host: &str) -> Account {
        Account {
            protocol: Protocol::Imap,
            host: host.into(),
            port: 993,
            security: Security::Tls,
            user: "li@example.com".into(),
            sign_in: SignIn::Auto,
            admin: None,
            trust: None,
            authority: None,
        }
    }

    #[test]
    fn a_record_reads_back_under_the_id_of_its_accounts() -> Result<()> {
        let directory = tempfile::tempdir()?;
        let home = Home::open(&directory.path().join("home"))?;
        assert_eq!(home.moves()?, []);
        let mut record = Record::new(Mailbox::of(&account("old.example")), Some(Mailbox::of(&account("new.example"))));
        record.backup = Some(home.default_backup(&record.old.account));
        let id = home.record(&record)?;
        let places = (Place::Account(account("old.example")), Place::Account(account("NEW.example")));
        assert_eq!(id, Home::id(&places.0, Some(&places.1)));
        assert_ne!(id, Home::id(&places.0, None));
        assert!(home.update(&id, |record| record.facts.checked = true)?);
        let moves = home.moves()?;
        assert_eq!((moves.len(), moves[0].1.facts.checked), (1, true));
        assert!(!home.update("0123", |_| ())?);
        Ok(())
    }

    #[test]
    fn a_lock_is_held_once() -> Result<()> {
        let directory = tempfile::tempdir()?;
        let home = Home::open(directory.path())?;
        let lock = home.lock("a1")?;
        assert_eq!(home.lock("a1").err().map(|failure| failure.cause), Some(Cause::Busy));
        assert!(home.lock("b1").is_ok());
        drop(lock);
        assert!(home.lock("a1").is_ok());
        Ok(())
    }

    #[test]
    fn ids_stay_inside_and_damaged_records_are_named() -> Result<()> {
        let directory = tempfile::tempdir()?;
        let home = Home::open(directory.path())?;
        assert!(home.journal("../x").is_err());
        fs::write(home.journal("ff")?.with_file_name("move.json"), "{")?;
        assert_eq!(home.read("ff").err().map(|failure| failure.cause), Some(Cause::StoreUnusable));
        assert_eq!(home.moves()?, []);
        Ok(())
    }

    #[test]
    fn problems_come_page_by_page() -> Result<()> {
        let directory = tempfile::tempdir()?;
        let home = Home::open(directory.path())?;
        let problems: Vec<Problem> = (1..=5)
            .map(|uid| Problem {
                code: "message_refused".into(),
                level: ProblemLevel::Problem,
                folder: Some(FolderPath::new(["a/b", "草稿"])),
                id: Some(if uid == 4 { MessageId::Uidl("x7".into()) } else { MessageId::Uid(uid) }),
                detail: None,
                words: Some("NO".into()),
            })
            .collect();
        home.keep_outcome("aa", &Outcome { problems: problems.clone(), ..Outcome::failed(Failure::new(Cause::Busy)) })?;
        assert_eq!(home.problems("aa", 2, 2)?, (5, problems[2..4].to_vec()));
        assert_eq!(home.problems("aa", 9, 2)?, (5, vec![]));
        assert_eq!(home.problems("bb", 0, 2)?, (0, vec![]));
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn the_directory_is_the_owners_alone() -> Result<()> {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir()?;
        let home = Home::open(&directory.path().join("h"))?;
        assert_eq!(fs::metadata(home.spool()?)?.permissions().mode() & 0o777, 0o700);
        Ok(())
    }
}
