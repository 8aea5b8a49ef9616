//! The only source of chance here: draws from `ChaCha8`, made into numbers by this file alone, so that an interval
//! does not depend on another crate's version.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of draws.
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    /// What a stream is drawn for: equal streams would make the results hang together.
    pub(super) const IMAGES_OF: u64 = 0;
    pub(super) const IMAGES_AGAINST: u64 = 1;
    pub(super) const SEEDS_OF: u64 = 2;
    pub(super) const SEEDS_AGAINST: u64 = 3;

    pub(super) fn new(stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(0);
        generator.set_stream(stream);
        Self(generator)
    }

    /// Uniform in `0..count`, but for one part in 2^32 / `count`.
    pub(super) fn below(&mut self, count: usize) -> usize {
        ((u64::from(self.0.next_u32()) * count as u64) >> 32) as usize
    }

    pub(super) fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last + 1));
        }
    }
}
