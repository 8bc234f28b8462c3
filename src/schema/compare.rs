//! The live tables beside the schema: what is missing, what does not fit, and the SQL that repairs it.

use super::build::index_name;
use super::create::{add_column, create_index, create_table, does_the_same, others};
use super::foreign_key::missing_foreign_key;
use super::recognise::foreign;
use super::sealed::LONG_TOKEN;
use super::{Access, Column, Fill, Index, Model, Schema, own};
use crate::crypto::sealed_length;
use crate::engine::{ColumnType, Dialect, Engine, Extent, LiveColumn, LiveTable, Storage, Table};
use crate::error::Result;
use std::sync::Arc;

/// What [`compare`] found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What it is, for programs: `"missing_index"`.
    pub code: &'static str,
    /// The table.
    pub table: String,
    /// The column, if it is about one.
    pub column: Option<String>,
    /// What it breaks, and what to do.
    pub message: String,
    /// The statements that repair it on this database, if some do.
    pub sql: Vec<String>,
    /// Whether they add what is missing, and change nothing that is there.
    pub adds: bool,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// A function of the adapter fails for it, or will.
    Error,
    /// It costs time, or a promise holds among the adapter's own calls only.
    Warning,
}

impl Level {
    /// Its name in JavaScript.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
        }
    }
}

/// Compares the live tables with the schema. Nothing is changed.
///
/// # Errors
/// Those of the database.
pub async fn compare(engine: &dyn Engine, schema: &Schema) -> Result<Vec<Finding>> {
    let live = engine.inspect(&tables(schema), Extent::ForeignKeys).await?;
    let mut findings = differences(engine.dialect(), schema, &live)?;
    if findings.iter().any(|finding| matches!(finding.code, "missing_table" | "missing_column")) {
        let others = others(engine, schema).await?;
        if !others.is_empty() {
            let other = Finding {
                level: Level::Error,
                code: "other_tables",
                table: schema.user.table.name.clone(),
                column: None,
                message: foreign(&others).message().to_owned(),
                sql: Vec::new(),
                adds: false,
            };
            findings.insert(0, other);
        }
    }
    Ok(findings)
}

/// The tables that the schema says are there.
pub(super) fn tables(schema: &Schema) -> Vec<Table> {
    described(schema).map(|model| model.table.clone()).collect()
}

fn described(schema: &Schema) -> impl Iterator<Item = &Model> {
    schema.models().into_iter().filter(|model| model.access != Access::Absent)
}

/// What live tables differ in from the schema.
///
/// # Errors
/// None in practice: a schema that was built has the columns that its keys name.
pub(super) fn differences(
    dialect: &Dialect,
    schema: &Schema,
    live: &[LiveTable],
) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let usual = own::own(dialect);
    let find = |model: &Model| live.iter().find(|table| table.name == model.table.name);
    for model in described(schema) {
        match find(model) {
            None => findings.push(missing_table(dialect, schema, model)?),
            Some(table) => {
                columns(dialect, model, table, &mut findings);
                let usual = usual.models().into_iter().find(|usual| usual.name == model.name);
                if model.access == Access::Full {
                    indexes(dialect, model, usual, table, &mut findings)?;
                    findings.extend(missing_foreign_key(
                        dialect,
                        schema,
                        model,
                        table,
                        find(&schema.user),
                    )?);
                }
            }
        }
    }
    Ok(findings)
}

/// The statements that add what is missing.
pub fn repairs(findings: &[Finding]) -> Vec<String> {
    let adding = findings.iter().filter(|finding| finding.adds);
    adding.flat_map(|finding| finding.sql.iter().cloned()).collect()
}

fn missing_table(dialect: &Dialect, schema: &Schema, model: &Model) -> Result<Finding> {
    let creates = model.access == Access::Full;
    let mut sql = Vec::new();
    if creates {
        sql.push(create_table(dialect, schema, model)?);
        let apart = model.indexes.iter().filter(|index| !index.constraint);
        for index in apart.filter(|_| !dialect.indexes_inside) {
            sql.push(create_index(dialect, model, index)?);
        }
    }
    Ok(Finding {
        level: Level::Error,
        code: "missing_table",
        table: model.table.name.clone(),
        column: None,
        message: format!(
            "there is no such table: every call that needs the {} model fails. Create it, or set the option \
             \"schema\" if it has another name",
            model.name
        ),
        sql,
        adds: creates,
    })
}

fn columns(dialect: &Dialect, model: &Model, table: &LiveTable, findings: &mut Vec<Finding>) {
    let quoted = dialect.quote_table(&model.table);
    let mut find = |level, code, column: &str, message: String, sql: Option<String>, adds: bool| {
        findings.push(Finding {
            level,
            code,
            table: model.table.name.clone(),
            column: Some(column.to_owned()),
            message,
            sql: sql.into_iter().collect(),
            adds,
        });
    };
    for column in &model.columns {
        let Some(live) = table.column(&column.name) else {
            let adds = model.access == Access::Full;
            find(
                Level::Error,
                "missing_column",
                &column.name,
                if column.fill == Fill::Scope {
                    "there is no such column, and the option \"scope\" has one: every call fails. Rows \
                     that are there when it is added are nobody's until it is set in them"
                        .to_owned()
                } else {
                    format!(
                        "there is no such column: calls that need {}.{} fail. Add it, or leave it out \
                         with \"schema.{}.columns.{}\": false",
                        model.name, column.property, model.name, column.property
                    )
                },
                adds.then(|| add_column(dialect, model, column)),
                adds,
            );
            continue;
        };
        let redefine = |sql_type: &str, nullable: bool| {
            (dialect.redefine)(&quoted, &dialect.quote(&column.name), sql_type, nullable)
        };
        if !(dialect.keeps)(&live.sql_type, column.storage) {
            find(
                Level::Error,
                "wrong_type",
                &column.name,
                format!(
                    "its type is {}, which does not keep {}.{} as the schema says: {}. Say which type it \
                     has with \"schema.{}.columns.{}\": {{ type: \"{}\" }}, if that is what it means",
                    live.sql_type,
                    model.name,
                    column.property,
                    column.sql_type,
                    model.name,
                    column.property,
                    (dialect.type_of)(&live.sql_type).as_str()
                ),
                None,
                false,
            );
            continue;
        }
        if let Some(needed) =
            needed_length(model, column).filter(|needed| is_shorter(live, *needed))
        {
            find(
                Level::Warning,
                "too_short",
                &column.name,
                format!(
                    "it takes {} characters at most, and {}.{} can be longer (up to {needed} are usual): \
                     the sign-in that needs more fails",
                    live.longest.unwrap_or(0),
                    model.name,
                    column.property
                ),
                redefine(&wide_type(dialect, column), live.nullable),
                false,
            );
        }
        let may_be_null = column.nullable && column.is_written && column.fill == Fill::Given;
        if may_be_null && !live.nullable && !live.filled {
            find(
                Level::Error,
                "not_nullable",
                &column.name,
                format!(
                    "it may not be null, but {}.{} is not always known: calls without one fail",
                    model.name, column.property
                ),
                redefine(&column.sql_type, true),
                false,
            );
        }
        let loose = live.collation.as_deref().filter(|collation| (dialect.is_loose)(collation));
        if let Some(collation) = loose.filter(|_| is_exact(model, column)) {
            let exact = live
                .longest
                .map(|longest| format!("{}({longest}) {}", live.sql_type, dialect.exact_collation));
            find(
                Level::Warning,
                "loose_collation",
                &column.name,
                format!(
                    "its collation ({collation}) takes different texts for the same one. The adapter \
                     compares rows to the byte, but a unique key here refuses what differs in case or \
                     accents only",
                ),
                exact.and_then(|exact| redefine(&exact, live.nullable)),
                false,
            );
        }
    }
    for live in &table.columns {
        let known = |column: &Column| column.name.eq_ignore_ascii_case(&live.name);
        if model.columns.iter().any(known) {
            continue;
        }
        let naming = format!(
            "schema: {{ {}: {{ columns: {{ {}: {{ type: \"{}\" }} }} }} }}",
            model.name,
            property_name(&live.name),
            (dialect.type_of)(&live.sql_type).as_str()
        );
        if !live.nullable && !live.filled && model.access == Access::Full {
            find(
                Level::Error,
                "unknown_required_column",
                &live.name,
                format!(
                    "it needs a value and the schema does not name it: no row of the {} model can be created. Give it a \
                     default in the database, or name it and pass a value: {naming}",
                    model.name
                ),
                None,
                false,
            );
        } else {
            find(
                Level::Warning,
                "unknown_column",
                &live.name,
                format!("the schema does not name it, so it is neither read nor written: {naming}"),
                None,
                false,
            );
        }
    }
}

/// How many characters what the property holds may well have, where that is often overlooked.
fn needed_length(model: &Model, column: &Column) -> Option<u64> {
    match (model.name, &*column.property) {
        ("account", _) if column.sealed => u64::try_from(sealed_length(LONG_TOKEN)).ok(),
        // Signed tokens with many claims: Microsoft's exceed 2,000 characters.
        ("account", "access_token" | "refresh_token" | "id_token") => {
            u64::try_from(LONG_TOKEN).ok()
        }
        // Pictures as data: URLs.
        ("user", "image") => Some(2_048),
        ("session", "sessionToken") => Some(71),
        _ => None,
    }
}

fn is_shorter(live: &LiveColumn, needed: u64) -> bool {
    live.longest.is_some_and(|longest| longest < needed)
}

/// The type for a property that its column is too short for.
fn wide_type(dialect: &Dialect, column: &Column) -> String {
    let kind = if super::build::is_key(column.kind) { column.kind } else { ColumnType::Text };
    (dialect.column)(kind).0.to_owned()
}

/// Whether two texts in the column are different ones if any byte differs: ids are made so that case
/// does not matter.
fn is_exact(model: &Model, column: &Column) -> bool {
    let property = &*column.property;
    column.storage == Storage::Text
        && property != "id"
        && (model.key.contains(&property) || property == "email" || column.fill == Fill::Scope)
}

/// A column's name as a property in an object of JavaScript.
pub(super) fn property_name(name: &str) -> String {
    let mut characters = name.chars();
    let starts = characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    if starts && characters.all(|character| character.is_ascii_alphanumeric() || character == '_') {
        return name.to_owned();
    }
    format!("{name:?}")
}

/// A key or an index that the table should have.
struct Wanted {
    index: Index,
    /// Whether the schema says that it is there.
    promised: bool,
}

fn indexes(
    dialect: &Dialect,
    model: &Model,
    usual: Option<&Model>,
    table: &LiveTable,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    for Wanted { index, promised } in wanted(model, usual) {
        let mut columns = Vec::new();
        for property in &index.properties {
            columns.push(model.column(property)?.name.as_str());
        }
        // What a column that is missing lacks is added with it, or after it. The scope's keys are what its
        // columns are added for.
        let is_scope = |name: &str| model.scope().any(|column| column.name == name);
        if columns.iter().any(|column| table.column(column).is_none() && !is_scope(column)) {
            continue;
        }
        if does_the_same(table, model, &columns, index.unique) {
            continue;
        }
        let (level, code, message) = if index.unique {
            let level = if promised { Level::Error } else { Level::Warning };
            (level, "missing_unique", missing_unique(model, &index.properties))
        } else {
            (Level::Warning, "missing_index", missing_index(model, &columns))
        };
        let mut live = columns.iter().filter_map(|column| table.column(column));
        let can_be = live.all(|column| (dialect.is_indexable)(&column.sql_type));
        findings.push(Finding {
            level,
            code,
            table: model.table.name.clone(),
            column: Some(columns.join(", ")),
            message,
            sql: if can_be { vec![create_index(dialect, model, &index)?] } else { Vec::new() },
            adds: can_be,
        });
    }
    findings.extend(narrow_keys(model, table));
    Ok(())
}

/// Properties in which rows of two scopes may well be alike, unlike ids and random tokens.
const ALIKE: [&str; 6] =
    ["email", "provider", "providerAccountId", "identifier", "token", "credentialID"];

/// The unique keys that keep two scopes from having the same.
fn narrow_keys(model: &Model, table: &LiveTable) -> Vec<Finding> {
    let named =
        |live: &str| model.columns.iter().find(|column| column.name.eq_ignore_ascii_case(live));
    let mut narrow = Vec::new();
    for index in table.indexes.iter().filter(|index| index.unique) {
        let columns: Vec<&Column> = index.columns.iter().filter_map(|live| named(live)).collect();
        let scoped =
            model.scope().all(|column| columns.iter().any(|one| one.property == column.property));
        let alike: Vec<&str> = columns
            .iter()
            .map(|column| &*column.property)
            .filter(|property| ALIKE.contains(property))
            .collect();
        if scoped || alike.is_empty() {
            continue;
        }
        let scope: Vec<&str> = model.scope().map(|column| column.name.as_str()).collect();
        narrow.push(Finding {
            level: Level::Error,
            code: "unscoped_key",
            table: model.table.name.clone(),
            column: Some(index.columns.join(", ")),
            message: format!(
                "the unique key {} does not name {}: what one scope has in {} no other can have. Drop it, \
                 once the key with {} is there",
                index.name,
                scope.join(" and "),
                alike.join(" and "),
                scope.join(" and ")
            ),
            sql: Vec::new(),
            adds: false,
        });
    }
    narrow
}

/// The keys and indexes of the schema, and those that our own tables have for the same look-ups.
fn wanted(model: &Model, usual: Option<&Model>) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = Vec::new();
    let mut want = |properties: &[Arc<str>], unique: bool, promised: bool| {
        let known = properties.iter().all(|property| model.has(property));
        let same =
            |one: &Wanted| *one.index.properties == *properties && (one.index.unique || !unique);
        if known && !properties.is_empty() && !wanted.iter().any(same) {
            let name = index_name(model, properties, unique);
            let index = Index { name, ..Index::new(properties.to_vec(), unique) };
            wanted.push(Wanted { index, promised });
        }
    };
    want(&model.primary, true, true);
    for index in &model.indexes {
        want(&index.properties, index.unique, true);
    }
    if let Some(usual) = usual {
        let key: Vec<Arc<str>> = usual.key.iter().map(|property| (*property).into()).collect();
        want(&model.scoped(&key), true, false);
        // Tokens are looked up with their identifier; the other indexes serve every schema.
        let others = usual.indexes.iter().filter(|index| index.properties != ["token".into()]);
        for index in others {
            if index.unique || *index.properties != ["expires".into()] {
                want(&model.scoped(&index.properties), index.unique, false);
            } else {
                want(&index.properties, false, false);
            }
        }
    }
    wanted
}

fn missing_unique(model: &Model, properties: &[Arc<str>]) -> String {
    let names = properties.join(" and ");
    let consequence = match model.name {
        "user" => "two users may get the same one when others write to the table too",
        "account" => {
            "one account of a provider may be linked to two users when others write to the table too"
        }
        "session" => {
            "every request looks a session up by it, and the database reads the whole table for each"
        }
        "verificationToken" => "a magic link may be there twice, and so be used twice",
        _ => "two rows may be alike in it, and a look-up reads the whole table",
    };
    format!("nothing keeps {names} of the {} model unique: {consequence}", model.name)
}

fn missing_index(model: &Model, columns: &[&str]) -> String {
    format!(
        "no index finds rows of the {} model by {}: the database reads the whole table for that",
        model.name,
        columns.join(" and ")
    )
}
