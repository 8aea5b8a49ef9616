//! `colorize check`: are these experiment files valid?

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;

use colorize_base::counted;

use super::{DONE, WRONG_REQUEST, output};
use crate::command_error::Result;
use crate::dataset::{Cache, Dataset, DatasetError};
use crate::experiment::{
    Experiment, ExperimentError, Overridden, Overrides, Resolved, check_names, resolve,
};
use crate::runs::memory_limit;
use crate::terminal;
use crate::train::judge_frozen;
use crate::work::experiments::experiment_files;
use crate::work::photographs::select;
use crate::work::prepare::{shortage, utf8_path};

/// Arguments of `colorize check`.
#[derive(Debug, clap::Args)]
pub(super) struct CheckArguments {
    /// Experiment files, their names such as `03-yuv`, or folders to search for them; `[quick]` is checked too
    #[arg(required = true, value_name = "EXPERIMENT")]
    experiments: Vec<PathBuf>,
    /// Show the experiments with `[quick]` applied
    #[arg(long)]
    quick: bool,
    /// Set a value in every file, such as `train.steps=400`, written as in TOML; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Seed to use instead of the experiments'; repeatable
    #[arg(long, value_name = "N")]
    seed: Vec<u64>,
    /// Dataset manifest to use instead of the experiments', such as `datasets/coco.toml`; several make one dataset
    #[arg(long, value_name = "MANIFEST", value_parser = utf8_path())]
    dataset: Vec<PathBuf>,
}

/// Prints a line for each sound file, below it a line for each key that was written more than once, and everything that is
/// wrong with the other files.
///
/// # Errors
///
/// When a folder cannot be searched or the outcome cannot be printed.
pub(super) fn run(arguments: &CheckArguments) -> Result<ExitCode> {
    let overrides = Overrides {
        set: arguments.set.clone(),
        seeds: arguments.seed.clone(),
        datasets: arguments.dataset.clone(),
        quick: arguments.quick,
    };
    let outcome = check(&arguments.experiments, &overrides, check_dataset)?;
    for sound in &outcome.sound {
        output::line(sound);
    }
    let color = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut shown = BTreeSet::new();
    for problem in outcome.errors.iter().flat_map(ExperimentError::problems) {
        // A fault in a parent is one fault, however many files extend it.
        let text = problem.render(color);
        if shown.insert(text.clone()) {
            output::drawn(&format!("{text}\n"), color);
        }
    }
    if outcome.errors.is_empty() {
        return Ok(ExitCode::from(DONE));
    }
    output::note(&format!(
        "checked {}: {} valid, {}",
        counted(outcome.files, "experiment"),
        outcome.sound.len(),
        counted(shown.len(), "error"),
    ));
    Ok(ExitCode::from(WRONG_REQUEST))
}

/// What checking brought to light.
struct Outcome {
    /// How many files were judged.
    files: usize,
    /// What there is to say of each sound file, in the order given.
    sound: Vec<String>,
    errors: Vec<ExperimentError>,
}

/// Judges every file of `asked` with and without its `[quick]`, and with `dataset` what the experiment wants of it. What is
/// said of it is as `overrides` make it.
fn check(
    asked: &[PathBuf],
    overrides: &Overrides,
    dataset: impl Fn(&Resolved) -> Result<(), ExperimentError>,
) -> Result<Outcome> {
    let files = experiment_files(asked)?;
    let mut errors = Vec::new();
    let mut sound = Vec::new();
    for file in &files {
        let judge = |quick| {
            let overrides = Overrides {
                quick,
                ..overrides.clone()
            };
            let points = resolve(file, &overrides)?;
            for (index, point) in points.iter().enumerate() {
                let same = |before: &Resolved| {
                    let unlimited = |of: &Resolved| of.experiment.dataset.unlimited();
                    before.manifests == point.manifests && unlimited(before) == unlimited(point)
                };
                if !points[..index].iter().any(same) {
                    dataset(point)?;
                }
                judge_frozen(&point.experiment)
                    .map_err(|wrong| point.error_at(&wrong.key, wrong.message, wrong.help))?;
            }
            Ok(points)
        };
        match (judge(false), judge(true)) {
            (Ok(whole), Ok(quick)) => {
                let points = if overrides.quick { quick } else { whole };
                let memory = memory_limit();
                let lacking = points
                    .iter()
                    .find_map(|point| shortage(&point.experiment, "this machine", memory));
                if let Some(lacking) = lacking {
                    terminal::note(&format!("note: {lacking}"));
                }
                sound.push(points);
            }
            (whole, quick) => errors.extend(whole.err().into_iter().chain(quick.err())),
        }
    }
    let said = sound.iter().map(|points| say(points)).collect();
    // The points of a file share its name.
    let files_of: Vec<Resolved> = sound
        .into_iter()
        .filter_map(|points| points.into_iter().next())
        .collect();
    errors.extend(check_names(&files_of).err());
    Ok(Outcome {
        files: files.len(),
        sound: said,
        errors,
    })
}

/// Whether a dataset has the categories that an experiment wants of it. A dataset that is not on this machine is not at
/// fault, and the synthetic world is painted by the run that first needs it, not here.
fn check_dataset(resolved: &Resolved) -> Result<(), ExperimentError> {
    let dataset = Dataset::read(&resolved.manifests)
        .map_err(|error| resolved.error_at("dataset.use", error.to_string(), ""))?;
    if dataset.is_synthetic() {
        return Ok(());
    }
    let index = Cache::of_user().and_then(|cache| dataset.open(&cache, &|_, _| {}));
    match index {
        Ok(index) => select(resolved, &index).map(drop),
        Err(DatasetError::Missing { .. } | DatasetError::NoCacheFolder) => Ok(()),
        Err(error) => Err(resolved.error_at("dataset.use", error.to_string(), "")),
    }
}

/// All there is to say of a sound experiment, whose `points` are at least one.
fn say(points: &[Resolved]) -> String {
    let mut lines = vec![line(points)];
    lines.extend(overridden(points).into_iter().map(|key| format!("  {key}")));
    let notes: BTreeSet<&String> = points.iter().flat_map(|point| &point.notes).collect();
    lines.extend(notes.into_iter().map(|note| format!("  note: {note}")));
    lines.join("\n")
}

/// The keys that were written more than once, each with all the values that the points have of it.
fn overridden(points: &[Resolved]) -> Vec<String> {
    let mut keys: Vec<(Overridden, Vec<String>)> = Vec::new();
    for key in points.iter().flat_map(Resolved::overridden) {
        let value = key.value.value.clone();
        let same = |(known, _): &&mut (Overridden, _)| {
            known.key == key.key && known.over == key.over && known.value.place == key.value.place
        };
        match (keys.iter_mut().find(same), value) {
            (Some((_, values)), Some(value)) if !values.contains(&value) => values.push(value),
            (Some(_), _) => {}
            (None, value) => keys.push((key, value.into_iter().collect())),
        }
    }
    keys.into_iter()
        .map(|(mut key, values)| {
            if !values.is_empty() {
                key.value.value = Some(values.join(", "));
            }
            key.to_string()
        })
        .collect()
}

/// One line on a sound experiment.
fn line(points: &[Resolved]) -> String {
    let experiment = &points[0].experiment;
    let seeds: Vec<String> = experiment.seeds.iter().map(u64::to_string).collect();
    let trials = points.len() * seeds.len();
    format!(
        "{}: {}, {} on {}, {}{} {}: {}",
        experiment.name,
        experiment.title,
        range(points, |experiment| experiment.train.steps, "step"),
        experiment.dataset.manifests,
        axes(points),
        if seeds.len() == 1 { "seed" } else { "seeds" },
        seeds.join(", "),
        counted(trials, "trial"),
    )
}

/// `5 steps`, or `5 to 10 steps` where the points differ.
fn range(points: &[Resolved], of: impl Fn(&Experiment) -> usize, thing: &str) -> String {
    let numbers = points.iter().map(|point| of(&point.experiment));
    let (low, high) = numbers.fold((usize::MAX, 0), |(low, high), number| {
        (low.min(number), high.max(number))
    });
    if low == high {
        return counted(high, thing);
    }
    format!("{low} to {}", counted(high, thing))
}

/// The axes of the matrix with their numbers of values, `network.norm x 2, `; of a sweep, whose points are not all
/// combinations of its values, how many points there are over which keys; nothing without either.
fn axes(points: &[Resolved]) -> String {
    let mut axes = String::new();
    let mut combinations: usize = 1;
    for (key, _) in points[0].variant.iter() {
        let values: BTreeSet<&str> = points
            .iter()
            .flat_map(|point| point.variant.iter())
            .filter(|(other, _)| *other == key)
            .map(|(_, value)| value)
            .collect();
        combinations = combinations.saturating_mul(values.len());
        axes.push_str(&format!("{key} x {}, ", values.len()));
    }
    if combinations == points.len() {
        return axes;
    }
    let keys: Vec<&str> = points[0].variant.iter().map(|(key, _)| key).collect();
    format!(
        "{} over {}, ",
        counted(points.len(), "point"),
        keys.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An experiment that needs no other file but its dataset's.
    const ROOT: &str = include_str!("../../crates/experiment/src/example.toml");

    fn plain() -> Overrides {
        Overrides::default()
    }

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    fn faults(outcome: &Outcome) -> Vec<String> {
        let problems = outcome.errors.iter().flat_map(ExperimentError::problems);
        problems
            .map(|problem| problem.fault().to_string())
            .collect()
    }

    #[test]
    fn one_line_for_each_sound_file_and_every_fault_of_the_others() {
        let child = "extends = \"../root.toml\"\ntitle = \"Few\"\nseeds = [1, 2]\n[matrix]\nnetwork.norm = [\"batch\", \"instance\"]\ntrain.steps = [1]\n";
        let folder = folder(&[
            ("datasets/coco.toml", ""),
            ("stages/root.toml", ROOT),
            ("stages/deep/child.toml", child),
            ("stages/notes.txt", "not TOML"),
            (
                "stages/zero.toml",
                "extends = \"root.toml\"\ntrain.steps = 0\n",
            ),
            (
                "stages/rash.toml",
                "extends = \"root.toml\"\nquick.dataset.use = \"cocoa\"\n",
            ),
        ]);
        let outcome = check(&[folder.path().join("stages")], &plain(), |_| Ok(())).unwrap();
        assert_eq!(outcome.files, 4);
        assert_eq!(
            outcome.sound,
            [
                "child: Few, 1 step on coco, network.norm x 2, train.steps x 1, seeds 1, 2: 4 trials\n  \
                 network.norm = \"batch\", \"instance\" ([matrix] child.toml:5) over \"instance\" (../root.toml:13)\n  \
                 train.steps = 1 ([matrix] child.toml:6) over 10000 (../root.toml:18)",
                "root: root, 10,000 steps on coco, seed 0: 1 trial"
            ]
        );
        let faults = faults(&outcome);
        assert!(
            faults.contains(&"dataset not found: `cocoa`".to_string()),
            "{faults:?}"
        );
        assert!(
            faults.contains(&"`train.steps` must be at least 1".to_string()),
            "{faults:?}"
        );
    }

    #[test]
    fn two_files_of_one_name_are_refused_and_one_file_twice_is_not() {
        let folder = folder(&[
            ("datasets/coco.toml", ""),
            ("a/root.toml", ROOT),
            ("b/root.toml", ROOT),
        ]);
        let twice = [folder.path().join("a"), folder.path().join("a/root.toml")];
        let outcome = check(&twice, &plain(), |_| Ok(())).unwrap();
        assert_eq!((outcome.files, faults(&outcome).len()), (1, 0));
        let outcome = check(
            &[
                folder.path().to_path_buf().join("a"),
                folder.path().join("b"),
            ],
            &plain(),
            |_| Ok(()),
        )
        .unwrap();
        assert_eq!(faults(&outcome).len(), 1);
    }

    #[test]
    fn what_a_dataset_lacks_is_a_fault() {
        let folder = folder(&[("datasets/coco.toml", ""), ("root.toml", ROOT)]);
        let lack =
            |resolved: &Resolved| Err(resolved.error_at("dataset.use", "no such category", ""));
        let outcome = check(&[folder.path().join("root.toml")], &plain(), lack).unwrap();
        assert_eq!(outcome.sound.len(), 0);
        assert_eq!(faults(&outcome)[0], "no such category");
    }

    #[test]
    fn a_folder_without_experiments_and_a_file_that_is_not_there_are_faults() {
        let folder = folder(&[("empty/notes.txt", "")]);
        let asked = [folder.path().join("empty"), folder.path().join("none.toml")];
        let outcome = check(&asked, &plain(), |_| Ok(())).unwrap();
        let faults = faults(&outcome);
        assert!(
            faults
                .iter()
                .any(|fault| fault.ends_with("this is a folder, not a file"))
        );
        assert!(faults.iter().any(|fault| fault.ends_with("no such file")));
    }
}
