//! JavaScript's arguments, copied to owned Rust values before anything else happens.

use super::js::{Js, Kind, Scope, Thrown};
use crate::error::{Error, Result};
use crate::options::{Environment, Tree};
use crate::value::{LONE_SURROGATE, Record, Value, key};
use std::sync::Arc;

/// How deep an options object may be: deeper ones are refused, cyclic ones among them.
const MAX_DEPTH: usize = 8;

/// How many elements of an array of strings are looked at.
const MAX_LIST: u32 = 1_000;

/// The arguments of one call.
#[derive(Debug)]
pub struct Arguments<'s> {
    scope: Scope<'s>,
    values: Vec<Js<'s>>,
}

impl<'s> Arguments<'s> {
    pub fn new(scope: Scope<'s>, values: Vec<Js<'s>>) -> Self {
        Arguments { scope, values }
    }

    /// Any value; null if the argument is missing or `undefined`.
    pub fn value(&self, index: usize, name: &str) -> Result<Value> {
        match self.values.get(index) {
            None => Ok(Value::Null),
            Some(js) => Ok(self.read(name, *js)?.unwrap_or(Value::Null)),
        }
    }

    /// What a row is looked up by; `None` if no row can have it.
    pub fn key(&self, index: usize, name: &str) -> Result<Option<Arc<str>>> {
        // Nearly always it is a text; what else it is, is looked at then only.
        if let Some(js) = self.values.get(index)
            && let Ok(Some(text)) = self.scope.as_text(*js)
        {
            return key(name, Some(&Value::from(text)));
        }
        key(name, Some(&self.value(index, name)?))
    }

    /// An object's own enumerable properties.
    pub fn record(&self, index: usize, name: &str) -> Result<Record> {
        self.optional_record(index, name)?.ok_or_else(|| {
            Error::invalid_argument(format!("{name} is missing: it must be an object"))
        })
    }

    /// An object's own enumerable properties, if there is one.
    pub fn optional_record(&self, index: usize, name: &str) -> Result<Option<Record>> {
        let Some(js) = self.values.get(index).copied() else {
            return Ok(None);
        };
        let kind = self.scope.kind(js).map_err(|thrown| self.unreadable(name, thrown))?;
        match kind {
            Kind::Undefined | Kind::Null => return Ok(None),
            // Every byte is a property of its own: to list those of a large one takes minutes.
            Kind::Object if !self.is_bytes(name, js)? => {}
            _ => {
                let given = self.read(name, js)?.unwrap_or(Value::Null);
                return Err(Error::invalid_argument(format!(
                    "{name} must be an object, not {}",
                    given.describe()
                )));
            }
        }
        record(self.scope, js).map(Some).map_err(|thrown| self.unreadable(name, thrown))
    }

    /// An argument as it is.
    pub fn get(&self, index: usize) -> Option<Js<'s>> {
        self.values.get(index).copied()
    }

    /// The options object among the arguments of `SqlxAdapter` itself.
    pub fn options(&self) -> Option<Js<'s>> {
        let is_object = |js: &&Js<'s>| self.scope.kind(**js) == Ok(Kind::Object);
        self.values.iter().take(2).find(is_object).copied()
    }

    /// An argument of `SqlxAdapter` itself.
    pub fn tree(&self, index: usize) -> Result<Tree> {
        match self.values.get(index) {
            None => Ok(Tree::Missing),
            Some(js) => tree(self.scope, *js, MAX_DEPTH).map_err(|Thrown| {
                self.scope.catch();
                Error::config(
                    "the options cannot be read: they are nested too deeply, or reading them threw",
                )
            }),
        }
    }

    fn is_bytes(&self, name: &str, js: Js<'s>) -> Result<bool> {
        self.scope.is_bytes(js).map_err(|thrown| self.unreadable(name, thrown))
    }

    fn read(&self, name: &str, js: Js<'s>) -> Result<Option<Value>> {
        read(self.scope, js).map_err(|thrown| self.unreadable(name, thrown))
    }

    /// A getter or a proxy threw. What it threw may hold anything, so it is not passed on.
    fn unreadable(&self, name: &str, Thrown: Thrown) -> Error {
        self.scope.catch();
        Error::invalid_argument(format!("reading {name} threw an exception"))
    }
}

/// An object's own enumerable properties, without those that are `undefined`.
pub fn record(scope: Scope<'_>, js: Js<'_>) -> Result<Record, Thrown> {
    let names = scope.own_names(js)?;
    let length = scope.length(names)?;
    let mut record = Record::default();
    for index in 0..length {
        let property = scope.nested(|scope| -> Result<Option<(Arc<str>, Value)>, Thrown> {
            let key = scope.element(names, index)?;
            let Some(text) = scope.as_text(key)? else {
                return Ok(None);
            };
            let value = read(scope, scope.property(js, key)?)?;
            Ok(value.map(|value| (text.into(), value)))
        })?;
        record.0.extend(property?);
    }
    Ok(record)
}

/// A value; `None` for `undefined`.
pub fn read(scope: Scope<'_>, js: Js<'_>) -> Result<Option<Value>, Thrown> {
    Ok(Some(match scope.kind(js)? {
        Kind::Undefined => return Ok(None),
        Kind::Null => Value::Null,
        Kind::Boolean => Value::Boolean(scope.as_boolean(js)?),
        Kind::Number => Value::Float(scope.as_number(js)?),
        Kind::Text => match scope.as_text(js)? {
            Some(text) => Value::from(text),
            None => Value::Other(LONE_SURROGATE),
        },
        Kind::Symbol => Value::Other("a symbol"),
        Kind::Function => Value::Other("a function"),
        Kind::BigInt => Value::Other("a bigint"),
        Kind::Object => object(scope, js)?,
    }))
}

fn object(scope: Scope<'_>, js: Js<'_>) -> Result<Value, Thrown> {
    if let Some(time) = scope.date(js)? {
        return Ok(match crate::value::safe_integer(time) {
            Some(time) => Value::Date(time),
            None => Value::Other("an invalid Date"),
        });
    }
    if scope.is_bytes(js)? {
        // As JSON it would be an array of numbers, several times as long.
        return Ok(Value::Other("a Buffer"));
    }
    if !scope.is_array(js)? {
        return Ok(json(scope, js, "an object"));
    }
    let mut texts = Vec::new();
    for index in 0..scope.length(js)?.min(MAX_LIST) {
        let element = scope.element(js, index)?;
        let text = match scope.kind(element)? {
            Kind::Text => scope.as_text(element)?,
            _ => None,
        };
        match text {
            Some(text) => texts.push(text.into()),
            None => return Ok(json(scope, js, "an array")),
        }
    }
    Ok(Value::List(texts))
}

/// What a column of JSON may hold. What JSON does not have is `what` it is, and no more.
fn json(scope: Scope<'_>, js: Js<'_>, what: &'static str) -> Value {
    let text = || -> Result<Option<String>, Thrown> {
        let text = scope.json("stringify", js)?;
        match scope.kind(text)? {
            Kind::Text => scope.as_text(text),
            _ => Ok(None),
        }
    };
    match text() {
        Ok(Some(text)) => Value::Json(text.into()),
        Ok(None) => Value::Other(what),
        // It has a cycle, or what it is asked throws.
        Err(Thrown) => {
            scope.catch();
            Value::Other(what)
        }
    }
}

fn tree(scope: Scope<'_>, js: Js<'_>, depth: usize) -> Result<Tree, Thrown> {
    let deeper = depth.checked_sub(1).ok_or(Thrown)?;
    Ok(match scope.kind(js)? {
        Kind::Undefined | Kind::Null => Tree::Missing,
        Kind::Boolean => Tree::Boolean(scope.as_boolean(js)?),
        Kind::Number => Tree::Number(scope.as_number(js)?),
        Kind::Text => match scope.as_text(js)? {
            Some(text) => Tree::Text(text),
            None => Tree::Other(LONE_SURROGATE),
        },
        Kind::Symbol => Tree::Other("a symbol"),
        Kind::Function => Tree::Function,
        Kind::BigInt => Tree::Other("a bigint"),
        Kind::Object if scope.date(js)?.is_some() => Tree::Other("a Date"),
        Kind::Object if scope.is_bytes(js)? => Tree::Bytes(scope.bytes(js)?.into()),
        Kind::Object if scope.is_array(js)? => {
            let mut items = Vec::new();
            for index in 0..scope.length(js)?.min(MAX_LIST) {
                items.push(tree(scope, scope.element(js, index)?, deeper)?);
            }
            Tree::List(items)
        }
        Kind::Object => {
            let names = scope.own_names(js)?;
            let mut properties = Vec::new();
            for index in 0..scope.length(names)?.min(MAX_LIST) {
                let key = scope.element(names, index)?;
                let name = scope.as_text(key)?;
                let property = scope.property(js, key)?;
                let value = match name.as_deref() {
                    Some("logger") => logger(scope, property, deeper)?,
                    _ => tree(scope, property, deeper)?,
                };
                if let (Some(name), true) = (name, value != Tree::Missing) {
                    properties.push((name, value));
                }
            }
            Tree::Object(properties)
        }
    })
}

/// The methods of a logger, its class's too. What else it has is its own affair, if it has any of them.
fn logger(scope: Scope<'_>, js: Js<'_>, depth: usize) -> Result<Tree, Thrown> {
    let mut methods = Vec::new();
    if scope.kind(js)? == Kind::Object {
        for name in ["debug", "info", "warn", "error"] {
            let method = tree(scope, scope.get(js, name)?, depth)?;
            if method != Tree::Missing {
                methods.push((name.to_owned(), method));
            }
        }
    }
    if methods.is_empty() { tree(scope, js, depth) } else { Ok(Tree::Object(methods)) }
}

/// What `index.js` read from `process.env`.
pub fn environment(scope: Scope<'_>, js: Js<'_>) -> Environment {
    let variable = |name: &str| -> Option<String> {
        let value = scope.get(js, name).ok()?;
        match scope.kind(value).ok()? {
            Kind::Text => scope.as_text(value).ok()?,
            _ => None,
        }
    };
    Environment {
        auth_database_url: variable("AUTH_DATABASE_URL").map(Into::into),
        database_url: variable("DATABASE_URL").map(Into::into),
        encryption_keys: variable("AUTH_ENCRYPTION_KEYS").map(Into::into),
        production: variable("NODE_ENV").as_deref() == Some("production"),
    }
}
