//! Sign-ins that end half-way. NextAuth calls `createUser`, then `linkAccount`, with no transaction around
//! them: a user whose account could not be linked would be in the way of that person for ever ("sign in
//! with the same account that you used originally").
//!
//! Such a user is deleted, and no other: one that this process inserted moments ago and that nobody has
//! read by its id or changed since, whose address nobody has verified, and who has neither account nor
//! session nor passkey, which the database itself judges when it deletes.

use super::{Call, Scope};
use crate::engine::{Dialect, Plan};
use crate::error::Result;
use crate::schema::{Schema, lock_user};
use crate::value::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a sign-in may take from `createUser` to `linkAccount`.
const SIGN_IN: Duration = Duration::from_secs(60);

/// How many users are remembered at most: of more than that in a minute the oldest are forgotten.
const REMEMBERED: usize = 10_000;

/// The users that this process has inserted and that have no account yet, as far as it knows.
#[derive(Debug)]
pub struct Unfinished {
    users: Mutex<Users>,
    /// How many have been inserted, for who does not want to wait for the lock.
    inserted: AtomicUsize,
    /// What deletes one who is still without anything; nothing where the schema does not allow it.
    delete: Option<[Plan; 2]>,
}

#[derive(Debug, Default)]
struct Users {
    /// When each was inserted.
    inserted: HashMap<Person, Instant>,
    /// Those whose account could not be linked, and who are still to be deleted: until when that is tried.
    abandoned: HashMap<Person, Instant>,
}

/// A user's id, and whose user that is: two tenants may have users of one id.
type Person = (Scope, Arc<str>);

impl Unfinished {
    pub(super) fn new(dialect: &Dialect, schema: &Schema) -> Result<Self> {
        let delete = match schema.delete_unfinished(dialect)? {
            Some(delete) => Some([lock_user(dialect, &schema.user)?, delete]),
            None => None,
        };
        Ok(Unfinished { users: Mutex::default(), inserted: AtomicUsize::new(0), delete })
    }

    fn users(&self) -> MutexGuard<'_, Users> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A user has been inserted.
    pub(super) fn begin(&self, scope: &Scope, id: &Value) {
        let (Value::Text(id), Some(_)) = (id, &self.delete) else { return };
        let mut users = self.users();
        if users.inserted.len() >= REMEMBERED {
            users.inserted.retain(|_, since| since.elapsed() < SIGN_IN);
        }
        if users.inserted.len() >= REMEMBERED {
            users.inserted.clear();
        }
        users.inserted.insert((scope.clone(), Arc::clone(id)), Instant::now());
        self.inserted.store(users.inserted.len(), Relaxed);
    }

    /// Somebody works with a user already: it is not in the middle of a sign-in, which neither reads nor
    /// changes the one that it has inserted. One who registers with a password has nothing else to show.
    pub(super) fn meet(&self, scope: &Scope, id: &Value) {
        if self.inserted.load(Relaxed) == 0 {
            return;
        }
        if let Value::Text(id) = id {
            let mut users = self.users();
            users.inserted.remove(&(scope.clone(), Arc::clone(id)));
            self.inserted.store(users.inserted.len(), Relaxed);
        }
    }

    /// A user has an account, or is otherwise no longer in the middle of a sign-in.
    pub(super) fn end(&self, scope: &Scope, id: &Value) {
        if let Value::Text(id) = id {
            let person = (scope.clone(), Arc::clone(id));
            let mut users = self.users();
            users.inserted.remove(&person);
            users.abandoned.remove(&person);
            self.inserted.store(users.inserted.len(), Relaxed);
        }
    }

    /// A user's account could not be linked; whether the user is to be deleted.
    fn abandon(&self, scope: &Scope, id: &Value) -> bool {
        let Value::Text(id) = id else { return false };
        let person = (scope.clone(), Arc::clone(id));
        let mut users = self.users();
        let Some(since) = users.inserted.remove(&person) else { return false };
        self.inserted.store(users.inserted.len(), Relaxed);
        let recent = since.elapsed() < SIGN_IN;
        if recent {
            // As long again for a database that is away.
            users.abandoned.insert(person, Instant::now() + SIGN_IN);
        }
        recent
    }

    /// Those who are still to be deleted.
    fn left(&self) -> Vec<Person> {
        let mut users = self.users();
        if users.abandoned.is_empty() {
            return Vec::new();
        }
        let now = Instant::now();
        users.abandoned.retain(|_, until| *until > now);
        users.abandoned.keys().cloned().collect()
    }
}

impl Call {
    /// Deletes a user whose account could not be linked, if nothing says that the user is in use.
    pub(super) async fn give_up_sign_in(&self, user_id: &Value) {
        if self.store.unfinished.abandon(&self.scope, user_id) {
            self.delete_unfinished(user_id).await;
        }
    }

    /// Deletes those who could not be deleted when their sign-in failed, as the database was away.
    pub(super) async fn finish_giving_up(&self) {
        for (scope, id) in self.store.unfinished.left() {
            let its = Call { scope, ..self.clone() };
            its.delete_unfinished(&Value::Text(id)).await;
        }
    }

    async fn delete_unfinished(&self, id: &Value) {
        let Some([lock, delete]) = &self.store.unfinished.delete else { return };
        let _writing = self.writing(&[std::slice::from_ref(id)]);
        // The call that failed says why; this is tried again before the next user is inserted.
        if self.run_together(&[lock, delete], std::slice::from_ref(id)).await.is_ok() {
            self.store.unfinished.end(&self.scope, id);
        }
    }
}
