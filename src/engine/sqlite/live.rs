//! SQLite's tables as they are, and what its types keep.

use super::connection::Connection;
use crate::engine::{Extent, LiveColumn, LiveForeignKey, LiveIndex, LiveTable, Native, Storage};
use crate::error::Result;
use crate::options::TypeName;

const COLUMNS: &str = "SELECT name, type, CASE WHEN \"notnull\" THEN 'NO' ELSE 'YES' END, \
    CASE WHEN dflt_value IS NOT NULL OR (pk > 0 AND type = 'INTEGER' COLLATE NOCASE) \
    THEN 'YES' ELSE 'NO' END, CASE WHEN pk > 0 THEN 'YES' ELSE 'NO' END \
    FROM pragma_table_info(?1) ORDER BY cid";

const INDEXES: &str = "SELECT l.name, CASE WHEN l.\"unique\" THEN 'YES' ELSE 'NO' END, l.origin, \
    CASE WHEN NOT l.partial THEN x.name END, x.coll \
    FROM pragma_index_list(?1) AS l, pragma_index_xinfo(l.name) AS x WHERE x.key = 1 \
    ORDER BY l.seq, x.seqno";

/// One that names no column points to the other table's primary key.
const FOREIGN_KEYS: &str = "SELECT CAST(f.id AS TEXT), f.\"table\", f.\"from\", COALESCE(f.\"to\", \
    (SELECT p.name FROM pragma_table_info(f.\"table\") AS p WHERE p.pk = f.seq + 1)) \
    FROM pragma_foreign_key_list(?1) AS f ORDER BY f.id, f.seq";

const EXACTLY: &str = "SELECT name FROM sqlite_master WHERE name = ?1";

/// Looks at a table, or at a view.
///
/// # Errors
/// Those of SQLite.
pub fn inspect(connection: &Connection, table: &str, extent: Extent) -> Result<Option<LiveTable>> {
    let mut columns = Vec::new();
    let mut primary = Vec::new();
    for row in connection.rows(COLUMNS, &[table])? {
        let [name, sql_type, nullable, filled, key] = row.map(Option::unwrap_or_default);
        if key == "YES" {
            primary.push(name.clone());
        }
        columns.push(LiveColumn {
            name,
            sql_type: sql_type.to_ascii_lowercase(),
            longest: None,
            nullable: nullable == "YES",
            filled: filled == "YES",
            collation: None,
        });
    }
    if columns.is_empty() {
        return Ok(None);
    }
    let mut indexes: Vec<LiveIndex> = Vec::new();
    for row in connection.rows(INDEXES, &[table])? {
        let [name, unique, origin, column, collation] = row.map(Option::unwrap_or_default);
        if origin == "pk" {
            primary.clear();
        }
        if let Some(found) = columns.iter_mut().find(|found| found.name == column) {
            found.collation = Some(collation);
        }
        match indexes.iter_mut().find(|index| index.name == name) {
            Some(index) => index.columns.push(column),
            None => {
                let unique = unique == "YES";
                indexes.push(LiveIndex { name, columns: vec![column], unique });
            }
        }
    }
    // The number of a row that is its key has no index: the table itself is in that order.
    if !primary.is_empty() {
        indexes.push(LiveIndex { name: String::new(), columns: primary, unique: true });
    }
    let is_exact = !connection.rows::<1>(EXACTLY, &[table])?.is_empty();
    let foreign_keys = match extent {
        Extent::Columns => None,
        Extent::ForeignKeys => Some(foreign_keys(connection, table)?),
    };
    Ok(Some(LiveTable { name: table.to_owned(), is_exact, columns, indexes, foreign_keys }))
}

fn foreign_keys(connection: &Connection, table: &str) -> Result<Vec<LiveForeignKey>> {
    let mut keys: Vec<LiveForeignKey> = Vec::new();
    for row in connection.rows(FOREIGN_KEYS, &[table])? {
        let [name, table, from, to] = row.map(Option::unwrap_or_default);
        match keys.iter_mut().find(|key| key.name == name) {
            Some(key) => key.columns.push((from, to)),
            None => keys.push(LiveForeignKey { name, table, columns: vec![(from, to)] }),
        }
    }
    Ok(keys)
}

/// What SQLite makes of a type's name. <https://www.sqlite.org/datatype3.html#determination_of_column_affinity>
#[derive(Clone, Copy, PartialEq, Eq)]
enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

fn affinity(sql_type: &str) -> Affinity {
    let has = |part: &str| sql_type.contains(part);
    if has("int") {
        Affinity::Integer
    } else if has("char") || has("clob") || has("text") {
        Affinity::Text
    } else if has("blob") || sql_type.is_empty() || sql_type == "any" {
        Affinity::Blob
    } else if has("real") || has("floa") || has("doub") {
        Affinity::Real
    } else {
        Affinity::Numeric
    }
}

/// Whether a column whose type has this name keeps what a storage writes. A column of text makes text
/// of numbers, one of numbers makes numbers of text that looks like some: "007" becomes 7.
pub fn keeps(sql_type: &str, storage: Storage) -> bool {
    match affinity(sql_type) {
        // It keeps what it is given; what is in it when it is called so is bytes.
        Affinity::Blob if sql_type.contains("blob") => storage.native() == Native::Bytes,
        Affinity::Blob => true,
        Affinity::Text => !matches!(
            storage.native(),
            Native::Integer | Native::Float | Native::Boolean | Native::Time | Native::PlainTime
        ),
        Affinity::Integer | Affinity::Real | Affinity::Numeric => {
            !matches!(storage, Storage::Text | Storage::AnyText)
        }
    }
}

/// What the options call a type.
pub fn type_of(sql_type: &str) -> TypeName {
    match (sql_type, affinity(sql_type)) {
        (named, _) if named.contains("bool") => TypeName::Boolean,
        ("date", _) => TypeName::Day,
        (named, _) if named.contains("date") || named.contains("time") => TypeName::Datetime,
        (named, _) if named.contains("json") => TypeName::Json,
        (_, Affinity::Integer) => TypeName::Integer,
        (_, Affinity::Real | Affinity::Numeric) => TypeName::Float,
        (named, _) if named.contains("blob") => TypeName::Binary,
        (_, Affinity::Text | Affinity::Blob) => TypeName::Text,
    }
}
