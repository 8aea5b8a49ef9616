//! What `tests/golden/perceptual.py` stored: LPIPS, DISTS, the FID and the perceptual loss as other programs compute them.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use image::RgbImage;
use serde::Deserialize;

use super::dists::{self, Dists};
use super::frechet::{self, Moments};
use super::inception::{self, Inception};
use super::loss::PerceptualLoss;
use super::lpips::{self, Lpips};
use super::stack::{Stack, StackKind};
use crate::backend;
use crate::batch::Batch;
use crate::color::{ClassesSection, ColorSection, Gray, Head, Space};
use crate::experiment::section::{Loss, Perceptual, VggLayer};
use crate::extractor::architecture::Role;
use crate::extractor::read;
use crate::extractor::state::{State, Values};
use crate::objective::Objective;
use crate::objective::regression::Regression;

#[derive(Deserialize)]
struct Golden {
    lpips_alex: Vec<f64>,
    lpips_vgg: Vec<f64>,
    dists: Vec<f64>,
    /// Every sixteenth feature of the first picture.
    inception: Vec<f64>,
    frechet: std::collections::BTreeMap<String, Clouds>,
    loss: Vec<LossCase>,
}

#[derive(Deserialize)]
struct Clouds {
    counts: [usize; 2],
    width: usize,
    distance: f64,
}

#[derive(Deserialize)]
struct LossCase {
    space: Space,
    layer: VggLayer,
    weight: f64,
    pixel: f64,
    losses: Vec<f64>,
    /// Every seventh number of the gradient of the mean loss by the network's last map.
    gradient: Vec<f64>,
}

impl Golden {
    fn read() -> Self {
        let text = include_str!("../../../../tests/golden/perceptual.json");
        serde_json::from_str(text).unwrap()
    }
}

/// A number in [-1, 1), as `unit` in the script makes it.
fn unit(seed: u32, at: usize) -> f64 {
    let mut x = (at as u32).wrapping_mul(2_654_435_761);
    x = x.wrapping_add(seed.wrapping_mul(40_503));
    x ^= x >> 16;
    x = x.wrapping_mul(2_246_822_519);
    x ^= x >> 13;
    x = x.wrapping_mul(3_266_489_917);
    x ^= x >> 16;
    f64::from(x >> 8) / f64::from(1 << 23) - 1.0
}

fn values(seed: u32, shape: &[usize], scale: f64, offset: f64) -> Values {
    let count = shape.iter().product();
    let numbers = (0..count).map(|at| (unit(seed, at) * scale + offset) as f32);
    Values {
        shape: shape.to_vec(),
        numbers: numbers.collect(),
    }
}

/// The formula's weights; `seed` tells that of a tensor from its place and its name.
fn filled(tensors: Vec<(String, Vec<usize>, Role)>, seed: impl Fn(usize, &str) -> u32) -> State {
    let mut state = State::default();
    for (place, (name, shape, role)) in tensors.into_iter().enumerate() {
        let inputs: usize = shape[1..].iter().product();
        let (scale, offset) = match role {
            Role::Kernel => ((6.0 / inputs as f64).sqrt(), 0.0),
            Role::Scale => (0.2, 1.0),
            Role::Variance => (0.5, 1.0),
            Role::Shift | Role::Mean => (0.1, 0.0),
        };
        let values = values(seed(place, &name), &shape, scale, offset);
        state.insert(name, values);
    }
    state
}

fn stack_state(kind: StackKind) -> State {
    filled(kind.tensors(), |place, _| place as u32)
}

fn stack(kind: StackKind, device: &Device) -> Stack {
    Stack::new(kind, &mut stack_state(kind), device)
}

/// What LPIPS or DISTS learned, from the file of its package.
fn learned(name: &str, tensors: Vec<(String, Vec<usize>, Role)>) -> State {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/perceptual");
    let state = read::tensors(&folder.join(name), |_| true).unwrap();
    assert_eq!(state.faults_of(tensors), None, "{name}");
    state
}

/// Red, green and blue by pixel.
fn bytes(seed: u32, count: usize) -> Vec<u8> {
    let byte = |at| ((unit(seed, at) + 1.0) * 127.99) as u8;
    (0..count).map(byte).collect()
}

fn batch(pixels: Vec<u8>, size: usize) -> Batch {
    Batch {
        positions: (0..pixels.len() / (3 * size * size)).collect(),
        size,
        pixels,
        features: Vec::new(),
        labels: Vec::new(),
    }
}

/// Two photographs and what a network made of them.
fn pairs() -> [Batch; 2] {
    let truth = bytes(21, 2 * 48 * 48 * 3);
    let noise = bytes(22, truth.len());
    let both = truth.iter().zip(noise);
    let picture = both.map(|(&truth, noise)| ((3 * u16::from(truth) + u16::from(noise)) / 4) as u8);
    let picture = picture.collect();
    [batch(truth, 48), batch(picture, 48)]
}

fn close(found: &[f32], expected: &[f64], share: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected
        .iter()
        .fold(0.0, |most: f64, it| most.max(it.abs()));
    for (&found, expected) in found.iter().zip(expected) {
        let error = (f64::from(found) - expected).abs();
        assert!(error <= share * largest, "{what}: {found} and {expected}");
    }
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

#[test]
fn lpips_is_that_of_its_package() {
    let golden = Golden::read();
    for name in backend::present() {
        let device = backend::open(&name).unwrap();
        let [truth, picture] = pairs().map(|batch| batch.to_rgb(&device));
        for (kind, file, expected) in [
            (StackKind::Alexnet, "lpips_alex.pth", &golden.lpips_alex),
            (StackKind::Vgg16, "lpips_vgg.pth", &golden.lpips_vgg),
        ] {
            let mut state = learned(file, lpips::tensors(kind));
            let judge = Lpips::new(kind, stack(kind, &device), &mut state, &device);
            let found = numbers(judge.distances(truth.clone(), picture.clone()));
            close(&found, expected, 1e-3, file);
            let same = numbers(judge.distances(truth.clone(), truth.clone()));
            assert_eq!(same, [0.0, 0.0]);
        }
    }
}

#[test]
fn dists_is_that_of_its_package() {
    let golden = Golden::read();
    for name in backend::present() {
        let device = backend::open(&name).unwrap();
        let [truth, picture] = pairs().map(|batch| batch.to_rgb(&device));
        let mut state = learned("dists.pt", dists::tensors());
        let judge = Dists::new(stack(StackKind::Vgg16, &device), &mut state, &device);
        let found = numbers(judge.distances(truth.clone(), picture));
        close(&found, &golden.dists, 1e-3, "DISTS");
        let same = numbers(judge.distances(truth.clone(), truth));
        assert!(same.iter().all(|it| it.abs() < 1e-5), "{same:?}");
    }
}

#[test]
fn features_are_those_of_pytorch_fid() {
    let golden = Golden::read();
    let device = Device::flex();
    let seed = |_, name: &str| name.bytes().map(u32::from).sum();
    let mut state = filled(inception::tensors(), seed);
    let inception = Inception::new(&mut state, &device);
    let [truth, _] = pairs();
    let found = numbers(inception.features(truth.parts(1)[0].to_rgb(&device)));
    assert_eq!(found.len(), inception::WIDTH);
    let found: Vec<f32> = found.into_iter().step_by(16).collect();
    close(&found, &golden.inception, 1e-3, "Inception-v3");
}

#[test]
fn the_distance_of_clouds_is_that_of_scipy() {
    for (name, clouds) in Golden::read().frechet {
        let width = clouds.width;
        let cloud = |seed, count, scale: f64, offset: f64| {
            let value = |row: usize, column: usize| unit(seed, row * width + column);
            let mut moments = Moments::new(width);
            for row in 0..count {
                let vector = (0..width).map(|column| {
                    let beside = value(row, (column + width - 1) % width);
                    let both = (value(row, column) + 0.5 * beside) as f32;
                    (f64::from(both) * scale + offset) as f32
                });
                moments.add(&vector.collect::<Vec<f32>>());
            }
            moments
        };
        let [of_one, of_other] = clouds.counts;
        let distance =
            frechet::distance(cloud(41, of_one, 1.0, 0.0), cloud(42, of_other, 1.5, 0.25));
        let (found, expected) = (distance.unwrap(), clouds.distance);
        assert!(
            (found - expected).abs() < 1e-5 * expected,
            "{name}: {found} and {expected}"
        );
    }
}

#[test]
fn the_perceptual_loss_and_its_gradient_are_those_of_pytorch() {
    for case in Golden::read().loss {
        let photographs = batch(bytes(31, 2 * 16 * 16 * 3), 16);
        let channels = if case.space == Space::Rgb { 3 } else { 2 };
        let objective = Objective::Regression(Regression {
            color: ColorSection {
                space: case.space,
                head: Head::Upstream,
                gray: Gray::Luma,
                classes: ClassesSection::default(),
            },
            loss: Loss::Mse,
        });
        let section = Perceptual {
            weight: case.weight,
            pixel: case.pixel,
            layer: case.layer,
            ..Perceptual::default()
        };
        for name in backend::present() {
            let device = backend::open(&name).unwrap();
            let state = stack_state(StackKind::Vgg16);
            let loss = PerceptualLoss::new(&section, state, &device);
            let shape = [2, channels, 16, 16];
            let last = TensorData::new(values(32, &shape, 1.0, 0.0).numbers, shape);
            let training = device.clone().autodiff();
            let last = Tensor::<4>::from_data(last, &training).require_grad();
            let split = objective.split(photographs.to_rgb(&training));
            let answer = objective.answer(last.clone());
            let fitted = objective.unfitted(&training);
            let errors = objective.errors(last.clone(), split.target, &photographs, &fitted);
            let of_pixels = errors.mean_dims(&[1, 2, 3]).reshape([2]);
            let picture = objective.join(split.input, answer);
            let losses = loss.losses(of_pixels, picture, photographs.to_rgb(&device));
            let what = format!("{:?} {:?} on {name}", case.space, case.layer);
            close(
                &numbers(losses.clone().without_autodiff()),
                &case.losses,
                1e-3,
                &what,
            );
            let gradients = losses.mean().backward();
            let gradient = numbers(last.grad(&gradients).unwrap());
            let some: Vec<f32> = gradient.into_iter().step_by(7).collect();
            close(&some, &case.gradient, 2e-3, &what);
        }
    }
}

/// The way from pictures to columns, with networks that have learned nothing.
#[test]
fn judges_write_what_was_asked_for_and_nothing_else() {
    use super::{Judges, PerceptualWeights};
    use crate::evaluate::{ImageScore, Metric};

    let device = Device::flex();
    let [truth, picture] = pairs();
    let scored = |metrics: &[Metric], truth: &Batch, pictures: &[RgbImage]| {
        let weights = PerceptualWeights::random_metrics(metrics);
        let judges = Judges::load(&weights, &device).unwrap().unwrap();
        let of_truth = truth.pictures();
        let both = of_truth.iter().zip(pictures);
        let mut scores: Vec<_> = both
            .map(|(one, other)| ImageScore::of(0.0, one, other))
            .collect();
        let mut judging = judges.begin();
        judging.judge(truth, pictures, &mut scores);
        (scores, judging.total())
    };
    let (scores, total) = scored(&Metric::ON_REQUEST, &truth, &picture.pictures());
    for score in &scores {
        for value in [score.lpips_alex, score.lpips_vgg, score.dists] {
            assert!(value.unwrap() > 0.0, "{score:?}");
        }
    }
    let (metric, distance) = total.unwrap();
    assert!(metric == Metric::Fid && distance > 0.0, "{distance}");
    let (scores, total) = scored(&[Metric::Dists], &truth, &truth.pictures());
    assert_eq!((scores[0].lpips_alex, scores[0].lpips_vgg), (None, None));
    assert!(scores[0].dists.unwrap().abs() < 1e-5);
    assert_eq!(total, None);
    // Too small for AlexNet: asked for, and without a value. One picture is no cloud.
    let small = batch(bytes(5, 24 * 24 * 3), 24);
    let (scores, total) = scored(&Metric::ON_REQUEST, &small, &small.pictures());
    assert!(scores[0].lpips_alex.unwrap().is_nan());
    assert_eq!(scores[0].lpips_vgg, Some(0.0));
    assert_eq!(total, None);
    assert!(
        Judges::load(&PerceptualWeights::default(), &device)
            .unwrap()
            .is_none()
    );
}
