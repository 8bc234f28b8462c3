//! Users whom a crash has left in the middle of a sign-in, told apart by a mark: since when they are in it.

use super::compose::Composer;
use super::{Access, Fill, Model, Schema};
use crate::engine::{ColumnType, Dialect, Plan, Repeat};
use crate::error::Result;

/// The property of the mark.
pub const SINCE: &str = "unfinishedSince";

impl Schema {
    /// Whether users can be marked: the tables are our own, and there is a column for it.
    pub fn can_mark_users(&self) -> bool {
        let user = &self.user;
        self.preset.is_none()
            && user.access == Access::Full
            && user.has("emailVerified")
            && self.account.has("userId")
            && user
                .columns
                .iter()
                .any(|column| &*column.property == SINCE && column.kind == ColumnType::Date)
    }

    /// Has users marked as they are inserted.
    pub fn mark_users(&mut self) {
        for column in &mut self.user.columns {
            if &*column.property == SINCE {
                (column.shown, column.is_written, column.fill) = (false, true, Fill::Given);
                column.default = None;
            }
        }
        self.user.set_names();
    }

    /// Deletes a user who was marked before a date and whom [`Schema::delete_unfinished`] would delete.
    /// Values: the user's id, the date.
    pub fn delete_left_over(&self, dialect: &Dialect) -> Result<Option<Plan>> {
        let Some(mut composer) = self.unfinished_user(dialect)? else { return Ok(None) };
        let since = self.user.column(SINCE)?;
        composer.text(" AND ");
        composer.name(&since.name);
        composer.text(" < ");
        composer.parameter_of(1, since.storage);
        Ok(Some(composer.plan(Vec::new(), Repeat::Always)))
    }

    /// Takes a user's mark away; with a model, if a row of it is the user's. Value: the user's id.
    pub fn settle_user(&self, dialect: &Dialect, with: Option<&Model>) -> Result<Plan> {
        let user = &self.user;
        let since = dialect.quote(&user.column(SINCE)?.name);
        let mut composer = Composer::new(dialect, user);
        composer.text("UPDATE ");
        composer.table(&user.table);
        composer.text(" SET ");
        composer.text(&since);
        composer.text(" = NULL");
        let before = composer.in_scope(user.scope(), "", " WHERE ");
        composer.text(before);
        composer.equal("", user.column("id")?, 0);
        composer.text(" AND ");
        composer.text(&since);
        composer.text(" IS NOT NULL");
        if let Some(model) = with {
            composer.has_row_of(model, " AND EXISTS")?;
        }
        Ok(composer.plan(Vec::new(), Repeat::Always))
    }
}
