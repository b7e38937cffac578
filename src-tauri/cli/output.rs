//! The result on standard output, and the exit code. The JSON's keys are a contract with scripts: only ever more.

use mail::FolderPath;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use transfer::{Counts, Heading, Outcome, Problem, ProblemLevel, Task, Verdict};

/// Wrong arguments.
pub const USAGE: u8 = 2;

pub fn exit_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Complete => 0,
        Verdict::Problems => 1,
        Verdict::Failed => 3,
        Verdict::Stopped => 4,
    }
}

/// One JSON object, on one line, without a newline. `headings`: of the problems, each at its place, as far as known.
pub fn json(task: &Task, outcome: &Outcome, headings: &[Option<Heading>]) -> String {
    let folders = outcome.folders.iter().map(|folder| FolderLine {
        source: folder.source.to_string(),
        target: folder.target.as_ref().map(FolderPath::to_string),
        counts: CountsLine::new(folder.counts, task),
    });
    let mut problems: Vec<ProblemLine> = outcome.problems.iter().map(ProblemLine::new).collect();
    for (problem, heading) in problems.iter_mut().zip(headings) {
        if let Some(Heading { subject, from, date }) = heading {
            (problem.subject, problem.from) = (subject.as_deref(), from.as_deref());
            let date = date.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
            problem.date = date.and_then(|date| date.format(&Rfc3339).ok());
        }
    }
    // Why it ended early is the first thing a script asks.
    if let Some(failure) = &outcome.failure {
        let code = failure.cause.code();
        if !outcome.problems.iter().any(|problem| problem.code == code && problem.level == ProblemLevel::Problem) {
            let detail = failure.about.clone();
            problems.push(ProblemLine { code, level: "problem", detail, ..ProblemLine::default() });
        }
    }
    let result = Result {
        result: match outcome.verdict {
            Verdict::Complete => "complete",
            Verdict::Problems => "problems",
            Verdict::Stopped => "stopped",
            Verdict::Failed => "failed",
        },
        counts: CountsLine::new(outcome.counts, task),
        bytes: outcome.octets,
        seconds: (outcome.seconds * 1000.0).round() / 1000.0,
        folders: folders.collect(),
        problems,
    };
    serde_json::to_string(&result).unwrap_or_default()
}

#[derive(Serialize)]
struct Result<'a> {
    result: &'static str,
    #[serde(flatten)]
    counts: CountsLine,
    bytes: u64,
    seconds: f64,
    folders: Vec<FolderLine>,
    problems: Vec<ProblemLine<'a>>,
}

/// The names of the first two counts after `found` hang on what was done with them.
#[derive(Serialize)]
struct CountsLine {
    found: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    stored: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_store: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    already: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<u64>,
    skipped: u64,
    failed: u64,
    gone: u64,
}

impl CountsLine {
    fn new(counts: Counts, task: &Task) -> Self {
        let (check, undo) = (matches!(task, Task::Check), matches!(task, Task::Undo { .. }));
        Self {
            found: counts.found,
            stored: (!check && !undo).then_some(counts.stored),
            to_store: check.then_some(counts.stored),
            removed: undo.then_some(counts.stored),
            already: (!undo).then_some(counts.already),
            kept: undo.then_some(counts.already),
            skipped: counts.skipped,
            failed: counts.failed,
            gone: counts.gone,
        }
    }
}

#[derive(Serialize)]
struct FolderLine {
    source: String,
    target: Option<String>,
    #[serde(flatten)]
    counts: CountsLine,
}

#[derive(Default, Serialize)]
struct ProblemLine<'a> {
    code: &'a str,
    level: &'static str,
    folder: Option<String>,
    /// A string, because not every protocol numbers its messages.
    uid: Option<String>,
    detail: Option<String>,
    /// What a person knows the message by: only with a backup.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
}

impl<'a> ProblemLine<'a> {
    fn new(problem: &'a Problem) -> Self {
        Self {
            code: &problem.code,
            level: match problem.level {
                ProblemLevel::Problem => "problem",
                ProblemLevel::Notice => "notice",
            },
            folder: problem.folder.as_ref().map(FolderPath::to_string),
            uid: problem.id.as_ref().map(ToString::to_string),
            detail: problem.detail.clone(),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail::{Cause, Failure, MessageId};
    use transfer::FolderOutcome;

    fn outcome() -> Outcome {
        let counts = Counts { found: 15, stored: 1, already: 2, skipped: 3, failed: 4, gone: 5 };
        Outcome {
            verdict: Verdict::Problems,
            counts,
            octets: 1234,
            seconds: 1.23456,
            folders: vec![
                FolderOutcome {
                    source: FolderPath::new(["客户", "甲"]),
                    target: Some(FolderPath::new(["客户", "乙"])),
                    counts,
                },
                FolderOutcome { source: FolderPath::inbox(), target: None, counts: Counts::default() },
            ],
            problems: vec![Problem {
                code: "message_refused".into(),
                level: ProblemLevel::Problem,
                folder: Some(FolderPath::inbox()),
                id: Some(MessageId::Uid(7)),
                detail: None,
                words: Some("NO".into()),
            }],
            ..Outcome::failed(Failure::new(Cause::Stopped))
        }
    }

    #[test]
    fn the_object_is_as_the_contract_has_it() {
        let mut outcome = outcome();
        outcome.failure = None;
        let counts = r#""already":2,"skipped":3,"failed":4,"gone":5"#;
        let nothing = r#""already":0,"skipped":0,"failed":0,"gone":0"#;
        for (task, stored) in
            [(Task::Verify { level: transfer::Level::Identical }, "stored"), (Task::Check, "to_store")]
        {
            let expected = format!(
                concat!(
                    r#"{{"result":"problems","found":15,"{stored}":1,{counts},"bytes":1234,"seconds":1.235,"#,
                    r#""folders":[{{"source":"客户/甲","target":"客户/乙","found":15,"{stored}":1,{counts}}},"#,
                    r#"{{"source":"INBOX","target":null,"found":0,"{stored}":0,{nothing}}}],"#,
                    r#""problems":[{{"code":"message_refused","level":"problem","folder":"INBOX","uid":"7","detail":null}}]}}"#
                ),
                stored = stored,
                counts = counts,
                nothing = nothing
            );
            assert_eq!(json(&task, &outcome, &[]), expected);
        }
    }

    #[test]
    fn what_is_known_of_a_message_stands_behind() {
        let mut outcome = outcome();
        outcome.problems.push(outcome.problems[0].clone());
        let heading = Heading { subject: Some("合同".into()), from: None, date: Some(837_596_665) };
        let text = json(&Task::Check, &outcome, &[None, Some(heading)]);
        let without = r#""uid":"7","detail":null"#;
        let with = format!(r#"{without},"subject":"合同","date":"1996-07-17T09:44:25Z"}}"#);
        assert!(text.contains(&format!("{without}}}")) && text.contains(&with), "{text}");
    }

    #[test]
    fn an_undo_removes_and_keeps() {
        let text = json(&Task::Undo { remove: true }, &outcome(), &[]);
        let counts = r#""found":15,"removed":1,"kept":2,"skipped":3,"failed":4,"gone":5"#;
        assert_eq!(text.matches(counts).count(), 2, "{text}");
    }

    #[test]
    fn why_it_ended_early_is_among_the_problems_once() {
        let mut outcome = Outcome::failed(Failure::new(Cause::HostUnknown).about("imap.old.example"));
        let text = json(&Task::Check, &outcome, &[]);
        assert!(text.starts_with(r#"{"result":"failed","found":0,"to_store":0,"#), "{text}");
        let problem =
            r#"{"code":"host_unknown","level":"problem","folder":null,"uid":null,"detail":"imap.old.example"}"#;
        assert!(text.ends_with(&format!(r#""problems":[{problem}]}}"#)), "{text}");
        outcome.problems.push(Problem {
            code: "host_unknown".into(),
            level: ProblemLevel::Problem,
            folder: None,
            id: None,
            detail: None,
            words: None,
        });
        assert_eq!(json(&Task::Check, &outcome, &[]).matches("host_unknown").count(), 1);
    }

    #[test]
    fn exit_codes_are_as_the_contract_has_them() {
        let codes = [Verdict::Complete, Verdict::Problems, Verdict::Failed, Verdict::Stopped].map(exit_code);
        assert_eq!((codes, USAGE), ([0, 1, 3, 4], 2));
    }
}
