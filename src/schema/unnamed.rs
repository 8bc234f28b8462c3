//! Live columns that a preset does not name: the package that the tables are of may read them, and an
//! application miss them.

use super::compare::property_name;
use super::{Access, Model, Schema};
use crate::engine::{Dialect, Engine, Extent, LiveColumn, LiveTable, Table};
use crate::error::Result;
use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

/// How many different things are told at most.
const TOLD: usize = 64;

/// What has been told in this process: development servers load the package again and again.
static TOLD_ALREADY: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

/// What to tell of columns that the schema does not name, with what names them; nothing the second time.
///
/// # Errors
/// Those of the database.
pub async fn unnamed(engine: &dyn Engine, schema: &Schema) -> Result<Option<String>> {
    let Some(preset) = schema.preset else { return Ok(None) };
    let models = || schema.models().into_iter().filter(|model| model.access != Access::Absent);
    let tables: Vec<Table> = models().map(|model| model.table.clone()).collect();
    let live = engine.inspect(&tables, Extent::Columns).await?;
    let (mut columns, mut naming) = (Vec::new(), Vec::new());
    for model in models() {
        let Some(table) = live.iter().find(|table| table.name == model.table.name) else {
            continue;
        };
        let found: Vec<&LiveColumn> = beyond(model, table).collect();
        if found.is_empty() {
            continue;
        }
        columns.extend(found.iter().map(|column| format!("{}.{}", table.name, column.name)));
        let named: Vec<String> =
            found.iter().map(|column| described(engine.dialect(), column)).collect();
        naming.push(format!("{}: {{ columns: {{ {} }} }}", model.name, named.join(", ")));
    }
    if columns.is_empty() {
        return Ok(None);
    }
    let text = format!(
        "the preset \"{}\" does not name the columns {}, so they are neither read nor written. If the \
         application needs them: schema: {{ preset: \"{}\", {} }}",
        preset.name,
        columns.join(", "),
        preset.name,
        naming.join(", ")
    );
    let mut told = TOLD_ALREADY.lock().unwrap_or_else(PoisonError::into_inner);
    Ok((told.len() < TOLD && told.insert(text.clone())).then_some(text))
}

fn beyond<'t>(model: &Model, table: &'t LiveTable) -> impl Iterator<Item = &'t LiveColumn> {
    table.columns.iter().filter(|live| {
        !model.columns.iter().any(|column| column.name.eq_ignore_ascii_case(&live.name))
    })
}

/// How a column is named in the options.
fn described(dialect: &Dialect, column: &LiveColumn) -> String {
    let sql_type = (dialect.type_of)(&column.sql_type).as_str();
    format!("{}: {{ type: \"{sql_type}\" }}", property_name(&column.name))
}
