//! One folder opened for writing: an mbox and an index that grow together. Data is synced before the line that names
//! it, so whatever the index says is there.

use crate::contents::{Contents, Ended};
use crate::disk::{failed, open_to_write, sync_directory, unusable};
use crate::line::{self, FolderLine, Id, Key, Line, MessageLine};
use crate::manifest::Seal;
use crate::{frame, octets};
use mail::{Body, Cause, Failure, Flags, Folder, InternalDate, Message, Reach, Result};
use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const BUFFER: usize = 256 * 1024;

#[derive(Debug)]
pub(crate) struct FolderWriter {
    path: PathBuf,
    mbox: File,
    index: File,
    contents: Contents,
    /// A write failed and could not be taken back: only opening anew, which cuts the tail, helps.
    broken: bool,
}

/// `INBOX` -> `INBOX.mbox`: the stem may hold dots.
pub(crate) fn with_ending(stem: &Path, ending: &str) -> PathBuf {
    let mut name = stem.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

impl FolderWriter {
    /// `stem` is the path of both files without their endings; its directory exists.
    pub fn create(stem: &Path, folder: &Folder) -> Result<Self> {
        let (mbox_path, index_path) = (with_ending(stem, ".mbox"), with_ending(stem, ".idx"));
        let line = FolderLine::of(folder);
        let mut text = Vec::new();
        line::write(&Line::Folder(line.clone()), &mut text)?;
        let make = || {
            // The index first: an mbox without one is somebody else's, and never touched.
            let mut index = open_to_write(&index_path, true)?;
            index.write_all(&text)?;
            index.sync_all()?;
            let mbox = open_to_write(&mbox_path, true)?;
            mbox.sync_all()?;
            sync_directory(stem.parent().unwrap_or(Path::new(".")))?;
            Ok((mbox, index))
        };
        let (mbox, index) = make().map_err(|error| {
            // Its own file of a moment ago, with no message in it.
            let _ = fs::remove_file(&index_path);
            failed(&index_path)(error)
        })?;
        Ok(Self { path: mbox_path, mbox, index, contents: Contents::new(line, &text), broken: false })
    }

    /// Cuts a torn tail. Never touches what is sealed: a damaged folder is `StoreUnusable`, of reach `Folder`.
    pub fn open(stem: &Path, seal: Option<&Seal>) -> Result<Self> {
        let (mbox_path, index_path) = (with_ending(stem, ".mbox"), with_ending(stem, ".idx"));
        let damaged = || unusable(&index_path).reaching(Reach::Folder);
        let index = open_to_write(&index_path, false).map_err(failed(&index_path))?;
        let mbox = match (File::options().read(true).write(true).open(&mbox_path), seal) {
            (Err(error), Some(_)) if error.kind() == ErrorKind::NotFound => return Err(damaged()),
            // Lost between the two steps of `create`.
            (Err(error), None) if error.kind() == ErrorKind::NotFound => open_to_write(&mbox_path, true),
            (opened, _) => opened,
        }
        .map_err(failed(&mbox_path))?;
        let length = mbox.metadata().map_err(failed(&mbox_path))?.len();
        let (contents, ended) = Contents::read(&index, length, seal).map_err(failed(&index_path))?;
        let Some(contents) = contents.filter(|_| matches!(ended, Ended::Clean | Ended::Torn)) else {
            return Err(damaged());
        };
        if seal.is_some_and(|seal| contents.index < seal.index || contents.mbox < seal.mbox) {
            return Err(damaged());
        }
        let mut files = Self { path: mbox_path, mbox, index, contents, broken: false };
        if ended == Ended::Torn || length != files.contents.mbox {
            files.cut().map_err(failed(&files.path))?;
        }
        Ok(files)
    }

    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// A handle for reading, which needs no lock: what is stored is never changed.
    pub fn reader(&self) -> Result<File> {
        self.mbox.try_clone().map_err(failed(&self.path))
    }

    /// Stores a group of messages under the given ids. When it returns they are on the disk, with their index
    /// lines. One it holds already takes the place of the earlier.
    pub fn append<'a>(
        &mut self,
        validity: Option<u32>,
        messages: impl IntoIterator<Item = (Id, &'a Message)>,
    ) -> Result<()> {
        self.guarded(|files| {
            let mut lines = Vec::new();
            files.begin_epoch(validity, &mut lines);
            let mut end = files.contents.mbox;
            files.mbox.seek(SeekFrom::Start(end))?;
            let mut out = BufWriter::with_capacity(BUFFER, &files.mbox);
            for (id, message) in messages {
                let line = write_message(Key { validity, id }, message, end, &mut out)?;
                end += line.length;
                lines.push(Line::Message(Box::new(line)));
            }
            out.flush()?;
            drop(out);
            files.mbox.sync_data()?;
            files.write_lines(lines)
        })
    }

    /// What the source said of the folder and of messages it holds: only what is news becomes a line. `seen` are all
    /// messages of the source from UID `from` on; those missing are gone.
    pub fn follow(&mut self, folder: &Folder, validity: Option<u32>, from: u32, seen: &[(Id, Flags)]) -> Result<()> {
        let mut lines = Vec::new();
        let line = FolderLine::of(folder);
        if line != self.contents.folder {
            lines.push(Line::Folder(line));
        }
        self.begin_epoch(validity, &mut lines);
        let mut present = std::collections::HashSet::with_capacity(seen.len());
        for (id, flags) in seen {
            let key = Key { validity, id: id.clone() };
            if let Some(record) = self.contents.get(&key)
                && (record.flags != *flags || record.gone)
            {
                lines.push(Line::Flags { key, flags: flags.names() });
            }
            present.insert(id);
        }
        for record in &self.contents.records {
            let asked = match record.key.id {
                Id::Uid(uid) => uid >= from,
                Id::Uidl(_) => true,
            };
            if record.key.validity == validity
                && asked
                && !(record.gone || record.superseded || present.contains(&record.key.id))
            {
                lines.push(Line::Gone { key: record.key.clone() });
            }
        }
        self.note(lines)
    }

    /// Writes lines that need no octets.
    pub fn note(&mut self, lines: Vec<Line>) -> Result<()> {
        if lines.is_empty() { Ok(()) } else { self.guarded(|files| files.write_lines(lines)) }
    }

    fn begin_epoch(&self, validity: Option<u32>, lines: &mut Vec<Line>) {
        if self.contents.validity != Some(validity) {
            lines.push(Line::Validity { validity });
        }
    }

    fn write_lines(&mut self, lines: Vec<Line>) -> Result<()> {
        let mut text = Vec::with_capacity(lines.len() * 384);
        lines.iter().try_for_each(|line| line::write(line, &mut text))?;
        self.index.seek(SeekFrom::Start(self.contents.index))?;
        self.index.write_all(&text)?;
        self.index.sync_data()?;
        self.contents.extend(lines, &text);
        Ok(())
    }

    /// A write that fails is taken back, so that both files end where the index says. The next try writes
    /// everything anew: a second fsync after one that failed would say nothing.
    fn guarded(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if self.broken {
            return Err(Failure::new(Cause::DiskFailed).on(mail::Side::Local).about(self.path.display().to_string()));
        }
        write(self).map_err(|failure| {
            self.broken = self.cut().is_err();
            failure.about(self.path.display().to_string())
        })
    }

    fn cut(&mut self) -> std::io::Result<()> {
        self.index.set_len(self.contents.index)?;
        self.index.sync_data()?;
        self.mbox.set_len(self.contents.mbox)?;
        self.mbox.sync_data()
    }

    /// No use any more; opened anew it may be.
    pub fn broken(&self) -> bool {
        self.broken
    }
}

fn write_message(key: Key, message: &Message, offset: u64, out: &mut impl Write) -> Result<MessageLine> {
    let date: Option<InternalDate> = message.date.and_then(frame::storable);
    let body: &Body = &message.body;
    let length = octets::write(&frame::before(&message.flags, date), body, out)?;
    Ok(MessageLine {
        offset,
        length,
        key,
        flags: message.flags.names(),
        date: date.map(|date| date.to_string()),
        size: body.len(),
        sha256: body.sha256.to_string(),
        header: body.header.to_string(),
    })
}
