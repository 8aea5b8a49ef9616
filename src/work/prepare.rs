//! From the arguments to experiments whose photographs have been inspected.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};
use colorize_base::readable_size;

use super::experiments::experiment_files;
use super::photographs::{inspect, open_index, select};
use super::squares::WantedSquares;
use super::start::{Starts, find_starts};
use crate::backend::{self, DeviceName, Devices};
use crate::command_error::{CommandError, Context, INTERRUPTED, Result};
use crate::dataset::inspection::Selection;
use crate::dataset::{Cache, Dataset};
use crate::experiment::{Cost, Experiment, Overridden, Overrides, Resolved, resolve};
use crate::perceptual::PerceptualWeights;
use crate::plan::{Plan, Planned, Wanted};
use crate::runs::{Machine, memory_limit};
use crate::signals;
use crate::terminal;
use crate::train::{
    Counter, Display, Division, ExtractorWeights, Interrupter, Trial, baselines, judge_frozen,
    whole_gpu_memory,
};

/// Arguments that every training command shares.
#[derive(Debug, Args)]
pub(crate) struct TrainingArguments {
    /// Dataset manifest to use instead of the experiment's, such as `datasets/coco.toml`; several make one dataset
    #[arg(long, value_name = "MANIFEST", value_parser = utf8_path())]
    pub(crate) dataset: Vec<PathBuf>,
    /// Where to compute: `flex`, `libtorch`, `libtorch:cuda:0`, `wgpu:0` or `cuda:0`; with `*` for the number and `--jobs`,
    /// every trial gets a GPU of its own
    #[arg(long = "device", value_name = "DEVICE", default_value = "flex")]
    pub(crate) devices: Devices,
    /// Folder of all runs
    #[arg(long, default_value = "runs", value_name = "DIR")]
    pub(crate) runs: PathBuf,
    /// Show burn-train's dashboard
    #[arg(long)]
    pub(crate) tui: bool,
}

/// A path that has to be UTF-8, because it becomes a value of an experiment, and those are TOML.
pub(crate) fn utf8_path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().try_map(|path| {
        let path = path.into_string();
        path.map(PathBuf::from)
            .map_err(|_| "the path is not UTF-8: rename the file or its folder".to_owned())
    })
}

/// Experiment files and what is changed of them: arguments that `run` and `features` share.
#[derive(Debug, Args)]
pub(crate) struct ExperimentArguments {
    /// Experiment files, their names such as `03-yuv`, or folders to search for them
    #[arg(required = true, value_name = "EXPERIMENT")]
    experiments: Vec<PathBuf>,
    /// Set a value, such as `train.steps=400`, written as in TOML; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Apply the overrides of `[quick]`: small, on the synthetic world
    #[arg(long)]
    quick: bool,
}

impl ExperimentArguments {
    /// Resolves every file, one experiment for each point of its matrix; `seeds` are trained instead of the experiments'
    /// where there are any.
    pub(crate) fn resolve(
        &self,
        training: &TrainingArguments,
        seeds: &[u64],
    ) -> Result<Vec<Resolved>> {
        let overrides = self.overrides(training, seeds);
        let mut points = Vec::new();
        for path in experiment_files(&self.experiments)? {
            let resolved = resolve(&path, &overrides)?;
            remark(&resolved);
            points.extend(resolved);
        }
        Ok(points)
    }

    /// What the command line changes of every file.
    pub(crate) fn overrides(&self, training: &TrainingArguments, seeds: &[u64]) -> Overrides {
        Overrides {
            set: self.set.clone(),
            seeds: seeds.to_vec(),
            ..training.overrides(self.quick)
        }
    }
}

/// Says what a user should know about an experiment file before its points are trained: which parts of the request have no
/// effect, and which of the file's own values a requested `[quick]` does not change.
pub(crate) fn remark(points: &[Resolved]) {
    let mut said = BTreeSet::new();
    for point in points {
        let outranking = point
            .overridden()
            .into_iter()
            .filter(Overridden::outranks_quick);
        let outranking =
            outranking.map(|key| format!("own value takes precedence over `[quick]`: {key}"));
        for remark in point.notes.iter().cloned().chain(outranking) {
            if said.insert(remark.clone()) {
                terminal::note(&format!("note: {}: {remark}", point.experiment.name));
            }
        }
    }
}

/// Why what has so many bytes of memory (`this machine`, or a GPU) cannot train the experiment; `None` where it may be able
/// to.
pub(crate) fn shortage(experiment: &Experiment, owner: &str, memory: u64) -> Option<String> {
    let needed = Cost::of(experiment).step_bytes;
    (needed > u128::from(memory)).then(|| {
        format!(
            "`{}` does not fit into memory: a training step needs at least {}, and {owner} has {}; lower \
             `train.batch_size`, `image.size` or `network.scale`",
            experiment.name,
            readable_size(needed),
            readable_size(memory),
        )
    })
}

/// Whose memory a training on the device fills, and how much that is; `None` where it is not known, as on a GPU that is not
/// reached through CUDA.
fn memory_of(device: &DeviceName) -> Option<(String, u64)> {
    if backend::is_on_processor(device) {
        return Some(("this machine".to_owned(), memory_limit()));
    }
    let memory = whole_gpu_memory(*device)?;
    Some((format!("the GPU of `{device}`"), memory))
}

/// An experiment and its photographs.
pub(crate) struct Prepared {
    pub(crate) resolved: Resolved,
    pub(crate) dataset: Dataset,
    /// Shared by all experiments that want the same photographs.
    pub(crate) selection: Arc<Selection>,
    pub(crate) weights: Option<ExtractorWeights>,
    pub(crate) perceptual: PerceptualWeights,
    /// What each seed starts from, where that is not scratch.
    pub(crate) starts: Starts,
    pub(crate) cache: Cache,
}

impl TrainingArguments {
    /// Overrides without assignments and seeds.
    pub(crate) fn overrides(&self, quick: bool) -> Overrides {
        Overrides {
            datasets: self.dataset.clone(),
            quick,
            ..Overrides::default()
        }
    }

    /// Where a process computes that trains one trial after the other. What a plan says is the same for every device of a
    /// kind.
    pub(crate) fn device(&self) -> DeviceName {
        self.devices.first()
    }

    fn display(&self) -> Display {
        if self.tui {
            Display::Dashboard
        } else if terminal::is_quiet() {
            Display::Quiet
        } else {
            Display::Plain
        }
    }

    /// Opens the dataset of each experiment and inspects the photographs that it selects; the device is tried first,
    /// so that a wrong request ends before any work.
    pub(crate) fn prepare(&self, experiments: Vec<Resolved>) -> Result<Vec<Prepared>> {
        self.try_device(&experiments)?;
        let squares = WantedSquares::of(&experiments);
        prepare_all(experiments, &squares)
    }

    /// From the experiments to a plan of all their trials; see [`Self::prepare`]. No run folder is touched. Of several runs that
    /// a trial may start from, that is meant which makes it the trial `only`.
    pub(crate) fn plan(&self, experiments: Vec<Resolved>, only: Option<&str>) -> Result<Work> {
        let prepared = self.prepare(experiments)?;
        self.plan_of(prepared, only)
    }

    /// Whether the device is available and supports what the experiments need.
    fn try_device(&self, experiments: &[Resolved]) -> Result<()> {
        let devices = backend::devices(self.devices)?;
        let memories: Vec<(String, u64)> = devices.iter().filter_map(memory_of).collect();
        for resolved in experiments {
            let Experiment { name, train, .. } = &resolved.experiment;
            for device in &devices {
                backend::computes(device, train.precision)
                    .with_context(|| format!("cannot train `{name}`"))?;
            }
            let lacking = memories
                .iter()
                .find_map(|(owner, memory)| shortage(&resolved.experiment, owner, *memory));
            if let Some(lacking) = lacking {
                return Err(CommandError::request(lacking));
            }
        }
        Ok(())
    }

    /// The same for a device that need not be on this machine, where nothing may be trained: what is decoded is not kept.
    pub(crate) fn plan_elsewhere(&self, experiments: Vec<Resolved>) -> Result<Work> {
        self.plan_of(prepare_elsewhere(experiments)?, None)
    }

    /// A plan of all trials of experiments whose datasets are open; see [`Self::plan`].
    pub(crate) fn plan_of(&self, mut prepared: Vec<Prepared>, only: Option<&str>) -> Result<Work> {
        find_starts(&mut prepared, self.device(), &self.runs, only)?;
        let plan = self.survey(&prepared)?;
        Ok(Work { prepared, plan })
    }

    fn survey(&self, prepared: &[Prepared]) -> Result<Plan> {
        let mut wanted = Vec::new();
        for experiment in prepared {
            for &seed in &experiment.resolved.experiment.seeds {
                wanted.push(Wanted {
                    experiment: &experiment.resolved.experiment,
                    variant: &experiment.resolved.variant,
                    seed,
                    identity: self.trial(experiment, seed).identity(),
                    after: experiment.starts.after(seed),
                });
            }
        }
        Ok(Plan::of(
            &self.runs,
            &wanted,
            &Machine::observe().processor,
        )?)
    }

    /// One seed of an experiment.
    pub(crate) fn trial<'a>(&'a self, prepared: &'a Prepared, seed: u64) -> Trial<'a> {
        prepared.trial(seed, self.device(), &self.runs, self.display())
    }
}

impl Prepared {
    /// One seed of it.
    pub(crate) fn trial<'a>(
        &'a self,
        seed: u64,
        device: DeviceName,
        runs: &'a Path,
        display: Display,
    ) -> Trial<'a> {
        Trial {
            experiment: &self.resolved.experiment,
            variant: &self.resolved.variant,
            seed,
            device,
            selection: &self.selection,
            weights: self.weights.as_ref(),
            perceptual: Some(&self.perceptual),
            cache: &self.cache.folder,
            manifests: &self.resolved.manifests,
            from: self.starts.of(seed),
            runs,
            display,
        }
    }
}

/// A plan, and what its trials are trained from.
pub(crate) struct Work {
    /// The experiments at every point of their matrices, with their photographs.
    pub(crate) prepared: Vec<Prepared>,
    pub(crate) plan: Plan,
}

impl Work {
    /// Plans again, after training or where the experiments' seeds are others now.
    pub(crate) fn replan(&mut self, training: &TrainingArguments) -> Result<()> {
        find_starts(&mut self.prepared, training.device(), &training.runs, None)?;
        self.plan = training.survey(&self.prepared)?;
        Ok(())
    }

    /// What a trial of the plan is trained from.
    pub(crate) fn prepared(&self, trial: &Planned) -> Option<&Prepared> {
        self.prepared.iter().find(|prepared| {
            let resolved = &prepared.resolved;
            resolved.experiment.name == trial.experiment && resolved.variant == trial.variant
        })
    }
}

/// Scores the baselines, once for all runs that are judged by the same images; returns the file.
pub(crate) fn score_baselines(
    experiment: &Experiment,
    dataset: &str,
    divided: &Division,
    content_hash: &str,
    runs: &Path,
    cache: &Cache,
) -> Result<PathBuf> {
    let scoring = bar("scoring baselines on", dataset);
    let path = baselines(
        experiment,
        divided,
        content_hash,
        runs,
        &cache.folder,
        &|done, all| {
            scoring.set_length(all);
            scoring.set_position(done);
        },
    )
    .context("cannot score the baselines")?;
    scoring.finish_and_clear();
    Ok(path)
}

/// Opens datasets where nothing may be trained: what is decoded is not kept.
pub(crate) fn prepare_elsewhere(experiments: Vec<Resolved>) -> Result<Vec<Prepared>> {
    prepare_all(experiments, &WantedSquares::default())
}

fn prepare_all(experiments: Vec<Resolved>, squares: &WantedSquares) -> Result<Vec<Prepared>> {
    let cache = Cache::of_user()?;
    let mut prepared = Vec::new();
    for resolved in experiments {
        prepared.push(prepare(resolved, &cache, &prepared, squares)?);
    }
    Ok(prepared)
}

/// Opens the dataset and inspects every selected photograph once; those that are decoded for this are kept as `squares`.
/// An experiment with the photographs of one of `before` takes its selection.
pub(crate) fn prepare(
    resolved: Resolved,
    cache: &Cache,
    before: &[Prepared],
    squares: &WantedSquares,
) -> Result<Prepared> {
    let fused = before.iter().find(|other| {
        other.resolved.weights == resolved.weights
            && other.resolved.experiment.fusion == resolved.experiment.fusion
    });
    let weights = match fused {
        Some(same) => same.weights.clone(),
        None => ExtractorWeights::locate(
            &resolved.experiment.fusion,
            resolved.weights.as_deref(),
            &cache.folder,
        )?,
    };
    let judged = before.iter().find(|other| {
        let (one, other) = (&other.resolved, &resolved);
        one.perceptual_weights == other.perceptual_weights
            && one.experiment.train.perceptual == other.experiment.train.perceptual
            && one.experiment.evaluate.metrics == other.experiment.evaluate.metrics
    });
    let perceptual = match judged {
        Some(same) => same.perceptual.clone(),
        None => PerceptualWeights::locate(
            &resolved.experiment,
            resolved.perceptual_weights.as_deref(),
            &cache.folder,
        )?,
    };
    let section = &resolved.experiment.dataset;
    let same = before.iter().find(|other| {
        other.resolved.manifests == resolved.manifests
            && other.resolved.experiment.dataset.unlimited() == section.unlimited()
    });
    let (dataset, selection) = if let Some(same) = same {
        (same.dataset.clone(), Arc::clone(&same.selection))
    } else {
        let dataset = Dataset::read(&resolved.manifests)?;
        let index = open_index(&dataset, cache)?;
        let chosen = select(&resolved, &index)?;
        let squares = squares.of_photographs(&resolved);
        let selection = inspect(&dataset, &chosen, section, cache, &squares)?;
        (dataset, Arc::new(selection))
    };
    judge_frozen(&resolved.experiment)
        .map_err(|wrong| resolved.error_at(&wrong.key, wrong.message, wrong.help))?;
    Ok(Prepared {
        resolved,
        dataset,
        selection,
        weights,
        perceptual,
        starts: Starts::default(),
        cache: cache.clone(),
    })
}

/// Counts photographs.
pub(crate) fn bar(what: &str, dataset: &str) -> Counter {
    Counter::new(&format!("{what} {dataset}"), 0, terminal::is_quiet())
}

/// A stop that Ctrl-C asks for; asked twice, the process ends at once.
pub(crate) fn stop_on_signal() -> Result<Interrupter> {
    let stop = Interrupter::new();
    let asked = Arc::new(Mutex::new(false));
    let handle = stop.clone();
    signals::on_stop(move || {
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        if *asked {
            std::process::exit(i32::from(INTERRUPTED));
        }
        *asked = true;
        terminal::note(
            "stopping after this step with a checkpoint; interrupt again to stop immediately",
        );
        handle.stop(Some("asked for"));
    })
    .map_err(CommandError::failed)
    .context("cannot listen for Ctrl-C")?;
    Ok(stop)
}
