//! The threads that talk to databases. They are our own and never end: connections, which are
//! shared by all environments of the process, are bound to the runtime that made them.

use crate::error::{Error, Result};
use std::io;
use std::sync::OnceLock;
use tokio::runtime::{Builder, Runtime};

/// A database client waits more than it computes.
const THREADS: usize = 2;

/// Host names are looked up here, which may take long.
const BLOCKING_THREADS: usize = 8;

static RUNTIME: OnceLock<io::Result<Runtime>> = OnceLock::new();

/// The runtime, started at the first call.
///
/// # Errors
/// `ERR_INTERNAL`: the system gives no threads.
pub fn get() -> Result<&'static Runtime> {
    RUNTIME
        .get_or_init(|| {
            Builder::new_multi_thread()
                .worker_threads(THREADS)
                .max_blocking_threads(BLOCKING_THREADS)
                .thread_name("sqlx-adapter")
                .enable_all()
                .build()
        })
        .as_ref()
        .map_err(|error| Error::internal(format!("no threads for the adapter: {error}")))
}

/// The runtime, if any call has started it.
pub fn started() -> Option<&'static Runtime> {
    RUNTIME.get()?.as_ref().ok()
}
