//! The point of a `[matrix]` or a `[sweep]` at which an experiment stands.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The keys that a `[matrix]` or a `[sweep]` varies, dotted, each with the value that it has here: text as it is, everything else as
/// TOML writes it. Empty for an experiment without either.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Variant(BTreeMap<String, String>);

impl Variant {
    /// Of keys and their values.
    pub fn new(values: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(values.into_iter().collect())
    }

    /// Whether nothing varies.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keys and values, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// `norm=batch scale=8`: the last parts of the keys, or all of a key whose last part is another's too.
impl fmt::Display for Variant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = |key: &str| key.rsplit('.').next().map(str::to_owned);
        for (index, (key, value)) in self.iter().enumerate() {
            let short = last(key);
            let is_unique = self
                .iter()
                .filter(|(other, _)| last(other) == short)
                .count()
                == 1;
            let name = short.as_deref().filter(|_| is_unique).unwrap_or(key);
            let separator = if index == 0 { "" } else { " " };
            write!(formatter, "{separator}{name}={value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_as_short_as_they_may_be() {
        let variant = |pairs: &[(&str, &str)]| {
            let owned = pairs.iter().map(|&(k, v)| (k.to_owned(), v.to_owned()));
            Variant::new(owned).to_string()
        };
        assert_eq!(variant(&[]), "");
        let plain = [("network.scale", "8"), ("network.norm", "batch")];
        assert_eq!(variant(&plain), "norm=batch scale=8");
        let twins = [("image.size", "64"), ("fusion.size", "224")];
        assert_eq!(variant(&twins), "fusion.size=224 image.size=64");
    }
}
