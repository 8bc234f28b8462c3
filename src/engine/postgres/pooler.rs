//! Is there a transaction pooler between here and the server? It must be known before the first
//! statement is prepared: sqlx prepares and executes in two flights, and a pooler may give each to
//! another server connection, where another client's statement waits under the same name.

use super::PgConnector;
use super::error::from_sqlx;
use crate::engine::exec;
use crate::engine::pool::Connector as _;
use crate::error::Result;
use sqlx::{AssertSqlSafe, Decode, PgConnection, Postgres, Row};

/// Asks two connections for the server process behind them, in the simple protocol, one flight each,
/// which is safe everywhere. Without a pooler each has one process of its own. With one, a process
/// turns up behind both, or two behind one, since each is held for a transaction only: they take
/// turns in both orders, one held in BEGIN.
///
/// # Errors
/// `ERR_CONNECT`.
pub async fn probe(connector: &PgConnector, first: &mut PgConnection) -> Result<bool> {
    let mut second = connector.connect().await?;
    let [a, b] = [&mut *first, &mut second];
    let mut seen = [vec![process(a).await?], Vec::new()];
    let [of_a, of_b] = &mut seen;
    exec::command::<Postgres>(b, "BEGIN").await?;
    of_b.push(process(b).await?);
    of_a.push(process(a).await?);
    exec::command::<Postgres>(b, "COMMIT").await?;
    of_b.push(process(b).await?);
    exec::command::<Postgres>(a, "BEGIN").await?;
    of_a.push(process(a).await?);
    of_b.push(process(b).await?);
    exec::command::<Postgres>(a, "COMMIT").await?;
    let one = |processes: &[String]| processes.windows(2).all(|pair| pair.first() == pair.last());
    Ok(!(one(of_a) && one(of_b)) || of_a.first() == of_b.first())
}

async fn process(connection: &mut PgConnection) -> Result<String> {
    let sql = AssertSqlSafe("SELECT pg_backend_pid()");
    let row = sqlx::raw_sql(sql).fetch_one(connection).await.map_err(|error| from_sqlx(&error))?;
    let value = row.try_get_raw(0).map_err(|error| from_sqlx(&error))?;
    // The simple protocol answers in text.
    <String as Decode<Postgres>>::decode(value)
        .map_err(|_| crate::error::Error::internal("pg_backend_pid() gave no text"))
}
