//! In which order runs are shown.

use std::cmp::Ordering;

use super::{Entry, Fact, Group, Key, Value};

/// A key to sort by, and which way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    key: Key,
    reversed: bool,
}

impl Order {
    /// By `key`: the best first where the key knows what is better, the newest first by time, otherwise from small to
    /// large; `reversed` turns that around. What has no value comes last either way.
    pub fn by(key: Key, reversed: bool) -> Self {
        Self { key, reversed }
    }

    /// Sorts runs; equals stay as they are.
    pub fn sort(&self, entries: &mut [&Entry]) {
        entries.sort_by_cached_key(|entry| Sortable {
            value: entry.value(&self.key),
            order: self,
        });
    }

    /// Sorts groups by what their runs have in common; equals stay as they are.
    pub fn sort_groups(&self, groups: &mut [Group<'_>]) {
        groups.sort_by_cached_key(|group| Sortable {
            value: group.value(&self.key),
            order: self,
        });
    }

    /// How two values of the key stand to each other.
    pub fn compare(&self, one: &Value, two: &Value) -> Ordering {
        let missing = one.is_last().cmp(&two.is_last());
        if missing != Ordering::Equal || one.is_last() {
            return missing.then_with(|| one.compare(two));
        }
        let cost = |value: &Value| match value {
            Value::Number(number) => self.key.better().cost(*number),
            _ => None,
        };
        let ordering = match (cost(one), cost(two)) {
            (Some(one), Some(two)) => one.total_cmp(&two),
            _ if self.is_time() => two.compare(one),
            _ => one.compare(two),
        };
        if self.reversed {
            ordering.reverse()
        } else {
            ordering
        }
    }

    fn is_time(&self) -> bool {
        matches!(self.key, Key::Fact(Fact::Started | Fact::Updated))
    }

    /// The key.
    pub fn key(&self) -> &Key {
        &self.key
    }
}

struct Sortable<'a> {
    value: Value,
    order: &'a Order,
}

impl Ord for Sortable<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order.compare(&self.value, &other.value)
    }
}

impl PartialOrd for Sortable<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Sortable<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Sortable<'_> {}
