//! The database's file: made private, and told from what is none.
//!
//! A file that SQLite has open in this process must not be opened and closed by other means: closing
//! any descriptor of it gives up the process's locks on it. <https://sqlite.org/howtocorrupt.html>

use super::absolute;
use crate::error::{Cause, Code, Error, Result};
use crate::options::SqliteSource;
use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// The files that this copy of SQLite has open, and how many pools of ours each.
static OURS: LazyLock<Mutex<HashMap<PathBuf, usize>>> = LazyLock::new(Mutex::default);

fn ours() -> MutexGuard<'static, HashMap<PathBuf, usize>> {
    OURS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file that a pool of ours has open, for as long as this lives.
#[derive(Debug)]
pub struct File {
    path: PathBuf,
    /// The file itself, where the path is a link.
    real: PathBuf,
}

impl File {
    fn new(ours: &mut HashMap<PathBuf, usize>, path: PathBuf) -> Self {
        let real = real(&path);
        *ours.entry(real.clone()).or_default() += 1;
        File { path, real }
    }

    /// Its absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let mut ours = ours();
        if let Some(pools) = ours.get_mut(&self.real) {
            *pools -= 1;
            if *pools == 0 {
                ours.remove(&self.real);
            }
        }
    }
}

/// Finds the file or creates it, empty and readable by its owner alone.
///
/// # Errors
/// `ERR_CONNECT` names the path and says what is in the way.
pub fn prepare(place: &SqliteSource, notice: &(dyn Fn(String) + Send + Sync)) -> Result<File> {
    let path = absolute(&place.file);
    // Held until the descriptor of a new file has been closed: no pool may lock the file before.
    let mut ours = ours();
    match fs::metadata(&path) {
        Ok(found) if found.is_dir() => Err(Error::new(
            Code::Connect,
            format!("{} is a folder; give the path of a file in it", path.display()),
        )),
        Ok(_) => {
            if !ours.contains_key(&real(&path)) && opened_by_another_library(&path) {
                notice(format!(
                    "{} is open in this process by another copy of SQLite. Two copies in one process \
                     can corrupt the file: close the other one, or run it in a process of its own \
                     (docs/sqlite.md of the package)",
                    path.display()
                ));
            }
            Ok(File::new(&mut ours, path))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => create(&mut ours, place, path, notice),
        Err(error) => Err(refused(&path, &error)),
    }
}

fn create(
    ours: &mut HashMap<PathBuf, usize>,
    place: &SqliteSource,
    path: PathBuf,
    notice: &(dyn Fn(String) + Send + Sync),
) -> Result<File> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    if !folder.is_dir() {
        return Err(Error::new(
            Code::Connect,
            format!(
                "the folder {} does not exist, so the database file cannot be created in it; create \
                 the folder or change the path",
                folder.display()
            ),
        ));
    }
    if place.read_only || !place.create {
        return Err(Error::new(
            Code::Connect,
            format!(
                "{} does not exist, and the URL's \"mode\" forbids creating it",
                path.display()
            ),
        ));
    }
    let mut open = fs::OpenOptions::new();
    open.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    match open.open(&path) {
        Ok(_) => {
            if place.default {
                notice(format!(
                    "no database was given, so {} is created and used; set AUTH_DATABASE_URL to use another",
                    path.display()
                ));
            }
            Ok(File::new(ours, path))
        }
        // Another process was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(File::new(ours, path)),
        Err(error) => Err(refused(&path, &error)),
    }
}

/// The file itself, where the path is a link.
fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn refused(path: &Path, error: &std::io::Error) -> Error {
    Error::new(Code::Connect, format!("{} cannot be opened: {error}", path.display()))
}

/// Names the file in an error from opening it.
pub fn explain(error: Error, path: &Path) -> Error {
    let message = format!("{}: {}", path.display(), error.message());
    let code = match error.code() {
        Code::Schema | Code::Database => Code::Connect,
        code => code,
    };
    let code = match error.cause() {
        // A damaged file is found, just not whole.
        Some(Cause { code: Some(name), .. })
            if name == "SQLITE_CORRUPT" || name == "SQLITE_FULL" =>
        {
            Code::Database
        }
        _ => code,
    };
    error.with_code(code).with_message(message)
}

/// Whether this process has the file open already, while none of our connections does.
#[cfg(target_os = "linux")]
fn opened_by_another_library(path: &Path) -> bool {
    let path = real(path);
    let Ok(descriptors) = fs::read_dir("/proc/self/fd") else {
        return false;
    };
    descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok()).any(|open| open == path)
}

/// Only Linux shows a process's own descriptors by path.
#[cfg(not(target_os = "linux"))]
fn opened_by_another_library(_path: &Path) -> bool {
    false
}
