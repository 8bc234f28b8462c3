//! SQL for whole tables: pages in the order of a key, look-ups of many keys, INSERTs of many rows.

use super::compose::Composer;
use super::{Column, Fill, Model};
use crate::engine::{Dialect, Native, OutputColumn, Statement, Storage, Table, Together};
use crate::error::{Error, Result};
use std::fmt::Write as _;
use std::sync::Arc;

/// By how many keys a look-up takes, where that is part of its text. Fewer are filled up with the
/// last one.
const LOOK_UPS: [usize; 2] = [16, 128];

/// By how many rows an INSERT takes.
const ROWS: [usize; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/// How many parameters a statement has at most: SQLite takes 32,766.
const PARAMETERS: usize = 16_000;

/// A way through a whole table, by pages.
#[derive(Debug)]
pub struct Scan {
    /// The columns that rows hold, every one of the model.
    pub columns: Vec<Column>,
    /// The positions among them of those that order the rows.
    pub key: Vec<usize>,
    /// The first page. Its value is how many rows it holds.
    pub first: Arc<Statement>,
    /// What follows a row, in order: the rows that share all but the last column of the key with it,
    /// then those that share one column less, and so on. Values: as many columns of the key as that
    /// needs, then how many rows. A database goes to the place in its index like that; for a
    /// comparison of the whole key MySQL would begin at the first row that shares the first column.
    pub after: Vec<Arc<Statement>>,
}

/// Look-ups of many keys at once.
#[derive(Debug)]
pub struct LookUp {
    /// The positions of the key's columns in a row.
    pub key: Vec<usize>,
    statements: Vec<(usize, Arc<Statement>)>,
}

impl LookUp {
    /// The statement for the first of `count` keys, and how many of them it takes.
    pub fn take(&self, count: usize) -> Option<(&Arc<Statement>, usize)> {
        let fitting = self.statements.iter().find(|(size, _)| *size >= count);
        let (size, statement) = fitting.or(self.statements.last())?;
        Some((statement, (*size).min(count)))
    }

    /// The values of a statement for these keys: by column where it takes arrays, else by key, the
    /// last one as often as needed.
    pub fn values<V: Clone>(statement: &Statement, keys: &[&[V]]) -> Vec<V> {
        let width = keys.first().map_or(0, |key| key.len());
        if statement.arrays {
            return (0..width)
                .flat_map(|column| keys.iter().filter_map(move |key| key.get(column).cloned()))
                .collect();
        }
        let times = statement.parameters.len().checked_div(width).unwrap_or(0);
        let last = keys.last().into_iter().cycle();
        keys.iter().chain(last).take(times).flat_map(|key| key.iter().cloned()).collect()
    }
}

/// INSERTs of many rows.
#[derive(Debug)]
pub struct Inserts(Vec<(usize, Arc<Statement>)>);

impl Inserts {
    /// The largest statement that takes no more than `count` rows, and how many it takes.
    pub fn take(&self, count: usize) -> Option<(&Arc<Statement>, usize)> {
        let fitting = self.0.iter().rev().find(|(size, _)| *size <= count);
        fitting.map(|(size, statement)| (statement, *size))
    }
}

impl Model {
    /// The columns that tell every row from every other, in the order of an index.
    fn distinguishing(&self) -> Vec<usize> {
        let position =
            |property: &str| self.columns.iter().position(|column| &*column.property == property);
        let unique = self.indexes.iter().filter(|index| index.unique);
        let keys = std::iter::once(&self.primary).chain(unique.map(|index| &index.properties));
        for key in keys.filter(|key| !key.is_empty()) {
            let positions: Option<Vec<usize>> =
                key.iter().map(|property| position(property)).collect();
            let all_there = |positions: &Vec<usize>| {
                let mut columns = positions.iter().filter_map(|index| self.columns.get(*index));
                columns.all(|column| !column.nullable)
            };
            if let Some(positions) = positions.filter(all_there) {
                return positions;
            }
        }
        self.key.iter().filter_map(|property| position(property)).collect()
    }

    /// The way through all rows.
    ///
    /// # Errors
    /// `ERR_UNSUPPORTED`: there is no such table.
    pub fn scan(&self, dialect: &Dialect) -> Result<Scan> {
        self.allow(false)?;
        let key = self.distinguishing();
        let ordering: Vec<&Column> =
            key.iter().filter_map(|index| self.columns.get(*index)).collect();
        let page = |depth: usize| {
            let mut composer = self.reading(dialect, &self.columns.iter().collect::<Vec<_>>());
            for (index, column) in ordering.iter().take(depth).enumerate() {
                composer.text(if index == 0 { " WHERE " } else { " AND " });
                composer.name(&column.name);
                composer.text(if index + 1 == depth { " > " } else { " = " });
                composer.parameter(column.storage);
            }
            composer.text(" ORDER BY ");
            composer.separated(&ordering, ", ", |this, column| this.name(&column.name));
            composer.text(" LIMIT ");
            composer.parameter(Storage::Integer);
            Arc::new(composer.finish(self.output_of(self.columns.iter())))
        };
        Ok(Scan {
            first: page(0),
            after: (1..=ordering.len()).rev().map(page).collect(),
            columns: self.columns.clone(),
            key,
        })
    }

    /// How many rows there are.
    pub fn count_rows(&self, dialect: &Dialect) -> Arc<Statement> {
        let mut composer = Composer::of_all_scopes(dialect);
        composer.text("SELECT COUNT(*) FROM ");
        composer.table(&self.table);
        Arc::new(composer.finish(vec![output(&self.table, "count", Storage::Integer)]))
    }

    /// The largest value of a property.
    ///
    /// # Errors
    /// `ERR_UNSUPPORTED`: there is no such column.
    pub fn largest(&self, dialect: &Dialect, property: &str) -> Result<Arc<Statement>> {
        let column = self.column(property)?;
        let mut composer = Composer::of_all_scopes(dialect);
        composer.text("SELECT MAX(");
        composer.name(&column.name);
        composer.text(") FROM ");
        composer.table(&self.table);
        Ok(Arc::new(composer.finish(vec![column.output(&self.table)])))
    }

    /// What brings the counter of a property up to its largest value, where explicit values leave it
    /// behind.
    ///
    /// # Errors
    /// `ERR_UNSUPPORTED`: there is no such column.
    pub fn advance(&self, dialect: &Dialect, property: &str) -> Result<Option<Arc<Statement>>> {
        let column = &self.column(property)?.name;
        let table = dialect.quote_table(&self.table);
        Ok((dialect.advance_counter)(&table, column).map(|sql| {
            Arc::new(Statement {
                sql: sql.into(),
                parameters: Vec::new(),
                columns: Vec::new(),
                arrays: false,
            })
        }))
    }

    /// Reads `columns` of the rows whose `key` is among many.
    ///
    /// # Errors
    /// `ERR_INTERNAL`: a column of the key is none of those.
    pub fn look_up(
        &self,
        dialect: &Dialect,
        key: &[&Column],
        columns: &[&Column],
    ) -> Result<LookUp> {
        let mut positions = Vec::new();
        for wanted in key {
            let shown = columns.iter().position(|column| column.property == wanted.property);
            positions.push(shown.ok_or_else(|| Error::internal("a look-up without its key"))?);
        }
        let output = || self.output_of(columns.iter().copied());
        let mut statements = Vec::new();
        if let Some(types) = array_types(dialect, key) {
            let mut composer = self.reading(dialect, columns);
            composer.text(" JOIN unnest(");
            composer.separated(key.iter().zip(types), ", ", |this, (column, name)| {
                this.parameter(column.storage);
                let _ = write!(this.sql, "::{name}");
            });
            composer.text(") AS asked_for (");
            composer.separated(0..key.len(), ", ", |this, index| {
                let _ = write!(this.sql, "asked_for_{index}");
            });
            composer.text(") ON ");
            composer.separated(key.iter().enumerate(), " AND ", |this, (index, column)| {
                this.name(&column.name);
                let _ = write!(this.sql, " = asked_for.asked_for_{index}");
            });
            let statement = Statement { arrays: true, ..composer.finish(output()) };
            statements.push((LOOK_UPS.into_iter().max().unwrap_or(1), Arc::new(statement)));
        } else {
            for size in LOOK_UPS {
                let mut composer = self.reading(dialect, columns);
                composer.text(" WHERE ");
                among(&mut composer, key, size);
                statements.push((size, Arc::new(composer.finish(output()))));
            }
        }
        Ok(LookUp { key: positions, statements })
    }

    /// Inserts rows, each given as the values of [`Model::inserted`].
    pub fn inserts(&self, dialect: &Dialect) -> Inserts {
        let width = self.inserted().count().max(1);
        let sizes = ROWS.into_iter().filter(|size| *size == 1 || size * width <= PARAMETERS);
        Inserts(
            sizes
                .map(|size| {
                    let mut composer = Composer::of_all_scopes(dialect);
                    composer.insert_into(self);
                    composer.text(" VALUES ");
                    composer.separated(0..size, ", ", |this, _| {
                        this.text("(");
                        this.inserted(self);
                        this.text(")");
                    });
                    (size, Arc::new(composer.finish(Vec::new())))
                })
                .collect(),
        )
    }

    /// The model with these properties written as they are given, whatever else fills their columns.
    pub fn taking(&self, properties: &[&str]) -> Model {
        let taken = |column: &Column| properties.contains(&&*column.property);
        let indexes = self.columns.iter().enumerate().filter(|(_, column)| taken(column));
        let mut model = self.giving(&indexes.map(|(index, _)| index).collect::<Vec<_>>());
        for column in model.columns.iter_mut().filter(|column| taken(column)) {
            column.is_written = true;
        }
        model
    }

    /// The table that remembers which user became which, where ids cannot be kept.
    pub fn of_copied_users(&self, dialect: &Dialect) -> Model {
        use crate::engine::ColumnType::{Integer, Key};
        let integer = ((dialect.column)(Integer).0, Storage::IntegerId);
        let mut model = Model::new(
            "copied user",
            COPIED_USERS,
            &["source"],
            vec![
                Column::new("source", "source_id", Key, (dialect.column)(Key)),
                Column { fill: Fill::Given, ..Column::new("id", "user_id", Key, integer) },
            ],
        );
        model.table.schema.clone_from(&self.table.schema);
        model
    }

    fn reading<'a>(&self, dialect: &'a Dialect, columns: &[&Column]) -> Composer<'a> {
        let mut composer = Composer::of_all_scopes(dialect);
        composer.text("SELECT ");
        composer.separated(columns, ", ", |this, column| this.name(&column.name));
        composer.text(" FROM ");
        composer.table(&self.table);
        composer
    }

    fn output_of<'c>(&self, columns: impl Iterator<Item = &'c Column>) -> Vec<OutputColumn> {
        columns.map(|column| column.output(&self.table)).collect()
    }
}

/// The name of the table of [`Model::of_copied_users`].
const COPIED_USERS: &str = "next_auth_sqlx_copied_users";

fn output(table: &Table, name: &str, storage: Storage) -> OutputColumn {
    OutputColumn { name: format!("{}.{name}", table.name).into(), storage }
}

/// The types of the arrays that hold keys, where the database takes arrays of all of them.
fn array_types(dialect: &Dialect, key: &[&Column]) -> Option<Vec<&'static str>> {
    match dialect.together {
        Together::Arrays(array) => key.iter().map(|column| array(column.storage)).collect(),
        Together::No | Together::Lists => None,
    }
}

/// That the columns of a key equal those of one of `size` keys.
fn among(composer: &mut Composer<'_>, key: &[&Column], size: usize) {
    if let [column] = key {
        composer.name(&column.name);
        composer.text(" IN (");
        composer.separated(0..size, ", ", |this, _| this.parameter(column.storage));
        composer.text(")");
        return;
    }
    // SQLite finds pairs in an index by no other way, and its expressions are not deep enough for
    // hundreds of ORs.
    if matches!(composer.dialect.together, Together::No) {
        composer.text("(");
        composer.separated(key, ", ", |this, column| this.name(&column.name));
        composer.text(") IN (VALUES ");
        composer.separated(0..size, ", ", |this, _| {
            this.text("(");
            this.separated(key, ", ", |this, column| this.parameter(column.storage));
            this.text(")");
        });
        composer.text(")");
        return;
    }
    composer.separated(0..size, " OR ", |this, _| {
        this.text("(");
        this.separated(key, " AND ", |this, column| {
            this.name(&column.name);
            this.text(" = ");
            this.parameter(column.storage);
        });
        this.text(")");
    });
}

/// Whether a column of ids holds whatever is an id in a column of this storage.
pub fn keeps_ids(of: Storage, into: Storage) -> bool {
    let uuid = |storage: Storage| matches!(storage.native(), Native::Uuid | Native::Bytes);
    match into.native() {
        Native::Text | Native::AnyText => true,
        Native::Integer => of.native() == Native::Integer,
        _ => uuid(of) && uuid(into),
    }
}
