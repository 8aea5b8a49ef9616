//! Initial weights, drawn by a generator of our own so that every backend starts from the same bits.

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Keeps this stream apart from any other that is drawn from the same seed.
const DOMAIN: &[u8; 24] = b"colorize initial weights";

/// The same for the layers that say the labels.
const OF_LABELS: &[u8; 24] = b"colorize label's weights";

/// A stream of initial weights: the same seed gives the same numbers on every machine and backend.
///
/// Weights are taken from the stream in the order in which the layers are built, and within a kernel in the order of
/// its memory.
#[derive(Debug)]
pub struct InitialWeights {
    generator: ChaCha8Rng,
}

impl InitialWeights {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self::in_domain(seed, DOMAIN)
    }

    /// The stream of `seed` for the layers that say the labels.
    pub fn of_labels(seed: u64) -> Self {
        Self::in_domain(seed, OF_LABELS)
    }

    fn in_domain(seed: u64, domain: &[u8; 24]) -> Self {
        // The key is laid out here and not by `seed_from_u64`, whose expansion is another crate's affair.
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..].copy_from_slice(domain);
        Self {
            generator: ChaCha8Rng::from_seed(key),
        }
    }

    /// A convolution kernel of `shape`, which is `[channels_out, channels_in, height, width]` for a convolution and
    /// `[channels_in, channels_out, height, width]` for a transposed one.
    ///
    /// Glorot uniform (Glorot and Bengio 2010) with Keras's fans: channels times the kernel's area, so the bound is
    /// the same for both layouts.
    pub fn kernel(&mut self, shape: [usize; 4], device: &Device) -> Param<Tensor<4>> {
        Param::from_data(TensorData::new(self.values(shape), shape), device)
    }

    /// The numbers of such a kernel, in the order of its memory.
    pub fn values(&mut self, shape: [usize; 4]) -> Vec<f32> {
        let area = shape[2] * shape[3];
        let limit = (6.0 / ((shape[0] + shape[1]) * area) as f64).sqrt();
        (0..shape[0] * shape[1] * area)
            .map(|_| self.uniform(limit))
            .collect()
    }

    /// A bias of zeros.
    pub fn bias(channels: usize, device: &Device) -> Param<Tensor<1>> {
        Param::from_data(TensorData::new(vec![0_f32; channels], [channels]), device)
    }

    /// A number in [-limit, limit).
    fn uniform(&mut self, limit: f64) -> f32 {
        // 24 bits are what an f32 holds; doubles until the last step, so no rounding depends on the order of products.
        let unit = f64::from(self.generator.next_u32() >> 8) / f64::from(1_u32 << 24);
        ((2.0 * unit - 1.0) * limit) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uniform_fills_its_range_evenly() {
        let mut weights = InitialWeights::new(0);
        let values: Vec<f64> = (0..20_000)
            .map(|_| f64::from(weights.uniform(0.5)))
            .collect();
        let mean = values.iter().sum::<f64>() / 20_000.0;
        let variance = values.iter().map(|value| value * value).sum::<f64>() / 20_000.0;
        assert!(values.iter().all(|value| (-0.5..=0.5).contains(value)));
        assert!(mean.abs() < 0.01, "mean: {mean}");
        assert!(
            (variance - 1.0 / 12.0).abs() < 0.002,
            "variance: {variance}"
        );
    }

    #[test]
    fn seeds_differ_and_repeat() {
        let draw = |seed| {
            let mut weights = InitialWeights::new(seed);
            [weights.uniform(1.0), weights.uniform(1.0)]
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        // Written down once, so that a later version cannot quietly start every run elsewhere.
        assert_eq!(draw(0), [0.848_968_4, 0.292_798_16]);
    }
}
