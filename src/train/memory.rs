//! How much memory this process holds, on the machine and on its GPU.

use std::process::Command;

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::backend::DeviceName;

/// Reads the memory of this process.
pub(super) struct MemoryGauge {
    system: System,
    process: Option<Pid>,
    device: DeviceName,
}

impl MemoryGauge {
    /// The name of the metric of resident memory.
    pub(super) const RESIDENT: &str = "resident_memory_bytes";

    /// The name of the metric of GPU memory; there is none on other devices.
    pub(super) const GPU: &str = "gpu_memory_bytes";

    /// Of this process, which computes on `device`; on a platform without process numbers it reads nothing.
    pub(super) fn new(device: DeviceName) -> Self {
        Self {
            system: System::new(),
            process: sysinfo::get_current_pid().ok(),
            device,
        }
    }

    /// What can be read, in bytes, by the metric's name.
    pub(super) fn read(&mut self) -> Vec<(&'static str, f64)> {
        let resident = self.resident().map(|bytes| (Self::RESIDENT, bytes));
        let gpu = self.gpu().map(|bytes| (Self::GPU, bytes));
        resident.into_iter().chain(gpu).collect()
    }

    fn resident(&mut self) -> Option<f64> {
        let process = self.process?;
        self.system.refresh_processes_specifics(
            ProcessesToUpdate::Some(&[process]),
            false,
            ProcessRefreshKind::nothing().with_memory(),
        );
        Some(self.system.process(process)?.memory() as f64)
    }

    /// What the driver says of this process: context, weights, and all that libtorch keeps for later.
    fn gpu(&self) -> Option<f64> {
        let DeviceName::LibtorchCuda(_) = self.device else {
            return None;
        };
        let answer = Command::new("nvidia-smi")
            .args([
                "--query-compute-apps=pid,used_gpu_memory",
                "--format=csv,noheader,nounits",
            ])
            .output()
            .ok()
            .filter(|answer| answer.status.success())?;
        used(&String::from_utf8_lossy(&answer.stdout), std::process::id())
    }
}

/// The bytes of a process in the driver's list of `process, mebibytes`; summed where it is on several GPUs.
fn used(list: &str, process: u32) -> Option<f64> {
    let mebibytes: Vec<f64> = list
        .lines()
        .filter_map(|line| line.split_once(','))
        .filter(|(number, _)| number.trim().parse() == Ok(process))
        .filter_map(|(_, used)| used.trim().parse().ok())
        .collect();
    (!mebibytes.is_empty()).then(|| mebibytes.iter().sum::<f64>() * f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drivers_list_is_read() {
        let list = "811, 512\n4242, 1024\n4242, 6\n77, [N/A]\n";
        assert_eq!(used(list, 4242), Some(1030.0 * 1_048_576.0));
        assert_eq!(used(list, 77), None);
        assert_eq!(used(list, 1), None);
        assert_eq!(used("", 1), None);
    }

    #[test]
    fn a_processor_has_resident_memory_alone() {
        let read = MemoryGauge::new(DeviceName::Flex).read();
        assert_eq!(read.len(), 1);
        assert!(read[0].0 == MemoryGauge::RESIDENT && read[0].1 > 1e6);
    }
}
