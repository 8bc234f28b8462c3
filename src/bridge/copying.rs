//! The function that copies one database to another, for the command of that name.

use super::answer::Answer;
use super::argument::Arguments;
use super::js::{Js, JsResult, Scope, Thrown};
use super::listener::Listeners;
use super::realm::Realm;
use super::{Running, add, failed, function, promise};
use crate::adapter::{Adapter, Copier, CopyOptions, Counts, Progress};
use crate::error::{Code, Error, Result};
use crate::options::{Options, ScopeOptions, Source, Tree};
use crate::value::Value;
use napi::Env;
use std::rc::Rc;
use std::sync::Arc;

/// Gives an object the function `copy(from, to, { dryRun, skip })`: the options of two adapters, and
/// what is done. It makes `{ next, close }`; each `next()` goes on by a page and tells how far it is.
pub fn add_to(env: &Env, scope: Scope<'_>, given: Js<'_>, realm: &Rc<Realm>) -> napi::Result<()> {
    let fail = |Thrown| failed("bind");
    let realm = Rc::downgrade(realm);
    let held = scope.object().map_err(fail)?;
    let copy = function(env, scope, held, "copy", move |scope, env, arguments| {
        let realm = realm.upgrade().ok_or(Thrown)?;
        let held = scope.object()?;
        // As with an adapter, what the functions hold holds the realm.
        scope.set(held, "realm", realm.object(scope)?)?;
        match open(&realm, scope, &arguments) {
            Ok(copier) => functions(env, scope, held, &realm, &copier),
            Err(error) => {
                scope.throw(realm.error(scope, &error)?);
                Err(Thrown)
            }
        }
    })?;
    add(scope, given, "copy", Ok(copy)).map_err(fail)
}

fn open(realm: &Rc<Realm>, scope: Scope<'_>, arguments: &Arguments<'_>) -> Result<Arc<Copier>> {
    let options = copy_options(arguments)?;
    let environment = |Thrown| {
        scope.catch();
        Error::internal("process.env cannot be read")
    };
    let environment = realm.environment(scope).map_err(environment)?;
    let adapter = |index, place: fn(Source) -> Source, creates: bool| -> Result<Arc<Adapter>> {
        let mut given = Options::from_arguments(arguments.tree(index)?, Tree::Missing)?;
        if given.scope != ScopeOptions::Off {
            return Err(Error::new(
                Code::Unsupported,
                "tables with option \"scope\" cannot be copied: leave the option out, and name its columns \
                 in \"schema\"",
            ));
        }
        if !creates {
            given = given.creating_nothing();
        }
        let listeners = Listeners::none(scope);
        let told = realm.listen(listeners);
        let id = told.adapter;
        let adapter = Adapter::new(given, realm.id, Arc::new(told));
        let adapter = adapter.inspect_err(|_| realm.unlisten(id))?.at(place);
        adapter.set_environment(environment.clone());
        Ok(Arc::new(adapter))
    };
    let from = adapter(0, Source::read_only, false)?;
    let to = if options.dry_run {
        adapter(1, Source::without_creating, false)?
    } else {
        adapter(1, std::convert::identity, true)?
    };
    Ok(Arc::new(Copier::new(from, to, options)))
}

fn copy_options(arguments: &Arguments<'_>) -> Result<CopyOptions> {
    let given = arguments.optional_record(2, "options")?.unwrap_or_default();
    let mut options = CopyOptions::default();
    for (name, value) in given.0 {
        match (&*name, value) {
            ("dryRun", Value::Boolean(dry_run)) => options.dry_run = dry_run,
            ("skip", Value::List(models)) => {
                options.skip = models.iter().map(ToString::to_string).collect();
            }
            _ => {
                return Err(Error::invalid_argument(
                    "the third argument must be { dryRun: boolean, skip: an array of models }",
                ));
            }
        }
    }
    Ok(options)
}

fn functions<'s>(
    env: &'s Env,
    scope: Scope<'s>,
    held: Js<'s>,
    realm: &Rc<Realm>,
    copier: &Arc<Copier>,
) -> JsResult<Js<'s>> {
    let object = scope.object()?;
    let (its_realm, its_copier) = (Rc::clone(realm), Arc::clone(copier));
    let next = function(env, scope, held, "next", move |scope, _, _| {
        let copier = Arc::clone(&its_copier);
        let now = its_realm.now(scope)?;
        let running: Running =
            Box::pin(async move { Ok(Answer::Progress(copier.next(now).await?)) });
        promise(&its_realm, scope, "copy", true, Ok(running))
    });
    add(scope, object, "next", next)?;
    let (its_realm, its_copier) = (Rc::clone(realm), Arc::clone(copier));
    let close = function(env, scope, held, "close", move |scope, _, _| {
        let closing = its_copier.close();
        let running: Running = Box::pin(async move {
            closing.await;
            Ok(Answer::Nothing)
        });
        promise(&its_realm, scope, "close", true, Ok(running))
    });
    add(scope, object, "close", close)?;
    Ok(object)
}

/// How far a copy is, as JavaScript has it.
pub fn progress<'s>(scope: Scope<'s>, progress: &Progress) -> JsResult<Js<'s>> {
    let object = scope.object()?;
    let Progress { phase, model, ids, done, total, models, reasons, left } = progress;
    for (name, text) in [("phase", phase), ("model", model), ("ids", ids)] {
        scope.set(object, name, scope.text(text)?)?;
    }
    for (name, number) in [("done", *done), ("total", *total)] {
        scope.set(object, name, count(scope, number)?)?;
    }
    let by_model = scope.object()?;
    for counts in models {
        scope.set(by_model, counts.model, self::counts(scope, counts)?)?;
    }
    scope.set(object, "models", by_model)?;
    let array = scope.array(reasons.len())?;
    for (index, reason) in (0..).zip(reasons) {
        let made = scope.object()?;
        for (name, text) in
            [("model", reason.model), ("kind", reason.kind), ("message", &reason.message)]
        {
            scope.set(made, name, scope.text(text)?)?;
        }
        scope.set(made, "rows", count(scope, reason.rows)?)?;
        scope.set_element(array, index, made)?;
    }
    scope.set(object, "reasons", array)?;
    let array = scope.array(left.len())?;
    for (index, column) in (0..).zip(left) {
        scope.set_element(array, index, scope.text(column)?)?;
    }
    scope.set(object, "left", array)?;
    Ok(object)
}

fn counts<'s>(scope: Scope<'s>, counts: &Counts) -> JsResult<Js<'s>> {
    let object = scope.object()?;
    for (name, number) in [
        ("read", counts.read),
        ("inserted", counts.inserted),
        ("present", counts.present),
        ("conflicts", counts.conflicts),
        ("refused", counts.refused),
        ("verified", counts.verified),
        ("different", counts.different),
        ("missing", counts.missing),
    ] {
        scope.set(object, name, count(scope, number)?)?;
    }
    let checksums = scope.object()?;
    for (name, sum) in [("source", counts.expected), ("target", counts.found)] {
        scope.set(checksums, name, scope.text(&format!("{sum:032x}"))?)?;
    }
    scope.set(object, "checksums", checksums)?;
    Ok(object)
}

// Beyond 2^53 rows a count would be rounded.
#[allow(clippy::cast_precision_loss)]
fn count(scope: Scope<'_>, number: u64) -> JsResult<Js<'_>> {
    scope.number(number as f64)
}
