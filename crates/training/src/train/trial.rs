//! One trial: from the resolved experiment and its photographs to a run folder that is done.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use burn::tensor::Device;
use burn_train::Interrupter;
use colorize_base::{MOST_TEXT, read_text};

use super::colorizer::Colorizer;
use super::division::Division;
use super::fusing::{ExtractorWeights, Fusing, feature_rows};
use super::logger::SharedLog;
use super::metrics::NonFinite;
use super::progress::{Display, Progress};
use super::session::{end, other_threads};
use super::shortage::ShortageCell;
use super::{Outcome, Start, TrainError, Witness};
use crate::backend::{self, DeviceName};
use crate::batch::{self, FeatureRows};
use crate::color::Head;
use crate::dataset::inspection::Selection;
use crate::experiment::section::{NetworkSection, NormKind};
use crate::experiment::{Experiment, Variant};
use crate::extractor::{ExtractorError, ExtractorKind};
use crate::objective::Labels;
use crate::perceptual::{Judges, PerceptualLoss, PerceptualWeights};
use crate::runs::{
    Checkpoint, CheckpointWriter, Identity, IdentityParts, MetricLog, MetricTable, RunError,
    RunFolder, RunLog, Status, atomic, keys_and_values, read_whole_metrics,
};
use crate::{color, evaluate, extractor, network, photo};

/// The version of every module whose code can change a number of any run.
const CODE: [(&str, u32); 6] = [
    ("batch", batch::VERSION),
    ("color", color::VERSION),
    ("evaluate", evaluate::VERSION),
    ("network", network::VERSION),
    ("photo", photo::VERSION),
    ("train", super::VERSION),
];

/// What a run without a classifier says of the classifiers' version, which does not concern it: the number of when such runs
/// were first named, so that they keep their names.
const NO_EXTRACTOR: u32 = 1;

/// The versions that count for an experiment on a device: [`CODE`], that of the classifiers where it asks one, those of the
/// backend's own kernels where it has some, and that of the interpolation behind a network that answers at a quarter.
pub(super) fn code(experiment: &Experiment, device: &DeviceName) -> Vec<(&'static str, u32)> {
    let extractor = match experiment.fusion.extractor {
        ExtractorKind::None => NO_EXTRACTOR,
        _ => extractor::VERSION,
    };
    let kernels = backend::kernels_version(device).map(|version| ("kernels", version));
    let has_instance_norm = experiment.network.norm() == Some(NormKind::Instance);
    let instance_norm = backend::instance_norm_version(device)
        .filter(|_| has_instance_norm)
        .map(|version| ("instance_norm", version));
    let is_enlarged = matches!(experiment.network, NetworkSection::Zhang(_))
        && experiment.color.head != Head::Classes;
    let enlarged = is_enlarged.then_some(("enlarged", network::enlarged::VERSION));
    CODE.into_iter()
        .chain([("extractor", extractor)])
        .chain(kernels)
        .chain(instance_norm)
        .chain(enlarged)
        .collect()
}

/// An experiment with one of its seeds, on a device, with its photographs.
#[derive(Debug, Clone, Copy)]
pub struct Trial<'a> {
    /// What is trained.
    pub experiment: &'a Experiment,
    /// Where in the experiment's `[matrix]` it stands, for the record.
    pub variant: &'a Variant,
    /// Seed of the initial weights and of the order.
    pub seed: u64,
    /// Where it is computed.
    pub device: DeviceName,
    /// The photographs that can be used.
    pub selection: &'a Selection,
    /// The extractor's weights, for a run with fusion.
    pub weights: Option<&'a ExtractorWeights>,
    /// The weights of the networks that pictures are judged with, for a run with a perceptual loss or with metrics that are
    /// measured on request.
    pub perceptual: Option<&'a PerceptualWeights>,
    /// The folder of the cache, for feature vectors and decoded photographs.
    pub cache: &'a Path,
    /// The manifests that name them, for the record.
    pub manifests: &'a [PathBuf],
    /// Where the initial weights come from; `None` from scratch.
    pub from: Option<&'a Start>,
    /// The folder of all runs.
    pub runs: &'a Path,
    /// How progress is shown.
    pub display: Display,
}

impl Trial<'_> {
    /// What this trial is: equal identity, equal numbers.
    pub fn identity(&self) -> Identity {
        let labels = self.labels_hash();
        Identity::of(&IdentityParts {
            experiment: self.experiment,
            seed: self.seed,
            dataset: &self.selection.content_hash().to_hex(),
            labels: labels.as_deref(),
            weights: self.weights.map(ExtractorWeights::identity),
            perceptual_weights: self.perceptual.and_then(PerceptualWeights::loss_identity),
            from: self.from.map(|from| &from.origin),
            device_class: backend::device_class(&self.device),
            code: &code(self.experiment, &self.device),
        })
    }

    /// Hash over what the photographs show, where the network learns it.
    pub(super) fn labels_hash(&self) -> Option<String> {
        let learns = self.experiment.network.classification() > 0.0;
        learns.then(|| self.selection.labels_hash().to_hex().to_string())
    }

    /// What the network learns of the training photographs beside their colors, if it does.
    fn labels(&self, divided: &Division) -> Result<Option<Labels>, TrainError> {
        let weight = self.experiment.network.classification();
        let labels = Labels::of(self.experiment, divided.categories());
        if weight > 0.0 && labels.is_none() {
            return Err(TrainError::NoLabels { weight });
        }
        Ok(labels)
    }

    /// What the progress calls it: `norm-and-scale norm=batch scale=8 s0`.
    pub(super) fn label(&self) -> String {
        let Self {
            experiment,
            variant,
            seed,
            ..
        } = self;
        if variant.is_empty() {
            format!("{} s{seed}", experiment.name)
        } else {
            format!("{} {variant} s{seed}", experiment.name)
        }
    }

    /// Where it lies.
    pub fn folder(&self) -> RunFolder {
        RunFolder::of(self.runs, &self.experiment.name, &self.identity())
    }

    /// Trains it, or resumes where an earlier session stopped; `stop` asks it to stop after the current step.
    ///
    /// # Errors
    ///
    /// [`TrainError`]; what was done so far is kept, and the next call resumes from the last checkpoint.
    pub fn run(&self, stop: &Interrupter) -> Result<Outcome, TrainError> {
        self.run_witnessed(stop, None)
    }

    /// The same up to `step`, which gets a checkpoint: what comes after it is as if the training had never paused.
    ///
    /// # Errors
    ///
    /// As [`Self::run`].
    pub fn run_until(&self, stop: &Interrupter, step: usize) -> Result<Outcome, TrainError> {
        self.run_to(stop, None, Some(step))
    }

    /// The same, before a witness that is shown the state after every step.
    ///
    /// # Errors
    ///
    /// As [`Self::run`].
    pub fn run_witnessed(
        &self,
        stop: &Interrupter,
        witness: Option<Arc<Witness>>,
    ) -> Result<Outcome, TrainError> {
        self.run_to(stop, witness, None)
    }

    fn run_to(
        &self,
        stop: &Interrupter,
        witness: Option<Arc<Witness>>,
        pause: Option<usize>,
    ) -> Result<Outcome, TrainError> {
        if let (Some(written), None) = (self.experiment.train.source(), self.from) {
            return Err(TrainError::Start {
                written: written.to_owned(),
                reason: "it was not looked up".to_owned(),
            });
        }
        let identity = self.identity();
        let folder = self.folder();
        if is_done(&folder)? {
            return Ok(Outcome::AlreadyDone);
        }
        let divided = Division::of(self.selection, self.experiment)?;
        let labels = self.labels(&divided)?;
        let device = backend::open(&self.device)?;
        let section = &self.experiment.train;
        backend::computes(&self.device, section.precision)?;
        backend::set_cudnn(section.cudnn);
        let lock = folder.lock()?;
        if is_done(&folder)? {
            // Another process finished it while this one waited.
            return Ok(Outcome::AlreadyDone);
        }
        folder.clear_partial(&lock)?;
        let diary = Arc::new(RunLog::open(&folder.log())?);
        if let Some(dead) = lock.taken_from() {
            diary.line(&format!("taken over from {dead}, which died"));
        }
        let (checkpoint, damaged) =
            self.sound_checkpoint(&folder, &identity, labels.as_ref(), &device)?;
        let done = checkpoint.map_or(0, |checkpoint| checkpoint.step);
        for error in &damaged {
            let instead = match done {
                0 => "no earlier checkpoint exists: the run starts over".to_owned(),
                done => format!("falling back to the previous checkpoint, of step {done}"),
            };
            self.warn(&diary, &format!("{error}; {instead}"));
        }
        if pause.is_some_and(|pause| done >= pause) {
            return Ok(Outcome::Paused { step: done });
        }
        if self.was_edited(&folder) {
            let path = folder.experiment();
            let text =
                "is not what the run was trained with: it was edited by hand and will be rewritten";
            self.warn(&diary, &format!("`{}` {text}", path.display()));
        }
        atomic::write(&folder.experiment(), self.experiment.to_toml().as_bytes())?;

        let interval = seconds(section.flush_seconds);
        let metric_log = MetricLog::resume(&folder, done, interval)?;
        let steps = Checkpoint::steps(&folder.checkpoints())?;
        let before = read_whole_metrics(&folder, done, &steps)?;
        for step in unscored(&folder, &before) {
            let path = folder.image_scores(step);
            let text = "is missing: the per-image scores of this step are lost";
            self.warn(&diary, &format!("`{}` {text}", path.display()));
        }
        let checkpoints =
            CheckpointWriter::new(&folder.checkpoints(), &identity.to_string(), done)?;
        let checkpoints = Arc::new(checkpoints);
        // An error stops this training, and none that comes after it.
        let own = Interrupter::new();
        let log = SharedLog::new(
            metric_log,
            &before,
            [section.retain.best_metric(), section.stop_early.watched()]
                .into_iter()
                .flatten(),
            own.clone(),
        );

        let mut model =
            Colorizer::new(self.experiment, self.seed, &device).learning(labels, self.seed);
        // Before what takes long. A checkpoint keeps what became of them.
        if let (0, Some(from)) = (done, self.from) {
            let (started, said) = from.apply(model, section.from_partial, &device)?;
            model = started;
            if section.from_partial {
                self.warn(&diary, &said);
            } else {
                diary.line(&said);
            }
        }
        let Some(features) = self.features(&divided, &device, &diary, stop)? else {
            return Ok(Outcome::Interrupted { step: done });
        };
        let model = model.with_perceptual(self.perceptual_loss(&device)?);
        let judges = match self.perceptual {
            Some(weights) => Judges::load(weights, &device)?,
            None => None,
        };
        let mut record = self.begin(&folder, &identity, &divided, done, &model)?;
        diary.line(&format!(
            "{} after step {done} of {} on {}, {} training and {} held-out images",
            if done == 0 { "starting" } else { "resuming" },
            section.steps,
            self.device,
            divided.train.len(),
            divided.held_out.len(),
        ));
        let copies = self.selection.copies.len();
        if copies > 0 {
            diary.line(&format!(
                "{copies} photographs are copies of others and are left out; `run.json` lists them"
            ));
        }
        let session = record.sessions.last();
        if let Some(said) = session.and_then(|it| it.environment.git_refused.as_ref()) {
            let text = format!("the commit is not recorded, because git refused: {said}");
            self.warn(&diary, &text);
        }
        if let Some(warning) = other_threads(&self.device, &record.sessions) {
            diary.line(&warning);
        }
        let non_finite = NonFinite::default();
        let shortage = ShortageCell::default();
        let result = self.launch(
            &folder,
            &divided,
            features,
            model,
            judges,
            done,
            &log,
            &diary,
            &checkpoints,
            &non_finite,
            &shortage,
            witness,
            &own,
            stop,
            pause,
        );
        let ended = match self.judge(
            checkpoints.committed(),
            result,
            &log,
            &non_finite,
            &shortage,
        ) {
            Ok(Outcome::Interrupted { step }) if pause == Some(step) => {
                Ok(Outcome::Paused { step })
            }
            ended => ended,
        };
        if matches!(ended, Ok(Outcome::Interrupted { .. })) && own.should_stop() {
            // The dashboard was told to stop, and that means all.
            stop.stop(Some("asked for"));
        }
        if let Ok(Outcome::StoppedEarly { step, best }) = ended {
            record.stop_early(step, best, &section.stop_early);
        }
        end(&folder, &mut record, checkpoints.committed(), &ended)?;
        match &ended {
            Ok(outcome) => diary.line(&outcome.to_string()),
            Err(error) => diary.line(&format!("failed: {error}")),
        }
        ended
    }

    /// Writes something to the log, and tells a person who watches.
    fn warn(&self, diary: &RunLog, text: &str) {
        diary.line(text);
        self.display.warn(&self.label(), text);
    }

    /// Whether the resolved experiment in the folder says something else of a key that counts.
    fn was_edited(&self, folder: &RunFolder) -> bool {
        let path = folder.experiment();
        let Ok(text) = read_text(&path, MOST_TEXT) else {
            // A run that begins has none yet.
            return false;
        };
        let counting = |experiment: &Experiment| {
            let mut values = keys_and_values(experiment);
            values.retain(|key, _| Identity::counts(key));
            values
        };
        Experiment::from_toml(&text, &path).map_or(true, |written| {
            counting(&written) != counting(self.experiment)
        })
    }

    /// The perceptual part of the loss, where the experiment has one.
    fn perceptual_loss(&self, device: &Device) -> Result<Option<PerceptualLoss>, ExtractorError> {
        let section = &self.experiment.train.perceptual;
        let none = PerceptualWeights::default();
        let weights = self.perceptual.unwrap_or(&none);
        PerceptualLoss::load(section, weights, device)
    }

    /// The feature vectors of training and held-out images, empty ones without fusion; `None` when a stop was asked for
    /// meanwhile. The extractor has left memory by the time they exist.
    fn features(
        &self,
        divided: &Division,
        device: &Device,
        diary: &RunLog,
        stop: &Interrupter,
    ) -> Result<Option<[FeatureRows; 2]>, TrainError> {
        let Some(weights) = self.weights else {
            return Ok(Some([FeatureRows::default(), FeatureRows::default()]));
        };
        let fusing = Fusing {
            weights,
            device_name: self.device,
            device,
            cache: self.cache,
        };
        let begun = std::time::Instant::now();
        let groups = [divided.train.as_slice(), &divided.held_out];
        let all = groups.iter().map(|group| group.len()).sum();
        let progress = Progress::features(&self.experiment.name, all, self.display);
        let found = feature_rows(
            self.experiment,
            &fusing,
            groups,
            &|done| progress.set_position(done),
            &|| stop.should_stop(),
        );
        progress.finish_and_clear();
        let found = match found {
            Err(ExtractorError::Stopped { .. }) => return Ok(None),
            found => found?,
        };
        for warning in &found.warnings {
            diary.line(warning);
        }
        diary.line(&format!(
            "{} feature vectors computed and {} cached, in {:.1} s",
            found.computed,
            found.known,
            begun.elapsed().as_secs_f64()
        ));
        Ok(Some(found.rows))
    }
}

/// As long as can be told where it is longer than that.
pub(super) fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

fn is_done(folder: &RunFolder) -> Result<bool, RunError> {
    Ok(folder
        .record()?
        .is_some_and(|record| record.status == Status::Done))
}

/// The steps of evaluations whose table of image scores is not there.
fn unscored(folder: &RunFolder, log: &MetricTable) -> Vec<usize> {
    let evaluations = log.series("validation", evaluate::Metric::Loss.name());
    let steps = evaluations.iter().map(|&(step, _)| step);
    steps
        .filter(|&step| !folder.image_scores(step).is_file())
        .collect()
}
