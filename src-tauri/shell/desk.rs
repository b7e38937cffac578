//! What the application holds while it is open: the record of moves, the moves that somebody looks at, the
//! passwords, the language. Everything here is shared and outlives every page of the window.

use crate::live::Live;
use crate::memory::Memory;
use crate::wire;
use mail::{Cause, Failure, Side};
use secrets::{Kind, Secrets};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::watch;
use transfer::Home;
use wording::{Context, Language, Words};

/// How long Home waits for the keychain's first answer. It may be asking a person; then it counts as usable.
const FIRST_ANSWER: Duration = Duration::from_secs(3);

pub(crate) struct Desk {
    home: mail::Result<Home>,
    /// The person's own folders, for the default place of a backup.
    pub documents: Vec<PathBuf>,
    pub secrets: Arc<Secrets>,
    pub prefill: Option<wire::Prefill>,
    pub memory: Memory,
    words: RwLock<Arc<Words>>,
    lives: Mutex<HashMap<String, Arc<Live>>>,
    keychain: watch::Sender<Option<Kind>>,
}

impl Desk {
    pub(crate) fn new(home: Option<PathBuf>, documents: Vec<PathBuf>, secrets: Secrets) -> Self {
        let home = match home {
            Some(path) => Home::open(&path),
            None => Err(Failure::new(Cause::DiskFailed).on(Side::Local)),
        };
        let kept: Option<wire::Kept> = home.as_ref().ok().and_then(|home| wire::read(&home.window()));
        let language = kept.map(|kept| kept.language.into());
        let language = language.unwrap_or_else(|| Language::from_tag(&sys_locale::get_locale().unwrap_or_default()));
        Self {
            home,
            documents,
            secrets: Arc::new(secrets),
            prefill: None,
            memory: Memory::default(),
            words: RwLock::new(Arc::new(Words::new(language))),
            lives: Mutex::default(),
            keychain: watch::channel(None).0,
        }
    }

    pub(crate) fn home(&self) -> mail::Result<&Home> {
        self.home.as_ref().map_err(Clone::clone)
    }

    pub(crate) fn words(&self) -> Arc<Words> {
        Arc::clone(&self.words.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A failure that belongs to no move.
    pub(crate) fn advice(&self, failure: &Failure) -> wire::Advice {
        self.words().failure(failure, &Context::default()).into()
    }

    /// Every window shows it at once, and the next start.
    pub(crate) fn set_language(&self, language: Language) -> mail::Result<()> {
        *self.words.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Words::new(language));
        self.lives().values().for_each(|live| live.touch());
        let kept = wire::Kept { language: language.into() };
        Ok(std::fs::write(self.home()?.window(), wire::text(&kept))?)
    }

    /// Asks the keychain for the first time, in the background.
    pub(crate) async fn open_keychain(&self) {
        let kind = self.secrets.kind().await;
        self.keychain.send_replace(Some(kind));
    }

    pub(crate) async fn has_keychain(&self) -> bool {
        let mut keychain = self.keychain.subscribe();
        let answer = tokio::time::timeout(FIRST_ANSWER, keychain.wait_for(Option::is_some)).await;
        !matches!(answer, Ok(Ok(kind)) if *kind == Some(Kind::Session))
    }

    /// The live side of a recorded move.
    pub(crate) fn live(&self, id: &str) -> mail::Result<Arc<Live>> {
        if let Some(live) = self.lives().get(id) {
            return Ok(Arc::clone(live));
        }
        let unknown = || Failure::new(Cause::StoreUnusable).on(Side::Local);
        let record = self.home()?.read(id)?.ok_or_else(unknown)?;
        let live = Arc::new(Live::new(id.to_owned(), record));
        Ok(Arc::clone(self.lives().entry(id.to_owned()).or_insert(live)))
    }

    pub(crate) fn all_live(&self) -> Vec<Arc<Live>> {
        self.lives().values().cloned().collect()
    }

    fn lives(&self) -> MutexGuard<'_, HashMap<String, Arc<Live>>> {
        self.lives.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
