//! Where a SQLite database is.

use super::url::percent_decode;

/// Where a SQLite database is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SqliteSource {
    /// The file, or the name of a database in memory.
    pub file: String,
    /// Whether it lives in memory.
    pub memory: bool,
    /// Whether it is opened for reading only (`mode=ro`).
    pub read_only: bool,
    /// Whether the file is created if missing (not with `mode=rw`).
    pub create: bool,
    /// Whether nobody named this place: it is announced.
    pub default: bool,
    /// The URL's parameters that mean nothing here: names only, since values may be secret.
    pub ignored: Vec<String>,
}

/// Reads a URL or a path; `None` if it is neither.
pub(super) fn parse(url: &str) -> Option<SqliteSource> {
    let (place, parameters) = url.split_once('?').unwrap_or((url, ""));
    let lower = place.to_ascii_lowercase();
    let file = if let Some(length) = ["sqlite:", "sqlite3:", "better-sqlite3:", "file:"]
        .iter()
        .find(|scheme| lower.starts_with(**scheme))
        .map(|scheme| scheme.len())
    {
        let rest = place.get(length..)?;
        // `sqlite://localhost/:memory:` is how NextAuth v3's documentation wrote it.
        let rest = match rest.strip_prefix("//") {
            Some(path) => match path.strip_prefix("localhost/") {
                Some(":memory:") => ":memory:",
                Some(_) => path.get("localhost".len()..)?,
                None => path,
            },
            None => rest,
        };
        percent_decode(rest)?
    } else if is_path(url) {
        // A path is taken as it stands, "?" included.
        return (!url.contains('\0')).then(|| sqlite(url, ""));
    } else {
        return None;
    };
    (!file.is_empty() && !file.contains('\0')).then(|| sqlite(&file, parameters))
}

/// Whether a string without a scheme is a path: a typing error in a URL must not become a file.
fn is_path(place: &str) -> bool {
    let lower = place.to_ascii_lowercase();
    let drive = matches!(place.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    place == ":memory:"
        || drive
        || ["/", "./", "../", ".\\", "..\\"].iter().any(|start| place.starts_with(start))
        || (!place.contains(':')
            && [".db", ".sqlite", ".sqlite3", ".db3"].iter().any(|end| lower.ends_with(end)))
}

/// The database of a file, or of `:memory:`, with a URL's parameters.
pub(super) fn sqlite(file: &str, parameters: &str) -> SqliteSource {
    let mut source = SqliteSource {
        file: file.to_owned(),
        memory: file == ":memory:",
        read_only: false,
        create: true,
        default: false,
        ignored: Vec::new(),
    };
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter {
            "mode=ro" => source.read_only = true,
            "mode=rw" => source.create = false,
            "mode=rwc" => source.create = true,
            "mode=memory" => source.memory = true,
            // One database in memory is always one, with or without SQLite's shared cache.
            "cache=shared" | "cache=private" => {}
            other => {
                let name = other.split_once('=').map_or(other, |(name, _)| name);
                source.ignored.push(name.to_owned());
            }
        }
    }
    source
}
