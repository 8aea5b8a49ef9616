//! Where tensors live: the only module that names one of Burn's backends, or libtorch.
//!
//! A [`DeviceName`] is what a user writes; [`open`] turns it into a [`Device`], or says what is missing. [`present`]
//! lists the devices that this build and this machine have, and [`doctor`] tries each of them.

mod doctor;
mod fixed;
mod layer;
mod libtorch;
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

pub use colorize_experiment::{Cudnn, DeviceName, Precision, UnknownDevice};

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
    #[error(
        "device `{device}` is not in this build: run `scripts/libtorch.sh{}`, then `cargo build --release --features libtorch`",
        match .device { DeviceName::LibtorchCuda(_) => " --cuda", _ => "" }
    )]
    NotCompiledIn {
        /// The device asked for.
        device: DeviceName,
    },
    /// The libtorch that is linked is the one without CUDA.
    #[error(
        "device `{device}` needs a libtorch with CUDA: run `scripts/libtorch.sh --cuda`, then `cargo build --release --features libtorch`"
    )]
    LibtorchWithoutCuda {
        /// The device asked for.
        device: DeviceName,
    },
    /// libtorch knows CUDA, but the machine has no such GPU, or its driver does not answer.
    #[error(
        "device `{device}` is not present: libtorch sees {found} CUDA GPU{} here; check with `nvidia-smi` that the driver responds",
        if *.found == 1 { "" } else { "s" }
    )]
    NoSuchGpu {
        /// The device asked for.
        device: DeviceName,
        /// How many there are.
        found: usize,
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
            | Self::Precision { .. }
            | Self::Threads { .. } => Blame::Request,
        }
    }
}

/// Opens the device, without autodiff: call [`Device::autodiff`] on it to train.
pub fn open(name: &DeviceName) -> Result<Device, BackendError> {
    match *name {
        DeviceName::Flex => Ok(Device::flex()),
        DeviceName::Libtorch => libtorch::open(),
        DeviceName::LibtorchCuda(index) => libtorch::open_cuda(index),
    }
}

/// The devices that this build knows and this machine has; `flex` is always the first.
pub fn present() -> Vec<DeviceName> {
    let mut names = vec![DeviceName::Flex];
    if libtorch::COMPILED_IN {
        names.push(DeviceName::Libtorch);
        names.extend((0..libtorch::gpu_count()).map(DeviceName::LibtorchCuda));
    }
    names
}

/// What a run's identity says about its device: the library and the kind of processor, but not which of several GPUs.
/// Results of two devices of a class agree as far as the class is deterministic.
pub fn device_class(name: &DeviceName) -> &'static str {
    match name {
        DeviceName::Flex => "flex",
        DeviceName::Libtorch => "libtorch",
        DeviceName::LibtorchCuda(_) => "libtorch:cuda",
    }
}

/// Counts the changes of the kernels that a device of this kind computes [`layers`] with; `None` where those are Burn's.
/// It is part of the identity of such a device's runs alone, so that better kernels for one leave the others' runs as
/// they are.
pub fn kernels_version(name: &DeviceName) -> Option<u32> {
    match name {
        // 2: Winograd's convolutions.
        DeviceName::Flex => Some(2),
        DeviceName::Libtorch | DeviceName::LibtorchCuda(_) => Some(1),
    }
}

/// As [`kernels_version`], of what changes with instance norm alone: it is part of the identity of such runs.
pub fn instance_norm_version(name: &DeviceName) -> Option<u32> {
    kernels_version(name).map(|_| 1)
}

/// Whether the device, given without autodiff, is the processor itself, so that its memory is that of the process.
pub fn is_processor(device: &Device) -> bool {
    let processors = [Some(Device::flex()), libtorch::open().ok()];
    processors.into_iter().flatten().any(|it| it == *device)
}

/// Whether the same step gives the same bits again, on the same machine with the same number of threads. CUDA's
/// convolutions add up in an order that varies.
pub fn is_deterministic(name: &DeviceName) -> bool {
    match name {
        DeviceName::Flex | DeviceName::Libtorch => true,
        DeviceName::LibtorchCuda(_) => false,
    }
}

/// Whether the last bits of a step depend on the number of threads: libtorch adds up otherwise with one thread than with
/// two, as soon as pictures are large enough to be divided. With flex no such size was found.
pub fn depends_on_threads(name: &DeviceName) -> bool {
    match name {
        DeviceName::Flex => false,
        DeviceName::Libtorch | DeviceName::LibtorchCuda(_) => true,
    }
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
    libtorch::set_cudnn(mode);
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
    libtorch::set_threads(threads);
    Ok(())
}

/// How many threads a device's computations use on the processor.
pub fn threads(name: &DeviceName) -> usize {
    match name {
        DeviceName::Flex => rayon::current_num_threads(),
        DeviceName::Libtorch | DeviceName::LibtorchCuda(_) => libtorch::threads(),
    }
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

    #[cfg(feature = "libtorch")]
    #[test]
    fn a_gpu_that_is_not_there_is_an_error() {
        let error = open(&DeviceName::LibtorchCuda(99)).unwrap_err().to_string();
        assert!(error.starts_with("device `libtorch:cuda:99` "), "{error}");
    }
}
