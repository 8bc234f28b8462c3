//! What SQLite's result codes mean: <https://sqlite.org/rescode.html>.

use crate::error::{Cause, Code, Effect, Error};

const ERROR: i32 = 1;
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READONLY: i32 = 8;
const INTERRUPT: i32 = 9;
const IOERR: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const TOOBIG: i32 = 18;
const CONSTRAINT: i32 = 19;
const AUTH: i32 = 23;
const NOTADB: i32 = 26;

const CONSTRAINT_FOREIGNKEY: i32 = CONSTRAINT | (3 << 8);
const CONSTRAINT_NOTNULL: i32 = CONSTRAINT | (5 << 8);
const CONSTRAINT_PRIMARYKEY: i32 = CONSTRAINT | (6 << 8);
const CONSTRAINT_UNIQUE: i32 = CONSTRAINT | (8 << 8);
const CONSTRAINT_ROWID: i32 = CONSTRAINT | (10 << 8);

/// Gives a driver's error its meaning. SQLite's own text is not passed on, but for the names in a
/// constraint's.
pub fn from_rusqlite(error: rusqlite::Error) -> Error {
    match error {
        rusqlite::Error::SqliteFailure(error, message) => {
            from_code(error.extended_code, message.as_deref().unwrap_or_default())
        }
        rusqlite::Error::SqlInputError { error, .. } => from_code(error.extended_code, ""),
        _ => Error::internal("the SQLite driver refused a statement"),
    }
}

/// Whether a statement was given up, as its time was over or another connection was in the way.
pub fn interrupted(error: &Error) -> bool {
    let code = error.cause().and_then(|cause| cause.code.as_deref());
    matches!(code, Some("SQLITE_INTERRUPT" | "SQLITE_BUSY" | "SQLITE_LOCKED"))
}

fn from_code(code: i32, message: &str) -> Error {
    let (kind, text, effect) = match (code & 0xff, code) {
        (BUSY | LOCKED, _) => (
            Code::Timeout,
            "the database is locked by another connection (option \"sqlite.busyTimeout\")",
            Effect::Conflict,
        ),
        (READONLY, _) => (
            Code::ReadOnly,
            "the database file, or the folder that SQLite keeps its log in, may only be read",
            Effect::Final,
        ),
        (FULL, _) => (
            Code::Database,
            "the disk that holds the database is full; nothing was changed",
            Effect::Final,
        ),
        (CORRUPT, _) => (
            Code::Database,
            "the database file is damaged; restore it from a backup, or see https://sqlite.org/recovery.html",
            Effect::Final,
        ),
        (NOTADB, _) => (Code::Connect, "the file is not a SQLite database", Effect::Final),
        (CANTOPEN, _) => (Code::Connect, "the database file cannot be opened", Effect::Final),
        (AUTH, _) => (Code::Database, "access to the database was denied", Effect::Final),
        (IOERR, _) => {
            (Code::Database, "reading or writing the database file failed", Effect::Final)
        }
        (TOOBIG, _) => (
            Code::InvalidArgument,
            "a value is larger than SQLite stores (about 1 GB)",
            Effect::Final,
        ),
        (_, CONSTRAINT_UNIQUE | CONSTRAINT_PRIMARYKEY | CONSTRAINT_ROWID) => {
            (Code::Unique, "a row with the same key exists", Effect::Final)
        }
        (_, CONSTRAINT_FOREIGNKEY) => {
            (Code::ForeignKey, "the row that it points to does not exist", Effect::Final)
        }
        (_, CONSTRAINT_NOTNULL) => (Code::Schema, "a required column got no value", Effect::Final),
        (ERROR, _) => {
            (Code::Schema, "the tables are not as the adapter's schema says", Effect::Final)
        }
        _ => (Code::Database, "SQLite failed", Effect::Final),
    };
    let (table, constraint) = constraint(code, message);
    Error::new(kind, text).with_effect(effect).with_cause(Cause {
        database: super::DIALECT.name,
        code: Some(name(code)),
        table,
        constraint,
    })
}

/// The table and the columns in "UNIQUE constraint failed: accounts.provider, accounts.…": names,
/// never values. It is information for the reader; nothing is decided by it.
fn constraint(code: i32, message: &str) -> (Option<String>, Option<String>) {
    if code & 0xff != CONSTRAINT {
        return (None, None);
    }
    let Some((_, columns)) = message.split_once("constraint failed: ") else {
        return (None, None);
    };
    let table = columns.split_once('.').map(|(table, _)| table.to_owned());
    (table, Some(columns.to_owned()))
}

/// The name that SQLite's documentation gives a result code.
fn name(code: i32) -> String {
    let name = match (code & 0xff, code) {
        (_, CONSTRAINT_UNIQUE) => "SQLITE_CONSTRAINT_UNIQUE",
        (_, CONSTRAINT_PRIMARYKEY) => "SQLITE_CONSTRAINT_PRIMARYKEY",
        (_, CONSTRAINT_FOREIGNKEY) => "SQLITE_CONSTRAINT_FOREIGNKEY",
        (_, CONSTRAINT_NOTNULL) => "SQLITE_CONSTRAINT_NOTNULL",
        (ERROR, _) => "SQLITE_ERROR",
        (BUSY, _) => "SQLITE_BUSY",
        (LOCKED, _) => "SQLITE_LOCKED",
        (READONLY, _) => "SQLITE_READONLY",
        (INTERRUPT, _) => "SQLITE_INTERRUPT",
        (IOERR, _) => "SQLITE_IOERR",
        (CORRUPT, _) => "SQLITE_CORRUPT",
        (FULL, _) => "SQLITE_FULL",
        (CANTOPEN, _) => "SQLITE_CANTOPEN",
        (TOOBIG, _) => "SQLITE_TOOBIG",
        (CONSTRAINT, _) => "SQLITE_CONSTRAINT",
        (AUTH, _) => "SQLITE_AUTH",
        (NOTADB, _) => "SQLITE_NOTADB",
        _ => return format!("SQLITE_{code}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constraint_names_its_table_and_columns() {
        let error = from_code(CONSTRAINT_UNIQUE, "UNIQUE constraint failed: users.email");
        assert_eq!(error.code(), Code::Unique);
        let cause = error.cause();
        assert_eq!(cause.and_then(|cause| cause.table.as_deref()), Some("users"));
        assert_eq!(cause.and_then(|cause| cause.constraint.as_deref()), Some("users.email"));
    }

    #[test]
    fn only_a_lock_is_worth_another_try() {
        assert_eq!(from_code(BUSY | (2 << 8), "").effect(), Effect::Conflict);
        for code in [READONLY, FULL, CORRUPT, CONSTRAINT_UNIQUE, ERROR] {
            assert_eq!(from_code(code, "").effect(), Effect::Final, "{code}");
        }
    }
}
