//! The scope of a call: which tenant's rows it sees. Its values stand before a call's own in every
//! statement, and rows that came back with others are dropped.

use crate::engine::{Outcome, Storage};
use crate::error::{Code, Error, Result};
use crate::options::{ScopeColumn, ScopeOptions, TypeName};
use crate::value::{Record, Value};
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

/// The characters that a text of a scope has at most: what its column takes everywhere.
const LONGEST: usize = 255;

/// What a call's rows have in the columns of option `scope`; nothing where there is no such option.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Scope(Option<Arc<[Option<Arc<str>>]>>);

impl Scope {
    /// The values of a plan: the scope's, and those of the call after them.
    pub(super) fn before<'a>(&self, values: &'a [Value]) -> Cow<'a, [Value]> {
        match &self.0 {
            None => Cow::Borrowed(values),
            Some(scope) => {
                let scope = scope.iter().map(|text| text.clone().map_or(Value::Null, Value::Text));
                Cow::Owned(scope.chain(values.iter().cloned()).collect())
            }
        }
    }

    /// The values, in the order of the columns.
    pub(super) fn texts(&self) -> impl Iterator<Item = Option<&str>> {
        self.0.iter().flat_map(|texts| texts.iter()).map(Option::as_deref)
    }

    /// The rows of the scope, to the byte and without what tells so, which comes last in each.
    pub(super) fn keep(&self, mut outcome: Outcome) -> Outcome {
        if let Some(scope) = &self.0 {
            outcome.rows.retain_mut(|row| {
                let told = row.split_off(row.len().saturating_sub(scope.len()));
                let said = scope.iter().map(Option::as_ref);
                told.len() == scope.len() && told.iter().map(Value::as_text).eq(said)
            });
        }
        outcome
    }
}

/// The columns of option `scope`, as far as they are known.
#[derive(Debug)]
pub struct Columns {
    is_on: bool,
    known: OnceLock<Arc<[ScopeColumn]>>,
}

impl Columns {
    pub(super) fn new(options: &ScopeOptions) -> Self {
        let known = OnceLock::new();
        match options {
            ScopeOptions::Off => {}
            ScopeOptions::Learned => return Columns { is_on: true, known },
            ScopeOptions::Declared(columns) => {
                // Nobody else has it yet.
                let _ = known.set(columns.as_slice().into());
                return Columns { is_on: true, known };
            }
        }
        Columns { is_on: false, known }
    }

    /// Whether there is a scope.
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// Whether it is known which columns it has.
    pub fn are_known(&self) -> bool {
        self.known.get().is_some()
    }

    /// The columns.
    ///
    /// # Errors
    /// `ERR_SCOPE`: nothing has said yet which there are.
    pub(super) fn known(&self) -> Result<&[ScopeColumn]> {
        match self.known.get() {
            Some(columns) => Ok(columns),
            None if self.is_on => Err(wrong("has not been called yet".to_owned())),
            None => Ok(&[]),
        }
    }

    /// The scope that the application's function says. The first word tells which columns there are, if
    /// the options do not.
    ///
    /// # Errors
    /// `ERR_SCOPE` names the column that is missing, unknown, or given what it does not hold.
    pub fn scope(&self, given: &Record) -> Result<Scope> {
        let columns = match self.known.get() {
            Some(columns) => columns,
            None => {
                let learned = learn(given)?;
                self.known.get_or_init(|| learned)
            }
        };
        for (name, _) in &given.0 {
            if !columns.iter().any(|column| column.property == **name) {
                return Err(wrong(format!(
                    "gave \"{name}\", which is none of its columns ({})",
                    names(columns)
                )));
            }
        }
        let values = columns.iter().map(|column| accept(column, given.get(&column.property)));
        Ok(Scope(Some(values.map(|value| value.map(Some)).collect::<Result<_>>()?)))
    }

    /// The scope of a call that is nobody's: no statement that compares it finds anything.
    pub fn nobodys(&self) -> Scope {
        Scope(self.known.get().map(|columns| columns.iter().map(|_| None).collect()))
    }
}

fn names(columns: &[ScopeColumn]) -> String {
    columns.iter().map(|column| column.property.as_str()).collect::<Vec<_>>().join(", ")
}

/// The columns of a first word: numbers are kept as such.
fn learn(given: &Record) -> Result<Arc<[ScopeColumn]>> {
    if given.0.is_empty() {
        return Err(wrong("gave an object without properties".to_owned()));
    }
    let column = |(name, value): &(Arc<str>, Value)| {
        let kind = match value {
            Value::Integer(_) | Value::Float(_) => TypeName::Bigint,
            _ => TypeName::Text,
        };
        let column = ScopeColumn { property: name.to_string(), kind };
        // What is no value of any column must not decide which there are.
        accept(&column, Some(value)).map(|_| column)
    };
    given.0.iter().map(column).collect()
}

/// The value of a column, as a text like every identifier.
fn accept(column: &ScopeColumn, value: Option<&Value>) -> Result<Arc<str>> {
    let needed = match column.kind {
        TypeName::Uuid | TypeName::Binary => "a UUID in lower-case letters",
        TypeName::Integer | TypeName::Bigint => "a whole number",
        _ => "a string that is not empty, of at most 255 characters",
    };
    let refused = |what: &str| {
        wrong(format!("gave {what} for \"{}\", which needs {needed}", column.property))
    };
    let text: Arc<str> = match value {
        None => return Err(refused("nothing")),
        Some(Value::Text(text)) => Arc::clone(text),
        Some(value) => match value.as_safe_integer() {
            Some(number) => number.to_string().into(),
            None => return Err(refused(value.describe())),
        },
    };
    let holds = match column.kind {
        TypeName::Uuid | TypeName::Binary => Storage::Uuid.can_hold(&text),
        TypeName::Integer | TypeName::Bigint => Storage::IntegerId.can_hold(&text),
        _ => !text.is_empty() && !text.contains('\0') && text.chars().count() <= LONGEST,
    };
    if holds { Ok(text) } else { Err(refused("another value")) }
}

/// The application's function has not said whose rows a call is about.
pub fn wrong(what: String) -> Error {
    Error::new(Code::Scope, format!("the function of option \"scope\" {what}"))
}
