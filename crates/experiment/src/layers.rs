//! A file laid over its parents, without `[quick]` and with it.
//!
//! From the weakest to the strongest: the root's keys, the root's `[quick]`, the child's keys, the child's `[quick]`, and so
//! on. What a file writes says what the file is about, so no `[quick]` above it may take it back.

use super::explain::did_you_mean;
use super::file::ExperimentFile;
use super::overrides::Assignment;
use super::problem::{Fault, Problem};
use super::tree::{Item, Layer, Node, Table};
use colorize_base::nearest::{nearest, quoted};

/// What may be overridden in `[quick]`.
const QUICK_KEYS: [&str; 11] = [
    "seeds", "matrix", "sweep", "dataset", "image", "color", "network", "fusion", "augment",
    "train", "evaluate",
];

/// What a file says itself, and not for its children: its name, what it shows, and which trials it has.
const OWN: [&str; 5] = ["name", "title", "claims", "matrix", "sweep"];

/// A file with its parents, in its two forms.
pub(super) struct Layers {
    /// Without any `[quick]`.
    pub(super) whole: Node,
    /// With every `[quick]`.
    pub(super) quick: Node,
    /// Whether there is a `[quick]` that says anything.
    pub(super) has_quick: bool,
}

impl Layers {
    /// Lays `family`, the file first and the root last, over one another; `assignments` to keys of `[quick]` count as the
    /// file's own. With it comes what is wrong with the keys of every `[quick]`, which are left out.
    pub(super) fn of(
        mut family: Vec<ExperimentFile>,
        assignments: &[Assignment],
    ) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let empty = Node::root(&family[0].source);
        let mut layers = Self {
            whole: empty.clone(),
            quick: empty,
            has_quick: false,
        };
        for assignment in assignments
            .iter()
            .filter(|assignment| assignment.is_quick())
        {
            family[0]
                .root
                .put(&assignment.path, Some(assignment.node.clone()));
        }
        for (generation, file) in family.into_iter().enumerate().rev() {
            let mut own = file.root;
            let mut quick = quick_of(&own, &mut problems);
            own.put(&["extends"], None);
            own.put(&["quick"], None);
            if generation > 0 {
                for key in OWN {
                    own.put(&[key], None);
                }
                if let Some(quick) = &mut quick {
                    quick.put(&["matrix"], None);
                    quick.put(&["sweep"], None);
                }
            }
            layers.whole.merge(own.clone());
            layers.quick.merge(own);
            if let Some(quick) = quick {
                layers.lay_quick(quick);
            }
        }
        (layers, problems)
    }

    fn lay_quick(&mut self, mut quick: Node) {
        self.has_quick |= quick.as_table().is_some_and(|table| !table.is_empty());
        // Axes of a small grid are others: they stand in the place of the whole matrix.
        if let Some(matrix) = quick.get(&["matrix"]).cloned() {
            quick.put(&["matrix"], None);
            self.quick.put(&["matrix"], Some(matrix));
        }
        self.quick.merge(quick);
    }
}

/// What stands under `[quick]`, with its unknown keys reported and left out.
fn quick_of(file: &Node, problems: &mut Vec<Problem>) -> Option<Node> {
    let quick = file.get(&["quick"])?.clone().into_layer(Layer::Quick);
    let Item::Table(table) = &quick.item else {
        problems.push(Problem::new(
            Fault::WrongType {
                key: "quick".to_string(),
                expected: "a table".to_string(),
                found: format!("`{}`", quick.value.text()),
            },
            quick.value,
        ));
        return None;
    };
    let mut legal = Table::new();
    for (key, node) in table {
        if QUICK_KEYS.contains(&key.as_str()) {
            legal.insert(key.clone(), node.clone());
            continue;
        }
        let fault = Fault::UnknownKey(format!("quick.{key}"));
        problems.push(
            Problem::new(fault, node.key.clone())
                .help(did_you_mean(nearest(key, QUICK_KEYS).next()))
                .help(format!("keys of `[quick]`: {}", quoted(QUICK_KEYS))),
        );
    }
    Some(Node {
        item: Item::Table(legal),
        ..quick
    })
}
