//! Connections kept for the next call. The drivers' connections, our own pool: a call is told at once
//! why it cannot connect, each wait has a limit of its own, and a connection whose state is unknown
//! is never used again.

use super::BoxFuture;
use crate::error::{Code, Effect, Error, Result};
use crate::options::PoolOptions;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// After lying idle for this long a connection is asked whether it still lives before it is used:
/// its server may have been restarted, or a firewall have forgotten it.
const TRUSTED: Duration = Duration::from_secs(1);

/// Longer than any process lives.
pub const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// How long the first wait before another attempt to connect is.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// Makes connections.
pub trait Connector: fmt::Debug + Send + Sync + 'static {
    /// What it makes.
    type Connection: fmt::Debug + Send + 'static;

    /// Makes one. An error whose effect is [`Effect::None`] is tried again until the time is up:
    /// the server is just starting, perhaps.
    fn connect(&self) -> BoxFuture<'_, Result<Self::Connection>>;

    /// Whether a connection that lay idle still lives. Those that cannot die are not asked.
    fn is_alive<'a>(
        &'a self,
        _connection: &'a mut Self::Connection,
    ) -> Option<BoxFuture<'a, bool>> {
        None
    }

    /// Ends a connection in a friendly way.
    fn close(&self, connection: Self::Connection) -> BoxFuture<'_, ()>;
}

/// The bounds of a pool.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Connections at most.
    pub max: usize,
    /// Idle connections that are kept, however long.
    pub min: usize,
    /// How long a call waits for a connection to become free.
    pub acquire_timeout: Duration,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// After how long an idle connection is closed.
    pub idle_timeout: Duration,
    /// After how long a connection is replaced.
    pub max_lifetime: Duration,
}

impl From<PoolOptions> for Bounds {
    fn from(options: PoolOptions) -> Self {
        Bounds {
            max: options.max.0 as usize,
            min: options.min.0 as usize,
            acquire_timeout: options.acquire_timeout.duration(),
            connect_timeout: options.connect_timeout.duration(),
            idle_timeout: options.idle_timeout.duration(),
            max_lifetime: options.max_lifetime.duration(),
        }
    }
}

/// How a pool is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoolState {
    /// Connections at most.
    pub max: usize,
    /// Connections that are open.
    pub open: usize,
    /// Those of them that nobody uses.
    pub idle: usize,
    /// Calls that wait for one.
    pub waiting: usize,
}

/// A pool; its clones are the same pool.
#[derive(Debug)]
pub struct Pool<C: Connector>(Arc<Inner<C>>);

impl<C: Connector> Clone for Pool<C> {
    fn clone(&self) -> Self {
        Pool(Arc::clone(&self.0))
    }
}

#[derive(Debug)]
struct Inner<C: Connector> {
    connector: C,
    bounds: Bounds,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Idle<C::Connection>>>,
    leased: AtomicUsize,
    /// Told of each lease that ends.
    ended: Notify,
    waiting: AtomicUsize,
    /// Connections of an earlier generation are not used again.
    generation: AtomicUsize,
    /// Whether a task closes connections that have been idle for too long.
    reaping: AtomicBool,
}

struct Idle<T> {
    connection: T,
    born: Instant,
    generation: usize,
    since: Instant,
}

impl<T> fmt::Debug for Idle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Idle").field("since", &self.since).finish_non_exhaustive()
    }
}

impl<C: Connector> Pool<C> {
    /// A pool without connections.
    pub fn new(connector: C, bounds: Bounds) -> Self {
        Pool(Arc::new(Inner {
            connector,
            bounds,
            permits: Arc::new(Semaphore::new(bounds.max)),
            idle: Mutex::default(),
            leased: AtomicUsize::new(0),
            ended: Notify::new(),
            waiting: AtomicUsize::new(0),
            generation: AtomicUsize::new(0),
            reaping: AtomicBool::new(false),
        }))
    }

    /// A connection at once, if one lies idle that need not be asked whether it still lives.
    pub fn try_acquire(&self) -> Option<Lease<C>> {
        let permit = Arc::clone(&self.0.permits).try_acquire_owned().ok()?;
        let idle = self.0.pop()?;
        let mut lease = self.lease(Some(permit));
        lease.take(idle.connection, idle.born, idle.generation);
        Some(lease)
    }

    /// A connection, for one call: an idle one, or a new one.
    ///
    /// # Errors
    /// `ERR_TIMEOUT`: none became free in time. `ERR_CONNECT`: none could be made. `ERR_CLOSED`.
    pub async fn acquire(&self) -> Result<Lease<C>> {
        let mut lease = self.lease(Some(self.permit().await?));
        if !lease.take_idle().await {
            lease.take_new(self.0.connect().await?);
        }
        Ok(lease)
    }

    /// A connection that is used together with another one: a new one, made in one attempt, unless there
    /// are as many as may be; a pool of one has two for so long.
    ///
    /// # Errors
    /// As [`Pool::acquire`].
    pub async fn acquire_beside(&self) -> Result<Lease<C>> {
        let single = self.0.bounds.max == 1;
        let permit = if single { None } else { Some(self.permit().await?) };
        let mut lease = self.lease(permit);
        let full = !single && self.state().open > self.0.bounds.max;
        if !(full && lease.take_idle().await) {
            lease.take_new(self.0.connector.connect().await?);
        }
        Ok(lease)
    }

    /// A lease without a connection. It counts itself out again, also if a future that holds it is dropped.
    fn lease(&self, permit: Option<OwnedSemaphorePermit>) -> Lease<C> {
        self.0.leased.fetch_add(1, Ordering::Relaxed);
        Lease {
            pool: Arc::clone(&self.0),
            connection: None,
            born: Instant::now(),
            generation: self.0.generation.load(Ordering::Acquire),
            _permit: permit,
        }
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit> {
        match Arc::clone(&self.0.permits).try_acquire_owned() {
            Ok(permit) => Ok(permit),
            Err(_) => self.wait().await,
        }
    }

    async fn wait(&self) -> Result<OwnedSemaphorePermit> {
        let pool = &self.0;
        let _waiting = Counted::new(&pool.waiting);
        let permits = Arc::clone(&pool.permits);
        match timeout(pool.bounds.acquire_timeout, permits.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(Error::closed()),
            Err(_) => Err(Error::new(
                Code::Timeout,
                format!(
                    "all {} connections were in use for {} ms (options \"pool.max\" and \
                     \"pool.acquireTimeout\")",
                    pool.bounds.max,
                    pool.bounds.acquire_timeout.as_millis()
                ),
            )
            .with_effect(Effect::None)),
        }
    }

    /// Sees to it that no connection made so far is used again. Leases that are out tell by their
    /// generation, which starts at 0.
    pub fn renew(&self) {
        self.0.generation.fetch_add(1, Ordering::AcqRel);
        self.0.idle().clear();
    }

    /// How the pool is doing.
    pub fn state(&self) -> PoolState {
        let idle = self.0.idle().len();
        PoolState {
            max: self.0.bounds.max,
            open: idle + self.0.leased.load(Ordering::Relaxed),
            idle,
            waiting: self.0.waiting.load(Ordering::Relaxed),
        }
    }

    /// Closes the idle connections, and waits a while for those in use, which are closed when they come
    /// back: a call is answered a moment before its connection is free.
    pub async fn close(&self) {
        self.0.permits.close();
        let idle = std::mem::take(&mut *self.0.idle());
        for idle in idle {
            // A connection that cannot say good-bye is gone already.
            let _ = timeout(TRUSTED, self.0.connector.close(idle.connection)).await;
        }
        let all_back = async {
            loop {
                let ended = self.0.ended.notified();
                if self.0.leased.load(Ordering::Acquire) == 0 {
                    return;
                }
                ended.await;
            }
        };
        let _ = timeout(TRUSTED, all_back).await;
    }
}

impl<C: Connector> Inner<C> {
    fn idle(&self) -> MutexGuard<'_, Vec<Idle<C::Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The idle connection that was used last, so that the others may age.
    fn pop(&self) -> Option<Idle<C::Connection>> {
        let mut idle = self.idle();
        loop {
            let candidate = idle.pop()?;
            let current = candidate.generation == self.generation.load(Ordering::Acquire);
            if current && candidate.born.elapsed() < self.bounds.max_lifetime {
                return Some(candidate);
            }
        }
    }

    async fn usable(&self, mut connection: C::Connection, since: Instant) -> Option<C::Connection> {
        let alive = match self.connector.is_alive(&mut connection) {
            Some(asked) if since.elapsed() >= TRUSTED => timeout(TRUSTED, asked).await == Ok(true),
            _ => true,
        };
        alive.then_some(connection)
    }

    async fn connect(&self) -> Result<C::Connection> {
        let start = Instant::now();
        let limit = self.bounds.connect_timeout;
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match timeout(
                limit.saturating_sub(start.elapsed()),
                self.connector.connect(),
            )
            .await
            {
                Ok(Ok(connection)) => return Ok(connection),
                Ok(Err(error)) => error,
                Err(_) => {
                    return Err(Error::new(
                        Code::Connect,
                        format!(
                            "the server did not answer within {} ms (option \"pool.connectTimeout\")",
                            limit.as_millis()
                        ),
                    )
                    .with_effect(Effect::None));
                }
            };
            if error.effect() != Effect::None || start.elapsed() + pause >= limit {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(500));
        }
    }

    /// Puts a connection back, and sees to it that it is closed when it has been idle for too long.
    fn put_back(self: &Arc<Self>, connection: C::Connection, born: Instant, generation: usize) {
        let current = generation == self.generation.load(Ordering::Acquire);
        if !current || self.permits.is_closed() || born.elapsed() >= self.bounds.max_lifetime {
            return;
        }
        self.idle().push(Idle { connection, born, generation, since: Instant::now() });
        if self.bounds.idle_timeout < FOREVER && !self.reaping.swap(true, Ordering::AcqRel) {
            tokio::spawn(reap(Arc::downgrade(self), self.bounds.idle_timeout));
        }
    }

    /// Takes out what has been idle for too long; whether any idle connection is left.
    fn expire(&self) -> (Vec<Idle<C::Connection>>, bool) {
        let mut idle = self.idle();
        let old = idle
            .iter()
            .take_while(|idle| idle.since.elapsed() >= self.bounds.idle_timeout)
            .count()
            .min(idle.len().saturating_sub(self.bounds.min));
        let expired = idle.drain(..old).collect();
        let left = !idle.is_empty();
        if !left {
            self.reaping.store(false, Ordering::Release);
        }
        (expired, left)
    }
}

/// Closes connections that have been idle for too long, until none is idle.
async fn reap<C: Connector>(pool: Weak<Inner<C>>, idle_timeout: Duration) {
    loop {
        tokio::time::sleep((idle_timeout / 2).max(Duration::from_millis(5))).await;
        let Some(pool) = pool.upgrade() else { return };
        let (expired, left) = pool.expire();
        for idle in expired {
            let _ = timeout(TRUSTED, pool.connector.close(idle.connection)).await;
        }
        if !left {
            return;
        }
    }
}

/// A connection in use. Unless it is given back by [`Lease::keep`] it is thrown away: a call that
/// was given up half-way leaves it in an unknown state.
#[derive(Debug)]
pub struct Lease<C: Connector> {
    pool: Arc<Inner<C>>,
    /// Nothing only while it is being made.
    connection: Option<C::Connection>,
    born: Instant,
    generation: usize,
    _permit: Option<OwnedSemaphorePermit>,
}

impl<C: Connector> Lease<C> {
    fn take(&mut self, connection: C::Connection, born: Instant, generation: usize) {
        self.connection = Some(connection);
        self.born = born;
        self.generation = generation;
    }

    fn take_new(&mut self, connection: C::Connection) {
        self.connection = Some(connection);
    }

    /// Takes an idle connection, if there is one that lives.
    async fn take_idle(&mut self) -> bool {
        let Some(idle) = self.pool.pop() else { return false };
        match self.pool.usable(idle.connection, idle.since).await {
            Some(connection) => {
                self.take(connection, idle.born, idle.generation);
                true
            }
            None => {
                // The others have lost the same server, and asking each would take its time.
                self.pool.idle().clear();
                false
            }
        }
    }

    /// Ends the connection in a friendly way.
    pub async fn close(mut self) {
        if let Some(connection) = self.connection.take() {
            let _ = timeout(TRUSTED, self.pool.connector.close(connection)).await;
        }
    }

    /// The connection.
    ///
    /// # Errors
    /// `ERR_INTERNAL`: none in practice, as a lease that is handed out has one.
    pub fn connection(&mut self) -> Result<&mut C::Connection> {
        self.connection.as_mut().ok_or_else(|| Error::internal("a lease without a connection"))
    }

    /// How often the pool had been renewed when the connection was made.
    pub fn generation(&self) -> usize {
        self.generation
    }

    /// Gives the connection back for the next call.
    pub fn keep(mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.put_back(connection, self.born, self.generation);
        }
    }

    /// Ends a call: gives the connection back if its state is known. After a lost connection the
    /// idle ones are thrown away too, since they have lost the same server.
    pub fn finish<T>(self, result: Result<T>) -> Result<T> {
        match &result {
            Ok(_) => self.keep(),
            // After a failover another connection may lead to the server that takes writes.
            Err(error) if error.code() == Code::ReadOnly => self.pool.idle().clear(),
            Err(error) if matches!(error.effect(), Effect::Final | Effect::Conflict) => self.keep(),
            Err(_) => self.pool.idle().clear(),
        }
        result
    }
}

impl<C: Connector> Drop for Lease<C> {
    fn drop(&mut self) {
        drop(self.connection.take());
        self.pool.leased.fetch_sub(1, Ordering::Release);
        self.pool.ended.notify_waiters();
    }
}

/// Counts itself while it lives.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(counter: &'a AtomicUsize) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Counted(counter)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
