//! The tables: which property of a model is which column, what a column accepts, and the SQL that
//! follows from it.

mod compose;
mod create;
mod own;

pub use compose::{Condition, Join};
pub use create::{create, ensure, explain};
pub use own::own;

use crate::engine::{ColumnType, Dialect, OutputColumn, Plan, Storage, Table};
use crate::error::{Error, Result};
use crate::value::{Record, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The five models of NextAuth.
#[derive(Debug)]
pub struct Schema {
    /// People.
    pub user: Model,
    /// The providers' accounts that they sign in with.
    pub account: Model,
    /// Where they are signed in.
    pub session: Model,
    /// Pending magic links and codes.
    pub verification_token: Model,
    /// Passkeys.
    pub authenticator: Model,
}

impl Schema {
    /// All models; a table comes after those that it points to.
    pub fn models(&self) -> [&Model; 5] {
        [&self.user, &self.account, &self.session, &self.verification_token, &self.authenticator]
    }
}

impl Schema {
    fn models_mut(&mut self) -> [&mut Model; 5] {
        [
            &mut self.user,
            &mut self.account,
            &mut self.session,
            &mut self.verification_token,
            &mut self.authenticator,
        ]
    }
}

/// A model and its table.
#[derive(Debug)]
pub struct Model {
    /// What the model is called in errors: `"user"`.
    pub name: &'static str,
    /// The table's name.
    pub table: Table,
    /// The columns.
    pub columns: Vec<Column>,
    /// The properties that identify a row.
    pub key: &'static [&'static str],
    /// Further indexes.
    pub indexes: Vec<Index>,
    /// Whether a property that is null is left out of results.
    pub omit_null: bool,
    /// The properties of results.
    pub names: Arc<[Arc<str>]>,
    /// The UPDATEs met so far, by the columns that they set: composed once each.
    updates: Mutex<HashMap<Vec<usize>, Arc<Plan>>>,
}

/// A column.
#[derive(Debug, Clone)]
pub struct Column {
    /// The property in JavaScript.
    pub property: Arc<str>,
    /// The name in the database.
    pub name: String,
    /// What it is for.
    pub kind: ColumnType,
    /// How it keeps its values.
    pub storage: Storage,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether results show it.
    pub shown: bool,
    /// The default, as SQL, of a column that inserts leave to the database.
    pub default: Option<String>,
    /// The model whose rows it points to.
    pub references: Option<Reference>,
}

/// Where a column points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// The user's id; a user's rows go with the user.
    User,
}

/// An index.
#[derive(Debug, Clone)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// The properties, in order.
    pub properties: &'static [&'static str],
    /// Whether two rows may not be alike in them.
    pub unique: bool,
}

impl Model {
    fn new(
        name: &'static str,
        table: &str,
        key: &'static [&'static str],
        columns: Vec<Column>,
    ) -> Self {
        let names =
            columns.iter().filter(|column| column.shown).map(|column| Arc::clone(&column.property));
        Model {
            name,
            table: Table { schema: None, name: table.to_owned() },
            key,
            indexes: Vec::new(),
            omit_null: false,
            names: names.collect(),
            columns,
            updates: Mutex::default(),
        }
    }

    /// The column of a property.
    ///
    /// # Errors
    /// `ERR_INTERNAL`: the operations ask only for what their model has.
    pub fn column(&self, property: &str) -> Result<&Column> {
        self.columns.iter().find(|column| &*column.property == property).ok_or_else(|| {
            Error::internal(format!("the {} model has no property {property}", self.name))
        })
    }

    /// The columns that results show, in the order of [`Model::names`].
    pub fn shown(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.shown)
    }

    /// The columns that inserts give a value to.
    pub fn inserted(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.default.is_none())
    }

    /// One value for each inserted column: what the record gives, else null.
    ///
    /// # Errors
    /// `ERR_INVALID_ARGUMENT` names the property that is missing or that its column cannot hold.
    pub fn insert_values(&self, record: &Record) -> Result<Vec<Value>> {
        self.inserted()
            .map(|column| match record.get(&column.property) {
                None if column.nullable => Ok(Value::Null),
                None => Err(Error::invalid_argument(format!(
                    "{}.{} is missing",
                    self.name, column.property
                ))),
                Some(value) => column.accept(self.name, value),
            })
            .collect()
    }

    /// Whether a row, as the columns shown, holds what these values, as the columns inserted, say.
    pub fn is_inserted(&self, row: &[Value], values: &[Value]) -> bool {
        let inserted: Vec<(&Column, &Value)> = self.inserted().zip(values).collect();
        self.shown().zip(row).all(|(shown, held)| {
            inserted
                .iter()
                .any(|(column, value)| column.property == shown.property && *value == held)
        })
    }

    /// How the columns shown come back from the database.
    pub fn output(&self) -> Vec<OutputColumn> {
        self.shown().map(|column| column.output(&self.table)).collect()
    }

    /// The UPDATE of the row that `conditions` find which sets these columns (by index).
    pub fn update(
        &self,
        dialect: &Dialect,
        columns: &[usize],
        conditions: &[Condition],
    ) -> Result<Arc<Plan>> {
        let mut updates = self.updates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = updates.get(columns) {
            return Ok(Arc::clone(plan));
        }
        let set: Vec<&Column> =
            columns.iter().filter_map(|index| self.columns.get(*index)).collect();
        let plan = Arc::new(self.compose_update(dialect, &set, conditions)?);
        updates.insert(columns.to_vec(), Arc::clone(&plan));
        Ok(plan)
    }

    /// The columns, by index, that a record gives a value to, with those values. The key is not
    /// among them.
    ///
    /// # Errors
    /// `ERR_INVALID_ARGUMENT` names the property that its column cannot hold.
    pub fn changes(&self, record: &Record) -> Result<(Vec<usize>, Vec<Value>)> {
        let mut indexes = Vec::new();
        let mut values = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            if self.key.contains(&&*column.property) {
                continue;
            }
            if let Some(value) = record.get(&column.property).filter(|_| column.shown) {
                indexes.push(index);
                values.push(column.accept(self.name, value)?);
            }
        }
        Ok((indexes, values))
    }
}

impl Column {
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
                let Value::Text(text) = value else {
                    // Identifiers may be numbers in JavaScript, such as GitHub's account ids.
                    return match (self.kind, value.as_safe_integer()) {
                        (ColumnType::Key, Some(number)) => Ok(Value::from(number.to_string())),
                        _ => Err(wrong("a string")),
                    };
                };
                if text.contains('\0') {
                    // PostgreSQL cannot hold it, and all databases give the same answers.
                    return Err(Error::invalid_argument(format!(
                        "{model}.{} holds a NUL character, which no column stores",
                        self.property
                    )));
                }
                Value::Text(Arc::clone(text))
            }
            (ColumnType::Integer, value) => {
                Value::Integer(value.as_safe_integer().ok_or_else(|| wrong("a whole number"))?)
            }
            (ColumnType::Boolean, Value::Boolean(value)) => Value::Boolean(*value),
            (ColumnType::Boolean, _) => return Err(wrong("a boolean")),
            (ColumnType::Date, Value::Date(time)) => Value::Date(*time),
            (ColumnType::Date, _) => return Err(wrong("a Date")),
        };
        Ok(accepted)
    }

    /// How it comes back from the database.
    pub fn output(&self, table: &Table) -> OutputColumn {
        OutputColumn { name: format!("{}.{}", table.name, self.name).into(), storage: self.storage }
    }
}
