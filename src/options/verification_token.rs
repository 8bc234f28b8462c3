//! How often, and how often in vain, a verification token may be used.

use super::number::{Count, Whole};
use serde::de::{Deserialize, Deserializer};

/// How verification tokens are used. Without any of it, once, and a wrong try touches nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct VerificationTokenOptions {
    /// For how long after its first use a token may be used again.
    pub grace_seconds: Option<Grace>,
    /// How many wrong tries end an identifier's pending tokens.
    pub max_attempts: Option<Count>,
}

/// A length of time in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grace(u32);

impl Grace {
    /// In milliseconds.
    pub fn milliseconds(self) -> i64 {
        i64::from(self.0) * 1_000
    }
}

impl<'de> Deserialize<'de> for Grace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A link that works for longer is one that does not work once.
        const SECONDS: Whole = Whole::new("a whole number of seconds", 1, 600);
        deserializer.deserialize_any(SECONDS).map(Grace)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::{Options, Tree};

    fn options(name: &str, value: f64) -> Result<Options, String> {
        let inner = Tree::Object(vec![(name.to_owned(), Tree::Number(value))]);
        let tree = Tree::Object(vec![("verificationTokens".to_owned(), inner)]);
        Options::from_arguments(tree, Tree::Missing).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_grace_period_has_bounds() {
        let grace = options("graceSeconds", 600.0).unwrap().verification_tokens.grace_seconds;
        assert_eq!(grace.unwrap().milliseconds(), 600_000);
        for wrong in [0.0, 0.5, 601.0] {
            assert!(options("graceSeconds", wrong).unwrap_err().starts_with(
                "option \"verificationTokens.graceSeconds\" must be a whole number of seconds \
                     from 1 to 600"
            ));
        }
    }

    #[test]
    fn wrong_tries_are_counted_in_whole_numbers() {
        let options_of = |value| options("maxAttempts", value);
        assert_eq!(options_of(5.0).unwrap().verification_tokens.max_attempts.unwrap().0, 5);
        assert!(options_of(0.0).is_err() && options_of(1.5).is_err());
    }
}
