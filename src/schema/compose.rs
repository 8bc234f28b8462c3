//! SQL from models. Every identifier goes through [`Dialect::quote`], every value is a parameter.
//! Where a database gives back what it wrote, that is one statement; where not, the same plan is a
//! transaction of two.

use super::{Column, Fill, Model};
use crate::engine::{
    Answer, Dialect, OutputColumn, Plan, Repeat, Statement, Storage, Table, Upsert,
};
use crate::error::{Code, Result};
use std::fmt::Write as _;
use std::sync::Arc;

/// What a row must meet: a column compared with a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// A statement being composed: text, and for each parameter how it is bound, and which of a call's
/// values it is.
pub(super) struct Composer<'a> {
    pub(super) dialect: &'a Dialect,
    pub(super) sql: String,
    parameters: Vec<Storage>,
    arguments: Vec<usize>,
    /// How many values of the scope come before the call's.
    scope: usize,
    /// How many of the call's values have been used.
    used: usize,
}

impl<'a> Composer<'a> {
    /// A statement about rows of a model, for a call with a scope.
    pub(super) fn new(dialect: &'a Dialect, model: &Model) -> Self {
        Composer { scope: model.scope().count(), ..Composer::of_all_scopes(dialect) }
    }

    /// A statement for a call without one.
    pub(super) fn of_all_scopes(dialect: &'a Dialect) -> Self {
        Composer {
            dialect,
            sql: String::new(),
            parameters: Vec::new(),
            arguments: Vec::new(),
            scope: 0,
            used: 0,
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    pub(super) fn name(&mut self, name: &str) {
        let quoted = self.dialect.quote(name);
        self.sql.push_str(&quoted);
    }

    pub(super) fn table(&mut self, table: &Table) {
        let quoted = self.dialect.quote_table(table);
        self.sql.push_str(&quoted);
    }

    /// The next of the call's values.
    pub(super) fn parameter(&mut self, storage: Storage) {
        let parameter = self.next(storage);
        self.sql.push_str(&parameter);
    }

    /// The text of a parameter that is bound to the next of the call's values.
    pub(super) fn next(&mut self, storage: Storage) -> String {
        let value = self.used;
        self.used += 1;
        self.bound(self.scope + value, storage)
    }

    /// One of the call's values, by its position.
    pub(super) fn parameter_of(&mut self, value: usize, storage: Storage) {
        let parameter = self.bound(self.scope + value, storage);
        self.sql.push_str(&parameter);
    }

    /// The text of a parameter that is bound to a value: one of the scope's, or of the call's after them.
    fn bound(&mut self, position: usize, storage: Storage) -> String {
        self.parameters.push(storage);
        self.arguments.push(position);
        let parameter = (self.dialect.parameter)(self.parameters.len());
        if storage == Storage::Json { (self.dialect.json)(&parameter) } else { parameter }
    }

    /// That a column equals one of the call's values, to the byte also where the column's collation
    /// is not exact; the plain comparison is there for the index.
    pub(super) fn equal(&mut self, alias: &str, column: &Column, value: usize) {
        self.equal_at(alias, column, self.scope + value);
    }

    fn equal_at(&mut self, alias: &str, column: &Column, position: usize) {
        let name = format!("{alias}{}", self.dialect.quote(&column.name));
        let plain = self.bound(position, column.storage);
        let _ = write!(self.sql, "{name} = {plain}");
        if column.is_loose() {
            let bytes = self.dialect.bytes;
            let again = self.bound(position, column.storage);
            let _ = write!(self.sql, " AND {} = {}", bytes(&name), bytes(&again));
        }
    }

    /// That a row is the scope's, to the byte, after `before`: `" WHERE "`, say. Gives what comes before a
    /// further condition.
    pub(super) fn in_scope<'b>(
        &mut self,
        columns: impl IntoIterator<Item = &'b Column>,
        alias: &str,
        before: &'static str,
    ) -> &'static str {
        let mut before = before;
        for (position, column) in columns.into_iter().enumerate() {
            self.text(before);
            self.equal_at(alias, column, position);
            before = " AND ";
        }
        before
    }

    pub(super) fn separated<T>(
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

    /// The conditions of a statement that changes rows: those that are equal to the byte.
    fn exact_conditions(&mut self, model: &Model, conditions: &[Condition]) -> Result<()> {
        self.all_conditions(model, "", conditions, true)
    }

    /// The conditions of a statement that reads: who gets its rows looks at them again.
    fn conditions(&mut self, model: &Model, alias: &str, conditions: &[Condition]) -> Result<()> {
        self.all_conditions(model, alias, conditions, false)
    }

    fn all_conditions(
        &mut self,
        model: &Model,
        alias: &str,
        conditions: &[Condition],
        exact: bool,
    ) -> Result<()> {
        let mut before = " WHERE ";
        for (position, column) in model.scope().enumerate() {
            self.text(before);
            before = " AND ";
            if exact {
                self.equal_at(alias, column, position);
            } else {
                let parameter = self.bound(position, column.storage);
                let _ =
                    write!(self.sql, "{alias}{} = {parameter}", self.dialect.quote(&column.name));
            }
        }
        for condition in conditions {
            self.text(before);
            before = " AND ";
            let column = model.column(condition.property)?;
            if exact && condition.operator == "=" {
                let value = self.used;
                self.used += 1;
                self.equal(alias, column, value);
                continue;
            }
            if exact && condition.operator == "<>" && column.is_loose() {
                let value = self.used;
                self.used += 1;
                let name = format!("{alias}{}", self.dialect.quote(&column.name));
                let parameter = self.bound(value, column.storage);
                let bytes = self.dialect.bytes;
                let _ = write!(self.sql, "{} <> {}", bytes(&name), bytes(&parameter));
                continue;
            }
            self.text(alias);
            self.name(&column.name);
            // A comparison's operator is one of ours, never from outside.
            let _ = write!(self.sql, " {} ", condition.operator);
            self.parameter(column.storage);
        }
        Ok(())
    }

    pub(super) fn returning(&mut self, model: &Model) -> Vec<OutputColumn> {
        self.text(" RETURNING ");
        self.separated(model.returned(), ", ", |this, column| this.name(&column.name));
        model.output()
    }

    fn insert(&mut self, model: &Model) {
        self.insert_into(model);
        self.text(" VALUES (");
        self.inserted(model);
        self.text(")");
    }

    /// `INSERT INTO table (columns)`.
    pub(super) fn insert_into(&mut self, model: &Model) {
        self.text("INSERT INTO ");
        self.table(&model.table);
        self.text(" (");
        let columns = model.scope().chain(model.inserted());
        self.separated(columns, ", ", |this, column| this.name(&column.name));
        self.text(")");
    }

    /// The parameters of an insert.
    pub(super) fn inserted(&mut self, model: &Model) {
        let columns = model.scope().chain(model.inserted()).enumerate();
        self.separated(columns, ", ", |this, (position, column)| {
            let parameter = this.bound(position, column.storage);
            this.text(&parameter);
        });
        self.used = model.inserted().count();
    }

    pub(super) fn finish(self, columns: Vec<OutputColumn>) -> Statement {
        Statement { sql: self.sql.into(), parameters: self.parameters, columns, arrays: false }
    }

    /// The statement, and which of the call's values its parameters are.
    pub(super) fn step(self, columns: Vec<OutputColumn>) -> (Arc<Statement>, Vec<usize>) {
        let arguments = self.arguments.clone();
        (Arc::new(self.finish(columns)), arguments)
    }

    /// A plan of one statement, which changes something.
    pub(super) fn plan(self, columns: Vec<OutputColumn>, repeat: Repeat) -> Plan {
        Plan { steps: vec![self.step(columns)], ..Plan::empty(true, repeat) }
    }
}

/// What the schema does not have is told by the call that needs it: every other one works.
pub(super) fn or_unsupported(plan: Result<Plan>) -> Result<Plan> {
    match plan {
        Err(error) if error.code() == Code::Unsupported => {
            Ok(Plan { unsupported: Some(error), ..Plan::empty(false, Repeat::Never) })
        }
        plan => plan,
    }
}

impl Model {
    /// Inserts a row and gives it back.
    pub fn insert(&self, dialect: &Dialect) -> Result<Plan> {
        or_unsupported(self.compose_insert(dialect))
    }

    fn compose_insert(&self, dialect: &Dialect) -> Result<Plan> {
        self.allow(true)?;
        let guards = self.guards();
        if !guards.is_empty() || !self.keeps_user() {
            return self.insert_guarded(dialect, &guards);
        }
        let mut composer = Composer::new(dialect, self);
        composer.insert(self);
        if dialect.insert_returning {
            let columns = composer.returning(self);
            let plan = composer.plan(columns, Repeat::Never);
            return Ok(Plan { many: self.insert_many(dialect, "")?, ..plan });
        }
        let plan = composer.plan(Vec::new(), Repeat::Never);
        self.give_back_inserted(dialect, plan)
    }

    /// Adds to a plan without RETURNING what tells which row its last step has inserted.
    pub(super) fn give_back_inserted(&self, dialect: &Dialect, mut plan: Plan) -> Result<Plan> {
        match self.given_to_insert() {
            Some(positions) => plan.answer = Answer::Given(positions),
            None => {
                // Where nothing was inserted, the number that the server gave last is another row's.
                plan.confirm = plan.steps.len().checked_sub(1);
                self.then_select(dialect, &mut plan)?;
            }
        }
        Ok(plan)
    }

    /// Inserts a row; where one with the same key exists and is alike in `owner`, it takes over
    /// the given values, nulls excepted, instead. Gives the row that is there then: another owner's
    /// is as it was, or not given.
    pub fn insert_or_refresh(&self, dialect: &Dialect, owner: &'static str) -> Result<Plan> {
        or_unsupported(self.compose_insert_or_refresh(dialect, owner))
    }

    fn compose_insert_or_refresh(&self, dialect: &Dialect, owner: &'static str) -> Result<Plan> {
        self.allow(true)?;
        if self.unique_within(self.key).is_none() || !self.keeps_user() {
            return self.refresh_guarded(dialect, owner);
        }
        let refresh = self.refresh(dialect, owner)?;
        let mut composer = Composer::new(dialect, self);
        composer.insert(self);
        composer.text(&refresh);
        if dialect.insert_returning {
            let columns = composer.returning(self);
            let plan = composer.plan(columns, Repeat::Always);
            return Ok(Plan { many: self.insert_many(dialect, &refresh)?, ..plan });
        }
        let mut plan = composer.plan(Vec::new(), Repeat::Always);
        self.then_select(dialect, &mut plan)?;
        Ok(plan)
    }

    /// What follows an INSERT: what becomes of a row with the same key.
    fn refresh(&self, dialect: &Dialect, owner_property: &str) -> Result<String> {
        let owner = dialect.quote(&self.column(owner_property)?.name);
        let table = dialect.quote_table(&self.table);
        let unique = self.unique_within(self.key).unwrap_or_default();
        let mut key = Vec::new();
        for property in unique {
            key.push(dialect.quote(&self.column(property)?.name));
        }
        // The row in the way may be another one: the database may take its key for the same.
        let mut alike = Vec::new();
        for (index, property) in std::iter::once(&owner_property).chain(self.key).enumerate() {
            let column = self.column(property)?;
            let inexact = !column.exact && column.storage == Storage::Text;
            if inexact || index == 0 || !unique.iter().any(|one| **one == **property) {
                alike.push((dialect.quote(&column.name), inexact));
            }
        }
        // Whichever of the table's keys it is: it may be one that names no scope.
        for column in self.scope() {
            let inexact = !column.exact && column.storage == Storage::Text;
            alike.push((dialect.quote(&column.name), inexact));
        }
        let same = |old: &dyn Fn(&str) -> String, new: &dyn Fn(&str) -> String| {
            let same = alike.iter().map(|(name, inexact)| {
                let as_is: fn(&str) -> String = str::to_owned;
                let shown = if *inexact { dialect.bytes } else { as_is };
                format!("{} = {}", shown(&old(name)), shown(&new(name)))
            });
            same.collect::<Vec<_>>().join(" AND ")
        };
        let refreshed =
            self.refreshed().map(|column| (dialect.quote(&column.name), column.is_reset()));
        Ok(match dialect.upsert {
            Upsert::OnConflict => {
                let set = refreshed.map(|(name, reset)| {
                    if reset {
                        format!("{name} = excluded.{name}")
                    } else {
                        format!("{name} = COALESCE(excluded.{name}, {table}.{name})")
                    }
                });
                format!(
                    " ON CONFLICT ({}) DO UPDATE SET {} WHERE {}",
                    key.join(", "),
                    set.collect::<Vec<_>>().join(", "),
                    same(&|name| format!("{table}.{name}"), &|name| format!("excluded.{name}"))
                )
            }
            Upsert::OnDuplicateKey => {
                let same = same(&str::to_owned, &|name| format!("VALUES({name})"));
                let set = refreshed.map(|(name, reset)| {
                    // The owner stays: it is what the other columns' conditions ask about.
                    if name == owner {
                        format!("{name} = {name}")
                    } else if reset {
                        format!("{name} = IF({same}, VALUES({name}), {name})")
                    } else {
                        format!("{name} = IF({same}, COALESCE(VALUES({name}), {name}), {name})")
                    }
                });
                format!(" ON DUPLICATE KEY UPDATE {}", set.collect::<Vec<_>>().join(", "))
            }
        })
    }

    /// The columns that a row takes over from another with the same key.
    pub(super) fn refreshed(&self) -> impl Iterator<Item = &Column> {
        self.inserted().filter(|column| {
            !self.key.contains(&&*column.property)
                && (column.fill == Fill::Given || column.changes || column.is_reset())
        })
    }

    /// Reads the rows that meet the conditions, in the order of `order`.
    pub fn select(
        &self,
        dialect: &Dialect,
        conditions: &[Condition],
        order: &[&'static str],
    ) -> Result<Plan> {
        or_unsupported(self.allow(false).and_then(|()| {
            let shown: Vec<&Column> = self.shown().collect();
            let plan = Plan::read(self.select_columns(dialect, &shown, conditions, order)?);
            if !order.is_empty() {
                return Ok(plan);
            }
            let output = self.output();
            let head = self.select_head(dialect, &shown);
            let shown: Vec<&str> = shown.iter().map(|column| &*column.property).collect();
            let many = self.find_many(dialect, &head, "", conditions, &shown, output)?;
            Ok(Plan { many, ..plan })
        }))
    }

    pub(super) fn select_head(&self, dialect: &Dialect, columns: &[&Column]) -> String {
        let mut composer = Composer::new(dialect, self);
        composer.text("SELECT ");
        let columns = columns.iter().copied().chain(self.scope());
        composer.separated(columns, ", ", |this, column| this.name(&column.name));
        composer.text(" FROM ");
        composer.table(&self.table);
        composer.sql
    }

    /// What orders the rows that meet the conditions where there should be one and may be several.
    pub(super) fn order_of(&self, conditions: &[Condition]) -> &[Arc<str>] {
        let asked: Vec<&str> = conditions
            .iter()
            .filter(|condition| condition.operator == "=")
            .map(|condition| condition.property)
            .collect();
        if self.is_unique(&asked) { &[] } else { &self.oldest_first }
    }

    /// Reads those of the properties that there are columns for, of the rows that meet the conditions.
    pub fn select_those(
        &self,
        dialect: &Dialect,
        properties: &[&str],
        conditions: &[Condition],
    ) -> Result<Plan> {
        or_unsupported(self.allow(false).and_then(|()| {
            let columns = properties.iter().filter_map(|property| self.column(property).ok());
            let columns: Vec<&Column> = columns.collect();
            self.select_columns(dialect, &columns, conditions, &[]).map(Plan::read)
        }))
    }

    /// Reads some columns of the rows that meet the conditions, in the order of `order`.
    pub(super) fn select_columns(
        &self,
        dialect: &Dialect,
        columns: &[&Column],
        conditions: &[Condition],
        order: &[&'static str],
    ) -> Result<Statement> {
        let mut composer = Composer::new(dialect, self);
        composer.text("SELECT ");
        let columns: Vec<&Column> = columns.iter().copied().chain(self.scope()).collect();
        composer.separated(&columns, ", ", |this, column| this.name(&column.name));
        composer.text(" FROM ");
        composer.table(&self.table);
        composer.conditions(self, "", conditions)?;
        let oldest = self.order_of(conditions);
        let order = order.iter().copied().chain(oldest.iter().map(|property| &**property));
        for (index, property) in order.enumerate() {
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
        or_unsupported(self.compose_select_with(dialect, properties, join, conditions))
    }

    fn compose_select_with(
        &self,
        dialect: &Dialect,
        properties: &[&str],
        join: Join<'_>,
        conditions: &[Condition],
    ) -> Result<Plan> {
        join.model.allow(false)?;
        let mut columns = Vec::new();
        for property in properties {
            columns.push(self.column(property)?);
        }
        let mut composer = Composer::new(dialect, self);
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
        for column in self.scope() {
            composer.text(", a.");
            composer.name(&column.name);
        }
        composer.text(" FROM ");
        composer.table(&self.table);
        composer.text(" AS a JOIN ");
        composer.table(&join.model.table);
        composer.text(" AS b ON b.");
        composer.name(&join.model.column(join.equals)?.name);
        composer.text(" = a.");
        composer.name(&self.column(join.property)?.name);
        for (one, other) in join.model.scope().zip(self.scope()) {
            let (one_name, other_name) = (
                format!("b.{}", dialect.quote(&one.name)),
                format!("a.{}", dialect.quote(&other.name)),
            );
            let _ = write!(composer.sql, " AND {one_name} = {other_name}");
            if !one.exact && one.storage == Storage::Text {
                let bytes = dialect.bytes;
                let _ = write!(composer.sql, " AND {} = {}", bytes(&one_name), bytes(&other_name));
            }
        }
        let mut output: Vec<_> = columns.iter().map(|column| column.output(&self.table)).collect();
        output.extend(join.model.shown().map(|column| column.output(&join.model.table)));
        output.extend(self.scope().map(|column| column.output(&self.table)));
        let head = &composer.sql;
        let many = self.find_many(dialect, head, "a.", conditions, properties, output.clone())?;
        composer.conditions(self, "a.", conditions)?;
        for (index, property) in self.order_of(conditions).iter().enumerate() {
            composer.text(if index == 0 { " ORDER BY a." } else { ", a." });
            composer.name(&self.column(property)?.name);
        }
        Ok(Plan { many, ..Plan::read(composer.finish(output)) })
    }

    /// Changes columns of the rows that meet the conditions and gives the rows back, unless that
    /// would break what only we keep. Values: the columns', then the conditions'.
    pub(super) fn compose_update(
        &self,
        dialect: &Dialect,
        set: &[&Column],
        conditions: &[Condition],
        kept: &[&'static str],
    ) -> Result<Plan> {
        let mut plan = Plan::empty(true, Repeat::Always);
        let kept = self.keep_updated(dialect, set, kept, &mut plan)?;
        let mut composer = Composer::new(dialect, self);
        composer.text("UPDATE ");
        composer.table(&self.table);
        composer.text(" SET ");
        composer.separated(set, ", ", |this, column| {
            this.name(&column.name);
            this.text(" = ");
            this.parameter(column.storage);
        });
        composer.exact_conditions(self, conditions)?;
        for (property, position) in &kept {
            self.unless_broken(&mut composer, property, *position)?;
        }
        plan.answer = Answer::Rows(plan.steps.len());
        if dialect.update_returning {
            let columns = composer.returning(self);
            plan.steps.push(composer.step(columns));
            return Ok(plan);
        }
        plan.steps.push(composer.step(Vec::new()));
        let shown: Vec<&Column> = self.shown().collect();
        // What was refused is not what is there now.
        let changed = kept.iter().map(|(property, _)| Condition::equals(property));
        let conditions: Vec<Condition> = conditions.iter().copied().chain(changed).collect();
        let select = self.select_columns(dialect, &shown, &conditions, &[])?;
        let found_by = set.len()..set.len() + conditions.len() - kept.len();
        let values = self.positions(found_by.chain(kept.iter().map(|(_, position)| *position)));
        plan.answer = Answer::Rows(plan.steps.len());
        plan.steps.push((Arc::new(select), values));
        Ok(plan)
    }

    /// Deletes the rows that meet the conditions and gives them back.
    pub fn delete(&self, dialect: &Dialect, conditions: &[Condition]) -> Result<Plan> {
        or_unsupported(self.allow(true).and_then(|()| {
            let mut composer = Composer::new(dialect, self);
            composer.text("DELETE FROM ");
            composer.table(&self.table);
            composer.exact_conditions(self, conditions)?;
            self.give_back_deleted(composer, conditions)
        }))
    }

    /// Deletes the row whose `property` equals the call's value, unless there are several, and gives
    /// it back.
    pub fn delete_only(&self, dialect: &Dialect, property: &'static str) -> Result<Plan> {
        or_unsupported(self.compose_delete_only(dialect, property))
    }

    fn compose_delete_only(&self, dialect: &Dialect, property: &'static str) -> Result<Plan> {
        self.allow(true)?;
        let column = self.column(property)?;
        let conditions = [Condition::equals(property)];
        let mut composer = Composer::new(dialect, self);
        composer.text("DELETE FROM ");
        composer.table(&self.table);
        composer.exact_conditions(self, &conditions)?;
        // MySQL takes the table that is changed in a derived table only.
        composer.text(" AND (SELECT COUNT(*) FROM (SELECT 1 AS one FROM ");
        composer.table(&self.table);
        let before = composer.in_scope(self.scope(), "", " WHERE ");
        composer.text(before);
        composer.equal("", column, 0);
        composer.text(") AS alike) = 1");
        self.give_back_deleted(composer, &conditions)
    }

    fn give_back_deleted(
        &self,
        mut composer: Composer<'_>,
        conditions: &[Condition],
    ) -> Result<Plan> {
        let dialect = composer.dialect;
        if dialect.delete_returning {
            let columns = composer.returning(self);
            return Ok(composer.plan(columns, Repeat::WhileFound));
        }
        let mut plan = composer.plan(Vec::new(), Repeat::WhileFound);
        let shown: Vec<&Column> = self.shown().collect();
        let mut select = Composer::new(dialect, self);
        select.text(&self.select_head(dialect, &shown));
        // Of no other rows than are deleted: a collation may find more.
        select.exact_conditions(self, conditions)?;
        select.text(dialect.lock_rows);
        plan.steps.insert(0, select.step(self.output()));
        plan.confirm = Some(1);
        Ok(plan)
    }

    /// Deletes the rows that meet the conditions and gives back their number only.
    pub fn delete_silently(&self, dialect: &Dialect, conditions: &[Condition]) -> Result<Plan> {
        or_unsupported(self.allow(true).and_then(|()| {
            let mut composer = Composer::new(dialect, self);
            composer.text("DELETE FROM ");
            composer.table(&self.table);
            composer.exact_conditions(self, conditions)?;
            Ok(composer.plan(Vec::new(), Repeat::WhileFound))
        }))
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
        let mut composer = Composer::new(dialect, self);
        composer.text("DELETE FROM ");
        composer.table(&self.table);
        let before = composer.in_scope(self.scope(), "", " WHERE ");
        composer.text(before);
        let column = self.column(property)?;
        let found = |composer: &mut Composer<'_>| -> Result<String> {
            let mut inner = Composer::new(dialect, self);
            std::mem::swap(&mut inner.parameters, &mut composer.parameters);
            std::mem::swap(&mut inner.arguments, &mut composer.arguments);
            inner.text("(SELECT ");
            inner.name(&other.column(its)?.name);
            inner.text(" FROM ");
            inner.table(&other.table);
            let before = inner.in_scope(other.scope(), "", " WHERE ");
            inner.text(before);
            inner.equal("", other.column(found_by)?, 0);
            inner.text(")");
            std::mem::swap(&mut inner.parameters, &mut composer.parameters);
            std::mem::swap(&mut inner.arguments, &mut composer.arguments);
            Ok(inner.sql)
        };
        let value = found(&mut composer)?;
        let name = dialect.quote(&column.name);
        let _ = write!(composer.sql, "{name} = {value}");
        if !column.exact {
            let again = found(&mut composer)?;
            let bytes = dialect.bytes;
            let _ = write!(composer.sql, " AND {} = {}", bytes(&name), bytes(&again));
        }
        Ok(composer.plan(Vec::new(), Repeat::Always))
    }

    /// The positions of the columns returned among the values of an insert, if all are given there.
    fn given_to_insert(&self) -> Option<Vec<usize>> {
        let scope = self.scope().count();
        let mut given = Vec::new();
        for shown in self.shown() {
            given.push(
                scope + self.inserted().position(|column| column.property == shown.property)?,
            );
        }
        given.extend(0..scope);
        Some(given)
    }

    /// The positions of the scope's values among those of a plan, and of these of the call's.
    fn positions(&self, values: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let scope = self.scope().count();
        (0..scope).chain(values.into_iter().map(|value| scope + value)).collect()
    }

    /// Adds a step that reads the row with the key that an insert was given, and answers.
    pub(super) fn then_select(&self, dialect: &Dialect, plan: &mut Plan) -> Result<()> {
        let step = plan.steps.len();
        let conditions: Vec<Condition> =
            self.key.iter().map(|property| Condition::equals(property)).collect();
        let shown: Vec<&Column> = self.shown().collect();
        if let Some(counted) = self.column_left_to_database(&conditions) {
            // The number that the server gave the row, which it tells its own connection only.
            let mut composer = Composer::new(dialect, self);
            composer.text("SELECT ");
            composer.separated(self.returned(), ", ", |this, column| this.name(&column.name));
            composer.text(" FROM ");
            composer.table(&self.table);
            composer.text(" WHERE ");
            composer.name(&counted.name);
            composer.text(" = LAST_INSERT_ID()");
            let columns = self.output();
            plan.steps.push(composer.step(columns));
            plan.answer = Answer::Rows(step);
            return Ok(());
        }
        let select = self.select_columns(dialect, &shown, &conditions, &[])?;
        let key = self.key.iter().filter_map(|property| {
            self.inserted().position(|column| &*column.property == *property)
        });
        plan.steps.push((Arc::new(select), self.positions(key)));
        plan.answer = Answer::Rows(step);
        Ok(())
    }

    /// The column of a key that inserts leave to the database.
    fn column_left_to_database(&self, key: &[Condition]) -> Option<&Column> {
        let columns = key.iter().filter_map(|condition| self.column(condition.property).ok());
        columns.into_iter().find(|column| column.fill.is_left_to_database())
    }
}
