//! The function that gives the statements which create the tables, without a database, for the command
//! `sql`.

use super::argument::Arguments;
use super::js::{Js, Scope, Thrown};
use super::realm::Realm;
use super::{add, failed, function};
use crate::error::{Error, Result};
use crate::options::{Options, Tree};
use crate::schema;
use napi::Env;
use std::rc::Rc;

/// Gives an object the function `sql(database, options)`: an array of statements.
pub fn add_to(env: &Env, scope: Scope<'_>, given: Js<'_>, realm: &Rc<Realm>) -> napi::Result<()> {
    let fail = |Thrown| failed("bind");
    let realm = Rc::downgrade(realm);
    let held = scope.object().map_err(fail)?;
    let sql = function(env, scope, held, "sql", move |scope, _, arguments| {
        match statements(&arguments) {
            Ok(statements) => {
                let array = scope.array(statements.len())?;
                for (index, statement) in (0..).zip(&statements) {
                    scope.set_element(array, index, scope.text(statement)?)?;
                }
                Ok(array)
            }
            Err(error) => {
                let realm = realm.upgrade().ok_or(Thrown)?;
                scope.throw(realm.error(scope, &error)?);
                Err(Thrown)
            }
        }
    })?;
    add(scope, given, "sql", Ok(sql)).map_err(fail)
}

fn statements(arguments: &Arguments<'_>) -> Result<Vec<String>> {
    let name = arguments.key(0, "database")?.unwrap_or_default();
    let dialect = crate::engine::DIALECTS.iter().find(|dialect| dialect.name == &*name);
    let dialect = dialect.ok_or_else(|| {
        let names: Vec<&str> = crate::engine::DIALECTS.iter().map(|dialect| dialect.name).collect();
        Error::config(format!("the database is one of {}", names.join(", ")))
    })?;
    let options = Options::from_arguments(arguments.tree(1)?, Tree::Missing)?;
    schema::definitions(dialect, &schema::build(dialect, &options.schema, None)?)
}
