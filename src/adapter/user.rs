//! Users.

use super::look_up::LookUp;
use super::reclaim::unmark;
use super::{Call, InsertPlans, Inserts, find_row, written_row};
use crate::engine::{Dialect, Outcome, Plan};
use crate::error::{Code, Error, Result};
use crate::schema::{Condition, Join, Model, Schema, lock_user};
use crate::value::{Record, Row, Value, key};
use std::sync::Arc;

/// The statements of this model.
#[derive(Debug)]
pub struct Statements {
    insert: Inserts<InsertPlans>,
    pub(super) by_id: LookUp,
    by_email: LookUp,
    by_account: LookUp,
    delete: Plan,
    /// What deletes, before the user, all that belongs to them.
    delete_owned: Vec<Plan>,
}

/// How many columns of the account come before the user's.
const WITH_USER_ID: usize = 3;

const BY_ID: Condition = Condition::equals("id");

impl Statements {
    pub(super) fn new(dialect: &Dialect, schema: &Schema, replicas: usize) -> Result<Self> {
        let user = &schema.user;
        let owned = [&schema.session, &schema.account, &schema.authenticator];
        let owned = owned.into_iter().filter(|model| model.has("userId"));
        let mut delete_owned = Vec::new();
        // What is inserted between these statements and the last would refuse it, where the foreign key does
        // not cascade, or be left over, where there is none.
        if user.has("id") {
            delete_owned.push(lock_user(dialect, user)?);
        }
        let token = &schema.verification_token;
        if user.has("email") && token.has("identifier") {
            delete_owned.push(token.delete_by_other(dialect, "identifier", user, "email", "id")?);
        }
        for model in owned {
            delete_owned.push(model.delete_silently(dialect, &[Condition::equals("userId")])?);
        }
        let account_key = ["provider", "providerAccountId"];
        let with_user_id: [_; WITH_USER_ID] = ["provider", "providerAccountId", "userId"];
        Ok(Statements {
            insert: Inserts::new(dialect, user, InsertPlans::new)?,
            by_id: LookUp::new(user.select(dialect, &[BY_ID], &[])?, replicas),
            by_email: LookUp::new(
                user.select(dialect, &[Condition::equals("email")], &[])?,
                replicas,
            ),
            by_account: LookUp::new(
                schema.account.select_with(
                    dialect,
                    &with_user_id,
                    Join { model: user, property: "userId", equals: "id" },
                    &account_key.map(Condition::equals),
                )?,
                replicas,
            ),
            delete: user.delete(dialect, &[BY_ID])?,
            delete_owned,
        })
    }
}

impl Call {
    /// Inserts a user, under the id given or a new one.
    ///
    /// # Errors
    /// `ERR_UNIQUE`: the e-mail address or the id is taken. The row there is neither returned nor
    /// changed, whatever it holds: who asks has not proved to be that person.
    pub async fn create_user(&self, mut user: Record) -> Result<Row> {
        if self.store.unfinished.has_left() {
            Box::pin(self.finish_giving_up()).await;
        }
        let model = &self.store.schema.user;
        self.normalize_email(&mut user);
        if self.store.reclaim.is_some() {
            self.mark(&mut user);
        }
        if let Some(id) = &self.new_id {
            model.column("id")?.replace_id(&mut user, id);
        }
        let insert = self.store.user.insert.of(self.store.engine.dialect(), model, &user)?;
        let model = insert.model();
        let values = model.insert_values(&user, self.now)?;
        let id = user.get("id").cloned();
        let _writing = self.writing(&[id.as_slice()]);
        let row = match self.insert(model, insert.plans(), &values).await {
            Ok(outcome) => written_row(model, outcome, &values)?,
            Err(error) => return Err(taken(model, error.of_table(&model.table.name))),
        };
        if *row.get("emailVerified") == Value::Null {
            self.store.unfinished.begin(&self.scope, row.get("id"));
        }
        Ok(row)
    }

    /// The user with this id.
    pub async fn get_user(&self, id: Option<Arc<str>>) -> Result<Option<Row>> {
        let found = self.find_user(&self.store.user.by_id, "id", id).await?;
        if let Some(user) = &found
            && self.store.unfinished.meet(&self.scope, user.get("id"))
        {
            self.settle_aside(user.get("id"));
        }
        Ok(found)
    }

    /// The user with this e-mail address.
    pub async fn get_user_by_email(&self, email: Option<Arc<str>>) -> Result<Option<Row>> {
        let found = self.find_by_email(email).await?;
        match found {
            Some(user) if self.store.reclaim.is_some() => {
                Box::pin(self.unless_left_over(user)).await
            }
            found => Ok(found),
        }
    }

    async fn find_by_email(&self, email: Option<Arc<str>>) -> Result<Option<Row>> {
        let (plan, options) = (&self.store.user.by_email, &self.store.options);
        let Some(email) = email else { return Ok(None) };
        if self.store.unfinished.has_left() {
            // One of them may have this address, and be in the way of whoever tries again.
            Box::pin(self.finish_giving_up()).await;
        }
        let normalized = normalize(&email);
        if options.normalizes_email() || *normalized == *email {
            return self.find_user(plan, "email", Some(normalized)).await;
        }
        let found = self.find_user(plan, "email", Some(email)).await?;
        match found {
            None if options.finds_normalized_email() => {
                self.find_user(plan, "email", Some(normalized)).await
            }
            found => Ok(found),
        }
    }

    pub(super) async fn find_user(
        &self,
        look_up: &LookUp,
        property: &str,
        asked: Option<Arc<str>>,
    ) -> Result<Option<Row>> {
        let Some(asked) = asked.map(Value::Text) else {
            return Ok(None);
        };
        let model = &self.store.schema.user;
        let found = |outcome| find_row(model, outcome, &[(property, &asked)]);
        self.look_up(look_up, std::slice::from_ref(&asked), found, |user| {
            Some(user.get("id").clone())
        })
        .await
    }

    /// The user that a provider's account belongs to.
    pub async fn get_user_by_account(&self, account: Option<Record>) -> Result<Option<Row>> {
        let account = account.unwrap_or_default();
        let provider = key("provider", account.get("provider"))?;
        let id = key("providerAccountId", account.get("providerAccountId"))?;
        let (Some(provider), Some(id)) = (provider, id) else {
            return Ok(None);
        };
        let asked = [Value::Text(provider), Value::Text(id)];
        let found = |outcome: Outcome| {
            outcome.rows.into_iter().find_map(|mut values| {
                let user = values.split_off(WITH_USER_ID.min(values.len()));
                let user = super::row(&self.store.schema.user, user);
                let is_asked_for =
                    values.starts_with(&asked) && values.last() == Some(user.get("id"));
                is_asked_for.then_some(user)
            })
        };
        let by_account = &self.store.user.by_account;
        self.look_up(by_account, &asked, found, |user| Some(user.get("id").clone())).await
    }

    /// Changes the columns that the record has a value for, null included, and gives the row.
    ///
    /// # Errors
    /// `ERR_NOT_FOUND`: nobody has this id. `ERR_UNIQUE`: the e-mail address is another's.
    pub async fn update_user(&self, mut user: Record) -> Result<Row> {
        let model = &self.store.schema.user;
        self.normalize_email(&mut user);
        let unknown = || Error::new(Code::NotFound, "no user has this id");
        if matches!(user.get("id"), None | Some(Value::Null)) {
            return Err(Error::invalid_argument("user.id is missing"));
        }
        let id = Value::Text(key("user.id", user.get("id"))?.ok_or_else(unknown)?);
        if self.store.reclaim.is_some() {
            unmark(&mut user);
        }
        let (columns, mut values) = model.changes(&user, self.now)?;
        let by_id = || self.run_in(&self.store.user.by_id.lane, std::slice::from_ref(&id));
        let kept = model.kept_by_us(&user);
        let outcome = if columns.is_empty() {
            by_id().await?
        } else {
            let _writing = self.writing(&[std::slice::from_ref(&id)]);
            let dialect = self.store.engine.dialect();
            let plan = model.update(dialect, &columns, &[BY_ID], &kept)?;
            values.push(id.clone());
            self.run(&plan, &values)
                .await
                .map_err(|error| taken(model, error.of_table(&model.table.name)))?
        };
        self.store.unfinished.meet(&self.scope, &id);
        let found = find_row(model, outcome, &[("id", &id)]);
        if found.is_none() && !kept.is_empty() {
            // Nothing was changed: for want of the user, or because of the address.
            if find_row(model, by_id().await?, &[("id", &id)]).is_some() {
                return Err(taken(model, Error::new(Code::Unique, "")));
            }
        }
        found.ok_or_else(unknown)
    }

    /// Deletes a user and every row that belongs to them, in one transaction.
    pub async fn delete_user(&self, id: Option<Arc<str>>) -> Result<Option<Row>> {
        let Some(id) = id.map(Value::Text) else {
            return Ok(None);
        };
        let _writing = self.writing(&[std::slice::from_ref(&id)]);
        let plans = &self.store.user;
        let mut together: Vec<&Plan> = plans.delete_owned.iter().collect();
        together.push(&plans.delete);
        let outcome = self.run_together(&together, std::slice::from_ref(&id)).await?;
        Ok(find_row(&self.store.schema.user, outcome, &[("id", &id)]))
    }

    fn normalize_email(&self, user: &mut Record) {
        if !self.store.options.normalizes_email() {
            return;
        }
        for (name, value) in &mut user.0 {
            if &**name == "email"
                && let Value::Text(email) = value
            {
                let normalized = normalize(email);
                // An empty address is none; two users may be without one.
                *value = if normalized.is_empty() { Value::Null } else { Value::Text(normalized) };
            }
        }
    }
}

/// An e-mail address as it is stored and looked up: trimmed, its ASCII letters in lower case.
pub(super) fn normalize(email: &str) -> Arc<str> {
    email.trim().to_ascii_lowercase().into()
}

/// Says what of a user is another's, as far as the database names it.
fn taken(model: &Model, error: Error) -> Error {
    if error.code() != Code::Unique {
        return error;
    }
    let constraint = error.cause().and_then(|cause| cause.constraint.as_deref());
    let what = match (constraint, constraint.and_then(|name| model.kept_unique(name))) {
        (None, _) => "this e-mail address, or this id,".to_owned(),
        (_, Some(properties)) if properties == ["email"] => "this e-mail address".to_owned(),
        (_, Some(properties)) => format!("the same {}", properties.join(" and ")),
        (Some(name), None) => format!(
            "this e-mail address, this id, or what else the constraint \"{name}\" keeps unique,"
        ),
    };
    error.with_message(format!("a user with {what} exists already; it was left as it is"))
}
