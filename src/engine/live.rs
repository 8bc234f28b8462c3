//! Tables as they are in the live database.

/// A table as it is in the live database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveTable {
    /// The name that it was asked for by.
    pub name: String,
    /// Whether the database writes its name so, too: it may ignore the case of letters.
    pub is_exact: bool,
    /// Its columns.
    pub columns: Vec<LiveColumn>,
    /// Its indexes, that of its primary key among them.
    pub indexes: Vec<LiveIndex>,
    /// Its foreign keys to tables of the same database schema; nothing where they were not asked for, or
    /// the database did not tell.
    pub foreign_keys: Option<Vec<LiveForeignKey>>,
}

/// A column as it is in the live database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveColumn {
    /// Its name.
    pub name: String,
    /// What the database calls its type, without a length.
    pub sql_type: String,
    /// The characters that it takes at most, if there is a limit.
    pub longest: Option<u64>,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether the database gives it a value if an insert does not.
    pub filled: bool,
    /// How its text is compared, if that is not left to the database.
    pub collation: Option<String>,
}

/// An index as it is in the live database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveIndex {
    /// Its name.
    pub name: String,
    /// Its columns' names, in order. An empty one stands for what is of no use to find a row by: an
    /// expression, or a column of an index of only some of the rows.
    pub columns: Vec<String>,
    /// Whether no two rows may be alike in these columns.
    pub unique: bool,
}

/// A foreign key as it is in the live database. What it does when the row that it points to is deleted
/// is not looked at: whatever that is, no row points to one that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveForeignKey {
    /// Its name.
    pub name: String,
    /// The table that it points to.
    pub table: String,
    /// Its columns' names, each with that of the column which it points to.
    pub columns: Vec<(String, String)>,
}

/// How much of live tables is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Their columns and indexes, which is what statements depend on.
    Columns,
    /// Their foreign keys, too.
    ForeignKeys,
}

impl LiveForeignKey {
    /// Whether these columns point to those, and are all that it has but for such as `aside` says.
    pub fn points(&self, from: &str, to: &str, aside: impl Fn(&str, &str) -> bool) -> bool {
        let is_it = |mine: &str, theirs: &str| same(mine, from) && same(theirs, to);
        self.columns.iter().any(|(mine, theirs)| is_it(mine, theirs))
            && self.columns.iter().all(|(mine, theirs)| is_it(mine, theirs) || aside(mine, theirs))
    }
}

impl LiveTable {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&LiveColumn> {
        self.columns.iter().find(|column| same(&column.name, name))
    }

    /// Whether there is an index of this name.
    pub fn has_index(&self, name: &str) -> bool {
        self.indexes.iter().any(|index| same(&index.name, name))
    }

    /// Whether an index finds rows by these columns.
    pub fn is_indexed_by(&self, columns: &[&str]) -> bool {
        self.indexes.iter().any(|index| {
            index.columns.len() >= columns.len()
                && index.columns.iter().zip(columns).all(|(have, want)| same(have, want))
        })
    }

    /// Whether there is a unique key of exactly these columns, in whatever order.
    pub fn has_key(&self, columns: &[&str]) -> bool {
        self.indexes.iter().any(|index| {
            index.unique
                && index.columns.len() == columns.len()
                && columns.iter().all(|want| index.columns.iter().any(|have| same(have, want)))
        })
    }

    /// Whether no two rows may be alike in these columns.
    pub fn is_unique_in(&self, columns: &[&str]) -> bool {
        self.indexes.iter().any(|index| {
            index.unique
                && index.columns.iter().all(|have| columns.iter().any(|want| same(have, want)))
        })
    }
}

/// Whether two names are one. A server may keep names in another case than it was told.
fn same(have: &str, want: &str) -> bool {
    have.eq_ignore_ascii_case(want)
}
