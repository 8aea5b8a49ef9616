//! What a device makes of a case: one pass with all of its gradients, steps of training, and pictures.

use burn::module::{Module, Param};
use burn::tensor::{Device, TensorData};
use burn_train::{TrainOutput, TrainStep};
use image::RgbImage;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::cases::{CATEGORIES, Case};
use super::tensors::{Tensors, gradients, numbers, values};
use crate::batch::Batch;
use crate::evaluate::ImageScore;
use crate::network::{Output, State};
use crate::objective::{Fitted, Labels, Objective};
use crate::perceptual::PerceptualLoss;
use crate::train::{Colorizer, Stepper};

/// What a case is computed from, the same on every device.
#[derive(Debug, Clone)]
pub(super) struct Task {
    /// Stands for all that is random.
    pub(super) draw: u64,
    /// Weights and running statistics to begin with.
    pub(super) start: State,
    /// The pictures of the first pass, and of every step after it.
    pub(super) batches: Vec<Batch>,
}

/// What a device has learned from a task.
#[derive(Debug, Clone)]
pub(super) struct Learned {
    /// What the first pass answers: the last linear map, the logits of the labels, and the loss.
    pub(super) forward: Tensors,
    /// The gradient of everything that is trained.
    pub(super) gradients: Tensors,
    /// How far the steps moved each weight, its average, and each running statistic.
    pub(super) moved: Tensors,
    /// The loss of every step.
    pub(super) losses: Tensors,
    /// Weights and statistics after the steps.
    pub(super) state: State,
}

/// The pictures that a network makes of a batch, once it learns no more.
#[derive(Debug, Clone)]
pub(super) struct Painted {
    pub(super) pictures: Vec<RgbImage>,
    pub(super) scores: Vec<ImageScore>,
}

/// Who computes.
pub(super) trait Computes {
    /// One pass, and the steps.
    fn learn(&self, case: &Case, task: &Task) -> Result<Learned, String>;

    /// Pictures of the first batch of a task with its weights.
    fn paint(&self, case: &Case, task: &Task) -> Result<Painted, String>;
}

impl Task {
    /// The task of a case.
    pub(super) fn new(case: &Case, draw: u64, device: &Device) -> Self {
        Self {
            draw,
            start: model(case, draw, device).state(),
            batches: (0..=case.steps)
                .map(|step| case.batch(draw, step))
                .collect(),
        }
    }

    /// Steps after the first pass.
    pub(super) fn steps(&self) -> usize {
        self.batches.len().saturating_sub(1)
    }

    /// The same with the first steps alone.
    pub(super) fn of_steps(mut self, steps: usize) -> Self {
        self.batches.truncate(steps.max(1) + 1);
        self
    }

    /// The same, every weight changed by at most `unit` of itself.
    pub(super) fn shaken(&self, unit: f64, times: u64) -> Self {
        let mut dice = ChaCha8Rng::seed_from_u64(times);
        let mut task = self.clone();
        for values in task.start.values_mut() {
            for number in &mut values.numbers {
                let share = f64::from(dice.next_u32()) / f64::from(u32::MAX);
                *number = (f64::from(*number) * (1.0 + unit * (2.0 * share - 1.0))) as f32;
            }
        }
        task
    }
}

fn model(case: &Case, draw: u64, device: &Device) -> Colorizer {
    let experiment = &case.experiment;
    let labels = Labels::of(experiment, (0..CATEGORIES as i64).collect());
    let model = Colorizer::new(experiment, draw, device)
        .with_perceptual(PerceptualLoss::random(&experiment.train.perceptual, device))
        .learning(labels, draw);
    match Objective::of(experiment).output() {
        Output::Values(_) => model,
        Output::Classes(classes) => {
            // Weights that differ, as those have that are fitted to photographs.
            let weights: Vec<f32> = (0..classes).map(|at| 0.5 + (at % 7) as f32 / 4.0).collect();
            let weights = TensorData::new(weights, [classes]);
            let weights = Param::from_data(weights, &device.clone().autodiff());
            model.with_fitted(Fitted {
                class_weights: Some(weights.set_require_grad(false)),
            })
        }
    }
}

impl Computes for Device {
    fn learn(&self, case: &Case, task: &Task) -> Result<Learned, String> {
        let model = model(case, task.draw, self);
        let (model, _) = model.starting_from(task.start.clone(), false)?;
        let before = values(&model);
        let mut batches = task.batches.iter().cloned();
        let first = batches.next().ok_or("a task has a batch")?;
        let mut forward = Tensors::new();
        let (map, logits) = model.answer_in_training(&first);
        forward.insert("last map".to_owned(), numbers(map));
        if let Some(logits) = logits {
            forward.insert("logits of labels".to_owned(), numbers(logits));
        }
        let TrainOutput { grads, item } = TrainStep::step(&model, first);
        let loss = item.loss().map_err(|error| format!("{error:?}"))?;
        forward.insert("loss".to_owned(), vec![loss as f32]);
        let gradients = gradients(&model, &grads);
        let mut stepper = Stepper::of(model, &case.experiment.train, self);
        let mut losses = Tensors::new();
        for (step, batch) in batches.enumerate() {
            let loss = stepper.step(batch).map_err(|error| format!("{error:?}"))?;
            losses.insert(format!("loss of step {}", step + 1), vec![loss as f32]);
        }
        let model = stepper.model();
        let mut moved = values(&model);
        for (name, after) in &mut moved {
            let Some(before) = before.get(name) else {
                continue;
            };
            for (after, before) in after.iter_mut().zip(before) {
                *after -= before;
            }
        }
        Ok(Learned {
            forward,
            gradients,
            moved,
            losses,
            state: model.state(),
        })
    }

    fn paint(&self, case: &Case, task: &Task) -> Result<Painted, String> {
        let model = model(case, task.draw, self);
        let (model, _) = model.starting_from(task.start.clone(), false)?;
        let batch = task.batches.first().ok_or("a task has a batch")?;
        let colorized = model.valid().colorize(batch);
        let truth = batch.pictures();
        let each = colorized
            .losses
            .iter()
            .zip(&truth)
            .zip(&colorized.colorized);
        let scores = each.map(|((&loss, truth), picture)| ImageScore::of(loss, truth, picture));
        Ok(Painted {
            scores: scores.collect(),
            pictures: colorized.colorized,
        })
    }
}
