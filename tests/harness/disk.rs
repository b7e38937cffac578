//! A disk that is soon full: a small tmpfs, unmounted when dropped.

use std::path::{Path, PathBuf};
use std::process::Command;

pub struct SmallDisk {
    place: PathBuf,
}

impl SmallDisk {
    /// Mounts `megabytes` at a directory, which is made if it is missing.
    pub fn at(place: &Path, megabytes: u32) -> Self {
        std::fs::create_dir_all(place).unwrap();
        let disk = Self { place: place.to_owned() };
        disk.mount(&format!("size={megabytes}m,mode=0700"));
        disk
    }

    /// Makes room, as a person does who deletes something.
    pub fn grow(&self, megabytes: u32) {
        self.mount(&format!("remount,size={megabytes}m"));
    }

    fn mount(&self, options: &str) {
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&self.place).output();
        let output = output.unwrap_or_else(|error| panic!("mount: {error}"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "a test of a full disk needs root and the right to mount a tmpfs: {said}");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.place).status();
    }
}
