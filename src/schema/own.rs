//! Our own schema: what a new application gets.

use super::{Column, Fill, Index, Model, Reference, Schema};
use crate::engine::{ColumnType, Dialect};
use crate::options::Ids;
use ColumnType::{Boolean, CredentialId, Date, Integer, Key, Text};

/// The five tables, with the types of a database.
///
/// Columns that no result shows are there for options that may be turned on later, so that turning
/// one on needs no migration: `uses`, `used_at` and `attempts` of a verification token (grace
/// period, attempt limit), `lock_owner` and `lock_expires` of an account (its lease), `unfinished_since`
/// of a user (a crash's leftovers).
pub fn own(dialect: &Dialect) -> Schema {
    let column = |property: &str, name: &str, kind| {
        Column::new(property, name, kind, (dialect.column)(kind))
    };
    let nullable = |property, name, kind| Column { nullable: true, ..column(property, name, kind) };
    let hidden = |property, name, kind, default: &str| Column {
        nullable: default == "NULL",
        shown: false,
        is_written: false,
        fill: Fill::Database,
        default: Some(default.to_owned()),
        ..column(property, name, kind)
    };
    let user_id =
        || Column { references: Some(Reference::User), ..column("userId", "user_id", Key) };
    let index = |properties: &[&str], unique| {
        Index::new(properties.iter().map(|property| (*property).into()).collect(), unique)
    };
    let now = dialect.now;

    let mut user = Model::new(
        "user",
        "users",
        &["id"],
        vec![
            Column {
                fill: Fill::Made { ids: Ids::UuidV7, instead_of_random: false },
                ..column("id", "id", Key)
            },
            nullable("name", "name", Text),
            nullable("email", "email", Key),
            nullable("emailVerified", "email_verified", Date),
            nullable("image", "image", Text),
            hidden("createdAt", "created_at", Date, now),
            hidden("unfinishedSince", "unfinished_since", Date, "NULL"),
        ],
    );
    user.indexes = vec![index(&["email"], true)];

    let mut account = Model::new(
        "account",
        "accounts",
        &["provider", "providerAccountId"],
        vec![
            user_id(),
            column("type", "type", Key),
            column("provider", "provider", Key),
            column("providerAccountId", "provider_account_id", Key),
            nullable("refresh_token", "refresh_token", Text),
            nullable("access_token", "access_token", Text),
            nullable("expires_at", "expires_at", Integer),
            nullable("token_type", "token_type", Text),
            nullable("scope", "scope", Text),
            nullable("id_token", "id_token", Text),
            nullable("session_state", "session_state", Text),
            hidden("createdAt", "created_at", Date, now),
            hidden("lockOwner", "lock_owner", Key, "NULL"),
            hidden("lockExpires", "lock_expires", Date, "NULL"),
        ],
    );
    account.indexes = vec![index(&["userId"], false)];
    account.omit_null = true;

    let mut session = Model::new(
        "session",
        "sessions",
        &["sessionToken"],
        vec![
            column("sessionToken", "session_token", Key),
            user_id(),
            column("expires", "expires", Date),
            hidden("createdAt", "created_at", Date, now),
        ],
    );
    session.indexes = vec![index(&["userId"], false), index(&["expires"], false)];

    let mut verification_token = Model::new(
        "verificationToken",
        "verification_tokens",
        &["identifier", "token"],
        vec![
            column("identifier", "identifier", Key),
            column("token", "token", Key),
            column("expires", "expires", Date),
            hidden("uses", "uses", Integer, "0"),
            hidden("usedAt", "used_at", Date, "NULL"),
            hidden("attempts", "attempts", Integer, "0"),
        ],
    );
    verification_token.indexes = vec![index(&["token"], false), index(&["expires"], false)];

    let mut authenticator = Model::new(
        "authenticator",
        "authenticators",
        &["credentialID"],
        vec![
            column("credentialID", "credential_id", CredentialId),
            user_id(),
            column("providerAccountId", "provider_account_id", Key),
            column("credentialPublicKey", "credential_public_key", Text),
            column("counter", "counter", Integer),
            column("credentialDeviceType", "credential_device_type", Text),
            column("credentialBackedUp", "credential_backed_up", Boolean),
            nullable("transports", "transports", Text),
        ],
    );
    authenticator.indexes = vec![index(&["userId"], false)];

    Schema {
        renamed: false,
        preset: None,
        user,
        account,
        session,
        verification_token,
        authenticator,
    }
}
