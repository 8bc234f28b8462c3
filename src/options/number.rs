//! Whole numbers within bounds, as options and URL parameters give them.

use serde::de::{self, Deserialize, Deserializer, Visitor};
use std::fmt;
use std::time::Duration;

/// A number of things, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Count(pub u32);

/// A number of things, which may be none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CountOrNone(pub u32);

/// A number of calls, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Calls(pub u32);

/// A length of time in whole milliseconds, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Milliseconds(pub u32);

impl Milliseconds {
    /// As a [`Duration`].
    pub fn duration(self) -> Duration {
        Duration::from_millis(u64::from(self.0))
    }
}

/// A TCP port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Port(pub u16);

/// What a whole number counts and between which bounds it lies, both included.
#[derive(Clone, Copy)]
pub(super) struct Whole {
    what: &'static str,
    min: u32,
    max: u32,
}

impl Whole {
    pub const COUNT: Whole = Whole::new("a whole number", 1, 10_000);
    pub const COUNT_OR_NONE: Whole = Whole::new("a whole number", 0, 10_000);
    // setTimeout's bound, which is the one that JavaScript's users know.
    pub const MILLISECONDS: Whole =
        Whole::new("a whole number of milliseconds", 1, i32::MAX as u32);
    pub const CALLS: Whole = Whole::new("a whole number", 1, 10_000_000);
    pub const PORT: Whole = Whole::new("a whole number", 1, u16::MAX as u32);

    pub const fn new(what: &'static str, min: u32, max: u32) -> Self {
        Whole { what, min, max }
    }

    /// The number, if it lies within the bounds.
    pub fn check(self, value: i64) -> Option<u32> {
        u32::try_from(value).ok().filter(|number| (self.min..=self.max).contains(number))
    }
}

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {} to {}", self.what, self.min, self.max)
    }
}

impl Visitor<'_> for Whole {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<u32, E> {
        self.check(value).ok_or_else(|| E::invalid_value(de::Unexpected::Signed(value), &self))
    }
}

impl<'de> de::DeserializeSeed<'de> for Whole {
    type Value = u32;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u32, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Whole::COUNT).map(Count)
    }
}

impl<'de> Deserialize<'de> for CountOrNone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Whole::COUNT_OR_NONE).map(CountOrNone)
    }
}

impl<'de> Deserialize<'de> for Calls {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Whole::CALLS).map(Calls)
    }
}

impl<'de> Deserialize<'de> for Milliseconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Whole::MILLISECONDS).map(Milliseconds)
    }
}

impl<'de> Deserialize<'de> for Port {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = deserializer.deserialize_any(Whole::PORT)?;
        u16::try_from(number)
            .map(Port)
            .map_err(|_| de::Error::invalid_value(de::Unexpected::Other("number"), &Whole::PORT))
    }
}
