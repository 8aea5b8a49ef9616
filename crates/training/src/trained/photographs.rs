//! Colorizing photographs of any size: the network says the chroma at the size that it was trained with, and the
//! photograph keeps its own luma at full resolution.

use image::RgbImage;
use rayon::prelude::*;

use super::{TrainedError, TrainedNetwork};
use crate::batch::{Batch, FeatureRows};
use crate::color::paint;
use crate::dataset::Photograph;
use crate::photo::{resize, resize_plane};
use crate::train::feature_rows;

/// A photograph and what a network made of it, all at the photograph's size.
#[derive(Debug, Clone)]
pub struct Colored {
    /// What the network knows of the photograph: its gray, without chroma.
    pub gray: RgbImage,
    /// That gray with the network's chroma.
    pub colorized: RgbImage,
}

impl TrainedNetwork {
    /// The feature vectors that the network fuses, for photographs that are on disk; none without fusion.
    ///
    /// # Errors
    ///
    /// [`TrainedError`] when a photograph cannot be decoded.
    pub fn features(&self, photographs: &[Photograph]) -> Result<FeatureRows, TrainedError> {
        let Some(fusing) = self.fusing() else {
            return Ok(FeatureRows::default());
        };
        let fused = feature_rows(&self.experiment, &fusing, [photographs], &|_| {}, &|| false)?;
        let [rows] = fused.rows;
        Ok(rows)
    }

    /// Colorizes photographs, a forward pass for `evaluate.batch_size` of them. `features` holds a vector for each where
    /// the network fuses some.
    pub fn colorize(&self, photographs: &[&RgbImage], features: &[&[f32]]) -> Vec<Colored> {
        let section = &self.experiment.image;
        let small: Vec<Vec<u8>> = photographs
            .par_iter()
            .map(|photograph| resize(photograph, section.size, section.resize).into_raw())
            .collect();
        let each = self.experiment.evaluate.batch_size;
        let positions: Vec<usize> = (0..photographs.len()).collect();
        let chroma: Vec<[Vec<f32>; 2]> = positions
            .chunks(each)
            .flat_map(|positions| {
                let some = positions[0]..positions[0] + positions.len();
                let batch = Batch {
                    size: section.size,
                    pixels: small[some.clone()].concat(),
                    positions: positions.to_vec(),
                    labels: Vec::new(),
                    features: features.get(some).map(<[_]>::concat).unwrap_or_default(),
                };
                self.colorizer.predicted_chroma(&batch)
            })
            .collect();
        photographs
            .par_iter()
            .zip(chroma)
            .map(|(photograph, chroma)| self.paint(photograph, &chroma))
            .collect()
    }

    fn paint(&self, photograph: &RgbImage, chroma: &[Vec<f32>; 2]) -> Colored {
        let side = self.experiment.image.size;
        let (width, height) = photograph.dimensions();
        let full = [width as usize, height as usize];
        let [first, second] = chroma
            .each_ref()
            .map(|plane| resize_plane(plane, [side, side], full));
        let space = self.experiment.color.space;
        let mut gray = photograph.clone();
        let mut colorized = photograph.clone();
        let rows = 3 * full[0];
        gray.par_chunks_exact_mut(rows)
            .zip(colorized.par_chunks_exact_mut(rows))
            .zip(
                first
                    .par_chunks_exact(full[0])
                    .zip(second.par_chunks_exact(full[0])),
            )
            .for_each(|((gray, colorized), (first, second))| {
                let pixels = gray.as_chunks_mut::<3>().0.iter_mut();
                let pixels = pixels.zip(colorized.as_chunks_mut::<3>().0);
                for ((gray, colorized), (first, second)) in pixels.zip(first.iter().zip(second)) {
                    let truth = *gray;
                    *gray = paint(space, truth, [0.0, 0.0]);
                    *colorized = paint(space, truth, [*first, *second]);
                }
            });
        Colored { gray, colorized }
    }
}
