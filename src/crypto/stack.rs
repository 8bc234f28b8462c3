//! The stack below a call, cleared after it: a cipher leaves its round keys, which begin with the key
//! itself, where the next call may or may not overwrite them.

use zeroize::Zeroize;

/// More than a cipher's calls need.
const DEPTH: usize = 16 * 1024;

/// What a call gives, after which nothing of it is left on the stack.
pub fn cleared<T>(run: impl FnOnce() -> T) -> T {
    let result = apart(run);
    clear();
    result
}

/// Not inlined, so that both begin where the stack of whoever called them ends.
#[inline(never)]
fn apart<T>(run: impl FnOnce() -> T) -> T {
    run()
}

#[inline(never)]
fn clear() {
    let mut below = [0_u8; DEPTH];
    below.as_mut_slice().zeroize();
    std::hint::black_box(&below);
}
