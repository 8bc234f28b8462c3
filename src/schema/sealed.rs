//! Columns of accounts whose values are encrypted.

use super::{Access, Column, Model, Schema};
use crate::crypto::sealed_length;
use crate::engine::{ColumnType, Storage};
use crate::error::{Error, Result};
use crate::options::nearest;

/// What is encrypted if the options do not say.
const OAUTH_TOKENS: [&str; 3] = ["access_token", "refresh_token", "id_token"];

/// How long a token may well be: signed ones with many claims exceed 2,000 characters.
pub(super) const LONG_TOKEN: usize = 4_096;

impl Column {
    /// Whether it may hold an envelope: text that nothing is found by.
    pub fn is_sealable(&self) -> bool {
        self.kind == ColumnType::Text
            && matches!(self.storage, Storage::Text | Storage::AnyText)
            && self.is_written
            && self.references.is_none()
    }
}

impl Schema {
    /// Marks the columns of accounts that are encrypted: these, or else those of the OAuth tokens that
    /// there are.
    ///
    /// # Errors
    /// `ERR_CONFIG` names the column that cannot be.
    pub fn seal(&mut self, properties: Option<&[String]>) -> Result<()> {
        let account = &mut self.account;
        if account.access == Access::Absent {
            return Err(Error::config(
                "option \"encryption\" has nothing to encrypt: the schema has no accounts",
            ));
        }
        if let Some(properties) = properties {
            return properties.iter().try_for_each(|property| account.seal(property));
        }
        let tokens: Vec<&str> =
            OAUTH_TOKENS.into_iter().filter(|property| account.has(property)).collect();
        if tokens.is_empty() {
            return Err(Error::config(
                "option \"encryption\" has nothing to encrypt: the schema has no OAuth tokens; name \
                 columns with \"encryption.columns\"",
            ));
        }
        tokens.into_iter().try_for_each(|property| account.seal(property))
    }
}

impl Model {
    fn seal(&mut self, property: &str) -> Result<()> {
        let known: Vec<&str> =
            self.columns.iter().filter(|one| one.is_sealable()).map(|one| &*one.property).collect();
        let near = nearest(property, &known).map(str::to_owned);
        let wrong = |why: String| {
            Err(Error::config(format!("option \"encryption.columns\": account.{property} {why}")))
        };
        let Some(column) = self.columns.iter_mut().find(|one| &*one.property == property) else {
            return wrong(match near {
                Some(near) => format!("is no column; did you mean \"{near}\"?"),
                None => "is no column of the schema".to_owned(),
            });
        };
        if !column.is_sealable() {
            return wrong("cannot be encrypted: only text can that no row is found by".to_owned());
        }
        let needed = sealed_length(LONG_TOKEN);
        if column.longest.is_some_and(|longest| longest < needed) {
            return wrong(format!(
                "is kept in the column {} of type {}, which is too short for what is encrypted: give it a \
                 type without a length (`check` says how), and say so with \
                 \"schema.account.columns.{property}\": {{ type: \"text\" }}; or leave it out of \
                 \"encryption.columns\"",
                column.name, column.sql_type
            ));
        }
        column.sealed = true;
        Ok(())
    }
}
