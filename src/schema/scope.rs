//! The columns of option `scope`, which every statement compares: what tells tenants apart.
//!
//! Their values come before a call's own among those of a plan, and after the others' in the rows that a
//! statement gives back, where they are looked at again.

use super::{Column, Fill, Index, Model};
use crate::engine::{ColumnType, Dialect};
use crate::error::{Error, Result};
use crate::options::{ScopeColumn, TypeName};
use std::sync::Arc;

impl Model {
    /// The columns of the scope. All models have the same, in the same order.
    pub fn scope(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.fill == Fill::Scope)
    }

    /// Whether a property is one of the scope's.
    pub(super) fn is_scope(&self, property: &str) -> bool {
        self.scope().any(|column| &*column.property == property)
    }

    /// The properties of the scope, and then these.
    pub(super) fn scoped(&self, properties: &[Arc<str>]) -> Vec<Arc<str>> {
        let scope = self.scope().map(|column| Arc::clone(&column.property));
        scope.chain(properties.iter().cloned()).collect()
    }

    /// Gives the table the columns of the scope.
    ///
    /// # Errors
    /// `ERR_CONFIG`: the model has a property of this name.
    pub(super) fn add_scope(&mut self, dialect: &Dialect, scope: &[ScopeColumn]) -> Result<()> {
        for ScopeColumn { property, kind } in scope {
            if self.columns.iter().any(|column| *column.property == **property) {
                return Err(Error::config(format!(
                    "option \"scope\" has a column \"{property}\", which is a property of the {} \
                     model already",
                    self.name
                )));
            }
            self.columns.push(Column {
                shown: false,
                is_written: false,
                fill: Fill::Scope,
                ..Column::new(property, property, ColumnType::Key, typed(dialect, *kind)?)
            });
        }
        Ok(())
    }

    /// Lets rows of two scopes be alike: every unique key gets the scope's columns, and every index but
    /// that by which expired rows of all scopes are found.
    pub(super) fn scope_keys(&mut self) {
        if self.scope().next().is_none() {
            return;
        }
        let counted = self.columns.iter().any(|column| {
            self.primary.as_slice() == [Arc::clone(&column.property)]
                && column.fill.is_left_to_database()
        });
        if counted {
            // A counter is a key by itself, and has to be; what points to it names the scope too.
            let properties = self.primary.clone();
            self.indexes.push(Index::new(properties, true));
        } else if !self.primary.is_empty() {
            self.primary = self.scoped(&self.primary);
        }
        let mut indexes = std::mem::take(&mut self.indexes);
        for index in &mut indexes {
            if index.unique || *index.properties != ["expires".into()] {
                index.properties = self.scoped(&index.properties);
            }
        }
        self.indexes = indexes;
    }
}

/// The type of a column of the scope.
fn typed(dialect: &Dialect, kind: TypeName) -> Result<(&'static str, crate::engine::Storage)> {
    let storage = super::extra::storage(ColumnType::Key, kind)
        .ok_or_else(|| Error::internal("a scope has a type that no key has"))?;
    Ok((super::extra::sql_type(dialect, ColumnType::Key, kind), storage))
}
