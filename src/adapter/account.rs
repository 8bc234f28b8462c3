//! The providers' accounts that users sign in with.

use super::{Call, Inserts, find_row, row};
use crate::batch::Lane;
use crate::engine::{Dialect, Outcome, Plan};
use crate::error::{Cause, Code, Error, Result};
use crate::schema::{Condition, Schema};
use crate::value::{Record, Row, Value, key};
use std::sync::Arc;

/// The statements of this model.
#[derive(Debug)]
pub struct Statements {
    link: Inserts<Arc<Lane>>,
    pub(super) by_key: Plan,
    by_user: Plan,
    delete: Plan,
}

const TAKEN: &str = "this provider's account is linked to another user, or the table's collation takes \
     it for another account";

const BY_KEY: [Condition; 2] =
    [Condition::equals("provider"), Condition::equals("providerAccountId")];

impl Statements {
    pub(super) fn new(dialect: &Dialect, schema: &Schema) -> Result<Self> {
        let account = &schema.account;
        Ok(Statements {
            link: Inserts::new(dialect, account, |dialect, account| {
                account.insert_or_refresh(dialect, "userId").map(Lane::new)
            })?,
            by_key: account.select(dialect, &BY_KEY, &[])?,
            by_user: account.select(
                dialect,
                &[Condition::equals("userId")],
                &["provider", "providerAccountId"],
            )?,
            delete: account.delete(dialect, &BY_KEY)?,
        })
    }
}

impl Call {
    /// Inserts an account. One that this user has already takes over the given tokens.
    ///
    /// # Errors
    /// `ERR_UNIQUE`: it is another user's. `ERR_FOREIGN_KEY`: nobody has this `userId`.
    /// If this is the end of a sign-in that began with `createUser` moments ago, that user is deleted again.
    pub async fn link_account(&self, account: Record) -> Result<Row> {
        let user_id = account.get("userId").cloned().unwrap_or(Value::Null);
        let key = BY_KEY.map(|key| account.get(key.property).cloned().unwrap_or(Value::Null));
        let _writing = self.writing(&[&key, std::slice::from_ref(&user_id)]);
        let passkey = self.account_of_passkey(&account);
        let linked = self.link(account).await;
        match &linked {
            Ok(_) => {
                let inserted = self.store.unfinished.end(&self.scope, &user_id);
                if let Some(account) = passkey {
                    self.begin_registration(account, inserted);
                }
            }
            Err(_) => self.give_up_sign_in(&user_id).await,
        }
        linked
    }

    async fn link(&self, mut account: Record) -> Result<Row> {
        let model = &self.store.schema.account;
        for (name, value) in &mut account.0 {
            *value = tolerate(name, value);
        }
        let insert = self.store.account.link.of(self.store.engine.dialect(), model, &account)?;
        let model = insert.model();
        let mut values = model.insert_values(&account, self.now)?;
        let [provider, id] = BY_KEY.map(|key| {
            let index = model.inserted().position(|column| *column.property == *key.property);
            index.and_then(|index| values.get(index)).cloned().unwrap_or(Value::Null)
        });
        let key = [&provider, &id];
        self.store.sealing.seal(model.inserted(), key, &self.scope, &mut values)?;
        // Where it is another user's, or another account that the database takes for the same, it is given
        // as it is, or not at all.
        let user_id = model
            .column("userId")?
            .accept(model.name, account.get("userId").unwrap_or(&Value::Null))?;
        let linked = match &self.store.reclaim {
            None => self.run_in(insert.plans(), &values).await,
            Some(reclaim) => {
                let link = &insert.plans().plan;
                let user_id = std::slice::from_ref(&user_id);
                self.run_and(link, &values, &reclaim.settle_linked, user_id).await
            }
        };
        let outcome = linked.map_err(|error| {
            let error = error.of_table(&model.table.name);
            match error.code() {
                Code::ForeignKey => error.with_message("no user has this userId"),
                _ => error,
            }
        })?;
        if outcome.rows.is_empty() && !model.keeps_user() {
            return Err(Error::new(Code::ForeignKey, "no user has this userId"));
        }
        let asked = [("userId", &user_id), ("provider", &provider), ("providerAccountId", &id)];
        let linked = find_row(model, outcome, &asked).ok_or_else(|| {
            let key =
                model.key.iter().map(|property| model.column(property).map(|column| &column.name));
            Error::new(Code::Unique, TAKEN).with_cause(Cause {
                database: self.store.engine.dialect().name,
                code: None,
                table: Some(model.table.name.clone()),
                constraint: key
                    .collect::<Result<Vec<_>>>()
                    .ok()
                    .map(|columns| columns.into_iter().cloned().collect::<Vec<_>>().join(", ")),
            })
        })?;
        self.opened_after(linked)
    }

    /// Changes the columns that the record has a value for, null included, and gives the row. The
    /// account stays its user's; with a `userId` it is only found if it is that user's.
    ///
    /// # Errors
    /// `ERR_NOT_FOUND`: there is no such account.
    pub async fn update_account(&self, account: Record) -> Result<Row> {
        self.change_account(account, None).await
    }

    /// The same; with an owner the account is only found while it has the account's lease.
    pub(super) async fn change_account(
        &self,
        mut account: Record,
        owner: Option<&Value>,
    ) -> Result<Row> {
        let model = &self.store.schema.account;
        let unknown = || {
            Error::new(
                Code::NotFound,
                "no account has this provider and providerAccountId, or it is another user's",
            )
        };
        let mut found_by = Vec::from(BY_KEY);
        if account.get("userId").is_some() {
            found_by.push(Condition::equals("userId"));
        }
        let mut asked = Vec::new();
        for Condition { property, .. } in &found_by {
            let given = account.get(property);
            if matches!(given, None | Some(Value::Null)) {
                return Err(Error::invalid_argument(format!("account.{property} is missing")));
            }
            let name = format!("account.{property}");
            asked.push((*property, Value::Text(key(&name, given)?.ok_or_else(unknown)?)));
        }
        // What says which row it is, and whose, is not what changes.
        account.0.retain(|(name, _)| &**name != "userId" && !model.primary.contains(name));
        for (name, value) in &mut account.0 {
            *value = tolerate(name, value);
        }
        let (columns, mut values) = model.changes(&account, self.now)?;
        if owner.is_some() {
            found_by.push(Condition::equals("lockOwner"));
        }
        let key = asked.iter().map(|(_, value)| value.clone());
        if let [(_, provider), (_, id), ..] = asked.as_slice() {
            let set = columns.iter().filter_map(|index| model.columns.get(*index));
            self.store.sealing.seal(set, [provider, id], &self.scope, &mut values)?;
        }
        let outcome = if columns.is_empty() {
            let key: Vec<Value> = key.take(BY_KEY.len()).collect();
            self.run(&self.store.account.by_key, &key).await?
        } else {
            let plan = model.update(self.store.engine.dialect(), &columns, &found_by, &[])?;
            values.extend(key.chain(owner.cloned()));
            self.run(&plan, &values).await?
        };
        let asked: Vec<(&str, &Value)> = asked.iter().map(|(name, value)| (*name, value)).collect();
        self.opened_after(find_row(model, outcome, &asked).ok_or_else(unknown)?)
    }

    /// Deletes an account; a passkey's with the passkey, so that the one is never there without the other.
    pub async fn unlink_account(&self, account: Option<Record>) -> Result<Option<Row>> {
        let account = account.unwrap_or_default();
        let provider = key("provider", account.get("provider"))?;
        let id = key("providerAccountId", account.get("providerAccountId"))?;
        let Some(asked) = asked(provider, id) else {
            return Ok(None);
        };
        let _writing = self.writing(&[&asked]);
        let delete = &self.store.account.delete;
        let outcome = match self.passkey_of(&asked).await? {
            Some((passkey, of)) => self.run_and(delete, &asked, passkey, &of).await?,
            None => self.run(delete, &asked).await?,
        };
        self.account_row(outcome, &asked).map(|row| self.opened_after(row)).transpose()
    }

    /// The account that a provider knows by this id.
    pub async fn get_account(
        &self,
        id: Option<Arc<str>>,
        provider: Option<Arc<str>>,
    ) -> Result<Option<Row>> {
        let Some(asked) = asked(provider, id) else {
            return Ok(None);
        };
        let outcome = self.run(&self.store.account.by_key, &asked).await?;
        self.account_row(outcome, &asked).map(|row| self.opened(row)).transpose()
    }

    /// The accounts that a user signs in with.
    pub async fn list_accounts(&self, user_id: Option<Arc<str>>) -> Result<Vec<Row>> {
        let model = &self.store.schema.account;
        let Some(user_id) = user_id.map(Value::Text) else {
            return Ok(Vec::new());
        };
        let outcome = self.run(&self.store.account.by_user, std::slice::from_ref(&user_id)).await?;
        let rows = outcome.rows.into_iter().map(|values| row(model, values));
        rows.filter(|row| *row.get("userId") == user_id).map(|row| self.opened(row)).collect()
    }

    fn account_row(&self, outcome: Outcome, asked: &[Value; 2]) -> Option<Row> {
        let [provider, id] = asked;
        let model = &self.store.schema.account;
        find_row(model, outcome, &[("provider", provider), ("providerAccountId", id)])
    }
}

fn asked(provider: Option<Arc<str>>, id: Option<Arc<str>>) -> Option<[Value; 2]> {
    provider.zip(id).map(|(provider, id)| [Value::Text(provider), Value::Text(id)])
}

/// What providers send instead of what OAuth says, made what the column holds; sign-in does not
/// fail over it. The rest is left as it is, for the column to judge.
fn tolerate(name: &str, value: &Value) -> Value {
    match (name, value) {
        // Seconds with a fraction, or in a string.
        ("expires_at", Value::Float(seconds)) if seconds.is_finite() => {
            Value::Float(seconds.floor())
        }
        ("expires_at", Value::Text(text)) => {
            text.trim().parse().map_or_else(|_| value.clone(), Value::Integer)
        }
        // RFC 6749 section 3.3 separates scopes by spaces; Twitch sends an array.
        ("scope", Value::List(scopes)) => Value::from(scopes.join(" ")),
        _ => value.clone(),
    }
}
