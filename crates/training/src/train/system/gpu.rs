//! The GPU's own counters, through the management library that comes with NVIDIA's driver. It is looked for when the
//! program runs: a machine without it has no rows.

use std::ffi::OsStr;

use nvml_wrapper::enums::device::UsedGpuMemory;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::{Device, Nvml};

use super::Reading;
use crate::evaluate::MachineMetric;

/// The driver's library.
const LIBRARY: &str = "libnvidia-ml.so.1";

/// The variable by which a user, or a scheduler, says which GPUs a process may see, and in which order.
const VISIBLE: &str = "CUDA_VISIBLE_DEVICES";

/// One GPU.
pub(super) struct Gpu {
    nvml: Nvml,
    which: Which,
    /// The energy counter when it was last read, in millijoules.
    energy: Option<u64>,
}

/// How the driver is asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Which {
    Index(u32),
    Uuid(String),
}

impl Gpu {
    /// The GPU that CUDA shows to this process under this number.
    ///
    /// # Errors
    ///
    /// In words, why there are no counters: no driver, or no such GPU.
    pub(super) fn open(index: usize) -> Result<Self, String> {
        let visible = std::env::var(VISIBLE).ok();
        Self::open_with(LIBRARY, Which::of(index, visible.as_deref()))
    }

    fn open_with(library: &str, which: Which) -> Result<Self, String> {
        let nvml = Nvml::builder()
            .lib_path(OsStr::new(library))
            .init()
            .map_err(|error| error.to_string())?;
        let mut gpu = Self {
            nvml,
            which,
            energy: None,
        };
        gpu.energy = gpu
            .device()
            .map_err(|error| error.to_string())?
            .total_energy_consumption()
            .ok();
        Ok(gpu)
    }

    fn device(&self) -> Result<Device<'_>, NvmlError> {
        match &self.which {
            Which::Index(index) => self.nvml.device_by_index(*index),
            Which::Uuid(uuid) => self.nvml.device_by_uuid(uuid.as_str()),
        }
    }

    /// Bytes of its memory, in use or not.
    pub(super) fn whole_memory(&self) -> Option<u64> {
        Some(self.device().ok()?.memory_info().ok()?.total)
    }

    /// What it has counters of.
    pub(super) fn read(&mut self) -> Vec<Reading> {
        let Ok(device) = self.device() else {
            return Vec::new();
        };
        let energy = device.total_energy_consumption().ok();
        let used = energy
            .zip(self.energy)
            .and_then(|(now, before)| now.checked_sub(before));
        let utilization = device.utilization_rates().ok();
        let readings = [
            (
                MachineMetric::GpuUtilization,
                utilization.map(|rates| f64::from(rates.gpu)),
            ),
            (MachineMetric::GpuMemory, own_memory(&device)),
            (
                MachineMetric::GpuMemoryUsed,
                device.memory_info().ok().map(|memory| memory.used as f64),
            ),
            (
                MachineMetric::GpuPower,
                device
                    .power_usage()
                    .ok()
                    .map(|milli| f64::from(milli) / 1e3),
            ),
            (
                MachineMetric::GpuEnergy,
                used.map(|millijoules| millijoules as f64 / 1e3),
            ),
        ];
        self.energy = energy.or(self.energy);
        readings
            .into_iter()
            .filter_map(|(metric, value)| Some((metric, value?)))
            .collect()
    }
}

/// The bytes of this process; `None` where the driver does not know it, as in a container with process numbers of its
/// own.
fn own_memory(device: &Device<'_>) -> Option<f64> {
    let own = std::process::id();
    let processes = device.running_compute_processes().ok()?;
    let bytes: Vec<u64> = processes
        .into_iter()
        .filter(|process| process.pid == own)
        .filter_map(|process| match process.used_gpu_memory {
            UsedGpuMemory::Used(bytes) => Some(bytes),
            UsedGpuMemory::Unavailable => None,
        })
        .collect();
    (!bytes.is_empty()).then(|| bytes.iter().sum::<u64>() as f64)
}

impl Which {
    /// The `index`th of the GPUs in `visible`, which holds numbers or the beginnings of UUIDs.
    fn of(index: usize, visible: Option<&str>) -> Self {
        let named = visible
            .filter(|list| !list.trim().is_empty())
            .and_then(|list| list.split(',').nth(index))
            .map(str::trim);
        match named {
            Some(name) => name
                .parse()
                .map_or_else(|_| Self::Uuid(name.to_owned()), Self::Index),
            None => Self::Index(u32::try_from(index).unwrap_or(u32::MAX)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gpus_that_a_process_sees_have_numbers_of_their_own() {
        assert_eq!(Which::of(1, None), Which::Index(1));
        assert_eq!(Which::of(1, Some("")), Which::Index(1));
        assert_eq!(Which::of(0, Some("3, 5")), Which::Index(3));
        assert_eq!(Which::of(1, Some("3, 5")), Which::Index(5));
        let uuid = "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6";
        assert_eq!(Which::of(0, Some(uuid)), Which::Uuid(uuid.to_owned()));
    }

    #[test]
    fn a_machine_without_the_library_says_so() {
        let absent = Gpu::open_with("libnvidia-ml-that-is-not-there.so", Which::Index(0));
        let reason = absent.err().unwrap();
        assert!(
            reason.contains("libloading") || reason.contains("library"),
            "{reason}"
        );
    }
}
