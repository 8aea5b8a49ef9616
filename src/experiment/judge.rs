//! Whether the values of an experiment mean something, alone and together.

use super::Experiment;
use super::explain::{closest, dotted, parts, written_key};
use super::problem::{Fault, Problem};
use super::tree::Node;
use crate::backend::Precision;
use crate::launcher::SlurmSection;
use crate::network::NormKind;

/// Everything wrong with the values of `experiment`, which was read from `tree`.
///
/// Sections in `skip` are left alone: what is known to be wrong there was replaced, and cannot be judged.
pub(super) fn judge(experiment: &Experiment, tree: &Node, skip: &[&str]) -> Vec<Problem> {
    let mut violations: Vec<(String, String)> = seeds(&experiment.seeds);
    for (section, found) in [
        ("dataset", experiment.dataset.violations()),
        ("image", experiment.image.violations()),
        ("color", experiment.color.violations()),
        ("network", experiment.network.violations()),
        ("fusion", experiment.fusion.violations()),
        ("train", experiment.train.violations()),
        ("evaluate", experiment.evaluate.violations()),
    ] {
        violations.extend(
            found
                .into_iter()
                .map(|(key, must)| (format!("{section}.{key}"), must)),
        );
    }
    let mut problems: Vec<Problem> = violations
        .into_iter()
        .map(|(key, must)| (parts(&key), must))
        .filter(|(path, _)| !skip.contains(&path[0].as_str()))
        .map(|(path, must)| out_of_range(experiment, tree, &path, must))
        .collect();
    if !skip.contains(&"image") && !skip.contains(&"network") {
        problems.extend(padding(experiment, tree));
    }
    if !skip.contains(&"train") && !skip.contains(&"network") {
        problems.extend(precision(experiment, tree));
    }
    problems.extend(name(experiment, tree));
    problems
}

/// bfloat16 is written for layers with batch norm, as one operation with it.
fn precision(experiment: &Experiment, tree: &Node) -> Option<Problem> {
    if experiment.train.precision == Precision::F32 || experiment.network.norm == NormKind::Batch {
        return None;
    }
    let must = "must be `f32` where the norm is not `batch`".to_string();
    let written = written_key(tree, &parts("network.norm"));
    Some(
        out_of_range(experiment, tree, &parts("train.precision"), must).note(format!(
            "`{written}` is `instance`, whose layers are computed in 32-bit floats only"
        )),
    )
}

/// Everything wrong with the values of `[slurm]`, which is no part of the experiment.
pub(super) fn judge_slurm(
    section: &SlurmSection,
    experiment: &Experiment,
    tree: &Node,
    skip: &[&str],
) -> Vec<Problem> {
    if skip.contains(&"slurm") {
        return Vec::new();
    }
    section
        .violations()
        .into_iter()
        .map(|(key, must)| out_of_range(experiment, tree, &parts(&format!("slurm.{key}")), must))
        .collect()
}

fn seeds(seeds: &[u64]) -> Vec<(String, String)> {
    if seeds.is_empty() {
        let must = "must hold at least one seed, such as `[0]`".to_string();
        return vec![("seeds".to_string(), must)];
    }
    let mut violations = Vec::new();
    for (index, seed) in seeds.iter().enumerate() {
        let key = format!("seeds[{index}]");
        if seeds[..index].contains(seed) {
            let must = format!("must differ from the others: {seed} is there twice");
            violations.push((key, must));
        } else if i64::try_from(*seed).is_err() {
            // A seed is written to TOML, whose whole numbers end there.
            violations.push((key, format!("must be at most {}", i64::MAX)));
        }
    }
    violations
}

/// Reflection needs as many pixels as it adds, and one to reflect at.
fn padding(experiment: &Experiment, tree: &Node) -> Option<Problem> {
    let padding = experiment.network.reflection_padding();
    let size = experiment.image.size;
    if size == 0 || size > padding {
        return None;
    }
    let blocks = experiment.network.residual_blocks;
    let path = parts("image.size");
    let must = format!(
        "must be larger than the network's reflection padding, which is {padding} pixels on every side"
    );
    let smallest = padding.saturating_add(4);
    let fewer = (size - 1) / 8;
    let mut problem = out_of_range(experiment, tree, &path, must)
        .note(format!(
            "the padding is 8 pixels a residual block, and `{}` is {blocks}",
            written_key(tree, &parts("network.residual_blocks"))
        ))
        .help(format!(
            "for {blocks} blocks the smallest size is {smallest}; for size {size} the most blocks are {fewer}"
        ));
    let written = |key: &str| tree.get(&parts(key));
    problem.from_quick |=
        written("network.residual_blocks").is_some_and(|node| node.layer.is_quick());
    // A file that trains at full size may have outgrown the `[quick]` it inherits.
    for key in ["image.size", "network.residual_blocks"] {
        if written(key).is_some_and(Node::outranks_quick) {
            problem.from_quick = false;
            problem = problem.help(format!(
                "`{key}` of a file goes before the `[quick]` that it inherits: write it under `[quick]` too"
            ));
        }
    }
    Some(problem)
}

/// The name is that of a folder under `runs/`.
fn name(experiment: &Experiment, tree: &Node) -> Option<Problem> {
    let name = &experiment.name;
    let legal = name
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
    if legal && name.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return None;
    }
    let fault = Fault::OutOfRange {
        key: "name".to_string(),
        must: "must be made of letters, digits, `-`, `_` and `.`, and begin with a letter or digit"
            .to_string(),
    };
    let written = tree.get(&["name"]);
    let place = written.map_or(&tree.value, |node| &node.value);
    let note = if written.is_some() {
        String::new()
    } else {
        format!("where no `name` is written it is the file's: `{name}`")
    };
    Some(
        Problem::new(fault, place.clone())
            .note(note)
            .help("it becomes the name of a folder of runs"),
    )
}

fn out_of_range(experiment: &Experiment, tree: &Node, path: &[String], must: String) -> Problem {
    let node = closest(tree, path);
    let fault = Fault::OutOfRange {
        key: written_key(tree, path),
        must,
    };
    let mut problem = Problem::new(fault, node.value.clone());
    problem.from_quick = node.layer.is_quick();
    if tree.get(path).is_none()
        && let Some(value) = value_of(experiment, path)
    {
        problem = problem.note(format!(
            "`{}` is {value} where it is not written",
            dotted(path)
        ));
    }
    problem
}

/// The value at `path` of the resolved experiment, as TOML.
fn value_of(experiment: &Experiment, path: &[String]) -> Option<String> {
    let table = toml::Table::try_from(experiment).ok()?;
    let (first, rest) = path.split_first()?;
    rest.iter()
        .try_fold(table.get(first)?, |value, key| value.get(key))
        .map(ToString::to_string)
}
