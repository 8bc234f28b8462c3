//! What calls take in the core, without Node.js: on a SQLite file, one at a time and many together.
//! The crossing from JavaScript and back is measured by `bench/micro.mjs`.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::join_all;
use next_auth_sqlx_adapter::adapter::{Adapter, Observer, Query, Scope};
use next_auth_sqlx_adapter::options::{Options, Tree};
use next_auth_sqlx_adapter::value::{Record, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::runtime::Runtime;

const USERS: u64 = 10_000;
const TOGETHER: u64 = 64;
const EMAIL: &str = "user7@example.com";

/// Nobody listens, as in most applications.
struct Silence;

impl Observer for Silence {
    fn notice(&self, _text: String) {}

    fn observes_queries(&self) -> bool {
        false
    }

    fn query(&self, _query: Query) {}
}

fn milliseconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    i64::try_from(since.as_millis()).expect("it is before the year 292 million")
}

fn text(value: impl Into<Arc<str>>) -> Option<Arc<str>> {
    Some(value.into())
}

fn record(entries: &[(&str, Value)]) -> Record {
    Record(entries.iter().map(|(name, value)| (Arc::from(*name), value.clone())).collect())
}

fn user(n: u64) -> Record {
    record(&[
        ("id", Value::from(format!("user-{n}"))),
        ("name", Value::from(format!("User Number {n}"))),
        ("email", Value::from(format!("user{n}@example.com"))),
    ])
}

fn session(token: u64, user: u64) -> Record {
    record(&[
        ("sessionToken", Value::from(format!("session {token}"))),
        ("userId", Value::from(format!("user-{user}"))),
        ("expires", Value::Date(milliseconds() + 86_400_000)),
    ])
}

/// One call, whose answer nobody looks at: it must be one.
macro_rules! call {
    ($adapter:expr, $operation:ident $(, $argument:expr)*) => {
        $adapter
            .call(stringify!($operation), milliseconds(), Scope::default(), |call| async move {
                call.$operation($($argument),*).await
            })
            .await
            .expect("the call is answered")
    };
}

async fn fill(adapter: &Arc<Adapter>) {
    for from in (0..USERS).step_by(500) {
        join_all((from..from + 500).map(|n| async move {
            call!(adapter, create_user, user(n));
            call!(adapter, create_session, session(n, n));
        }))
        .await;
    }
}

fn calls(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("threads can be started");
    let folder = std::env::temp_dir().join(format!("core-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("there is a place for temporary files");
    let url = format!("sqlite:{}", folder.join("auth.db").display());
    let options = Options::from_arguments(Tree::Text(url), Tree::Missing).expect("they are right");
    let adapter = &Arc::new(Adapter::new(options, 0, Arc::new(Silence)).unwrap());
    runtime.block_on(fill(adapter));

    let turn = &AtomicU64::new(0);
    let next = || turn.fetch_add(7919, Ordering::Relaxed);
    let somebody = || next() % USERS;
    let read = || async move {
        let token = text(format!("session {}", somebody()));
        assert!(call!(adapter, get_session_and_user, token).is_some(), "the session is there");
    };
    let write = || async move {
        call!(adapter, create_session, session(USERS + next(), somebody()));
    };

    let mut one = criterion.benchmark_group("one at a time");
    one.bench_function("get_session_and_user", |bencher| bencher.to_async(&runtime).iter(read));
    one.bench_function("get_user", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            call!(adapter, get_user, text(format!("user-{}", somebody())));
        });
    });
    one.bench_function("get_user_by_email", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            call!(adapter, get_user_by_email, text(EMAIL));
        });
    });
    one.bench_function("create_session", |bencher| bencher.to_async(&runtime).iter(write));
    one.finish();

    let mut together = criterion.benchmark_group("64 together");
    together.throughput(Throughput::Elements(TOGETHER));
    together.bench_function("get_session_and_user", |bencher| {
        bencher.to_async(&runtime).iter(|| join_all((0..TOGETHER).map(|_| read())));
    });
    together.bench_function("create_session", |bencher| {
        bencher.to_async(&runtime).iter(|| join_all((0..TOGETHER).map(|_| write())));
    });
    together.finish();

    runtime.block_on(adapter.close());
    // What the system keeps until the next restart does no harm either.
    let _ = std::fs::remove_dir_all(&folder);
}

criterion_group!(benches, calls);
criterion_main!(benches);
