//! Where passwords are kept: the operating system's keychain, or this process's memory when there is none.
//! Never a file. The only crate that names keyring. Must not know accounts, servers or moves: a secret has a
//! key, which the caller makes.

mod keychain;

use keychain::Keychain;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use zeroize::Zeroizing;

/// How long one call waits for the keychain: a person may be typing its password.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where a secret given now would be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Keychain,
    /// In memory until the process ends.
    Session,
}

/// The keychain can't be used: there is none, it stays locked, or it does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable;

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the keychain can't be used")
    }
}

impl std::error::Error for Unavailable {}

/// All secrets of this process. After the first failure of the keychain everything stays in memory until
/// [`Secrets::retry`].
pub struct Secrets {
    keychain: Keychain,
    session: Mutex<HashMap<String, Zeroizing<String>>>,
}

impl Secrets {
    /// Touches nothing: the keychain is opened by the first call that needs it.
    pub fn open() -> Self {
        Self { keychain: Keychain::system(PATIENCE), session: Mutex::default() }
    }

    /// Without a keychain: for tests, and for a person who wants none.
    pub fn session() -> Self {
        Self { keychain: Keychain::none(), session: Mutex::default() }
    }

    /// None: there is none under this key. `Err`: the keychain can't be asked, and memory has none either.
    pub async fn get(&self, key: &str) -> Result<Option<Zeroizing<String>>, Unavailable> {
        if let Some(secret) = self.remembered().get(key) {
            return Ok(Some(secret.clone()));
        }
        self.keychain.get(key).await
    }

    /// Keeps it in the keychain, or in memory if that fails; tells which.
    pub async fn set(&self, key: &str, secret: &str) -> Kind {
        match self.keychain.set(key, secret).await {
            Ok(()) => {
                self.remembered().remove(key);
                Kind::Keychain
            }
            Err(Unavailable) => {
                self.remembered().insert(key.to_owned(), Zeroizing::new(secret.to_owned()));
                Kind::Session
            }
        }
    }

    /// Forgets it everywhere; nothing to forget is no failure. `Err`: the keychain may still hold it.
    pub async fn remove(&self, key: &str) -> Result<(), Unavailable> {
        self.remembered().remove(key);
        self.keychain.remove(key).await
    }

    /// Opens the keychain if that was not tried yet.
    pub async fn kind(&self) -> Kind {
        if self.keychain.usable().await { Kind::Keychain } else { Kind::Session }
    }

    /// Forgets that the keychain failed, so that the next call opens it anew.
    pub async fn retry(&self) {
        self.keychain.retry().await;
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<String, Zeroizing<String>>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows no key and no secret.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyring_core::api::CredentialStoreApi;
    use keyring_core::mock;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn secrets(keychain: Keychain) -> Secrets {
        Secrets { keychain, session: Mutex::default() }
    }

    fn double() -> Arc<mock::Store> {
        mock::Store::new().expect("the double opens")
    }

    #[tokio::test]
    async fn the_keychain_keeps_and_forgets() {
        let store = double();
        let secrets = secrets(Keychain::new(move || Ok(Arc::clone(&store) as _), PATIENCE));
        assert_eq!(secrets.kind().await, Kind::Keychain);
        assert_eq!(secrets.get("old a").await, Ok(None));
        assert_eq!(secrets.set("old a", "pässword 密码").await, Kind::Keychain);
        assert!(secrets.remembered().is_empty(), "a kept secret needs no copy in memory");
        assert_eq!(secrets.get("old a").await, Ok(Some(Zeroizing::new("pässword 密码".to_owned()))));
        assert_eq!(secrets.get("new a").await, Ok(None));
        assert_eq!(secrets.remove("old a").await, Ok(()));
        assert_eq!(secrets.remove("old a").await, Ok(()));
        assert_eq!(secrets.get("old a").await, Ok(None));
    }

    #[tokio::test]
    async fn without_a_keychain_memory_serves_until_it_comes_back() {
        let there = Arc::new(AtomicBool::new(false));
        let (store, seen) = (double(), Arc::clone(&there));
        let open = move || match seen.load(Ordering::SeqCst) {
            true => Ok(Arc::clone(&store) as Arc<keyring_core::CredentialStore>),
            false => Err(keyring_core::Error::NoDefaultStore),
        };
        let secrets = secrets(Keychain::new(open, PATIENCE));
        assert_eq!(secrets.kind().await, Kind::Session);
        assert_eq!(secrets.get("old a").await, Err(Unavailable));
        assert_eq!(secrets.set("old a", "one").await, Kind::Session);
        assert_eq!(secrets.get("old a").await, Ok(Some(Zeroizing::new("one".to_owned()))));
        there.store(true, Ordering::SeqCst);
        assert_eq!(secrets.kind().await, Kind::Session, "not opened again unasked");
        secrets.retry().await;
        assert_eq!(secrets.kind().await, Kind::Keychain);
        assert_eq!(secrets.set("old a", "two").await, Kind::Keychain);
        assert_eq!(secrets.get("old a").await, Ok(Some(Zeroizing::new("two".to_owned()))));
    }

    #[tokio::test]
    async fn a_keychain_that_does_not_answer_is_given_up() {
        let (release, held) = std::sync::mpsc::channel::<()>();
        let held = Mutex::new(held);
        let open = move || {
            let _ = held.lock().map(|held| held.recv());
            Err(keyring_core::Error::NoDefaultStore)
        };
        let secrets = secrets(Keychain::new(open, Duration::from_millis(20)));
        assert_eq!(secrets.set("old a", "one").await, Kind::Session);
        assert_eq!(secrets.get("old a").await, Ok(Some(Zeroizing::new("one".to_owned()))));
        drop(release);
    }

    #[tokio::test]
    async fn a_locked_keychain_is_no_place() {
        let store = double();
        let entry = store.build("Mailferry", "new a", None).expect("an entry");
        let credential: &mock::Cred = entry.as_any().downcast_ref().expect("the double's own");
        credential.set_error(keyring_core::Error::NoStorageAccess("locked".into()));
        let secrets = secrets(Keychain::new(move || Ok(Arc::clone(&store) as _), PATIENCE));
        assert_eq!(secrets.set("new a", "one").await, Kind::Session);
        assert_eq!(secrets.kind().await, Kind::Session);
        assert_eq!(secrets.get("new a").await, Ok(Some(Zeroizing::new("one".to_owned()))));
    }

    #[test]
    fn nothing_secret_is_shown() {
        assert_eq!(format!("{:?}", Secrets::session()), "Secrets(..)");
    }
}
