//! Files that survive `kill -9` and power loss: whole or absent, never half.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::TokenError;

/// Writes a file by temporary name, `fsync`, `rename`, `fsync` of the directory.
pub(crate) fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), TokenError> {
    let temporary = path.with_extension(TEMPORARY);
    let write = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        sync_parent(path)
    };
    write().map_err(|source| {
        // Best effort: a left-over is ignored by readers and overwritten by the next writer.
        let _ = fs::remove_file(&temporary);
        TokenError::Io { path: path.to_owned(), source }
    })
}

/// Removes a file durably. A file that is not there is not an error.
pub(crate) fn remove(path: &Path) -> Result<(), TokenError> {
    let gone = match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        other => other,
    };
    gone.and_then(|()| sync_parent(path)).map_err(io(path))
}

/// Reads a file of at most `limit` bytes; `None` if it is not there.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, TokenError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.map_err(io(path))?,
    };
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(io(path))?;
    if bytes.len() as u64 > limit {
        return Err(TokenError::Corrupt { path: path.to_owned(), detail: "file is too large" });
    }
    Ok(Some(bytes))
}

/// Makes a directory that only its owner may enter; its parents too.
pub(crate) fn make_dir(path: &Path) -> Result<(), TokenError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io(path))?;
    sync_parent(path).map_err(io(path))
}

/// Makes renames in a directory durable.
pub(crate) fn sync_dir(path: &Path) -> Result<(), TokenError> {
    File::open(path).and_then(|dir| dir.sync_all()).map_err(io(path))
}

/// Names in a directory that end in `.extension`, sorted, left-over temporaries excluded.
pub(crate) fn names(dir: &Path, extension: &str) -> Result<Vec<String>, TokenError> {
    let mut names = Vec::new();
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(names),
        other => other.map_err(io(dir))?,
    };
    for entry in entries {
        let path = PathBuf::from(entry.map_err(io(dir))?.file_name());
        if path.extension().is_some_and(|found| found == extension)
            && let Some(stem) = path.file_stem().and_then(|stem| stem.to_str())
        {
            names.push(stem.to_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// An exclusive lock between processes and threads, held until dropped.
pub(crate) struct Lock(#[expect(dead_code, reason = "closing the file releases the lock")] File);

impl Lock {
    /// Waits for the lock of `dir`. The kernel releases it when a holder dies.
    pub(crate) fn exclusive(dir: &Path) -> Result<Self, TokenError> {
        let path = dir.join("lock");
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(io(&path))?;
        file.lock().map_err(io(&path))?;
        Ok(Self(file))
    }
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> TokenError {
    let path = path.to_owned();
    move |source| TokenError::Io { path, source }
}

fn sync_parent(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

const TEMPORARY: &str = "tmp";
