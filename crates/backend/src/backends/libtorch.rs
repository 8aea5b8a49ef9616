//! libtorch, on the processor or on CUDA: all of it behind the cargo feature `libtorch`, with the same functions either way.

use burn::tensor::Device;

use super::Backend;
use crate::{BackendError, Cudnn, DeviceName, Precision};

#[cfg(feature = "libtorch")]
use self::compiled_in as linked;
#[cfg(not(feature = "libtorch"))]
use self::left_out as linked;

pub(crate) struct Libtorch;

impl Backend for Libtorch {
    fn owns(&self, name: &DeviceName) -> bool {
        matches!(name, DeviceName::Libtorch | DeviceName::LibtorchCuda(_))
    }

    fn open(&self, name: &DeviceName) -> Result<Device, BackendError> {
        linked::open(name)
    }

    fn present(&self) -> Vec<DeviceName> {
        linked::present()
    }

    fn device_class(&self, name: &DeviceName) -> &'static str {
        match self.cuda_index(name) {
            Some(_) => "libtorch:cuda",
            None => "libtorch",
        }
    }

    fn is_deterministic(&self, name: &DeviceName) -> bool {
        // CUDA's convolutions add up in an order that varies.
        self.is_processor(name)
    }

    fn depends_on_threads(&self, _name: &DeviceName) -> bool {
        // It adds up otherwise with one thread than with two, as soon as pictures are large enough to be divided.
        true
    }

    fn kernels_version(&self, _name: &DeviceName) -> Option<u32> {
        Some(1)
    }

    fn lacks(&self, name: &DeviceName, _precision: Precision) -> Option<&'static str> {
        match self.cuda_index(name) {
            // Ampere is the first with tensor cores for it.
            Some(index) => (!linked::gpu_has_bfloat16(index))
                .then_some("this GPU's compute capability is below 8.0"),
            None => (!processor_has_bfloat16()).then_some(
                "this processor has no AVX-512 BF16, so bfloat16 would be emulated and slow",
            ),
        }
    }

    fn is_processor(&self, name: &DeviceName) -> bool {
        matches!(name, DeviceName::Libtorch)
    }

    fn cuda_index(&self, name: &DeviceName) -> Option<usize> {
        match name {
            DeviceName::LibtorchCuda(index) => Some(*index),
            _ => None,
        }
    }

    fn threads(&self) -> usize {
        linked::threads()
    }

    fn set_threads(&self, threads: usize) {
        linked::set_threads(threads);
    }

    fn set_cudnn(&self, mode: Cudnn) {
        linked::set_cudnn(mode);
    }

    fn versions(&self) -> Vec<(&'static str, String)> {
        linked::versions()
    }
}

/// Whatever has AMX for bfloat16 has this as well.
fn processor_has_bfloat16() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx512bf16");
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("bf16");
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    false
}

#[cfg(feature = "libtorch")]
mod compiled_in {
    use burn::tensor::Device;

    use crate::{BackendError, Cudnn, DeviceName};

    #[expect(
        deprecated,
        reason = "Burn 0.22 is pinned as its last release with libtorch, the fastest backend here on a processor"
    )]
    pub(super) fn open(name: &DeviceName) -> Result<Device, BackendError> {
        let device = *name;
        let DeviceName::LibtorchCuda(index) = device else {
            return Ok(Device::libtorch());
        };
        if !linked_with_cuda() {
            return Err(BackendError::LibtorchWithoutCuda { device });
        }
        let found = gpu_count();
        if index >= found {
            return Err(BackendError::NoSuchGpu {
                device,
                library: "libtorch",
                found,
            });
        }
        Ok(Device::libtorch_cuda(index))
    }

    pub(super) fn present() -> Vec<DeviceName> {
        let gpus = (0..gpu_count()).map(DeviceName::LibtorchCuda);
        std::iter::once(DeviceName::Libtorch).chain(gpus).collect()
    }

    /// Whether the libtorch of the build has CUDA in it, though perhaps no GPU answers.
    fn linked_with_cuda() -> bool {
        option_env!("COLORIZE_LIBTORCH_CUDA").is_some()
    }

    fn gpu_count() -> usize {
        if linked_with_cuda() && tch::Cuda::is_available() {
            usize::try_from(tch::Cuda::device_count()).unwrap_or(0)
        } else {
            0
        }
    }

    /// Whether convolutions in bfloat16 run on this GPU's tensor cores.
    pub(super) fn gpu_has_bfloat16(index: usize) -> bool {
        index < gpu_count() && crate::native::gpu_has_bfloat16(index)
    }

    pub(super) fn set_cudnn(mode: Cudnn) {
        if gpu_count() > 0 {
            crate::native::set_cudnn(mode);
        }
    }

    pub(super) fn threads() -> usize {
        usize::try_from(tch::get_num_threads()).unwrap_or(1)
    }

    pub(super) fn set_threads(threads: usize) {
        tch::set_num_threads(i32::try_from(threads).unwrap_or(i32::MAX));
    }

    /// Names and versions of what is linked.
    pub(super) fn versions() -> Vec<(&'static str, String)> {
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

    pub(super) fn open(name: &DeviceName) -> Result<Device, BackendError> {
        Err(BackendError::NotCompiledIn {
            device: *name,
            how: match name {
                DeviceName::LibtorchCuda(_) => {
                    "run `scripts/libtorch.sh --cuda`, then `cargo build --release --features libtorch`"
                }
                _ => "run `scripts/libtorch.sh`, then `cargo build --release --features libtorch`",
            },
        })
    }

    pub(super) fn present() -> Vec<DeviceName> {
        Vec::new()
    }

    pub(super) fn gpu_has_bfloat16(_index: usize) -> bool {
        false
    }

    pub(super) fn set_cudnn(_mode: Cudnn) {}

    pub(super) fn threads() -> usize {
        rayon::current_num_threads()
    }

    pub(super) fn set_threads(_threads: usize) {}

    pub(super) fn versions() -> Vec<(&'static str, String)> {
        Vec::new()
    }
}
