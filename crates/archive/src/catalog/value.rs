//! What a key may hold.

use std::cmp::Ordering;
use std::fmt;

/// The value of a [`Key`](super::Key) in a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// The run has none.
    Missing,
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// Several.
    List(Vec<Value>),
}

impl Value {
    /// Of a value of an experiment, as JSON writes it.
    pub(crate) fn of_json(json: &str) -> Self {
        // To the last bit, which the JSON reader does not promise.
        if let Ok(number) = json.parse() {
            return Self::Number(number);
        }
        serde_json::from_str(json).map_or_else(|_| Self::Text(json.to_owned()), Self::of)
    }

    fn of(json: serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::Missing,
            Json::Bool(flag) => Self::Flag(flag),
            Json::Number(number) => number.as_f64().map_or(Self::Missing, Self::Number),
            Json::String(text) => Self::Text(text),
            Json::Array(values) => Self::List(values.into_iter().map(Self::of).collect()),
            table @ Json::Object(_) => Self::Text(table.to_string()),
        }
    }

    /// Numbers by size and before texts, texts by letter; what is missing or not a number comes last.
    pub fn compare(&self, other: &Self) -> Ordering {
        let rank = |value: &Self| match value {
            Self::Flag(_) => 0,
            Self::Number(number) if !number.is_nan() => 1,
            Self::Text(_) => 2,
            Self::List(_) => 3,
            Self::Number(_) => 4,
            Self::Missing => 5,
        };
        rank(self)
            .cmp(&rank(other))
            .then_with(|| match (self, other) {
                (Self::Flag(one), Self::Flag(two)) => one.cmp(two),
                (Self::Number(one), Self::Number(two)) => one.total_cmp(two),
                (Self::Text(one), Self::Text(two)) => one.cmp(two),
                (Self::List(_), Self::List(_)) => self.to_string().cmp(&other.to_string()),
                _ => Ordering::Equal,
            })
    }

    /// Whether it stands behind all others whichever way they are sorted.
    pub(super) fn is_last(&self) -> bool {
        match self {
            Self::Missing => true,
            Self::Number(number) => number.is_nan(),
            _ => false,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::Missing, Self::from)
    }
}

impl From<Option<f64>> for Value {
    fn from(number: Option<f64>) -> Self {
        number.map_or(Self::Missing, Self::Number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(number as f64)
    }
}

/// As a table shows it: numbers as short as they can be written exactly, nothing for what is missing.
impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => Ok(()),
            Self::Flag(flag) => write!(formatter, "{flag}"),
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Text(text) => formatter.write_str(text),
            Self::List(values) => {
                for (index, value) in values.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(formatter, "{separator}{value}")?;
                }
                Ok(())
            }
        }
    }
}
