//! Bringing what is stored to what the options say: plain tokens encrypted, those under another key
//! encrypted under the first one, those from before there were tenants bound to theirs, or all of them
//! plain again. Others may read and write meanwhile.

use super::Call;
use super::sealing::Identity;
use crate::batch::Task;
use crate::crypto::{Keys, Unopened, is_sealed};
use crate::engine::{Plan, Repeat, Step, Work};
use crate::error::{Error, Result};
use crate::schema::{Column, Model, position};
use crate::value::{Record, Value, safe_integer};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::HashMap;
use std::sync::Arc;

/// How many accounts a call takes if it does not say, and at most.
const BATCH: usize = 200;
const MOST: usize = 10_000;

/// How often a batch is tried whose values others change at the same time.
const ATTEMPTS: u32 = 5;

/// What a call of [`Call::rekey`] has done to the values of some accounts.
#[derive(Debug, Clone, Default)]
pub struct Rekeyed {
    /// Accounts that were looked at.
    pub rows: u64,
    /// Plain values that were encrypted.
    pub encrypted: u64,
    /// Values that were encrypted anew: under the first key instead of another, or for their tenant.
    pub rekeyed: u64,
    /// Values that are plain again.
    pub decrypted: u64,
    /// Values that others kept changing to what they should not be.
    pub left: u64,
    /// Values that do not open, and were left as they are.
    pub failed: Vec<Failed>,
    /// Where the next call goes on; nothing after the last account.
    pub next: Option<String>,
}

/// Values that do not open.
#[derive(Debug, Clone)]
pub struct Failed {
    /// The property of the account.
    pub property: Arc<str>,
    /// The key that they say; nothing where they say none.
    pub key: Option<String>,
    /// How many.
    pub values: u64,
}

/// What is to become of a value.
enum Change {
    None,
    Encrypt(String),
    Rekey(String),
    Decrypt(String),
    Fail(Option<String>),
}

/// What the call's options ask for.
struct Asked {
    decrypt: bool,
    dry_run: bool,
    batch: usize,
    after: Option<Vec<Value>>,
}

/// What is read of each account, by position: the primary key, the identity, the scope, and the values.
struct Page<'a> {
    columns: Vec<&'a Column>,
    order: usize,
    scope: usize,
    values: usize,
}

/// What a look at a page found.
#[derive(Default)]
struct Found {
    counts: Rekeyed,
    steps: Vec<Step>,
}

impl Call {
    /// Encrypts what is plain and what another key than the first encrypts, or, with `decrypt`, makes all
    /// plain; of some accounts, from `after` on. A value that somebody changes meanwhile is kept.
    ///
    /// # Errors
    /// `ERR_CONFIG`: the option is off. `ERR_INVALID_ARGUMENT`: an option is none.
    pub async fn rekey(&self, options: Option<Record>) -> Result<Rekeyed> {
        let keys = self.store.sealing.keys()?;
        let model = &self.store.schema.account;
        model.allow(true)?;
        let asked = Asked::read(options.unwrap_or_default(), model)?;
        let page = Page::of(model)?;
        let dialect = self.store.engine.dialect();
        let read = model.page(dialect, &page.columns, asked.after.is_some(), asked.batch)?;
        let after = position(asked.after.as_deref().unwrap_or_default());
        let everybodys = self.of_all_scopes();
        let mut before = None;
        let mut attempt = 0;
        loop {
            let rows = everybodys.run(&read, &after).await?.rows;
            let mut found = self.look(&page, keys, asked.decrypt, &rows)?;
            if rows.len() >= asked.batch {
                found.counts.next = rows.last().map(|row| page.cursor(row));
            }
            if asked.dry_run {
                return Ok(found.counts);
            }
            let first = before.get_or_insert_with(|| found.counts.clone());
            if found.steps.is_empty() || attempt == ATTEMPTS {
                return Ok(done(first, found.counts));
            }
            let work = Work {
                writes: true,
                repeat: Repeat::Always,
                answer: found.steps.len() - 1,
                steps: found.steps,
                confirm: None,
                serializable: false,
            };
            self.store.run(self.operation, Task::Alone(&work)).await?;
            attempt += 1;
        }
    }

    fn look(
        &self,
        page: &Page<'_>,
        keys: &Keys,
        decrypt: bool,
        rows: &[Vec<Value>],
    ) -> Result<Found> {
        let model = &self.store.schema.account;
        let mut plans: HashMap<Vec<usize>, Plan> = HashMap::new();
        let mut found = Found::default();
        for row in rows {
            found.counts.rows += 1;
            let (key, values) = (page.key(row), page.values(row));
            let [provider, id] = key else { continue };
            let scope = page.scope(row).iter().map(|value| value.as_text().map(|text| &**text));
            let identity = self.store.sealing.identity([provider, id], scope)?;
            let (mut set, mut new, mut old) = (Vec::new(), Vec::new(), Vec::new());
            for (index, (column, value)) in values.enumerate() {
                let Value::Text(stored) = value else { continue };
                let text = match change(keys, column, &identity, stored, decrypt)? {
                    Change::None => continue,
                    Change::Fail(key) => {
                        found.counts.fail(&column.property, key);
                        continue;
                    }
                    Change::Encrypt(text) => {
                        found.counts.encrypted += 1;
                        text
                    }
                    Change::Rekey(text) => {
                        found.counts.rekeyed += 1;
                        text
                    }
                    Change::Decrypt(text) => {
                        found.counts.decrypted += 1;
                        text
                    }
                };
                set.push(index);
                new.push(Value::from(text));
                old.push(value.clone());
            }
            if set.is_empty() {
                continue;
            }
            new.extend(key.iter().chain(page.scope(row)).cloned());
            new.extend(old);
            let plan = match plans.get(&set) {
                Some(plan) => plan,
                None => {
                    let columns: Vec<&Column> =
                        set.iter().filter_map(|index| page.value(*index)).collect();
                    let plan = model.replace(self.store.engine.dialect(), &columns)?;
                    plans.entry(set).or_insert(plan)
                }
            };
            found.steps.extend(plan.work(&new).steps);
        }
        Ok(found)
    }
}

/// What was to be done at first, less what still is: what has been done.
fn done(first: &Rekeyed, last: Rekeyed) -> Rekeyed {
    Rekeyed {
        encrypted: first.encrypted.saturating_sub(last.encrypted),
        rekeyed: first.rekeyed.saturating_sub(last.rekeyed),
        decrypted: first.decrypted.saturating_sub(last.decrypted),
        left: last.encrypted + last.rekeyed + last.decrypted,
        ..last
    }
}

fn change(
    keys: &Keys,
    column: &Column,
    identity: &Identity<'_>,
    stored: &str,
    decrypt: bool,
) -> Result<Change> {
    let place = identity.place(&column.property);
    if !is_sealed(stored) {
        return Ok(match column.sealed && !decrypt {
            true => Change::Encrypt(keys.seal(stored, &place)?),
            false => Change::None,
        });
    }
    let opened = keys.open(stored, &place).map(|text| (text, true)).or_else(|unopened| {
        // From before there were tenants.
        let before = identity.of_no_tenant().ok_or_else(|| unopened.clone())?;
        let text = keys.open(stored, &before.place(&column.property)).map_err(|_| unopened)?;
        Ok((text, false))
    });
    let (text, is_bound) = match opened {
        Ok(opened) => opened,
        Err(Unopened::Malformed) => return Ok(Change::Fail(None)),
        Err(Unopened::NoKey(id) | Unopened::Refused(id)) => return Ok(Change::Fail(Some(id))),
    };
    Ok(if decrypt {
        Change::Decrypt(text)
    } else if is_bound && keys.is_current(stored) {
        Change::None
    } else {
        Change::Rekey(keys.seal(&text, &place)?)
    })
}

impl Rekeyed {
    fn fail(&mut self, property: &Arc<str>, key: Option<String>) {
        let same = |failed: &&mut Failed| failed.property == *property && failed.key == key;
        match self.failed.iter_mut().find(same) {
            Some(failed) => failed.values += 1,
            None => self.failed.push(Failed { property: Arc::clone(property), key, values: 1 }),
        }
    }
}

impl<'a> Page<'a> {
    fn of(model: &'a Model) -> Result<Self> {
        let mut columns = model.order()?;
        let order = columns.len();
        for property in model.key {
            columns.push(model.column(property)?);
        }
        let scope = columns.len();
        columns.extend(model.scope());
        let values = columns.len();
        columns.extend(model.columns.iter().filter(|column| column.is_sealable()));
        Ok(Page { columns, order, scope, values })
    }

    fn key<'r>(&self, row: &'r [Value]) -> &'r [Value] {
        row.get(self.order..self.scope).unwrap_or_default()
    }

    fn scope<'r>(&self, row: &'r [Value]) -> &'r [Value] {
        row.get(self.scope..self.values).unwrap_or_default()
    }

    fn value(&self, index: usize) -> Option<&'a Column> {
        self.columns.get(self.values + index).copied()
    }

    fn values<'r>(&self, row: &'r [Value]) -> impl Iterator<Item = (&'a Column, &'r Value)> {
        self.columns.iter().copied().zip(row).skip(self.values)
    }

    /// The place of a row among all.
    fn cursor(&self, row: &[Value]) -> String {
        let order = row.iter().take(self.order);
        let texts: Vec<&str> =
            order.map(|value| value.as_text().map_or("", |text| &**text)).collect();
        URL_SAFE_NO_PAD.encode(texts.join("\0"))
    }
}

impl Asked {
    fn read(options: Record, model: &Model) -> Result<Self> {
        let mut asked = Asked { decrypt: false, dry_run: false, batch: BATCH, after: None };
        for (name, value) in &options.0 {
            let wrong = |needed: &str| {
                let given = value.describe();
                Err(Error::invalid_argument(format!(
                    "options.{name} must be {needed}, not {given}"
                )))
            };
            match (&**name, value) {
                ("decrypt" | "dryRun" | "batch" | "after", Value::Null) => {}
                ("decrypt", Value::Boolean(value)) => asked.decrypt = *value,
                ("dryRun", Value::Boolean(value)) => asked.dry_run = *value,
                ("decrypt" | "dryRun", _) => return wrong("true or false"),
                ("batch", value) => match batch(value) {
                    Some(batch) => asked.batch = batch,
                    None => return wrong("a whole number from 1 to 10000"),
                },
                ("after", Value::Text(text)) => match cursor(text, model.primary.len()) {
                    Some(after) => asked.after = Some(after),
                    None => return wrong("what an earlier call gave as next"),
                },
                ("after", _) => return wrong("what an earlier call gave as next"),
                _ => {
                    return Err(Error::invalid_argument(format!(
                        "options.{name} is unknown; known are decrypt, dryRun, batch, after"
                    )));
                }
            }
        }
        Ok(asked)
    }
}

fn batch(value: &Value) -> Option<usize> {
    let number = match value {
        Value::Float(number) => safe_integer(*number)?,
        _ => return None,
    };
    usize::try_from(number).ok().filter(|batch| (1..=MOST).contains(batch))
}

fn cursor(text: &str, columns: usize) -> Option<Vec<Value>> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let after: Vec<Value> = text.split('\0').map(Value::from).collect();
    (after.len() == columns).then_some(after)
}
