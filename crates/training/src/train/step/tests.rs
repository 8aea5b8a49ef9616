use std::path::Path;

use burn_train::Learner;

use super::super::launch::learner;
use super::super::stepper::take_step;
use super::*;
use crate::backend::{self, DeviceName};
use crate::experiment::{Experiment, Overrides};
use crate::network::{State, Values};

const SIDE: usize = 12;

/// A tiny experiment in YUV with these keys.
fn experiment(set: &[&str]) -> Experiment {
    let small = [
        "image.size=12",
        "network.scale=2",
        "network.residual_blocks=1",
        "train.optimizer={kind='sgd',learning_rate=0.5}",
    ];
    let overrides = Overrides {
        set: small.iter().chain(set).map(ToString::to_string).collect(),
        ..Overrides::default()
    };
    let whole = include_str!("../../timing/standard.toml");
    let whole = Experiment::from_toml(whole, Path::new("standard.toml")).unwrap();
    whole.with(&overrides).unwrap()
}

fn beginner(experiment: &Experiment) -> Learner<Colorizer> {
    let device = backend::open(&DeviceName::Flex).unwrap();
    learner(Colorizer::new(experiment, 3, &device), &experiment.train, 0)
}

/// Colorful noise, others for every seed.
fn batch(images: usize, seed: usize) -> Batch {
    let pixels = 0..images * 3 * SIDE * SIDE;
    Batch {
        size: SIDE,
        pixels: pixels
            .map(|index| ((index + 7 * seed) * (index + 3) % 251) as u8)
            .collect(),
        positions: (0..images).collect(),
        features: Vec::new(),
        labels: Vec::new(),
    }
}

/// The largest difference of two states, running statistics left out.
fn apart(one: &State, other: &State) -> f32 {
    let mut most = 0.0_f32;
    for (name, Values { numbers, .. }) in one {
        if name.contains("running") {
            continue;
        }
        for (one, other) in numbers.iter().zip(&other[name].numbers) {
            most = most.max((one - other).abs());
        }
    }
    most
}

#[test]
fn passes_make_the_step_of_a_batch_as_large_as_all_of_them() {
    // Instance norm normalizes each image by itself, so that it does not matter which images are in one pass.
    let norm = "network.norm=instance";
    let whole = experiment(&[norm, "train.batch_size=6"]);
    let parts = experiment(&[norm, "train.batch_size=2", "train.accumulate=3"]);
    assert_eq!(parts.train.images_per_step(), 6);
    let [mut whole, mut parts] = [&whole, &parts].map(beginner);
    let before = whole.model().network.state();
    for step in 0..3 {
        let [one, other] =
            [&mut whole, &mut parts].map(|learner| take_step(learner, batch(6, step)));
        assert_eq!((one.images, other.images), (6, 6));
        let [one, other] = [one, other].map(|item| item.loss().unwrap());
        assert!((one - other).abs() < 1e-6, "{one} and {other}");
    }
    let state = |learner: Learner<Colorizer>| learner.model().network.state();
    let (whole, parts) = (state(whole), state(parts));
    assert!(apart(&before, &whole) > 1e-3);
    assert!(apart(&whole, &parts) < 1e-5, "{}", apart(&whole, &parts));
}

#[test]
fn the_average_is_the_weighted_mean_of_the_weights_after_every_step() {
    let plain = experiment(&["train.batch_size=2"]);
    let mut learner = beginner(&experiment(&["train.batch_size=2", "train.ema=0.8"]));
    let average = |learner: &Learner<Colorizer>| learner.model().averaged.unwrap().state();
    // Before the first step both are the initial weights.
    assert_eq!(average(&learner), learner.model().network.state());
    let mut states: Vec<State> = Vec::new();
    for step in 0..4 {
        take_step(&mut learner, batch(2, step));
        states.push(learner.model().network.state());
        let found = average(&learner);
        let weights: Vec<f64> = (0..states.len())
            .rev()
            .map(|ago| 0.8_f64.powi(ago as i32))
            .collect();
        let sum: f64 = weights.iter().sum();
        for (name, Values { numbers, .. }) in &found {
            for (place, found) in numbers.iter().enumerate() {
                let of_step = |state: &State| f64::from(state[name].numbers[place]);
                let expected = if name.contains("running") {
                    of_step(&states[step])
                } else {
                    let weighted = states.iter().zip(&weights);
                    weighted
                        .map(|(state, weight)| of_step(state) * weight)
                        .sum::<f64>()
                        / sum
                };
                assert!(
                    (f64::from(*found) - expected).abs() < 1e-6,
                    "{name} at {place} after step {}: {found} and {expected}",
                    step + 1
                );
            }
        }
    }
    assert!(apart(&average(&learner), &states[3]) > 1e-4);
    // It has no part in training.
    let mut other = beginner(&plain);
    for step in 0..4 {
        take_step(&mut other, batch(2, step));
    }
    assert_eq!(other.model().network.state(), states[3]);
}

#[test]
fn a_clipped_step_is_as_long_as_it_may_be() {
    let sgd = |set: &[&str]| {
        let mut learner = beginner(&experiment(&[&["train.batch_size=2"], set].concat()));
        let before = learner.model().network.state();
        take_step(&mut learner, batch(2, 0));
        (before, learner.model().network.state())
    };
    let length = |(before, after): &(State, State)| {
        let names = before.keys().filter(|name| !name.contains("running"));
        let squares = names.flat_map(|name| {
            let numbers = before[name].numbers.iter().zip(&after[name].numbers);
            numbers.map(|(before, after)| f64::from(after - before).powi(2))
        });
        squares.sum::<f64>().sqrt()
    };
    // At a rate of a half, a step is half as long as its gradients together.
    let whole = 2.0 * length(&sgd(&[]));
    for factor in [0.5, 2.0] {
        let most = format!("train.clip_norm={}", whole * factor);
        let clipped = 2.0 * length(&sgd(&[&most]));
        let expected = whole * f64::min(factor, 1.0);
        assert!(
            (clipped / expected - 1.0).abs() < 1e-3,
            "{clipped} of {whole} at {factor}"
        );
    }
    let most = 1e-4_f32;
    let (before, after) = sgd(&["train.clip_value=1e-4"]);
    let longest = apart(&before, &after);
    assert!((longest / (0.5 * most) - 1.0).abs() < 1e-2, "{longest}");
}
