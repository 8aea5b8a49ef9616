//! The objective: what a network is asked, how its answer is judged, and how the answer becomes a picture.
//!
//! A network ends at its last linear map. Everything before it, input and target, and everything after it, the answer in
//! the target's unit, the loss, the picture, is an [`Objective`]'s. A new one is a variant here and a file beside
//! [`regression`] and [`classes`]; the compiler asks for the rest. What a network learns beside the colors is in [`labels`].

pub mod classes;
pub mod labels;
pub mod regression;
mod space;
mod tensors;

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

pub use self::classes::{Classes, Decode, UnknownDecode};
pub use self::labels::{LabelErrors, Labels};
use self::regression::Regression;
use crate::batch::{Batch, Pixels};
use crate::color::{ColorSection, Head};
use crate::experiment::Experiment;
use crate::network::Output;
use crate::photo::PhotoError;

/// What the network is given and what it has to say.
#[derive(Debug, Clone)]
pub struct Split {
    /// The network's input, `[batch, input channels, height, width]`.
    pub input: Tensor<4>,
    /// The colors that its answer is to have, `[batch, channels of color, height, width]`.
    pub target: Tensor<4>,
}

/// What a network is asked, and what is made of its answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Objective {
    /// The target's own channels at every pixel.
    Regression(Regression),
    /// A class of color, at a quarter of the resolution.
    Classes(Classes),
}

/// What an objective learned of the training photographs before the first step. It is kept with the network's weights, and
/// no step changes it.
#[derive(Module, Debug)]
pub struct Fitted {
    /// The weight of every class in the loss, `[classes]`; none where there are no classes.
    pub class_weights: Option<Param<Tensor<1>>>,
}

impl Objective {
    /// The experiment's.
    pub fn of(experiment: &Experiment) -> Self {
        let color = experiment.color.clone();
        match color.head {
            Head::Classes => Self::Classes(Classes::of(color)),
            Head::Upstream | Head::Exact => Self::Regression(Regression {
                color,
                loss: experiment.train.loss,
            }),
        }
    }

    fn color(&self) -> &ColorSection {
        match self {
            Self::Regression(regression) => &regression.color,
            Self::Classes(classes) => &classes.color,
        }
    }

    /// Channels of the network's input.
    pub fn input_channels(&self) -> usize {
        self.color().input_channels()
    }

    /// What the network's last linear map is.
    pub fn output(&self) -> Output {
        match self {
            Self::Regression(regression) => Output::Values(regression.color.output_channels()),
            Self::Classes(classes) => Output::Classes(classes.bins.len()),
        }
    }

    /// Whether the network answers in chroma, and the picture keeps its gray.
    pub fn keeps_gray(&self) -> bool {
        self.color().keeps_gray()
    }

    /// Before it is fitted: every class weighs the same.
    pub fn unfitted(&self, device: &Device) -> Fitted {
        match self {
            Self::Regression(_) => Fitted {
                class_weights: None,
            },
            Self::Classes(classes) => classes.fitted(vec![1.0; classes.bins.len()], device),
        }
    }

    /// Fitted to the training photographs, on `device`; says in words what was fitted, where there is something to fit.
    ///
    /// # Errors
    ///
    /// [`PhotoError`] when a photograph has become unreadable since it was inspected.
    pub fn fit(
        &self,
        photographs: &Pixels,
        device: &Device,
    ) -> Result<Option<(Fitted, String)>, PhotoError> {
        match self {
            Self::Regression(_) => Ok(None),
            Self::Classes(classes) => classes.fit(photographs, device).map(Some),
        }
    }

    /// The same, its answers decoded otherwise; `None` where there is nothing to decode.
    #[must_use]
    pub fn decoded_by(self, decode: Decode) -> Option<Self> {
        match self {
            Self::Regression(_) => None,
            Self::Classes(classes) => Some(Self::Classes(Classes { decode, ..classes })),
        }
    }

    /// The network's input and target for RGB on [0, 1], `[batch, 3, height, width]`.
    pub fn split(&self, rgb: Tensor<4>) -> Split {
        space::split(self.color(), rgb)
    }

    /// The colors that the network's last linear map means, in the unit of the target,
    /// `[batch, channels of color, height, width]`.
    pub fn answer(&self, map: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Regression(regression) => regression.answer(map),
            Self::Classes(classes) => classes.answer(map),
        }
    }

    /// The shares of the network's last linear map in the loss, which is their mean: of every value,
    /// `[batch, channels, height, width]`, or of every place, `[batch, 1, height / 4, width / 4]`. `target` is that of
    /// [`Self::split`] for the photographs of `batch`.
    pub fn errors(
        &self,
        map: Tensor<4>,
        target: Tensor<4>,
        batch: &Batch,
        fitted: &Fitted,
    ) -> Tensor<4> {
        match self {
            Self::Regression(regression) => regression.errors(regression.answer(map), target),
            Self::Classes(classes) => classes.errors(map, &classes.encode(batch), fitted),
        }
    }

    /// RGB from the network's input and its answer; values outside [0, 1] are left for the reader to clip.
    pub fn join(&self, input: Tensor<4>, answer: Tensor<4>) -> Tensor<4> {
        space::join(self.color(), input, answer)
    }

    /// The two planes of chroma in the answer, `[batch, 2, height, width]`: U and V where it is RGB, clipped first.
    pub fn chroma(&self, answer: Tensor<4>) -> Tensor<4> {
        space::chroma(self.color(), answer)
    }

    /// The network's input as a gray picture, RGB on [0, 1].
    pub fn gray_picture(&self, input: Tensor<4>) -> Tensor<4> {
        space::gray_picture(self.color(), input)
    }
}

#[cfg(test)]
mod tests;
