//! The tables in the live database: created where they are missing. Nothing is ever dropped or
//! retyped.

use super::build::{constraint_name, index_name};
use super::preset::Preset;
use super::recognise::{foreign, recognise};
use super::{Column, Index, Model, Reference, Schema};
use crate::engine::{Dialect, Engine, Extent, Layout, LiveTable, Table};
use crate::error::{Code, Error, Result};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long another process may take to create the tables, where they appear one by one.
const OTHERS_PATIENCE: Duration = Duration::from_secs(3);

/// Creates the tables in a database that has none of them.
///
/// # Errors
/// `ERR_SCHEMA` when some are there and others, or columns, are not: it names what is missing.
pub async fn create(engine: &dyn Engine, schema: &Schema) -> Result<()> {
    let start = Instant::now();
    let mut live = inspect(engine, schema).await?;
    if live.is_empty() {
        let others = others(engine, schema).await?;
        if !others.is_empty() {
            return Err(foreign(&others));
        }
        let all = statements(engine.dialect(), schema, &live)?;
        let Err(error) = define(engine, schema, all).await else {
            return index_under_own_names(engine, schema).await;
        };
        // Another process creates them at this moment, perhaps.
        live = inspect(engine, schema).await?;
        if live.is_empty() {
            return Err(error);
        }
    }
    loop {
        let Some(what) = missing(schema, &live) else { return Ok(()) };
        if engine.dialect().defines_atomically || start.elapsed() > OTHERS_PATIENCE {
            let others = others(engine, schema).await?;
            if !others.is_empty() {
                return Err(foreign(&others));
            }
            return Err(Error::new(
                Code::Schema,
                format!(
                    "the database has tables of these names, but {what}. With the option \
                     synchronize: true what is missing is added (nothing is ever dropped); if the \
                     tables are another program's, use another database"
                ),
            ));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        live = inspect(engine, schema).await?;
    }
}

/// Runs statements that define tables. Where the database refuses them for its schema, that may be the
/// database schema which the tables are to be in: it is created then.
///
/// # Errors
/// Those of the database.
async fn define(engine: &dyn Engine, schema: &Schema, mut statements: Vec<String>) -> Result<()> {
    let defined = engine.define(&statements).await;
    match (&schema.user.table.schema, defined) {
        (Some(name), Err(error)) if error.code() == Code::Schema => {
            let create = format!("CREATE SCHEMA IF NOT EXISTS {}", engine.dialect().quote(name));
            statements.insert(0, create);
            engine.define(&statements).await
        }
        (_, defined) => defined,
    }
}

/// The statements that create all tables in an empty database.
///
/// # Errors
/// None in practice: a schema that was built has the columns that its keys name.
pub fn definitions(dialect: &Dialect, schema: &Schema) -> Result<Vec<String>> {
    let place = schema.user.table.schema.as_ref();
    let place = place.map(|name| format!("CREATE SCHEMA IF NOT EXISTS {}", dialect.quote(name)));
    Ok(place.into_iter().chain(statements(dialect, schema, &[])?).collect())
}

/// Adds whatever is missing: tables, columns, indexes.
///
/// # Errors
/// Those of the database.
pub async fn ensure(engine: &dyn Engine, schema: &Schema) -> Result<()> {
    let mut before = None;
    loop {
        let live = inspect(engine, schema).await?;
        let statements = statements(engine.dialect(), schema, &live)?;
        if statements.is_empty() {
            return Ok(());
        }
        let Err(error) = engine.define(&statements).await else {
            return index_under_own_names(engine, schema).await;
        };
        // Another process may have been adding the same: then less is missing now.
        if before.replace(statements.len()).is_some_and(|before| before <= statements.len()) {
            return Err(error);
        }
    }
}

/// Creates the indexes of new tables that are not there because something else had the name that they
/// were given: a database that knows names without their tables says nothing of it.
async fn index_under_own_names(engine: &dyn Engine, schema: &Schema) -> Result<()> {
    let dialect = engine.dialect();
    if dialect.indexes_inside || !schema.created().any(gives_names) {
        return Ok(());
    }
    let statements = statements(dialect, schema, &inspect(engine, schema).await?)?;
    if statements.is_empty() { Ok(()) } else { engine.define(&statements).await }
}

/// Whether an index of a model has a name that does not follow from the table's.
fn gives_names(model: &Model) -> bool {
    model.indexes.iter().any(|index| {
        !index.constraint && index.name != index_name(model, &index.properties, index.unique)
    })
}

/// Says what a statement that the database refused for its schema lacked.
///
/// # Errors
/// Those of the database.
pub async fn explain(engine: &dyn Engine, schema: &Schema) -> Result<Option<String>> {
    let live = inspect(engine, schema).await?;
    if live.is_empty() || missing(schema, &live).is_some() {
        let others = others(engine, schema).await?;
        if !others.is_empty() {
            return Ok(Some(foreign(&others).message().to_owned()));
        }
    }
    if live.is_empty() {
        return Ok(Some("the database has none of the adapter's tables".to_owned()));
    }
    Ok(missing(schema, &live))
}

/// The presets, others than this schema's, whose tables there are. A schema with tables of other names
/// was meant to have them.
pub(super) async fn others(engine: &dyn Engine, schema: &Schema) -> Result<Vec<&'static Preset>> {
    if schema.renamed {
        return Ok(Vec::new());
    }
    let found = recognise(engine).await?;
    let is_own = |preset: &&Preset| schema.preset.is_some_and(|own| own.name == preset.name);
    Ok(if found.iter().any(is_own) { Vec::new() } else { found })
}

async fn inspect(engine: &dyn Engine, schema: &Schema) -> Result<Vec<LiveTable>> {
    let tables: Vec<Table> = schema.created().map(|model| model.table.clone()).collect();
    engine.inspect(&tables, Extent::Columns).await
}

fn find<'a>(live: &'a [LiveTable], model: &Model) -> Option<&'a LiveTable> {
    live.iter().find(|table| table.name == model.table.name)
}

/// The tables and columns that are not there, as half a sentence.
fn missing(schema: &Schema, live: &[LiveTable]) -> Option<String> {
    let mut lacking = Vec::new();
    for model in schema.created() {
        match find(live, model) {
            None => lacking.push(format!("table {}", model.table.name)),
            Some(table) => lacking.extend(
                model
                    .columns
                    .iter()
                    .filter(|column| table.column(&column.name).is_none())
                    .map(|column| format!("column {}.{}", model.table.name, column.name)),
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
    for model in schema.created() {
        let table = find(live, model);
        match table {
            None => statements.push(create_table(dialect, schema, model)?),
            Some(table) => {
                for column in &model.columns {
                    if table.column(&column.name).is_none() {
                        statements.push(add_column(dialect, model, column));
                    }
                }
            }
        }
        match table {
            Some(table) => {
                // The primary key of a table that is there stays; if it names no scope, this one does.
                let primary = model.scope().next().map(|_| Index::new(model.primary.clone(), true));
                for index in model.indexes.iter().chain(&primary) {
                    let name = index_name(model, &index.properties, index.unique);
                    if !table.has_index(&name) && !is_covered(table, model, index)? {
                        let index = Index { name, ..index.clone() };
                        statements.push(create_index(dialect, model, &index)?);
                    }
                }
            }
            None if dialect.indexes_inside => {}
            None => {
                for index in model.indexes.iter().filter(|index| !index.constraint) {
                    statements.push(create_index(dialect, model, index)?);
                }
            }
        }
        if let Some(table) = table {
            statements.extend(scope_foreign_key(dialect, schema, model, table)?);
        }
    }
    Ok(statements)
}

/// Whether an index of another name does the same.
fn is_covered(table: &LiveTable, model: &Model, index: &Index) -> Result<bool> {
    let mut columns = Vec::new();
    for property in &index.properties {
        columns.push(model.column(property)?.name.as_str());
    }
    Ok(does_the_same(table, model, &columns, index.unique))
}

/// Whether an index of the live table does what one of these columns would.
pub(super) fn does_the_same(
    table: &LiveTable,
    model: &Model,
    columns: &[&str],
    unique: bool,
) -> bool {
    let scope: Vec<&str> = model.scope().map(|column| column.name.as_str()).collect();
    if scope.is_empty() {
        return if unique { table.is_unique_in(columns) } else { table.is_indexed_by(columns) };
    }
    if unique {
        // A key of fewer columns keeps two scopes from having the same, and is none that a foreign key
        // or an upsert can name.
        return table.has_key(columns);
    }
    let rest: Vec<&str> = columns.iter().copied().filter(|one| !scope.contains(one)).collect();
    table.is_indexed_by(columns) || table.is_indexed_by(&rest)
}

/// The statement that adds a column to a table that may have rows in it.
pub(super) fn add_column(dialect: &Dialect, model: &Model, column: &Column) -> String {
    format!(
        "ALTER TABLE {} ADD COLUMN {}",
        dialect.quote_table(&model.table),
        definition(dialect, column, true)
    )
}

/// The statement that creates an index.
pub(super) fn create_index(dialect: &Dialect, model: &Model, index: &Index) -> Result<String> {
    Ok(format!(
        "CREATE {}INDEX {}{} ON {} ({})",
        if index.unique { "UNIQUE " } else { "" },
        if dialect.indexes_inside { "" } else { "IF NOT EXISTS " },
        dialect.quote(&index.name),
        dialect.quote_table(&model.table),
        columns(model, &index.properties, |name| dialect.quote(name))?
    ))
}

/// The quoted columns of properties, separated by commas.
fn columns(
    model: &Model,
    properties: &[Arc<str>],
    quote: impl Fn(&str) -> String,
) -> Result<String> {
    let mut columns = Vec::new();
    for property in properties {
        columns.push(quote(&model.column(property)?.name));
    }
    Ok(columns.join(", "))
}

/// The statement that creates a model's table.
pub fn create_table(dialect: &Dialect, schema: &Schema, model: &Model) -> Result<String> {
    let mut lines = Vec::new();
    let quote = |name: &str| dialect.quote_defined(name);
    for column in &model.columns {
        lines.push(definition(dialect, column, false));
    }
    // A column whose type says it is the key by itself: SQLite counts for good in no other way.
    let keyed = model.columns.iter().any(|column| {
        *model.primary == [Arc::clone(&column.property)] && is_key_by_type(&column.sql_type)
    });
    if !keyed && !model.primary.is_empty() {
        let name = model.primary_name.as_deref().filter(|_| !dialect.indexes_inside);
        let name = name.map(|name| format!("CONSTRAINT {} ", quote(name)));
        lines.push(format!(
            "{}PRIMARY KEY ({})",
            name.unwrap_or_default(),
            columns(model, &model.primary, quote)?
        ));
    }
    for index in &model.indexes {
        let name = quote(&index.name);
        let columns = columns(model, &index.properties, quote)?;
        if dialect.indexes_inside {
            let unique = if index.unique { "UNIQUE " } else { "" };
            lines.push(format!("{unique}INDEX {name} ({columns})"));
        } else if index.constraint {
            lines.push(format!("CONSTRAINT {name} UNIQUE ({columns})"));
        }
    }
    for column in &model.columns {
        if column.references == Some(Reference::User) && model.foreign_key {
            lines.push(foreign_key(dialect, schema, model, column)?);
        }
    }
    // Small rows that are found by their key alone live in the key's own tree.
    let layout = if schema.preset.is_some() {
        Layout::Theirs
    } else if matches!(model.name, "session" | "verificationToken") {
        Layout::ByKey
    } else {
        Layout::ByRow
    };
    Ok(format!(
        "CREATE TABLE IF NOT EXISTS {} (\n  {}\n){}",
        dialect.quote_table(&model.table),
        lines.join(",\n  "),
        (dialect.table_suffix)(layout)
    ))
}

/// Whether a type says that its column is the primary key, in whatever comments it has not.
fn is_key_by_type(sql_type: &str) -> bool {
    sql_type.split('\'').step_by(2).any(|outside| outside.contains("PRIMARY KEY"))
}

/// The characters of a table's name with which "_ibfk_1" is no longer than the 64 of any name.
const LONGEST_BEFORE_NUMBER: usize = 57;

/// The definition of a foreign key to the users, which takes the rows of one who is deleted along.
pub(super) fn foreign_key(
    dialect: &Dialect,
    schema: &Schema,
    model: &Model,
    column: &Column,
) -> Result<String> {
    let mine = model.scoped(&[Arc::clone(&column.property)]);
    let theirs = schema.user.scoped(&["id".into()]);
    // MySQL refuses the table if the name that it gives a foreign key, the table's and a number, is too long.
    let name = (model.table.name.chars().count() > LONGEST_BEFORE_NUMBER)
        .then(|| constraint_name(model, &mine, "fkey"));
    let name = name.map(|name| format!("CONSTRAINT {} ", dialect.quote(&name)));
    Ok(format!(
        "{}FOREIGN KEY ({}) REFERENCES {} ({}) ON DELETE CASCADE",
        name.unwrap_or_default(),
        columns(model, &mine, |name| dialect.quote_defined(name))?,
        dialect.quote_table(&schema.user.table),
        columns(&schema.user, &theirs, |name| dialect.quote(name))?
    ))
}

/// What gives a table that gets the columns of the scope a foreign key that names them too.
pub(super) fn scope_foreign_key(
    dialect: &Dialect,
    schema: &Schema,
    model: &Model,
    table: &LiveTable,
) -> Result<Option<String>> {
    let added = model.scope().any(|column| table.column(&column.name).is_none());
    let mut pointing = model.columns.iter().filter(|column| column.references.is_some());
    let Some(column) = pointing.next().filter(|_| added && model.keeps_user()) else {
        return Ok(None);
    };
    let foreign_key = foreign_key(dialect, schema, model, column)?;
    Ok(Some(format!("ALTER TABLE {} ADD {foreign_key}", dialect.quote_table(&model.table))))
}

/// A column's definition. One that is added to a table with rows in it may be null, whatever it is
/// in a new table, and has no default that is computed, which SQLite refuses.
fn definition(dialect: &Dialect, column: &Column, added: bool) -> String {
    let mut text = format!("{} {}", dialect.quote_defined(&column.name), column.sql_type);
    if !column.nullable && !added {
        text.push_str(" NOT NULL");
    }
    if let Some(default) = &column.default
        && default != "NULL"
        && !(added && (default.starts_with('(') || default.starts_with("CURRENT_")))
    {
        text.push_str(" DEFAULT ");
        text.push_str(default);
    }
    text
}
