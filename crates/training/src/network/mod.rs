//! The networks, one file each.
//!
//! A [`NetworkSection`] says which; [`init`] builds it as a [`Network`], whose weights depend on the
//! seed alone and which ends at its last linear map. What that means as color is the `objective`'s affair.

pub mod baldassarre;
pub mod convolution;
pub mod dense;
pub(crate) mod enlarged;
pub mod fusion;
pub mod head;
pub mod iizuka;
pub mod image_transformation;
pub mod initial;
pub mod norm;
mod own;
pub mod padding;
mod parts;
pub mod residual_block;
mod state;
pub mod unet;
pub mod zhang;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, FloatDType, Tensor};

use self::baldassarre::Baldassarre;
use self::iizuka::Iizuka;
use self::image_transformation::ImageTransformation;
use self::initial::InitialWeights;
use self::norm::Norm;
use self::unet::Unet;
use self::zhang::Zhang;
use crate::backend::Precision;

pub(crate) use self::parts::is_in;
pub(crate) use self::state::Place;
pub use self::state::{Misfit, State, Values};
pub use colorize_experiment::section::{
    BaldassarreSection, IizukaSection, ImageTransformationSection, NetworkSection, NormKind,
    UnetSection, Upsampling, ZhangSection,
};

/// Changes when the same weights, or the same seed, would answer otherwise.
pub const VERSION: u32 = 2;

/// Any of the networks.
#[expect(
    clippy::large_enum_variant,
    reason = "a training has one or two of them, and a box is no module"
)]
#[derive(Module, Debug)]
pub enum Network {
    /// Johnson et al. (2016).
    ImageTransformation(ImageTransformation),
    /// After Ronneberger et al. (2015).
    Unet(Unet),
    /// Baldassarre et al. (2017).
    Baldassarre(Baldassarre),
    /// Zhang et al. (2016).
    Zhang(Zhang),
    /// Iizuka et al. (2016).
    Iizuka(Iizuka),
}

/// What every network can do. A new one is a file with its structure, a constructor and this, and a variant above.
trait Architecture {
    /// The last linear map; see [`Network::forward`].
    fn forward(&self, input: Tensor<4>, features: Option<Tensor<2>>) -> Tensor<4>;

    /// The same, and what it says of the labels; see [`Network::forward_and_classify`]. Networks that learn none leave it.
    fn forward_and_classify(
        &self,
        input: Tensor<4>,
        features: Option<Tensor<2>>,
    ) -> (Tensor<4>, Option<Tensor<2>>) {
        (self.forward(input, features), None)
    }

    /// Adds what says the labels; see [`Network::learning_labels`]. Networks that learn none leave it.
    fn learn_labels(
        &mut self,
        _categories: usize,
        _weights: &mut InitialWeights,
        _device: &Device,
    ) {
    }

    /// Every norm.
    fn norms(&mut self) -> Vec<&mut Norm>;

    /// Chooses the type of the feature maps in training. Networks that the experiment keeps to 32-bit floats leave it.
    fn set_precision(&mut self, _precision: Precision) {}
}

/// The value of an expression about the network of whatever kind.
macro_rules! of_any_kind {
    ($kinds:expr, $network:ident => $value:expr) => {
        match $kinds {
            Network::ImageTransformation($network) => $value,
            Network::Unet($network) => $value,
            Network::Baldassarre($network) => $value,
            Network::Zhang($network) => $value,
            Network::Iizuka($network) => $value,
        }
    };
}

/// What a network is built for.
#[derive(Debug, Clone, Copy)]
struct Ends {
    /// Channels of its input.
    input_channels: usize,
    /// What its last linear map is.
    output: Output,
    /// The length of the vectors that it fuses, if it does.
    feature_width: Option<usize>,
}

/// What a network's last linear map is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// This many values at every pixel, `[batch, values, height, width]`.
    Values(usize),
    /// A logit for each of this many classes at a quarter of the resolution, `[batch, classes, height / 4, width / 4]`.
    Classes(usize),
}

/// Builds the network on `device`, to train it if the device has autodiff. `feature_width` is the length of the
/// vectors that it fuses, if it does. The weights depend on `seed` and the network's shape, never on the device.
pub fn init(
    section: &NetworkSection,
    input_channels: usize,
    output: Output,
    feature_width: Option<usize>,
    seed: u64,
    device: &Device,
) -> Network {
    let weights = &mut InitialWeights::new(seed);
    let ends = Ends {
        input_channels,
        output,
        feature_width,
    };
    match section {
        NetworkSection::ImageTransformation(section) => {
            Network::ImageTransformation(ImageTransformation::new(section, ends, weights, device))
        }
        NetworkSection::Unet(section) => Network::Unet(Unet::new(section, ends, weights, device)),
        NetworkSection::Baldassarre(section) => {
            Network::Baldassarre(Baldassarre::new(section, ends, weights, device))
        }
        NetworkSection::Zhang(section) => {
            Network::Zhang(Zhang::new(section, ends, weights, device))
        }
        NetworkSection::Iizuka(section) => {
            Network::Iizuka(Iizuka::new(section, ends, weights, device))
        }
    }
}

/// What `layers` make of `map`, computed in `precision` where somebody learns: a layer computes in the type of the map that it
/// is given. The answer is 32-bit floats either way.
fn in_precision(
    map: Tensor<4>,
    precision: Precision,
    layers: impl FnOnce(Tensor<4>) -> Tensor<4>,
) -> Tensor<4> {
    if precision == Precision::Bf16 && map.device().is_autodiff() {
        layers(map.cast(FloatDType::BF16)).cast(FloatDType::F32)
    } else {
        layers(map)
    }
}

impl Network {
    /// The same network, which computes in `precision` when it is trained: weights, statistics and what it answers stay
    /// 32-bit floats, and so does all of it on a device without autodiff. Needs a device that
    /// [computes](crate::backend::computes) in this precision.
    #[must_use]
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.set_precision(precision);
        self
    }

    /// The same network, which also learns which of `categories` a photograph shows, where it can. `device` is its own. The
    /// weights of these layers are drawn apart from all others, so that they change none.
    #[must_use]
    pub fn learning_labels(mut self, categories: usize, seed: u64, device: &Device) -> Self {
        let weights = &mut InitialWeights::of_labels(seed);
        of_any_kind!(&mut self, network => network.learn_labels(categories, weights, device));
        self
    }

    fn set_precision(&mut self, precision: Precision) {
        of_any_kind!(self, network => network.set_precision(precision));
    }

    /// The last linear map: a convolution and its norm, or the classes' logits.
    ///
    /// # Shapes
    ///
    /// `[batch, input_channels, height, width]` to that of the [`Output`]. Height and
    /// width are multiples of [`NetworkSection::multiple`] that are not [`NetworkSection::too_small`]. `features` is
    /// `[batch, feature_width]`.
    ///
    /// # Panics
    ///
    /// When the network fuses features and gets none.
    pub fn forward(&self, input: Tensor<4>, features: Option<Tensor<2>>) -> Tensor<4> {
        of_any_kind!(self, network => network.forward(input, features))
    }

    /// The same, and a logit for each category that it learns, `[batch, categories]`, if it
    /// [learns](Self::learning_labels) some.
    ///
    /// # Panics
    ///
    /// As [`Self::forward`].
    pub fn forward_and_classify(
        &self,
        input: Tensor<4>,
        features: Option<Tensor<2>>,
    ) -> (Tensor<4>, Option<Tensor<2>>) {
        of_any_kind!(self, network => network.forward_and_classify(input, features))
    }

    /// Sets batch norm's running statistics, but those of frozen parts, to their means over `inputs`, each with the features that
    /// go with it, with the weights at hand. The inputs live on the network's device without autodiff: a forward pass that no backward pass
    /// follows would leave its graph, and with it its feature maps, in memory until the next training step.
    ///
    /// A clone's statistics are the network's own, so the network that is in training has them as well; training itself does
    /// not look at them.
    pub fn recompute_statistics(
        &self,
        inputs: impl Iterator<Item = (Tensor<4>, Option<Tensor<2>>)>,
    ) {
        let mut collecting = self.valid();
        // The statistics are used where the network computes in 32-bit floats.
        collecting.set_precision(Precision::F32);
        collecting.norms().into_iter().for_each(Norm::collect);
        for (count, (input, features)) in inputs.enumerate() {
            // The first batch replaces what is there, the second has a half in it, the third a third.
            let momentum = 1.0 / (count + 1) as f64;
            for norm in collecting.norms() {
                norm.set_momentum(momentum);
            }
            collecting.forward(input, features);
        }
        let mut own = self.clone();
        for (norm, collected) in own.norms().into_iter().zip(collecting.norms()) {
            norm.adopt(collected);
        }
    }

    fn norms(&mut self) -> Vec<&mut Norm> {
        of_any_kind!(self, network => network.norms())
    }

    /// How many numbers are trained: kernels, biases and the norms' scales and shifts, without running statistics.
    pub fn parameter_count(&self) -> usize {
        let mut count = ParameterCount::default();
        self.visit(&mut count);
        count.total
    }
}

/// Whether a tensor with this path in a network is one of batch norm's running statistics, which Burn visits like parameters.
pub(crate) fn is_running_statistic(path: &[String]) -> bool {
    let name = path.last().map(String::as_str);
    matches!(name, Some("running_mean" | "running_var"))
}

/// Sums the sizes of all float tensors but the running statistics.
#[derive(Default)]
struct ParameterCount {
    path: Vec<String>,
    total: usize,
}

impl ModuleVisitor for ParameterCount {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if !is_running_statistic(&self.path) {
            self.total += param.lazy_shape().num_elements();
        }
    }

    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{self, DeviceName};

    fn section(norm: NormKind, scale: usize, residual_blocks: usize) -> NetworkSection {
        NetworkSection::ImageTransformation(ImageTransformationSection {
            norm,
            scale,
            residual_blocks,
            upsampling: Upsampling::Transposed,
        })
    }

    #[test]
    fn has_the_originals_number_of_parameters() {
        let device = backend::open(&DeviceName::Flex).unwrap();
        for norm in [NormKind::Batch, NormKind::Instance] {
            let network = init(
                &section(norm, 16, 5),
                1,
                Output::Values(2),
                None,
                0,
                &device,
            );
            assert_eq!(network.parameter_count(), 421_014);
        }
    }

    #[test]
    fn fusion_changes_no_other_weight() {
        let device = backend::open(&DeviceName::Flex).unwrap();
        let section = section(NormKind::Batch, 4, 1);
        let plain = init(&section, 1, Output::Values(2), None, 3, &device);
        let fused = init(&section, 1, Output::Values(2), Some(10), 3, &device);
        assert_eq!(
            fused.parameter_count(),
            plain.parameter_count() + 16 * (16 + 10) + 16
        );
        let (plain, fused) = (plain.state(), fused.state());
        for (name, values) in &plain {
            assert_eq!(values, &fused[name], "{name}");
        }
    }

    #[test]
    fn classes_need_no_way_back_to_the_full_size() {
        let device = backend::open(&DeviceName::Flex).unwrap();
        for norm in [NormKind::Batch, NormKind::Instance] {
            let section = section(norm, 2, 1);
            let network = init(&section, 1, Output::Classes(7), Some(3), 0, &device);
            let input = Tensor::ones([2, 1, 16, 12], &device);
            let features = Tensor::ones([2, 3], &device);
            let logits = network.forward(input, Some(features));
            assert_eq!(logits.dims(), [2, 7, 4, 3]);
            let values = init(&section, 1, Output::Values(2), Some(3), 0, &device);
            // Kernels, biases, and two numbers a channel of each norm.
            let decoder = (8 * 4 + 4 * 2) * 9 + 2 * 2 * 81 + 3 * (4 + 2 + 2);
            assert_eq!(
                network.parameter_count() - (8 + 1) * 7,
                values.parameter_count() - decoder,
            );
        }
    }

    #[test]
    fn keeps_the_size_of_every_legal_image() {
        let device = backend::open(&DeviceName::Flex).unwrap();
        for norm in [NormKind::Batch, NormKind::Instance] {
            for (blocks, sizes) in [
                (0, [[4, 4], [8, 12]]),
                (1, [[12, 12], [16, 12]]),
                (2, [[20, 24], [40, 20]]),
            ] {
                for channels in [[1, 2], [3, 3]] {
                    for device in [device.clone(), device.clone().autodiff()] {
                        let network = init(
                            &section(norm, 1, blocks),
                            channels[0],
                            Output::Values(channels[1]),
                            None,
                            0,
                            &device,
                        );
                        for [height, width] in sizes {
                            let input = Tensor::ones([1, channels[0], height, width], &device);
                            let output = network.forward(input, None);
                            assert_eq!(output.dims(), [1, channels[1], height, width]);
                        }
                    }
                }
            }
        }
    }
}
