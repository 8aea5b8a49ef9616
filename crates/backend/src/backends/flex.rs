//! Burn's own processor backend, in pure Rust: in every build, and on every machine.

use burn::tensor::Device;

use super::Backend;
use crate::{BackendError, DeviceName, Precision};

pub(crate) struct Flex;

impl Backend for Flex {
    fn owns(&self, name: &DeviceName) -> bool {
        matches!(name, DeviceName::Flex)
    }

    fn open(&self, _name: &DeviceName) -> Result<Device, BackendError> {
        Ok(Device::flex())
    }

    fn present(&self) -> Vec<DeviceName> {
        vec![DeviceName::Flex]
    }

    fn device_class(&self, _name: &DeviceName) -> &'static str {
        "flex"
    }

    fn is_deterministic(&self, _name: &DeviceName) -> bool {
        true
    }

    fn depends_on_threads(&self, _name: &DeviceName) -> bool {
        // No size was found at which its bits change with the number of threads.
        false
    }

    fn kernels_version(&self, _name: &DeviceName) -> Option<u32> {
        // 2: Winograd's convolutions.
        Some(2)
    }

    fn lacks(&self, _name: &DeviceName, _precision: Precision) -> Option<&'static str> {
        Some("the pure-Rust backend computes in 32-bit floats")
    }

    fn is_processor(&self, _name: &DeviceName) -> bool {
        true
    }
}
