//! Is there a transaction pooler between here and the server? It must be known before the first
//! statement is prepared: sqlx prepares and executes in two flights, and a pooler may give each to
//! another server connection, where another client's statement waits under the same name.
//!
//! Two signs, both asked for in the simple protocol, one flight each, which is safe everywhere.

use super::PgConnector;
use super::error::from_sqlx;
use crate::engine::exec;
use crate::engine::pool::Connector as _;
use crate::error::{Error, Result};
use sqlx::{AssertSqlSafe, Decode, PgConnection, Postgres, Row, ValueRef};
use std::time::Duration;
use tokio::time::timeout;

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

/// The second sign, for poolers that pass settings on: two connections are asked for the server
/// process behind them. Without a pooler each has one process of its own. With one, a process turns
/// up behind both, or two behind one, since each is held for a transaction only: they take turns in
/// both orders, one held in BEGIN.
///
/// # Errors
/// `ERR_CONNECT`.
pub async fn probe(connector: &PgConnector, first: &mut PgConnection) -> Result<bool> {
    let mut second = match connector.connect().await {
        // The role may have one connection only; the first sign stands alone then.
        Err(error) if error.cause().and_then(|cause| cause.code.as_deref()) == Some("53300") => {
            return Ok(false);
        }
        second => second?,
    };
    let [a, b] = [&mut *first, &mut second];
    let mut seen = [vec![process(a).await?], Vec::new()];
    let [of_a, of_b] = &mut seen;
    exec::command::<Postgres>(b, "BEGIN").await?;
    of_b.push(process(b).await?);
    let Ok(answer) = timeout(PATIENCE, process(a)).await else {
        return Ok(true);
    };
    of_a.push(answer?);
    exec::command::<Postgres>(b, "COMMIT").await?;
    of_b.push(process(b).await?);
    exec::command::<Postgres>(a, "BEGIN").await?;
    of_a.push(process(a).await?);
    let Ok(answer) = timeout(PATIENCE, process(b)).await else {
        return Ok(true);
    };
    of_b.push(answer?);
    exec::command::<Postgres>(a, "COMMIT").await?;
    let one =
        |processes: &[Option<String>]| processes.windows(2).all(|pair| pair.first() == pair.last());
    Ok(!(one(of_a) && one(of_b)) || of_a.first() == of_b.first())
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
