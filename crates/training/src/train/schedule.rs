//! The training loop: burn-train's, but that evaluation, samples and checkpoints fall due at steps.
//!
//! What burn-train calls an epoch is here the stretch from one evaluation to the next. After step n, in this order:
//! held-out evaluation, the sample picture, the checkpoint; so whatever a checkpoint keeps has been written before it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use burn::data::dataloader::{DataLoader, Progress};
use burn::data::dataset::DatasetError;
use burn::module::Module;
use burn_train::metric::store::{Aggregate, EventStoreClient, Split};
use burn_train::{
    EventProcessorTraining, Interrupter, Learner, LearnerEvent, LearningCheckpointer,
    SupervisedLearningStrategy, SupervisedTrainingEventProcessor, TrainLoader, TrainingComponents,
    TrainingItem, ValidLoader,
};

use colorize_base::quietly;

use super::Colorizer;
use super::costs::Costs;
use super::logger::{HELD_OUT, SharedLog};
use super::metrics::NonFinite;
use super::samples::Samples;
use super::scores::image_scores;
use super::shortage::{Shortage, ShortageCell, fitting, try_pass};
use super::stepper::optimize;
use super::system::SystemSampler;
use super::witness::Witness;
use super::{StopEarly, TrainSection};
use crate::backend::{self, DeviceName};
use crate::batch::{Batch, TrainLoader as Batches};
use crate::dataset::Photograph;
use crate::evaluate::{ImageScore, Metric};
use crate::perceptual::{Judges, Judging};
use crate::runs::{
    Checkpoint, CheckpointWriter, Retention, RunError, RunFolder, RunLog, write_image_scores,
};

/// Steps after which something falls due.
#[derive(Debug, Clone)]
pub(super) struct Cadence {
    steps: usize,
    evaluate: usize,
    sample: usize,
    checkpoint: usize,
}

impl Cadence {
    /// As `[train]` says. The last step gets everything.
    pub(super) fn of(section: &TrainSection) -> Self {
        Self {
            steps: section.steps,
            evaluate: section.evaluate_every,
            sample: section.sample_every,
            checkpoint: section.checkpoint_every,
        }
    }

    fn is_due(&self, step: usize, every: usize) -> bool {
        step.is_multiple_of(every) || step == self.steps
    }
}

/// Everything the loop needs beside what burn-train hands it.
pub(super) struct Schedule {
    /// What falls due when.
    pub(super) cadence: Cadence,
    /// Steps that an earlier session did.
    pub(super) done: usize,
    /// Where it is computed.
    pub(super) device: DeviceName,
    /// Time between two samples of the machine's numbers.
    pub(super) system_every: Duration,
    /// Where everything is written.
    pub(super) folder: RunFolder,
    /// The run's numbers.
    pub(super) log: SharedLog,
    /// The run's text log.
    pub(super) diary: Arc<RunLog>,
    /// Puts checkpoints together.
    pub(super) checkpoints: Arc<CheckpointWriter>,
    /// Which of them stay.
    pub(super) retain: Retention,
    /// Whether the training ends before its last step.
    pub(super) stop_early: StopEarly,
    /// Who is shown the state after every step.
    pub(super) witness: Option<Arc<Witness>>,
    /// The held-out images that samples show.
    pub(super) samples: Samples,
    /// The held-out photographs, in the order of their loader.
    pub(super) held_out: Vec<Photograph>,
    /// Training batches by which batch norm's statistics are recomputed; `None` where the running ones are kept.
    pub(super) statistics: Option<Batches>,
    /// Whether batch norm's running ones are.
    pub(super) keeps_running: bool,
    /// The networks of metrics that are measured on request; `None` without any.
    pub(super) judges: Option<Judges>,
    /// Whether a loss was not finite.
    pub(super) non_finite: NonFinite,
    /// Whether a step did not fit into memory.
    pub(super) shortage: ShortageCell,
    /// Images in a pass, and passes in a step.
    pub(super) passes: [usize; 2],
    /// A stop that is asked for from outside; burn-train's own ends this training alone, as an error does.
    pub(super) asked: Interrupter,
    /// The step after which the training stops for now.
    pub(super) pause: Option<usize>,
}

type Processor = SupervisedTrainingEventProcessor<Colorizer>;

impl SupervisedLearningStrategy<Colorizer> for Schedule {
    fn fit(
        &self,
        components: TrainingComponents<Colorizer>,
        mut learner: Learner<Colorizer>,
        train: TrainLoader<Colorizer>,
        held_out: ValidLoader<Colorizer>,
        _starting_epoch: usize,
    ) -> (Colorizer, Processor) {
        let interrupter = components.interrupter;
        let mut processor = components.event_processor;
        let mut checkpointer = components.checkpointer;
        let store = components.event_store;
        let mut sampler = Some(SystemSampler::start(
            self.device,
            self.system_every,
            self.done + 1,
            &self.log,
            &self.diary,
        ));

        let mut batches = train.iter();
        // The stretch in hand: the step after which it began, and how many steps it has.
        let mut stretch: Option<(usize, usize)> = None;
        let mut last_end = Instant::now();
        let mut costs = Costs::start();
        // A process that died after the last checkpoint of a training that ended early has left nothing to do.
        let last = if self.ends_early() {
            self.done
        } else {
            self.cadence.steps
        };
        for step in self.done + 1..=last {
            if let Some(sampler) = &sampler {
                sampler.at(step);
            }
            let asked = Instant::now();
            let batch = match batches.next() {
                Some(Ok(batch)) => batch,
                Some(Err(error)) => {
                    interrupter.fail(error);
                    break;
                }
                None => break,
            };
            let waited = asked.elapsed().as_secs_f64();
            let epoch = (step - 1) / self.cadence.evaluate + 1;
            let (begun, length) = if let Some(stretch) = stretch {
                stretch
            } else {
                let begun = step - 1;
                let length = self.cadence.steps.min(epoch * self.cadence.evaluate) - begun;
                interrupter.fail_on_error(processor.process_train(LearnerEvent::StartSplit {
                    epoch_number: epoch,
                    total_items: length,
                }));
                *stretch.insert((begun, length))
            };

            let pass = || {
                self.allocate(step, self.passes[0].min(batch.len()));
                // The copy is for what to try where memory runs out.
                learner.train_step(batch.clone())
            };
            let passed = match try_pass(pass) {
                Ok(passed) => passed,
                Err(said) => {
                    Self::settle(&mut processor, &store, &interrupter);
                    sampler = None;
                    self.keep_before(step, &learner, checkpointer.as_mut(), &store);
                    self.note_shortage(step, said, &learner, &batch);
                    break;
                }
            };
            let mut item = optimize(&mut learner, passed);
            let now = Instant::now();
            item.seconds = now.duration_since(last_end).as_secs_f64();
            item.waited = waited;
            last_end = now;
            let at = progress(step - begun, length, "steps");
            let rate = Some(learner.lr_current());
            let item = TrainingItem::new(item, at, Some(step), rate);
            interrupter.fail_on_error(processor.process_train(LearnerEvent::ProcessedItem(item)));

            match self.show(step, &learner, checkpointer.as_mut(), &store) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    self.log.keep(Err(error));
                    break;
                }
            }

            // Whatever is due belongs to the step, so a stop waits for it: a run that goes on must not lack it.
            let evaluate = self.cadence.is_due(step, self.cadence.evaluate);
            let mut sample = self.cadence.is_due(step, self.cadence.sample);
            let mut is_last = step == self.cadence.steps;
            let mut checkpoint = self.cadence.is_due(step, self.cadence.checkpoint);
            if !(evaluate || sample || checkpoint || self.should_stop(step, &interrupter)) {
                continue;
            }
            Self::settle(&mut processor, &store, &interrupter);
            if self.has_failed(&interrupter) {
                break;
            }
            costs.end("training");
            backend::release_memory();
            if let Err(error) = self.recompute_statistics(&learner) {
                interrupter.fail(error);
                break;
            }
            if self.statistics.is_some() {
                backend::release_memory();
                costs.end("statistics");
            }
            if evaluate {
                interrupter.fail_on_error(processor.process_train(LearnerEvent::EndSplit(epoch)));
                stretch = None;
                self.evaluate(
                    step,
                    epoch,
                    &learner,
                    &held_out,
                    &mut processor,
                    &interrupter,
                );
                interrupter.fail_on_error(processor.process_train(LearnerEvent::EndEpoch(epoch)));
                Self::settle(&mut processor, &store, &interrupter);
                backend::release_memory();
                checkpoint |= self.retain.is_best(step, &self.best_metric());
                is_last |= self.ends_early();
                costs.end("evaluation");
            }
            sample |= is_last;
            if sample {
                let drawn = self
                    .samples
                    .draw(&learner.model().valid(), step, &self.folder);
                match drawn.map_err(anyhow::Error::downcast::<RunError>) {
                    Ok(()) => {}
                    // A run whose folder cannot be written stops, so that it lacks nothing when it goes on.
                    Err(Ok(error)) => self.log.keep(Err(error)),
                    Err(Err(error)) => self.diary.line(&format!("no sample picture: {error:#}")),
                }
                costs.end("samples");
            }
            // Asked once: a stop that comes later finds its checkpoint after the next step.
            let stopping = self.should_stop(step, &interrupter);
            let ending = stopping || is_last;
            if let Some(sampler) = sampler.as_ref().filter(|_| evaluate || ending) {
                sampler.sample();
            }
            if ending {
                // What it noted goes with the last checkpoint.
                sampler = None;
            }
            if (checkpoint || ending) && !self.has_failed(&interrupter) {
                self.checkpoint(step, &learner, checkpointer.as_mut(), &store);
                costs.end("checkpoint");
            }
            self.diary.line(&costs.line(step));
            backend::release_memory();
            last_end = Instant::now();
            if ending || self.has_failed(&interrupter) {
                break;
            }
        }
        if let Some((begun, _)) = stretch {
            let epoch = begun / self.cadence.evaluate + 1;
            interrupter.fail_on_error(processor.process_train(LearnerEvent::EndSplit(epoch)));
        }
        drop(sampler);
        Self::settle(&mut processor, &store, &interrupter);
        self.log.flush();
        (learner.model(), processor)
    }
}

impl Schedule {
    /// Waits until every event so far has reached the log: burn-train works on them on two threads of its own, and a
    /// question to the second is answered after all that was said before it.
    fn settle(processor: &mut Processor, store: &EventStoreClient, interrupter: &Interrupter) {
        interrupter.fail_on_error(processor.flush());
        store.find_metric(Metric::Loss.name(), 0, Aggregate::Mean, &Split::Train);
    }

    fn should_stop(&self, step: usize, interrupter: &Interrupter) -> bool {
        self.pause == Some(step) || interrupter.should_stop() || self.asked.should_stop()
    }

    /// Whether the training has to end here. After a row, a picture or a table that could not be written no checkpoint may
    /// come: a run that resumes from it would lack them.
    fn has_failed(&self, interrupter: &Interrupter) -> bool {
        interrupter.error().is_some() || self.non_finite.step().is_some() || self.log.has_failed()
    }

    /// The held-out numbers that tell the best checkpoint, as `(step, value)`.
    fn best_metric(&self) -> Vec<(usize, f64)> {
        self.log.watched(self.retain.best_metric())
    }

    /// Whether the training ends after the last evaluation.
    fn ends_early(&self) -> bool {
        let series = self.log.watched(self.stop_early.watched());
        self.stop_early.ends(&series).is_some()
    }

    /// Brings batch norm's statistics up to the weights at hand, where the experiment says so. What is evaluated, drawn
    /// and written down after this is one and the same network.
    fn recompute_statistics(&self, learner: &Learner<Colorizer>) -> Result<(), DatasetError> {
        let Some(loader) = &self.statistics else {
            return Ok(());
        };
        // One batch at a time: all of them together are as large as many steps.
        let mut failure = None;
        let batches = loader
            .iter()
            .map_while(|batch| batch.map_err(|error| failure = Some(error)).ok());
        learner.model().recompute_statistics(batches);
        failure.map_or(Ok(()), Err)
    }

    /// Scores every held-out image.
    fn evaluate(
        &self,
        step: usize,
        epoch: usize,
        learner: &Learner<Colorizer>,
        held_out: &ValidLoader<Colorizer>,
        processor: &mut Processor,
        interrupter: &Interrupter,
    ) {
        interrupter.fail_on_error(processor.process_valid(LearnerEvent::StartSplit {
            epoch_number: epoch,
            total_items: held_out.num_items(),
        }));
        let model = learner.model().valid();
        let mut judging = self.judges.as_ref().map(Judges::begin);
        let mut scores: Vec<(usize, ImageScore)> = Vec::with_capacity(held_out.num_items());
        for batch in held_out.iter() {
            let batch: Batch = match batch {
                Ok(batch) => batch,
                Err(error) => return interrupter.fail(error),
            };
            let positions = batch.positions.clone();
            let item = model.score(&batch, judging.as_mut());
            scores.extend(positions.into_iter().zip(item.scores.iter().copied()));
            let at = progress(scores.len(), held_out.num_items(), "images");
            let item = TrainingItem::new(item, at, Some(step), None);
            interrupter.fail_on_error(processor.process_valid(LearnerEvent::ProcessedItem(item)));
            // A stop asked for meanwhile waits: half an evaluation is none.
        }
        interrupter.fail_on_error(processor.process_valid(LearnerEvent::EndSplit(epoch)));
        let total = judging.and_then(Judging::total);
        if let Some((metric, value)) = total {
            self.log.push(step, HELD_OUT, metric.name(), value);
        }
        self.log.keep(write_image_scores(
            &self.folder,
            &image_scores(step, &scores, total, &self.held_out),
        ));
    }

    /// Writes into `run.json` how far the run has come.
    fn note_progress(&self, step: usize) -> Result<(), RunError> {
        let Some(mut record) = self.folder.record()? else {
            return Ok(());
        };
        record.step = step;
        self.folder.write_record(&record)
    }

    /// Ends the log's segment, then writes the checkpoint and waits for it: rows and weights go together.
    fn checkpoint(
        &self,
        step: usize,
        learner: &Learner<Colorizer>,
        checkpointer: Option<&mut LearningCheckpointer<Colorizer>>,
        store: &EventStoreClient,
    ) {
        let Some(checkpointer) = checkpointer else {
            return;
        };
        self.log.end_segment(step);
        if self.log.has_failed() {
            return;
        }
        checkpointer.checkpoint(learner, step, store);
        let written = self.checkpoints.wait(step);
        match written
            .and_then(|()| self.note_progress(step))
            .and_then(|()| self.tidy(step))
        {
            Ok(()) => self.diary.line(&format!("checkpoint at step {step}")),
            Err(error) => self.log.keep(Err(error)),
        }
    }

    /// Removes the checkpoints up to `step` that need not stay.
    fn tidy(&self, step: usize) -> Result<(), RunError> {
        // Those of later steps are damaged: the run did not go on from them, and comes to them again.
        let mut found = Checkpoint::list(&self.folder.checkpoints())?;
        found.retain(|checkpoint| checkpoint.step <= step);
        let steps: Vec<usize> = found.iter().map(|checkpoint| checkpoint.step).collect();
        let kept = self.retain.keep(&steps, &self.best_metric());
        found
            .iter()
            .filter(|checkpoint| !kept.contains(&checkpoint.step))
            .try_for_each(Checkpoint::remove)
    }

    /// A checkpoint of what came before a step that failed. There is none where running statistics count: the step has
    /// changed them, and a run that resumed from it would not be the same.
    fn keep_before(
        &self,
        step: usize,
        learner: &Learner<Colorizer>,
        checkpointer: Option<&mut LearningCheckpointer<Colorizer>>,
        store: &EventStoreClient,
    ) {
        let done = step - 1;
        if done <= self.checkpoints.committed() || self.keeps_running {
            return;
        }
        backend::release_memory();
        if let Ok(Ok(())) = quietly(|| self.recompute_statistics(learner)) {
            self.checkpoint(done, learner, checkpointer, store);
        }
    }

    /// What a witness has to say before a pass of so many images.
    fn allocate(&self, step: usize, images: usize) {
        if let Some(witness) = &self.witness {
            witness.allocate(step, images);
        }
    }

    /// Tries what would fit, and leaves it for the error that the run ends with.
    fn note_shortage(
        &self,
        step: usize,
        said: String,
        learner: &Learner<Colorizer>,
        batch: &Batch,
    ) {
        let [batch_size, accumulate] = self.passes;
        let pass = |batch: Batch| {
            self.allocate(step, batch.len());
            drop(learner.train_step(batch));
        };
        let fits = fitting(batch, batch_size, pass);
        // A second one would be of the same step.
        let _ = self.shortage.set(Shortage {
            step,
            batch_size,
            accumulate,
            fits,
            said,
        });
    }

    /// Shows the state after `step` to the witness, where there is one; whether the training continues.
    fn show(
        &self,
        step: usize,
        learner: &Learner<Colorizer>,
        checkpointer: Option<&mut LearningCheckpointer<Colorizer>>,
        store: &EventStoreClient,
    ) -> Result<bool, RunError> {
        let (Some(witness), Some(checkpointer)) = (&self.witness, checkpointer) else {
            return Ok(true);
        };
        witness
            .show(step, || checkpointer.checkpoint(learner, step, store))
            .map_err(|reason| RunError::Checkpoint {
                path: Checkpoint::at(&self.folder.checkpoints(), step).path,
                reason: format!("cannot read the state after the step: {reason}"),
            })
    }
}

fn progress(done: usize, total: usize, unit: &str) -> Progress {
    Progress::new(done, total, Some(unit.to_owned()))
}
