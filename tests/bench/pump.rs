//! The raw pump: what can be had. Each pair of connections streams UID FETCH straight into MULTIAPPEND (RFC 3502)
//! with LITERAL+: 200 messages or 16 MB a command, two in flight; a large folder is divided among the pairs by UID.
//! It keeps no journal, checks nothing and resumes nothing: nobody may move mail with it.

use crate::imap::{Connection, Way, trusting};
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

const MESSAGES: usize = 200;
const OCTETS: usize = 16 << 20;
const IN_FLIGHT: usize = 2;
/// Ranges of UIDs that one pair has asked for at once.
const AHEAD: usize = 2;

/// A range of UIDs of a folder, which is named as the server wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Range {
    folder: String,
    from: u32,
    to: u32,
    messages: u32,
}

type Ranges = Arc<Mutex<VecDeque<Range>>>;

/// The arguments of one APPEND, from the folder's name on.
struct Batch {
    text: Vec<u8>,
    messages: usize,
}

/// `PAIRS SOURCE-PORT TARGET-PORT USER AUTHORITY|plain`, the password in PUMP_PASSWORD.
pub fn main(arguments: &[String]) {
    let [pairs, source, target, user, authority] = arguments else { panic!("five arguments, not {arguments:?}") };
    let tls = (authority != "plain").then(|| trusting(Path::new(authority)));
    let password = std::env::var("PUMP_PASSWORD").unwrap();
    let way = |port: &str| Way {
        port: port.parse().unwrap(),
        tls: tls.clone(),
        user: user.clone(),
        password: password.clone(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let stored = runtime.block_on(run(pairs.parse().unwrap(), &way(source), &way(target))).unwrap();
    println!("{stored} stored");
}

async fn run(pairs: usize, source: &Way, target: &Way) -> io::Result<usize> {
    let opening: Vec<_> = (0..pairs)
        .map(|_| {
            let (source, target) = (source.clone(), target.clone());
            tokio::spawn(async move { tokio::try_join!(Connection::open(&source), Connection::open(&target)) })
        })
        .collect();
    let mut opened = Vec::new();
    for opening in opening {
        opened.push(opening.await.map_err(io::Error::other)??);
    }
    let Some((source, target)) = opened.first_mut() else { return Ok(0) };
    let mut folders = list(source).await?;
    create(target, &folders).await?;
    let part = folders.iter().map(|range| range.messages).sum::<u32>() / pairs as u32;
    for folder in folders.iter_mut().filter(|folder| folder.messages > part) {
        folder.to = last(source, &folder.folder).await?;
    }
    let ranges = Arc::new(Mutex::new(divide(folders, pairs as u32, part)));
    let pumping: Vec<_> =
        opened.into_iter().map(|(source, target)| tokio::spawn(pair(source, target, Arc::clone(&ranges)))).collect();
    let mut stored = 0;
    for pair in pumping {
        stored += pair.await.map_err(io::Error::other)??;
    }
    Ok(stored)
}

/// Every folder with its UIDs, in one round trip (RFC 5819).
async fn list(source: &mut Connection) -> io::Result<Vec<Range>> {
    let mut folders = Vec::new();
    let tag = source.send("LIST \"\" \"*\" RETURN (STATUS (MESSAGES UIDNEXT))").await?;
    source
        .finish(&tag, |line| {
            let Some((folder, numbers)) = line.strip_prefix("* STATUS ").and_then(|rest| rest.rsplit_once(" (")) else {
                return;
            };
            let number = |name: &str| -> u32 {
                let mut words = numbers.trim_end_matches(')').split(' ').skip_while(|word| *word != name);
                words.nth(1).and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("no {name} in {line}"))
            };
            folders.push(Range {
                folder: folder.to_owned(),
                from: 1,
                to: number("UIDNEXT").saturating_sub(1),
                messages: number("MESSAGES"),
            });
        })
        .await?;
    Ok(folders)
}

/// The highest UID: where much was deleted UIDNEXT is far beyond, and only the first of its ranges would hold anything.
async fn last(source: &mut Connection, folder: &str) -> io::Result<u32> {
    source.send(&format!("EXAMINE {folder}")).await?;
    let tag = source.send("UID FETCH * (UID)").await?;
    let mut last = None;
    source
        .finish(&tag, |line| {
            let told = line.split_once(" FETCH (UID ").map(|(_, rest)| rest.trim_end_matches(')'));
            last = told.and_then(|uid| uid.parse().ok()).or(last);
        })
        .await?;
    last.ok_or_else(|| io::Error::other(format!("no UID in {folder}")))
}

async fn create(target: &mut Connection, folders: &[Range]) -> io::Result<()> {
    let mut last = None;
    for Range { folder, .. } in folders.iter().filter(|range| range.folder != "INBOX") {
        target.send(&format!("CREATE {folder}")).await?;
        last = Some(target.send(&format!("SUBSCRIBE {folder}")).await?);
    }
    match last {
        Some(tag) => target.finish(&tag, |_| ()).await,
        None => Ok(()),
    }
}

/// Largest first; a folder with more than a pair's `part` of all is divided into as many ranges as all pairs ask for at once,
/// or the first of them would take those of the others.
fn divide(folders: Vec<Range>, pairs: u32, part: u32) -> VecDeque<Range> {
    let mut ranges: Vec<Range> = Vec::new();
    for folder in folders.into_iter().filter(|folder| folder.messages > 0) {
        let parts = if folder.messages > part { pairs * AHEAD as u32 } else { 1 };
        let uids = folder.to.div_ceil(parts);
        let range = |at: u32| Range {
            from: at * uids + 1,
            to: folder.to.min((at + 1) * uids),
            messages: folder.messages / parts,
            ..folder.clone()
        };
        ranges.extend((0..parts).map(range).filter(|range| range.from <= range.to));
    }
    ranges.sort_by_key(|range| std::cmp::Reverse(range.messages));
    ranges.into()
}

async fn pair(source: Connection, target: Connection, ranges: Ranges) -> io::Result<usize> {
    let (out, batches) = mpsc::channel(1);
    let (fetched, stored) = tokio::try_join!(fetch(source, ranges, out), store(target, batches))?;
    if fetched == stored { Ok(stored) } else { Err(io::Error::other(format!("{fetched} fetched, {stored} stored"))) }
}

async fn fetch(mut source: Connection, ranges: Ranges, out: mpsc::Sender<Batch>) -> io::Result<usize> {
    let mut asked: VecDeque<(String, Range)> = VecDeque::new();
    let mut open = String::new();
    let mut fetched = 0;
    loop {
        while asked.len() < AHEAD {
            let Some(range) = ranges.lock().unwrap().pop_front() else { break };
            if open != range.folder {
                source.send(&format!("EXAMINE {}", range.folder)).await?;
                open.clone_from(&range.folder);
            }
            let fetch = format!("UID FETCH {}:{} (FLAGS INTERNALDATE BODY.PEEK[])", range.from, range.to);
            asked.push_back((source.send(&fetch).await?, range));
        }
        let Some((tag, range)) = asked.pop_front() else { return Ok(fetched) };
        let begin = || Batch { text: range.folder.clone().into_bytes(), messages: 0 };
        let mut batch = begin();
        let done = format!("{tag} ");
        loop {
            let line = source.line().await?;
            let line = String::from_utf8_lossy(&line);
            if let Some(answer) = line.strip_prefix(&done) {
                if !answer.starts_with("OK") {
                    return Err(io::Error::other(answer.to_owned()));
                }
                break;
            }
            let Some(octets) = announced(&line) else { continue };
            if batch.messages == MESSAGES || (batch.messages > 0 && batch.text.len() + octets > OCTETS) {
                fetched += batch.messages;
                out.send(std::mem::replace(&mut batch, begin())).await.map_err(io::Error::other)?;
            }
            batch.text.extend_from_slice(format!(" {} {{{octets}+}}\r\n", envelope(&line)).as_bytes());
            source.literal(octets, &mut batch.text).await?;
            batch.messages += 1;
        }
        if batch.messages > 0 {
            fetched += batch.messages;
            out.send(batch).await.map_err(io::Error::other)?;
        }
    }
}

async fn store(mut target: Connection, mut batches: mpsc::Receiver<Batch>) -> io::Result<usize> {
    let mut flying: VecDeque<(String, usize)> = VecDeque::new();
    let mut stored = 0;
    loop {
        let batch = if flying.len() < IN_FLIGHT { batches.recv().await } else { None };
        if let Some(Batch { mut text, messages }) = batch {
            text.extend_from_slice(b"\r\n");
            let tag = target.tag();
            target.writer.write_all(format!("{tag} APPEND ").as_bytes()).await?;
            target.writer.write_all(&text).await?;
            target.writer.flush().await?;
            flying.push_back((tag, messages));
            continue;
        }
        let Some((tag, messages)) = flying.pop_front() else { return Ok(stored) };
        target.finish(&tag, |_| ()).await?;
        stored += messages;
    }
}

/// The size of the literal at the end of a line.
fn announced(line: &str) -> Option<usize> {
    line.strip_suffix('}')?.rsplit_once('{')?.1.parse().ok()
}

/// Flags and date as APPEND wants them, from the line of a FETCH response before its body.
fn envelope(line: &str) -> String {
    let between = |from: &str, to: &str| {
        let rest = line.split_once(from).map_or("", |(_, rest)| rest);
        rest.split_once(to).map_or("", |(inner, _)| inner)
    };
    let flags: Vec<&str> =
        between("FLAGS (", ")").split(' ').filter(|flag| !flag.is_empty() && *flag != "\\Recent").collect();
    format!("({}) \"{}\"", flags.join(" "), between("INTERNALDATE \"", "\""))
}
