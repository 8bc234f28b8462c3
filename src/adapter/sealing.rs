//! The OAuth tokens at rest: encrypted on the way into the database, decrypted on the way out. Each is
//! bound to its account, its column and its tenant, so that it opens nowhere else.

use super::{Call, Scope};
use crate::crypto::{Keys, Secret, Unopened, is_sealed};
use crate::error::{Code, Error, Result};
use crate::options::Encryption;
use crate::schema::{Column, Schema};
use crate::value::{Row, Value};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// How many different things are told at most of values that do not open.
const TOLD: usize = 32;

/// What is encrypted, and the keys.
#[derive(Debug)]
pub struct Sealing {
    /// None: the option is off.
    keys: Option<Keys>,
    /// Whether a value is read that is not encrypted, or bound to no tenant where there are tenants.
    allow_plain: bool,
    /// The columns of option `scope`, by their position among them, in the order of their names: the
    /// first word of an application's function may say them in another order each time it starts.
    scope: Vec<(usize, Arc<str>)>,
    /// The properties of results that may hold an envelope, by index, and whether they should.
    openable: Vec<(usize, bool)>,
    told: Mutex<HashSet<String>>,
}

/// Whose account it is, at the provider and among the tenants: what its values are bound to.
#[derive(Debug, Clone)]
pub struct Identity<'a> {
    provider: &'a str,
    id: &'a str,
    /// The name and the value of each column of the scope; nothing where there are no tenants.
    scope: Vec<&'a str>,
}

impl<'a> Identity<'a> {
    /// The identity that two values say, of an account that is no tenant's.
    ///
    /// # Errors
    /// `ERR_INVALID_ARGUMENT`: they are no texts.
    pub fn new(provider: &'a Value, id: &'a Value) -> Result<Self> {
        match (provider.as_text(), id.as_text()) {
            (Some(provider), Some(id)) => Ok(Identity { provider, id, scope: Vec::new() }),
            _ => Err(Error::invalid_argument(
                "account.provider and account.providerAccountId are missing: tokens are bound to them",
            )),
        }
    }

    /// Where a value belongs.
    pub fn place<'p>(&'p self, property: &'p str) -> Vec<&'p str> {
        // The model and the property, not the table and the column: these may be renamed.
        let account = ["account", property, self.provider, self.id];
        account.into_iter().chain(self.scope.iter().copied()).collect()
    }

    /// The same account from before there were tenants, if there are any.
    pub fn of_no_tenant(&self) -> Option<Self> {
        (!self.scope.is_empty()).then(|| Identity { scope: Vec::new(), ..*self })
    }
}

impl Sealing {
    pub(super) fn new(
        encryption: &Encryption,
        variable: Option<&Secret>,
        schema: &mut Schema,
    ) -> Result<Self> {
        let keys = match &encryption.0 {
            None => None,
            Some(encryption) => {
                schema.seal(encryption.columns.as_deref())?;
                Some(encryption.keys(variable)?)
            }
        };
        let shown = schema.account.shown().enumerate();
        let columns = schema.account.scope().map(|column| Arc::clone(&column.property));
        let mut scope: Vec<(usize, Arc<str>)> = columns.enumerate().collect();
        scope.sort_by(|(_, one), (_, other)| one.cmp(other));
        Ok(Sealing {
            keys,
            scope,
            allow_plain: encryption.0.as_ref().is_none_or(|encryption| encryption.allow_plain),
            openable: shown
                .filter(|(_, column)| column.is_sealable())
                .map(|(index, column)| (index, column.sealed))
                .collect(),
            told: Mutex::default(),
        })
    }

    /// The keys.
    ///
    /// # Errors
    /// `ERR_CONFIG`: the option is off.
    pub fn keys(&self) -> Result<&Keys> {
        self.keys.as_ref().ok_or_else(|| {
            Error::config("this needs option \"encryption\", with the keys that there are")
        })
    }

    /// The identity that two values say, of an account with these values in the columns of the scope.
    /// Without one of them it is nobody's yet, as it was before there were tenants.
    ///
    /// # Errors
    /// `ERR_INVALID_ARGUMENT`: they are no texts.
    pub fn identity<'a>(
        &'a self,
        [provider, id]: [&'a Value; 2],
        scope: impl Iterator<Item = Option<&'a str>>,
    ) -> Result<Identity<'a>> {
        let mut identity = Identity::new(provider, id)?;
        if !self.scope.is_empty()
            && let Some(values) = scope.collect::<Option<Vec<&str>>>()
        {
            for (index, name) in &self.scope {
                identity.scope.extend(values.get(*index).iter().flat_map(|value| [name, **value]));
            }
        }
        Ok(identity)
    }

    /// Encrypts the values of those columns of an account that are encrypted.
    pub fn seal<'a>(
        &self,
        columns: impl Iterator<Item = &'a Column>,
        key: [&Value; 2],
        scope: &Scope,
        values: &mut [Value],
    ) -> Result<()> {
        let Some(keys) = &self.keys else { return Ok(()) };
        let identity = self.identity(key, scope.texts())?;
        for (column, value) in columns.zip(values).filter(|(column, _)| column.sealed) {
            if let Value::Text(text) = value {
                *value = Value::from(keys.seal(text, &identity.place(&column.property))?);
            }
        }
        Ok(())
    }

    /// What a stored text says. `expected`: whether it should be encrypted.
    ///
    /// # Errors
    /// `ERR_DECRYPT` names the property and the key.
    pub fn open(
        &self,
        property: &str,
        expected: bool,
        identity: &Identity<'_>,
        stored: &str,
    ) -> Result<Option<String>> {
        let wrong =
            |why: String| Err(Error::new(Code::Decrypt, format!("account.{property} {why}")));
        if !is_sealed(stored) {
            return if expected && !self.allow_plain {
                wrong(
                    "is not encrypted, and option \"encryption.allowPlain\" is false: was it written by \
                     somebody else, or before? The command rekey encrypts what is there"
                        .to_owned(),
                )
            } else {
                Ok(None)
            };
        }
        let Some(keys) = &self.keys else {
            return wrong(
                "is encrypted, and option \"encryption\" is not set: give it the keys that the value \
                 was written with"
                    .to_owned(),
            );
        };
        let unopened = match keys.open(stored, &identity.place(property)) {
            Ok(text) => return Ok(Some(text)),
            Err(unopened) => unopened,
        };
        if self.allow_plain
            && let Some(before) = identity.of_no_tenant()
            && let Ok(text) = keys.open(stored, &before.place(property))
        {
            return Ok(Some(text));
        }
        wrong(explain(&unopened))
    }

    /// Decrypts what a row holds.
    ///
    /// # Errors
    /// `ERR_DECRYPT`: something does not open.
    fn open_row(&self, row: &mut Row, scope: &Scope) -> Result<()> {
        self.each(row, scope, |opened| opened)
    }

    /// Decrypts what a row holds, and leaves out what does not open, for a call that has done its work:
    /// gives why.
    fn open_what_opens(&self, row: &mut Row, scope: &Scope) -> Result<Vec<Error>> {
        let mut left_out = Vec::new();
        self.each(row, scope, |opened| {
            Ok(opened.unwrap_or_else(|error| {
                left_out.push(error);
                Some(Value::Null)
            }))
        })?;
        Ok(left_out)
    }

    fn each(
        &self,
        row: &mut Row,
        scope: &Scope,
        mut then: impl FnMut(Result<Option<Value>>) -> Result<Option<Value>>,
    ) -> Result<()> {
        for (index, expected) in &self.openable {
            let (Some(property), Some(Value::Text(stored))) =
                (row.names.get(*index), row.values.get(*index))
            else {
                continue;
            };
            if !*expected && !is_sealed(stored) {
                continue;
            }
            let key = [row.get("provider"), row.get("providerAccountId")];
            let opened = self
                .identity(key, scope.texts())
                .and_then(|identity| self.open(property, *expected, &identity, stored));
            if let Some(value) = then(opened.map(|text| text.map(Value::from)))?
                && let Some(held) = row.values.get_mut(*index)
            {
                *held = value;
            }
        }
        Ok(())
    }
}

/// Why an envelope does not open, as the end of a sentence that begins with the column.
fn explain(unopened: &Unopened) -> String {
    match unopened {
        Unopened::Malformed => {
            "begins like an encrypted value and is none: it was cut off or changed, \
             or a newer version wrote it"
                .to_owned()
        }
        Unopened::NoKey(id) => format!(
            "is encrypted under the key \"{id}\", which is not among the keys of option \
             \"encryption\": add it, after the first"
        ),
        Unopened::Refused(id) => format!(
            "does not open with the key \"{id}\": it was encrypted with another key of this id, or was \
             changed, or belongs to another account, column or tenant"
        ),
    }
}

impl Call {
    /// The account that was read.
    ///
    /// # Errors
    /// `ERR_DECRYPT`: something in it does not open.
    pub(super) fn opened(&self, mut account: Row) -> Result<Row> {
        self.store.sealing.open_row(&mut account, &self.scope)?;
        Ok(account)
    }

    /// The account that was written, or deleted: what is done is done, so that what does not open is
    /// left out of it.
    pub(super) fn opened_after(&self, mut account: Row) -> Result<Row> {
        for error in self.store.sealing.open_what_opens(&mut account, &self.scope)? {
            let text = format!("{}: {} (it is left out)", self.operation, error.message());
            let mut told = self.store.sealing.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.len() < TOLD && told.insert(text.clone()) {
                self.store.observer.notice(text);
            }
        }
        Ok(account)
    }
}
