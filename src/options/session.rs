//! How session tokens are stored.

use crate::crypto::Secret;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use std::fmt;

/// How session tokens are stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SessionOptions {
    /// Whether the table holds a digest of the token; [`Options::hashes_sessions`] has the default.
    pub(super) hash: Option<SessionHash>,
    /// The key that digests are made under.
    pub key: Option<Secret>,
}

/// Whether the table holds session tokens or their digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionHash {
    /// The tokens themselves.
    Never,
    /// Digests.
    Always,
    /// Digests, and tokens that have not become digests yet.
    Migrate,
}

impl<'de> Deserialize<'de> for SessionHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl Visitor<'_> for Words {
            type Value = SessionHash;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or \"migrate\"")
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<SessionHash, E> {
                Ok(if value { SessionHash::Always } else { SessionHash::Never })
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<SessionHash, E> {
                match value {
                    "migrate" => Ok(SessionHash::Migrate),
                    other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
                }
            }
        }
        deserializer.deserialize_any(Words)
    }
}
