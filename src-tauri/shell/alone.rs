//! One application a person: a second start shows the window of the first, and ends. Where it cannot be told whether there is
//! a first (Linux without a session bus), a second opens as well; the lock of a move keeps them apart.

use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Manager, Runtime};

/// To be the first plugin: the second start ends within it.
pub(crate) fn plugin<R: Runtime>() -> TauriPlugin<R> {
    tauri_plugin_single_instance::init(|app, _arguments, _directory| show(app))
}

/// A window that cannot be raised stays where it is.
fn show<R: Runtime>(app: &AppHandle<R>) {
    if let Some(window) = app.get_webview_window("main") {
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
    }
}
