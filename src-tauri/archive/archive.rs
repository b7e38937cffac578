//! A directory of mail opened for writing.

use crate::disk::{failed, make_directory, open_to_write, sync_directory, unusable};
use crate::folder::{FolderWriter, with_ending};
use crate::manifest::Manifest;
use crate::tree::{self, Found, Tree};
use mail::{Cause, Failure, Folder, Reach, Result, Sha256, Side};
use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

const LOCK: &str = ".lock";

/// A directory opened for writing, under its own lock until the last clone is dropped. Clones share it, so
/// that several connections can read through one archive.
#[derive(Clone, Debug)]
pub struct Archive(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    directory: PathBuf,
    id: String,
    state: Mutex<State>,
    _lock: File,
}

#[derive(Debug)]
struct State {
    /// Its seals are those of this moment; on the disk are those of the last `seal`.
    manifest: Manifest,
    tree: Tree,
    open: HashMap<PathBuf, Weak<OpenFolder>>,
}

/// A folder's files, shared by those who write into it. Nobody takes the archive's lock while holding this one.
#[derive(Debug)]
pub(crate) struct OpenFolder {
    key: String,
    writer: Mutex<FolderWriter>,
}

impl OpenFolder {
    /// May wait as long as a group of messages is being written.
    pub fn lock(&self) -> MutexGuard<'_, FolderWriter> {
        locked(&self.writer)
    }

    /// One that is being written into is not known to be broken.
    pub fn broken(&self) -> bool {
        self.writer.try_lock().is_ok_and(|writer| writer.broken())
    }
}

impl Archive {
    /// `owner` is the key `user@host` of the account it backs up. Creates the directory with mode 0700 where it is
    /// missing. Fails with `StoreUnusable` for another account's directory, a newer format or a damaged index,
    /// `Busy` when another process writes into it, `DiskFull` or `DiskFailed`. Blocks: after a crash it reads the
    /// indexes that were being written.
    pub fn open_or_create(directory: &Path, owner: &str) -> Result<Archive> {
        make_directory(directory)?;
        let lock = lock(directory)?;
        let found = tree::walk(directory)?;
        let manifest = match Manifest::read(directory)? {
            Some(manifest) if manifest.account != owner => return Err(unusable(directory)),
            Some(manifest) => manifest,
            // Mail without a manifest is somebody's, and cannot be told whose.
            None if !found.is_empty() => return Err(unusable(directory)),
            None => {
                let mut manifest = Manifest::new(new_id(directory, owner), owner.to_owned());
                manifest.write(directory)?;
                manifest
            }
        };
        let found = recover(directory, found, &manifest)?;
        let tree = Tree::of(directory, &found)?;
        let state = Mutex::new(State { tree, open: HashMap::new(), manifest });
        let id = locked(&state).manifest.id.clone();
        let archive = Self(Arc::new(Shared { directory: directory.to_owned(), id, state, _lock: lock }));
        archive.cut_tails(&found)?;
        Ok(archive)
    }

    /// 32 hexadecimal digits, made when the directory was.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    pub fn directory(&self) -> &Path {
        &self.0.directory
    }

    /// Writes the manifest: all that is stored now is sealed by its length and hash.
    pub fn seal(&mut self) -> Result<()> {
        let mut state = locked(&self.0.state);
        state.manifest.write(&self.0.directory)
    }

    /// Opens the folder's files, or makes them. Shared with whoever has them open.
    pub(crate) fn folder(&self, folder: &Folder) -> Result<Arc<OpenFolder>> {
        let mut state = locked(&self.0.state);
        let stem = state.tree.place(&self.0.directory, &folder.path);
        if let Some(files) = state.open.get(&stem).and_then(Weak::upgrade)
            && !files.broken()
        {
            return Ok(files);
        }
        let (path, key) = (self.0.directory.join(&stem), tree::manifest_key(&stem));
        let index = with_ending(&path, ".idx");
        let writer = match (index.exists(), state.manifest.folders.get(&key)) {
            (true, seal) => FolderWriter::open(&path, seal)?,
            (false, None) => {
                self.make_directories(&stem)?;
                FolderWriter::create(&path, folder)?
            }
            // Somebody took it away: to begin anew would hide that.
            (false, Some(_)) => return Err(unusable(&index).reaching(Reach::Folder)),
        };
        state.manifest.folders.insert(key.clone(), writer.contents().seal());
        let files = Arc::new(OpenFolder { key, writer: Mutex::new(writer) });
        state.open.insert(stem, Arc::downgrade(&files));
        Ok(files)
    }

    /// Writes into a folder, and makes what was written part of the next seal.
    pub(crate) fn write<T>(
        &self,
        folder: &OpenFolder,
        write: impl FnOnce(&mut FolderWriter) -> Result<T>,
    ) -> Result<T> {
        let (result, seal) = {
            let mut writer = folder.lock();
            (write(&mut writer), writer.contents().seal())
        };
        let mut state = locked(&self.0.state);
        // Two writers may come here in another order than they wrote.
        if state.manifest.folders.get(&folder.key).is_none_or(|earlier| earlier.index < seal.index) {
            state.manifest.folders.insert(folder.key.clone(), seal);
        }
        result
    }

    fn make_directories(&self, stem: &Path) -> Result<()> {
        let mut place = self.0.directory.clone();
        for name in stem.parent().unwrap_or(Path::new("")) {
            let inside = place.join(name);
            match fs::symlink_metadata(&inside) {
                Ok(there) if there.is_dir() => {}
                // A file, or a link that leads out of the archive.
                Ok(_) => return Err(unusable(&inside).reaching(Reach::Folder)),
                Err(_) => {
                    make_directory(&inside)?;
                    sync_directory(&place).map_err(failed(&place))?;
                }
            }
            place = inside;
        }
        Ok(())
    }

    /// Opens, and so mends, each folder that is longer or shorter than sealed: the last run ended without a seal.
    fn cut_tails(&self, found: &[Found]) -> Result<()> {
        let mut state = locked(&self.0.state);
        for stem in found.iter().map(|found| &found.stem) {
            let key = tree::manifest_key(stem);
            let path = self.0.directory.join(stem);
            let length = |ending| fs::metadata(with_ending(&path, ending)).map_or(0, |file| file.len());
            let seal = state.manifest.folders.get(&key);
            if seal.is_none_or(|seal| length(".mbox") != seal.mbox || length(".idx") != seal.index) {
                match FolderWriter::open(&path, seal) {
                    Ok(files) => {
                        state.manifest.folders.insert(key, files.contents().seal());
                    }
                    // One bad folder never stops a mailbox: it fails by itself when its turn comes.
                    Err(failure) if failure.cause == Cause::StoreUnusable => {}
                    Err(failure) => return Err(failure),
                }
            }
        }
        Ok(())
    }
}

/// Nothing panics while it holds one of these locks.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lock(directory: &Path) -> Result<File> {
    let path = directory.join(LOCK);
    let file = open_to_write(&path, false).map_err(failed(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Failure::new(Cause::Busy).on(Side::Local).about(directory.display().to_string()))
        }
        // Some network disks know no locks; the engine's own lock still stands.
        Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(error)) => Err(failed(&path)(error)),
    }
}

/// Takes away folders that were being made when the power went: an index without its first line, and no mail. What
/// else has no readable first line is left where it lies; the proof names it, and its folder gets a new place.
fn recover(directory: &Path, found: Vec<Found>, manifest: &Manifest) -> Result<Vec<Found>> {
    let mut whole = Vec::new();
    for found in found {
        let path = directory.join(&found.stem);
        let (mbox, index) = (with_ending(&path, ".mbox"), with_ending(&path, ".idx"));
        if found.folder.is_some() {
            whole.push(found);
        } else if !manifest.folders.contains_key(&tree::manifest_key(&found.stem))
            && fs::metadata(&mbox).map_or(0, |file| file.len()) == 0
        {
            fs::remove_file(&index).map_err(failed(&index))?;
            if mbox.exists() {
                fs::remove_file(&mbox).map_err(failed(&mbox))?;
            }
        }
    }
    Ok(whole)
}

/// Unlike any other: of the place, the account, the moment and the process.
fn new_id(directory: &Path, owner: &str) -> String {
    let now = std::time::SystemTime::now();
    let text = format!("{} {owner} {now:?} {}", directory.display(), std::process::id());
    Sha256::of(text.as_bytes()).to_string()[..32].to_owned()
}
