//! The option `encryption`: which columns are encrypted at rest, and the keys.

use crate::crypto::{KeyBytes, Keys, Secret, key_of, read_key};
use crate::error::{Error, Result};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;
use zeroize::Zeroizing;

/// The variable that holds the keys where the options do not.
const VARIABLE: &str = "AUTH_ENCRYPTION_KEYS";

/// The option `encryption`.
#[derive(Debug, Clone)]
pub struct EncryptionOptions {
    /// The keys; `None`: the environment has them.
    keys: Option<Keys>,
    /// The account's properties that are encrypted; `None`: the OAuth tokens.
    pub columns: Option<Vec<String>>,
    /// Whether a value that is not encrypted is read.
    pub allow_plain: bool,
}

impl EncryptionOptions {
    /// The keys: the options' own, else those of the environment, which has been asked.
    ///
    /// # Errors
    /// `ERR_CONFIG`: there are none, or they cannot be understood.
    pub fn keys(&self, variable: Option<&Secret>) -> Result<Keys> {
        if let Some(keys) = &self.keys {
            return Ok(keys.clone());
        }
        keys_of(variable)?.ok_or_else(|| {
            Error::config(format!(
                "option \"encryption\" has no keys, and the variable {VARIABLE} is not set: it holds \
                 id:key, such as 2026-01: and what `openssl rand -base64 32` prints"
            ))
        })
    }

    /// Refuses keys of the environment that cannot be understood. None may be there yet.
    ///
    /// # Errors
    /// `ERR_CONFIG`.
    pub fn check_environment(&self, variable: Option<&Secret>) -> Result<()> {
        if self.keys.is_none() { keys_of(variable).map(drop) } else { Ok(()) }
    }
}

fn keys_of(variable: Option<&Secret>) -> Result<Option<Keys>> {
    variable
        .filter(|text| !text.expose().trim().is_empty())
        .map(|text| {
            Keys::from_text(text.expose())
                .map_err(|why| Error::config(format!("the variable {VARIABLE} {why}")))
        })
        .transpose()
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Object {
    keys: Option<GivenKeys>,
    columns: Option<Vec<String>>,
    allow_plain: bool,
}

impl Default for Object {
    fn default() -> Self {
        Object { keys: None, columns: None, allow_plain: true }
    }
}

/// `true`, an object, or `false` for none.
#[derive(Debug, Clone, Default)]
pub struct Encryption(pub Option<EncryptionOptions>);

impl<'de> Deserialize<'de> for Encryption {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Given;
        impl<'de> Visitor<'de> for Given {
            type Value = Object;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or an object such as { keys: [{ id, key }] }")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object, A::Error> {
                Object::deserialize(de::value::MapAccessDeserializer::new(map))
            }
        }
        struct OrBoolean;
        impl<'de> Visitor<'de> for OrBoolean {
            type Value = Encryption;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Given.expecting(f)
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Encryption, E> {
                Ok(Encryption(value.then(|| EncryptionOptions::from(Object::default()))))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Encryption, A::Error> {
                Given.visit_map(map).map(|object| Encryption(Some(object.into())))
            }
        }
        deserializer.deserialize_any(OrBoolean)
    }
}

impl From<Object> for EncryptionOptions {
    fn from(object: Object) -> Self {
        let Object { keys, columns, allow_plain } = object;
        EncryptionOptions { keys: keys.map(|keys| keys.0), columns, allow_plain }
    }
}

struct GivenKeys(Keys);

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenKey {
    id: String,
    key: Bytes,
}

impl<'de> Deserialize<'de> for GivenKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = Vec::<GivenKey>::deserialize(deserializer)?;
        let keys = given.into_iter().map(|given| (given.id, given.key.0)).collect();
        Keys::new(keys).map(GivenKeys).map_err(de::Error::custom)
    }
}

struct Bytes(KeyBytes);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Key;
        impl Visitor<'_> for Key {
            type Value = Bytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "32 bytes: a string in base64 or hexadecimal digits, or a Buffer \
                     (`openssl rand -base64 32` makes one)",
                )
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Bytes, E> {
                let wrong = || E::invalid_value(de::Unexpected::Str(""), &self);
                read_key(text).map(Bytes).ok_or_else(wrong)
            }
            /// What was copied from JavaScript is zeroed.
            fn visit_string<E: de::Error>(self, text: String) -> Result<Bytes, E> {
                self.visit_str(&Zeroizing::new(text))
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                let wrong = || E::invalid_length(bytes.len(), &self);
                key_of(bytes).map(Bytes).ok_or_else(wrong)
            }
        }
        deserializer.deserialize_any(Key)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::{Options, Tree};
    use super::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8=";

    fn object(properties: &[(&str, Tree)]) -> Tree {
        Tree::Object(
            properties.iter().map(|(name, tree)| ((*name).to_owned(), tree.clone())).collect(),
        )
    }

    fn text(text: &str) -> Tree {
        Tree::Text(text.to_owned())
    }

    fn read(encryption: Tree) -> Result<Options> {
        Options::from_arguments(object(&[("encryption", encryption)]), Tree::Missing)
    }

    fn with_keys(keys: &[(&str, Tree)]) -> Tree {
        let keys = keys.iter().map(|(id, key)| object(&[("id", text(id)), ("key", key.clone())]));
        object(&[("keys", Tree::List(keys.collect()))])
    }

    fn given(encryption: Tree) -> EncryptionOptions {
        read(encryption).unwrap().encryption.0.unwrap()
    }

    #[test]
    fn keys_are_texts_or_bytes_and_are_not_shown() {
        let bytes = Tree::Bytes(vec![7; 32].into());
        let options = read(with_keys(&[("new", text(KEY)), ("old", bytes)])).unwrap();
        let shown = format!("{options:?}");
        assert!(shown.contains("\"new\", \"old\"") && !shown.contains("AAEC"), "{shown}");
        let given = options.encryption.0.unwrap();
        assert!(given.allow_plain && given.columns.is_none());
        assert!(given.keys(None).is_ok());
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        let refused = |tree: Tree| read(tree).unwrap_err().message().to_owned();
        for (wrong, why) in [
            (with_keys(&[]), "option \"encryption.keys\" must hold a key"),
            (
                with_keys(&[("a", text("hunter2"))]),
                "option \"encryption.keys.0.key\" must be 32 bytes",
            ),
            (with_keys(&[("a", Tree::Bytes(vec![7; 31].into()))]), "must be 32 bytes"),
            (with_keys(&[("a", Tree::Number(7.0))]), "must be 32 bytes"),
            (with_keys(&[("a", text(KEY)), ("a", text(KEY))]), "must have ids that differ"),
            (with_keys(&[("a b", text(KEY))]), "must have ids of 1 to 32"),
            (object(&[("keys", Tree::List(vec![object(&[("id", text("a"))])]))]), "is missing"),
            (object(&[("key", text(KEY))]), "did you mean \"encryption.keys\""),
            (text(KEY), "must be true or an object such as"),
        ] {
            let said = refused(wrong);
            assert!(said.contains(why), "{said}");
            assert!(!said.contains("hunter2") && !said.contains("AAEC"), "{said}");
        }
    }

    #[test]
    fn the_environment_has_the_keys_that_the_options_do_not() {
        let variable = Secret::from(format!("a:{KEY}"));
        let wrong = Secret::from("a:hunter2".to_owned());
        for keyless in [given(Tree::Boolean(true)), given(object(&[]))] {
            assert!(format!("{:?}", keyless.keys(Some(&variable)).unwrap()).contains("\"a\""));
            let missing = keyless.keys(None).unwrap_err();
            assert!(missing.message().contains("AUTH_ENCRYPTION_KEYS is not set"));
            assert!(keyless.check_environment(None).is_ok());
            let refused = keyless.check_environment(Some(&wrong)).unwrap_err();
            assert!(!refused.message().contains("hunter2"), "{refused}");
        }
        let own = given(with_keys(&[("b", text(KEY))]));
        assert!(own.check_environment(Some(&wrong)).is_ok());
        assert!(format!("{:?}", own.keys(Some(&wrong)).unwrap()).contains("\"b\""));
        assert!(read(Tree::Boolean(false)).unwrap().encryption.0.is_none());
    }
}
