//! Batches on their way to a GPU: from pinned memory and without waiting for them to arrive, and pictures as bytes, a
//! quarter of what floats take. A copy from memory that is not pinned waits for all that the GPU still has to do.

use burn::backend::libtorch::{LibTorchDevice, TchTensor};
use burn::backend::{DispatchDevice, LibTorch};
use burn::tensor::{Device, Tensor};
use tch::Kind;

/// See [`crate::pictures`].
pub(crate) fn pictures(
    bytes: &[u8],
    [batch, side]: [usize; 2],
    device: &Device,
) -> Option<Tensor<4>> {
    let gpu = gpu(device)?;
    let pictures = converted(bytes, [batch, side], |bytes| sent(&bytes, gpu));
    Some(on_device(pictures, device))
}

/// See [`crate::rows`].
pub(crate) fn rows(
    values: &[f32],
    [rows, columns]: [usize; 2],
    device: &Device,
) -> Option<Tensor<2>> {
    let gpu = gpu(device)?;
    let values = tch::Tensor::from_slice(values).view([rows as i64, columns as i64]);
    Some(on_device(sent(&values, gpu), device))
}

fn gpu(device: &Device) -> Option<tch::Device> {
    match device.clone().without_autodiff().as_dispatch() {
        DispatchDevice::LibTorch(LibTorchDevice::Cuda(index)) => Some(tch::Device::Cuda(*index)),
        _ => None,
    }
}

/// libtorch keeps the pinned memory until the copy is through.
fn sent(tensor: &tch::Tensor, gpu: tch::Device) -> tch::Tensor {
    let pinned = tensor.pin_memory(gpu);
    pinned.to_device_(gpu, tensor.kind(), true, false)
}

/// As a tensor of Burn's, with autodiff where the device has it.
fn on_device<const D: usize>(tensor: tch::Tensor, device: &Device) -> Tensor<D> {
    let tensor = Tensor::from_primitive::<LibTorch>(TchTensor::new(tensor));
    match device.gradient_checkpointing_strategy() {
        None => tensor,
        Some(strategy) => tensor
            .autodiff()
            .with_gradient_checkpointing_strategy(strategy),
    }
}

/// `[batch, 3, side, side]` on [0, 1], channels innermost in memory.
fn converted(
    bytes: &[u8],
    [batch, side]: [usize; 2],
    upload: impl FnOnce(tch::Tensor) -> tch::Tensor,
) -> tch::Tensor {
    let side = side as i64;
    let bytes = tch::Tensor::from_slice(bytes).view([batch as i64, side, side, 3]);
    upload(bytes).permute([0, 3, 1, 2]).to_kind(Kind::Float) / 255.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_planes_on_the_way() {
        let bytes: Vec<u8> = (0..2 * 4 * 4 * 3).map(|value| (value * 2) as u8).collect();
        let pictures = converted(&bytes, [2, 4], |bytes| bytes);
        assert_eq!(pictures.size(), [2, 3, 4, 4]);
        for (index, byte) in bytes.iter().enumerate() {
            let (place, channel) = (index / 3, index % 3);
            let (image, y, x) = (place / 16, place / 4 % 4, place % 4);
            let at = [image, channel, y, x].map(|index| index as i64);
            let value = pictures.double_value(&at);
            assert!((value - f64::from(*byte) / 255.0).abs() < 1e-7);
        }
    }

    #[test]
    fn what_is_made_serves_its_device() {
        let plain = Device::libtorch();
        for device in [
            plain.clone(),
            plain.clone().autodiff(),
            plain.autodiff().gradient_checkpointing(),
        ] {
            let made = on_device::<1>(tch::Tensor::from_slice(&[1.0f32, 2.0]), &device);
            let sum = made + Tensor::ones([2], &device);
            assert_eq!(sum.to_data().try_to_vec::<f32>().unwrap(), [2.0, 3.0]);
            assert_eq!(sum.is_autodiff(), device.is_autodiff());
        }
    }

    #[test]
    fn only_a_gpu_takes_bytes() {
        let cpu = Device::libtorch();
        assert!(pictures(&[0; 12], [1, 2], &cpu).is_none());
        assert!(rows(&[0.0; 6], [2, 3], &cpu).is_none());
        assert!(pictures(&[0; 12], [1, 2], &cpu.autodiff()).is_none());
    }
}
