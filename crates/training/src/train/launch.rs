//! The parts of a trial, assembled and handed to burn-train.

use std::sync::Arc;

use burn_train::{Interrupter, Learner, LearningResult, SupervisedTraining, TrainingStrategy};

use super::checkpoints::{PartCheckpointer, WhenAsked};
use super::colorizer::Colorizer;
use super::division::Division;
use super::logger::{ParquetLogger, SharedLog};
use super::metrics::{
    ClassificationLoss, DataWait, Guard, HeldOut, Mean, NonFinite, Speed, TrainingLoss,
};
use super::optimizer::optimizer;
use super::progress::{Display, Progress};
use super::rate::Rate;
use super::samples::Samples;
use super::schedule::{Cadence, Schedule};
use super::shortage::ShortageCell;
use super::trial::seconds;
use super::{TrainError, TrainSection, Trial, Witness};
use crate::batch::{Augment, FeatureRows, HeldOutLoader, Order, Pixels, TrainLoader};
use crate::dataset::{Photograph, Square, Squares};
use crate::evaluate::{self, BatchNormStatistics};
use crate::network::NormKind;
use crate::perceptual::Judges;
use crate::runs::{CheckpointPart, CheckpointWriter, Machine, RunFolder, RunLog};

impl Trial<'_> {
    /// Hands everything to burn-train.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one trial, put together once"
    )]
    pub(super) fn launch(
        &self,
        folder: &RunFolder,
        divided: &Division,
        features: [FeatureRows; 2],
        model: Colorizer,
        judges: Option<Judges>,
        done: usize,
        log: &SharedLog,
        diary: &Arc<RunLog>,
        checkpoints: &Arc<CheckpointWriter>,
        non_finite: &NonFinite,
        shortage: &ShortageCell,
        witness: Option<Arc<Witness>>,
        own: &Interrupter,
        stop: &Interrupter,
        pause: Option<usize>,
    ) -> Result<LearningResult<Colorizer>, TrainError> {
        let experiment = self.experiment;
        let section = &experiment.train;
        let [of_train, of_held_out] = features;
        let [train, held_out] = self.pixels(divided, diary);
        let labels = model.labels.as_ref();
        let categories = labels.map_or_else(Vec::new, |labels| labels.categories.clone());
        let train = Arc::new(train.with_features(of_train).with_labels(categories));
        let held_out = Arc::new(held_out.with_features(of_held_out));
        let batches_of = |images| Order::new(divided.train.len(), images, self.seed);
        let samples = self.samples(divided, &held_out)?;
        // A checkpoint keeps what was fitted.
        let model = match done {
            0 => model.fit(&train, |said| diary.line(said))?,
            _ => model,
        };

        let augment = Augment::new(&experiment.augment, experiment.image.size, self.seed);
        let part = |part| PartCheckpointer {
            writer: Arc::clone(checkpoints),
            checkpoints: folder.checkpoints(),
            part,
            witness: witness.clone(),
        };
        let has_statistics = experiment.network.norm() == Some(NormKind::Batch);
        let needs_statistics =
            has_statistics && experiment.evaluate.batch_norm == BatchNormStatistics::Recomputed;
        let statistics = needs_statistics.then(|| {
            let batches = experiment.evaluate.batch_norm_batches;
            // They are one pass each, and not one step.
            let order = batches_of(section.batch_size);
            let loader = TrainLoader::new(Arc::clone(&train), order, 0, batches);
            loader.with_augment(augment.clone())
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
            stop_early: section.stop_early.clone(),
            witness: witness.clone(),
            samples,
            held_out: divided.held_out.clone(),
            statistics,
            keeps_running: has_statistics && !needs_statistics,
            judges,
            non_finite: non_finite.clone(),
            shortage: Arc::clone(shortage),
            passes: [section.batch_size, section.accumulate],
            asked: stop.clone(),
            pause,
        };
        let guard = Guard::new(non_finite.clone(), own.clone());
        let label = self.label();
        let mut training = SupervisedTraining::<Colorizer>::new(
            folder.path(),
            Arc::new(
                TrainLoader::new(
                    train,
                    batches_of(section.images_per_step()),
                    done,
                    section.steps,
                )
                .with_augment(augment),
            ),
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
        .metric_train_numeric(Mean::of(TrainingLoss(guard.clone())))
        .metric_train_numeric(Mean::of(Speed))
        .metric_train_numeric(Mean::of(DataWait))
        .num_epochs(section.steps.div_ceil(section.evaluate_every))
        .with_training_strategy(TrainingStrategy::Custom(Arc::new(schedule)))
        .label(&label);
        if model.labels.is_some() {
            training = training.metric_train_numeric(Mean::of(ClassificationLoss(guard)));
        }
        let measured = evaluate::Metric::ALL
            .into_iter()
            .filter(|&metric| metric.is_per_image() && experiment.evaluate.measures(metric));
        for metric in measured {
            training = training.metric_valid_numeric(Mean::of(HeldOut(metric)));
        }
        if self.display != Display::Dashboard {
            let progress = Progress::new(&label, done, section.steps, self.display);
            training = training.renderer(Box::new(progress));
        }
        if done > 0 {
            training = training.checkpoint(done);
        }
        Ok(training.launch(learner(model, section, done)))
    }

    /// The photographs to learn from and those to be judged by, which share one budget of memory and the squares on disk,
    /// where the experiment allows them.
    fn pixels(&self, divided: &Division, diary: &Arc<RunLog>) -> [Pixels; 2] {
        let image = &self.experiment.image;
        let budget = (Machine::observe().memory_bytes as f64 * image.cache_memory) as usize;
        let held_out_bytes = divided.held_out.len() * image.bytes();
        // Those that are looked at again and again come first, but do not crowd out the others.
        let of_held_out = held_out_bytes.min(budget / 2);
        let open = |square: Square| {
            if !image.cache_disk {
                return None;
            }
            let photographs = divided.train.iter().chain(&divided.held_out);
            let (diary, display, label) = (Arc::clone(diary), self.display, self.label());
            let squares = Squares::open(self.cache, photographs, square, move |trouble| {
                diary.line(trouble);
                display.warn(&label, trouble);
            });
            squares.map(Arc::new)
        };
        let seen = Square::from(image);
        let decoded = self.experiment.augment.decoded_side(seen.size);
        let decoded = Square {
            size: decoded,
            ..seen
        };
        let of_seen = open(seen);
        let of_decoded = if decoded == seen {
            of_seen.clone()
        } else {
            open(decoded)
        };
        let pixels = |photographs: &[Photograph], square, budget, squares| {
            Pixels::new(photographs.to_vec(), square, budget).with_squares(squares)
        };
        [
            pixels(&divided.train, decoded, budget - of_held_out, of_decoded),
            pixels(&divided.held_out, seen, of_held_out, of_seen),
        ]
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
}

/// The model with the optimizer and the schedule of its experiment, before the first step after `done`.
pub(super) fn learner(model: Colorizer, section: &TrainSection, done: usize) -> Learner<Colorizer> {
    Learner::new(
        model.after(done),
        optimizer(&section.optimizer),
        Rate::after(done, section),
    )
}
