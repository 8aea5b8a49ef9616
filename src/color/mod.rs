//! Colour: what the network is given, what it has to say, and how its answer becomes a picture again.
//!
//! [`ColorSection`] is the experiment's choice. [`ColorSection::split`] makes the network's input and target from RGB,
//! [`ColorSection::head`] brings the last activation to the target's range and [`ColorSection::join`] makes RGB again.
//! [`yuv`] holds TensorFlow's matrices, on pixels.

mod section;
pub mod yuv;

pub use section::{ColorSection, Gray, Head, Space};

use burn::tensor::Tensor;

/// Changes when a number that this room makes changes.
pub const VERSION: u32 = 1;

/// What the network is given and what it has to say.
#[derive(Debug, Clone)]
pub struct Split {
    /// The network's input, `[batch, input channels, height, width]`.
    pub input: Tensor<4>,
    /// What it has to answer, `[batch, output channels, height, width]`.
    pub target: Tensor<4>,
}

impl ColorSection {
    /// Channels of the network's input: gray is copied to three, as the original does.
    pub fn input_channels(&self) -> usize {
        match self.space {
            Space::Rgb => 3,
        }
    }

    /// Channels of the network's answer.
    pub fn output_channels(&self) -> usize {
        match self.space {
            Space::Rgb => 3,
        }
    }

    /// Gray of RGB, both on [0, 1].
    ///
    /// # Shapes
    ///
    /// `[batch, 3, height, width]` to `[batch, 1, height, width]`.
    pub fn gray(&self, rgb: Tensor<4>) -> Tensor<4> {
        match self.gray {
            Gray::Mean => rgb.mean_dim(1),
            Gray::Luma => yuv::LUMA
                .into_iter()
                .enumerate()
                .map(|(channel, weight)| rgb.clone().narrow(1, channel, 1).mul_scalar(weight))
                .reduce(|sum, term| sum + term)
                .expect("RGB has three channels"),
        }
    }

    /// The network's input and target for RGB on [0, 1], `[batch, 3, height, width]`.
    pub fn split(&self, rgb: Tensor<4>) -> Split {
        match self.space {
            Space::Rgb => Split {
                input: self.gray(rgb.clone()).repeat_dim(1, 3),
                target: rgb,
            },
        }
    }

    /// Brings the last activation, a tanh on [-1, 1], to the range of the target.
    pub fn head(&self, activation: Tensor<4>) -> Tensor<4> {
        match (self.space, self.head) {
            (Space::Rgb, Head::Upstream) => activation.add_scalar(1.0).mul_scalar(0.5),
        }
    }

    /// RGB on [0, 1] from the network's input and its answer; values outside are left for the reader to clip.
    pub fn join(&self, _input: Tensor<4>, predicted: Tensor<4>) -> Tensor<4> {
        match self.space {
            Space::Rgb => predicted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    fn pixel(rgb: [f32; 3]) -> Tensor<4> {
        Tensor::from_data(TensorData::new(rgb.to_vec(), [1, 3, 1, 1]), &Device::flex())
    }

    fn values(tensor: Tensor<4>) -> Vec<f32> {
        tensor.into_data().try_to_vec().unwrap()
    }

    #[test]
    fn gray_is_the_mean_or_the_luma() {
        let section = |gray| ColorSection {
            space: Space::Rgb,
            head: Head::Upstream,
            gray,
        };
        let mean = section(Gray::Mean).split(pixel([0.9, 0.3, 0.0]));
        for value in values(mean.input) {
            assert!((value - 0.4).abs() < 1e-6, "{value}");
        }
        assert_eq!(values(mean.target), [0.9, 0.3, 0.0]);
        let luma = values(section(Gray::Luma).gray(pixel([1.0, 0.5, 0.25])));
        assert!((luma[0] - 0.621).abs() < 1e-6, "{luma:?}");
    }

    #[test]
    fn the_head_spans_the_whole_range() {
        let section = ColorSection {
            space: Space::Rgb,
            head: Head::Upstream,
            gray: Gray::Mean,
        };
        assert_eq!(
            values(section.head(pixel([-1.0, 0.0, 1.0]))),
            [0.0, 0.5, 1.0]
        );
    }
}
