//! libtorch through `tch`: all of it behind the cargo feature `libtorch`, with the same functions either way.

#[cfg(feature = "libtorch")]
pub(super) use compiled_in::*;
#[cfg(not(feature = "libtorch"))]
pub(super) use left_out::*;

#[cfg(feature = "libtorch")]
mod compiled_in {
    use burn::tensor::Device;

    use crate::{BackendError, Cudnn, DeviceName};

    pub(crate) const COMPILED_IN: bool = true;

    #[expect(
        deprecated,
        reason = "Burn 0.22 is pinned as its last release with libtorch, the fastest backend here on a processor"
    )]
    #[expect(
        clippy::unnecessary_wraps,
        reason = "the signature is that of a build without libtorch"
    )]
    pub(crate) fn open() -> Result<Device, BackendError> {
        Ok(Device::libtorch())
    }

    #[expect(deprecated, reason = "as above")]
    pub(crate) fn open_cuda(index: usize) -> Result<Device, BackendError> {
        let device = DeviceName::LibtorchCuda(index);
        if !linked_with_cuda() {
            return Err(BackendError::LibtorchWithoutCuda { device });
        }
        let found = gpu_count();
        if index >= found {
            return Err(BackendError::NoSuchGpu { device, found });
        }
        Ok(Device::libtorch_cuda(index))
    }

    /// Whether the libtorch of the build has CUDA in it, though perhaps no GPU answers.
    fn linked_with_cuda() -> bool {
        option_env!("COLORIZE_LIBTORCH_CUDA").is_some()
    }

    pub(crate) fn gpu_count() -> usize {
        if linked_with_cuda() && tch::Cuda::is_available() {
            usize::try_from(tch::Cuda::device_count()).unwrap_or(0)
        } else {
            0
        }
    }

    pub(crate) fn set_threads(threads: usize) {
        tch::set_num_threads(i32::try_from(threads).unwrap_or(i32::MAX));
    }

    /// Whether convolutions in bfloat16 run on this GPU's tensor cores.
    pub(crate) fn gpu_has_bfloat16(index: usize) -> bool {
        index < gpu_count() && crate::native::gpu_has_bfloat16(index)
    }

    pub(crate) fn set_cudnn(mode: Cudnn) {
        if gpu_count() > 0 {
            crate::native::set_cudnn(mode);
        }
    }

    pub(crate) fn threads() -> usize {
        usize::try_from(tch::get_num_threads()).unwrap_or(1)
    }

    /// Names and versions of what is linked.
    pub(crate) fn versions() -> Vec<(&'static str, String)> {
        let mut versions = vec![(
            "libtorch",
            option_env!("COLORIZE_LIBTORCH_VERSION")
                .unwrap_or("of unknown version")
                .to_owned(),
        )];
        if let Some(folder) = option_env!("COLORIZE_LIBTORCH") {
            versions.push(("libtorch in", folder.to_owned()));
        }
        if gpu_count() > 0 {
            versions.push(("CUDA runtime", tch::utils::version_cudart().to_string()));
            versions.push(("cuDNN", tch::utils::version_cudnn().to_string()));
        }
        versions
    }
}

#[cfg(not(feature = "libtorch"))]
mod left_out {
    use burn::tensor::Device;

    use crate::{BackendError, Cudnn, DeviceName};

    pub(crate) const COMPILED_IN: bool = false;

    pub(crate) fn open() -> Result<Device, BackendError> {
        Err(BackendError::NotCompiledIn {
            device: DeviceName::Libtorch,
        })
    }

    pub(crate) fn open_cuda(index: usize) -> Result<Device, BackendError> {
        Err(BackendError::NotCompiledIn {
            device: DeviceName::LibtorchCuda(index),
        })
    }

    pub(crate) fn gpu_count() -> usize {
        0
    }

    pub(crate) fn gpu_has_bfloat16(_index: usize) -> bool {
        false
    }

    pub(crate) fn set_cudnn(_mode: Cudnn) {}

    pub(crate) fn set_threads(_threads: usize) {}

    pub(crate) fn threads() -> usize {
        rayon::current_num_threads()
    }

    pub(crate) fn versions() -> Vec<(&'static str, String)> {
        Vec::new()
    }
}
