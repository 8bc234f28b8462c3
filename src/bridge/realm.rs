//! One loading of `index.js`: what it gave us (its error class, `Date`, clock, environment), and
//! the threadsafe function by which its promises are settled.
//!
//! The realm is collected with the last adapter made in it: it is remembered weakly, each adapter's
//! functions hold it, and while calls are under way it holds itself. A test runner that loads
//! `index.js` anew for every file gets its memory back.

use super::answer::{self, Answer};
use super::completion::{Completion, Completions, Owed};
use super::js::{Data, Deferred, Js, JsResult, Reference, Scope, Thrown};
use super::listener::{Listeners, Told};
use super::runtime;
use super::shape::{Known, Shapes};
use crate::batch::turn::Departure;
use crate::error::{Code, Error};
use napi::sys;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many promises are settled before the event loop gets its turn.
const BATCH: usize = 256;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

#[derive(Debug)]
pub struct Realm {
    env: sys::napi_env,
    /// Distinguishes realms; databases in memory are shared within one.
    pub id: u64,
    /// The object that `index.js` gave, and two of its properties.
    object: RefCell<Option<[Reference; 3]>>,
    pub completions: Arc<Completions>,
    /// The functions that make rows.
    known: Known,
    /// Who is told what each adapter does.
    listeners: RefCell<HashMap<u64, Rc<Listeners>>>,
    /// What leaves at the end of JavaScript's turn.
    departures: RefCell<Vec<Departure>>,
    /// Calls under way.
    pending: Cell<usize>,
    /// Itself, while calls are under way.
    alive: RefCell<Option<Rc<Realm>>>,
    /// Whether the environment is going away: then Node releases the threadsafe function.
    torn_down: Cell<bool>,
}

impl Realm {
    /// Takes what `index.js` gives: `{ error, Date, now, row, pair, soon, environment, warn, resource }`.
    pub fn new(scope: Scope<'_>, object: Js<'_>) -> JsResult<Rc<Realm>> {
        let references = [
            scope.reference(object)?,
            scope.reference(scope.get(object, "Date")?)?,
            scope.reference(scope.get(object, "now")?)?,
        ];
        let resource = scope.get(object, "resource")?;
        let name = scope.text("next-auth-sqlx-adapter")?;
        // Threads of ours may outlive the environment, and with it the library that holds their code.
        napi::bindgen_prelude::retain_current_module_for_unload_safety();
        let mut failure = Err(Thrown);
        let realm = Rc::new_cyclic(|weak: &std::rc::Weak<Realm>| {
            let mut wake = ptr::null_mut();
            // SAFETY: live handles; the callback and its context, a pointer into the Rc that is being
            // made, stay valid while calls can come: `Drop` ends them before the Rc is freed.
            let status = unsafe {
                sys::napi_create_threadsafe_function(
                    scope.env(),
                    ptr::null_mut(),
                    resource.raw(),
                    name.raw(),
                    0,
                    1,
                    ptr::null_mut(),
                    None,
                    weak.as_ptr().cast_mut().cast(),
                    Some(settle),
                    &mut wake,
                )
            };
            if status == sys::Status::napi_ok {
                failure = Ok(());
            }
            Realm {
                env: scope.env(),
                id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
                object: RefCell::new(Some(references)),
                // SAFETY: `wake` is valid, or null if it could not be made; `close` is called before
                // it is released, by `Drop` and by `tear_down`.
                completions: Arc::new(unsafe { Completions::new(wake) }),
                known: Known::default(),
                listeners: RefCell::default(),
                departures: RefCell::default(),
                pending: Cell::new(0),
                alive: RefCell::new(None),
                torn_down: Cell::new(false),
            }
        });
        failure?;
        // SAFETY: the realm's address stays valid until `Drop`, which removes the hook. Hooks run
        // last in, first out, so this one runs before Node takes the threadsafe function away.
        unsafe {
            sys::napi_add_env_cleanup_hook(realm.env, Some(tear_down), realm.address());
        }
        realm.keep_loop_alive(false);
        Ok(realm)
    }

    fn address(&self) -> Data {
        ptr::from_ref(self).cast_mut().cast()
    }

    fn scope(&self) -> Scope<'_> {
        // SAFETY: a realm never leaves its thread (it holds an Rc), its environment is alive, and it
        // is only used within a callback from JavaScript, for which Node has opened a handle scope.
        unsafe { Scope::from_raw(self.env) }
    }

    /// Whether a promise that is owed keeps Node from exiting.
    fn keep_loop_alive(&self, keep: bool) {
        self.completions.with_wake(|wake| {
            // SAFETY: the function is valid while the queue is open, and this is its thread.
            unsafe {
                if keep {
                    sys::napi_ref_threadsafe_function(self.env, wake);
                } else {
                    sys::napi_unref_threadsafe_function(self.env, wake);
                }
            }
        });
    }

    /// A promise, and its other end, which keeps Node and the realm alive until it is settled.
    pub fn promise<'s>(self: &Rc<Self>, scope: Scope<'s>) -> JsResult<(Owed, Js<'s>)> {
        let (deferred, promise) = scope.promise()?;
        if self.pending.replace(self.pending.get() + 1) == 0 {
            self.keep_loop_alive(true);
            self.hold(scope, true);
            *self.alive.borrow_mut() = Some(Rc::clone(self));
        }
        Ok((Owed::new(Arc::clone(&self.completions), deferred), promise))
    }

    fn hold(&self, scope: Scope<'_>, hold: bool) {
        if let Some([object, ..]) = &*self.object.borrow() {
            scope.hold(object, hold);
        }
    }

    /// One promise less is owed. The realm may be freed with what this returns.
    fn settled(&self, scope: Scope<'_>, count: usize) -> Option<Rc<Realm>> {
        let left = self.pending.get().saturating_sub(count);
        self.pending.set(left);
        if count == 0 || left > 0 {
            return None;
        }
        self.keep_loop_alive(false);
        self.hold(scope, false);
        self.alive.borrow_mut().take()
    }

    fn recall<'s>(&self, scope: Scope<'s>, index: usize) -> JsResult<Js<'s>> {
        let references = self.object.borrow();
        let reference = references.as_ref().and_then(|references| references.get(index));
        scope.recall(reference.ok_or(Thrown)?)
    }

    /// The object that `index.js` gave.
    pub fn object<'s>(&self, scope: Scope<'s>) -> JsResult<Js<'s>> {
        self.recall(scope, 0)
    }

    /// Remembers who listens to a new adapter.
    pub fn listen(&self, listeners: Listeners) -> Told {
        let adapter = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let queries = listeners.observe_queries();
        self.listeners.borrow_mut().insert(adapter, Rc::new(listeners));
        Told { adapter, queries, completions: Arc::clone(&self.completions) }
    }

    /// Lets statements leave at the end of JavaScript's turn, when every call of it has been made.
    pub fn depart(&self, scope: Scope<'_>, departures: Vec<Departure>) {
        if departures.is_empty() {
            return;
        }
        let first = {
            let mut waiting = self.departures.borrow_mut();
            let first = waiting.is_empty();
            waiting.extend(departures);
            first
        };
        let soon = || -> JsResult<()> {
            let object = self.object(scope)?;
            let depart = scope.get(object, "depart")?;
            scope.call(scope.get(object, "soon")?, &[depart]).map(drop)
        };
        if first && soon().is_err() {
            scope.catch();
            runtime::leave(self.departures());
        }
    }

    /// What is to leave now.
    pub fn departures(&self) -> Vec<Departure> {
        self.departures.take()
    }

    /// Who listens to an adapter. What they do may change who does, so nothing stays borrowed.
    pub fn listeners(&self, adapter: u64) -> Option<Rc<Listeners>> {
        self.listeners.borrow().get(&adapter).cloned()
    }

    /// Nobody has the adapter any more.
    pub fn unlisten(&self, adapter: u64) {
        let listeners = self.listeners.borrow_mut().remove(&adapter);
        drop(listeners);
    }

    /// What `Date.now()` says: the clock that NextAuth compares with, faked or not.
    pub fn now(&self, scope: Scope<'_>) -> JsResult<i64> {
        let now = scope.as_number(scope.call(self.recall(scope, 2)?, &[])?)?;
        crate::value::safe_integer(now.floor()).ok_or(Thrown)
    }

    /// What `process.env` says now.
    pub fn environment(&self, scope: Scope<'_>) -> JsResult<crate::options::Environment> {
        let read = scope.get(self.object(scope)?, "environment")?;
        Ok(super::argument::environment(scope, scope.call(read, &[])?))
    }

    /// The error as an instance of this realm's `SqlxAdapterError`.
    pub fn error<'s>(&self, scope: Scope<'s>, error: &Error) -> JsResult<Js<'s>> {
        let cause = match error.cause() {
            None => scope.undefined()?,
            Some(cause) => {
                let object = scope.object()?;
                scope.set(object, "database", scope.text(cause.database)?)?;
                let parts = [
                    ("code", &cause.code),
                    ("table", &cause.table),
                    ("constraint", &cause.constraint),
                ];
                for (name, text) in parts {
                    if let Some(text) = text {
                        scope.set(object, name, scope.text(text)?)?;
                    }
                }
                object
            }
        };
        self.make_error(scope, &error.to_string(), error.code(), error.operation(), cause)
    }

    fn make_error<'s>(
        &self,
        scope: Scope<'s>,
        message: &str,
        code: Code,
        operation: Option<&str>,
        cause: Js<'_>,
    ) -> JsResult<Js<'s>> {
        let make = scope.get(self.object(scope)?, "error")?;
        let operation = match operation {
            Some(operation) => scope.text(operation)?,
            None => scope.undefined()?,
        };
        scope.call(make, &[scope.text(message)?, scope.text(code.as_str())?, operation, cause])
    }

    /// Settles a promise with what its call has come to.
    pub fn settle(
        &self,
        scope: Scope<'_>,
        shapes: &Shapes<'_, '_>,
        deferred: Deferred,
        result: crate::error::Result<Answer>,
    ) -> JsResult<()> {
        let value = match result {
            Ok(answer) => answer::into_js(scope, shapes, answer)
                .map_err(|Thrown| Error::internal("the answer could not be built")),
            Err(error) => Err(error),
        };
        let value = value.map_err(|error| {
            scope.catch();
            self.error(scope, &error).or_else(|Thrown| scope.undefined())
        });
        match value {
            Ok(value) => scope.settle(deferred, Ok(value)),
            Err(error) => error.and_then(|error| scope.settle(deferred, Err(error))),
        }
    }

    /// What rows are made with.
    pub fn shapes<'s>(&self, scope: Scope<'s>) -> JsResult<Shapes<'_, 's>> {
        let object = self.object(scope)?;
        Ok(Shapes { known: &self.known, object, date: self.recall(scope, 1)? })
    }

    /// Settles what has been completed.
    fn deliver(&self, scope: Scope<'_>) -> Option<Rc<Realm>> {
        let mut settled = 0;
        let Ok(shapes) = self.shapes(scope) else {
            // Nobody is owed anything: a promise that is owed holds the object.
            drop(self.completions.take(usize::MAX));
            return None;
        };
        for completion in self.completions.take(BATCH) {
            // Without a handle scope of its own, a batch would keep all its values until the end.
            let delivered = scope.nested(|scope| match completion {
                Completion::Notice(adapter, text) => self.notice(scope, adapter, &text),
                Completion::Queried(adapter, query) => {
                    if let Some(listeners) = self.listeners(adapter) {
                        listeners.query(scope, &query, |code| {
                            let operation = query.operation;
                            let message = format!("{operation} failed: {}", code.as_str());
                            let cause = scope.undefined()?;
                            self.make_error(scope, &message, code, Some(operation), cause)
                        });
                    }
                    Ok(())
                }
                Completion::Settled(deferred, result) => {
                    settled += 1;
                    self.settle(scope, &shapes, deferred, result)
                }
            });
            if !matches!(delivered, Ok(Ok(()))) {
                scope.catch();
            }
        }
        self.settled(scope, settled)
    }

    fn notice(&self, scope: Scope<'_>, adapter: u64, text: &str) -> JsResult<()> {
        let logged = self.listeners(adapter).is_some_and(|it| it.notice(scope, text));
        if logged {
            return Ok(());
        }
        let warn = scope.get(self.object(scope)?, "warn")?;
        scope.call(warn, &[scope.text(text)?]).map(drop)
    }
}

impl Drop for Realm {
    fn drop(&mut self) {
        let wake = self.completions.close();
        let scope = self.scope();
        drop(self.listeners.take());
        self.known.forget(scope);
        for reference in self.object.take().into_iter().flatten() {
            scope.forget(reference);
        }
        if self.torn_down.get() || wake.is_null() {
            return;
        }
        // SAFETY: the hook was added with this address. The function is valid, as the environment is
        // not going away, and is released once; with `abort`, calls that are queued still reach
        // `settle` without an environment, which tells it to touch nothing.
        unsafe {
            sys::napi_remove_env_cleanup_hook(self.env, Some(tear_down), self.address());
            sys::napi_release_threadsafe_function(wake, sys::ThreadsafeFunctionReleaseMode::abort);
        }
    }
}

/// Node calls this on the realm's thread after the queue has asked for it.
unsafe extern "C" fn settle(
    env: sys::napi_env,
    _function: sys::napi_value,
    context: Data,
    _data: Data,
) {
    if env.is_null() {
        return;
    }
    // A panic must not unwind into Node's C++.
    let _ = std::panic::catch_unwind(|| {
        // SAFETY: with an environment the function has not been released, so the realm is alive; Node
        // has opened a handle scope for this callback.
        let (realm, scope) = unsafe { (&*context.cast::<Realm>(), Scope::from_raw(env)) };
        drop(realm.deliver(scope));
    });
}

/// Node calls this when the environment goes away: a worker has ended, or the process exits.
unsafe extern "C" fn tear_down(context: Data) {
    let _ = std::panic::catch_unwind(|| {
        // SAFETY: the hook is removed when the realm is dropped, so it is alive.
        let realm = unsafe { &*context.cast::<Realm>() };
        realm.torn_down.set(true);
        realm.completions.close();
        let alive = realm.alive.borrow_mut().take();
        drop(alive);
    });
}
