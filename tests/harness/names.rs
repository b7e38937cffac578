//! What one program can resolve: a file of hosts of its own, which a test empties as if the network were gone.

use crate::dovecot::is_root;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// Binds the two files for what is started behind it, and for nobody else.
const BIND: &str = "mount --bind \"$1\" /etc/hosts && mount --bind \"$2\" /etc/resolv.conf && shift 2 && exec \"$@\"";

pub struct Names {
    directory: TempDir,
}

impl Default for Names {
    fn default() -> Self {
        Self::new()
    }
}

impl Names {
    /// Knows localhost.
    pub fn new() -> Self {
        let names = Self { directory: tempfile::tempdir().unwrap() };
        // Nobody answers there, and that is known at once.
        fs::write(names.file("resolv.conf"), "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n").unwrap();
        names.know(true);
        names
    }

    /// Whether any name is known from now on.
    pub fn know(&self, on: bool) {
        // In place: what is bound is this file, not its name.
        fs::write(self.file("hosts"), if on { "127.0.0.1 localhost\n" } else { "" }).unwrap();
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// To be put before a program and its arguments.
    pub fn before(&self) -> Vec<OsString> {
        let alone = if is_root() { "-m" } else { "-rm" };
        let mut words: Vec<OsString> = ["unshare", alone, "sh", "-c", BIND, "sh"].map(OsString::from).into();
        words.extend(["hosts", "resolv.conf"].map(|name| self.file(name).into_os_string()));
        words
    }
}
