//! Standard error as one thing: sentences, and on a terminal one status line that is redrawn below them. What
//! comes from a server is freed of control characters before a terminal sees it.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Debug)]
pub struct Screen {
    terminal: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    status: String,
    /// A question is being asked: nothing may be drawn over it.
    held: bool,
}

impl Screen {
    pub fn new() -> Self {
        Self { terminal: std::io::stderr().is_terminal(), state: Mutex::default() }
    }

    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Writes whole lines.
    pub fn say(&self, text: &str) {
        let state = self.lock();
        let mut out = std::io::stderr().lock();
        if self.terminal && !state.held {
            let _ = write!(out, "\r\x1b[K");
        }
        for line in text.lines() {
            let _ = writeln!(out, "{}", printable(line));
        }
        self.draw(&state, &mut out);
    }

    /// Replaces the status line; empty: none. Does nothing where there is no terminal.
    pub fn status(&self, text: &str) {
        let mut state = self.lock();
        state.status = fitting(&printable(text), columns());
        self.draw(&state, &mut std::io::stderr().lock());
    }

    /// Clears the status line and draws none until [`Screen::release`].
    pub fn hold(&self) {
        let mut state = self.lock();
        if self.terminal {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
        state.held = true;
    }

    pub fn release(&self) {
        self.lock().held = false;
    }

    fn draw(&self, state: &State, out: &mut impl Write) {
        if self.terminal && !state.held {
            let _ = write!(out, "\r\x1b[K{}", state.status);
            let _ = out.flush();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// As much of a text as fits into `columns` without touching the last; Chinese characters take two.
fn fitting(text: &str, columns: usize) -> String {
    let mut taken = 0;
    text.chars()
        .take_while(|c| {
            taken += if ('\u{1100}'..).contains(c) && !('\u{2000}'..'\u{2e80}').contains(c) { 2 } else { 1 };
            taken < columns
        })
        .collect()
}

#[cfg(unix)]
fn columns() -> usize {
    // A terminal that does not know its width says 0.
    let told = rustix::termios::tcgetwinsize(std::io::stderr()).map_or(0, |size| usize::from(size.ws_col));
    if told == 0 { 80 } else { told }
}

#[cfg(not(unix))]
fn columns() -> usize {
    80
}

/// What the terminal was like at the start: a password that is being asked for hides what is typed, and the
/// process may end in the middle of it.
#[derive(Debug)]
pub struct Echo {
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

impl Echo {
    #[cfg(unix)]
    pub fn remember() -> Self {
        Self { before: rustix::termios::tcgetattr(std::io::stdin()).ok() }
    }

    #[cfg(unix)]
    pub fn restore(&self) {
        if let Some(before) = &self.before {
            let _ = rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, before);
        }
    }

    #[cfg(not(unix))]
    pub fn remember() -> Self {
        Self {}
    }

    #[cfg(not(unix))]
    pub fn restore(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_line_never_wraps() {
        assert_eq!(fitting("Moving: 1 of 2", 80), "Moving: 1 of 2");
        assert_eq!(fitting("Moving", 4), "Mov");
        assert_eq!(fitting("正在搬家", 6), "正在");
        assert_eq!(fitting("1–2 min · x", 12), "1–2 min · x");
    }

    #[test]
    fn servers_do_not_move_the_cursor() {
        assert_eq!(printable("a\x1b[2Jb\r\nc\u{9b}"), "a[2Jbc");
    }
}
