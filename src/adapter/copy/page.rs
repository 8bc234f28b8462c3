//! One page of rows: copied, or verified.

use super::passage::Passage;
use super::report::{Counts, Kind};
use super::side::{Side, Values};
use super::users::{Ids, user_digest};
use super::{Copying, PAGE_BYTES, is_of_users, size};
use crate::engine::Step;
use crate::error::{Code, Error, Result};
use crate::value::Value;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How often a page is gone through again after it was not known whether its rows were inserted.
const TRIES: usize = 5;

/// How many rows share a transaction at most.
const TOGETHER: usize = 256;

/// How large a statement's values may be, about, in bytes: less than a record of TLS, of 16 KiB. The
/// driver leaves Nagle's algorithm on, so that a second record waits for the other side's
/// acknowledgement of the first, which may take 40 ms.
const MESSAGE: usize = 14_000;

/// A row on its way.
struct Moving {
    /// What the source knows it by.
    source_key: u128,
    /// What the target knows it by.
    key: u128,
    /// Its user in the source.
    user: Option<Arc<str>>,
    values: Values,
    /// Whether its user has got a number just now.
    is_new: bool,
}

/// What came of a page.
#[derive(Default)]
struct Tally {
    inserted: u64,
    present: u64,
    refusals: Vec<(u128, Kind, String)>,
}

impl Tally {
    fn refuse(&mut self, source_key: u128, kind: Kind, message: impl Into<String>) {
        self.refusals.push((source_key, kind, message.into()));
    }
}

/// The users that rows of a page belong to: what they are in the target, or why they are not there.
type Owners = HashMap<Arc<str>, Result<Value, &'static str>>;

impl Copying {
    /// Copies a page. Each row is inserted whole, or not at all.
    pub(super) async fn copy(
        &mut self,
        source: &Side,
        target: &Side,
        rows: &[Values],
    ) -> Result<()> {
        let mut tries = 1;
        let tally = loop {
            match self.put(source, target, rows).await {
                // What has been inserted is found this time.
                Err(error) if error.code() == Code::OutcomeUnknown && tries < TRIES => tries += 1,
                result => break result?,
            }
        };
        let Some(counts) = self.counts.get_mut(self.at) else { return Ok(()) };
        counts.read += rows.len() as u64;
        counts.inserted += tally.inserted;
        counts.present += tally.present;
        let model = counts.model;
        for (source_key, kind, message) in tally.refusals {
            match kind {
                Kind::Conflict => counts.conflicts += 1,
                Kind::Refused => counts.refused += 1,
            }
            self.problems.insert(source_key);
            self.reasons.add(model, kind, message);
        }
        Ok(())
    }

    async fn put(&self, source: &Side, target: &Side, rows: &[Values]) -> Result<Tally> {
        let mut tally = Tally::default();
        let Some(passage) = self.passages.get(self.at) else { return Ok(tally) };
        let owners = if is_of_users(passage) {
            self.ids_of(target, passage, rows).await?
        } else if passage.source_user.is_some() {
            self.owners_of(source, target, passage, rows).await?
        } else {
            Owners::new()
        };
        let mut next = self.users.next_number(target, self.rehearsal).await?;
        let mut moving = Vec::new();
        let mut keys = HashSet::new();
        for row in rows {
            let source_key = passage.source_key(row);
            let user = passage.user_of(row);
            let mut is_new = false;
            let owner = match user.and_then(|user| owners.get(user)) {
                Some(Ok(id)) => Some(id.clone()),
                Some(Err(why)) => {
                    tally.refuse(source_key, Kind::Refused, *why);
                    continue;
                }
                None => {
                    is_new = is_of_users(passage);
                    next.map(|number| Value::from(number.to_string()))
                }
            };
            let values = match passage.change(row, owner.as_ref(), &source.call, &target.call) {
                Ok(values) => values,
                Err(error) => {
                    tally.refuse(source_key, Kind::Refused, error.message());
                    continue;
                }
            };
            if is_new {
                next = next.and_then(|number| number.checked_add(1));
            }
            let key = passage.key_of(&values);
            if keys.insert(key) {
                moving.push(Moving { source_key, key, user: user.cloned(), values, is_new });
            } else {
                tally.refuse(
                    source_key,
                    Kind::Conflict,
                    "the source has another row with this key",
                );
            }
        }
        if !self.empty {
            let keys: Vec<Values> =
                moving.iter().map(|row| passage.key_values(&row.values)).collect();
            let keys: Vec<&[Value]> = keys.iter().map(Vec::as_slice).collect();
            let there = target.find(&passage.look_up, &keys).await?;
            let there: HashMap<u128, Values> =
                there.into_iter().map(|row| (passage.key_of(&row), row)).collect();
            moving.retain(|row| match there.get(&row.key) {
                None => true,
                Some(found) => {
                    match in_its_place(passage, row, found) {
                        None => tally.present += 1,
                        Some(why) => tally.refuse(row.source_key, Kind::Conflict, why),
                    }
                    false
                }
            });
        }
        self.drop_taken_addresses(target, passage, &mut moving, &mut tally).await?;
        if self.rehearsal {
            tally.inserted += moving.len() as u64;
        } else {
            self.insert(target, passage, &moving, &mut tally).await?;
        }
        Ok(tally)
    }

    /// The ids that users of a page have in the target, as far as they have one.
    async fn ids_of(&self, target: &Side, passage: &Passage, rows: &[Values]) -> Result<Owners> {
        let ids = rows.iter().filter_map(|row| passage.user_of(row)).cloned().collect();
        let known = self.users.known(target, &ids).await?;
        Ok(known.into_iter().map(|(id, value)| (id, Ok(value))).collect())
    }

    /// The users that rows of a page belong to.
    async fn owners_of(
        &self,
        source: &Side,
        target: &Side,
        passage: &Passage,
        rows: &[Values],
    ) -> Result<Owners> {
        let ids: HashSet<Arc<str>> =
            rows.iter().filter_map(|row| passage.user_of(row)).cloned().collect();
        let there = self.users.source_has(source, &ids).await?;
        let known = self.users.known(target, &ids).await?;
        // In a rehearsal no user has been inserted.
        let copied = if self.rehearsal {
            None
        } else {
            let copied = known.values().cloned().collect();
            Some(self.users.target_has(target, copied).await?)
        };
        let is_copied = |id: &Value| {
            let id = id.as_text();
            copied.as_ref().is_none_or(|copied| id.is_some_and(|id| copied.contains(id)))
        };
        let owner = |id: &Arc<str>| {
            if !there.contains(id) {
                return Err("the source has no such user");
            }
            if self.problems.contains(&user_digest(id)) {
                return Err("its user was not copied");
            }
            match known.get(id) {
                Some(id) if is_copied(id) => Ok(id.clone()),
                None if self.rehearsal => Ok(Value::from("0")),
                _ => Err("its user is not in the target"),
            }
        };
        Ok(ids.into_iter().map(|id| (Arc::clone(&id), owner(&id))).collect())
    }

    /// Leaves out users whose e-mail address another user has, in the target or on the same page.
    async fn drop_taken_addresses(
        &self,
        target: &Side,
        passage: &Passage,
        moving: &mut Vec<Moving>,
        tally: &mut Tally,
    ) -> Result<()> {
        let (Some(at), Some(by_email)) = (passage.email, &self.users.by_email) else {
            return Ok(());
        };
        let address = |row: &Moving| row.values.get(at).and_then(Value::as_text).cloned();
        let mut taken = HashSet::new();
        if !self.empty {
            let asked: Vec<[Value; 1]> =
                moving.iter().filter_map(address).map(|email| [Value::Text(email)]).collect();
            let asked: Vec<&[Value]> = asked.iter().map(<[Value; 1]>::as_slice).collect();
            let found = target.find(by_email, &asked).await?;
            taken.extend(found.iter().filter_map(|row| row.get(1)?.as_text().cloned()));
        }
        moving.retain(|row| {
            let Some(email) = address(row) else { return true };
            let free = taken.insert(email);
            if !free {
                tally.refuse(
                    row.source_key,
                    Kind::Conflict,
                    "another user has this e-mail address",
                );
            }
            free
        });
        Ok(())
    }

    async fn insert(
        &self,
        target: &Side,
        passage: &Passage,
        moving: &[Moving],
        tally: &mut Tally,
    ) -> Result<()> {
        let mut left = moving;
        while !left.is_empty() {
            let (now, later) = left.split_at(fitting(left, PAGE_BYTES).min(TOGETHER));
            match self.insert_together(target, passage, now).await {
                Ok(()) => tally.inserted += now.len() as u64,
                Err(error) if !is_of_row(&error) => return Err(error),
                // One of them is in the way of the others.
                Err(_) => {
                    for row in now {
                        match self.insert_together(target, passage, std::slice::from_ref(row)).await
                        {
                            Ok(()) => tally.inserted += 1,
                            Err(error) => {
                                let (kind, message) = refusal(&error).ok_or(error)?;
                                tally.refuse(row.source_key, kind, message);
                            }
                        }
                    }
                }
            }
            left = later;
        }
        Ok(())
    }

    /// Inserts rows in one transaction.
    async fn insert_together(
        &self,
        target: &Side,
        passage: &Passage,
        rows: &[Moving],
    ) -> Result<()> {
        let mut steps = Vec::new();
        let mut left = rows;
        while let Some((statement, taken)) = passage.inserts.take(fitting(left, MESSAGE)) {
            let (now, later) = left.split_at(taken);
            let mut values = Vec::new();
            for row in now {
                let mut row = row.values.clone();
                passage.seal(&target.call, &mut row)?;
                values.extend(row);
            }
            steps.push(Step { statement: Arc::clone(statement), values });
            left = later;
        }
        if is_of_users(passage) && matches!(self.users.ids, Ids::Mapped(_)) {
            let id = |row: &Moving| passage.target_user.and_then(|at| row.values.get(at).cloned());
            let new: Vec<(Arc<str>, Value)> = rows
                .iter()
                .filter(|row| row.is_new)
                .filter_map(|row| Some((row.user.clone()?, id(row)?)))
                .collect();
            steps.extend(self.users.remember(&new));
        }
        target.write(steps).await
    }

    /// Reads a page of rows back, and compares them with what they should be.
    pub(super) async fn verify(
        &mut self,
        source: &Side,
        target: &Side,
        rows: &[Values],
    ) -> Result<()> {
        let Some(passage) = self.passages.get(self.at) else { return Ok(()) };
        let ids = rows.iter().filter_map(|row| passage.user_of(row)).cloned().collect();
        let users = self.users.known(target, &ids).await?;
        let mut expected = Vec::new();
        for row in rows.iter().filter(|row| !self.problems.contains(&passage.source_key(row))) {
            let user = passage.user_of(row).and_then(|user| users.get(user));
            // One that cannot be changed has come since it was looked at first: it is missing.
            expected.push(passage.change(row, user, &source.call, &target.call).ok());
        }
        let keys: Vec<Values> =
            expected.iter().flatten().map(|row| passage.key_values(row)).collect();
        let keys: Vec<&[Value]> = keys.iter().map(Vec::as_slice).collect();
        let mut found = target.find(&passage.look_up, &keys).await?;
        found.iter_mut().for_each(|row| passage.open(&target.call, row));
        let found: HashMap<u128, u128> =
            found.iter().map(|row| (passage.key_of(row), passage.digest(row))).collect();
        let mut counts = Counts::default();
        for row in expected {
            let Some(row) = row else {
                counts.missing += 1;
                continue;
            };
            let digest = passage.digest(&row);
            counts.expected = counts.expected.wrapping_add(digest);
            match found.get(&passage.key_of(&row)) {
                None => counts.missing += 1,
                Some(found) => {
                    counts.found = counts.found.wrapping_add(*found);
                    let count =
                        if *found == digest { &mut counts.verified } else { &mut counts.different };
                    *count += 1;
                }
            }
        }
        if let Some(all) = self.counts.get_mut(self.at) {
            all.verified += counts.verified;
            all.different += counts.different;
            all.missing += counts.missing;
            all.expected = all.expected.wrapping_add(counts.expected);
            all.found = all.found.wrapping_add(counts.found);
        }
        Ok(())
    }
}

/// How many of these rows, but at least one, take no more than so many bytes, about.
fn fitting(rows: &[Moving], bytes: usize) -> usize {
    let mut taken = 0;
    let rows_fit = rows.iter().take_while(|row| {
        taken += row.values.iter().map(size).sum::<usize>();
        taken <= bytes
    });
    rows_fit.count().max(usize::from(!rows.is_empty()))
}

/// Why a row with the same key is not this one, if it is another.
fn in_its_place(passage: &Passage, row: &Moving, found: &Values) -> Option<&'static str> {
    let same = |at: Option<usize>| {
        let at = at?;
        Some(row.values.get(at)? == found.get(at)?)
    };
    if is_of_users(passage) {
        let address = passage.email.and_then(|at| row.values.get(at)).and_then(Value::as_text);
        // Nothing else says that it is the same person.
        let is_same = match address {
            Some(_) => same(passage.email).unwrap_or(false),
            None => passage.digest(&row.values) == passage.digest(found),
        };
        return (!is_same).then_some("another user has this id");
    }
    let is_same = same(passage.target_user).unwrap_or(true);
    (!is_same).then_some("it is another user's in the target")
}

/// Whether an error is about one of the rows, and not about the database.
fn is_of_row(error: &Error) -> bool {
    refusal(error).is_some()
}

/// Why the database does not take a row.
fn refusal(error: &Error) -> Option<(Kind, String)> {
    match error.code() {
        Code::Unique => Some((Kind::Conflict, "a row with the same unique key exists".to_owned())),
        Code::ForeignKey => Some((Kind::Refused, "its user is not in the target".to_owned())),
        Code::InvalidArgument => Some((Kind::Refused, error.message().to_owned())),
        _ => None,
    }
}
