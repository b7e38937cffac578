//! Files and directories of one person only, and errors that name their path.

use mail::{Cause, Failure, Result, Side};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Turns an error of the disk into a failure about `path`.
pub(crate) fn failed(path: &Path) -> impl Fn(io::Error) -> Failure {
    move |error| Failure::from(error).about(path.display().to_string())
}

/// Not an archive of ours, another account's, a newer format, or damaged.
pub(crate) fn unusable(path: &Path) -> Failure {
    Failure::new(Cause::StoreUnusable).on(Side::Local).about(path.display().to_string())
}

/// Makes a directory and its parents, open to this person only.
pub(crate) fn make_directory(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(failed(path))
}

/// Opens for reading and writing. `new`: it must not be there yet.
pub(crate) fn open_to_write(path: &Path, new: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).create_new(new);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes names in a directory outlive a loss of power. Windows does so by itself and cannot open one.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// Replaces a file in one step: a reader finds the old or the new content, whole.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<()> {
    replace_by(path, &path.with_extension("json.tmp"), |file| Ok(file.write_all(content)?))
}

/// The same with what `fill` writes into the file `beside`, which is gone if that fails.
pub(crate) fn replace_by(path: &Path, beside: &Path, fill: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
    let write = || {
        let mut file = open_to_write(beside, false).map_err(failed(path))?;
        file.set_len(0).map_err(failed(path))?;
        fill(&mut file)?;
        file.sync_all().map_err(failed(path))?;
        drop(file);
        fs::rename(beside, path).map_err(failed(path))?;
        sync_directory(path.parent().unwrap_or(Path::new("."))).map_err(failed(path))
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(beside);
    })
}

/// Reads at `offset`, as much as is there, at most `buffer`. Does not depend on the file's position.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        #[cfg(unix)]
        let got = std::os::unix::fs::FileExt::read_at(file, &mut buffer[read..], offset + read as u64);
        #[cfg(windows)]
        let got = std::os::windows::fs::FileExt::seek_read(file, &mut buffer[read..], offset + read as u64);
        match got {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}
