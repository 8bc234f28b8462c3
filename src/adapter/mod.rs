//! The adapter: what each operation of NextAuth means, in Rust types, for any database.

mod account;
mod account_lock;
mod authenticator;
mod call;
mod copy;
mod look_up;
mod needs;
mod plain_session;
mod reclaim;
mod registration;
mod rekey;
mod scope;
mod sealing;
mod session;
mod unfinished;
mod upkeep;
mod user;
mod verification_token;

pub use call::Call;
pub use copy::{Copier, CopyOptions, Counts, Progress, Reason};
pub use rekey::Rekeyed;
pub use scope::{Scope, wrong as wrong_scope};
pub use upkeep::Cleaned;

use crate::batch::{self, Done, Task};
use crate::engine::{self, Engine, Outcome, Plan, PoolState, Shared, Statement};
use crate::error::{Code, Error, Result};
use crate::options::{Environment, Options, SchemaOptions, Source, Synchronize};
use crate::schema::{self, Model, Schema};
use crate::value::{Row, Value};
use call::{InsertPlans, Inserts};
use sealing::Sealing;
use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedRwLockReadGuard, RwLock};

/// Who is told what an adapter does. Neither values nor secrets are among it.
pub trait Observer: Send + Sync {
    /// Something that the application should know.
    fn notice(&self, text: String);

    /// Whether [`Observer::query`] is of interest.
    fn observes_queries(&self) -> bool;

    /// A unit of work has ended.
    fn query(&self, query: Query);
}

/// A unit of work that the database was given.
#[derive(Debug, Clone)]
pub struct Query {
    /// The function that needed it.
    pub operation: &'static str,
    /// How long it took, waits and further tries included.
    pub duration: Duration,
    /// How many rows came back or, where none can, were changed.
    pub rows: u64,
    /// How many tries there were beyond the first.
    pub retries: u32,
    /// Why it failed, if it did.
    pub error: Option<Code>,
}

/// How an adapter is doing.
#[derive(Debug, Clone)]
pub struct Status {
    /// The database: `"sqlite"`, `"postgres"`, `"mysql"` or `"mariadb"`.
    pub database: &'static str,
    /// Its connections, which adapters of one configuration share.
    pub connections: PoolState,
    /// Its replicas, if it was given any.
    pub replicas: Option<Vec<batch::ReplicaStatus>>,
    /// What this adapter has done.
    pub counts: batch::Counts,
}

/// One adapter: options, and a database once the first call has opened it.
pub struct Adapter {
    options: Options,
    realm: u64,
    scope: scope::Columns,
    observer: Arc<dyn Observer>,
    environment: OnceLock<Environment>,
    /// Nothing before the first call, and after the end.
    store: std::sync::RwLock<Option<Arc<Store>>>,
    share: Mutex<Option<Shared>>,
    opening: tokio::sync::Mutex<()>,
    /// How many openings have failed, and why the last did: those that waited for it share it.
    failures: AtomicU64,
    failure: Mutex<Option<Error>>,
    closed: AtomicBool,
    /// Read by each call under way, of which there may be so many; written by `close`, which so waits
    /// for them.
    calls: Arc<RwLock<()>>,
    /// What is made of its place.
    place: fn(Source) -> Source,
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adapter").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Adapter {
    /// Makes an adapter. Nothing is opened. Adapters of one `realm` share databases in memory.
    ///
    /// # Errors
    /// `ERR_CONFIG`: the schema of the options cannot be, on the database that they name, if they do.
    pub fn new(options: Options, realm: u64, observer: Arc<dyn Observer>) -> Result<Self> {
        if options.schema != SchemaOptions::default() || options.encryption.0.is_some() {
            let source = if options.url.is_some() || options.r#type.is_some() {
                // A place that is wrong is the first call's error.
                Source::find(&options, &Environment::default()).ok()
            } else {
                None
            };
            let dialect = source.as_ref().map(engine::dialect_of);
            if let Some(mut schema) = schema::preview(dialect, &options.schema)? {
                needs::check(&options, &schema)?;
                if let Some(encryption) = &options.encryption.0 {
                    schema.seal(encryption.columns.as_deref())?;
                }
            }
        }
        let calls = RwLock::with_max_readers((), options.pool.queue_limit());
        Ok(Adapter {
            scope: scope::Columns::new(&options.scope),
            options,
            realm,
            observer,
            environment: OnceLock::new(),
            store: std::sync::RwLock::default(),
            share: Mutex::new(None),
            opening: tokio::sync::Mutex::new(()),
            failures: AtomicU64::new(0),
            failure: Mutex::new(None),
            closed: AtomicBool::new(false),
            calls: Arc::new(calls),
            place: std::convert::identity,
        })
    }

    /// The same adapter, which opens what `place` makes of its place.
    #[must_use]
    pub fn at(self, place: fn(Source) -> Source) -> Self {
        Adapter { place, ..self }
    }

    /// Whether the next call needs to be told what the environment says.
    pub fn needs_environment(&self) -> bool {
        self.environment.get().is_none()
    }

    /// Says what the environment holds. The first word counts.
    pub fn set_environment(&self, environment: Environment) {
        // A second word is dropped: what the first call found stays.
        let _ = self.environment.set(environment);
    }

    /// Makes one call: opens the database if this is the first, and runs the operation. The call
    /// counts as under way from the moment that this returns its future.
    pub fn call<T, F, Fut>(
        self: &Arc<Self>,
        operation: &'static str,
        now: i64,
        scope: Scope,
        run: F,
    ) -> impl Future<Output = Result<T>> + use<T, F, Fut>
    where
        F: FnOnce(Call) -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        let adapter = Arc::clone(self);
        let under_way = self.enter();
        async move {
            let result = async {
                let _under_way = under_way?;
                let store = match adapter.store() {
                    Some(store) => store,
                    // Apart, so that the calls after the first do not carry its size around.
                    None => Box::pin(adapter.open()).await?,
                };
                run(Call { store, operation, now, scope, new_id: None }).await
            };
            result.await.map_err(|error| error.in_operation(operation))
        }
    }

    /// What tells tenants apart, if anything does.
    pub fn scope(&self) -> &scope::Columns {
        &self.scope
    }

    fn store(&self) -> Option<Arc<Store>> {
        self.store.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn enter(&self) -> Result<OwnedRwLockReadGuard<()>> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Error::closed());
        }
        Arc::clone(&self.calls).try_read_owned().map_err(|_| {
            // Only `close` writes, and it says so first.
            if self.closed.load(Ordering::SeqCst) {
                return Error::closed();
            }
            Error::new(
                Code::Overloaded,
                format!(
                    "{} calls are under way already: the database does not keep up (option \
                     \"pool.queueLimit\")",
                    self.options.pool.queue_limit()
                ),
            )
        })
    }

    /// Ends the adapter, for later calls at once; the future ends after those under way. The
    /// database is closed with its last adapter.
    pub fn close(self: &Arc<Self>) -> impl Future<Output = ()> + use<> {
        self.closed.store(true, Ordering::SeqCst);
        let adapter = Arc::clone(self);
        async move {
            let _no_calls = adapter.calls.write().await;
            // JavaScript may keep the adapter for long, and its statements are most of it.
            let store = adapter.store.write().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(replicas) = store.and_then(|store| store.replicas.clone()) {
                replicas.close().await;
            }
            let share = adapter.share.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(share) = share {
                share.close().await;
            }
        }
    }

    /// Opens the database once, however many calls arrive together; they share a failure too.
    async fn open(&self) -> Result<Arc<Store>> {
        let before = self.failures.load(Ordering::SeqCst);
        let _opening = self.opening.lock().await;
        if let Some(store) = self.store() {
            return Ok(store);
        }
        if self.failures.load(Ordering::SeqCst) != before {
            let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone();
            return Err(failure.unwrap_or_else(Error::closed));
        }
        match self.open_store().await {
            Ok((store, share)) => {
                *self.share.lock().unwrap_or_else(PoisonError::into_inner) = Some(share);
                let store = Arc::new(store);
                *self.store.write().unwrap_or_else(PoisonError::into_inner) =
                    Some(Arc::clone(&store));
                let opened = Arc::clone(&store);
                Call {
                    store: opened,
                    operation: "check",
                    now: 0,
                    scope: Scope::default(),
                    new_id: None,
                }
                .tell_of_unnamed_columns();
                Ok(store)
            }
            Err(error) => {
                *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
                self.failures.fetch_add(1, Ordering::SeqCst);
                Err(error)
            }
        }
    }

    /// The replicas of a primary, none of which is opened yet.
    fn replicas_of(&self, primary: &Arc<dyn Engine>) -> Result<Option<Arc<batch::Replicas>>> {
        let options = &self.options;
        if options.replicas.urls.is_empty() {
            return Ok(None);
        }
        let opener = |source: Source| -> batch::Opener {
            let (options, observer, realm) =
                (options.clone(), Arc::clone(&self.observer), self.realm);
            Box::new(move || {
                let (source, options, observer) =
                    (source.clone(), options.clone(), Arc::clone(&observer));
                Box::pin(async move {
                    let (place, given) = (source.clone(), options.clone());
                    let open = move || async move {
                        let notice = Arc::new(move |text| observer.notice(text));
                        engine::open(&place, &given, notice).await
                    };
                    Shared::open(&source, realm, &options, open).await
                })
            })
        };
        let openers = Source::find_replicas(options)?.into_iter().map(opener).collect();
        let observer = Arc::clone(&self.observer);
        let notice = Arc::new(move |text| observer.notice(text));
        let max_lag = options.replicas.max_lag.duration();
        Ok(Some(batch::Replicas::new(Arc::clone(primary), max_lag, openers, notice)))
    }

    async fn open_store(&self) -> Result<(Store, Shared)> {
        let none = Environment::default();
        let source = Source::find(&self.options, self.environment.get().unwrap_or(&none))?;
        let source = (self.place)(source);
        if matches!(source, Source::Sqlite(_)) && !self.options.replicas.urls.is_empty() {
            return Err(Error::config(
                "option \"replicas\" is of use for a server, not for SQLite",
            ));
        }
        let (place, options, observer) =
            (source.clone(), self.options.clone(), Arc::clone(&self.observer));
        let share = Shared::open(&source, self.realm, &self.options, move || async move {
            engine::open(&place, &options, Arc::new(move |text| observer.notice(text))).await
        })
        .await?;
        let store = Store::new(Arc::clone(share.engine()?), self, &source)?;
        if self.options.synchronizes() == Synchronize::Always {
            schema::ensure(&*store.engine, &store.schema).await?;
        }
        Ok((store, share))
    }
}

/// An open database with the statements of this adapter's schema.
pub struct Store {
    engine: Arc<dyn Engine>,
    options: Options,
    observer: Arc<dyn Observer>,
    stats: batch::Stats,
    creating: tokio::sync::Mutex<()>,
    ping: Plan,
    schema: Schema,
    user: user::Statements,
    account: account::Statements,
    account_lock: account_lock::Statements,
    session: session::Statements,
    /// Only while sessions become digests.
    plain_sessions: Option<plain_session::PlainSessions>,
    verification_token: verification_token::Statements,
    authenticator: authenticator::Statements,
    upkeep: upkeep::Statements,
    replicas: Option<Arc<batch::Replicas>>,
    unfinished: unfinished::Unfinished,
    /// Only where the schema has passkeys.
    registration: Option<registration::Statements>,
    /// Only where a crash's leftovers make way.
    reclaim: Option<reclaim::Statements>,
    sealing: Sealing,
    /// Held by what runs in the background.
    calls: Arc<RwLock<()>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("engine", &self.engine).finish_non_exhaustive()
    }
}

impl Store {
    fn new(engine: Arc<dyn Engine>, adapter: &Adapter, source: &Source) -> Result<Self> {
        let dialect = engine.dialect();
        let database_schema = match source {
            Source::Server(place) => place.schema.as_deref(),
            Source::Sqlite(_) => None,
        };
        let options = &adapter.options;
        let described =
            SchemaOptions { scope: adapter.scope.known()?.to_vec(), ..options.schema.clone() };
        let mut schema = schema::build(dialect, &described, database_schema)?;
        needs::check(options, &schema)?;
        let rules = verification_token::Rules::new(options.verification_tokens);
        schema.verification_token.count(rules.counted);
        schema.account.hide_lease();
        if options.reclaim_unfinished_users {
            schema.mark_users();
        }
        let variable = adapter.environment.get().and_then(|it| it.encryption_keys.as_ref());
        let sealing = Sealing::new(&options.encryption, variable, &mut schema)?;
        let plain_sessions = options
            .migrates_sessions()
            .then(|| plain_session::PlainSessions::new(dialect, &schema))
            .transpose()?;
        let replicas = options.replicas.urls.len();
        Ok(Store {
            sealing,
            plain_sessions,
            calls: Arc::clone(&adapter.calls),
            user: user::Statements::new(dialect, &schema, replicas)?,
            account: account::Statements::new(dialect, &schema)?,
            account_lock: account_lock::Statements::new(dialect, &schema)?,
            session: session::Statements::new(
                dialect,
                &schema,
                if options.replicas.sessions { replicas } else { 0 },
            )?,
            verification_token: verification_token::Statements::new(dialect, &schema, rules)?,
            authenticator: authenticator::Statements::new(dialect, &schema)?,
            upkeep: upkeep::Statements::new(dialect, &schema, options.cleans_along())?,
            unfinished: unfinished::Unfinished::new(dialect, &schema)?,
            registration: registration::Statements::new(dialect, &schema)?,
            reclaim: reclaim::Statements::new(dialect, &schema, options.reclaim_unfinished_users)?,
            replicas: adapter.replicas_of(&engine)?,
            options: options.clone(),
            observer: Arc::clone(&adapter.observer),
            stats: batch::Stats::default(),
            creating: tokio::sync::Mutex::new(()),
            ping: Plan::read(Statement {
                sql: "SELECT 1".into(),
                parameters: vec![],
                columns: vec![],
                arrays: false,
            }),
            schema,
            engine,
        })
    }

    /// The outcome of a plan that only reads, if the database has it at once; whatever else comes of
    /// it is left to [`Store::run`].
    fn read_at_once(
        &self,
        operation: &'static str,
        plan: &Plan,
        values: &[Value],
    ) -> Option<Outcome> {
        let [(statement, _)] = plan.steps.as_slice() else { return None };
        if plan.writes {
            return None;
        }
        let start = Instant::now();
        let result = Ok(self.engine.read_at_once(statement, values)?.ok()?);
        self.observe(operation, Done { result, duration: start.elapsed(), retries: 0 }).ok()
    }

    /// Runs work. If the database refuses it for its schema, and has no tables of ours, they are
    /// created, if that is allowed, and the work is run again: a database that has them pays
    /// nothing for this.
    async fn run(&self, operation: &'static str, task: Task<'_>) -> Result<Outcome> {
        let engine = &self.engine;
        let mut done = batch::run(engine, self.options.retry, task).await;
        let error = match done.result {
            // A statement that the database refused, so that nothing was done: what it gave back and
            // could not be read is another matter.
            Err(error) if error.code() == Code::Schema && error.is_of_database() => error,
            result => return self.observe(operation, Done { result, ..done }),
        };
        done.result = Box::pin(self.run_without_tables(task, error)).await;
        self.observe(operation, done)
    }

    /// Runs a task once more, which the database has refused for its schema.
    async fn run_without_tables(&self, task: Task<'_>, error: Error) -> Result<Outcome> {
        match self.options.synchronizes() {
            Synchronize::Create => {
                self.create().await?;
                batch::run(&self.engine, self.options.retry, task).await.result
            }
            Synchronize::Always | Synchronize::Never => {
                Err(match schema::explain(&*self.engine, &self.schema).await? {
                    None => error,
                    Some(missing) => error.with_message(format!(
                        "{missing}. The option synchronize: \"create\" (the default) creates the tables \
                         in a database that has none, true adds what is missing"
                    )),
                })
            }
        }
    }

    /// Creates the tables if there are none, once for all calls that need them at the same time.
    async fn create(&self) -> Result<()> {
        let _one_at_a_time = self.creating.lock().await;
        schema::create(&*self.engine, &self.schema).await
    }

    /// Counts a unit of work and tells who wants to know of it.
    fn observe(&self, operation: &'static str, done: Done) -> Result<Outcome> {
        let error = done.result.as_ref().err().map(Error::code);
        self.stats.count(done.duration, done.retries, error.is_some());
        if self.observer.observes_queries() {
            let rows = done.result.as_ref().map_or(0, |outcome| {
                u64::try_from(outcome.rows.len()).unwrap_or(u64::MAX).max(outcome.affected)
            });
            let (duration, retries) = (done.duration, done.retries);
            self.observer.query(Query { operation, duration, rows, retries, error });
        }
        done.result
    }
}

/// A row of a model from what the database gave.
fn row(model: &Model, values: Vec<Value>) -> Row {
    Row { names: Arc::clone(&model.names), values, omit_null: model.omit_null }
}

/// The row of a model among those the database gave whose properties equal what was asked for, to
/// the byte: a database's collation may find "A" for "a".
fn find_row(model: &Model, outcome: Outcome, asked: &[(&str, &Value)]) -> Option<Row> {
    outcome
        .rows
        .into_iter()
        .map(|values| row(model, values))
        .find(|row| asked.iter().all(|(property, value)| row.get(property) == *value))
}

/// The row that was written with these values: the one whose key they hold.
///
/// # Errors
/// `ERR_OUTCOME_UNKNOWN`: another row, or none, came back. Whatever is in between, the write may not
/// have been this one.
fn written_row(model: &Model, outcome: Outcome, values: &[Value]) -> Result<Row> {
    let key: Vec<(&str, &Value)> = model
        .inserted()
        .zip(values)
        .filter(|(column, _)| model.key.contains(&&*column.property))
        .map(|(column, value)| (&*column.property, value))
        .collect();
    find_row(model, outcome, &key).ok_or_else(|| {
        let message = format!("the {} that was written did not come back", model.name);
        Error::new(Code::OutcomeUnknown, message)
    })
}
