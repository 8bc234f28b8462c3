//! The schema that the options describe: our own or a preset's, with what they change.

use super::{Access, Fill, Index, Model, Owner, Schema, extra, own, preset};
use crate::engine::{ColumnType, Dialect, Storage};
use crate::error::{Error, Result};
use crate::options::{
    ColumnOptions, Described, Ids, KeyOptions, MODELS, ModelOptions, Naming, SchemaOptions,
    TypeName, nearest,
};
use std::collections::HashSet;
use std::sync::Arc;

/// Properties without which the operations have no meaning.
const REQUIRED: [&[&str]; 5] = [
    &["id"],
    &["userId", "provider", "providerAccountId"],
    &["sessionToken", "userId", "expires"],
    &["identifier", "token", "expires"],
    &["credentialID", "userId", "credentialPublicKey", "counter"],
];

/// The schema of these options for a database. `url_schema`: PostgreSQL's schema, as far as the
/// place says it.
///
/// # Errors
/// `ERR_CONFIG` names the option.
pub fn build(
    dialect: &Dialect,
    options: &SchemaOptions,
    url_schema: Option<&str>,
) -> Result<Schema> {
    let mut schema = match &options.preset {
        Some(name) => preset::find(name)?.schema(dialect)?,
        None => own::own(dialect),
    };
    if let Some(naming) = options.naming {
        for model in schema.models_mut() {
            if options.preset.is_none() && naming == Naming::Camel {
                model.table.name = camel_case(&model.table.name);
            }
            for column in &mut model.columns {
                column.name = match naming {
                    Naming::Snake => snake_case(&column.property),
                    Naming::Camel => column.property.to_string(),
                };
            }
        }
    }
    // Somebody else may have made the tables, with a collation that is not exact.
    let shared = options.preset.is_some()
        || options.models.iter().any(|model| *model != ModelOptions::default());
    schema.renamed =
        options.prefix.is_some() || options.models.iter().any(|model| model.table.is_some());
    let usual = own::own(dialect);
    for (index, model) in schema.models_mut().into_iter().enumerate() {
        let (Some(changes), Some(required), Some(usual)) =
            (options.models.get(index), REQUIRED.get(index), usual.models().get(index).copied())
        else {
            continue;
        };
        if changes.absent {
            model.access = Access::Absent;
        } else if changes.read_only {
            model.access = Access::ReadOnly;
        }
        model.table.name = match (&changes.table, &options.prefix) {
            (Some(name), _) => name.clone(),
            (None, Some(prefix)) => format!("{prefix}{}", model.table.name),
            (None, None) => std::mem::take(&mut model.table.name),
        };
        let renamed = changes.table.is_some() || options.prefix.is_some();
        if renamed || !options.scope.is_empty() {
            // The preset's names of keys are those of its own tables.
            model.primary_name = None;
            for index in &mut model.indexes {
                index.name.clear();
            }
        }
        let database_schema = options.db_schema.as_deref().or(url_schema);
        if database_schema.is_some() {
            model.table.schema = database_schema.map(str::to_owned);
        }
        model.add_scope(dialect, &options.scope)?;
        for (property, column) in &changes.columns {
            change(dialect, model, usual, required, property, column)?;
        }
        if shared {
            for column in &mut model.columns {
                column.exact = false;
            }
        }
        model.set_names();
    }
    set_ids(dialect, &mut schema, options)?;
    complete(dialect, &mut schema);
    check_names(dialect, &schema, options)?;
    Ok(schema)
}

/// The schema that the options make, as far as it is known without a database: for one of this dialect,
/// if its kind is known.
///
/// # Errors
/// `ERR_CONFIG` names the option.
pub fn preview(dialect: Option<&Dialect>, options: &SchemaOptions) -> Result<Option<Schema>> {
    let dialect = match (dialect, &options.preset) {
        (Some(dialect), _) => Some(dialect),
        (None, Some(name)) => preset::find(name)?.dialects().first().copied(),
        (None, None) => crate::engine::DIALECTS.first().copied(),
    };
    dialect.map(|dialect| build(dialect, options, None)).transpose()
}

fn path(model: &Model, property: &str) -> String {
    format!("option \"schema.{}.columns.{property}\"", model.name)
}

fn change(
    dialect: &Dialect,
    model: &mut Model,
    usual: &Model,
    required: &[&str],
    property: &str,
    options: &ColumnOptions,
) -> Result<()> {
    if property == "__proto__" || property.is_empty() {
        return Err(Error::config(format!("{} is no name of a property", path(model, property))));
    }
    let there = model.columns.iter().position(|column| &*column.property == property);
    let described = match options {
        ColumnOptions::Absent => {
            let Some(index) = there else {
                return Err(unknown(model, property, "is false, but there is no such property"));
            };
            if required.contains(&property) || model.is_scope(property) {
                return Err(Error::config(format!(
                    "{} cannot be false: no {} works without it",
                    path(model, property),
                    model.name
                )));
            }
            model.columns.remove(index);
            model.indexes.retain(|index| !index.properties.iter().any(|one| &**one == property));
            return Ok(());
        }
        ColumnOptions::Named(name) => {
            Described { name: Some(name.clone()), ..Described::default() }
        }
        ColumnOptions::Described(described) => described.clone(),
    };
    let there = match there {
        None if described.r#type.is_none() => {
            // What NextAuth knows, and these tables have no column for.
            let known = usual.columns.iter().find(|one| &*one.property == property && one.shown);
            let Some(known) = known else {
                return Err(unknown(
                    model,
                    property,
                    "is no property of the model; one of your own needs a type, such as \
                     { type: \"text\" }",
                ));
            };
            model.columns.push(known.clone());
            model.columns.last_mut()
        }
        there => there.and_then(|index| model.columns.get_mut(index)),
    };
    match there {
        Some(column) => {
            if let Some(name) = &described.name {
                column.name.clone_from(name);
            }
            if let Some(name) = described.r#type {
                if column.fill == Fill::Scope {
                    return Err(Error::config(format!(
                        "option \"schema.{}.columns.{property}.type\" is given by option \"scope\"",
                        model.name
                    )));
                }
                let storage = extra::storage(column.kind, name)
                    .filter(|storage| {
                        *storage != Storage::DateBoolean || property == "emailVerified"
                    })
                    .ok_or_else(|| {
                        Error::config(format!(
                            "option \"schema.{}.columns.{property}.type\" cannot be \"{}\": such a \
                             column does not hold what this property is",
                            model.name,
                            name.as_str()
                        ))
                    })?;
                column.storage = storage;
                if column.kind == ColumnType::Text {
                    // The new type has no length.
                    column.longest = None;
                }
                column.sql_type = extra::sql_type(dialect, column.kind, name).to_owned();
            }
            if let Some(fill) = described.fill {
                let given = required.contains(&property) && property != "id";
                let why = if given || column.fill == Fill::Scope {
                    Err("cannot be set: no row is without what a call gives for it".to_owned())
                } else {
                    extra::set_fill(column, fill)
                };
                why.map_err(|why| {
                    Error::config(format!(
                        "option \"schema.{}.columns.{property}.fill\" {why}",
                        model.name
                    ))
                })?;
            }
            if let Some(nullable) = described.nullable {
                // Also in a column that may be null no row is without what makes it one.
                column.nullable = nullable && !required.contains(&property);
            }
            if described.hidden {
                if required.contains(&property) || model.key.contains(&property) {
                    return Err(Error::config(format!(
                        "option \"schema.{}.columns.{property}.hidden\" cannot be true: what is \
                         returned is recognised by this property",
                        model.name
                    )));
                }
                column.shown = false;
            }
            if let Some(default) = &described.default {
                // What the adapter fills in by itself, or no row is without.
                let why = if required.contains(&property)
                    || model.key.contains(&property)
                    || column.fill != Fill::Given
                {
                    Err("cannot be set: this property's value never comes from a default"
                        .to_owned())
                } else {
                    extra::set_default(dialect, column, default)
                };
                why.map_err(|why| {
                    Error::config(format!(
                        "option \"schema.{}.columns.{property}.default\" {why}",
                        model.name
                    ))
                })?;
            }
            let given = required.contains(&property) || model.key.contains(&property);
            let never = (given && property != "id")
                || !matches!(
                    column.fill,
                    Fill::Given | Fill::IfGiven | Fill::Now | Fill::Made { .. }
                );
            if described.sql_default.is_some() && never {
                return Err(Error::config(format!(
                    "option \"schema.{}.columns.{property}.sqlDefault\" cannot be set: this property's \
                     value never comes from a default",
                    model.name
                )));
            }
            extra::set_sql(column, &described);
        }
        None => {
            // One without a type has been refused, or is there.
            let Some(name) = described.r#type else { return Ok(()) };
            let column = extra::column(dialect, property, name, &described)
                .map_err(|why| Error::config(format!("{} {why}", path(model, property))))?;
            model.columns.push(column);
        }
    }
    set_key(model, property, &described.unique, true);
    set_key(model, property, &described.index, false);
    Ok(())
}

/// Gives a column a key or an index, names the one that it has, or takes it away.
fn set_key(model: &mut Model, property: &str, key: &KeyOptions, unique: bool) {
    let properties: Vec<Arc<str>> = vec![property.into()];
    let (name, constraint) = match key {
        KeyOptions::Usual => return,
        KeyOptions::Absent => (None, false),
        KeyOptions::Unnamed => (Some(""), false),
        KeyOptions::Index(name) => (Some(name.as_str()), false),
        KeyOptions::Constraint(name) => (Some(name.as_str()), true),
    };
    if unique && model.primary == properties {
        // What keeps it unique is the primary key, whatever is said.
        model.primary_name = name.filter(|name| !name.is_empty()).map(str::to_owned);
        return;
    }
    model.indexes.retain(|index| index.unique != unique || index.properties != properties);
    if let Some(name) = name {
        model.indexes.push(Index {
            name: name.to_owned(),
            constraint,
            ..Index::new(properties, unique)
        });
    }
}

fn unknown(model: &Model, property: &str, what: &str) -> Error {
    let known: Vec<&str> = model.columns.iter().map(|column| &*column.property).collect();
    let near = match nearest(property, &known) {
        Some(near) => format!("; did you mean \"{near}\"?"),
        None => String::new(),
    };
    Error::config(format!("{} {what}{near}", path(model, property)))
}

/// Where users' ids come from, and the types of the columns that point to them.
fn set_ids(dialect: &Dialect, schema: &mut Schema, options: &SchemaOptions) -> Result<()> {
    let described = |model: usize, property: &str| {
        let columns = &options.models.get(model)?.columns;
        columns.iter().find_map(|(name, column)| match column {
            ColumnOptions::Described(described) if name == property => Some(described),
            _ => None,
        })
    };
    let said_of_id = described(0, "id");
    let id_type = said_of_id.and_then(|id| id.r#type);
    // What is said of the type in the database's words is the column's own: what points to it does not count.
    let said = said_of_id.is_some_and(|id| id.sql_type.is_some());
    let preset = options.preset.is_some();
    let Some(id) = schema.user.columns.iter_mut().find(|column| &*column.property == "id") else {
        return Ok(());
    };
    let counted = id.storage == Storage::IntegerId;
    let ids = match options.ids {
        Some(ids) => Some(ids),
        // A column of integers that says nothing else counts by itself.
        None if id_type.is_some() && counted => Some(Ids::Serial),
        None => None,
    };
    if let Some(ids) = ids {
        let wrong = |why: &str| Err(Error::config(format!("option \"schema.ids\" {why}")));
        id.fill = match ids {
            Ids::Serial | Ids::Database => Fill::Database,
            ids => Fill::Made { ids, instead_of_random: true },
        };
        match ids {
            Ids::Serial => {
                if !preset && (id_type.is_none() || counted) {
                    id.storage = Storage::IntegerId;
                    if !said {
                        id.sql_type = dialect.serial.to_owned();
                    }
                } else if !counted {
                    return wrong("is \"serial\", but the column of ids is none of integers");
                }
            }
            Ids::Database => {
                let default = (dialect.made_id)(id_type.unwrap_or(TypeName::Text));
                if !preset && counted {
                    if !said {
                        id.sql_type = dialect.serial.to_owned();
                    }
                } else if !dialect.insert_returning && !counted {
                    return wrong(&format!(
                        "cannot be \"database\" here: {} does not tell which id a default made. Use \
                         \"uuidv7\", or \"serial\" with a column of integers",
                        dialect.name
                    ));
                } else if !preset {
                    id.default = default.map(str::to_owned);
                }
            }
            Ids::Function => {}
            Ids::Uuid | Ids::UuidV7 if !counted => {}
            Ids::Cuid2 | Ids::Nanoid if matches!(id.storage, Storage::Text) => {}
            _ => return wrong("makes ids that the column of ids does not hold"),
        }
    }
    let changed = id_type.is_some() || matches!(ids, Some(Ids::Serial)) && !preset;
    let (storage, sql_type) = (id.storage, id.sql_type.clone());
    let serial = sql_type == dialect.serial || said && counted;
    for (index, model) in schema.models_mut().into_iter().enumerate().skip(1) {
        let own_type = described(index, "userId").and_then(|id| id.r#type);
        for column in model.columns.iter_mut().filter(|column| column.references.is_some()) {
            if changed && own_type.is_none() {
                column.storage = storage;
                column.sql_type = if serial {
                    let named = id_type.filter(|_| said).unwrap_or(TypeName::Bigint);
                    (dialect.named)(named).to_owned()
                } else {
                    sql_type.clone()
                };
            }
        }
    }
    Ok(())
}

/// Derives what follows from the rest: the indexes' names, and where the users are.
fn complete(dialect: &Dialect, schema: &mut Schema) {
    let owner =
        schema.user.columns.iter().find(|column| &*column.property == "id").map(|id| Owner {
            table: schema.user.table.clone(),
            id: id.name.clone(),
            storage: id.storage,
            scope: schema.user.scope().cloned().collect(),
        });
    let read_only = schema.user.access == Access::ReadOnly;
    let made_here = schema.preset.is_none() && dialect.adds_foreign_keys;
    for model in schema.models_mut() {
        model.owner = owner.clone().filter(|_| model.has("userId"));
        if model.owner.is_none() {
            model.foreign_key = true;
        } else if read_only {
            // A view cannot be pointed to.
            model.foreign_key = false;
        }
        model.scope_keys();
        // Tables that were there before the scope have a foreign key without it, unless it was added too.
        model.loose_scope = model.owner.is_some() && !made_here && model.scope().next().is_some();
        let named: Vec<String> = model
            .indexes
            .iter()
            .map(|index| match index.name.as_str() {
                "" => index_name(model, &index.properties, index.unique),
                name => name.to_owned(),
            })
            .collect();
        for (index, name) in model.indexes.iter_mut().zip(named) {
            index.name = name;
        }
        model.set_names();
    }
}

/// The name of an index.
pub(super) fn index_name(model: &Model, properties: &[Arc<str>], unique: bool) -> String {
    constraint_name(model, properties, if unique { "key" } else { "idx" })
}

/// A name for what concerns some of a table's columns. One that is longer than what every database takes
/// is cut, and told apart by a digest.
pub(super) fn constraint_name(model: &Model, properties: &[Arc<str>], kind: &str) -> String {
    const LONGEST: usize = 60;
    let columns = properties
        .iter()
        .filter_map(|property| model.columns.iter().find(|column| column.property == *property));
    let columns: Vec<&str> = columns.map(|column| column.name.as_str()).collect();
    let name = format!("{}_{}_{kind}", model.table.name, columns.join("_"));
    if name.len() <= LONGEST {
        return name;
    }
    let digest = crate::crypto::sha256_hex(name.as_bytes());
    let start: String = name
        .char_indices()
        .take_while(|(at, character)| at + character.len_utf8() <= LONGEST - 9)
        .map(|(_, character)| character)
        .collect();
    let digest: String = digest.chars().take(8).collect();
    format!("{start}_{digest}")
}

fn check_names(dialect: &Dialect, schema: &Schema, options: &SchemaOptions) -> Result<()> {
    let (mut tables, mut keys) = (HashSet::new(), HashSet::new());
    for (model, name) in schema.models().into_iter().zip(MODELS) {
        if model.access == Access::Absent {
            continue;
        }
        let option = match options.prefix {
            Some(_) => format!("option \"schema.prefix\" or \"schema.{name}.table\""),
            None => format!("option \"schema.{name}.table\""),
        };
        check_name(dialect, &option, &model.table.name)?;
        if let Some(schema) = &model.table.schema {
            check_name(dialect, "option \"schema.dbSchema\"", schema)?;
        }
        if !tables.insert(model.table.name.to_lowercase()) {
            return Err(Error::config(format!("{option}: two models have the same table")));
        }
        // MySQL's are each table's own.
        if dialect.indexes_inside {
            keys.clear();
        }
        for key in model.indexes.iter().map(|index| &index.name).chain(&model.primary_name) {
            let option = format!("option \"schema.{name}.columns\"");
            check_name(dialect, &option, key)?;
            if !keys.insert(key.to_lowercase()) {
                return Err(Error::config(format!("{option}: two keys have the name \"{key}\"")));
            }
        }
        let mut columns = HashSet::new();
        for column in &model.columns {
            let option = path(model, &column.property);
            check_name(dialect, &option, &column.name)?;
            if !columns.insert(column.name.to_lowercase()) {
                return Err(Error::config(format!(
                    "{option}: two properties have the same column"
                )));
            }
        }
    }
    Ok(())
}

fn check_name(dialect: &Dialect, option: &str, name: &str) -> Result<()> {
    let why = if name.is_empty() {
        "is empty"
    } else if name.contains('\0') {
        "has a NUL character, which no name has"
    } else {
        match (dialect.impossible_name)(name) {
            Some(why) => why,
            None => return Ok(()),
        }
    };
    Err(Error::config(format!("{option} names what cannot be: the name {why}")))
}

/// `providerAccountId` as `provider_account_id`.
pub fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut before_is_lower = false;
    for character in name.chars() {
        if character.is_ascii_uppercase() && before_is_lower {
            snake.push('_');
        }
        before_is_lower = character.is_ascii_lowercase() || character.is_ascii_digit();
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

/// `verification_tokens` as `verificationTokens`.
fn camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

/// Whether a property may be text of any length, or is looked up by.
pub(super) fn is_key(kind: ColumnType) -> bool {
    matches!(kind, ColumnType::Key | ColumnType::CredentialId)
}
