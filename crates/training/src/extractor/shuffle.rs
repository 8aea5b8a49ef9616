//! The negative control: every photograph gets the features of another one.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Keeps this stream apart from any other that is drawn from the same seed.
const DOMAIN: &[u8; 24] = b"colorize shuffled vector";

/// Whose vector each photograph gets when they are shuffled: a permutation of `0..count` that leaves nothing where it
/// was, the same for the same seed everywhere. Of one photograph there is no such permutation, and it stays.
pub fn derangement(seed: u64, count: usize) -> Vec<usize> {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..].copy_from_slice(DOMAIN);
    let mut generator = ChaCha8Rng::from_seed(key);
    let mut permutation: Vec<usize> = (0..count).collect();
    // Sattolo (1986): each goes to a place below its own, so that all of them form one cycle.
    for at in (1..count).rev() {
        let below = ((u128::from(generator.next_u64()) * at as u128) >> 64) as usize;
        permutation.swap(at, below);
    }
    permutation
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_vector_goes_to_another_photograph(seed: u64, count in 2usize..200) {
            let permutation = derangement(seed, count);
            prop_assert!(permutation.iter().enumerate().all(|(at, from)| at != *from));
            let mut sorted = permutation.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..count).collect::<Vec<_>>());
            prop_assert_eq!(permutation, derangement(seed, count));
        }
    }

    #[test]
    fn the_smallest_and_one_that_is_written_down() {
        assert!(derangement(1, 0).is_empty());
        assert_eq!(derangement(1, 1), [0]);
        assert_eq!(derangement(1, 2), [1, 0]);
        // A later version must not quietly shuffle otherwise.
        assert_eq!(derangement(1, 8), [4, 7, 0, 2, 5, 1, 3, 6]);
        assert_ne!(derangement(1, 8), derangement(2, 8));
    }
}
