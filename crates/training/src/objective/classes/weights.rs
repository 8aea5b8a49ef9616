//! What a class weighs in the loss: the rarer, the more.

use crate::color::ClassesSection;
use crate::color::classes::Bins;

/// The weight of every class whose color was seen `counts` times.
///
/// With p the frequencies, smoothed over the bins by a Gaussian of deviation sigma that loses nothing at the border, Q the
/// number of classes and lambda the share `rebalance` of the uniform distribution:
///
/// ```text
/// w = 1 / ((1 - lambda) p + lambda / Q), times what makes the sum of p w 1
/// ```
///
/// No class counts as rarer than a single place among all: with a lambda of 0, one that was never seen would weigh
/// infinitely much.
pub(super) fn class_weights(counts: &[u64], bins: &Bins, section: &ClassesSection) -> Vec<f32> {
    let total = counts.iter().sum::<u64>().max(1) as f64;
    let frequencies: Vec<f64> = counts.iter().map(|&count| count as f64 / total).collect();
    let smooth = smoothed(&frequencies, bins.centers(), section.sigma);
    let uniform = section.rebalance / bins.len() as f64;
    let weights: Vec<f64> = smooth
        .iter()
        .map(|frequency| ((1.0 - section.rebalance) * frequency + uniform).max(1.0 / total))
        .map(f64::recip)
        .collect();
    let expected: f64 = smooth.iter().zip(&weights).map(|(p, w)| p * w).sum();
    weights
        .iter()
        .map(|weight| (weight / expected) as f32)
        .collect()
}

/// Frequencies, each spread over all bins by a Gaussian of their distance.
fn smoothed(frequencies: &[f64], centers: &[[f32; 2]], sigma: f64) -> Vec<f64> {
    let mut smooth = vec![0.0; frequencies.len()];
    for (frequency, from) in frequencies.iter().zip(centers) {
        let kernel: Vec<f64> = centers
            .iter()
            .map(|to| {
                let [a, b] = [0, 1].map(|axis| f64::from(to[axis] - from[axis]));
                (-(a * a + b * b) / (2.0 * sigma * sigma)).exp()
            })
            .collect();
        let sum: f64 = kernel.iter().sum();
        for (smooth, share) in smooth.iter_mut().zip(kernel) {
            *smooth += frequency * share / sum;
        }
    }
    smooth
}
