//! `colorize reproduce`: the stages of the write-up and their report.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use colorize_base::readable_size;

use super::pictures::Pictures;
use super::{DONE, FAILED, INTERRUPTED, output, weights};
use crate::backend::DeviceName;
use crate::command_error::{Context, Result};
use crate::dataset::Cache;
use crate::download::{Fetched, Item, find};
use crate::experiment::{Overrides, Resolved, resolve};
use crate::extractor::WEIGHTS_FOLDER;
use crate::report::progress::prepend;
use crate::report::{Judgement, Made, Report};
use crate::runs::RunFolder;
use crate::work::prepare::{Prepared, TrainingArguments, remark, stop_on_signal};
use crate::work::{WorkArguments, summaries, work_off};

/// The stages, in the order of the story.
const STAGES: [&str; 6] = [
    "00-instancenorm.toml",
    "01-batchnorm.toml",
    "02-stopsigns.toml",
    "03-yuv.toml",
    "04-fusion.toml",
    "05-classes.toml",
];

/// What the last two stages are compared with: the same without a classifier, and without classes.
const CONTROLS: [&str; 2] = [
    "ablations/extractor-none.toml",
    "ablations/classes-none.toml",
];

/// The classifier of stage 4 under `--quick`: the smallest that has learned from photographs.
const QUICK_CLASSIFIER: &str = "efficientnet_lite0";

/// Arguments of `colorize reproduce`.
#[derive(Debug, Args)]
pub(super) struct ReproduceArguments {
    /// Train at a small size on the synthetic world: minutes on a laptop
    #[arg(long)]
    quick: bool,
    /// Folder of the experiment files
    #[arg(long, default_value = "experiments", value_name = "DIR")]
    experiments: PathBuf,
    /// Classifier for stage 4 instead of the experiment's, such as `efficientnet_lite0`
    #[arg(long, value_name = "NAME")]
    extractor: Option<String>,
    /// Download nothing: without its file, stage 4's classifier under `--quick` has random weights
    #[arg(long)]
    offline: bool,
    /// Set a value in every stage, such as `train.steps=400`, written as in TOML; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Seed to train instead of the experiments'; repeatable
    #[arg(long, value_name = "N")]
    seed: Vec<u64>,
    /// Report to make from the runs
    #[arg(long, default_value = "reports/stages.toml", value_name = "REPORT")]
    report: PathBuf,
    /// Folder to write the report to
    #[arg(long, default_value = "reports/stages", value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    training: TrainingArguments,
    #[command(flatten)]
    work: WorkArguments,
}

/// Trains the stages, makes their report and prints their table.
pub(super) fn run(arguments: &ReproduceArguments) -> Result<ExitCode> {
    // Read before anything is fetched or trained: a wrong report, stage or value ends the command at once.
    let report = Report::read(&arguments.report)?;
    arguments.stages(arguments.extractor.as_deref())?;
    let cache = Cache::of_user()?.folder.join(WEIGHTS_FOLDER);
    let classifier = arguments.classifier(&cache, &weights::fetch);
    let resolved = arguments.stages(classifier)?;
    remark(&resolved);
    let work = arguments.training.plan(resolved, None)?;
    let has_trained = !work.plan.to_do().is_empty();
    let stop = stop_on_signal()?;
    let overrides = |prepared: &Prepared| {
        let stage = prepared.resolved.path.file_name().unwrap_or_default();
        arguments.overrides(&stage.to_string_lossy(), classifier)
    };
    let worked = work_off(
        &work,
        &arguments
            .work
            .or_jobs(arguments.at_a_time(work.plan.to_do().len())),
        &arguments.training,
        &overrides,
        &stop,
    )?;
    let runs = summaries(&work).context("cannot read back the trained runs")?;
    let is_whole = worked.failed.is_empty() && worked.elsewhere.is_empty();
    if worked.interrupted || !is_whole {
        output::line("");
        output::summaries(&runs);
        output::line("");
        output::scores(&output::groups(&runs)?, false);
        if worked.interrupted {
            return Ok(ExitCode::from(INTERRUPTED));
        }
        output::note("the figures are drawn once every stage is done: run the same command again");
        return Ok(ExitCode::from(FAILED));
    }
    let folders: Vec<RunFolder> = runs.iter().map(|run| run.folder.clone()).collect();
    let pictures = Pictures::new()?;
    let made = Judgement::of(report, &arguments.training.runs, Some(&folders), false)
        .and_then(|judgement| judgement.make(&|run, ids| pictures.remake(run, ids)))?;
    made.write_as(&arguments.out)?;
    output::line("");
    output::summaries(&runs);
    output::line("");
    output::scores(&output::groups(&runs)?, false);
    output::line("");
    output::claims(&made.judged);
    output::line("");
    output::made(&made, &arguments.out);
    for path in record(&made, &work.prepared, has_trained)? {
        output::line(&format!("  {}", path.display()));
    }
    Ok(ExitCode::from(DONE))
}

impl ReproduceArguments {
    /// All stages and their controls, in the order in which they are trained.
    fn stages(&self, classifier: Option<&str>) -> Result<Vec<Resolved>> {
        let mut resolved = Vec::new();
        for stage in STAGES.into_iter().chain(CONTROLS) {
            let overrides = self.overrides(stage, classifier);
            resolved.extend(resolve(&self.experiments.join(stage), &overrides)?);
        }
        Ok(resolved)
    }

    /// How many of so many stages are trained at a time where the command line does not say it: under `--quick`, pictures are so
    /// small that a thread of its own for each is faster than all threads for one after the other. Only on flex, where the number of
    /// threads changes no bit.
    fn at_a_time(&self, stages: usize) -> u16 {
        let is_small =
            self.quick && !self.training.tui && self.training.device() == DeviceName::Flex;
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let most = if is_small { threads.min(stages) } else { 1 };
        u16::try_from(most).unwrap_or(u16::MAX).max(1)
    }

    /// The pretrained classifier of stage 4 where it is not the experiment's: the one that is asked for, and under `--quick` a
    /// small one, which is brought into `folder` by `fetch` unless it lies there.
    fn classifier(
        &self,
        folder: &Path,
        fetch: &dyn Fn(&Item, &Path) -> Result<Fetched>,
    ) -> Option<&str> {
        let is_set_by_hand = self.set.iter().any(|pair| {
            let key = pair.split('=').next().unwrap_or_default().trim();
            ["fusion.extractor", "fusion.weights"].contains(&key)
        });
        if self.extractor.is_some() || !self.quick || is_set_by_hand {
            return self.extractor.as_deref();
        }
        let item = find(QUICK_CLASSIFIER)?;
        let why = if item.path(folder).is_file() {
            return Some(QUICK_CLASSIFIER);
        } else if self.offline {
            "`--offline` was given".to_owned()
        } else {
            output::note(&format!(
                "fetching stage 4's pretrained classifier: {}, {}",
                item.title,
                readable_size(item.bytes)
            ));
            match fetch(item, folder) {
                Ok(_) => return Some(QUICK_CLASSIFIER),
                Err(error) => error.to_string(),
            }
        };
        output::warning(&format!(
            "stage 4 gets a classifier with random weights, and its colors will be no closer to the picture than without one: {why}"
        ));
        None
    }

    /// What the command line changes of a stage: a classifier is the affair of stage 4 alone.
    fn overrides(&self, stage: &str, classifier: Option<&str>) -> Overrides {
        let mut set = Vec::new();
        if let (Some(extractor), "04-fusion.toml") = (classifier, stage) {
            set.push(format!("fusion.extractor={extractor}"));
            set.push("fusion.weights=imagenet".to_owned());
            set.push("fusion.size=224".to_owned());
        }
        // Of two values for one key the last counts: what is set by hand.
        set.extend_from_slice(&self.set);
        Overrides {
            set,
            seeds: self.seed.clone(),
            ..self.training.overrides(self.quick)
        }
    }
}

/// Writes into `progress/`: an entry of the log where something was trained, and the pictures of the synthetic world, which
/// are the project's own.
fn record(made: &Made, prepared: &[Prepared], has_trained: bool) -> Result<Vec<PathBuf>> {
    let folder = Path::new("progress");
    let mut written = Vec::new();
    let is_synthetic = prepared.iter().all(|stage| stage.dataset.is_synthetic());
    if is_synthetic {
        let stages: Vec<&str> = STAGES
            .iter()
            .filter_map(|stage| stage.strip_suffix(".toml"))
            .collect();
        written.extend(made.write_progress(&stages, folder)?);
    }
    if has_trained {
        let log = folder.join("LOG.md");
        prepend(&log, &made.log_entry())?;
        written.push(log);
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::command_error::CommandError;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        reproduce: ReproduceArguments,
    }

    fn line(more: &[&str]) -> ReproduceArguments {
        Line::parse_from(["reproduce"].iter().chain(more)).reproduce
    }

    #[test]
    fn what_is_set_goes_before_what_an_extractor_brings_along() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
        let fusion = |more: &[&str]| {
            let asked = ["--quick", "--extractor", "efficientnet_lite0"];
            let line = line(&[&asked, more].concat());
            let path = folder.join("04-fusion.toml");
            let overrides = line.overrides("04-fusion.toml", line.extractor.as_deref());
            let experiment = resolve(&path, &overrides).unwrap().remove(0).experiment;
            (experiment.fusion.weights, experiment.fusion.size)
        };
        assert_eq!(fusion(&[]), ("imagenet".to_owned(), 224));
        let set = ["--set", "fusion.size=96", "--set", "fusion.weights=random"];
        assert_eq!(fusion(&set), ("random".to_owned(), 96));
    }

    #[test]
    fn small_stages_are_trained_side_by_side_unless_told_otherwise() {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let at_a_time = |more: &[&str]| usize::from(line(more).at_a_time(1000));
        assert_eq!(at_a_time(&["--quick"]), threads.min(1000));
        assert_eq!(line(&["--quick"]).at_a_time(1), 1);
        assert_eq!(line(&["--quick"]).at_a_time(0), 1, "nothing to do");
        for alone in [
            &[][..],
            &["--quick", "--tui"],
            &["--quick", "--device", "libtorch"],
        ] {
            assert_eq!(at_a_time(alone), 1, "{alone:?}");
        }
    }

    #[test]
    fn the_quick_classifier_is_fetched_once_or_done_without() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let never = |_: &Item, _: &Path| -> Result<Fetched> { panic!("nothing is to be fetched") };
        let fails = |_: &Item, _: &Path| Err(CommandError::failure("no network"));
        let works = |item: &Item, folder: &Path| {
            let path = item.path(folder);
            std::fs::write(&path, "weights").unwrap();
            Ok(Fetched {
                path,
                bytes: item.bytes,
                checksum: item.checksum,
                was_there: false,
            })
        };
        let quick = line(&["--quick"]);
        let offline = line(&["--quick", "--offline"]);
        assert_eq!(offline.classifier(folder, &never), None);
        assert_eq!(quick.classifier(folder, &fails), None);
        assert_eq!(quick.classifier(folder, &works), Some(QUICK_CLASSIFIER));
        assert_eq!(quick.classifier(folder, &never), Some(QUICK_CLASSIFIER));
        assert_eq!(offline.classifier(folder, &never), Some(QUICK_CLASSIFIER));
        // At full size the experiment names its classifier, and by hand anything can be set.
        assert_eq!(line(&[]).classifier(folder, &never), None);
        let by_hand = ["--quick", "--extractor", "resnet50"];
        assert_eq!(line(&by_hand).classifier(folder, &never), Some("resnet50"));
        for set in ["fusion.extractor=\"none\"", "fusion.weights = \"random\""] {
            let line = line(&["--quick", "--set", set]);
            assert_eq!(line.classifier(folder, &never), None, "{set}");
        }
    }
}
