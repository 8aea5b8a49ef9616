//! What trials start from: `train.from`, looked up among the trials of a plan, the run folders and files.

use std::collections::BTreeMap;
use std::path::Path;

use colorize_base::nearest::quoted;

use super::prepare::Prepared;
use crate::backend::{DeviceName, device_class};
use crate::command_error::{CommandError, Result};
use crate::experiment::{ExperimentError, Resolved, StartsFrom};
use crate::runs::{Identity, RunFolder, RunRecord, Status, runs_named};
use crate::train::{Display, Start, StartSource, Trial};

/// What the seeds of an experiment start from; nothing of those that start from scratch.
#[derive(Debug, Default)]
pub(crate) struct Starts(BTreeMap<u64, Found>);

/// What a trial starts from.
#[derive(Debug)]
struct Found {
    start: Start,
    /// The name of the trial, where it is one of the same plan.
    planned: Option<String>,
}

impl From<Start> for Found {
    fn from(start: Start) -> Self {
        Self {
            start,
            planned: None,
        }
    }
}

impl Starts {
    /// What the trial of this seed starts from.
    pub(crate) fn of(&self, seed: u64) -> Option<&Start> {
        self.0.get(&seed).map(|found| &found.start)
    }

    /// The name of the trial of the same plan that comes before it.
    pub(crate) fn after(&self, seed: u64) -> Option<String> {
        self.0.get(&seed)?.planned.clone()
    }
}

/// Looks up what every trial of `prepared` starts from. An experiment among them is meant before any run in the folder
/// `runs`, by the same seed unless a trial is named. Where `only` names a trial, the others need not be found, and of several
/// runs that is meant which makes it this trial.
///
/// # Errors
///
/// When there is no such run or file, several runs, or one that is not done; when experiments start from one another.
pub(crate) fn find_starts(
    prepared: &mut [Prepared],
    device: DeviceName,
    runs: &Path,
    only: Option<&str>,
) -> Result<()> {
    let mut failure = None;
    for at in in_order(prepared)? {
        let search = Search {
            prepared,
            at,
            device,
            runs,
            only,
        };
        let seeds = &search.resolved().experiment.seeds;
        let seeds = seeds.iter().filter(|&&seed| search.is_wanted(seed));
        let found: Vec<(u64, Result<Found>)> =
            seeds.map(|&seed| (seed, search.find(seed))).collect();
        for (seed, found) in found {
            match found {
                Ok(found) => drop(prepared[at].starts.0.insert(seed, found)),
                Err(error) if only.is_some() => drop(failure.get_or_insert(error)),
                Err(error) => return Err(error),
            }
        }
    }
    let is_only = |prepared: &Prepared| {
        let mut seeds = prepared.resolved.experiment.seeds.iter();
        seeds.any(|&seed| {
            let trial = prepared.trial(seed, device, runs, Display::Silent);
            only == Some(&name(&trial))
        })
    };
    match failure {
        Some(error) if !prepared.iter().any(is_only) => Err(error),
        _ => Ok(()),
    }
}

/// `<experiment>/<trial>`.
fn name(trial: &Trial<'_>) -> String {
    format!("{}/{}", trial.experiment.name, trial.identity().trial())
}

/// The experiments that start from something, each after those among them that it starts from.
fn in_order(prepared: &[Prepared]) -> Result<Vec<usize>, ExperimentError> {
    let starts = |at: &usize| prepared[*at].resolved.from.is_some();
    let mut open: Vec<usize> = (0..prepared.len()).filter(starts).collect();
    let mut ordered = Vec::new();
    while !open.is_empty() {
        let is_free = |&at: &usize| {
            let mut others = open.iter();
            !others.any(|&other| means(&prepared[at].resolved, &prepared[other].resolved))
        };
        let Some(next) = open.iter().position(is_free) else {
            let names = open
                .iter()
                .map(|&at| &prepared[at].resolved.experiment.name);
            return Err(prepared[open[0]].resolved.error_at(
                "train.from",
                format!("experiments start from one another: {}", quoted(names)),
                "let one of them start from scratch, or from a run that is not among them",
            ));
        };
        ordered.push(open.remove(next));
    }
    Ok(ordered)
}

/// Whether an experiment starts from a trial of another one, or of itself.
fn means(resolved: &Resolved, other: &Resolved) -> bool {
    let Some(StartsFrom::Run(name)) = &resolved.from else {
        return false;
    };
    experiment_and_trial(name).0 == other.experiment.name
}

/// The experiment that a name means, and the beginning of a trial's name.
fn experiment_and_trial(name: &str) -> (&str, Option<&str>) {
    match name.trim_end_matches('/').split_once('/') {
        Some((experiment, trial)) => (experiment, Some(trial)),
        None => (name, None),
    }
}

/// The search for what one of the prepared experiments starts from.
struct Search<'a> {
    prepared: &'a [Prepared],
    at: usize,
    device: DeviceName,
    runs: &'a Path,
    only: Option<&'a str>,
}

impl Search<'_> {
    fn own(&self) -> &Prepared {
        &self.prepared[self.at]
    }

    fn resolved(&self) -> &Resolved {
        &self.own().resolved
    }

    fn written(&self) -> &str {
        self.resolved()
            .experiment
            .train
            .source()
            .unwrap_or_default()
    }

    /// Whether the trial of this seed may be the only one that is asked for.
    fn is_wanted(&self, seed: u64) -> bool {
        let experiment = &self.resolved().experiment.name;
        self.only
            .is_none_or(|only| only.starts_with(&format!("{experiment}/s{seed}-")))
    }

    /// An error, drawn at the key.
    fn error(&self, message: impl Into<String>, help: impl Into<String>) -> CommandError {
        self.resolved().error_at("train.from", message, help).into()
    }

    fn find(&self, seed: u64) -> Result<Found> {
        let written = self.written();
        match &self.resolved().from {
            None => Err(self.error("`train.from` names nothing", "")),
            Some(StartsFrom::File(path)) if path.is_file() => {
                let start = Start::of_file(written, path.clone());
                Ok(start
                    .map_err(|error| self.error(error.to_string(), ""))?
                    .into())
            }
            Some(StartsFrom::File(path)) => match self.remembered(seed)? {
                Some(start) => Ok(start.into()),
                None => Err(self.error(
                    format!("no such file: `{}`", path.display()),
                    "`colorize export model RUN --out FILE` writes one",
                )),
            },
            Some(StartsFrom::Folder(path)) => {
                let start = Start::of_run(written, RunFolder::at(path));
                let help = "resume its training, or name a run that is done";
                Ok(start
                    .map_err(|error| self.error(error.to_string(), help))?
                    .into())
            }
            Some(StartsFrom::Run(name)) => match self.planned(name, seed)? {
                Some(found) => Ok(found),
                None => self.among_runs(name, seed),
            },
        }
    }

    /// The trial of another prepared experiment.
    fn planned(&self, name: &str, seed: u64) -> Result<Option<Found>> {
        let (_, beginning) = experiment_and_trial(name);
        let others = self.prepared.iter();
        let others = others.filter(|other| means(self.resolved(), &other.resolved));
        let trials = others.flat_map(|other| {
            let seeds = other.resolved.experiment.seeds.iter();
            seeds.map(|&seed| other.trial(seed, self.device, self.runs, Display::Silent))
        });
        let trials: Vec<(Trial<'_>, Identity)> = trials
            .map(|trial| (trial, trial.identity()))
            .filter(|(trial, identity)| match beginning {
                Some(beginning) => identity.trial().starts_with(beginning),
                None => trial.seed == seed,
            })
            .collect();
        match &trials[..] {
            [] => Ok(None),
            [(trial, identity)] => Ok(Some(Found {
                start: Start::of_trial(self.written(), identity, trial.folder()),
                planned: Some(self::name(trial)),
            })),
            [(one, _), ..] => Err(self.error(
                format!("`{name}` has several trials of seed {seed}: it has a `[matrix]`"),
                format!("name one of them, such as `{}`", self::name(one)),
            )),
        }
    }

    /// The run of this name that is done.
    fn among_runs(&self, name: &str, seed: u64) -> Result<Found> {
        let mut found: Vec<(RunFolder, RunRecord)> = Vec::new();
        for folder in runs_named(self.runs, name)? {
            // A run that cannot be read is none to start from.
            let record = folder.record().ok().flatten();
            found.extend(record.map(|record| (folder, record)));
        }
        let is_experiment = found.iter().any(|(_, record)| record.experiment == name);
        found.retain(|(_, record)| !is_experiment || record.seed == seed);
        // Those of the same arithmetic come first.
        let class = device_class(&self.device);
        if found.iter().any(|(_, record)| record.device_class == class) {
            found.retain(|(_, record)| record.device_class == class);
        }
        let unfinished = found
            .iter()
            .find(|(_, record)| record.status != Status::Done);
        let unfinished = unfinished.map(|(folder, _)| folder.path().display().to_string());
        found.retain(|(_, record)| record.status == Status::Done);
        let mut starts: Vec<Start> = Vec::new();
        for (folder, _) in found {
            let start = Start::of_run(self.written(), folder);
            starts.push(start.map_err(|error| self.error(error.to_string(), ""))?);
        }
        if starts.len() > 1
            && let Some(only) = self.only
        {
            starts.retain(|start| self::name(&self.trial(seed, start)) == only);
        }
        if starts.len() < 2 {
            let start = match starts.pop() {
                Some(start) => Some(start),
                None => self.remembered(seed)?,
            };
            return start
                .map(Found::from)
                .ok_or_else(|| self.untrained(name, seed, unfinished));
        }
        let folders = starts
            .iter()
            .map(|start| start.path().display().to_string());
        Err(self.error(
            format!("`{name}` may be any of several runs: {}", quoted(folders)),
            "name one of them as `experiment/trial`, or name the experiment's file as well, so that its present trial is meant",
        ))
    }

    /// What the trial was started from, as its own run folder says: it has a checkpoint, and needs nothing else.
    fn remembered(&self, seed: u64) -> Result<Option<Start>> {
        let experiment = &self.resolved().experiment.name;
        for folder in runs_named(self.runs, experiment)? {
            let Some(record) = folder.record().ok().flatten() else {
                continue;
            };
            let Some(from) = record.from.filter(|from| from.written == self.written()) else {
                continue;
            };
            let start = Start {
                written: from.written,
                origin: from.origin,
                source: StartSource::Gone(from.path.into()),
            };
            let is_own = self.trial(seed, &start).identity().to_string() == record.identity;
            let is_done = record.status == Status::Done;
            if is_own
                && (is_done
                    || folder
                        .latest_checkpoint(Some(&record.identity))?
                        .0
                        .is_some())
            {
                return Ok(Some(start));
            }
        }
        Ok(None)
    }

    /// The trial that starts from this.
    fn trial<'a>(&'a self, seed: u64, start: &'a Start) -> Trial<'a> {
        Trial {
            from: Some(start),
            ..self
                .own()
                .trial(seed, self.device, self.runs, Display::Silent)
        }
    }

    fn untrained(&self, name: &str, seed: u64, unfinished: Option<String>) -> CommandError {
        let (experiment, trial) = experiment_and_trial(name);
        let own = &self.resolved().experiment.name;
        let of_seed = match trial {
            Some(_) => String::new(),
            None => format!(" of seed {seed}"),
        };
        let message = match unfinished {
            Some(path) => format!("`{own}` starts from `{path}`, which is not done"),
            None => format!(
                "`{own}` starts from `{name}`, and `{}` has no run of that name{of_seed}",
                self.runs.display()
            ),
        };
        let mut command = format!("colorize run {experiment} --seed {seed}");
        if self.device != DeviceName::Flex {
            command.push_str(&format!(" --device {}", self.device));
        }
        if self.runs != Path::new("runs") {
            command.push_str(&format!(" --runs {}", self.runs.display()));
        }
        self.error(
            message,
            format!(
                "train it first: `{command}`, with the same `--quick` and `--set`; or name both in one command, \
                 `colorize run {experiment} {own}`"
            ),
        )
    }
}
