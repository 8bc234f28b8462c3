//! A column: what it accepts, and where its value comes from when none is given.

use super::id;
use crate::engine::{ColumnType, OutputColumn, Storage, Table, integer};
use crate::error::{Code, Error, Result};
use crate::options::Ids;
use crate::value::{Record, Value};
use std::sync::Arc;

/// A column.
#[derive(Debug, Clone)]
pub struct Column {
    /// The property in JavaScript.
    pub property: Arc<str>,
    /// The name in the database.
    pub name: String,
    /// What it is for.
    pub kind: ColumnType,
    /// What the database calls its type.
    pub sql_type: String,
    /// How it keeps its values.
    pub storage: Storage,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether results show it.
    pub shown: bool,
    /// Whether what a call gives for it is stored.
    pub is_written: bool,
    /// Where its value comes from in a new row.
    pub fill: Fill,
    /// Whether it holds the time of the row's last change.
    pub changes: bool,
    /// Its default, as SQL.
    pub default: Option<String>,
    /// The model whose rows it points to.
    pub references: Option<Reference>,
    /// Whether the database compares its text byte by byte.
    pub exact: bool,
    /// The characters that it takes at most, if its type says.
    pub longest: Option<usize>,
    /// Whether its values are encrypted.
    pub sealed: bool,
}

/// Where a column points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// The user's id; a user's rows go with the user.
    User,
}

/// Where the value of a column comes from in a new row.
#[derive(Debug, Clone, PartialEq)]
pub enum Fill {
    /// The call gives it, or it is null.
    Given,
    /// The call gives it, or the database's default holds.
    IfGiven,
    /// The database's default.
    Database,
    /// An id made here, if the call gives none that the column can hold.
    Made {
        /// How it is made.
        ids: Ids,
        /// Whether a random UUID, which says nothing, is not taken either.
        instead_of_random: bool,
    },
    /// The time of the call.
    Now,
    /// NextAuth v3's digest of an account's key.
    AccountDigest,
    /// 64 random hexadecimal digits.
    Secret,
    /// This value, if the call gives none.
    Value(Value),
    /// What the option `scope` says at the call; nothing that the call gives.
    Scope,
    /// This value, whatever the call gives, also in a row that is there already.
    Reset(Value),
}

impl Fill {
    /// Whether inserts do not name the column.
    pub fn is_left_to_database(&self) -> bool {
        matches!(self, Fill::Database | Fill::IfGiven)
    }
}

impl Column {
    /// A column that must be given a value and shows it.
    pub fn new(property: &str, name: &str, kind: ColumnType, typed: (&str, Storage)) -> Self {
        Column {
            property: property.into(),
            name: name.to_owned(),
            kind,
            sql_type: typed.0.to_owned(),
            storage: typed.1,
            nullable: false,
            shown: true,
            is_written: true,
            fill: Fill::Given,
            changes: false,
            default: None,
            references: None,
            exact: true,
            longest: None,
            sealed: false,
        }
    }

    /// Whether a row that is inserted again gets the same value as a new one.
    pub fn is_reset(&self) -> bool {
        matches!(self.fill, Fill::Reset(_))
    }

    /// Whether the database may take two texts for the same that differ by a byte.
    pub fn is_loose(&self) -> bool {
        !self.exact && self.storage == Storage::Text
    }

    /// Gives a record this id, unless it has one that the column can hold and that says something.
    pub fn replace_id(&self, record: &mut Record, id: &Arc<str>) {
        let given = record.get(&self.property).and_then(|value| self.text("user", value).ok()?);
        let kept = given.is_some_and(|given| {
            !given.is_empty() && self.storage.can_hold(&given) && !id::is_random_uuid(&given)
        });
        if !kept {
            record.0.retain(|(name, _)| *name != self.property);
            record.0.push((Arc::clone(&self.property), Value::Text(Arc::clone(id))));
        }
    }

    /// The value of a new row.
    ///
    /// # Errors
    /// `ERR_INVALID_ARGUMENT` names the property and says what it needs.
    pub fn insert_value(&self, model: &str, record: &Record, now: i64) -> Result<Value> {
        let given = record.get(&self.property).filter(|_| self.is_written);
        match (&self.fill, given) {
            (Fill::Made { ids, instead_of_random }, given) => {
                let given = match given {
                    None | Some(Value::Null) => None,
                    Some(value) if *value == Value::from("") => None,
                    Some(value) => Some(self.text(model, value)?.ok_or_else(|| {
                        Error::invalid_argument(format!(
                            "{model}.{} must be a string, not {}",
                            self.property,
                            value.describe()
                        ))
                    })?),
                };
                let kept = given.filter(|text| {
                    self.storage.can_hold(text)
                        && !(*instead_of_random
                            && *ids != Ids::Function
                            && id::is_random_uuid(text))
                });
                let id = match kept {
                    Some(id) => Some(id),
                    None => id::new_id(*ids)?,
                };
                id.map(Value::Text).ok_or_else(|| {
                    Error::invalid_argument(format!(
                        "the function of option \"schema.ids\" gave no {model}.{} that the column holds",
                        self.property
                    ))
                })
            }
            (Fill::Reset(value), _) => Ok(value.clone()),
            (_, Some(value)) => self.accept(model, value),
            (Fill::AccountDigest, _) => {
                let text = |property: &str| {
                    record.get(property).map(|value| self.text(model, value)).transpose()
                };
                let (provider, id) =
                    (text("provider")?.flatten(), text("providerAccountId")?.flatten());
                let key = format!(
                    "{}:{}",
                    provider.as_deref().unwrap_or_default(),
                    id.as_deref().unwrap_or_default()
                );
                Ok(Value::from(crate::crypto::sha256_hex(key.as_bytes())))
            }
            (Fill::Secret, None) => Ok(Value::from(id::secret()?)),
            (Fill::Now, None) => Ok(self.storage.rounded(Value::Date(now))),
            (Fill::Value(value), None) => Ok(value.clone()),
            (_, None) if self.nullable => Ok(Value::Null),
            (_, None) => {
                Err(Error::invalid_argument(format!("{model}.{} is missing", self.property)))
            }
        }
    }

    /// The text that a value is, if it is one that this column may hold.
    fn text(&self, model: &str, value: &Value) -> Result<Option<Arc<str>>> {
        let text = match (value, value.as_safe_integer()) {
            (Value::Text(text), _) => Arc::clone(text),
            // Identifiers may be numbers in JavaScript, such as GitHub's account ids.
            (_, Some(number)) if self.kind == ColumnType::Key => number.to_string().into(),
            _ => return Ok(None),
        };
        if text.contains('\0') {
            // PostgreSQL cannot hold it, and all databases give the same answers.
            return Err(Error::invalid_argument(format!(
                "{model}.{} holds a NUL character, which no column stores",
                self.property
            )));
        }
        Ok(Some(text))
    }

    /// The value as the column holds it.
    ///
    /// # Errors
    /// `ERR_INVALID_ARGUMENT` names the property and says what it needs.
    pub fn accept(&self, model: &str, value: &Value) -> Result<Value> {
        let wrong = |needed: &str| {
            Error::invalid_argument(format!(
                "{model}.{} must be {needed}, not {}",
                self.property,
                value.describe()
            ))
        };
        let accepted = match (self.kind, value) {
            (_, Value::Null) if self.nullable => Value::Null,
            (ColumnType::Key | ColumnType::CredentialId | ColumnType::Text, value) => {
                let text = self.text(model, value)?.ok_or_else(|| wrong("a string"))?;
                let held = self.storage.can_hold(&text)
                    && (self.references.is_none()
                        || self.longest.is_none_or(|longest| text.chars().count() <= longest));
                match (held, self.references) {
                    (true, _) => {}
                    (false, Some(Reference::User)) => {
                        let message = format!("no user has this {}", self.property);
                        return Err(Error::new(Code::ForeignKey, message));
                    }
                    (false, None) if self.storage == Storage::IntegerId => {
                        return Err(wrong("a whole number"));
                    }
                    (false, None) if self.storage == Storage::Day => {
                        return Err(wrong("a day such as \"2020-01-31\""));
                    }
                    (false, None) => return Err(wrong("a UUID in lower-case letters")),
                }
                Value::Text(text)
            }
            (ColumnType::Integer, Value::Text(text)) => {
                // Digits are how JavaScript has an integer beyond 2^53, and how some drivers give any.
                Value::Integer(integer(text).ok_or_else(|| wrong("a whole number"))?)
            }
            (ColumnType::Integer, value) => {
                Value::Integer(value.as_safe_integer().ok_or_else(|| wrong("a whole number"))?)
            }
            (ColumnType::Float, value) => match value {
                Value::Float(number) if number.is_finite() => Value::Float(*number),
                // Beyond 2^53 the nearest number, as everywhere in JavaScript.
                #[allow(clippy::cast_precision_loss)]
                Value::Integer(number) => Value::Float(*number as f64),
                _ => return Err(wrong("a number")),
            },
            (ColumnType::Boolean, Value::Boolean(value)) => Value::Boolean(*value),
            (ColumnType::Boolean, _) => return Err(wrong("a boolean")),
            (ColumnType::Date, Value::Date(time)) => self.storage.rounded(Value::Date(*time)),
            (ColumnType::Date, _) => return Err(wrong("a Date")),
            (ColumnType::Json, value) => {
                Value::Json(value.to_json().ok_or_else(|| wrong("a value of JSON"))?)
            }
        };
        Ok(accepted)
    }

    /// How it comes back from the database.
    pub fn output(&self, table: &Table) -> OutputColumn {
        OutputColumn { name: format!("{}.{}", table.name, self.name).into(), storage: self.storage }
    }
}
