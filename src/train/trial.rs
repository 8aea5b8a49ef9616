//! One trial: from the resolved experiment and its photographs to a run folder that is done.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use burn::optim::AdamConfig;
use burn::optim::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::tensor::Device;
use burn_train::{Interrupter, Learner, LearningResult, SupervisedTraining, TrainingStrategy};
use jiff::Timestamp;

use super::checkpoints::{PartCheckpointer, WhenAsked};
use super::colorizer::Colorizer;
use super::division::Division;
use super::fusing::{ExtractorWeights, Fusing, feature_rows};
use super::logger::{ParquetLogger, SharedLog};
use super::metrics::{HeldOut, NonFinite, Speed, TrainingLoss};
use super::progress::{Display, Progress};
use super::samples::Samples;
use super::schedule::{Cadence, Schedule};
use super::{LearningRateSchedule, Optimizer, Outcome, TrainError, TrainSection, Witness};
use crate::backend::{self, DeviceName};
use crate::batch::inspection::Selection;
use crate::batch::{self, FeatureRows, HeldOutLoader, Order, Pixels, TrainLoader};
use crate::evaluate::BatchNormStatistics;
use crate::experiment::{Experiment, Variant};
use crate::extractor::ExtractorError;
use crate::network::NormKind;
use crate::runs::{
    Checkpoint, CheckpointPart, CheckpointWriter, DatasetRecord, Environment, FORMAT, Identity,
    IdentityParts, Machine, MetricLog, MetricTable, RunError, RunFolder, RunLog, RunRecord,
    Session, Status, atomic, keys_and_values, read_whole_metrics,
};
use crate::{color, evaluate, extractor, network, photo};

/// The version of every room whose code can change a number.
const CODE: [(&str, u32); 7] = [
    ("batch", batch::VERSION),
    ("color", color::VERSION),
    ("evaluate", evaluate::VERSION),
    ("extractor", extractor::VERSION),
    ("network", network::VERSION),
    ("photo", photo::VERSION),
    ("train", super::VERSION),
];

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
    /// The folder of the cache, for feature vectors.
    pub cache: &'a Path,
    /// The manifest that names them, for the record.
    pub manifest: &'a Path,
    /// The folder of all runs.
    pub runs: &'a Path,
    /// How progress is shown.
    pub display: Display,
}

impl Trial<'_> {
    /// What this trial is: equal identity, equal numbers.
    pub fn identity(&self) -> Identity {
        Identity::of(&IdentityParts {
            experiment: self.experiment,
            seed: self.seed,
            dataset: &self.selection.content_hash().to_hex(),
            weights: self.weights.map(ExtractorWeights::identity),
            device_class: backend::device_class(&self.device),
            code: &CODE,
        })
    }

    /// What the progress calls it: `norm-and-scale norm=batch scale=8 s0`.
    fn label(&self) -> String {
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

    /// Trains it, or goes on where an earlier session stopped; `stop` asks it to stop after the step in hand.
    ///
    /// # Errors
    ///
    /// [`TrainError`]; what was done so far stays, and the next call goes on from the last checkpoint.
    pub fn run(&self, stop: &Interrupter) -> Result<Outcome, TrainError> {
        self.run_witnessed(stop, None)
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
        let identity = self.identity();
        let folder = self.folder();
        if is_done(&folder)? {
            return Ok(Outcome::AlreadyDone);
        }
        let divided = Division::of(self.selection, self.experiment)?;
        let device = backend::open(&self.device)?;
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
        let (checkpoint, damaged) = folder.latest_checkpoint()?;
        let done = checkpoint.map_or(0, |checkpoint| checkpoint.step);
        for error in &damaged {
            let instead = match done {
                0 => "there is none before, and the run begins anew".to_owned(),
                done => format!("falling back to the one before, of step {done}"),
            };
            self.warn(&diary, &format!("{error}; {instead}"));
        }
        if self.was_edited(&folder) {
            let path = folder.experiment();
            let text =
                "is not what the run was trained with: it was edited by hand, and is written anew";
            self.warn(&diary, &format!("`{}` {text}", path.display()));
        }
        atomic::write(&folder.experiment(), self.experiment.to_toml().as_bytes())?;

        let section = &self.experiment.train;
        let interval = seconds(section.flush_seconds);
        let metric_log = MetricLog::resume(&folder, done, interval)?;
        let steps = Checkpoint::steps(&folder.checkpoints())?;
        let before = read_whole_metrics(&folder, done, &steps)?;
        for step in unscored(&folder, &before) {
            let path = folder.image_scores(step);
            let text = "is missing: the image scores of this step are lost";
            self.warn(&diary, &format!("`{}` {text}", path.display()));
        }
        let checkpoints = Arc::new(CheckpointWriter::new(&folder.checkpoints(), done)?);
        // An error stops this training, and none that comes after it.
        let own = Interrupter::new();
        let log = SharedLog::new(
            metric_log,
            &before,
            section.retain.best_metric(),
            own.clone(),
        );

        let Some(features) = self.features(&divided, &device, &diary, stop)? else {
            return Ok(Outcome::Interrupted { step: done });
        };
        let model = Colorizer::new(self.experiment, self.seed, &device);
        let mut record = self.begin(&folder, &identity, &divided, done, model.parameter_count())?;
        diary.line(&format!(
            "{} after step {done} of {} on {}, {} training and {} held-out images",
            if done == 0 { "beginning" } else { "going on" },
            section.steps,
            self.device,
            divided.train.len(),
            divided.held_out.len(),
        ));
        if let Some(warning) = other_threads(&self.device, &record.sessions) {
            diary.line(&warning);
        }
        let non_finite = NonFinite::default();
        let result = self.launch(
            &folder,
            &divided,
            features,
            model,
            done,
            &log,
            &diary,
            &checkpoints,
            &non_finite,
            witness,
            &own,
            stop,
        );
        let ended = self.judge(checkpoints.committed(), result, &log, &non_finite);
        if matches!(ended, Ok(Outcome::Interrupted { .. })) && own.should_stop() {
            // The dashboard was told to stop, and that means all.
            stop.stop(Some("asked for"));
        }
        end(&folder, &mut record, checkpoints.committed(), &ended)?;
        match &ended {
            Ok(outcome) => diary.line(&format!("{outcome:?}")),
            Err(error) => diary.line(&format!("failed: {error}")),
        }
        ended
    }

    /// Says something in the diary, and to a person who watches.
    fn warn(&self, diary: &RunLog, text: &str) {
        diary.line(text);
        self.display.warn(&self.label(), text);
    }

    /// Whether the resolved experiment in the folder says something else of a key that counts.
    fn was_edited(&self, folder: &RunFolder) -> bool {
        let path = folder.experiment();
        let Ok(text) = std::fs::read_to_string(&path) else {
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

    /// The feature vectors of training and held-out images, empty ones without fusion; `None` when a stop was asked for
    /// meanwhile. The extractor is gone from memory when they are there.
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
            &|done| progress.set_position(done as u64),
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
            "{} feature vectors computed and {} known, in {:.1} s",
            found.computed,
            found.known,
            begun.elapsed().as_secs_f64()
        ));
        Ok(Some(found.rows))
    }

    /// Writes `run.json` for a session that begins.
    fn begin(
        &self,
        folder: &RunFolder,
        identity: &Identity,
        divided: &Division,
        done: usize,
        parameters: usize,
    ) -> Result<RunRecord, TrainError> {
        let mut sessions = folder
            .record()?
            .map_or_else(Vec::new, |record| record.sessions);
        let observed = Environment::observe();
        observed.keep(folder)?;
        sessions.push(Session {
            started: Timestamp::now(),
            ended: None,
            from_step: done,
            process: std::process::id(),
            threads: Some(backend::threads(&self.device)),
            environment: observed.environment,
        });
        let libraries = backend::libraries();
        let record = RunRecord {
            format: FORMAT,
            experiment: self.experiment.name.clone(),
            title: self.experiment.title.clone(),
            seed: self.seed,
            identity: identity.to_string(),
            configuration: identity.configuration().to_owned(),
            variant: self.variant.clone(),
            status: Status::Running,
            error: None,
            step: done,
            steps: self.experiment.train.steps,
            device: self.device.to_string(),
            device_class: backend::device_class(&self.device).to_owned(),
            code: CODE
                .map(|(room, version)| (room.to_owned(), version))
                .into(),
            libraries: libraries
                .into_iter()
                .map(|(name, version)| (name.to_owned(), version))
                .collect(),
            dataset: DatasetRecord {
                manifest: self.manifest.display().to_string(),
                content_hash: self.selection.content_hash().to_hex().to_string(),
                train: divided.train.len(),
                validation: divided.held_out_in_all,
                colorless: self.selection.colorless.clone(),
                broken: self
                    .selection
                    .broken
                    .iter()
                    .cloned()
                    .collect::<BTreeMap<_, _>>(),
                missing: self.selection.missing.clone(),
            },
            weights: self.weights.map(|weights| weights.record(self.cache)),
            parameters,
            sessions,
        };
        folder.write_record(&record)?;
        Ok(record)
    }

    /// Hands everything to burn-train.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one trial, put together once"
    )]
    fn launch(
        &self,
        folder: &RunFolder,
        divided: &Division,
        features: [FeatureRows; 2],
        model: Colorizer,
        done: usize,
        log: &SharedLog,
        diary: &Arc<RunLog>,
        checkpoints: &Arc<CheckpointWriter>,
        non_finite: &NonFinite,
        witness: Option<Arc<Witness>>,
        own: &Interrupter,
        stop: &Interrupter,
    ) -> Result<LearningResult<Colorizer>, TrainError> {
        let experiment = self.experiment;
        let section = &experiment.train;
        let (size, resize) = (experiment.image.size, experiment.image.resize);
        let budget = Machine::observe().memory_bytes as usize / 4;
        let [of_train, of_held_out] = features;
        let train = Pixels::new(divided.train.clone(), size, resize, budget);
        let held_out = Pixels::new(divided.held_out.clone(), size, resize, budget);
        let train = train.with_features(of_train);
        let held_out = held_out.with_features(of_held_out);
        let (train, held_out) = (Arc::new(train), Arc::new(held_out));
        let order = Order::new(divided.train.len(), section.batch_size, self.seed);
        let samples = self.samples(divided, &held_out)?;

        let part = |part| PartCheckpointer {
            writer: Arc::clone(checkpoints),
            checkpoints: folder.checkpoints(),
            part,
            witness: witness.clone(),
        };
        let needs_statistics = experiment.network.norm == NormKind::Batch
            && experiment.evaluate.batch_norm == BatchNormStatistics::Recomputed;
        let statistics = needs_statistics.then(|| {
            let batches = experiment.evaluate.batch_norm_batches;
            TrainLoader::new(Arc::clone(&train), order.clone(), 0, batches)
        });
        let schedule = Schedule {
            cadence: Cadence::of(section),
            done,
            device: self.device,
            system_every: seconds(section.system_every_seconds),
            folder: folder.clone(),
            log: log.clone(),
            diary: Arc::clone(diary),
            checkpoints: Arc::clone(checkpoints),
            retain: section.retain.clone(),
            witness: witness.clone(),
            samples,
            held_out: divided.held_out.clone(),
            statistics,
            non_finite: non_finite.clone(),
            asked: stop.clone(),
        };
        let label = self.label();
        let mut training = SupervisedTraining::<Colorizer>::new(
            folder.path(),
            Arc::new(TrainLoader::new(train, order, done, section.steps)),
            Arc::new(HeldOutLoader::new(held_out, experiment.evaluate.batch_size)),
        )
        .with_application_logger(None)
        .with_interrupter(own.clone())
        .with_metric_logger(ParquetLogger::new(log.clone(), done))
        .with_custom_checkpointers(
            part(CheckpointPart::Model),
            part(CheckpointPart::Optimizer),
            part(CheckpointPart::Scheduler),
        )
        .with_checkpointing_strategy(WhenAsked)
        .metric_train_numeric(TrainingLoss::new(non_finite.clone(), own.clone()))
        .metric_train_numeric(Speed::default())
        .num_epochs(section.steps.div_ceil(section.evaluate_every))
        .with_training_strategy(TrainingStrategy::Custom(Arc::new(schedule)))
        .label(&label);
        for metric in evaluate::Metric::ALL {
            training = training.metric_valid_numeric(HeldOut::new(metric));
        }
        if self.display != Display::Dashboard {
            let progress = Progress::new(&label, done, section.steps, self.display);
            training = training.renderer(Box::new(progress));
        }
        if done > 0 {
            training = training.checkpoint(done);
        }
        Ok(training.launch(learner(model, section)))
    }

    fn samples(&self, divided: &Division, held_out: &Pixels) -> Result<Samples, TrainError> {
        let count = self.experiment.evaluate.samples.min(divided.held_out.len());
        let batch = held_out.batch((0..count).collect())?;
        let provenance = vec![
            ("experiment", self.experiment.name.clone()),
            ("run", self.identity().to_string()),
            ("colorize", env!("CARGO_PKG_VERSION").to_owned()),
        ];
        Ok(Samples::new(
            batch,
            divided.held_out[..count].to_vec(),
            self.experiment.color.clone(),
            provenance,
        ))
    }

    /// What came of it; `checkpoint` is the last step that a checkpoint keeps.
    fn judge(
        &self,
        checkpoint: usize,
        result: Result<LearningResult<Colorizer>, TrainError>,
        log: &SharedLog,
        non_finite: &NonFinite,
    ) -> Result<Outcome, TrainError> {
        let result = result?;
        if let Some(error) = log.take_failure() {
            return Err(error.into());
        }
        if let Some(step) = non_finite.step() {
            return Err(TrainError::NonFinite { step, checkpoint });
        }
        if let Some(error) = result.error {
            let reason = error.to_string();
            return Err(TrainError::Training { reason, checkpoint });
        }
        if checkpoint == self.experiment.train.steps {
            return Ok(Outcome::Done);
        }
        Ok(Outcome::Interrupted { step: checkpoint })
    }
}

/// Writes `run.json` for a session that ends after the checkpoint of `step`.
fn end(
    folder: &RunFolder,
    record: &mut RunRecord,
    step: usize,
    ended: &Result<Outcome, TrainError>,
) -> Result<(), TrainError> {
    record.step = step;
    record.status = match ended {
        Ok(Outcome::Done | Outcome::AlreadyDone) => Status::Done,
        Ok(Outcome::Interrupted { .. }) => Status::Interrupted,
        Err(_) => Status::Failed,
    };
    record.error = ended.as_ref().err().map(ToString::to_string);
    if let Some(session) = record.sessions.last_mut() {
        session.ended = Some(Timestamp::now());
    }
    let written = folder.write_record(record);
    match ended {
        // The error that ended the run says more than that of its obituary.
        Err(_) => Ok(()),
        Ok(_) => Ok(written?),
    }
}

/// As long as can be told where it is longer than that.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

/// What to say of a run whose sessions computed with different numbers of threads, where that changes bits.
fn other_threads(device: &DeviceName, sessions: &[Session]) -> Option<String> {
    let (now, before) = sessions.split_last()?;
    let now = now.threads?;
    let other = before
        .iter()
        .rev()
        .filter_map(|session| session.threads)
        .find(|&threads| threads != now)?;
    backend::depends_on_threads(device).then(|| {
        format!("with {now} threads, and {other} before: on {device} the last bits depend on it")
    })
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

fn learner(model: Colorizer, section: &TrainSection) -> Learner<Colorizer> {
    match section.optimizer {
        Optimizer::Adam {
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
        } => {
            let adam = AdamConfig::new()
                .with_beta_1(beta_1 as f32)
                .with_beta_2(beta_2 as f32)
                .with_epsilon(epsilon as f32);
            match section.schedule {
                LearningRateSchedule::Constant => Learner::new(model, adam.init(), learning_rate),
                LearningRateSchedule::Cosine => {
                    let cosine =
                        CosineAnnealingLrSchedulerConfig::new(learning_rate, section.steps)
                            .init()
                            .expect("a judged experiment has a rate of at most 1, and steps");
                    Learner::new(model, adam.init(), cosine)
                }
            }
        }
    }
}
