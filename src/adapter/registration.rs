//! Passkeys whose registration ends half-way. Auth.js links the account of a new passkey, makes the session,
//! and stores the passkey last, with no transaction around them. An account whose passkey is missing locks its
//! owner out, and is worse than none: Auth.js goes by the account alone, and a credential's id is no secret,
//! so whoever claims that id is taken for the owner, and their key would be stored as the owner's.
//!
//! So a passkey is stored only if no account of the kind has been there for longer than a sign-in takes; and
//! where it cannot be stored, the account is unlinked again, and a user who was inserted for it goes too.

use super::unfinished::{Half, SIGN_IN};
use super::{Call, Scope, find_row};
use crate::engine::{Dialect, Plan};
use crate::error::{Code, Error, Result};
use crate::schema::{Condition, Schema};
use crate::value::{Record, Value};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Instant;

/// The type of a passkey's account.
const WEBAUTHN: &str = "webauthn";

/// How many registrations are remembered at most.
const REMEMBERED: usize = 10_000;

/// The accounts of passkeys that this process has linked moments ago, by whichever adapter: the one that
/// stores the passkey may be another.
static LINKED: LazyLock<Mutex<HashMap<Linked, (Half, Instant)>>> = LazyLock::new(Mutex::default);

/// Whose account it is, and the id of its credential.
type Linked = (Scope, Arc<str>, Arc<str>);

/// The statements; nothing where the schema has no passkeys, or does not tell their accounts.
#[derive(Debug)]
pub struct Statements {
    /// The account of a passkey. Values: the user's id and the credential's.
    account: Plan,
    /// Unlinks it unless its passkey is there. Values: the user's id, the provider, the credential's id.
    pub(super) unlink: Plan,
    /// Ends the sessions of a user whom the registration had made. Value: the user's id.
    pub(super) end_sessions: Option<Plan>,
    /// Deletes a passkey. Values: the user's id and the credential's.
    delete: Plan,
}

const ACCOUNT: [Condition; 3] = [
    Condition::equals("userId"),
    Condition::equals("providerAccountId"),
    Condition::equals("type"),
];

impl Statements {
    pub(super) fn new(dialect: &Dialect, schema: &Schema) -> Result<Option<Self>> {
        let account = &schema.account;
        let passkey = &schema.authenticator;
        let tells = ACCOUNT.iter().all(|condition| account.has(condition.property));
        if !tells || passkey.allow(true).is_err() || !passkey.has("providerAccountId") {
            return Ok(None);
        }
        Ok(Some(Statements {
            account: account.select(dialect, &ACCOUNT, &[])?,
            unlink: schema.unlink_without_passkey(dialect)?,
            end_sessions: schema.end_unfinished_sessions(dialect)?,
            delete: passkey.delete(
                dialect,
                &[Condition::equals("userId"), Condition::equals("providerAccountId")],
            )?,
        }))
    }
}

impl Call {
    /// Whose account this is, its provider and its id, if it is a passkey's.
    pub(super) fn account_of_passkey(&self, account: &Record) -> Option<[Arc<str>; 3]> {
        let text = |property| account.get(property).and_then(Value::as_text);
        if self.store.registration.is_none() || text("type").map(|it| &**it) != Some(WEBAUTHN) {
            return None;
        }
        Some([text("userId")?, text("provider")?, text("providerAccountId")?].map(Arc::clone))
    }

    /// Notes that it was linked; `inserted`: for a user whom `createUser` made moments ago.
    pub(super) fn begin_registration(&self, account: [Arc<str>; 3], inserted: bool) {
        let [user, provider, id] = account;
        let person = (self.scope.clone(), Arc::clone(&user));
        let half = Half::of_passkey(person, provider, Arc::clone(&id), inserted);
        let mut linked = LINKED.lock().unwrap_or_else(PoisonError::into_inner);
        if linked.len() >= REMEMBERED {
            linked.retain(|_, (_, since)| since.elapsed() < SIGN_IN);
        }
        if linked.len() >= REMEMBERED {
            linked.clear();
        }
        linked.insert((self.scope.clone(), user, id), (half, Instant::now()));
    }

    /// What is to be taken back if this passkey cannot be stored; nothing, if its account was not linked
    /// just now.
    ///
    /// # Errors
    /// `ERR_UNIQUE`: its account has been there, without it.
    pub(super) async fn registration(&self, passkey: &Record) -> Result<Option<Half>> {
        let Some(statements) = &self.store.registration else { return Ok(None) };
        let text = |property| passkey.get(property).and_then(Value::as_text).cloned();
        let id = text("providerAccountId").or_else(|| text("credentialID"));
        let (Some(user), Some(id)) = (text("userId"), id) else { return Ok(None) };
        let key = (self.scope.clone(), user, id);
        let linked = LINKED.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some((half, _)) = linked.filter(|(_, since)| since.elapsed() < SIGN_IN) {
            return Ok(Some(half));
        }
        let (_, user, id) = key;
        let values = [Value::Text(user), Value::Text(id), Value::from(WEBAUTHN)];
        let outcome = self.run(&statements.account, &values).await?;
        let [user, id, kind] = &values;
        let asked = [("userId", user), ("providerAccountId", id), ("type", kind)];
        match find_row(&self.store.schema.account, outcome, &asked) {
            None => Ok(None),
            Some(_) => Err(Error::new(
                Code::Unique,
                "this credential is registered already, or its account was there before without it: \
                 unlinkAccount takes both away",
            )),
        }
    }

    /// The user's id, if the account with this key is a passkey's, and what deletes that passkey.
    pub(super) async fn passkey_of(&self, key: &[Value; 2]) -> Result<Option<(&Plan, [Value; 2])>> {
        let Some(statements) = &self.store.registration else { return Ok(None) };
        let outcome = self.run(&self.store.account.by_key, key).await?;
        let [provider, id] = key;
        let asked = [("provider", provider), ("providerAccountId", id)];
        let account = find_row(&self.store.schema.account, outcome, &asked);
        Ok(account
            .filter(|account| *account.get("type") == Value::from(WEBAUTHN))
            .map(|account| (&statements.delete, [account.get("userId").clone(), id.clone()])))
    }
}
