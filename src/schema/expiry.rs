//! Rows whose time is over, deleted some at a time.

use super::Model;
use super::compose::{Composer, or_unsupported};
use crate::engine::{Dialect, Plan, Repeat};
use crate::error::Result;
use std::fmt::Write as _;

impl Model {
    /// Deletes at most `limit` of the rows, of all scopes, whose `expires` is not after the call's value,
    /// and gives back their number.
    pub fn delete_expired(&self, dialect: &Dialect, limit: u64) -> Result<Plan> {
        or_unsupported(self.compose_delete_expired(dialect, limit))
    }

    fn compose_delete_expired(&self, dialect: &Dialect, limit: u64) -> Result<Plan> {
        self.allow(true)?;
        let expires = self.column("expires")?;
        let mut composer = Composer::new(dialect, self);
        composer.text("DELETE FROM ");
        composer.table(&self.table);
        composer.text(" WHERE ");
        composer.name(&expires.name);
        composer.text(" <= ");
        composer.parameter_of(0, expires.storage);
        if !dialect.delete_limit {
            let mut key = Vec::new();
            for property in self.key {
                key.push(dialect.quote(&self.column(property)?.name));
            }
            let key = key.join(", ");
            let _ = write!(composer.sql, " AND ({key}) IN (SELECT {key} FROM ");
            composer.table(&self.table);
            composer.text(" WHERE ");
            composer.name(&expires.name);
            composer.text(" <= ");
            composer.parameter_of(0, expires.storage);
            let _ = write!(composer.sql, " LIMIT {limit})");
        } else {
            let _ = write!(composer.sql, " LIMIT {limit}");
        }
        Ok(composer.plan(Vec::new(), Repeat::Always))
    }
}
