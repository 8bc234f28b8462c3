//! SQL from models. Every identifier goes through [`Dialect::quote`], every value is a parameter.

use super::{Column, Model};
use crate::engine::{Dialect, OutputColumn, Statement, Storage};
use crate::error::Result;
use std::fmt::Write as _;

/// What a row must meet: a column compared with a parameter.
#[derive(Debug, Clone, Copy)]
pub struct Condition {
    /// The property whose column is compared.
    pub property: &'static str,
    /// The comparison.
    pub operator: &'static str,
}

impl Condition {
    /// The column equals the parameter.
    pub const fn equals(property: &'static str) -> Self {
        Condition {
            property,
            operator: "=",
        }
    }
}

/// A statement being composed: text, and how each parameter is bound.
pub(super) struct Composer<'a> {
    dialect: &'a Dialect,
    sql: String,
    parameters: Vec<Storage>,
}

impl<'a> Composer<'a> {
    pub(super) fn new(dialect: &'a Dialect) -> Self {
        Composer {
            dialect,
            sql: String::new(),
            parameters: Vec::new(),
        }
    }

    fn text(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    fn name(&mut self, name: &str) {
        let quoted = self.dialect.quote(name);
        self.sql.push_str(&quoted);
    }

    fn parameter(&mut self, storage: Storage) {
        self.parameters.push(storage);
        let parameter = (self.dialect.parameter)(self.parameters.len());
        self.sql.push_str(&parameter);
    }

    fn separated<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        separator: &str,
        mut each: impl FnMut(&mut Self, T),
    ) {
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.text(separator);
            }
            each(self, item);
        }
    }

    fn conditions(&mut self, model: &Model, alias: &str, conditions: &[Condition]) -> Result<()> {
        for (index, condition) in conditions.iter().enumerate() {
            self.text(if index == 0 { " WHERE " } else { " AND " });
            self.text(alias);
            let column = model.column(condition.property)?;
            self.name(&column.name);
            // A comparison's operator is one of ours, never from outside.
            let _ = write!(self.sql, " {} ", condition.operator);
            self.parameter(column.storage);
        }
        Ok(())
    }

    fn returning(&mut self, model: &Model) -> Vec<OutputColumn> {
        if !self.dialect.returning {
            return Vec::new();
        }
        self.text(" RETURNING ");
        self.separated(model.shown(), ", ", |this, column| this.name(&column.name));
        model.output()
    }

    fn finish(self, columns: Vec<OutputColumn>) -> Statement {
        Statement {
            sql: self.sql.into(),
            parameters: self.parameters,
            columns,
        }
    }

    fn insert(&mut self, model: &Model) {
        self.text("INSERT INTO ");
        self.name(&model.table);
        self.text(" (");
        self.separated(model.inserted(), ", ", |this, column| {
            this.name(&column.name)
        });
        self.text(") VALUES (");
        self.separated(model.inserted(), ", ", |this, column| {
            this.parameter(column.storage)
        });
        self.text(")");
    }
}

/// A second table whose row a look-up brings along.
#[derive(Debug, Clone, Copy)]
pub struct Join<'a> {
    /// The other model.
    pub model: &'a Model,
    /// The property here that equals …
    pub property: &'static str,
    /// … this one there.
    pub equals: &'static str,
}

impl Model {
    /// Inserts a row.
    pub fn insert(&self, dialect: &Dialect) -> Statement {
        let mut composer = Composer::new(dialect);
        composer.insert(self);
        let columns = composer.returning(self);
        composer.finish(columns)
    }

    /// Inserts a row; where one with the same key exists and is alike in `owner`, it takes over
    /// the given values, nulls excepted, instead.
    pub fn insert_or_refresh(&self, dialect: &Dialect, owner: &'static str) -> Result<Statement> {
        let owner = dialect.quote(&self.column(owner)?.name);
        let table = dialect.quote(&self.table);
        let mut composer = Composer::new(dialect);
        composer.insert(self);
        composer.text(" ON CONFLICT (");
        for (index, property) in self.key.iter().enumerate() {
            composer.text(if index > 0 { ", " } else { "" });
            composer.name(&self.column(property)?.name);
        }
        composer.text(") DO UPDATE SET ");
        let refreshed = self
            .inserted()
            .filter(|column| !self.key.contains(&column.property));
        composer.separated(refreshed, ", ", |this, column| {
            let name = dialect.quote(&column.name);
            let _ = write!(
                this.sql,
                "{name} = COALESCE(excluded.{name}, {table}.{name})"
            );
        });
        let _ = write!(composer.sql, " WHERE {table}.{owner} = excluded.{owner}");
        let columns = composer.returning(self);
        Ok(composer.finish(columns))
    }

    /// Reads the rows that meet the conditions, in the order of `order`.
    pub fn select(
        &self,
        dialect: &Dialect,
        conditions: &[Condition],
        order: &[&'static str],
    ) -> Result<Statement> {
        self.select_columns(
            dialect,
            &self.shown().collect::<Vec<_>>(),
            conditions,
            order,
        )
    }

    /// Reads some columns of the rows that meet the conditions, in the order of `order`.
    pub fn select_columns(
        &self,
        dialect: &Dialect,
        columns: &[&Column],
        conditions: &[Condition],
        order: &[&'static str],
    ) -> Result<Statement> {
        let mut composer = Composer::new(dialect);
        composer.text("SELECT ");
        composer.separated(columns, ", ", |this, column| this.name(&column.name));
        composer.text(" FROM ");
        composer.name(&self.table);
        composer.conditions(self, "", conditions)?;
        for (index, property) in order.iter().enumerate() {
            composer.text(if index == 0 { " ORDER BY " } else { ", " });
            composer.name(&self.column(property)?.name);
        }
        let output = columns
            .iter()
            .map(|column| column.output(&self.table))
            .collect();
        Ok(composer.finish(output))
    }

    /// Reads some columns of the rows that meet the conditions, together with the columns shown of
    /// another table's row: first these, then those.
    pub fn select_with(
        &self,
        dialect: &Dialect,
        properties: &[&str],
        join: Join<'_>,
        conditions: &[Condition],
    ) -> Result<Statement> {
        let mut columns = Vec::new();
        for property in properties {
            columns.push(self.column(property)?);
        }
        let mut composer = Composer::new(dialect);
        composer.text("SELECT ");
        for column in &columns {
            composer.text("a.");
            composer.name(&column.name);
            composer.text(", ");
        }
        composer.separated(join.model.shown(), ", ", |this, column| {
            this.text("b.");
            this.name(&column.name);
        });
        composer.text(" FROM ");
        composer.name(&self.table);
        composer.text(" AS a JOIN ");
        composer.name(&join.model.table);
        composer.text(" AS b ON b.");
        composer.name(&join.model.column(join.equals)?.name);
        composer.text(" = a.");
        composer.name(&self.column(join.property)?.name);
        composer.conditions(self, "a.", conditions)?;
        let mut output: Vec<_> = columns
            .iter()
            .map(|column| column.output(&self.table))
            .collect();
        output.extend(join.model.output());
        Ok(composer.finish(output))
    }

    /// Deletes the rows that meet the conditions.
    pub fn delete(&self, dialect: &Dialect, conditions: &[Condition]) -> Result<Statement> {
        let mut composer = Composer::new(dialect);
        composer.text("DELETE FROM ");
        composer.name(&self.table);
        composer.conditions(self, "", conditions)?;
        let columns = composer.returning(self);
        Ok(composer.finish(columns))
    }

    /// Deletes the rows that meet the conditions and gives back their number only.
    pub fn delete_silently(
        &self,
        dialect: &Dialect,
        conditions: &[Condition],
    ) -> Result<Statement> {
        let mut composer = Composer::new(dialect);
        composer.text("DELETE FROM ");
        composer.name(&self.table);
        composer.conditions(self, "", conditions)?;
        Ok(composer.finish(Vec::new()))
    }

    /// Deletes the row whose `property` equals the parameter, unless there are several.
    pub fn delete_only(&self, dialect: &Dialect, property: &'static str) -> Result<Statement> {
        let column = self.column(property)?;
        let mut composer = Composer::new(dialect);
        composer.text("DELETE FROM ");
        composer.name(&self.table);
        composer.conditions(self, "", &[Condition::equals(property)])?;
        composer.text(" AND (SELECT COUNT(*) FROM ");
        composer.name(&self.table);
        composer.text(" WHERE ");
        composer.name(&column.name);
        composer.text(" = ");
        composer.parameter(column.storage);
        composer.text(") = 1");
        let columns = composer.returning(self);
        Ok(composer.finish(columns))
    }

    /// Deletes the rows whose `property` equals a property of the row of another table that has
    /// the parameter as `found_by`.
    pub fn delete_by_other(
        &self,
        dialect: &Dialect,
        property: &'static str,
        other: &Model,
        its: &'static str,
        found_by: &'static str,
    ) -> Result<Statement> {
        let mut composer = Composer::new(dialect);
        composer.text("DELETE FROM ");
        composer.name(&self.table);
        composer.text(" WHERE ");
        composer.name(&self.column(property)?.name);
        composer.text(" = (SELECT ");
        composer.name(&other.column(its)?.name);
        composer.text(" FROM ");
        composer.name(&other.table);
        composer.conditions(other, "", &[Condition::equals(found_by)])?;
        composer.text(")");
        Ok(composer.finish(Vec::new()))
    }
}

/// Changes columns of the rows that meet the conditions.
pub(super) fn update(
    dialect: &Dialect,
    model: &Model,
    set: &[&Column],
    conditions: &[Condition],
) -> Result<Statement> {
    let mut composer = Composer::new(dialect);
    composer.text("UPDATE ");
    composer.name(&model.table);
    composer.text(" SET ");
    composer.separated(set, ", ", |this, column| {
        this.name(&column.name);
        this.text(" = ");
        this.parameter(column.storage);
    });
    composer.conditions(model, "", conditions)?;
    let columns = composer.returning(model);
    Ok(composer.finish(columns))
}
