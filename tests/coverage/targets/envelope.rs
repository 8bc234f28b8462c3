//! Envelopes of encrypted tokens, and the texts of keys.

#![no_main]

#[path = "../../properties/mod.rs"]
mod properties;

use libfuzzer_sys::fuzz_target;
use next_auth_sqlx_adapter::crypto::Keys;
use properties::Random;
use std::sync::LazyLock;

static KEYS: LazyLock<Keys> = LazyLock::new(properties::keys);

fuzz_target!(|bytes: &[u8]| {
    properties::envelope(&KEYS, &mut Random::Chosen(bytes));
    let text = String::from_utf8_lossy(bytes);
    properties::forged_envelope(&KEYS, &text);
    properties::key_text(&text);
});
