//! What the window may ask for: the functions of `ui/ipc.js`, one for one. Each is a line or two; a refused one
//! gives an advice.

use crate::desk::Desk;
use crate::live::Aim;
use crate::watching::Watching;
use crate::wire::{self, Advice};
use crate::{accounts, demo, place, view};
use account::{Secret, provider};
use mail::{Cause, Failure, Side};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tauri::ipc::Channel;
use tauri::{AppHandle, Runtime, State, Window};
use transfer::Verdict;
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
    let Some(chosen) = pick_folder(window, now).await else { return Ok(None) };
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

/// The system's own dialog. None: cancelled.
async fn pick_folder<R: Runtime>(window: Window<R>, start: Option<PathBuf>) -> Option<PathBuf> {
    let (send, receive) = tokio::sync::oneshot::channel();
    let parent = window.clone();
    // Dialogs belong to the thread of the window.
    let asked = window.run_on_main_thread(move || {
        let exists = |path: &PathBuf| path.is_dir();
        let start = start.as_deref().and_then(|path| path.ancestors().map(PathBuf::from).find(exists));
        let mut dialog = rfd::AsyncFileDialog::new().set_parent(&parent).set_can_create_directories(true);
        if let Some(start) = start {
            dialog = dialog.set_directory(start);
        }
        let _ = send.send(dialog.pick_folder());
    });
    asked.ok()?;
    Some(receive.await.ok()?.await?.path().to_owned())
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

#[tauri::command]
pub(crate) async fn problems(desk: Shared<'_>, r#move: String, offset: u64, limit: u64) -> Answer<wire::ProblemPage> {
    /// A page at most: the list is read as it is scrolled.
    const MOST: u64 = 1000;
    let live = told(&desk, desk.live(&r#move))?;
    let limit = limit.min(MOST);
    let here = live.state().problems(offset, limit);
    let (total, page) = match here {
        Some(page) => page,
        None => told(&desk, desk.home().and_then(|home| home.problems(&r#move, offset, limit)))?,
    };
    let (words, context) = (desk.words(), view::context(&live.state()));
    Ok(wire::ProblemPage { total, rows: page.iter().map(|problem| view::problem(&words, problem, &context)).collect() })
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
