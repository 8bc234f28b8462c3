//! Which user of the source is which of the target.

use super::passage::digest;
use super::side::{Side, Values};
use crate::crypto::Fingerprint;
use crate::engine::{Extent, Statement, Step, Storage};
use crate::error::{Error, Result};
use crate::schema::{self, Inserts, LookUp, Schema, keeps_ids};
use crate::value::Value;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What becomes of users' ids.
#[derive(Debug)]
pub enum Ids {
    /// They stay.
    Kept,
    /// The target takes UUIDs only: what is none becomes one that follows from it.
    Derived(Storage),
    /// The target takes numbers only: a table of the target remembers which became which.
    Mapped(Box<Map>),
}

/// The table that remembers.
#[derive(Debug)]
pub struct Map {
    look_up: LookUp,
    inserts: Inserts,
    largest: Arc<Statement>,
    /// Whether it is not there yet, and stays so.
    absent: bool,
}

/// Users of the two databases.
#[derive(Debug)]
pub struct Users {
    /// What becomes of their ids.
    pub ids: Ids,
    in_source: LookUp,
    in_target: LookUp,
    /// Finds users of the target by their e-mail address; each row is an id and an address.
    pub by_email: Option<LookUp>,
    /// Brings the counter of ids up to date.
    pub advance: Option<Arc<Statement>>,
}

impl Users {
    /// Makes ready. `absent`: nothing is created, and the target has no tables.
    pub async fn new(source: &Side, target: &Side, rehearsal: bool) -> Result<Self> {
        let (from, to) = (source.call.store.engine.dialect(), target.call.store.engine.dialect());
        let schemas: [&Schema; 2] = [&source.call.store.schema, &target.call.store.schema];
        let [theirs, ours] = schemas.map(|schema| schema.user.column("id"));
        let (theirs, ours) = (theirs?, ours?);
        let user = &schemas[1].user;
        let ids = if keeps_ids(theirs.storage, ours.storage) {
            Ids::Kept
        } else if ours.storage == Storage::IntegerId {
            let model = user.of_copied_users(to);
            let engine = &*target.call.store.engine;
            let tables = [model.table.clone()];
            let explain = |error: Error| target.explain(error);
            let mut absent =
                engine.inspect(&tables, Extent::Columns).await.map_err(explain)?.is_empty();
            if absent && !rehearsal {
                let create = schema::create_table(to, &target.call.store.schema, &model)?;
                engine.define(&[create]).await.map_err(explain)?;
                absent = false;
            }
            let columns: Vec<_> = model.columns.iter().collect();
            Ids::Mapped(Box::new(Map {
                look_up: model.look_up(to, &[model.column("source")?], &columns)?,
                inserts: model.inserts(to),
                largest: user.largest(to, "id")?,
                absent,
            }))
        } else {
            Ids::Derived(ours.storage)
        };
        let by_email = match user.column("email") {
            Ok(email) => Some(user.look_up(to, &[email], &[ours, email])?),
            Err(_) => None,
        };
        let counts = ours.storage == Storage::IntegerId;
        Ok(Users {
            ids,
            in_source: schemas[0].user.look_up(from, &[theirs], &[theirs])?,
            in_target: user.look_up(to, &[ours], &[ours])?,
            by_email,
            advance: if counts { user.advance(to, "id")? } else { None },
        })
    }

    /// What these ids of the source are in the target, as far as that is known.
    pub async fn known(
        &self,
        target: &Side,
        ids: &HashSet<Arc<str>>,
    ) -> Result<HashMap<Arc<str>, Value>> {
        let pair = |id: &Arc<str>, value: &str| (Arc::clone(id), Value::from(value));
        Ok(match &self.ids {
            Ids::Kept => ids.iter().map(|id| pair(id, id)).collect(),
            Ids::Derived(storage) => ids
                .iter()
                .map(|id| if storage.can_hold(id) { pair(id, id) } else { pair(id, &derived(id)) })
                .collect(),
            Ids::Mapped(map) if map.absent => HashMap::new(),
            Ids::Mapped(map) => {
                let keys: Vec<[Value; 1]> =
                    ids.iter().map(|id| [Value::Text(Arc::clone(id))]).collect();
                let keys: Vec<&[Value]> = keys.iter().map(<[Value; 1]>::as_slice).collect();
                let rows = target.find(&map.look_up, &keys).await?.into_iter();
                rows.filter_map(|row| match row.as_slice() {
                    [Value::Text(source), id] => Some((Arc::clone(source), id.clone())),
                    _ => None,
                })
                .collect()
            }
        })
    }

    /// The first of the numbers that new users get, where they get numbers.
    pub async fn next_number(&self, target: &Side, rehearsal: bool) -> Result<Option<i64>> {
        let Ids::Mapped(map) = &self.ids else { return Ok(None) };
        if rehearsal {
            return Ok(Some(1));
        }
        let rows = target.read(&map.largest, Vec::new()).await?;
        let largest = rows.first().and_then(|row| row.first()).and_then(Value::as_text);
        let largest = largest.and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
        Ok(largest.max(0).checked_add(1))
    }

    /// What makes the target remember which number a user got.
    pub fn remember(&self, new: &[(Arc<str>, Value)]) -> Vec<Step> {
        let Ids::Mapped(map) = &self.ids else { return Vec::new() };
        let mut steps = Vec::new();
        let mut left = new;
        while let Some((statement, taken)) = map.inserts.take(left.len()) {
            let (now, later) = left.split_at(taken);
            let values =
                now.iter().flat_map(|(source, id)| [Value::Text(Arc::clone(source)), id.clone()]);
            steps.push(Step { statement: Arc::clone(statement), values: values.collect() });
            left = later;
        }
        steps
    }

    /// Those of these ids that the source has users for.
    pub async fn source_has(
        &self,
        source: &Side,
        ids: &HashSet<Arc<str>>,
    ) -> Result<HashSet<Arc<str>>> {
        let values = ids.iter().map(|id| Value::Text(Arc::clone(id)));
        found(source, &self.in_source, values.collect()).await
    }

    /// Those of these ids that the target has users for.
    pub async fn target_has(&self, target: &Side, ids: Values) -> Result<HashSet<Arc<str>>> {
        found(target, &self.in_target, ids).await
    }
}

async fn found(side: &Side, look_up: &LookUp, ids: Values) -> Result<HashSet<Arc<str>>> {
    let keys: Vec<&[Value]> = ids.iter().map(std::slice::from_ref).collect();
    let rows = side.find(look_up, &keys).await?.into_iter();
    Ok(rows.filter_map(|row| row.first().and_then(Value::as_text).cloned()).collect())
}

/// What a user's problem is remembered by.
pub fn user_digest(id: &Arc<str>) -> u128 {
    digest("user", std::iter::once(&Value::Text(Arc::clone(id))))
}

/// A UUID that follows from an id, so that every run gives the same one: version 8, "custom".
/// <https://www.rfc-editor.org/rfc/rfc9562#section-5.8>
fn derived(id: &str) -> String {
    let mut digest = Fingerprint::default();
    digest.add(0, b"next-auth-sqlx-adapter copy: user");
    digest.add(1, id.as_bytes());
    let version = 0x8_u128 << 76;
    let variant = 0b10_u128 << 62;
    let free = !(0xf_u128 << 76 | 0b11_u128 << 62);
    uuid::Uuid::from_u128(digest.finish() & free | version | variant).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derived_id_is_a_uuid_of_its_own() {
        let one = derived("1");
        assert!(Storage::Uuid.can_hold(&one), "{one}");
        assert_eq!(one.as_bytes().get(14), Some(&b'8'));
        assert_eq!(one, derived("1"));
        assert_ne!(one, derived("2"));
    }
}
