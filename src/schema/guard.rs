//! What a table's missing keys would see to, seen to by the statements: among our own writers two
//! rows never have the same key, and no row points to a user who is not there.

use super::compose::Composer;
use super::leftover::unverified;
use super::{Column, Model, Owner, Schema};
use crate::engine::{Answer, Dialect, KeyLock, Plan, Repeat, Statement, Storage};
use crate::error::Result;
use crate::value::{Record, Value};
use std::sync::Arc;

/// What two users may not have in common.
const EMAIL: &[&str] = &["email"];

impl Model {
    /// The sets of properties in which two rows may not be alike though the table does not keep them
    /// from it.
    pub(super) fn guards(&self) -> Vec<&[&'static str]> {
        let mut guards = Vec::new();
        if !self.is_unique(self.key) {
            guards.push(self.key);
        }
        if self.name == "user" && self.has("email") && !self.is_unique(EMAIL) {
            guards.push(EMAIL);
        }
        guards
    }

    /// The properties that a record gives another value and that only we keep as they should be: an
    /// address, which two users may not have, and the id of a user, who must be there.
    pub fn kept_by_us(&self, record: &Record) -> Vec<&'static str> {
        let mut kept = Vec::new();
        let changes = |property| record.get(property).is_some_and(|value| *value != Value::Null);
        if self.name == "user" && changes("email") && self.has("email") && !self.is_unique(EMAIL) {
            kept.push("email");
        }
        if !self.keeps_user() && self.owner.is_some() && changes("userId") {
            kept.push("userId");
        }
        kept
    }

    /// Inserts a row unless one with the same key is there, or its user is not.
    pub(super) fn insert_guarded(&self, dialect: &Dialect, guards: &[&[&str]]) -> Result<Plan> {
        let mut plan = Plan { guarded: true, ..Plan::empty(true, Repeat::Never) };
        self.lock(dialect, guards, &mut plan)?;
        let composer = self.guarded_insert(dialect, guards)?;
        plan.answer = Answer::Rows(plan.steps.len());
        if dialect.insert_returning {
            let mut composer = composer;
            let columns = composer.returning(self);
            plan.steps.push(composer.step(columns));
            return Ok(plan);
        }
        plan.steps.push(composer.step(Vec::new()));
        self.give_back_inserted(dialect, plan)
    }

    /// Inserts a row; one with the same key that is alike in `owner` takes over the given values
    /// instead. Gives the row that is there then; none where its user is not.
    pub(super) fn refresh_guarded(&self, dialect: &Dialect, owner: &'static str) -> Result<Plan> {
        let guards = [self.key];
        let mut plan = Plan::empty(true, Repeat::Always);
        self.lock(dialect, &guards, &mut plan)?;
        let mut composer = Composer::new(dialect, self);
        composer.text("UPDATE ");
        composer.table(&self.table);
        composer.text(" SET ");
        let refreshed: Vec<(usize, &Column)> = self
            .refreshed()
            .filter(|column| &*column.property != owner)
            .map(|column| (self.position(column), column))
            .collect();
        composer.separated(refreshed, ", ", |this, (position, column)| {
            this.name(&column.name);
            if column.is_reset() {
                this.text(" = ");
                this.parameter_of(position, column.storage);
                return;
            }
            this.text(" = COALESCE(");
            this.parameter_of(position, column.storage);
            this.text(", ");
            this.name(&column.name);
            this.text(")");
        });
        let mut before = composer.in_scope(self.scope(), "", " WHERE ");
        for property in self.key.iter().chain([&owner]) {
            composer.text(before);
            before = " AND ";
            let column = self.column(property)?;
            composer.equal("", column, self.position(column));
        }
        plan.steps.push(composer.step(Vec::new()));
        plan.steps.push(self.guarded_insert(dialect, &guards)?.step(Vec::new()));
        self.then_select(dialect, &mut plan)?;
        Ok(plan)
    }

    /// The place of a column's value among those of an insert.
    fn position(&self, column: &Column) -> usize {
        self.inserted().position(|one| one.property == column.property).unwrap_or(usize::MAX)
    }

    /// Keeps others from inserting the same key until the transaction ends.
    fn lock(&self, dialect: &Dialect, guards: &[&[&str]], plan: &mut Plan) -> Result<()> {
        match dialect.key_lock {
            KeyLock::Writer => {}
            KeyLock::Serializable => plan.serializable = true,
            KeyLock::Statement(sql) => {
                for property in guards.iter().filter_map(|guard| guard.last()) {
                    lock_key(
                        sql,
                        self.scope().count() + self.position(self.column(property)?),
                        plan,
                    );
                }
                if let (false, Some(owner)) = (self.keeps_user(), &self.owner) {
                    self.lock_owner(dialect, owner, self.position(self.column("userId")?), plan);
                }
            }
        }
        Ok(())
    }

    /// Locks what an UPDATE gives these properties until the transaction ends; gives the position of
    /// each among its values.
    pub(super) fn keep_updated(
        &self,
        dialect: &Dialect,
        set: &[&Column],
        kept: &[&'static str],
        plan: &mut Plan,
    ) -> Result<Vec<(&'static str, usize)>> {
        let mut positions = Vec::new();
        for property in kept {
            let place = set.iter().position(|column| *column.property == **property);
            positions.extend(place.map(|position| (*property, position)));
        }
        match dialect.key_lock {
            KeyLock::Writer => {}
            KeyLock::Serializable => plan.serializable = !positions.is_empty(),
            KeyLock::Statement(sql) => {
                for (property, position) in &positions {
                    match &self.owner {
                        Some(owner) if *property == "userId" => {
                            self.lock_owner(dialect, owner, *position, plan);
                        }
                        _ => lock_key(sql, self.scope().count() + *position, plan),
                    }
                }
            }
        }
        Ok(positions)
    }

    /// Adds a step that keeps the user whose id is one of the call's values from being deleted.
    fn lock_owner(&self, dialect: &Dialect, owner: &Owner, position: usize, plan: &mut Plan) {
        let mut composer = Composer::new(dialect, self);
        composer.text("SELECT 1 FROM ");
        composer.table(&owner.table);
        let before = composer.in_scope(&owner.scope, "", " WHERE ");
        composer.text(before);
        composer.name(&owner.id);
        composer.text(" = ");
        composer.parameter_of(position, owner.storage);
        composer.text(" FOR KEY SHARE");
        plan.steps.push(composer.step(Vec::new()));
    }

    /// The condition of an UPDATE that the value which it gives a property is free, or the row's own,
    /// or that the user is there.
    pub(super) fn unless_broken(
        &self,
        composer: &mut Composer<'_>,
        property: &str,
        position: usize,
    ) -> Result<()> {
        let column = self.column(property)?;
        composer.text(" AND ");
        if let (true, Some(owner)) = (property == "userId", &self.owner) {
            exists_owner(composer, owner, position);
            return Ok(());
        }
        composer.text("((");
        composer.equal("", column, position);
        // MySQL takes the table that is changed in a derived table only, and only one with a count is
        // never merged into the statement.
        composer.text(") OR (SELECT alike.n FROM (SELECT COUNT(*) AS n FROM ");
        composer.table(&self.table);
        let before = composer.in_scope(self.scope(), "", " WHERE ");
        composer.text(before);
        composer.equal("", column, position);
        composer.text(") AS alike) = 0)");
        Ok(())
    }

    fn guarded_insert<'a>(&self, dialect: &'a Dialect, guards: &[&[&str]]) -> Result<Composer<'a>> {
        let mut composer = Composer::new(dialect, self);
        composer.insert_into(self);
        composer.text(" SELECT ");
        composer.inserted(self);
        // What MySQL needs before WHERE, the others take for any table of one row.
        composer.text(" FROM (SELECT 1 AS one) AS given WHERE ");
        let mut conditions = 0;
        for guard in guards {
            composer.text(if conditions == 0 { "" } else { " AND " });
            conditions += 1;
            composer.text("NOT EXISTS (SELECT 1 FROM ");
            composer.table(&self.table);
            let mut before = composer.in_scope(self.scope(), "alike.", " AS alike WHERE ");
            for property in *guard {
                composer.text(before);
                before = " AND ";
                let column = self.column(property)?;
                composer.equal("alike.", column, self.position(column));
            }
            composer.text(")");
        }
        if let (false, Some(owner)) = (self.keeps_user(), &self.owner) {
            composer.text(if conditions == 0 { "" } else { " AND " });
            exists_owner(&mut composer, owner, self.position(self.column("userId")?));
        }
        Ok(composer)
    }
}

/// Adds a step that locks one of the call's values.
fn lock_key(sql: &'static str, position: usize, plan: &mut Plan) {
    let statement = Statement {
        sql: sql.into(),
        parameters: vec![Storage::Text],
        columns: Vec::new(),
        arrays: false,
    };
    plan.steps.push((Arc::new(statement), vec![position]));
}

/// That the user whose id is one of the call's values is there.
fn exists_owner(composer: &mut Composer<'_>, owner: &Owner, position: usize) {
    composer.text("EXISTS (SELECT 1 FROM ");
    composer.table(&owner.table);
    composer.text(" AS owner");
    let before = composer.in_scope(&owner.scope, "owner.", " WHERE ");
    composer.text(before);
    composer.text("owner.");
    composer.name(&owner.id);
    composer.text(" = ");
    composer.parameter_of(position, owner.storage);
    composer.text(")");
}

impl Schema {
    /// Deletes a user whose address nobody has verified and who has nothing: no account, session or passkey.
    /// Nothing, where users are only read, or nobody knows whether an address is verified.
    pub fn delete_unfinished(&self, dialect: &Dialect) -> Result<Option<Plan>> {
        let delete = self.unfinished_user(dialect)?;
        Ok(delete.map(|composer| composer.plan(Vec::new(), Repeat::Always)))
    }

    /// Unlinks the account of a passkey that is not there. Values: the user's id, the provider, the
    /// credential's id.
    pub fn unlink_without_passkey(&self, dialect: &Dialect) -> Result<Plan> {
        let mut composer = Composer::new(dialect, &self.account);
        composer.text("DELETE FROM ");
        let key = [("userId", 0), ("provider", 1), ("providerAccountId", 2)];
        composer.rows_with(&self.account, &key)?;
        composer.text(" AND NOT EXISTS (SELECT 1 FROM ");
        composer.rows_with(&self.authenticator, &[("userId", 0), ("providerAccountId", 2)])?;
        composer.text(")");
        Ok(composer.plan(Vec::new(), Repeat::Always))
    }

    /// Ends the sessions of a user whose address nobody has verified and who has neither account nor passkey.
    /// Nothing where there are none, or nobody knows whether an address is verified.
    pub fn end_unfinished_sessions(&self, dialect: &Dialect) -> Result<Option<Plan>> {
        let (session, user) = (&self.session, &self.user);
        if session.allow(true).is_err() || !user.has("emailVerified") {
            return Ok(None);
        }
        let verified = user.column("emailVerified")?;
        let mut composer = Composer::new(dialect, session);
        composer.text("DELETE FROM ");
        composer.rows_with(session, &[("userId", 0)])?;
        composer.text(" AND EXISTS (SELECT 1 FROM ");
        composer.rows_with(user, &[("id", 0)])?;
        composer.text(" AND ");
        composer.name(&verified.name);
        composer.text(unverified(verified.storage));
        composer.text(")");
        for model in [&self.account, &self.authenticator] {
            if model.has("userId") {
                composer.has_row_of(model, " AND NOT EXISTS")?;
            }
        }
        Ok(Some(composer.plan(Vec::new(), Repeat::Always)))
    }

    /// The statement, to which conditions may be added.
    pub(super) fn unfinished_user<'a>(&self, dialect: &'a Dialect) -> Result<Option<Composer<'a>>> {
        let user = &self.user;
        if user.allow(true).is_err() || !user.has("emailVerified") || !self.account.has("userId") {
            return Ok(None);
        }
        let verified = user.column("emailVerified")?;
        let mut composer = Composer::new(dialect, user);
        composer.text("DELETE FROM ");
        composer.rows_with(user, &[("id", 0)])?;
        composer.text(" AND ");
        composer.name(&verified.name);
        composer.text(unverified(verified.storage));
        for model in [&self.account, &self.session, &self.authenticator] {
            if model.has("userId") {
                composer.has_row_of(model, " AND NOT EXISTS")?;
            }
        }
        Ok(Some(composer))
    }
}

impl Composer<'_> {
    /// A model's table, and that its rows are the scope's and have these of the call's values.
    fn rows_with(&mut self, model: &Model, values: &[(&str, usize)]) -> Result<()> {
        self.table(&model.table);
        let mut before = self.in_scope(model.scope(), "", " WHERE ");
        for (property, value) in values {
            self.text(before);
            before = " AND ";
            self.equal("", model.column(property)?, *value);
        }
        Ok(())
    }

    /// Whether a row of a model is the user's whose id is the first of the call's values, after `exists`.
    pub(super) fn has_row_of(&mut self, model: &Model, exists: &str) -> Result<()> {
        let user_id = model.column("userId")?;
        self.text(exists);
        self.text(" (SELECT 1 FROM ");
        self.table(&model.table);
        let before = self.in_scope(model.scope(), "", " WHERE ");
        self.text(before);
        self.name(&user_id.name);
        self.text(" = ");
        self.parameter_of(0, user_id.storage);
        self.text(")");
        Ok(())
    }
}

/// The statement that keeps a user's row until the transaction ends, so that no row of theirs is
/// inserted while they are deleted.
pub fn lock_user(dialect: &Dialect, user: &Model) -> Result<Plan> {
    let id = user.column("id")?;
    let mut composer = Composer::new(dialect, user);
    composer.text("SELECT ");
    composer.name(&id.name);
    composer.text(" FROM ");
    composer.table(&user.table);
    let before = composer.in_scope(user.scope(), "", " WHERE ");
    composer.text(before);
    composer.name(&id.name);
    composer.text(" = ");
    composer.parameter_of(0, id.storage);
    composer.text(dialect.lock_rows);
    Ok(Plan { writes: false, ..composer.plan(Vec::new(), Repeat::Always) })
}
