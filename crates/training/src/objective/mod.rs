//! The objective: what a network is asked, how its answer is judged, and how the answer becomes a picture.
//!
//! A network ends at its last linear map. Everything before it, input and target, and everything after it, the answer in
//! the target's unit, the loss, the picture, is an [`Objective`]'s. A new one is a variant here and a file beside
//! [`regression`]; the compiler asks for the rest.

pub mod regression;
mod tensors;

use burn::tensor::Tensor;

use self::regression::Regression;
use crate::experiment::Experiment;

/// What the network is given and what it has to say.
#[derive(Debug, Clone)]
pub struct Split {
    /// The network's input, `[batch, input channels, height, width]`.
    pub input: Tensor<4>,
    /// What it has to answer, `[batch, output channels, height, width]`.
    pub target: Tensor<4>,
}

/// What a network is asked, and what is made of its answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Objective {
    /// The target's own channels at every pixel.
    Regression(Regression),
}

impl Objective {
    /// The experiment's.
    pub fn of(experiment: &Experiment) -> Self {
        Self::Regression(Regression {
            color: experiment.color.clone(),
            loss: experiment.train.loss,
        })
    }

    /// Channels of the network's input.
    pub fn input_channels(&self) -> usize {
        match self {
            Self::Regression(regression) => regression.color.input_channels(),
        }
    }

    /// Channels of the network's last linear map.
    pub fn output_channels(&self) -> usize {
        match self {
            Self::Regression(regression) => regression.color.output_channels(),
        }
    }

    /// Whether the network answers in chroma, and the picture keeps its gray.
    pub fn keeps_gray(&self) -> bool {
        match self {
            Self::Regression(regression) => regression.color.keeps_gray(),
        }
    }

    /// The network's input and target for RGB on [0, 1], `[batch, 3, height, width]`.
    pub fn split(&self, rgb: Tensor<4>) -> Split {
        match self {
            Self::Regression(regression) => regression.split(rgb),
        }
    }

    /// The answer in the unit of the target, of the network's last linear map, `[batch, channels, height, width]`.
    pub fn answer(&self, map: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Regression(regression) => regression.answer(map),
        }
    }

    /// Each value's share in the loss, whose mean is the loss, `[batch, channels, height, width]`.
    pub fn errors(&self, answer: Tensor<4>, target: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Regression(regression) => regression.errors(answer, target),
        }
    }

    /// RGB from the network's input and its answer; values outside [0, 1] are left for the reader to clip.
    pub fn join(&self, input: Tensor<4>, answer: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Regression(regression) => regression.join(input, answer),
        }
    }

    /// The two planes of chroma in the answer, `[batch, 2, height, width]`: U and V where it is RGB, clipped first.
    pub fn chroma(&self, answer: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Regression(regression) => regression.chroma(answer),
        }
    }

    /// The network's input as a gray picture, RGB on [0, 1].
    pub fn gray_picture(&self, input: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Regression(regression) => regression.gray_picture(input),
        }
    }
}

#[cfg(test)]
mod tests;
