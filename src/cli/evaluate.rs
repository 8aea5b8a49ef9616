//! `colorize evaluate`: score a trained run on photographs.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use super::output;
use super::run_choice::RunChoice;
use crate::backend::device_class;
use crate::command_error::{Context, Result};
use crate::dataset::inspection::Selection;
use crate::dataset::{Cache, DatasetSection, Split, split_of};
use crate::evaluate::Metric;
use crate::experiment::Experiment;
use crate::experiment::section::Manifests;
use crate::perceptual::{Judges, PerceptualWeights};
use crate::report::{Scores, Summary};
use crate::runs::{RunRecord, read_image_scores, write_image_scores_to};
use crate::train::{BASELINE_CODE, Division};
use crate::trained::{Known, TrainedRun};
use crate::work::photographs::select_photographs;
use crate::work::prepare::{bar, score_baselines, utf8_path};

/// How many photographs are named.
const NAMED: usize = 10;

/// Arguments of `colorize evaluate`.
#[derive(Debug, Args)]
pub(super) struct EvaluateArguments {
    #[command(flatten)]
    choice: RunChoice,
    /// Dataset manifest; defaults to the run's own, with the run's categories; several make one dataset
    #[arg(long, value_name = "MANIFEST", value_parser = utf8_path())]
    dataset: Vec<PathBuf>,
    /// With `--dataset`: keep only images that show this category; repeatable
    #[arg(long, value_name = "NAME", requires = "dataset")]
    category: Vec<String>,
    /// Which images to score: those that the run's split holds out, or all
    #[arg(long, value_enum, default_value_t = Which::Validation)]
    split: Which,
    /// Also measure a metric that needs the weights of a network, as `evaluate.metrics` does; repeatable
    #[arg(long, value_name = "NAME", value_parser = on_request())]
    metric: Vec<Metric>,
    /// Also show the baselines that say what the best possible answers score
    #[arg(long)]
    baselines: bool,
}

/// A metric that is measured on request, by its name.
fn on_request() -> impl TypedValueParser<Value = Metric> {
    let names = PossibleValuesParser::new(Metric::ON_REQUEST.map(Metric::name));
    names.try_map(|name| Metric::from_name(&name).ok_or("no such metric"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// Images that the run never saw
    Validation,
    /// Every image, for a dataset that the run was not trained on
    All,
}

/// Scores the run and the baselines, and writes a table with one row per image into the run's folder.
pub(super) fn run(arguments: &EvaluateArguments) -> Result<()> {
    let cache = Cache::of_user()?;
    let trained = arguments.choice.open(&cache)?;
    let judges = judges(&trained, &arguments.metric, &cache)?;
    let summary = Summary::read(&trained.folder)?;
    let mut experiment = trained.experiment.clone();
    let is_other = !arguments.dataset.is_empty();
    let manifests = if is_other {
        experiment.dataset = DatasetSection {
            categories: arguments.category.clone(),
            exclude: Vec::new(),
            ..experiment.dataset
        };
        let paths = arguments.dataset.iter();
        Manifests::new(paths.map(|path| path.to_string_lossy().into_owned()))
    } else {
        trained.record.dataset.manifest.clone()
    };
    let (dataset, selection) = select_photographs(&manifests, &experiment.dataset, &cache)?;
    let dataset = dataset.name();
    let known = known(&trained, &selection, is_other, &cache)?;
    let side = |content: &blake3::Hash| known.as_ref()?.side(content);
    let divided = match arguments.split {
        Which::Validation => {
            Division::known_to(&selection, &experiment, &side).with_context(|| {
                let images = selection.images.iter();
                let trained =
                    images.filter(|image| side(&image.content_hash) == Some(Split::Train));
                format!(
                    "the run was trained on {} of these photographs",
                    trained.count()
                )
            })?
        }
        Which::All => Division::everything(&selection),
    };
    let hash = selection.content_hash().to_hex();
    let overlap = Overlap::of(&selection, &experiment, &side);

    let runs = &arguments.choice.runs;
    let judged = match arguments.split {
        Which::Validation => overlap.judged(&hash, &divided),
        Which::All => hash.to_string(),
    };
    let path = score_baselines(&experiment, &dataset, &divided, &judged, runs, &cache)?;

    let scoring = bar("scoring the run on", &dataset);
    scoring.set_length(divided.held_out.len());
    let table = trained.score(&divided.held_out, judges.as_ref(), &|done| {
        scoring.set_position(done);
    })?;
    scoring.finish_and_clear();
    let decode = arguments.choice.decode;
    let name = format!(
        "evaluations/{dataset}-{}-{}-{}-step-{:06}{}.parquet",
        divided.split,
        &hash[..10],
        device_class(&arguments.choice.device).replace(':', "-"),
        trained.step,
        decode.map_or_else(String::new, |decode| format!("-{decode}")),
    );
    let written = trained.folder.path().join(name);
    write_image_scores_to(&written, &table)?;

    let mut label = format!("{} at step {}", summary.label(), trained.step);
    if let Some(decode) = decode {
        let _ = write!(label, ", decoded by {decode}");
    }
    let scores = Scores::new(label, read_image_scores(&written)?);
    let on_request = Metric::ON_REQUEST.map(|metric| {
        let total = table.totals.iter().find(|(name, _)| *name == metric.name());
        let value = total.map(|&(_, value)| value);
        (metric, value.or_else(|| scores.value(metric)))
    });
    let mut rows = vec![scores];
    rows.extend(Scores::of_baseline_file(&path).context("cannot read the baselines")?);
    output::scores(&[(dataset, rows)], arguments.baselines);
    output::line("");
    for (metric, value) in on_request {
        if let Some(value) = value {
            let (title, digits) = (metric.title(), metric.digits());
            output::line(&format!("{title}: {value:.digits$} (lower is better)"));
        }
    }
    for line in overlap.said(known.is_some(), arguments.split, &divided, &trained.record) {
        output::line(&line);
    }
    output::line(&format!("One row per image: {}", written.display()));
    // The baselines' code is named so that whoever compares two tables can tell whether they are of one kind.
    let code: Vec<String> = BASELINE_CODE
        .iter()
        .map(|(room, version)| format!("{room} {version}"))
        .collect();
    output::line(&format!("Protocol: {}", code.join(", ")));
    Ok(())
}

/// The networks of the metrics that were asked for, here or by the run's experiment. Of the latter, those whose weights are
/// not here are left out, with a message that says how to get them.
fn judges(trained: &TrainedRun, asked: &[Metric], cache: &Cache) -> Result<Option<Judges>> {
    let mut metrics = asked.to_vec();
    for metric in trained.experiment.evaluate.on_request() {
        match PerceptualWeights::of_metrics(&[metric], &cache.folder) {
            Ok(_) => metrics.push(metric),
            // What was asked for here is an error below.
            Err(error) if !asked.contains(&metric) => {
                output::note(&format!("`{}` is left out: {error}", metric.name()));
            }
            Err(_) => {}
        }
    }
    let weights = PerceptualWeights::of_metrics(&metrics, &cache.folder)?;
    Ok(trained.judges(&weights)?)
}

/// The photographs that the run knows: as its folder says or, where an older program trained it, as the dataset says that
/// it was trained on, if that is still what it was.
fn known(
    trained: &TrainedRun,
    selection: &Selection,
    is_other: bool,
    cache: &Cache,
) -> Result<Option<Known>> {
    if let Some(known) = trained.known()? {
        return Ok(Some(known));
    }
    if let Some(known) = trained.recall(selection)? {
        return Ok(Some(known));
    }
    let own = &trained.record.dataset.manifest;
    if !is_other || !own.names().iter().all(|it| Path::new(it).is_file()) {
        return Ok(None);
    }
    match select_photographs(own, &trained.experiment.dataset, cache) {
        Ok((_, own)) => Ok(trained.recall(&own)?),
        Err(error) => {
            output::note(&format!(
                "the dataset that the run was trained on is missing or has changed: {error}"
            ));
            Ok(None)
        }
    }
}

/// Where the ids of the photographs say something else than the run knows, or nothing is known.
struct Overlap {
    /// File names of photographs that the run was trained on.
    trained_on: Vec<String>,
    /// Those of them that the split holds out by id.
    left_out: Vec<String>,
    /// How many the run held out that the split would train on by id.
    let_in: usize,
}

impl Overlap {
    fn of(
        selection: &Selection,
        experiment: &Experiment,
        side: &dyn Fn(&blake3::Hash) -> Option<Split>,
    ) -> Self {
        let mut overlap = Self {
            trained_on: Vec::new(),
            left_out: Vec::new(),
            let_in: 0,
        };
        for image in &selection.images {
            let name = || image.file_name.clone();
            let by_id = split_of(image.id, &experiment.dataset.split);
            match (side(&image.content_hash), by_id) {
                (Some(Split::Train), by_id) => {
                    overlap.trained_on.push(name());
                    if by_id == Split::Validation {
                        overlap.left_out.push(name());
                    }
                }
                (Some(Split::Validation), Split::Train) => overlap.let_in += 1,
                _ => {}
            }
        }
        overlap
    }

    /// What the baselines on these photographs are known by: where the ids alone divide them, the same for every run.
    fn judged(&self, content_hash: &str, divided: &Division) -> String {
        if self.left_out.is_empty() && self.let_in == 0 {
            return content_hash.to_owned();
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(content_hash.as_bytes());
        for photographs in [&divided.train, &divided.held_out] {
            hasher.update(&(photographs.len() as u64).to_le_bytes());
            for photograph in photographs {
                hasher.update(&photograph.id.to_le_bytes());
            }
        }
        hasher.finalize().to_hex().to_string()
    }

    /// What the user has to know about it.
    fn said(
        &self,
        is_known: bool,
        which: Which,
        divided: &Division,
        record: &RunRecord,
    ) -> Vec<String> {
        if !is_known {
            return vec![format!(
                "It is not recorded which photographs the run was trained on, and `{}` is missing or has changed: some of these may be among them.",
                record.dataset.manifest
            )];
        }
        let mut said = Vec::new();
        match which {
            Which::All if self.trained_on.is_empty() => {
                said.push("The run was trained on none of these photographs.".to_owned());
            }
            Which::All => said.push(format!(
                "The run was trained on {} of these {} photographs, so their scores are not held-out scores: {}",
                self.trained_on.len(),
                divided.held_out.len(),
                some_of(&self.trained_on)
            )),
            Which::Validation => {
                if !self.left_out.is_empty() {
                    said.push(format!(
                        "Left out: {} photographs that the split holds out by id but that the run was trained on: {}",
                        self.left_out.len(),
                        some_of(&self.left_out)
                    ));
                }
                if self.let_in > 0 {
                    said.push(format!(
                        "Held out: {} photographs that the split would train on by id but that the run held out.",
                        self.let_in
                    ));
                }
            }
        }
        said
    }
}

/// The first few names.
fn some_of(names: &[String]) -> String {
    let mut some = names[..names.len().min(NAMED)].join(", ");
    if names.len() > NAMED {
        some.push_str(", …");
    }
    some
}
