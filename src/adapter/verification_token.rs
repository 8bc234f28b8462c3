//! Pending magic links and codes.

use super::{Call, Inserts, find_row, written_row};
use crate::batch::Lane;
use crate::engine::{Dialect, Plan};
use crate::error::{Code, Error, Result};
use crate::options::{Grace, VerificationTokenOptions};
use crate::schema::{Condition, Counted, Schema};
use crate::value::{Record, Row, Value, key};
use std::sync::Arc;

/// How often a token may be used within its grace period: by the person, and by what looks at their mail.
const MOST_USES: i64 = 3;

/// By which rules tokens are used. Without any, a token is used once, and a wrong try touches nothing.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// What has to be counted for them.
    pub(super) counted: Counted,
    grace: i64,
    most_attempts: i64,
}

impl Rules {
    pub(super) fn new(options: VerificationTokenOptions) -> Self {
        let VerificationTokenOptions { grace_seconds, max_attempts } = options;
        Rules {
            counted: Counted { uses: grace_seconds.is_some(), attempts: max_attempts.is_some() },
            grace: grace_seconds.map_or(0, Grace::milliseconds),
            most_attempts: max_attempts.map_or(0, |attempts| i64::from(attempts.0)),
        }
    }
}

/// The statements of this model.
#[derive(Debug)]
pub struct Statements {
    create: Inserts<Arc<Lane>>,
    take: Plan,
    take_by_token: Plan,
    delete_by_identifier: Plan,
    /// Nothing where a token is used once.
    rules: Option<Rules>,
}

impl Statements {
    pub(super) fn new(dialect: &Dialect, schema: &Schema, rules: Rules) -> Result<Self> {
        let token = &schema.verification_token;
        let counted = rules.counted;
        let rules = (counted != Counted::default()).then_some(rules);
        let (take, take_by_token) = if rules.is_some() {
            (
                token.take_counted(dialect, &[("identifier", 0), ("token", 1)], counted)?,
                token.take_counted(dialect, &[("token", 1)], counted)?,
            )
        } else {
            let key = ["identifier", "token"].map(Condition::equals);
            (token.delete(dialect, &key)?, token.delete_only(dialect, "token")?)
        };
        // The same code made twice for one person is one code, with the later expiry.
        let create = Inserts::new(dialect, token, |dialect, token| {
            token.insert_or_refresh(dialect, "identifier").map(Lane::new)
        })?;
        let delete_by_identifier =
            token.delete_silently(dialect, &[Condition::equals("identifier")])?;
        Ok(Statements { create, take, take_by_token, delete_by_identifier, rules })
    }
}

impl Call {
    /// Inserts a token.
    ///
    /// # Errors
    /// `ERR_UNIQUE`: somebody else has it, in a table where two people cannot have the same.
    pub async fn create_verification_token(&self, token: Record) -> Result<Row> {
        let model = &self.store.schema.verification_token;
        let creates = &self.store.verification_token.create;
        let insert = creates.of(self.store.engine.dialect(), model, &token)?;
        let model = insert.model();
        let values = model.insert_values(&token, self.now)?;
        let outcome = self.run_in(insert.plans(), &values).await?;
        self.clean_along();
        let in_the_way = model.is_unique(&["token"]) || model.column("token")?.is_loose();
        written_row(model, outcome, &values).map_err(|error| {
            if in_the_way {
                // The row that was there, which is another's or is taken for the same, was left alone.
                return Error::new(Code::Unique, "somebody else has this token");
            }
            error
        })
    }

    /// Takes a token: one statement deletes and returns it, so that it can be used once. One that
    /// has expired is taken too, and nothing returned.
    ///
    /// Core allows links without an identifier: then the token alone is looked up, and if several
    /// people have it, as may happen with short codes, it is nobody's. Where wrong tries are counted, which
    /// is by the identifier, nothing is found without one.
    pub async fn use_verification_token(&self, params: Option<Record>) -> Result<Option<Row>> {
        let params = params.unwrap_or_default();
        let model = &self.store.schema.verification_token;
        let statements = &self.store.verification_token;
        let Some(token) = key("token", params.get("token"))?.map(Value::Text) else {
            return Ok(None);
        };
        let found = match params.get("identifier") {
            None | Some(Value::Null) => {
                if statements.rules.is_some_and(|rules| rules.counted.attempts) {
                    return Ok(None);
                }
                let values = self.measured(vec![token.clone()]);
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
                let values = self.measured(vec![identifier.clone(), token.clone()]);
                let outcome = self.run(&statements.take, &values).await?;
                find_row(model, outcome, &[("identifier", &identifier), ("token", &token)])
            }
        };
        Ok(found.filter(|row| row.get("expires").as_date().is_some_and(|time| time > self.now)))
    }

    /// Deletes all tokens of an identifier, which is compared as it was given. Gives their number.
    pub async fn delete_verification_tokens(&self, identifier: Option<Arc<str>>) -> Result<u64> {
        let Some(identifier) = identifier.map(Value::Text) else {
            return Ok(0);
        };
        let plan = &self.store.verification_token.delete_by_identifier;
        Ok(self.run(plan, &[identifier]).await?.affected)
    }

    /// What a token is looked up by, with what it is measured by, if it is.
    fn measured(&self, mut values: Vec<Value>) -> Vec<Value> {
        if let Some(rules) = self.store.verification_token.rules {
            if values.len() == 1 {
                values.insert(0, Value::Null);
            }
            values.extend([
                Value::Date(self.now),
                Value::Date(self.now.saturating_sub(rules.grace)),
                Value::Integer(MOST_USES),
                Value::Integer(rules.most_attempts),
            ]);
        }
        values
    }
}
