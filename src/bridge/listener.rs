//! Functions of the application that are told what an adapter does: `onQuery` and `logger`.

use super::argument::{read, record};
use super::completion::{Completion, Completions};
use super::js::{Js, JsResult, Kind, Reference, Scope};
use crate::adapter::{Observer, Query, wrong_scope as wrong};
use crate::error::{Code, Error, Result};
use crate::value::{Record, safe_integer};
use napi::sys;
use std::sync::Arc;

/// The application's functions. They are remembered weakly: the adapter's own functions hold them,
/// and an adapter that nobody has any more tells nobody.
#[derive(Debug)]
pub struct Listeners {
    env: sys::napi_env,
    on_query: Option<Reference>,
    logger: Option<Reference>,
    /// The function of `schema.ids`, which is not told but asked.
    new_id: Option<Reference>,
    /// The function of `scope`, likewise.
    scope: Option<Reference>,
}

impl Listeners {
    /// Nobody.
    pub fn none(scope: Scope<'_>) -> Self {
        Listeners { env: scope.env(), on_query: None, logger: None, new_id: None, scope: None }
    }

    /// Takes the functions out of `SqlxAdapter`'s options, which have been checked, and puts them
    /// into `held`, which keeps them alive.
    pub fn new(scope: Scope<'_>, options: Option<Js<'_>>, held: Js<'_>) -> JsResult<Self> {
        let mut listeners = Listeners::none(scope);
        let Some(options) = options else { return Ok(listeners) };
        let take = |name: &str| -> JsResult<Option<Reference>> {
            let Some(value) = scope.own(options, name)? else { return Ok(None) };
            match scope.kind(value)? {
                Kind::Function | Kind::Object => {
                    scope.set(held, name, value)?;
                    scope.reference(value).map(Some)
                }
                _ => Ok(None),
            }
        };
        listeners.on_query = take("onQuery")?;
        listeners.logger = take("logger")?;
        if let Some(schema) = scope.own(options, "schema")?
            && scope.kind(schema)? == Kind::Object
            && let Some(ids) = scope.own(schema, "ids")?
            && scope.kind(ids)? == Kind::Function
        {
            scope.set(held, "ids", ids)?;
            listeners.new_id = Some(scope.reference(ids)?);
        }
        if let Some(given) = scope.own(options, "scope")? {
            let values = match scope.kind(given)? {
                Kind::Object => scope.own(given, "values")?,
                _ => Some(given),
            };
            if let Some(values) = values
                && scope.kind(values)? == Kind::Function
            {
                scope.set(held, "scope", values)?;
                listeners.scope = Some(scope.reference(values)?);
            }
        }
        Ok(listeners)
    }

    /// Whether any function wants to be told of queries.
    pub fn observe_queries(&self) -> bool {
        self.on_query.is_some() || self.logger.is_some()
    }

    /// Asks the function of `schema.ids` for the id of a new user; nothing where there is none.
    ///
    /// # Errors
    /// `ERR_INVALID_ARGUMENT`: it threw, or gave what is no id.
    pub fn new_id(&self, scope: Scope<'_>) -> Result<Option<Arc<str>>> {
        let Some(function) = &self.new_id else { return Ok(None) };
        let wrong = |what: &str| {
            Error::invalid_argument(format!("the function of option \"schema.ids\" {what}"))
        };
        let asked = || -> JsResult<Option<Arc<str>>> {
            let id = scope.call(scope.recall(function)?, &[])?;
            Ok(match scope.kind(id)? {
                Kind::Text => scope.as_text(id)?.filter(|text| !text.is_empty()).map(Into::into),
                Kind::Number => {
                    safe_integer(scope.as_number(id)?).map(|number| number.to_string().into())
                }
                _ => None,
            })
        };
        match asked() {
            Ok(Some(id)) => Ok(Some(id)),
            Ok(None) => Err(wrong("gave no string and no whole number")),
            Err(_) => {
                scope.catch();
                Err(wrong("threw an exception"))
            }
        }
    }

    /// Asks the function of `scope` whose rows a call is about.
    ///
    /// # Errors
    /// `ERR_SCOPE`: it threw, or gave what is no object, a promise among it.
    pub fn scope(&self, scope: Scope<'_>) -> Result<Record> {
        let function = self.scope.as_ref().ok_or_else(Error::closed)?;
        let asked = || -> JsResult<Result<Record>> {
            let given = scope.call(scope.recall(function)?, &[])?;
            if scope.kind(given)? != Kind::Object || scope.is_array(given)? {
                let what = read(scope, given)?.map_or("nothing", |value| value.describe());
                return Ok(Err(wrong(format!("gave {what} instead of an object"))));
            }
            if scope.kind(scope.get(given, "then")?)? == Kind::Function {
                return Ok(Err(wrong(
                    "gave a promise: it is asked at each call and must answer at once".to_owned(),
                )));
            }
            record(scope, given).map(Ok)
        };
        asked().unwrap_or_else(|_| {
            scope.catch();
            Err(wrong("threw an exception, so there is no scope".to_owned()))
        })
    }

    /// Tells of a query; `failure` makes the error of one that failed. What a listener throws is its
    /// own affair.
    pub fn query<'s>(
        &self,
        scope: Scope<'s>,
        query: &Query,
        failure: impl FnOnce(Code) -> JsResult<Js<'s>>,
    ) {
        let told = || -> JsResult<()> {
            let event = event(scope, query)?;
            if let Some(on_query) = &self.on_query {
                scope.call(scope.recall(on_query)?, &[event])?;
            }
            match (&self.logger, query.error) {
                (None, _) => {}
                (Some(_), Some(code)) => {
                    // What `onQuery` keeps of its event is its own.
                    let event = self::event(scope, query)?;
                    let error = failure(code)?;
                    scope.set(event, "error", error)?;
                    self.log(scope, "error", &[error, event])?;
                }
                (Some(_), None) => {
                    self.log(scope, "debug", &[scope.text(query.operation)?, event])?;
                }
            }
            Ok(())
        };
        if told().is_err() {
            scope.catch();
        }
    }

    /// Passes a notice to the logger; whether there is one that took it.
    pub fn notice(&self, scope: Scope<'_>, text: &str) -> bool {
        let taken = scope.text(text).and_then(|text| self.log(scope, "warn", &[text]));
        if taken.is_err() {
            scope.catch();
        }
        taken == Ok(true)
    }

    /// NextAuth's logger: `error(error, metadata)`, of which v5's takes the error and v4's what has it
    /// as `error`, `warn(text)`, `debug(text, metadata)`. Whether it has the method.
    fn log(&self, scope: Scope<'_>, level: &str, told: &[Js<'_>]) -> JsResult<bool> {
        let Some(logger) = &self.logger else { return Ok(false) };
        let logger = scope.recall(logger)?;
        let log = scope.get(logger, level)?;
        if scope.kind(log)? != Kind::Function {
            return Ok(false);
        }
        scope.call_method(logger, log, told)?;
        Ok(true)
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        // SAFETY: listeners never leave their realm's thread (they hold a raw pointer), and are
        // dropped while its environment is alive: with the realm at the latest.
        let scope = unsafe { Scope::from_raw(self.env) };
        for reference in
            [self.on_query.take(), self.logger.take(), self.new_id.take(), self.scope.take()]
                .into_iter()
                .flatten()
        {
            scope.forget(reference);
        }
    }
}

fn event<'s>(scope: Scope<'s>, query: &Query) -> JsResult<Js<'s>> {
    let event = scope.object()?;
    scope.set(event, "operation", scope.text(query.operation)?)?;
    scope.set(event, "duration", scope.number(query.duration.as_secs_f64() * 1_000.0)?)?;
    // A count beyond 2^53 would be rounded.
    #[allow(clippy::cast_precision_loss)]
    scope.set(event, "rows", scope.number(query.rows as f64)?)?;
    scope.set(event, "retries", scope.number(f64::from(query.retries))?)?;
    if let Some(error) = query.error {
        scope.set(event, "error", scope.text(error.as_str())?)?;
    }
    Ok(event)
}

/// Passes what an adapter tells to JavaScript's thread.
#[derive(Debug)]
pub struct Told {
    /// The adapter, as its realm knows it.
    pub adapter: u64,
    /// Whether queries are of interest.
    pub queries: bool,
    /// The realm's queue.
    pub completions: Arc<Completions>,
}

impl Observer for Told {
    fn notice(&self, text: String) {
        self.completions.push(Completion::Notice(self.adapter, text));
    }

    fn observes_queries(&self) -> bool {
        self.queries
    }

    fn query(&self, query: Query) {
        self.completions.push(Completion::Queried(self.adapter, query));
    }
}
