//! A filesystem in a file of its own, mounted by a loop device. Its power can be cut: what it has not written to the
//! file by then is gone, its log included. And its disk can fail under it (EIO), when it is served by nbdkit.

use crate::dovecot::is_root;
use crate::process::{self, program, within};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// The image lies in memory: a trial shall not wait for this machine's own disk.
const MEMORY: &str = "/dev/shm";

/// Written just before the power is cut, and never synced: it must be gone.
const UNSYNCED: &str = "unsynced";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filesystem {
    Ext4,
    Xfs,
}

/// Unmounted when dropped.
pub struct Image {
    place: PathBuf,
    file: PathBuf,
    /// While it exists, every write to the disk fails.
    failing: PathBuf,
    server: Option<Child>,
    directory: TempDir,
}

impl Image {
    /// A new filesystem, mounted at a directory that is made if it is missing.
    pub fn at(place: &Path, filesystem: Filesystem) -> Self {
        let directory = tempfile::Builder::new().prefix("mailferry-image-").tempdir_in(MEMORY).unwrap();
        let file = directory.path().join("disk");
        let megabytes = match filesystem {
            Filesystem::Ext4 => 64,
            // mkfs.xfs makes none below 300.
            Filesystem::Xfs => 320,
        };
        fs::File::create(&file).unwrap().set_len(megabytes << 20).unwrap();
        Self::new(place, filesystem, file, None, directory)
    }

    /// An ext4 whose disk can be made to fail.
    pub fn failing_at(place: &Path) -> Self {
        let directory = tempfile::Builder::new().prefix("mailferry-image-").tempdir_in(MEMORY).unwrap();
        let served = directory.path().join("served");
        fs::create_dir(&served).unwrap();
        let file = served.join("disk");
        let mut server = Command::new(program("nbdfuse", "libnbd-bin"))
            .arg(&file)
            .arg("[")
            .arg(program("nbdkit", "nbdkit"))
            .args(["-f", "memory", "64M", "--filter=error", "error=EIO", "error-pwrite-rate=100%"])
            .arg(format!("error-file={}", directory.path().join("failing").display()))
            .arg("]")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(directory.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let up = within(Duration::from_secs(10), || fs::metadata(&file).is_ok_and(|of| of.len() > 0).then_some(()));
        let said = fs::read_to_string(directory.path().join("log")).unwrap_or_default();
        if up.is_none() {
            process::end(&mut server);
        }
        assert!(up.is_some(), "nbdfuse serves nothing: {said}");
        Self::new(place, Filesystem::Ext4, file, Some(server), directory)
    }

    fn new(place: &Path, filesystem: Filesystem, file: PathBuf, server: Option<Child>, directory: TempDir) -> Self {
        fs::create_dir_all(place).unwrap();
        let failing = directory.path().join("failing");
        let image = Self { place: place.to_owned(), file, failing, server, directory };
        let (make, package) = match filesystem {
            Filesystem::Ext4 => ("mkfs.ext4", "e2fsprogs"),
            Filesystem::Xfs => ("mkfs.xfs", "xfsprogs"),
        };
        rooted(&program(make, package), &["-q".as_ref(), image.file.as_ref()]);
        image.mount();
        image
    }

    /// From now on nothing reaches the disk, and whoever writes or syncs gets an error: FS_IOC_SHUTDOWN, without
    /// writing the log first.
    pub fn cut_power(&self) {
        fs::write(self.place.join(UNSYNCED), UNSYNCED).unwrap();
        let place = self.place.as_os_str();
        rooted(&program("xfs_io", "xfsprogs"), &["-x".as_ref(), "-c".as_ref(), "shutdown".as_ref(), place]);
    }

    /// Every write to the disk fails from now on, or none any more.
    pub fn fail(&self, on: bool) {
        if on {
            fs::File::create(&self.failing).unwrap();
        } else {
            let _ = fs::remove_file(&self.failing);
        }
    }

    /// As a computer that is started again: what only its memory held is gone, the log is replayed.
    pub fn start_again(&self) {
        let unmounted = within(Duration::from_secs(20), || self.unmount(&[]).then_some(()));
        assert!(unmounted.is_some(), "{} stays in use", self.place.display());
        self.fail(false);
        self.mount();
        let unsynced = self.place.join(UNSYNCED);
        let kept = fs::read(&unsynced).is_ok_and(|octets| octets == UNSYNCED.as_bytes());
        assert!(!kept, "the power was not cut: what nobody synced is still there");
        let _ = fs::remove_file(unsynced);
    }

    fn mount(&self) {
        rooted("mount".as_ref(), &["-o".as_ref(), "loop".as_ref(), self.file.as_ref(), self.place.as_os_str()]);
    }

    fn unmount(&self, options: &[&str]) -> bool {
        let mut command = Command::new("umount");
        command.args(options).arg(&self.place).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let unmounted = within(Duration::from_secs(5), || self.unmount(&[]).then_some(())).is_some();
        if !unmounted {
            self.unmount(&["-l"]);
        }
        self.fail(false);
        if let Some(mut server) = self.server.take() {
            let _ = Command::new("umount")
                .arg("-l")
                .arg(self.directory.path().join("served"))
                .stderr(Stdio::null())
                .status();
            process::end(&mut server);
        }
    }
}

fn rooted(program: &Path, arguments: &[&std::ffi::OsStr]) {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}: {said}{}",
        program.display(),
        if is_root() { "" } else { " A disk that fails needs the right to mount one: run as root." }
    );
}
