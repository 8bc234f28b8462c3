//! What an encrypted value is in a column: a text that says how it was made, and that opens nowhere
//! else.
//!
//! `aes256gcm:v1:` + the key's id + `:` + base64url, without padding, of the nonce (12 random bytes),
//! the ciphertext of the UTF-8 text, and the tag (16 bytes). The associated data are the UTF-8 texts
//! `aes256gcm:v1`, the key's id and the place, in this order, with a NUL between each two: no text in
//! a database holds one, so that no two places give the same data.
//! <https://nvlpubs.nist.gov/nistpubs/Legacy/SP/nistspecialpublication800-38d.pdf>

use super::Keys;
use super::stack::cleared;
use crate::error::{Error, Result};
use aes_gcm::Nonce;
use aes_gcm::aead::{Aead, Payload};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What every envelope begins with, of this version and of later ones.
const MARK: &str = "aes256gcm:";

const VERSION: &str = "v1";

const NONCE: usize = 12;
const TAG: usize = 16;

/// How long the envelope of a text of so many bytes is, at most.
pub const fn sealed_length(bytes: usize) -> usize {
    MARK.len() + VERSION.len() + 1 + 32 + 1 + ((NONCE + bytes + TAG) * 4).div_ceil(3)
}

/// Where an envelope belongs: texts without a NUL.
pub type Place<'a> = &'a [&'a str];

/// Why an envelope does not open.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Unopened {
    /// It has the mark, and is not what follows it: it was cut off or changed, or a later version's.
    Malformed,
    /// There is no key of this name.
    NoKey(String),
    /// The key of this name is another one, or the envelope was changed, or belongs elsewhere.
    Refused(String),
}

/// Whether a text is an envelope, whole or not.
pub fn is_sealed(text: &str) -> bool {
    text.starts_with(MARK)
}

/// The name of an envelope's key, and what the key opens.
fn parts(envelope: &str) -> Option<(&str, &str)> {
    envelope.strip_prefix(MARK)?.strip_prefix(VERSION)?.strip_prefix(':')?.split_once(':')
}

fn associated_data(id: &str, place: Place<'_>) -> String {
    let mut data = format!("{MARK}{VERSION}\0{id}");
    for part in place {
        data.push('\0');
        data.push_str(part);
    }
    data
}

impl Keys {
    /// Encrypts a text for a place, under the first key.
    ///
    /// # Errors
    /// `ERR_INTERNAL`: the operating system gives no random bytes.
    pub fn seal(&self, text: &str, place: Place<'_>) -> Result<String> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce)
            .map_err(|_| Error::internal("the operating system gives no random bytes"))?;
        self.seal_with(nonce, text, place)
    }

    fn seal_with(&self, nonce: [u8; NONCE], text: &str, place: Place<'_>) -> Result<String> {
        let key = self.first().ok_or_else(|| Error::internal("there is no key"))?;
        let data = associated_data(&key.id, place);
        let payload = Payload { msg: text.as_bytes(), aad: data.as_bytes() };
        let sealed = cleared(|| key.cipher.encrypt(&Nonce::from(nonce), payload))
            .map_err(|_| Error::invalid_argument("a value is too long to be encrypted"))?;
        let mut envelope = format!("{MARK}{VERSION}:{}:", key.id);
        URL_SAFE_NO_PAD.encode_string([nonce.as_slice(), &sealed].concat(), &mut envelope);
        Ok(envelope)
    }

    /// The text of an envelope that was made for this place.
    ///
    /// # Errors
    /// Why it does not open.
    pub fn open(&self, envelope: &str, place: Place<'_>) -> Result<String, Unopened> {
        let (id, sealed) = parts(envelope).ok_or(Unopened::Malformed)?;
        let Some(key) = self.find(id) else {
            return Err(if Keys::is_id(id) {
                Unopened::NoKey(id.to_owned())
            } else {
                Unopened::Malformed
            });
        };
        let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| Unopened::Malformed)?;
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(Unopened::Malformed)?;
        if sealed.len() < TAG {
            return Err(Unopened::Malformed);
        }
        let data = associated_data(id, place);
        let payload = Payload { msg: sealed, aad: data.as_bytes() };
        let refused = || Unopened::Refused(id.to_owned());
        let text =
            cleared(|| key.cipher.decrypt(&Nonce::from(*nonce), payload)).map_err(|_| refused())?;
        String::from_utf8(text).map_err(|_| refused())
    }

    /// Whether an envelope was made under the first key.
    pub fn is_current(&self, envelope: &str) -> bool {
        parts(envelope).zip(self.first()).is_some_and(|((id, _), first)| id == first.id)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::super::key::{key_of, read_key};
    use super::*;

    const PLACE: Place<'_> = &["account", "access_token", "github", "42"];

    fn keys(ids: &[(&str, u8)]) -> Keys {
        let keys = ids.iter().map(|(id, byte)| ((*id).to_owned(), key_of(&[*byte; 32]).unwrap()));
        Keys::new(keys.collect()).unwrap()
    }

    fn bytes(hex: &str) -> Vec<u8> {
        let pairs = (0..hex.len()).step_by(2).map(|at| &hex[at..at + 2]);
        pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
    }

    /// Test cases 13 to 16 of "The Galois/Counter Mode of Operation (GCM)", McGrew and Viega,
    /// appendix B: those for 256-bit keys and 96-bit nonces.
    #[test]
    fn the_cipher_gives_the_standards_answers() {
        let zeros = "0".repeat(64);
        let key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
        let text = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809\
                    532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255";
        let sealed = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590d\
                      bb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad";
        let nonce = "cafebabefacedbaddecaf888";
        for (key, nonce, text, data, sealed, tag) in [
            (&*zeros, &zeros[..24], "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
            (
                &zeros,
                &zeros[..24],
                &zeros[..32],
                "",
                "cea7403d4d606b6e074ec5d3baf39d18",
                "d0d1c8a799996bf0265b98b5d48ab919",
            ),
            (key, nonce, text, "", sealed, "b094dac5d93471bdec1a502270e3cc6c"),
            (
                key,
                nonce,
                &text[..120],
                "feedfacedeadbeeffeedfacedeadbeefabaddad2",
                &sealed[..120],
                "76fc6ece0f4e1768cddf8853bb2d551b",
            ),
        ] {
            let keys = Keys::new(vec![("k".to_owned(), read_key(key).unwrap())]).unwrap();
            let cipher = &keys.first().unwrap().cipher;
            let nonce = Nonce::try_from(bytes(nonce).as_slice()).unwrap();
            let payload = Payload { msg: &bytes(text), aad: &bytes(data) };
            let expected = bytes(&format!("{sealed}{tag}"));
            assert_eq!(cipher.encrypt(&nonce, payload).unwrap(), expected);
            let payload = Payload { msg: &expected, aad: &bytes(data) };
            assert_eq!(cipher.decrypt(&nonce, payload).unwrap(), bytes(text));
        }
    }

    #[test]
    fn an_envelope_is_what_the_documentation_says() {
        // Made with Node.js: docs/encryption.md has the program.
        let keys = keys(&[("2026-01", 7)]);
        let envelope = keys.seal_with([9; NONCE], "gho_ä😀", PLACE).unwrap();
        assert_eq!(envelope, KNOWN);
        assert_eq!(keys.open(KNOWN, PLACE).as_deref(), Ok("gho_ä😀"));
    }

    const KNOWN: &str = "aes256gcm:v1:2026-01:CQkJCQkJCQkJCQkJQO3ry31UMf444hsj4ZmND3Lw4jP7rTCXipo";

    #[test]
    fn every_text_opens_where_it_belongs_and_nowhere_else() {
        let keys = keys(&[("a", 1), ("b", 2)]);
        let long = "x".repeat(100_000);
        for text in ["", "t", "aes256gcm:v1:a:AAAA", "ünï😀", &long] {
            let envelope = keys.seal(text, PLACE).unwrap();
            assert!(is_sealed(&envelope) && envelope.len() <= sealed_length(text.len()));
            assert_ne!(keys.seal(text, PLACE).unwrap(), envelope, "no nonce is used twice");
            assert_eq!(keys.open(&envelope, PLACE).as_deref(), Ok(text));
            let refused = Err(Unopened::Refused("a".to_owned()));
            for place in [
                ["account", "refresh_token", "github", "42"],
                ["account", "access_token", "github", "43"],
                ["account", "access_token", "gitlab", "42"],
                ["user", "access_token", "github", "42"],
            ] {
                assert_eq!(keys.open(&envelope, &place), refused);
            }
            assert_eq!(keys.open(&envelope, &["account", "access_token", "github4", "2"]), refused);
            assert_eq!(keys.open(&envelope, &PLACE[..3]), refused);
            // The same bytes under the other key's name.
            let renamed = envelope.replacen(":a:", ":b:", 1);
            assert_eq!(keys.open(&renamed, PLACE), Err(Unopened::Refused("b".to_owned())));
        }
    }

    #[test]
    fn a_wrong_or_missing_key_is_named() {
        let envelope = keys(&[("a", 1)]).seal("secret", PLACE).unwrap();
        let (other, missing) = (keys(&[("a", 2)]), keys(&[("b", 1)]));
        assert_eq!(other.open(&envelope, PLACE), Err(Unopened::Refused("a".to_owned())));
        assert_eq!(missing.open(&envelope, PLACE), Err(Unopened::NoKey("a".to_owned())));
        let rotated = keys(&[("b", 2), ("a", 1)]);
        assert_eq!(rotated.open(&envelope, PLACE).as_deref(), Ok("secret"));
        assert!(!rotated.is_current(&envelope));
        assert!(rotated.is_current(&rotated.seal("secret", PLACE).unwrap()));
    }

    #[test]
    fn no_envelope_opens_after_any_byte_of_it_has_changed_or_gone() {
        let keys = keys(&[("a", 1)]);
        let envelope = keys.seal("secret", PLACE).unwrap();
        for at in 0..envelope.len() {
            assert!(keys.open(&envelope[..at], PLACE).is_err(), "cut at {at}");
            for other in ['A', 'z', '=', ' ', ':', '\u{e9}'] {
                let changed = format!("{}{other}{}", &envelope[..at], &envelope[at + 1..]);
                assert!(changed == envelope || keys.open(&changed, PLACE).is_err(), "{at} {other}");
            }
        }
        for longer in ["=", "A", "\n"] {
            assert!(keys.open(&format!("{envelope}{longer}"), PLACE).is_err());
        }
        for wrong in ["aes256gcm:", "aes256gcm:v1:", "aes256gcm:v2:a:AAAA", "aes256gcm:v1:a b:AA"] {
            assert_eq!(keys.open(wrong, PLACE), Err(Unopened::Malformed), "{wrong}");
        }
    }
}
