//! Is there a transaction pooler between here and the server? It must be known before a statement is
//! kept prepared: sqlx prepares and executes in two flights, and a pooler may give each to another
//! server connection, where another client's statement waits under the same name.
//!
//! Two signs, both asked for in the simple protocol, one flight each, which is safe everywhere: one with
//! every new connection; the other, which takes a second connection and a dozen flights, after the
//! first call.

use super::PgConnector;
use super::error::from_sqlx;
use crate::engine::Notice;
use crate::engine::exec;
use crate::engine::hosts::Hosts;
use crate::engine::pool::Pool;
use crate::error::{Code, Error, Result};
use sqlx::{AssertSqlSafe, Decode, PgConnection, Postgres, Row, ValueRef};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// What is known of a pooler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Nothing yet.
    Unknown,
    /// There seems to be none.
    Absent,
    /// There is one.
    Found,
    /// There is one, found when statements had been prepared already on connections of the pool's
    /// first generation.
    FoundLate,
}

impl Presence {
    const ALL: [Presence; 4] =
        [Presence::Unknown, Presence::Absent, Presence::Found, Presence::FoundLate];

    fn from_index(index: u8) -> Self {
        Self::ALL.get(usize::from(index)).copied().unwrap_or(Presence::Unknown)
    }
}

/// What an adapter knows of a pooler, and how it finds out.
pub struct Pooler {
    /// A [`Presence`].
    presence: AtomicU8,
    /// Whether the application knows of it.
    told: AtomicBool,
    notice: Notice,
    search: Mutex<Option<Search>>,
}

struct Search {
    task: JoinHandle<()>,
    begun: Instant,
}

impl fmt::Debug for Pooler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let presence = Presence::from_index(self.presence.load(Ordering::Acquire));
        f.debug_struct("Pooler").field("presence", &presence).finish_non_exhaustive()
    }
}

impl Pooler {
    /// With what the application has said.
    pub fn new(said: Option<bool>, notice: Notice) -> Self {
        let presence = match said {
            Some(true) => Presence::Found,
            Some(false) => Presence::Absent,
            None => Presence::Unknown,
        };
        Pooler {
            presence: AtomicU8::new(presence as u8),
            told: AtomicBool::new(said == Some(true)),
            notice,
            search: Mutex::default(),
        }
    }

    /// What is known. When one has been found the application is told, once, and connections that may
    /// hold prepared statements are put out of use.
    pub fn presence(&self, pool: &Pool<Hosts<PgConnector>>) -> Presence {
        let presence = Presence::from_index(self.presence.load(Ordering::Acquire));
        if self.is_found() && !self.told.swap(true, Ordering::AcqRel) {
            if presence == Presence::FoundLate {
                pool.renew();
            }
            (self.notice)(FOUND.to_owned());
        }
        presence
    }

    /// Whether there is one.
    pub fn is_found(&self) -> bool {
        self.presence.load(Ordering::Acquire) >= Presence::Found as u8
    }

    /// Notes that there is one.
    pub fn found(&self) {
        self.change(|presence| match presence {
            Presence::Unknown => Some(Presence::Found),
            Presence::Absent => Some(Presence::FoundLate),
            Presence::Found | Presence::FoundLate => None,
        });
    }

    fn not_found(&self) {
        self.change(|presence| (presence == Presence::Unknown).then_some(Presence::Absent));
    }

    fn change(&self, to: impl Fn(Presence) -> Option<Presence>) {
        let to = |index| to(Presence::from_index(index)).map(|presence| presence as u8);
        // Nothing to change is no error.
        let _ = self.presence.fetch_update(Ordering::AcqRel, Ordering::Acquire, to);
    }

    /// Looks for the second sign in a task of its own as long as nothing is known, unless one does so
    /// already or did a moment ago.
    pub fn look(self: &Arc<Self>, pool: &Pool<Hosts<PgConnector>>, limit: Duration) {
        if self.presence.load(Ordering::Acquire) != Presence::Unknown as u8 {
            return;
        }
        let mut search = self.search();
        let early = |search: &Search| !search.task.is_finished() || search.begun.elapsed() < PAUSE;
        if search.as_ref().is_some_and(early) {
            return;
        }
        let (pooler, pool) = (Arc::clone(self), pool.clone());
        let task = tokio::spawn(async move {
            match timeout(limit, probe(&pool)).await {
                Ok(Ok(true)) => pooler.found(),
                Ok(Ok(false)) => pooler.not_found(),
                // A later call has it looked for again.
                Ok(Err(_)) | Err(_) => {}
            }
            pooler.presence(&pool);
        });
        *search = Some(Search { task, begun: Instant::now() });
    }

    /// Waits until nobody looks any more; the pool has been closed.
    pub async fn end(&self) {
        let search = self.search().take();
        if let Some(mut search) = search
            && timeout(PATIENCE, &mut search.task).await.is_err()
        {
            search.task.abort();
        }
    }

    fn search(&self) -> MutexGuard<'_, Option<Search>> {
        self.search.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const FOUND: &str = "the PostgreSQL server is reached through a transaction pooler: every call runs in \
    a transaction of its own (option pooler: true says so without asking)";

/// How long a search that failed is not begun again.
const PAUSE: Duration = Duration::from_secs(1);

/// The first sign: a setting that each connection is given when it is made, with a value of its own.
/// The server knows it; a pooler either refuses it or leads to a server connection without it.
pub const SETTING: &str = "next_auth_sqlx_adapter.connection";

/// Whether the server behind a connection knows the value that the connection was given.
///
/// # Errors
/// `ERR_CONNECT`.
pub async fn remembers(connection: &mut PgConnection, nonce: &str) -> Result<bool> {
    let sql = "SELECT current_setting('next_auth_sqlx_adapter.connection', true)";
    Ok(ask(connection, sql).await?.as_deref() == Some(nonce))
}

/// Whether a connection was refused for the setting, perhaps: it is worth a try without it.
pub fn refused_setting(error: &Error) -> bool {
    // 42704, 22023, 0A000 and 55P02 are what servers say that only speak PostgreSQL's protocol.
    let code = error.cause().and_then(|cause| cause.code.as_deref());
    is_poolers_refusal(error) || matches!(code, Some("42704" | "22023" | "0A000" | "55P02"))
}

/// Whether a connection was refused in the way that PgBouncer refuses a setting.
pub fn is_poolers_refusal(error: &Error) -> bool {
    error.cause().and_then(|cause| cause.code.as_deref()) == Some("08P01")
}

/// How long a connection may wait for its answer while the other one is held: a pooler that has no
/// server connection left, for it or for others who ask the same at this moment, gives none.
const PATIENCE: Duration = Duration::from_secs(1);

/// The second sign, for poolers that pass settings on: a connection of the pool and another one are
/// asked for the server process behind them. Without a pooler each has one process of its own. With
/// one, a process turns up behind both, or two behind one, since each is held for a transaction only:
/// they take turns in both orders, one held in BEGIN.
///
/// # Errors
/// `ERR_CONNECT`, `ERR_TIMEOUT` and `ERR_CLOSED`.
async fn probe(pool: &Pool<Hosts<PgConnector>>) -> Result<bool> {
    let mut other = match pool.acquire_beside().await {
        // The role may have one connection only; the first sign stands alone then.
        Err(error) if error.cause().and_then(|cause| cause.code.as_deref()) == Some("53300") => {
            return Ok(false);
        }
        other => other?,
    };
    let mut lease = pool.acquire().await?;
    let found = take_turns(lease.connection()?, other.connection()?).await?;
    if !found {
        lease.keep();
        other.close().await;
    }
    Ok(found)
}

async fn take_turns(a: &mut PgConnection, b: &mut PgConnection) -> Result<bool> {
    let mut seen = [vec![process(a).await?], Vec::new()];
    let [of_a, of_b] = &mut seen;
    exec::command::<Postgres>(b, "BEGIN").await?;
    of_b.push(process(b).await?);
    let Ok(answer) = timeout(PATIENCE, process(a)).await else {
        return gives_way(b).await;
    };
    of_a.push(answer?);
    exec::command::<Postgres>(b, "COMMIT").await?;
    of_b.push(process(b).await?);
    exec::command::<Postgres>(a, "BEGIN").await?;
    of_a.push(process(a).await?);
    let Ok(answer) = timeout(PATIENCE, process(b)).await else {
        return gives_way(a).await;
    };
    of_b.push(answer?);
    exec::command::<Postgres>(a, "COMMIT").await?;
    let one =
        |processes: &[Option<String>]| processes.windows(2).all(|pair| pair.first() == pair.last());
    Ok(!(one(of_a) && one(of_b)) || of_a.first() == of_b.first())
}

/// Whether one that holds the other up is itself answered. If it is not, the server is what keeps both
/// waiting, which says nothing of a pooler.
async fn gives_way(holder: &mut PgConnection) -> Result<bool> {
    let ended = timeout(PATIENCE, exec::command::<Postgres>(holder, "COMMIT")).await;
    ended.unwrap_or_else(|_| Err(another_try())).map(|()| true)
}

fn another_try() -> Error {
    Error::new(Code::Timeout, "the server did not say whether there is a transaction pooler")
}

async fn process(connection: &mut PgConnection) -> Result<Option<String>> {
    ask(connection, "SELECT pg_backend_pid()").await
}

/// The one value that a statement gives, as text, which is how the simple protocol answers.
pub async fn ask(connection: &mut PgConnection, sql: &'static str) -> Result<Option<String>> {
    let asked = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(connection).await;
    let row = asked.map_err(|error| from_sqlx(&error))?;
    let value = row.try_get_raw(0).map_err(|error| from_sqlx(&error))?;
    if value.is_null() {
        return Ok(None);
    }
    <String as Decode<Postgres>>::decode(value)
        .map(Some)
        .map_err(|_| Error::internal("the server's answer is no text"))
}
