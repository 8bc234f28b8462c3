//! Rows that a crash has left behind: a user in the middle of a sign-in, a row whose user is gone.
//! Reported, never repaired: only the application knows whom it has invited.

use super::compose::Composer;
use super::{Access, Finding, Level, Model, Schema, foreign_key};
use crate::engine::{Dialect, OutputColumn, Plan, Repeat, Storage};
use crate::error::Result;
use crate::value::Value;

/// A question for the number of rows that were left behind, and what is said of them.
#[derive(Debug)]
pub struct Leftover {
    /// Counts them. Its value, if it takes one, is the date before which a sign-in that is not over
    /// never will be.
    pub count: Plan,
    code: &'static str,
    table: String,
    what: &'static str,
    message: String,
}

impl Leftover {
    /// What is found, if so many rows are.
    pub fn finding(&self, rows: &[Vec<Value>]) -> Option<Finding> {
        let count = rows.iter().flatten().find_map(|value| match value {
            Value::Integer(count) => Some(*count),
            _ => None,
        })?;
        (count > 0).then(|| Finding {
            level: Level::Warning,
            code: self.code,
            table: self.table.clone(),
            column: None,
            message: format!("{}: {count}. {}", self.what, self.message),
            sql: Vec::new(),
            adds: false,
        })
    }
}

impl Schema {
    /// What to ask a database for whose tables are complete. `findings`: what they lack nevertheless.
    pub fn leftovers(&self, dialect: &Dialect, findings: &[Finding]) -> Result<Vec<Leftover>> {
        let mut leftovers = Vec::new();
        if let Some((conditions, [id, table])) = self.unfinished(dialect)? {
            let mut counted = Composer::of_all_scopes(dialect);
            counted.text(&conditions);
            if let Some(created) = self.user.columns.iter().find(|it| &*it.property == "createdAt")
            {
                counted.text(" AND ");
                counted.name(&created.name);
                counted.text(" < ");
                counted.parameter(created.storage);
            }
            leftovers.push(Leftover {
                count: count(&self.user, counted),
                code: "unfinished_users",
                table: self.user.table.name.clone(),
                what: "unverified users without account, session or passkey",
                message: format!(
                    "A crash in the middle of a sign-in leaves such a user, who cannot sign in with a \
                     provider until the row is deleted. Those whom you have invited are among them. To \
                     see them: SELECT {id} FROM {table} WHERE {conditions}"
                ),
            });
        }
        leftovers.extend(self.without_passkey(dialect)?);
        for model in self.children() {
            // The database sees to it where it was told to.
            let lacks = |finding: &Finding| {
                finding.code == foreign_key::MISSING && finding.table == model.table.name
            };
            if model.foreign_key && !findings.iter().any(lacks) {
                continue;
            }
            leftovers.push(Leftover {
                count: count(model, self.orphans(dialect, model)?),
                code: "orphan_rows",
                table: model.table.name.clone(),
                what: "rows of users who are not there",
                message: format!(
                    "No foreign key prevents them; they are never used, and may be deleted: {}",
                    self.delete_orphans(dialect, model)?
                ),
            });
        }
        Ok(leftovers)
    }

    /// The condition of a model's rows whose user is not there.
    fn orphans<'a>(&self, dialect: &'a Dialect, model: &Model) -> Result<Composer<'a>> {
        let mut condition = Composer::of_all_scopes(dialect);
        condition.text("NOT EXISTS (SELECT 1 FROM ");
        condition.table(&self.user.table);
        condition.text(" AS owner WHERE owner.");
        condition.name(&self.user.column("id")?.name);
        condition.text(" = ");
        condition.table(&model.table);
        condition.text(".");
        condition.name(&model.column("userId")?.name);
        same_scope(&mut condition, ("owner", &self.user), model);
        condition.text(")");
        Ok(condition)
    }

    /// The statement that deletes a model's rows whose user is not there.
    ///
    /// # Errors
    /// `ERR_UNSUPPORTED`: the schema leaves the columns out that tell whose a row is.
    pub(super) fn delete_orphans(&self, dialect: &Dialect, model: &Model) -> Result<String> {
        let table = dialect.quote_table(&model.table);
        Ok(format!("DELETE FROM {table} WHERE {}", self.orphans(dialect, model)?.sql))
    }

    /// Accounts of passkeys that are not there.
    fn without_passkey(&self, dialect: &Dialect) -> Result<Option<Leftover>> {
        let (account, passkey) = (&self.account, &self.authenticator);
        let id = "providerAccountId";
        if !account.has("type") || !account.has(id) || !passkey.has(id) {
            return Ok(None);
        }
        let mut composer = Composer::of_all_scopes(dialect);
        composer.name(&account.column("type")?.name);
        composer.text(" = 'webauthn' AND NOT EXISTS (SELECT 1 FROM ");
        composer.table(&passkey.table);
        composer.text(" AS passkey WHERE passkey.");
        composer.name(&passkey.column(id)?.name);
        composer.text(" = ");
        composer.table(&account.table);
        composer.text(".");
        composer.name(&account.column(id)?.name);
        same_scope(&mut composer, ("passkey", passkey), account);
        composer.text(")");
        let conditions = composer.sql.clone();
        if let Some(created) = account.columns.iter().find(|it| &*it.property == "createdAt") {
            composer.text(" AND ");
            composer.name(&created.name);
            composer.text(" < ");
            composer.parameter(created.storage);
        }
        Ok(Some(Leftover {
            count: count(account, composer),
            code: "accounts_without_passkey",
            table: account.table.name.clone(),
            what: "accounts whose passkey is not there",
            message: format!(
                "A crash in the middle of a registration leaves such an account, and so does deleting the row \
                 of a passkey alone: use unlinkAccount, which deletes both. Nobody can sign in with it, nor \
                 register anew under its user's address, until it is deleted. To see them: SELECT * FROM {} \
                 WHERE {conditions}",
                dialect.quote_table(&account.table)
            ),
        }))
    }

    /// The models whose rows belong to a user.
    fn children(&self) -> impl Iterator<Item = &Model> {
        let all = [&self.account, &self.session, &self.authenticator];
        all.into_iter().filter(|model| model.access != Access::Absent && model.has("userId"))
    }

    /// The condition of users in the middle of a sign-in, with the names of their id and their table;
    /// nothing where nobody knows whether an address is verified.
    fn unfinished(&self, dialect: &Dialect) -> Result<Option<(String, [String; 2])>> {
        let user = &self.user;
        if !user.has("emailVerified") || !self.account.has("userId") {
            return Ok(None);
        }
        let verified = user.column("emailVerified")?;
        let id = dialect.quote(&user.column("id")?.name);
        let mut composer = Composer::of_all_scopes(dialect);
        composer.name(&verified.name);
        composer.text(unverified(verified.storage));
        for model in self.children() {
            composer.text(" AND NOT EXISTS (SELECT 1 FROM ");
            composer.table(&model.table);
            composer.text(" AS child WHERE child.");
            composer.name(&model.column("userId")?.name);
            composer.text(" = ");
            composer.table(&user.table);
            composer.text(".");
            composer.text(&id);
            same_scope(&mut composer, ("child", model), user);
            composer.text(")");
        }
        Ok(Some((composer.sql, [id, dialect.quote_table(&user.table)])))
    }
}

/// That a row of another table is of the same scope.
fn same_scope(composer: &mut Composer<'_>, (alias, other): (&str, &Model), model: &Model) {
    for (its, mine) in other.scope().zip(model.scope()) {
        composer.text(" AND ");
        composer.text(alias);
        composer.text(".");
        composer.name(&its.name);
        composer.text(" = ");
        composer.table(&model.table);
        composer.text(".");
        composer.name(&mine.name);
    }
}

/// What the column of a verified address holds where nobody has verified it.
pub(super) fn unverified(storage: Storage) -> &'static str {
    // Where a boolean says it, false is for nobody knows when.
    if storage == Storage::DateBoolean { " = FALSE" } else { " IS NULL" }
}

fn count(model: &Model, conditions: Composer<'_>) -> Plan {
    let mut composer = conditions;
    let table = composer.dialect.quote_table(&model.table);
    composer.sql = format!("SELECT COUNT(*) FROM {table} WHERE {}", composer.sql);
    let count = OutputColumn { name: "count".into(), storage: Storage::Integer };
    Plan::single(composer.finish(vec![count]), false, Repeat::Always)
}
