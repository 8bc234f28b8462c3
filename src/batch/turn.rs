//! The turn of the thread that makes calls. A statement that is to leave because of them leaves at
//! the end of the turn, with all calls that were made in it.

use crate::engine::BoxFuture;
use std::cell::RefCell;
use std::fmt;

/// A statement that is about to leave.
pub struct Departure(pub BoxFuture<'static, ()>);

impl fmt::Debug for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Departure(…)")
    }
}

thread_local! {
    /// What leaves at the end of this thread's turn; nothing while it has none.
    static TURN: RefCell<Option<Vec<Departure>>> = const { RefCell::new(None) };
}

/// Runs something as part of the thread's turn. The caller sees to what is to leave at its end.
pub fn take<T>(run: impl FnOnce() -> T) -> (T, Vec<Departure>) {
    /// Ends the turn also where `run` panics.
    struct Turn;
    impl Drop for Turn {
        fn drop(&mut self) {
            TURN.with_borrow_mut(|turn| *turn = None);
        }
    }
    TURN.with_borrow_mut(|turn| *turn = Some(Vec::new()));
    let _turn = Turn;
    let result = run();
    let departures = TURN.with_borrow_mut(Option::take).unwrap_or_default();
    (result, departures)
}

/// Lets a statement leave: at the end of the turn, or at once where no turn is taken.
pub(super) fn depart(departure: Departure) {
    let now = TURN.with_borrow_mut(|turn| match turn {
        Some(departures) => {
            departures.push(departure);
            None
        }
        None => Some(departure),
    });
    if let Some(Departure(flight)) = now {
        drop(tokio::spawn(flight));
    }
}
