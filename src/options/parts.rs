//! Where a server is, in parts: TypeORM's options, the drivers' `extra`, and `schema`.

use super::pool::{Bound, PoolBounds};
use super::tls::Ssl;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;

/// The option `extra`: what TypeORM hands on to the driver.
#[derive(Debug, Clone, Default)]
pub(super) struct Extra {
    /// `max`, `connectionLimit` and the like.
    pub pool: PoolBounds,
    /// `extra.ssl`, which hosts' guides recommend.
    pub ssl: Option<Ssl>,
    /// The names of what only the driver understands.
    pub ignored: Vec<String>,
}

impl<'de> Deserialize<'de> for Extra {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Extra;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object such as { max: 5 }")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Extra, A::Error> {
                let mut extra = Extra::default();
                while let Some(name) = map.next_key::<String>()? {
                    if let Some(bound) = Bound::named(&name) {
                        let number = map.next_value_seed(bound.range())?;
                        bound.set(&mut extra.pool, number);
                    } else if name == "ssl" {
                        extra.ssl = Some(map.next_value()?);
                    } else {
                        map.next_value::<de::IgnoredAny>()?;
                        extra.ignored.push(format!("extra.{name}"));
                    }
                }
                Ok(extra)
            }
        }
        deserializer.deserialize_any(Names)
    }
}

/// The option `schema`.
#[derive(Debug, Clone, Default)]
pub(super) struct SchemaOptions {
    /// PostgreSQL's schema that the tables are in.
    pub db_schema: Option<String>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SchemaObject {
    #[serde(default)]
    db_schema: Option<String>,
}

impl<'de> Deserialize<'de> for SchemaOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = SchemaOptions;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object such as { dbSchema: \"auth\" }")
            }
            fn visit_str<E: de::Error>(self, _: &str) -> Result<SchemaOptions, E> {
                Err(E::custom(
                    "must be an object such as { dbSchema: \"auth\" }, which names a PostgreSQL \
                     schema: presets, which a string will name, come with a later version",
                ))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SchemaOptions, A::Error> {
                let object = SchemaObject::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(SchemaOptions { db_schema: object.db_schema })
            }
        }
        deserializer.deserialize_any(Object)
    }
}
