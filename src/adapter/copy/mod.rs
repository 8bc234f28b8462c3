//! Users, accounts, sessions, verification tokens and passkeys from one database to another.
//!
//! A page of rows at a time, in the order of a key. What is in the target already is recognised by
//! its key, so nothing is remembered elsewhere: a copy that was interrupted is begun again, and
//! inserts what is missing. Nothing is ever overwritten. At the end every row is read again on both
//! sides and compared.

mod page;
mod passage;
mod report;
mod side;
mod users;

pub use report::{Counts, Progress, Reason};

use super::{Adapter, Call, Scope};
use crate::engine::{Extent, Step};
use crate::error::{Code, Error, Result};
use crate::options::Synchronize;
use crate::schema::{self, Access};
use crate::value::Value;
use passage::Passage;
use report::Reasons;
use side::Side;
use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use tokio::sync::Mutex;
use users::{Ids, Users};

/// What a copy is told.
#[derive(Debug, Clone, Default)]
pub struct CopyOptions {
    /// Whether nothing is written.
    pub dry_run: bool,
    /// The models that are left out.
    pub skip: Vec<String>,
}

/// A copy from one adapter's database to another's.
#[derive(Debug)]
pub struct Copier {
    from: Arc<Adapter>,
    to: Arc<Adapter>,
    options: CopyOptions,
    /// Nothing before the first step, and after the end.
    state: Mutex<Option<Copying>>,
}

impl Copier {
    /// Makes a copy. Nothing is opened.
    pub fn new(from: Arc<Adapter>, to: Arc<Adapter>, options: CopyOptions) -> Self {
        Copier { from, to, options, state: Mutex::default() }
    }

    /// Goes on by a page of rows.
    ///
    /// # Errors
    /// Those of the databases: what has been copied stays, and the same step can be made again.
    pub async fn next(&self, now: i64) -> Result<Progress> {
        self.step(now).await.map_err(|error| error.in_operation("copy"))
    }

    async fn step(&self, now: i64) -> Result<Progress> {
        let mut state = self.state.lock().await;
        let side = async |name, adapter: &Arc<Adapter>| -> Result<Side> {
            let call = adapter.call("copy", now, Scope::default(), |call: Call| async { Ok(call) });
            let opened = call.await.map(|call| Side { name, call });
            opened.map_err(|error| {
                let message = format!("the {name}: {}", error.message());
                error.with_message(message)
            })
        };
        let source = side("source", &self.from).await?;
        let target = side("target", &self.to).await?;
        let copying = match &mut *state {
            Some(copying) => {
                copying.step(&source, &target).await?;
                copying
            }
            none => none.insert(Copying::begin(&source, &target, &self.options).await?),
        };
        Ok(copying.progress())
    }

    /// Ends it, after the step under way.
    pub fn close(self: &Arc<Self>) -> impl Future<Output = ()> + use<> {
        let copier = Arc::clone(self);
        async move {
            copier.state.lock().await.take();
            copier.from.close().await;
            copier.to.close().await;
        }
    }
}

/// What a copy goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Copy,
    Verify,
    Done,
}

/// A copy under way.
#[derive(Debug)]
struct Copying {
    rehearsal: bool,
    /// Whether the target has no tables, and gets none.
    empty: bool,
    users: Users,
    passages: Vec<Passage>,
    counts: Vec<Counts>,
    totals: Vec<u64>,
    reasons: Reasons,
    /// The digests of what is not in the target for a reason that has been told: of rows by the key of
    /// the source, 16 bytes each.
    problems: HashSet<u128>,
    phase: Phase,
    /// Which passage it is at.
    at: usize,
    /// The key of the last row of the page before.
    after: Option<Vec<Value>>,
    /// How many rows the next page has.
    limit: usize,
    done: u64,
}

/// How many rows a page has at first, at least, and at most.
const PAGE: (usize, usize, usize) = (32, 16, 1_024);

/// How large a page may be, about, in bytes.
const PAGE_BYTES: usize = 1 << 20;

impl Copying {
    async fn begin(source: &Side, target: &Side, options: &CopyOptions) -> Result<Self> {
        let rehearsal = options.dry_run;
        let (from, to) = (&source.call.store, &target.call.store);
        let skips = |model: &str| options.skip.iter().any(|skipped| skipped == model);
        tables_are_there(source, false).await?;
        let empty = !tables_are_there(target, !rehearsal).await?;
        if !skips("session") {
            passage::check_tokens(from, to)?;
        }
        let users = Users::new(source, target, rehearsal).await?;
        let (mut passages, mut counts, mut totals) = (Vec::new(), Vec::new(), Vec::new());
        let models = from.schema.models().into_iter().zip(to.schema.models());
        for (theirs, ours) in models.filter(|(theirs, _)| !skips(theirs.name)) {
            if theirs.access == Access::Absent {
                continue;
            }
            let counted =
                source.read(&theirs.count_rows(from.engine.dialect()), Vec::new()).await?;
            let total = match counted.first().and_then(|row| row.first()) {
                Some(Value::Integer(count)) => u64::try_from(*count).unwrap_or(0),
                _ => 0,
            };
            if ours.access == Access::Absent {
                if total == 0 {
                    continue;
                }
                return Err(Error::new(
                    Code::Unsupported,
                    format!(
                        "the source has rows of the {0} model, and the target's schema has no table for \
                         it. Leave them out with --skip {0}, or choose another schema",
                        ours.name
                    ),
                ));
            }
            let passage = Passage::new(theirs, ours, from.engine.dialect(), to.engine.dialect())?;
            passages.push(passage);
            counts.push(Counts { model: ours.name, ..Counts::default() });
            totals.push(total);
        }
        let mut copying = Copying {
            rehearsal,
            empty,
            users,
            passages,
            counts,
            totals,
            reasons: Reasons::default(),
            problems: HashSet::new(),
            phase: Phase::Copy,
            at: 0,
            after: None,
            limit: PAGE.0,
            done: 0,
        };
        copying.skip_to_end();
        Ok(copying)
    }

    /// Goes through the next page.
    async fn step(&mut self, source: &Side, target: &Side) -> Result<()> {
        let Some(passage) = self.passages.get(self.at).filter(|_| self.phase != Phase::Done) else {
            return Ok(());
        };
        let rows = source.page(&passage.scan, self.after.as_deref(), self.limit).await?;
        let last = rows.last().map(|row| {
            passage.scan.key.iter().filter_map(|index| row.get(*index).cloned()).collect::<Vec<_>>()
        });
        let copies = self.phase == Phase::Copy;
        if copies {
            self.copy(source, target, &rows).await?;
        } else {
            self.verify(source, target, &rows).await?;
        }
        self.done += rows.len() as u64;
        let full = rows.len() >= self.limit;
        let bytes: usize = rows.iter().flatten().map(size).sum();
        let fitting = (rows.len() * PAGE_BYTES).checked_div(bytes).unwrap_or(self.limit);
        if full {
            self.limit = fitting.min(self.limit * 2).clamp(PAGE.1, PAGE.2);
            self.after = last;
            return Ok(());
        }
        if copies
            && !self.rehearsal
            && self.passages.get(self.at).is_some_and(is_of_users)
            && let Some(advance) = &self.users.advance
        {
            target.write(vec![Step { statement: Arc::clone(advance), values: Vec::new() }]).await?;
        }
        (self.after, self.limit) = (None, PAGE.0);
        self.at += 1;
        self.skip_to_end();
        Ok(())
    }

    /// From the last model on to the next phase.
    fn skip_to_end(&mut self) {
        if self.at < self.passages.len() {
            return;
        }
        self.at = 0;
        self.phase = match self.phase {
            Phase::Copy if !self.rehearsal && !self.passages.is_empty() => Phase::Verify,
            _ => Phase::Done,
        };
    }

    fn progress(&self) -> Progress {
        let rounds = if self.rehearsal { 1 } else { 2 };
        Progress {
            phase: match self.phase {
                Phase::Copy => "copy",
                Phase::Verify => "verify",
                Phase::Done => "done",
            },
            model: self.passages.get(self.at).map_or("", |passage| passage.model),
            done: self.done,
            total: self.totals.iter().sum::<u64>() * rounds,
            ids: match self.users.ids {
                Ids::Kept => "kept",
                Ids::Derived(_) => "derived",
                Ids::Mapped(_) => "mapped",
            },
            models: self.counts.clone(),
            reasons: self.reasons.list(),
            left: self.passages.iter().flat_map(|passage| passage.left.clone()).collect(),
        }
    }
}

fn is_of_users(passage: &Passage) -> bool {
    passage.model == "user"
}

/// Whether the tables are there; they are created if that is wanted, and the option says so.
async fn tables_are_there(side: &Side, create: bool) -> Result<bool> {
    let store = &side.call.store;
    let missing = schema::explain(&*store.engine, &store.schema).await;
    let Some(missing) = missing.map_err(|error| side.explain(error))? else { return Ok(true) };
    if create && store.options.synchronizes() == Synchronize::Create {
        store.create().await.map_err(|error| side.explain(error))?;
        return Ok(true);
    }
    let tables: Vec<_> = store.schema.created().map(|model| model.table.clone()).collect();
    let live = store
        .engine
        .inspect(&tables, Extent::Columns)
        .await
        .map_err(|error| side.explain(error))?;
    if side.name == "target" && !create && live.is_empty() {
        return Ok(false);
    }
    let hint = if side.name == "target" {
        "Create them first: with the command migrate, or as the program does whose tables they are"
    } else {
        "Is it this database, and this schema?"
    };
    Err(Error::new(Code::Schema, format!("the {}: {missing}. {hint}", side.name)))
}

/// About how many bytes a value takes.
fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) | Value::Json(text) => text.len() + 16,
        Value::List(texts) => texts.iter().map(|text| text.len() + 16).sum(),
        _ => 16,
    }
}
