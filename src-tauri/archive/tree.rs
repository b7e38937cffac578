//! Which file holds which folder. Found by walking the directory, since true names are in the indexes; a stem is a
//! path relative to the directory, without ending, and made of nothing but names that [`names`] has given.

use crate::disk::{failed, unusable};
use crate::folder::with_ending;
use crate::line::{self, FolderLine, Line, VERSION};
use crate::names;
use mail::{FolderPath, Result};
use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Longest stem, in UTF-16 units: Windows allows 260 for the whole path.
const LONGEST: usize = 160;
/// Folders whose stem would be longer lie here, side by side. No folder name gives this file name.
const DEEP: &str = "~deep.sbd";

/// An index found on the disk, with its first line where that can be read.
#[derive(Debug)]
pub(crate) struct Found {
    pub stem: PathBuf,
    pub folder: Option<FolderLine>,
}

/// All indexes below `directory`, in a fixed order. Links are not followed.
pub(crate) fn walk(directory: &Path) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(place) = open.pop() {
        let path = directory.join(&place);
        for entry in fs::read_dir(&path).map_err(failed(&path))? {
            let entry = entry.map_err(failed(&path))?;
            let kind = entry.file_type().map_err(failed(&path))?;
            let name = PathBuf::from(entry.file_name());
            let ending = name.extension().unwrap_or_default();
            if kind.is_dir() && ending == "sbd" {
                open.push(place.join(&name));
            } else if kind.is_file() && ending == "idx" {
                let folder = first_line(&entry.path())?;
                found.push(Found { stem: place.join(name.with_extension("")), folder });
            }
        }
    }
    found.sort_by(|a, b| a.stem.cmp(&b.stem));
    Ok(found)
}

fn first_line(index: &Path) -> Result<Option<FolderLine>> {
    let mut text = Vec::new();
    let file = File::open(index).map_err(failed(index))?;
    BufReader::new(file).take(line::LONGEST).read_until(b'\n', &mut text).map_err(failed(index))?;
    Ok(match text.strip_suffix(b"\n").and_then(line::parse) {
        Some(Line::Folder(folder)) if folder.version > VERSION => return Err(unusable(index)),
        Some(Line::Folder(folder)) if !folder.path.is_empty() => folder.folder().map(|_| folder),
        _ => None,
    })
}

/// The key of a stem in the manifest, on every system the same.
pub(crate) fn manifest_key(stem: &Path) -> String {
    let names: Vec<_> = stem.iter().map(|name| name.to_string_lossy()).collect();
    names.join("/")
}

/// Gives each folder a place of its own.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    stems: HashMap<FolderPath, PathBuf>,
    /// Keys of the names in use, by directory.
    used: HashMap<PathBuf, HashSet<String>>,
}

impl Tree {
    /// `StoreUnusable` if one folder has two places: somebody copied files by hand.
    pub fn of(directory: &Path, found: &[Found]) -> Result<Self> {
        let mut tree = Self::default();
        for Found { stem, folder } in found {
            let Some(folder) = folder else { continue };
            let conflict = || unusable(&with_ending(&directory.join(stem), ".idx"));
            let depth = folder.path.len();
            if !stem.starts_with(DEEP) && stem.iter().count() != depth {
                return Err(conflict());
            }
            tree.insert(FolderPath(folder.path.clone()), stem).ok_or_else(conflict)?;
            if !stem.starts_with(DEEP) {
                let parents = stem.ancestors().skip(1).take(depth - 1).map(|place| place.with_extension(""));
                for (parent, depth) in parents.zip((1..depth).rev()) {
                    tree.insert(FolderPath(folder.path[..depth].to_vec()), &parent).ok_or_else(conflict)?;
                }
            }
        }
        Ok(tree)
    }

    /// The place of a folder, given now if it has none. What lies in the way on the disk is not touched.
    pub fn place(&mut self, directory: &Path, path: &FolderPath) -> PathBuf {
        let mut place = PathBuf::new();
        let mut stem = PathBuf::new();
        for depth in 1..=path.0.len() {
            let prefix = FolderPath(path.0[..depth].to_vec());
            stem = match self.stems.get(&prefix) {
                Some(stem) => stem.clone(),
                None => self.free(directory, &place, &path.0[depth - 1]),
            };
            if manifest_key(&stem).encode_utf16().count() > LONGEST {
                return self.place_deep(directory, path);
            }
            self.insert(prefix, &stem);
            place = with_ending(&stem, ".sbd");
        }
        stem
    }

    fn place_deep(&mut self, directory: &Path, path: &FolderPath) -> PathBuf {
        if let Some(stem) = self.stems.get(path) {
            return stem.clone();
        }
        // The whole path is hashed, the last name kept as far as it goes.
        let name = format!("{}\0{}", path.0.last().map_or("", String::as_str), path.0.join("\0"));
        let stem = self.free(directory, Path::new(DEEP), &name);
        self.insert(path.clone(), &stem);
        stem
    }

    fn free(&self, directory: &Path, place: &Path, name: &str) -> PathBuf {
        let used = self.used.get(place);
        let free = |file: &str| {
            let stem = place.join(file);
            let taken = |ending| match fs::symlink_metadata(with_ending(&directory.join(&stem), ending)) {
                // A directory for subfolders may be there before its folder; a link in its place leads elsewhere.
                Ok(there) => ending != ".sbd" || !there.is_dir(),
                Err(_) => false,
            };
            let key = names::key(file);
            let free =
                !used.is_some_and(|used| used.contains(&key)) && ![".mbox", ".idx", ".sbd"].into_iter().any(taken);
            free.then_some(stem)
        };
        let marked = (0..).map(|salt| names::marked(name, salt));
        names::plain(name)
            .map(str::to_owned)
            .into_iter()
            .chain(marked)
            .find_map(|file| free(&file))
            .unwrap_or_else(|| place.join("~"))
    }

    /// None if the folder has another place already.
    fn insert(&mut self, path: FolderPath, stem: &Path) -> Option<()> {
        let place = stem.parent().unwrap_or(Path::new("")).to_owned();
        let file = stem.file_name().unwrap_or_default().to_string_lossy();
        self.used.entry(place).or_default().insert(names::key(&file));
        self.stems.insert(path, stem.to_owned()).is_none_or(|earlier| earlier == stem).then_some(())
    }
}
