//! Networks that only answer: the classifiers whose features are fused, and those that judge pictures. Their weights are
//! random, so that none have to be fetched.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use image::RgbImage;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::agreement::{Norm, Part, Rule, compare};
use super::arithmetic::Arithmetic;
use super::cases::Case;
use super::tensors::{Tensors, numbers};
use crate::batch::Batch;
use crate::evaluate::{ImageScore, Metric};
use crate::extractor::{Extractor, ExtractorKind, Pooling, WeightsChoice};
use crate::perceptual::{Judges, PerceptualWeights};

/// Side of the pictures that a classifier sees, and how many.
const SIDE: usize = 64;
const PICTURES: usize = 2;

/// How often the input is shaken.
const SHAKES: u64 = 2;

/// Compares the features of a classifier.
///
/// # Errors
///
/// What a device said instead of an answer.
pub(super) fn features(
    kind: ExtractorKind,
    arithmetic: Arithmetic,
    devices: [&Device; 2],
) -> Result<Part, String> {
    let weights = WeightsChoice::Random { seed: 1 };
    let load = |device: &Device| {
        Extractor::load(kind, &weights, Path::new(""), device).map_err(|error| error.to_string())
    };
    let [expected, found] = devices.map(load);
    let [expected, found] = [expected?, found?];
    let answer = |extractor: &Extractor, input: &[f32]| {
        let input = input.iter().map(|number| 4.0 * number - 2.0).collect();
        let input = tensor(input, extractor.device());
        let poolings = [(Pooling::Max, "maximum"), (Pooling::Average, "mean")];
        let features = poolings.map(|(pooling, name)| {
            let features = extractor.features(input.clone(), pooling);
            (format!("{name} of the features"), numbers(features))
        });
        features.into()
    };
    let [expected, found] = [&expected, &found].map(|it| move |input: &[f32]| answer(it, input));
    Ok(shaken(arithmetic, &expected, &found))
}

/// Compares the features that the Fréchet inception distance is made of. The distance itself is the processor's affair.
///
/// # Errors
///
/// What a device said instead of an answer.
pub(super) fn inception(arithmetic: Arithmetic, devices: [&Device; 2]) -> Result<Part, String> {
    let weights = PerceptualWeights::random_metrics(&[Metric::Fid]);
    let [expected, found] = devices.map(|device| {
        let judges = Judges::load(&weights, device).map_err(|error| error.to_string())?;
        judges.ok_or_else(|| "no network for the FID".to_owned())
    });
    let [expected, found] = [(expected?, devices[0]), (found?, devices[1])];
    let answer = |(judges, device): &(Judges, &Device), input: &[f32]| {
        let features = judges.features(tensor(input.to_vec(), device));
        let features = features.map(numbers).unwrap_or_default();
        [("features".to_owned(), features)].into()
    };
    let [expected, found] = [&expected, &found].map(|it| move |input: &[f32]| answer(it, input));
    Ok(shaken(arithmetic, &expected, &found))
}

fn tensor(numbers: Vec<f32>, device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(numbers, [PICTURES, 3, SIDE, SIDE]), device)
}

/// Compares two answers to the same pictures, numbers on [0, 1]. These are shaken and not the weights, so every layer's rounding comes
/// to it.
fn shaken(
    arithmetic: Arithmetic,
    expected: &dyn Fn(&[f32]) -> Tensors,
    found: &dyn Fn(&[f32]) -> Tensors,
) -> Part {
    let number = |dice: &mut ChaCha8Rng| f64::from(dice.next_u32()) / f64::from(u32::MAX);
    let input = |unit: f64, shake: u64| -> Vec<f32> {
        let mut dice = ChaCha8Rng::seed_from_u64(0);
        let mut tremor = ChaCha8Rng::seed_from_u64(shake);
        let numbers = (0..PICTURES * 3 * SIDE * SIDE).map(|_| {
            let off = unit * (2.0 * number(&mut tremor) - 1.0);
            (number(&mut dice) * (1.0 + off)) as f32
        });
        numbers.collect()
    };
    let answers: Vec<Tensors> = (0..SHAKES)
        .map(|shake| expected(&input(arithmetic.unit(), shake)))
        .collect();
    let rule = Rule {
        norm: Norm::Largest,
        times: 30.0,
        floor: 8.0 * arithmetic.unit() + 1e-5,
        widest: 0.5,
    };
    let whole = input(0.0, 0);
    compare(
        "features",
        &expected(&whole),
        &answers,
        &found(&whole),
        rule,
    )
}

/// Compares what pictures score by the metrics that need a network. That of the FID is
/// compared by [`inception`].
///
/// # Errors
///
/// What a device said instead of an answer.
pub(super) fn metrics(
    case: &Case,
    arithmetic: Arithmetic,
    [expected, found]: [&Device; 2],
) -> Result<Part, String> {
    let metrics = Metric::ON_REQUEST
        .into_iter()
        .filter(|it| it.is_per_image());
    let weights = PerceptualWeights::random_metrics(&metrics.collect::<Vec<_>>());
    let [photographs, pictures] =
        [0, 1].map(|step| case.batch(0, step).parts(PICTURES).swap_remove(0));
    let judged = |device: &Device| judged(&weights, &photographs, &pictures.pictures(), device);
    let (expected, found) = (judged(expected)?, judged(found)?);
    // Pictures are bytes, and cannot be shaken. Many layers and long sums are behind these numbers.
    let rule = Rule {
        norm: Norm::Largest,
        times: 0.0,
        floor: 64.0 * arithmetic.unit() + 1e-4,
        widest: 0.5,
    };
    Ok(compare("scores", &expected, &[], &found, rule))
}

/// The value of each metric that needs a network, of every picture.
fn judged(
    weights: &PerceptualWeights,
    photographs: &Batch,
    pictures: &[RgbImage],
    device: &Device,
) -> Result<Tensors, String> {
    let judges = Judges::load(weights, device).map_err(|error| error.to_string())?;
    let judges = judges.ok_or("no metric needs a network")?;
    let truth = photographs.pictures();
    let mut scores: Vec<ImageScore> = truth
        .iter()
        .zip(pictures)
        .map(|(truth, picture)| ImageScore::of(0.0, truth, picture))
        .collect();
    judges.begin().judge(photographs, pictures, &mut scores);
    let mut values = Tensors::new();
    for metric in Metric::ON_REQUEST
        .into_iter()
        .filter(|it| it.is_per_image())
    {
        let of_each = scores.iter().map(|score| {
            let (above, below) = score.terms(metric);
            (above / below) as f32
        });
        values.insert(metric.name().to_owned(), of_each.collect());
    }
    Ok(values)
}
