//! The options, made of what the fuzzer chooses, and the composition of their schema for each database.

#![no_main]

#[path = "../../properties/mod.rs"]
mod properties;

use libfuzzer_sys::fuzz_target;
use properties::Random;

fuzz_target!(|bytes: &[u8]| {
    properties::options(&mut Random::Chosen(bytes));
});
