//! Colorizing photographs of any size: the network says the chroma at the size that it was trained with, and the
//! photograph keeps its own luma at full resolution.

use image::RgbImage;
use rayon::prelude::*;

use super::{TrainedError, TrainedNetwork};
use crate::batch::{Batch, FeatureRows};
use crate::color::paint_pixels;
use crate::dataset::Photograph;
use crate::photo::{resize, resize_plane};
use crate::train::feature_rows;

/// The two planes of chroma that a network says of a photograph, at the size of the network, in the unit of its target.
pub type ChromaPlanes = [Vec<f32>; 2];

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

    /// The chroma of photographs, a forward pass for `evaluate.batch_size` of them. `features` holds a vector for each where
    /// the network fuses some.
    pub fn chroma(&self, photographs: &[&RgbImage], features: &[&[f32]]) -> Vec<ChromaPlanes> {
        let section = &self.experiment.image;
        let small: Vec<Vec<u8>> = photographs
            .par_iter()
            .map(|photograph| resize(photograph, section.size, section.resize).into_raw())
            .collect();
        let each = self.experiment.evaluate.batch_size;
        let positions: Vec<usize> = (0..photographs.len()).collect();
        positions
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
            .collect()
    }

    /// A photograph with its own gray and that chroma, at its own size. Its rows are computed in so many `parts` at once.
    pub fn paint(&self, photograph: &RgbImage, chroma: &ChromaPlanes, parts: usize) -> RgbImage {
        let side = self.experiment.image.size;
        let (width, height) = photograph.dimensions();
        let full = [width as usize, height as usize];
        let [first, second] = chroma
            .each_ref()
            .map(|plane| resize_plane(plane, [side, side], full));
        let mut painted = RgbImage::new(width, height);
        self.paint_rows(photograph, [&first, &second], parts, &mut painted);
        painted
    }

    /// What the network knows of a photograph: its gray, without chroma.
    pub fn gray(&self, photograph: &RgbImage, parts: usize) -> RgbImage {
        let (width, height) = photograph.dimensions();
        let none = vec![0.0; width as usize * height as usize];
        let mut gray = RgbImage::new(width, height);
        self.paint_rows(photograph, [&none, &none], parts, &mut gray);
        gray
    }

    fn paint_rows(
        &self,
        photograph: &RgbImage,
        [first, second]: [&[f32]; 2],
        parts: usize,
        into: &mut [u8],
    ) {
        let each = first.len().div_ceil(parts.max(1)).max(1);
        let chroma = first.par_chunks(each).zip(second.par_chunks(each));
        photograph
            .as_raw()
            .par_chunks(3 * each)
            .zip(into.par_chunks_mut(3 * each))
            .zip(chroma)
            .for_each(|((truth, into), (first, second))| {
                paint_pixels(self.experiment.color.space, truth, [first, second], into);
            });
    }
}
