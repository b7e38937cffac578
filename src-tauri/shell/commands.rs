//! What the window may ask for: the functions of `ui/ipc.js`, one for one. Each is a line or two; a refused one
//! gives an advice.

use crate::desk::Desk;
use crate::live::{Aim, Live};
use crate::watching::Watching;
use crate::wire::{self, Advice};
use crate::{accounts, demo, dialogs, letters, place, view};
use account::{Secret, provider};
use mail::{Cause, Failure, Side};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tauri::ipc::Channel;
use tauri::{AppHandle, Runtime, State, Window};
use transfer::{Problem, Verdict};
use zeroize::Zeroizing;

type Answer<T> = Result<T, Box<Advice>>;
type Shared<'a> = State<'a, Arc<Desk>>;

/// How long quitting waits for the runs to reach a safe state. They are safe at any moment; this is for their last
/// commit.
const GOODBYE: Duration = Duration::from_secs(10);

fn told<T>(desk: &Desk, result: mail::Result<T>) -> Answer<T> {
    result.map_err(|failure| Box::new(desk.advice(&failure)))
}

#[tauri::command]
pub(crate) async fn home(desk: Shared<'_>) -> Answer<wire::Home> {
    let mut home = wire::Home {
        language: desk.words().language().into(),
        keychain: desk.has_keychain().await,
        moves: Vec::new(),
        prefill: None,
        advice: None,
    };
    match desk.home().and_then(transfer::Home::moves) {
        Ok(moves) => {
            // Once it has begun, Home shows the move itself.
            let fresh = |filled: &wire::Prefill| !moves.iter().any(|(_, record)| demo::is_of(filled, record));
            home.prefill = demo::shown(&desk).await.filter(fresh);
            home.moves = moves.iter().filter_map(|(id, _)| desk.live(id).ok()).map(|live| view::card(&live)).collect();
        }
        Err(failure) => home.advice = Some(desk.advice(&failure)),
    }
    Ok(home)
}

#[tauri::command]
pub(crate) fn set_language(desk: Shared<'_>, language: wire::Language) -> Answer<wire::Said> {
    told(&desk, desk.set_language(language.into()))?;
    let (words, said) = (desk.words(), desk.memory.said());
    let again = |side| said.get(&side).map(|(failure, context)| words.failure(failure, context).into());
    Ok(wire::Said { old: again(Side::Source), new: again(Side::Target) })
}

#[tauri::command]
pub(crate) fn providers(desk: Shared<'_>) -> Vec<wire::Provider> {
    accounts::providers(&desk)
}

#[tauri::command]
pub(crate) async fn find(desk: Shared<'_>, address: String, provider: Option<String>) -> Answer<wire::Found> {
    Ok(accounts::find(&desk, &address, provider.as_deref()))
}

#[tauri::command]
pub(crate) async fn sign_in(
    desk: Shared<'_>,
    kind: wire::Kind,
    old: wire::Entry,
    new: Option<wire::Entry>,
) -> Answer<wire::SignedIn> {
    let new = new.filter(|_| kind == wire::Kind::Move);
    told(&desk, accounts::sign_in(&desk, old, new).await)
}

#[tauri::command]
pub(crate) async fn check(desk: Shared<'_>, r#move: String) -> Answer<()> {
    let launched = desk.live(&r#move).and_then(|live| live.launch(&desk, Aim::Check));
    told(&desk, launched)
}

#[tauri::command]
pub(crate) async fn choose_backup_place<R: Runtime>(
    window: Window<R>,
    desk: Shared<'_>,
    r#move: String,
) -> Answer<Option<wire::BackupPlace>> {
    let live = told(&desk, desk.live(&r#move))?;
    let (address, now) = {
        let state = live.state();
        (state.record.old.address.clone(), state.record.backup.clone())
    };
    let Some(chosen) = dialogs::folder(window, now).await else { return Ok(None) };
    let path = place::inside(&chosen, &address);
    let kept = desk.home().and_then(|home| home.update(&r#move, |record| record.backup = Some(path.clone())));
    told(&desk, kept)?;
    let described = place::described(&path);
    let mut state = live.state();
    state.record.backup = Some(path);
    state.place = Some(described.clone());
    drop(state);
    live.touch();
    Ok(Some(described))
}

#[tauri::command]
pub(crate) async fn start(desk: Shared<'_>, r#move: String, backup: bool, elsewhere: Option<bool>) -> Answer<()> {
    let launched = desk.live(&r#move).and_then(|live| {
        if let Some(elsewhere) = elsewhere {
            live.answer_elsewhere(&desk, elsewhere)?;
        }
        live.launch(&desk, Aim::Start { backup, repair: false })
    });
    told(&desk, launched)
}

/// Waits for the look; `stop` ends it.
#[tauri::command]
pub(crate) async fn look_undo(desk: Shared<'_>, r#move: String) -> Answer<wire::Undoable> {
    let live = told(&desk, desk.live(&r#move))?;
    let counts = live.look_undo(&desk).await;
    let context = view::context(&live.state());
    let counts = counts.map_err(|failure| Box::new(desk.words().failure(&failure, &context).into()))?;
    Ok(wire::Undoable { removed: counts.stored, kept: counts.already, gone: counts.gone })
}

#[tauri::command]
pub(crate) async fn undo(desk: Shared<'_>, r#move: String) -> Answer<()> {
    let launched = desk.live(&r#move).and_then(|live| live.launch(&desk, Aim::Undo));
    told(&desk, launched)
}

#[tauri::command]
pub(crate) async fn pause(desk: Shared<'_>, r#move: String) -> Answer<()> {
    told(&desk, desk.live(&r#move))?.control(|control| control.pause());
    Ok(())
}

#[tauri::command]
pub(crate) async fn resume(desk: Shared<'_>, r#move: String, repair: bool) -> Answer<()> {
    let live = told(&desk, desk.live(&r#move))?;
    if live.active().is_some() {
        live.control(|control| control.resume());
        return Ok(());
    }
    let (facts, last, repair) = {
        let state = live.state();
        (state.record.facts, state.record.last.clone(), repair || state.repair)
    };
    let undoing = last.is_some_and(|last| last.undone && last.verdict == Verdict::Stopped.name());
    let aim = if undoing {
        Aim::Undo
    } else if facts.checked {
        Aim::Start { backup: !facts.no_backup, repair }
    } else {
        Aim::Check
    };
    told(&desk, live.launch(&desk, aim))
}

#[tauri::command]
pub(crate) async fn stop(desk: Shared<'_>, r#move: String) -> Answer<()> {
    told(&desk, desk.live(&r#move))?.control(|control| control.stop());
    Ok(())
}

/// Not async: what is shown begins and ends in the order in which the page asks.
#[tauri::command]
pub(crate) fn watch(
    desk: Shared<'_>,
    watching: State<'_, Watching>,
    r#move: String,
    channel: Channel<wire::View>,
) -> Answer<()> {
    let live = told(&desk, desk.live(&r#move))?;
    watching.watch(&desk, live, channel);
    Ok(())
}

#[tauri::command]
pub(crate) fn unwatch(watching: State<'_, Watching>, r#move: String) {
    watching.unwatch(&r#move);
}

#[tauri::command]
pub(crate) async fn give_password(
    desk: Shared<'_>,
    r#move: String,
    side: wire::Side,
    password: wire::Password,
) -> Answer<()> {
    let live = told(&desk, desk.live(&r#move))?;
    let side = Side::from(side);
    let key = {
        let state = live.state();
        let mailbox = if side == Side::Source { Some(&state.record.old) } else { state.record.new.as_ref() };
        mailbox.map(|mailbox| mailbox.account.key(side))
    };
    if let Some(key) = key {
        desk.secrets.set(&key, &password.0).await;
        live.answer(side, &Secret::new(Zeroizing::clone(&password.0).to_string()));
    }
    Ok(())
}

/// A page of what is to be told of this move, and how many there are.
fn page(desk: &Desk, live: &Live, offset: u64, limit: u64) -> mail::Result<(u64, Vec<Problem>)> {
    let here = live.state().problems(offset, limit);
    here.map_or_else(|| desk.home().and_then(|home| home.problems(&live.id, offset, limit)), Ok)
}

#[tauri::command]
pub(crate) async fn problems(desk: Shared<'_>, r#move: String, offset: u64, limit: u64) -> Answer<wire::ProblemPage> {
    /// A page at most: the list is read as it is scrolled.
    const MOST: u64 = 1000;
    let live = told(&desk, desk.live(&r#move))?;
    let (total, page) = told(&desk, page(&desk, &live, offset, limit.min(MOST)))?;
    let headings = letters::headings(&live, &page).await;
    let (words, context) = (desk.words(), view::context(&live.state()));
    let rows = page.iter().zip(headings).map(|(problem, heading)| view::problem(&words, problem, heading, &context));
    Ok(wire::ProblemPage { total, rows: rows.collect() })
}

/// Of the last result: by which messages the person sees that all have arrived. None where there is no backup.
#[tauri::command]
pub(crate) async fn landmarks(desk: Shared<'_>, r#move: String) -> Answer<Vec<wire::Landmark>> {
    let live = told(&desk, desk.live(&r#move))?;
    let (_, problems) = told(&desk, page(&desk, &live, 0, u64::MAX))?;
    let home = told(&desk, desk.home())?;
    let landmarks = letters::landmarks(&live, home, &problems).await;
    Ok(landmarks.into_iter().map(Into::into).collect())
}

/// Saves the message of one line of the list from the backup, where the person says. The new file, or None: cancelled.
#[tauri::command]
pub(crate) async fn save_message<R: Runtime>(
    window: Window<R>,
    desk: Shared<'_>,
    r#move: String,
    row: u64,
) -> Answer<Option<String>> {
    let live = told(&desk, desk.live(&r#move))?;
    let (_, page) = told(&desk, page(&desk, &live, row, 1))?;
    let name = letters::headings(&live, &page).await.pop().flatten().map(|heading| heading.file_name());
    let (Some(problem), Some(name)) = (page.first(), name) else {
        return told(&desk, Err(Failure::new(Cause::MessageGone).on(Side::Local)));
    };
    let Some(file) = dialogs::new_file(window, desk.documents.first().cloned(), name).await else { return Ok(None) };
    told(&desk, letters::save(&live, problem, &file).await)?;
    Ok(Some(file.display().to_string()))
}

#[tauri::command]
pub(crate) async fn open_backup(desk: Shared<'_>, r#move: String) -> Answer<()> {
    let place = told(&desk, desk.live(&r#move))?.state().record.backup.clone();
    let missing = || Failure::new(Cause::DiskFailed).on(Side::Local);
    told(&desk, place.filter(|place| place.is_dir()).ok_or_else(missing).and_then(|place| open(place.as_os_str())))
}

/// Only the table's own links: a page never says which address to open.
#[tauri::command]
pub(crate) async fn open_link(desk: Shared<'_>, provider: String) -> Answer<()> {
    match provider::by_id(&provider).and_then(|known| known.link) {
        Some(link) => told(&desk, open(link.as_ref())),
        None => Ok(()),
    }
}

/// Where the new mailbox's mail is read in the browser, as the table has it.
#[tauri::command]
pub(crate) async fn open_mailbox(desk: Shared<'_>, provider: String) -> Answer<()> {
    match provider::by_id(&provider).and_then(provider::Provider::mailbox) {
        Some(page) => told(&desk, open(page.as_ref())),
        None => Ok(()),
    }
}

/// With the system's own program for folders and pages, without a shell.
fn open(thing: &std::ffi::OsStr) -> mail::Result<()> {
    let program = if cfg!(windows) {
        "explorer"
    } else if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let mut command = Command::new(program);
    for (password, _) in demo::PASSWORDS {
        command.env_remove(password);
    }
    let mut child = command.arg(thing).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    std::thread::spawn(move || child.wait());
    Ok(())
}

#[tauri::command]
pub(crate) async fn finish(desk: Shared<'_>, r#move: String) -> Answer<()> {
    let live = told(&desk, desk.live(&r#move))?;
    let keys: Vec<String> = {
        let record = &live.state().record;
        let new = record.new.as_ref().map(|new| new.account.key(Side::Target));
        new.into_iter().chain([record.old.account.key(Side::Source)]).collect()
    };
    for key in keys {
        // A keychain that can't be opened now keeps nothing of this session's.
        let _ = desk.secrets.remove(&key).await;
    }
    told(&desk, desk.home().and_then(|home| home.update(&r#move, |record| record.facts.finished = true)))?;
    live.state().record.facts.finished = true;
    live.touch();
    Ok(())
}

#[tauri::command]
pub(crate) async fn quit<R: Runtime>(app: AppHandle<R>, desk: Shared<'_>) -> Answer<()> {
    let lives = desk.all_live();
    lives.iter().for_each(|live| live.control(|control| control.stop()));
    let ended = async {
        for live in &lives {
            let mut changes = live.changes();
            while live.active().is_some() && changes.changed().await.is_ok() {}
        }
    };
    let _ = tokio::time::timeout(GOODBYE, ended).await;
    app.exit(0);
    Ok(())
}
