//! How much memory this process holds.

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Reads the memory of this process.
pub(super) struct MemoryGauge {
    system: System,
    process: Option<Pid>,
}

impl MemoryGauge {
    /// The name of its metric.
    pub(super) const NAME: &str = "resident_memory_bytes";

    /// Of this process; on a platform without process numbers it reads nothing.
    pub(super) fn new() -> Self {
        Self {
            system: System::new(),
            process: sysinfo::get_current_pid().ok(),
        }
    }

    /// Resident memory, in bytes.
    pub(super) fn read(&mut self) -> Option<f64> {
        let process = self.process?;
        self.system.refresh_processes_specifics(
            ProcessesToUpdate::Some(&[process]),
            false,
            ProcessRefreshKind::nothing().with_memory(),
        );
        Some(self.system.process(process)?.memory() as f64)
    }
}
