//! Shows moves to the page: whole, at most ten a second, the last one exact. There is no back-pressure from a
//! page, so it is never sent more than it can draw.

use crate::desk::Desk;
use crate::live::Live;
use crate::view;
use crate::wire::View;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tauri::async_runtime::JoinHandle;
use tauri::ipc::Channel;

const PACE: Duration = Duration::from_millis(100);

/// Who looks at which move, oldest first.
#[derive(Default)]
pub(crate) struct Watching(Mutex<VecDeque<(String, JoinHandle<()>)>>);

impl Watching {
    pub(crate) fn watch(&self, desk: &Arc<Desk>, live: Arc<Live>, channel: Channel<View>) {
        let id = live.id.clone();
        let task = tauri::async_runtime::spawn(show(Arc::clone(desk), live, channel));
        self.list().push_back((id, task));
    }

    /// Ends the oldest look at this move: a page that changes screens may begin the new before it ends the old.
    pub(crate) fn unwatch(&self, id: &str) {
        let mut list = self.list();
        if let Some(at) = list.iter().position(|(known, _)| known == id)
            && let Some((_, task)) = list.remove(at)
        {
            task.abort();
        }
    }

    /// The page is gone.
    pub(crate) fn end(&self) {
        self.list().drain(..).for_each(|(_, task)| task.abort());
    }

    fn list(&self) -> MutexGuard<'_, VecDeque<(String, JoinHandle<()>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn show(desk: Arc<Desk>, live: Arc<Live>, channel: Channel<View>) {
    let mut changes = live.changes();
    let mut shown = None;
    loop {
        changes.mark_unchanged();
        let view = view::view(&desk, &live);
        if shown.as_ref() != Some(&view) {
            if channel.send(view.clone()).is_err() {
                return;
            }
            shown = Some(view);
        }
        tokio::time::sleep(PACE).await;
        if changes.changed().await.is_err() {
            return;
        }
    }
}
