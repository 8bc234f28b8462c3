//! What PostgreSQL's types keep, by the names of its catalogue.

use crate::engine::{Native, Storage};
use crate::options::TypeName;

/// Whether a column whose type has this name keeps what a storage writes.
pub fn keeps(sql_type: &str, storage: Storage) -> bool {
    let native = storage.native();
    match sql_type {
        "text" | "varchar" | "bpchar" | "citext" | "name" => {
            !matches!(storage, Storage::Json | Storage::Day)
                && matches!(native, Native::Text | Native::AnyText)
        }
        "int2" | "int4" | "int8" => native == Native::Integer,
        "float4" | "float8" | "numeric" => native == Native::Float,
        "bool" => native == Native::Boolean,
        "timestamptz" => native == Native::Time,
        "timestamp" => native == Native::PlainTime,
        "uuid" => native == Native::Uuid,
        "bytea" => native == Native::Bytes,
        "date" => matches!(storage, Storage::Day | Storage::AnyText),
        "json" | "jsonb" => storage == Storage::Json,
        // An enumeration, say.
        _ => storage == Storage::AnyText,
    }
}

/// What the options call a type.
pub fn type_of(sql_type: &str) -> TypeName {
    match sql_type {
        "int2" | "int4" => TypeName::Integer,
        "int8" => TypeName::Bigint,
        "float4" | "float8" | "numeric" => TypeName::Float,
        "bool" => TypeName::Boolean,
        "date" => TypeName::Day,
        "timestamptz" => TypeName::Datetime,
        "timestamp" => TypeName::Timestamp,
        "uuid" => TypeName::Uuid,
        "bytea" => TypeName::Binary,
        "json" | "jsonb" => TypeName::Json,
        _ => TypeName::Text,
    }
}
