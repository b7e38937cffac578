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
        };
        let problems: Vec<&Problem> = outcome.problems.iter().filter(|p| p.level == ProblemLevel::Problem).collect();
        let notices: Vec<&Problem> = outcome.problems.iter().filter(|p| p.level == ProblemLevel::Notice).collect();
        let head = match outcome.verdict {
            // "Compared" only if it was: a run's own counters prove nothing.
            Verdict::Complete if outcome.verified.is_some() => "report-head-complete-move-verified".to_owned(),
            Verdict::Complete => format!("report-head-complete-{kind}"),
            Verdict::Problems => format!("report-head-problems-{kind}"),
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
        if counts.found == 0 && matches!(task, Task::Check) {
            line(&mut text, &self.text("report-empty"));
        }
        let (stored, already, failed) = match task {
            Task::Check => ("to_store", "already", "failed"),
            Task::Move { .. } => ("stored", "already", "failed"),
            Task::Backup { .. } => ("backed_up", "already", "failed"),
            Task::Verify { .. } => ("stored", "equal", "differ"),
        };
        let rows = [
            (if matches!(task, Task::Verify { .. }) { "compared" } else { "found" }, counts.found, true),
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
