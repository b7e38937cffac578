//! What a person reads about a problem: what happened, what it means for the mail, what to do.

use crate::number::size;
use crate::{Value, Words};
use account::Account;
use account::provider::{self, SecretKind};
use mail::repair::{self, Finding};
use mail::{Cause, Failure, Side};
use std::time::Instant;
use transfer::{Problem, Waiting};

/// In the order in which it is read. Without markup; what a server said is only in `words`, or a name within a
/// sentence: show all of it as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    pub code: String,
    pub what: String,
    pub meaning: String,
    pub todo: String,
    pub button: Option<Action>,
    /// The server's own words, to be folded.
    pub words: Option<String>,
}

/// What the one button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    TryAgain,
    EnterPassword,
    ChooseProvider,
    OpenSteps,
    GoOn,
    Trust,
    ChangePlace,
    StartOver,
    /// The same move again, with consent to small repairs.
    Repair,
}

/// One side, as far as sentences name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mailbox {
    pub host: String,
    pub user: String,
    /// The id of its provider, where known.
    pub provider: Option<String>,
}

impl Mailbox {
    /// The provider as the person chose it, else as the host tells.
    pub fn new(account: &Account, chosen: Option<&str>) -> Self {
        Self {
            host: account.host.clone(),
            user: account.user.clone(),
            provider: chosen
                .or_else(|| provider::by_host(&account.host).map(|provider| provider.id))
                .map(str::to_owned),
        }
    }
}

/// What sentences need to know beside the failure itself. What is not known stays out of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    pub old: Option<Mailbox>,
    pub new: Option<Mailbox>,
    /// Something may have been moved already, in this run or an earlier one.
    pub started: bool,
    /// Messages dealt with so far.
    pub done: Option<u64>,
    /// The backup's directory.
    pub place: Option<String>,
    /// Octets that the disk lacks.
    pub needed: Option<u64>,
    /// How often this side has refused a password in a row; 0 and 1 are the first time.
    pub refusals: u32,
}

impl Context {
    fn mailbox(&self, side: Option<Side>) -> Option<&Mailbox> {
        match side? {
            Side::Source => self.old.as_ref(),
            Side::Target => self.new.as_ref(),
            Side::Local => None,
        }
    }
}

impl Words {
    /// Why something stopped, or could not start.
    pub fn failure(&self, failure: &Failure, context: &Context) -> Advice {
        let mailbox = context.mailbox(failure.side);
        let about = failure.about.as_deref();
        let mut gaps = self.gaps(failure.side, context);
        // The host of the failure is nearer the truth than the account's.
        let names_host = failure.cause.reach() >= mail::Reach::Connection && failure.side != Some(Side::Local);
        if let Some(host) = about.filter(|_| names_host && mailbox.is_none()) {
            gaps.set("host", host);
        }
        gaps.set_some("about", about);
        gaps.set_some("folder", about);
        gaps.set_some("detail", about);
        if failure.cause == Cause::DiskFull {
            gaps.set_some("place", about);
        }
        let backup = matches!((about, &context.place), (Some(about), Some(place)) if about.starts_with(place.as_str()));
        if failure.cause == Cause::StoreUnusable {
            gaps.set("kind", if backup { "backup" } else { "record" });
        }
        if let Some(certificate) = &failure.certificate {
            gaps.set("subject", &certificate.subject);
            gaps.set("issuer", &certificate.issuer);
            gaps.set("from", self.date(certificate.from));
            gaps.set("until", self.date(certificate.until));
            gaps.set("fingerprint", certificate.sha256.to_string());
        }
        let button = self.button(failure, context, backup);
        gaps.set("code", failure.cause.code());
        self.advice(failure.cause.code(), &["cause"], gaps, button, failure.words.clone())
    }

    /// One entry in the list of problems.
    pub fn problem(&self, problem: &Problem, context: &Context) -> Advice {
        let mut gaps = self.gaps(problem_side(&problem.code), context);
        gaps.set_some("folder", problem.folder.as_ref().map(ToString::to_string).as_deref());
        gaps.set_some("detail", problem.detail.as_deref());
        gaps.set_some("about", problem.detail.as_deref());
        gaps.set("code", &problem.code);
        let findings = problem.detail.as_deref().map(repair::parse).unwrap_or_default();
        let repairs: Vec<String> = findings.iter().map(|finding| self.finding(finding)).collect();
        gaps.set_some("repairs", Some(&repairs.join(&self.text("repair-and"))));
        let button = problem.may_be_repaired().then_some(Action::Repair);
        self.advice(&problem.code, &["problem", "cause"], gaps, button, problem.words.clone())
    }

    /// What a repair changes, and where.
    fn finding(&self, finding: &Finding) -> String {
        let Finding { fault, count, offset, line } = *finding;
        let number = Value::Number;
        let gaps = [("n", number(count)), ("offset", number(offset)), ("line", number(line))];
        self.fill(&format!("repair-{}", fault.code()), &gaps)
    }

    /// Why a run stands still and goes on by itself, or when the person acts.
    pub fn waiting(&self, waiting: &Waiting, context: &Context) -> Advice {
        let mut gaps = self.gaps(waiting.side, context);
        if let Some(until) = waiting.until {
            let seconds = until.saturating_duration_since(Instant::now()).as_secs_f64().ceil() as u64;
            gaps.set("wait", self.duration(seconds.max(1)));
        }
        gaps.set_some("about", waiting.about.as_deref());
        gaps.set_some("folder", waiting.about.as_deref());
        gaps.set_some("place", waiting.about.as_deref().filter(|_| waiting.cause == Cause::DiskFull));
        let offline = matches!(waiting.cause, Cause::HostUnknown | Cause::NetworkUnreachable);
        let button = match waiting.cause {
            Cause::SignInRefused | Cause::NoCredentials => Some(Action::EnterPassword),
            Cause::QuotaFull => Some(Action::GoOn),
            _ if waiting.until.is_none() => Some(Action::TryAgain),
            _ => None,
        };
        let code = waiting.cause.code();
        let mut advice = self.advice(if offline { "offline" } else { code }, &["wait", "cause"], gaps, button, None);
        advice.code = code.to_owned();
        advice
    }

    fn advice(&self, code: &str, kinds: &[&str], gaps: Gaps, button: Option<Action>, words: Option<String>) -> Advice {
        let id = kinds.iter().map(|kind| format!("{kind}-{code}")).find(|id| self.has(id));
        let id = id.unwrap_or_else(|| "problem-unknown".to_owned());
        Advice {
            code: code.to_owned(),
            what: self.fill(&id, &gaps.0),
            meaning: self.attribute(&id, "meaning", &gaps.0).unwrap_or_default(),
            todo: self.attribute(&id, "todo", &gaps.0).unwrap_or_default(),
            button,
            words,
        }
    }

    /// Every gap any sentence has, so that none is ever left open.
    fn gaps(&self, side: Option<Side>, context: &Context) -> Gaps {
        let mut gaps = Gaps(Vec::with_capacity(24));
        let none = [
            "about",
            "folder",
            "detail",
            "wait",
            "subject",
            "issuer",
            "from",
            "until",
            "fingerprint",
            "code",
            "repairs",
        ];
        none.into_iter().for_each(|name| gaps.set(name, "none"));
        // A backup alone has one mailbox, which is neither old nor new.
        let alone = context.old.is_some() && context.new.is_none();
        let side_name = match side {
            Some(Side::Source) if !alone => "old",
            Some(Side::Target) => "new",
            _ => "other",
        };
        gaps.set("side", side_name);
        gaps.set("started", if context.started { "yes" } else { "no" });
        let safe = match (context.started, alone) {
            (true, false) => "moved",
            (true, true) => "saved",
            (false, true) => "one",
            (false, false) => "both",
        };
        gaps.set("safe", safe);
        gaps.set_some("place", context.place.as_deref());
        gaps.set_some("needed", context.needed.map(size).as_deref());
        gaps.set("done", context.done.map_or(Value::from("none"), Value::Number));
        let mailbox = context.mailbox(side).cloned().unwrap_or_default();
        let id = mailbox.provider.as_deref().and_then(provider::by_id).map(|provider| (provider.id, provider.secret));
        gaps.set(
            "kind",
            match id {
                Some((_, SecretKind::ForPrograms)) => "own",
                Some((_, SecretKind::Browser)) => "browser",
                _ => "other",
            },
        );
        gaps.set("provider", id.map_or_else(|| mailbox.host.clone(), |(id, _)| self.provider_name(id)));
        gaps.set("password", self.password_word(id.map_or("other", |(id, _)| id)));
        let known = |text: String, unknown| if text.is_empty() { self.text(unknown) } else { text };
        gaps.set("host", known(mailbox.host, "some-server"));
        gaps.set("user", known(mailbox.user, "some-user"));
        gaps
    }

    fn button(&self, failure: &Failure, context: &Context, backup: bool) -> Option<Action> {
        use Cause::*;
        let provider = context.mailbox(failure.side).and_then(|mailbox| mailbox.provider.as_deref());
        let secret = provider.and_then(provider::by_id).map(|provider| provider.secret);
        match failure.cause {
            SignInRefused if secret == Some(SecretKind::ForPrograms) || context.refusals > 1 => Some(Action::OpenSteps),
            SignInRefused if context.started => Some(Action::EnterPassword),
            SignInMethodMissing => Some(Action::ChooseProvider),
            NoCredentials => Some(Action::EnterPassword),
            // Only an own server's certificate may be trusted by hand.
            CertificateUntrusted | CertificateChanged if provider.is_none() && failure.certificate.is_some() => {
                Some(Action::Trust)
            }
            SameMailbox => Some(Action::ChooseProvider),
            QuotaFull | OtherCopier | Stopped => Some(Action::GoOn),
            DiskFailed => Some(Action::ChangePlace),
            LayoutChanged => Some(Action::StartOver),
            StoreUnusable => Some(if backup { Action::ChangePlace } else { Action::StartOver }),
            FolderMissing | FolderRefused | ServerFailed | FolderNameRefused | ValidityChanged => Some(Action::GoOn),
            MessageGone | MessageEmpty | MessageTooLarge | MessageRefused | MessageDamaged => None,
            RecordLost | RemovalUnsupported => None,
            Closed | Protocol | Throttled if context.started => Some(Action::GoOn),
            _ => Some(Action::TryAgain),
        }
    }
}

/// Which mailbox a problem's sentence is about.
fn problem_side(code: &str) -> Option<Side> {
    use Cause::*;
    match Cause::from_code(code)? {
        FolderMissing | MessageGone | MessageEmpty | MessageDamaged => Some(Side::Source),
        FolderNameRefused | MessageTooLarge | MessageRefused | QuotaFull => Some(Side::Target),
        DiskFull | DiskFailed | StoreUnusable => Some(Side::Local),
        _ => None,
    }
}

struct Gaps(Vec<(&'static str, Value)>);

impl Gaps {
    fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some(gap) => gap.1 = value,
            None => self.0.push((name, value)),
        }
    }

    /// `none` is what sentences choose by; a thing that is not there leaves what was set before.
    fn set_some(&mut self, name: &'static str, value: Option<&str>) {
        match value.filter(|value| !value.is_empty()) {
            Some(value) => self.set(name, value),
            None if self.0.iter().all(|(known, _)| *known != name) => self.set(name, "none"),
            None => {}
        }
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Value::Text(text.clone())
    }
}
