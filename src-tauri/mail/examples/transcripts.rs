//! Feeds recorded replies of real servers through a connection and tells what became of it. Mail libraries keep such
//! replies beside their tests; none is kept here.
//!
//!     cargo run -p mailferry-mail --features fuzz --example transcripts -- DIRECTORY [TAG...]
//!
//! Every `*.txt` below the directory is one reply. A line whose first word is one of the TAGs (`A########` unless given)
//! is the answer to the command. Ends with 1 where 2 % of the replies or more cost the connection.

use mail::imap::fuzz::{replay, sieve};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(directory) = arguments.next() else {
        eprintln!("which directory?");
        return ExitCode::from(2);
    };
    let tags: Vec<String> = arguments.collect();
    let tags: Vec<&str> = if tags.is_empty() { vec!["A########"] } else { tags.iter().map(String::as_str).collect() };
    let mut files = Vec::new();
    if let Err(error) = find(Path::new(&directory), &mut files) {
        eprintln!("{directory}: {error}");
        return ExitCode::from(2);
    }
    files.sort();
    let (mut panics, mut by_us, mut by_server, mut odd, mut responses, mut lost) = (0, 0, 0, 0, 0, 0);
    for file in &files {
        let Ok(text) = std::fs::read(file) else {
            eprintln!("{}: cannot be read", file.display());
            return ExitCode::from(2);
        };
        // Editors have taken the CR away from some.
        let text = with_line_ends(&text);
        let run = || {
            let heard = [sieve(&text, &[]), sieve(&text, &vec![1; text.len()])];
            (heard[0] == heard[1], replay(&text, &tags))
        };
        let Ok((alike, replayed)) = std::panic::catch_unwind(run) else {
            panics += 1;
            println!("{}: PANIC", file.display());
            continue;
        };
        responses += replayed.responses;
        lost += replayed.lost.len();
        odd += usize::from(!alike);
        if !alike {
            println!("{}: in pieces it is read as something else", file.display());
        }
        match replayed.ended {
            Some(_) if replayed.by_server => by_server += 1,
            Some(cause) => {
                by_us += 1;
                println!("{}: cost the connection: {}", file.display(), cause.code());
            }
            None => {}
        }
        for lost in replayed.lost {
            println!("{}: lost {}", file.display(), lost.chars().take(300).collect::<String>());
        }
    }
    let all = files.len();
    let survived = all - panics - by_us - by_server;
    println!("{all} replies: {survived} survived, {by_us} cost the connection, {panics} panics");
    println!("{by_server} ended by the server itself");
    println!("{responses} responses read, {lost} not understood to their end; {odd} replies read otherwise in pieces");
    let good = all > 0 && panics == 0 && odd == 0 && by_us * 50 < all;
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn find(directory: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "txt") {
            files.push(path);
        }
    }
    Ok(())
}

fn with_line_ends(text: &[u8]) -> Vec<u8> {
    if text.windows(2).any(|pair| pair == b"\r\n") {
        return text.to_vec();
    }
    let mut whole = Vec::with_capacity(text.len() + text.len() / 40);
    for line in text.split_inclusive(|octet| *octet == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(line) => {
                whole.extend_from_slice(line);
                whole.extend_from_slice(b"\r\n");
            }
            None => whole.extend_from_slice(line),
        }
    }
    whole
}
