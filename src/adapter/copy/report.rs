//! What a copy has done so far.

use std::collections::BTreeMap;

/// How far a copy is.
#[derive(Debug, Clone)]
pub struct Progress {
    /// What it does: `"copy"`, `"verify"` or `"done"`.
    pub phase: &'static str,
    /// The model whose rows it goes through.
    pub model: &'static str,
    /// How many rows have been gone through in all; each is copied, and then verified.
    pub done: u64,
    /// How many there are to go through, as counted at the start.
    pub total: u64,
    /// What becomes of users' ids: `"kept"`, `"derived"` or `"mapped"`.
    pub ids: &'static str,
    /// By model.
    pub models: Vec<Counts>,
    /// Why rows were not copied.
    pub reasons: Vec<Reason>,
    /// The columns of the source that the target has no place for.
    pub left: Vec<String>,
}

/// What became of a model's rows.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// The model.
    pub model: &'static str,
    /// How many were read.
    pub read: u64,
    /// How many were inserted; with `dryRun`, how many would be.
    pub inserted: u64,
    /// How many were there already, from an earlier copy.
    pub present: u64,
    /// How many were left out as a row of somebody else is in their place.
    pub conflicts: u64,
    /// How many the target cannot hold.
    pub refused: u64,
    /// How many were read back as they should be.
    pub verified: u64,
    /// How many were read back otherwise.
    pub different: u64,
    /// How many were not found when they were read back.
    pub missing: u64,
    /// The sum of the digests of the rows as they should be.
    pub expected: u128,
    /// The sum of the digests of the rows that were read back.
    pub found: u128,
}

/// Why rows of a model were not copied.
#[derive(Debug, Clone)]
pub struct Reason {
    /// The model.
    pub model: &'static str,
    /// `"conflict"` or `"refused"`.
    pub kind: &'static str,
    /// The reason, without any value.
    pub message: String,
    /// For how many rows.
    pub rows: u64,
}

/// Whose fault it is that a row is not copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A row of somebody else is in its place.
    Conflict,
    /// The target cannot hold it.
    Refused,
}

/// How often each reason was met.
#[derive(Debug, Default)]
pub struct Reasons(BTreeMap<(&'static str, Kind, String), u64>);

impl Reasons {
    /// Counts a row.
    pub fn add(&mut self, model: &'static str, kind: Kind, message: String) {
        *self.0.entry((model, kind, message)).or_default() += 1;
    }

    /// All of them.
    pub fn list(&self) -> Vec<Reason> {
        let reasons = self.0.iter().map(|((model, kind, message), rows)| Reason {
            model,
            kind: match kind {
                Kind::Conflict => "conflict",
                Kind::Refused => "refused",
            },
            message: message.clone(),
            rows: *rows,
        });
        reasons.collect()
    }
}
