//! Maps of flex with their channels side by side.

use burn::backend::flex::{FlexTensor, Layout};
use burn::tensor::{Bytes, DType, Shape};
use rayon::prelude::*;

use super::lines::{Extent, bands};

/// The values of a tensor that is dense in memory, in the order in which they lie there.
pub(super) fn values(tensor: &FlexTensor) -> &[f32] {
    let layout = tensor.layout();
    &tensor.storage::<f32>()[layout.start_offset()..][..layout.num_elements()]
}

/// A parameter, in the order of its shape.
pub(super) fn parameter(tensor: &FlexTensor) -> FlexTensor {
    tensor.to_contiguous()
}

/// A tensor of the shape of another.
pub(super) fn like(tensor: &FlexTensor, values: Vec<f32>) -> FlexTensor {
    let layout = Layout::contiguous(tensor.layout().shape().clone());
    FlexTensor::new(Bytes::from_elems(values), layout, DType::F32)
}

pub(super) fn vector_of(values: Vec<f32>) -> FlexTensor {
    let layout = Layout::contiguous(Shape::new([values.len()]));
    FlexTensor::new(Bytes::from_elems(values), layout, DType::F32)
}

/// `[batch, channels, height, width]` of values that lie as `[batch, height, width, channels]`.
pub(super) fn map_of(extent: Extent, values: Vec<f32>) -> FlexTensor {
    let batch = values.len() / extent.values();
    let shape = Shape::new([batch, extent.channels, extent.height, extent.width]);
    let strides = [extent.values(), 1, extent.row(), extent.channels];
    let layout = Layout::new(shape, strides.map(|stride| stride as isize).to_vec(), 0);
    FlexTensor::new(Bytes::from_elems(values), layout, DType::F32)
}

/// `[batch, channels, height, width]`, copied if its channels do not lie side by side.
pub(super) fn channels_last(tensor: FlexTensor) -> FlexTensor {
    let layout = tensor.layout();
    let shape = layout.shape();
    let [batch, channels, height, width] = [shape[0], shape[1], shape[2], shape[3]];
    let extent = Extent {
        height,
        width,
        channels,
    };
    let expected = [extent.values(), 1, extent.row(), channels];
    let strides = layout.strides();
    // Strides along an axis of one place say nothing.
    let is_already =
        (0..4).all(|axis| shape[axis] == 1 || strides[axis] == expected[axis] as isize);
    if is_already {
        return tensor;
    }
    let source = tensor.storage::<f32>();
    let (start, strides) = (layout.start_offset() as isize, strides.to_vec());
    let mut copied = vec![0.0; batch * extent.values()];
    bands(&mut copied, height, extent.row(), 1)
        .into_par_iter()
        .for_each(|band| {
            let first = start + band.image as isize * strides[0] + band.first as isize * strides[2];
            for channel in 0..channels {
                let first = first + channel as isize * strides[1];
                let places = band.values[channel..].iter_mut().step_by(channels);
                for (column, place) in places.enumerate() {
                    *place = source[(first + column as isize * strides[3]) as usize];
                }
            }
        });
    map_of(extent, copied)
}
