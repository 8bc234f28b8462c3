//! What holds for whatever reads text or options from outside: the options, URLs, names that become
//! identifiers, envelopes. Each input is taken or refused with `ERR_CONFIG`, without a panic, and without
//! a secret in what is said. `fuzz.rs` tries random input, `coverage/` what a fuzzer makes that sees which code
//! an input reaches.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    dead_code,
    missing_docs
)]

use next_auth_sqlx_adapter::crypto::{Keys, Unopened, is_sealed};
use next_auth_sqlx_adapter::engine::{DIALECTS, Table};
use next_auth_sqlx_adapter::error::{Code, Error};
use next_auth_sqlx_adapter::options::{Environment, Options, Source, Tree};
use next_auth_sqlx_adapter::schema;

/// What no message may hold.
const SECRET: &str = "hunter2hunter2hunter2";

/// Options that hold it.
const SECRETS: &[&str] = &["password", "key", "url"];

const NAMES: &[&str] = &[
    "url",
    "type",
    "host",
    "port",
    "username",
    "user",
    "password",
    "database",
    "socketPath",
    "ssl",
    "extra",
    "pool",
    "max",
    "min",
    "acquireTimeout",
    "connectTimeout",
    "queueLimit",
    "retry",
    "attempts",
    "maxTime",
    "sqlite",
    "synchronous",
    "busyTimeout",
    "sessions",
    "hash",
    "key",
    "encryption",
    "keys",
    "id",
    "columns",
    "verificationTokens",
    "graceSeconds",
    "maxAttempts",
    "synchronize",
    "schema",
    "preset",
    "naming",
    "prefix",
    "dbSchema",
    "ids",
    "account",
    "session",
    "verificationToken",
    "authenticator",
    "table",
    "name",
    "email",
    "emailVerified",
    "userId",
    "unique",
    "nullable",
    "logger",
    "onQuery",
    "pooler",
    "normalizeEmail",
    "autoCleanup",
    "entityPrefix",
    "ca",
    "cert",
    "rejectUnauthorized",
    "__proto__",
    "constructor",
    "",
];

const TEXTS: &[&str] = &[
    "sqlite",
    "postgres",
    "mysql",
    "mariadb",
    "sqlite::memory:",
    ":memory:",
    "postgres://u:p@h/d",
    "prisma",
    "pg-adapter",
    "drizzle",
    "camelCase",
    "snake_case",
    "uuid",
    "serial",
    "text",
    "datetime",
    "create",
    "full",
    "migrate",
    "users",
    "a\"b",
    "a`b",
    "a\0b",
    "",
    " ",
    "\u{feff}",
    "%00",
    "ünïcode",
    "'; DROP TABLE users; --",
];

const URLS: &[&str] = &[
    "postgres://user:hunter2hunter2hunter2@db.example:5432/app?sslmode=require&connection_limit=3",
    "postgresql:///app?host=/run/postgresql&user=u",
    "mysql://root@[::1]:3306/d%C3%A9?ssl-mode=REQUIRED",
    "mariadb://u:hunter2hunter2hunter2@h1/d?socket=/run/s.sock",
    "sqlite:./auth.db?mode=ro",
    "sqlite::memory:",
    "file:///tmp/a.db",
    "sqlite://",
    "postgres://u:p@h:99999/d",
    "postgres://%ff%fe@h/d?%00=%zz",
];

/// Where the numbers come from that decide what is made.
pub enum Random<'a> {
    /// A seed (xorshift64*).
    Seed(u64),
    /// What a fuzzer chose; 0 after its end.
    Chosen(&'a [u8]),
}

impl Random<'_> {
    fn next(&mut self) -> u64 {
        match self {
            Random::Seed(state) => {
                *state ^= *state >> 12;
                *state ^= *state << 25;
                *state ^= *state >> 27;
                state.wrapping_mul(0x2545_F491_4F6C_DD1D)
            }
            Random::Chosen(bytes) => self::take(bytes, 8),
        }
    }

    fn below(&mut self, end: usize) -> usize {
        let number = match self {
            // One byte decides what one can, so that a change of it changes this and nothing else.
            Random::Chosen(bytes) => take(bytes, if end <= 256 { 1 } else { 4 }),
            Random::Seed(_) => self.next(),
        };
        usize::try_from(number % end as u64).unwrap()
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    fn character(&mut self) -> char {
        const TELLING: &[char] = &[
            '"', '`', '\'', '\\', '\0', '%', ':', '/', '@', '?', '#', '[', ']', '&', '=', '.', ';',
            ' ',
        ];
        match self.below(4) {
            0 => {
                char::from_u32(u32::try_from(self.below(0x11_0000)).unwrap()).unwrap_or('\u{fffd}')
            }
            1 => char::from(u8::try_from(self.below(128)).unwrap()),
            _ => TELLING[self.below(TELLING.len())],
        }
    }

    /// A text, most often a telling one.
    pub fn text(&mut self) -> String {
        match self.below(3) {
            0 => (0..self.below(40)).map(|_| self.character()).collect(),
            _ => self.pick(TEXTS).to_owned(),
        }
    }

    /// A text that is close to one that is taken.
    fn mutated(&mut self, text: &str) -> String {
        let mut characters: Vec<char> = text.chars().collect();
        for _ in 0..self.below(6) {
            let at = self.below(characters.len() + 1);
            match self.below(4) {
                0 if at < characters.len() => drop(characters.remove(at)),
                1 if at < characters.len() => characters[at] = self.character(),
                2 if at < characters.len() => {
                    let tail: Vec<char> = characters[at..].to_vec();
                    characters.extend(tail.into_iter().take(20));
                }
                _ => {
                    let character = self.character();
                    characters.insert(at, character);
                }
            }
        }
        characters.into_iter().collect()
    }

    fn tree(&mut self, depth: usize) -> Tree {
        match self.below(if depth == 0 { 7 } else { 11 }) {
            0 => Tree::Boolean(self.below(2) == 0),
            1 => Tree::Number(f64::from_bits(self.next())),
            2 => Tree::Number(f64::from(u32::try_from(self.below(100_000)).unwrap()) - 10.0),
            3 => Tree::Bytes(vec![7; self.below(40)].into()),
            4 => Tree::Function,
            5 => Tree::Other("a symbol"),
            6 => Tree::Text(self.text()),
            7 => Tree::List((0..self.below(4)).map(|_| self.tree(depth - 1)).collect()),
            _ => {
                let properties = (0..self.below(6)).map(|_| {
                    let name =
                        if self.below(12) == 0 { self.text() } else { self.pick(NAMES).to_owned() };
                    let value = if SECRETS.contains(&&*name) && self.below(2) == 0 {
                        Tree::Text(format!("{SECRET}{}", self.text()))
                    } else {
                        self.tree(depth - 1)
                    };
                    (name, value)
                });
                Tree::Object(properties.collect())
            }
        }
    }
}

fn take(bytes: &mut &[u8], most: usize) -> u64 {
    let (head, rest) = bytes.split_at(most.min(bytes.len()));
    *bytes = rest;
    head.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

fn refused(error: &Error) {
    assert_eq!(error.code(), Code::Config, "{error:?}");
    assert!(!format!("{} {error:?}", error.message()).contains(SECRET), "{error:?}");
}

/// Options that were taken name a place, or none; their schema can be composed, or is refused.
fn taken(options: &Options) {
    assert!(!format!("{options:?}").contains(SECRET), "{options:?}");
    match Source::find(options, &Environment::default()) {
        Ok(source) => {
            let _ = options.pool_for(&source);
            // The database's name and user are shown; the password is not.
            let _ = format!("{source:?}");
        }
        Err(error) => refused(&error),
    }
    for dialect in DIALECTS {
        if let Err(error) = schema::preview(Some(dialect), &options.schema) {
            refused(&error);
        }
    }
}

/// Options as JavaScript gives them. Whether they were taken.
pub fn options(random: &mut Random<'_>) -> bool {
    let first = if random.below(4) == 0 { Tree::Missing } else { random.tree(4) };
    let second = if random.below(2) == 0 { Tree::Missing } else { random.tree(4) };
    match Options::from_arguments(first, second) {
        Ok(options) => {
            taken(&options);
            true
        }
        Err(error) => {
            refused(&error);
            false
        }
    }
}

/// A URL that is close to one that is taken. Whether it was.
pub fn near_url(random: &mut Random<'_>) -> bool {
    let near = random.pick(URLS);
    let near = random.mutated(near);
    url(near)
}

/// Whether a URL was taken.
pub fn url(text: String) -> bool {
    let options = Options::from_arguments(Tree::Text(text), Tree::Missing).unwrap();
    match Source::find(&options, &Environment::default()) {
        Ok(source) => {
            let _ = options.pool_for(&source);
            true
        }
        Err(error) => {
            refused(&error);
            false
        }
    }
}

/// What a database reads in a quoted identifier, or nothing if it ends before the end.
fn read_back(quoted: &str) -> Option<String> {
    let mut characters = quoted.chars();
    let quote = characters.next()?;
    let mut name = String::new();
    while let Some(character) = characters.next() {
        if character != quote {
            name.push(character);
            continue;
        }
        match characters.next() {
            Some(next) if next == quote => name.push(quote),
            Some(_) => return None,
            None => return Some(name),
        }
    }
    None
}

/// Names are read back from SQL as they were.
pub fn identifiers(name: &str, place: &str) {
    for dialect in DIALECTS {
        let quoted = dialect.quote(name);
        assert_eq!(read_back(&quoted).as_deref(), Some(name), "{quoted}");
        let table = Table { schema: Some(place.to_owned()), name: name.to_owned() };
        let both = format!("{}.{}", dialect.quote(place), dialect.quote(name));
        assert_eq!(dialect.quote_table(&table), both);
    }
}

/// The keys that envelopes are made with.
pub fn keys() -> Keys {
    Keys::from_text(&format!("2026-01:{}", "07".repeat(32))).unwrap()
}

/// An envelope opens as it was made, or not at all.
pub fn envelope(keys: &Keys, random: &mut Random<'_>) {
    let text = random.text();
    let place = ["account", "access_token", "user"];
    let envelope = keys.seal(&text, &place).unwrap();
    assert!(is_sealed(&envelope));
    assert_eq!(keys.open(&envelope, &place).as_deref(), Ok(&*text));
    assert!(matches!(keys.open(&envelope, &["account"]), Err(Unopened::Refused(_))));
    let changed = random.mutated(&envelope);
    if changed != envelope {
        assert!(keys.open(&changed, &place).is_err(), "{changed} opens");
    }
    let pairs = random.text();
    key_text(&random.mutated(&format!("a:{SECRET},{pairs}")));
}

/// A text that nobody has encrypted opens nowhere.
pub fn forged_envelope(keys: &Keys, text: &str) {
    for text in [text, &format!("aes256gcm:v1:{text}"), &format!("aes256gcm:v1:2026-01:{text}")] {
        assert!(keys.open(text, &["account"]).is_err(), "{text} opens");
        let _ = keys.is_current(text);
    }
}

/// The text of keys is read, or refused without being shown.
pub fn key_text(text: &str) {
    if let Err(why) = Keys::from_text(text) {
        assert!(!why.contains(SECRET), "{why}");
    }
}
