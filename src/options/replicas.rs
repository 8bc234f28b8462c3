//! Servers that copy the database, of which reads may be asked.

use super::Milliseconds;
use crate::crypto::Secret;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The option `replicas`: an array of URLs, or an object with it and more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaOptions {
    /// Where they are.
    pub urls: Vec<Secret>,
    /// Whether they are asked for sessions, too.
    pub sessions: bool,
    /// How old an answer of theirs may be.
    pub max_lag: Milliseconds,
}

impl Default for ReplicaOptions {
    fn default() -> Self {
        ReplicaOptions { urls: Vec::new(), sessions: true, max_lag: Milliseconds(5_000) }
    }
}

/// The option as an object.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Object {
    urls: Vec<Secret>,
    sessions: Option<bool>,
    max_lag: Option<Milliseconds>,
}

impl<'de> Deserialize<'de> for ReplicaOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl<'de> Visitor<'de> for Words {
            type Value = ReplicaOptions;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "an array of URLs, or an object such as { urls: [url], sessions: false }",
                )
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut urls: A) -> Result<ReplicaOptions, A::Error> {
                let mut options = ReplicaOptions::default();
                while let Some(url) = urls.next_element::<Secret>()? {
                    options.urls.push(url);
                }
                Ok(options)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ReplicaOptions, A::Error> {
                let object = Object::deserialize(de::value::MapAccessDeserializer::new(map))?;
                let usual = ReplicaOptions::default();
                Ok(ReplicaOptions {
                    urls: object.urls,
                    sessions: object.sessions.unwrap_or(usual.sessions),
                    max_lag: object.max_lag.unwrap_or(usual.max_lag),
                })
            }
        }
        deserializer.deserialize_any(Words)
    }
}
