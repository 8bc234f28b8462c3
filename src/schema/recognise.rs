//! Whose tables there are, if they are not ours.

use super::preset::{PRESETS, Preset};
use super::{Access, Column, Model, Schema};
use crate::engine::{Engine, Extent, LiveTable, Table};
use crate::error::{Code, Error, Result};

/// The presets that describe the tables of the live database: every table and column that they name is
/// there. Several are given where names do not tell them apart.
///
/// # Errors
/// Those of the database.
pub async fn recognise(engine: &dyn Engine) -> Result<Vec<&'static Preset>> {
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
    let mut found: Vec<(&'static Preset, Fit)> = Vec::new();
    for schema_name in [None, Some("next_auth")] {
        let of_schema: Vec<Table> =
            tables.iter().filter(|table| table.schema.as_deref() == schema_name).cloned().collect();
        if of_schema.is_empty() {
            continue;
        }
        let live = engine.inspect(&of_schema, Extent::Columns).await?;
        for (preset, schema) in &known {
            let is_here = tables_of(schema).all(|table| table.schema.as_deref() == schema_name);
            if is_here && describes(schema, &live) {
                found.push((preset, Fit::of(schema, &live)));
            }
        }
    }
    let best = found.iter().map(|(_, fit)| *fit).max();
    let fitting = found.into_iter().filter(|(_, fit)| Some(*fit) == best);
    Ok(fitting.map(|(preset, _)| preset).collect())
}

/// How well a schema describes live tables: the larger, the better. What comes first counts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    /// Its names have the same capitals.
    is_exact: bool,
    /// Nothing of it is missing.
    is_complete: bool,
    /// How much it says.
    columns: usize,
    /// Types that are spelt as they are there: that alone tells TypeORM's tables from Prisma's.
    alike: usize,
}

impl Fit {
    fn of(schema: &Schema, live: &[LiveTable]) -> Self {
        Fit {
            is_exact: is_exact(schema, live),
            is_complete: is_complete(schema, live),
            columns: columns(schema),
            alike: alike(schema, live),
        }
    }
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

/// How many columns have the type that the schema gives them, but for its length.
fn alike(schema: &Schema, live: &[LiveTable]) -> usize {
    let models = schema.models().into_iter();
    models
        .filter(|model| model.access != Access::Absent)
        .filter_map(|model| {
            Some((model, live.iter().find(|table| table.name == model.table.name)?))
        })
        .map(|(model, table)| {
            let is_alike = |column: &&Column| {
                let named = column.sql_type.split('(').next().unwrap_or_default();
                table
                    .column(&column.name)
                    .is_some_and(|live| live.sql_type.eq_ignore_ascii_case(named))
            };
            model.columns.iter().filter(is_alike).count()
        })
        .sum()
}

/// Whether every table and column of a schema is there, by their exact names. Columns that no call
/// needs may have been left out, but for primary keys, and so may passkeys.
fn describes(schema: &Schema, live: &[LiveTable]) -> bool {
    has_columns(schema, live, |model, column| {
        column.shown || model.primary.contains(&column.property)
    })
}

/// Whether the tables are written as the schema writes them.
fn is_exact(schema: &Schema, live: &[LiveTable]) -> bool {
    tables_of(schema)
        .all(|table| live.iter().filter(|live| live.name == table.name).all(|live| live.is_exact))
}

/// Whether the columns are there too that no call needs.
fn is_complete(schema: &Schema, live: &[LiveTable]) -> bool {
    has_columns(schema, live, |_, _| true)
}

fn has_columns(
    schema: &Schema,
    live: &[LiveTable],
    asked: impl Fn(&Model, &Column) -> bool,
) -> bool {
    schema
        .models()
        .into_iter()
        .filter(|model| model.access != Access::Absent && model.name != "authenticator")
        .all(|model| {
            live.iter().find(|table| table.name == model.table.name).is_some_and(|table| {
                model
                    .columns
                    .iter()
                    .filter(|column| asked(model, column))
                    .all(|column| table.columns.iter().any(|live| live.name == column.name))
            })
        })
}

/// Refuses to treat tables as ours that are another adapter's.
pub fn foreign(presets: &[&Preset]) -> Error {
    let join = |text: fn(&Preset) -> String| {
        presets.iter().map(|preset| text(preset)).collect::<Vec<_>>().join(" or ")
    };
    Error::new(
        Code::Schema,
        format!(
            "these are the tables of {}: set the option schema: {} to use them as they are. For \
             tables of ours beside them, set schema: {{ prefix }} or another database",
            join(|preset| preset.package.to_owned()),
            join(|preset| format!("\"{}\"", preset.name))
        ),
    )
}
