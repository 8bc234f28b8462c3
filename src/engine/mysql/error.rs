//! What the error numbers of MySQL and MariaDB mean:
//! <https://dev.mysql.com/doc/mysql-errors/9.0/en/server-error-reference.html>,
//! <https://mariadb.com/kb/en/mariadb-error-code-reference/>.

use crate::engine::server;
use crate::error::{Cause, Code, Effect, Error};
use sqlx::mysql::MySqlDatabaseError;

/// Gives a driver's error its meaning. The server's own text is not passed on: it quotes values.
pub fn from_sqlx(error: &sqlx::Error) -> Error {
    let sqlx::Error::Database(database) = error else {
        return server::connection_error("mysql", error);
    };
    let number =
        database.try_downcast_ref::<MySqlDatabaseError>().map_or(0, MySqlDatabaseError::number);
    let (kind, text, effect) = meaning(number);
    Error::new(kind, text).with_effect(effect).with_cause(Cause {
        database: "mysql",
        code: Some(number.to_string()),
        table: None,
        constraint: match number {
            1062 => duplicate_key(database.message()),
            1048 | 1364 => required_column(database.message()),
            _ => None,
        },
    })
}

/// Whether an error may be that of a Galera node that is cut off from the others. What waits for them has the
/// number of a lock that was waited for too long (`wsrep_sync_wait` in
/// <https://github.com/MariaDB/server/blob/11.8/sql/wsrep_mysqld.cc>), and a COMMIT 1180.
pub fn may_be_cut_off(error: &Error) -> bool {
    matches!(error.cause().and_then(|cause| cause.code.as_deref()), Some("1205" | "1180"))
}

/// Whether a server says that it has no serializable transactions:
/// <https://docs.pingcap.com/tidb/stable/error-codes>.
pub fn has_no_serializable(error: &Error) -> bool {
    error.cause().and_then(|cause| cause.code.as_deref()) == Some("8048")
}

/// The meaning of a question's error that waits for no lock.
pub fn of_question(error: &sqlx::Error) -> Error {
    let error = from_sqlx(error);
    if may_be_cut_off(&error) { cut_off(&error) } else { error }
}

/// The error of a node that is. Nothing has been done where it waits before it begins; what it wanted to commit may
/// have reached the others.
pub fn cut_off(error: &Error) -> Error {
    let cause = error.cause().cloned().unwrap_or_default();
    let effect = match cause.code.as_deref() {
        Some("1205") => Effect::None,
        _ => Effect::Unknown,
    };
    Error::new(Code::Connect, NO_QUORUM).with_effect(effect).with_cause(cause)
}

/// The error of a Galera node that is not cut off. A COMMIT that it could not end, as another node went away
/// meanwhile, may have reached the others: conflicts are 1213 there.
pub fn of_galera(error: Error) -> Error {
    match error.cause().and_then(|cause| cause.code.as_deref()) {
        Some("1180") => error.with_effect(Effect::Unknown),
        _ => error,
    }
}

const NO_QUORUM: &str = "the cluster's node has no quorum";

/// The key's name in "Duplicate entry '…' for key 'users.users_email_key'": what comes after the
/// value, which may hold anything. It is information for the reader; nothing is decided by it.
fn duplicate_key(message: &str) -> Option<String> {
    let (_, key) = message.strip_prefix("Duplicate entry '")?.rsplit_once(" for key '")?;
    Some(key.strip_suffix('\'')?.to_owned())
}

/// The column's name in "Field 'plan' doesn't have a default value" and "Column 'plan' cannot be null",
/// which quote no value.
fn required_column(message: &str) -> Option<String> {
    let name = message.strip_prefix("Field '").or_else(|| message.strip_prefix("Column '"))?;
    Some(name.rsplit_once("' ")?.0.to_owned())
}

fn meaning(number: u16) -> (Code, &'static str, Effect) {
    match number {
        1062 | 1586 => (Code::Unique, "a row with the same key exists", Effect::Final),
        1216 | 1452 => {
            (Code::ForeignKey, "the row that it points to does not exist", Effect::Final)
        }
        1217 | 1451 => (Code::ForeignKey, "other rows point to it", Effect::Final),
        1048 | 1364 => (Code::Schema, "a required column got no value", Effect::Final),
        1406 => (Code::InvalidArgument, "a value is longer than its column takes", Effect::Final),
        1264 | 1292 | 1366 | 1411 => {
            (Code::InvalidArgument, "a value is not one that its column takes", Effect::Final)
        }
        1153 | 1301 => (
            Code::InvalidArgument,
            "a value is larger than the server takes (max_allowed_packet)",
            Effect::Final,
        ),
        1054 | 1146 | 1109 => {
            (Code::Schema, "the tables are not as the adapter's schema says", Effect::Final)
        }
        1142 | 1143 | 1227 | 1370 => (
            Code::Database,
            "the database's user may not do this (GRANT it the right to use these tables)",
            Effect::Final,
        ),
        // 1874 and 1290: Aurora's readers.
        1290 | 1792 | 1836 | 1874 => (
            Code::ReadOnly,
            "the server takes no writes: it is a replica, or read-only",
            Effect::Final,
        ),
        // 1020: MariaDB 11.8 with innodb_snapshot_isolation. 1180 and 3101: Group Replication, and
        // 1213 also Galera, when the cluster refuses a COMMIT; all of it has been rolled back then.
        // 8002 to 9007: TiDB, when a transaction has met another or a changed table, at COMMIT too; it has
        // been rolled back (<https://docs.pingcap.com/tidb/stable/error-codes>).
        1020 | 1180 | 1205 | 1213 | 3101 | 8002 | 8005 | 8022 | 8028 | 9007 => {
            (Code::Database, "another transaction was in the way", Effect::Conflict)
        }
        // MariaDB says so when a deadlock keeps it from the counter.
        1467 => (
            Code::Database,
            "another transaction was in the way of the table's counter, or that is at its end",
            Effect::Conflict,
        ),
        1317 | 1969 | 3024 => (Code::Timeout, "the server gave the statement up", Effect::Conflict),
        // Galera without a quorum: another node, or the same one later, may do it.
        1047 => (Code::Connect, NO_QUORUM, Effect::None),
        1040 | 1203 | 1226 => (
            Code::Connect,
            "the server has no connection left for this user (its max_connections, or option \"pool.max\")",
            Effect::None,
        ),
        1044 | 1045 | 1698 | 1862 | 3118 => (
            Code::Connect,
            "the server refused this user or password, or a connection without TLS",
            Effect::Final,
        ),
        1049 => (Code::Connect, "the database does not exist on this server", Effect::Final),
        3098 => (
            Code::Database,
            "the server's group replication takes no table whose foreign keys cascade (turn \
             group_replication_enforce_update_everywhere_checks off)",
            Effect::Final,
        ),
        1021 | 1114 => (Code::Database, "the server's disk, or a table, is full", Effect::Final),
        // ALTER TABLE changed what a prepared statement gives; it was not run.
        1615 => (Code::Database, "the tables have just been changed", Effect::None),
        // The connection was closed while it lay idle: the statement was not run.
        4031 => (Code::Connect, "the server had closed the connection", Effect::None),
        // The server ends the connection; a statement under way was rolled back, or just done.
        1053 | 1077 | 1079 | 1152 | 1158 | 1159 | 1160 | 1161 | 1184 | 1927 => {
            (Code::Connect, "the server ended the connection", Effect::Unknown)
        }
        _ => (Code::Database, "the database failed", Effect::Final),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_names_its_key_and_never_its_value() {
        let message = "Duplicate entry 'a' for key 'b' for key 'users.users_email_key'";
        assert_eq!(duplicate_key(message).as_deref(), Some("users.users_email_key"));
    }

    #[test]
    fn a_required_column_is_named() {
        for message in ["Field 'plan' doesn't have a default value", "Column 'plan' cannot be null"]
        {
            assert_eq!(required_column(message).as_deref(), Some("plan"));
        }
        assert_eq!(required_column("Duplicate entry 'a' for key 'b'"), None);
    }

    #[test]
    fn a_reader_is_told_apart_from_a_failure() {
        for number in [1290, 1792, 1836, 1874] {
            assert_eq!(meaning(number).0, Code::ReadOnly, "{number}");
        }
    }

    #[test]
    fn what_a_node_that_is_cut_off_says_is_asked_about() {
        let error = |number: &str| {
            let cause = Cause { code: Some(number.to_owned()), ..Cause::default() };
            Error::new(Code::Database, "").with_effect(Effect::Conflict).with_cause(cause)
        };
        assert!(may_be_cut_off(&error("1205")) && may_be_cut_off(&error("1180")));
        assert!(
            !may_be_cut_off(&error("1213")) && !may_be_cut_off(&Error::new(Code::Database, ""))
        );
        let known = cut_off(&error("1205"));
        assert_eq!((known.code(), known.effect()), (Code::Connect, Effect::None));
        assert_eq!(known.cause(), error("1205").cause());
        assert_eq!(cut_off(&error("1180")).effect(), Effect::Unknown);
        assert_eq!(of_galera(error("1180")).effect(), Effect::Unknown);
        assert_eq!(of_galera(error("1205")).effect(), Effect::Conflict);
    }

    #[test]
    fn what_a_cluster_rolled_back_may_be_tried_again() {
        for number in [1020, 1180, 1205, 1213, 3101, 8002, 8005, 8022, 8028, 9007] {
            assert_eq!(meaning(number).2, Effect::Conflict, "{number}");
        }
        assert_eq!(meaning(1053).2, Effect::Unknown);
    }
}
