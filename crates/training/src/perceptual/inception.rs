//! Inception-v3 as the Fréchet inception distance has it (Szegedy et al. 2016, with the weights of TensorFlow's network of
//! 2015): from a picture to a vector of 2,048 features.
//!
//! It differs from torchvision's: averages count no zeros beyond the border, and the last block pools by a maximum.

use burn::tensor::module::{avg_pool2d, conv2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData, activation};

use crate::extractor::architecture::Role;
use crate::extractor::classifier::folded_from;
use crate::extractor::state::State;

/// Features of a picture.
pub(crate) const WIDTH: usize = 2048;

/// The side that every picture is resized to.
const SIDE: usize = 299;

/// What the norms add to the variance.
const EPSILON: f64 = 1e-3;

/// A convolution without a bias, a batch norm and a relu.
#[derive(Debug, Clone)]
struct UnitShape {
    /// Such as `Mixed_5b.branch1x1`.
    name: String,
    /// In and out.
    channels: [usize; 2],
    /// Height and width of the kernel.
    size: [usize; 2],
    stride: usize,
    /// Whether zeros around keep the size of the map.
    is_padded: bool,
}

/// The same with its weights, the norm's in those of the convolution.
#[derive(Debug)]
struct Unit {
    shape: UnitShape,
    /// `[channels_out, channels_in, height, width]`.
    kernel: Tensor<4>,
    /// `[channels_out]`.
    bias: Tensor<1>,
}

/// What a branch does to a map, one thing after the other.
#[derive(Debug)]
enum Part<U> {
    Unit(U),
    /// Each sees the same map; their results lie one behind the other.
    Fan([U; 2]),
    /// The mean over 3x3.
    Mean,
    /// The maximum over 3x3.
    Maximum,
    /// The maximum over 3x3 at stride 2.
    HalvingMaximum,
}

/// Branches that see the same map, whose results lie one behind the other.
type Block<U> = Vec<Vec<Part<U>>>;

/// The network with its weights.
#[derive(Debug)]
pub(crate) struct Inception(Vec<Block<Unit>>);

impl UnitShape {
    fn kernel(&self) -> [usize; 4] {
        let [channels_in, channels_out] = self.channels;
        [channels_out, channels_in, self.size[0], self.size[1]]
    }

    /// The convolution's kernel, and the norm's factor, summand, mean and variance.
    fn tensors(&self) -> [(String, Vec<usize>, Role); 5] {
        let name = |ending: &str| format!("{}.{ending}", self.name);
        let channels = || vec![self.channels[1]];
        [
            (name("conv.weight"), self.kernel().to_vec(), Role::Kernel),
            (name("bn.weight"), channels(), Role::Scale),
            (name("bn.bias"), channels(), Role::Shift),
            (name("bn.running_mean"), channels(), Role::Mean),
            (name("bn.running_var"), channels(), Role::Variance),
        ]
    }
}

/// A unit of a block; `input` and `output` are its channels.
fn unit(
    block: &str,
    name: &str,
    [input, output]: [usize; 2],
    size: [usize; 2],
    stride: usize,
) -> UnitShape {
    let name = match block {
        "" => name.to_owned(),
        block => format!("{block}.{name}"),
    };
    UnitShape {
        name,
        channels: [input, output],
        size,
        stride,
        // What halves the map loses its border.
        is_padded: stride == 1,
    }
}

/// The blocks in their order.
fn blocks() -> Vec<Block<UnitShape>> {
    vec![
        stem(),
        block_a("Mixed_5b", 192, 32),
        block_a("Mixed_5c", 256, 64),
        block_a("Mixed_5d", 288, 64),
        block_b("Mixed_6a", 288),
        block_c("Mixed_6b", 128),
        block_c("Mixed_6c", 160),
        block_c("Mixed_6d", 160),
        block_c("Mixed_6e", 192),
        block_d("Mixed_7a", 768),
        block_e("Mixed_7b", 1280, Part::Mean),
        block_e("Mixed_7c", 2048, Part::Maximum),
    ]
}

fn stem() -> Block<UnitShape> {
    let unit = |name, channels, size, stride, is_padded| {
        Part::Unit(UnitShape {
            is_padded,
            ..unit("", name, channels, [size; 2], stride)
        })
    };
    vec![vec![
        unit("Conv2d_1a_3x3", [3, 32], 3, 2, false),
        unit("Conv2d_2a_3x3", [32, 32], 3, 1, false),
        unit("Conv2d_2b_3x3", [32, 64], 3, 1, true),
        Part::HalvingMaximum,
        unit("Conv2d_3b_1x1", [64, 80], 1, 1, false),
        unit("Conv2d_4a_3x3", [80, 192], 3, 1, false),
        Part::HalvingMaximum,
    ]]
}

/// 35x35.
fn block_a(block: &str, input: usize, pooled: usize) -> Block<UnitShape> {
    let unit = |name, channels, size| Part::Unit(unit(block, name, channels, [size; 2], 1));
    vec![
        vec![unit("branch1x1", [input, 64], 1)],
        vec![
            unit("branch5x5_1", [input, 48], 1),
            unit("branch5x5_2", [48, 64], 5),
        ],
        vec![
            unit("branch3x3dbl_1", [input, 64], 1),
            unit("branch3x3dbl_2", [64, 96], 3),
            unit("branch3x3dbl_3", [96, 96], 3),
        ],
        vec![Part::Mean, unit("branch_pool", [input, pooled], 1)],
    ]
}

/// From 35x35 to 17x17.
fn block_b(block: &str, input: usize) -> Block<UnitShape> {
    let unit =
        |name, channels, size, stride| Part::Unit(unit(block, name, channels, [size; 2], stride));
    vec![
        vec![unit("branch3x3", [input, 384], 3, 2)],
        vec![
            unit("branch3x3dbl_1", [input, 64], 1, 1),
            unit("branch3x3dbl_2", [64, 96], 3, 1),
            unit("branch3x3dbl_3", [96, 96], 3, 2),
        ],
        vec![Part::HalvingMaximum],
    ]
}

/// 17x17, `inner` channels within.
fn block_c(block: &str, inner: usize) -> Block<UnitShape> {
    let unit = |name, channels, size| Part::Unit(unit(block, name, channels, size, 1));
    let (one, wide, high) = ([1, 1], [1, 7], [7, 1]);
    vec![
        vec![unit("branch1x1", [768, 192], one)],
        vec![
            unit("branch7x7_1", [768, inner], one),
            unit("branch7x7_2", [inner, inner], wide),
            unit("branch7x7_3", [inner, 192], high),
        ],
        vec![
            unit("branch7x7dbl_1", [768, inner], one),
            unit("branch7x7dbl_2", [inner, inner], high),
            unit("branch7x7dbl_3", [inner, inner], wide),
            unit("branch7x7dbl_4", [inner, inner], high),
            unit("branch7x7dbl_5", [inner, 192], wide),
        ],
        vec![Part::Mean, unit("branch_pool", [768, 192], one)],
    ]
}

/// From 17x17 to 8x8.
fn block_d(block: &str, input: usize) -> Block<UnitShape> {
    let unit = |name, channels, size, stride| Part::Unit(unit(block, name, channels, size, stride));
    vec![
        vec![
            unit("branch3x3_1", [input, 192], [1, 1], 1),
            unit("branch3x3_2", [192, 320], [3, 3], 2),
        ],
        vec![
            unit("branch7x7x3_1", [input, 192], [1, 1], 1),
            unit("branch7x7x3_2", [192, 192], [1, 7], 1),
            unit("branch7x7x3_3", [192, 192], [7, 1], 1),
            unit("branch7x7x3_4", [192, 192], [3, 3], 2),
        ],
        vec![Part::HalvingMaximum],
    ]
}

/// 8x8.
fn block_e(block: &str, input: usize, pool: Part<UnitShape>) -> Block<UnitShape> {
    let unit = |name, channels, size| unit(block, name, channels, size, 1);
    let one = |name, channels| Part::Unit(unit(name, channels, [1, 1]));
    let fan = |[wide, high]: [&'static str; 2]| {
        Part::Fan([
            unit(wide, [384, 384], [1, 3]),
            unit(high, [384, 384], [3, 1]),
        ])
    };
    vec![
        vec![one("branch1x1", [input, 320])],
        vec![
            one("branch3x3_1", [input, 384]),
            fan(["branch3x3_2a", "branch3x3_2b"]),
        ],
        vec![
            one("branch3x3dbl_1", [input, 448]),
            Part::Unit(unit("branch3x3dbl_2", [448, 384], [3, 3])),
            fan(["branch3x3dbl_3a", "branch3x3dbl_3b"]),
        ],
        vec![pool, one("branch_pool", [input, 192])],
    ]
}

/// Names, shapes and roles of its tensors in a file of weights; the linear layer `fc` of its classes is not read.
pub(crate) fn tensors() -> Vec<(String, Vec<usize>, Role)> {
    let mut tensors = Vec::new();
    for part in blocks().iter().flatten().flatten() {
        let units = match part {
            Part::Unit(unit) => std::slice::from_ref(unit),
            Part::Fan(units) => units,
            Part::Mean | Part::Maximum | Part::HalvingMaximum => &[],
        };
        tensors.extend(units.iter().flat_map(UnitShape::tensors));
    }
    tensors
}

impl<U> Part<U> {
    fn map<V>(self, make: &mut impl FnMut(U) -> V) -> Part<V> {
        match self {
            Self::Unit(unit) => Part::Unit(make(unit)),
            Self::Fan(units) => Part::Fan(units.map(make)),
            Self::Mean => Part::Mean,
            Self::Maximum => Part::Maximum,
            Self::HalvingMaximum => Part::HalvingMaximum,
        }
    }
}

impl Unit {
    /// Takes the tensors of `shape` out of `state`, which has been found to hold them.
    fn new(shape: UnitShape, state: &mut State, device: &Device) -> Self {
        let names = shape.tensors().map(|(name, ..)| name);
        let (kernel, bias) = folded_from(state, names, shape.kernel(), EPSILON, device);
        Self {
            shape,
            kernel,
            bias,
        }
    }

    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let UnitShape {
            size,
            stride,
            is_padded,
            ..
        } = self.shape;
        let padding = size.map(|side| if is_padded { side / 2 } else { 0 });
        let options = ConvOptions::new([stride; 2], padding, [1, 1], 1);
        let map = conv2d(input, self.kernel.clone(), Some(self.bias.clone()), options);
        activation::relu(map)
    }
}

impl Part<Unit> {
    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let maximum = MaxPoolOptions::new([3, 3]);
        match self {
            Self::Unit(unit) => unit.forward(input),
            Self::Fan(units) => Tensor::cat(
                units.iter().map(|it| it.forward(input.clone())).collect(),
                1,
            ),
            Self::Mean => {
                let options = AvgPoolOptions::new([3, 3])
                    .with_stride([1, 1])
                    .with_padding([1, 1])
                    .with_count_include_pad(false);
                avg_pool2d(input, options)
            }
            Self::Maximum => max_pool2d(input, maximum.with_stride([1, 1]).with_padding([1, 1])),
            Self::HalvingMaximum => max_pool2d(input, maximum.with_stride([2, 2])),
        }
    }
}

impl Inception {
    /// Takes its tensors out of `state`, which has been found to hold them.
    pub(crate) fn new(state: &mut State, device: &Device) -> Self {
        let mut make = |shape| Unit::new(shape, state, device);
        let mut blocks_with_weights = Vec::new();
        for block in blocks() {
            let branches = block.into_iter().map(|branch| {
                let parts = branch.into_iter().map(|part| part.map(&mut make));
                parts.collect()
            });
            blocks_with_weights.push(branches.collect());
        }
        Self(blocks_with_weights)
    }

    /// One vector per picture.
    ///
    /// # Shapes
    ///
    /// RGB on [0, 1], `[batch, 3, height, width]`, to `[batch, 2048]`.
    pub(crate) fn features(&self, rgb: Tensor<4>) -> Tensor<2> {
        let seen = resized(rgb).mul_scalar(2.0).sub_scalar(1.0);
        let map = self.0.iter().fold(seen, |map, block| {
            let branches = block.iter().map(|branch| {
                let parts = branch.iter();
                parts.fold(map.clone(), |map, part| part.forward(map))
            });
            Tensor::cat(branches.collect(), 1)
        });
        let [batch, ..] = map.dims();
        map.mean_dims(&[2, 3]).reshape([batch, WIDTH])
    }
}

/// The pictures at the side of the network, bilinear between the centers of pixels: two products with a matrix.
fn resized(rgb: Tensor<4>) -> Tensor<4> {
    let [batch, channels, height, width] = rgb.dims();
    let device = rgb.device();
    let flat: Tensor<3> = rgb.reshape([1, batch * channels * height, width]);
    let wide = flat.matmul(weights(width, &device).transpose());
    let high = wide.reshape([batch * channels, height, SIDE]);
    let rows = weights(height, &device).expand([batch * channels, SIDE, height]);
    rows.matmul(high).reshape([batch, channels, SIDE, SIDE])
}

/// What every pixel of a line of `length` counts in each of the line resized, `[1, SIDE, length]`.
fn weights(length: usize, device: &Device) -> Tensor<3> {
    let mut weights = vec![0_f32; SIDE * length];
    for (at, row) in weights.chunks_exact_mut(length).enumerate() {
        let center = ((at as f64 + 0.5) * length as f64 / SIDE as f64 - 0.5).max(0.0);
        let before = (center as usize).min(length - 1);
        let share = (center - before as f64) as f32;
        row[before] += 1.0 - share;
        row[(before + 1).min(length - 1)] += share;
    }
    Tensor::from_data(TensorData::new(weights, [1, SIDE, length]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_the_number_of_weights_of_its_reference() {
        let tensors = tensors();
        let learned = tensors
            .iter()
            .filter(|(name, ..)| !name.contains("running"));
        let count: usize = learned.map(|(_, it, _)| it.iter().product::<usize>()).sum();
        // torchvision's Inception-v3 without its auxiliary classifier and its linear layer.
        assert_eq!(count, 21_785_568);
        assert_eq!(tensors.len(), 94 * 5);
    }
}
