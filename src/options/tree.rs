//! A JavaScript value as a tree that serde reads, and errors that name the option by its path.

use serde::Deserializer;
use serde::de::{self, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;
use zeroize::Zeroizing;

/// An options argument as JavaScript gave it. A property that is `undefined` or `null` is left out.
#[derive(Clone, PartialEq)]
pub enum Tree {
    /// Nothing was given.
    Missing,
    /// `true` or `false`.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A string.
    Text(String),
    /// A Buffer, or another Uint8Array.
    Bytes(Zeroizing<Vec<u8>>),
    /// An array.
    List(Vec<Tree>),
    /// A plain object's own enumerable properties.
    Object(Vec<(String, Tree)>),
    /// A function. Which one, the bridge remembers.
    Function,
    /// What no option takes: "a function", "a symbol".
    Other(&'static str),
}

/// The name of a unit struct that stands for a function or something else.
pub(super) const OR_FUNCTION: &str = "OrFunction";

impl Tree {
    fn describe(&self) -> &'static str {
        match self {
            Tree::Missing => "nothing",
            Tree::Boolean(_) => "a boolean",
            Tree::Number(_) => "a number",
            Tree::Text(_) => "a string",
            Tree::Bytes(_) => "a Buffer",
            Tree::List(_) => "an array",
            Tree::Object(_) => "an object",
            Tree::Function => "a function",
            Tree::Other(what) => what,
        }
    }
}

impl fmt::Debug for Tree {
    /// An options tree holds passwords: only its kind is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.describe())
    }
}

/// Why a tree is not what the options need. It shows names and kinds, never values.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeError {
    path: Vec<String>,
    problem: Problem,
}

#[derive(Debug, Clone, PartialEq)]
enum Problem {
    Unknown { name: String, known: &'static [&'static str] },
    Wrong(String),
}

impl TreeError {
    fn wrong(expected: &dyn fmt::Display, got: &str) -> Self {
        TreeError {
            path: Vec::new(),
            problem: Problem::Wrong(format!("must be {expected}, not {got}")),
        }
    }

    fn within(mut self, name: &str) -> Self {
        self.path.insert(0, name.to_owned());
        self
    }
}

impl fmt::Display for TreeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.join(".");
        match &self.problem {
            Problem::Wrong(what) if path.is_empty() => write!(f, "the options {what}"),
            Problem::Wrong(what) => write!(f, "option \"{path}\" {what}"),
            Problem::Unknown { name, known } => {
                let dot = if path.is_empty() { "" } else { "." };
                write!(f, "unknown option \"{path}{dot}{name}\"; ")?;
                match nearest(name, known) {
                    Some(near) => write!(f, "did you mean \"{path}{dot}{near}\"?"),
                    None => write!(f, "known are {}", known.join(", ")),
                }
            }
        }
    }
}

/// The known name that a misspelt one most likely stands for.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let lower = name.to_lowercase();
    known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&lower, &known.to_lowercase()), *known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

impl std::error::Error for TreeError {}

impl de::Error for TreeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        TreeError { path: Vec::new(), problem: Problem::Wrong(message.to_string()) }
    }

    fn invalid_type(got: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        TreeError::wrong(&expected, kind(&got))
    }

    fn invalid_value(got: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        TreeError::wrong(&expected, &format!("this {}", kind(&got).trim_start_matches("a ")))
    }

    fn invalid_length(_length: usize, expected: &dyn de::Expected) -> Self {
        TreeError::wrong(&expected, "a value of another length")
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        TreeError { path: Vec::new(), problem: Problem::Unknown { name: name.to_owned(), known } }
    }

    fn unknown_variant(_got: &str, known: &'static [&'static str]) -> Self {
        let known: Vec<String> = known.iter().map(|name| format!("\"{name}\"")).collect();
        TreeError::wrong(&known.join(" or "), "this string")
    }

    fn missing_field(name: &'static str) -> Self {
        TreeError { path: vec![name.to_owned()], problem: Problem::Wrong("is missing".to_owned()) }
    }
}

fn kind(got: &de::Unexpected<'_>) -> &'static str {
    match got {
        de::Unexpected::Bool(_) => "a boolean",
        de::Unexpected::Unsigned(_) | de::Unexpected::Signed(_) | de::Unexpected::Float(_) => {
            "a number"
        }
        de::Unexpected::Str(_) => "a string",
        de::Unexpected::Unit => "null",
        de::Unexpected::Seq => "an array",
        de::Unexpected::Map => "an object",
        de::Unexpected::Bytes(_) => "a Buffer",
        de::Unexpected::Other("a function") => "a function",
        _ => "a value of another kind",
    }
}

impl<'de> Deserializer<'de> for Tree {
    type Error = TreeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TreeError> {
        match self {
            Tree::Missing => visitor.visit_unit(),
            Tree::Boolean(value) => visitor.visit_bool(value),
            // Whole numbers are offered as integers, so that a fraction is refused where an
            // integer is expected.
            Tree::Number(value) => match crate::value::safe_integer(value) {
                Some(integer) => visitor.visit_i64(integer),
                None => visitor.visit_f64(value),
            },
            Tree::Text(value) => visitor.visit_string(value),
            Tree::Bytes(value) => visitor.visit_bytes(&value),
            Tree::List(items) => visitor.visit_seq(Items { items: items.into_iter(), index: 0 }),
            Tree::Object(properties) => {
                visitor.visit_map(Properties { rest: properties.into_iter(), current: None })
            }
            Tree::Function => {
                Err(de::Error::invalid_type(de::Unexpected::Other("a function"), &visitor))
            }
            Tree::Other(what) => {
                Err(de::Error::invalid_type(de::Unexpected::Other(what), &visitor))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TreeError> {
        match self {
            Tree::Missing => visitor.visit_none(),
            tree => visitor.visit_some(tree),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TreeError> {
        match self {
            tree @ Tree::Object(_) => tree.deserialize_any(visitor),
            other => Err(TreeError::wrong(&"an object", other.describe())),
        }
    }

    /// A unit struct stands for a function: that there is one is all that the options know.
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, TreeError> {
        match self {
            Tree::Function => visitor.visit_unit(),
            other if name == OR_FUNCTION => other.deserialize_any(visitor),
            other => Err(TreeError::wrong(&"a function", other.describe())),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, TreeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TreeError> {
        match self {
            Tree::Text(name) => visitor.visit_enum(name.into_deserializer()),
            other => {
                let known: Vec<String> =
                    variants.iter().map(|name| format!("\"{name}\"")).collect();
                Err(TreeError::wrong(&known.join(" or "), other.describe()))
            }
        }
    }

    /// Whatever it is, functions included.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TreeError> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit seq tuple tuple_struct map identifier
    }
}

struct Properties {
    rest: std::vec::IntoIter<(String, Tree)>,
    current: Option<(String, Tree)>,
}

impl<'de> MapAccess<'de> for Properties {
    type Error = TreeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, TreeError> {
        self.current = self.rest.next();
        match &self.current {
            None => Ok(None),
            Some((name, _)) => seed.deserialize(name.as_str().into_deserializer()).map(Some),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, TreeError> {
        match self.current.take() {
            None => Err(de::Error::custom("have a value without a name")),
            Some((name, tree)) => seed.deserialize(tree).map_err(|error| error.within(&name)),
        }
    }
}

struct Items {
    items: std::vec::IntoIter<Tree>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = TreeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, TreeError> {
        let Some(tree) = self.items.next() else {
            return Ok(None);
        };
        let index = self.index;
        self.index += 1;
        seed.deserialize(tree).map(Some).map_err(|error| error.within(&index.to_string()))
    }
}
