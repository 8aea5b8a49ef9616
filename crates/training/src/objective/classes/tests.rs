//! Every part against `NumPy`: see `tests/golden/classes.py`.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};
use serde::Deserialize;

use super::weights::class_weights;
use super::*;
use crate::backend;
use crate::color::{Gray, Head, Space};

#[derive(Deserialize)]
struct Golden {
    bins: Vec<GoldenBins>,
    bin_counts: BTreeMap<usize, usize>,
    spread: Vec<Spread>,
    picture: Picture,
    weights: Weights,
    loss: Loss,
    decoded: BTreeMap<String, Vec<f64>>,
}

#[derive(Deserialize)]
struct GoldenBins {
    step: usize,
    centers: Vec<f32>,
}

#[derive(Deserialize)]
struct Spread {
    neighbors: usize,
    sigma: f64,
    colors: Vec<f32>,
    bins: Vec<i64>,
    shares: Vec<f64>,
}

#[derive(Deserialize)]
struct Picture {
    pixels: Vec<u8>,
    encoded: Vec<BTreeMap<i64, f64>>,
}

#[derive(Deserialize)]
struct Weights {
    counts: Vec<u64>,
    cases: Vec<WeightsCase>,
}

#[derive(Deserialize)]
struct WeightsCase {
    sigma: f64,
    rebalance: f64,
    weights: Vec<f64>,
}

#[derive(Deserialize)]
struct Loss {
    step: usize,
    neighbors: usize,
    sigma: f64,
    shape: [usize; 3],
    colors: Vec<f32>,
    logits: Vec<f32>,
    weights: Vec<f32>,
    losses: Vec<f64>,
    gradient: Vec<f64>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../../../tests/golden/classes.json")).unwrap()
}

fn classes(section: ClassesSection) -> Classes {
    Classes::of(ColorSection {
        space: Space::Lab,
        head: Head::Classes,
        gray: Gray::Mean,
        classes: section,
    })
}

fn assert_close<T: Copy + Into<f64>>(found: &[T], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (place, (&found, expected)) in found.iter().zip(expected).enumerate() {
        let found: f64 = found.into();
        let off = (found - expected).abs();
        assert!(
            off <= tolerance * expected.abs().max(1.0),
            "{what} {place}: {found} and {expected}"
        );
    }
}

fn values(tensor: Tensor<4>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// Every device whose arithmetic is 32-bit.
fn devices() -> Vec<Device> {
    let names = backend::present().into_iter();
    names
        .filter(backend::is_deterministic)
        .map(|name| backend::open(&name).unwrap())
        .collect()
}

impl Loss {
    fn classes(&self) -> Classes {
        classes(ClassesSection {
            step: self.step,
            neighbors: self.neighbors,
            sigma: self.sigma,
            ..ClassesSection::default()
        })
    }

    fn logits(&self, device: &Device) -> Tensor<4> {
        let [batch, height, width] = self.shape;
        let shape = [batch, self.weights.len(), height, width];
        Tensor::from_data(TensorData::new(self.logits.clone(), shape), device)
    }

    fn soft(&self, classes: &Classes) -> SoftClasses {
        let places = self.colors.len() / 2 * self.neighbors;
        let (mut bins, mut shares) = (vec![0; places], vec![0.0; places]);
        let each = bins.chunks_exact_mut(self.neighbors);
        let each = each.zip(shares.chunks_exact_mut(self.neighbors));
        for (&color, (bins, shares)) in self.colors.as_chunks::<2>().0.iter().zip(each) {
            classes.bins.spread(color, self.sigma, bins, shares);
        }
        SoftClasses {
            shape: self.shape,
            bins,
            shares,
        }
    }
}

#[test]
fn bins_are_numpys() {
    let golden = golden();
    for GoldenBins { step, centers } in golden.bins {
        let bins = Bins::of(step);
        assert_eq!(bins.centers(), centers.as_chunks::<2>().0, "{step}");
    }
    for (step, count) in golden.bin_counts {
        assert_eq!(Bins::of(step).len(), count, "{step}");
    }
}

#[test]
fn soft_encoding_is_numpys() {
    let bins = Bins::of(10);
    for case in golden().spread {
        let what = format!("{} neighbors, sigma {}", case.neighbors, case.sigma);
        let expected = case.bins.chunks_exact(case.neighbors);
        let expected = expected.zip(case.shares.chunks_exact(case.neighbors));
        for (&color, (at, share)) in case.colors.as_chunks::<2>().0.iter().zip(expected) {
            let (mut near, mut shares) = (vec![0; case.neighbors], vec![0.0; case.neighbors]);
            bins.spread(color, case.sigma, &mut near, &mut shares);
            assert_eq!(near, at, "{what}, {color:?}");
            assert_close(&shares, share, 1e-6, &what);
        }
    }
}

#[test]
fn a_batch_is_encoded_at_a_quarter_of_its_size() {
    let Picture { pixels, encoded } = golden().picture;
    let batch = Batch {
        size: 12,
        pixels,
        positions: vec![0, 1],
        features: Vec::new(),
        labels: Vec::new(),
    };
    let soft = classes(ClassesSection::default()).encode(&batch);
    assert_eq!(soft.shape, [2, 3, 3]);
    let found = soft.bins.chunks_exact(5).zip(soft.shares.chunks_exact(5));
    assert_eq!(found.len(), encoded.len());
    for ((bins, shares), expected) in found.zip(encoded) {
        for (bin, share) in bins.iter().zip(shares) {
            let off = (f64::from(*share) - expected[bin]).abs();
            assert!(off < 1e-4, "{bin}: {share} and {}", expected[bin]);
        }
    }
}

#[test]
fn class_weights_are_numpys() {
    let Weights { counts, cases } = golden().weights;
    let bins = Bins::of(10);
    for case in cases {
        let section = ClassesSection {
            sigma: case.sigma,
            rebalance: case.rebalance,
            ..ClassesSection::default()
        };
        let what = format!("sigma {}, lambda {}", case.sigma, case.rebalance);
        let weights = class_weights(&counts, &bins, &section);
        assert_close(&weights, &case.weights, 1e-5, &what);
    }
    // Nothing is infinite where nothing was seen.
    for rebalance in [0.0, 0.5, 1.0] {
        let section = ClassesSection {
            rebalance,
            ..ClassesSection::default()
        };
        let mut counts = vec![0; bins.len()];
        counts[7] = 1_000_000_000;
        let weights = class_weights(&counts, &bins, &section);
        assert!(weights.iter().all(|w| w.is_finite() && *w > 0.0));
    }
}

#[test]
fn loss_and_gradient_are_numpys() {
    let loss = golden().loss;
    let classes = loss.classes();
    let soft = loss.soft(&classes);
    for device in devices() {
        let fitted = classes.fitted(loss.weights.clone(), &device);
        let errors = classes.errors(loss.logits(&device), &soft, &fitted);
        let [batch, height, width] = loss.shape;
        assert_eq!(errors.dims(), [batch, 1, height, width]);
        assert_close(&values(errors), &loss.losses, 1e-5, "loss");

        let device = device.autodiff();
        let fitted = classes.fitted(loss.weights.clone(), &device);
        let logits = loss.logits(&device).require_grad();
        let errors = classes.errors(logits.clone(), &soft, &fitted);
        let gradients = errors.mean().backward();
        let gradient = values(logits.grad(&gradients).unwrap());
        assert_close(&gradient, &loss.gradient, 1e-6, "gradient");
        let weights = fitted.class_weights.unwrap();
        assert!(
            weights.grad(&gradients).is_none(),
            "weights are not learned"
        );
    }
}

#[test]
fn decoding_is_numpys() {
    let golden = golden();
    for device in devices() {
        for (decode, expected) in &golden.decoded {
            let classes = Classes {
                decode: decode.parse().unwrap(),
                ..golden.loss.classes()
            };
            let answer = classes.answer(golden.loss.logits(&device));
            assert_eq!(answer.dims(), [2, 2, 12, 8]);
            assert_close(&values(answer), expected, 1e-5, decode);
        }
    }
}

#[test]
fn temperature_goes_from_the_mode_to_the_mean() {
    let loss = golden().loss;
    let device = &devices()[0];
    let decoded = |decode| {
        let classes = Classes {
            decode,
            ..loss.classes()
        };
        values(classes.answer(loss.logits(device)))
    };
    let mode: Vec<f64> = decoded(Decode::Mode).into_iter().map(f64::from).collect();
    for coldest in [1e-3, f64::MIN_POSITIVE] {
        let cold = decoded(Decode::Temperature(coldest));
        assert_close(&cold, &mode, 1e-5, "a low temperature");
    }
}

#[test]
fn decodings_are_read_as_they_are_written() {
    for (text, decode) in [
        ("mode", Decode::Mode),
        ("mean", Decode::Temperature(1.0)),
        ("0.38", Decode::Temperature(0.38)),
    ] {
        assert_eq!(text.parse(), Ok(decode));
        assert_eq!(decode.to_string(), text);
    }
    assert_eq!("1".parse(), Ok(Decode::Temperature(1.0)));
    for wrong in ["", "0", "-1", "1.1", "nan", "median"] {
        assert_eq!(wrong.parse::<Decode>(), Err(UnknownDecode), "{wrong}");
    }
}
