//! What operations give, as JavaScript values.

use super::js::{Js, JsResult, Scope};
use super::shape::Shapes;
use crate::adapter::{Cleaned, Progress, Rekeyed, Status};
use crate::engine::PoolState;
use crate::schema::Finding;
use crate::value::{MAX_SAFE_INTEGER, Row, Value};

/// What an operation gives.
#[derive(Debug)]
pub enum Answer {
    /// `undefined`.
    Nothing,
    /// An object, or `null`.
    Row(Option<Row>),
    /// An array of objects.
    Rows(Vec<Row>),
    /// A session with its user, or `null`.
    SessionAndUser(Option<(Row, Row)>),
    /// How many.
    Count(u64),
    /// A number.
    Number(f64),
    /// How an adapter is doing.
    Status(Status),
    /// What had expired.
    Cleaned(Cleaned),
    /// What was encrypted anew.
    Rekeyed(Rekeyed),
    /// What the live tables lack.
    Findings(Vec<Finding>),
    /// An array of strings.
    Texts(Vec<String>),
    /// How far a copy is.
    Progress(Progress),
}

impl From<Cleaned> for Answer {
    fn from(cleaned: Cleaned) -> Self {
        Answer::Cleaned(cleaned)
    }
}

impl From<Rekeyed> for Answer {
    fn from(rekeyed: Rekeyed) -> Self {
        Answer::Rekeyed(rekeyed)
    }
}

impl From<Vec<Finding>> for Answer {
    fn from(findings: Vec<Finding>) -> Self {
        Answer::Findings(findings)
    }
}

impl From<Vec<String>> for Answer {
    fn from(texts: Vec<String>) -> Self {
        Answer::Texts(texts)
    }
}

impl From<f64> for Answer {
    fn from(number: f64) -> Self {
        Answer::Number(number)
    }
}

impl From<Status> for Answer {
    fn from(status: Status) -> Self {
        Answer::Status(status)
    }
}

impl From<()> for Answer {
    fn from((): ()) -> Self {
        Answer::Nothing
    }
}

impl From<Row> for Answer {
    fn from(row: Row) -> Self {
        Answer::Row(Some(row))
    }
}

impl From<Option<Row>> for Answer {
    fn from(row: Option<Row>) -> Self {
        Answer::Row(row)
    }
}

impl From<Vec<Row>> for Answer {
    fn from(rows: Vec<Row>) -> Self {
        Answer::Rows(rows)
    }
}

impl From<Option<(Row, Row)>> for Answer {
    fn from(pair: Option<(Row, Row)>) -> Self {
        Answer::SessionAndUser(pair)
    }
}

impl From<u64> for Answer {
    fn from(count: u64) -> Self {
        Answer::Count(count)
    }
}

/// Makes the JavaScript value, with the realm's own classes.
pub fn into_js<'s>(scope: Scope<'s>, shapes: &Shapes<'_, 's>, answer: Answer) -> JsResult<Js<'s>> {
    match answer {
        Answer::Nothing => scope.undefined(),
        Answer::Row(None) | Answer::SessionAndUser(None) => scope.null(),
        Answer::Row(Some(row)) => object(scope, shapes, &row),
        Answer::Rows(rows) => {
            let array = scope.array(rows.len())?;
            for (index, row) in (0..).zip(&rows) {
                scope.set_element(array, index, object(scope, shapes, row)?)?;
            }
            Ok(array)
        }
        Answer::SessionAndUser(Some((session, user))) => {
            let make = shapes.pair(scope, &session, &user)?;
            fill(scope, shapes, make, session.values.iter().chain(&user.values))
        }
        // Beyond 2^53 rows a count would be rounded.
        #[allow(clippy::cast_precision_loss)]
        Answer::Count(count) => scope.number(count as f64),
        Answer::Number(number) => scope.number(number),
        Answer::Status(status) => self::status(scope, &status),
        Answer::Cleaned(cleaned) => self::cleaned(scope, cleaned),
        Answer::Rekeyed(rekeyed) => self::rekeyed(scope, &rekeyed),
        Answer::Findings(findings) => {
            let array = scope.array(findings.len())?;
            for (index, found) in (0..).zip(&findings) {
                scope.set_element(array, index, finding(scope, found)?)?;
            }
            Ok(array)
        }
        Answer::Texts(texts) => {
            let array = scope.array(texts.len())?;
            for (index, text) in (0..).zip(&texts) {
                scope.set_element(array, index, scope.text(text)?)?;
            }
            Ok(array)
        }
        Answer::Progress(progress) => super::copying::progress(scope, &progress),
    }
}

// Beyond 2^53 rows a count would be rounded.
#[allow(clippy::cast_precision_loss)]
fn cleaned<'s>(scope: Scope<'s>, cleaned: Cleaned) -> JsResult<Js<'s>> {
    let object = scope.object()?;
    scope.set(object, "sessions", scope.number(cleaned.sessions as f64)?)?;
    let tokens = scope.number(cleaned.verification_tokens as f64)?;
    scope.set(object, "verificationTokens", tokens)?;
    Ok(object)
}

// A count beyond 2^53 would be rounded.
#[allow(clippy::cast_precision_loss)]
fn rekeyed<'s>(scope: Scope<'s>, rekeyed: &Rekeyed) -> JsResult<Js<'s>> {
    let object = scope.object()?;
    for (name, count) in [
        ("rows", rekeyed.rows),
        ("encrypted", rekeyed.encrypted),
        ("rekeyed", rekeyed.rekeyed),
        ("decrypted", rekeyed.decrypted),
        ("left", rekeyed.left),
    ] {
        scope.set(object, name, scope.number(count as f64)?)?;
    }
    let failed = scope.array(rekeyed.failed.len())?;
    for (index, one) in (0..).zip(&rekeyed.failed) {
        let made = scope.object()?;
        scope.set(made, "column", scope.text(&one.property)?)?;
        if let Some(key) = &one.key {
            scope.set(made, "keyId", scope.text(key)?)?;
        }
        scope.set(made, "values", scope.number(one.values as f64)?)?;
        scope.set_element(failed, index, made)?;
    }
    scope.set(object, "failed", failed)?;
    let next = rekeyed.next.as_deref().map_or_else(|| scope.null(), |next| scope.text(next))?;
    scope.set(object, "next", next)?;
    Ok(object)
}

fn finding<'s>(scope: Scope<'s>, finding: &Finding) -> JsResult<Js<'s>> {
    let object = scope.object()?;
    let sql = (!finding.sql.is_empty()).then(|| finding.sql.join(";\n"));
    for (name, text) in [
        ("level", Some(finding.level.as_str())),
        ("code", Some(finding.code)),
        ("table", Some(finding.table.as_str())),
        ("column", finding.column.as_deref()),
        ("message", Some(finding.message.as_str())),
        ("sql", sql.as_deref()),
    ] {
        if let Some(text) = text {
            scope.set(object, name, scope.text(text)?)?;
        }
    }
    Ok(object)
}

// A count beyond 2^53 would be rounded.
#[allow(clippy::cast_precision_loss)]
fn status<'s>(scope: Scope<'s>, status: &Status) -> JsResult<Js<'s>> {
    let counted = |pairs: &[(&str, f64)]| -> JsResult<Js<'s>> {
        let object = scope.object()?;
        for (name, number) in pairs {
            scope.set(object, name, scope.number(*number)?)?;
        }
        Ok(object)
    };
    let connections = |pool: &PoolState| {
        counted(&[
            ("max", pool.max as f64),
            ("open", pool.open as f64),
            ("idle", pool.idle as f64),
            ("waiting", pool.waiting as f64),
        ])
    };
    let counts = &status.counts;
    let object = counted(&[
        ("queries", counts.queries as f64),
        ("failed", counts.failed as f64),
        ("retries", counts.retries as f64),
    ])?;
    scope.set(object, "database", scope.text(status.database)?)?;
    scope.set(object, "connections", connections(&status.connections)?)?;
    if let Some(replicas) = &status.replicas {
        let array = scope.array(replicas.len())?;
        for (index, replica) in (0..).zip(replicas) {
            let made = scope.object()?;
            scope.set(made, "usable", scope.boolean(replica.usable)?)?;
            let lag = match replica.lag {
                Some(lag) => scope.number(lag.as_secs_f64() * 1_000.0)?,
                None => scope.null()?,
            };
            scope.set(made, "lag", lag)?;
            scope.set(made, "connections", connections(&replica.connections)?)?;
            scope.set_element(array, index, made)?;
        }
        scope.set(object, "replicas", array)?;
    }
    let latency = counted(&[("sum", counts.milliseconds)])?;
    let buckets = scope.array(counts.histogram.len())?;
    for (index, (bound, count)) in (0..).zip(&counts.histogram) {
        scope.set_element(buckets, index, counted(&[("le", *bound), ("count", *count as f64)])?)?;
    }
    scope.set(latency, "buckets", buckets)?;
    scope.set(object, "latency", latency)?;
    Ok(object)
}

fn object<'s>(scope: Scope<'s>, shapes: &Shapes<'_, 's>, row: &Row) -> JsResult<Js<'s>> {
    let make = shapes.row(scope, row)?;
    fill(scope, shapes, make, row.values.iter())
}

/// How many values can be told to be dates by a bit.
const BITS: usize = 31;

/// Calls a function of `index.js` that makes objects: which of the values are dates, as bits, then
/// the values, such dates as numbers.
fn fill<'s, 'v>(
    scope: Scope<'s>,
    shapes: &Shapes<'_, 's>,
    make: Js<'s>,
    values: impl Iterator<Item = &'v Value>,
) -> JsResult<Js<'s>> {
    let mut dates = 0_u32;
    let mut arguments = Vec::with_capacity(24);
    arguments.push(make);
    for (index, value) in values.enumerate() {
        let made = to_js(scope, value)?;
        let is_date = matches!(value, Value::Date(_));
        arguments.push(if is_date && index >= BITS {
            scope.construct(shapes.date, made)?
        } else {
            dates |= u32::from(is_date) << (index % BITS);
            made
        });
    }
    if let Some(first) = arguments.first_mut() {
        *first = scope.number(f64::from(dates))?;
    }
    scope.call(make, &arguments)
}

fn to_js<'s>(scope: Scope<'s>, value: &Value) -> JsResult<Js<'s>> {
    #[allow(clippy::cast_precision_loss)]
    match value {
        // What JavaScript's numbers have no exact one for comes as its digits, and can be given back so.
        Value::Integer(number) if number.unsigned_abs() > MAX_SAFE_INTEGER.unsigned_abs() => {
            scope.text(&number.to_string())
        }
        Value::Null | Value::Other(_) | Value::List(_) => scope.null(),
        Value::Text(text) => scope.text(text),
        Value::Json(text) => scope.json("parse", scope.text(text)?),
        Value::Integer(number) | Value::Date(number) => scope.number(*number as f64),
        Value::Float(number) => scope.number(*number),
        Value::Boolean(value) => scope.boolean(*value),
    }
}
