//! Networks that only answer: the classifiers whose features are fused, and those that judge pictures. Their weights are
//! random, so that none have to be fetched.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use image::RgbImage;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::agreement::{Deviation, Norm, Part, Rule, compare};
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
const SHAKES: u64 = 3;

/// Compares the features of a classifier.
///
/// # Errors
///
/// What a device said instead of an answer.
pub(super) fn features(
    kind: ExtractorKind,
    arithmetic: Arithmetic,
    expected: &Device,
    found: &Device,
) -> Result<Part, String> {
    let weights = WeightsChoice::Random { seed: 1 };
    let load = |device: &Device| {
        Extractor::load(kind, &weights, Path::new(""), device).map_err(|error| error.to_string())
    };
    let input = |shake: Option<u64>| {
        let mut dice = ChaCha8Rng::seed_from_u64(0);
        let mut tremor = ChaCha8Rng::seed_from_u64(shake.unwrap_or(0));
        let unit = shake.map_or(0.0, |_| arithmetic.unit());
        let number =
            |dice: &mut ChaCha8Rng| 2.0 * f64::from(dice.next_u32()) / f64::from(u32::MAX) - 1.0;
        (0..PICTURES * 3 * SIDE * SIDE)
            .map(|_| (2.0 * number(&mut dice) * (1.0 + unit * number(&mut tremor))) as f32)
            .collect::<Vec<f32>>()
    };
    let answer = |extractor: &Extractor, input: Vec<f32>| -> Tensors {
        let shape = [PICTURES, 3, SIDE, SIDE];
        let input = Tensor::<4>::from_data(TensorData::new(input, shape), extractor.device());
        let poolings = [(Pooling::Max, "maximum"), (Pooling::Average, "mean")];
        let features = poolings.map(|(pooling, name)| {
            let features = extractor.features(input.clone(), pooling);
            (format!("{name} of the features"), numbers(features))
        });
        features.into()
    };
    let reference = load(expected)?;
    let shaken: Vec<Tensors> = (0..SHAKES)
        .map(|shake| answer(&reference, input(Some(shake))))
        .collect();
    // The input is shaken, the weights are not: every layer's rounding comes to it.
    let rule = Rule {
        norm: Norm::Largest,
        times: 30.0,
        floor: 8.0 * arithmetic.unit() + 1e-5,
        widest: 0.5,
    };
    Ok(compare(
        "features",
        &answer(&reference, input(None)),
        &shaken,
        &answer(&load(found)?, input(None)),
        rule,
    ))
}

/// Compares what pictures score by the metrics that need a network.
///
/// # Errors
///
/// What a device said instead of an answer.
pub(super) fn metrics(
    case: &Case,
    arithmetic: Arithmetic,
    expected: &Device,
    found: &Device,
) -> Result<Part, String> {
    let weights = PerceptualWeights::random_metrics(&Metric::ON_REQUEST);
    let whole = case.batch(0, 0);
    let photographs = whole.parts(PICTURES).swap_remove(0);
    let pictures = case.batch(0, 1).parts(PICTURES).swap_remove(0).pictures();
    let judged = |device: &Device| judged(&weights, &photographs, &pictures, device);
    let (expected, found) = (judged(expected)?, judged(found)?);
    // Pictures are bytes, and cannot be shaken. Many layers and long sums are behind these numbers.
    let allowed = 16.0 * arithmetic.unit() + 1e-3;
    let deviations = Metric::ON_REQUEST
        .into_iter()
        .zip(expected.into_iter().zip(found));
    let deviations = deviations.map(|(metric, (expected, found))| {
        let apart = (expected - found).abs();
        Deviation {
            tensor: metric.name().to_owned(),
            error: match apart {
                0.0 => 0.0,
                apart if apart.is_nan() => f64::INFINITY,
                apart => apart / expected.abs(),
            },
            allowed,
        }
    });
    Ok(Part::of("scores", deviations.collect()))
}

/// The value of each of [`Metric::ON_REQUEST`].
fn judged(
    weights: &PerceptualWeights,
    photographs: &Batch,
    pictures: &[RgbImage],
    device: &Device,
) -> Result<Vec<f64>, String> {
    let judges = Judges::load(weights, device).map_err(|error| error.to_string())?;
    let judges = judges.ok_or("no metric needs a network")?;
    let truth = photographs.pictures();
    let mut scores: Vec<ImageScore> = truth
        .iter()
        .zip(pictures)
        .map(|(truth, picture)| ImageScore::of(0.0, truth, picture))
        .collect();
    let mut judging = judges.begin();
    judging.judge(photographs, pictures, &mut scores);
    let total = judging.total();
    let value = |metric: Metric| match total {
        Some((of, value)) if of == metric => value,
        _ => Metric::over(scores.iter().map(|score| score.terms(metric))).unwrap_or(f64::NAN),
    };
    Ok(Metric::ON_REQUEST.map(value).to_vec())
}
