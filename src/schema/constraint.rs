//! What a constraint is about that has refused a row.

use super::build::index_name;
use super::{Column, Fill, Model};
use std::sync::Arc;

impl Model {
    /// The properties that a constraint keeps unique, without those of the scope. Databases give its name,
    /// MySQL with the table before it, or its columns (SQLite); nothing where the schema does not know it.
    pub fn kept_unique(&self, constraint: &str) -> Option<Vec<&str>> {
        let table = format!("{}.", self.table.name);
        let name = constraint.strip_prefix(&table).unwrap_or(constraint);
        let index = self.indexes.iter().find(|index| {
            // One that was added to a table which was there has a name of ours.
            let ours = || index_name(self, &index.properties, true) == name;
            index.unique && (index.name == name || ours())
        });
        let is_primary = name == "PRIMARY"
            || self.primary_name.as_deref() == Some(name)
            || name == format!("{}_pkey", self.table.name);
        let columns: Vec<&Column> = match index.map(|index| &index.properties) {
            Some(properties) => self.of_properties(properties),
            None if is_primary => self.of_properties(&self.primary),
            None => {
                let names = constraint.split(", ").map(|column| column.strip_prefix(&table));
                let columns = names.map(|name| {
                    let name = name?;
                    self.columns.iter().find(|column| column.name == name)
                });
                columns.collect::<Option<_>>()?
            }
        };
        let kept = columns.into_iter().filter(|column| column.fill != Fill::Scope);
        Some(kept.map(|column| &*column.property).collect())
    }

    fn of_properties(&self, properties: &[Arc<str>]) -> Vec<&Column> {
        self.columns.iter().filter(|column| properties.contains(&column.property)).collect()
    }
}
