//! What PostgreSQL's types keep, by the names of its catalogue.

use crate::engine::{Native, Storage};
use crate::options::TypeName;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgValueRef;
use time::{Date, OffsetDateTime};

/// 2000-01-01, from which PostgreSQL counts, in milliseconds since 1970.
const EPOCH: i64 = 946_684_800_000;

/// The first and the last millisecond of the years 1 to 9999, which all databases keep. What is beyond,
/// `infinity` first of all, is read as the nearer of the two.
const KEPT: (i64, i64) = (-62_135_596_800_000, 253_402_300_799_999);

/// Milliseconds since 1970 of a timestamp, with or without a time zone.
pub fn time(value: &PgValueRef<'_>) -> Result<i64, BoxDynError> {
    Ok(milliseconds(i64::from_be_bytes(value.as_bytes()?.try_into()?)))
}

/// A day.
pub fn date(value: &PgValueRef<'_>) -> Result<Date, BoxDynError> {
    day(i32::from_be_bytes(value.as_bytes()?.try_into()?))
}

fn milliseconds(microseconds: i64) -> i64 {
    (microseconds.div_euclid(1_000) + EPOCH).clamp(KEPT.0, KEPT.1)
}

fn day(days: i32) -> Result<Date, BoxDynError> {
    let midnight = (i64::from(days) * 86_400_000 + EPOCH).clamp(KEPT.0, KEPT.1);
    Ok(OffsetDateTime::from_unix_timestamp(midnight.div_euclid(1_000))?.date())
}

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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_the_years_that_are_kept_is_read_as_the_nearest() {
        assert_eq!(milliseconds(0), EPOCH);
        assert_eq!(milliseconds(-1), EPOCH - 1);
        assert_eq!([i64::MIN, i64::MAX].map(milliseconds), [KEPT.0, KEPT.1]);
        let text = |days| day(days).unwrap().to_string();
        assert_eq!([0, -1, 59].map(text), ["2000-01-01", "1999-12-31", "2000-02-29"]);
        assert_eq!([i32::MIN, i32::MAX].map(text), ["0001-01-01", "9999-12-31"]);
    }
}
