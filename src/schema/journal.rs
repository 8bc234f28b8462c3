//! What `migrate` has run, noted in a table of its own beside the others.

use super::{Column, Fill, Model, Schema, create_table, new_id};
use crate::engine::{Change, ColumnType, Dialect};
use crate::error::{Error, Result};
use crate::options::Ids;

/// The name of the table.
const MIGRATIONS: &str = "next_auth_sqlx_migrations";

/// Statements that define tables, each with one that notes it: where the database defines
/// tables one by one, the notes tell how far it came. The first one makes the table of the notes.
///
/// # Errors
/// None in practice: the table has the columns that its key names.
pub fn noted(dialect: &Dialect, schema: &Schema, statements: &[String]) -> Result<Vec<Change>> {
    use ColumnType::{Date, Key, Text};
    let column = |name, kind| Column::new(name, name, kind, (dialect.column)(kind));
    let mut model = Model::new(
        "migration",
        MIGRATIONS,
        &["id"],
        vec![
            column("id", Key),
            Column {
                fill: Fill::Database,
                default: Some(dialect.now.to_owned()),
                ..column("applied_at", Date)
            },
            column("version", Key),
            column("statement", Text),
        ],
    );
    model.table.schema.clone_from(&schema.user.table.schema);
    let journal = create_table(dialect, schema, &model)?;
    let mut noted = vec![Change { statement: journal, note: None }];
    for statement in statements {
        // One that was made later is the larger: they say the order too.
        let id = new_id(Ids::UuidV7)?.ok_or_else(|| Error::internal("no UUID could be made"))?;
        let values = [&*id, env!("CARGO_PKG_VERSION"), statement].map(dialect.literal);
        let note = format!(
            "INSERT INTO {} ({}) VALUES ({})",
            dialect.quote_table(&model.table),
            ["id", "version", "statement"].map(|name| dialect.quote(name)).join(", "),
            values.join(", ")
        );
        noted.push(Change { statement: statement.clone(), note: Some(note) });
    }
    Ok(noted)
}
