//! Does a classifier see what it should? What it takes photographs for, under every preprocessing, in color and in
//! gray.

use std::path::{Path, PathBuf};

use burn::tensor::{Tensor, TensorData};

use super::Preprocess;
use super::classifier::Extractor;
use super::error::ExtractorError;
use super::features::luma_of;
use super::preprocess::prepare;
use crate::photo::{self, Resize, RgbImage};

/// The names of ImageNet's classes, one a line, in the order of the 1,000 outputs: torchvision's list, which its weights
/// carry under `meta["categories"]`.
const CLASSES: &str = include_str!("imagenet_classes.txt");

/// How many there are.
const CLASS_COUNT: usize = 1000;

/// How many guesses an answer has.
const GUESSES: usize = 5;

/// What the classifier takes a photograph for.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The photograph.
    pub path: PathBuf,
    /// How the picture was prepared.
    pub preprocess: Preprocess,
    /// Whether the classifier saw color; otherwise luma on all three channels.
    pub colour: bool,
    /// The five most probable classes, the most probable first.
    pub guesses: Vec<Guess>,
}

/// A class, and how sure the classifier is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guess {
    /// ImageNet's name for it.
    pub class: &'static str,
    /// On [0, 1].
    pub probability: f64,
}

/// Shows `photos`, brought to `size` x `size` pixels, to the classifier: six answers a photograph, two for each
/// preprocessing, color first.
///
/// # Errors
///
/// When the weights do not tell ImageNet's 1,000 classes, or a photograph cannot be decoded.
pub fn verify(
    extractor: &Extractor,
    photos: &[PathBuf],
    size: usize,
    resize: Resize,
) -> Result<Vec<Answer>, ExtractorError> {
    let classes = extractor.classes();
    if classes != Some(CLASS_COUNT) {
        return Err(ExtractorError::NoClasses {
            extractor: extractor.kind(),
            classes,
        });
    }
    let mut answers = Vec::new();
    for path in photos {
        let photo = photo::resize(&photo::decode(path)?, size, resize);
        for preprocess in Preprocess::ALL {
            for colour in [true, false] {
                answers.push(answer(extractor, path, &photo, preprocess, colour)?);
            }
        }
    }
    Ok(answers)
}

fn answer(
    extractor: &Extractor,
    path: &Path,
    photo: &RgbImage,
    preprocess: Preprocess,
    colour: bool,
) -> Result<Answer, ExtractorError> {
    let (values, channels) = if colour {
        (planes_of(photo), 3)
    } else {
        (luma_of(photo.as_raw()), 1)
    };
    let [width, height] = [photo.width(), photo.height()].map(|side| side as usize);
    let data = TensorData::new(values, [1, channels, height, width]);
    let input = Tensor::from_data(data, extractor.device());
    let input = prepare(input, preprocess, extractor.kind());
    let no_classes = || ExtractorError::NoClasses {
        extractor: extractor.kind(),
        classes: None,
    };
    let logits: Vec<f32> = extractor
        .logits(input)
        .ok_or_else(no_classes)?
        .try_into_vec_as()
        .map_err(|error| ExtractorError::Device(error.to_string()))?;
    Ok(Answer {
        path: path.to_owned(),
        preprocess,
        colour,
        guesses: guesses(&logits),
    })
}

/// Red, green and blue on [0, 1], one plane behind the other.
fn planes_of(photo: &RgbImage) -> Vec<f32> {
    let plane = |channel: usize| {
        photo
            .pixels()
            .map(move |pixel| f32::from(pixel.0[channel]) / 255.0)
    };
    (0..3).flat_map(plane).collect()
}

/// The most probable classes after softmax; of equals the first.
fn guesses(logits: &[f32]) -> Vec<Guess> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers = logits.iter().map(|logit| f64::from(logit - largest).exp());
    let mut guesses: Vec<Guess> = CLASSES
        .lines()
        .zip(powers)
        .map(|(class, probability)| Guess { class, probability })
        .collect();
    let total: f64 = guesses.iter().map(|guess| guess.probability).sum();
    for guess in &mut guesses {
        guess.probability /= total;
    }
    guesses.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    guesses.truncate(GUESSES);
    guesses
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{self, DeviceName};
    use crate::extractor::{ExtractorKind, WeightsChoice};

    #[test]
    fn there_is_a_name_for_every_class() {
        let names: Vec<_> = CLASSES.lines().collect();
        assert_eq!(names.len(), CLASS_COUNT);
        assert!(
            names
                .iter()
                .all(|name| !name.is_empty() && name.trim() == *name)
        );
        assert_eq!(
            (names[0], names[388], names[999]),
            ("tench", "giant panda", "toilet tissue")
        );
        assert_eq!(names[919], "street sign");
    }

    #[test]
    fn guesses_are_the_largest_after_softmax() {
        let mut logits = vec![0.0; CLASS_COUNT];
        logits[388] = 1000.0_f32.ln();
        logits[0] = 500.0_f32.ln();
        let guesses = guesses(&logits);
        assert_eq!(guesses.len(), 5);
        assert_eq!(guesses[0].class, "giant panda");
        assert_eq!(guesses[1].class, "tench");
        assert!((guesses[0].probability - 1000.0 / 2498.0).abs() < 1e-6);
        assert!((guesses[4].probability - 1.0 / 2498.0).abs() < 1e-6);
    }

    #[test]
    fn planes_lie_one_behind_the_other() {
        let photo = RgbImage::from_raw(2, 1, vec![255, 0, 51, 0, 102, 255]).unwrap();
        assert_eq!(planes_of(&photo), [1.0, 0.0, 0.0, 0.4, 0.2, 1.0]);
        let luma = luma_of(photo.as_raw());
        assert!((luma[0] - (0.299 + 0.2 * 0.114)).abs() < 1e-6);
    }

    #[test]
    fn weights_without_classes_are_refused() {
        let device = backend::open(&DeviceName::Flex).unwrap();
        let weights = WeightsChoice::Random { seed: 0 };
        let kind = ExtractorKind::Resnet18;
        let extractor = Extractor::load(kind, &weights, Path::new("nowhere"), &device).unwrap();
        let refused = verify(&extractor, &[], 64, Resize::Bilinear).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "these weights of `resnet18` cannot classify: their linear layer is missing"
        );
    }
}
