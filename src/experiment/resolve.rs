//! From files and command line to a complete experiment.

use std::path::{Path, PathBuf};

use crate::dataset::{DatasetError, resolve_manifest};

use super::claim;
use super::explain::{RENAMED, closest, did_you_mean, dotted, example, parts};
use super::file::{ExperimentFile, parse, read_family};
use super::judge::judge;
use super::nearest::{list, nearest};
use super::neighbours::Neighbours;
use super::overrides::Assignment;
use super::problem::{ExperimentError, Fault, Problem};
use super::tree::{Item, Node, Table};
use super::weights::find_weights;
use super::written::{Written, read_all};
use super::{Experiment, Origins, Overrides, Resolved, Variant};

/// What may be overridden in `[quick]`.
const QUICK_KEYS: [&str; 8] = [
    "seeds", "dataset", "image", "color", "network", "fusion", "train", "evaluate",
];

/// Reads the experiment at `path`, the files that it extends, and what the command line changes.
///
/// What goes before what: parents, the file, `[quick]` if asked for, `--set` in order, `--dataset` and `--seed`. Tables
/// merge by key, arrays replace. `name` and `title` say what one file is and `claims` what it shows: they are not inherited.
///
/// # Errors
///
/// All that is wrong with the files and the overrides, as far as it can be told at once; `[quick]` is judged even
/// when it is not asked for. The dataset's manifest and the weights' file have to exist, but are not opened.
pub fn resolve(path: &Path, overrides: &Overrides) -> Result<Resolved, ExperimentError> {
    let family = read_family(path).map_err(|problem| ExperimentError::from(*problem))?;
    let assignments = overrides.assignments().map_err(ExperimentError::new)?;
    let relatives = relatives(&family);
    let neighbours = Neighbours::of(&family);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();

    let mut base = merged(family);
    for assignment in &assignments {
        if assignment.path[0] == "quick" {
            assign(&mut base, assignment);
        }
    }
    let mut problems = Vec::new();
    let mut quickened = base.clone();
    if let Some(quick) = quick_of(&base, &mut problems) {
        quickened.merge(quick);
    }

    let mut tree = if overrides.quick { &quickened } else { &base }.clone();
    for assignment in &assignments {
        assign(&mut tree, assignment);
    }
    let (written, found) = read_all::<Written>(&tree);
    problems.extend_from_slice(&found.problems);
    let complete = written.map(|written| written.complete(&stem));
    let mut claims = Vec::new();
    let mut weights = None;
    if let Some((experiment, written)) = &complete {
        let skip = found.sections();
        problems.extend(judge(experiment, &tree, &skip));
        if !skip.contains(&"claims") {
            match claim::decide(written, &experiment.name, &tree, &neighbours) {
                Ok(decided) => claims = decided,
                Err(wrong) => problems.extend(wrong),
            }
        }
        if !skip.contains(&"fusion") {
            match find_weights(experiment, &tree) {
                Ok(found) => weights = found,
                Err(problem) => problems.push(*problem),
            }
        }
    }
    if !overrides.quick {
        problems.extend(quick_problems(&quickened, &stem));
    }
    let manifest = find_manifest(path, &tree).map_err(|problem| problems.push(*problem));

    match (complete, manifest) {
        (Some((experiment, _)), Ok(manifest)) if problems.is_empty() => Ok(Resolved {
            experiment,
            origins: Origins(tree),
            path: path.to_path_buf(),
            manifest,
            weights,
            claims,
            variant: Variant::default(),
        }),
        _ => Err(ExperimentError::new(
            problems
                .into_iter()
                .map(|problem| match problem.fault() {
                    // A claim's keys cannot be a parent's.
                    Fault::MissingKey(key) if key.starts_with("claims[") => problem,
                    Fault::MissingKey(_) | Fault::MissingSection(_) => {
                        problem.note(relatives.clone())
                    }
                    _ => problem,
                })
                .collect(),
        )),
    }
}

/// Reads an experiment that [`Experiment::to_toml`] wrote to the file `path`.
pub(super) fn read_resolved(text: &str, path: &Path) -> Result<Experiment, ExperimentError> {
    let mut file =
        parse(path, text.as_bytes().to_vec()).map_err(|problem| ExperimentError::from(*problem))?;
    // What an older program trained stays readable; whoever writes a file is told the new name instead.
    for (old, new) in RENAMED {
        let (old, new) = (parts(old), parts(new));
        if let Some(node) = file.root.get(&old).cloned() {
            file.root.put(&old, None);
            file.root.put(&new, Some(node));
        }
    }
    let (experiment, found) = read_all::<Experiment>(&file.root);
    let mut problems = found.problems.clone();
    if let Some(experiment) = &experiment {
        problems.extend(judge(experiment, &file.root, &found.sections()));
    }
    match experiment {
        Some(experiment) if problems.is_empty() => Ok(experiment),
        _ => Err(ExperimentError::new(problems)),
    }
}

/// The file laid over its parents.
fn merged(family: Vec<ExperimentFile>) -> Node {
    let files = family.into_iter().enumerate().rev();
    files
        .map(|(generation, file)| {
            let mut root = file.root;
            root.put(&["extends"], None);
            if generation > 0 {
                root.put(&["name"], None);
                root.put(&["title"], None);
                root.put(&["claims"], None);
            }
            root
        })
        .reduce(|mut root, child| {
            root.merge(child);
            root
        })
        .unwrap_or_else(example)
}

/// Where else a missing key could have been; empty for a file without parents.
fn relatives(family: &[ExperimentFile]) -> String {
    let names = family.iter().filter_map(|file| {
        let name = file.source.path()?.file_name()?;
        Some(name.to_string_lossy().into_owned())
    });
    match family.len() {
        0 | 1 => String::new(),
        _ => format!("none of these files has it: {}", list(names)),
    }
}

fn assign(tree: &mut Node, assignment: &Assignment) {
    tree.put(&assignment.path, Some(assignment.node.clone()));
}

/// What stands under `[quick]`, with its unknown keys reported and left out.
fn quick_of(tree: &Node, problems: &mut Vec<Problem>) -> Option<Node> {
    let quick = tree.get(&["quick"])?.clone().into_quick();
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
                .help(did_you_mean(nearest(key, QUICK_KEYS)))
                .help(format!("keys of `[quick]`: {}", list(QUICK_KEYS))),
        );
    }
    Some(Node {
        item: Item::Table(legal),
        ..quick
    })
}

/// What is wrong with the values of `[quick]` themselves, where they are not asked for.
fn quick_problems(quickened: &Node, stem: &str) -> Vec<Problem> {
    let (written, found) = read_all::<Written>(quickened);
    let sections = found.sections();
    let judged = written.map_or_else(Vec::new, |written| {
        judge(&written.complete(stem).0, quickened, &sections)
    });
    let all = found.problems.iter().cloned().chain(judged);
    all.filter(|problem| problem.from_quick).collect()
}

/// The manifest that `dataset.use` means. A path is relative to the file that writes it, or to the current folder
/// where the command line does; a name is looked up from the experiment's folder. Empty for a key that is missing,
/// empty or no string: that is reported as such.
fn find_manifest(path: &Path, tree: &Node) -> Result<PathBuf, Box<Problem>> {
    let key = parts("dataset.use");
    let Some((node, name)) = tree
        .get(&key)
        .and_then(|node| node.as_str().map(|name| (node, name)))
    else {
        return Ok(PathBuf::new());
    };
    if name.trim().is_empty() {
        return Ok(PathBuf::new());
    }
    let is_path = Path::new(name)
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
    let from = match node.value.source.path() {
        Some(file) => file.parent(),
        None if is_path => None,
        None => path.parent(),
    };
    resolve_manifest(name, from).map_err(|error| {
        let (headline, hint) = match error {
            DatasetError::UnknownDataset { name, hint } => {
                (format!("dataset not found: `{name}`"), hint)
            }
            error => (error.to_string(), String::new()),
        };
        Box::new(Problem::new(Fault::Other(headline), node.value.clone()).help(hint))
    })
}

impl Resolved {
    /// An error found later in the value of `key`, such as `dataset.categories[1]`, drawn where that was written: in
    /// a file, or on the command line. `help` may be empty.
    pub fn error_at(
        &self,
        key: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> ExperimentError {
        let path = parts(key);
        let node = closest(&self.origins.0, &path);
        let problem = Problem::new(Fault::Other(message.into()), node.value.clone()).help(help);
        let unwritten = self.origins.0.get(&path).is_none();
        let note = format!("`{}` has its value without being written", dotted(&path));
        problem
            .note(if unwritten { note } else { String::new() })
            .into()
    }
}

/// Checks that no two of `resolved` share a name, and with it a folder of runs.
///
/// # Errors
///
/// Every name that an earlier experiment has.
pub fn check_names(resolved: &[Resolved]) -> Result<(), ExperimentError> {
    let mut problems = Vec::new();
    for (index, this) in resolved.iter().enumerate() {
        let name = &this.experiment.name;
        let twin = resolved[..index]
            .iter()
            .find(|other| other.experiment.name == *name && other.path != this.path);
        let Some(twin) = twin else { continue };
        let written = this.origins.0.get(&["name"]);
        let place = written.map_or(&this.origins.0.value, |node| &node.value);
        let message = format!(
            "the name `{name}` is taken by `{}`: their runs would share a folder",
            twin.path.display()
        );
        problems.push(Problem::new(Fault::Other(message), place.clone()).help(
            "give each experiment a `name` of its own; it is the file's where it is not written",
        ));
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ExperimentError::new(problems))
    }
}
