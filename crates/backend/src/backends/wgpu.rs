//! GPUs of any maker through Vulkan, Metal or DirectX 12, by Burn's own kernels, which it compiles and times when they are
//! first needed.

#[cfg(feature = "wgpu")]
mod adapters;

use burn::tensor::Device;

use super::Backend;
use crate::{BackendError, DeviceName};

pub(crate) struct Wgpu;

impl Backend for Wgpu {
    fn owns(&self, name: &DeviceName) -> bool {
        matches!(name, DeviceName::Wgpu(_))
    }

    #[cfg(feature = "wgpu")]
    fn open(&self, name: &DeviceName) -> Result<Device, BackendError> {
        adapters::open(name).map(|adapter| adapter.device)
    }

    #[cfg(not(feature = "wgpu"))]
    fn open(&self, name: &DeviceName) -> Result<Device, BackendError> {
        Err(BackendError::NotCompiledIn {
            device: *name,
            how: "run `cargo build --release --features wgpu`",
        })
    }

    #[cfg(feature = "wgpu")]
    fn present(&self) -> Vec<DeviceName> {
        (0..adapters::count()).map(DeviceName::Wgpu).collect()
    }

    #[cfg(not(feature = "wgpu"))]
    fn present(&self) -> Vec<DeviceName> {
        Vec::new()
    }

    fn device_class(&self, _name: &DeviceName) -> &'static str {
        "wgpu"
    }

    fn is_deterministic(&self, _name: &DeviceName) -> bool {
        // Which kernels are the fastest is measured anew by every process.
        false
    }

    #[cfg(feature = "wgpu")]
    fn hardware(&self, name: &DeviceName) -> Option<String> {
        Some(adapters::open(name).ok()?.told)
    }
}

#[cfg(all(test, feature = "wgpu"))]
mod tests;
