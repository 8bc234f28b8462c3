//! Identifiers whose column is not text. There is one way to write each: "A row that is not equal
//! to the byte is not found" holds for them too.

/// The integer that a text is, written as `Number.prototype.toString` writes it.
pub fn integer(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// The bytes of a UUID in lower-case letters with hyphens.
/// <https://www.rfc-editor.org/rfc/rfc9562#section-4>
pub fn uuid_bytes(text: &str) -> Option<[u8; 16]> {
    let bytes = uuid::Uuid::try_parse(text).ok()?.into_bytes();
    (uuid_text(bytes) == text).then_some(bytes)
}

/// A UUID in lower-case letters with hyphens.
pub fn uuid_text(bytes: [u8; 16]) -> String {
    uuid::Uuid::from_bytes(bytes).to_string()
}
