//! How many photographs are learned from: `dataset.limit`.

use std::fmt;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The word for no limit.
const ALL: &str = "all";

/// How many photographs are learned from, written as a number or as `all`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Limit {
    /// All of them.
    #[default]
    All,
    /// At most so many.
    AtMost(usize),
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::All => serializer.serialize_str(ALL),
            Self::AtMost(most) => serializer.serialize_u64(most as u64),
        }
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrAll)
    }
}

struct NumberOrAll;

impl Visitor<'_> for NumberOrAll {
    type Value = Limit;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a whole number, 1 or more, or `all`")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Limit, E> {
        match word {
            ALL => Ok(Limit::All),
            _ => Err(E::invalid_value(Unexpected::Str(word), &self)),
        }
    }

    fn visit_u64<E: Error>(self, most: u64) -> Result<Limit, E> {
        usize::try_from(most)
            .map(Limit::AtMost)
            .map_err(|_| E::invalid_value(Unexpected::Unsigned(most), &self))
    }

    fn visit_i64<E: Error>(self, most: i64) -> Result<Limit, E> {
        usize::try_from(most)
            .map(Limit::AtMost)
            .map_err(|_| E::invalid_value(Unexpected::Signed(most), &self))
    }
}
