//! From files and command line to a complete experiment.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::manifest::{UnknownManifest, resolve_manifest};
use super::start::find_start;

use super::categories;
use super::claim;
use super::explain::{RENAMED, closest, dotted, parts};
use super::file::{ExperimentFile, parse, read_family, same_file};
use super::halving;
use super::judge::{judge, judge_slurm};
use super::layers::Layers;
use super::matrix::{self, Point};
use super::neighbours::Neighbours;
use super::overrides::Assignment;
use super::problem::{ExperimentError, Fault, Problem};
use super::search;
use super::tree::{Item, Node};
use super::weights::{find_extractor_weights, find_perceptual_weights};
use super::written::{Written, read_all};
use super::{Experiment, Origins, Overrides, Resolved, Variant};
use colorize_base::nearest::quoted;

/// After so many points of a matrix at which something is wrong, the others are not looked at.
const MOST_FAULTY: usize = 200;

/// Reads the experiment at `path`, the files that it extends, and what the command line changes: one experiment for each
/// point of its `[matrix]` or `[sweep]`, in order, and so one for a file without either.
///
/// From the weakest to the strongest: the root's keys, its `[quick]` if asked for, those of its child and so on down to the
/// file, the point of the matrix or sweep, `--set` in order, `--dataset` and `--seed`. Tables merge by key, arrays replace. `name` and
/// `title` say what one file is, `claims` what it shows, `matrix` and `sweep` which trials it has: they are not inherited.
///
/// # Errors
///
/// All that is wrong with the files and the overrides, as far as it can be told at once; `[quick]` is judged even
/// when it is not asked for. The dataset's manifests and the weights' file have to exist, but are not opened.
pub fn resolve(path: &Path, overrides: &Overrides) -> Result<Vec<Resolved>, ExperimentError> {
    let family = read_family(path).map_err(|problem| ExperimentError::from(*problem))?;
    let assignments = overrides.assignments().map_err(ExperimentError::new)?;
    let relatives = relatives(&family);
    let neighbours = Neighbours::of(&family);
    let (layers, mut problems) = Layers::of(family, &assignments);
    let file = Judged {
        path,
        stem: path.file_stem().unwrap_or_default().to_string_lossy(),
        neighbours,
        notes: notes(overrides.quick, layers.has_quick, &assignments),
    };
    let mut tree = if overrides.quick {
        layers.quick.clone()
    } else {
        layers.whole
    };
    for assignment in assignments
        .iter()
        .filter(|assignment| !assignment.is_quick())
    {
        assign(&mut tree, assignment);
    }
    let (points, wrong) = search::points(&tree, &assignments);
    problems.extend(wrong);
    let mut resolved = Vec::new();
    let mut found = Vec::new();
    let mut faulty = 0;
    for point in points {
        if faulty == MOST_FAULTY {
            break;
        }
        let variant = point.variant.clone();
        found.push((
            variant,
            match file.judge(point) {
                Ok(point) => {
                    resolved.push(point);
                    Vec::new()
                }
                Err(problems) => {
                    faulty += 1;
                    problems
                }
            },
        ));
    }
    problems.extend(matrix::together(found));
    problems.extend(twins(&resolved));
    if !overrides.quick {
        problems.extend(quick_problems(&layers.quick, &file.stem));
    }
    if problems.is_empty() {
        return Ok(resolved);
    }
    Err(ExperimentError::new(
        problems
            .into_iter()
            .map(|problem| match problem.fault() {
                // A claim's keys cannot be a parent's.
                Fault::MissingKey(key) if key.starts_with("claims[") => problem,
                Fault::MissingKey(_) | Fault::MissingSection(_) => problem.note(relatives.clone()),
                _ => problem,
            })
            .collect(),
    ))
}

/// The file that is judged, and what is the same at all of its points.
struct Judged<'a> {
    path: &'a Path,
    /// Its name without the ending.
    stem: Cow<'a, str>,
    neighbours: Neighbours,
    /// What is to be noted of all of them.
    notes: Vec<String>,
}

impl Judged<'_> {
    /// The experiment at one point, or all that is wrong with it.
    fn judge(&self, point: Point) -> Result<Resolved, Vec<Problem>> {
        let Point { variant, mut tree } = point;
        let mut notes = self.notes.clone();
        let doubles = categories::unify(&mut tree);
        notes.extend(doubles.iter().map(|(key, name)| named_twice(key, name)));
        let (written, found) = read_all::<Written>(&tree);
        for path in &found.left_behind {
            tree.put(path, None);
        }
        let mut problems = found.problems.clone();
        let slurm = written
            .as_ref()
            .map(|written| written.slurm.clone())
            .unwrap_or_default();
        let complete = written.map(|written| written.complete(&self.stem));
        let mut claims = Vec::new();
        let mut halving = None;
        let mut weights = None;
        let mut perceptual_weights = None;
        if let Some((experiment, written)) = &complete {
            let skip = found.sections();
            problems.extend(judge(experiment, &tree, &skip));
            problems.extend(judge_slurm(&slurm, experiment, &tree, &skip));
            if !skip.contains(&"claims") {
                match claim::decide(written, &experiment.name, &tree, &self.neighbours) {
                    Ok(decided) => claims = decided,
                    Err(wrong) => problems.extend(wrong),
                }
            }
            if !skip.contains(&"train") {
                match halving::decide(&tree, experiment) {
                    Ok(decided) => halving = decided,
                    Err(wrong) => problems.extend(wrong),
                }
            }
            if !skip.contains(&"fusion") {
                match find_extractor_weights(experiment, &tree) {
                    Ok(found) => weights = found,
                    Err(problem) => problems.push(*problem),
                }
            }
            if !skip.contains(&"train") {
                match find_perceptual_weights(experiment, &tree) {
                    Ok(found) => perceptual_weights = found,
                    Err(problem) => problems.push(*problem),
                }
            }
        }
        let manifests = find_manifests(self.path, &tree).map_err(|found| problems.extend(found));
        match (complete, manifests) {
            (Some((experiment, _)), Ok(manifests)) if problems.is_empty() => Ok(Resolved {
                from: find_start(&experiment, &tree),
                experiment,
                origins: Origins(tree),
                path: self.path.to_path_buf(),
                manifests,
                weights,
                perceptual_weights,
                claims,
                variant,
                halving,
                slurm,
                notes,
            }),
            _ => Err(problems),
        }
    }
}

/// What the request says in vain.
fn notes(is_quick: bool, has_quick: bool, assignments: &[Assignment]) -> Vec<String> {
    if is_quick {
        let nothing = "`--quick` has no effect: neither the file nor its parents have a `[quick]`";
        return Some(nothing.to_owned())
            .filter(|_| !has_quick)
            .into_iter()
            .collect();
    }
    let in_vain = assignments
        .iter()
        .filter(|assignment| assignment.is_quick());
    in_vain
        .map(|assignment| {
            let argument = &assignment.node.value.source.text;
            format!("`{argument}` has no effect without `--quick`")
        })
        .collect()
}

fn named_twice(key: &str, double: &Node) -> String {
    let name = double.as_str().unwrap_or_default();
    let place = &double.value;
    let at = match place.source.path() {
        Some(path) => format!("{}:{}", path.display(), place.line()),
        None => place.source.label(),
    };
    format!("`{key}` names `{name}` twice; it is counted once ({at})")
}

/// Points that turn out to be one experiment.
fn twins(resolved: &[Resolved]) -> Vec<Problem> {
    let mut known: HashMap<String, &Variant> = HashMap::new();
    let mut problems = Vec::new();
    for point in resolved {
        let Some(twin) = known.insert(point.experiment.to_toml(), &point.variant) else {
            continue;
        };
        let is_drawn = point.origins.0.get(&["sweep"]).is_some();
        let table = if is_drawn { "sweep" } else { "matrix" };
        let message = format!(
            "two points of `[{table}]` are the same experiment: {}",
            quoted([twin, &point.variant].map(ToString::to_string))
        );
        let place = closest(&point.origins.0, &[table.to_owned()]).key.clone();
        problems.push(
            Problem::new(Fault::Other(message), place)
                .help("keep only one of the values that mean the same"),
        );
    }
    problems
}

/// Reads an experiment that [`Experiment::to_toml`] wrote to the file `path`.
pub(super) fn read_resolved(
    text: &str,
    path: &Path,
    overrides: &Overrides,
) -> Result<Experiment, ExperimentError> {
    let assignments = overrides.assignments().map_err(ExperimentError::new)?;
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
    for assignment in &assignments {
        assign(&mut file.root, assignment);
    }
    categories::unify(&mut file.root);
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

/// Where else a missing key could have been; empty for a file without parents.
fn relatives(family: &[ExperimentFile]) -> String {
    let names = family.iter().filter_map(|file| {
        let name = file.source.path()?.file_name()?;
        Some(name.to_string_lossy().into_owned())
    });
    match family.len() {
        0 | 1 => String::new(),
        _ => format!("none of these files has it: {}", quoted(names)),
    }
}

fn assign(tree: &mut Node, assignment: &Assignment) {
    tree.put(&assignment.path, Some(assignment.node.clone()));
}

/// What is wrong with the values of `[quick]` themselves, where they are not asked for.
fn quick_problems(quickened: &Node, stem: &str) -> Vec<Problem> {
    let (points, wrong) = search::points(quickened, &[]);
    let found = points.into_iter().map(|Point { variant, tree }| {
        let (written, found) = read_all::<Written>(&tree);
        let sections = found.sections();
        let judged = written.map_or_else(Vec::new, |written| {
            judge(&written.complete(stem).0, &tree, &sections)
        });
        let all = found.problems.iter().cloned().chain(judged);
        (variant, all.filter(|problem| problem.from_quick).collect())
    });
    let mut problems = matrix::together(found.collect());
    problems.extend(wrong);
    problems
}

/// The manifests that `dataset.use` means, each of them once. Empty for a key that is missing, empty or of another type: that
/// is reported as such.
fn find_manifests(path: &Path, tree: &Node) -> Result<Vec<PathBuf>, Vec<Problem>> {
    let written = match tree.get(&parts("dataset.use")) {
        None => return Ok(Vec::new()),
        Some(node) => match &node.item {
            Item::Array(elements) => elements.as_slice(),
            _ => std::slice::from_ref(node),
        },
    };
    let mut manifests: Vec<PathBuf> = Vec::new();
    let mut problems = Vec::new();
    for node in written {
        let name = node.as_str().unwrap_or_default();
        if name.trim().is_empty() {
            continue;
        }
        match find_manifest(path, node, name) {
            Ok(found) if manifests.iter().any(|known| same_file(known, &found)) => {
                let fault = Fault::Other(format!("`dataset.use` names `{name}` twice"));
                let help = "remove one of them: every photograph counts once";
                problems.push(Problem::new(fault, node.value.clone()).help(help));
            }
            Ok(found) => manifests.push(found),
            Err(problem) => problems.push(*problem),
        }
    }
    if problems.is_empty() {
        Ok(manifests)
    } else {
        Err(problems)
    }
}

/// The manifest of this `name`, which `node` writes. A path is relative to the file that writes it, or to the current folder
/// where the command line does; a name is looked up from the experiment's folder.
fn find_manifest(path: &Path, node: &Node, name: &str) -> Result<PathBuf, Box<Problem>> {
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
            UnknownManifest::Name { name, hint } => (format!("dataset not found: `{name}`"), hint),
            error @ UnknownManifest::CurrentFolder(_) => (error.to_string(), String::new()),
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
        let note = format!(
            "`{}` is not set, so it has its default value",
            dotted(&path)
        );
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
            "the name `{name}` is already used by `{}`: their runs would share a folder",
            twin.path.display()
        );
        problems.push(
            Problem::new(Fault::Other(message), place.clone())
                .help("give each experiment its own `name`; it defaults to the name of the file"),
        );
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ExperimentError::new(problems))
    }
}
