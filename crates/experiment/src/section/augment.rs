//! The `[augment]` section of an experiment file.

use serde::{Deserialize, Serialize};

/// How training photographs are varied. Held-out ones never are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AugmentSection {
    /// Whether a photograph is mirrored left to right, every other time that a step sees it.
    pub flip: bool,
    /// The share of a photograph's sides that a step sees, at a random place: 1 is all of it.
    pub crop: f64,
}

impl Default for AugmentSection {
    fn default() -> Self {
        Self {
            flip: false,
            crop: 1.0,
        }
    }
}

/// What sides of decoded training photographs are multiples of: what is fitted to them halves them twice.
const MULTIPLE: usize = 4;

impl AugmentSection {
    /// What is wrong with the values: the key within the section, and what it must be, to be read after its name.
    pub fn violations(&self) -> Vec<(&'static str, String)> {
        if (0.25..=1.0).contains(&self.crop) {
            return Vec::new();
        }
        vec![("crop", "must be between 0.25 and 1".to_string())]
    }

    /// Side of the squares, in pixels, that training photographs are decoded to, so that what is cut out of them has `size`.
    pub fn decoded_side(&self, size: usize) -> usize {
        if self.crop >= 1.0 {
            return size;
        }
        ((size as f64 / self.crop).ceil() as usize).next_multiple_of(MULTIPLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crop_is_cut_from_a_larger_square() {
        let side = |crop| {
            AugmentSection {
                crop,
                ..AugmentSection::default()
            }
            .decoded_side(96)
        };
        assert_eq!([1.0, 0.99, 0.8, 0.5].map(side), [96, 100, 120, 192]);
    }
}
