//! Norms at their edges; its values and gradients are tested with those of whole layers.

use super::*;

fn moments(extent: Extent, bands: &[&[f32]]) -> [Vec<f64>; 2] {
    let parts: Vec<(usize, Moments)> = bands
        .iter()
        .map(|values| (0, Moments::of(extent, values)))
        .collect();
    statistics(extent.channels, &parts)
}

#[test]
fn a_small_variance_far_from_zero_is_exact() {
    // 1000 and 1000.0625 in turn, and zeros.
    let extent = Extent {
        height: 4,
        width: 50,
        channels: 2,
    };
    let values: Vec<f32> = (0..200)
        .flat_map(|pixel| [1000.0 + (pixel % 2) as f32 / 16.0, 0.0])
        .collect();
    let (first, rest) = values.split_at(extent.row());
    let [mean, variance] = moments(extent, &[first, rest]);
    assert_eq!(mean, [1_000.031_25, 0.0]);
    assert!((variance[0] - 1.0 / 1024.0).abs() < 1e-12, "{variance:?}");
    assert_eq!(variance[1], 0.0);
}

#[test]
fn what_is_not_a_number_passes_norm_and_relu() {
    let extent = Extent {
        height: 1,
        width: 3,
        channels: 2,
    };
    let values = [f32::NAN, 1.0, 2.0, 2.0, 3.0, 3.0];
    let statistics = moments(extent, &[&values]);
    let channels = Channels::new(&statistics, &[1.0; 2], &[0.0; 2], 1e-3);
    let channels = [channels];
    let output = normalized(extent, &values, &channels, true, None);
    assert!(output.iter().step_by(2).all(|value| value.is_nan()));
    assert!(output[1..].iter().step_by(2).all(|value| value.is_finite()));
    let gradient = NormGradient::new(extent, &[1.0; 6], &values, &channels, true);
    assert!(gradient.gamma[0].is_nan() && gradient.gamma[1].is_finite());
}
