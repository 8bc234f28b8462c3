//! Secrets: texts that must not be seen, their digests, and what is encrypted at rest.

mod envelope;
mod key;
mod stack;

pub use envelope::{Place, Unopened, is_sealed, sealed_length};
pub use key::{KeyBytes, Keys, key_of, read_key};

use crate::error::{Error, Result};
use ctutils::CtEq;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use zeroize::Zeroizing;

/// A text that must not be seen: `Debug` prints none of it, and it is zeroed when dropped.
#[derive(Clone, Eq)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        // The text itself moves, so that no copy of it stays behind.
        Secret(Arc::new(Zeroizing::new(text)))
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        equal(self.expose(), other.expose())
    }
}

impl Hash for Secret {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_str().hash(state);
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Whether two texts are the same, in a time that their lengths alone decide: not where they begin to differ.
pub fn equal(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).to_bool()
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256_hex(data: &[u8]) -> String {
    hex(&Sha256::digest(data))
}

/// HMAC-SHA-256 in lower-case hexadecimal.
///
/// # Errors
/// None in practice: HMAC takes a key of any length.
pub fn hmac_sha256_hex(key: &Secret, data: &[u8]) -> Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes())
        .map_err(|_| Error::internal("the HMAC key has an impossible length"))?;
    mac.update(data);
    Ok(hex(&mac.finalize().into_bytes()))
}

/// Digests parts, each with its length, so that no two sequences of parts are taken for one another.
#[derive(Debug, Default)]
pub struct Fingerprint(Sha256);

impl Fingerprint {
    /// Adds a part.
    pub fn add(&mut self, kind: u8, part: &[u8]) {
        self.0.update([kind]);
        self.0.update(part.len().to_le_bytes());
        self.0.update(part);
    }

    /// The first half of the digest.
    pub fn finish(self) -> u128 {
        let digest: [u8; 32] = self.0.finalize().into();
        let (first, _) = digest.split_at(16);
        first.iter().fold(0, |number, byte| number << 8 | u128::from(*byte))
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for half in [byte >> 4, byte & 15] {
            // Half a byte has a digit.
            text.extend(DIGITS.get(usize::from(half)));
        }
    }
    text
}

/// Fails if a comparison ends where the texts begin to differ. They are so long that this is a matter of a
/// thousandfold, and the fastest of several looks is taken, so that a busy machine makes no difference.
#[cfg(test)]
pub fn takes_as_long_wherever_texts_differ<T: PartialEq>(made: impl Fn(String) -> T) {
    use std::hint::black_box;
    use std::time::Instant;
    const LENGTH: usize = 1 << 20;
    let text = |at: usize| -> String {
        (0..LENGTH).map(|index| if index == at { 'b' } else { 'a' }).collect()
    };
    let whole = made(text(LENGTH));
    assert!(whole == made(text(LENGTH)));
    let fastest = |at: usize| {
        let other = made(text(at));
        let looks = (0..20).map(|_| {
            let start = Instant::now();
            assert!(black_box(&whole) != black_box(&other));
            start.elapsed()
        });
        looks.min().unwrap_or_default()
    };
    let (first, last) = (fastest(0), fastest(LENGTH - 1));
    assert!(first * 4 > last, "{first:?} to find the first character, {last:?} for the last");
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_compared_in_a_time_that_says_nothing_of_them() {
        takes_as_long_wherever_texts_differ(Secret::from);
        struct Plain(String);
        impl PartialEq for Plain {
            fn eq(&self, other: &Self) -> bool {
                equal(&self.0, &other.0)
            }
        }
        takes_as_long_wherever_texts_differ(Plain);
        for (one, other) in [("", ""), ("hunter2", "hunter2"), ("ä😀", "ä😀")] {
            assert!(equal(one, other));
        }
        for (one, other) in [("", "h"), ("hunter", "hunter2"), ("hunter2", "Hunter2")] {
            assert!(!equal(one, other) && !equal(other, one));
        }
    }

    #[test]
    fn sha256_gives_the_standards_answer() {
        // FIPS 180-4, appendix B.1.
        assert_eq!(
            sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn hmac_gives_the_standards_answer() {
        // RFC 4231, test case 2.
        let key = Secret::from("Jefe".to_owned());
        assert_eq!(
            hmac_sha256_hex(&key, b"what do ya want for nothing?").unwrap(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn a_secret_is_zeroed_when_dropped() {
        fn zeroes<T: zeroize::ZeroizeOnDrop>(_: &T) {}
        let Secret(text) = Secret::from("hunter2".to_owned());
        zeroes(&*text);
        // An HMAC holds two of these, which have taken in its key.
        zeroes(&Sha256::new());
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::from("hunter2".to_owned())), "Secret(…)");
    }
}
