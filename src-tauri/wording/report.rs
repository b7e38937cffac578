//! The report of a run as plain text, for terminals and files.

use crate::number::{grouped, size};
use crate::{Context, Language, Value, Words};
use std::fmt::Write;
use transfer::{Outcome, Problem, ProblemLevel, Task, Verdict};

/// Places named below one kind of problem; the rest is counted. The whole list is in the JSON.
const PLACES: usize = 5;

impl Words {
    /// Ends with a newline. `failure` is not in it: see [`Words::failure`].
    pub fn report(&self, task: &Task, outcome: &Outcome, context: &Context) -> String {
        let mut text = String::new();
        let counts = &outcome.counts;
        let kind = match task {
            Task::Check => "check",
            Task::Move { .. } => "move",
            Task::Backup { .. } => "backup",
            Task::Verify { .. } => "verify",
            Task::Undo { remove: true } => "undo",
            Task::Undo { remove: false } => "undo_look",
        };
        let problems: Vec<&Problem> = outcome.problems.iter().filter(|p| p.level == ProblemLevel::Problem).collect();
        let notices: Vec<&Problem> = outcome.problems.iter().filter(|p| p.level == ProblemLevel::Notice).collect();
        let head = match outcome.verdict {
            // "Compared" only if it was: a run's own counters prove nothing.
            Verdict::Complete if outcome.verified.is_some() => "report-head-complete-move-verified".to_owned(),
            Verdict::Complete => format!("report-head-complete-{kind}"),
            Verdict::Problems => format!("report-head-problems-{kind}"),
            Verdict::Stopped if outcome.undone && counts.stored > 0 => "report-head-stopped-undo".to_owned(),
            Verdict::Stopped => "report-head-stopped".to_owned(),
            Verdict::Failed => "report-head-failed".to_owned(),
        };
        let proved = outcome.backup.map_or(counts.stored + counts.already, |(messages, _)| messages);
        let gaps = [
            ("stored", Value::Number(counts.stored)),
            ("proved", Value::Number(proved)),
            ("problems", Value::Number(problems.len() as u64)),
            ("look", Value::Number(counts.failed.max(problems.len() as u64))),
        ];
        line(&mut text, &self.fill(&head, &gaps));
        if outcome.verdict == Verdict::Failed {
            return text;
        }
        if counts.found == 0 && matches!(task, Task::Check) && outcome.verdict != Verdict::Stopped {
            line(&mut text, &self.text("report-empty"));
        }
        let (stored, already, failed) = match task {
            Task::Check => ("to_store", "already", "failed"),
            Task::Move { .. } => ("stored", "already", "failed"),
            Task::Backup { .. } => ("backed_up", "already", "failed"),
            Task::Verify { .. } => ("stored", "equal", "differ"),
            Task::Undo { remove } => (if *remove { "removed" } else { "to_remove" }, "kept", "not_removed"),
        };
        let found = match task {
            Task::Verify { .. } => "compared",
            Task::Undo { .. } => "moved",
            _ => "found",
        };
        let rows = [
            (found, counts.found, true),
            (stored, counts.stored, !matches!(task, Task::Verify { .. })),
            (already, counts.already, true),
            ("skipped", counts.skipped, false),
            (failed, counts.failed, false),
            ("gone", counts.gone, false),
        ];
        let rows: Vec<_> = rows.into_iter().filter(|(_, count, always)| *always || *count > 0).collect();
        let width = rows.iter().map(|(_, count, _)| grouped(*count).len()).max().unwrap_or(0);
        for (name, count, _) in rows {
            line(&mut text, &format!("  {:>width$}  {}", grouped(count), self.text(&format!("report-{name}"))));
        }
        self.sizes(&mut text, task, outcome);
        if let (Task::Move { .. }, Some((messages, _))) = (task, outcome.backup) {
            line(&mut text, &self.fill("report-backup", &[("proved", Value::Number(messages))]));
        }
        self.list(&mut text, "report-problems", &problems, context);
        self.list(&mut text, "report-notices", &notices, context);
        text
    }

    fn sizes(&self, text: &mut String, task: &Task, outcome: &Outcome) {
        let Some(survey) = outcome.survey.as_ref().filter(|_| matches!(task, Task::Check)) else {
            let seconds = self.duration(outcome.seconds.max(1.0).round() as u64);
            let gaps = [("size", size(outcome.octets).into()), ("time", seconds.into())];
            let id = if outcome.octets == 0 { "report-time" } else { "report-size" };
            return line(text, &format!("  {}", self.fill(id, &gaps)));
        };
        let lack = survey.room.map(|room| outcome.octets.saturating_sub(room));
        let room = match lack {
            None => "untold",
            Some(0) => "yes",
            Some(_) => "no",
        };
        let time = survey.estimate.filter(|_| outcome.counts.stored > 0).map(|estimate| self.range(estimate));
        let gaps = [
            ("folders", Value::Number(outcome.folders.len() as u64)),
            ("size", size(survey.octets).into()),
            ("room", room.into()),
            ("lack", size(lack.unwrap_or(0)).into()),
            ("time", time.unwrap_or_else(|| "none".to_owned()).into()),
        ];
        line(text, &self.fill("report-size-check", &gaps));
        if let Some(oldest) = survey.oldest {
            line(text, &self.fill("report-oldest", &[("date", self.date(oldest).into())]));
        }
    }

    /// Grouped by what happened; below each its places.
    fn list(&self, text: &mut String, title: &str, problems: &[&Problem], context: &Context) {
        if problems.is_empty() {
            return;
        }
        line(text, "");
        line(text, &self.text(title));
        let mut groups: Vec<(String, Vec<&Problem>)> = Vec::new();
        for problem in problems {
            let advice = self.problem(problem, context);
            let sentences = self.joined(&[&advice.what, &advice.meaning, &advice.todo]);
            match groups.iter_mut().find(|(known, _)| *known == sentences) {
                Some((_, members)) => members.push(problem),
                None => groups.push((sentences, vec![problem])),
            }
        }
        for (sentences, members) in groups {
            let times =
                if members.len() > 1 { format!("{} × ", grouped(members.len() as u64)) } else { String::new() };
            line(text, &format!("- {times}{sentences}"));
            for problem in members.iter().take(PLACES) {
                let place = match (&problem.folder, &problem.id) {
                    (Some(folder), Some(id)) => {
                        let gaps = [("folder", folder.to_string().into()), ("uid", id.to_string().into())];
                        self.fill("report-folder-uid", &gaps)
                    }
                    (Some(folder), None) => folder.to_string(),
                    (None, _) => continue,
                };
                line(text, &format!("    {place}"));
                if let Some(words) = &problem.words {
                    line(text, &format!("    {}", self.fill("report-words", &[("words", words.into())])));
                }
            }
            if members.len() > PLACES {
                let rest = Value::Number((members.len() - PLACES) as u64);
                line(text, &format!("    {}", self.fill("report-more", &[("n", rest)])));
            }
        }
    }

    /// Sentences in a row; empty ones are left out.
    pub fn joined(&self, sentences: &[&str]) -> String {
        let between = if self.language() == Language::Chinese { "" } else { " " };
        sentences.iter().filter(|sentence| !sentence.is_empty()).copied().collect::<Vec<_>>().join(between)
    }
}

/// A line, freed of control characters: folder names come from servers, and a terminal obeys them.
fn line(text: &mut String, content: &str) {
    let content: String = content.chars().filter(|c| !c.is_control()).collect();
    let _ = writeln!(text, "{content}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail::{Cause, Failure, FolderPath, MessageId};
    use transfer::outcome::Survey;
    use transfer::{Counts, Level};

    fn outcome(verdict: Verdict) -> Outcome {
        let problem = |code: &str, level, uid| Problem {
            code: code.into(),
            level,
            folder: Some(FolderPath::new(["客户\u{1b}[2J"])),
            id: Some(MessageId::Uid(uid)),
            detail: None,
            words: Some("NO [LIMIT] said".into()),
        };
        let mut problems: Vec<_> = (1..=7).map(|uid| problem("message_refused", ProblemLevel::Problem, uid)).collect();
        problems.push(problem("gone", ProblemLevel::Notice, 9));
        Outcome {
            verdict,
            counts: Counts { found: 1510, stored: 1500, already: 0, skipped: 2, failed: 7, gone: 1 },
            octets: 35_200_000,
            seconds: 80.0,
            problems,
            survey: Some(Survey { octets: 40_000_000, room: Some(30_000_000), oldest: Some(0), ..Survey::default() }),
            backup: Some((1508, 35_200_000)),
            ..Outcome::failed(Failure::new(Cause::Stopped))
        }
    }

    #[test]
    fn a_report_counts_and_names_what_needs_a_look() {
        let task = Task::Move { backup: None, prove_first: false, put_back: false, verify_after: None };
        let report = |language| Words::new(language).report(&task, &outcome(Verdict::Problems), &Context::default());
        let english = report(Language::English);
        assert!(english.starts_with("Moved; 7 need a look\n  1,510  found in the old mailbox\n"), "{english}");
        assert!(
            english.contains("- 7 × The new mailbox refused a message.") && english.contains("and 2 more"),
            "{english}"
        );
        assert!(english.contains("35.2 MB in 80 s") && english.contains("all 1,508 messages read back"), "{english}");
        assert!(english.contains("Good to know\n- A message that was moved earlier"), "{english}");
        let chinese = report(Language::Chinese);
        assert!(chinese.starts_with("搬完了,7 封要请您看\n  1,510  旧邮箱共有\n"), "{chinese}");
        assert!(chinese.contains("客户[2J,第 1 号邮件"), "{chinese}");
    }

    #[test]
    fn every_task_and_verdict_has_a_whole_report() {
        let tasks = [
            Task::Check,
            Task::Move { backup: None, prove_first: false, put_back: false, verify_after: Some(Level::Identical) },
            Task::Backup { directory: "b".into() },
            Task::Verify { level: Level::Identical },
            Task::Undo { remove: true },
            Task::Undo { remove: false },
        ];
        for language in [Language::English, Language::Chinese] {
            for task in &tasks {
                for verdict in [Verdict::Complete, Verdict::Problems, Verdict::Stopped, Verdict::Failed] {
                    let report = Words::new(language).report(task, &outcome(verdict), &Context::default());
                    assert!(
                        !report.contains('{') && !report.contains("report-") && !report.contains('\u{1b}'),
                        "{report}"
                    );
                }
            }
            let mut empty = outcome(Verdict::Complete);
            empty.counts = Counts::default();
            let words = Words::new(language);
            assert!(words.report(&Task::Check, &empty, &Context::default()).contains(&words.text("report-empty")));
            let lacks = words.report(&Task::Check, &outcome(Verdict::Complete), &Context::default());
            assert!(lacks.contains("5.2 MB"), "{lacks}");
        }
    }
}
