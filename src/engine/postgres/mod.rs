//! PostgreSQL, and what speaks its protocol.

mod error;
mod pooler;

use super::exec::{self, Driver, Mode};
use super::pool::{Bounds, Connector, Lease, Pool, PoolState};
use super::{
    BoxFuture, ColumnType, Dialect, Engine, LiveTable, Native, Notice, Outcome, OutputColumn,
    Storage, Table, Upsert, Wire, Work, server,
};
use crate::error::{Error, Result};
use crate::options::{Host, Options, Pem, ServerSource, TlsMode};
use crate::value::Value;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{
    PgArgumentBuffer, PgArguments, PgConnectOptions, PgConnection, PgQueryResult, PgRow, PgSslMode,
    PgTypeInfo, PgTypeKind,
};
use sqlx::{
    Arguments, AssertSqlSafe, ConnectOptions, Decode, Encode, Postgres as Pg, Row, Type, TypeInfo,
    ValueRef,
};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use time::{OffsetDateTime, PrimitiveDateTime};

/// What PostgreSQL does its own way.
pub static DIALECT: Dialect = Dialect {
    name: "postgres",
    quote: '"',
    parameter: |n| format!("${n}"),
    insert_returning: true,
    update_returning: true,
    delete_returning: true,
    lock_rows: " FOR UPDATE",
    upsert: Upsert::OnConflict,
    column: |kind| match kind {
        ColumnType::Key | ColumnType::CredentialId | ColumnType::Text => ("text", Storage::Text),
        ColumnType::Integer => ("bigint", Storage::Integer),
        ColumnType::Boolean => ("boolean", Storage::Boolean),
        ColumnType::Date => ("timestamptz(3)", Storage::Date),
    },
    now: "now()",
    table_suffix: |_| "",
    indexes_inside: false,
    defines_atomically: true,
};

/// A PostgreSQL server.
pub struct Postgres {
    pool: Pool<PgConnector>,
    /// How long a call may take.
    limit: Duration,
    /// Whether a transaction pooler has been found; that may be late.
    pooled: Arc<AtomicBool>,
    /// Whether connections from before are out of use, and the application knows.
    switched: AtomicBool,
    notice: Notice,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("pool", &self.pool).finish_non_exhaustive()
    }
}

/// Makes connections, and asks each for a pooler unless it is known whether there is one.
#[derive(Clone)]
pub struct PgConnector {
    options: PgConnectOptions,
    place: String,
    asks: bool,
    pooled: Arc<AtomicBool>,
}

impl fmt::Debug for PgConnector {
    /// The driver's options hold the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

impl PgConnector {
    async fn connect_with(&self, options: PgConnectOptions) -> Result<PgConnection> {
        server::connect::<Pg>(&self.place, options.connect()).await
    }

    async fn connect_and_ask(&self) -> Result<PgConnection> {
        if !self.asks || self.pooled.load(Ordering::Acquire) {
            return self.connect_with(self.options.clone()).await;
        }
        let nonce = uuid::Uuid::now_v7().simple().to_string();
        let asking = self.options.clone().options([(pooler::SETTING, &nonce)]);
        match self.connect_with(asking).await {
            Ok(mut connection) => {
                if !pooler::remembers(&mut connection, &nonce).await? {
                    self.pooled.store(true, Ordering::Release);
                }
                Ok(connection)
            }
            Err(error) if pooler::refused_setting(&error) => {
                let connection = self.connect_with(self.options.clone()).await?;
                if pooler::is_poolers_refusal(&error) {
                    self.pooled.store(true, Ordering::Release);
                }
                Ok(connection)
            }
            Err(error) => Err(error),
        }
    }
}

impl Connector for PgConnector {
    type Connection = PgConnection;

    fn connect(&self) -> BoxFuture<'_, Result<PgConnection>> {
        Box::pin(self.connect_and_ask())
    }

    fn is_alive<'a>(&'a self, connection: &'a mut PgConnection) -> Option<BoxFuture<'a, bool>> {
        Some(server::is_alive(connection))
    }

    fn close(&self, connection: PgConnection) -> BoxFuture<'_, ()> {
        server::close(connection)
    }
}

impl Postgres {
    /// Opens a server's database: one connection is made, which tells whether it can be, and another
    /// for a moment where it must be found out whether there is a transaction pooler.
    ///
    /// # Errors
    /// `ERR_CONNECT` says what is in the way.
    pub async fn open(
        source: &ServerSource,
        options: &Options,
        bounds: Bounds,
        notice: Notice,
    ) -> Result<Self> {
        let pooled = Arc::new(AtomicBool::new(source.pooler == Some(true)));
        let connector = PgConnector {
            options: connect_options(source),
            place: server::place(source),
            asks: source.pooler.is_none(),
            pooled: Arc::clone(&pooled),
        };
        let pool = Pool::new(connector.clone(), bounds);
        let mut lease = pool.acquire().await?;
        if connector.asks && !pooled.load(Ordering::Acquire) {
            let probe = pooler::probe(&connector, lease.connection()?);
            match server::within(bounds.connect_timeout, Box::pin(probe)).await {
                Ok(false) => {}
                Ok(true) => pooled.store(true, Ordering::Release),
                Err(error) => return lease.finish(Err(error)),
            }
        }
        lease.keep();
        let limit = options.retry.max_time.duration();
        // Who says that there is a pooler need not be told.
        let switched = AtomicBool::new(source.pooler == Some(true));
        if source.pooler == Some(true) {
            pool.renew();
        }
        Ok(Postgres { pool, limit, pooled, switched, notice })
    }

    /// A connection, and how statements are sent on it. Those that were made before a pooler was
    /// found are out of use then: they hold prepared statements, which the driver would use again.
    async fn acquire(&self) -> Result<(Lease<PgConnector>, Mode)> {
        loop {
            self.switch_if_pooled();
            let lease = self.pool.acquire().await?;
            if lease.generation() > 0 {
                return Ok((lease, Mode::Pooled));
            }
            if !self.pooled.load(Ordering::Acquire) {
                return Ok((lease, Mode::Direct));
            }
        }
    }

    fn switch_if_pooled(&self) {
        if self.pooled.load(Ordering::Acquire) && !self.switched.swap(true, Ordering::AcqRel) {
            self.pool.renew();
            (self.notice)(POOLER_FOUND.to_owned());
        }
    }

    async fn run_work(&self, work: &Work) -> Result<Outcome> {
        let (lease, mode) = self.acquire().await?;
        let result = server::run::<Pg, _>(lease, self.limit, work, mode).await;
        if result.as_ref().is_err_and(error::tells_of_pooler) {
            self.pooled.store(true, Ordering::Release);
            self.switch_if_pooled();
        }
        result
    }

    async fn define_all(&self, statements: &[String]) -> Result<()> {
        let (mut lease, _) = self.acquire().await?;
        let connection = lease.connection()?;
        // One flight in the simple protocol: all or nothing, also through a pooler.
        let script = format!("BEGIN;\n{};\nCOMMIT", statements.join(";\n"));
        let define = async {
            let defined = sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut *connection).await;
            match defined {
                Ok(_) => Ok(()),
                Err(error) => {
                    let error = error::from_sqlx(&error);
                    exec::command::<Pg>(connection, "ROLLBACK").await?;
                    Err(error)
                }
            }
        };
        let result = server::within(self.limit, Box::pin(define)).await;
        lease.finish(result)
    }
}

/// The types that hold text.
const TEXTS: [&str; 8] =
    ["TEXT", "VARCHAR", "CHAR", "\"CHAR\"", "NAME", "UNKNOWN", "citext", "JSON"];

/// Text whose type the server derives from where it goes, as that of a literal.
#[derive(Debug)]
struct AnyText(Arc<str>);

/// The type `unknown`: <https://www.postgresql.org/docs/current/datatype-pseudo.html>.
const UNKNOWN: Oid = Oid(705);

impl Type<Pg> for AnyText {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(UNKNOWN)
    }
}

impl Encode<'_, Pg> for AnyText {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        <&str as Encode<Pg>>::encode_by_ref(&&*self.0, buffer)
    }
}

const POOLER_FOUND: &str = "the PostgreSQL server is reached through a transaction pooler: every call \
    runs in a transaction of its own (option pooler: true says so without asking)";

const COLUMNS: &str = "SELECT '{kind}'::text, table_name::text, column_name::text \
    FROM information_schema.columns \
    WHERE table_schema = COALESCE({schema}, current_schema()::text) AND table_name = {table}";

const INDEXES: &str = "SELECT '{kind}'::text, tablename::text, indexname::text \
    FROM pg_catalog.pg_indexes \
    WHERE schemaname = COALESCE({schema}, current_schema()::text) AND tablename = {table}";

impl Engine for Postgres {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn run<'a>(&'a self, work: &'a Work) -> BoxFuture<'a, Result<Outcome>> {
        Box::pin(self.run_work(work))
    }

    fn define<'a>(&'a self, statements: &'a [String]) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.define_all(statements))
    }

    fn inspect<'a>(&'a self, tables: &'a [Table]) -> BoxFuture<'a, Result<Vec<LiveTable>>> {
        Box::pin(server::inspect(self, COLUMNS, INDEXES, tables))
    }

    fn state(&self) -> PoolState {
        self.pool.state()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.pool.close())
    }
}

/// sqlx's defaults come from libpq's environment variables; all that matter are set here, since an
/// application says in one place where its database is.
fn connect_options(source: &ServerSource) -> PgConnectOptions {
    let mut options = PgConnectOptions::new_without_pgpass();
    if let Some(user) = &source.user {
        options = options.username(user);
    }
    let user = options.get_username().to_owned();
    let mut options = options
        .port(source.port)
        .password(source.password.as_ref().map_or("", |password| password.expose()))
        .database(source.database.as_deref().unwrap_or(&user))
        .application_name(source.application_name.as_deref().unwrap_or("next-auth-sqlx-adapter"))
        // Poolers refuse parameters that they do not know, and no column of ours is a float.
        .extra_float_digits(None)
        .ssl_mode(match source.tls.mode {
            Some(TlsMode::Disable) => PgSslMode::Disable,
            Some(TlsMode::Allow) => PgSslMode::Allow,
            Some(TlsMode::Prefer) | None => PgSslMode::Prefer,
            Some(TlsMode::Require) => PgSslMode::Require,
            Some(TlsMode::VerifyCa) => PgSslMode::VerifyCa,
            Some(TlsMode::VerifyFull) => PgSslMode::VerifyFull,
        })
        .disable_statement_logging();
    options = match &source.host {
        Host::Tcp(host) => options.host(host),
        Host::Socket(path) => options.socket(path),
    };
    options = match &source.tls.ca {
        Some(Pem::File(path)) => options.ssl_root_cert(path),
        Some(Pem::Inline(pem)) => options.ssl_root_cert_from_pem(pem.expose().as_bytes().to_vec()),
        None => options,
    };
    options = match &source.tls.certificate {
        Some(Pem::File(path)) => options.ssl_client_cert(path),
        Some(Pem::Inline(pem)) => options.ssl_client_cert_from_pem(pem.expose()),
        None => options,
    };
    options = match &source.tls.key {
        Some(Pem::File(path)) => options.ssl_client_key(path),
        Some(Pem::Inline(pem)) => options.ssl_client_key_from_pem(pem.expose()),
        None => options,
    };
    match &source.options {
        Some(settings) => options.options(settings_of(settings)),
        None => options,
    }
}

/// The settings in libpq's `options`, such as `-c statement_timeout=5000`.
fn settings_of(text: &str) -> Vec<(&str, &str)> {
    let words =
        text.split_whitespace().map(|word| word.trim_start_matches("-c").trim_start_matches("--"));
    words.filter_map(|word| word.split_once('=')).collect()
}

impl Driver for Pg {
    fn begin(_writes: bool) -> &'static str {
        "BEGIN"
    }

    fn bind(arguments: &mut PgArguments, value: &Value, storage: Storage) -> Result<()> {
        let unstorable = || Error::unstorable(DIALECT.name, value.describe(), storage);
        let bound = match storage.encode(value).ok_or_else(unstorable)? {
            Wire::Null(Native::Text) => arguments.add(None::<&str>),
            Wire::Null(Native::AnyText) => arguments.add(None::<AnyText>),
            Wire::Null(Native::Integer) => arguments.add(None::<i64>),
            Wire::Null(Native::Float) => arguments.add(None::<f64>),
            Wire::Null(Native::Boolean) => arguments.add(None::<bool>),
            Wire::Null(Native::Time) => arguments.add(None::<OffsetDateTime>),
            Wire::Null(Native::PlainTime) => arguments.add(None::<PrimitiveDateTime>),
            Wire::Null(Native::Uuid) => arguments.add(None::<uuid::Uuid>),
            Wire::Null(Native::Bytes) => arguments.add(None::<&[u8]>),
            Wire::Text(text) if storage == Storage::AnyText => arguments.add(AnyText(text)),
            Wire::Text(text) => arguments.add(&*text),
            Wire::Integer(number) => arguments.add(number),
            Wire::Float(number) => arguments.add(number),
            Wire::Boolean(value) => arguments.add(value),
            Wire::Time(time) => arguments.add(super::date(time)?),
            Wire::PlainTime(time) => {
                let time = super::date(time)?;
                arguments.add(PrimitiveDateTime::new(time.date(), time.time()))
            }
            Wire::Uuid(bytes) => arguments.add(uuid::Uuid::from_bytes(bytes)),
            Wire::Bytes(bytes) => arguments.add(bytes),
        };
        bound.map_err(|_| unstorable())
    }

    fn read(row: &PgRow, index: usize, column: &OutputColumn) -> Result<Value> {
        let value = row.try_get_raw(index).map_err(|error| error::from_sqlx(&error))?;
        if value.is_null() {
            return Ok(Value::Null);
        }
        let info = value.type_info().into_owned();
        let misread = || Error::misread(DIALECT.name, &column.name, info.name(), column.storage);
        let wire = match info.name() {
            "INT8" | "INT4" | "INT2" => <i64 as Decode<Pg>>::decode(value).map(Wire::Integer),
            "BOOL" => <bool as Decode<Pg>>::decode(value).map(Wire::Boolean),
            "TIMESTAMPTZ" => <OffsetDateTime as Decode<Pg>>::decode(value)
                .map(|time| Wire::Time(super::milliseconds(time))),
            "TIMESTAMP" => <PrimitiveDateTime as Decode<Pg>>::decode(value)
                .map(|time| Wire::PlainTime(super::milliseconds(time.assume_utc()))),
            "UUID" => {
                <uuid::Uuid as Decode<Pg>>::decode(value).map(|uuid| Wire::Uuid(uuid.into_bytes()))
            }
            "FLOAT8" => <f64 as Decode<Pg>>::decode(value).map(Wire::Float),
            "FLOAT4" => <f32 as Decode<Pg>>::decode(value).map(|number| Wire::Float(number.into())),
            "BYTEA" => <&[u8] as Decode<Pg>>::decode(value).map(|bytes| Wire::Bytes(bytes.into())),
            // A version, which has been 1 so far, and the text.
            "JSONB" => value
                .as_bytes()
                .map(|bytes| Wire::Bytes(bytes.strip_prefix(&[1]).unwrap_or(bytes).into())),
            // Any bytes may be well-formed text: a number's, for one.
            name if TEXTS.contains(&name) || matches!(info.kind(), PgTypeKind::Enum(_)) => {
                <&str as Decode<Pg>>::decode(value).map(|text| Wire::Text(text.into()))
            }
            _ => return Err(misread()),
        };
        wire.ok().and_then(|wire| column.storage.decode(wire)).ok_or_else(misread)
    }

    fn error(error: &sqlx::Error) -> Error {
        error::from_sqlx(error)
    }

    fn refusal(error: &sqlx::Error) -> Error {
        error::refusal(error)
    }

    fn affected(result: &PgQueryResult) -> u64 {
        result.rows_affected()
    }
}
