//! The foreign keys that tie rows to their users, where a live table has none: what is left over then, and
//! how it gets one.

use super::compare::{Finding, Level};
use super::create::{foreign_key, scope_foreign_key};
use super::{Access, Column, Model, Reference, Schema};
use crate::engine::{Dialect, LiveForeignKey, LiveTable};
use crate::error::Result;

/// The code of what is found here.
pub(super) const MISSING: &str = "missing_foreign_key";

/// What a table lacks of foreign keys to the users.
///
/// # Errors
/// None in practice: a schema that was built has the columns that its keys name.
pub(super) fn missing_foreign_key(
    dialect: &Dialect,
    schema: &Schema,
    model: &Model,
    table: &LiveTable,
    users: Option<&LiveTable>,
) -> Result<Option<Finding>> {
    if let Some(statement) = scope_foreign_key(dialect, schema, model, table)? {
        return Ok(Some(unscoped(model, statement)));
    }
    let mut pointing = model.columns.iter();
    let pointing = pointing.find(|column| column.references == Some(Reference::User));
    // A view cannot be pointed to.
    let known = users.filter(|_| schema.user.access == Access::Full);
    let (Some(column), Some(users), Some(keys)) = (pointing, known, &table.foreign_keys) else {
        return Ok(None);
    };
    let key = Key::new(schema, model, column)?;
    if keys.iter().any(|live| key.is_kept_by(dialect, schema, table, live)) {
        return Ok(None);
    }
    let Some(addable) = key.addable(dialect, table, users) else { return Ok(None) };
    let Key { from, to, .. } = key;
    let leaves = match model.name {
        "account" => {
            "their accounts stay: nobody is found by one, and whoever signs in with it is refused \
             (ERR_UNIQUE)"
        }
        "session" => {
            "their sessions stay: nobody is found by one, unless somebody gets the same id later"
        }
        _ => "their passkeys stay, with which nobody can sign in",
    };
    let ours = if model.keeps_user() {
        ". The adapter takes the foreign key to be there: nor is a row refused whose user is not \
         there, or is deleted at that moment"
    } else {
        ""
    };
    let quoted = dialect.quote_table(&model.table);
    let (remedy, sql) = match addable {
        Addable::Yes => (
            format!(
                "Rows of users who are gone are in the way of one; this deletes them: {}",
                schema.delete_orphans(dialect, model)?
            ),
            vec![format!(
                "ALTER TABLE {quoted} ADD {}",
                foreign_key(dialect, schema, model, column)?
            )],
        ),
        Addable::ByNewTable => (
            "This database adds none to a table that is there: that takes a new table, to which the \
             rows are copied"
                .to_owned(),
            Vec::new(),
        ),
        Addable::OnceAlike => (
            format!("None can be added as long as the two differ in their type: {from} and {to}"),
            Vec::new(),
        ),
    };
    Ok(Some(Finding {
        level: Level::Warning,
        code: MISSING,
        table: model.table.name.clone(),
        column: Some(from.clone()),
        message: format!(
            "no foreign key ties it to {}.{to}: deleteUser deletes what belongs to a user, but when \
             another program does without, or somebody by hand, {leaves}{ours}. {remedy}",
            schema.user.table.name
        ),
        sql,
        // It holds up writers of both tables, and other programs may count on there being none.
        adds: false,
    }))
}

/// That a row's user is of the row's scope: what is to be added together with the scope's columns.
fn unscoped(model: &Model, statement: String) -> Finding {
    Finding {
        level: Level::Error,
        code: MISSING,
        table: model.table.name.clone(),
        column: None,
        message:
            "no foreign key names the columns of the option \"scope\": a row of one scope could \
                  point to another's user"
                .to_owned(),
        sql: vec![statement],
        adds: true,
    }
}

/// Whether a table can be given a foreign key.
enum Addable {
    Yes,
    ByNewTable,
    OnceAlike,
}

/// A foreign key as our own tables have it.
struct Key {
    from: String,
    to: String,
    /// Columns of the scope, each with the users'.
    scope: Vec<(String, String)>,
}

impl Key {
    fn new(schema: &Schema, model: &Model, column: &Column) -> Result<Self> {
        let scope = model.scope().zip(schema.user.scope());
        Ok(Key {
            from: column.name.clone(),
            to: schema.user.column("id")?.name.clone(),
            scope: scope.map(|(mine, theirs)| (mine.name.clone(), theirs.name.clone())).collect(),
        })
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let scope = self.scope.iter().map(|(mine, theirs)| (mine.as_str(), theirs.as_str()));
        scope.chain([(self.from.as_str(), self.to.as_str())])
    }

    /// Whether a live one sees to it that no row points to a user who is not there. One that names more
    /// columns is not looked at for rows in which one of these is null.
    fn is_kept_by(
        &self,
        dialect: &Dialect,
        schema: &Schema,
        table: &LiveTable,
        live: &LiveForeignKey,
    ) -> bool {
        let users = &schema.user.table.name;
        let to_users = if dialect.exact_tables {
            live.table == *users
        } else {
            live.table.eq_ignore_ascii_case(users)
        };
        let is_scope = |mine: &str, theirs: &str| {
            let mut scope = self.scope.iter();
            scope.any(|(one, other)| {
                one.eq_ignore_ascii_case(mine) && other.eq_ignore_ascii_case(theirs)
            })
        };
        let never_null = |mine: &str| table.column(mine).is_some_and(|column| !column.nullable);
        to_users
            && live.points(&self.from, &self.to, |mine, theirs| {
                is_scope(mine, theirs) || never_null(mine)
            })
    }

    /// Whether it can be had; nothing as long as something else is missing that it needs.
    fn addable(&self, dialect: &Dialect, table: &LiveTable, users: &LiveTable) -> Option<Addable> {
        let mut columns = Vec::new();
        for (mine, theirs) in self.pairs() {
            columns.push((table.column(mine)?, users.column(theirs)?));
        }
        let theirs: Vec<&str> = self.pairs().map(|(_, theirs)| theirs).collect();
        if !users.has_key(&theirs) {
            return None;
        }
        let alike = columns.into_iter().all(|(mine, theirs)| {
            (dialect.can_point)(mine, theirs) && (dialect.is_indexable)(&mine.sql_type)
        });
        Some(match (dialect.adds_foreign_keys, alike) {
            (false, _) => Addable::ByNewTable,
            (true, false) => Addable::OnceAlike,
            (true, true) => Addable::Yes,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::super::build;
    use super::*;
    use crate::engine::{DIALECTS, LiveColumn, LiveIndex};
    use crate::options::{ModelOptions, SchemaOptions, ScopeColumn, TypeName};

    fn dialect(name: &str) -> &'static Dialect {
        DIALECTS.iter().copied().find(|dialect| dialect.name == name).unwrap()
    }

    fn column(name: &str, sql_type: &str) -> LiveColumn {
        LiveColumn {
            name: name.to_owned(),
            sql_type: sql_type.to_owned(),
            longest: None,
            nullable: false,
            filled: false,
            collation: None,
        }
    }

    fn live(name: &str, columns: &[&str], key: &[&str]) -> LiveTable {
        let key = key.iter().map(|column| (*column).to_owned()).collect();
        LiveTable {
            name: name.to_owned(),
            is_exact: true,
            columns: columns.iter().map(|name| column(name, "varchar")).collect(),
            indexes: vec![LiveIndex { name: "key".to_owned(), columns: key, unique: true }],
            foreign_keys: Some(Vec::new()),
        }
    }

    fn points(table: &str, columns: &[(&str, &str)]) -> Option<Vec<LiveForeignKey>> {
        let owned = |(from, to): &(&str, &str)| ((*from).to_owned(), (*to).to_owned());
        Some(vec![LiveForeignKey {
            name: "fkey".to_owned(),
            table: table.to_owned(),
            columns: columns.iter().map(owned).collect(),
        }])
    }

    /// What our own sessions are found to lack, as the tables are.
    struct Case {
        dialect: &'static Dialect,
        options: SchemaOptions,
        sessions: LiveTable,
        users: LiveTable,
    }

    impl Case {
        fn of(name: &str) -> Self {
            Case {
                dialect: dialect(name),
                options: SchemaOptions::default(),
                sessions: live("sessions", &["session_token", "user_id"], &["session_token"]),
                users: live("users", &["id"], &["id"]),
            }
        }

        fn with(name: &str, foreign_keys: Option<Vec<LiveForeignKey>>) -> Self {
            let mut case = Case::of(name);
            case.sessions.foreign_keys = foreign_keys;
            case
        }

        fn scoped() -> Self {
            let mut case = Case::of("postgres");
            case.options.scope =
                vec![ScopeColumn { property: "org".to_owned(), kind: TypeName::Text }];
            for (table, key) in [(&mut case.sessions, "session_token"), (&mut case.users, "id")] {
                table.columns.push(LiveColumn { nullable: true, ..column("org", "varchar") });
                table.indexes.push(LiveIndex {
                    name: "scoped".to_owned(),
                    columns: vec!["org".to_owned(), key.to_owned()],
                    unique: true,
                });
            }
            case
        }

        fn found(&self) -> Option<Finding> {
            let schema = build(self.dialect, &self.options, None).unwrap();
            let session = &schema.session;
            let (sessions, users) = (&self.sessions, Some(&self.users));
            missing_foreign_key(self.dialect, &schema, session, sessions, users).unwrap()
        }
    }

    #[test]
    fn one_that_is_missing_comes_with_the_statement_that_adds_it_and_is_not_added() {
        let found = Case::of("postgres").found().unwrap();
        assert_eq!((found.level, found.code), (Level::Warning, "missing_foreign_key"));
        assert_eq!((&*found.table, found.column.as_deref()), ("sessions", Some("user_id")));
        assert!(!found.adds);
        assert_eq!(
            found.sql,
            [
                r#"ALTER TABLE "sessions" ADD FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE"#
            ]
        );
        let orphans = r#"DELETE FROM "sessions" WHERE NOT EXISTS (SELECT 1 FROM "users" AS owner WHERE owner."id" = "sessions"."user_id")"#;
        assert!(found.message.ends_with(orphans), "{}", found.message);
    }

    #[test]
    fn one_from_the_column_to_the_users_is_enough() {
        for name in ["sqlite", "postgres", "mysql", "mariadb"] {
            let there = points("users", &[("user_id", "id")]);
            assert!(Case::with(name, there).found().is_none(), "{name}");
            for other in [
                points("people", &[("user_id", "id")]),
                points("users", &[("session_token", "id")]),
                points("users", &[("user_id", "email")]),
            ] {
                assert!(Case::with(name, other).found().is_some(), "{name}");
            }
        }
    }

    #[test]
    fn a_table_whose_name_differs_in_case_is_another_where_it_may_be() {
        let there = || points("Users", &[("user_id", "id")]);
        assert!(Case::with("postgres", there()).found().is_some());
        for name in ["sqlite", "mysql", "mariadb"] {
            assert!(Case::with(name, there()).found().is_none(), "{name}");
        }
    }

    #[test]
    fn one_of_more_columns_is_enough_unless_one_of_them_may_be_null() {
        let there = || points("users", &[("org", "org"), ("user_id", "id")]);
        let mut case = Case::with("postgres", there());
        case.sessions.columns.push(column("org", "varchar"));
        assert!(case.found().is_none());
        case.sessions.columns.last_mut().unwrap().nullable = true;
        assert!(case.found().is_some());
        // What is of no scope is nobody's.
        let mut scoped = Case::scoped();
        scoped.sessions.foreign_keys = there();
        assert!(scoped.found().is_none());
        scoped.sessions.foreign_keys = points("users", &[("user_id", "id")]);
        assert!(scoped.found().is_none());
    }

    #[test]
    fn with_a_scope_one_names_it_and_waits_for_the_users_key() {
        let mut case = Case::scoped();
        let sql = case.found().unwrap().sql;
        let named = r#"FOREIGN KEY ("org", "user_id") REFERENCES "users" ("org", "id")"#;
        assert!(sql.concat().contains(named), "{sql:?}");
        case.users.indexes.truncate(1);
        assert!(case.found().is_none());
    }

    #[test]
    fn nothing_is_said_where_nothing_is_known_or_none_can_be() {
        let unknown = Case::with("postgres", None);
        assert!(unknown.found().is_none());
        let mut case = Case::of("postgres");
        case.users.indexes.clear();
        assert!(case.found().is_none());
        let mut view = Case::of("postgres");
        view.options.models[0] = ModelOptions { read_only: true, ..ModelOptions::default() };
        assert!(view.found().is_none());
    }

    #[test]
    fn where_a_table_cannot_be_given_one_it_says_so() {
        let sqlite = Case::of("sqlite").found().unwrap();
        assert!(sqlite.sql.is_empty());
        assert!(sqlite.message.contains("takes a new table"), "{}", sqlite.message);
        for (name, one, other) in [
            ("postgres", ("uuid", None), ("text", None)),
            ("mysql", ("varchar", Some("utf8mb4_bin")), ("varchar", Some("utf8mb4_0900_ai_ci"))),
            ("mysql", ("int", None), ("bigint", None)),
            ("mariadb", ("longtext", None), ("longtext", None)),
        ] {
            let mut case = Case::of(name);
            for (column, (sql_type, collation)) in
                [(&mut case.sessions.columns[1], one), (&mut case.users.columns[0], other)]
            {
                sql_type.clone_into(&mut column.sql_type);
                column.collation = collation.map(str::to_owned);
            }
            let found = case.found().unwrap();
            assert!(found.sql.is_empty(), "{name} {one:?}");
            assert!(found.message.contains("differ in their type"), "{}", found.message);
        }
        let mut alike = Case::of("postgres");
        alike.users.columns[0].sql_type = "text".to_owned();
        assert_eq!(alike.found().unwrap().sql.len(), 1);
    }
}
