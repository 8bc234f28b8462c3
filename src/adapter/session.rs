//! Sessions. The database holds a digest of the token, so that who reads the table cannot sign in.

use super::look_up::LookUp;
use super::{Call, InsertPlans, Inserts, row};
use crate::crypto::{equal, hmac_sha256_hex, sha256_hex};
use crate::engine::{Dialect, Outcome, Plan};
use crate::error::{Code, Error, Result};
use crate::options::Ids;
use crate::schema::{self, Condition, Join, Schema};
use crate::value::{MAX_DATE, Record, Row, Value, key, safe_integer};
use std::sync::{Arc, LazyLock};

/// What a digest starts with in the table. A token that starts with it is hashed like any other,
/// so that a stolen digest is worthless as a cookie.
const SHA256: &str = "sha256:";
const HMAC_SHA256: &str = "hmac-sha256:";
pub(super) const DIGESTS: [&str; 2] = [SHA256, HMAC_SHA256];

/// How many characters the longest digest has.
pub(super) const DIGEST_LENGTH: usize = HMAC_SHA256.len() + 64;

/// How long a session lasts that nothing is said of, in milliseconds: NextAuth's own 30 days.
const MAX_AGE: i64 = 30 * 24 * 60 * 60 * 1_000;

/// The properties of a listed session.
static LISTED: LazyLock<Arc<[Arc<str>]>> =
    LazyLock::new(|| ["id", "userId", "expires", "createdAt", "current"].map(Arc::from).into());

/// The statements of this model.
#[derive(Debug)]
pub struct Statements {
    insert: Inserts<InsertPlans>,
    by_token: Plan,
    with_user: LookUp,
    by_user: Plan,
    delete: Plan,
    delete_expired: Plan,
    delete_by_user: Plan,
    delete_others: Plan,
    delete_one_by_user: Plan,
}

/// What `listSessions` reads, as far as there are columns for it.
const READ_FOR_LIST: [&str; 4] = ["sessionToken", "userId", "expires", "createdAt"];

const BY_TOKEN: Condition = Condition::equals("sessionToken");
const BY_USER: Condition = Condition::equals("userId");
const NOT_TOKEN: Condition = Condition { property: "sessionToken", operator: "<>" };
const ALIVE: Condition = Condition { property: "expires", operator: ">" };
const EXPIRED: Condition = Condition { property: "expires", operator: "<=" };

impl Statements {
    pub(super) fn new(dialect: &Dialect, schema: &Schema, replicas: usize) -> Result<Self> {
        let session = &schema.session;
        let shown: Vec<&str> = session.shown().map(|column| &*column.property).collect();
        Ok(Statements {
            insert: Inserts::new(dialect, session, InsertPlans::new)?,
            by_token: session.select(dialect, &[BY_TOKEN], &[])?,
            with_user: LookUp::new(
                session.select_with(
                    dialect,
                    &shown,
                    Join { model: &schema.user, property: "userId", equals: "id" },
                    &[BY_TOKEN],
                )?,
                replicas,
            ),
            by_user: session.select_those(dialect, &READ_FOR_LIST, &[BY_USER, ALIVE])?,
            delete: session.delete(dialect, &[BY_TOKEN])?,
            delete_expired: session.delete_silently(dialect, &[BY_TOKEN, EXPIRED])?,
            delete_by_user: session.delete_silently(dialect, &[BY_USER])?,
            delete_others: session.delete_silently(dialect, &[BY_USER, NOT_TOKEN])?,
            delete_one_by_user: session.delete_silently(dialect, &[BY_USER, BY_TOKEN])?,
        })
    }
}

impl Call {
    /// Inserts a session.
    ///
    /// # Errors
    /// `ERR_UNIQUE`: the token is taken. `ERR_FOREIGN_KEY`: nobody has this `userId`.
    pub async fn create_session(&self, mut session: Record) -> Result<Row> {
        let model = &self.store.schema.session;
        let column = model.column("sessionToken")?;
        let token = match session.get("sessionToken") {
            Some(value) => column.accept(model.name, value)?,
            None => return Err(Error::invalid_argument("session.sessionToken is missing")),
        };
        let Some((token, stored)) = self.presented(token.as_text().cloned())? else {
            return Err(Error::invalid_argument(
                "session.sessionToken looks like a digest of ours",
            ));
        };
        for (name, value) in &mut session.0 {
            if &**name == "sessionToken" {
                *value = stored.clone();
            }
        }
        let insert = self.store.session.insert.of(self.store.engine.dialect(), model, &session)?;
        let model = insert.model();
        let values = model.insert_values(&session, self.now)?;
        if self.store.reclaim.is_some() {
            Box::pin(self.settle(session.get("userId"))).await?;
        }
        let _writing = self.writing(&[std::slice::from_ref(&stored)]);
        let outcome = self.insert(model, insert.plans(), &values).await.map_err(|error| {
            let error = error.of_table(&model.table.name);
            match error.code() {
                Code::Unique => error.with_message("a session with this token exists already"),
                _ => no_user(error),
            }
        })?;
        self.clean_along();
        self.session_row(outcome, &stored, &token)
            .ok_or_else(|| Error::internal("the session was written, but not given back"))
    }

    /// Signs a user in: inserts a session with a random token, which ends at `expires`, after
    /// `maxAge` seconds, or after 30 days.
    ///
    /// # Errors
    /// `ERR_FOREIGN_KEY`: nobody has this id.
    pub async fn create_session_for(
        &self,
        user_id: Option<Arc<str>>,
        options: Option<Record>,
    ) -> Result<Row> {
        let expires = match options.as_ref().map_or(&[][..], |options| options.0.as_slice()) {
            [] => Value::Date(self.now.saturating_add(MAX_AGE)),
            [(name, expires)] if &**name == "expires" => expires.clone(),
            [(name, seconds)] if &**name == "maxAge" => self.after(seconds)?,
            // A misspelt limit must not become the usual one.
            _ => {
                return Err(Error::invalid_argument(
                    "the second argument must be { expires }, { maxAge } or left out",
                ));
            }
        };
        let user_id =
            user_id.ok_or_else(|| Error::invalid_argument("userId must be a user's id"))?;
        // A random UUID is what NextAuth's core makes, and fits every column that holds its tokens.
        let token = schema::new_id(Ids::Uuid)?
            .ok_or_else(|| Error::internal("no random UUID could be made"))?;
        let session = [
            ("sessionToken", Value::Text(token)),
            ("userId", Value::Text(user_id)),
            ("expires", expires),
        ];
        self.create_session(Record(session.map(|(name, value)| (name.into(), value)).into())).await
    }

    /// The time that lies so many seconds ahead.
    fn after(&self, seconds: &Value) -> Result<Value> {
        let wrong = || Error::invalid_argument("maxAge must be a number of seconds above 0");
        let milliseconds = match seconds {
            Value::Float(seconds) => seconds * 1_000.0,
            _ => return Err(wrong()),
        };
        let milliseconds = safe_integer(milliseconds.round()).filter(|time| *time > 0);
        let time = milliseconds.and_then(|time| self.now.checked_add(time));
        time.filter(|time| *time <= MAX_DATE).map(Value::Date).ok_or_else(wrong)
    }

    /// The session of a token and its user.
    pub async fn get_session_and_user(
        &self,
        token: Option<Arc<str>>,
    ) -> Result<Option<(Row, Row)>> {
        let Some((token, stored)) = self.presented(token)? else {
            return Ok(None);
        };
        let mut held = stored.clone();
        let mut found = self.find_session_and_user(&stored).await?;
        if found.is_none() && self.may_be_plain(&token) {
            found = self.find_session_and_user(&token).await?;
            if found.is_some() {
                held = token.clone();
            } else {
                found = self.find_session_and_user(&stored).await?;
                self.look_for_plain_sessions();
            }
        }
        let Some((session, user)) = found else {
            return Ok(None);
        };
        if self.is_expired(&session) {
            self.delete_expired(held).await;
            return Ok(None);
        }
        if held != stored {
            self.move_plain_aside(token.clone(), stored);
        }
        Ok(Some((with_token(session, &token), user)))
    }

    /// The session that the table holds under this text, expired ones included, and its user.
    async fn find_session_and_user(&self, stored: &Value) -> Result<Option<(Row, Row)>> {
        let schema = &self.store.schema;
        let width = schema.session.names.len();
        let found = |outcome: Outcome| {
            outcome.rows.into_iter().find_map(|mut values| {
                let user = row(&schema.user, values.split_off(width.min(values.len())));
                let session = row(&schema.session, values);
                let is_asked_for = *session.get("sessionToken") == *stored
                    && session.get("userId") == user.get("id");
                is_asked_for.then_some((session, user))
            })
        };
        // One that has expired on a replica may have been extended since.
        let believed = |(session, user): &(Row, Row)| {
            (!self.is_expired(session)).then(|| user.get("id").clone())
        };
        let with_user = &self.store.session.with_user;
        self.look_up(with_user, std::slice::from_ref(stored), found, believed).await
    }

    /// Changes the columns that the record has a value for.
    pub async fn update_session(&self, session: Record) -> Result<Option<Row>> {
        let token = key("session.sessionToken", session.get("sessionToken"))?;
        let Some((token, stored)) = self.presented(token)? else {
            return Ok(None);
        };
        let mut found = self.change_session(&session, &stored, &token).await?;
        if found.is_none() && self.may_be_plain(&token) {
            self.move_plain(&token, &stored).await?;
            found = self.change_session(&session, &stored, &token).await?;
            self.look_for_plain_sessions();
        }
        if found.as_ref().is_none_or(|session| self.is_expired(session)) {
            self.delete_expired(stored).await;
            return Ok(None);
        }
        Ok(found)
    }

    async fn change_session(
        &self,
        session: &Record,
        stored: &Value,
        token: &Value,
    ) -> Result<Option<Row>> {
        let model = &self.store.schema.session;
        let (columns, mut values) = model.changes(session, self.now)?;
        let by_token = || self.run(&self.store.session.by_token, std::slice::from_ref(stored));
        let kept = model.kept_by_us(session);
        let outcome = if columns.is_empty() {
            by_token().await?
        } else {
            let _writing = self.writing(&[std::slice::from_ref(stored)]);
            let dialect = self.store.engine.dialect();
            let plan = model.update(dialect, &columns, &[BY_TOKEN, ALIVE], &kept)?;
            values.extend([stored.clone(), Value::Date(self.now)]);
            self.run(&plan, &values).await.map_err(no_user)?
        };
        let found = self.session_row(outcome, stored, token);
        if found.is_none() && !kept.is_empty() {
            // Nothing was changed: for want of the session, or of the user.
            let there = self.session_row(by_token().await?, stored, token);
            if there.is_some_and(|session| !self.is_expired(&session)) {
                return Err(no_user(Error::new(Code::ForeignKey, "")));
            }
        }
        Ok(found)
    }

    /// Deletes a session.
    pub async fn delete_session(&self, token: Option<Arc<str>>) -> Result<Option<Row>> {
        let Some((token, stored)) = self.presented(token)? else {
            return Ok(None);
        };
        let mut found = self.remove_session(&stored, &token).await?;
        if found.is_none() && self.may_be_plain(&token) {
            found = self.remove_session(&token, &token).await?;
            if found.is_none() {
                found = self.remove_session(&stored, &token).await?;
            }
        }
        Ok(found.filter(|session| !self.is_expired(session)))
    }

    async fn remove_session(&self, stored: &Value, token: &Value) -> Result<Option<Row>> {
        // A replica may still have it by the other of the two.
        let _writing = self.writing(&[std::slice::from_ref(stored), std::slice::from_ref(token)]);
        let outcome = self.run(&self.store.session.delete, std::slice::from_ref(stored)).await?;
        Ok(self.session_row(outcome, stored, token))
    }

    /// A user's sessions that have not expired, the newest first. `current`: the token of the
    /// session that asks, which is marked.
    pub async fn list_sessions(
        &self,
        user_id: Option<Arc<str>>,
        options: Option<Record>,
    ) -> Result<Vec<Row>> {
        let current = key("current", options.as_ref().and_then(|options| options.get("current")))?;
        let current = self.presented(current)?;
        let is_current = |held: &Value| {
            current.as_ref().is_some_and(|(token, stored)| {
                held == stored || (held == token && self.may_be_plain(token))
            })
        };
        let Some(user_id) = user_id.map(Value::Text) else {
            return Ok(Vec::new());
        };
        let asked = [user_id.clone(), Value::Date(self.now)];
        let outcome = self.run(&self.store.session.by_user, &asked).await?;
        let mut rows = Vec::new();
        for mut values in outcome.rows {
            if values.get(1) != Some(&user_id) {
                continue;
            }
            // The table may not keep when a session was made.
            values.resize(LISTED.len() - 1, Value::Null);
            if let Some(token) = values.first_mut() {
                let is_current = Value::Boolean(is_current(token));
                *token = Value::from(public_id(token));
                values.push(is_current);
            }
            rows.push(Row { names: Arc::clone(&LISTED), values, omit_null: false });
        }
        rows.sort_by_key(|row| {
            let time = |property| row.get(property).as_date().unwrap_or(i64::MIN);
            std::cmp::Reverse((time("createdAt"), time("expires")))
        });
        Ok(rows)
    }

    /// Deletes a user's sessions: all, the one with a listed `id`, or all but that of the token
    /// `except`. Gives their number.
    pub async fn delete_sessions_by_user(
        &self,
        user_id: Option<Arc<str>>,
        which: Option<Record>,
    ) -> Result<u64> {
        let (id, except) = match which.as_ref().map(|which| which.0.as_slice()) {
            None => (None, None),
            Some([(name, value)]) if &**name == "id" => (Some(value), None),
            Some([(name, value)]) if &**name == "except" => (None, Some(value)),
            // A misspelt or undefined "except" must not sign everybody out.
            Some(_) => {
                return Err(Error::invalid_argument(
                    "the second argument must be { id }, { except: sessionToken } or left out",
                ));
            }
        };
        let Some(user_id) = user_id.map(Value::Text) else {
            return Ok(0);
        };
        let _writing = self.writing(&[std::slice::from_ref(&user_id)]);
        let plans = &self.store.session;
        if let Some(id) = id {
            let Some(id) = key("id", Some(id))? else {
                return Ok(0);
            };
            return self.delete_listed(user_id, &id).await;
        }
        let outcome = match except {
            None => self.run(&plans.delete_by_user, &[user_id]).await?,
            Some(except) => {
                let token = key("except", Some(except))?.filter(|token| !token.is_empty());
                let Some(token) = token else {
                    return Err(Error::invalid_argument("except must be a session token"));
                };
                let token = Value::Text(token);
                let stored = self.stored(&token)?;
                // Under its digest it is the one that is spared.
                self.move_plain(&token, &stored).await?;
                self.run(&plans.delete_others, &[user_id, stored]).await?
            }
        };
        Ok(outcome.affected)
    }

    async fn delete_listed(&self, user_id: Value, id: &str) -> Result<u64> {
        let plans = &self.store.session;
        let listed = self.run(&plans.by_user, &[user_id.clone(), Value::Date(self.now)]).await?;
        let mut deleted = 0;
        for token in listed.rows.into_iter().filter_map(|values| values.into_iter().next()) {
            if equal(&public_id(&token), id) {
                let asked = [user_id.clone(), token];
                let mut outcome = self.run(&plans.delete_one_by_user, &asked).await?;
                let [user_id, token] = asked;
                if outcome.affected == 0 && self.may_be_plain(&token) {
                    // It has got its digest meanwhile.
                    let asked = [user_id, self.stored(&token)?];
                    outcome = self.run(&plans.delete_one_by_user, &asked).await?;
                }
                deleted += outcome.affected;
            }
        }
        Ok(deleted)
    }

    fn is_expired(&self, session: &Row) -> bool {
        session.get("expires").as_date().is_none_or(|expires| expires <= self.now)
    }

    /// Deletes a session that has expired. The caller's answer does not depend on it: a session
    /// that stays, because the database is read-only perhaps, is as dead as one that is gone.
    async fn delete_expired(&self, stored: Value) {
        let values = [stored, Value::Date(self.now)];
        let _ = self.run(&self.store.session.delete_expired, &values).await;
    }

    /// A token that came from outside, and how the table holds it.
    fn presented(&self, token: Option<Arc<str>>) -> Result<Option<(Value, Value)>> {
        match token.map(Value::Text) {
            None => Ok(None),
            Some(token) if !self.store.options.hashes_sessions() && is_digest(&token) => Ok(None),
            Some(token) => Ok(Some((token.clone(), self.stored(&token)?))),
        }
    }

    /// How the table holds a token.
    pub(super) fn stored(&self, token: &Value) -> Result<Value> {
        let options = &self.store.options;
        let text = match token.as_text() {
            Some(text) if options.hashes_sessions() => text,
            _ => return Ok(token.clone()),
        };
        Ok(Value::from(match &options.sessions.key {
            Some(key) => format!("{HMAC_SHA256}{}", hmac_sha256_hex(key, text.as_bytes())?),
            None => format!("{SHA256}{}", sha256_hex(text.as_bytes())),
        }))
    }

    fn session_row(&self, outcome: Outcome, stored: &Value, token: &Value) -> Option<Row> {
        super::find_row(&self.store.schema.session, outcome, &[("sessionToken", stored)])
            .map(|session| with_token(session, token))
    }
}

/// A session with the token that its owner knows, instead of what the table holds.
fn with_token(mut session: Row, token: &Value) -> Row {
    let names = Arc::clone(&session.names);
    for (name, value) in names.iter().zip(&mut session.values) {
        if &**name == "sessionToken" {
            *value = token.clone();
        }
    }
    session
}

/// Whether a text looks like a digest of ours. As a cookie it is never looked up as it stands, so
/// that a stolen digest is worthless also to an adapter that does not hash.
pub(super) fn is_digest(token: &Value) -> bool {
    token.as_text().is_some_and(|text| DIGESTS.iter().any(|prefix| text.starts_with(prefix)))
}

/// What names a session in a list: a digest, which is worthless as a cookie.
fn public_id(stored: &Value) -> String {
    let Some(text) = stored.as_text() else {
        return String::new();
    };
    match text.strip_prefix(HMAC_SHA256).or_else(|| text.strip_prefix(SHA256)) {
        Some(digest) => digest.to_owned(),
        None => sha256_hex(text.as_bytes()),
    }
}

fn no_user(error: Error) -> Error {
    match error.code() {
        Code::ForeignKey => error.with_message("no user has this userId"),
        _ => error,
    }
}
