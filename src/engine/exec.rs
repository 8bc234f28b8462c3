//! Work on a connection, the same for every database that sqlx drives.

use super::{Outcome, OutputColumn, Statement, Step, Storage, Work};
use crate::error::{Effect, Error, Result};
use crate::value::Value;
use futures_util::TryStreamExt as _;
use sqlx::database::HasStatementCache;
use sqlx::{AssertSqlSafe, Database, Either, Executor, IntoArguments, SqlSafeStr as _, SqlStr};
use std::sync::Arc;

/// What a database's driver does its own way.
pub trait Driver: Database + HasStatementCache {
    /// Whether the statements of a transaction are prepared before it begins: a Galera node says
    /// nothing to a PREPARE in a transaction that another node has undone, and later statements would
    /// run outside of it.
    const PREPARES_BEFORE: bool = false;

    /// What makes the transaction that begins next a serializable one.
    const SERIALIZABLE: Option<&'static str> = None;

    /// The statement that begins a transaction.
    fn begin(writes: bool) -> &'static str;

    /// Adds a value to a statement's arguments.
    fn bind(arguments: &mut Self::Arguments, value: &Value, storage: Storage) -> Result<()>;

    /// Adds an array to a statement's arguments.
    fn bind_array(
        _arguments: &mut Self::Arguments,
        values: &[Value],
        storage: Storage,
    ) -> Result<()> {
        let held = values.first().map_or("nothing", Value::describe);
        Err(Error::unstorable(Self::NAME, held, storage))
    }

    /// Reads a value from a row.
    fn read(row: &Self::Row, index: usize, column: &OutputColumn) -> Result<Value>;

    /// Gives an error its meaning.
    fn error(error: &sqlx::Error) -> Error;

    /// Gives the refusal of a connection its meaning: nothing has been sent then.
    fn refusal(error: &sqlx::Error) -> Error {
        Self::error(error)
    }

    /// How many rows a statement changed.
    fn affected(result: &Self::QueryResult) -> u64;
}

/// How statements are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Prepared once for a connection, and kept there; single ones without a transaction.
    Direct,
    /// Through a transaction pooler: every call in a transaction, which holds one server connection,
    /// and nothing kept there. sqlx prepares and executes in two flights, so that without a
    /// transaction another client's statement could run in place of this one.
    Pooled,
}

/// Runs work. After an error the connection has no transaction open, or the error's effect says that
/// its state is unknown.
pub async fn run<D>(connection: &mut D::Connection, work: &Work, mode: Mode) -> Result<Outcome>
where
    D: Driver,
    D::Arguments: IntoArguments<D>,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    if let ([step], Mode::Direct, false) = (work.steps.as_slice(), mode, work.serializable) {
        return run_step::<D>(connection, step, mode).await;
    }
    if D::PREPARES_BEFORE && mode == Mode::Direct {
        for step in &work.steps {
            let sql = AssertSqlSafe(Arc::clone(&step.statement.sql)).into_sql_str();
            // Kept by the connection, so that this costs a flight the first time only.
            connection
                .prepare(sql)
                .await
                .map_err(|error| D::error(&error))
                .map_err(undone_if_lost)?;
        }
    }
    if let (Some(serializable), true) = (D::SERIALIZABLE, work.serializable) {
        command::<D>(connection, serializable).await.map_err(undone)?;
    }
    command::<D>(connection, D::begin(work.writes)).await.map_err(undone)?;
    let result = run_steps::<D>(connection, work, mode).await.map_err(undone_if_lost);
    end::<D, _>(connection, result).await
}

/// Ends a transaction: with COMMIT if all went well. Whatever fails, none stays open: a transaction
/// left open would swallow the next caller's writes.
pub async fn end<D, T>(connection: &mut D::Connection, result: Result<T>) -> Result<T>
where
    D: Driver,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    let result = match result {
        Ok(value) => command::<D>(connection, "COMMIT").await.map(|()| value),
        Err(error) => Err(error),
    };
    let Err(error) = result else { return result };
    match command::<D>(connection, "ROLLBACK").await {
        Ok(()) => Err(error),
        // What a COMMIT has done whose answer was lost stays unknown.
        Err(_) if error.effect() == Effect::Unknown => Err(error),
        Err(_) => Err(undone(error)),
    }
}

/// A connection that is lost before COMMIT has been sent has changed nothing.
fn undone_if_lost(error: Error) -> Error {
    if error.effect() == Effect::Unknown { error.with_effect(Effect::None) } else { error }
}

/// Nothing has been changed, and the connection is of no use any more.
fn undone(error: Error) -> Error {
    match error.effect() {
        Effect::Foreign => error,
        _ => error.with_effect(Effect::None),
    }
}

/// Runs the statements of a work, one after the other, in the transaction that is open.
pub async fn run_steps<D>(
    connection: &mut D::Connection,
    work: &Work,
    mode: Mode,
) -> Result<Outcome>
where
    D: Driver,
    D::Arguments: IntoArguments<D>,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    let (mut answer, mut is_none) = (Outcome::default(), false);
    for (index, step) in work.steps.iter().enumerate() {
        if is_none && work.is_later(index) {
            continue;
        }
        let outcome = run_step::<D>(connection, step, mode).await?;
        is_none |= work.is_earlier(index) && outcome.is_nothing();
        if work.confirm == Some(index) && outcome.affected == 0 {
            // What was read before is not what was changed then.
            answer.rows.clear();
        }
        if index == work.answer {
            answer = outcome;
        }
    }
    Ok(answer)
}

async fn run_step<D>(connection: &mut D::Connection, step: &Step, mode: Mode) -> Result<Outcome>
where
    D: Driver,
    D::Arguments: IntoArguments<D>,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    let statement: &Statement = &step.statement;
    let mut arguments = D::Arguments::default();
    if statement.arrays {
        let length = step.values.len() / statement.parameters.len().max(1);
        let arrays = step.values.chunks(length.max(1));
        for (values, storage) in arrays.zip(&statement.parameters) {
            D::bind_array(&mut arguments, values, *storage)?;
        }
    } else {
        for (value, storage) in step.values.iter().zip(&statement.parameters) {
            D::bind(&mut arguments, value, *storage)?;
        }
    }
    let sql = AssertSqlSafe(Arc::clone(&statement.sql));
    let query = sqlx::query_with::<D, _>(sql, arguments).persistent(mode == Mode::Direct);
    let mut outcome = Outcome::default();
    let mut results = connection.fetch_many(query);
    // To the end, not to the first row: only then has a statement with RETURNING been finished.
    while let Some(result) = results.try_next().await.map_err(|error| D::error(&error))? {
        match result {
            Either::Left(done) => outcome.affected += D::affected(&done),
            Either::Right(row) => {
                let columns = statement.columns.iter().enumerate();
                let values = columns.map(|(index, column)| D::read(&row, index, column));
                outcome.rows.push(values.collect::<Result<_>>()?);
            }
        }
    }
    Ok(outcome)
}

/// Runs a statement without values, in the simple protocol.
pub async fn command<D>(connection: &mut D::Connection, sql: &'static str) -> Result<()>
where
    D: Driver,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    connection.execute(SqlStr::from_static(sql)).await.map(drop).map_err(|error| D::error(&error))
}
