//! What PostgreSQL's error codes mean: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

use crate::engine::server;
use crate::error::{Cause, Code, Effect, Error};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

/// A prepared statement's name is taken already, or unknown: another client prepared it, or this one
/// did so on another server's connection. There is a transaction pooler in between.
const POOLER_SIGNS: [&str; 2] = ["42P05", "26000"];

/// Whether an error tells of a transaction pooler.
pub fn tells_of_pooler(error: &Error) -> bool {
    let code = error.cause().and_then(|cause| cause.code.as_deref());
    code.is_some_and(|code| POOLER_SIGNS.contains(&code))
}

/// Gives the refusal of a connection its meaning: nothing has been sent then.
pub fn refusal(error: &sqlx::Error) -> Error {
    let code = match error {
        sqlx::Error::Database(database) => database.code().unwrap_or_default(),
        _ => return from_sqlx(error),
    };
    let effect = match meaning(&code).2 {
        Effect::Unknown => Effect::None,
        effect => effect,
    };
    from_sqlx(error).with_effect(effect)
}

/// Gives a driver's error its meaning. PostgreSQL's own text is not passed on: it quotes values.
pub fn from_sqlx(error: &sqlx::Error) -> Error {
    let sqlx::Error::Database(database) = error else {
        return server::connection_error("postgres", error);
    };
    let code = database.code().unwrap_or_default();
    let (kind, text, mut effect) = meaning(&code);
    // After such an error the server, or a pooler before it, has closed the connection.
    let severity = database.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::severity);
    if matches!(severity, Some(PgSeverity::Fatal | PgSeverity::Panic)) && effect != Effect::None {
        effect = Effect::Unknown;
    }
    Error::new(kind, text).with_effect(effect).with_cause(Cause {
        database: "postgres",
        code: Some(code.into_owned()),
        table: database.table().map(str::to_owned),
        constraint: constraint(&**database),
    })
}

fn constraint(error: &dyn DatabaseError) -> Option<String> {
    let column = || error.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::column);
    error.constraint().or_else(column).map(str::to_owned)
}

fn meaning(code: &str) -> (Code, &'static str, Effect) {
    match code {
        "23505" => (Code::Unique, "a row with the same key exists", Effect::Final),
        "23503" => (Code::ForeignKey, "the row that it points to does not exist", Effect::Final),
        "23502" => (Code::Schema, "a required column got no value", Effect::Final),
        "22001" => {
            (Code::InvalidArgument, "a value is longer than its column takes", Effect::Final)
        }
        "22003" | "22007" | "22008" | "22021" | "22P05" => {
            (Code::InvalidArgument, "a value is not one that its column takes", Effect::Final)
        }
        // A number or a UUID was needed, and the tables are not as the schema says.
        "22P02" | "42804" | "42883" | "42P18" => (
            Code::Schema,
            "a column is of another type than the adapter's schema says",
            Effect::Final,
        ),
        "42P01" | "42703" | "3F000" | "42P10" => {
            (Code::Schema, "the tables are not as the adapter's schema says", Effect::Final)
        }
        "42501" => (
            Code::Database,
            "the database's user may not do this (GRANT it the right to use these tables)",
            Effect::Final,
        ),
        "25006" => (
            Code::ReadOnly,
            "the server takes no writes: it is a standby, or read-only",
            Effect::Final,
        ),
        "40001" | "40P01" => {
            (Code::Database, "another transaction was in the way", Effect::Conflict)
        }
        "55P03" | "57014" => {
            (Code::Timeout, "the database gave the statement up", Effect::Conflict)
        }
        "42P05" | "26000" => (
            Code::OutcomeUnknown,
            "there is a transaction pooler between here and the server (option pooler: true)",
            Effect::Foreign,
        ),
        // ALTER TABLE changed what a prepared statement gives; it was not run.
        "0A000" => (Code::Database, "the tables have just been changed", Effect::None),
        "40003" => (Code::Connect, "the server does not know what became of it", Effect::Unknown),
        "53300" => (
            Code::Connect,
            "the server has no connection left for this user (its max_connections, or option \"pool.max\")",
            Effect::None,
        ),
        "57P03" => (Code::Connect, "the server is starting up or shutting down", Effect::None),
        "53100" => (Code::Database, "the server's disk is full", Effect::Final),
        "28000" | "28P01" => (
            Code::Connect,
            "the server refused this user or password, or a connection without TLS",
            Effect::Final,
        ),
        "3D000" => (Code::Connect, "the database does not exist on this server", Effect::Final),
        // The server ends the connection; a statement under way was rolled back, or just done.
        "57P01" | "57P02" | "57P05" => {
            (Code::Connect, "the server ended the connection", Effect::Unknown)
        }
        code if code.starts_with("08") => {
            (Code::Connect, "the connection to the database was lost", Effect::Unknown)
        }
        _ => (Code::Database, "PostgreSQL failed", Effect::Final),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conflicts_may_be_tried_again_and_lost_connections_are_unknown() {
        assert_eq!(meaning("40001").2, Effect::Conflict);
        assert_eq!(meaning("40P01").2, Effect::Conflict);
        assert_eq!(meaning("57P01").2, Effect::Unknown);
        assert_eq!(meaning("08006").2, Effect::Unknown);
        assert_eq!(
            meaning("23505"),
            (Code::Unique, "a row with the same key exists", Effect::Final)
        );
    }
}
