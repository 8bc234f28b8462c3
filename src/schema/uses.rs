//! Verification tokens that may be used more than once, or that wrong tries end.

use super::compose::{Composer, or_unsupported};
use super::{Column, Fill, Model};
use crate::engine::{Answer, Dialect, Plan, Repeat, Statement};
use crate::error::Result;
use crate::value::Value;
use std::fmt::Write as _;
use std::sync::Arc;

/// What is counted of a model's rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// How often a row has been used, and when first.
    pub uses: bool,
    /// How many tries were in vain.
    pub attempts: bool,
}

impl Counted {
    /// The properties that are needed for it, each with its value in a new row.
    pub fn properties(self) -> impl Iterator<Item = (&'static str, Value)> {
        let uses = [("uses", Value::Integer(0)), ("usedAt", Value::Null)];
        let attempts = [("attempts", Value::Integer(0))];
        uses.into_iter()
            .filter(move |_| self.uses)
            .chain(attempts.into_iter().filter(move |_| self.attempts))
    }
}

/// The positions of a call's values: what is looked up first, then what it is measured by.
const NOW: usize = 2;
const USED_AFTER: usize = 3;
const MOST_USES: usize = 4;
const MOST_ATTEMPTS: usize = 5;

impl Model {
    /// Lets inserts set the counters back, also those that meet a row which is there already.
    pub fn count(&mut self, counted: Counted) {
        for (property, value) in counted.properties() {
            for column in self.columns.iter_mut().filter(|column| *column.property == *property) {
                (column.shown, column.is_written) = (false, false);
                column.fill = Fill::Reset(value.clone());
            }
        }
        self.set_names();
    }

    /// Uses the row with these properties, the first of the values `[identifier, token, now, used after,
    /// most uses, most attempts]`, if it may still be used, and gives it back. Where only one use is allowed
    /// the row goes with it.
    ///
    /// Where attempts are counted, `by` must begin with the property whose rows a try in vain counts for: it is
    /// counted first, so that of many tries at once none comes before those that have failed.
    pub fn take_counted(
        &self,
        dialect: &Dialect,
        by: &[(&'static str, usize)],
        counted: Counted,
    ) -> Result<Plan> {
        or_unsupported(self.compose_take_counted(dialect, by, counted))
    }

    fn compose_take_counted(
        &self,
        dialect: &Dialect,
        by: &[(&'static str, usize)],
        counted: Counted,
    ) -> Result<Plan> {
        self.allow(true)?;
        let mut plan = Plan::empty(true, Repeat::WhileFound);
        if let (true, [owner, key, ..]) = (counted.attempts, by) {
            plan.steps.push(self.count_attempt(dialect, *owner, *key, by, counted)?);
            plan.steps.push(self.delete_attempted(dialect, *owner)?);
        }
        let mut composer = Composer::new(dialect, self);
        let is_returned = if counted.uses {
            self.use_once_more(&mut composer)?;
            dialect.update_returning
        } else {
            composer.text("DELETE FROM ");
            composer.table(&self.table);
            dialect.delete_returning
        };
        self.usable(&mut composer, by, counted)?;
        if let [(only, value)] = by {
            self.alone(&mut composer, self.column(only)?, *value);
        }
        let mut columns = Vec::new();
        if is_returned {
            columns = composer.returning(self);
        } else {
            let shown: Vec<&Column> = self.shown().collect();
            let mut select = Composer::new(dialect, self);
            select.text(&self.select_head(dialect, &shown));
            self.usable(&mut select, by, counted)?;
            select.text(dialect.lock_rows);
            plan.steps.push(select.step(self.output()));
            plan.confirm = Some(plan.steps.len());
        }
        plan.steps.push(composer.step(columns));
        // What gives the row: the last step, or the one before it, which is confirmed by the last.
        plan.answer = Answer::Rows(plan.steps.len() - if is_returned { 1 } else { 2 });
        Ok(plan)
    }

    fn use_once_more(&self, composer: &mut Composer<'_>) -> Result<()> {
        let (uses, used_at) = (self.column("uses")?, self.column("usedAt")?);
        let quote = |column: &Column| composer.dialect.quote(&column.name);
        let (uses, used) = (quote(uses), quote(used_at));
        composer.text("UPDATE ");
        composer.table(&self.table);
        let _ = write!(
            composer.sql,
            " SET {uses} = COALESCE({uses}, 0) + 1, {used} = COALESCE({used}, "
        );
        composer.parameter_of(NOW, used_at.storage);
        composer.text(")");
        Ok(())
    }

    /// The conditions of a row with these properties that may be used.
    fn usable(
        &self,
        composer: &mut Composer<'_>,
        by: &[(&'static str, usize)],
        counted: Counted,
    ) -> Result<()> {
        let quote = |composer: &Composer<'_>, column: &Column| composer.dialect.quote(&column.name);
        let mut before = composer.in_scope(self.scope(), "", " WHERE ");
        for (property, value) in by {
            composer.text(before);
            before = " AND ";
            composer.equal("", self.column(property)?, *value);
        }
        if counted.uses {
            let expires = self.column("expires")?;
            let _ = write!(composer.sql, " AND {} > ", quote(composer, expires));
            composer.parameter_of(NOW, expires.storage);
            let uses = self.column("uses")?;
            let _ = write!(composer.sql, " AND COALESCE({}, 0) < ", quote(composer, uses));
            composer.parameter_of(MOST_USES, uses.storage);
            let used_at = self.column("usedAt")?;
            let name = quote(composer, used_at);
            let _ = write!(composer.sql, " AND ({name} IS NULL OR {name} > ");
            composer.parameter_of(USED_AFTER, used_at.storage);
            composer.text(")");
        }
        if counted.attempts {
            let attempts = self.column("attempts")?;
            let _ = write!(composer.sql, " AND COALESCE({}, 0) < ", quote(composer, attempts));
            composer.parameter_of(MOST_ATTEMPTS, attempts.storage);
        }
        Ok(())
    }

    /// Counts a try for the owner's other rows, unless it is not in vain.
    fn count_attempt(
        &self,
        dialect: &Dialect,
        (owner, owner_value): (&'static str, usize),
        (key, key_value): (&'static str, usize),
        by: &[(&'static str, usize)],
        counted: Counted,
    ) -> Result<(Arc<Statement>, Vec<usize>)> {
        let attempts = dialect.quote(&self.column("attempts")?.name);
        let mut composer = Composer::new(dialect, self);
        composer.text("UPDATE ");
        composer.table(&self.table);
        let _ = write!(composer.sql, " SET {attempts} = COALESCE({attempts}, 0) + 1");
        let before = composer.in_scope(self.scope(), "", " WHERE ");
        composer.text(before);
        composer.equal("", self.column(owner)?, owner_value);
        composer.text(" AND NOT (");
        composer.equal("", self.column(key)?, key_value);
        // MySQL takes the table that is changed in a derived table only.
        composer.text(") AND (SELECT COUNT(*) FROM (SELECT 1 AS one FROM ");
        composer.table(&self.table);
        self.usable(&mut composer, by, counted)?;
        composer.text(") AS usable) = 0");
        Ok(composer.step(Vec::new()))
    }

    /// Deletes the owner's rows that too many tries were in vain for.
    fn delete_attempted(
        &self,
        dialect: &Dialect,
        (owner, value): (&'static str, usize),
    ) -> Result<(Arc<Statement>, Vec<usize>)> {
        let attempts = self.column("attempts")?;
        let mut composer = Composer::new(dialect, self);
        composer.text("DELETE FROM ");
        composer.table(&self.table);
        let before = composer.in_scope(self.scope(), "", " WHERE ");
        composer.text(before);
        composer.equal("", self.column(owner)?, value);
        let _ = write!(composer.sql, " AND COALESCE({}, 0) >= ", dialect.quote(&attempts.name));
        composer.parameter_of(MOST_ATTEMPTS, attempts.storage);
        Ok(composer.step(Vec::new()))
    }

    /// That no other row is alike in the property.
    fn alone(&self, composer: &mut Composer<'_>, column: &Column, value: usize) {
        composer.text(" AND (SELECT COUNT(*) FROM (SELECT 1 AS one FROM ");
        composer.table(&self.table);
        let before = composer.in_scope(self.scope(), "", " WHERE ");
        composer.text(before);
        composer.equal("", column, value);
        composer.text(") AS alike) = 1");
    }
}
