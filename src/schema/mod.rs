//! The tables: which property of a model is which column, what a column accepts, and the SQL that
//! follows from it.

mod build;
mod bulk;
mod column;
mod compare;
mod compose;
mod constraint;
mod create;
mod expiry;
mod extra;
mod foreign_key;
mod guard;
mod id;
mod journal;
mod lease;
mod leftover;
mod many;
mod migrate;
mod own;
mod page;
mod preset;
mod reclaim;
mod recognise;
mod scope;
mod sealed;
mod unnamed;
mod unprefixed;
mod uses;

pub use build::{build, preview};
pub use bulk::{Inserts, LookUp, Scan, keeps_ids};
pub use column::{Column, Fill, Reference};
pub use compare::{Finding, Level, compare, repairs};
pub use compose::{Condition, Join};
pub use create::{create, create_table, definitions, ensure, explain};
pub use guard::lock_user;
pub use id::new_id;
pub use leftover::Leftover;
pub use migrate::{changes, migrate};
pub use page::position;
pub use reclaim::SINCE;
pub use unnamed::unnamed;
pub use uses::Counted;

use crate::engine::{Dialect, OutputColumn, Plan, Storage, Table};
use crate::error::{Code, Error, Result};
use crate::value::{Record, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The five models of NextAuth.
#[derive(Debug)]
pub struct Schema {
    /// Whether the options give tables other names, or a place of their own.
    pub renamed: bool,
    /// The preset that it is, if it is one.
    pub preset: Option<&'static preset::Preset>,
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
    /// The models whose tables may be created and added to.
    pub fn created(&self) -> impl Iterator<Item = &Model> {
        self.models().into_iter().filter(|model| model.access == Access::Full)
    }

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
    /// The properties of the table's primary key.
    pub primary: Vec<Arc<str>>,
    /// The primary key's name, if the database is not to choose it.
    pub primary_name: Option<String>,
    /// Further indexes.
    pub indexes: Vec<Index>,
    /// Whether a property that is null is left out of results.
    pub omit_null: bool,
    /// What may be done with the table.
    pub access: Access,
    /// The properties that order rows which should be one, the oldest first.
    pub oldest_first: Vec<Arc<str>>,
    /// Whether the table has a foreign key to the users.
    pub foreign_key: bool,
    /// Whether that may say nothing of the scope, so that another scope's user would do.
    pub loose_scope: bool,
    /// Where the rows' users are.
    pub owner: Option<Owner>,
    /// The properties of results.
    pub names: Arc<[Arc<str>]>,
    /// The UPDATEs met so far, by the columns that they set: composed once each.
    updates: Mutex<HashMap<Vec<usize>, Vec<Update>>>,
}

/// An UPDATE of some columns: the conditions that find its row, the properties that only we keep as
/// they should be, and the plan.
type Update = (Vec<Condition>, Vec<&'static str>, Arc<Plan>);

/// What may be done with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everything.
    Full,
    /// Its rows are read: it is a view, or somebody else's.
    ReadOnly,
    /// Nothing: there is no such table.
    Absent,
}

/// The users' table, for a model whose rows point to it.
#[derive(Debug, Clone)]
pub struct Owner {
    /// The table.
    pub table: Table,
    /// Its column of ids.
    pub id: String,
    /// How that keeps them.
    pub storage: Storage,
    /// The columns that tell whose users they are.
    pub scope: Vec<Column>,
}

/// An index.
#[derive(Debug, Clone)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// The properties, in order.
    pub properties: Vec<Arc<str>>,
    /// Whether two rows may not be alike in them.
    pub unique: bool,
    /// Whether it is a constraint of the table, where the database tells the two apart.
    pub constraint: bool,
}

impl Index {
    /// One whose name follows from the table's and the columns'.
    pub(super) fn new(properties: Vec<Arc<str>>, unique: bool) -> Self {
        Index { name: String::new(), properties, unique, constraint: false }
    }
}

impl Model {
    fn new(
        name: &'static str,
        table: &str,
        key: &'static [&'static str],
        columns: Vec<Column>,
    ) -> Self {
        let mut model = Model {
            name,
            table: Table { schema: None, name: table.to_owned() },
            primary: key.iter().map(|property| (*property).into()).collect(),
            primary_name: None,
            key,
            indexes: Vec::new(),
            omit_null: false,
            access: Access::Full,
            oldest_first: Vec::new(),
            foreign_key: true,
            loose_scope: false,
            owner: None,
            names: Arc::default(),
            columns,
            updates: Mutex::default(),
        };
        model.set_names();
        model
    }

    /// Derives the properties of results from the columns.
    fn set_names(&mut self) {
        self.names = self.shown().map(|column| Arc::clone(&column.property)).collect();
    }

    /// The model with some of its columns, by index, given a value by inserts that else leave it to
    /// the database.
    pub fn giving(&self, given: &[usize]) -> Model {
        let mut columns = self.columns.clone();
        for index in given {
            if let Some(column) = columns.get_mut(*index) {
                column.fill = Fill::Given;
            }
        }
        Model {
            name: self.name,
            table: self.table.clone(),
            columns,
            key: self.key,
            primary: self.primary.clone(),
            primary_name: self.primary_name.clone(),
            indexes: self.indexes.clone(),
            omit_null: self.omit_null,
            access: self.access,
            oldest_first: self.oldest_first.clone(),
            foreign_key: self.foreign_key,
            loose_scope: self.loose_scope,
            owner: self.owner.clone(),
            names: Arc::clone(&self.names),
            updates: Mutex::default(),
        }
    }

    /// The columns, by index, that a record gives a value to though inserts leave them to the
    /// database.
    pub fn given(&self, record: &Record) -> Vec<usize> {
        let columns = self.columns.iter().enumerate();
        columns
            .filter(|(_, column)| {
                column.fill == Fill::IfGiven && record.get(&column.property).is_some()
            })
            .map(|(index, _)| index)
            .collect()
    }

    /// Refuses what the table is not there for.
    ///
    /// # Errors
    /// `ERR_UNSUPPORTED` names the option that says so.
    pub fn allow(&self, writes: bool) -> Result<()> {
        let refused = |why: String| Err(Error::new(Code::Unsupported, why));
        match self.access {
            Access::Absent => refused(format!(
                "there is no table for this: the schema has no {} model (option \"schema.{}\")",
                self.name, self.name
            )),
            Access::ReadOnly if writes => refused(format!(
                "the table {} is only read (option \"schema.{}.readOnly\")",
                self.table.name, self.name
            )),
            _ => Ok(()),
        }
    }

    /// Whether the database itself sees to it that a row's user exists, and is of the row's scope.
    pub fn keeps_user(&self) -> bool {
        self.foreign_key && !self.loose_scope
    }

    /// Whether the database keeps two rows of one scope from being alike in these properties.
    pub fn is_unique(&self, properties: &[&str]) -> bool {
        self.unique_within(properties).is_some()
    }

    /// The properties of a unique key whose properties are all among these, but for those that the
    /// scope says: the longest.
    pub fn unique_within(&self, properties: &[&str]) -> Option<&[Arc<str>]> {
        let indexes = self.indexes.iter().filter(|index| index.unique);
        std::iter::once(self.primary.as_slice())
            .chain(indexes.map(|index| index.properties.as_slice()))
            .filter(|key| {
                !key.is_empty()
                    && key.iter().all(|property| {
                        properties.contains(&&**property) || self.is_scope(property)
                    })
            })
            .max_by_key(|key| key.len())
    }

    /// The column of a property.
    ///
    /// # Errors
    /// `ERR_UNSUPPORTED`: the schema leaves it out.
    pub fn column(&self, property: &str) -> Result<&Column> {
        self.allow(false)?;
        self.columns.iter().find(|column| &*column.property == property).ok_or_else(|| {
            Error::new(
                Code::Unsupported,
                format!(
                    "there is no column for this: the schema's {} model has no {property} (option \
                     \"schema.{}.columns.{property}\")",
                    self.name, self.name
                ),
            )
        })
    }

    /// Whether there is a column of a property.
    pub fn has(&self, property: &str) -> bool {
        self.access != Access::Absent
            && self.columns.iter().any(|column| &*column.property == property)
    }

    /// The columns that results show, in the order of [`Model::names`].
    pub fn shown(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.shown)
    }

    /// The columns that inserts give a value of the call's to.
    pub fn inserted(&self) -> impl Iterator<Item = &Column> {
        let columns = self.columns.iter();
        columns.filter(|column| !column.fill.is_left_to_database() && column.fill != Fill::Scope)
    }

    /// One value for each inserted column: what the record gives, else what the column says.
    ///
    /// # Errors
    /// `ERR_INVALID_ARGUMENT` names the property that is missing or that its column cannot hold;
    /// `ERR_FOREIGN_KEY`: no row can have the id that it should point to.
    pub fn insert_values(&self, record: &Record, now: i64) -> Result<Vec<Value>> {
        self.allow(true)?;
        self.inserted().map(|column| column.insert_value(self.name, record, now)).collect()
    }

    /// Whether a row, as the columns shown, holds what these values, as the columns inserted, say.
    pub fn is_inserted(&self, row: &[Value], values: &[Value]) -> bool {
        let inserted: Vec<(&Column, &Value)> = self.inserted().zip(values).collect();
        self.shown().zip(row).all(|(shown, held)| {
            if matches!(shown.storage, Storage::Json | Storage::Float) {
                // The database has its own way to write them.
                return true;
            }
            let mut given = inserted.iter().filter(|(column, _)| column.property == shown.property);
            // What the database has filled in says nothing, unless it is the key.
            given.next().map_or(!self.key.contains(&&*shown.property), |(_, value)| *value == held)
        })
    }

    /// The columns that statements give back: those shown, and those that tell whose row it is.
    pub(super) fn returned(&self) -> impl Iterator<Item = &Column> {
        self.shown().chain(self.scope())
    }

    /// How the columns returned come back from the database.
    pub fn output(&self) -> Vec<OutputColumn> {
        self.returned().map(|column| column.output(&self.table)).collect()
    }

    /// The UPDATE of the row that `conditions` find which sets these columns (by index). `kept`: what
    /// [`Model::kept_by_us`] says of them.
    pub fn update(
        &self,
        dialect: &Dialect,
        columns: &[usize],
        conditions: &[Condition],
        kept: &[&'static str],
    ) -> Result<Arc<Plan>> {
        self.allow(true)?;
        let mut updates = self.updates.lock().unwrap_or_else(PoisonError::into_inner);
        let mut met = updates.get(columns).into_iter().flatten();
        let same = |update: &&Update| update.0 == conditions && update.1 == kept;
        if let Some((_, _, plan)) = met.find(same) {
            return Ok(Arc::clone(plan));
        }
        let set: Vec<&Column> =
            columns.iter().filter_map(|index| self.columns.get(*index)).collect();
        let plan = Arc::new(self.compose_update(dialect, &set, conditions, kept)?);
        let update = (conditions.to_vec(), kept.to_vec(), Arc::clone(&plan));
        updates.entry(columns.to_vec()).or_default().push(update);
        Ok(plan)
    }

    /// The columns, by index, that a record gives a value to, with those values, and those that
    /// change with every change. The key is not among them.
    ///
    /// # Errors
    /// `ERR_INVALID_ARGUMENT` names the property that its column cannot hold.
    pub fn changes(&self, record: &Record, now: i64) -> Result<(Vec<usize>, Vec<Value>)> {
        let mut indexes = Vec::new();
        let mut values = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            if self.key.contains(&&*column.property) {
                continue;
            }
            if let Some(value) = record.get(&column.property).filter(|_| column.is_written) {
                indexes.push(index);
                values.push(column.accept(self.name, value)?);
            }
        }
        if !indexes.is_empty() {
            for (index, column) in self.columns.iter().enumerate() {
                if column.changes && !indexes.contains(&index) {
                    indexes.push(index);
                    values.push(column.storage.rounded(Value::Date(now)));
                }
            }
        }
        Ok((indexes, values))
    }
}
