//! Colour: what the network is given, what it has to say, and how its answer becomes a picture again.
//!
//! [`ColorSection`] is the experiment's choice. [`ColorSection::split`] makes the network's input and target from RGB,
//! [`ColorSection::head`] brings the last activation to the target's range and [`ColorSection::join`] makes RGB again.
//! [`yuv`] and [`lab`] hold the spaces on pixels; on tensors they live in a file of their own.

pub mod lab;
mod section;
mod tensors;
pub mod yuv;

pub use section::{ColorSection, Gray, Head, Space};

use burn::tensor::Tensor;

/// Changes when a number that this room makes changes.
pub const VERSION: u32 = 2;

/// What a and b are divided by to be the network's target: they lie within ±108.
pub const LAB_UNIT: f64 = 128.0;

/// What the network is given and what it has to say.
#[derive(Debug, Clone)]
pub struct Split {
    /// The network's input, `[batch, input channels, height, width]`.
    pub input: Tensor<4>,
    /// What it has to answer, `[batch, output channels, height, width]`.
    pub target: Tensor<4>,
}

/// A channel of chroma.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChromaScale {
    /// Its letter.
    pub name: &'static str,
    /// The largest value, either way, that a colour of sRGB has.
    pub limit: f64,
    /// Towards which hue it goes below zero.
    pub below: &'static str,
    /// And above.
    pub above: &'static str,
}

impl ColorSection {
    /// Channels of the network's input: gray is copied to three where it answers in RGB, as the original does.
    pub fn input_channels(&self) -> usize {
        match self.space {
            Space::Rgb => 3,
            Space::Yuv | Space::Lab => 1,
        }
    }

    /// Channels of the network's answer.
    pub fn output_channels(&self) -> usize {
        match self.space {
            Space::Rgb => 3,
            Space::Yuv | Space::Lab => 2,
        }
    }

    /// Whether the network answers in chroma, and the picture keeps its gray.
    pub fn keeps_gray(&self) -> bool {
        self.space != Space::Rgb
    }

    /// What gray is called beside chroma.
    pub fn gray_name(&self) -> &'static str {
        match self.space {
            Space::Rgb | Space::Yuv => "Y",
            Space::Lab => "L",
        }
    }

    /// The two channels of chroma, in the target's own unit; those of YUV where the network answers in RGB.
    pub fn chroma_scales(&self) -> [ChromaScale; 2] {
        let scale = |name, limit, below, above| ChromaScale {
            name,
            limit,
            below,
            above,
        };
        match self.space {
            Space::Rgb | Space::Yuv => {
                let [u, v] = yuv::LARGEST_CHROMA;
                [
                    scale("U", u, "yellow", "blue"),
                    scale("V", v, "cyan", "red"),
                ]
            }
            Space::Lab => {
                let [a, b] = lab::LARGEST_CHROMA.map(|chroma| chroma / LAB_UNIT);
                [
                    scale("a", a, "green", "magenta"),
                    scale("b", b, "blue", "yellow"),
                ]
            }
        }
    }

    /// The network's input and target for RGB on [0, 1], `[batch, 3, height, width]`.
    ///
    /// Input is gray on [0, 1]. The target is RGB on [0, 1]; U and V; or a and b over [`LAB_UNIT`].
    pub fn split(&self, rgb: Tensor<4>) -> Split {
        match self.space {
            Space::Rgb => Split {
                input: gray(self.gray, rgb.clone()).repeat_dim(1, 3),
                target: rgb,
            },
            Space::Yuv => {
                let yuv = tensors::rgb_to_yuv(&rgb);
                Split {
                    input: yuv.clone().narrow(1, 0, 1),
                    target: yuv.narrow(1, 1, 2),
                }
            }
            Space::Lab => {
                let lab = tensors::rgb_to_lab(rgb);
                Split {
                    input: lab.clone().narrow(1, 0, 1).div_scalar(100.0),
                    target: lab.narrow(1, 1, 2).div_scalar(LAB_UNIT),
                }
            }
        }
    }

    /// Brings the last activation, a tanh on [-1, 1], to the range of the target.
    pub fn head(&self, activation: Tensor<4>) -> Tensor<4> {
        match (self.space, self.head) {
            (Space::Rgb, _) => activation.add_scalar(1.0).mul_scalar(0.5),
            (Space::Yuv | Space::Lab, Head::Upstream) => activation.mul_scalar(0.5),
            (Space::Yuv | Space::Lab, Head::Exact) => {
                let reach =
                    tensors::constant(&self.chroma_scales().map(|scale| scale.limit), &activation);
                activation * reach
            }
        }
    }

    /// RGB from the network's input and its answer; values outside [0, 1] are left for the reader to clip.
    pub fn join(&self, input: Tensor<4>, predicted: Tensor<4>) -> Tensor<4> {
        match self.space {
            Space::Rgb => predicted,
            Space::Yuv => tensors::yuv_to_rgb(&Tensor::cat(vec![input, predicted], 1)),
            Space::Lab => tensors::lab_to_rgb(&Tensor::cat(
                vec![input.mul_scalar(100.0), predicted.mul_scalar(LAB_UNIT)],
                1,
            )),
        }
    }

    /// The two planes of chroma in the network's answer: U and V where it answers in RGB, clipped to [0, 1] first.
    pub fn chroma(&self, predicted: Tensor<4>) -> Tensor<4> {
        match self.space {
            Space::Rgb => tensors::rgb_to_yuv(&predicted.clamp(0.0, 1.0)).narrow(1, 1, 2),
            Space::Yuv | Space::Lab => predicted,
        }
    }

    /// The colour of a pixel that keeps its gray and gets other chroma, in the unit of [`Self::chroma`].
    pub fn paint(&self, truth: [u8; 3], chroma: [f32; 2]) -> [u8; 3] {
        let rgb = truth.map(|value| f64::from(value) / 255.0);
        let [first, second] = chroma.map(f64::from);
        let painted = match self.space {
            Space::Rgb | Space::Yuv => yuv::to_rgb([yuv::from_rgb(rgb)[0], first, second]),
            Space::Lab => {
                let unit = LAB_UNIT;
                lab::to_rgb([lab::from_rgb(rgb)[0], first * unit, second * unit])
            }
        };
        painted.map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8)
    }

    /// The network's input as a gray picture, RGB on [0, 1].
    pub fn gray_picture(&self, input: Tensor<4>) -> Tensor<4> {
        match self.space {
            Space::Rgb => input,
            Space::Yuv | Space::Lab => {
                let [batch, _, height, width] = input.dims();
                let colorless = Tensor::zeros([batch, 2, height, width], &input.device());
                self.join(input, colorless)
            }
        }
    }
}

/// Luma of RGB, both on [0, 1], `[batch, 3, height, width]` to `[batch, 1, height, width]`.
pub fn luma(rgb: Tensor<4>) -> Tensor<4> {
    gray(Gray::Luma, rgb)
}

fn gray(kind: Gray, rgb: Tensor<4>) -> Tensor<4> {
    match kind {
        Gray::Mean => rgb.mean_dim(1),
        Gray::Luma => {
            let weights = tensors::constant(&yuv::LUMA, &rgb);
            (rgb * weights).sum_dim(1)
        }
    }
}

#[cfg(test)]
mod tests;
