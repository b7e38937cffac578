//! `manifest.json`: whose archive it is, and how far each folder is sealed. Replaced in one step, and hashed itself.

use crate::disk::{failed, replace, unusable};
use crate::line::VERSION;
use mail::{Result, Sha256};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const NAME: &str = "manifest.json";
const FORMAT: &str = "mailferry-archive";

/// How far a folder is sealed. What lies beyond is an unsealed tail, not damage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seal {
    pub messages: u64,
    /// Octets of the mbox and of the index.
    pub mbox: u64,
    pub index: u64,
    /// Of those octets of the index.
    pub sha256: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    format: String,
    version: u32,
    pub id: String,
    /// `user@host`.
    pub account: String,
    /// By file name without its ending, relative to the directory, with `/`.
    pub folders: BTreeMap<String, Seal>,
    /// Of this file with this value left empty.
    sha256: String,
}

impl Manifest {
    pub fn new(id: String, account: String) -> Self {
        let (format, sha256) = (FORMAT.to_owned(), String::new());
        Self { format, version: VERSION, id, account, folders: BTreeMap::new(), sha256 }
    }

    /// None where there is none. `StoreUnusable` for a newer, foreign or damaged one.
    pub fn read(directory: &Path) -> Result<Option<Self>> {
        let path = directory.join(NAME);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(&path)(error)),
        };
        let mut manifest: Self = serde_json::from_slice(&text).map_err(|_| unusable(&path))?;
        let sha256 = std::mem::take(&mut manifest.sha256);
        let whole = manifest.format == FORMAT && manifest.version == VERSION;
        if !whole || Sha256::of(&manifest.text()?).to_string() != sha256 {
            return Err(unusable(&path));
        }
        manifest.sha256 = sha256;
        // Every octet counts, white space too.
        if manifest.text()? != text { Err(unusable(&path)) } else { Ok(Some(manifest)) }
    }

    pub fn write(&mut self, directory: &Path) -> Result<()> {
        self.sha256.clear();
        self.sha256 = Sha256::of(&self.text()?).to_string();
        replace(&directory.join(NAME), &self.text()?)
    }

    fn text(&self) -> Result<Vec<u8>> {
        let mut text = serde_json::to_vec_pretty(self).map_err(std::io::Error::from)?;
        text.push(b'\n');
        Ok(text)
    }
}
