//! Rows that one caller at a time may work on, by two columns: who, and until when.

use super::compose::{Composer, or_unsupported};
use super::{Column, Condition, Fill, Model};
use crate::engine::{ColumnType, Dialect, Plan, Repeat};
use crate::error::{Code, Error, Result};
use std::fmt::Write as _;

/// The properties of a lease.
const OWNER: &str = "lockOwner";
const EXPIRES: &str = "lockExpires";

/// The positions of the values that a lease's plans take, after those of the row's key.
struct Places {
    owner: usize,
    until: usize,
    now: usize,
}

impl Model {
    /// Keeps the lease out of what callers write and see.
    pub fn hide_lease(&mut self) {
        for column in &mut self.columns {
            if [OWNER, EXPIRES].contains(&&*column.property) {
                (column.shown, column.is_written, column.fill) = (false, false, Fill::Database);
            }
        }
        self.set_names();
    }

    fn lease(&self) -> Result<(&Column, &Column, Places)> {
        let (owner, until) = (self.column(OWNER)?, self.column(EXPIRES)?);
        if !matches!(owner.kind, ColumnType::Key | ColumnType::Text)
            || until.kind != ColumnType::Date
        {
            return Err(Error::new(
                Code::Unsupported,
                format!(
                    "the columns of a lease are of other types: {OWNER} is a text, {EXPIRES} a date"
                ),
            ));
        }
        let first = self.key.len();
        Ok((owner, until, Places { owner: first, until: first + 1, now: first + 2 }))
    }

    /// Gives a row's lease to an owner until some time, if nobody else has it. Values: the key's, then
    /// `[owner, until, now]`.
    pub fn take_lease(&self, dialect: &Dialect) -> Result<Plan> {
        or_unsupported(self.compose_take_lease(dialect))
    }

    fn compose_take_lease(&self, dialect: &Dialect) -> Result<Plan> {
        self.allow(true)?;
        let (owner, until, at) = self.lease()?;
        let (owned, ends) = (dialect.quote(&owner.name), dialect.quote(&until.name));
        let mut composer = Composer::new(dialect, self);
        composer.text("UPDATE ");
        composer.table(&self.table);
        let _ = write!(composer.sql, " SET {owned} = ");
        composer.parameter_of(at.owner, owner.storage);
        let _ = write!(composer.sql, ", {ends} = ");
        composer.parameter_of(at.until, until.storage);
        self.key_equals(&mut composer)?;
        let _ = write!(composer.sql, " AND ({owned} IS NULL OR {ends} IS NULL OR {ends} <= ");
        composer.parameter_of(at.now, until.storage);
        let _ = write!(composer.sql, " OR {owned} = ");
        composer.parameter_of(at.owner, owner.storage);
        composer.text(")");
        Ok(composer.plan(Vec::new(), Repeat::Always))
    }

    /// Reads the keys of rows, and until when their lease is somebody's. Values: the key's.
    pub fn find_lease(&self, dialect: &Dialect) -> Result<Plan> {
        or_unsupported(self.compose_find_lease(dialect))
    }

    fn compose_find_lease(&self, dialect: &Dialect) -> Result<Plan> {
        let (_, until, _) = self.lease()?;
        let mut columns = Vec::new();
        for property in self.key {
            columns.push(self.column(property)?);
        }
        columns.push(until);
        let key: Vec<Condition> = self.key.iter().map(|key| Condition::equals(key)).collect();
        Ok(Plan::read(self.select_columns(dialect, &columns, &key, &[])?))
    }

    /// Ends an owner's lease. Values: the key's, then `[owner]`.
    pub fn end_lease(&self, dialect: &Dialect) -> Result<Plan> {
        or_unsupported(self.compose_end_lease(dialect))
    }

    fn compose_end_lease(&self, dialect: &Dialect) -> Result<Plan> {
        self.allow(true)?;
        let (owner, until, at) = self.lease()?;
        let (owned, ends) = (dialect.quote(&owner.name), dialect.quote(&until.name));
        let mut composer = Composer::new(dialect, self);
        composer.text("UPDATE ");
        composer.table(&self.table);
        let _ = write!(composer.sql, " SET {owned} = NULL, {ends} = NULL");
        self.key_equals(&mut composer)?;
        let _ = write!(composer.sql, " AND {owned} = ");
        composer.parameter_of(at.owner, owner.storage);
        Ok(composer.plan(Vec::new(), Repeat::Always))
    }

    fn key_equals(&self, composer: &mut Composer<'_>) -> Result<()> {
        let mut before = composer.in_scope(self.scope(), "", " WHERE ");
        for (index, property) in self.key.iter().enumerate() {
            composer.text(before);
            before = " AND ";
            composer.equal("", self.column(property)?, index);
        }
        Ok(())
    }
}
