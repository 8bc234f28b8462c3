//! The option `scope`: the columns that tell tenants apart.

use super::schema::TypeName;
use super::tree::OR_FUNCTION;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;

/// The option `scope`. The function that gives the values is the bridge's.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum ScopeOptions {
    /// There is none.
    #[default]
    Off,
    /// A function, whose first answer says which columns there are.
    Learned,
    /// A function and the columns.
    Declared(Vec<ScopeColumn>),
}

/// A column of the scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeColumn {
    /// The property that the function gives, and the column's name where the schema has no other.
    pub property: String,
    /// Its type.
    pub kind: TypeName,
}

/// Types whose values are compared as they are.
const KINDS: [TypeName; 5] =
    [TypeName::Text, TypeName::Uuid, TypeName::Binary, TypeName::Integer, TypeName::Bigint];

impl<'de> Deserialize<'de> for ScopeOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = ScopeOptions;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a function or an object { columns, values }")
            }
            /// A function comes as a unit.
            fn visit_unit<E: de::Error>(self) -> Result<ScopeOptions, E> {
                Ok(ScopeOptions::Learned)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ScopeOptions, A::Error> {
                let object = ScopeObject::deserialize(de::value::MapAccessDeserializer::new(map))?;
                if object.values.is_none() {
                    return Err(de::Error::custom(
                        "needs values, a function such as () => ({ tenant_id })",
                    ));
                }
                if object.columns.0.is_empty() {
                    return Err(de::Error::custom(
                        "needs columns, such as { tenant_id: \"text\" }",
                    ));
                }
                Ok(ScopeOptions::Declared(object.columns.0))
            }
        }
        deserializer.deserialize_unit_struct(OR_FUNCTION, Either)
    }
}

#[derive(serde::Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct ScopeObject {
    columns: Columns,
    values: Option<super::Function>,
}

/// The columns, by property.
#[derive(Default)]
struct Columns(Vec<ScopeColumn>);

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Properties;
        impl<'de> Visitor<'de> for Properties {
            type Value = Columns;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of types by column, such as { tenant_id: \"text\" }")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Columns, A::Error> {
                let mut columns = Vec::new();
                while let Some(property) = map.next_key::<String>()? {
                    let Kind(kind) = map.next_value()?;
                    columns.push(ScopeColumn { property, kind });
                }
                Ok(Columns(columns))
            }
        }
        deserializer.deserialize_any(Properties)
    }
}

struct Kind(TypeName);

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let kind = TypeName::deserialize(deserializer)?;
        if KINDS.contains(&kind) {
            return Ok(Kind(kind));
        }
        let known: Vec<String> =
            KINDS.iter().map(|kind| format!("\"{}\"", kind.as_str())).collect();
        Err(de::Error::custom(format!("must be {}", known.join(" or "))))
    }
}
