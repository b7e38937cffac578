//! The operating system's keychain, behind a time limit: it blocks, and may wait for a person. Calls go one after
//! the other, so that one locked keychain asks once. Errors of the store may hold secrets and are never shown.

use crate::Unavailable;
use keyring_core::{CredentialStore, Entry, Error};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

/// Under which name a person finds our entries in the keychain.
const SERVICE: &str = "Mailferry";

type Store = Arc<CredentialStore>;
type Open = Arc<dyn Fn() -> keyring_core::Result<Store> + Send + Sync>;

pub(crate) struct Keychain {
    open: Open,
    patience: Duration,
    state: Mutex<State>,
}

enum State {
    Untried,
    Open(Store),
    Failed,
}

impl Keychain {
    pub(crate) fn new(
        open: impl Fn() -> keyring_core::Result<Store> + Send + Sync + 'static,
        patience: Duration,
    ) -> Self {
        Self { open: Arc::new(open), patience, state: Mutex::new(State::Untried) }
    }

    /// This computer's.
    pub(crate) fn system(patience: Duration) -> Self {
        Self::new(system, patience)
    }

    pub(crate) fn none() -> Self {
        Self::new(|| Err(Error::NoDefaultStore), Duration::ZERO)
    }

    pub(crate) async fn get(&self, key: &str) -> Result<Option<Zeroizing<String>>, Unavailable> {
        self.ask(key, |entry| match entry.get_password() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            // What somebody else wrote there, in no encoding or twice, is no password of ours.
            Err(Error::NoEntry | Error::BadEncoding(_) | Error::Ambiguous(_)) => Ok(None),
            Err(_) => Err(Unavailable),
        })
        .await
    }

    pub(crate) async fn set(&self, key: &str, secret: &str) -> Result<(), Unavailable> {
        let secret = Zeroizing::new(secret.to_owned());
        self.ask(key, move |entry| entry.set_password(&secret).map_err(|_| Unavailable)).await
    }

    pub(crate) async fn remove(&self, key: &str) -> Result<(), Unavailable> {
        self.ask(key, |entry| match entry.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(_) => Err(Unavailable),
        })
        .await
    }

    pub(crate) async fn usable(&self) -> bool {
        self.ask("probe", |entry| match entry.get_password() {
            Ok(_) | Err(Error::NoEntry) => Ok(()),
            Err(_) => Err(Unavailable),
        })
        .await
        .is_ok()
    }

    pub(crate) async fn retry(&self) {
        let mut state = self.state.lock().await;
        if matches!(*state, State::Failed) {
            *state = State::Untried;
        }
    }

    /// One call on a thread of its own. A failure, and an answer that does not come in time, close the keychain.
    async fn ask<T: Send + 'static>(
        &self,
        key: &str,
        question: impl FnOnce(Entry) -> Result<T, Unavailable> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let mut state = self.state.lock().await;
        let store = match &*state {
            State::Failed => return Err(Unavailable),
            State::Open(store) => Some(Arc::clone(store)),
            State::Untried => None,
        };
        let (open, key) = (Arc::clone(&self.open), key.to_owned());
        let call = spawn_blocking(move || {
            let store = store.map_or_else(|| open().map_err(|_| Unavailable), Ok)?;
            let entry = store.build(SERVICE, &key, None).map_err(|_| Unavailable)?;
            question(entry).map(|answer| (store, answer))
        });
        let answer = match tokio::time::timeout(self.patience, call).await {
            Ok(Ok(answer)) => answer,
            // Too late, or it panicked.
            Ok(Err(_)) | Err(_) => Err(Unavailable),
        };
        match answer {
            Ok((store, answer)) => {
                *state = State::Open(store);
                Ok(answer)
            }
            Err(Unavailable) => {
                *state = State::Failed;
                Err(Unavailable)
            }
        }
    }
}

#[cfg(target_os = "macos")]
fn system() -> keyring_core::Result<Store> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(target_os = "windows")]
fn system() -> keyring_core::Result<Store> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(all(unix, not(target_os = "macos")))]
fn system() -> keyring_core::Result<Store> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}
