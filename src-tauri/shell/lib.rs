//! The window: commands, wire types, dialogs, the keychain behind the engine's questions. Knows Tauri, so that
//! nothing else does. Must not know how mail is moved: it asks `transfer`, and `wording` for every sentence.

mod fence;
mod hush;

use std::process::ExitCode;

/// Runs the application until its window is closed.
pub fn run() -> ExitCode {
    hush::hush();
    let app = tauri::Builder::default().plugin(fence::plugin()).build(tauri::generate_context!());
    match app {
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
