//! The live tables: compared with the schema, and completed.

use super::Call;
use crate::error::{Code, Error, Result};
use crate::schema::{self, Finding};
use crate::value::{Record, Value};

impl Call {
    /// Compares the live tables with the schema. Nothing is changed.
    pub async fn check(&self) -> Result<Vec<Finding>> {
        schema::compare(&*self.store.engine, &self.store.schema).await
    }

    /// Adds what is missing, tables, columns, keys and indexes, and gives the statements that did it;
    /// with `dryRun`, those that would. Nothing is dropped or retyped.
    ///
    /// # Errors
    /// `ERR_SCHEMA`: the tables are another adapter's. A key that rows are in the way of is refused by
    /// the database: `ERR_UNIQUE`.
    pub async fn migrate(&self, options: Option<Record>) -> Result<Vec<String>> {
        let dry_run = match options.as_ref().and_then(|options| options.get("dryRun")) {
            None | Some(Value::Null) => false,
            Some(Value::Boolean(value)) => *value,
            Some(other) => {
                return Err(Error::invalid_argument(format!(
                    "options.dryRun must be true or false, not {}",
                    other.describe()
                )));
            }
        };
        let _one_at_a_time = self.store.creating.lock().await;
        let engine = &*self.store.engine;
        let mut run = Vec::new();
        let mut before = usize::MAX;
        loop {
            let findings = self.check().await?;
            if let Some(other) = findings.iter().find(|finding| finding.code == "other_tables") {
                return Err(Error::new(Code::Schema, other.message.clone()));
            }
            let statements = schema::repairs(&findings);
            if statements.is_empty() || dry_run {
                run.extend(statements);
                break;
            }
            match schema::define(engine, &self.store.schema, statements.clone()).await {
                Ok(()) => {
                    run.extend(statements);
                    break;
                }
                // Another process may have been adding the same: then less is missing now.
                Err(error) if statements.len() >= before => return Err(error),
                Err(_) => before = statements.len(),
            }
        }
        Ok(run)
    }
}
