//! Where a server is, in parts: what TypeORM's options hand on to the driver.

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
