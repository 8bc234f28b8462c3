//! What can go wrong, in the words of JavaScript's callers: a stable code, a message that says what
//! to do, and what the database said as far as it holds no values.

use std::fmt;

/// The stable code of an [`Error`]. `docs/errors.md` has a section for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// An option is unknown, ill-typed or impossible.
    Config,
    /// The database cannot be opened or reached.
    Connect,
    /// A wait reached its limit.
    Timeout,
    /// More calls wait than may.
    Overloaded,
    /// The connection was lost after a write had been sent: it may have happened.
    OutcomeUnknown,
    /// A write met a database that takes none.
    ReadOnly,
    /// A row with the same unique key exists.
    Unique,
    /// The row that this one points to does not exist.
    ForeignKey,
    /// The row to change does not exist.
    NotFound,
    /// The tables are missing, or not as this adapter's schema says.
    Schema,
    /// A call came without the scope that the adapter is bound to.
    Scope,
    /// An argument is missing or of the wrong type.
    InvalidArgument,
    /// A stored ciphertext does not open with the keys given.
    Decrypt,
    /// The database or its tables cannot do what was asked.
    Unsupported,
    /// The adapter has been closed.
    Closed,
    /// The database failed in another way; `cause.code` is its own code.
    Database,
    /// A defect of this package.
    Internal,
}

impl Code {
    /// Every code, in the order of the documentation.
    pub const ALL: [Code; 17] = [
        Code::Config,
        Code::Connect,
        Code::Timeout,
        Code::Overloaded,
        Code::OutcomeUnknown,
        Code::ReadOnly,
        Code::Unique,
        Code::ForeignKey,
        Code::NotFound,
        Code::Schema,
        Code::Scope,
        Code::InvalidArgument,
        Code::Decrypt,
        Code::Unsupported,
        Code::Closed,
        Code::Database,
        Code::Internal,
    ];

    /// The code as JavaScript sees it.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::Config => "ERR_CONFIG",
            Code::Connect => "ERR_CONNECT",
            Code::Timeout => "ERR_TIMEOUT",
            Code::Overloaded => "ERR_OVERLOADED",
            Code::OutcomeUnknown => "ERR_OUTCOME_UNKNOWN",
            Code::ReadOnly => "ERR_READ_ONLY",
            Code::Unique => "ERR_UNIQUE",
            Code::ForeignKey => "ERR_FOREIGN_KEY",
            Code::NotFound => "ERR_NOT_FOUND",
            Code::Schema => "ERR_SCHEMA",
            Code::Scope => "ERR_SCOPE",
            Code::InvalidArgument => "ERR_INVALID_ARGUMENT",
            Code::Decrypt => "ERR_DECRYPT",
            Code::Unsupported => "ERR_UNSUPPORTED",
            Code::Closed => "ERR_CLOSED",
            Code::Database => "ERR_DATABASE",
            Code::Internal => "ERR_INTERNAL",
        }
    }
}

/// What is known of a failed statement's effect, which decides who may repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effect {
    /// Repeating gives the same error.
    #[default]
    Final,
    /// Nothing happened, as another transaction was in the way: it works the next time, or the one
    /// after that. The connection is as good as before.
    Conflict,
    /// Nothing happened, and it may work the next time on another connection.
    None,
    /// The connection was lost: it may have happened.
    Unknown,
    /// Another client's statement may have run instead: only a read is worth another try.
    Foreign,
}

/// What the database said, without the values its messages quote.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cause {
    /// `"sqlite"`, `"postgres"`, `"mysql"` or `"mariadb"`.
    pub database: &'static str,
    /// The database's own code, such as `"SQLITE_FULL"`, `"23505"` or `"1062"`.
    pub code: Option<String>,
    /// The table concerned.
    pub table: Option<String>,
    /// The constraint, or the columns of it, concerned.
    pub constraint: Option<String>,
}

/// An error on its way to JavaScript.
#[derive(Debug, Clone)]
pub struct Error(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    code: Code,
    message: String,
    operation: Option<&'static str>,
    cause: Option<Cause>,
    effect: Effect,
}

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of this code. The message must not hold a value, a token or a password.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Error(Box::new(Parts {
            code,
            message: message.into(),
            operation: None,
            cause: None,
            effect: Effect::Final,
        }))
    }

    /// [`Code::InvalidArgument`].
    pub fn invalid_argument(message: impl Into<String>) -> Self {
        Error::new(Code::InvalidArgument, message)
    }

    /// [`Code::Config`].
    pub fn config(message: impl Into<String>) -> Self {
        Error::new(Code::Config, message)
    }

    /// [`Code::Internal`]: what should never be seen.
    pub fn internal(message: impl Into<String>) -> Self {
        Error::new(Code::Internal, message)
    }

    /// A value that reached an engine in a form that its column does not take: the schema floor
    /// should have refused it.
    pub fn unstorable(database: &str, value: &str, storage: impl fmt::Debug) -> Self {
        Error::internal(format!("{value} cannot be stored as {storage:?} in {database}"))
    }

    /// A row holds what its column should not: the tables are not as the schema says.
    pub fn misread(
        database: &'static str,
        column: &str,
        held: &str,
        storage: impl fmt::Debug,
    ) -> Self {
        let message = format!("column {column} holds {held} where {storage:?} was expected");
        Error::new(Code::Schema, message).with_cause(Cause { database, ..Cause::default() })
    }

    /// [`Code::Closed`].
    pub fn closed() -> Self {
        Error::new(Code::Closed, "this adapter has been closed; make a new one with SqlxAdapter(…)")
    }

    /// Adds what the database said.
    #[must_use]
    pub fn with_cause(mut self, cause: Cause) -> Self {
        self.0.cause = Some(cause);
        self
    }

    /// Says which database the cause came from, where one driver serves two.
    #[must_use]
    pub fn of_database(mut self, database: &'static str) -> Self {
        if let Some(cause) = &mut self.0.cause {
            cause.database = database;
        }
        self
    }

    /// Names the table concerned, where the database said something but not that.
    #[must_use]
    pub fn of_table(mut self, table: &str) -> Self {
        if let Some(cause) = &mut self.0.cause {
            cause.table.get_or_insert_with(|| table.to_owned());
        }
        self
    }

    /// Says what is known of the effect.
    #[must_use]
    pub fn with_effect(mut self, effect: Effect) -> Self {
        self.0.effect = effect;
        self
    }

    /// Replaces the message by one that knows what the call was about.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// Replaces the code.
    #[must_use]
    pub fn with_code(mut self, code: Code) -> Self {
        self.0.code = code;
        self
    }

    /// Names the operation that failed, unless one nearer to the cause is named already.
    #[must_use]
    pub fn in_operation(mut self, operation: &'static str) -> Self {
        self.0.operation.get_or_insert(operation);
        self
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What happened and what to do, without the operation.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The JavaScript name of the function that failed.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// What the database said.
    pub fn cause(&self) -> Option<&Cause> {
        self.0.cause.as_ref()
    }

    /// Whether the database itself said it, by a code of its own.
    pub fn is_of_database(&self) -> bool {
        self.0.cause.as_ref().is_some_and(|cause| cause.code.is_some())
    }

    /// What is known of the effect.
    pub fn effect(&self) -> Effect {
        self.0.effect
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.0.operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_listed_in_the_public_types() {
        let types = include_str!("../index.d.ts");
        for code in Code::ALL {
            let quoted = format!("\"{}\"", code.as_str());
            assert_eq!(types.matches(&format!("  | {quoted}\n")).count(), 1, "{quoted}");
        }
    }

    #[test]
    fn the_first_operation_named_stays() {
        let error = Error::closed().in_operation("getUser").in_operation("other");
        assert_eq!(error.operation(), Some("getUser"));
        assert!(error.to_string().starts_with("getUser: this adapter"));
    }
}
