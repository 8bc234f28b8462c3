//! Passkeys.

use super::{Call, InsertPlans, Inserts, find_row, row, written_row};
use crate::engine::{Dialect, Plan};
use crate::error::{Code, Error, Result};
use crate::schema::{Condition, Schema};
use crate::value::{Record, Row, Value};
use std::sync::Arc;

/// The statements of this model.
#[derive(Debug)]
pub struct Statements {
    insert: Inserts<InsertPlans>,
    by_id: Plan,
    by_user: Plan,
}

const BY_ID: Condition = Condition::equals("credentialID");

/// Signature counters are 32 bits wide: <https://www.w3.org/TR/webauthn-3/#signature-counter>.
const MAX_COUNTER: i64 = u32::MAX as i64;

impl Statements {
    pub(super) fn new(dialect: &Dialect, schema: &Schema) -> Result<Self> {
        let authenticator = &schema.authenticator;
        let by_user = [Condition::equals("userId")];
        Ok(Statements {
            insert: Inserts::new(dialect, authenticator, InsertPlans::new)?,
            by_id: authenticator.select(dialect, &[BY_ID], &[])?,
            by_user: authenticator.select(dialect, &by_user, &["credentialID"])?,
        })
    }
}

impl Call {
    /// Inserts a passkey. If it cannot be, the account that was linked for it moments ago is unlinked, and a
    /// user who was inserted for it deleted.
    ///
    /// # Errors
    /// `ERR_UNIQUE`: the credential is registered, or its account has been there without it.
    /// `ERR_FOREIGN_KEY`: nobody has this `userId`.
    pub async fn create_authenticator(&self, authenticator: Record) -> Result<Row> {
        let registration = self.registration(&authenticator).await?;
        let stored = self.store_authenticator(authenticator).await;
        if let (Err(_), Some(half)) = (&stored, registration) {
            self.give_up(half).await;
        }
        stored
    }

    async fn store_authenticator(&self, authenticator: Record) -> Result<Row> {
        let model = &self.store.schema.authenticator;
        let insert = self.store.authenticator.insert.of(
            self.store.engine.dialect(),
            model,
            &authenticator,
        )?;
        let model = insert.model();
        let values = model.insert_values(&authenticator, self.now)?;
        if let Some(counter) = authenticator.get("counter") {
            check_counter(counter)?;
        }
        if self.store.reclaim.is_some() {
            Box::pin(self.settle(authenticator.get("userId"))).await?;
        }
        let outcome = self.insert(model, insert.plans(), &values).await.map_err(|error| {
            let error = error.of_table(&model.table.name);
            match error.code() {
                Code::Unique => error.with_message("this credential is registered already"),
                Code::ForeignKey => error.with_message("no user has this userId"),
                _ => error,
            }
        })?;
        written_row(model, outcome, &values)
    }

    /// The passkey with this credential id.
    pub async fn get_authenticator(&self, credential_id: Option<Arc<str>>) -> Result<Option<Row>> {
        let Some(id) = credential_id.map(Value::Text) else {
            return Ok(None);
        };
        let outcome = self.run(&self.store.authenticator.by_id, std::slice::from_ref(&id)).await?;
        Ok(find_row(&self.store.schema.authenticator, outcome, &[("credentialID", &id)]))
    }

    /// A user's passkeys.
    pub async fn list_authenticators_by_user_id(
        &self,
        user_id: Option<Arc<str>>,
    ) -> Result<Vec<Row>> {
        let model = &self.store.schema.authenticator;
        let Some(user_id) = user_id.map(Value::Text) else {
            return Ok(Vec::new());
        };
        let outcome =
            self.run(&self.store.authenticator.by_user, std::slice::from_ref(&user_id)).await?;
        let rows = outcome.rows.into_iter().map(|values| row(model, values));
        Ok(rows.filter(|row| *row.get("userId") == user_id).collect())
    }

    /// Stores a passkey's new signature counter.
    ///
    /// # Errors
    /// `ERR_NOT_FOUND`: no passkey has this credential id.
    pub async fn update_authenticator_counter(
        &self,
        credential_id: Option<Arc<str>>,
        counter: Value,
    ) -> Result<Row> {
        let model = &self.store.schema.authenticator;
        check_counter(&counter)?;
        let unknown = || Error::new(Code::NotFound, "no passkey has this credentialID");
        let id = Value::Text(credential_id.ok_or_else(unknown)?);
        let record = Record(vec![("counter".into(), counter)]);
        let (columns, mut values) = model.changes(&record, self.now)?;
        let plan = model.update(self.store.engine.dialect(), &columns, &[BY_ID], &[])?;
        values.push(id.clone());
        let outcome = self.run(&plan, &values).await?;
        find_row(model, outcome, &[("credentialID", &id)]).ok_or_else(unknown)
    }
}

fn check_counter(counter: &Value) -> Result<()> {
    match counter.as_safe_integer() {
        Some(0..=MAX_COUNTER) => Ok(()),
        _ => {
            Err(Error::invalid_argument("the counter must be a whole number from 0 to 4294967295"))
        }
    }
}
