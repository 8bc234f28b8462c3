//! SQL from models. Every identifier goes through [`Dialect::quote`], every value is a parameter.
//! Where a database gives back what it wrote, that is one statement; where not, the same plan is a
//! transaction of two.

use super::{Column, Model};
use crate::engine::{Answer, Dialect, OutputColumn, Plan, Repeat, Statement, Storage, Upsert};
use crate::error::Result;
use std::fmt::Write as _;
use std::sync::Arc;

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
        Condition { property, operator: "=" }
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

/// A statement being composed: text, and how each parameter is bound.
struct Composer<'a> {
    dialect: &'a Dialect,
    sql: String,
    parameters: Vec<Storage>,
}

impl<'a> Composer<'a> {
    fn new(dialect: &'a Dialect) -> Self {
        Composer { dialect, sql: String::new(), parameters: Vec::new() }
    }

    fn text(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    fn name(&mut self, name: &str) {
        let quoted = self.dialect.quote(name);
        self.sql.push_str(&quoted);
    }

    fn table(&mut self, model: &Model) {
        let quoted = self.dialect.quote_table(&model.table);
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
        self.text(" RETURNING ");
        self.separated(model.shown(), ", ", |this, column| this.name(&column.name));
        model.output()
    }

    fn insert(&mut self, model: &Model) {
        self.text("INSERT INTO ");
        self.table(model);
        self.text(" (");
        self.separated(model.inserted(), ", ", |this, column| this.name(&column.name));
        self.text(") VALUES (");
        self.separated(model.inserted(), ", ", |this, column| this.parameter(column.storage));
        self.text(")");
    }

    fn finish(self, columns: Vec<OutputColumn>) -> Statement {
        Statement { sql: self.sql.into(), parameters: self.parameters, columns }
    }
}

impl Model {
    /// Inserts a row and gives it back.
    pub fn insert(&self, dialect: &Dialect) -> Result<Plan> {
        let mut composer = Composer::new(dialect);
        composer.insert(self);
        if dialect.insert_returning {
            let columns = composer.returning(self);
            return Ok(Plan::single(composer.finish(columns), true, Repeat::Never));
        }
        let mut plan = Plan::single(composer.finish(Vec::new()), true, Repeat::Never);
        match self.given() {
            Some(positions) => plan.answer = Answer::Given(positions),
            None => self.then_select(dialect, &mut plan)?,
        }
        Ok(plan)
    }

    /// Inserts a row; where one with the same key exists and is alike in `owner`, it takes over
    /// the given values, nulls excepted, instead. Gives the row that is there then: another owner's
    /// is as it was, or not given.
    pub fn insert_or_refresh(&self, dialect: &Dialect, owner: &'static str) -> Result<Plan> {
        let owner = dialect.quote(&self.column(owner)?.name);
        let table = dialect.quote_table(&self.table);
        let mut composer = Composer::new(dialect);
        composer.insert(self);
        let mut key = Vec::new();
        for property in self.key {
            key.push(dialect.quote(&self.column(property)?.name));
        }
        let refreshed = self.inserted().filter(|column| !self.key.contains(&&*column.property));
        match dialect.upsert {
            Upsert::OnConflict => {
                let _ = write!(composer.sql, " ON CONFLICT ({}) DO UPDATE SET ", key.join(", "));
                composer.separated(refreshed, ", ", |this, column| {
                    let name = dialect.quote(&column.name);
                    let _ = write!(this.sql, "{name} = COALESCE(excluded.{name}, {table}.{name})");
                });
                let _ = write!(composer.sql, " WHERE {table}.{owner} = excluded.{owner}");
            }
            Upsert::OnDuplicateKey => {
                composer.text(" ON DUPLICATE KEY UPDATE ");
                composer.separated(refreshed, ", ", |this, column| {
                    let name = dialect.quote(&column.name);
                    // The owner stays: it is what the other columns' conditions ask about.
                    let _ = if name == owner {
                        write!(this.sql, "{name} = {name}")
                    } else {
                        write!(
                            this.sql,
                            "{name} = IF({owner} = VALUES({owner}), COALESCE(VALUES({name}), {name}), {name})"
                        )
                    };
                });
            }
        }
        if dialect.insert_returning {
            let columns = composer.returning(self);
            return Ok(Plan::single(composer.finish(columns), true, Repeat::Always));
        }
        let mut plan = Plan::single(composer.finish(Vec::new()), true, Repeat::Always);
        self.then_select(dialect, &mut plan)?;
        Ok(plan)
    }

    /// Reads the rows that meet the conditions, in the order of `order`.
    pub fn select(
        &self,
        dialect: &Dialect,
        conditions: &[Condition],
        order: &[&'static str],
    ) -> Result<Plan> {
        let shown: Vec<&Column> = self.shown().collect();
        Ok(Plan::read(self.select_columns(dialect, &shown, conditions, order)?))
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
        composer.table(self);
        composer.conditions(self, "", conditions)?;
        for (index, property) in order.iter().enumerate() {
            composer.text(if index == 0 { " ORDER BY " } else { ", " });
            composer.name(&self.column(property)?.name);
        }
        let output = columns.iter().map(|column| column.output(&self.table)).collect();
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
    ) -> Result<Plan> {
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
        composer.table(self);
        composer.text(" AS a JOIN ");
        composer.table(join.model);
        composer.text(" AS b ON b.");
        composer.name(&join.model.column(join.equals)?.name);
        composer.text(" = a.");
        composer.name(&self.column(join.property)?.name);
        composer.conditions(self, "a.", conditions)?;
        let mut output: Vec<_> = columns.iter().map(|column| column.output(&self.table)).collect();
        output.extend(join.model.output());
        Ok(Plan::read(composer.finish(output)))
    }

    /// Changes columns of the rows that meet the conditions and gives the rows back. Values: the
    /// columns', then the conditions'.
    pub(super) fn compose_update(
        &self,
        dialect: &Dialect,
        set: &[&Column],
        conditions: &[Condition],
    ) -> Result<Plan> {
        let mut composer = Composer::new(dialect);
        composer.text("UPDATE ");
        composer.table(self);
        composer.text(" SET ");
        composer.separated(set, ", ", |this, column| {
            this.name(&column.name);
            this.text(" = ");
            this.parameter(column.storage);
        });
        composer.conditions(self, "", conditions)?;
        if dialect.update_returning {
            let columns = composer.returning(self);
            return Ok(Plan::single(composer.finish(columns), true, Repeat::Always));
        }
        let mut plan = Plan::single(composer.finish(Vec::new()), true, Repeat::Always);
        let shown: Vec<&Column> = self.shown().collect();
        let select = self.select_columns(dialect, &shown, conditions, &[])?;
        plan.steps.push((Arc::new(select), (set.len()..set.len() + conditions.len()).collect()));
        plan.answer = Answer::Rows(1);
        Ok(plan)
    }

    /// Deletes the rows that meet the conditions and gives them back.
    pub fn delete(&self, dialect: &Dialect, conditions: &[Condition]) -> Result<Plan> {
        let mut composer = Composer::new(dialect);
        composer.text("DELETE FROM ");
        composer.table(self);
        composer.conditions(self, "", conditions)?;
        self.give_back_deleted(composer, conditions)
    }

    /// Deletes the row whose `property` equals the call's value, unless there are several, and gives
    /// it back.
    pub fn delete_only(&self, dialect: &Dialect, property: &'static str) -> Result<Plan> {
        let column = self.column(property)?;
        let conditions = [Condition::equals(property)];
        let mut composer = Composer::new(dialect);
        composer.text("DELETE FROM ");
        composer.table(self);
        composer.conditions(self, "", &conditions)?;
        // MySQL takes the table that is changed in a derived table only.
        composer.text(" AND (SELECT COUNT(*) FROM (SELECT 1 AS one FROM ");
        composer.table(self);
        composer.text(" WHERE ");
        composer.name(&column.name);
        composer.text(" = ");
        composer.parameter(column.storage);
        composer.text(") AS alike) = 1");
        let mut plan = self.give_back_deleted(composer, &conditions)?;
        // Each statement's parameters are the one value.
        for (_, arguments) in &mut plan.steps {
            arguments.fill(0);
        }
        Ok(plan)
    }

    fn give_back_deleted(
        &self,
        mut composer: Composer<'_>,
        conditions: &[Condition],
    ) -> Result<Plan> {
        let dialect = composer.dialect;
        if dialect.delete_returning {
            let columns = composer.returning(self);
            return Ok(Plan::single(composer.finish(columns), true, Repeat::WhileFound));
        }
        let mut plan = Plan::single(composer.finish(Vec::new()), true, Repeat::WhileFound);
        let shown: Vec<&Column> = self.shown().collect();
        let mut select = self.select_columns(dialect, &shown, conditions, &[])?;
        select.sql = format!("{}{}", select.sql, dialect.lock_rows).into();
        plan.steps.insert(0, (Arc::new(select), (0..conditions.len()).collect()));
        plan.confirm = Some(1);
        Ok(plan)
    }

    /// Deletes the rows that meet the conditions and gives back their number only.
    pub fn delete_silently(&self, dialect: &Dialect, conditions: &[Condition]) -> Result<Plan> {
        let mut composer = Composer::new(dialect);
        composer.text("DELETE FROM ");
        composer.table(self);
        composer.conditions(self, "", conditions)?;
        Ok(Plan::single(composer.finish(Vec::new()), true, Repeat::WhileFound))
    }

    /// Deletes the rows whose `property` equals a property of the row of another table that has
    /// the call's value as `found_by`.
    pub fn delete_by_other(
        &self,
        dialect: &Dialect,
        property: &'static str,
        other: &Model,
        its: &'static str,
        found_by: &'static str,
    ) -> Result<Plan> {
        let mut composer = Composer::new(dialect);
        composer.text("DELETE FROM ");
        composer.table(self);
        composer.text(" WHERE ");
        composer.name(&self.column(property)?.name);
        composer.text(" = (SELECT ");
        composer.name(&other.column(its)?.name);
        composer.text(" FROM ");
        composer.table(other);
        composer.conditions(other, "", &[Condition::equals(found_by)])?;
        composer.text(")");
        Ok(Plan::single(composer.finish(Vec::new()), true, Repeat::Always))
    }

    /// The positions of the columns shown among the values of an insert, if all are given there.
    fn given(&self) -> Option<Vec<usize>> {
        self.shown()
            .map(|shown| self.inserted().position(|column| column.property == shown.property))
            .collect()
    }

    /// Adds a step that reads the row with the key that an insert was given, and answers.
    fn then_select(&self, dialect: &Dialect, plan: &mut Plan) -> Result<()> {
        let conditions: Vec<Condition> =
            self.key.iter().map(|property| Condition::equals(property)).collect();
        let shown: Vec<&Column> = self.shown().collect();
        let select = self.select_columns(dialect, &shown, &conditions, &[])?;
        let key = self.key.iter().filter_map(|property| {
            self.inserted().position(|column| &*column.property == *property)
        });
        plan.steps.push((Arc::new(select), key.collect()));
        plan.answer = Answer::Rows(1);
        Ok(())
    }
}
