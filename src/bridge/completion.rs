//! Promises are settled in batches: one threadsafe function serves a whole realm, and a queue
//! behind it holds what has been completed since JavaScript last looked.
//!
//! A threadsafe function for every promise, which is what `#[napi] async fn` makes, costs several
//! times as much processor time.

use super::answer::Answer;
use super::js::Deferred;
use crate::adapter::Query;
use crate::error::{Error, Result};
use napi::sys;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What JavaScript is to be told.
#[derive(Debug)]
pub enum Completion {
    /// A call has ended.
    Settled(Deferred, Result<Answer>),
    /// The application should know this, of this adapter.
    Notice(u64, String),
    /// This adapter's database has done this.
    Queried(u64, Query),
}

/// The queue. It is closed before its environment goes away; then completions are dropped.
#[derive(Debug)]
pub struct Completions(Mutex<Queue>);

#[derive(Debug)]
struct Queue {
    /// Null once the queue has been closed.
    wake: sys::napi_threadsafe_function,
    items: Vec<Completion>,
}

// SAFETY: a threadsafe function may be called from any thread while it exists. It is used under
// the mutex only, and `close` takes it out, under the same mutex, before it is released.
unsafe impl Send for Queue {}

impl Completions {
    /// A queue that wakes its environment by this threadsafe function.
    ///
    /// # Safety
    /// `wake` stays valid until `close` has returned.
    pub unsafe fn new(wake: sys::napi_threadsafe_function) -> Self {
        Completions(Mutex::new(Queue { wake, items: Vec::new() }))
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a completion, and wakes JavaScript if it has not been woken already.
    pub fn push(&self, completion: Completion) {
        let mut queue = self.queue();
        if queue.wake.is_null() {
            return;
        }
        queue.items.push(completion);
        if queue.items.len() == 1 {
            queue.call();
        }
    }

    /// Takes at most `limit` completions; JavaScript is woken again for the rest.
    pub fn take(&self, limit: usize) -> Vec<Completion> {
        let mut queue = self.queue();
        if queue.items.len() <= limit {
            return std::mem::take(&mut queue.items);
        }
        let rest = queue.items.split_off(limit);
        let taken = std::mem::replace(&mut queue.items, rest);
        if !queue.wake.is_null() {
            queue.call();
        }
        taken
    }

    /// Uses the threadsafe function, unless the queue has been closed.
    pub fn with_wake(&self, run: impl FnOnce(sys::napi_threadsafe_function)) {
        let queue = self.queue();
        if !queue.wake.is_null() {
            run(queue.wake);
        }
    }

    /// Drops what is queued and all that comes later. Gives the threadsafe function back.
    pub fn close(&self) -> sys::napi_threadsafe_function {
        let mut queue = self.queue();
        queue.items.clear();
        std::mem::replace(&mut queue.wake, ptr::null_mut())
    }
}

impl Queue {
    fn call(&self) {
        // SAFETY: not null, so not closed, so valid. It does not block and needs no data. It fails
        // only while the environment goes away, when nobody waits any more.
        unsafe {
            sys::napi_call_threadsafe_function(
                self.wake,
                ptr::null_mut(),
                sys::ThreadsafeFunctionCallMode::nonblocking,
            );
        }
    }
}

/// A promise that is owed an answer. If the task that should give it panics or is dropped, the
/// promise is rejected all the same: an unsettled one would be worse than any error.
#[derive(Debug)]
pub struct Owed {
    completions: Arc<Completions>,
    deferred: Option<Deferred>,
}

impl Owed {
    pub fn new(completions: Arc<Completions>, deferred: Deferred) -> Self {
        Owed { completions, deferred: Some(deferred) }
    }

    pub fn settle(mut self, result: Result<Answer>) {
        if let Some(deferred) = self.deferred.take() {
            self.completions.push(Completion::Settled(deferred, result));
        }
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        if let Some(deferred) = self.deferred.take() {
            let error = Error::internal("the call ended without an answer; please report this");
            self.completions.push(Completion::Settled(deferred, Err(error)));
        }
    }
}
