//! Sign-ins that end half-way. NextAuth calls `createUser`, then `linkAccount`, with no transaction around
//! them: a user whose account could not be linked would be in the way of that person for ever ("sign in
//! with the same account that you used originally").
//!
//! Such a user is deleted, and no other: one that this process inserted moments ago and that nobody has
//! read by its id or changed since, whose address nobody has verified, and who has neither account nor
//! session nor passkey, which the database itself judges when it deletes.

use super::{Call, Scope, Store};
use crate::batch::jitter;
use crate::engine::{Dialect, Plan};
use crate::error::{Effect, Result};
use crate::schema::{Schema, lock_user};
use crate::value::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long a sign-in may take from `createUser` to `linkAccount`.
const SIGN_IN: Duration = Duration::from_secs(60);

/// How many users are remembered at most: of more than that in a minute the oldest are forgotten.
const REMEMBERED: usize = 10_000;

/// How long a new user waits at most for those who are still to be deleted.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often it is tried to delete them.
const AGAIN: Duration = Duration::from_secs(1);

/// The users that this process has inserted and that have no account yet, as far as it knows.
#[derive(Debug)]
pub struct Unfinished {
    users: Mutex<Users>,
    /// How many have been inserted, for who does not want to wait for the lock.
    inserted: AtomicUsize,
    /// How many are still to be deleted, likewise.
    abandoned: AtomicUsize,
    /// What deletes one who is still without anything; nothing where the schema does not allow it.
    delete: Option<[Plan; 2]>,
}

#[derive(Debug, Default)]
struct Users {
    /// When each was inserted.
    inserted: HashMap<Person, Instant>,
    /// Those whose account could not be linked, and who are still to be deleted: until when that is tried.
    abandoned: HashMap<Person, Instant>,
    /// Until when a task tries that again and again, if one does.
    trying: Option<Instant>,
}

/// A user's id, and whose user that is: two tenants may have users of one id.
type Person = (Scope, Arc<str>);

impl Unfinished {
    pub(super) fn new(dialect: &Dialect, schema: &Schema) -> Result<Self> {
        let delete = match schema.delete_unfinished(dialect)? {
            Some(delete) => Some([lock_user(dialect, &schema.user)?, delete]),
            None => None,
        };
        Ok(Unfinished {
            users: Mutex::default(),
            inserted: AtomicUsize::new(0),
            abandoned: AtomicUsize::new(0),
            delete,
        })
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
    /// Whether the user was taken to be in the middle of one.
    pub(super) fn meet(&self, scope: &Scope, id: &Value) -> bool {
        if self.inserted.load(Relaxed) == 0 {
            return false;
        }
        let Value::Text(id) = id else { return false };
        let mut users = self.users();
        let was_in_it = users.inserted.remove(&(scope.clone(), Arc::clone(id))).is_some();
        self.inserted.store(users.inserted.len(), Relaxed);
        was_in_it
    }

    /// A user has an account, or is otherwise no longer in the middle of a sign-in.
    pub(super) fn end(&self, scope: &Scope, id: &Value) {
        if let Value::Text(id) = id {
            let person = (scope.clone(), Arc::clone(id));
            let mut users = self.users();
            users.inserted.remove(&person);
            users.abandoned.remove(&person);
            self.count(&users);
        }
    }

    /// A user's account could not be linked; whether the user is to be deleted.
    fn abandon(&self, scope: &Scope, id: &Value) -> bool {
        let Value::Text(id) = id else { return false };
        let person = (scope.clone(), Arc::clone(id));
        let mut users = self.users();
        let Some(since) = users.inserted.remove(&person) else { return false };
        let recent = since.elapsed() < SIGN_IN;
        if recent {
            // As long again for a database that is away.
            users.abandoned.insert(person, Instant::now() + SIGN_IN);
        }
        self.count(&users);
        recent
    }

    fn count(&self, users: &Users) {
        self.inserted.store(users.inserted.len(), Relaxed);
        self.abandoned.store(users.abandoned.len(), Relaxed);
    }

    /// Whether any are still to be deleted, and nobody is at it.
    pub(super) fn has_left(&self) -> bool {
        self.abandoned.load(Relaxed) > 0
    }

    /// Takes those who are still to be deleted, each with until when that is tried.
    fn take_left(&self) -> Vec<(Person, Instant)> {
        let mut users = self.users();
        let now = Instant::now();
        let left = users.abandoned.drain().filter(|(_, until)| *until > now).collect();
        self.count(&users);
        left
    }

    /// Whether a task has to be begun that goes on trying to delete them.
    fn begins_trying(&self) -> bool {
        self.users().trying.replace(Instant::now() + SIGN_IN).is_none()
    }

    /// Whether that task is over: who is still left is left for good.
    fn ends_trying(&self) -> bool {
        let mut users = self.users();
        let over = users.trying.is_none_or(|until| until <= Instant::now());
        if over {
            users.trying = None;
        }
        over
    }

    /// Puts them back.
    fn put_back(&self, left: impl Iterator<Item = (Person, Instant)>) {
        let mut users = self.users();
        users.abandoned.extend(left);
        self.count(&users);
    }
}

/// Those who are still to be deleted, while one call tries it for all. Who is left at its end goes back.
struct Left {
    store: Arc<Store>,
    people: Vec<(Person, Instant)>,
}

impl Drop for Left {
    fn drop(&mut self) {
        self.store.unfinished.put_back(self.people.drain(..));
    }
}

impl Call {
    /// Deletes a user whose account could not be linked, if nothing says that the user is in use.
    pub(super) async fn give_up_sign_in(&self, user_id: &Value) {
        if self.store.unfinished.abandon(&self.scope, user_id)
            && self.delete_unfinished(user_id).await.is_err()
            && self.store.unfinished.begins_trying()
        {
            // The person may come back to another process, which knows nothing of it.
            drop(tokio::spawn(go_on_giving_up(
                self.operation,
                self.now,
                Arc::downgrade(&self.store),
            )));
        }
    }

    /// Deletes those who could not be deleted when their sign-in failed, as the database was away. Is it
    /// still, the caller does not wait for that.
    pub(super) async fn finish_giving_up(&self) {
        let people = self.store.unfinished.take_left();
        let mut left = Left { store: Arc::clone(&self.store), people };
        let (done, over) = oneshot::channel::<()>();
        self.aside(|call| async move {
            let mut index = 0;
            while let Some(((scope, id), _)) = left.people.get(index).cloned() {
                let its = Call { scope, ..call.clone() };
                match its.delete_unfinished(&Value::Text(id)).await {
                    Ok(()) => drop(left.people.swap_remove(index)),
                    // What is wrong with one may not be with the others.
                    Err(error) if error.effect() == Effect::Final => index += 1,
                    Err(_) => break,
                }
            }
            drop(left);
            drop(done);
        });
        // It says nothing, and ends.
        let _ = timeout(PATIENCE, over).await;
    }

    async fn delete_unfinished(&self, id: &Value) -> Result<()> {
        let Some([lock, delete]) = &self.store.unfinished.delete else { return Ok(()) };
        let _writing = self.writing(&[std::slice::from_ref(id)]);
        // The call that failed says why; this is tried again before the next user is asked for or inserted.
        self.run_together(&[lock, delete], std::slice::from_ref(id)).await?;
        self.store.unfinished.end(&self.scope, id);
        Ok(())
    }
}

/// Tries now and then to delete those who could not be deleted, for as long as the adapter is open.
async fn go_on_giving_up(operation: &'static str, now: i64, store: Weak<Store>) {
    loop {
        tokio::time::sleep(jitter(AGAIN)).await;
        let Some(store) = store.upgrade() else { return };
        if store.unfinished.ends_trying() {
            return;
        }
        if store.unfinished.has_left() {
            let call = Call { store, operation, now, scope: Scope::default(), new_id: None };
            call.finish_giving_up().await;
        }
    }
}
