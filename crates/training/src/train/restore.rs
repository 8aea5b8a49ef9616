//! What a checkpoint must be before a training resumes from it. Burn's readers believe what they read: a record of another
//! network, or one whose bytes were changed and hashed again, makes them panic in the middle of a step.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::optim::lr_scheduler::module_lr_scheduler::{ModuleLearningRate, ModuleLrScheduler};
use burn::store::ModuleRecord;
use burn::store::burn_pack::{Reader, Scalar};
use burn::tensor::{Bytes, Device, Tensor};
use burn_train::checkpoint::Checkpoint as BurnCheckpoint;
use colorize_base::quietly;

use super::colorizer::Colorizer;
use super::contents::{self, Value};
use super::frozen::without_frozen;
use super::optimizer::optimizer;
use super::rate::Rate;
use super::{TrainSection, Trial};
use crate::objective::Labels;
use crate::runs::{Checkpoint, CheckpointPart, Identity, RunError, RunFolder};

/// How Burn ends the name of the scalar that says how many dimensions a moment has.
const RANK: &str = ".__rank";

/// The name of every value of a state, with its type and shape, but without its numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Outline(BTreeMap<String, String>);

impl Trial<'_> {
    /// The newest checkpoint of this run that a training of it can resume from, and what is wrong with those that were skipped.
    /// `device` is given without autodiff.
    ///
    /// # Errors
    ///
    /// [`RunError::Io`] when the system cannot read one now.
    pub(super) fn sound_checkpoint(
        &self,
        folder: &RunFolder,
        identity: &Identity,
        labels: Option<&Labels>,
        device: &Device,
    ) -> Result<(Option<Checkpoint>, Vec<RunError>), RunError> {
        let identity = identity.to_string();
        let section = &self.experiment.train;
        let mut expected = None;
        folder.latest_checkpoint_that(|checkpoint| {
            if checkpoint.step > section.steps {
                let reason = format!("the run ends after step {}", section.steps);
                return Err(checkpoint.unusable(reason));
            }
            checkpoint.verify(Some(&identity))?;
            let expected = expected.get_or_insert_with(|| {
                let model = Colorizer::new(self.experiment, self.seed, device)
                    .learning(labels.cloned(), self.seed);
                Outline::of_training(&model, section)
            });
            let found = Outline::of_checkpoint(checkpoint, CheckpointPart::ALL);
            let fault = match (expected, found) {
                (Ok(expected), Ok(found)) => expected.fault(&found),
                (Err(reason), _) => Some(reason.clone()),
                (_, Err(reason)) => Some(reason),
            };
            fault
                .map_or_else(|| try_optimizer(checkpoint, section), Err)
                .map_err(|fault| checkpoint.unusable(fault))
        })
    }
}

/// `model` with the weights of a checkpoint, whose files are those that were written.
///
/// # Errors
///
/// [`RunError::Checkpoint`] when they are not those of this network.
pub(crate) fn with_weights(
    model: Colorizer,
    checkpoint: &Checkpoint,
) -> Result<Colorizer, RunError> {
    let parts = [CheckpointPart::Model];
    let loaded = Outline::of_model(&model)
        .and_then(|expected| {
            let found = Outline::of_checkpoint(checkpoint, parts)?;
            expected.fault(&found).map_or(Ok(()), Err)
        })
        .and_then(|()| {
            let path = checkpoint.part(CheckpointPart::Model);
            let load = || {
                let record = ModuleRecord::load(path).map_err(|error| error.to_string())?;
                model
                    .try_load_record(record)
                    .map_err(|error| error.to_string())
            };
            quietly(load).unwrap_or_else(|panic| Err(panicked(&panic)))
        });
    loaded.map_err(|reason| checkpoint.unusable(reason))
}

/// Loads the optimizer's part once, because its reader panics when a moment does not say of which parameter it is, which no
/// outline shows.
fn try_optimizer(checkpoint: &Checkpoint, section: &TrainSection) -> Result<(), String> {
    let load = || optimizer(&section.optimizer).load(checkpoint.part(CheckpointPart::Optimizer));
    let loaded = quietly(load).map_err(|panic| panicked(&panic))?;
    loaded.map(drop).map_err(|error| error.to_string())
}

fn panicked(said: &str) -> String {
    format!("its reader panicked: {said}")
}

impl Outline {
    /// What the checkpoints of `model`, trained as `section` says, hold.
    fn of_training(model: &Colorizer, section: &TrainSection) -> Result<Self, String> {
        let mut gradients = Zeros::default();
        model.network.visit(&mut gradients);
        let gradients = without_frozen(&model.network, &model.frozen, gradients.0);
        let mut optimizer = optimizer(&section.optimizer);
        // A step without a gradient makes every moment that the optimizer keeps.
        let _ = optimizer.step(ModuleLearningRate::from(0.0_f64), model.clone(), gradients);
        let schedule = ModuleLrScheduler::from(Rate::after(0, section));
        let mut records = BTreeMap::from([
            (CheckpointPart::Model, bytes(model.clone().into_record())),
            (CheckpointPart::Optimizer, bytes(optimizer.to_record())),
            (CheckpointPart::Scheduler, bytes(schedule.to_record())),
        ]);
        Self::read(CheckpointPart::ALL, |part| {
            let bytes = records
                .remove(&part)
                .unwrap_or_else(|| Ok(Bytes::from_bytes_vec(Vec::new())));
            Reader::from_bytes(bytes?).map_err(|error| error.to_string())
        })
    }

    /// What the model's part of them holds.
    fn of_model(model: &Colorizer) -> Result<Self, String> {
        let mut record = Some(bytes(model.clone().into_record()));
        Self::read([CheckpointPart::Model], |_| {
            let bytes = record
                .take()
                .unwrap_or_else(|| Ok(Bytes::from_bytes_vec(Vec::new())));
            Reader::from_bytes(bytes?).map_err(|error| error.to_string())
        })
    }

    /// What these parts of a checkpoint hold; their numbers are not read.
    fn of_checkpoint(
        checkpoint: &Checkpoint,
        parts: impl IntoIterator<Item = CheckpointPart>,
    ) -> Result<Self, String> {
        let read = || {
            Self::read(parts, |part| {
                Reader::from_file_exact(checkpoint.part(part))
                    .map_err(|error| format!("cannot read `{}`: {error}", part.file_name()))
            })
        };
        quietly(read).unwrap_or_else(|panic| Err(panicked(&panic)))
    }

    fn read(
        parts: impl IntoIterator<Item = CheckpointPart>,
        open: impl FnMut(CheckpointPart) -> Result<Reader, String>,
    ) -> Result<Self, String> {
        let mut outline = Self::default();
        contents::read(parts, open, |name, value| {
            let what = match value {
                Value::Tensor { kind, shape, .. } => format!("{kind:?} {shape}"),
                Value::Scalar(rank) if name.ends_with(RANK) => format!("{rank:?}"),
                Value::Scalar(Scalar::Int(_) | Scalar::UInt(_)) => "a whole number".to_owned(),
                Value::Scalar(Scalar::Float(_)) => "a number".to_owned(),
                Value::Scalar(Scalar::Bool(_)) => "a truth value".to_owned(),
            };
            outline.0.insert(name, what);
        })?;
        Ok(outline)
    }

    /// What keeps `found` from being a state of this training, in words: the first value that is missing, unknown or of another
    /// type or shape.
    fn fault(&self, found: &Self) -> Option<String> {
        for (name, expected) in &self.0 {
            match found.0.get(name) {
                None => return Some(format!("it lacks `{name}`")),
                Some(it) if it != expected => {
                    return Some(format!(
                        "`{name}` is {it}, but this run has {expected} there"
                    ));
                }
                Some(_) => {}
            }
        }
        let unknown = found.0.keys().find(|name| !self.0.contains_key(*name));
        unknown.map(|name| format!("this run has no `{name}`"))
    }
}

/// A record as a file holds it.
fn bytes<Record: BurnCheckpoint>(record: Record) -> Result<Bytes, String> {
    record
        .checkpoint_into_bytes()
        .map_err(|error| error.to_string())
}

/// A gradient of zeros for everything that is learned.
#[derive(Default)]
struct Zeros(GradientsParams);

impl ModuleVisitor for Zeros {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        if value.is_require_grad() {
            let zeros = value.without_autodiff().zeros_like();
            self.0.register(param.id, zeros);
        }
    }
}
