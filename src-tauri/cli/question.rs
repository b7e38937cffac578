//! The one question that the command line asks beside passwords: whether mail may be removed. Must not remove any.

use crate::process;
use crate::request::{Job, Wrong};
use crate::screen::Screen;
use std::io::{IsTerminal, Write};
use wording::Words;

/// Refuses a job that asks where nobody can answer.
pub fn possible(job: Job) -> Result<Job, Wrong> {
    if job.asks && !std::io::stdin().is_terminal() { Err(Wrong::NobodyToAsk) } else { Ok(job) }
}

/// Waits for the answer; anything but a plain yes is a no, Ctrl-C too.
pub async fn agreed(messages: u64, screen: &Screen, words: &Words) -> bool {
    let question = words.fill("ask-undo", &[("n", messages.into())]);
    screen.hold();
    let answer = tokio::task::spawn_blocking(move || {
        let mut out = std::io::stderr().lock();
        let _ = write!(out, "{question} ");
        let _ = out.flush();
        drop(out);
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).ok().map(|_| line)
    });
    let answer = tokio::select! {
        answer = answer => answer.ok().flatten(),
        () = process::interrupted() => None,
    };
    screen.release();
    answer.is_some_and(|line| is_yes(&line))
}

fn is_yes(line: &str) -> bool {
    matches!(line.trim().to_lowercase().as_str(), "y" | "yes" | "是")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_one() {
        for (line, yes) in
            [("y\n", true), ("Yes\r\n", true), ("是", true), ("", false), ("\n", false), ("n", false), ("yess", false)]
        {
            assert_eq!(is_yes(line), yes, "{line:?}");
        }
    }
}
