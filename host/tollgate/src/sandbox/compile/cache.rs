//! Compiled code on disk. Whatever is wrong with it, it is dropped and made again; removing all of it is harmless.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::SystemTime;

use super::entry::{self, HEAD_BYTES, Name};
use super::key::Key;
use super::native::Native;
use super::process::MOST_CODE_BYTES;
use crate::file::{self, ReadError};
use crate::telemetry::SECURITY;
use crate::types::UtcMillis;

/// What all entries together may take.
const MOST_BYTES: u64 = 2 << 30;

/// A directory of compiled code.
#[derive(Debug)]
pub(super) struct Cache {
    dir: PathBuf,
    most_bytes: u64,
    /// `None` where the directory cannot be used.
    key: OnceLock<Option<Key>>,
}

impl Cache {
    /// Touches nothing yet.
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir, most_bytes: MOST_BYTES, key: OnceLock::new() }
    }

    /// The code of this name, if there is an entry and nothing is wrong with it. Blocks.
    pub(super) fn find(&self, name: &Name, now: UtcMillis) -> Option<Native> {
        let (key, path) = (self.key()?, self.path(name));
        let most = (MOST_CODE_BYTES + HEAD_BYTES) as u64;
        match file::read_own(&path, most, 0o022) {
            Ok((file, bytes)) => match entry::open(name, key, bytes) {
                Ok(native) => {
                    // one that cannot be marked as used only goes earlier
                    let _marked = file::touch(&file, now);
                    return Some(native);
                }
                Err(error) => {
                    tracing::warn!(target: SECURITY, %error, "dropped compiled code from the cache")
                }
            },
            Err(ReadError::Absent) => return None,
            Err(error) => tracing::warn!(target: SECURITY, %error, "dropped compiled code from the cache"),
        }
        self.discard(name);
        None
    }

    /// Keeps code under this name, and drops what was used longest ago where there is too much. Blocks.
    pub(super) fn store(&self, name: &Name, native: &Native, now: UtcMillis) {
        let Some(key) = self.key() else { return };
        let (path, head) = (self.path(name), entry::seal(name, key, native));
        match file::replace(&path, &[head.as_slice(), native.as_bytes()], now) {
            Ok(()) => self.make_room(&path),
            Err(error) => tracing::debug!(%error, "compiled code is not cached"),
        }
    }

    /// Drops what is kept under this name.
    pub(super) fn discard(&self, name: &Name) {
        if let Err(error) = file::remove(&self.path(name)) {
            tracing::debug!(%error, "an entry of compiled code stays where it is");
        }
    }

    fn path(&self, name: &Name) -> PathBuf {
        self.dir.join(name.file())
    }

    fn key(&self) -> Option<&Key> {
        let load = || {
            let key = file::own_directory(&self.dir).and_then(|()| Key::load(&self.dir));
            key.inspect_err(|error| tracing::warn!(%error, "compiled code is not cached")).ok()
        };
        self.key.get_or_init(load).as_ref()
    }

    /// Removes what was used longest ago, until the rest fits. What was just written stays.
    fn make_room(&self, written: &Path) {
        let mut files = self.files();
        let mut total: u64 = files.iter().map(|file| file.bytes).sum();
        files.sort_by_key(|file| file.used);
        for file in files.iter().filter(|file| file.path != written) {
            if total <= self.most_bytes {
                return;
            }
            if let Err(error) = file::remove(&file.path) {
                tracing::debug!(%error, "an entry of compiled code stays where it is");
            }
            total = total.saturating_sub(file.bytes);
        }
    }

    /// The entries, and what writers that died left beside them.
    fn files(&self) -> Vec<Kept> {
        let ours = |path: &Path| path.extension().is_some_and(|kind| kind == "code" || kind == file::BESIDE);
        let entries = std::fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let kept = entries.filter(|entry| ours(&entry.path())).filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            Some(Kept { path: entry.path(), bytes: metadata.len(), used })
        });
        kept.collect()
    }
}

struct Kept {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

#[cfg(test)]
mod tests;
