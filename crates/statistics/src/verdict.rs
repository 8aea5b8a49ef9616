//! What is expected of a difference, and what an interval makes of it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// On which side of zero a difference should lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expectation {
    /// Above the margin.
    Greater,
    /// Below minus the margin.
    Less,
    /// At most the margin away from zero, on either side.
    Equal,
}

/// An interval that holds the true value in [`CONFIDENCE`](super::CONFIDENCE) of all cases; both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end, not below the lower.
    pub high: f64,
}

/// What is known about an expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every value of the interval is as expected.
    Supported,
    /// No value of the interval is.
    Contradicted,
    /// Some are and some are not.
    NotDecided,
}

impl Verdict {
    /// What `interval`, of a difference, makes of the expectation that the difference lies more than `margin` (0 or
    /// more) above or below zero, or within `margin` of it.
    pub fn of(expectation: Expectation, margin: f64, interval: &Interval) -> Self {
        let Interval { low, high } = *interval;
        let (all, none) = match expectation {
            Expectation::Greater => (low > margin, high <= margin),
            Expectation::Less => (high < -margin, low >= -margin),
            Expectation::Equal => (
                low >= -margin && high <= margin,
                low > margin || high < -margin,
            ),
        };
        match (all, none) {
            (true, _) => Self::Supported,
            (_, true) => Self::Contradicted,
            _ => Self::NotDecided,
        }
    }

    /// The verdict in words, for tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Contradicted => "contradicted",
            Self::NotDecided => "not decided",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Expectation::{Equal, Greater, Less};
    use super::Verdict::{Contradicted, NotDecided, Supported};
    use super::*;

    #[test]
    fn an_interval_decides_only_as_a_whole() {
        for (expectation, margin, low, high, verdict) in [
            (Greater, 0.0, 0.1, 0.3, Supported),
            (Greater, 0.0, -0.1, 0.3, NotDecided),
            (Greater, 0.0, -0.3, -0.1, Contradicted),
            (Greater, 0.2, 0.1, 0.3, NotDecided),
            (Greater, 0.2, 0.25, 0.3, Supported),
            // Better, and yet not by as much as was claimed.
            (Greater, 0.5, 0.1, 0.3, Contradicted),
            (Less, 0.0, -0.3, -0.1, Supported),
            (Less, 0.2, -0.3, -0.1, NotDecided),
            (Less, 0.5, -0.3, -0.1, Contradicted),
            (Less, 0.0, 0.1, 0.3, Contradicted),
            (Equal, 0.2, -0.1, 0.15, Supported),
            (Equal, 0.2, -0.1, 0.3, NotDecided),
            (Equal, 0.2, -0.3, 0.3, NotDecided),
            (Equal, 0.2, 0.21, 0.3, Contradicted),
            (Equal, 0.2, -0.3, -0.21, Contradicted),
            // Two sides that are the same to the last bit.
            (Greater, 0.0, 0.0, 0.0, Contradicted),
            (Less, 0.0, 0.0, 0.0, Contradicted),
            (Equal, 0.0, 0.0, 0.0, Supported),
        ] {
            let interval = Interval { low, high };
            let found = Verdict::of(expectation, margin, &interval);
            assert_eq!(found, verdict, "{expectation:?} by {margin}: {interval:?}");
        }
    }

    #[test]
    fn exchanging_the_sides_exchanges_greater_and_less() {
        for (low, high) in [
            (-2.0, -1.0),
            (-1.0, 0.5),
            (0.0, 0.0),
            (0.3, 0.4),
            (0.3, 3.0),
        ] {
            for margin in [0.0, 0.35, 1.0] {
                let here = Interval { low, high };
                let there = Interval {
                    low: -high,
                    high: -low,
                };
                let of = |expectation, interval| Verdict::of(expectation, margin, interval);
                assert_eq!(of(Greater, &here), of(Less, &there));
                assert_eq!(of(Equal, &here), of(Equal, &there));
            }
        }
    }
}
