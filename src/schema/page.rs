//! All rows of a table, of every scope, some at a time, in the order of its primary key, and changes of what was read
//! there that lose nobody's newer value.

use super::compose::Composer;
use super::{Column, Model};
use crate::engine::{Dialect, Plan, Repeat};
use crate::error::Result;
use crate::value::Value;
use std::fmt::Write as _;

impl Model {
    /// The columns that order all rows.
    ///
    /// # Errors
    /// `ERR_UNSUPPORTED`: the schema leaves one out.
    pub fn order(&self) -> Result<Vec<&Column>> {
        // No two rows are alike in a primary key, also as its collation sees it.
        self.primary.iter().map(|property| self.column(property)).collect()
    }

    /// Reads some columns of at most `limit` rows: the first ones, or (`after`) those that come after
    /// a row, of which the values are [`position`].
    pub fn page(
        &self,
        dialect: &Dialect,
        columns: &[&Column],
        after: bool,
        limit: usize,
    ) -> Result<Plan> {
        let order = self.order()?;
        let mut composer = Composer::of_all_scopes(dialect);
        composer.text("SELECT ");
        composer.separated(columns, ", ", |this, column| this.name(&column.name));
        composer.text(" FROM ");
        composer.table(&self.table);
        if after {
            composer.text(" WHERE ");
            follow(&mut composer, &order);
        }
        composer.text(" ORDER BY ");
        composer.separated(&order, ", ", |this, column| this.name(&column.name));
        let _ = write!(composer.sql, " LIMIT {limit}");
        let output = columns.iter().map(|column| column.output(&self.table)).collect();
        Ok(Plan::read(composer.finish(output)))
    }

    /// Changes columns of the row with a key if each still holds, to the byte, what it did. Values: the
    /// new ones, the key's, the scope's, the old ones.
    pub fn replace(&self, dialect: &Dialect, set: &[&Column]) -> Result<Plan> {
        let mut composer = Composer::of_all_scopes(dialect);
        composer.text("UPDATE ");
        composer.table(&self.table);
        composer.text(" SET ");
        composer.separated(set, ", ", |this, column| {
            this.name(&column.name);
            this.text(" = ");
            this.parameter(column.storage);
        });
        composer.text(" WHERE ");
        let mut key = 0;
        let columns = self.key.iter().map(|property| self.column(property));
        for column in columns.chain(self.scope().map(Ok)) {
            composer.text(if key == 0 { "" } else { " AND " });
            composer.equal("", column?, set.len() + key);
            key += 1;
        }
        let bytes = dialect.bytes;
        for (index, column) in set.iter().enumerate() {
            let end = composer.sql.len();
            composer.parameter_of(set.len() + key + index, column.storage);
            let old = composer.sql.split_off(end);
            let name = dialect.quote(&column.name);
            let _ = write!(composer.sql, " AND {} = {}", bytes(&name), bytes(&old));
        }
        Ok(composer.plan(Vec::new(), Repeat::Always))
    }
}

/// The values that find the rows after the one with this primary key.
pub fn position(key: &[Value]) -> Vec<Value> {
    let Some((last, others)) = key.split_last() else { return Vec::new() };
    let twice = others.iter().flat_map(|value| [value.clone(), value.clone()]);
    twice.chain([last.clone()]).collect()
}

/// That a row comes after another: `a >= x AND (a > x OR …)`, which databases find by an index where
/// they do not find `(a, b) > (x, y)`.
fn follow(composer: &mut Composer<'_>, order: &[&Column]) {
    let Some((column, rest)) = order.split_first() else { return };
    let compare = |composer: &mut Composer<'_>, operator: &str| {
        composer.name(&column.name);
        composer.text(operator);
        composer.parameter(column.storage);
    };
    if rest.is_empty() {
        compare(composer, " > ");
        return;
    }
    compare(composer, " >= ");
    composer.text(" AND (");
    compare(composer, " > ");
    composer.text(" OR (");
    follow(composer, rest);
    composer.text("))");
}
