//! Names that become identifiers: one is before the first NUL, the other after it.

#![no_main]

#[path = "../../properties/mod.rs"]
mod properties;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (name, place) = text.split_once('\0').unwrap_or((&text, ""));
    properties::identifiers(name, place);
});
