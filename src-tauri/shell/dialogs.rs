//! The system's own dialogs. Each gives None when it is cancelled.

use std::path::{Path, PathBuf};
use tauri::{Runtime, Window};

/// An existing folder, or one that the dialog makes.
pub(crate) async fn folder<R: Runtime>(window: Window<R>, start: Option<PathBuf>) -> Option<PathBuf> {
    let ask = move |dialog: rfd::AsyncFileDialog| dialog.set_can_create_directories(true).pick_folder();
    shown(window, start, ask).await
}

/// A file to be written. The dialog asks before one is replaced.
pub(crate) async fn new_file<R: Runtime>(window: Window<R>, start: Option<PathBuf>, name: String) -> Option<PathBuf> {
    shown(window, start, move |dialog| dialog.set_file_name(name).save_file()).await
}

/// Opens at `start`, or at its nearest parent that exists.
async fn shown<R: Runtime, Answer: Future<Output = Option<rfd::FileHandle>> + Send + 'static>(
    window: Window<R>,
    start: Option<PathBuf>,
    ask: impl FnOnce(rfd::AsyncFileDialog) -> Answer + Send + 'static,
) -> Option<PathBuf> {
    let (send, receive) = tokio::sync::oneshot::channel();
    let parent = window.clone();
    // Dialogs belong to the thread of the window.
    let asked = window.run_on_main_thread(move || {
        let exists = |path: &&Path| path.is_dir();
        let start = start.as_deref().and_then(|path| path.ancestors().find(exists));
        let mut dialog = rfd::AsyncFileDialog::new().set_parent(&parent);
        if let Some(start) = start {
            dialog = dialog.set_directory(start);
        }
        let _ = send.send(ask(dialog));
    });
    asked.ok()?;
    Some(receive.await.ok()?.await?.path().to_owned())
}
