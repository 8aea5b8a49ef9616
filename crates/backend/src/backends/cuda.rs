//! NVIDIA GPUs by Burn's own kernels: the way forward when Burn drops libtorch. CUDA's libraries are loaded at run time.
//!
//! Nothing here has run on a GPU yet.

use burn::tensor::Device;

use super::Backend;
use crate::{BackendError, DeviceName};

pub(crate) struct Cuda;

impl Backend for Cuda {
    fn owns(&self, name: &DeviceName) -> bool {
        matches!(name, DeviceName::Cuda(_))
    }

    #[cfg(feature = "cuda")]
    fn open(&self, name: &DeviceName) -> Result<Device, BackendError> {
        let found = gpus();
        match self.cuda_index(name).filter(|index| *index < found) {
            Some(index) => Ok(Device::cuda(index)),
            None => Err(BackendError::NoSuchGpu {
                device: *name,
                library: "Burn's CUDA backend",
                found,
            }),
        }
    }

    #[cfg(not(feature = "cuda"))]
    fn open(&self, name: &DeviceName) -> Result<Device, BackendError> {
        Err(BackendError::NotCompiledIn {
            device: *name,
            how: "run `cargo build --release --features cuda`",
        })
    }

    #[cfg(feature = "cuda")]
    fn present(&self) -> Vec<DeviceName> {
        (0..gpus()).map(DeviceName::Cuda).collect()
    }

    #[cfg(not(feature = "cuda"))]
    fn present(&self) -> Vec<DeviceName> {
        Vec::new()
    }

    fn device_class(&self, _name: &DeviceName) -> &'static str {
        "cuda"
    }

    fn is_deterministic(&self, _name: &DeviceName) -> bool {
        // Which kernels are the fastest is measured anew by every process.
        false
    }

    fn cuda_index(&self, name: &DeviceName) -> Option<usize> {
        match name {
            DeviceName::Cuda(index) => Some(*index),
            _ => None,
        }
    }

    #[cfg(feature = "cuda")]
    fn hardware(&self, name: &DeviceName) -> Option<String> {
        Some(self.open(name).ok()?.identity()?.name)
    }
}

/// How many GPUs CUDA shows to this process; none where its driver is not installed.
#[cfg(feature = "cuda")]
fn gpus() -> usize {
    use burn::tensor::DeviceType;

    Device::enumerate(DeviceType::Cuda).len()
}
