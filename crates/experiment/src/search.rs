//! `[sweep]`: the points that a search draws, each an experiment of its own.
//!
//! Every key below `[sweep.values]` is an axis, with an array of values or a range of numbers. What a key has at a trial is
//! a pure function of the sweep's seed, the key and the number of the trial. So a file gives the same points for ever, more
//! trials only append to them, and one more key changes nothing about the others.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::explain::dotted;
use super::halving::WrittenHalving;
use super::matrix::{self, Axis, MOST, Point, out_of_range, put};
use super::overrides::Assignment;
use super::problem::{Fault, Problem};
use super::tree::{Item, Layer, Node, Table};
use super::written::read_all_of;

/// A sweep to stand in for one that cannot be read.
pub(super) const SAMPLE: &str = "\
search = \"random\"
trials = 20
values = {}
";

const EXAMPLE: &str = "for example `network.scale = { from = 4, to = 32 }` or `network.norm = [\"batch\", \"instance\"]`";

/// How often a point that was drawn before is drawn again before it counts as all there are.
const DRAWS: u64 = 1000;

/// Digits that count of a number that is drawn: more would make names long, and differ between machines whose logarithms do.
const DIGITS: i32 = 3;

/// A file's `[sweep]`, without its values.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "search")]
    _search: Search,
    trials: usize,
    #[serde(default)]
    seed: u64,
    #[serde(rename = "values")]
    _values: IgnoredAny,
    #[serde(rename = "halve")]
    _halve: Option<WrittenHalving>,
}

/// How points are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Search {
    /// Each on its own, at random.
    Random,
}

#[derive(Debug, Deserialize)]
struct Outer<T> {
    sweep: T,
}

#[derive(Debug, Deserialize)]
struct Ranges {
    values: BTreeMap<String, Range>,
}

/// Numbers from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    from: f64,
    to: f64,
    #[serde(default)]
    scale: Spacing,
}

/// Which numbers of a range are equally likely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Spacing {
    /// Those of equal differences.
    #[default]
    Linear,
    /// Those of equal ratios.
    Log,
}

/// A key and what it is drawn from.
struct Drawn {
    axis: Axis,
    /// Instead of the axis's own values: numbers, whole ones if both ends are.
    range: Option<(Range, bool)>,
    /// Where the range stands.
    node: Node,
}

/// The points of `tree`: those that its `[sweep]` draws, or those of its `[matrix]`; one for a tree that has neither.
/// `assignments` have been put into it already: a key that one of them sets keeps that value alone. With them comes all that
/// is wrong with either table.
pub(super) fn points(tree: &Node, assignments: &[Assignment]) -> (Vec<Point>, Vec<Problem>) {
    let Some(sweep) = tree.get(&["sweep"]) else {
        return matrix::points(tree, assignments);
    };
    match draw(tree, sweep, assignments) {
        Ok(points) => (points, Vec::new()),
        // The file's own values are judged all the same.
        Err(problems) => (vec![Point::plain(tree)], problems),
    }
}

fn draw(tree: &Node, sweep: &Node, assignments: &[Assignment]) -> Result<Vec<Point>, Vec<Problem>> {
    let (written, drawn) = read(tree, sweep)?;
    let key = |drawn: &Drawn| dotted(&drawn.axis.path);
    let is_set = |drawn: &Drawn| {
        let mut set = assignments.iter().map(|assignment| &assignment.path);
        set.any(|path| drawn.axis.path.starts_with(path))
    };
    let mut points: Vec<Point> = Vec::new();
    let mut known = BTreeSet::new();
    for trial in 0..written.trials as u64 {
        let new = (0..DRAWS).find_map(|attempt| {
            let chosen = drawn.iter().map(|drawn| {
                let set = tree.get(&drawn.axis.path).filter(|_| is_set(drawn));
                let value = match set {
                    Some(value) => value.clone(),
                    None => drawn.value(share(written.seed, &key(drawn), trial, attempt)),
                };
                (&drawn.axis.path, value)
            });
            let chosen: Vec<_> = chosen.collect();
            let name: Vec<String> = chosen
                .iter()
                .map(|(_, value)| matrix::toml_of(value))
                .collect();
            known.insert(name).then_some(chosen)
        });
        let Some(chosen) = new else {
            // What the command line sets leaves fewer points than the file asks for.
            if drawn.iter().any(is_set) {
                break;
            }
            let place = sweep.get(&["trials"]).unwrap_or(sweep);
            let must = format!(
                "must be at most {}: there are no more different points",
                points.len()
            );
            let problem = out_of_range("sweep.trials", must, &place.value);
            return Err(vec![problem.help("draw fewer, or widen the ranges")]);
        };
        points.push(put(tree, &chosen, assignments));
    }
    Ok(points)
}

/// The table's keys and its axes, in the order in which they are written.
fn read(tree: &Node, sweep: &Node) -> Result<(Written, Vec<Drawn>), Vec<Problem>> {
    let (written, found) = read_all_of::<Outer<Written>>(&only(tree, sweep.clone()), &[]);
    let mut problems = found.problems;
    let mut drawn = Vec::new();
    let values = sweep.get(&["values"]);
    if let Some(values) = values.filter(|values| values.as_table().is_none()) {
        let fault = matrix::wrong_type("sweep.values".to_owned(), "a table of keys", values);
        problems.push(Problem::new(fault, values.value.clone()).help(EXAMPLE));
    } else if let Some(values) = values {
        collect(values, &mut Vec::new(), &mut drawn);
        problems.extend(read_ranges(tree, &mut drawn));
        drawn.sort_by(|left, right| left.axis.key.order().cmp(&right.axis.key.order()));
        problems.extend(judge(&drawn));
        if drawn.is_empty() && problems.is_empty() {
            let must = "must have at least one key".to_owned();
            problems.push(out_of_range("sweep.values", must, &values.value).help(EXAMPLE));
        }
    }
    if let Some(matrix) = tree.get(&["matrix"]) {
        let fault = Fault::Other("a file has either `[matrix]` or `[sweep]`".to_owned());
        problems.push(Problem::new(fault, matrix.key.clone()).help(
            "a key of the matrix can be an array of `[sweep.values]`; then each trial draws one of its values",
        ));
    }
    let written = written.map(|outer| outer.sweep);
    if let Some(written) = &written
        && !(1..=MOST).contains(&written.trials)
    {
        let place = sweep.get(&["trials"]).unwrap_or(sweep);
        let must = format!("must be from 1 to {MOST}");
        problems.push(out_of_range("sweep.trials", must, &place.value));
    }
    match written {
        Some(written) if problems.is_empty() => Ok((written, drawn)),
        _ => Err(problems),
    }
}

/// `sweep` in a tree of its own.
fn only(tree: &Node, sweep: Node) -> Node {
    let mut only = Node {
        item: Item::Table(Table::new()),
        ..tree.clone()
    };
    only.put(&["sweep"], Some(sweep));
    only
}

/// Walks the tables down to arrays and ranges.
fn collect(node: &Node, path: &mut Vec<String>, drawn: &mut Vec<Drawn>) {
    // No key of an experiment has these names; `scale` is one of the network's.
    let is_range = |table: &Table| table.contains_key("from") || table.contains_key("to");
    match &node.item {
        Item::Table(table) if path.is_empty() || !is_range(table) => {
            for (key, child) in table {
                let above = path.len();
                path.extend(key.split('.').map(|part| part.trim().to_owned()));
                collect(child, path, drawn);
                path.truncate(above);
            }
        }
        Item::Array(values) => drawn.push(Drawn {
            axis: Axis::of(path, node, values, layer(node)),
            range: None,
            node: node.clone(),
        }),
        // A range, or what is none and is reported as such.
        _ => drawn.push(Drawn {
            axis: Axis::of(path, node, &[], layer(node)),
            range: None,
            node: node.clone(),
        }),
    }
}

fn layer(node: &Node) -> Layer {
    if node.layer.is_quick() {
        Layer::QuickSweep
    } else {
        Layer::Sweep
    }
}

/// Reads the ranges among the axes.
fn read_ranges(tree: &Node, drawn: &mut [Drawn]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for drawn in drawn {
        if matches!(drawn.node.item, Item::Array(_)) {
            continue;
        }
        let key = dotted(&drawn.axis.path);
        if drawn.node.as_table().is_none() {
            let fault = matrix::wrong_type(
                format!("sweep.values.{key}"),
                "an array of values or a range",
                &drawn.node,
            );
            let value = drawn.node.value.text();
            problems.push(Problem::new(fault, drawn.node.value.clone()).help(format!(
                "write `{key} = [{value}]`, or a range such as `{key} = {{ from = {value}, to = … }}`"
            )));
            continue;
        }
        let mut sweep = only(tree, drawn.node.clone());
        sweep.put(&["sweep"], None);
        sweep.put(&["sweep", "values", key.as_str()], Some(drawn.node.clone()));
        let (read, found) = read_all_of::<Outer<Ranges>>(&sweep, &[]);
        problems.extend(found.problems.iter().cloned());
        let range = read.and_then(|outer| outer.sweep.values.get(&key).copied());
        if let Some(range) = range.filter(|_| found.problems.is_empty()) {
            let is_whole = |end: &str| {
                let end = drawn.node.get(&[end]);
                end.is_some_and(|end| matches!(end.item, Item::Integer(_)))
            };
            problems.extend(violation(&key, &range, &drawn.node));
            drawn.range = Some((range, is_whole("from") && is_whole("to")));
        }
    }
    problems
}

fn violation(key: &str, range: &Range, node: &Node) -> Option<Problem> {
    let Range { from, to, scale } = *range;
    let (blame, must) = if !from.is_finite() || !to.is_finite() {
        ("to", "must end at finite numbers".to_owned())
    } else if from >= to {
        ("to", "must be above `from`".to_owned())
    } else if scale == Spacing::Log && from <= 0.0 {
        ("from", "must be above 0 where `scale` is `log`".to_owned())
    } else {
        return None;
    };
    let place = node.get(&[blame]).unwrap_or(node);
    Some(out_of_range(
        &format!("sweep.values.{key}.{blame}"),
        must,
        &place.value,
    ))
}

/// What is wrong with the keys.
fn judge(drawn: &[Drawn]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, this) in drawn.iter().enumerate() {
        let axis = &this.axis;
        let inside = |other: &&Drawn| {
            let other = &other.axis.path;
            axis.path.starts_with(other) || other.starts_with(&axis.path)
        };
        let is_range = !matches!(this.node.item, Item::Array(_));
        problems.extend(match drawn[..index].iter().find(inside) {
            Some(other) => Some(matrix::overlap(axis, &other.axis, "sweep.values")),
            None => matrix::judge(axis, "sweep.values", is_range),
        });
    }
    problems
}

impl Drawn {
    /// What stands at a `share` of the values, from 0 to below 1.
    fn value(&self, share: f64) -> Node {
        let Some((range, is_whole)) = self.range else {
            let values = &self.axis.values;
            return values[((share * values.len() as f64) as usize).min(values.len() - 1)].clone();
        };
        let item = if is_whole {
            Item::Integer(range.whole(share))
        } else {
            Item::Float(range.number(share))
        };
        Node {
            item,
            before: None,
            ..self.node.clone().into_layer(layer(&self.node))
        }
    }
}

impl Range {
    /// The number at a `share` of the range, to [`DIGITS`] digits of its own size or, on a linear scale, of the range's.
    fn number(self, share: f64) -> f64 {
        let Self { from, to, scale } = self;
        let (value, size) = match scale {
            Spacing::Linear => (from + share * (to - from), to - from),
            Spacing::Log => {
                let value = (from.ln() + share * (to / from).ln()).exp();
                (value, value)
            }
        };
        let decimals = DIGITS - 1 - size.log10().floor() as i32;
        let text = if decimals >= 0 {
            format!("{value:.*}", decimals as usize)
        } else {
            let unit = 10_f64.powi(-decimals);
            format!("{}", (value / unit).round() * unit)
        };
        text.parse().unwrap_or(value).clamp(from, to)
    }

    /// The whole number at a `share` of a range between whole numbers.
    fn whole(self, share: f64) -> i128 {
        let Self { from, to, scale } = self;
        let value = match scale {
            Spacing::Linear => from + (share * (to - from + 1.0)).floor(),
            Spacing::Log => {
                // Each whole number stands for those that round to it.
                let (low, high) = (from - 0.5, to + 0.5);
                (low.ln() + share * (high / low).ln()).exp().round()
            }
        };
        value.clamp(from, to) as i128
    }
}

/// A number from 0 to below 1, which depends on all of these and on nothing else.
fn share(seed: u64, key: &str, trial: u64, attempt: u64) -> f64 {
    let mut hasher = blake3::Hasher::new();
    for number in [seed, trial, attempt] {
        hasher.update(&number.to_le_bytes());
    }
    hasher.update(key.as_bytes());
    let bytes = hasher.finalize();
    let first: [u8; 8] = std::array::from_fn(|index| bytes.as_bytes()[index]);
    // As many bits as a number of 64 bits holds.
    (u64::from_le_bytes(first) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from: f64, to: f64, scale: Spacing) -> Range {
        Range { from, to, scale }
    }

    #[test]
    fn numbers_are_short_and_stay_within_their_range() {
        let rates = range(1e-4, 1e-2, Spacing::Log);
        assert_eq!(rates.number(0.0), 1e-4);
        assert_eq!(rates.number(0.5), 1e-3);
        assert_eq!(rates.number(0.123_456), 0.000_177);
        let near_one = range(0.9, 0.9999, Spacing::Linear);
        assert_eq!(near_one.number(0.999_99), 0.9999);
        assert_eq!(near_one.number(0.5), 0.9499);
        assert_eq!(
            range(0.0, 5e6, Spacing::Linear).number(1.0 / 3.0),
            1_670_000.0
        );
        assert_eq!(range(-1.0, 1.0, Spacing::Linear).number(0.25), -0.5);
    }

    #[test]
    fn whole_numbers_are_equally_likely_from_end_to_end() {
        let few = range(1.0, 5.0, Spacing::Linear);
        let mut counts = [0; 5];
        for trial in 0..5000 {
            counts[few.whole(share(0, "network.residual_blocks", trial, 0)) as usize - 1] += 1;
        }
        assert!(
            counts.iter().all(|count| (900..1100).contains(count)),
            "{counts:?}"
        );
        let wide = range(1.0, 1000.0, Spacing::Log);
        assert_eq!([wide.whole(0.0), wide.whole(0.999_999)], [1, 1000]);
        // A share of a third each for what a factor of ten spans.
        let small = (0..3000).filter(|&trial| wide.whole(share(1, "key", trial, 0)) <= 10);
        assert!((1100..1400).contains(&small.count()));
    }
}
