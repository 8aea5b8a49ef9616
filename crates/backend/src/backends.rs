//! The backends there are names for, in the build or not: what each of them is asked, and the table of them.
//!
//! Another backend is a variant of [`DeviceName`], a file here, and a line in [`ALL`].

mod cuda;
mod flex;
mod libtorch;
mod wgpu;

use burn::tensor::Device;

use crate::{BackendError, Cudnn, DeviceName, Precision};

/// What is asked of a backend. It is asked for its own devices alone.
pub(crate) trait Backend: Sync {
    /// Whether the device is one of its own, on this machine or another.
    fn owns(&self, name: &DeviceName) -> bool;

    /// Opens a device, without autodiff.
    fn open(&self, name: &DeviceName) -> Result<Device, BackendError>;

    /// Its devices on this machine; none where it is not in the build.
    fn present(&self) -> Vec<DeviceName>;

    /// See [`crate::device_class`].
    fn device_class(&self, name: &DeviceName) -> &'static str;

    /// See [`crate::is_deterministic`].
    fn is_deterministic(&self, name: &DeviceName) -> bool;

    /// See [`crate::depends_on_threads`].
    fn depends_on_threads(&self, _name: &DeviceName) -> bool {
        false
    }

    /// See [`crate::kernels_version`].
    fn kernels_version(&self, _name: &DeviceName) -> Option<u32> {
        None
    }

    /// Why it does not compute in this precision, or only slower than in 32 bits; `None` where it does. Never asked of 32
    /// bits.
    fn lacks(&self, _name: &DeviceName, _precision: Precision) -> Option<&'static str> {
        Some("layers of Burn's own operations compute in 32-bit floats")
    }

    /// Whether the device is the processor itself.
    fn is_processor(&self, _name: &DeviceName) -> bool {
        false
    }

    /// Of an NVIDIA GPU, its number among those that CUDA shows to this process.
    fn cuda_index(&self, _name: &DeviceName) -> Option<usize> {
        None
    }

    /// The GPU behind a device that is open, and its driver, where the backend knows.
    fn hardware(&self, _name: &DeviceName) -> Option<String> {
        None
    }

    /// How many threads its computations use on the processor.
    fn threads(&self) -> usize {
        rayon::current_num_threads()
    }

    /// Makes it compute with so many threads. Those of Rayon are already set.
    fn set_threads(&self, _threads: usize) {}

    /// Makes cuDNN choose so from now on, where the backend has it.
    fn set_cudnn(&self, _mode: Cudnn) {}

    /// Names and versions of the libraries it computes with.
    fn versions(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// The backends, `flex` first: it is always there.
pub(crate) static ALL: [&dyn Backend; 4] =
    [&flex::Flex, &libtorch::Libtorch, &wgpu::Wgpu, &cuda::Cuda];

/// Whose device this is.
pub(crate) fn backend_of(name: &DeviceName) -> &'static dyn Backend {
    let mut owners = ALL.into_iter().filter(|backend| backend.owns(name));
    owners.next().expect("every device is one of a backend's")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_device_is_one_backends() {
        for kind in DeviceName::KINDS {
            for name in [kind, kind.numbered(3)] {
                let owners = ALL.iter().filter(|backend| backend.owns(&name)).count();
                assert_eq!(owners, 1, "{name}");
            }
        }
    }

    #[test]
    fn what_a_backend_says_is_there_is_its_own() {
        for backend in ALL {
            for name in backend.present() {
                assert!(backend.owns(&name), "{name}");
            }
        }
    }
}
