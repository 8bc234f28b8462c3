//! How columns keep values. A storage says what is written for a value of JavaScript's and what is
//! read back; drivers know only the few kinds of [`Wire`] values.

mod date_text;
mod identifier;

use crate::value::Value;
use std::sync::Arc;

pub use date_text::{day, parse_day};
pub use identifier::{integer, uuid_bytes, uuid_text};

/// How a column keeps its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Storage {
    /// Characters.
    Text,
    /// Characters in a column whose type may be the application's own, such as an enumeration.
    AnyText,
    /// A 64-bit integer.
    Integer,
    /// An integer in decimal characters.
    IntegerText,
    /// A double-precision number.
    Float,
    /// The database's own boolean, or an integer that is 0 or 1 where it has none.
    Boolean,
    /// An integer that is 0 or 1, also where the database has booleans.
    BooleanInteger,
    /// A point in time to the millisecond, as the database keeps it best: with a time zone where
    /// there is such a type, and in SQLite as integer milliseconds.
    Date,
    /// A point in time to the second.
    DateToSecond,
    /// A date and time of day without a time zone, which is UTC.
    DateWithoutZone,
    /// Integer seconds since 1970.
    Seconds,
    /// Integer milliseconds since 1970.
    Milliseconds,
    /// Text as `Date.prototype.toISOString` gives it.
    IsoText,
    /// Text: `YYYY-MM-DD HH:MM:SS.mmm`, UTC.
    DateText,
    /// Text: `YYYY-MM-DD HH:MM:SS.mmm +00:00`.
    DateTextWithZone,
    /// Text: decimal milliseconds since 1970.
    MillisecondsText,
    /// A day of the calendar, without a time or a zone; text in JavaScript: `YYYY-MM-DD`.
    Day,
    /// A boolean that says whether there is a time. `true` is read as [`SOME_TIME`].
    DateBoolean,
    /// The database's own UUID; text in JavaScript.
    Uuid,
    /// A UUID's 16 bytes; text in JavaScript.
    UuidBytes,
    /// An integer that identifies a row; decimal text in JavaScript.
    IntegerId,
    /// Any value of JSON.
    Json,
}

/// What a `true` without a time is read as: a `Date` that nobody takes for a real one.
pub const SOME_TIME: i64 = 0;

/// The double of the fewest digits that is this number in single precision: 0.1 is not 0.10000000149011612.
pub fn widened(number: f32) -> f64 {
    number.to_string().parse().unwrap_or_else(|_| number.into())
}

/// A value as drivers bind and read it.
#[derive(Debug, Clone, PartialEq)]
pub enum Wire {
    /// Null, where a value of this kind could be.
    Null(Native),
    /// Characters.
    Text(Arc<str>),
    /// A 64-bit integer.
    Integer(i64),
    /// A double-precision number.
    Float(f64),
    /// A boolean.
    Boolean(bool),
    /// A point in time, in milliseconds since 1970.
    Time(i64),
    /// A date and time of day, as the milliseconds since 1970 that it is in UTC.
    PlainTime(i64),
    /// A UUID.
    Uuid([u8; 16]),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// The kinds of values that drivers bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are those of `Wire`")]
pub enum Native {
    Text,
    /// Text whose type the database derives from where it goes.
    AnyText,
    Integer,
    Float,
    Boolean,
    Time,
    PlainTime,
    Uuid,
    Bytes,
}

impl Storage {
    /// What a parameter of this storage is bound as.
    pub fn native(self) -> Native {
        match self {
            Storage::AnyText | Storage::Day => Native::AnyText,
            Storage::Text
            | Storage::IntegerText
            | Storage::IsoText
            | Storage::DateText
            | Storage::DateTextWithZone
            | Storage::MillisecondsText
            | Storage::Json => Native::Text,
            Storage::Integer
            | Storage::BooleanInteger
            | Storage::Seconds
            | Storage::Milliseconds
            | Storage::IntegerId => Native::Integer,
            Storage::Float => Native::Float,
            Storage::Boolean | Storage::DateBoolean => Native::Boolean,
            Storage::Date | Storage::DateToSecond => Native::Time,
            Storage::DateWithoutZone => Native::PlainTime,
            Storage::Uuid => Native::Uuid,
            Storage::UuidBytes => Native::Bytes,
        }
    }

    /// Whether it keeps points in time.
    pub fn is_date(self) -> bool {
        matches!(
            self,
            Storage::Date
                | Storage::DateToSecond
                | Storage::DateWithoutZone
                | Storage::Seconds
                | Storage::Milliseconds
                | Storage::IsoText
                | Storage::DateText
                | Storage::DateTextWithZone
                | Storage::MillisecondsText
                | Storage::DateBoolean
        )
    }

    /// The value as it is after it has been stored: some storages keep less than they are given.
    pub fn rounded(self, value: Value) -> Value {
        match (self, value) {
            (Storage::Seconds | Storage::DateToSecond, Value::Date(time)) => {
                Value::Date(time.div_euclid(1_000) * 1_000)
            }
            (Storage::DateBoolean, Value::Date(_)) => Value::Date(SOME_TIME),
            (_, value) => value,
        }
    }

    /// Whether an identifier, as JavaScript has it, can be in a column of this storage. What cannot
    /// is in no row.
    pub fn can_hold(self, identifier: &str) -> bool {
        match self {
            Storage::Uuid | Storage::UuidBytes => uuid_bytes(identifier).is_some(),
            Storage::IntegerId => identifier::integer(identifier).is_some(),
            Storage::Day => parse_day(identifier).is_some(),
            _ => true,
        }
    }

    /// What is bound for a value. An identifier that no row can have is null, which equals nothing.
    /// `None`: the value is of a kind that this storage does not keep.
    pub fn encode(self, value: &Value) -> Option<Wire> {
        Some(match (self, value) {
            (Storage::DateBoolean, Value::Null) => Wire::Boolean(false),
            (storage, Value::Null) => Wire::Null(storage.native()),
            (Storage::Text | Storage::AnyText | Storage::Day, Value::Text(text)) => {
                Wire::Text(Arc::clone(text))
            }
            (Storage::Uuid, Value::Text(text)) => {
                uuid_bytes(text).map_or(Wire::Null(Native::Uuid), Wire::Uuid)
            }
            (Storage::UuidBytes, Value::Text(text)) => uuid_bytes(text)
                .map_or(Wire::Null(Native::Bytes), |bytes| Wire::Bytes(bytes.to_vec())),
            (Storage::IntegerId, Value::Text(text)) => {
                identifier::integer(text).map_or(Wire::Null(Native::Integer), Wire::Integer)
            }
            (Storage::Integer, Value::Integer(number)) => Wire::Integer(*number),
            (Storage::IntegerText, Value::Integer(number)) => Wire::Text(number.to_string().into()),
            (Storage::Float, Value::Float(number)) => Wire::Float(*number),
            (Storage::Boolean, Value::Boolean(value)) => Wire::Boolean(*value),
            (Storage::BooleanInteger, Value::Boolean(value)) => Wire::Integer(i64::from(*value)),
            (Storage::Json, Value::Json(text)) => Wire::Text(Arc::clone(text)),
            (storage, Value::Date(time)) => match storage {
                Storage::Date | Storage::DateToSecond => Wire::Time(*time),
                Storage::DateWithoutZone => Wire::PlainTime(*time),
                Storage::Seconds => Wire::Integer(time.div_euclid(1_000)),
                Storage::Milliseconds => Wire::Integer(*time),
                Storage::IsoText => Wire::Text(date_text::iso(*time)?.into()),
                Storage::DateText => Wire::Text(date_text::plain(*time)?.into()),
                Storage::DateTextWithZone => {
                    Wire::Text(format!("{} +00:00", date_text::plain(*time)?).into())
                }
                Storage::MillisecondsText => Wire::Text(time.to_string().into()),
                Storage::DateBoolean => Wire::Boolean(true),
                _ => return None,
            },
            _ => return None,
        })
    }

    /// The value that was read. `None`: it is not one of this storage's, so that the column is not
    /// what the schema says.
    pub fn decode(self, wire: Wire) -> Option<Value> {
        let time = |time: Option<i64>| time.map(Value::Date);
        Some(match (self, wire) {
            (_, Wire::Null(_)) => Value::Null,
            (Storage::Text | Storage::AnyText | Storage::Day | Storage::Uuid, wire) => match wire {
                Wire::Text(text) => Value::Text(text),
                Wire::Uuid(bytes) => Value::Text(uuid_text(bytes).into()),
                Wire::Bytes(bytes) => Value::from(String::from_utf8(bytes).ok()?),
                _ => return None,
            },
            (Storage::UuidBytes, Wire::Bytes(bytes)) => {
                Value::Text(uuid_text(bytes.try_into().ok()?).into())
            }
            (Storage::UuidBytes, Wire::Uuid(bytes)) => Value::Text(uuid_text(bytes).into()),
            (Storage::IntegerId, Wire::Integer(number)) => Value::from(number.to_string()),
            // One that has no sign and is beyond the others.
            (Storage::IntegerId, Wire::Text(text))
                if text.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                Value::Text(text)
            }
            (Storage::Integer | Storage::IntegerText, Wire::Integer(number)) => {
                Value::Integer(number)
            }
            (Storage::IntegerText, Wire::Text(text)) => Value::Integer(text.trim().parse().ok()?),
            (Storage::Float, Wire::Float(number)) => Value::Float(number),
            // Decimals come as text.
            (Storage::Float, Wire::Text(text)) => Value::Float(text.parse().ok()?),
            // Beyond 2^53 the nearest number, as everywhere in JavaScript.
            #[allow(clippy::cast_precision_loss)]
            (Storage::Float, Wire::Integer(number)) => Value::Float(number as f64),
            (Storage::Boolean | Storage::BooleanInteger, Wire::Boolean(value)) => {
                Value::Boolean(value)
            }
            (Storage::Boolean | Storage::BooleanInteger, Wire::Integer(number)) => {
                Value::Boolean(number != 0)
            }
            (Storage::DateBoolean, Wire::Boolean(false) | Wire::Integer(0)) => Value::Null,
            (Storage::DateBoolean, Wire::Boolean(true) | Wire::Integer(_)) => {
                Value::Date(SOME_TIME)
            }
            (Storage::Date | Storage::DateToSecond, Wire::Time(time)) => Value::Date(time),
            (Storage::DateWithoutZone, Wire::Time(time) | Wire::PlainTime(time)) => {
                Value::Date(time)
            }
            (Storage::Seconds, Wire::Integer(seconds)) => {
                return time(seconds.checked_mul(1_000));
            }
            (Storage::Milliseconds | Storage::MillisecondsText, Wire::Integer(time)) => {
                Value::Date(time)
            }
            // SQLite lets other programs keep fractions.
            (Storage::Milliseconds, Wire::Float(number)) => {
                Value::Date(crate::value::safe_integer(number.floor())?)
            }
            (Storage::MillisecondsText, Wire::Text(text)) => {
                return time(text.trim().parse().ok());
            }
            (
                Storage::Milliseconds
                | Storage::IsoText
                | Storage::DateText
                | Storage::DateTextWithZone,
                Wire::Text(text),
            ) => return time(date_text::parse(&text)),
            // In one SQLite column there may be what an older version of its program wrote.
            (
                Storage::IsoText | Storage::DateText | Storage::DateTextWithZone,
                Wire::Integer(time),
            ) => Value::Date(time),
            (Storage::Json, Wire::Text(text)) => Value::Json(text),
            (Storage::Json, Wire::Bytes(bytes)) => {
                Value::Json(String::from_utf8(bytes).ok()?.into())
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TIME: i64 = 1_700_000_000_789;

    #[test]
    fn every_storage_of_dates_reads_what_it_writes() {
        for (storage, written) in [
            (Storage::Date, Wire::Time(TIME)),
            (Storage::DateWithoutZone, Wire::PlainTime(TIME)),
            (Storage::Milliseconds, Wire::Integer(TIME)),
            (Storage::IsoText, Wire::Text("2023-11-14T22:13:20.789Z".into())),
            (Storage::DateText, Wire::Text("2023-11-14 22:13:20.789".into())),
            (Storage::DateTextWithZone, Wire::Text("2023-11-14 22:13:20.789 +00:00".into())),
            (Storage::MillisecondsText, Wire::Text("1700000000789".into())),
        ] {
            assert_eq!(storage.encode(&Value::Date(TIME)), Some(written.clone()), "{storage:?}");
            assert_eq!(storage.decode(written), Some(Value::Date(TIME)), "{storage:?}");
        }
    }

    #[test]
    fn a_single_precision_number_keeps_its_digits() {
        for (number, wide) in
            [(0.1_f32, 0.1), (-1.5, -1.5), (1e30, 1e30), (16_777_217.0, 16_777_216.0)]
        {
            assert_eq!(widened(number).to_string(), f64::to_string(&wide));
        }
    }

    #[test]
    fn what_is_kept_in_seconds_is_rounded_down_before() {
        for storage in [Storage::Seconds, Storage::DateToSecond] {
            assert_eq!(storage.rounded(Value::Date(TIME)), Value::Date(TIME - 789));
            assert_eq!(storage.rounded(Value::Date(-1)), Value::Date(-1_000));
        }
        assert_eq!(Storage::Seconds.encode(&Value::Date(-1)), Some(Wire::Integer(-1)));
    }

    #[test]
    fn a_boolean_stands_for_a_time_that_nobody_knows() {
        let storage = Storage::DateBoolean;
        assert_eq!(storage.encode(&Value::Date(TIME)), Some(Wire::Boolean(true)));
        assert_eq!(storage.encode(&Value::Null), Some(Wire::Boolean(false)));
        assert_eq!(storage.decode(Wire::Boolean(true)), Some(Value::Date(SOME_TIME)));
        assert_eq!(storage.decode(Wire::Integer(0)), Some(Value::Null));
    }

    #[test]
    fn an_identifier_that_no_row_can_have_equals_nothing() {
        let uuid = "0189dcd5-6f2b-7c3a-9d1e-5f1a2b3c4d5e";
        for (storage, text, held) in [
            (Storage::IntegerId, "1", true),
            (Storage::IntegerId, "-7", true),
            (Storage::IntegerId, "01", false),
            (Storage::IntegerId, "+1", false),
            (Storage::IntegerId, " 1", false),
            (Storage::IntegerId, "1.0", false),
            (Storage::IntegerId, "9223372036854775808", false),
            (Storage::IntegerId, "", false),
            (Storage::Uuid, uuid, true),
            (Storage::Uuid, &uuid.to_uppercase(), false),
            (Storage::UuidBytes, &uuid.replace('-', ""), false),
            (Storage::Text, "", true),
        ] {
            assert_eq!(storage.can_hold(text), held, "{storage:?} {text}");
            let wire = storage.encode(&Value::from(text)).unwrap();
            assert_eq!(matches!(wire, Wire::Null(_)), !held, "{storage:?} {text}");
            if held {
                assert_eq!(storage.decode(wire), Some(Value::from(text)));
            }
        }
    }

    #[test]
    fn what_a_storage_does_not_keep_is_not_guessed() {
        assert_eq!(Storage::Date.decode(Wire::Text("2023-11-14".into())), None);
        assert_eq!(Storage::Date.decode(Wire::Integer(TIME)), None);
        assert_eq!(Storage::Integer.decode(Wire::Text("7".into())), None);
        assert_eq!(Storage::Text.decode(Wire::Integer(7)), None);
        assert_eq!(Storage::Text.encode(&Value::Integer(7)), None);
    }
}
