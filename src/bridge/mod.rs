//! JavaScript's side: values in and out, promises settled in batches, errors as JavaScript errors.
//! The only place that names napi, and the only one that may hold `unsafe`.

mod answer;
mod argument;
mod completion;
mod copying;
mod definition;
mod js;
mod listener;
mod operations;
mod realm;
mod runtime;
mod shape;
mod waiting;

use crate::adapter::{self, Adapter, Call};
use crate::engine::BoxFuture;
use crate::error::{Error, Result};
use crate::options::{Environment, Options};
use answer::Answer;
use argument::Arguments;
use js::{Js, JsResult, Scope, Thrown};
use listener::Listeners;
use napi::bindgen_prelude::{
    Function, FunctionCallContext, JsValue as _, Object, ToNapiValue, Unknown,
};
use napi::{Env, sys};
use operations::{OPERATIONS, Operation};
use realm::Realm;
use runtime::Turn;
use std::rc::Rc;
use std::sync::Arc;

/// A value on its way back to JavaScript through napi-rs.
#[derive(Debug)]
pub struct Returned(sys::napi_value);

impl ToNapiValue for Returned {
    unsafe fn to_napi_value(_env: sys::napi_env, value: Self) -> napi::Result<sys::napi_value> {
        Ok(value.0)
    }
}

/// A function made here.
type Made<'a> = Function<'a, (), Returned>;

/// Gives the function `SqlxAdapter(first?, second?, parts)` for one loading of `index.js`, which
/// makes more functions of those that are put into `parts`.
///
/// # Errors
/// The Node-API's own.
pub fn bind<'a>(env: &'a Env, given: &Object<'_>) -> napi::Result<Made<'a>> {
    // SAFETY: napi-rs calls this on the environment's thread within a handle scope, and `given` is
    // one of its handles.
    let (scope, given) = unsafe {
        let scope = Scope::from_raw(env.raw());
        (scope, scope.value(given.raw()))
    };
    let realm = Realm::new(scope, given).map_err(|Thrown| failed("bind"))?;
    let departing = Rc::downgrade(&realm);
    let depart = function(
        env,
        scope,
        scope.object().map_err(|Thrown| failed("bind"))?,
        "depart",
        move |scope, _, _| {
            if let Some(realm) = departing.upgrade() {
                runtime::leave(realm.departures());
            }
            scope.undefined()
        },
    )?;
    add(scope, given, "depart", Ok(depart)).map_err(|Thrown| failed("bind"))?;
    copying::add_to(env, scope, given, &realm)?;
    definition::add_to(env, scope, given, &realm)?;
    function(env, scope, given, "SqlxAdapter", move |scope, env, arguments| {
        let object = realm.object(scope)?;
        // The functions hold what their adapter needs of JavaScript.
        let held = scope.object()?;
        scope.set(held, "realm", object)?;
        match open(&realm, scope, &arguments, held) {
            Ok(handle) => functions(env, scope, held, arguments.get(2), &realm, &handle),
            Err(error) => {
                scope.throw(realm.error(scope, &error)?);
                Err(Thrown)
            }
        }
    })
}

fn failed(what: &str) -> napi::Error {
    napi::Error::from_reason(format!("next-auth-sqlx-adapter: {what} failed inside Node"))
}

/// Makes a JavaScript function. It holds `held`, which so lives as long as it does.
fn function<'a, F>(
    env: &'a Env,
    scope: Scope<'_>,
    held: Js<'_>,
    name: &'static str,
    run: F,
) -> napi::Result<Made<'a>>
where
    F: for<'s> Fn(Scope<'s>, &'s Env, Arguments<'s>) -> JsResult<Js<'s>> + 'static,
{
    let made: Made<'a> =
        env.create_function_from_closure(name, move |context: FunctionCallContext<'_>| {
            // SAFETY: napi-rs calls this on the environment's thread within a handle scope that lasts
            // until it returns, and the arguments are handles of that scope.
            let scope = unsafe { Scope::from_raw(context.env.raw()) };
            let mut values = Vec::with_capacity(context.length());
            for index in 0..context.length() {
                let value = context.get::<Unknown<'_>>(index)?;
                // SAFETY: as above.
                values.push(unsafe { scope.value(value.raw()) });
            }
            let returned = run(scope, &*context.env, Arguments::new(scope, values))
                .or_else(|Thrown| scope.undefined())
                .map_err(|Thrown| failed(name))?;
            Ok(Returned(returned.raw()))
        })?;
    // SAFETY: a handle of this scope.
    let handle = unsafe { scope.value(made.raw()) };
    scope.set_hidden(handle, "held", held).map_err(|Thrown| failed(name))?;
    Ok(made)
}

/// An adapter, as JavaScript's functions hold it.
#[derive(Debug)]
struct Handle {
    adapter: Option<Arc<Adapter>>,
    /// The adapter, as its realm knows it.
    id: u64,
    /// Whether somebody is told of queries, which is by the queue, and before a promise is settled.
    observed: bool,
    realm: Rc<Realm>,
}

impl Handle {
    fn adapter(&self) -> Result<&Arc<Adapter>> {
        self.adapter.as_ref().ok_or_else(Error::closed)
    }
}

impl Drop for Handle {
    /// An adapter that was collected instead of closed gives its connections back in the background.
    fn drop(&mut self) {
        let _entered = runtime::started().map(|runtime| runtime.enter());
        drop(self.adapter.take());
        self.realm.unlisten(self.id);
    }
}

fn open(
    realm: &Rc<Realm>,
    scope: Scope<'_>,
    arguments: &Arguments<'_>,
    held: Js<'_>,
) -> Result<Rc<Handle>> {
    let options = Options::from_arguments(arguments.tree(0)?, arguments.tree(1)?)?;
    if let Some(encryption) = &options.encryption.0 {
        let environment = read_environment(realm, scope)?;
        encryption.check_environment(environment.encryption_keys.as_ref())?;
    }
    let listeners = Listeners::new(scope, arguments.options(), held).map_err(|Thrown| {
        scope.catch();
        Error::config("reading the options \"onQuery\" and \"logger\" threw an exception")
    })?;
    let told = realm.listen(listeners);
    let (id, observed) = (told.adapter, told.queries);
    let adapter = Adapter::new(options, realm.id, Arc::new(told));
    let adapter = Arc::new(adapter.inspect_err(|_| realm.unlisten(id))?);
    Ok(Rc::new(Handle { adapter: Some(adapter), id, observed, realm: Rc::clone(realm) }))
}

/// The adapter's plain object of functions.
fn functions<'s>(
    env: &'s Env,
    scope: Scope<'s>,
    held: Js<'s>,
    parts: Option<Js<'s>>,
    realm: &Rc<Realm>,
    handle: &Rc<Handle>,
) -> JsResult<Js<'s>> {
    let object = scope.object()?;
    for operation in OPERATIONS {
        let (realm, handle) = (Rc::clone(realm), Rc::clone(handle));
        let made = function(env, scope, held, operation.name, move |scope, _, arguments| {
            let started = start(&realm, scope, &handle, operation, &arguments);
            promise(&realm, scope, operation.operation, handle.observed, started)
        });
        let owner = if operation.is_part { parts } else { Some(object) };
        if let Some(owner) = owner {
            add(scope, owner, operation.name, made)?;
        }
    }
    let (realm, handle) = (Rc::clone(realm), Rc::clone(handle));
    let close = function(env, scope, held, "close", move |scope, _, _| {
        let closing = handle.adapter().map(|adapter| {
            let closing = adapter.close();
            let closing: Running = Box::pin(async {
                closing.await;
                Ok(Answer::Nothing)
            });
            closing
        });
        promise(&realm, scope, "close", handle.observed, closing)
    });
    add(scope, object, "close", close)?;
    Ok(object)
}

/// A call under way.
type Running = BoxFuture<'static, Result<Answer>>;

/// Reads the arguments of a call and starts it.
fn start(
    realm: &Realm,
    scope: Scope<'_>,
    handle: &Handle,
    operation: &'static Operation,
    arguments: &Arguments<'_>,
) -> Result<Running> {
    let started = (operation.start)(arguments)?;
    let adapter = ready(realm, scope, handle)?;
    let now = realm.now(scope).map_err(|Thrown| {
        scope.catch();
        Error::internal("Date.now() gave no time")
    })?;
    let whose = if adapter.scope().is_on() {
        scope_of(realm, scope, handle, operation)?
    } else {
        adapter::Scope::default()
    };
    if operation.makes_id
        && let Some(listeners) = realm.listeners(handle.id)
        && let Some(id) = listeners.new_id(scope)?
    {
        let started = move |call: Call| started(call.with_new_id(id));
        return Ok(Box::pin(adapter.call(operation.operation, now, whose, started)));
    }
    Ok(Box::pin(adapter.call(operation.operation, now, whose, started)))
}

/// Whose rows a call is about, as the application's function says at this moment.
fn scope_of(
    realm: &Realm,
    scope: Scope<'_>,
    handle: &Handle,
    operation: &'static Operation,
) -> Result<adapter::Scope> {
    let columns = handle.adapter()?.scope();
    if !operation.scoped && columns.are_known() {
        return Ok(columns.nobodys());
    }
    let listeners = realm.listeners(handle.id).ok_or_else(Error::closed)?;
    let said = listeners.scope(scope).and_then(|given| columns.scope(&given));
    match (operation.scoped, said) {
        (true, said) => said,
        (false, Ok(_)) => Ok(columns.nobodys()),
        (false, Err(error)) => {
            let why = error.message().to_owned();
            Err(error.with_message(format!(
                "{why}. {} needs no scope, but which columns it has: give them with \
                 scope: {{ columns, values }}, or make another call first",
                operation.operation
            )))
        }
    }
}

fn add(scope: Scope<'_>, object: Js<'_>, name: &str, made: napi::Result<Made<'_>>) -> JsResult<()> {
    let made = made.map_err(|_| Thrown)?;
    // SAFETY: a handle of this scope.
    let made = unsafe { scope.value(made.raw()) };
    scope.set(object, name, made)
}

/// The adapter, told of the environment if it has not been.
fn ready(realm: &Realm, scope: Scope<'_>, handle: &Handle) -> Result<Arc<Adapter>> {
    let adapter = handle.adapter()?;
    if adapter.needs_environment() {
        adapter.set_environment(read_environment(realm, scope)?);
    }
    Ok(Arc::clone(adapter))
}

fn read_environment(realm: &Realm, scope: Scope<'_>) -> Result<Environment> {
    realm.environment(scope).map_err(|Thrown| {
        scope.catch();
        Error::internal("process.env cannot be read")
    })
}

/// The promise of a call. Whatever fails, fails by rejecting it.
///
/// A call gets its first turn on JavaScript's own thread: what needs no wait is answered there and
/// then, unless it has to be `queued`, and the rest is left to the threads that may wait.
fn promise<'s>(
    realm: &Rc<Realm>,
    scope: Scope<'s>,
    name: &'static str,
    queued: bool,
    started: Result<Running>,
) -> JsResult<Js<'s>> {
    let turn = match started.and_then(|running| Ok((running, runtime::get()?))) {
        Ok((running, runtime)) => {
            let (turn, departures) = runtime::first_turn(runtime, running);
            realm.depart(scope, departures);
            turn
        }
        Err(error) => Turn::Over(Err(error.in_operation(name))),
    };
    match turn {
        Turn::Over(result) if queued => {
            let (owed, promise) = realm.promise(scope)?;
            owed.settle(result);
            Ok(promise)
        }
        Turn::Over(result) => {
            let (deferred, promise) = scope.promise()?;
            realm.settle(scope, &realm.shapes(scope)?, deferred, result)?;
            Ok(promise)
        }
        Turn::Waits(running, runtime) => {
            let (owed, promise) = realm.promise(scope)?;
            // `owed` goes with the future if the call panics, and then rejects the promise.
            waiting::wait(runtime, Box::pin(async move { owed.settle(running.await) }));
            Ok(promise)
        }
    }
}
