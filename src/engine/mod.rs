//! What every database has in common: statements in, rows out, errors with a meaning. Each database
//! is one file here; what they differ in is named in [`Dialect`].

mod exec;
mod hosts;
pub mod landing;
mod live;
mod mysql;
mod pool;
mod postgres;
mod registry;
mod server;
mod sqlite;
mod storage;

pub use live::{Extent, LiveColumn, LiveForeignKey, LiveIndex, LiveTable};
pub use pool::PoolState;
pub use registry::Shared;
pub use storage::{Native, Storage, Wire, integer};

use crate::error::{Error, Result};
use crate::options::{Options, ServerKind, Source, TypeName};
use crate::value::Value;
use pool::Bounds;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use time::OffsetDateTime;

/// A future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a column of our own schema is for, from which each database derives its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Text of at most 255 characters that rows are found by, compared byte by byte.
    Key,
    /// A passkey's credential id: base64 of up to 1023 bytes, compared byte by byte.
    /// <https://www.w3.org/TR/webauthn-3/#credential-id>
    CredentialId,
    /// Text of any length.
    Text,
    /// A 64-bit integer.
    Integer,
    /// A double-precision number.
    Float,
    /// A truth value.
    Boolean,
    /// A point in time to the millisecond.
    Date,
    /// Any value of JSON.
    Json,
}

/// How an adapter keeps two rows from having the same key in a table that has no unique key for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyLock {
    /// Whoever writes has the only lock there is.
    Writer,
    /// A statement that takes a text for the key and locks it until the transaction ends.
    Statement(&'static str),
    /// The transaction is serializable: of two that would insert the same, one is undone.
    Serializable,
}

/// How an INSERT that meets a row with the same key changes that row instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upsert {
    /// `ON CONFLICT (key) DO UPDATE`.
    OnConflict,
    /// `ON DUPLICATE KEY UPDATE`.
    OnDuplicateKey,
}

/// How a server says how far its changes have come.
#[derive(Debug, Clone, Copy)]
pub struct Replication {
    /// What selects the primary's position, as a text; an empty one, or null, where it keeps none.
    pub position: &'static str,
    /// What selects whether a replica has reached a position: the text "true" or "false"; null where it
    /// follows nobody.
    pub reached: &'static str,
}

/// How calls of the same kind that arrive together become one statement.
#[derive(Debug, Clone, Copy)]
pub enum Together {
    /// They do not: this database gains nothing by it.
    No,
    /// A parameter is an array of all calls' values, of this type.
    Arrays(fn(Storage) -> Option<&'static str>),
    /// Each call has parameters of its own, so that there is a statement for each number of calls.
    Lists,
}

/// What databases differ in.
#[derive(Debug)]
pub struct Dialect {
    /// The name in errors: `"sqlite"`.
    pub name: &'static str,
    /// What identifiers are quoted with; doubled inside.
    pub quote: char,
    /// What they are quoted with where a table is defined: other programs read that text, as far as the
    /// database keeps it, and look for names in standard SQL's quotes.
    pub quote_defined: char,
    /// The n-th parameter, from 1.
    pub parameter: fn(usize) -> String,
    /// Whether `INSERT … RETURNING` gives back what it wrote.
    pub insert_returning: bool,
    /// Whether `UPDATE … RETURNING` does.
    pub update_returning: bool,
    /// Whether `DELETE … RETURNING` gives back what it deleted.
    pub delete_returning: bool,
    /// Whether a DELETE takes a LIMIT.
    pub delete_limit: bool,
    /// What locks the rows that a SELECT finds until the transaction ends.
    pub lock_rows: &'static str,
    /// How an INSERT becomes an UPDATE.
    pub upsert: Upsert,
    /// How calls of one kind share a statement.
    pub together: Together,
    /// What begins an INSERT of several calls' rows, so that it gives up rather than wait for a row
    /// that somebody has locked: `None`, they do not share one, as one call would hold up the others.
    /// With arrays it defines a table "patience" of one row.
    pub hasty: Option<&'static str>,
    /// The type of a column, and how it keeps its values.
    pub column: fn(ColumnType) -> (&'static str, Storage),
    /// The type of a column that the options name.
    pub named: fn(TypeName) -> &'static str,
    /// The type of an integer that counts up by itself.
    pub serial: &'static str,
    /// A default that makes an id of its own, for a column of this type; none where the database
    /// would not say which it made.
    pub made_id: fn(TypeName) -> Option<&'static str>,
    /// What text is compared as, so that it is equal to the byte.
    pub bytes: fn(&str) -> String,
    /// What is written around a parameter of JSON.
    pub json: fn(&str) -> String,
    /// Why a table or a column cannot have this name, if it cannot.
    pub impossible_name: fn(&str) -> Option<&'static str>,
    /// Whether a live column whose type has this name keeps what a storage writes.
    pub keeps: fn(&str, Storage) -> bool,
    /// What the options call the type of a live column whose type has this name.
    pub type_of: fn(&str) -> TypeName,
    /// Whether a live column whose type has this name can be indexed as a whole.
    pub is_indexable: fn(&str) -> bool,
    /// Whether text of this collation is compared without regard to case, accents or the like.
    pub is_loose: fn(&str) -> bool,
    /// What follows the type of a text that is compared byte by byte.
    pub exact_collation: &'static str,
    /// What gives a column of a table (both quoted) another definition (type, and whether it may be
    /// null), if the database can.
    pub redefine: fn(table: &str, column: &str, sql_type: &str, nullable: bool) -> Option<String>,
    /// A text as a literal, which is only ever part of a definition.
    pub literal: fn(&str) -> String,
    /// How a key is kept unique without a unique key.
    pub key_lock: KeyLock,
    /// How its servers say how far they are; nothing where there are no replicas.
    pub replication: Option<Replication>,
    /// An expression for the current time as a column's default.
    pub now: &'static str,
    /// What brings the counter of a column (its table quoted, its name not) up to the largest value
    /// there, if a row that is given a number leaves the counter behind.
    pub advance_counter: fn(table: &str, column: &str) -> Option<String>,
    /// What follows `CREATE TABLE … (…)`.
    pub table_suffix: fn(Layout) -> &'static str,
    /// Whether indexes are part of `CREATE TABLE`, as `CREATE INDEX IF NOT EXISTS` is unknown.
    pub indexes_inside: bool,
    /// Whether a table that is there can be given a foreign key.
    pub adds_foreign_keys: bool,
    /// Whether a foreign key may go from a live column to another, as far as their types say.
    pub can_point: fn(&LiveColumn, &LiveColumn) -> bool,
    /// Whether a table whose name differs in case alone is another table, on every server.
    pub exact_tables: bool,
    /// Whether statements that define tables take effect together or not at all.
    pub defines_atomically: bool,
}

/// How a table that is created keeps its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One after the other.
    ByRow,
    /// In the tree of the key, as small rows that are found by it alone.
    ByKey,
    /// As the other program would have created it, whose types the columns have.
    Theirs,
}

impl Dialect {
    /// Quotes an identifier.
    pub fn quote(&self, name: &str) -> String {
        quoted(name, self.quote)
    }

    /// Quotes the identifier of what a table's definition defines.
    pub fn quote_defined(&self, name: &str) -> String {
        quoted(name, self.quote_defined)
    }

    /// Quotes a table's name.
    pub fn quote_table(&self, table: &Table) -> String {
        match &table.schema {
            Some(schema) => format!("{}.{}", self.quote(schema), self.quote(&table.name)),
            None => self.quote(&table.name),
        }
    }
}

/// The one place where a name becomes SQL.
fn quoted(name: &str, quote: char) -> String {
    let mut quoted = String::with_capacity(name.len() + 2);
    quoted.push(quote);
    for character in name.chars() {
        if character == quote {
            quoted.push(character);
        }
        quoted.push(character);
    }
    quoted.push(quote);
    quoted
}

/// Every database that there is a dialect of, those first that are told apart by their URL.
pub static DIALECTS: [&Dialect; 4] =
    [&sqlite::DIALECT, &postgres::DIALECT, &mysql::MYSQL, &mysql::MARIADB];

/// The dialect of a place, as far as it is known before it has been asked.
pub fn dialect_of(source: &Source) -> &'static Dialect {
    match source {
        Source::Sqlite(_) => &sqlite::DIALECT,
        Source::Server(place) => match place.kind {
            ServerKind::Postgres => &postgres::DIALECT,
            ServerKind::MySql => &mysql::MARIADB,
        },
    }
}

/// A column that a statement returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputColumn {
    /// Its name, for errors.
    pub name: Arc<str>,
    /// How it is read.
    pub storage: Storage,
}

/// A statement, composed once per adapter.
#[derive(Debug)]
pub struct Statement {
    /// The text, every identifier quoted, every value a parameter.
    pub sql: Arc<str>,
    /// How each parameter is bound.
    pub parameters: Vec<Storage>,
    /// What a row holds.
    pub columns: Vec<OutputColumn>,
    /// Whether each parameter is an array: the values of a step are then those of the first, those of
    /// the second, and so on.
    pub arrays: bool,
}

/// A statement with its values.
#[derive(Debug, Clone)]
pub struct Step {
    /// The statement.
    pub statement: Arc<Statement>,
    /// One value per parameter.
    pub values: Vec<Value>,
}

/// Whether work may be done again after a connection was lost half-way, when it may have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Repeat {
    /// Twice is not the same as once.
    Never,
    /// As long as it finds what it looks for. If not, that may be its own doing: a row that it
    /// deletes is gone, and `null` would say that there had been none.
    WhileFound,
    /// Twice is the same as once.
    Always,
}

/// Statements that take effect together or not at all: more than one share a transaction.
#[derive(Debug, Clone)]
pub struct Work {
    /// Whether anything is changed.
    pub writes: bool,
    /// Whether it may be done again.
    pub repeat: Repeat,
    /// The statements, in order.
    pub steps: Vec<Step>,
    /// Which of them answers.
    pub answer: usize,
    /// One, before or after it, that changes the answer's row: if it changes none, the answer has none.
    pub confirm: Option<usize>,
    /// Whether the transaction is serializable.
    pub serializable: bool,
}

impl Work {
    /// Whether a step is the later of the two that belong together. It is left out when the earlier has met
    /// nothing: where nothing was found, a change would be that of a row that has come since, and
    /// nobody would be given it; where nothing was changed, what is found is another's row.
    pub fn is_later(&self, step: usize) -> bool {
        self.confirm.is_some_and(|confirm| step == confirm.max(self.answer))
    }

    /// Whether a step is the earlier of the two that belong together.
    pub fn is_earlier(&self, step: usize) -> bool {
        self.confirm.is_some_and(|confirm| step == confirm.min(self.answer))
    }
}

/// What an operation runs, composed once per adapter.
#[derive(Debug)]
pub struct Plan {
    /// The statements, each with the positions of its values among those of a call.
    pub steps: Vec<(Arc<Statement>, Vec<usize>)>,
    /// Where the answer's rows come from.
    pub answer: Answer,
    /// A step, before or after it, that changes the answer's row: if it changes none, the answer has none.
    pub confirm: Option<usize>,
    /// Whether anything is changed.
    pub writes: bool,
    /// Whether it may be done again.
    pub repeat: Repeat,
    /// Whether two of them never have the same effect as none: see [`KeyLock::Serializable`].
    pub serializable: bool,
    /// Whether nothing inserted means that the key is taken, or its user missing.
    pub guarded: bool,
    /// Why it cannot be run: the schema lacks something.
    pub unsupported: Option<Error>,
    /// How several calls share a statement.
    pub many: Option<Many>,
}

/// How several calls of a plan share a statement.
#[derive(Debug)]
pub struct Many {
    /// By how many calls each takes. A statement whose parameters are arrays takes any number.
    pub statements: Vec<(usize, Arc<Statement>)>,
    /// The columns of a row that tell whose it is, each with the position of the value that it equals
    /// among those of a call.
    pub key: Vec<(usize, usize)>,
}

/// Where an answer comes from.
#[derive(Debug)]
pub enum Answer {
    /// The rows of a step.
    Rows(usize),
    /// The values of the call at these positions: what was written is what was given.
    Given(Vec<usize>),
}

impl Plan {
    /// One statement that takes a call's values in order and answers.
    pub fn single(statement: Statement, writes: bool, repeat: Repeat) -> Self {
        let arguments = (0..statement.parameters.len()).collect();
        Plan { steps: vec![(Arc::new(statement), arguments)], ..Plan::empty(writes, repeat) }
    }

    /// No statement, of which the first will answer.
    pub fn empty(writes: bool, repeat: Repeat) -> Self {
        Plan {
            steps: Vec::new(),
            answer: Answer::Rows(0),
            confirm: None,
            writes,
            repeat,
            serializable: false,
            guarded: false,
            unsupported: None,
            many: None,
        }
    }

    /// One statement that changes nothing.
    pub fn read(statement: Statement) -> Self {
        Plan::single(statement, false, Repeat::Always)
    }

    /// The work of one call.
    pub fn work(&self, values: &[Value]) -> Work {
        let pick = |positions: &[usize]| {
            positions.iter().filter_map(|position| values.get(*position).cloned()).collect()
        };
        let steps = self.steps.iter().map(|(statement, arguments)| Step {
            statement: Arc::clone(statement),
            values: pick(arguments),
        });
        Work {
            writes: self.writes,
            repeat: self.repeat,
            steps: steps.collect(),
            answer: match self.answer {
                Answer::Rows(step) => step,
                Answer::Given(_) => 0,
            },
            confirm: self.confirm,
            serializable: self.serializable,
        }
    }

    /// The outcome for the caller: the rows of the step that answers, or what was given.
    pub fn outcome(&self, values: &[Value], outcome: Outcome) -> Outcome {
        match &self.answer {
            Answer::Rows(_) => outcome,
            Answer::Given(positions) => Outcome {
                rows: vec![
                    positions
                        .iter()
                        .filter_map(|position| values.get(*position).cloned())
                        .collect(),
                ],
                ..outcome
            },
        }
    }
}

/// What the statement of a [`Work`] that answers gave.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Its rows.
    pub rows: Vec<Vec<Value>>,
    /// How many rows it changed.
    pub affected: u64,
}

impl Outcome {
    /// Whether there was neither a row to give nor one to change.
    pub fn is_nothing(&self) -> bool {
        self.rows.is_empty() && self.affected == 0
    }
}

/// A table's name, qualified by a database schema if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The database schema.
    pub schema: Option<String>,
    /// The table.
    pub name: String,
}

/// A statement that defines a table or a part of one, and one that notes that it has been run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is run.
    pub statement: String,
    /// What is run after it.
    pub note: Option<String>,
}

impl Change {
    /// Its statements, in order.
    pub fn statements(&self) -> impl Iterator<Item = &str> {
        [Some(self.statement.as_str()), self.note.as_deref()].into_iter().flatten()
    }
}

/// Which changes tables need, by what they are like.
pub type Planner = dyn Fn(&[LiveTable]) -> Result<Vec<Change>> + Send + Sync;

/// One database and its connections.
pub trait Engine: fmt::Debug + Send + Sync {
    /// What this database does differently.
    fn dialect(&self) -> &'static Dialect;

    /// Runs a statement that only reads on the thread that asks, if it is certain that this takes no
    /// wait worth mentioning. `None`: it may take one; nothing else is known.
    fn read_at_once(&self, _statement: &Statement, _values: &[Value]) -> Option<Result<Outcome>> {
        None
    }

    /// Runs work once, without repeating anything.
    fn run<'a>(&'a self, work: &'a Work) -> BoxFuture<'a, Result<Outcome>>;

    /// Runs statements that define tables: together, where the database can. Other processes may be
    /// running the same.
    fn define<'a>(&'a self, statements: &'a [String]) -> BoxFuture<'a, Result<()>>;

    /// Looks at tables, and makes the changes that they need by what is seen then; gives those. Other
    /// processes that call this wait, as far as the database has a lock for that. How long the changes
    /// take has no limit: an index takes the longer the larger its table is.
    fn migrate<'a>(
        &'a self,
        tables: &'a [Table],
        planner: Arc<Planner>,
    ) -> BoxFuture<'a, Result<Vec<Change>>>;

    /// Looks at tables in the live database; those that are missing are left out.
    fn inspect<'a>(
        &'a self,
        tables: &'a [Table],
        extent: Extent,
    ) -> BoxFuture<'a, Result<Vec<LiveTable>>>;

    /// How its connections are doing.
    fn state(&self) -> PoolState;

    /// Closes every connection, after the work under way.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// Tells the application something that it should know: no values, no secrets.
pub type Notice = Arc<dyn Fn(String) + Send + Sync>;

/// Opens the database at a place. What the application should know is passed to `notice`.
///
/// # Errors
/// `ERR_CONNECT` says what is in the way.
pub async fn open(source: &Source, options: &Options, notice: Notice) -> Result<Arc<dyn Engine>> {
    let bounds = Bounds::from(options.pool_for(source));
    match source {
        Source::Sqlite(place) => {
            Ok(Arc::new(sqlite::Sqlite::open(place, options, bounds, &*notice).await?))
        }
        Source::Server(place) => {
            for name in &place.ignored {
                notice(format!(
                    "parameter \"{name}\" of the database's URL has no meaning here and is ignored"
                ));
            }
            match place.kind {
                ServerKind::Postgres => {
                    Ok(Arc::new(postgres::Postgres::open(place, options, bounds, notice).await?))
                }
                ServerKind::MySql => {
                    Ok(Arc::new(mysql::MySql::open(place, options, bounds).await?))
                }
            }
        }
    }
}

/// A point in time as the servers' drivers take it.
///
/// # Errors
/// `ERR_INVALID_ARGUMENT`: it is outside of the years -9999 to 9999.
fn date(time: i64) -> Result<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(time) * 1_000_000)
        .map_err(|_| beyond_years())
}

fn beyond_years() -> Error {
    Error::invalid_argument("a Date is outside of the years that the database can hold")
}

/// A point in time as the servers' drivers give it; parts of a millisecond are cut off.
fn milliseconds(time: OffsetDateTime) -> i64 {
    // The driver's years fit into milliseconds many times over.
    i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_doubles_the_quote_and_keeps_everything_else() {
        let quote = |name| postgres::DIALECT.quote(name);
        assert_eq!(quote("users"), "\"users\"");
        assert_eq!(quote("a\"b"), "\"a\"\"b\"");
        assert_eq!(quote("\"; DROP TABLE users; --"), "\"\"\"; DROP TABLE users; --\"");
        assert_eq!(quote("order by.ünï"), "\"order by.ünï\"");
        for dialect in [&sqlite::DIALECT, &mysql::MYSQL, &mysql::MARIADB] {
            assert_eq!(dialect.quote("a`b\"c"), "`a``b\"c`", "{}", dialect.name);
        }
    }

    #[test]
    fn times_beyond_what_the_servers_hold_are_refused() {
        assert_eq!(date(-1).map(milliseconds).ok(), Some(-1));
        assert!(date(253_402_300_799_999).is_ok(), "the last millisecond of 9999");
        assert!(date(crate::value::MAX_DATE).is_err());
    }
}
