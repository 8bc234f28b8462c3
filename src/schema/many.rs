//! SQL for several calls at once: look-ups of many keys, and INSERTs of many rows.

use super::compose::Composer;
use super::{Column, Condition, Model};
use crate::engine::{Dialect, Many, OutputColumn, Statement, Storage, Together};
use crate::error::Result;
use std::fmt::Write as _;
use std::sync::Arc;

/// By how many look-ups a statement takes, where that is part of its text: one of the next size
/// takes fewer too, if some are asked for twice.
const LOOK_UPS: [usize; 8] = [2, 4, 8, 16, 32, 64, 128, 256];

/// By how many rows an INSERT takes, where that is part of its text.
const ROWS: [usize; 6] = [2, 4, 8, 16, 32, 64];

/// Whether values of these storages can be parameters of a statement for several calls.
fn shares(dialect: &Dialect, storages: &[Storage]) -> bool {
    match dialect.together {
        Together::No => false,
        Together::Arrays(array) => storages.iter().all(|storage| array(*storage).is_some()),
        Together::Lists => true,
    }
}

impl Model {
    /// Reads the rows of many keys. `head` is the statement up to its conditions, all of which must
    /// be comparisons with `=`; `properties` are those of the columns that the rows begin with.
    pub(super) fn find_many(
        &self,
        dialect: &Dialect,
        head: &str,
        alias: &str,
        conditions: &[Condition],
        properties: &[&str],
        output: Vec<OutputColumn>,
    ) -> Result<Option<Many>> {
        // Whose row it is, is part of its key: what the scope says, which comes last in a row and first
        // among the values, and what was asked for.
        let mut columns: Vec<&Column> = self.scope().collect();
        let scope = columns.len();
        let last = output.len().saturating_sub(scope);
        let mut key: Vec<(usize, usize)> = (0..scope).map(|index| (last + index, index)).collect();
        for (position, condition) in conditions.iter().enumerate() {
            let shown = properties.iter().position(|property| *property == condition.property);
            let Some(shown) = shown.filter(|_| condition.operator == "=") else {
                return Ok(None);
            };
            key.push((shown, scope + position));
            columns.push(self.column(condition.property)?);
        }
        // One call of several must not get another row than it would get alone.
        let storages: Vec<Storage> = columns.iter().map(|column| column.storage).collect();
        if !shares(dialect, &storages) || !self.order_of(conditions).is_empty() {
            return Ok(None);
        }
        let names: Vec<String> = columns
            .iter()
            .map(|column| format!("{alias}{}", dialect.quote(&column.name)))
            .collect();
        let statements = match dialect.together {
            Together::No => return Ok(None),
            Together::Arrays(array) => {
                // Joined, the keys are looked up one by one; with = ANY the rows found are sorted by
                // where they lie first, which costs a third more.
                let mut composer = Composer::new(dialect, self);
                composer.text(head);
                composer.text(", unnest(");
                composer.separated(&columns, ", ", |this, column| {
                    this.parameter(column.storage);
                    let _ = write!(this.sql, "::{}", array(column.storage).unwrap_or_default());
                });
                composer.text(") AS asked_for (");
                let keys = |index| format!("asked_for_{index}");
                composer.separated(0..names.len(), ", ", |this, index| this.text(&keys(index)));
                composer.text(") WHERE ");
                composer.separated(names.iter().enumerate(), " AND ", |this, (index, name)| {
                    let _ = write!(this.sql, "{name} = asked_for.{}", keys(index));
                });
                let statement = Statement { arrays: true, ..composer.finish(output) };
                vec![(1, Arc::new(statement))]
            }
            Together::Lists => LOOK_UPS
                .into_iter()
                .map(|size| {
                    let mut composer = Composer::new(dialect, self);
                    composer.text(head);
                    if let ([column], [name]) = (columns.as_slice(), names.as_slice()) {
                        let _ = write!(composer.sql, " WHERE {name} IN (");
                        composer.separated(0..size, ", ", |this, _| this.parameter(column.storage));
                        composer.text(")");
                    } else {
                        // Not (a, b) IN (…), for which MariaDB reads the whole table.
                        composer.text(" WHERE ");
                        composer.separated(0..size, " OR ", |this, _| {
                            this.text("(");
                            let both = columns.iter().zip(&names);
                            this.separated(both, " AND ", |this, (column, name)| {
                                let _ = write!(this.sql, "{name} = ");
                                this.parameter(column.storage);
                            });
                            this.text(")");
                        });
                    }
                    (size, Arc::new(composer.finish(output.clone())))
                })
                .collect(),
        };
        Ok(Some(Many { statements, key }))
    }

    /// Inserts many rows and gives them back; `refresh` follows the rows. None of them waits for a
    /// row that somebody has locked.
    pub(super) fn insert_many(&self, dialect: &Dialect, refresh: &str) -> Result<Option<Many>> {
        let Some(hasty) = dialect.hasty else { return Ok(None) };
        let columns: Vec<&Column> = self.scope().chain(self.inserted()).collect();
        let storages: Vec<Storage> = columns.iter().map(|column| column.storage).collect();
        if !shares(dialect, &storages) {
            return Ok(None);
        }
        let scope = self.scope().count();
        let last = self.shown().count();
        let mut key: Vec<(usize, usize)> = (0..scope).map(|index| (last + index, index)).collect();
        for property in self.key {
            let is_it = |column: &&Column| &*column.property == *property;
            let shown = self.shown().position(|column| is_it(&column));
            let given = columns.iter().position(is_it);
            let Some(positions) = shown.zip(given) else { return Ok(None) };
            key.push(positions);
        }
        let head = || {
            let mut composer = Composer::new(dialect, self);
            composer.text(hasty);
            composer.text("INSERT INTO ");
            composer.table(&self.table);
            composer.text(" (");
            composer.separated(&columns, ", ", |this, column| this.name(&column.name));
            composer.text(") ");
            composer
        };
        let statements = match dialect.together {
            Together::No => return Ok(None),
            Together::Arrays(array) => {
                let mut composer = head();
                composer.text("SELECT rows.* FROM patience, unnest(");
                composer.separated(&columns, ", ", |this, column| {
                    this.parameter(column.storage);
                    let _ = write!(this.sql, "::{}", array(column.storage).unwrap_or_default());
                });
                composer.text(") AS rows");
                composer.text(refresh);
                let columns = composer.returning(self);
                let statement = Statement { arrays: true, ..composer.finish(columns) };
                vec![(1, Arc::new(statement))]
            }
            Together::Lists => ROWS
                .into_iter()
                .map(|size| {
                    let mut composer = head();
                    composer.text("VALUES ");
                    composer.separated(0..size, ", ", |this, _| {
                        this.text("(");
                        this.separated(&columns, ", ", |this, column| {
                            this.parameter(column.storage);
                        });
                        this.text(")");
                    });
                    composer.text(refresh);
                    let columns = composer.returning(self);
                    (size, Arc::new(composer.finish(columns)))
                })
                .collect(),
        };
        Ok(Some(Many { statements, key }))
    }
}
