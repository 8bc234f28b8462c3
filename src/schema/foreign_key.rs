//! The foreign keys that tie rows to their users, where a live table has none: what is left over then, and
//! how it gets one.

use super::compare::{Finding, Level};
use super::create::{foreign_key, scope_foreign_key};
use super::{Access, Column, Model, Reference, Schema};
use crate::engine::{Dialect, LiveForeignKey, LiveTable};
use crate::error::Result;

/// The code of what is found here.
pub(super) const MISSING: &str = "missing_foreign_key";

/// What a table lacks of foreign keys to the users.
///
/// # Errors
/// None in practice: a schema that was built has the columns that its keys name.
pub(super) fn missing_foreign_key(
    dialect: &Dialect,
    schema: &Schema,
    model: &Model,
    table: &LiveTable,
    users: Option<&LiveTable>,
) -> Result<Option<Finding>> {
    if let Some(statement) = scope_foreign_key(dialect, schema, model, table)? {
        return Ok(Some(unscoped(model, statement)));
    }
    let mut pointing = model.columns.iter();
    let pointing = pointing.find(|column| column.references == Some(Reference::User));
    // A view cannot be pointed to.
    let known = users.filter(|_| schema.user.access == Access::Full);
    let (Some(column), Some(users), Some(keys)) = (pointing, known, &table.foreign_keys) else {
        return Ok(None);
    };
    let key = Key::new(schema, model, column)?;
    if keys.iter().any(|live| key.is_kept_by(dialect, schema, table, live)) {
        return Ok(None);
    }
    let Some(addable) = key.addable(dialect, table, users) else { return Ok(None) };
    let Key { from, to, .. } = key;
    let leaves = match model.name {
        "account" => {
            "their accounts stay: nobody is found by one, and whoever signs in with it is refused \
             (ERR_UNIQUE)"
        }
        "session" => {
            "their sessions stay: nobody is found by one, unless somebody gets the same id later"
        }
        _ => "their passkeys stay, with which nobody can sign in",
    };
    let ours = if model.keeps_user() {
        ". The adapter takes the foreign key to be there: nor is a row refused whose user is not \
         there, or is deleted at that moment"
    } else {
        ""
    };
    let quoted = dialect.quote_table(&model.table);
    let (remedy, sql) = match addable {
        Addable::Yes => (
            format!(
                "What is left of such users is in the way of one; to delete it: {}",
                schema.delete_orphans(dialect, model)?
            ),
            vec![format!(
                "ALTER TABLE {quoted} ADD {}",
                foreign_key(dialect, schema, model, column)?
            )],
        ),
        Addable::ByNewTable => (
            "This database adds none to a table that is there: that takes a new table, to which the \
             rows are copied"
                .to_owned(),
            Vec::new(),
        ),
        Addable::OnceAlike => (
            format!("None can be added as long as the two differ in their type: {from} and {to}"),
            Vec::new(),
        ),
    };
    Ok(Some(Finding {
        level: Level::Warning,
        code: MISSING,
        table: model.table.name.clone(),
        column: Some(from.clone()),
        message: format!(
            "no foreign key ties it to {}.{to}: deleteUser deletes what belongs to a user, but when \
             another program does without, or somebody by hand, {leaves}{ours}. {remedy}",
            schema.user.table.name
        ),
        sql,
        // It holds up writers of both tables, and other programs may count on there being none.
        adds: false,
    }))
}

/// That a row's user is of the row's scope: what is to be added together with the scope's columns.
fn unscoped(model: &Model, statement: String) -> Finding {
    Finding {
        level: Level::Error,
        code: MISSING,
        table: model.table.name.clone(),
        column: None,
        message:
            "no foreign key names the columns of the option \"scope\": a row of one scope could \
                  point to another's user"
                .to_owned(),
        sql: vec![statement],
        adds: true,
    }
}

/// Whether a table can be given a foreign key.
enum Addable {
    Yes,
    ByNewTable,
    OnceAlike,
}

/// A foreign key as our own tables have it.
struct Key {
    from: String,
    to: String,
    /// Columns of the scope, each with the users'.
    scope: Vec<(String, String)>,
}

impl Key {
    fn new(schema: &Schema, model: &Model, column: &Column) -> Result<Self> {
        let scope = model.scope().zip(schema.user.scope());
        Ok(Key {
            from: column.name.clone(),
            to: schema.user.column("id")?.name.clone(),
            scope: scope.map(|(mine, theirs)| (mine.name.clone(), theirs.name.clone())).collect(),
        })
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let scope = self.scope.iter().map(|(mine, theirs)| (mine.as_str(), theirs.as_str()));
        scope.chain([(self.from.as_str(), self.to.as_str())])
    }

    /// Whether a live one sees to it that no row points to a user who is not there. One that names more
    /// columns is not looked at for rows in which one of these is null.
    fn is_kept_by(
        &self,
        dialect: &Dialect,
        schema: &Schema,
        table: &LiveTable,
        live: &LiveForeignKey,
    ) -> bool {
        let users = &schema.user.table.name;
        let to_users = if dialect.exact_tables {
            live.table == *users
        } else {
            live.table.eq_ignore_ascii_case(users)
        };
        let is_scope = |mine: &str, theirs: &str| {
            let mut scope = self.scope.iter();
            scope.any(|(one, other)| {
                one.eq_ignore_ascii_case(mine) && other.eq_ignore_ascii_case(theirs)
            })
        };
        let never_null = |mine: &str| table.column(mine).is_some_and(|column| !column.nullable);
        to_users
            && live.points(&self.from, &self.to, |mine, theirs| {
                is_scope(mine, theirs) || never_null(mine)
            })
    }

    /// Whether it can be had; nothing as long as something else is missing that it needs.
    fn addable(&self, dialect: &Dialect, table: &LiveTable, users: &LiveTable) -> Option<Addable> {
        let mut columns = Vec::new();
        for (mine, theirs) in self.pairs() {
            columns.push((table.column(mine)?, users.column(theirs)?));
        }
        let theirs: Vec<&str> = self.pairs().map(|(_, theirs)| theirs).collect();
        if !users.has_key(&theirs) {
            return None;
        }
        let alike = columns.into_iter().all(|(mine, theirs)| {
            (dialect.can_point)(mine, theirs) && (dialect.is_indexable)(&mine.sql_type)
        });
        Some(match (dialect.adds_foreign_keys, alike) {
            (false, _) => Addable::ByNewTable,
            (true, false) => Addable::OnceAlike,
            (true, true) => Addable::Yes,
        })
    }
}
