//! Connections of the same configuration in one process are shared: development servers load an
//! application's modules again and again.

use super::Engine;
use crate::error::{Error, Result};
use crate::options::{Milliseconds, Options, PoolOptions, Source, SqliteOptions};
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// What makes two configurations the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    source: Source,
    /// Databases in memory are shared within one loading of the package only.
    scope: Option<u64>,
    pool: PoolOptions,
    sqlite: SqliteOptions,
    /// How long a call may take.
    call: Milliseconds,
}

/// Nothing while it is being opened.
type State = Option<Result<Arc<dyn Engine>>>;

/// A database that adapters share, and how many do.
#[derive(Debug)]
struct Entry {
    users: usize,
    state: watch::Receiver<State>,
}

static ENTRIES: LazyLock<Mutex<HashMap<Key, Entry>>> = LazyLock::new(Mutex::default);

fn entries() -> MutexGuard<'static, HashMap<Key, Entry>> {
    // The map is never left half-changed, so a panic elsewhere does not spoil it.
    ENTRIES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One adapter's share in a database, which is closed with the last share.
#[derive(Debug)]
pub struct Shared {
    /// Nothing once the share has been given back.
    key: Option<Key>,
    state: watch::Receiver<State>,
    engine: Option<Arc<dyn Engine>>,
}

impl Shared {
    /// Takes a share in the database of this configuration; the first opens it with `open`, and
    /// all that ask meanwhile wait for that. A failure is everybody's and is not kept.
    ///
    /// # Errors
    /// Those of `open`.
    pub async fn open<F, Fut>(
        source: &Source,
        scope: u64,
        options: &Options,
        open: F,
    ) -> Result<Shared>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Arc<dyn Engine>>> + Send + 'static,
    {
        let memory = matches!(source, Source::Sqlite(place) if place.memory);
        let key = Key {
            source: same_place(source.clone()),
            scope: memory.then_some(scope),
            pool: options.pool_for(source),
            sqlite: options.sqlite,
            call: options.retry.max_time,
        };
        let mut shared = Shared { state: join(&key, open), key: Some(key), engine: None };
        let opened =
            shared.state.wait_for(Option::is_some).await.ok().and_then(|state| state.clone());
        match opened {
            Some(Ok(engine)) => {
                shared.engine = Some(engine);
                Ok(shared)
            }
            Some(Err(error)) => Err(error),
            None => Err(Error::internal("opening the database ended without an answer")),
        }
    }

    /// The database.
    ///
    /// # Errors
    /// `ERR_CLOSED` after [`Shared::close`].
    pub fn engine(&self) -> Result<&Arc<dyn Engine>> {
        self.engine.as_ref().ok_or_else(Error::closed)
    }

    /// Gives the share back; the last one closes the database and waits for that.
    pub async fn close(mut self) {
        if let Some(engine) = self.leave() {
            engine.close().await;
        }
    }

    /// Gives the share back; the engine, if this was the last one.
    fn leave(&mut self) -> Option<Arc<dyn Engine>> {
        let engine = self.engine.take();
        let key = self.key.take()?;
        let mut entries = entries();
        let entry = entries.get_mut(&key).filter(|entry| entry.state.same_channel(&self.state))?;
        entry.users = entry.users.saturating_sub(1);
        if entry.users > 0 {
            return None;
        }
        entries.remove(&key);
        engine
    }
}

impl Drop for Shared {
    /// For an adapter that was forgotten instead of closed.
    fn drop(&mut self) {
        if let (Some(engine), Ok(runtime)) = (self.leave(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move { engine.close().await });
        }
    }
}

/// The place without what makes no difference to it.
fn same_place(mut source: Source) -> Source {
    match &mut source {
        Source::Sqlite(place) => {
            place.default = false;
            place.ignored.clear();
            // A relative path is another file after a change of the working directory.
            if !place.memory
                && let Ok(path) = std::path::absolute(&place.file)
            {
                place.file = path.to_string_lossy().into_owned();
            }
        }
        Source::Server(place) => place.ignored.clear(),
    }
    source
}

/// Counts one more user of a database, which is opened if nobody uses it.
fn join<F, Fut>(key: &Key, open: F) -> watch::Receiver<State>
where
    F: FnOnce() -> Fut,
    Fut: Future<Output = Result<Arc<dyn Engine>>> + Send + 'static,
{
    let mut entries = entries();
    if let Some(entry) = entries.get_mut(key) {
        let usable = match &*entry.state.borrow() {
            Some(result) => result.is_ok(),
            // Being opened, unless the task that does so has ended without an answer.
            None => entry.state.has_changed().is_ok(),
        };
        if usable {
            entry.users += 1;
            return entry.state.clone();
        }
    }
    let (sender, state) = watch::channel(None);
    entries.insert(key.clone(), Entry { users: 1, state: state.clone() });
    let opening = open();
    tokio::spawn(async move {
        let result = opening.await;
        sender.send_replace(Some(result));
    });
    state
}
