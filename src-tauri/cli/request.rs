//! From arguments to a [`Request`]: the places, the layout, the pace, and where the passwords come from.

use crate::arguments::{self, Command, General, Method, SourceAccess, TargetAccess};
use account::url::{self, UrlError};
use account::{Account, Protocol, SignIn};
use mail::Side;
use std::path::{Path, PathBuf};
use std::time::Duration;
use transfer::{Answers, Home, Layout, Level, Pace, Place, Request, Task};
use wording::Words;

/// What is to be done, and the variables that hold the passwords.
#[derive(Debug)]
pub struct Job {
    pub request: Request,
    pub source_variable: Option<String>,
    pub target_variable: Option<String>,
    /// The person is told how much will be removed, and asked.
    pub asks: bool,
}

/// Why arguments that are well written can't be carried out: exit 2.
#[derive(Debug, PartialEq, Eq)]
pub enum Wrong {
    Url(Side, UrlError),
    Pop3(Side),
    TargetNoMailbox,
    SourceIsBackup,
    NoDirectory(PathBuf),
    NoArchive(PathBuf),
    Alone,
    Variable(Side, String),
    Authority(PathBuf),
    NoHome,
    /// Mail would be removed, and nobody is there to be asked.
    NobodyToAsk,
}

/// The option by which a password is given.
pub fn password_option(side: Side) -> &'static str {
    if side == Side::Target { "--target-password-env VAR" } else { "--source-password-env VAR" }
}

impl Wrong {
    pub fn sentence(&self, words: &Words) -> String {
        let which = |side: &Side| if *side == Side::Target { "TARGET" } else { "SOURCE" };
        let path = |path: &Path| path.display().to_string();
        let (id, values) = match self {
            Wrong::Url(side, error) => {
                let part = error.part().unwrap_or_default();
                let values =
                    [("which", which(side).into()), ("part", part.into()), ("option", password_option(*side).into())];
                return words.fill(&format!("url-{}", error.code()), &values);
            }
            Wrong::Pop3(side) => ("wrong-pop3", vec![("which", which(side).into())]),
            Wrong::TargetNoMailbox => ("wrong-target", vec![]),
            Wrong::SourceIsBackup => ("wrong-backup-source", vec![]),
            Wrong::NoDirectory(place) => ("wrong-no_directory", vec![("path", path(place).into())]),
            Wrong::NoArchive(place) => ("wrong-no_archive", vec![("path", path(place).into())]),
            Wrong::Alone => ("wrong-alone", vec![]),
            Wrong::Variable(side, name) => {
                let option = password_option(*side).trim_end_matches(" VAR");
                ("wrong-variable", vec![("variable", name.as_str().into()), ("option", option.into())])
            }
            Wrong::Authority(place) => ("wrong-ca", vec![("path", path(place).into())]),
            Wrong::NoHome => ("wrong-home", vec![]),
            Wrong::NobodyToAsk => ("wrong-undo-yes", vec![]),
        };
        words.fill(id, &values)
    }
}

/// Looks at the disk only to see whether what is named exists.
pub fn job(general: &General, command: Command) -> Result<Job, Wrong> {
    let home = general.home.clone().or_else(Home::usual).ok_or(Wrong::NoHome)?;
    let mut asks = false;
    let mut answers = Answers::default();
    let (source, target, task, layout, pace, old, new) = match command {
        Command::Check { source, target, even_if_elsewhere, old, new, layout, pace } => {
            answers.even_if_elsewhere = even_if_elsewhere;
            (from(&source)?, Some(mailbox_to(&target)?), Task::Check, layout, pace, old, new)
        }
        Command::Move {
            source,
            target,
            backup,
            put_back,
            even_if_elsewhere,
            go_on_anyway,
            repair,
            old,
            new,
            layout,
            pace,
        } => {
            answers = Answers { even_if_elsewhere, go_on_anyway, repair };
            let task = Task::Move { backup, prove_first: false, put_back, verify_after: None };
            (from(&source)?, Some(mailbox_to(&target)?), task, layout, pace, old, new)
        }
        Command::Backup { source, directory, old, layout, pace } => {
            let Place::Account(source) = from(&source)? else { return Err(Wrong::SourceIsBackup) };
            (Place::Account(source), None, Task::Backup { directory }, layout, pace, old, TargetAccess::default())
        }
        Command::Verify { first, second, level, old, new, layout, pace } => {
            let level = match level {
                arguments::Level::Present => Level::Present,
                arguments::Level::Identical => Level::Identical,
            };
            let (source, target) = compared(&first, second.as_deref())?;
            (source, target, Task::Verify { level }, layout, pace, old, new)
        }
        Command::Undo { source, target, yes, old, new, pace } => {
            asks = !yes;
            let layout = arguments::Layout::default();
            (from(&source)?, Some(mailbox_to(&target)?), Task::Undo { remove: true }, layout, pace, old, new)
        }
    };
    let authority = old.ca.clone();
    if let Some(file) = authority.as_deref().filter(|file| std::fs::File::open(file).is_err()) {
        return Err(Wrong::Authority(file.to_owned()));
    }
    let (source_variable, target_variable) = (old.source_password_env.clone(), new.target_password_env.clone());
    let source = with_access(source, old.into(), authority.clone());
    let target = target.map(|target| with_access(target, new.into(), authority));
    let (layout, pace) = (self::layout(layout), self::pace(&pace));
    let request = Request { home, source, target, task, layout, pace, answers };
    Ok(Job { request, source_variable, target_variable, asks })
}

/// SOURCE: an account, or `file:DIR`.
fn from(text: &str) -> Result<Place, Wrong> {
    match text.strip_prefix("file:") {
        Some(path) => directory(Path::new(path)),
        None => mailbox(text, Side::Source),
    }
}

fn mailbox_to(text: &str) -> Result<Place, Wrong> {
    let on_disk = text.starts_with("file:") || (!text.contains("://") && !text.contains('@'));
    if on_disk { Err(Wrong::TargetNoMailbox) } else { mailbox(text, Side::Target) }
}

/// `SOURCE TARGET`, `SOURCE DIR` or `DIR`.
fn compared(first: &str, second: Option<&str>) -> Result<(Place, Option<Place>), Wrong> {
    let place = |text: &str, side| {
        let path = text.strip_prefix("file:").unwrap_or(text);
        if text.contains("://") && path == text {
            mailbox(text, side)
        } else if path == text && path.contains('@') && !Path::new(path).exists() {
            Err(Wrong::Url(side, UrlError::NoScheme))
        } else {
            directory(Path::new(path))
        }
    };
    let source = place(first, Side::Source)?;
    let target = second.map(|text| place(text, Side::Target)).transpose()?;
    if target.is_none() && matches!(source, Place::Account(_)) {
        return Err(Wrong::Alone);
    }
    Ok((source, target))
}

fn mailbox(text: &str, side: Side) -> Result<Place, Wrong> {
    let account = url::parse(text).map_err(|error| Wrong::Url(side, error))?;
    if account.protocol == Protocol::Pop3 { Err(Wrong::Pop3(side)) } else { Ok(Place::Account(account)) }
}

fn directory(path: &Path) -> Result<Place, Wrong> {
    if path.is_dir() {
        Ok(Place::Directory(path.to_owned()))
    } else if path.exists() {
        Err(Wrong::NoArchive(path.to_owned()))
    } else {
        Err(Wrong::NoDirectory(path.to_owned()))
    }
}

struct Access {
    method: Option<Method>,
    admin: Option<String>,
    trust: Option<String>,
}

impl From<SourceAccess> for Access {
    fn from(old: SourceAccess) -> Self {
        Self { method: old.source_auth, admin: old.source_admin, trust: old.source_trust }
    }
}

impl From<TargetAccess> for Access {
    fn from(new: TargetAccess) -> Self {
        Self { method: new.target_auth, admin: new.target_admin, trust: new.target_trust }
    }
}

fn with_access(place: Place, access: Access, authority: Option<PathBuf>) -> Place {
    let Place::Account(account) = place else { return place };
    let sign_in = match access.method {
        None => SignIn::Auto,
        Some(Method::Plain) => SignIn::Plain,
        Some(Method::Login) => SignIn::Login,
    };
    Place::Account(Account { sign_in, admin: access.admin, trust: access.trust, authority, ..account })
}

fn layout(layout: arguments::Layout) -> Layout {
    Layout {
        into: layout.into,
        folders: layout.folders,
        skip_folders: layout.skip_folders,
        since: layout.since,
        before: layout.before,
        max_size: layout.max_size,
        map: layout.map,
        replan: layout.replan,
    }
}

fn pace(pace: &arguments::Pace) -> Pace {
    let usual = Pace::default();
    Pace {
        connections: pace.connections.map(usize::from),
        octets_per_second: pace.limit_rate,
        messages_per_second: pace.limit_messages,
        patience: pace.patience.map(|minutes| Duration::from_secs_f64(minutes * 60.0)).or(usual.patience),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;
    use wording::Language;

    fn read(line: &[&str]) -> Result<Job, Wrong> {
        let line: Vec<OsString> = ["mailferry-cli", "--home", "/h"].iter().chain(line).map(OsString::from).collect();
        let arguments = crate::usage::parse(&line, &Words::new(Language::English)).unwrap();
        job(&arguments.general, arguments.command)
    }

    #[test]
    fn a_move_carries_every_option() {
        let job = read(&[
            "move",
            "imaps://a%40x.cn@old:1993",
            "imap://a%40x.cn@new",
            "--backup",
            "b",
            "--put-back",
            "--even-if-elsewhere",
            "--go-on-anyway",
            "--repair",
            "--source-auth",
            "login",
            "--target-admin",
            "root",
            "--patience",
            "0",
            "--limit-rate",
            "1000",
            "--connections",
            "3",
            "--source-password-env",
            "OLD",
        ])
        .unwrap();
        let request = job.request;
        assert_eq!(request.answers, Answers { even_if_elsewhere: true, go_on_anyway: true, repair: true });
        let (Place::Account(source), Some(Place::Account(target))) = (request.source, request.target) else {
            panic!("no accounts")
        };
        assert_eq!((source.user.as_str(), source.port, source.sign_in), ("a@x.cn", 1993, SignIn::Login));
        assert_eq!((target.security, target.admin.as_deref()), (account::Security::StartTls, Some("root")));
        assert_eq!(
            request.task,
            Task::Move { backup: Some("b".into()), prove_first: false, put_back: true, verify_after: None }
        );
        assert_eq!((request.pace.patience, request.pace.octets_per_second), (Some(Duration::ZERO), Some(1000)));
        assert_eq!((job.source_variable.as_deref(), job.target_variable), (Some("OLD"), None));
    }

    #[test]
    fn patience_is_ten_minutes_unless_said() {
        let job = read(&["check", "imaps://a@h", "imaps://a@i"]).unwrap();
        assert_eq!(job.request.pace.patience, Some(Duration::from_secs(600)));
        let job = read(&["check", "imaps://a@h", "imaps://a@i", "--patience", "0.5"]).unwrap();
        assert_eq!(job.request.pace.patience, Some(Duration::from_secs(30)));
    }

    #[test]
    fn verify_takes_three_forms() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_str().unwrap();
        let file = format!("file:{path}");
        let places = |line: &[&str]| read(line).map(|job| (job.request.source, job.request.target));
        let here = || Place::Directory(directory.path().to_owned());
        assert_eq!(places(&["verify", path]), Ok((here(), None)));
        assert_eq!(places(&["verify", &file]), Ok((here(), None)));
        assert!(
            matches!(places(&["verify", "imaps://a@h", path]), Ok((Place::Account(_), Some(place))) if place == here())
        );
        assert!(matches!(places(&["verify", "imaps://a@h", "imaps://a@i"]), Ok((_, Some(Place::Account(_))))));
        assert_eq!(places(&["verify", "imaps://a@h"]), Err(Wrong::Alone));
    }

    #[test]
    fn places_that_cannot_be_are_said() {
        let directory = tempfile::tempdir().unwrap();
        let mbox = directory.path().join("x.mbox");
        std::fs::write(&mbox, b"From ").unwrap();
        let file = format!("file:{}", mbox.display());
        let cases: [(&[&str], Wrong); 9] = [
            (&["move", "imaps://a:b@h", "imaps://a@i"], Wrong::Url(Side::Source, UrlError::Password)),
            (&["move", "imaps://a@h", "a@i"], Wrong::Url(Side::Target, UrlError::NoScheme)),
            (&["move", "imaps://a@h", "backup"], Wrong::TargetNoMailbox),
            (&["check", "pop3s://a@h", "imaps://a@i"], Wrong::Pop3(Side::Source)),
            (&["move", &file, "imaps://a@i"], Wrong::NoArchive(mbox)),
            (&["move", "file:/no/such", "imaps://a@i"], Wrong::NoDirectory("/no/such".into())),
            (&["verify", "anna@example.com"], Wrong::Url(Side::Source, UrlError::NoScheme)),
            (&["backup", "file:/", "/tmp"], Wrong::SourceIsBackup),
            (&["check", "imaps://a@h", "imaps://a@i", "--ca", "/no/such"], Wrong::Authority("/no/such".into())),
        ];
        for (line, wrong) in cases {
            assert_eq!(read(line).map(|job| job.request.source), Err(wrong), "{line:?}");
        }
    }

    #[test]
    fn each_fault_has_a_sentence_in_both_languages() {
        let path = || PathBuf::from("/x");
        let wrongs = [
            Wrong::Pop3(Side::Source),
            Wrong::TargetNoMailbox,
            Wrong::SourceIsBackup,
            Wrong::NoDirectory(path()),
            Wrong::NoArchive(path()),
            Wrong::Alone,
            Wrong::Variable(Side::Target, "NEW".into()),
            Wrong::Authority(path()),
            Wrong::NoHome,
            Wrong::NobodyToAsk,
        ];
        for language in [Language::English, Language::Chinese] {
            let words = Words::new(language);
            for wrong in &wrongs {
                let text = wrong.sentence(&words);
                assert!(!text.starts_with("wrong-") && !text.contains('{'), "{text}");
            }
            for code in UrlError::CODES {
                assert!(words.has(&format!("url-{code}")), "{code}");
            }
            let text = Wrong::Url(Side::Target, UrlError::Port("x".into())).sentence(&words);
            assert!(text.contains("TARGET") && text.contains('x') && !text.contains('{'), "{text}");
        }
    }
}
