//! Batches: which photographs a step sees, and how they get there in time.
//!
//! [`Pixels`] has them from memory, from disk or from their files; [`Order`] says which images step n sees, as a pure function of
//! the seed; [`Augment`] varies them; [`TrainLoader`] and [`HeldOutLoader`] hand out [`Batch`]es of bytes, in order, prepared on
//! another thread.

mod augment;
mod loader;
mod order;
mod pixels;

pub use augment::Augment;
pub use loader::{HeldOutLoader, TrainLoader};
pub use order::Order;
pub use pixels::{FeatureRows, Pixels};

use burn::tensor::{Device, Tensor, TensorData};
use image::RgbImage;

use crate::backend;

/// Changes when a batch's contents or order change.
pub const VERSION: u32 = 1;

/// Every byte over 255: a look into a table is quicker than a division.
static UNIT: [f32; 256] = {
    let mut unit = [0.0; 256];
    let mut byte = 0;
    while byte < 256 {
        unit[byte] = byte as f32 / 255.0;
        byte += 1;
    }
    unit
};

/// What a step sees: photographs as bytes, their feature vectors where the network fuses some, and what they show where it learns
/// that. They become a tensor once, on the device of the step.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Side of the square photographs, in pixels.
    pub size: usize,
    /// Red, green and blue, 0 to 255, `[batch, height, width, 3]`.
    pub pixels: Vec<u8>,
    /// Each photograph's place among those of the loader.
    pub positions: Vec<usize>,
    /// One vector a photograph, one after the other; empty without fusion.
    pub features: Vec<f32>,
    /// One row a photograph, one after the other: 1 for each category that it shows, and 0 for the others. Empty where no network
    /// learns them.
    pub labels: Vec<f32>,
}

impl Batch {
    /// Photographs in the batch.
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// The batch in parts of nearly one size, of at most `most` photographs each.
    ///
    /// # Panics
    ///
    /// When `most` is 0.
    pub fn parts(&self, most: usize) -> Vec<Self> {
        let count = self.len();
        let parts = count.div_ceil(most);
        let bytes = 3 * self.size * self.size;
        let width = |rows: &[f32]| rows.len().checked_div(count).unwrap_or(0);
        let [features, labels] = [&self.features, &self.labels].map(|rows| width(rows));
        (0..parts)
            .map(|part| {
                let range = count * part / parts..count * (part + 1) / parts;
                let of = |each: usize| each * range.start..each * range.end;
                Self {
                    size: self.size,
                    pixels: self.pixels[of(bytes)].to_vec(),
                    positions: self.positions[range.clone()].to_vec(),
                    features: self.features[of(features)].to_vec(),
                    labels: self.labels[of(labels)].to_vec(),
                }
            })
            .collect()
    }

    /// RGB on [0, 1], `[batch, 3, height, width]`.
    pub fn to_rgb(&self, device: &Device) -> Tensor<4> {
        if let Some(rgb) = backend::pictures(&self.pixels, [self.len(), self.size], device) {
            return rgb;
        }
        let area = self.size * self.size;
        let mut planes = vec![0f32; self.pixels.len()];
        let images = self.pixels.chunks_exact(3 * area);
        for (planes, image) in planes.chunks_exact_mut(3 * area).zip(images) {
            let (red, rest) = planes.split_at_mut(area);
            let (green, blue) = rest.split_at_mut(area);
            let planes = red.iter_mut().zip(green).zip(blue);
            for (((red, green), blue), pixel) in planes.zip(image.as_chunks::<3>().0) {
                *red = UNIT[pixel[0] as usize];
                *green = UNIT[pixel[1] as usize];
                *blue = UNIT[pixel[2] as usize];
            }
        }
        let shape = [self.len(), 3, self.size, self.size];
        Tensor::from_data(TensorData::new(planes, shape), device)
    }

    /// The feature vectors, `[batch, width]`, if there are any.
    pub fn to_features(&self, device: &Device) -> Option<Tensor<2>> {
        self.to_rows(&self.features, device)
    }

    /// The labels, `[batch, categories]`, if there are any.
    pub fn to_labels(&self, device: &Device) -> Option<Tensor<2>> {
        self.to_rows(&self.labels, device)
    }

    /// One of `rows` a photograph, if there are any.
    fn to_rows(&self, rows: &[f32], device: &Device) -> Option<Tensor<2>> {
        if rows.is_empty() {
            return None;
        }
        let shape = [self.len(), rows.len() / self.len()];
        if let Some(tensor) = backend::rows(rows, shape, device) {
            return Some(tensor);
        }
        Some(Tensor::from_data(
            TensorData::new(rows.to_vec(), shape),
            device,
        ))
    }

    /// The photographs as pictures.
    pub fn pictures(&self) -> Vec<RgbImage> {
        let side = self.size as u32;
        self.pixels
            .chunks_exact(3 * self.size * self.size)
            .map(|bytes| {
                RgbImage::from_raw(side, side, bytes.to_vec()).expect("a chunk holds one picture")
            })
            .collect()
    }
}

/// Pictures of RGB on [0, 1], `[batch, 3, height, width]`, clipped and rounded to 8 bits.
///
/// # Panics
///
/// When the device cannot hand over the values: it is lost then.
pub fn to_pictures(rgb: Tensor<4>) -> Vec<RgbImage> {
    let [_, _, height, width] = rgb.dims();
    let values: Vec<f32> = rgb
        .into_data()
        .try_to_vec()
        .expect("the network computes in 32-bit floating point");
    let area = height * width;
    values
        .chunks_exact(3 * area)
        .map(|planes| {
            RgbImage::from_fn(width as u32, height as u32, |x, y| {
                let index = y as usize * width + x as usize;
                image::Rgb(std::array::from_fn(|channel| {
                    (planes[channel * area + index].clamp(0.0, 1.0) * 255.0).round() as u8
                }))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_of_nearly_one_size_and_lose_nothing() {
        for (count, sizes) in [
            (0, vec![]),
            (1, vec![1]),
            (4, vec![4]),
            (5, vec![2, 3]),
            (9, vec![3, 3, 3]),
        ] {
            let batch = Batch {
                size: 1,
                pixels: (0..3 * count as u8).collect(),
                positions: (0..count).collect(),
                features: (0..2 * count).map(|index| index as f32).collect(),
                labels: (0..3 * count).map(|index| (index % 2) as f32).collect(),
            };
            let parts = batch.parts(4);
            let found: Vec<usize> = parts.iter().map(Batch::len).collect();
            assert_eq!(found, sizes);
            let all = |of: fn(&Batch) -> Vec<f32>| parts.iter().flat_map(of).collect::<Vec<f32>>();
            assert_eq!(all(|part| part.features.clone()), batch.features);
            assert_eq!(all(|part| part.labels.clone()), batch.labels);
            let pixels: Vec<u8> = parts.iter().flat_map(|part| part.pixels.clone()).collect();
            assert_eq!(pixels, batch.pixels);
            let positions: Vec<usize> = parts
                .iter()
                .flat_map(|part| part.positions.clone())
                .collect();
            assert_eq!(positions, batch.positions);
        }
    }

    #[test]
    fn bytes_become_a_tensor_and_pictures_again() {
        let pixels: Vec<u8> = (0..2 * 4 * 4 * 3).map(|value| (value * 2) as u8).collect();
        let batch = Batch {
            size: 4,
            pixels,
            positions: vec![3, 1],
            features: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            labels: vec![1.0, 0.0],
        };
        let rgb = batch.to_rgb(&Device::flex());
        assert_eq!(rgb.dims(), [2, 3, 4, 4]);
        assert_eq!(to_pictures(rgb), batch.pictures());
        let features = batch.to_features(&Device::flex()).unwrap();
        assert_eq!(features.dims(), [2, 3]);
        let labels = batch.to_labels(&Device::flex()).unwrap();
        assert_eq!(labels.dims(), [2, 1]);
    }
}
