//! The window: commands, wire types, dialogs, the keychain behind the engine's questions. Knows Tauri, so that
//! nothing else does. Must not know how mail is moved: it asks `transfer`, and `wording` for every sentence.

mod accounts;
mod alone;
mod commands;
mod demo;
mod desk;
mod dialogs;
mod fence;
mod hush;
mod letters;
mod live;
mod memory;
mod place;
mod view;
mod watching;
mod wire;
#[cfg(test)]
mod wire_commands;

use desk::Desk;
use live::Aim;
use secrets::Secrets;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tauri::webview::PageLoadEvent;
use tauri::{Emitter, Manager, Runtime, WindowEvent};

/// Another place for Mailferry's own directory: tests and the demo.
const OWN_DIRECTORY: &str = "MAILFERRY_HOME";

/// Runs the application until its window is closed.
pub fn run() -> ExitCode {
    hush::hush();
    let builder = tauri::Builder::default();
    // Whoever moved our directory away wants an application of its own, beside the other: the demo.
    let builder = match std::env::var_os(OWN_DIRECTORY) {
        Some(_) => builder,
        None => builder.plugin(alone::plugin()),
    };
    match build(builder, here()) {
        Ok(app) => {
            app.run(|_, _| {});
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("Mailferry could not open its window: {error}");
            ExitCode::FAILURE
        }
    }
}

/// This person's desk on this computer.
fn here() -> Desk {
    let own = std::env::var_os(OWN_DIRECTORY).map(PathBuf::from);
    let backups = match &own {
        // Whoever moved our directory away wants nothing outside it.
        Some(own) => vec![own.clone()],
        None => documents(),
    };
    let mut desk = Desk::new(own.or_else(transfer::Home::usual), backups, Secrets::open());
    desk.prefill = demo::prefill();
    desk
}

/// Where a person looks for their files, the usual place first.
fn documents() -> Vec<PathBuf> {
    let home = std::env::var_os(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).map(PathBuf::from);
    home.map(|home| vec![home.join("Documents"), home]).unwrap_or_default()
}

fn build<R: Runtime>(builder: tauri::Builder<R>, desk: Desk) -> tauri::Result<tauri::App<R>> {
    let desk = Arc::new(desk);
    builder
        .plugin(fence::plugin())
        .manage(Arc::clone(&desk))
        .manage(watching::Watching::default())
        .invoke_handler(tauri::generate_handler![
            commands::home,
            commands::set_language,
            commands::providers,
            commands::find,
            commands::sign_in,
            commands::check,
            commands::choose_backup_place,
            commands::start,
            commands::look_undo,
            commands::undo,
            commands::pause,
            commands::resume,
            commands::stop,
            commands::watch,
            commands::unwatch,
            commands::give_password,
            commands::problems,
            commands::landmarks,
            commands::save_message,
            commands::open_backup,
            commands::open_link,
            commands::open_mailbox,
            commands::finish,
            commands::quit,
        ])
        .on_page_load(|view, payload| {
            if payload.event() == PageLoadEvent::Started {
                view.state::<watching::Watching>().end();
            }
        })
        .on_window_event(|window, event| {
            // A move at work is paused and left, or goes on: the person says which.
            if let WindowEvent::CloseRequested { api, .. } = event
                && moving(&window.state::<Arc<Desk>>())
                && window.emit("close-asked", ()).is_ok()
            {
                api.prevent_close();
            }
        })
        .setup(move |_| {
            tauri::async_runtime::spawn(async move {
                demo::keep_passwords(&desk).await;
                desk.open_keychain().await;
            });
            Ok(())
        })
        .build(tauri::generate_context!())
}

fn moving(desk: &Desk) -> bool {
    desk.all_live().iter().any(|live| matches!(live.active(), Some(Aim::Start { .. })))
}
