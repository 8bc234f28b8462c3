//! Bounds of the connection pool: from options, from drivers' `extra`, and from URL parameters.

use super::number::{Calls, Count, CountOrNone, Milliseconds, Whole};

/// Enough for any burst of a process that serves its callers within seconds, and some ten megabytes
/// of calls that wait.
const QUEUE_LIMIT: u32 = 10_000;

/// Bounds of the connection pool, as far as somebody gave them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PoolBounds {
    /// Connections at most.
    pub max: Option<Count>,
    /// Connections that are kept even if they are idle.
    pub min: Option<CountOrNone>,
    /// How long a call waits for a connection.
    pub acquire_timeout: Option<Milliseconds>,
    /// How long connecting may take.
    pub connect_timeout: Option<Milliseconds>,
    /// After how long an idle connection is closed.
    pub idle_timeout: Option<Milliseconds>,
    /// After how long a connection is replaced.
    pub max_lifetime: Option<Milliseconds>,
    /// How many calls of an adapter may be under way, those that wait included. It is the adapter's
    /// own, and no bound of the connections that it shares.
    pub queue_limit: Option<Calls>,
}

/// Bounds of the connection pool, defaults filled in: what `Options::pool_for` gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PoolOptions {
    /// Connections at most.
    pub max: Count,
    /// Connections that are kept even if they are idle; never more than `max`.
    pub min: CountOrNone,
    /// How long a call waits for a connection.
    pub acquire_timeout: Milliseconds,
    /// How long connecting may take.
    pub connect_timeout: Milliseconds,
    /// After how long an idle connection is closed.
    pub idle_timeout: Milliseconds,
    /// After how long a connection is replaced.
    pub max_lifetime: Milliseconds,
}

impl Default for PoolOptions {
    fn default() -> Self {
        PoolBounds::default().filled()
    }
}

impl PoolBounds {
    /// These bounds, and where there is none, the other's.
    #[must_use]
    pub fn or(self, other: PoolBounds) -> PoolBounds {
        PoolBounds {
            max: self.max.or(other.max),
            min: self.min.or(other.min),
            acquire_timeout: self.acquire_timeout.or(other.acquire_timeout),
            connect_timeout: self.connect_timeout.or(other.connect_timeout),
            idle_timeout: self.idle_timeout.or(other.idle_timeout),
            max_lifetime: self.max_lifetime.or(other.max_lifetime),
            queue_limit: self.queue_limit.or(other.queue_limit),
        }
    }

    /// How many calls of an adapter may be under way.
    pub fn queue_limit(self) -> u32 {
        self.queue_limit.map_or(QUEUE_LIMIT, |calls| calls.0)
    }

    /// These bounds, and where there is none, the default.
    pub(super) fn filled(self) -> PoolOptions {
        let max = self.max.unwrap_or(Count(5));
        PoolOptions {
            max,
            min: CountOrNone(self.min.map_or(0, |min| min.0.min(max.0))),
            acquire_timeout: self.acquire_timeout.unwrap_or(Milliseconds(5_000)),
            connect_timeout: self.connect_timeout.unwrap_or(Milliseconds(5_000)),
            idle_timeout: self.idle_timeout.unwrap_or(Milliseconds(60_000)),
            max_lifetime: self.max_lifetime.unwrap_or(Milliseconds(30 * 60_000)),
        }
    }
}

/// A bound under the name that a driver, an ORM or this package has for it.
#[derive(Clone, Copy)]
pub(super) struct Bound {
    field: Field,
    /// How many milliseconds one is.
    unit: u32,
}

#[derive(Clone, Copy)]
enum Field {
    Max,
    Min,
    Acquire,
    Connect,
    Idle,
    Lifetime,
}

impl Bound {
    pub fn named(name: &str) -> Option<Bound> {
        let (field, unit) = match name {
            "max" | "connectionLimit" | "connection_limit" => (Field::Max, 1),
            "min" => (Field::Min, 1),
            "acquireTimeout" => (Field::Acquire, 1),
            "pool_timeout" => (Field::Acquire, 1_000),
            "connectTimeout" | "connectTimeoutMS" | "connectionTimeoutMillis" => {
                (Field::Connect, 1)
            }
            "connect_timeout" => (Field::Connect, 1_000),
            "idleTimeout" | "idleTimeoutMillis" => (Field::Idle, 1),
            "maxLifetime" => (Field::Lifetime, 1),
            "maxLifetimeSeconds" => (Field::Lifetime, 1_000),
            _ => return None,
        };
        Some(Bound { field, unit })
    }

    /// What its number may be. To drivers a time of 0 is one without end; here, where no wait is,
    /// it is the default.
    pub fn range(self) -> Whole {
        match (self.field, self.unit) {
            (Field::Max, _) => Whole::COUNT,
            (Field::Min, _) => Whole::COUNT_OR_NONE,
            (_, 1) => Whole::new("a whole number of milliseconds", 0, i32::MAX as u32),
            _ => Whole::new("a whole number of seconds", 0, i32::MAX as u32 / 1_000),
        }
    }

    /// Sets the bound to a number within its range.
    pub fn set(self, bounds: &mut PoolBounds, number: u32) {
        let time = Some(Milliseconds(number.saturating_mul(self.unit))).filter(|time| time.0 > 0);
        match self.field {
            Field::Max => bounds.max = Some(Count(number)),
            Field::Min => bounds.min = Some(CountOrNone(number)),
            Field::Acquire => bounds.acquire_timeout = time,
            Field::Connect => bounds.connect_timeout = time,
            Field::Idle => bounds.idle_timeout = time,
            Field::Lifetime => bounds.max_lifetime = time,
        }
    }
}
