//! Lists of names that are sets: in whatever order a file names the categories of a dataset or the parts of a network, and
//! however often, they select the same, so they are the same experiment. Here they get one order, and each its place once.

use super::tree::{Item, Node};

/// The keys of such lists.
const KEYS: [[&str; 2]; 3] = [
    ["dataset", "categories"],
    ["dataset", "exclude"],
    ["train", "frozen"],
];

/// Puts these lists of `tree` in order; returns the names that were there already, where they stand, each with its key.
pub(super) fn unify(tree: &mut Node) -> Vec<(String, Node)> {
    let mut all = Vec::new();
    for key in KEYS {
        let Some(mut list) = tree.get(&key).cloned() else {
            continue;
        };
        let doubles = unify_list(&mut list);
        tree.put(&key, Some(list));
        all.extend(doubles.into_iter().map(|name| (key.join("."), name)));
    }
    all
}

/// Puts in order a list that is a value of the key at `path`, if that is a set.
pub(super) fn unify_at(path: &[String], list: &mut Node) {
    if is_set(path) {
        unify_list(list);
    }
}

/// Whether the value of the key at `path` is a set of names.
pub(super) fn is_set(path: &[String]) -> bool {
    KEYS.iter().any(|key| path == key)
}

/// Sorts the names by their bytes. A list that holds anything else is wrong, and stays as it is written.
fn unify_list(list: &mut Node) -> Vec<Node> {
    let mut doubles = Vec::new();
    let Item::Array(names) = &mut list.item else {
        return doubles;
    };
    if names.iter().any(|name| name.as_str().is_none()) {
        return doubles;
    }
    names.sort_by(|left, right| left.as_str().cmp(&right.as_str()));
    names.dedup_by(|next, kept| {
        let is_double = next.as_str() == kept.as_str();
        if is_double {
            doubles.push(next.clone());
        }
        is_double
    });
    doubles
}
