//! Where tensors live: the only module that names one of Burn's backends, or libtorch.
//!
//! A [`DeviceName`] is what a user writes; [`open`] turns it into a [`Device`], or says what is missing. [`present`]
//! lists the devices that this build and this machine have, and [`doctor`] tries each of them. What differs between
//! backends is in `backends`, a file for each.

mod backends;
mod doctor;
mod fixed;
mod layer;
mod memory;
#[cfg(feature = "libtorch")]
#[expect(
    deprecated,
    reason = "Burn 0.22 is pinned as its last release with libtorch, the fastest backend here on a processor"
)]
mod native;
mod operation;
mod precision;
mod pure;

use burn::tensor::{Device, Tensor};
use colorize_base::{Blame, Blamed};

use self::backends::backend_of;

pub use colorize_experiment::{Cudnn, DeviceName, Devices, Precision, UnknownDevice};

pub use self::doctor::{Answer, DeviceReport, Report, doctor, libraries};
pub use self::fixed::{FixedLayer, FixedShape, Then};
pub use self::layer::{Layer, Norm, Normalized, layers};
pub use self::memory::release as release_memory;
pub use self::precision::computes;

/// Why a device is not available.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// No device has this name.
    #[error(transparent)]
    UnknownDevice(#[from] UnknownDevice),
    /// The program was built without this backend.
    #[error("device `{device}` is not in this build: {how}")]
    NotCompiledIn {
        /// The device asked for.
        device: DeviceName,
        /// How to get it.
        how: &'static str,
    },
    /// The libtorch that is linked is the one without CUDA.
    #[error(
        "device `{device}` needs a libtorch with CUDA: run `scripts/libtorch.sh --cuda`, then `cargo build --release --features libtorch`"
    )]
    LibtorchWithoutCuda {
        /// The device asked for.
        device: DeviceName,
    },
    /// The backend knows CUDA, but the machine has no such GPU, or its driver does not answer.
    #[error(
        "device `{device}` is not present: {library} sees {found} CUDA GPU{} here; check with `nvidia-smi` that the driver responds",
        if *.found == 1 { "" } else { "s" }
    )]
    NoSuchGpu {
        /// The device asked for.
        device: DeviceName,
        /// Who sees them.
        library: &'static str,
        /// How many there are.
        found: usize,
    },
    /// No Vulkan, Metal or DirectX 12 driver shows such a GPU.
    #[error(
        "device `{device}` is not present: {} reachable through Vulkan, Metal or DirectX 12 here; on Linux, check with \
         `vulkaninfo --summary` that the GPU's Vulkan driver is installed",
        match .found { 0 => "no GPU is".to_owned(), 1 => "1 GPU is".to_owned(), found => format!("{found} GPUs are") }
    )]
    NoSuchAdapter {
        /// The device asked for.
        device: DeviceName,
        /// How many there are.
        found: usize,
    },
    /// The GPU is there, and its driver does not open it.
    #[error("device `{device}` cannot be opened: {reason}")]
    Adapter {
        /// The device asked for.
        device: DeviceName,
        /// What the driver, or Burn, says.
        reason: String,
    },
    /// The device does not compute in this precision, or only slower than in 32 bits.
    #[error(
        "device `{device}` does not support `{precision}`: {missing}; use `train.precision = \"f32\"`, or a device that supports it: \
         `libtorch` on a processor with AVX-512 BF16, or a CUDA GPU of compute capability 8.0"
    )]
    Precision {
        /// The device asked for.
        device: DeviceName,
        /// The precision asked for.
        precision: Precision,
        /// What the device lacks.
        missing: &'static str,
    },
    /// The number of threads can no longer be changed.
    #[error("cannot set the number of threads to {threads}: {reason}")]
    Threads {
        /// The number asked for.
        threads: usize,
        /// Why.
        reason: String,
    },
}

impl Blamed for BackendError {
    fn blame(&self) -> Blame {
        match self {
            Self::UnknownDevice(_)
            | Self::NotCompiledIn { .. }
            | Self::LibtorchWithoutCuda { .. }
            | Self::NoSuchGpu { .. }
            | Self::NoSuchAdapter { .. }
            | Self::Adapter { .. }
            | Self::Precision { .. }
            | Self::Threads { .. } => Blame::Request,
        }
    }
}

/// Opens the device, without autodiff: call [`Device::autodiff`] on it to train.
pub fn open(name: &DeviceName) -> Result<Device, BackendError> {
    backend_of(name).open(name)
}

/// The devices that this build knows and this machine has; `flex` is always the first.
pub fn present() -> Vec<DeviceName> {
    let backends = backends::ALL.into_iter();
    backends.flat_map(|backend| backend.present()).collect()
}

/// The devices that are meant, as far as this build knows them and this machine has them.
///
/// # Errors
///
/// Where there is none, what is missing, as [`open`] says it.
pub fn devices(meant: Devices) -> Result<Vec<DeviceName>, BackendError> {
    let first = meant.first();
    let Devices::Every(kind) = meant else {
        open(&first)?;
        return Ok(vec![first]);
    };
    let is_meant = |name: &DeviceName| name.numbered(0) == kind;
    let found: Vec<DeviceName> = present().into_iter().filter(is_meant).collect();
    if found.is_empty() {
        open(&first)?;
    }
    Ok(found)
}

/// What a run's identity says about its device: the library and the kind of processor, but not which of several GPUs.
/// Results of two devices of a class agree as far as the class is deterministic.
pub fn device_class(name: &DeviceName) -> &'static str {
    backend_of(name).device_class(name)
}

/// Counts the changes of the kernels that a device of this kind computes [`layers`] with; `None` where those are Burn's.
/// It is part of the identity of such a device's runs alone, so that better kernels for one leave the others' runs as
/// they are.
pub fn kernels_version(name: &DeviceName) -> Option<u32> {
    backend_of(name).kernels_version(name)
}

/// As [`kernels_version`], of what changes with instance norm alone: it is part of the identity of such runs.
pub fn instance_norm_version(name: &DeviceName) -> Option<u32> {
    kernels_version(name).map(|_| 1)
}

/// Whether a device of this name is the processor itself, so that its memory is that of the process.
pub fn is_on_processor(name: &DeviceName) -> bool {
    backend_of(name).is_processor(name)
}

/// The same of a device that is open, given without autodiff.
pub fn is_processor(device: &Device) -> bool {
    let processors = DeviceName::KINDS.into_iter().filter(is_on_processor);
    let opened = processors.filter_map(|name| open(&name).ok());
    opened.into_iter().any(|it| it == *device)
}

/// Of an NVIDIA GPU that is reached through CUDA, its number among those that CUDA shows to this process.
pub fn cuda_index(name: &DeviceName) -> Option<usize> {
    backend_of(name).cuda_index(name)
}

/// Whether the same step gives the same bits again, on the same machine with the same number of threads. GPUs add up in an
/// order that varies.
pub fn is_deterministic(name: &DeviceName) -> bool {
    backend_of(name).is_deterministic(name)
}

/// Whether the last bits of a step depend on the number of threads.
pub fn depends_on_threads(name: &DeviceName) -> bool {
    backend_of(name).depends_on_threads(name)
}

/// Pictures of `side` by `side` pixels, 8-bit RGB one after the other, as `[batch, 3, side, side]` on [0, 1]: uploaded as
/// bytes and without waiting, where the device is a GPU. `None` elsewhere, where the caller makes the floats itself.
pub fn pictures(bytes: &[u8], [batch, side]: [usize; 2], device: &Device) -> Option<Tensor<4>> {
    #[cfg(feature = "libtorch")]
    return native::pictures(bytes, [batch, side], device);
    #[cfg(not(feature = "libtorch"))]
    {
        let _ = (bytes, batch, side, device);
        None
    }
}

/// Rows of `columns` numbers as `[rows, columns]`, uploaded without waiting, where the device is a GPU; see [`pictures`].
pub fn rows(values: &[f32], [rows, columns]: [usize; 2], device: &Device) -> Option<Tensor<2>> {
    #[cfg(feature = "libtorch")]
    return native::rows(values, [rows, columns], device);
    #[cfg(not(feature = "libtorch"))]
    {
        let _ = (values, rows, columns, device);
        None
    }
}

/// Sets how cuDNN chooses from now on, on every GPU. Without a GPU it does nothing.
pub fn set_cudnn(mode: Cudnn) {
    for backend in backends::ALL {
        backend.set_cudnn(mode);
    }
}

/// Sets how many threads every backend computes with, and Rayon elsewhere in the program. Call it before any work is
/// done: Rayon's threads are started once.
pub fn set_threads(threads: usize) -> Result<(), BackendError> {
    let refused = |reason: String| BackendError::Threads { threads, reason };
    if threads == 0 {
        return Err(refused("at least one is needed".into()));
    }
    // To ask Rayon for the number first would start its threads, as many as there are processors.
    let started = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global();
    if let Err(error) = started
        && rayon::current_num_threads() != threads
    {
        return Err(refused(error.to_string().to_lowercase()));
    }
    for backend in backends::ALL {
        backend.set_threads(threads);
    }
    Ok(())
}

/// How many threads a device's computations use on the processor.
pub fn threads(name: &DeviceName) -> usize {
    backend_of(name).threads()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_present_device_opens() {
        for name in present() {
            open(&name).unwrap();
            assert!(threads(&name) >= 1);
        }
        assert_eq!(present()[0], DeviceName::Flex);
    }

    #[test]
    fn no_threads_at_all_is_refused() {
        assert_eq!(
            set_threads(0).unwrap_err().to_string(),
            "cannot set the number of threads to 0: at least one is needed"
        );
    }

    #[cfg(not(feature = "libtorch"))]
    #[test]
    fn a_device_that_was_left_out_says_how_to_get_it() {
        assert_eq!(
            open(&DeviceName::Libtorch).unwrap_err().to_string(),
            "device `libtorch` is not in this build: run `scripts/libtorch.sh`, then `cargo build --release --features libtorch`"
        );
        assert_eq!(
            open(&DeviceName::LibtorchCuda(0)).unwrap_err().to_string(),
            "device `libtorch:cuda:0` is not in this build: run `scripts/libtorch.sh --cuda`, then `cargo build --release --features libtorch`"
        );
    }

    #[cfg(not(feature = "wgpu"))]
    #[test]
    fn a_build_without_wgpu_says_how_to_get_it() {
        assert_eq!(
            open(&DeviceName::Wgpu(0)).unwrap_err().to_string(),
            "device `wgpu:0` is not in this build: run `cargo build --release --features wgpu`"
        );
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_build_without_cuda_says_how_to_get_it() {
        assert_eq!(
            open(&DeviceName::Cuda(1)).unwrap_err().to_string(),
            "device `cuda:1` is not in this build: run `cargo build --release --features cuda`"
        );
    }

    #[test]
    fn a_gpu_that_is_not_there_is_an_error() {
        for kind in DeviceName::KINDS {
            let name = kind.numbered(99);
            if name != kind {
                let error = open(&name).unwrap_err().to_string();
                assert!(error.starts_with(&format!("device `{name}` ")), "{error}");
            }
        }
    }

    #[test]
    fn what_is_missing_says_how_many_there_are() {
        let device = DeviceName::Wgpu(2);
        let told = |found| BackendError::NoSuchAdapter { device, found }.to_string();
        assert!(told(0).starts_with(
            "device `wgpu:2` is not present: no GPU is reachable through Vulkan, Metal or DirectX 12 here; "
        ));
        assert!(told(1).contains(": 1 GPU is reachable "));
        assert!(told(2).contains(": 2 GPUs are reachable "));
    }

    #[test]
    fn every_device_of_a_kind_is_what_is_present_of_it() {
        assert_eq!(
            devices(Devices::One(DeviceName::Flex)),
            Ok(vec![DeviceName::Flex])
        );
        for kind in [
            DeviceName::LibtorchCuda(0),
            DeviceName::Wgpu(0),
            DeviceName::Cuda(0),
        ] {
            match devices(Devices::Every(kind)) {
                Ok(found) => assert_eq!(
                    found,
                    (0..found.len())
                        .map(|it| kind.numbered(it))
                        .collect::<Vec<_>>()
                ),
                Err(error) => assert_eq!(Err(error), open(&kind).map(|_| ())),
            }
        }
    }
}
