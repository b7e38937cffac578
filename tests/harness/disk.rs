//! A disk that is soon full: a small tmpfs, unmounted when dropped.

use crate::dovecot::is_root;
use std::os::unix::fs::MetadataExt;
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
        let own = std::fs::metadata(place).unwrap();
        disk.mount(&format!("size={megabytes}m,mode=0700,uid={},gid={}", own.uid(), own.gid()));
        disk
    }

    /// Makes room, as a person does who deletes something.
    pub fn grow(&self, megabytes: u32) {
        self.mount(&format!("remount,size={megabytes}m"));
    }

    /// Leaves so many kilobytes free.
    pub fn leave(&self, kilobytes: u32) {
        let state = rustix::fs::statvfs(&self.place).unwrap();
        let used = (state.f_blocks - state.f_bfree) * state.f_frsize / 1024;
        // No size at all would be no limit.
        self.mount(&format!("remount,size={}k", (used + u64::from(kilobytes)).max(4)));
    }

    fn mount(&self, options: &str) {
        let output = as_root("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&self.place).output();
        let output = output.unwrap_or_else(|error| panic!("mount: {error}"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "A full disk needs the right to mount one: run the tests as root, or run `sudo -v` before. {said}"
        );
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = as_root("umount").arg("-l").arg(&self.place).status();
    }
}

fn as_root(program: &str) -> Command {
    if is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}
