//! The option `schema`: which tables and columns there are, as far as it says.

use super::scope::ScopeColumn;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// The option `schema`. A text is a preset's name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SchemaOptions {
    /// Another adapter's tables, by the name of the preset that describes them.
    pub preset: Option<String>,
    /// How columns and tables are named that have no name of their own.
    pub naming: Option<Naming>,
    /// What every table's name starts with.
    pub prefix: Option<String>,
    /// PostgreSQL's schema that the tables are in.
    pub db_schema: Option<String>,
    /// Where the ids of new users come from.
    pub ids: Option<Ids>,
    /// The models, each as far as it differs; in the order of [`MODELS`].
    pub models: [ModelOptions; 5],
    /// The columns of option `scope`, in every table.
    pub scope: Vec<ScopeColumn>,
}

/// The models' names in options.
pub const MODELS: [&str; 5] = ["user", "account", "session", "verificationToken", "authenticator"];

/// How names are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub enum Naming {
    /// `user_id`.
    #[serde(rename = "snake_case")]
    Snake,
    /// `userId`.
    #[serde(rename = "camelCase")]
    Camel,
}

/// Where ids come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ids {
    /// A random UUID.
    Uuid,
    /// A UUID that begins with the time.
    UuidV7,
    /// 24 letters and digits, in the form of cuid2.
    Cuid2,
    /// 21 characters, in the form of nanoid.
    Nanoid,
    /// The database counts.
    Serial,
    /// The column's own default.
    Database,
    /// A function of the application's: the bridge calls it.
    Function,
}

impl<'de> Deserialize<'de> for Ids {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl Visitor<'_> for Words {
            type Value = Ids;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "\"uuid\", \"uuidv7\", \"cuid2\", \"nanoid\", \"serial\", \"database\" or a function",
                )
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<Ids, E> {
                Ok(match word {
                    "uuid" => Ids::Uuid,
                    "uuidv7" => Ids::UuidV7,
                    "cuid2" => Ids::Cuid2,
                    "nanoid" => Ids::Nanoid,
                    "serial" => Ids::Serial,
                    "database" => Ids::Database,
                    _ => return Err(E::invalid_value(de::Unexpected::Str(word), &self)),
                })
            }
            /// A function comes as a unit: that there is one is all that the options know.
            fn visit_unit<E: de::Error>(self) -> Result<Ids, E> {
                Ok(Ids::Function)
            }
        }
        deserializer.deserialize_unit_struct(super::tree::OR_FUNCTION, Words)
    }
}

/// One model's options.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelOptions {
    /// `false` in the options: there is no such table.
    pub absent: bool,
    /// The table's name.
    pub table: Option<String>,
    /// Whether nothing is ever written to it: a view, for instance.
    pub read_only: bool,
    /// Properties and their columns, in the order given.
    pub columns: Vec<(String, ColumnOptions)>,
}

/// One property's column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnOptions {
    /// `false`: there is none.
    Absent,
    /// A text is its name.
    Named(String),
    /// More of it.
    Described(Described),
}

/// A column, as far as the options describe it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Described {
    /// The name in the database.
    pub name: Option<String>,
    /// What the database calls its type, and how values are kept in it.
    pub r#type: Option<TypeName>,
    /// Whether it may be null.
    pub nullable: Option<bool>,
    /// The value of a row that is given none.
    pub default: Option<Literal>,
    /// What makes the value of a row that is given none.
    pub fill: Option<FillName>,
    /// Its type in a table that is created, in the database's own words.
    pub sql_type: Option<Fragment>,
    /// Its default in a table that is created, in the database's own words.
    pub sql_default: Option<Fragment>,
    /// Whether no two rows have the same value.
    pub unique: KeyOptions,
    /// Whether it has an index.
    #[serde(deserialize_with = "index")]
    pub index: KeyOptions,
    /// Whether it is stored and never returned.
    pub hidden: bool,
}

/// An index has a name, and is no constraint: those are unique.
fn index<'de, D: Deserializer<'de>>(deserializer: D) -> Result<KeyOptions, D::Error> {
    match KeyOptions::deserialize(deserializer)? {
        KeyOptions::Constraint(_) => Err(de::Error::custom(
            "must be a boolean or an index's name; a constraint is \"unique\"",
        )),
        key => Ok(key),
    }
}

/// What makes a value, by the names that options give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub enum FillName {
    /// The time of the call that inserts the row.
    #[serde(rename = "now")]
    Now,
    /// The time of the call that changed the row last.
    #[serde(rename = "touch")]
    Touch,
    /// A random UUID.
    #[serde(rename = "uuid")]
    Uuid,
}

/// A key or an index of one column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum KeyOptions {
    /// Nothing is said: as the tables have it.
    #[default]
    Usual,
    /// `false`: there is none.
    Absent,
    /// `true`: one whose name follows from the table's and the column's.
    Unnamed,
    /// A text: an index of this name.
    Index(String),
    /// `{ constraint }`: a constraint of this name, where the database tells the two apart.
    Constraint(String),
}

impl KeyOptions {
    /// Whether it says that there is one.
    pub fn is_wanted(&self) -> bool {
        !matches!(self, KeyOptions::Usual | KeyOptions::Absent)
    }
}

impl<'de> Deserialize<'de> for KeyOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Key;
        impl<'de> Visitor<'de> for Key {
            type Value = KeyOptions;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a boolean, an index's name, or an object such as { constraint: \"…\" }",
                )
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<KeyOptions, E> {
                Ok(if value { KeyOptions::Unnamed } else { KeyOptions::Absent })
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<KeyOptions, E> {
                Ok(KeyOptions::Index(name.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<KeyOptions, A::Error> {
                let Named { constraint } =
                    Named::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(KeyOptions::Constraint(constraint))
            }
        }
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Named {
            constraint: String,
        }
        deserializer.deserialize_any(Key)
    }
}

/// A piece of SQL that an application has in its options: a type's name or a default. It ends where it
/// ends: neither a statement nor a comment begins in it, and its quotes and parentheses are closed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct Fragment(String);

impl Fragment {
    /// The SQL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn new(text: &str) -> Option<Fragment> {
        let mut quote = None;
        let mut depth = 0_u32;
        let mut before = ' ';
        for character in text.chars() {
            match (quote, character) {
                // SQLite's other quotes; `[]` alone is an array of PostgreSQL's.
                (None, '`') => return None,
                (None, after) if before == '[' && after != ']' => return None,
                (_, '\0' | '\\') => return None,
                (Some(open), _) if open == character => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => quote = Some(character),
                (None, '(') => depth += 1,
                (None, ')') => depth = depth.checked_sub(1)?,
                (None, ';' | '#' | '$') => return None,
                (None, '-') if before == '-' => return None,
                (None, '*') if before == '/' => return None,
                // What follows a column's definition would be another column.
                (None, ',') if depth == 0 => return None,
                (None, _) => {}
            }
            before = character;
        }
        let whole = quote.is_none() && depth == 0 && before != '[' && !text.trim().is_empty();
        whole.then(|| Fragment(text.to_owned()))
    }
}

impl TryFrom<String> for Fragment {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let whole = Fragment::new(&text);
        whole.ok_or("must be a piece of SQL such as \"varchar(100)\", whole in itself")
    }
}

/// A default's literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// A text; also a point in time, in ISO 8601.
    Text(String),
    /// A number, as it is written.
    Number(String),
    /// A truth value.
    Boolean(bool),
}

impl<'de> Deserialize<'de> for Literal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Word;
        impl Visitor<'_> for Word {
            type Value = Literal;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a number or a boolean")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Literal, E> {
                Ok(Literal::Text(text.to_owned()))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Literal, E> {
                Ok(Literal::Number(number.to_string()))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Literal, E> {
                if number.is_finite() {
                    Ok(Literal::Number(number.to_string()))
                } else {
                    Err(E::invalid_value(de::Unexpected::Float(number), &self))
                }
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Literal, E> {
                Ok(Literal::Boolean(value))
            }
        }
        deserializer.deserialize_any(Word)
    }
}

/// Types of columns, by the names that options give them. `index.d.ts` says what each is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[allow(missing_docs)]
pub enum TypeName {
    #[serde(rename = "text")]
    Text,
    #[serde(rename = "uuid")]
    Uuid,
    #[serde(rename = "binary")]
    Binary,
    #[serde(rename = "integer")]
    Integer,
    #[serde(rename = "bigint")]
    Bigint,
    #[serde(rename = "bigint-string")]
    BigintString,
    #[serde(rename = "float")]
    Float,
    #[serde(rename = "boolean")]
    Boolean,
    #[serde(rename = "json")]
    Json,
    #[serde(rename = "date")]
    Day,
    #[serde(rename = "datetime")]
    Datetime,
    #[serde(rename = "datetime(0)")]
    DatetimeToSecond,
    #[serde(rename = "timestamp")]
    Timestamp,
    #[serde(rename = "seconds")]
    Seconds,
    #[serde(rename = "milliseconds")]
    Milliseconds,
    #[serde(rename = "iso-text")]
    IsoText,
    #[serde(rename = "datetime-text")]
    DatetimeText,
    #[serde(rename = "milliseconds-text")]
    MillisecondsText,
}

impl TypeName {
    /// The name in options.
    pub fn as_str(self) -> &'static str {
        match self {
            TypeName::Text => "text",
            TypeName::Uuid => "uuid",
            TypeName::Binary => "binary",
            TypeName::Integer => "integer",
            TypeName::Bigint => "bigint",
            TypeName::BigintString => "bigint-string",
            TypeName::Float => "float",
            TypeName::Boolean => "boolean",
            TypeName::Json => "json",
            TypeName::Day => "date",
            TypeName::Datetime => "datetime",
            TypeName::DatetimeToSecond => "datetime(0)",
            TypeName::Timestamp => "timestamp",
            TypeName::Seconds => "seconds",
            TypeName::Milliseconds => "milliseconds",
            TypeName::IsoText => "iso-text",
            TypeName::DatetimeText => "datetime-text",
            TypeName::MillisecondsText => "milliseconds-text",
        }
    }
}

#[derive(serde::Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct SchemaObject {
    preset: Option<String>,
    naming: Option<Naming>,
    prefix: Option<String>,
    db_schema: Option<String>,
    ids: Option<Ids>,
    user: UserOptions,
    account: ModelOptions,
    session: ModelOptions,
    verification_token: ModelOptions,
    authenticator: ModelOptions,
}

impl<'de> Deserialize<'de> for SchemaOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Schema;
        impl<'de> Visitor<'de> for Schema {
            type Value = SchemaOptions;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a preset's name or an object such as { prefix: \"auth_\" }")
            }
            fn visit_str<E: de::Error>(self, preset: &str) -> Result<SchemaOptions, E> {
                let preset = Some(preset.to_owned());
                Ok(SchemaOptions { preset, ..SchemaOptions::default() })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SchemaOptions, A::Error> {
                let object = SchemaObject::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(SchemaOptions {
                    preset: object.preset,
                    naming: object.naming,
                    prefix: object.prefix,
                    db_schema: object.db_schema,
                    ids: object.ids,
                    models: [
                        object.user.0,
                        object.account,
                        object.session,
                        object.verification_token,
                        object.authenticator,
                    ],
                    scope: Vec::new(),
                })
            }
        }
        deserializer.deserialize_any(Schema)
    }
}

/// The user's options: the only table that may be somebody else's to write.
#[derive(Default)]
struct UserOptions(ModelOptions);

#[derive(serde::Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct UserObject {
    table: Option<String>,
    columns: Columns,
    read_only: bool,
}

impl<'de> Deserialize<'de> for UserOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let UserObject { table, columns, read_only } = UserObject::deserialize(deserializer)?;
        Ok(UserOptions(ModelOptions { absent: false, table, read_only, columns: columns.0 }))
    }
}

#[derive(serde::Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct ModelObject {
    table: Option<String>,
    columns: Columns,
}

impl<'de> Deserialize<'de> for ModelOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object: Option<ModelObject> = deserializer.deserialize_any(OrFalse(PhantomData))?;
        Ok(match object {
            None => ModelOptions { absent: true, ..ModelOptions::default() },
            Some(ModelObject { table, columns }) => {
                ModelOptions { table, columns: columns.0, ..ModelOptions::default() }
            }
        })
    }
}

/// An object, or `false` for none.
struct OrFalse<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OrFalse<T> {
    type Value = Option<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or false")
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Option<T>, E> {
        if value { Err(E::custom("must be an object or false, not true")) } else { Ok(None) }
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Option<T>, A::Error> {
        T::deserialize(de::value::MapAccessDeserializer::new(map)).map(Some)
    }
}

/// The columns, by property.
#[derive(Default)]
struct Columns(Vec<(String, ColumnOptions)>);

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Properties;
        impl<'de> Visitor<'de> for Properties {
            type Value = Columns;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of columns by property")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Columns, A::Error> {
                let mut columns = Vec::new();
                while let Some(property) = map.next_key::<String>()? {
                    columns.push((property, map.next_value()?));
                }
                Ok(Columns(columns))
            }
        }
        deserializer.deserialize_any(Properties)
    }
}

impl<'de> Deserialize<'de> for ColumnOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Column;
        impl<'de> Visitor<'de> for Column {
            type Value = ColumnOptions;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a column's name, an object such as { name, type }, or false")
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<ColumnOptions, E> {
                Ok(ColumnOptions::Named(name.to_owned()))
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<ColumnOptions, E> {
                if value {
                    Err(E::invalid_value(de::Unexpected::Bool(true), &self))
                } else {
                    Ok(ColumnOptions::Absent)
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ColumnOptions, A::Error> {
                Described::deserialize(de::value::MapAccessDeserializer::new(map))
                    .map(ColumnOptions::Described)
            }
        }
        deserializer.deserialize_any(Column)
    }
}

#[cfg(test)]
mod tests {
    use super::Fragment;

    #[test]
    fn a_piece_of_sql_is_whole_and_nothing_more() {
        for text in [
            "varchar(100)",
            "double precision",
            "enum ('a;b', 'it''s -- so')",
            "varchar CHECK( \"r\" IN ('a','b') )",
            "CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)",
            "'-1'",
        ] {
            assert!(Fragment::new(text).is_some(), "{text}");
        }
        for text in [
            "",
            " ",
            "int, admin int",
            "int; DROP TABLE users",
            "int) --",
            "int)(",
            "int -- x",
            "int /* x",
            "'open",
            "varchar(10",
            "a\0b",
            "int # x",
            "'a\\'",
            "$$",
        ] {
            assert!(Fragment::new(text).is_none(), "{text}");
        }
    }
}
