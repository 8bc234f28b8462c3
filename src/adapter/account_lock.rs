//! One at a time for an account, so that two requests do not both refresh a rotating token.
//!
//! It is a lease in the account's row, with an owner and an end, and neither a transaction nor a connection is
//! held for it. The lease of an owner that has crashed ends by itself.

use super::Call;
use crate::batch::jitter;
use crate::engine::{Dialect, Plan};
use crate::error::{Code, Error, Result};
use crate::schema::Schema;
use crate::value::{Record, Row, Value, key};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a lease lasts: longer than a provider takes to answer.
const LEASE: i64 = 30_000;

/// How long a call waits for the lease of another.
const PATIENCE: Duration = Duration::from_secs(60);

/// The first wait between two looks at the lease of another, and the longest.
const FIRST_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_millis(100);

/// The statements of a lease.
#[derive(Debug)]
pub struct Statements {
    take: Plan,
    find: Plan,
    end: Plan,
}

impl Statements {
    pub(super) fn new(dialect: &Dialect, schema: &Schema) -> Result<Self> {
        Ok(Statements {
            take: schema.account.take_lease(dialect)?,
            find: schema.account.find_lease(dialect)?,
            end: schema.account.end_lease(dialect)?,
        })
    }
}

/// Who asks for the lease of which account.
struct Lease {
    provider: Arc<str>,
    id: Arc<str>,
    owner: Value,
}

impl Lease {
    fn of(account: &Record, owner: Option<Arc<str>>) -> Result<Self> {
        let given = |property: &str| {
            let name = format!("account.{property}");
            key(&name, account.get(property))?
                .ok_or_else(|| Error::invalid_argument(format!("{name} is missing")))
        };
        let owner = owner.ok_or_else(|| Error::invalid_argument("owner is missing"))?;
        Ok(Lease {
            provider: given("provider")?,
            id: given("providerAccountId")?,
            owner: Value::Text(owner),
        })
    }

    /// The account's key, and after it these values.
    fn values(&self, more: &[Value]) -> Vec<Value> {
        let key = [Value::Text(Arc::clone(&self.provider)), Value::Text(Arc::clone(&self.id))];
        key.into_iter().chain(more.iter().cloned()).collect()
    }
}

impl Call {
    /// Waits for an account's lease, takes it for this owner, and gives the account as it is then.
    ///
    /// # Errors
    /// `ERR_NOT_FOUND`: there is no such account. `ERR_TIMEOUT`: others have had the lease all the time.
    /// `ERR_UNSUPPORTED`: the table has no columns for it.
    pub async fn lock_account(&self, account: Record, owner: Option<Arc<str>>) -> Result<Row> {
        let lease = Lease::of(&account, owner)?;
        let start = Instant::now();
        let mut wait = FIRST_WAIT;
        loop {
            let waited = i64::try_from(start.elapsed().as_millis()).unwrap_or(i64::MAX);
            if self.take_lease(&lease, self.now.saturating_add(waited)).await? {
                break;
            }
            if start.elapsed() >= PATIENCE {
                return Err(Error::new(
                    Code::Timeout,
                    "other calls have had the account's lease for a minute: their functions take too long",
                ));
            }
            tokio::time::sleep(jitter(wait)).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
        let (id, provider) = (Arc::clone(&lease.id), Arc::clone(&lease.provider));
        let account = self.get_account(Some(id), Some(provider)).await;
        if account.is_err() {
            // A token that does not open, perhaps: nobody has to wait for the lease to end by itself.
            let ending = lease.values(std::slice::from_ref(&lease.owner));
            let _ = self.run(&self.store.account_lock.end, &ending).await;
        }
        account?.ok_or_else(no_account)
    }

    /// Whether the lease was free, and is this owner's now.
    async fn take_lease(&self, lease: &Lease, now: i64) -> Result<bool> {
        let plans = &self.store.account_lock;
        // Looked at first: to wait for it is not to write.
        let key = lease.values(&[]);
        let found = self.run(&plans.find, &key).await?;
        let held = found.rows.iter().find(|row| row.starts_with(&key)).ok_or_else(no_account)?;
        if held.last().and_then(Value::as_date).is_some_and(|until| until > now) {
            return Ok(false);
        }
        let until = Value::Date(now.saturating_add(LEASE));
        let values = lease.values(&[lease.owner.clone(), until, Value::Date(now)]);
        Ok(self.run(&plans.take, &values).await?.affected > 0)
    }

    /// Stores what the owner of an account's lease has found out, if anything, and ends the lease.
    ///
    /// # Errors
    /// `ERR_TIMEOUT`: the lease has ended, and another call has taken it: nothing is stored.
    pub async fn unlock_account(&self, account: Record, owner: Option<Arc<str>>) -> Result<Row> {
        let lease = Lease::of(&account, owner)?;
        let stored = self.change_account(account, Some(&lease.owner)).await;
        let ending = lease.values(std::slice::from_ref(&lease.owner));
        // A lease that cannot be ended now ends by itself: what has been stored is not refused for it.
        let _ = self.run(&self.store.account_lock.end, &ending).await;
        stored.map_err(|error| match error.code() {
            Code::NotFound => Error::new(
                Code::Timeout,
                "the function took longer than its lease, and another call has the account now, or the \
                 account is deleted: what the function returned was not stored",
            ),
            _ => error,
        })
    }
}

fn no_account() -> Error {
    Error::new(Code::NotFound, "no account has this provider and providerAccountId")
}
