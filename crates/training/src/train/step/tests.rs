use std::path::Path;

use burn_train::Learner;

use super::super::frozen::judge_frozen;
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
    // Other networks have no residual blocks.
    let is_other = set.iter().any(|it| it.starts_with("network.kind"));
    let small = small
        .iter()
        .filter(|it| !is_other || !it.starts_with("network.residual_blocks"));
    let overrides = Overrides {
        set: small.chain(set).map(ToString::to_string).collect(),
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
    batch_of(SIDE, images, seed)
}

/// The same with sides of another length.
fn batch_of(size: usize, images: usize, seed: usize) -> Batch {
    let pixels = 0..images * 3 * size * size;
    Batch {
        size,
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

/// A learner of the experiment on a device.
fn on(device: &burn::tensor::Device, experiment: &Experiment) -> Learner<Colorizer> {
    learner(Colorizer::new(experiment, 3, device), &experiment.train, 0)
}

/// The bits of every tensor whose name begins with one of `parts`, or with none of them.
fn bits(learner: &Learner<Colorizer>, parts: &[&str], inside: bool) -> Vec<(String, Vec<u32>)> {
    let state = learner.model().network.state().into_iter();
    state
        .filter(|(name, _)| parts.iter().any(|part| crate::network::is_in(name, part)) == inside)
        .map(|(name, values)| (name, values.numbers.iter().map(|it| it.to_bits()).collect()))
        .collect()
}

#[test]
fn what_is_frozen_stays_bit_for_bit_and_the_rest_is_trained_as_without_it() {
    // Everything that could move a value without a gradient.
    let adamw = "train.optimizer={kind='adamw',learning_rate=0.01,weight_decay=0.5}";
    let momentum = "train.optimizer={kind='sgd',learning_rate=0.1,momentum=0.9,weight_decay=0.1}";
    let cases: [(&[&str], &[&str]); 5] = [
        (
            &["encode_1", "residual_blocks.0"],
            &[adamw, "train.ema=0.5"],
        ),
        (
            &["encode_2.norm", "decode_3"],
            &[momentum, "train.accumulate=2"],
        ),
        (&["encode_1"], &[adamw, "network.norm=instance"]),
        (
            &["encode.0", "decode.0"],
            &[adamw, "network.kind=unet", "network.depth=2"],
        ),
        (
            &["blocks.0", "blocks.6", "enlarge"],
            &[momentum, "network.kind=zhang", "image.size=16"],
        ),
    ];
    for name in backend::present() {
        if !backend::is_deterministic(&name) {
            continue;
        }
        let device = backend::open(&name).unwrap();
        for (parts, keys) in cases {
            let set = [&["train.batch_size=2"], keys].concat();
            let plain = experiment(&set);
            let side = plain.image.size;
            let mut frozen = plain.clone();
            frozen.train.frozen = parts.iter().map(ToString::to_string).collect();
            judge_frozen(&frozen).unwrap();
            let [mut plain, mut frozen] = [&plain, &frozen].map(|it| on(&device, it));
            let before = bits(&frozen, parts, true);
            assert!(!before.is_empty(), "{parts:?}");
            let images = frozen.model().update.batch_size * 2;
            for step in 0..3 {
                let [one, other] = [&mut plain, &mut frozen]
                    .map(|learner| take_step(learner, batch_of(side, images, step)));
                if step == 0 {
                    let losses = [one, other].map(|item| item.loss().unwrap().to_bits());
                    assert_eq!(losses[0], losses[1]);
                    // One step from the same place: what moves has moved by the same gradient.
                    let [one, other] = [&plain, &frozen].map(|it| bits(it, parts, false));
                    assert_eq!(one, other, "{name} {parts:?}");
                }
                assert_eq!(bits(&frozen, parts, true), before, "{name} {parts:?}");
            }
            assert_ne!(bits(&plain, parts, true), before);
            // Nor do its statistics when the others' are recomputed, in either network that answers.
            let model = frozen.model();
            let statistics = |model: &Colorizer| -> Vec<(String, Vec<f32>)> {
                let state = model.state().into_iter();
                let running = state.filter(|(name, _)| name.contains("running"));
                running
                    .map(|(name, values)| (name, values.numbers))
                    .collect()
            };
            let old = statistics(&model);
            model.recompute_statistics([batch_of(side, 2, 9)].into_iter());
            let is_frozen = |name: &str| parts.iter().any(|part| crate::network::is_in(name, part));
            for ((name, old), (_, new)) in old.into_iter().zip(statistics(&model)) {
                assert_eq!(old == new, is_frozen(&name), "{name}");
            }
        }
    }
}

#[test]
fn parts_that_the_network_does_not_have_are_named_with_those_it_has() {
    let mut experiment = experiment(&[]);
    let mut judge = |frozen: &[&str]| {
        experiment.train.frozen = frozen.iter().map(ToString::to_string).collect();
        judge_frozen(&experiment)
    };
    judge(&[]).unwrap();
    judge(&["residual_blocks", "encode_1.convolution.weight"]).unwrap();
    let wrong = judge(&["encode_1", "encoder_2"]).unwrap_err();
    assert_eq!(wrong.key, "train.frozen[1]");
    assert_eq!(wrong.message, "the network has no part `encoder_2`");
    assert_eq!(
        wrong.help,
        "did you mean `encode_2`? parts of this network, each with all that is below it: `decode_1`, `decode_2`, `decode_3`, \
         `encode_1`, `encode_2`, `encode_3`, `residual_blocks`, `residual_blocks.0`"
    );
    // The beginning of a name is no part.
    judge(&["encode"]).unwrap_err();
    let all = [
        "decode_1",
        "decode_2",
        "decode_3",
        "encode_1",
        "encode_2",
        "encode_3",
        "residual_blocks",
    ];
    assert_eq!(judge(&all).unwrap_err().key, "train.frozen");
    judge(&all[1..]).unwrap();
}

#[test]
fn a_training_starts_from_weights_that_it_is_given() {
    let experiment = experiment(&["train.batch_size=2", "train.ema=0.8"]);
    let mut source = beginner(&experiment);
    take_step(&mut source, batch(2, 0));
    let state = source.model().state();
    let device = backend::open(&DeviceName::Flex).unwrap();
    let own = Colorizer::new(&experiment, 8, &device);
    let (started, misfit) = own.clone().starting_from(state.clone(), false).unwrap();
    assert_eq!(misfit, None);
    assert_eq!(started.network.state(), state);
    assert_eq!(started.averaged.as_ref().unwrap().state(), state);
    // It can be trained.
    let mut learner = learner(started, &experiment.train, 0);
    take_step(&mut learner, batch(2, 1));
    assert!(apart(&learner.model().network.state(), &state) > 1e-3);
    let mut wider = state;
    wider.get_mut("encode_1.norm.bias").unwrap().shape = vec![9];
    let refused = own.clone().starting_from(wider.clone(), false).unwrap_err();
    assert_eq!(
        refused,
        "of the wrong shape: `encode_1.norm.bias` [9] for [2]"
    );
    let (_, misfit) = own.starting_from(wider, true).unwrap();
    assert_eq!(misfit.unwrap().count(), 1);
}
