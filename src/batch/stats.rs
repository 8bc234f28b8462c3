//! Counts of what an adapter has done, for health checks and dashboards.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The upper bounds of the latency histogram, in milliseconds; one more counter holds the rest.
pub const BOUNDS: [f64; 15] = [
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 2_500.0, 5_000.0,
];

/// The counters of an adapter.
#[derive(Debug, Default)]
pub struct Stats {
    queries: AtomicU64,
    failed: AtomicU64,
    retries: AtomicU64,
    microseconds: AtomicU64,
    histogram: [AtomicU64; BOUNDS.len() + 1],
}

/// What the counters said at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Counts {
    /// Units of work given to the database.
    pub queries: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Tries beyond the first.
    pub retries: u64,
    /// Their durations added up, in milliseconds.
    pub milliseconds: f64,
    /// How many took at most the bound, in milliseconds; the last bound is infinite.
    pub histogram: Vec<(f64, u64)>,
}

impl Stats {
    /// Counts a unit of work.
    pub fn count(&self, duration: Duration, retries: u32, failed: bool) {
        let milliseconds = duration.as_secs_f64() * 1_000.0;
        let bucket = BOUNDS.iter().take_while(|bound| milliseconds > **bound).count();
        self.queries.fetch_add(1, Relaxed);
        self.failed.fetch_add(u64::from(failed), Relaxed);
        self.retries.fetch_add(u64::from(retries), Relaxed);
        self.microseconds.fetch_add(u64::try_from(duration.as_micros()).unwrap_or(0), Relaxed);
        if let Some(counter) = self.histogram.get(bucket) {
            counter.fetch_add(1, Relaxed);
        }
    }

    /// What the counters say now.
    pub fn read(&self) -> Counts {
        let mut sum = 0;
        let bounds = BOUNDS.iter().copied().chain([f64::INFINITY]);
        let histogram = bounds.zip(&self.histogram).map(|(bound, counter)| {
            sum += counter.load(Relaxed);
            (bound, sum)
        });
        // Beyond 2^53 microseconds, 285 years, the sum is rounded.
        #[allow(clippy::cast_precision_loss)]
        Counts {
            queries: self.queries.load(Relaxed),
            failed: self.failed.load(Relaxed),
            retries: self.retries.load(Relaxed),
            milliseconds: self.microseconds.load(Relaxed) as f64 / 1_000.0,
            histogram: histogram.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_counted_in_every_bucket_that_is_wide_enough() {
        let stats = Stats::default();
        stats.count(Duration::from_micros(300), 0, false);
        stats.count(Duration::from_secs(60), 2, true);
        let counts = stats.read();
        assert_eq!((counts.queries, counts.failed, counts.retries), (2, 1, 2));
        assert_eq!(counts.histogram.get(1), Some(&(0.25, 0)));
        assert_eq!(counts.histogram.get(2), Some(&(0.5, 1)));
        assert_eq!(counts.histogram.last(), Some(&(f64::INFINITY, 2)));
    }
}
