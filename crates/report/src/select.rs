//! From what a report asks for to the run folders that exist.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;

use super::configurations::{distinguish, name_apart};
use super::file::{Report, RunSpec};
use super::{ReportError, Run};
use crate::catalog::{Entry, Filter};
use crate::experiment::{Outline, experiments_in};
use crate::runs::{RunError, RunFolder, RunList, find_runs};

/// Runs that differ in nothing but their seeds.
#[derive(Debug, Clone)]
pub struct Group {
    /// What the report calls them, unique in it: the name of their `[[runs]]`, and what tells them from its others.
    pub name: String,
    /// What tables call them.
    pub label: String,
    /// What figures call them: as short as tells them from the report's others.
    pub short: String,
    /// The place of their `[[runs]]`.
    pub entry: usize,
    /// The finished runs, by seed.
    pub runs: Vec<Run>,
    /// Planned seeds without a finished run.
    pub missing: Vec<Missing>,
    /// The name of the runs that they are compared with.
    pub parent: Option<String>,
}

impl Group {
    /// The name of the experiment.
    pub fn experiment(&self) -> &str {
        &self.runs[0].record.experiment
    }

    /// The first run: what it says of the configuration holds for all.
    pub fn first(&self) -> &Run {
        &self.runs[0]
    }

    /// The seeds that were planned.
    pub fn planned(&self) -> usize {
        self.runs.len() + self.missing.len()
    }
}

/// A seed without a finished run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The seed.
    pub seed: u64,
    /// Why: `not trained`, `interrupted at step 40 of 60`.
    pub why: String,
}

/// A `[[runs]]` without a finished run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// Its name.
    pub name: String,
    /// What tables and figures would call it.
    pub label: String,
    /// Its experiment.
    pub experiment: String,
    /// Why there is nothing.
    pub why: String,
}

/// The available runs among those that a report asks for.
#[derive(Debug, Clone)]
pub struct Selection {
    /// The runs, by `[[runs]]` and then by configuration.
    pub groups: Vec<Group>,
    /// Those without a finished run.
    pub absent: Vec<Absent>,
    /// The report's experiment files, where they were found.
    pub outlines: Vec<Outline>,
    /// The `[[runs]]` that the groups belong to.
    pub entries: Vec<RunSpec>,
    /// What a reader should know of the selection.
    pub notes: Vec<String>,
}

impl Selection {
    /// Looks for the runs of `report` in the folder `runs`, or takes them from `among` where that is given.
    ///
    /// # Errors
    ///
    /// [`ReportError`] when an experiment file or the folder cannot be read. A run folder that cannot be read is left out,
    /// with a note.
    pub fn of(
        report: &Report,
        runs: &Path,
        among: Option<&[RunFolder]>,
    ) -> Result<Self, ReportError> {
        let mut notes = Vec::new();
        let is_asked_for = |name: &str| report.runs.iter().any(|spec| spec.experiment == name);
        let folders = if let Some(folders) = among {
            folders.to_vec()
        } else {
            let RunList { runs, strays } = find_runs(runs)?;
            notes.extend(strays.of(is_asked_for).remarks());
            runs
        };
        // By what it says and not by where it lies: a folder may have been renamed. One that cannot be read is of the
        // experiment that its place says.
        let wanted = |folder: &RunFolder| {
            if let Ok(Some(record)) = folder.record() {
                is_asked_for(&record.experiment)
            } else {
                let parent = folder.path().parent().and_then(Path::file_name);
                parent.is_some_and(|name| is_asked_for(&name.to_string_lossy()))
            }
        };
        let read: Vec<Result<Run, RunError>> = folders
            .par_iter()
            .filter(|folder| wanted(folder))
            .map(Run::read)
            .collect();
        let mut found = Vec::new();
        for run in read {
            match run {
                Ok(run) => found.push(run),
                Err(error) => notes.push(format!("left out: {error}")),
            }
        }
        let outlines = outlines(report)?;
        let mut groups = Vec::new();
        let mut absent = Vec::new();
        for (entry, spec) in report.runs.iter().enumerate() {
            let outline = outlines.iter().find(|it| it.name == spec.experiment);
            let mut chosen = choose(spec, &found);
            if let Some(filter) = filter(report, entry)? {
                let kept = chosen
                    .par_iter()
                    .map(|run| match &run.lacks {
                        // Its results are gone, and a filter may ask for them.
                        Some(_) => Ok(true),
                        None => Ok(filter.matches(&Entry::read(&run.folder)?)),
                    })
                    .collect::<Result<Vec<bool>, RunError>>()?;
                let mut kept = kept.into_iter();
                chosen.retain(|_| kept.next().unwrap_or(false));
            }
            let unfinished = chosen.iter().filter(|run| !run.is_finished()).count();
            let mut these = group(spec, entry, &chosen);
            if these.is_empty() {
                let why = match (chosen.len(), unfinished) {
                    (0, _) => "not trained".to_owned(),
                    (_, 1) => format!("one run, {}", standing(chosen[0])),
                    (_, count) => format!("{count} runs, none finished"),
                };
                absent.push(Absent {
                    name: spec.name().to_owned(),
                    label: spec
                        .label
                        .clone()
                        .unwrap_or_else(|| spec.experiment.clone()),
                    experiment: spec.experiment.clone(),
                    why,
                });
            }
            for group in &mut these {
                group.parent = spec.parent.clone().or_else(|| {
                    let parent = outline?.parent.as_deref()?;
                    let entry = report.runs.iter().find(|spec| spec.experiment == parent)?;
                    Some(entry.name().to_owned())
                });
            }
            groups.extend(these);
        }
        name_all(&mut groups, &report.runs);
        Ok(Self {
            groups,
            absent,
            outlines,
            entries: report.runs.clone(),
            notes,
        })
    }

    /// Groups runs that no report asked for, such as those that a command has just trained.
    pub fn of_runs(runs: &[Run]) -> Self {
        let mut experiments: Vec<&str> = Vec::new();
        for run in runs {
            if !experiments.contains(&run.record.experiment.as_str()) {
                experiments.push(&run.record.experiment);
            }
        }
        let spec = |experiment: &&str| RunSpec::of_experiment(experiment);
        let entries: Vec<RunSpec> = experiments.iter().map(spec).collect();
        let mut groups: Vec<Group> = entries
            .iter()
            .enumerate()
            .flat_map(|(entry, spec)| {
                let chosen = choose(spec, runs);
                group(spec, entry, &chosen)
            })
            .collect();
        name_all(&mut groups, &entries);
        Self {
            groups,
            absent: Vec::new(),
            outlines: Vec::new(),
            entries,
            notes: Vec::new(),
        }
    }

    /// The command that trains what is missing of an experiment.
    pub fn command(&self, experiment: &str, seeds: &[u64]) -> String {
        let outline = self
            .outlines
            .iter()
            .find(|outline| outline.name == experiment);
        let file = outline.map_or_else(
            || format!("{experiment}.toml"),
            |outline| outline.path.display().to_string(),
        );
        let seeds: String = seeds.iter().map(|seed| format!(" --seed {seed}")).collect();
        format!("colorize run {file}{seeds}")
    }
}

/// The experiment files of the report's runs. A missing one is not an error: runs need no file.
fn outlines(report: &Report) -> Result<Vec<Outline>, ReportError> {
    let mut outlines: Vec<Outline> = Vec::new();
    for (name, path) in experiments_in(&report.experiments) {
        let is_wanted = report.runs.iter().any(|spec| spec.experiment == name);
        if is_wanted && !outlines.iter().any(|known| known.name == name) {
            outlines.push(Outline::read(&path).map_err(Box::new)?);
        }
    }
    Ok(outlines)
}

/// The filter of a `[[runs]]`; one that cannot be read is drawn where it was written.
fn filter(report: &Report, entry: usize) -> Result<Option<Filter>, ReportError> {
    let Some(written) = &report.runs[entry].filter else {
        return Ok(None);
    };
    match Filter::parse(written) {
        Ok(filter) => Ok(Some(filter)),
        Err(error) => {
            let key = format!("runs[{entry}].filter");
            Err(report
                .error_at(&key, error.to_string(), String::new())
                .into())
        }
    }
}

/// The runs of an experiment that a `[[runs]]` keeps.
fn choose<'a>(spec: &RunSpec, runs: &'a [Run]) -> Vec<&'a Run> {
    let has_seed = |run: &Run| {
        let seeds = spec.seeds.as_ref();
        seeds.is_none_or(|seeds| seeds.contains(&run.record.seed))
    };
    runs.iter()
        .filter(|run| run.record.experiment == spec.experiment && has_seed(run))
        .collect()
}

/// `interrupted at step 40 of 60`.
fn standing(run: &Run) -> String {
    if let Some(lacks) = &run.lacks {
        return lacks.clone();
    }
    let record = &run.record;
    format!(
        "{} at step {} of {}",
        record.status, record.step, record.steps
    )
}

/// Names groups so that no two are called the same.
fn name_all(groups: &mut [Group], entries: &[RunSpec]) {
    let titles: Vec<String> = groups
        .iter()
        .map(|group| {
            let label = entries.get(group.entry).and_then(|spec| spec.label.clone());
            label.unwrap_or_else(|| title(group.first()))
        })
        .collect();
    name_apart(groups, &titles);
}

/// Divides runs by configuration; only those with a finished run.
fn group(spec: &RunSpec, entry: usize, runs: &[&Run]) -> Vec<Group> {
    // A record of a program that knew no configuration stands alone.
    let key = |run: &Run| {
        let configuration = &run.record.configuration;
        if configuration.is_empty() {
            run.record.identity.clone()
        } else {
            configuration.clone()
        }
    };
    let mut by_configuration: BTreeMap<String, Vec<&Run>> = BTreeMap::new();
    for run in runs {
        by_configuration.entry(key(run)).or_default().push(run);
    }
    let mut groups: Vec<Vec<&Run>> = by_configuration.into_values().collect();
    for runs in &mut groups {
        runs.sort_by_key(|run| run.record.seed);
    }
    groups.retain(|runs| runs.iter().any(|run| run.is_finished()));
    // Points of a matrix in its order, whatever their hashes are.
    groups.sort_by(|left, right| {
        let variant = |runs: &[&Run]| runs[0].record.variant.clone();
        let first = |runs: &[&Run]| runs[0].folder.path().to_path_buf();
        (variant(left), first(left)).cmp(&(variant(right), first(right)))
    });
    let suffixes = distinguish(&groups);
    groups
        .into_iter()
        .zip(suffixes)
        .map(|(runs, suffix)| {
            let (finished, others): (Vec<&Run>, Vec<&Run>) =
                runs.into_iter().partition(|run| run.is_finished());
            let first = finished[0];
            let label = spec.label.clone().unwrap_or_else(|| title(first));
            let with = |text: &str| {
                if suffix.is_empty() {
                    text.to_owned()
                } else {
                    format!("{text} {suffix}")
                }
            };
            Group {
                name: with(spec.name()),
                short: with(&label),
                label: with(&label),
                entry,
                missing: missing(spec, &finished, &others),
                runs: finished.into_iter().cloned().collect(),
                parent: None,
            }
        })
        .collect()
}

/// What a run's experiment is called. Random weights of a pretrained network are always said.
fn title(run: &Run) -> String {
    let random = run.record.has_random_weights();
    let note = if random { " (random weights)" } else { "" };
    format!("{}{note}", run.record.title)
}

fn missing(spec: &RunSpec, finished: &[&Run], others: &[&Run]) -> Vec<Missing> {
    let mut planned: Vec<u64> = match &spec.seeds {
        Some(seeds) => seeds.clone(),
        None => finished
            .iter()
            .chain(others)
            .flat_map(|run| run.experiment.seeds.iter().copied())
            .collect(),
    };
    planned.sort_unstable();
    planned.dedup();
    planned
        .into_iter()
        .filter(|seed| !finished.iter().any(|run| run.record.seed == *seed))
        .map(|seed| {
            let begun = others.iter().find(|run| run.record.seed == seed);
            Missing {
                seed,
                why: begun.map_or_else(|| "not trained".to_owned(), |run| standing(run)),
            }
        })
        .collect()
}
