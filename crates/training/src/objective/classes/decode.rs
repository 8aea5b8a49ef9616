//! From a distribution over classes to a color, and from a quarter of the resolution to all of it.

use std::fmt;
use std::str::FromStr;

use burn::tensor::{Device, Tensor, TensorData};

use crate::color::LAB_UNIT;
use crate::color::classes::Bins;

/// Lower temperatures are the mode in every digit that a float has.
const COLDEST: f64 = 1e-6;

/// How a distribution over classes becomes a color.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decode {
    /// The center of the likeliest class: vivid, in patches.
    Mode,
    /// The annealed mean: the mean of the centers, after each probability was raised to the power of 1 over this
    /// temperature, above 0 and at most 1. At 1 it is the plain mean.
    Temperature(f64),
}

/// A decoding that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be `mode`, `mean`, or a temperature above 0 and at most 1")]
pub struct UnknownDecode;

impl FromStr for Decode {
    type Err = UnknownDecode;

    fn from_str(text: &str) -> Result<Self, UnknownDecode> {
        match text {
            "mode" => Ok(Self::Mode),
            "mean" => Ok(Self::Temperature(1.0)),
            number => match number.parse() {
                Ok(temperature) if temperature > 0.0 && temperature <= 1.0 => {
                    Ok(Self::Temperature(temperature))
                }
                _ => Err(UnknownDecode),
            },
        }
    }
}

/// As [`FromStr`] takes it.
impl fmt::Display for Decode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mode => formatter.write_str("mode"),
            Self::Temperature(1.0) => formatter.write_str("mean"),
            Self::Temperature(temperature) => temperature.fmt(formatter),
        }
    }
}

impl Decode {
    /// a and b over [`LAB_UNIT`] of logits.
    ///
    /// # Shapes
    ///
    /// `[batch, classes, height, width]` to `[batch, 2, height, width]`.
    pub(super) fn colors(self, logits: Tensor<4>, bins: &Bins) -> Tensor<4> {
        let [batch, classes, height, width] = logits.dims();
        let places = height * width;
        let centers = centers(bins, &logits.device());
        match self {
            Self::Mode => {
                let likeliest = logits.argmax(1).reshape([batch * places]);
                // [2, batch * places]
                let colors = centers.select(1, likeliest);
                colors.reshape([2, batch, height, width]).swap_dims(0, 1)
            }
            Self::Temperature(temperature) => {
                // The largest is subtracted first: it stays 0 however cold it is.
                let largest = logits.clone().max_dim(1);
                let odds = (logits - largest)
                    .div_scalar(temperature.max(COLDEST))
                    .exp();
                let sum = odds.clone().sum_dim(1);
                let odds = odds.reshape([batch, classes, places]);
                // [1, 2, classes] times [batch, classes, places]
                let colors = centers.unsqueeze::<3>().matmul(odds);
                colors.reshape([batch, 2, height, width]) / sum
            }
        }
    }
}

/// The bins' a and b over [`LAB_UNIT`], `[2, classes]`.
fn centers(bins: &Bins, device: &Device) -> Tensor<2> {
    let planes: Vec<f32> = [0, 1]
        .into_iter()
        .flat_map(|axis| bins.centers().iter().map(move |center| center[axis]))
        .map(|value| value / LAB_UNIT as f32)
        .collect();
    Tensor::from_data(TensorData::new(planes, [2, bins.len()]), device)
}
