//! What options need of the tables, which may be another program's.

use super::session::DIGEST_LENGTH;
use crate::engine::{ColumnType, Storage};
use crate::error::{Error, Result};
use crate::options::{Options, VerificationTokenOptions};
use crate::schema::{Access, Column, Counted, Schema};
use crate::value::Value;

/// Checks that the tables have what the options need.
///
/// # Errors
/// `ERR_CONFIG` names the option, and the column.
pub fn check(options: &Options, schema: &Schema) -> Result<()> {
    if options.hashes_sessions() && schema.session.access != Access::Absent {
        let column = schema.session.column("sessionToken")?;
        let is_text = matches!(column.storage, Storage::Text | Storage::AnyText);
        if !is_text || column.longest.is_some_and(|longest| longest < DIGEST_LENGTH) {
            return Err(Error::config(format!(
                "option \"sessions.hash\" stores digests of {DIGEST_LENGTH} characters, and the column {} of \
                 the session model is {}: make it a wider text, or set the option to false",
                column.name, column.sql_type
            )));
        }
    }
    if options.reclaim_unfinished_users && !schema.can_mark_users() {
        return Err(Error::config(
            "option \"reclaimUnfinishedUsers\" works on our own tables only, with the columns emailVerified and \
             unfinishedSince of the user model: leave it out",
        ));
    }
    let model = &schema.verification_token;
    let VerificationTokenOptions { grace_seconds, max_attempts } = options.verification_tokens;
    for (option, counted) in [
        ("graceSeconds", Counted { uses: grace_seconds.is_some(), attempts: false }),
        ("maxAttempts", Counted { uses: false, attempts: max_attempts.is_some() }),
    ] {
        for (property, value) in counted.properties() {
            let (kind, named) = match value {
                Value::Null => (ColumnType::Date, "datetime"),
                _ => (ColumnType::Integer, "integer"),
            };
            let is_there = |column: &Column| *column.property == *property && column.kind == kind;
            if model.access == Access::Full && !model.columns.iter().any(is_there) {
                return Err(Error::config(format!(
                    "option \"verificationTokens.{option}\" needs a column that the table {} of the schema does not \
                     have. Our own schema has it. Add one and name it: schema: {{ verificationToken: {{ columns: \
                     {{ {property}: {{ type: \"{named}\" }} }} }} }}",
                    model.table.name
                )));
            }
        }
    }
    Ok(())
}
