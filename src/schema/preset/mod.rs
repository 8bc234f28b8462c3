//! Other adapters' tables, as data: one text a preset, with a section for each database that it
//! exists on.
//!
//! A section holds the five models. `user users` begins one and names its table; `none` is no table,
//! and `schema.table` one in a schema of its own. A line `property | column | type | words` is a
//! column; the words are
//!
//! - `null`: it may be null, also in a row of ours;
//! - `hidden`: it is written and not returned;
//! - `=iso` and the like: how it keeps dates;
//! - where a new row's value comes from: `made`, an id made here; `counted`, the database's counter;
//!   `now`; `touch`, and with every change; `digest`, of the account's key; `secret`, random;
//! - `default …`: what the column of a table that is created here has for other programs, in SQL.
//!
//! After the columns, `primary`, `unique` and `index` name keys by their properties, `constraint` a
//! unique one that is no index by itself; ` = ` and a name is what the package calls it, in a table of
//! this name. `loose userId` says that nothing but us sees to it that the user exists, and `oldest` orders rows that should be one.

use super::{Access, Column, Fill, Index, Model, Schema, own};
use crate::engine::{ColumnType, DIALECTS, Dialect, Storage};
use crate::error::{Error, Result};
use crate::options::{Ids, nearest};

/// Another adapter's tables.
#[derive(Debug)]
pub struct Preset {
    /// The name in options.
    pub name: &'static str,
    /// The package that makes and uses the tables, for messages.
    pub package: &'static str,
    text: &'static str,
}

/// Every preset, the likelier first where two are alike.
pub static PRESETS: &[Preset] = &[
    preset("pg-adapter", "@auth/pg-adapter", include_str!("pg-adapter.txt")),
    preset("neon", "@auth/neon-adapter", include_str!("neon.txt")),
    preset("prisma", "@auth/prisma-adapter", include_str!("prisma.txt")),
    preset("prisma-v4", "@next-auth/prisma-adapter", include_str!("prisma-v4.txt")),
    preset("prisma-v3-cuid", "@next-auth/prisma-adapter 0.5", include_str!("prisma-v3-cuid.txt")),
    preset("drizzle", "@auth/drizzle-adapter", include_str!("drizzle.txt")),
    preset("kysely", "@auth/kysely-adapter", include_str!("kysely.txt")),
    preset("typeorm", "@auth/typeorm-adapter", include_str!("typeorm.txt")),
    preset("typeorm-v3", "NextAuth v3", include_str!("typeorm-v3.txt")),
    preset("prisma-v3", "NextAuth v3's Adapters.Prisma", include_str!("prisma-v3.txt")),
    preset("sequelize", "@auth/sequelize-adapter", include_str!("sequelize.txt")),
    preset("mikro-orm", "@auth/mikro-orm-adapter", include_str!("mikro-orm.txt")),
    preset("supabase", "@auth/supabase-adapter", include_str!("supabase.txt")),
    preset("d1", "@auth/d1-adapter", include_str!("d1.txt")),
];

const fn preset(name: &'static str, package: &'static str, text: &'static str) -> Preset {
    Preset { name, package, text }
}

/// The preset of this name.
///
/// # Errors
/// `ERR_CONFIG` names the nearest, and what a PostgreSQL schema is called here.
pub fn find(name: &str) -> Result<&'static Preset> {
    if let Some(preset) = PRESETS.iter().find(|preset| preset.name == name) {
        return Ok(preset);
    }
    let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
    let hint = match nearest(name, &names) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!(
            "known are {}. A PostgreSQL schema is schema: {{ dbSchema }}, and ours needs no name",
            names.join(", ")
        ),
    };
    Err(Error::config(format!("option \"schema\" names an unknown preset; {hint}")))
}

impl Preset {
    /// The databases that it exists on.
    pub fn dialects(&self) -> Vec<&'static Dialect> {
        DIALECTS.iter().copied().filter(|dialect| self.section(dialect).is_some()).collect()
    }

    fn section(&self, dialect: &Dialect) -> Option<&'static str> {
        self.text.split("\n[").skip(1).find_map(|section| {
            let (names, lines) = section.split_once("]\n")?;
            names.split(' ').any(|name| name == dialect.name).then_some(lines)
        })
    }

    /// The schema on a database.
    ///
    /// # Errors
    /// `ERR_CONFIG`: the package has none there.
    pub fn schema(&'static self, dialect: &Dialect) -> Result<Schema> {
        let section = self.section(dialect).ok_or_else(|| {
            let names: Vec<&str> = self.dialects().iter().map(|dialect| dialect.name).collect();
            Error::config(format!(
                "option \"schema\": the preset \"{}\" describes tables on {}, not on {}",
                self.name,
                names.join(", "),
                dialect.name
            ))
        })?;
        let mut schema = own::own(dialect);
        schema.preset = Some(self);
        let texts = section.split("\n\n").filter(|text| !text.trim().is_empty());
        for (model, text) in schema.models_mut().into_iter().zip(texts) {
            read(model, text).ok_or_else(|| self.broken(text))?;
        }
        Ok(schema)
    }

    fn broken(&self, text: &str) -> Error {
        let line = text.lines().next().unwrap_or_default();
        Error::internal(format!("the preset {} is broken at {line}", self.name))
    }
}

/// Makes a model of ours what the text says.
fn read(model: &mut Model, text: &str) -> Option<()> {
    let mut lines = text.trim().lines();
    let (name, table) = lines.next()?.split_once(' ')?;
    if name != model.name {
        return None;
    }
    if table == "none" {
        model.access = Access::Absent;
        return Some(());
    }
    match table.split_once('.') {
        Some((schema, table)) => {
            model.table.schema = Some(schema.to_owned());
            table.clone_into(&mut model.table.name);
        }
        None => table.clone_into(&mut model.table.name),
    }
    let usual = std::mem::take(&mut model.columns);
    (model.primary, model.primary_name) = (Vec::new(), None);
    model.indexes = Vec::new();
    for line in lines {
        if line.contains(" | ") {
            model.columns.push(column(&usual, line)?);
            continue;
        }
        let (word, rest) = line.split_once(' ')?;
        let (rest, key) = match rest.split_once(" = ") {
            Some((rest, key)) => (rest, Some(key)),
            None => (rest, None),
        };
        let properties = rest.split(' ').map(Into::into).collect();
        match word {
            "primary" => {
                model.primary = properties;
                model.primary_name = key.map(str::to_owned);
            }
            "unique" | "index" | "constraint" => model.indexes.push(Index {
                name: key.unwrap_or_default().to_owned(),
                properties,
                unique: word != "index",
                constraint: word == "constraint",
            }),
            "loose" => model.foreign_key = false,
            "oldest" => model.oldest_first = properties,
            _ => return None,
        }
    }
    model.set_names();
    Some(())
}

fn column(usual: &[Column], line: &str) -> Option<Column> {
    let mut parts = line.split(" | ");
    let (property, name, sql_type) = (parts.next()?, parts.next()?, parts.next()?);
    let usual = usual.iter().find(|column| &*column.property == property && column.shown);
    let words: Vec<&str> = parts.next().unwrap_or_default().split(", ").collect();
    let dates = words.iter().find_map(|word| word.strip_prefix('='));
    let kind = match (usual, dates) {
        (Some(column), _) => column.kind,
        (None, Some(_)) => ColumnType::Date,
        (None, None) => ColumnType::Key,
    };
    let storage = match dates {
        Some(word) => date_storage(word)?,
        None => storage(kind, sql_type)?,
    };
    let mut column = Column {
        references: usual.and_then(|column| column.references),
        exact: false,
        longest: longest(sql_type),
        ..Column::new(property, name, kind, (sql_type, storage))
    };
    for word in words {
        match word {
            "null" => column.nullable = true,
            "hidden" => column.shown = false,
            "made" => column.fill = Fill::Made { ids: Ids::UuidV7, instead_of_random: false },
            "counted" => column.fill = Fill::Database,
            "now" => column.fill = Fill::Now,
            "touch" => (column.fill, column.changes) = (Fill::Now, true),
            "digest" => column.fill = Fill::AccountDigest,
            "secret" => column.fill = Fill::Secret,
            "" => {}
            word if word.starts_with('=') => {}
            word => column.default = Some(word.strip_prefix("default ")?.to_owned()),
        }
    }
    // What the database or the adapter makes, a call does not give, unless it is a user's id.
    column.is_written = column.shown;
    Some(column)
}

/// The length in a type such as `varchar(255)`.
pub(super) fn longest(sql_type: &str) -> Option<usize> {
    let (name, rest) = sql_type.split_once('(')?;
    let is_text = name.to_ascii_lowercase().contains("char");
    rest.split_once(')').filter(|_| is_text).and_then(|(length, _)| length.parse().ok())
}

fn date_storage(word: &str) -> Option<Storage> {
    Some(match word {
        "date" => Storage::Date,
        "date-to-second" => Storage::DateToSecond,
        "without-zone" => Storage::DateWithoutZone,
        "milliseconds" => Storage::Milliseconds,
        "milliseconds-text" => Storage::MillisecondsText,
        "iso" => Storage::IsoText,
        "datetime-text" => Storage::DateText,
        "text-with-zone" => Storage::DateTextWithZone,
        _ => return None,
    })
}

/// How a column of this type keeps what a property of this kind is.
fn storage(kind: ColumnType, sql_type: &str) -> Option<Storage> {
    let name = sql_type.to_ascii_lowercase();
    let counts = name.contains("int") || name.contains("serial") || name == "number";
    Some(match kind {
        // Sequelize's on MySQL, of which a trailing space would not come back.
        ColumnType::Key if name == "uuid" || name == "char(36) binary" => Storage::Uuid,
        ColumnType::Key if counts => Storage::IntegerId,
        ColumnType::Key | ColumnType::CredentialId | ColumnType::Text => Storage::Text,
        ColumnType::Integer if counts => Storage::Integer,
        ColumnType::Integer => Storage::IntegerText,
        ColumnType::Boolean if name == "boolean" => Storage::Boolean,
        ColumnType::Boolean => Storage::BooleanInteger,
        ColumnType::Float | ColumnType::Date | ColumnType::Json => return None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_can_be_read_on_each_of_its_databases() {
        for preset in PRESETS {
            assert!(!preset.dialects().is_empty(), "{}", preset.name);
            for dialect in preset.dialects() {
                let schema = preset.schema(dialect).unwrap();
                for model in schema.models() {
                    if model.access == Access::Absent {
                        continue;
                    }
                    for property in model.key.iter().copied().chain(
                        model
                            .indexes
                            .iter()
                            .flat_map(|index| &index.properties)
                            .chain(&model.primary)
                            .chain(&model.oldest_first)
                            .map(|property| &**property),
                    ) {
                        assert!(model.has(property), "{} {} {property}", preset.name, model.name);
                    }
                }
            }
        }
    }

    #[test]
    fn an_unknown_preset_names_the_nearest() {
        assert!(find("prisam").unwrap_err().message().contains("did you mean \"prisma\"?"));
        assert!(find("public").unwrap_err().message().contains("dbSchema"));
    }
}
