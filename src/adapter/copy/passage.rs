//! How a row of one database becomes a row of another: which column feeds which, and what is
//! changed on the way.

use super::super::sealing::Identity;
use super::super::session::is_digest;
use super::super::user::normalize;
use super::super::{Call, Store};
use crate::crypto::{Fingerprint, is_sealed};
use crate::engine::{Dialect, Storage};
use crate::error::{Error, Result};
use crate::schema::{Column, Fill, Inserts, LookUp, Model, Scan};
use crate::value::{Record, Value};
use std::sync::Arc;

/// The way of a model's rows.
#[derive(Debug)]
pub struct Passage {
    /// The model.
    pub model: &'static str,
    /// The way through the source.
    pub scan: Scan,
    /// The target, as rows are inserted into it.
    pub target: Model,
    /// Finds rows of the target by the model's key.
    pub look_up: LookUp,
    /// Inserts them.
    pub inserts: Inserts,
    /// The position of the user's id, or of the user that the row belongs to, in a row of the source.
    pub source_user: Option<usize>,
    /// The same in a row of the target.
    pub target_user: Option<usize>,
    /// The position of the e-mail address in a row of the target.
    pub email: Option<usize>,
    /// The columns of the source that feed none of the target.
    pub left: Vec<String>,
    fed: Vec<Fed>,
    /// Where an account's provider and its id there are, in a row of the source and of the target.
    account: Option<([usize; 2], [usize; 2])>,
    /// The positions in a row of the target of what is compared.
    compared: Vec<usize>,
}

/// A column of the target that one of the source feeds.
#[derive(Debug)]
struct Fed {
    from: usize,
    property: Arc<str>,
    change: Change,
    /// Whether a row without a value gets the time of the copy.
    needs_time: bool,
}

/// What happens to a value on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    None,
    /// It is the user's id in the target.
    User,
    /// It is stored as the target's option `sessions` says.
    Token,
    /// It is normalised if the target's option says so.
    Email,
    /// NextAuth v3's date becomes OAuth's seconds.
    ToSeconds,
    /// And the other way round.
    ToDate,
}

impl Passage {
    pub(super) fn new(
        source: &Model,
        target: &Model,
        from: &Dialect,
        to: &Dialect,
    ) -> Result<Self> {
        let scan = source.scan(from)?;
        target.allow(true)?;
        let mut fed = Vec::new();
        let mut used = Vec::new();
        for column in &target.columns {
            if is_surrogate(target, column) && column.fill.is_left_to_database() {
                continue;
            }
            let Some((from, change)) = feed(source, target, column) else { continue };
            used.push(from);
            fed.push(Fed {
                from,
                property: Arc::clone(&column.property),
                change,
                needs_time: !column.nullable
                    && column.storage.is_date()
                    && column.fill != Fill::Given,
            });
        }
        let surrogate = |property: &str| property == "id" && target.name != "user";
        let given: Vec<&str> = fed.iter().map(|fed| &*fed.property).collect();
        let taken: Vec<&str> =
            given.iter().copied().filter(|property| !surrogate(property)).collect();
        let mut model = target.taking(&taken);
        // An id of no meaning beyond its table is kept if the column can hold it, and else made.
        for column in model.columns.iter_mut().filter(|column| surrogate(&column.property)) {
            column.is_written = true;
        }
        let inserted: Vec<&Column> = model.inserted().collect();
        let position =
            |property: &str| inserted.iter().position(|column| &*column.property == property);
        let mut key = Vec::new();
        for property in model.key {
            let column = inserted.iter().find(|column| &*column.property == *property);
            key.push(*column.ok_or_else(|| missing_key(model.name, property))?);
        }
        let user_property = if model.name == "user" { "id" } else { "userId" };
        // A time that was made for want of one is not made again.
        let made = |property: &str| {
            let mut fed = fed.iter().filter(|fed| &*fed.property == property && fed.needs_time);
            fed.any(|fed| scan.columns.get(fed.from).is_some_and(|column| column.nullable))
        };
        let compared = taken.iter().filter(|property| !made(property));
        let compared = compared.filter_map(|property| position(property)).filter(|index| {
            // JSON comes back in another order, or with other spaces.
            inserted.get(*index).is_some_and(|column| column.storage != Storage::Json)
        });
        let place = |find: &dyn Fn(&str) -> Option<usize>| {
            Some([find("provider")?, find("providerAccountId")?])
        };
        let in_target = place(&position);
        let in_source =
            place(&|property| scan.columns.iter().position(|column| &*column.property == property));
        let left =
            source.columns.iter().enumerate().filter(|(index, column)| {
                (column.shown || column.is_written) && !used.contains(index)
            });
        Ok(Passage {
            model: target.name,
            source_user: scan.columns.iter().position(|one| &*one.property == user_property),
            target_user: position(user_property),
            email: position("email").filter(|_| model.name == "user"),
            left: left.map(|(_, column)| format!("{}.{}", source.name, column.property)).collect(),
            compared: compared.collect(),
            account: if model.name == "account" { in_source.zip(in_target) } else { None },
            look_up: model.look_up(to, &key, &inserted)?,
            inserts: model.inserts(to),
            scan,
            fed,
            target: model,
        })
    }

    /// The row of the target, as the values of its inserted columns, of which none is encrypted.
    ///
    /// # Errors
    /// Those of a value that its column cannot hold, and `ERR_DECRYPT`.
    pub(super) fn change(
        &self,
        row: &[Value],
        user: Option<&Value>,
        from: &Call,
        to: &Call,
    ) -> Result<Vec<Value>> {
        let mut record = Record::default();
        for Fed { from: index, property, change, needs_time } in &self.fed {
            let value = row.get(*index).unwrap_or(&Value::Null);
            let value = match (change, value) {
                (Change::User, _) => user.cloned().unwrap_or(Value::Null),
                (Change::Token, Value::Text(_)) if !is_digest(value) => to.stored(value)?,
                (Change::Email, Value::Text(text)) if to.store.options.normalizes_email() => {
                    let email = normalize(text);
                    if email.is_empty() { Value::Null } else { Value::Text(email) }
                }
                (Change::ToSeconds, Value::Date(time)) => Value::Integer(time.div_euclid(1_000)),
                (Change::ToDate, Value::Integer(seconds)) => {
                    Value::Date(seconds.saturating_mul(1_000))
                }
                (_, Value::Null) if *needs_time => Value::Date(to.now),
                (_, Value::Text(text)) if self.account.is_some() => {
                    self.opened(from, row, *index, text)?.unwrap_or_else(|| value.clone())
                }
                (_, value) => value.clone(),
            };
            record.0.push((Arc::clone(property), value));
        }
        self.target.insert_values(&record, to.now)
    }

    /// What an account's encrypted value of the source says.
    fn opened(
        &self,
        from: &Call,
        row: &[Value],
        index: usize,
        text: &str,
    ) -> Result<Option<Value>> {
        let column = self.scan.columns.get(index);
        let Some((column, [provider, id])) = column.zip(self.identity(row, false)) else {
            return Ok(None);
        };
        let may_be_sealed = column.sealed || (column.is_sealable() && is_sealed(text));
        if !may_be_sealed {
            return Ok(None);
        }
        let identity = Identity::new(provider, id)?;
        let opened = from.store.sealing.open(&column.property, column.sealed, &identity, text)?;
        Ok(opened.map(Value::from))
    }

    /// Encrypts what the target keeps encrypted of a row.
    pub(super) fn seal(&self, to: &Call, values: &mut [Value]) -> Result<()> {
        if !self.seals() {
            return Ok(());
        }
        let held = values.to_vec();
        let Some(identity) = self.identity(&held, true) else { return Ok(()) };
        to.store.sealing.seal(self.target.inserted(), identity, &to.scope, values)
    }

    /// Decrypts what the target keeps encrypted of a row. What does not open stays as it is, and so is
    /// another than it should be.
    pub(super) fn open(&self, to: &Call, values: &mut [Value]) {
        if !self.seals() {
            return;
        }
        let held = values.to_vec();
        let Some([provider, id]) = self.identity(&held, true) else { return };
        let Ok(identity) = Identity::new(provider, id) else { return };
        for (column, value) in self.target.inserted().zip(values) {
            if let (true, Value::Text(text)) = (column.sealed, &*value)
                && let Ok(Some(text)) =
                    to.store.sealing.open(&column.property, true, &identity, text)
            {
                *value = Value::from(text);
            }
        }
    }

    /// Whether the target keeps anything of a row encrypted.
    fn seals(&self) -> bool {
        self.account.is_some() && self.target.inserted().any(|column| column.sealed)
    }

    /// Whose account a row is at the provider, if it is one.
    fn identity<'a>(&self, row: &'a [Value], in_target: bool) -> Option<[&'a Value; 2]> {
        let (source, target) = self.account.as_ref()?;
        let [provider, id] = if in_target { target } else { source };
        Some([row.get(*provider)?, row.get(*id)?])
    }

    /// The digest of a row's key, in the target.
    pub(super) fn key_of(&self, row: &[Value]) -> u128 {
        digest(self.model, self.look_up.key.iter().filter_map(|index| row.get(*index)))
    }

    /// The values of a row's key, in the target.
    pub(super) fn key_values(&self, row: &[Value]) -> Vec<Value> {
        self.look_up.key.iter().filter_map(|index| row.get(*index).cloned()).collect()
    }

    /// The digest of a row's key, in the source.
    pub(super) fn source_key(&self, row: &[Value]) -> u128 {
        // A user is asked for by those that belong to it.
        let key = match self.source_user {
            Some(ref user) if self.model == "user" => std::slice::from_ref(user),
            _ => &self.scan.key,
        };
        digest(self.model, key.iter().filter_map(|index| row.get(*index)))
    }

    /// The digest of what is compared of a row of the target.
    pub(super) fn digest(&self, row: &[Value]) -> u128 {
        digest(self.model, self.compared.iter().filter_map(|index| row.get(*index)))
    }

    /// The user that a row of the source is, or belongs to.
    pub(super) fn user_of<'a>(&self, row: &'a [Value]) -> Option<&'a Arc<str>> {
        row.get(self.source_user?)?.as_text()
    }
}

/// Whether a column holds an id that nothing but its own table knows.
fn is_surrogate(model: &Model, column: &Column) -> bool {
    &*column.property == "id" && model.name != "user"
}

/// What feeds a column of the target: the position of a column of the source.
fn feed(source: &Model, target: &Model, column: &Column) -> Option<(usize, Change)> {
    let property = &*column.property;
    let find = |property: &str| source.columns.iter().position(|one| &*one.property == property);
    if let Some(index) = find(property) {
        let change = match (target.name, property) {
            ("user", "id") | (_, "userId") => Change::User,
            ("session", "sessionToken") => Change::Token,
            ("user", "email") => Change::Email,
            _ => Change::None,
        };
        return Some((index, change));
    }
    match (target.name, property) {
        ("account", "expires_at") => Some((find("accessTokenExpires")?, Change::ToSeconds)),
        ("account", "accessTokenExpires") => Some((find("expires_at")?, Change::ToDate)),
        _ => None,
    }
}

fn missing_key(model: &str, property: &str) -> Error {
    Error::config(format!(
        "the source's schema has no {model}.{property}, by which rows of the target are recognised"
    ))
}

/// The digest of values of a model.
pub fn digest<'a>(model: &str, values: impl Iterator<Item = &'a Value>) -> u128 {
    let mut digest = Fingerprint::default();
    digest.add(0, model.as_bytes());
    for value in values {
        match value {
            Value::Null | Value::Other(_) => digest.add(1, &[]),
            Value::Text(text) => digest.add(2, text.as_bytes()),
            Value::Integer(number) => digest.add(3, &number.to_le_bytes()),
            Value::Float(number) => digest.add(4, &number.to_bits().to_le_bytes()),
            Value::Boolean(value) => digest.add(5, &[u8::from(*value)]),
            Value::Date(time) => digest.add(6, &time.to_le_bytes()),
            Value::List(texts) => texts.iter().for_each(|text| digest.add(7, text.as_bytes())),
            Value::Json(text) => digest.add(8, text.as_bytes()),
        }
    }
    digest.finish()
}

/// Refuses what would sign everybody out: session tokens that the target could not recognise.
///
/// # Errors
/// `ERR_CONFIG` says how the two differ.
pub fn check_tokens(source: &Store, target: &Store) -> Result<()> {
    let (from, to) = (&source.options, &target.options);
    if !from.hashes_sessions() {
        return Ok(());
    }
    let why = if !to.hashes_sessions() {
        "the source holds digests of session tokens, and the target's schema holds the tokens \
         themselves, which nobody can make of them. Let the target hash them (sessions: { hash: true } \
         in its options)"
    } else if from.sessions.key != to.sessions.key {
        "the two hold digests of session tokens under different keys (option \"sessions.key\"), so that \
         the target would not know any. Give both the same key"
    } else {
        return Ok(());
    };
    Err(Error::config(format!(
        "{why}, or leave the sessions out (--skip session): everybody signs in again"
    )))
}
