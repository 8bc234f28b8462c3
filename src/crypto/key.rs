//! Keys for what is encrypted at rest.

use super::stack::cleared;
use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// How long a key is.
const BYTES: usize = 32;

/// How long its name may be: envelopes carry it.
const LONGEST_ID: usize = 32;

/// The bytes of a key, zeroed when dropped. On the heap, as a value that moves leaves copies behind.
pub type KeyBytes = Box<Zeroizing<[u8; BYTES]>>;

/// Base64 with or without its padding.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// The bytes that a text says: 64 hexadecimal digits, or base64, in either alphabet. `None`: they
/// are not 32.
pub fn read_key(text: &str) -> Option<KeyBytes> {
    let text = text.trim();
    if text.len() == BYTES * 2 && text.is_ascii() {
        let mut key = KeyBytes::default();
        for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            for digit in digits {
                let digit = u8::try_from(char::from(*digit).to_digit(16)?).ok()?;
                *byte = (*byte << 4) | digit;
            }
        }
        return Some(key);
    }
    [STANDARD, URL_SAFE].iter().find_map(|alphabet| {
        let bytes = GeneralPurpose::new(alphabet, LENIENT).decode(text).ok()?;
        key_of(&Zeroizing::new(bytes))
    })
}

/// The key that these bytes are. `None`: they are not 32.
pub fn key_of(bytes: &[u8]) -> Option<KeyBytes> {
    let mut key = KeyBytes::default();
    if bytes.len() != BYTES {
        return None;
    }
    key.copy_from_slice(bytes);
    Some(key)
}

/// A key and its name. What is kept of it is zeroed when dropped.
pub(super) struct Key {
    pub(super) id: String,
    pub(super) cipher: Box<Aes256Gcm>,
}

/// Keys, the first of which encrypts; all decrypt. `Debug` shows their names only.
#[derive(Clone)]
pub struct Keys(Arc<[Key]>);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}

impl Keys {
    /// Takes keys with their names.
    ///
    /// # Errors
    /// Why not, as the end of a sentence that begins with where they were given. No key is shown.
    pub fn new(keys: Vec<(String, KeyBytes)>) -> Result<Self, String> {
        if keys.is_empty() {
            return Err("must hold a key".to_owned());
        }
        for (index, (id, _)) in keys.iter().enumerate() {
            if !Keys::is_id(id) {
                return Err(format!(
                    "must have ids of 1 to {LONGEST_ID} ASCII letters, digits, - and _, such as \"2026-01\""
                ));
            }
            if keys.iter().take(index).any(|(other, _)| other == id) {
                return Err("must have ids that differ".to_owned());
            }
        }
        let keys = keys.into_iter().map(|(id, bytes)| {
            let cipher = cleared(|| Aes256Gcm::new_from_slice(bytes.as_slice()).map(Box::new));
            Ok(Key { id, cipher: cipher.map_err(|_| "must be of 32 bytes")? })
        });
        keys.collect::<Result<_, &str>>().map(Keys).map_err(str::to_owned)
    }

    /// Reads `id:key` pairs, separated by commas or white space.
    ///
    /// # Errors
    /// Those of [`Keys::new`].
    pub fn from_text(text: &str) -> Result<Self, String> {
        let separator = |character: char| character == ',' || character.is_whitespace();
        let pairs = text.split(separator).filter(|pair| !pair.is_empty());
        let keys = pairs.map(|pair| {
            let (id, key) = pair.split_once(':')?;
            Some((id.to_owned(), read_key(key)?))
        });
        Keys::new(keys.collect::<Option<_>>().ok_or(
            "must hold keys as id:key, separated by commas, each key 32 bytes in base64 or \
             hexadecimal digits; `openssl rand -base64 32` makes one",
        )?)
    }

    /// Whether a key may have this name.
    pub(super) fn is_id(id: &str) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(plain)
    }

    /// The key that encrypts.
    pub(super) fn first(&self) -> Option<&Key> {
        self.0.first()
    }

    /// The key of this name.
    pub(super) fn find(&self, id: &str) -> Option<&Key> {
        self.0.iter().find(|key| key.id == id)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1EfF";
    const BASE64: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8=";

    #[test]
    fn a_key_is_32_bytes_in_either_notation() {
        let key = read_key(HEX).unwrap();
        assert_eq!(key.first().zip(key.last()), Some((&0, &255)));
        for same in [BASE64, BASE64.trim_end_matches('='), &BASE64.replace('/', "_")] {
            assert_eq!(read_key(same), Some(key.clone()), "{same}");
        }
        assert_eq!(key_of(key.as_slice()), Some(key));
        for wrong in ["", "hunter2", &HEX[..62], &format!("{HEX}00"), &HEX.replace('f', "g")] {
            assert_eq!(read_key(wrong), None, "{wrong}");
        }
        // 33 bytes, 31 bytes, and 64 characters that are not ASCII.
        let umlauts = "ä".repeat(32);
        for wrong in ["A".repeat(44), "A".repeat(42), umlauts] {
            assert_eq!(read_key(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn keys_are_read_from_a_variable() {
        let keys = Keys::from_text(&format!(" 2026:{HEX},\n old-1:{BASE64} ")).unwrap();
        assert_eq!(format!("{keys:?}"), "{\"2026\", \"old-1\"}");
        for (wrong, why) in [
            (String::new(), "must hold a key"),
            (HEX.to_owned(), "id:key"),
            (format!("a:{HEX},b"), "id:key"),
            (format!("a:{HEX},a:{BASE64}"), "that differ"),
            (format!("ä:{HEX}"), "ids of 1 to 32"),
            (format!(":{HEX}"), "ids of 1 to 32"),
            (format!("{}:{HEX}", "a".repeat(33)), "ids of 1 to 32"),
        ] {
            let said = Keys::from_text(&wrong).unwrap_err();
            assert!(said.contains(why) && !said.contains("0405"), "{said}");
        }
    }

    #[test]
    fn what_is_kept_of_a_key_is_zeroed_when_dropped() {
        fn zeroes<T: zeroize::ZeroizeOnDrop>(_: &T) {}
        let bytes = read_key(HEX).unwrap();
        zeroes(&*bytes);
        let keys = Keys::new(vec![("a".to_owned(), bytes)]).unwrap();
        zeroes(&*keys.first().unwrap().cipher);
    }
}
