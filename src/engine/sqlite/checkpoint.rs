//! Moving what the log holds into the database's file while others go on writing. SQLite would do it at
//! the end of a commit, and whoever commits would wait for the pages and for the disk twice over.

use super::{Connector, with};
use crate::engine::pool::Pool;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// After how many works the log is emptied: at two or three pages each, about SQLite's own thousand
/// pages.
const EVERY: usize = 400;

/// When the log is emptied, and by whom; its clones are the same one.
#[derive(Debug, Clone)]
pub struct Checkpoints {
    /// A connection for nothing else: one that writes would hold up the writes, and one that reads
    /// the look-ups.
    pool: Pool<Connector>,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Works since the last one began.
    written: AtomicUsize,
    running: AtomicBool,
}

impl Checkpoints {
    /// Made on the connection of this pool.
    pub fn new(pool: Pool<Connector>) -> Self {
        Checkpoints { pool, state: Arc::default() }
    }

    /// Says that so many works have been written.
    pub fn wrote(&self, works: usize) {
        let written = self.state.written.fetch_add(works, Ordering::Relaxed) + works;
        if written >= EVERY && !self.state.running.swap(true, Ordering::Relaxed) {
            self.state.written.store(0, Ordering::Relaxed);
            drop(tokio::spawn(self.clone().run()));
        }
    }

    /// What fails, for a full disk perhaps, is left to the writer, which empties the log itself when
    /// it has grown too long.
    async fn run(self) {
        if let Ok(lease) = self.pool.acquire().await {
            let command = "PRAGMA wal_checkpoint(PASSIVE)";
            drop(with(lease, move |connection| connection.command(command)).await);
        }
        self.state.running.store(false, Ordering::Relaxed);
    }

    /// Closes the connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
