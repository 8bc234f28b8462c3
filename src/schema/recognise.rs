//! Whose tables there are, if they are not ours.

use super::preset::{PRESETS, Preset};
use super::{Access, Schema};
use crate::engine::{Engine, LiveTable, Table};
use crate::error::{Code, Error, Result};

/// The preset that describes the tables of the live database, if one does: every table and column
/// that it names is there.
///
/// # Errors
/// Those of the database.
pub async fn recognise(engine: &dyn Engine) -> Result<Option<&'static Preset>> {
    let dialect = engine.dialect();
    let mut known = Vec::new();
    for preset in PRESETS {
        if let Ok(schema) = preset.schema(dialect) {
            known.push((preset, schema));
        }
    }
    let mut tables: Vec<Table> = Vec::new();
    for (_, schema) in &known {
        for table in tables_of(schema) {
            if !tables.contains(table) {
                tables.push(table.clone());
            }
        }
    }
    let mut found: Vec<(&'static Preset, usize)> = Vec::new();
    for schema_name in [None, Some("next_auth")] {
        let of_schema: Vec<Table> =
            tables.iter().filter(|table| table.schema.as_deref() == schema_name).cloned().collect();
        if of_schema.is_empty() {
            continue;
        }
        let live = engine.inspect(&of_schema).await?;
        for (preset, schema) in &known {
            let is_here = tables_of(schema).all(|table| table.schema.as_deref() == schema_name);
            if is_here && describes(schema, &live) {
                found.push((preset, columns(schema)));
            }
        }
    }
    // One that says more says it better; of those alike, the likelier is first.
    let most = found.iter().map(|(_, columns)| *columns).max();
    Ok(found.iter().find(|(_, columns)| Some(*columns) == most).map(|(preset, _)| *preset))
}

fn tables_of(schema: &Schema) -> impl Iterator<Item = &Table> {
    let models = schema.models().into_iter();
    models.filter(|model| model.access != Access::Absent).map(|model| &model.table)
}

fn columns(schema: &Schema) -> usize {
    let models = schema.models().into_iter();
    models
        .filter(|model| model.access != Access::Absent)
        .map(|model| model.columns.iter().filter(|column| column.shown).count())
        .sum()
}

/// Whether every table and column of a schema is there, by their exact names. Columns that no call
/// needs may have been left out, and so may passkeys.
fn describes(schema: &Schema, live: &[LiveTable]) -> bool {
    schema
        .models()
        .into_iter()
        .filter(|model| model.access != Access::Absent && model.name != "authenticator")
        .all(|model| {
            live.iter().find(|table| table.name == model.table.name).is_some_and(|table| {
                model
                    .columns
                    .iter()
                    .filter(|column| column.shown)
                    .all(|column| table.columns.contains(&column.name))
            })
        })
}

/// Refuses to treat tables as ours that are another adapter's.
pub fn foreign(preset: &Preset) -> Error {
    Error::new(
        Code::Schema,
        format!(
            "these are {}'s tables: set the option schema: \"{}\" to use them as they are. For \
             tables of ours beside them, set schema: {{ prefix }} or another database",
            preset.package, preset.name
        ),
    )
}
