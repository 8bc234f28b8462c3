//! Random input for whatever reads text or options from outside.
//!
//! `FUZZ_EXECUTIONS` says how often (`npm run fuzz`), `FUZZ_SEED` where the numbers begin: elsewhere in each
//! `npm test`, which prints it.

#![allow(clippy::unwrap_used)]

mod properties;

use properties::Random;

fn executions() -> u64 {
    std::env::var("FUZZ_EXECUTIONS").map_or(25_000, |times| times.parse().unwrap())
}

fn fuzz(mut once: impl FnMut(&mut Random<'_>)) {
    let seed = std::env::var("FUZZ_SEED").map_or(1, |seed| seed.parse().unwrap());
    let mut random = Random::Seed(seed);
    for _ in 0..executions() {
        once(&mut random);
    }
}

#[test]
fn options_are_taken_or_refused() {
    let mut accepted = 0_u64;
    fuzz(|random| accepted += u64::from(properties::options(random)));
    assert!(accepted > executions() / 100, "only {accepted} were taken");
}

#[test]
fn urls_are_taken_or_refused() {
    let mut accepted = 0_u64;
    fuzz(|random| accepted += u64::from(properties::near_url(random)));
    assert!(accepted > executions() / 10, "only {accepted} were taken");
}

#[test]
fn identifiers_are_read_back_as_they_were() {
    fuzz(|random| properties::identifiers(&random.text(), &random.text()));
}

#[test]
fn envelopes_open_as_they_were_or_not_at_all() {
    let keys = properties::keys();
    fuzz(|random| properties::envelope(&keys, random));
}
