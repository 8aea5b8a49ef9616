//! [`FixedLayer`](crate::FixedLayer) for flex: what follows a convolution is done to a band of rows while it is in the
//! cache.

#![expect(
    clippy::inline_always,
    reason = "only what is inlined into the function that has the wide vectors is compiled with them"
)]

mod dense;
mod depthwise;

use std::sync::OnceLock;

use burn::backend::flex::FlexTensor;
use burn::backend::{DispatchTensorKind, Flex};
use burn::tensor::{DType, Tensor};
use pulp::bytemuck::{cast_slice, cast_slice_mut};
use pulp::{Arch, Scalar, Simd, WithSimd};

use super::convolution::direct::Panels;
use super::convolution::{Geometry, gather, scatter};
use super::lines::{Band, Extent, Map};
use super::map::{channels_last, map_of, parameter, values};
use super::norm::repeated;
use crate::fixed::FixedShape;
use crate::{memory, operation};

/// Maps with as many pixels are worth packing the weights for each time, which [`gather`] does.
const MANY_PIXELS: usize = 3072;

/// See [`crate::FixedLayer`].
#[derive(Debug)]
pub(crate) struct FixedLayer {
    shape: FixedShape,
    /// `[small channels, large channels / groups, size, size]`.
    weight: FlexTensor,
    /// As [`repeated`].
    bias: Vec<f32>,
    /// Made of the weights when they are asked for.
    panels: OnceLock<Panels>,
    taps: OnceLock<Vec<f32>>,
}

/// Which way a layer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// [`scatter`].
    Transposed,
    /// [`gather`], which packs the weights each time.
    Gather,
    /// With weights that were packed once.
    Packed,
    /// Every channel by itself.
    Depthwise,
}

impl FixedLayer {
    /// `None` where the tensors are not flex's 32-bit floats, or the channels are divided into parts of several.
    pub(crate) fn new(shape: FixedShape, weight: &Tensor<4>, bias: &Tensor<1>) -> Option<Self> {
        let is_own = |kind: &DispatchTensorKind| matches!(kind, DispatchTensorKind::Flex(_));
        if !matches!(
            operation::graph(weight, is_own),
            Some(operation::Graph::None)
        ) {
            return None;
        }
        let weight = weight.clone().try_into_primitive::<Flex>().ok()?;
        let bias = bias.clone().try_into_primitive::<Flex>().ok()?;
        if weight.dtype() != DType::F32 || bias.dtype() != DType::F32 {
            return None;
        }
        let kernel = weight.layout().shape();
        let is_depthwise = kernel[0] == shape.groups && kernel[1] == 1 && !shape.transposed;
        if shape.groups != 1 && !is_depthwise {
            return None;
        }
        memory::keep();
        let bias = parameter(&bias);
        let of_channel = values(&bias);
        Some(Self {
            shape,
            bias: repeated(of_channel.len(), |channel| of_channel[channel]),
            weight: parameter(&weight),
            panels: OnceLock::new(),
            taps: OnceLock::new(),
        })
    }

    /// `None` where the maps are not flex's 32-bit floats.
    pub(crate) fn forward(
        &self,
        input: &Tensor<4>,
        padding: [usize; 2],
        shortcut: Option<(&Tensor<4>, usize)>,
    ) -> Option<Tensor<4>> {
        let of_flex = |tensor: &Tensor<4>| {
            let tensor = tensor.clone().try_into_primitive::<Flex>().ok()?;
            (tensor.dtype() == DType::F32).then(|| channels_last(tensor))
        };
        let input = of_flex(input)?;
        let shortcut = match shortcut {
            Some((map, crop)) => Some((of_flex(map)?, crop)),
            None => None,
        };
        let geometry = self.geometry(&input, padding);
        let transposed = self.shape.transposed;
        let extent = geometry.extent(transposed);
        let source = Map::new(geometry.extent(!transposed), values(&input));
        let beside = shortcut.as_ref().map(|(map, crop)| (values(map), *crop));
        let finish = |band: &mut Band<'_>| self.finish(extent, band, beside);
        let weight = values(&self.weight);
        let mut map = vec![0.0; geometry.batch * extent.values()];
        match self.way(&geometry) {
            Way::Transposed => drop(scatter(&geometry, &source, weight, &mut map, finish)),
            Way::Gather => drop(gather(&geometry, &source, weight, &mut map, finish)),
            Way::Packed => {
                let panels = self.panels.get_or_init(|| Panels::of(&geometry, weight));
                dense::convolve(panels, &geometry, &source, &mut map, finish);
            }
            Way::Depthwise => {
                let taps = self.taps.get_or_init(|| depthwise::taps(&geometry, weight));
                depthwise::convolve(&geometry, &source, taps, &mut map, finish);
            }
        }
        Some(Tensor::from_primitive::<Flex>(map_of(extent, map)))
    }

    fn way(&self, geometry: &Geometry) -> Way {
        let pixels = geometry.batch * geometry.small[0] * geometry.small[1];
        if self.shape.transposed {
            Way::Transposed
        } else if self.shape.groups > 1 {
            Way::Depthwise
        } else if geometry.size > 1 && pixels >= MANY_PIXELS {
            Way::Gather
        } else {
            Way::Packed
        }
    }

    fn geometry(&self, input: &FlexTensor, padding: [usize; 2]) -> Geometry {
        let FixedShape {
            transposed, groups, ..
        } = self.shape;
        let kernel = self.weight.layout().shape();
        let kernel = [kernel[0], kernel[1] * groups, kernel[2]];
        Geometry::of(input, kernel, transposed, self.shape.stride, padding)
    }

    /// Adds the bias and the shortcut to a band, and cuts off what is beyond the limits.
    fn finish(&self, extent: Extent, band: &mut Band<'_>, shortcut: Option<(&[f32], usize)>) {
        let [least, most] = self.shape.then.limits();
        let row = extent.row();
        for (index, places) in band.values.chunks_exact_mut(row).enumerate() {
            let shortcut = shortcut.map(|(shortcut, crop)| {
                let (high, wide) = (extent.height + 2 * crop, extent.width + 2 * crop);
                let line = band.image * high + band.first + index + crop;
                &shortcut[(line * wide + crop) * extent.channels..][..row]
            });
            Arch::new().dispatch(Finish {
                places,
                bias: &self.bias,
                shortcut,
                least,
                most,
            });
        }
    }
}

/// What is done to a row of a band.
struct Finish<'a> {
    places: &'a mut [f32],
    /// As often one after the other as fills a period, which vectors of all widths divide.
    bias: &'a [f32],
    shortcut: Option<&'a [f32]>,
    least: f32,
    most: f32,
}

impl WithSimd for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { least, most, .. } = self;
        let period = self.bias.len();
        for (index, places) in self.places.chunks_mut(period).enumerate() {
            let whole = places.len() - places.len() % S::F32_LANES;
            let shortcut = self
                .shortcut
                .map(|shortcut| shortcut[index * period..][..places.len()].split_at(whole));
            let (begin, end) = places.split_at_mut(whole);
            let limits = [least, most];
            finish(
                simd,
                begin,
                &self.bias[..whole],
                shortcut.map(|it| it.0),
                limits,
            );
            let bias = &self.bias[whole..][..end.len()];
            finish(Scalar::new(), end, bias, shortcut.map(|it| it.1), limits);
        }
    }
}

/// What is not a number passes.
#[inline(always)]
fn finish<S: Simd>(
    simd: S,
    places: &mut [f32],
    bias: &[f32],
    shortcut: Option<&[f32]>,
    limits: [f32; 2],
) {
    let [least, most] = limits.map(|limit| simd.splat_f32s(limit));
    let places = cast_slice_mut::<f32, S::f32s>(places);
    let bias = cast_slice::<f32, S::f32s>(bias);
    let within = |value: S::f32s| {
        let value = simd.select_f32s(simd.less_than_f32s(value, least), least, value);
        simd.select_f32s(simd.less_than_f32s(most, value), most, value)
    };
    match shortcut {
        None => {
            for (place, bias) in places.iter_mut().zip(bias) {
                *place = within(simd.add_f32s(*place, *bias));
            }
        }
        Some(shortcut) => {
            let shortcut = cast_slice::<f32, S::f32s>(shortcut);
            for ((place, bias), beside) in places.iter_mut().zip(bias).zip(shortcut) {
                *place = within(simd.add_f32s(simd.add_f32s(*place, *bias), *beside));
            }
        }
    }
}
