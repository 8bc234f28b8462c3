//! One of the two databases of a copy.

use super::super::Call;
use crate::batch::Task;
use crate::engine::{Repeat, Statement, Step, Work};
use crate::error::{Error, Result};
use crate::schema::{LookUp, Scan};
use crate::value::Value;
use std::sync::Arc;

/// A row, as the values of its columns.
pub type Values = Vec<Value>;

/// One of the two databases.
#[derive(Debug)]
pub struct Side {
    /// Which it is, for errors.
    pub name: &'static str,
    /// How it is reached.
    pub call: Call,
}

impl Side {
    /// Says which of the two an error is about.
    pub fn explain(&self, error: Error) -> Error {
        let message = format!("the {}: {}", self.name, error.message());
        error.with_message(message)
    }

    /// Reads rows.
    pub async fn read(&self, statement: &Arc<Statement>, values: Values) -> Result<Vec<Values>> {
        let step = Step { statement: Arc::clone(statement), values };
        Ok(self.run(vec![step], false).await?.rows)
    }

    /// Runs statements that change something, in one transaction.
    pub async fn write(&self, steps: Vec<Step>) -> Result<()> {
        self.run(steps, true).await.map(drop)
    }

    async fn run(&self, steps: Vec<Step>, writes: bool) -> Result<crate::engine::Outcome> {
        let work = Work {
            writes,
            repeat: if writes { Repeat::Never } else { Repeat::Always },
            steps,
            answer: 0,
            confirm: None,
            serializable: false,
        };
        let run = self.call.store.run(self.call.operation, Task::Alone(&work)).await;
        run.map_err(|error| self.explain(error))
    }

    /// The rows that follow one, by its key: at most `limit`.
    pub async fn page(
        &self,
        scan: &Scan,
        after: Option<&[Value]>,
        limit: usize,
    ) -> Result<Vec<Values>> {
        let count = |rows: usize| Value::Integer(i64::try_from(rows).unwrap_or(i64::MAX));
        let Some(after) = after else {
            return self.read(&scan.first, vec![count(limit)]).await;
        };
        let mut rows = Vec::new();
        for (statement, depth) in scan.after.iter().zip((1..=after.len()).rev()) {
            let mut values: Values = after.iter().take(depth).cloned().collect();
            values.push(count(limit - rows.len()));
            rows.extend(self.read(statement, values).await?);
            if rows.len() >= limit {
                break;
            }
        }
        Ok(rows)
    }

    /// The rows with any of these keys, and perhaps others, which the database takes for alike.
    pub async fn find(&self, look_up: &LookUp, keys: &[&[Value]]) -> Result<Vec<Values>> {
        let mut rows = Vec::new();
        let mut left = keys;
        while let Some((statement, taken)) = look_up.take(left.len()).filter(|_| !left.is_empty()) {
            let (now, later) = left.split_at(taken);
            rows.extend(self.read(statement, LookUp::values(statement, now)).await?);
            left = later;
        }
        Ok(rows)
    }
}
