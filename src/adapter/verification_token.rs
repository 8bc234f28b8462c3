//! Pending magic links and codes.

use super::{Call, find_row, written_row};
use crate::batch::Lane;
use crate::engine::{Dialect, Plan};
use crate::error::{Code, Error, Result};
use crate::schema::{Condition, Schema};
use crate::value::{Record, Row, Value, key};
use std::sync::Arc;

/// The statements of this model.
#[derive(Debug)]
pub struct Statements {
    create: Arc<Lane>,
    take: Plan,
    take_by_token: Plan,
}

impl Statements {
    pub(super) fn new(dialect: &Dialect, schema: &Schema) -> Result<Self> {
        let token = &schema.verification_token;
        let key = ["identifier", "token"].map(Condition::equals);
        Ok(Statements {
            // The same code made twice for one person is one code, with the later expiry.
            create: Lane::new(token.insert_or_refresh(dialect, "identifier")?),
            take: token.delete(dialect, &key)?,
            take_by_token: token.delete_only(dialect, "token")?,
        })
    }
}

impl Call {
    /// Inserts a token.
    ///
    /// # Errors
    /// `ERR_UNIQUE`: somebody else has it, in a table where two people cannot have the same.
    pub async fn create_verification_token(&self, token: Record) -> Result<Row> {
        let model = &self.store.schema.verification_token;
        let values = model.insert_values(&token, self.now)?;
        let outcome = self.run_in(&self.store.verification_token.create, &values).await?;
        if outcome.rows.is_empty() && model.is_unique(&["token"]) {
            return Err(Error::new(Code::Unique, "somebody else has this token"));
        }
        written_row(model, outcome, &values)
    }

    /// Takes a token: one statement deletes and returns it, so that it can be used once. One that
    /// has expired is taken too, and nothing returned.
    ///
    /// Core allows links without an identifier: then the token alone is looked up, and if several
    /// people have it, as may happen with short codes, it is nobody's.
    pub async fn use_verification_token(&self, params: Option<Record>) -> Result<Option<Row>> {
        let params = params.unwrap_or_default();
        let model = &self.store.schema.verification_token;
        let statements = &self.store.verification_token;
        let Some(token) = key("token", params.get("token"))?.map(Value::Text) else {
            return Ok(None);
        };
        let found = match params.get("identifier") {
            None | Some(Value::Null) => {
                let values = [token.clone()];
                let outcome = self.run(&statements.take_by_token, &values).await?;
                if outcome.rows.len() == 1 {
                    find_row(model, outcome, &[("token", &token)])
                } else {
                    None
                }
            }
            given => {
                let Some(identifier) = key("identifier", given)?.map(Value::Text) else {
                    return Ok(None);
                };
                let values = [identifier.clone(), token.clone()];
                let outcome = self.run(&statements.take, &values).await?;
                find_row(model, outcome, &[("identifier", &identifier), ("token", &token)])
            }
        };
        Ok(found.filter(|row| row.get("expires").as_date().is_some_and(|time| time > self.now)))
    }
}
