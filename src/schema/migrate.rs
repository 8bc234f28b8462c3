//! What is missing, added by one process at a time.

use super::Schema;
use super::compare::{differences, repairs, tables};
use super::journal::noted;
use crate::engine::{Change, Dialect, Engine, LiveTable};
use crate::error::Result;
use std::sync::Arc;

/// The changes that add what is missing of a schema, as the tables are. `places`: the database schema that
/// they are in is created before.
///
/// # Errors
/// None in practice: a schema that was built has the columns that its keys name.
pub fn changes(
    dialect: &Dialect,
    schema: &Schema,
    live: &[LiveTable],
    places: bool,
) -> Result<Vec<Change>> {
    let statements = repairs(&differences(dialect, schema, live)?);
    if statements.is_empty() {
        return Ok(Vec::new());
    }
    let place = schema.user.table.schema.as_ref().filter(|_| places).map(|name| Change {
        statement: format!("CREATE SCHEMA IF NOT EXISTS {}", dialect.quote(name)),
        note: None,
    });
    Ok(place.into_iter().chain(noted(dialect, schema, &statements)?).collect())
}

/// Makes the changes that `planner` makes of a schema's tables; gives the statements that were noted.
///
/// # Errors
/// Those of the database. `ERR_TIMEOUT`: another process does the same and does not end.
pub async fn migrate(
    engine: &dyn Engine,
    schema: &Schema,
    planner: impl Fn(&[LiveTable]) -> Result<Vec<Change>> + Send + Sync + 'static,
) -> Result<Vec<String>> {
    let changes = engine.migrate(&tables(schema), Arc::new(planner)).await?;
    let noted = changes.into_iter().filter(|change| change.note.is_some());
    Ok(noted.map(|change| change.statement).collect())
}
