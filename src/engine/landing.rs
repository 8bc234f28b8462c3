//! Answers on their way back. A call that waits for one may go on, on the thread that brings it, as far
//! as it needs nothing else: to wake another thread for that would take longer than the rest.

use std::cell::Cell;

thread_local! {
    /// Whether this thread is handing out answers.
    static LANDING: Cell<bool> = const { Cell::new(false) };
}

/// Hands out answers. Who waits for one may go on here, as far as it needs nothing else.
pub fn land(hand_out: impl FnOnce()) {
    /// Ends the landing also where `hand_out` panics.
    struct Landing;
    impl Drop for Landing {
        fn drop(&mut self) {
            LANDING.set(false);
        }
    }
    LANDING.set(true);
    let _landing = Landing;
    hand_out();
}

/// Whether this thread is handing out answers.
pub fn is_landing() -> bool {
    LANDING.get()
}
