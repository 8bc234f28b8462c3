//! Sign-ins that end half-way. NextAuth calls `createUser`, then `linkAccount`, with no transaction around
//! them: a user whose account could not be linked would be in the way of that person for ever ("sign in
//! with the same account that you used originally").
//!
//! The same goes for a passkey that could not be stored after its account was linked: see `registration`.
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
pub(super) const SIGN_IN: Duration = Duration::from_secs(60);

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
    lock: Plan,
    /// What deletes one who is still without anything; nothing where the schema does not allow it.
    delete: Option<Plan>,
}

#[derive(Debug, Default)]
struct Users {
    /// When each was inserted.
    inserted: HashMap<Person, Instant>,
    /// What is still to be taken back: until when that is tried.
    abandoned: HashMap<Half, Instant>,
    /// Until when a task tries that again and again, if one does.
    trying: Option<Instant>,
}

/// A user's id, and whose user that is: two tenants may have users of one id.
type Person = (Scope, Arc<str>);

/// What there is to take back of a sign-in that failed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Half {
    person: Person,
    /// The passkey's account that was linked: its provider and its id.
    account: Option<[Arc<str>; 2]>,
    /// Whether the user was inserted.
    inserted: bool,
}

impl Half {
    /// Of a sign-in that has linked the account of a passkey.
    pub(super) fn of_passkey(
        person: Person,
        provider: Arc<str>,
        id: Arc<str>,
        inserted: bool,
    ) -> Self {
        Half { person, account: Some([provider, id]), inserted }
    }

    fn of_user(person: Person) -> Self {
        Half { person, account: None, inserted: true }
    }
}

impl Unfinished {
    pub(super) fn new(dialect: &Dialect, schema: &Schema) -> Result<Self> {
        Ok(Unfinished {
            users: Mutex::default(),
            inserted: AtomicUsize::new(0),
            abandoned: AtomicUsize::new(0),
            lock: lock_user(dialect, &schema.user)?,
            delete: schema.delete_unfinished(dialect)?,
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

    /// A user has an account; whether it was inserted moments ago.
    pub(super) fn end(&self, scope: &Scope, id: &Value) -> bool {
        let Value::Text(id) = id else { return false };
        let person = (scope.clone(), Arc::clone(id));
        let mut users = self.users();
        let since = users.inserted.remove(&person);
        users.abandoned.remove(&Half::of_user(person));
        self.count(&users);
        since.is_some_and(|since| since.elapsed() < SIGN_IN)
    }

    /// A user's account could not be linked: what is to be taken back.
    fn abandon(&self, scope: &Scope, id: &Value) -> Option<Half> {
        let Value::Text(id) = id else { return None };
        let person = (scope.clone(), Arc::clone(id));
        let mut users = self.users();
        let since = users.inserted.remove(&person)?;
        self.count(&users);
        (since.elapsed() < SIGN_IN).then(|| Half::of_user(person))
    }

    /// Something is to be taken back, and for as long again if the database is away.
    fn leave(&self, half: Half) {
        let mut users = self.users();
        users.abandoned.insert(half, Instant::now() + SIGN_IN);
        self.count(&users);
    }

    /// It has been.
    fn done(&self, half: &Half) {
        let mut users = self.users();
        users.abandoned.remove(half);
        self.count(&users);
    }

    fn count(&self, users: &Users) {
        self.inserted.store(users.inserted.len(), Relaxed);
        self.abandoned.store(users.abandoned.len(), Relaxed);
    }

    /// Whether any are still to be deleted, and nobody is at it.
    pub(super) fn has_left(&self) -> bool {
        self.abandoned.load(Relaxed) > 0
    }

    /// Takes what is still to be taken back, each with until when that is tried.
    fn take_left(&self) -> Vec<(Half, Instant)> {
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
    fn put_back(&self, left: impl Iterator<Item = (Half, Instant)>) {
        let mut users = self.users();
        users.abandoned.extend(left);
        self.count(&users);
    }
}

/// What is still to be taken back, while one call tries it for all. What is left at its end goes back.
struct Left {
    store: Arc<Store>,
    halves: Vec<(Half, Instant)>,
}

impl Drop for Left {
    fn drop(&mut self) {
        self.store.unfinished.put_back(self.halves.drain(..));
    }
}

impl Call {
    /// Deletes a user whose account could not be linked, if nothing says that the user is in use.
    pub(super) async fn give_up_sign_in(&self, user_id: &Value) {
        if let Some(half) = self.store.unfinished.abandon(&self.scope, user_id) {
            self.give_up(half).await;
        }
    }

    /// Takes back what a sign-in that failed has written, now or later.
    pub(super) async fn give_up(&self, half: Half) {
        self.store.unfinished.leave(half.clone());
        if self.take_back(&half).await.is_err() && self.store.unfinished.begins_trying() {
            // The person may come back to another process, which knows nothing of it.
            drop(tokio::spawn(go_on_giving_up(
                self.operation,
                self.now,
                Arc::downgrade(&self.store),
            )));
        }
    }

    /// Takes back what could not be when the sign-in failed, as the database was away. Is it still, the caller
    /// does not wait for that.
    pub(super) async fn finish_giving_up(&self) {
        let halves = self.store.unfinished.take_left();
        let mut left = Left { store: Arc::clone(&self.store), halves };
        let (done, over) = oneshot::channel::<()>();
        self.aside(|call| async move {
            let mut index = 0;
            while let Some((half, _)) = left.halves.get(index).cloned() {
                let its = Call { scope: half.person.0.clone(), ..call.clone() };
                match its.take_back(&half).await {
                    Ok(()) => drop(left.halves.swap_remove(index)),
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

    async fn take_back(&self, half: &Half) -> Result<()> {
        let store = &self.store;
        let user = Value::Text(Arc::clone(&half.person.1));
        let key: Vec<Value> = half.account.iter().flatten().cloned().map(Value::Text).collect();
        let _writing = self.writing(&[&key, std::slice::from_ref(&user)]);
        let mut plans = Vec::new();
        if half.inserted {
            plans.push(&store.unfinished.lock);
        }
        if let (Some(_), Some(passkeys)) = (&half.account, &store.registration) {
            plans.push(&passkeys.unlink);
            plans.extend(passkeys.end_sessions.iter().filter(|_| half.inserted));
        }
        plans.extend(store.unfinished.delete.iter().filter(|_| half.inserted));
        // The call that failed says why; this is tried again before the next user is asked for or inserted.
        let values: Vec<Value> = std::iter::once(user).chain(key).collect();
        self.run_together(&plans, &values).await?;
        store.unfinished.done(half);
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
