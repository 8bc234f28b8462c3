//! Sessions that are still stored under their tokens as they are: a live table goes over to digests while
//! people stay signed in (`sessions: { hash: "migrate" }`).
//!
//! A token is looked up by its digest first, as ever. Only one that is not found is looked up as it is, and
//! never one that looks like a digest itself. Rows move in one direction only, so that a third look-up, by
//! the digest, finds what another call has moved between the two.

use super::session::{DIGESTS, is_digest};
use super::{Call, Store};
use crate::engine::{Dialect, Plan};
use crate::error::Result;
use crate::schema::{Finding, Level, Schema};
use crate::value::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering::Relaxed};
use tokio::sync::Semaphore;

/// How often the table is asked whether it still holds plain tokens, in milliseconds, at most.
const LOOK_EVERY: u64 = 10 * 60 * 1_000;

/// How many looks in a row that find none end the migration: meanwhile another process that knows nothing
/// of digests, the one that is replaced perhaps, may have signed somebody in.
const LOOKS: u32 = 2;

/// How many rows are moved at once at most. One whose turn it is not is moved when it is used again.
const MOVES: usize = 4;

/// What a migration needs.
#[derive(Debug)]
pub struct PlainSessions {
    replace: Plan,
    find: Plan,
    /// The Node process's time at the last look.
    looked: AtomicI64,
    /// How many looks in a row have found none.
    found_none: AtomicU32,
    over: AtomicBool,
    moves: Arc<Semaphore>,
}

impl PlainSessions {
    pub(super) fn new(dialect: &Dialect, schema: &Schema) -> Result<Self> {
        let session = &schema.session;
        let lengths = DIGESTS.map(str::len);
        Ok(PlainSessions {
            replace: session.replace_text(dialect, "sessionToken")?,
            find: session.find_unprefixed(dialect, "sessionToken", &lengths)?,
            looked: AtomicI64::new(i64::MIN),
            found_none: AtomicU32::new(0),
            over: AtomicBool::new(false),
            moves: Arc::new(Semaphore::new(MOVES)),
        })
    }
}

impl Store {
    /// What is needed to find a session by this token as it is; nothing where there is none to be found.
    fn plain_sessions(&self, token: &Value) -> Option<&PlainSessions> {
        let plain = self.plain_sessions.as_ref()?;
        (!plain.over.load(Relaxed) && !is_digest(token)).then_some(plain)
    }
}

impl Call {
    /// Whether a session whose token's digest is not in the table may be there under the token as it is.
    pub(super) fn may_be_plain(&self, token: &Value) -> bool {
        self.store.plain_sessions(token).is_some()
    }

    /// Gives a session that is stored under its token the digest instead.
    pub(super) async fn move_plain(&self, token: &Value, stored: &Value) -> Result<()> {
        if let Some(plain) = self.store.plain_sessions(token) {
            self.run(&plain.replace, &[token.clone(), stored.clone()]).await?;
        }
        Ok(())
    }

    /// Does so in the background. What comes of it is nobody's affair: the next call finds the session
    /// wherever it is.
    pub(super) fn move_plain_aside(&self, token: Value, stored: Value) {
        let Some(plain) = self.store.plain_sessions(&token) else { return };
        let Ok(turn) = Arc::clone(&plain.moves).try_acquire_owned() else { return };
        self.aside(move |call| async move {
            let _turn = turn;
            let _ = call.move_plain(&token, &stored).await;
        });
    }

    /// Finds out, in the background and now and then, whether any plain token is left.
    pub(super) fn look_for_plain_sessions(&self) {
        let Some(plain) = &self.store.plain_sessions else { return };
        let looked = plain.looked.load(Relaxed);
        if self.now.abs_diff(looked) < LOOK_EVERY
            || plain.looked.compare_exchange(looked, self.now, Relaxed, Relaxed).is_err()
        {
            return;
        }
        self.aside(|call| async move {
            let Some(plain) = &call.store.plain_sessions else { return };
            match call.has_plain_sessions(plain).await {
                Ok(true) => plain.found_none.store(0, Relaxed),
                Ok(false) => {
                    let looks = plain.found_none.fetch_add(1, Relaxed) + 1;
                    plain.over.store(looks >= LOOKS, Relaxed);
                }
                // It is asked again in a while.
                Err(_) => {}
            }
        });
    }

    async fn has_plain_sessions(&self, plain: &PlainSessions) -> Result<bool> {
        let [first, second] = DIGESTS.map(Value::from);
        let found =
            self.of_all_scopes().run(&plain.find, &[Value::Date(self.now), first, second]).await?;
        Ok(!found.rows.is_empty())
    }

    /// What `check` says of them.
    pub(super) async fn plain_sessions_left(&self) -> Result<Option<Finding>> {
        let Some(plain) = &self.store.plain_sessions else { return Ok(None) };
        if !self.has_plain_sessions(plain).await? {
            return Ok(None);
        }
        let session = &self.store.schema.session;
        Ok(Some(Finding {
            level: Level::Warning,
            code: "plain_sessions",
            table: session.table.name.clone(),
            column: Some(session.column("sessionToken")?.name.clone()),
            message: "sessions are still stored under their tokens: who reads the table can use them. Each \
                      becomes a digest when its owner comes back, or expires; then hash: true is enough"
                .to_owned(),
            sql: Vec::new(),
            adds: false,
        }))
    }
}
