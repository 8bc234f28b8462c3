//! What a table's missing keys would see to, seen to by the statements: among our own writers two
//! rows never have the same key, and no row points to a user who is not there.

use super::compose::Composer;
use super::leftover::unverified;
use super::{Column, Model, Schema};
use crate::engine::{Answer, Dialect, KeyLock, Plan, Repeat, Statement, Storage};
use crate::error::Result;
use std::sync::Arc;

impl Model {
    /// The sets of properties in which two rows may not be alike though the table does not keep them
    /// from it.
    pub(super) fn guards(&self) -> Vec<&[&'static str]> {
        const EMAIL: &[&str] = &["email"];
        let mut guards = Vec::new();
        if !self.is_unique(self.key) {
            guards.push(self.key);
        }
        if self.name == "user" && self.has("email") && !self.is_unique(EMAIL) {
            guards.push(EMAIL);
        }
        guards
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
                    let statement = Statement {
                        sql: sql.into(),
                        parameters: vec![Storage::Text],
                        columns: Vec::new(),
                        arrays: false,
                    };
                    let position = self.position(self.column(property)?);
                    plan.steps.push((Arc::new(statement), vec![self.scope().count() + position]));
                }
                if let (false, Some(owner)) = (self.keeps_user(), &self.owner) {
                    let mut composer = Composer::new(dialect, self);
                    composer.text("SELECT 1 FROM ");
                    composer.table(&owner.table);
                    let before = composer.in_scope(&owner.scope, "", " WHERE ");
                    composer.text(before);
                    composer.name(&owner.id);
                    composer.text(" = ");
                    let position = self.position(self.column("userId")?);
                    composer.parameter_of(position, owner.storage);
                    composer.text(" FOR KEY SHARE");
                    plan.steps.push(composer.step(Vec::new()));
                }
            }
        }
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
            composer.text("EXISTS (SELECT 1 FROM ");
            composer.table(&owner.table);
            composer.text(" AS owner");
            let before = composer.in_scope(&owner.scope, "owner.", " WHERE ");
            composer.text(before);
            composer.text("owner.");
            composer.name(&owner.id);
            composer.text(" = ");
            let position = self.position(self.column("userId")?);
            composer.parameter_of(position, owner.storage);
            composer.text(")");
        }
        Ok(composer)
    }
}

impl Schema {
    /// Deletes a user whose address nobody has verified and who has nothing: no account, session or passkey.
    /// Nothing, where users are only read, or nobody knows whether an address is verified.
    pub fn delete_unfinished(&self, dialect: &Dialect) -> Result<Option<Plan>> {
        let user = &self.user;
        if user.allow(true).is_err() || !user.has("emailVerified") || !self.account.has("userId") {
            return Ok(None);
        }
        let verified = user.column("emailVerified")?;
        let mut composer = Composer::new(dialect, user);
        composer.text("DELETE FROM ");
        composer.table(&user.table);
        let before = composer.in_scope(user.scope(), "", " WHERE ");
        composer.text(before);
        composer.equal("", user.column("id")?, 0);
        composer.text(" AND ");
        composer.name(&verified.name);
        composer.text(unverified(verified.storage));
        for model in [&self.account, &self.session, &self.authenticator] {
            if model.has("userId") {
                let user_id = model.column("userId")?;
                composer.text(" AND NOT EXISTS (SELECT 1 FROM ");
                composer.table(&model.table);
                let before = composer.in_scope(model.scope(), "", " WHERE ");
                composer.text(before);
                composer.name(&user_id.name);
                composer.text(" = ");
                composer.parameter_of(0, user_id.storage);
                composer.text(")");
            }
        }
        Ok(Some(composer.plan(Vec::new(), Repeat::Always)))
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
