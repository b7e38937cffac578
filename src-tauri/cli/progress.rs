//! A run as it is seen on standard error: one line that is redrawn on a terminal, lines now and then elsewhere.

use crate::screen::Screen;
use mail::Cause;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use transfer::{Phase, Snapshot, Waiting};
use wording::number::size;
use wording::{Context, Words};

/// Between two lines where there is no terminal.
const QUIET: Duration = Duration::from_secs(5);
/// Between two drawings of the line on a terminal: a countdown goes on without news.
const TICK: Duration = Duration::from_millis(500);
/// Characters of the bar.
const BAR: u64 = 24;

/// Shows a run until its sender is gone.
pub async fn follow(
    mut snapshots: watch::Receiver<Snapshot>,
    screen: Arc<Screen>,
    words: Arc<Words>,
    context: Context,
) {
    let mut said_phase = None;
    let mut said_at: Option<Instant> = None;
    let mut said_waiting = None;
    loop {
        let open = !matches!(tokio::time::timeout(TICK, snapshots.changed()).await, Ok(Err(_)));
        let snapshot = snapshots.borrow_and_update().clone();
        let context = Context { started: snapshot.phase >= Phase::Move, done: Some(snapshot.done), ..context.clone() };
        // A question says itself why it is asked.
        let asked = |waiting: &&Waiting| !matches!(waiting.cause, Cause::SignInRefused | Cause::NoCredentials);
        let waiting = snapshot.waiting.as_ref().filter(asked).map(|waiting| (waiting.cause, waiting.side));
        if waiting != said_waiting {
            if let Some(waiting) = snapshot.waiting.as_ref().filter(asked) {
                let advice = words.waiting(waiting, &context);
                screen.say(&words.joined(&[&advice.what, &advice.meaning, &advice.todo]));
            }
            said_waiting = waiting;
        }
        let line = line(&snapshot, &words, &context, screen.is_terminal());
        if screen.is_terminal() {
            screen.status(if snapshot.phase == Phase::Done { "" } else { &line });
        } else {
            let news = said_phase != Some(snapshot.phase) || said_at.is_none_or(|at| at.elapsed() >= QUIET);
            if news && waiting.is_none() && snapshot.phase != Phase::Done {
                screen.say(&line);
                (said_phase, said_at) = (Some(snapshot.phase), Some(Instant::now()));
            }
        }
        if !open {
            screen.status("");
            return;
        }
        if screen.is_terminal() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn line(snapshot: &Snapshot, words: &Words, context: &Context, bar: bool) -> String {
    if let Some(waiting) = &snapshot.waiting {
        return words.waiting(waiting, context).what;
    }
    let phase = words.text(match snapshot.phase {
        Phase::Connecting | Phase::Done => "phase-connecting",
        Phase::Survey => "phase-survey",
        Phase::BackUp => "phase-backup",
        Phase::Prove => "phase-prove",
        Phase::Move => "phase-move",
        Phase::Verify => "phase-verify",
        Phase::Undo => "phase-undo",
    });
    let mut parts = Vec::new();
    if snapshot.total > 0 {
        parts.push(words.fill("progress-count", &[("done", snapshot.done.into()), ("total", snapshot.total.into())]));
        if snapshot.pace > 0 {
            parts.push(format!("{}/s", size(snapshot.pace)));
        }
        if let Some(left) = snapshot.left {
            parts.push(words.fill("progress-left", &[("time", words.range(left).into())]));
        }
    }
    if snapshot.paused {
        parts.push(words.text("progress-paused"));
    }
    let filled = (snapshot.done.min(snapshot.total) * BAR).checked_div(snapshot.total).unwrap_or(0) as usize;
    let bar = if bar && snapshot.total > 0 {
        format!(" [{}{}]", "=".repeat(filled), " ".repeat(BAR as usize - filled))
    } else {
        String::new()
    };
    format!("{phase}{bar} {}", parts.join(" · ")).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wording::Language;

    #[test]
    fn a_line_says_how_far_and_how_long() {
        let snapshot = Snapshot {
            phase: Phase::Move,
            done: 1500,
            total: 2000,
            pace: 3_200_000,
            left: Some((60, 120)),
            ..Snapshot::default()
        };
        let say = |language, bar| line(&snapshot, &Words::new(language), &Context::default(), bar);
        assert_eq!(say(Language::English, false), "Moving 1,500 of 2,000 · 3.2 MB/s · about 1–2 min left");
        assert_eq!(say(Language::Chinese, false), "正在搬家 1,500 / 2,000 封 · 3.2 MB/s · 约还需 1–2 分钟");
        assert!(say(Language::English, true).contains("[==================      ]"));
        let none = line(&Snapshot::default(), &Words::new(Language::English), &Context::default(), true);
        assert_eq!(none, "Signing in");
    }
}
