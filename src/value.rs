//! Values on their way between JavaScript and a database, owned by neither.

use crate::crypto::equal;
use crate::error::{Error, Result};
use std::fmt;
use std::sync::Arc;

/// The largest time that a JavaScript `Date` holds, in milliseconds from 1970 in either direction.
/// <https://tc39.es/ecma262/#sec-time-values-and-time-range>
pub const MAX_DATE: i64 = 8_640_000_000_000_000;

/// The largest integer up to which JavaScript numbers have no gaps, 2^53 - 1.
pub const MAX_SAFE_INTEGER: i64 = 9_007_199_254_740_991;

/// One value. Texts may be secrets: to compare two takes a time that their lengths alone decide, and
/// `Debug` shows none.
#[derive(Clone)]
pub enum Value {
    /// `null`.
    Null,
    /// A well-formed string.
    Text(Arc<str>),
    /// An integer.
    Integer(i64),
    /// A number as JavaScript gives it.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A point in time, in milliseconds since 1970 UTC.
    Date(i64),
    /// An array of strings.
    List(Vec<Arc<str>>),
    /// What only a column of JSON holds, as JSON.
    Json(Arc<str>),
    /// What no column can hold. The text says what it is, for an error: "an object", "a symbol".
    Other(&'static str),
}

impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Integer(number) | Value::Date(number) => number.fmt(formatter),
            Value::Float(number) => number.fmt(formatter),
            Value::Boolean(boolean) => boolean.fmt(formatter),
            Value::Null | Value::Text(_) | Value::List(_) | Value::Json(_) | Value::Other(_) => {
                formatter.write_str(self.describe())
            }
        }
    }
}

impl Value {
    /// What it is, for an error: never the value itself.
    pub fn describe(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Text(_) => "a string",
            Value::Integer(_) | Value::Float(_) => "a number",
            Value::Boolean(_) => "a boolean",
            Value::Date(_) => "a Date",
            Value::List(_) => "an array",
            Value::Json(text) if text.starts_with('[') => "an array",
            Value::Json(_) => "an object",
            Value::Other(what) => what,
        }
    }

    /// The value as JSON; nothing for what JSON does not have.
    pub fn to_json(&self) -> Option<Arc<str>> {
        Some(match self {
            Value::Null => "null".into(),
            Value::Text(text) => quoted(text).into(),
            Value::Integer(number) => number.to_string().into(),
            Value::Float(number) if number.is_finite() => match safe_integer(*number) {
                Some(number) => number.to_string().into(),
                None => number.to_string().into(),
            },
            Value::Boolean(value) => value.to_string().into(),
            Value::List(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
                format!("[{}]", texts.join(",")).into()
            }
            Value::Json(text) => Arc::clone(text),
            Value::Float(_) | Value::Date(_) | Value::Other(_) => return None,
        })
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&Arc<str>> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The point in time, if it is one.
    pub fn as_date(&self) -> Option<i64> {
        match self {
            Value::Date(time) => Some(*time),
            _ => None,
        }
    }

    /// The integer, if the value is a number without a fraction in JavaScript's safe range.
    pub fn as_safe_integer(&self) -> Option<i64> {
        match self {
            Value::Integer(number) => Some(*number),
            Value::Float(number) => safe_integer(*number),
            _ => None,
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Text(one), Value::Text(other)) | (Value::Json(one), Value::Json(other)) => {
                equal(one, other)
            }
            (Value::Null, Value::Null) => true,
            (Value::Integer(one), Value::Integer(other))
            | (Value::Date(one), Value::Date(other)) => one == other,
            (Value::Float(one), Value::Float(other)) => one == other,
            (Value::Boolean(one), Value::Boolean(other)) => one == other,
            (Value::List(one), Value::List(other)) => one == other,
            (Value::Other(one), Value::Other(other)) => one == other,
            _ => false,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text.into())
    }
}

/// A text as JSON has it: <https://www.rfc-editor.org/rfc/rfc8259#section-7>.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\0'..='\u{1f}' => quoted.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// What a row is looked up by: the text as its column holds it. `None`: no row can have it, as it
/// is `null`, missing, or holds what no column stores.
///
/// # Errors
/// `ERR_INVALID_ARGUMENT` for what is no identifier at all, such as an object.
pub fn key(name: &str, value: Option<&Value>) -> Result<Option<Arc<str>>> {
    match value {
        None | Some(Value::Null | Value::Other(LONE_SURROGATE)) => Ok(None),
        Some(Value::Text(text)) => Ok((!text.contains('\0')).then(|| Arc::clone(text))),
        Some(value) => match value.as_safe_integer() {
            Some(number) => Ok(Some(number.to_string().into())),
            None => Err(Error::invalid_argument(format!(
                "{name} must be a string, not {}",
                value.describe()
            ))),
        },
    }
}

/// A string that is not well-formed Unicode: <https://tc39.es/ecma262/#sec-isstringwellformedunicode>.
pub const LONE_SURROGATE: &str = "a string with a lone surrogate";

/// The integer that a JavaScript number is, if it has no fraction and lies in the safe range.
pub fn safe_integer(number: f64) -> Option<i64> {
    // The bound, 2^53 - 1, is exact as f64, so the comparison and the cast are too.
    #[allow(clippy::cast_precision_loss)]
    let within = number.fract() == 0.0 && number.abs() <= MAX_SAFE_INTEGER as f64;
    #[allow(clippy::cast_possible_truncation)]
    within.then_some(number as i64)
}

/// The own enumerable properties of a JavaScript object, in its order. `undefined` is left out:
/// to an adapter it is the same as a missing key.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record(pub Vec<(Arc<str>, Value)>);

impl Record {
    /// The value of a property.
    pub fn get(&self, property: &str) -> Option<&Value> {
        self.0.iter().find(|(name, _)| &**name == property).map(|(_, value)| value)
    }
}

/// A row on its way to JavaScript: the names of its properties, shared by all rows of its kind,
/// and their values.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The properties' names.
    pub names: Arc<[Arc<str>]>,
    /// The values, in the same order.
    pub values: Vec<Value>,
    /// Whether a property whose value is null is left out instead of being `null`.
    pub omit_null: bool,
}

impl Row {
    /// The value of a property; null if there is no such property.
    pub fn get(&self, property: &str) -> &Value {
        self.names
            .iter()
            .position(|name| &**name == property)
            .and_then(|index| self.values.get(index))
            .unwrap_or(&Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::takes_as_long_wherever_texts_differ;

    #[test]
    fn a_value_of_json_is_written_as_json() {
        let json = |value: Value| value.to_json();
        assert_eq!(json(Value::from("a\"\\\n\u{1f}é")).as_deref(), Some(r#""a\"\\\u000a\u001fé""#));
        assert_eq!(
            json(Value::List(vec!["a".into(), "b".into()])).as_deref(),
            Some(r#"["a","b"]"#)
        );
        assert_eq!(json(Value::Float(1.5)).as_deref(), Some("1.5"));
        assert_eq!(json(Value::Float(2.0)).as_deref(), Some("2"));
        assert_eq!(json(Value::Float(f64::NAN)), None);
    }

    #[test]
    fn debug_shows_no_text_of_a_value_record_or_row() {
        let secrets = [
            Value::from("hunter2"),
            Value::List(vec!["hunter2".into()]),
            Value::Json("{\"a\":\"hunter2\"}".into()),
        ];
        let names = ["one", "two", "three"].map(Arc::from);
        let record = Record(names.iter().cloned().zip(secrets.clone()).collect());
        let row = Row { names: names.into(), values: secrets.to_vec(), omit_null: false };
        let shown = format!("{secrets:?} {record:?} {row:#?} {:?}", Some(&secrets));
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("two") && shown.contains("an array"), "{shown}");
        assert_eq!(format!("{:?}", Value::Integer(7)), "7");
    }

    #[test]
    fn values_are_equal_if_they_are_of_one_kind_and_the_same() {
        let all = [
            Value::Null,
            Value::from("1"),
            Value::from("2"),
            Value::from("22"),
            Value::Integer(1),
            Value::Integer(2),
            Value::Date(1),
            Value::Date(2),
            Value::Float(1.0),
            Value::Float(2.0),
            Value::Boolean(false),
            Value::Boolean(true),
            Value::List(vec!["1".into()]),
            Value::List(Vec::new()),
            Value::Json("1".into()),
            Value::Json("2".into()),
            Value::Other("an object"),
            Value::Other("a symbol"),
        ];
        for (index, one) in all.iter().enumerate() {
            for (other_index, other) in all.iter().enumerate() {
                assert_eq!(one == other, index == other_index, "{one:?} {other:?}");
            }
            assert_eq!(*one, one.clone());
        }
        assert_ne!(Value::Float(f64::NAN), Value::Float(f64::NAN));
    }

    #[test]
    fn comparing_texts_takes_as_long_wherever_they_differ() {
        takes_as_long_wherever_texts_differ(<Value as From<String>>::from);
        takes_as_long_wherever_texts_differ(|text| Value::Json(text.into()));
        // As a row is compared with what was asked for.
        takes_as_long_wherever_texts_differ(|text| {
            Record(vec![("token".into(), Value::from(text))])
        });
    }

    #[test]
    fn only_exact_integers_in_the_safe_range_are_integers() {
        assert_eq!(safe_integer(42.0), Some(42));
        assert_eq!(safe_integer(-0.0), Some(0));
        assert_eq!(safe_integer(9_007_199_254_740_991.0), Some(MAX_SAFE_INTEGER));
        for number in [0.5, f64::NAN, f64::INFINITY, 9_007_199_254_740_992.0, 1e300] {
            assert_eq!(safe_integer(number), None, "{number}");
        }
    }
}
