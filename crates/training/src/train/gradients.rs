//! What becomes of a step's gradients before the optimizer sees them.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use super::TrainSection;

/// Added to the norm before it divides, as in PyTorch's `clip_grad_norm_`.
const NORM_EPSILON: f64 = 1e-6;

/// How large gradients may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Clipping {
    /// The largest norm of all of them together.
    norm: Option<f64>,
    /// The largest size of each number.
    value: Option<f64>,
}

impl Clipping {
    /// As `[train]` says.
    pub(super) fn of(section: &TrainSection) -> Self {
        let limit = |most: f64| (most > 0.0).then_some(most);
        Self {
            norm: limit(section.clip_norm),
            value: limit(section.clip_value),
        }
    }

    /// The gradients of `module`, clipped: first every number, as PyTorch's `clip_grad_value_` does, then the norm, as
    /// `clip_grad_norm_` does. Nothing is read from the device.
    pub(super) fn clip<M: Module>(self, module: &M, gradients: GradientsParams) -> GradientsParams {
        let gradients = match self.value {
            Some(most) => change(module, gradients, Change::Clamp(most)),
            None => gradients,
        };
        let Some(most) = self.norm else {
            return gradients;
        };
        let mut squares = Squares {
            gradients: &gradients,
            sum: None,
        };
        module.visit(&mut squares);
        let Some(sum) = squares.sum else {
            return gradients;
        };
        let norm = sum.sqrt().add_scalar(NORM_EPSILON);
        let factor = norm.recip().mul_scalar(most).clamp_max(1.0);
        change(module, gradients, Change::Times(factor))
    }
}

/// The gradients of `module`, each times `factor`.
pub(super) fn scaled<M: Module>(
    module: &M,
    gradients: GradientsParams,
    factor: f64,
) -> GradientsParams {
    change(module, gradients, Change::By(factor))
}

/// What is done to every gradient.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, on the stack"
)]
enum Change {
    /// No number is larger than this, nor smaller than its opposite.
    Clamp(f64),
    /// Times a number.
    By(f64),
    /// Times a number that is on the device, `[1]`.
    Times(Tensor<1>),
}

fn change<M: Module>(module: &M, gradients: GradientsParams, change: Change) -> GradientsParams {
    let mut changer = Changer { gradients, change };
    module.visit(&mut changer);
    changer.gradients
}

struct Changer {
    gradients: GradientsParams,
    change: Change,
}

impl ModuleVisitor for Changer {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.remove::<D>(param.id) else {
            return;
        };
        let changed = match &self.change {
            Change::Clamp(most) => gradient.clamp(-most, *most),
            Change::By(factor) => gradient.mul_scalar(*factor),
            Change::Times(factor) => gradient * factor.clone().reshape([1; D]),
        };
        self.gradients.register(param.id, changed);
    }
}

/// Sums the squares of all numbers, in the order of the module.
struct Squares<'a> {
    gradients: &'a GradientsParams,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for Squares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.get::<D>(param.id) else {
            return;
        };
        let squares = gradient.square().sum();
        self.sum = Some(match self.sum.take() {
            Some(sum) => sum + squares,
            None => squares,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::golden::{Golden, Layer};

    #[test]
    fn clipped_gradients_are_those_of_pytorch() {
        let golden = Golden::read();
        for (name, norm, value) in [
            ("norm 0.5", Some(0.5), None),
            ("norm 100.0", Some(100.0), None),
            ("value 0.4", None, Some(0.4)),
        ] {
            let layer = Layer::new(&golden.start);
            let gradients = layer.gradients(&golden.gradients[0]);
            let clipped = Clipping { norm, value }.clip(&layer, gradients);
            let found = layer.numbers_of(&clipped);
            for (found, expected) in found.iter().zip(&golden.clipped[name]) {
                assert!(
                    (found - expected).abs() < 1e-6,
                    "{name}: {found} and {expected}"
                );
            }
        }
    }

    #[test]
    fn numbers_are_clipped_before_their_norm() {
        let golden = Golden::read();
        let layer = Layer::new(&golden.start);
        let gradients = layer.gradients(&[3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 4.0, 0.0]);
        let both = Clipping {
            norm: Some(1.0),
            value: Some(2.0),
        };
        let found = layer.numbers_of(&both.clip(&layer, gradients));
        let half = 0.5_f32.sqrt();
        for (place, expected) in [(0, half), (7, half), (1, 0.0)] {
            assert!((found[place] - expected).abs() < 1e-6, "{found:?}");
        }
        // Nothing is divided by a norm of zero.
        let none = both.clip(&layer, layer.gradients(&[0.0; 9]));
        assert_eq!(layer.numbers_of(&none), [0.0; 9]);
    }
}
