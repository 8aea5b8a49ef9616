//! The division of images into `train` and `validation`.

use std::fmt;

use super::SplitSection;

/// The two parts of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Split {
    /// Images that networks learn from.
    Train,
    /// Images held out, on which they are judged.
    Validation,
}

impl fmt::Display for Split {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Train => "train",
            Self::Validation => "validation",
        })
    }
}

/// The part that an image belongs to: held out when a hash of its id and the split's seed, as a number in [0, 1), is
/// below the share to hold out.
///
/// No other image matters, so adding images moves none, and a larger share keeps all that a smaller one held out.
pub fn split_of(image_id: i64, split: &SplitSection) -> Split {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"colorize split 1");
    hasher.update(&split.seed.to_le_bytes());
    hasher.update(&image_id.to_le_bytes());
    let mut first = [0; 8];
    hasher.finalize_xof().fill(&mut first);
    // The upper 53 bits are what an f64 holds exactly.
    let uniform = (u64::from_le_bytes(first) >> 11) as f64 / (1_u64 << 53) as f64;
    if uniform < split.validation {
        Split::Validation
    } else {
        Split::Train
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn held_out(
        ids: impl Iterator<Item = i64>,
        split: &SplitSection,
    ) -> std::collections::BTreeSet<i64> {
        ids.filter(|id| split_of(*id, split) == Split::Validation)
            .collect()
    }

    #[test]
    fn the_split_of_known_images_never_changes() {
        // Numbers a year old must mean the same images: a change here is a change of every experiment.
        let split = SplitSection::default();
        let ids: Vec<i64> = held_out(0..60, &split).into_iter().collect();
        assert_eq!(ids, [2, 12, 15, 27, 44, 45, 48, 55]);
    }

    proptest! {
        #[test]
        fn the_share_is_right_and_grows_without_moving(
            seed: u64,
            validation in 0.02..0.9_f64,
            start in i64::MIN..i64::MAX - 10_000,
        ) {
            let split = SplitSection { validation, seed };
            let ids = start..start + 10_000;
            let held = held_out(ids.clone(), &split);
            // Six standard deviations of a binomial.
            let deviation = (10_000.0 * validation * (1.0 - validation)).sqrt();
            prop_assert!((held.len() as f64 - 10_000.0 * validation).abs() < 6.0 * deviation);
            let more = SplitSection { validation: validation + 0.05, seed };
            prop_assert!(held.is_subset(&held_out(ids.clone(), &more)));
            let other = SplitSection { validation, seed: seed.wrapping_add(1) };
            prop_assert_ne!(held, held_out(ids, &other));
        }

        #[test]
        fn an_image_stays_where_it_is_when_others_come(
            ids in proptest::collection::btree_set(any::<i64>(), 1..200),
            more in proptest::collection::btree_set(any::<i64>(), 1..200),
            seed: u64,
        ) {
            let split = SplitSection { validation: 0.3, seed };
            let before = held_out(ids.iter().copied(), &split);
            let after = held_out(ids.union(&more).copied(), &split);
            let kept: std::collections::BTreeSet<i64> = after.intersection(&ids).copied().collect();
            prop_assert_eq!(before, kept);
        }
    }
}
