//! Several servers, of which one takes writes: where it is is found when connecting, so that after a
//! failover the next connection leads to the new one.

use super::BoxFuture;
use super::pool::Connector;
use crate::error::{Code, Effect, Error, Result};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::timeout;

/// A connector whose connections can be asked whether they take writes.
pub trait Host: Connector {
    /// Whether the server behind a connection takes writes.
    fn takes_writes<'a>(
        &'a self,
        connection: &'a mut Self::Connection,
    ) -> BoxFuture<'a, Result<bool>>;
}

/// Connects to the first of several servers that can be used, the one used last before the others.
#[derive(Clone)]
pub struct Hosts<C> {
    hosts: Vec<C>,
    /// Whether it must take writes.
    writable: bool,
    /// How long one may take to answer.
    patience: Duration,
    last: std::sync::Arc<AtomicUsize>,
}

impl<C: fmt::Debug> fmt::Debug for Hosts<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.hosts).finish()
    }
}

impl<C: Host> Hosts<C> {
    /// Connects to these, all of which share the time there is.
    pub fn new(hosts: Vec<C>, writable: bool, connect_timeout: Duration) -> Self {
        let share = u32::try_from(hosts.len()).unwrap_or(u32::MAX).max(1);
        Hosts {
            hosts,
            writable,
            patience: connect_timeout / share,
            last: std::sync::Arc::new(AtomicUsize::new(0)),
        }
    }

    /// Whether another one may take the writes that one refuses.
    pub fn are_several(&self) -> bool {
        self.hosts.len() > 1 || self.writable
    }

    async fn connect_to(&self, host: &C) -> Result<C::Connection> {
        let mut connection = host.connect().await?;
        if self.writable && !host.takes_writes(&mut connection).await? {
            host.close(connection).await;
            return Err(Error::new(Code::Connect, format!("{host:?} takes no writes"))
                .with_effect(Effect::None));
        }
        Ok(connection)
    }

    async fn connect_to_one(&self) -> Result<C::Connection> {
        if let ([host], false) = (self.hosts.as_slice(), self.writable) {
            return host.connect().await;
        }
        let start = self.last.load(Ordering::Acquire);
        let mut failure: Option<Error> = None;
        for offset in 0..self.hosts.len() {
            let index = (start + offset) % self.hosts.len();
            let Some(host) = self.hosts.get(index) else { continue };
            let attempt = timeout(self.patience, self.connect_to(host)).await;
            match attempt.unwrap_or_else(|_| Err(silent(host))) {
                Ok(connection) => {
                    self.last.store(index, Ordering::Release);
                    return Ok(connection);
                }
                // A password that one refuses is worth more than that another is not there.
                Err(error) => {
                    failure = Some(match failure {
                        Some(earlier) if earlier.effect() != Effect::None => earlier,
                        Some(earlier) if error.effect() == Effect::None => joined(earlier, &error),
                        _ => error,
                    });
                }
            }
        }
        Err(failure.unwrap_or_else(|| Error::internal("a place without a host")))
    }
}

fn silent<C: fmt::Debug>(host: &C) -> Error {
    Error::new(Code::Connect, format!("{host:?} did not answer")).with_effect(Effect::None)
}

/// Says what is wrong with each.
fn joined(earlier: Error, later: &Error) -> Error {
    let message = format!("{}; {}", earlier.message(), later.message());
    earlier.with_message(message)
}

impl<C: Host> Connector for Hosts<C> {
    type Connection = C::Connection;

    fn connect(&self) -> BoxFuture<'_, Result<C::Connection>> {
        Box::pin(self.connect_to_one())
    }

    fn is_alive<'a>(&'a self, connection: &'a mut C::Connection) -> Option<BoxFuture<'a, bool>> {
        self.hosts.first()?.is_alive(connection)
    }

    fn close(&self, connection: C::Connection) -> BoxFuture<'_, ()> {
        match self.hosts.first() {
            Some(host) => host.close(connection),
            None => Box::pin(async {}),
        }
    }
}
