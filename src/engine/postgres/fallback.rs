//! What some servers lack that speak PostgreSQL's protocol, and what does instead. A server is taken to
//! have it until it says that it has not.

use crate::engine::{Change, Statement, Step, Work};
use crate::error::{Effect, Error, Result};
use std::sync::Arc;

/// Locks a key, a text, until the transaction ends. CockroachDB and YugabyteDB had no such locks for
/// long.
pub const KEY_LOCK: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";

/// What does instead: of two transactions that would insert the same, one is undone.
const SERIALIZABLE: &str = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE";

/// The collation of the columns that are keys. CockroachDB refuses it for columns; it compares all text
/// byte by byte, unless a column is told otherwise.
const COLLATION: &str = " COLLATE \"C\"";

fn code(error: &Error) -> Option<&str> {
    error.cause().and_then(|cause| cause.code.as_deref())
}

/// Whether work was refused because the server has no locks for keys: no such function, or one that is
/// not supported.
pub fn tells_of_no_key_lock(error: &Error, work: &Work) -> bool {
    tells_of_no_lock(error) && work.steps.iter().any(locks_key)
}

/// The same of a statement that does nothing but lock.
pub fn tells_of_no_lock(error: &Error) -> bool {
    matches!(code(error), Some("42883" | "0A000"))
}

fn locks_key(step: &Step) -> bool {
    &*step.statement.sql == KEY_LOCK
}

/// The work in a serializable transaction instead of with locks for keys; nothing, if it takes none.
pub fn without_key_lock(work: &Work) -> Option<Work> {
    if !work.steps.iter().any(locks_key) {
        return None;
    }
    let serializable = Arc::new(Statement {
        sql: SERIALIZABLE.into(),
        parameters: Vec::new(),
        columns: Vec::new(),
        arrays: false,
    });
    let steps = work.steps.iter().map(|step| {
        if locks_key(step) {
            // The locks come first, so this comes before anything is read; twice is as good as once.
            Step { statement: Arc::clone(&serializable), values: Vec::new() }
        } else {
            step.clone()
        }
    });
    Some(Work { steps: steps.collect(), ..work.clone() })
}

/// What comes before an insert that several calls share: it waits for no row that somebody has locked.
pub const HASTY: &str =
    "WITH patience AS MATERIALIZED (SELECT set_config('lock_timeout', '20ms', true)) ";

/// Says of a shared insert that was refused for what a server lacks that its calls may do it alone, as
/// after a lock.
pub fn alone<T>(result: Result<T>, work: &Work) -> Result<T> {
    result.map_err(|error| match work.steps.as_slice() {
        [step]
            if step.statement.sql.starts_with(HASTY)
                && matches!(
                    code(&error),
                    Some("42883" | "42501" | "42601" | "42704" | "22023" | "0A000")
                ) =>
        {
            error.with_effect(Effect::Conflict)
        }
        _ => error,
    })
}

/// Whether statements may have been refused for a column's collation.
pub fn tells_of_no_collation(error: &Error) -> bool {
    matches!(code(error), Some("22023" | "42601" | "42704" | "0A000"))
}

/// The statements without the collation of columns; nothing, if they name none.
pub fn without_collation(statements: &[String]) -> Option<Vec<String>> {
    // A quote within a name is doubled, so that no name looks like this.
    let plain: Vec<String> =
        statements.iter().map(|statement| statement.replace(COLLATION, "")).collect();
    (plain != statements).then_some(plain)
}

/// Changes without the collation of columns.
pub fn uncollated(mut changes: Vec<Change>) -> Vec<Change> {
    for change in &mut changes {
        change.statement = change.statement.replace(COLLATION, "");
        change.note = change.note.take().map(|note| note.replace(COLLATION, ""));
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_collation() {
        let named = [r#"CREATE TABLE " COLLATE ""C""" (a text)"#.to_owned()];
        assert_eq!(without_collation(&named), None);
        let collated = [r#"CREATE TABLE t (a text COLLATE "C" NOT NULL)"#.to_owned()];
        assert_eq!(
            without_collation(&collated),
            Some(vec!["CREATE TABLE t (a text NOT NULL)".to_owned()])
        );
    }
}
