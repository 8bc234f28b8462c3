//! Users whom a crash has left in the middle of a sign-in, and who would be in the way of that person for
//! ever: with the option, such a user makes way when the address is asked for again.
//!
//! Nothing of theirs is handed on. The row is deleted, and whoever signs in gets a user of their own, under
//! a new id. It is deleted only if `createUser` has marked it, longer ago than any sign-in takes, and
//! nothing has been seen of the user since: the mark is taken away by whatever else is done with the
//! user, and the address must be unverified, and account, session and passkey be missing, when it is deleted.

use super::{Call, find_row};
use crate::engine::{Dialect, Plan};
use crate::error::Result;
use crate::schema::{Column, SINCE, Schema, lock_user};
use crate::value::{Record, Row, Value};

/// How long no sign-in takes, in milliseconds: functions in the cloud are ended after a quarter of an hour
/// at the latest.
const LONGEST_SIGN_IN: i64 = 15 * 60 * 1_000;

/// What NextAuth gives a user whom it makes in a sign-in.
const SIGNED_IN_WITH: [&str; 5] = ["id", "name", "email", "emailVerified", "image"];

/// The statements.
#[derive(Debug)]
pub struct Statements {
    delete: [Plan; 2],
    settle: Plan,
    /// The same, if the user has an account.
    pub(super) settle_linked: Plan,
}

impl Statements {
    /// Nothing where the option is off.
    pub(super) fn new(dialect: &Dialect, schema: &Schema, is_on: bool) -> Result<Option<Self>> {
        if !is_on {
            return Ok(None);
        }
        let Some(delete) = schema.delete_left_over(dialect)? else { return Ok(None) };
        Ok(Some(Statements {
            delete: [lock_user(dialect, &schema.user)?, delete],
            settle: schema.settle_user(dialect, None)?,
            settle_linked: schema.settle_user(dialect, Some(&schema.account))?,
        }))
    }
}

impl Call {
    /// Marks a user who is to be inserted as in the middle of a sign-in. One whose address is verified is at
    /// its end, and one with a value in a column of the application's own, the hash of a password, say, may
    /// be in none.
    pub(super) fn mark(&self, user: &mut Record) {
        unmark(user);
        let given = |property| user.get(property).is_some_and(|value| *value != Value::Null);
        let is_their_own = |column: &&Column| {
            column.is_written && !(column.shown && SIGNED_IN_WITH.contains(&&*column.property))
        };
        let mut own = self.store.schema.user.columns.iter().filter(is_their_own);
        if !given("emailVerified") && !own.any(|column| given(&column.property)) {
            set(user, Value::Date(self.now));
        }
    }

    /// Notes that a user is in use, before a session or a passkey of theirs is inserted.
    pub(super) async fn settle(&self, user_id: Option<&Value>) -> Result<()> {
        let (Some(reclaim), Some(id)) = (&self.store.reclaim, user_id) else { return Ok(()) };
        let user = &self.store.schema.user;
        // A malformed one is nobody's.
        let Ok(id) = user.column("id")?.accept(user.name, id) else { return Ok(()) };
        self.run(&reclaim.settle, std::slice::from_ref(&id)).await?;
        Ok(())
    }

    /// The same, in the background.
    pub(super) fn settle_aside(&self, user_id: &Value) {
        if self.store.reclaim.is_some() {
            let id = user_id.clone();
            self.aside(|call| async move { drop(call.settle(Some(&id)).await) });
        }
    }

    /// A user that was found by the address; nobody, if a crash has left the user over.
    pub(super) async fn unless_left_over(&self, user: Row) -> Result<Option<Row>> {
        let (Some(reclaim), Value::Null) = (&self.store.reclaim, user.get("emailVerified")) else {
            return Ok(Some(user));
        };
        let id = user.get("id").clone();
        let before = Value::Date(self.now.saturating_sub(LONGEST_SIGN_IN));
        let [lock, delete] = &reclaim.delete;
        let _writing = self.writing(&[std::slice::from_ref(&id)]);
        let deleted = self.run_together(&[lock, delete], &[id.clone(), before]).await?.affected;
        if deleted > 0 {
            self.store.observer.notice(
                "a user whom a crash had left in the middle of a sign-in was deleted, as that address signs in \
                 again (reclaimUnfinishedUsers)"
                    .to_owned(),
            );
            return Ok(None);
        }
        // Another process may have done it meanwhile, of which a replica may know nothing.
        let by_id = &self.store.user.by_id.lane;
        let found = self.run_in(by_id, std::slice::from_ref(&id)).await?;
        Ok(find_row(&self.store.schema.user, found, &[("id", &id)]))
    }
}

/// Takes a mark away that the user is to be written with: the application's is none.
pub(super) fn unmark(user: &mut Record) {
    set(user, Value::Null);
}

fn set(user: &mut Record, since: Value) {
    user.0.retain(|(name, _)| &**name != SINCE);
    user.0.push((SINCE.into(), since));
}
