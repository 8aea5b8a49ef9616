//! Configurations against their parents', only what differs.

/// The keys in which an experiment differs from its parent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diff {
    /// The experiment.
    pub experiment: String,
    /// Its parent.
    pub parent: String,
    /// The keys that differ, in the order in which they are shown; none is said in words.
    pub keys: Vec<DiffKey>,
}

/// A key that differs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DiffKey {
    /// The key with dots: `network.norm`.
    pub key: String,
    /// The parent's value, as TOML; `None` where the parent lacks the key.
    pub parent: Option<String>,
    /// The experiment's own value.
    pub own: Option<String>,
}
