//! Classification: the network chooses among bins of a and b, at a quarter of the resolution. After Zhang, Isola and Efros
//! (2016), "Colorful Image Colorization".
//!
//! Least squares answers with the mean of what is possible, and the mean of many colors is brown. A distribution over
//! classes keeps the possibilities apart until the picture is made: the annealed mean lies between the mean of all and the
//! likeliest one.
//!
//! What is trained differs from the paper in three things: the bins ([`crate::color::classes::Bins`]), the network, and the
//! target at a quarter of the resolution, which is the mean over blocks of 4 by 4 pixels where the authors' code takes
//! every fourth pixel.

mod decode;
mod weights;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use burn::module::Param;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use image::RgbImage;
use rayon::prelude::*;

pub use self::decode::{Decode, UnknownDecode};
use self::weights::class_weights;
use super::Fitted;
use crate::batch::{Batch, Pixels};
use crate::color::classes::{Bins, REDUCTION, reduced_chroma};
use crate::color::{ClassesSection, ColorSection};
use crate::network::enlarged::enlarged;
use crate::photo::PhotoError;

/// More training photographs than this say nothing new about how frequent colors are.
const FITTED_TO: usize = 5000;

/// The network answers with a logit for every class.
#[derive(Debug, Clone, PartialEq)]
pub struct Classes {
    /// What the network is given and has to say.
    pub color: ColorSection,
    /// The classes.
    pub bins: Arc<Bins>,
    /// How a distribution over classes becomes a color.
    pub decode: Decode,
}

/// The classes of a batch of photographs at a quarter of the resolution, row by row, image by image.
#[derive(Debug, Clone, PartialEq)]
pub struct SoftClasses {
    /// Images, rows and columns.
    pub shape: [usize; 3],
    /// The bins of every place, the nearest first: `neighbors` of them.
    pub bins: Vec<i64>,
    /// Their shares, which sum to 1 at every place.
    pub shares: Vec<f32>,
}

impl Classes {
    /// The classes of `color`, decoded by its temperature.
    pub fn of(color: ColorSection) -> Self {
        Self {
            bins: Arc::new(Bins::of(color.classes.step)),
            decode: Decode::Temperature(color.classes.temperature),
            color,
        }
    }

    fn section(&self) -> &ClassesSection {
        &self.color.classes
    }

    /// The classes of the photographs of `batch`. It is done on the processor, where their bytes are: a search for the
    /// nearest bins is quick there, and no device has to hold what it would compare.
    pub fn encode(&self, batch: &Batch) -> SoftClasses {
        let &ClassesSection {
            neighbors, sigma, ..
        } = self.section();
        let side = batch.size / REDUCTION;
        let places = batch.len() * side * side;
        let mut soft = SoftClasses {
            shape: [batch.len(), side, side],
            bins: vec![0; places * neighbors],
            shares: vec![0.0; places * neighbors],
        };
        let each = side * side * neighbors;
        soft.bins
            .par_chunks_exact_mut(each)
            .zip(soft.shares.par_chunks_exact_mut(each))
            .zip(batch.pictures())
            .for_each(|((bins, shares), picture)| {
                let bins = bins.chunks_exact_mut(neighbors);
                let places = bins.zip(shares.chunks_exact_mut(neighbors));
                for (color, (bins, shares)) in reduced_chroma(&picture).into_iter().zip(places) {
                    self.bins.spread(color, sigma, bins, shares);
                }
            });
        soft
    }

    /// Every place's share in the loss: the cross-entropy between its classes and the network's, times the weight of its
    /// nearest class.
    ///
    /// # Shapes
    ///
    /// `[batch, classes, height, width]` of the map to `[batch, 1, height, width]`.
    pub fn errors(&self, map: Tensor<4>, soft: &SoftClasses, fitted: &Fitted) -> Tensor<4> {
        let [batch, height, width] = soft.shape;
        let neighbors = self.section().neighbors;
        let device = map.device();
        // [batch, height, width, neighbors] to [batch, neighbors, height, width]
        let shape = [batch, height, width, neighbors];
        let bins = TensorData::new(soft.bins.clone(), shape);
        let bins = Tensor::<4, Int>::from_data(bins, &device).permute([0, 3, 1, 2]);
        let shares = TensorData::new(soft.shares.clone(), shape);
        let shares = Tensor::<4>::from_data(shares, &device).permute([0, 3, 1, 2]);
        let nearest = bins.clone().narrow(1, 0, 1);

        let likely = log_softmax(map, 1).gather(1, bins);
        let errors = (likely * shares).sum_dim(1).neg();
        match &fitted.class_weights {
            Some(weights) => {
                let nearest = nearest.reshape([batch * height * width]);
                let weights = weights.val().detach().select(0, nearest);
                errors * weights.reshape([batch, 1, height, width])
            }
            None => errors,
        }
    }

    /// a and b over [`crate::color::LAB_UNIT`] at the picture's full resolution.
    ///
    /// # Shapes
    ///
    /// `[batch, classes, height, width]` to `[batch, 2, 4 height, 4 width]`.
    pub fn answer(&self, map: Tensor<4>) -> Tensor<4> {
        enlarged(self.decode.colors(map, &self.bins), REDUCTION)
    }

    /// The weights of the classes as a part of the model.
    pub(super) fn fitted(&self, weights: Vec<f32>, device: &Device) -> Fitted {
        let weights = TensorData::new(weights, [self.bins.len()]);
        // Adam leaves alone what has no gradient.
        let weights = Param::from_data(weights, device).set_require_grad(false);
        Fitted {
            class_weights: Some(weights),
        }
    }

    /// Weighs the classes by how frequent they are in the training photographs: in an even selection where there are more
    /// than [`FITTED_TO`].
    pub(super) fn fit(
        &self,
        photographs: &Pixels,
        device: &Device,
    ) -> Result<(Fitted, String), PhotoError> {
        let count = photographs.photographs().len();
        let stride = count.div_ceil(FITTED_TO).max(1);
        let positions: Vec<usize> = (0..count).step_by(stride).collect();
        // Whole numbers: the order in which photographs come does not matter.
        let counts: Vec<AtomicU64> = self.bins.centers().iter().map(|_| 0.into()).collect();
        positions.par_iter().try_for_each(|&position| {
            let side = photographs.size() as u32;
            let bytes = photographs.get(position)?;
            let picture = RgbImage::from_raw(side, side, bytes)
                .expect("a photograph is a square of three bytes a pixel");
            for color in reduced_chroma(&picture) {
                counts[self.bins.nearest(color)].fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, PhotoError>(())
        })?;
        let counts: Vec<u64> = counts.into_iter().map(AtomicU64::into_inner).collect();
        let said = format!(
            "{} of {} classes occur in {} training photographs",
            counts.iter().filter(|&&count| count > 0).count(),
            counts.len(),
            positions.len()
        );
        let weights = class_weights(&counts, &self.bins, self.section());
        Ok((self.fitted(weights, device), said))
    }
}

#[cfg(test)]
mod tests;
