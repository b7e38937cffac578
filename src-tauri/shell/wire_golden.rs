//! One example of each type of the wire, in a file that both sides' tests read. UPDATE_GOLDEN=1 writes it anew.

use super::*;
use serde_json::{Value, json, to_value};

fn advice() -> Advice {
    Advice {
        code: "sign_in_refused".into(),
        what: "The old mailbox did not accept this password.".into(),
        meaning: "To avoid a lock we never retry unasked.".into(),
        todo: "Try again".into(),
        button: Some(Button::TryAgain),
        words: Some("NO [AUTHENTICATIONFAILED] Authentication failed.".into()),
    }
}

fn settings() -> Settings {
    Settings {
        host: "imap.example.com".into(),
        port: 993,
        security: account::Security::Tls,
        user: "li@example.com".into(),
        trust: Some("ab".repeat(32)),
        authority: Some("/etc/own-authority.pem".into()),
    }
}

fn provider() -> Provider {
    Provider {
        id: "exmail".into(),
        name: "Tencent Exmail".into(),
        public: false,
        password: "client-specific password".into(),
        steps: vec!["Open the settings.".into()],
        link: Some("https://exmail.qq.com/".into()),
        web: true,
    }
}

fn entry() -> Entry {
    Entry {
        address: "li@example.com".into(),
        provider: Some("exmail".into()),
        settings: Some(settings()),
        password: Some(Password(Zeroizing::new("never on the wire".into()))),
    }
}

fn mailbox(side: Side) -> Mailbox {
    Mailbox {
        side,
        address: "li@example.com".into(),
        provider: Some("exmail".into()),
        host: "imap.exmail.qq.com".into(),
    }
}

fn counts() -> Counts {
    Counts { found: 2000, stored: 1200, already: 790, skipped: 4, failed: 5, gone: 1 }
}

fn view() -> View {
    View {
        id: "0123456789abcdef".into(),
        kind: Kind::Move,
        old: mailbox(Side::Old),
        new: Some(mailbox(Side::New)),
        stages: vec![
            Stage { stage: StageName::Accounts, state: Standing::Done },
            Stage { stage: StageName::Check, state: Standing::Done },
            Stage { stage: StageName::Backup, state: Standing::Done },
            Stage { stage: StageName::Move, state: Standing::Needs },
            Stage { stage: StageName::Verify, state: Standing::Todo },
            Stage { stage: StageName::Finish, state: Standing::Now },
        ],
        running: true,
        paused: false,
        undoing: false,
        phase: Phase::Move,
        progress: Progress {
            done: 1200,
            total: 2000,
            octets_done: 12_000_000,
            octets_total: 20_000_000,
            pace: 350_000,
            left: Some((20, 45)),
            folder: Some("客户/2024".into()),
            folders: vec![FolderProgress { path: "INBOX".into(), done: 700, counts: counts() }],
            problems: 2,
        },
        waiting: Some(Waiting {
            code: "throttled".into(),
            side: Some(Side::New),
            until: Some(30_000),
            advice: advice(),
        }),
        ask: Some(Ask { side: Side::Old, reason: Reason::Expired, advice: advice() }),
        survey: Some(Survey {
            messages: 2000,
            octets: 20_000_000,
            room: Some(1_000_000_000),
            fits: true,
            estimate: Some((60, 180)),
            already: 790,
            elsewhere: vec![Elsewhere { place: "Archive".into(), messages: 40 }],
            too_large: 1,
            oldest: Some(1_104_537_600_000),
            hidden: None,
            folders: vec![FolderSurvey { source: "Sent".into(), target: Some("已发送".into()), counts: counts() }],
        }),
        place: Some(BackupPlace {
            path: "/home/li/Documents/Mailferry/li@example.com".into(),
            free: Some(90_000_000_000),
            synced: false,
        }),
        result: Some(Outcome {
            verdict: Verdict::Problems,
            counts: counts(),
            octets: 20_000_000,
            seconds: 61.5,
            backup: Some(2000),
            equation: Some(Equation { old: 2000, backup: Some(2000), new: 1990, explained: 10 }),
            problems: 5,
            notices: 1,
            undone: false,
            advice: Some(advice()),
        }),
        advice: Some(advice()),
    }
}

/// By the names of the types in `ui/ipc.js`; and every value of those that are one of several.
fn examples() -> Result<Value, serde_json::Error> {
    use Button::*;
    let card = Card {
        id: "0123456789abcdef".into(),
        kind: Kind::Backup,
        old: mailbox(Side::Old),
        new: None,
        stage: StageName::Backup,
        state: Standing::Now,
    };
    let side = SideState { ok: false, advice: Some(advice()), fingerprint: Some("cd".repeat(32)) };
    let row = ProblemRow {
        code: "message_too_large".into(),
        level: Level::Problem,
        folder: Some("INBOX".into()),
        uid: Some("17".into()),
        detail: Some("35.2 MB".into()),
        heading: Some(Heading {
            subject: Some("年度审计报告".into()),
            from: Some("王芳 <wang.fang@example.com>".into()),
            date: Some(1_104_537_600_000),
        }),
        advice: advice(),
    };
    Ok(json!({
        "Advice": advice(),
        "Provider": provider(),
        "Settings": settings(),
        "Found": Found { provider: Some(provider()), settings: Some(settings()) },
        "Entry": entry(),
        "SideState": side,
        "SignedIn": SignedIn { id: Some("0123456789abcdef".into()), old: side.clone(), new: Some(side.clone()), remembered: true },
        "Mailbox": mailbox(Side::New),
        "Card": card,
        "Home": Home {
            language: Language::Chinese,
            keychain: true,
            moves: vec![card.clone()],
            prefill: Some(Prefill { old: entry(), new: entry() }),
            advice: Some(advice()),
        },
        "View": view(),
        "Result": view().result,
        "Undoable": Undoable { removed: 1985, kept: 12, gone: 3 },
        "Landmark": Landmark {
            which: Which::Largest,
            folder: "归档".into(),
            octets: 35_200_000,
            heading: Heading { subject: Some("年度审计报告".into()), from: None, date: Some(1_104_537_600_000) },
        },
        "ProblemRow": row,
        "ProblemPage": ProblemPage { total: 1, rows: vec![row.clone()] },
        "values": {
            "Language": [to_value(Language::Chinese)?, to_value(Language::English)?],
            "button": [TryAgain, EnterPassword, ChooseProvider, OpenSteps, GoOn, Trust, ChangePlace, StartOver, Repair],
            "security": [account::Security::Tls, account::Security::StartTls, account::Security::Plain],
            "phase": [Phase::Idle, Phase::Connecting, Phase::Survey, Phase::Backup, Phase::Prove, Phase::Move, Phase::Verify, Phase::Undo, Phase::Done],
            "verdict": [Verdict::Complete, Verdict::Problems, Verdict::Stopped, Verdict::Failed],
            "which": [Which::Oldest, Which::Newest, Which::Largest],
            "level": [Level::Problem, Level::Notice],
            "reason": [Reason::First, Reason::Refused, Reason::Expired],
        },
    }))
}

#[test]
fn the_golden_file_is_what_we_write() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/wire.json");
    let text = serde_json::to_string_pretty(&examples().expect("JSON")).expect("JSON") + "\n";
    assert!(!text.contains("never on the wire"), "a password is written to the window");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &text).expect("the golden file is written");
    }
    let golden = std::fs::read_to_string(path).expect("tests/golden/wire.json");
    assert_eq!(golden, text, "the wire changed: change ui/ipc.js with it, then run again with UPDATE_GOLDEN=1");
}

#[test]
fn what_the_window_sends_is_understood() {
    let entry: Entry = serde_json::from_value(json!({
        "address": "li@example.com", "provider": null, "password": "pass \" word",
        "settings": {"host": "h", "port": 143, "security": "starttls", "user": "u", "trust": null, "authority": null},
    }))
    .expect("an entry");
    assert_eq!(entry.password.as_ref().map(|password| password.0.as_str()), Some("pass \" word"));
    assert_eq!(entry.settings.as_ref().map(|settings| settings.security), Some(account::Security::StartTls));
    assert!(!format!("{entry:?}").contains("pass \""));
}
