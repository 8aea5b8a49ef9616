//! Whether the values of an experiment mean something, alone and together.

use std::collections::HashSet;

use colorize_base::readable_size;

use super::Experiment;
use super::Precision;
use super::cost::{ADDRESSABLE, Cost};
use super::explain::{closest, dotted, parts, written_key};
use super::problem::{Fault, Problem};
use super::section::{ExtractorKind, Head, Loss, SlurmSection};
use super::tree::Node;

/// Everything wrong with the values of `experiment`, which was read from `tree`.
///
/// Sections in `skip` are skipped: what is known to be wrong there was replaced, and cannot be judged.
pub(super) fn judge(experiment: &Experiment, tree: &Node, skip: &[&str]) -> Vec<Problem> {
    let mut violations: Vec<(String, String)> = seeds(&experiment.seeds);
    for (section, found) in [
        ("dataset", experiment.dataset.violations()),
        (
            "image",
            experiment.image.violations(experiment.network.multiple()),
        ),
        ("color", experiment.color.violations()),
        ("network", experiment.network.violations()),
        ("fusion", experiment.fusion.violations()),
        ("augment", experiment.augment.violations()),
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
        problems.extend(too_small(experiment, tree));
    }
    if !skip.contains(&"fusion") && !skip.contains(&"network") {
        problems.extend(fusion(experiment, tree));
    }
    if !skip.contains(&"train") && !skip.contains(&"network") {
        problems.extend(precision(experiment, tree));
    }
    if !["image", "network", "train"]
        .iter()
        .any(|section| skip.contains(section))
        && problems.is_empty()
    {
        problems.extend(cost(experiment, tree));
    }
    if !skip.contains(&"train") && !skip.contains(&"color") {
        problems.extend(loss(experiment, tree));
    }
    if !skip.contains(&"train") && !skip.contains(&"color") && !skip.contains(&"image") {
        problems.extend(perceptual(experiment, tree));
    }
    if !skip.contains(&"train") && !skip.contains(&"evaluate") {
        problems.extend(unmeasured(experiment, tree));
    }
    problems.extend(name(experiment, tree));
    problems
}

/// What no machine can train. The key to blame is the one that is furthest above what the original has there.
fn cost(experiment: &Experiment, tree: &Node) -> Option<Problem> {
    let cost = Cost::of(experiment);
    let (key, needs) = if cost.step_bytes > ADDRESSABLE {
        let times = |value: usize, usual: usize| value as f64 / usual as f64;
        let network = &experiment.network;
        let (key, _) = [
            ("train.batch_size", times(experiment.train.batch_size, 16)),
            ("train.accumulate", times(experiment.train.accumulate, 1)),
            ("image.size", times(experiment.image.size, 256).powi(2)),
            ("network.scale", times(network.first_channels(), 16).powi(2)),
        ]
        .into_iter()
        .max_by(|one, other| one.1.total_cmp(&other.1))?;
        let bytes = readable_size(cost.step_bytes);
        (
            key,
            format!("a training step needs at least {bytes} of memory"),
        )
    } else if cost.log_bytes > ADDRESSABLE {
        let bytes = readable_size(cost.log_bytes);
        (
            "train.steps",
            format!("the log of the training needs at least {bytes}"),
        )
    } else {
        return None;
    };
    let must = "is too large for any machine".to_owned();
    Some(out_of_range(experiment, tree, &parts(key), must).note(needs))
}

/// Classes have a loss of their own.
fn loss(experiment: &Experiment, tree: &Node) -> Option<Problem> {
    if experiment.color.head != Head::Classes || experiment.train.loss == Loss::Mse {
        return None;
    }
    let must = "must not be set where `color.head` is `classes`".to_string();
    let written = written_key(tree, &parts("color.head"));
    Some(
        out_of_range(experiment, tree, &parts("train.loss"), must).note(format!(
            "`{written}` is `classes`, whose loss is the cross-entropy"
        )),
    )
}

/// Maps of a picture need one, and one that is large enough.
fn perceptual(experiment: &Experiment, tree: &Node) -> Option<Problem> {
    let perceptual = &experiment.train.perceptual;
    if !perceptual.is_on() {
        return None;
    }
    if experiment.color.head == Head::Classes {
        let must = "must be 0 where `color.head` is `classes`".to_string();
        let written = written_key(tree, &parts("color.head"));
        return Some(
            out_of_range(experiment, tree, &parts("train.perceptual.weight"), must).note(format!(
                "`{written}` is `classes`, and whoever chooses among them makes no picture to train on"
            )),
        );
    }
    let (size, smallest) = (experiment.image.size, perceptual.layer.smallest_side());
    if size == 0 || size >= smallest {
        return None;
    }
    let must = format!("must be a layer that has a map of pictures of {size} pixels");
    Some(
        out_of_range(experiment, tree, &parts("train.perceptual.layer"), must)
            .note(format!("this one needs at least {smallest} pixels")),
    )
}

/// A metric that decides something has to be measured.
fn unmeasured(experiment: &Experiment, tree: &Node) -> Vec<Problem> {
    let train = &experiment.train;
    let deciding = [
        ("train.retain.best", train.retain.best_metric()),
        ("train.stop_early.metric", train.stop_early.watched()),
    ];
    let missing = deciding.into_iter().filter_map(|(key, metric)| {
        let metric = metric.filter(|&metric| !experiment.evaluate.measures(metric))?;
        let must = "must be a metric that is measured".to_string();
        let name = metric.name();
        Some(
            out_of_range(experiment, tree, &parts(key), must).help(format!(
                "`{name}` is measured on request: `evaluate.metrics = [\"{name}\"]`"
            )),
        )
    });
    missing.collect()
}

/// A network that sees the whole picture by itself takes no vectors of a classifier.
fn fusion(experiment: &Experiment, tree: &Node) -> Option<Problem> {
    let Experiment {
        network, fusion, ..
    } = experiment;
    if network.fuses() || fusion.extractor == ExtractorKind::None {
        return None;
    }
    let kind = network.kind();
    let must = format!("must be `none` where `network.kind` is `{kind}`");
    let written = written_key(tree, &parts("network.kind"));
    Some(
        out_of_range(experiment, tree, &parts("fusion.extractor"), must).note(format!(
            "`{written}` is `{kind}`, which fuses features of its own with its map"
        )),
    )
}

/// bfloat16 is written for layers with a norm, as one operation with it.
fn precision(experiment: &Experiment, tree: &Node) -> Option<Problem> {
    if experiment.train.precision == Precision::F32 {
        return None;
    }
    let (key, value) = experiment.network.needs_f32()?;
    let written = written_key(tree, &["network".to_string(), key.to_string()]);
    let must = format!("must be `f32` where `network.{key}` is `{value}`");
    Some(
        out_of_range(experiment, tree, &parts("train.precision"), must).note(format!(
            "`{written}` is `{value}`, whose layers are only computed in 32-bit floats"
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

/// An experiment with more seeds than this was not meant.
const MOST_SEEDS: usize = 10_000;

fn seeds(seeds: &[u64]) -> Vec<(String, String)> {
    if seeds.len() > MOST_SEEDS {
        let must = format!(
            "must contain at most {MOST_SEEDS} seeds, not {}",
            seeds.len()
        );
        return vec![("seeds".to_string(), must)];
    }
    if seeds.is_empty() {
        let must = "must contain at least one seed, such as `[0]`".to_string();
        return vec![("seeds".to_string(), must)];
    }
    let mut violations = Vec::new();
    let mut seen = HashSet::new();
    for (index, seed) in seeds.iter().enumerate() {
        let key = format!("seeds[{index}]");
        if !seen.insert(seed) {
            let must = format!("must differ from the others: {seed} appears twice");
            violations.push((key, must));
        } else if i64::try_from(*seed).is_err() {
            // A seed is written to TOML, whose whole numbers end there.
            violations.push((key, format!("must be at most {}", i64::MAX)));
        }
    }
    violations
}

/// The picture's side must suit the network.
fn too_small(experiment: &Experiment, tree: &Node) -> Option<Problem> {
    let size = experiment.image.size;
    if size == 0 {
        return None;
    }
    let wrong = experiment.network.too_small(size)?;
    let key = format!("network.{}", wrong.key);
    let mut problem = out_of_range(experiment, tree, &parts("image.size"), wrong.must)
        .note(wrong.why.replace("{key}", &written_key(tree, &parts(&key))))
        .help(wrong.help);
    let written = |key: &str| tree.get(&parts(key));
    problem.from_quick |= written(&key).is_some_and(|node| node.layer.is_quick());
    // A file that trains at full size may have outgrown the `[quick]` it inherits.
    for key in ["image.size", &key] {
        if written(key).is_some_and(Node::outranks_quick) {
            problem.from_quick = false;
            problem = problem.help(format!(
                "`{key}` in a file takes precedence over the `[quick]` that it inherits: set it under `[quick]` too"
            ));
        }
    }
    Some(problem)
}

/// Folders and files of the cache have names of at most 255 bytes, with something before and after this one.
const MOST_NAME: usize = 200;

/// The name is that of a folder under `runs/`.
fn name(experiment: &Experiment, tree: &Node) -> Option<Problem> {
    let name = &experiment.name;
    let is_short = name.len() <= MOST_NAME;
    let legal = name
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
    let legal = legal && name.starts_with(|first: char| first.is_ascii_alphanumeric());
    if legal && is_short {
        return None;
    }
    let must = if legal {
        format!("must have at most {MOST_NAME} letters, not {}", name.len())
    } else {
        "must consist of letters, digits, `-`, `_` and `.`, and start with a letter or digit"
            .to_string()
    };
    let fault = Fault::OutOfRange {
        key: "name".to_string(),
        must,
    };
    let written = tree.get(&["name"]);
    let place = written.map_or(&tree.value, |node| &node.value);
    let note = if written.is_some() {
        String::new()
    } else {
        format!("without `name`, an experiment is named after its file: `{name}`")
    };
    Some(
        Problem::new(fault, place.clone())
            .note(note)
            .help("the folder of the runs gets this name"),
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
        problem = problem.note(format!("`{}` is {value} by default", dotted(path)));
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
