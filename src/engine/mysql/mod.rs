//! MySQL and MariaDB, told apart by what the server says of itself.

mod error;
mod migration;
mod types;

use self::migration::Lock;
use super::exec::{self, Driver, Mode};
use super::hosts::{self, Hosts};
use super::pool::{Bounds, Connector, Pool, PoolState};
use super::storage::{day, widened};
use super::{
    BoxFuture, Change, ColumnType, Dialect, Engine, Extent, KeyLock, LiveTable, Native, Outcome,
    OutputColumn, Planner, Replication, Storage, Table, Together, Upsert, Wire, Work,
    server::{self, Catalog},
};
use crate::error::{Effect, Error, Result};
use crate::options::{Host, Options, Pem, ServerSource, TlsMode, TypeName};
use crate::value::Value;
use sqlx::mysql::{
    MySqlArguments, MySqlConnectOptions, MySqlConnection, MySqlQueryResult, MySqlRow, MySqlSslMode,
};
use sqlx::{Arguments, Column, ConnectOptions, Decode, MySql as Server, Row, TypeInfo, ValueRef};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use time::{Date, OffsetDateTime, PrimitiveDateTime};

/// What MySQL does its own way.
pub static MYSQL: Dialect = Dialect {
    name: "mysql",
    quote: '`',
    quote_defined: '`',
    parameter: |_| "?".to_owned(),
    insert_returning: false,
    update_returning: false,
    delete_returning: false,
    delete_limit: true,
    lock_rows: " FOR UPDATE",
    upsert: Upsert::OnDuplicateKey,
    together: Together::Lists,
    // Its shortest patience is a second.
    hasty: None,
    column: |kind| match kind {
        ColumnType::Key => {
            ("varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin", Storage::Text)
        }
        kind => column(kind),
    },
    named,
    serial: "bigint AUTO_INCREMENT",
    made_id: |_| None,
    bytes: |text| format!("CAST(CONVERT({text} USING utf8mb4) AS BINARY)"),
    json: str::to_owned,
    impossible_name: |name| {
        if name.chars().count() > 64 {
            Some("is longer than the 64 characters of a name in MySQL and MariaDB")
        } else if name.ends_with(' ') {
            Some("ends with a space, which no name in MySQL and MariaDB does")
        } else if name.chars().any(|character| u32::from(character) > 0xffff) {
            Some("has a character beyond U+FFFF, which no name in MySQL and MariaDB has")
        } else {
            None
        }
    },
    keeps: types::keeps,
    type_of: types::type_of,
    is_indexable: |sql_type| !sql_type.ends_with("text") && !sql_type.ends_with("blob"),
    is_loose: |collation| !collation.ends_with("_bin") && collation != "binary",
    exact_collation: "CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin",
    redefine: |table, column, sql_type, nullable| {
        let open = if nullable { "NULL" } else { "NOT NULL" };
        Some(format!("ALTER TABLE {table} MODIFY {column} {sql_type} {open}"))
    },
    literal: |text| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''")),
    key_lock: KeyLock::Serializable,
    replication: Some(Replication {
        position: "SELECT @@GLOBAL.gtid_executed",
        reached: "SELECT IF(GTID_SUBSET(?, @@GLOBAL.gtid_executed), 'true', 'false')",
    }),
    now: "CURRENT_TIMESTAMP(3)",
    advance_counter: |_, _| None,
    table_suffix: |_| " ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin ROW_FORMAT = DYNAMIC",
    indexes_inside: true,
    adds_foreign_keys: true,
    can_point: |from, to| from.sql_type == to.sql_type && from.collation == to.collation,
    exact_tables: false,
    defines_atomically: false,
};

/// What MariaDB does its own way.
pub static MARIADB: Dialect = Dialect {
    name: "mariadb",
    quote: '`',
    quote_defined: '`',
    parameter: MYSQL.parameter,
    insert_returning: true,
    update_returning: false,
    delete_returning: true,
    delete_limit: MYSQL.delete_limit,
    lock_rows: MYSQL.lock_rows,
    upsert: Upsert::OnDuplicateKey,
    together: Together::Lists,
    hasty: Some("SET STATEMENT innodb_lock_wait_timeout = 0 FOR "),
    column: |kind| match kind {
        ColumnType::Key => {
            ("varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin", Storage::Text)
        }
        kind => column(kind),
    },
    named: |name| match name {
        TypeName::Uuid => "uuid",
        name => named(name),
    },
    serial: MYSQL.serial,
    made_id: |name| match name {
        TypeName::Uuid | TypeName::Text => Some("(uuid())"),
        _ => None,
    },
    bytes: MYSQL.bytes,
    json: MYSQL.json,
    impossible_name: MYSQL.impossible_name,
    keeps: MYSQL.keeps,
    type_of: MYSQL.type_of,
    is_indexable: MYSQL.is_indexable,
    is_loose: MYSQL.is_loose,
    exact_collation: "CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
    redefine: MYSQL.redefine,
    literal: MYSQL.literal,
    key_lock: MYSQL.key_lock,
    replication: Some(Replication {
        position: "SELECT @@GLOBAL.gtid_binlog_pos",
        reached: "SELECT IF(MASTER_GTID_WAIT(?, 0) = 0, 'true', 'false')",
    }),
    now: MYSQL.now,
    advance_counter: MYSQL.advance_counter,
    table_suffix: MYSQL.table_suffix,
    indexes_inside: true,
    adds_foreign_keys: true,
    can_point: MYSQL.can_point,
    exact_tables: MYSQL.exact_tables,
    defines_atomically: false,
};

/// The type of a column. Keys have a collation that compares trailing spaces too, as `utf8mb4_bin`
/// does not: deleting the account "7 " would delete the account "7". Each of the two has its own.
fn column(kind: ColumnType) -> (&'static str, Storage) {
    match kind {
        ColumnType::Key | ColumnType::Text => {
            ("mediumtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", Storage::Text)
        }
        // 1023 bytes in base64 fit into the 3072 bytes of a key only where a character is a byte.
        ColumnType::CredentialId => ("varbinary(1400)", Storage::Text),
        ColumnType::Integer => ("bigint", Storage::Integer),
        ColumnType::Float => ("double", Storage::Float),
        ColumnType::Json => ("json", Storage::Json),
        ColumnType::Boolean => ("boolean", Storage::Boolean),
        ColumnType::Date => ("datetime(3)", Storage::Date),
    }
}

/// The type of a column that the options name.
fn named(name: TypeName) -> &'static str {
    match name {
        TypeName::Text => column(ColumnType::Text).0,
        TypeName::Uuid => "char(36) CHARACTER SET ascii COLLATE ascii_bin",
        TypeName::Binary => "binary(16)",
        TypeName::Integer => "int",
        TypeName::Bigint | TypeName::BigintString | TypeName::Seconds | TypeName::Milliseconds => {
            "bigint"
        }
        TypeName::Float => "double",
        TypeName::Boolean => "boolean",
        TypeName::Json => "json",
        TypeName::Day => "date",
        TypeName::Datetime => "datetime(3)",
        TypeName::DatetimeToSecond => "datetime(0)",
        TypeName::Timestamp => "timestamp(3) NULL",
        TypeName::IsoText | TypeName::DatetimeText | TypeName::MillisecondsText => {
            "varchar(40) CHARACTER SET ascii COLLATE ascii_bin"
        }
    }
}

/// MariaDB in a Galera cluster: a node never ends its answer to a statement with RETURNING that another
/// node's change has undone.
pub static GALERA: Dialect = Dialect {
    name: MARIADB.name,
    quote: MARIADB.quote,
    quote_defined: MARIADB.quote_defined,
    parameter: MARIADB.parameter,
    insert_returning: false,
    update_returning: false,
    delete_returning: false,
    delete_limit: MYSQL.delete_limit,
    lock_rows: MARIADB.lock_rows,
    upsert: MARIADB.upsert,
    together: MARIADB.together,
    hasty: None,
    column: MARIADB.column,
    named: MARIADB.named,
    serial: MARIADB.serial,
    // Without RETURNING it would not say which it made.
    made_id: |_| None,
    bytes: MARIADB.bytes,
    json: MARIADB.json,
    impossible_name: MARIADB.impossible_name,
    keeps: MYSQL.keeps,
    type_of: MYSQL.type_of,
    is_indexable: MYSQL.is_indexable,
    is_loose: MYSQL.is_loose,
    exact_collation: "CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
    redefine: MYSQL.redefine,
    literal: MARIADB.literal,
    key_lock: MARIADB.key_lock,
    replication: MARIADB.replication,
    now: MARIADB.now,
    advance_counter: MARIADB.advance_counter,
    table_suffix: MARIADB.table_suffix,
    indexes_inside: MARIADB.indexes_inside,
    adds_foreign_keys: true,
    can_point: MYSQL.can_point,
    exact_tables: MYSQL.exact_tables,
    defines_atomically: MARIADB.defines_atomically,
};

/// What every session is told: values that do not fit are refused, whatever the server's default,
/// and names are quoted the same way everywhere; dates are in UTC. Locking reads take no gap locks, in
/// which callers that look for the same missing row would deadlock; there is no variable for that whose
/// name all servers know.
const SESSION: [&str; 2] = [
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', \
     time_zone = '+00:00', NAMES utf8mb4",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
];

/// A MySQL or MariaDB server.
#[derive(Debug)]
pub struct MySql {
    dialect: &'static Dialect,
    pool: Pool<Hosts<MySqlConnector>>,
    /// Whether another server may take the writes that one refuses.
    several: bool,
    /// How long a call may take.
    limit: Duration,
    /// The name of the lock of who changes tables, which is one for all databases of a server.
    lock: String,
}

/// Makes connections.
#[derive(Clone)]
pub struct MySqlConnector {
    options: MySqlConnectOptions,
    place: String,
}

impl fmt::Debug for MySqlConnector {
    /// The driver's options hold the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

impl hosts::Host for MySqlConnector {
    fn takes_writes<'a>(
        &'a self,
        connection: &'a mut MySqlConnection,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async {
            // Not the session's own: who may do anything writes to a replica, too. Aurora's readers have the
            // other one.
            let answer = sqlx::query_scalar::<_, i64>(
                "SELECT @@GLOBAL.read_only OR @@GLOBAL.innodb_read_only",
            );
            let read_only = answer.fetch_one(&mut *connection).await;
            let read_only = read_only.map_err(|error| error::of_question(&error))?;
            Ok(read_only == 0 && !is_cut_off(connection).await?)
        })
    }
}

impl Connector for MySqlConnector {
    type Connection = MySqlConnection;

    fn connect(&self) -> BoxFuture<'_, Result<MySqlConnection>> {
        Box::pin(async {
            let attempt = ConnectOptions::connect(&self.options);
            let mut connection = server::connect::<Server>(&self.place, attempt).await?;
            for statement in SESSION {
                let told = exec::command::<Server>(&mut connection, statement).await;
                told.map_err(|error| error.with_effect(Effect::None))?;
            }
            Ok(connection)
        })
    }

    fn is_alive<'a>(&'a self, connection: &'a mut MySqlConnection) -> Option<BoxFuture<'a, bool>> {
        Some(server::is_alive(connection))
    }

    fn close(&self, connection: MySqlConnection) -> BoxFuture<'_, ()> {
        server::close(connection)
    }
}

impl MySql {
    /// Opens a server's database: one connection is made, which tells what kind of server it is.
    ///
    /// # Errors
    /// `ERR_CONNECT` says what is in the way.
    pub async fn open(source: &ServerSource, options: &Options, bounds: Bounds) -> Result<Self> {
        let connector = |source: &ServerSource| MySqlConnector {
            options: connect_options(source),
            place: server::place(source),
        };
        let hosts = source.each().iter().map(connector).collect();
        let hosts = Hosts::new(hosts, source.writable, bounds.connect_timeout);
        let several = hosts.are_several();
        let pool = Pool::new(hosts, bounds);
        let limit = options.retry.max_time.duration();
        let mut lease = pool.acquire().await?;
        let dialect = server::within(limit, Box::pin(dialect(lease.connection()?))).await;
        let dialect = lease.finish(dialect)?;
        let lock = migration::lock_name(source.database.as_deref().unwrap_or_default());
        Ok(MySql { dialect, pool, several, limit, lock })
    }

    async fn run_work(&self, work: &Work) -> Result<Outcome> {
        let mut lease = self.pool.acquire().await?;
        let run = self.run_guarded(lease.connection()?, work);
        let result = server::within(self.limit, Box::pin(run)).await;
        server::elsewhere(lease.finish(result), self.several)
            .map_err(|error| error.of_database(self.dialect.name))
    }
}

const COLUMNS: &str = "SELECT '{kind}' AS kind, CAST(table_name AS CHAR) AS owner, \
    CAST(column_name AS CHAR) AS name, CAST(ordinal_position AS CHAR) AS position, \
    CAST(data_type AS CHAR) AS type, CAST(character_maximum_length AS CHAR) AS length, \
    CAST(is_nullable AS CHAR) AS open, \
    CASE WHEN column_default IS NULL AND extra NOT LIKE '%auto_increment%' \
    AND extra NOT LIKE '%generated%' THEN 'NO' ELSE 'YES' END AS filled, \
    CAST(collation_name AS CHAR) AS collation FROM information_schema.columns \
    WHERE table_schema = COALESCE({schema}, DATABASE()) AND table_name = {table}";

/// A unique index of the beginnings of texts refuses more than texts that are alike: it is not taken for one.
const INDEXES: &str = "SELECT '{kind}' AS kind, CAST(table_name AS CHAR) AS owner, \
    CAST(index_name AS CHAR) AS name, CAST(seq_in_index AS CHAR) AS position, \
    CAST(column_name AS CHAR) AS type, NULL AS length, \
    CASE WHEN non_unique = 0 AND sub_part IS NULL THEN 'YES' ELSE 'NO' END AS open, \
    NULL AS filled, NULL AS collation FROM information_schema.statistics \
    WHERE table_schema = COALESCE({schema}, DATABASE()) AND table_name = {table}";

const FOREIGN_KEYS: &str = "SELECT '{kind}' AS kind, CAST(table_name AS CHAR) AS owner, \
    CAST(constraint_name AS CHAR) AS name, CAST(ordinal_position AS CHAR) AS position, \
    CAST(column_name AS CHAR) AS type, CAST(referenced_table_name AS CHAR) AS length, \
    CAST(referenced_column_name AS CHAR) AS open, NULL AS filled, NULL AS collation \
    FROM information_schema.key_column_usage \
    WHERE table_schema = COALESCE({schema}, DATABASE()) AND table_name = {table} \
    AND referenced_table_schema = table_schema";

const CATALOG: Catalog = Catalog { columns: COLUMNS, indexes: INDEXES, foreign_keys: FOREIGN_KEYS };

impl MySql {
    /// Runs work; what needs a serializable transaction where the server has none, under a lock that keeps
    /// whatever else needs one out.
    async fn run_guarded(&self, connection: &mut MySqlConnection, work: &Work) -> Result<Outcome> {
        let error = match run_in_step(self.dialect, connection, work).await {
            Err(error) if work.serializable && error::has_no_serializable(&error) => error,
            result => return result,
        };
        let name = format!("{} keys", self.lock);
        let lock = migration::lock(connection, &name, self.limit).await?;
        match lock {
            Lock::Held => {}
            Lock::Taken => return Err(error.with_effect(Effect::Conflict)),
            Lock::None => return Err(error.with_effect(Effect::Final)),
        }
        let plain = Work { serializable: false, ..work.clone() };
        let result = run_in_step(self.dialect, connection, &plain).await;
        migration::unlock(connection, &name, lock, result).await
    }
}

impl Engine for MySql {
    fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    fn run<'a>(&'a self, work: &'a Work) -> BoxFuture<'a, Result<Outcome>> {
        Box::pin(self.run_work(work))
    }

    fn define<'a>(&'a self, statements: &'a [String]) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.define_all(statements))
    }

    fn migrate<'a>(
        &'a self,
        tables: &'a [Table],
        planner: Arc<Planner>,
    ) -> BoxFuture<'a, Result<Vec<Change>>> {
        Box::pin(self.migrate_all(tables, planner))
    }

    fn inspect<'a>(
        &'a self,
        tables: &'a [Table],
        extent: Extent,
    ) -> BoxFuture<'a, Result<Vec<LiveTable>>> {
        Box::pin(server::inspect(self, &CATALOG, tables, extent))
    }

    fn state(&self) -> PoolState {
        self.pool.state()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.pool.close())
    }
}

/// Runs work. What a node of a cluster refuses that is cut off from the others, another node, or the same one
/// later, may do.
async fn run_in_step(
    dialect: &Dialect,
    connection: &mut MySqlConnection,
    work: &Work,
) -> Result<Outcome> {
    let result = exec::run::<Server>(connection, work, Mode::Direct).await;
    match result {
        Err(error) if error::may_be_cut_off(&error) && std::ptr::eq(dialect, &GALERA) => {
            Err(if is_cut_off(connection).await.unwrap_or(false) {
                error::cut_off(&error)
            } else {
                error::of_galera(error)
            })
        }
        result => result,
    }
}

/// Whether it is a node of a Galera cluster without the others, or one that does not follow them yet.
async fn is_cut_off(connection: &mut MySqlConnection) -> Result<bool> {
    // Such a node answers both, too. A server without a cluster is not ready for one either.
    Ok(shown(connection, "SHOW GLOBAL VARIABLES LIKE 'wsrep_on'").await?.as_deref() == Some("ON")
        && shown(connection, "SHOW GLOBAL STATUS LIKE 'wsrep_ready'").await?.as_deref()
            == Some("OFF"))
}

/// The value of a variable, or of a state, that a server may not have.
async fn shown(connection: &mut MySqlConnection, sql: &'static str) -> Result<Option<String>> {
    let row = sqlx::raw_sql(sql).fetch_optional(connection).await;
    let row = row.map_err(|error| error::from_sqlx(&error))?;
    Ok(row.and_then(|row| row.try_get(1).ok()))
}

/// What kind of server it is, by what it says of itself.
async fn dialect(connection: &mut MySqlConnection) -> Result<&'static Dialect> {
    // One flight each, as they are not prepared.
    let mut ask = async |sql: &'static str| -> sqlx::Result<Option<String>> {
        let row = sqlx::raw_sql(sql).fetch_optional(&mut *connection).await?;
        row.map(|row| row.try_get(0)).transpose()
    };
    let version = ask("SELECT VERSION()").await.map_err(|error| error::of_question(&error))?;
    if !version.is_some_and(|version| version.to_lowercase().contains("mariadb")) {
        return Ok(&MYSQL);
    }
    let cluster = ask(WSREP_ON).await.map_err(|error| error::of_question(&error))?;
    Ok(if cluster.as_deref() == Some("ON") { &GALERA } else { &MARIADB })
}

const WSREP_ON: &str = "SELECT variable_value FROM information_schema.global_variables \
    WHERE variable_name = 'WSREP_ON'";

fn connect_options(source: &ServerSource) -> MySqlConnectOptions {
    let mut options = MySqlConnectOptions::new()
        .port(source.port)
        .username(source.user.as_deref().unwrap_or_default())
        .charset("utf8mb4")
        // What a session is told is in SESSION, without another flight for these.
        .timezone(None)
        .set_names(false)
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .ssl_mode(match source.tls.mode {
            Some(TlsMode::Disable) => MySqlSslMode::Disabled,
            Some(TlsMode::Allow | TlsMode::Prefer) | None => MySqlSslMode::Preferred,
            Some(TlsMode::Require) => MySqlSslMode::Required,
            Some(TlsMode::VerifyCa) => MySqlSslMode::VerifyCa,
            Some(TlsMode::VerifyFull) => MySqlSslMode::VerifyIdentity,
        })
        .disable_statement_logging();
    if let Some(password) = &source.password {
        options = options.password(password.expose());
    }
    if let Some(database) = &source.database {
        options = options.database(database);
    }
    options = match &source.host {
        Host::Tcp(host) => options.host(host),
        Host::Socket(path) => options.socket(path),
    };
    options = match &source.tls.ca {
        Some(Pem::File(path)) => options.ssl_ca(path),
        Some(Pem::Inline(pem)) => options.ssl_ca_from_pem(pem.expose().as_bytes().to_vec()),
        None => options,
    };
    options = match &source.tls.certificate {
        Some(Pem::File(path)) => options.ssl_client_cert(path),
        Some(Pem::Inline(pem)) => options.ssl_client_cert_from_pem(pem.expose()),
        None => options,
    };
    match &source.tls.key {
        Some(Pem::File(path)) => options.ssl_client_key(path),
        Some(Pem::Inline(pem)) => options.ssl_client_key_from_pem(pem.expose()),
        None => options,
    }
}

impl Driver for Server {
    const PREPARES_BEFORE: bool = true;
    const SERIALIZABLE: Option<&'static str> = Some("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE");

    fn begin(_writes: bool) -> &'static str {
        "BEGIN"
    }

    fn bind(arguments: &mut MySqlArguments, value: &Value, storage: Storage) -> Result<()> {
        let unstorable = || Error::unstorable(MYSQL.name, value.describe(), storage);
        let bound = match storage.encode(value).ok_or_else(unstorable)? {
            Wire::Null(Native::Text | Native::AnyText | Native::Uuid) => {
                arguments.add(None::<&str>)
            }
            Wire::Null(Native::Integer) => arguments.add(None::<i64>),
            Wire::Null(Native::Float) => arguments.add(None::<f64>),
            Wire::Null(Native::Boolean) => arguments.add(None::<bool>),
            Wire::Null(Native::Time | Native::PlainTime) => {
                arguments.add(None::<PrimitiveDateTime>)
            }
            Wire::Null(Native::Bytes) => arguments.add(None::<&[u8]>),
            Wire::Text(text) => arguments.add(&*text),
            Wire::Integer(number) => arguments.add(number),
            Wire::Float(number) => arguments.add(number),
            Wire::Boolean(value) => arguments.add(value),
            Wire::Time(time) | Wire::PlainTime(time) => {
                let time: OffsetDateTime = super::date(time)?;
                if time.year() < 0 {
                    return Err(super::beyond_years());
                }
                arguments.add(PrimitiveDateTime::new(time.date(), time.time()))
            }
            // MariaDB's own type takes and gives text.
            Wire::Uuid(bytes) => arguments.add(super::storage::uuid_text(bytes)),
            Wire::Bytes(bytes) => arguments.add(bytes),
        };
        bound.map_err(|_| unstorable())
    }

    fn read(row: &MySqlRow, index: usize, column: &OutputColumn) -> Result<Value> {
        let value = row.try_get_raw(index).map_err(|error| error::from_sqlx(&error))?;
        if value.is_null() {
            return Ok(Value::Null);
        }
        let held = row.column(index).type_info().name();
        let wire = match held {
            "BOOLEAN" | "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" | "YEAR" => {
                <i64 as Decode<Server>>::decode(value).map(Wire::Integer)
            }
            // As signed ones, the upper half would come as negative numbers.
            "TINYINT UNSIGNED" | "SMALLINT UNSIGNED" | "MEDIUMINT UNSIGNED" | "INT UNSIGNED"
            | "BIGINT UNSIGNED" => <u64 as Decode<Server>>::decode(value).map(|number| {
                i64::try_from(number)
                    .map_or_else(|_| Wire::Text(number.to_string().into()), Wire::Integer)
            }),
            "BIT" => <u64 as Decode<Server>>::decode(value).map(|bits| Wire::Boolean(bits != 0)),
            "FLOAT" => {
                <f32 as Decode<Server>>::decode(value).map(|number| Wire::Float(widened(number)))
            }
            "DOUBLE" => <f64 as Decode<Server>>::decode(value).map(Wire::Float),
            "DATETIME" | "TIMESTAMP" => <PrimitiveDateTime as Decode<Server>>::decode(value)
                .map(|time| Wire::Time(super::milliseconds(time.assume_utc()))),
            "DATE" => {
                <Date as Decode<Server>>::decode(value).map(|date| Wire::Text(day(date).into()))
            }
            // Text, numbers of any length, and bytes, in which there is text of ours too.
            _ => <&[u8] as Decode<Server>>::decode(value).map(|bytes| Wire::Bytes(bytes.into())),
        };
        let misread = || Error::misread(MYSQL.name, &column.name, held, column.storage);
        let wire = match wire.map_err(|_| misread())? {
            Wire::Bytes(bytes) if column.storage != Storage::UuidBytes => {
                Wire::Text(String::from_utf8(bytes).map_err(|_| misread())?.into())
            }
            wire => wire,
        };
        column.storage.decode(wire).ok_or_else(misread)
    }

    fn error(error: &sqlx::Error) -> Error {
        error::from_sqlx(error)
    }

    fn affected(result: &MySqlQueryResult) -> u64 {
        result.rows_affected()
    }
}
