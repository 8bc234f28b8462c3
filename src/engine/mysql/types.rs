//! What the types of MySQL and MariaDB keep, by the names of their information schema.

use crate::engine::{Native, Storage};
use crate::options::TypeName;

/// Whether a column whose type has this name keeps what a storage writes.
pub fn keeps(sql_type: &str, storage: Storage) -> bool {
    let native = storage.native();
    match sql_type {
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set" => {
            storage != Storage::Day
                && matches!(native, Native::Text | Native::AnyText | Native::Uuid)
        }
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "bit" => {
            matches!(native, Native::Integer | Native::Boolean)
        }
        "float" | "double" | "decimal" => native == Native::Float,
        "datetime" | "timestamp" => matches!(native, Native::Time | Native::PlainTime),
        // Text that is looked up by may be kept as bytes: those are compared as they are. One of a fixed
        // length fills up with zeros.
        "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => {
            matches!(native, Native::Bytes | Native::Text)
        }
        "binary" => native == Native::Bytes,
        "date" => matches!(storage, Storage::Day | Storage::AnyText),
        "json" => matches!(storage, Storage::Json | Storage::AnyText),
        "uuid" => native == Native::Uuid,
        _ => storage == Storage::AnyText,
    }
}

/// What the options call a type.
pub fn type_of(sql_type: &str) -> TypeName {
    match sql_type {
        "smallint" | "mediumint" | "int" => TypeName::Integer,
        "bigint" => TypeName::Bigint,
        "tinyint" | "bit" => TypeName::Boolean,
        "float" | "double" | "decimal" => TypeName::Float,
        "date" => TypeName::Day,
        "datetime" | "timestamp" => TypeName::Datetime,
        "binary" => TypeName::Binary,
        "json" => TypeName::Json,
        "uuid" => TypeName::Uuid,
        _ => TypeName::Text,
    }
}
