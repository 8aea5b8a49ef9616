//! The network with its colors: what burn-train trains. Its steps are in [`super::step`].

use burn::module::Module;
use burn::tensor::{Device, ExecutionError, Tensor};
use burn_train::metric::Adaptor;
use burn_train::{InferenceStep, ItemLazy};
use image::RgbImage;
use rayon::prelude::*;

use super::TrainSection;
use super::metrics::HeldOutInput;
use super::step::Update;
use crate::backend;
use crate::batch::{Batch, Pixels, to_pictures};
use crate::evaluate::ImageScore;
use crate::experiment::Experiment;
use crate::network::{self, Misfit, Network, State};
use crate::objective::{Decode, Fitted, Labels, Objective, Split};
use crate::perceptual::{Judging, PerceptualLoss};
use crate::photo::PhotoError;

/// Photographs that a processor colors in one pass: few enough that a pass takes less memory than a training step, enough
/// that its kernels are those of a larger batch.
const PHOTOGRAPHS_AT_ONCE: usize = 4;

/// A network that colorizes photographs.
#[derive(Module, Debug)]
pub struct Colorizer {
    /// The network that is trained.
    pub(super) network: Network,
    /// The moving average of its weights, where there is one: everything but a training step asks this network. It lives on the
    /// device without autodiff, and its parameters are others than the network's, so that the optimizer never sees them.
    pub(super) averaged: Option<Network>,
    pub(super) fitted: Fitted,
    #[module(skip)]
    pub(super) objective: Objective,
    /// What the maps of a classifier add to the loss, where they do.
    #[module(skip)]
    perceptual: Option<PerceptualLoss>,
    /// What a step asks beside the colors.
    #[module(skip)]
    pub(super) labels: Option<Labels>,
    /// Without autodiff.
    #[module(skip)]
    device: Device,
    /// The same, to train on.
    #[module(skip)]
    pub(super) training_device: Device,
    /// What a step does beside its passes.
    #[module(skip)]
    pub(super) update: Update,
    /// The parts that are not trained.
    #[module(skip)]
    pub(super) frozen: Vec<String>,
}

/// What a batch looks like before and after the network.
#[derive(Debug, Clone)]
pub struct Colorized {
    /// The network's gray input as pictures.
    pub gray: Vec<RgbImage>,
    /// The pictures it made.
    pub colorized: Vec<RgbImage>,
    /// Each picture's loss.
    pub losses: Vec<f64>,
}

/// The chroma of a batch, in the unit of the target: U and V, or a and b over [`crate::color::LAB_UNIT`].
#[derive(Debug, Clone)]
pub struct ChromaPlanes {
    /// Of the photographs, two planes an image.
    pub truth: Vec<[Vec<f32>; 2]>,
    /// What the network says.
    pub predicted: Vec<[Vec<f32>; 2]>,
}

impl Colorizer {
    /// An experiment's network on `device`, which is given without autodiff, with the initial weights of `seed`. Its
    /// objective is not fitted yet.
    pub fn new(experiment: &Experiment, seed: u64, device: &Device) -> Self {
        let TrainSection {
            precision,
            gradient_checkpointing,
            ..
        } = experiment.train;
        let mut training_device = device.clone().autodiff();
        if gradient_checkpointing {
            training_device = training_device.gradient_checkpointing();
        }
        let objective = Objective::of(experiment);
        let feature_width = experiment.fusion.extractor.width();
        let frozen = &experiment.train.frozen;
        let init = |device: &Device| {
            let network = network::init(
                &experiment.network,
                objective.input_channels(),
                objective.output(),
                (feature_width > 0).then_some(feature_width),
                seed,
                device,
            );
            network.with_frozen(frozen)
        };
        Self {
            network: init(&training_device).with_precision(precision),
            averaged: (experiment.train.ema > 0.0).then(|| init(device)),
            fitted: objective.unfitted(&training_device),
            update: Update::of(&experiment.train),
            frozen: frozen.clone(),
            objective,
            perceptual: None,
            labels: None,
            device: device.clone(),
            training_device,
        }
    }

    /// The same, whose loss has a perceptual part. Without it, a network that was trained with one still answers.
    pub(crate) fn with_perceptual(self, perceptual: Option<PerceptualLoss>) -> Self {
        Self { perceptual, ..self }
    }

    /// The same, its objective fitted by somebody else.
    pub(crate) fn with_fitted(self, fitted: Fitted) -> Self {
        Self { fitted, ..self }
    }

    /// The same, which learns `labels` beside the colors, if there are any; the initial weights of what says them are those of
    /// `seed`.
    #[must_use]
    pub fn learning(self, labels: Option<Labels>, seed: u64) -> Self {
        let Some(labels) = labels else {
            return self;
        };
        let count = labels.categories.len();
        let learning = |network: Network, device| network.learning_labels(count, seed, device);
        Self {
            network: learning(self.network, &self.training_device),
            averaged: self.averaged.map(|it| learning(it, &self.device)),
            labels: Some(labels),
            ..self
        }
    }

    /// The same, which has taken `done` steps.
    pub(super) fn after(mut self, done: usize) -> Self {
        self.update.done = done;
        self
    }

    /// The network that answers where nobody learns.
    fn answering(&self) -> &Network {
        self.averaged.as_ref().unwrap_or(&self.network)
    }

    /// The same with its objective fitted to the training photographs; `tell` is told in words what was fitted, if anything.
    ///
    /// # Errors
    ///
    /// [`PhotoError`] when a photograph has become unreadable since it was inspected.
    pub(super) fn fit(
        mut self,
        photographs: &Pixels,
        tell: impl FnOnce(&str),
    ) -> Result<Self, PhotoError> {
        if let Some((fitted, said)) = self.objective.fit(photographs, &self.training_device)? {
            tell(&said);
            self.fitted = fitted;
        }
        Ok(self)
    }

    /// The same, its answers decoded otherwise; `None` where its objective has nothing to decode.
    #[must_use]
    pub fn decoded_by(self, decode: Decode) -> Option<Self> {
        let objective = self.objective.decoded_by(decode)?;
        Some(Self { objective, ..self })
    }

    /// Learned values, without running statistics.
    pub fn parameter_count(&self) -> usize {
        self.network.parameter_count()
    }

    /// The weights and running statistics of the network that answers.
    pub(crate) fn state(&self) -> State {
        self.answering().state()
    }

    /// The same with other weights and statistics, which are those that answer.
    ///
    /// # Errors
    ///
    /// In words why they are not those of this network.
    pub(crate) fn with_state(mut self, state: State) -> Result<Self, String> {
        self.network = self.network.with_state(state)?;
        self.averaged = None;
        Ok(self)
    }

    /// The same with initial weights and statistics from elsewhere: those of `state`, or with `partial` those that fit. Says what
    /// did not fit, if anything.
    ///
    /// # Errors
    ///
    /// In words why they are not those of this network.
    pub(crate) fn starting_from(
        mut self,
        state: State,
        partial: bool,
    ) -> Result<(Self, Option<Misfit>), String> {
        let load = |network: Network, state: State| {
            if partial {
                network.with_some_of(state)
            } else {
                Ok((network.with_state(state)?, None))
            }
        };
        // Before the first step, the average is the weights.
        self.averaged = match self.averaged {
            Some(average) => Some(load(average, state.clone())?.0),
            None => None,
        };
        let (network, misfit) = load(self.network, state)?;
        self.network = network;
        Ok((self, misfit))
    }

    /// Sets batch norm's statistics of the network that answers to their means over `batches`; see
    /// [`Network::recompute_statistics`].
    pub(super) fn recompute_statistics(&self, batches: impl Iterator<Item = Batch>) {
        let device = &self.device;
        self.answering().recompute_statistics(batches.map(|batch| {
            let split = self.objective.split(batch.to_rgb(device));
            (split.input, batch.to_features(device))
        }));
    }

    /// The batch as the network takes it where nobody learns. On a processor that is a few photographs at a time: a pass
    /// keeps the maps of all its photographs, which would be more memory than a training step takes. Each photograph's
    /// answer is the same, bit for bit.
    fn passes(&self, batch: &Batch) -> Vec<Batch> {
        if backend::is_processor(&self.device) {
            batch.parts(PHOTOGRAPHS_AT_ONCE)
        } else {
            vec![batch.clone()]
        }
    }

    /// The network's last linear map for a batch, with its input and target.
    fn last_map(&self, batch: &Batch) -> (Split, Tensor<4>) {
        let split = self.objective.split(batch.to_rgb(&self.device));
        let features = batch.to_features(&self.device);
        let map = self.answering().forward(split.input.clone(), features);
        (split, map)
    }

    /// The loss of a batch, `[1]`, which is the mean of [`Self::losses`].
    pub(super) fn loss(&self, map: Tensor<4>, split: Split, batch: &Batch) -> Tensor<1> {
        if self.perceptual.is_some() {
            return self.losses(map, split, batch).mean();
        }
        let errors = self
            .objective
            .errors(map, split.target, batch, &self.fitted);
        errors.mean()
    }

    /// The loss of each picture of a batch, `[batch]`: of the network's last linear map, and what it was asked.
    pub(super) fn losses(&self, map: Tensor<4>, split: Split, batch: &Batch) -> Tensor<1> {
        let Split { input, target } = split;
        let errors = |map| self.objective.errors(map, target, batch, &self.fitted);
        let of_each = |errors: Tensor<4>| errors.mean_dims(&[1, 2, 3]).reshape([batch.len()]);
        let Some(perceptual) = &self.perceptual else {
            return of_each(errors(map));
        };
        let answer = self.objective.answer(map.clone());
        let picture = self.objective.join(input, answer);
        perceptual.losses(of_each(errors(map)), picture, batch.to_rgb(&self.device))
    }

    /// The network's answer to a batch in the unit of the target, with its input and target.
    fn answer(&self, batch: &Batch) -> (Split, Tensor<4>) {
        let (split, map) = self.last_map(batch);
        (split, self.objective.answer(map))
    }

    /// The chroma that the network gives a batch, beside the photographs'; `None` when it answers in RGB.
    pub fn chroma(&self, batch: &Batch) -> Option<ChromaPlanes> {
        if !self.objective.keeps_gray() {
            return None;
        }
        let mut planes = ChromaPlanes {
            truth: Vec::with_capacity(batch.len()),
            predicted: Vec::with_capacity(batch.len()),
        };
        for part in self.passes(batch) {
            let (split, predicted) = self.answer(&part);
            planes.truth.extend(pairs(split.target));
            planes.predicted.extend(pairs(predicted));
        }
        Some(planes)
    }

    /// Two planes of chroma an image, as [`crate::color::paint`] takes them.
    pub fn predicted_chroma(&self, batch: &Batch) -> Vec<[Vec<f32>; 2]> {
        let parts = self.passes(batch).into_iter();
        parts
            .flat_map(|part| pairs(self.objective.chroma(self.answer(&part).1)))
            .collect()
    }

    /// Colorizes a batch, in inference mode when the model is.
    pub fn colorize(&self, batch: &Batch) -> Colorized {
        let mut colorized = Colorized {
            gray: Vec::with_capacity(batch.len()),
            colorized: Vec::with_capacity(batch.len()),
            losses: Vec::with_capacity(batch.len()),
        };
        for part in self.passes(batch) {
            let (split, map) = self.last_map(&part);
            let predicted = self.objective.answer(map.clone());
            let losses = self
                .losses(map, split.clone(), &part)
                .into_data()
                .try_to_vec::<f32>()
                .expect("the network computes in 32-bit floating point");
            let gray = self.objective.gray_picture(split.input.clone());
            let joined = self.objective.join(split.input, predicted);
            colorized.losses.extend(losses.into_iter().map(f64::from));
            colorized.gray.extend(to_pictures(gray));
            colorized.colorized.extend(to_pictures(joined));
        }
        colorized
    }
}

/// The two planes of every image of `[batch, 2, height, width]`.
fn pairs(tensor: Tensor<4>) -> Vec<[Vec<f32>; 2]> {
    let [_, _, height, width] = tensor.dims();
    let values: Vec<f32> = tensor
        .into_data()
        .try_to_vec()
        .expect("the network computes in 32-bit floating point");
    values
        .chunks_exact(2 * height * width)
        .map(|pair| {
            let (first, second) = pair.split_at(height * width);
            [first.to_vec(), second.to_vec()]
        })
        .collect()
}

/// What scoring a held-out batch leaves behind.
#[derive(Debug)]
pub struct HeldOutItem {
    /// The score of every image of the batch.
    pub scores: Vec<ImageScore>,
}

impl Colorizer {
    /// Scores every picture of a held-out batch, on its pixels and by the networks of `judging`.
    pub(crate) fn score(&self, batch: &Batch, judging: Option<&mut Judging<'_>>) -> HeldOutItem {
        let Colorized {
            colorized, losses, ..
        } = self.colorize(batch);
        let truth = batch.pictures();
        let mut scores: Vec<ImageScore> = (0..batch.len())
            .into_par_iter()
            .map(|index| ImageScore::of(losses[index], &truth[index], &colorized[index]))
            .collect();
        if let Some(judging) = judging {
            judging.judge(batch, &colorized, &mut scores);
        }
        HeldOutItem { scores }
    }
}

impl InferenceStep for Colorizer {
    type Input = Batch;
    type Output = HeldOutItem;

    fn step(&self, batch: Batch) -> HeldOutItem {
        self.score(&batch, None)
    }
}

impl ItemLazy for HeldOutItem {
    fn sync(self) -> Result<Self, ExecutionError> {
        Ok(self)
    }
}

impl Adaptor<HeldOutInput> for HeldOutItem {
    fn adapt(&self) -> HeldOutInput {
        HeldOutInput(self.scores.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::experiment::Overrides;

    #[test]
    fn passes_of_a_few_photographs_change_no_bit() {
        let whole = include_str!("../timing/standard.toml");
        let experiment = |objective: [&str; 2]| {
            let small = [
                "image.size=24",
                "network.scale=4",
                "network.residual_blocks=1",
            ];
            let small = Overrides {
                set: small
                    .into_iter()
                    .chain(objective)
                    .map(str::to_owned)
                    .collect(),
                ..Overrides::default()
            };
            Experiment::from_toml(whole, Path::new("standard.toml"))
                .unwrap()
                .with(&small)
                .unwrap()
        };
        let experiments = [
            ["color.space=yuv", "color.head=upstream"],
            ["color.space=lab", "color.head=classes"],
        ]
        .map(experiment);
        let count = 2 * PHOTOGRAPHS_AT_ONCE + 1;
        let batch = Batch {
            size: 24,
            pixels: (0..count * 3 * 24 * 24)
                .map(|index| (index * index % 251) as u8)
                .collect(),
            positions: (0..count).collect(),
            features: Vec::new(),
            labels: Vec::new(),
        };
        for name in backend::present() {
            if !backend::is_deterministic(&name) {
                continue;
            }
            let device = backend::open(&name).unwrap();
            assert!(backend::is_processor(&device));
            for experiment in &experiments {
                let model = Colorizer::new(experiment, 3, &device).valid();
                let (split, predicted) = model.answer(&batch);
                let whole = to_pictures(model.objective.join(split.input, predicted.clone()));
                let colorized = model.colorize(&batch);
                assert_eq!(colorized.colorized, whole, "{name}");
                assert_eq!(colorized.losses.len(), count);
                assert_eq!(colorized.gray.len(), count);
                let chroma = pairs(model.objective.chroma(predicted));
                assert_eq!(model.predicted_chroma(&batch), chroma, "{name}");
            }
        }
    }
}
