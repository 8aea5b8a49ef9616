//! The categories of a dataset are a set: in whatever order a file names them, and however often, they select the same
//! photographs, so they are the same experiment. Here they get one order, and each its place once.

use super::tree::{Item, Node};

const KEY: [&str; 2] = ["dataset", "categories"];

/// Puts `dataset.categories` of `tree` in order; returns the names that were there already, where they stand.
pub(super) fn unify(tree: &mut Node) -> Vec<Node> {
    let Some(mut list) = tree.get(&KEY).cloned() else {
        return Vec::new();
    };
    let doubles = unify_list(&mut list);
    tree.put(&KEY, Some(list));
    doubles
}

/// Puts in order a list that is a value of the key at `path`, if that is the list of categories.
pub(super) fn unify_at(path: &[String], list: &mut Node) {
    if path == KEY {
        unify_list(list);
    }
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
