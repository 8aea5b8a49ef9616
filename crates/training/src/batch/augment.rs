//! Training photographs, varied: mirrored, and cut out at a random place.

use colorize_experiment::section::AugmentSection;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Batch;
use crate::dataset::Photograph;

/// Keeps these draws apart from any others of the same seed.
const DOMAIN: &[u8; 8] = b"augment\0";

/// Varies what a step sees. What becomes of a photograph depends on the seed, the step and its content alone, so that a resumed
/// run sees what an uninterrupted one does. Feature vectors stay those of the whole photograph: the classifier looks at what is
/// in it, which neither a mirror nor a crop changes much, and computing them anew would cost more than the step.
#[derive(Debug, Clone)]
pub struct Augment {
    flip: bool,
    /// Side of the pictures that the network sees, in pixels.
    size: usize,
    seed: u64,
}

impl Augment {
    /// As `section` says, for a network that sees squares of `size` pixels; `None` where nothing is varied.
    pub fn new(section: &AugmentSection, size: usize, seed: u64) -> Option<Self> {
        let crops = section.decoded_side(size) != size;
        (section.flip || crops).then_some(Self {
            flip: section.flip,
            size,
            seed,
        })
    }

    /// The batch of `step`, varied. `photographs` are those that its positions mean.
    ///
    /// # Panics
    ///
    /// When the batch is smaller than what is to be cut from it.
    pub fn apply(&self, batch: Batch, step: usize, photographs: &[Photograph]) -> Batch {
        let side = batch.size;
        let mut pixels = Vec::with_capacity(3 * self.size * self.size * batch.len());
        let squares = batch.pixels.chunks_exact(3 * side * side);
        for (square, &position) in squares.zip(&batch.positions) {
            let Place {
                left,
                top,
                mirrored,
            } = self.place(side, step, &photographs[position]);
            for row in square.chunks_exact(3 * side).skip(top).take(self.size) {
                let row = &row[3 * left..3 * (left + self.size)];
                if mirrored {
                    pixels.extend(row.as_chunks::<3>().0.iter().rev().flatten());
                } else {
                    pixels.extend_from_slice(row);
                }
            }
        }
        Batch {
            size: self.size,
            pixels,
            ..batch
        }
    }

    /// What `step` sees of a square of `side` pixels.
    fn place(&self, side: usize, step: usize, photograph: &Photograph) -> Place {
        let mut hasher = blake3::Hasher::new();
        hasher.update(DOMAIN);
        hasher.update(&self.seed.to_le_bytes());
        hasher.update(&(step as u64).to_le_bytes());
        hasher.update(photograph.content_hash.as_bytes());
        let mut generator = ChaCha8Rng::from_seed(*hasher.finalize().as_bytes());
        let room = side - self.size;
        Place {
            left: generator.random_range(0..=room),
            top: generator.random_range(0..=room),
            mirrored: self.flip && generator.random(),
        }
    }
}

/// What is seen of a square.
struct Place {
    left: usize,
    top: usize,
    mirrored: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 12;
    const SIZE: usize = 8;

    fn photographs() -> Vec<Photograph> {
        (0..3_u8)
            .map(|id| Photograph {
                id: id.into(),
                file_name: String::new(),
                path: std::path::PathBuf::new(),
                categories: Vec::new(),
                content_hash: blake3::hash(&[id]),
            })
            .collect()
    }

    /// Every pixel says where it is.
    fn batch(positions: Vec<usize>) -> Batch {
        let square = (0..SIDE * SIDE).flat_map(|at| [(at % SIDE) as u8, (at / SIDE) as u8, 7]);
        Batch {
            size: SIDE,
            pixels: positions.iter().flat_map(|_| square.clone()).collect(),
            features: positions.iter().map(|&position| position as f32).collect(),
            labels: Vec::new(),
            positions,
        }
    }

    fn augment(flip: bool, seed: u64) -> Augment {
        Augment {
            flip,
            size: SIZE,
            seed,
        }
    }

    #[test]
    fn what_is_seen_is_a_window_mirrored_half_the_time() {
        let (augment, photographs) = (augment(true, 3), photographs());
        let mut mirrored = 0;
        let mut corners = std::collections::BTreeSet::new();
        for step in 1..=200 {
            let seen = augment.apply(batch(vec![step % 3]), step, &photographs);
            assert_eq!((seen.size, seen.pixels.len()), (SIZE, 3 * SIZE * SIZE));
            assert_eq!(seen.features, [(step % 3) as f32]);
            let (pixels, _) = seen.pixels.as_chunks::<3>();
            let (first, last) = (pixels[0], pixels[SIZE * SIZE - 1]);
            // Rows run down, columns either way, and nothing is skipped.
            assert_eq!(usize::from(last[1] - first[1]), SIZE - 1);
            assert_eq!(usize::from(last[0].abs_diff(first[0])), SIZE - 1);
            assert_eq!(pixels[1][0].abs_diff(first[0]), 1);
            mirrored += usize::from(last[0] < first[0]);
            corners.insert((first[0].min(last[0]), first[1]));
        }
        assert!((70..=130).contains(&mirrored), "{mirrored}");
        // Of 25 places.
        assert!(corners.len() > 20, "{corners:?}");
    }

    #[test]
    fn it_depends_on_the_seed_the_step_and_the_photograph_alone() {
        let photographs = photographs();
        let seen =
            |seed, step, positions| augment(true, seed).apply(batch(positions), step, &photographs);
        let alone = seen(1, 5, vec![2]).pixels;
        let among = seen(1, 5, vec![0, 2, 1]).pixels;
        assert_eq!(&among[alone.len()..2 * alone.len()], alone);
        let others = [
            seen(2, 5, vec![2]).pixels,
            seen(1, 6, vec![2]).pixels,
            seen(1, 5, vec![1]).pixels,
        ];
        assert!(others.iter().all(|other| *other != alone));
    }

    #[test]
    fn without_anything_to_vary_there_is_nothing_to_do() {
        let still = AugmentSection::default();
        assert!(Augment::new(&still, 96, 0).is_none());
        let cropped = AugmentSection { crop: 0.9, ..still };
        assert!(Augment::new(&cropped, 96, 0).is_some());
    }
}
