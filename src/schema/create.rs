//! The tables in the live database: created where they are missing. Nothing is ever dropped or
//! retyped.

use super::{Model, Reference, Schema};
use crate::engine::{Dialect, Engine, LiveTable};
use crate::error::{Code, Error, Result};

/// Creates the tables in a database that has none of them.
///
/// # Errors
/// `ERR_SCHEMA` when some are there and others, or columns, are not: it names what is missing.
pub async fn create(engine: &dyn Engine, schema: &Schema) -> Result<()> {
    let live = inspect(engine, schema).await?;
    if live.is_empty() {
        return engine
            .define(&statements(engine.dialect(), schema, &live)?)
            .await;
    }
    match missing(schema, &live) {
        // Another process has created them meanwhile.
        None => Ok(()),
        Some(what) => Err(Error::new(
            Code::Schema,
            format!(
                "the database has tables of these names, but {what}. With the option synchronize: true \
                 what is missing is added (nothing is ever dropped); if the tables are another \
                 program's, use another database"
            ),
        )),
    }
}

/// Adds whatever is missing: tables, columns, indexes.
///
/// # Errors
/// Those of the database.
pub async fn ensure(engine: &dyn Engine, schema: &Schema) -> Result<()> {
    let live = inspect(engine, schema).await?;
    let statements = statements(engine.dialect(), schema, &live)?;
    if statements.is_empty() {
        Ok(())
    } else {
        engine.define(&statements).await
    }
}

/// Says what a statement that the database refused for its schema lacked.
///
/// # Errors
/// Those of the database.
pub async fn explain(engine: &dyn Engine, schema: &Schema) -> Result<Option<String>> {
    let live = inspect(engine, schema).await?;
    if live.is_empty() {
        return Ok(Some(
            "the database has none of the adapter's tables".to_owned(),
        ));
    }
    Ok(missing(schema, &live))
}

async fn inspect(engine: &dyn Engine, schema: &Schema) -> Result<Vec<LiveTable>> {
    let tables: Vec<String> = schema
        .models()
        .iter()
        .map(|model| model.table.clone())
        .collect();
    engine.inspect(&tables).await
}

fn find<'a>(live: &'a [LiveTable], model: &Model) -> Option<&'a LiveTable> {
    live.iter().find(|table| table.name == model.table)
}

fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|have| have.eq_ignore_ascii_case(name))
}

/// The tables and columns that are not there, as half a sentence.
fn missing(schema: &Schema, live: &[LiveTable]) -> Option<String> {
    let mut lacking = Vec::new();
    for model in schema.models() {
        match find(live, model) {
            None => lacking.push(format!("table {}", model.table)),
            Some(table) => lacking.extend(
                model
                    .columns
                    .iter()
                    .filter(|column| !has(&table.columns, &column.name))
                    .map(|column| format!("column {}.{}", model.table, column.name)),
            ),
        }
    }
    match lacking.as_slice() {
        [] => None,
        [one] => Some(format!("{one} is missing")),
        several => Some(format!("these are missing: {}", several.join(", "))),
    }
}

/// The statements that make the live database whole, safe to run in several processes at once.
fn statements(dialect: &Dialect, schema: &Schema, live: &[LiveTable]) -> Result<Vec<String>> {
    let mut statements = Vec::new();
    for model in schema.models() {
        let table = find(live, model);
        match table {
            None => statements.push(create_table(dialect, schema, model)?),
            Some(table) => {
                for column in &model.columns {
                    if !has(&table.columns, &column.name) {
                        statements.push(format!(
                            "ALTER TABLE {} ADD COLUMN {}",
                            dialect.quote(&model.table),
                            definition(dialect, schema, column, true)?
                        ));
                    }
                }
            }
        }
        for index in &model.indexes {
            if table.is_some_and(|table| has(&table.indexes, &index.name)) {
                continue;
            }
            let mut columns = Vec::new();
            for property in index.properties {
                columns.push(dialect.quote(&model.column(property)?.name));
            }
            statements.push(format!(
                "CREATE {}INDEX IF NOT EXISTS {} ON {} ({})",
                if index.unique { "UNIQUE " } else { "" },
                dialect.quote(&index.name),
                dialect.quote(&model.table),
                columns.join(", ")
            ));
        }
    }
    Ok(statements)
}

fn create_table(dialect: &Dialect, schema: &Schema, model: &Model) -> Result<String> {
    let mut lines = Vec::new();
    for column in &model.columns {
        lines.push(definition(dialect, schema, column, false)?);
    }
    let mut key = Vec::new();
    for property in model.key {
        key.push(dialect.quote(&model.column(property)?.name));
    }
    lines.push(format!("PRIMARY KEY ({})", key.join(", ")));
    // Small rows that are found by their key alone live in the key's own tree.
    let clustered = matches!(model.name, "session" | "verificationToken");
    Ok(format!(
        "CREATE TABLE IF NOT EXISTS {} (\n  {}\n){}",
        dialect.quote(&model.table),
        lines.join(",\n  "),
        (dialect.table_suffix)(clustered)
    ))
}

/// A column's definition. One that is added to a table with rows in it may be null, whatever it is
/// in a new table, and cannot have a default that is computed.
fn definition(
    dialect: &Dialect,
    schema: &Schema,
    column: &super::Column,
    added: bool,
) -> Result<String> {
    let mut text = format!(
        "{} {}",
        dialect.quote(&column.name),
        (dialect.column)(column.kind).0
    );
    if !column.nullable && !added {
        text.push_str(" NOT NULL");
    }
    if let Some(default) = &column.default
        && default != "NULL"
        && !(added && default.starts_with('('))
    {
        text.push_str(" DEFAULT ");
        text.push_str(default);
    }
    if column.references == Some(Reference::User) {
        text.push_str(&format!(
            " REFERENCES {} ({}) ON DELETE CASCADE",
            dialect.quote(&schema.user.table),
            dialect.quote(&schema.user.column("id")?.name)
        ));
    }
    Ok(text)
}
