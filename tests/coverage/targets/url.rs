//! URLs: the fuzzer's own, and those that are close to one that is taken.

#![no_main]

#[path = "../../properties/mod.rs"]
mod properties;

use libfuzzer_sys::fuzz_target;
use properties::Random;

fuzz_target!(|bytes: &[u8]| {
    match bytes.split_first() {
        Some((0..=127, rest)) => properties::url(String::from_utf8_lossy(rest).into_owned()),
        _ => properties::near_url(&mut Random::Chosen(bytes.get(1..).unwrap_or_default())),
    };
});
