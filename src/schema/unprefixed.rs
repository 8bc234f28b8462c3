//! Rows whose text does not begin as it should by now.

use super::Model;
use super::compose::{Composer, or_unsupported};
use crate::engine::{Dialect, Plan, Repeat, Storage};
use crate::error::Result;
use std::fmt::Write as _;

impl Model {
    /// Looks for one row, of any scope, that has not expired at the call's first value and whose `property` begins with
    /// none of the others, to the byte. Those have so many bytes.
    pub fn find_unprefixed(
        &self,
        dialect: &Dialect,
        property: &str,
        lengths: &[usize],
    ) -> Result<Plan> {
        or_unsupported(self.compose_find_unprefixed(dialect, property, lengths))
    }

    fn compose_find_unprefixed(
        &self,
        dialect: &Dialect,
        property: &str,
        lengths: &[usize],
    ) -> Result<Plan> {
        let (column, expires) = (self.column(property)?, self.column("expires")?);
        let (name, bytes) = (dialect.quote(&column.name), dialect.bytes);
        let mut composer = Composer::of_all_scopes(dialect);
        composer.text("SELECT 1 FROM ");
        composer.table(&self.table);
        composer.text(" WHERE ");
        composer.name(&expires.name);
        composer.text(" > ");
        composer.parameter(expires.storage);
        for length in lengths {
            let begins = bytes(&format!("SUBSTR({name}, 1, {length})"));
            let prefix = bytes(&composer.next(Storage::Text));
            let _ = write!(composer.sql, " AND {begins} <> {prefix}");
        }
        composer.text(" LIMIT 1");
        Ok(Plan::read(composer.finish(Vec::new())))
    }

    /// Gives the row whose `property` equals the call's first value the second one instead.
    pub fn replace_text(&self, dialect: &Dialect, property: &str) -> Result<Plan> {
        or_unsupported(self.compose_replace_text(dialect, property))
    }

    fn compose_replace_text(&self, dialect: &Dialect, property: &str) -> Result<Plan> {
        self.allow(true)?;
        let column = self.column(property)?;
        let mut composer = Composer::new(dialect, self);
        composer.text("UPDATE ");
        composer.table(&self.table);
        composer.text(" SET ");
        composer.name(&column.name);
        composer.text(" = ");
        composer.parameter_of(1, column.storage);
        let before = composer.in_scope(self.scope(), "", " WHERE ");
        composer.text(before);
        composer.equal("", column, 0);
        Ok(composer.plan(Vec::new(), Repeat::Always))
    }
}
