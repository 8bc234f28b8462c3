//! Columns that the options describe by a type.

use super::{Column, Fill};
use crate::engine::{ColumnType, Dialect, Storage};
use crate::options::{Described, FillName, Ids, Literal, TypeName};
use crate::value::{Value, safe_integer};

/// How a column of this type keeps what a property of this kind is, if it can.
pub fn storage(kind: ColumnType, name: TypeName) -> Option<Storage> {
    Some(match (kind, name) {
        (ColumnType::Key | ColumnType::CredentialId | ColumnType::Text, TypeName::Text) => {
            Storage::Text
        }
        (ColumnType::Key, TypeName::Uuid) => Storage::Uuid,
        (ColumnType::Key, TypeName::Binary) => Storage::UuidBytes,
        (ColumnType::Key, TypeName::Integer | TypeName::Bigint | TypeName::BigintString) => {
            Storage::IntegerId
        }
        (ColumnType::Text, TypeName::Day) => Storage::Day,
        (ColumnType::Integer, TypeName::Integer | TypeName::Bigint) => Storage::Integer,
        (ColumnType::Integer, TypeName::Text) => Storage::IntegerText,
        (ColumnType::Float, TypeName::Float) => Storage::Float,
        (ColumnType::Boolean, TypeName::Boolean) => Storage::Boolean,
        (ColumnType::Boolean, TypeName::Integer | TypeName::Bigint) => Storage::BooleanInteger,
        (ColumnType::Json, TypeName::Json | TypeName::Text) => Storage::Json,
        (ColumnType::Date, TypeName::Datetime) => Storage::Date,
        (ColumnType::Date, TypeName::DatetimeToSecond) => Storage::DateToSecond,
        (ColumnType::Date, TypeName::Timestamp) => Storage::DateWithoutZone,
        (ColumnType::Date, TypeName::Seconds) => Storage::Seconds,
        (ColumnType::Date, TypeName::Milliseconds) => Storage::Milliseconds,
        (ColumnType::Date, TypeName::IsoText) => Storage::IsoText,
        (ColumnType::Date, TypeName::DatetimeText) => Storage::DateText,
        (ColumnType::Date, TypeName::MillisecondsText) => Storage::MillisecondsText,
        (ColumnType::Date, TypeName::Boolean) => Storage::DateBoolean,
        _ => return None,
    })
}

/// What the database calls such a column's type.
pub fn sql_type(dialect: &Dialect, kind: ColumnType, name: TypeName) -> &'static str {
    match name {
        // Text that is looked up by has a length and a collation where the others have none.
        TypeName::Text if super::build::is_key(kind) => (dialect.column)(kind).0,
        name => (dialect.named)(name),
    }
}

/// A column for a property that NextAuth does not know.
///
/// # Errors
/// Why not, as the end of a sentence that begins with the option.
pub fn column(
    dialect: &Dialect,
    property: &str,
    name: TypeName,
    described: &Described,
) -> Result<Column, String> {
    let kind = match name {
        TypeName::Text if described.unique.is_wanted() || described.index.is_wanted() => {
            ColumnType::Key
        }
        TypeName::Text | TypeName::Day => ColumnType::Text,
        TypeName::Uuid | TypeName::Binary | TypeName::BigintString => ColumnType::Key,
        TypeName::Integer | TypeName::Bigint => ColumnType::Integer,
        TypeName::Float => ColumnType::Float,
        TypeName::Boolean => ColumnType::Boolean,
        TypeName::Json => ColumnType::Json,
        TypeName::Datetime
        | TypeName::DatetimeToSecond
        | TypeName::Timestamp
        | TypeName::Seconds
        | TypeName::Milliseconds
        | TypeName::IsoText
        | TypeName::DatetimeText
        | TypeName::MillisecondsText => ColumnType::Date,
    };
    let storage = match storage(kind, name).ok_or("has a type that it cannot have")? {
        // The column may be of a type of the application's, such as an enumeration.
        Storage::Text => Storage::AnyText,
        storage => storage,
    };
    let typed = (sql_type(dialect, kind, name), storage);
    let column_name = described.name.as_deref().unwrap_or(property);
    let mut column = Column {
        nullable: described.nullable.unwrap_or(true),
        shown: !described.hidden,
        fill: Fill::IfGiven,
        ..Column::new(property, column_name, kind, typed)
    };
    if let Some(default) = &described.default {
        set_default(dialect, &mut column, default)
            .map_err(|why| format!("has a default that {why}"))?;
    }
    set_sql(&mut column, described);
    if let Some(fill) = described.fill {
        set_fill(&mut column, fill).map_err(|why| format!("has a \"fill\" that {why}"))?;
    }
    Ok(column)
}

/// Gives a column what is said of its definition in the database's own words.
pub fn set_sql(column: &mut Column, described: &Described) {
    if let Some(sql_type) = &described.sql_type {
        sql_type.as_str().clone_into(&mut column.sql_type);
        column.longest = super::preset::longest(sql_type.as_str());
    }
    if let Some(default) = &described.sql_default {
        column.default = Some(default.as_str().to_owned());
        if column.fill == Fill::Given {
            column.fill = Fill::IfGiven;
        }
    }
}

/// Gives a column what makes its value in a row that is given none.
///
/// # Errors
/// Why not, as the end of a sentence that begins with the option.
pub fn set_fill(column: &mut Column, fill: FillName) -> Result<(), String> {
    let is_id = column.kind == ColumnType::Key && column.storage != Storage::IntegerId;
    match fill {
        FillName::Now | FillName::Touch if column.kind != ColumnType::Date => {
            return Err("needs a column of dates".to_owned());
        }
        FillName::Uuid if !is_id => return Err("needs a column of the type \"uuid\"".to_owned()),
        FillName::Now => column.fill = Fill::Now,
        // What a call gives is the time that was read.
        FillName::Touch => {
            (column.fill, column.changes, column.is_written) = (Fill::Now, true, false);
        }
        FillName::Uuid => {
            column.fill = Fill::Made { ids: Ids::Uuid, instead_of_random: false };
            column.is_written = true;
        }
    }
    Ok(())
}

/// Gives a column a default: rows that are given no value have it, whoever inserts them.
///
/// # Errors
/// Why not, as the end of a sentence that begins with the default.
pub fn set_default(
    dialect: &Dialect,
    column: &mut Column,
    default: &Literal,
) -> Result<(), String> {
    let value = literal(column.kind, default)
        .and_then(|value| column.accept("default", &value).ok())
        .ok_or_else(|| "is not of its type".to_owned())?;
    column.default = match column.storage {
        // The column holds another type than the literal is of.
        Storage::IntegerText | Storage::BooleanInteger | Storage::UuidBytes => None,
        _ => sql_literal(dialect, &value),
    };
    column.fill = Fill::Value(value);
    Ok(())
}

fn literal(kind: ColumnType, literal: &Literal) -> Option<Value> {
    Some(match (kind, literal) {
        (ColumnType::Key | ColumnType::Text | ColumnType::CredentialId, Literal::Text(text)) => {
            Value::from(text.as_str())
        }
        (ColumnType::Integer, Literal::Number(number)) => {
            Value::Integer(safe_integer(number.parse().ok()?)?)
        }
        (ColumnType::Float, Literal::Number(number)) => Value::Float(number.parse().ok()?),
        (ColumnType::Boolean, Literal::Boolean(value)) => Value::Boolean(*value),
        (ColumnType::Json, Literal::Text(text)) => Value::from(text.as_str()),
        (ColumnType::Json, Literal::Number(number)) => Value::Float(number.parse().ok()?),
        (ColumnType::Json, Literal::Boolean(value)) => Value::Boolean(*value),
        _ => return None,
    })
}

/// A default as SQL, where all databases have such a literal. It is one in parentheses, which MySQL
/// wants for text.
fn sql_literal(dialect: &Dialect, value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(format!("({})", (dialect.literal)(text))),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Boolean(true) => Some("TRUE".to_owned()),
        Value::Boolean(false) => Some("FALSE".to_owned()),
        _ => None,
    }
}
