//! Ids of new rows.

use crate::error::{Error, Result};
use crate::options::Ids;
use std::sync::Arc;

/// Letters of an identifier that sorts and compares alike everywhere.
const BASE_36: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

const LETTERS: &[u8; 26] = b"abcdefghijklmnopqrstuvwxyz";

/// nanoid's letters: <https://github.com/ai/nanoid/blob/main/url-alphabet/index.js>.
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

/// An id that nobody else has. `None`: the database makes it, or the application.
///
/// # Errors
/// `ERR_INTERNAL`: the system gives no random bytes.
pub fn new_id(ids: Ids) -> Result<Option<Arc<str>>> {
    let id = match ids {
        Ids::Uuid => uuid::Builder::from_random_bytes(random()?).into_uuid().to_string(),
        Ids::UuidV7 => uuid::Uuid::now_v7().to_string(),
        // A letter first, as cuid2 has it, so that the id is an identifier everywhere.
        Ids::Cuid2 => letters(LETTERS, 1)? + &letters(BASE_36, 23)?,
        Ids::Nanoid => letters(URL_SAFE, 21)?,
        Ids::Serial | Ids::Database | Ids::Function => return Ok(None),
    };
    Ok(Some(id.into()))
}

/// Whether a text is a random UUID, as NextAuth's core makes one for every user, whatever the
/// adapter's ids are: it says nothing that another id would not.
pub fn is_random_uuid(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok_and(|uuid| uuid.get_version_num() == 4)
}

/// 64 random hexadecimal digits.
///
/// # Errors
/// `ERR_INTERNAL`: the system gives no random bytes.
pub fn secret() -> Result<String> {
    Ok(random::<32>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Error::internal("the system gives no random bytes"))?;
    Ok(bytes)
}

/// Letters of an alphabet, each as likely as any other.
fn letters(alphabet: &[u8], count: usize) -> Result<String> {
    let mut text = String::with_capacity(count);
    // Bytes beyond the last whole multiple of the alphabet would make its first letters likelier.
    let fair = 256 - 256 % alphabet.len();
    while text.len() < count {
        for byte in random::<32>()?.into_iter().map(usize::from).filter(|byte| *byte < fair) {
            if text.len() < count
                && let Some(letter) = alphabet.get(byte % alphabet.len())
            {
                text.push(char::from(*letter));
            }
        }
    }
    Ok(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn made(ids: Ids) -> Arc<str> {
        new_id(ids).unwrap().unwrap()
    }

    #[test]
    fn ids_have_the_form_that_they_are_named_after() {
        assert!(is_random_uuid(&made(Ids::Uuid)));
        assert!(!is_random_uuid(&made(Ids::UuidV7)));
        let cuid = made(Ids::Cuid2);
        assert_eq!(cuid.len(), 24);
        assert!(cuid.starts_with(|first: char| first.is_ascii_lowercase()));
        assert!(cuid.bytes().all(|byte| BASE_36.contains(&byte)));
        let nanoid = made(Ids::Nanoid);
        assert_eq!(nanoid.len(), 21);
        assert!(nanoid.bytes().all(|byte| URL_SAFE.contains(&byte)));
        assert_eq!(new_id(Ids::Serial).unwrap(), None);
    }

    #[test]
    fn no_two_are_alike() {
        for ids in [Ids::Uuid, Ids::UuidV7, Ids::Cuid2, Ids::Nanoid] {
            let made: HashSet<_> = (0..1_000).map(|_| made(ids)).collect();
            assert_eq!(made.len(), 1_000, "{ids:?}");
        }
    }

    #[test]
    fn every_letter_is_used() {
        let text = letters(BASE_36, 10_000).unwrap();
        assert!(BASE_36.iter().all(|letter| text.contains(char::from(*letter))));
    }
}
