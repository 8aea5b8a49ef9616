//! The only source of chance in a scene, and the trigonometry that must not depend on a machine's C library.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A seeded stream of draws. Floats are made from 24 bits here, so that the pictures depend on `ChaCha8` alone.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of one scene: a pure function of the world's seed and the scene's index.
    pub(super) fn new(seed: u64, index: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(index);
        Self(rng)
    }

    pub(super) fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Uniform in `[0, 1)`.
    pub(super) fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / 16_777_216.0
    }

    /// Uniform in `[low, high)`.
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Triangular around `middle`, never farther than `spread`.
    pub(super) fn around(&mut self, middle: f32, spread: f32) -> f32 {
        middle + (self.unit() + self.unit() - 1.0) * spread
    }

    pub(super) fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// Uniform in `low..=high`.
    pub(super) fn count(&mut self, low: usize, high: usize) -> usize {
        low + ((high - low + 1) as f32 * self.unit()) as usize
    }

    /// One or minus one.
    pub(super) fn sign(&mut self) -> f32 {
        if self.chance(0.5) { 1.0 } else { -1.0 }
    }

    pub(super) fn choose<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.count(0, among.len() - 1)]
    }
}

/// Cosine and sine of an angle given in whole turns, by polynomial: the same bits everywhere.
pub(super) fn turn(turns: f32) -> (f32, f32) {
    (quarter_wave(turns + 0.25), quarter_wave(turns))
}

/// sin(2 pi t), to about 1e-6.
fn quarter_wave(turns: f32) -> f32 {
    let folded = turns - (turns + 0.5).floor(); // -0.5..0.5
    // sin is odd and symmetric about a quarter turn.
    let magnitude = folded.abs();
    let quarter = if magnitude > 0.25 {
        0.5 - magnitude
    } else {
        magnitude
    };
    let x = quarter * std::f32::consts::TAU;
    let square = x * x;
    let value = x
        * (1.0
            + square
                * (-1.0 / 6.0
                    + square * (1.0 / 120.0 + square * (-1.0 / 5040.0 + square / 362_880.0))));
    if folded < 0.0 { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turn_is_cosine_and_sine() {
        for step in -40..40 {
            let turns = step as f32 / 17.0;
            let (cosine, sine) = turn(turns);
            let angle = turns * std::f32::consts::TAU;
            assert!((cosine - angle.cos()).abs() < 1e-5, "cosine of {turns}");
            assert!((sine - angle.sin()).abs() < 1e-5, "sine of {turns}");
        }
    }

    #[test]
    fn draws_stay_in_their_range() {
        let mut dice = Dice::new(3, 9);
        let mut seen = [false; 4];
        for _ in 0..500 {
            let value = dice.between(-2.0, 5.0);
            assert!((-2.0..5.0).contains(&value));
            seen[dice.count(0, 3)] = true;
        }
        assert_eq!(seen, [true; 4]);
    }
}
