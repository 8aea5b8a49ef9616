//! `[matrix]`: the points that one experiment file has, each an experiment of its own.
//!
//! Every key below `[matrix]` is an axis, and every element of its array one value. The axes are multiplied in the order
//! in which they are written, the last one changing fastest.

use std::collections::HashSet;

use super::Variant;
use super::categories;
use super::explain::{did_you_mean, dotted};
use super::overrides::Assignment;
use super::problem::{Fault, Problem};
use super::read::in_words;
use super::tree::{Item, Layer, Node, Table};
use super::written::known_keys;
use colorize_base::nearest::{nearest, quoted};

/// What a file is and what it shows, and where the points come from: no axis goes over these.
const NO_AXES: [&str; 7] = [
    "name", "title", "extends", "claims", "quick", "matrix", "sweep",
];

/// A file with more points than this was not meant.
pub(super) const MOST: usize = 10_000;

/// Nor one with more trials: its points, each with every seed.
const MOST_TRIALS: usize = 100_000;

/// Below this, every whole number is a float.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// One key with the values that it takes.
pub(super) struct Axis {
    pub(super) path: Vec<String>,
    /// Where its key is written.
    pub(super) key: super::source::Place,
    pub(super) values: Vec<Node>,
}

impl Axis {
    /// Of the key at `path`, which `node` is written under, with values that count as written in `layer`.
    pub(super) fn of(path: &[String], node: &Node, values: &[Node], layer: Layer) -> Self {
        let values = values.iter().cloned().map(|value| {
            let mut value = value.into_layer(layer);
            categories::unify_at(path, &mut value);
            value
        });
        Self {
            path: path.to_vec(),
            key: node.key.clone(),
            values: values.collect(),
        }
    }
}

/// One value for every axis.
pub(super) struct Point {
    /// The axes and their values, in words.
    pub(super) variant: Variant,
    /// The whole experiment with these values in their places.
    pub(super) tree: Node,
}

impl Point {
    /// The only point of a tree in which nothing varies.
    pub(super) fn plain(tree: &Node) -> Self {
        Self {
            variant: Variant::default(),
            tree: tree.clone(),
        }
    }
}

/// The points of `tree`, into which `assignments` have been put already: an axis that one of them sets keeps that value
/// alone. Without a matrix there is one point, which is the tree. With it comes all that is wrong with the matrix; an
/// axis that is wrong is left out of the points.
pub(super) fn points(tree: &Node, assignments: &[Assignment]) -> (Vec<Point>, Vec<Problem>) {
    let (mut axes, mut problems) = axes(tree);
    for axis in &mut axes {
        let sets = |assignment: &&Assignment| axis.path.starts_with(&assignment.path);
        if assignments.iter().any(|assignment| sets(&assignment)) {
            axis.values = tree.get(&axis.path).cloned().into_iter().collect();
        }
    }
    axes.retain(|axis| !axis.values.is_empty());
    let count = axes
        .iter()
        .try_fold(1_usize, |count, axis| count.checked_mul(axis.values.len()))
        .filter(|&count| count <= MOST);
    let seeds = match tree.get(&["seeds"]).map(|node| &node.item) {
        Some(Item::Array(seeds)) => seeds.len().max(1),
        _ => 1,
    };
    let must = match count {
        None => format!("must have at most {MOST} points, all axes multiplied"),
        Some(count) if count > 1 && count.saturating_mul(seeds) > MOST_TRIALS => format!(
            "must have at most {MOST_TRIALS} trials: {count} points with {seeds} seeds each are more"
        ),
        Some(count) => {
            let base = without_axes(tree);
            // The first still says where its axes were written, for `check`.
            let points = (0..count).map(|index| {
                let tree = if index == 0 { tree } else { &base };
                point(tree, &axes, index, assignments)
            });
            return (points.collect(), problems);
        }
    };
    let place = tree.get(&["matrix"]).map_or(&tree.value, |node| &node.key);
    problems.push(out_of_range("matrix", must, place));
    (vec![point(tree, &axes, 0, assignments)], problems)
}

/// The tree without the values of its axes: with them at every point, a file would take the square of its length in memory.
fn without_axes(tree: &Node) -> Node {
    let mut tree = tree.clone();
    if let Item::Table(table) = &mut tree.item
        && let Some(matrix) = table.get_mut("matrix")
        && matrix.as_table().is_some()
    {
        matrix.item = Item::Table(Table::new());
        matrix.before = None;
    }
    tree
}

/// The point of this number, the last axis counting fastest.
fn point(tree: &Node, axes: &[Axis], mut index: usize, assignments: &[Assignment]) -> Point {
    let mut chosen = Vec::new();
    for axis in axes.iter().rev() {
        chosen.push((&axis.path, axis.values[index % axis.values.len()].clone()));
        index /= axis.values.len();
    }
    chosen.reverse();
    put(tree, &chosen, assignments)
}

/// The point at which the keys have these values.
pub(super) fn put(
    tree: &Node,
    chosen: &[(&Vec<String>, Node)],
    assignments: &[Assignment],
) -> Point {
    let mut tree = tree.clone();
    let mut variant = Vec::new();
    for (path, value) in chosen {
        variant.push((dotted(path), text(value)));
        tree.put(path, Some(value.clone()));
        // What the command line says of a part of the value goes before the value.
        for assignment in assignments {
            if assignment.path.starts_with(path) {
                tree.put(&assignment.path, Some(assignment.node.clone()));
            }
        }
    }
    Point {
        variant: Variant::new(variant),
        tree,
    }
}

/// The sound axes of the matrix, in the order in which they are written, and what is wrong with the others.
fn axes(tree: &Node) -> (Vec<Axis>, Vec<Problem>) {
    let mut axes = Vec::new();
    let mut problems = Vec::new();
    let Some(matrix) = tree.get(&["matrix"]) else {
        return (axes, problems);
    };
    if matrix.as_table().is_none() {
        let fault = wrong_type("matrix".to_owned(), "a table of axes", matrix);
        problems.push(
            Problem::new(fault, matrix.value.clone())
                .help("write `[matrix]`, followed by axes such as `network.scale = [8, 16]`"),
        );
        return (axes, problems);
    }
    collect(matrix, &mut Vec::new(), &mut axes, &mut problems);
    // Keys are kept sorted; their places say in which order they were written.
    axes.sort_by(|left, right| left.key.order().cmp(&right.key.order()));
    let mut sound: Vec<Axis> = Vec::new();
    for axis in axes {
        let inside = |other: &&Axis| {
            axis.path.starts_with(&other.path) || other.path.starts_with(&axis.path)
        };
        let found = match sound.iter().find(inside) {
            Some(other) => Some(overlap(&axis, other, "matrix")),
            None => judge(&axis, "matrix", false),
        };
        match found {
            Some(problem) => problems.push(problem),
            None => sound.push(axis),
        }
    }
    (sound, problems)
}

/// Walks the tables down to the arrays.
fn collect(node: &Node, path: &mut Vec<String>, axes: &mut Vec<Axis>, problems: &mut Vec<Problem>) {
    match &node.item {
        Item::Table(table) => {
            for (key, child) in table {
                let above = path.len();
                // `"network.scale" = [8, 16]` is meant as it is read.
                path.extend(key.split('.').map(|part| part.trim().to_owned()));
                collect(child, path, axes, problems);
                path.truncate(above);
            }
        }
        Item::Array(values) => {
            let layer = if node.layer.is_quick() {
                Layer::QuickMatrix
            } else {
                Layer::Matrix
            };
            axes.push(Axis::of(path, node, values, layer));
        }
        _ => {
            let key = dotted(path);
            let value = node.value.text();
            let fault = wrong_type(format!("matrix.{key}"), "an array of values", node);
            let help = if known(&key) {
                format!("`{key} = [{value}]` is an axis of one value")
            } else {
                String::new()
            };
            problems.push(Problem::new(fault, node.value.clone()).help(help));
        }
    }
}

/// What is wrong with an axis of the table `table`; one that `is_range` has no list of values.
pub(super) fn judge(axis: &Axis, table: &str, is_range: bool) -> Option<Problem> {
    let key = dotted(&axis.path);
    let written = format!("{table}.{key}");
    let first = axis.path[0].as_str();
    if first == "seeds" {
        let values: Vec<String> = axis.values.iter().map(text).collect();
        return Some(
            out_of_range(
                &written,
                "is not needed: seeds are an axis of their own".to_owned(),
                &axis.key,
            )
            .help(format!(
                "write `seeds = [{}]` at the top level: every point is trained with every seed",
                if is_range {
                    "0, 1".to_owned()
                } else {
                    values.join(", ")
                }
            )),
        );
    }
    if NO_AXES.contains(&first) {
        let must = "cannot be an axis: it is the same at every point".to_owned();
        return Some(out_of_range(&written, must, &axis.key));
    }
    if !known(&key) {
        let keys = known_keys();
        let meant = nearest(&key, keys.iter().map(String::as_str))
            .next()
            .or_else(|| same_ending(&key, keys.iter().map(String::as_str)));
        let fault = Fault::UnknownKey(written);
        let help = if meant.is_some() {
            did_you_mean(meant)
        } else {
            "an axis is a key of an experiment with its section, such as `network.scale`".to_owned()
        };
        return Some(Problem::new(fault, axis.key.clone()).help(help));
    }
    if is_range {
        return None;
    }
    let Some(last) = axis.values.last() else {
        let must = "must contain at least one value".to_owned();
        return Some(
            out_of_range(&written, must, &axis.key).help("remove the axis, or give it values"),
        );
    };
    let mut seen = HashSet::new();
    let twice = axis.values.iter().find(|value| !seen.insert(plain(value)));
    if let Some(value) = twice {
        let must = format!(
            "must contain every value only once: {} appears twice",
            text(value)
        );
        let is_set = matches!(value.item, Item::Array(_));
        let help = "the order and the repetition of names make no difference";
        return Some(out_of_range(&written, must, &value.value).help(if is_set {
            help
        } else {
            ""
        }));
    }
    // An array-valued key takes arrays, and a lone array for it is the usual slip.
    let takes_arrays = categories::is_set(&axis.path);
    if takes_arrays && !matches!(last.item, Item::Array(_)) {
        let values: Vec<&str> = axis.values.iter().map(|value| value.value.text()).collect();
        let fault = wrong_type(format!("{written}[0]"), "an array", &axis.values[0]);
        return Some(
            Problem::new(fault, axis.values[0].value.clone()).help(format!(
                "every value of this axis must itself be an array: `{key} = [[{}]]`",
                values.join("], [")
            )),
        );
    }
    None
}

pub(super) fn overlap(axis: &Axis, other: &Axis, table: &str) -> Problem {
    let written = format!("{table}.{}", dotted(&axis.path));
    let other = dotted(&other.path);
    let must = if axis.path.len() == other.split('.').count() {
        "must appear only once".to_owned()
    } else {
        format!("must not overlap with the axis `{other}`")
    };
    out_of_range(&written, must, &axis.key)
}

pub(super) fn out_of_range(key: &str, must: String, place: &super::source::Place) -> Problem {
    let key = key.to_owned();
    Problem::new(Fault::OutOfRange { key, must }, place.clone())
}

pub(super) fn wrong_type(key: String, expected: &str, node: &Node) -> Fault {
    Fault::WrongType {
        key,
        expected: expected.to_owned(),
        found: in_words(node),
    }
}

/// Whether an experiment has this key, or a table of this name.
fn known(key: &str) -> bool {
    let table = format!("{key}.");
    known_keys()
        .iter()
        .any(|known| known == key || known.starts_with(&table))
}

/// The key that was meant where its section was left out.
fn same_ending<'a>(key: &str, mut known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let ending = format!(".{key}");
    known.find(|known| known.ends_with(&ending))
}

/// A value such that two that are the same have the same text, however they are written.
fn plain(node: &Node) -> String {
    match &node.item {
        Item::Float(number) if number.fract() == 0.0 && number.abs() < EXACT => {
            (*number as i64).to_string()
        }
        _ => toml_of(node),
    }
}

/// A value as tables show it: text as it is, everything else as TOML writes it.
fn text(node: &Node) -> String {
    match node.as_str() {
        Some(text) => text.to_owned(),
        None => toml_of(node),
    }
}

/// A value as TOML writes it on one line.
pub(super) fn toml_of(node: &Node) -> String {
    match &node.item {
        Item::Boolean(value) => value.to_string(),
        Item::Integer(value) => value.to_string(),
        // Rust writes large and small numbers short, and TOML reads them.
        Item::Float(value) if value.is_finite() => format!("{value:?}"),
        Item::Float(value) => toml::Value::Float(*value).to_string(),
        Item::String(text) => toml::Value::String(text.clone()).to_string(),
        Item::Datetime => node.value.text().to_owned(),
        Item::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(toml_of).collect();
            format!("[{}]", elements.join(", "))
        }
        Item::Table(table) => {
            let pairs = table
                .iter()
                .map(|(key, node)| format!("{key} = {}", toml_of(node)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Everything wrong at several points as one list, each problem once. One that does not occur everywhere is told with the
/// point at which it does.
pub(super) fn together(found: Vec<(Variant, Vec<Problem>)>) -> Vec<Problem> {
    let points = found.len();
    let mut all: Vec<(Problem, Vec<Variant>)> = Vec::new();
    for (variant, problems) in found {
        for problem in problems {
            match all.iter_mut().find(|(known, _)| known.is_same(&problem)) {
                Some((_, at)) => at.push(variant.clone()),
                None => all.push((problem, vec![variant.clone()])),
            }
        }
    }
    all.into_iter()
        .map(|(problem, at)| {
            if at.len() == points {
                return problem;
            }
            let others = match at.len() - 1 {
                0 => String::new(),
                1 => ", and at one other".to_owned(),
                others => format!(", and at {others} others"),
            };
            problem.note(format!(
                "at the point {}{others}",
                quoted([at[0].to_string()])
            ))
        })
        .collect()
}
