//! Processor time and memory, of this process and of the machine.

use std::time::{Duration, Instant};

use sysinfo::{MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use super::Reading;
use crate::evaluate::MachineMetric;

/// Processor time is counted in hundredths of a second: over less than this its share would be mostly rounding.
const SHORTEST: Duration = Duration::from_millis(500);

/// Reads what the operating system knows of this process and of the machine's memory.
pub(super) struct ProcessGauge {
    system: System,
    /// None on a platform without process numbers.
    process: Option<Pid>,
    /// When the processor time was read, and how many milliseconds it was.
    last: Option<(Instant, u64)>,
}

impl ProcessGauge {
    pub(super) fn new() -> Self {
        let mut gauge = Self {
            system: System::new(),
            process: sysinfo::get_current_pid().ok(),
            last: None,
        };
        // The first share counts from here.
        gauge.read();
        gauge
    }

    pub(super) fn read(&mut self) -> Vec<Reading> {
        let mut readings = Vec::new();
        if let Some((resident, milliseconds)) = self.process_state() {
            readings.extend(self.utilization(milliseconds, Instant::now()));
            readings.push((MachineMetric::ResidentMemory, resident as f64));
        }
        self.system
            .refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
        let available = self.system.available_memory();
        if available > 0 {
            readings.push((MachineMetric::SystemMemoryAvailable, available as f64));
        }
        readings
    }

    /// Resident bytes, and milliseconds of processor time on all cores together.
    fn process_state(&mut self) -> Option<(u64, u64)> {
        let process = self.process?;
        self.system.refresh_processes_specifics(
            ProcessesToUpdate::Some(&[process]),
            false,
            ProcessRefreshKind::nothing().with_memory().with_cpu(),
        );
        let process = self.system.process(process)?;
        Some((process.memory(), process.accumulated_cpu_time()))
    }

    fn utilization(&mut self, milliseconds: u64, now: Instant) -> Option<Reading> {
        let (then, before) = *self.last.get_or_insert((now, milliseconds));
        let passed = now.duration_since(then);
        if passed < SHORTEST {
            return None;
        }
        self.last = Some((now, milliseconds));
        let busy = milliseconds.saturating_sub(before) as f64 / 1e3;
        Some((
            MachineMetric::CpuUtilization,
            100.0 * busy / passed.as_secs_f64(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_the_time_since_the_last_one() {
        let mut gauge = ProcessGauge::new();
        let (begun, spent) = gauge.last.unwrap();
        let after = |milliseconds| begun + Duration::from_millis(milliseconds);
        assert_eq!(gauge.utilization(spent + 90, after(100)), None);
        let share = |value| Some((MachineMetric::CpuUtilization, value));
        assert_eq!(gauge.utilization(spent + 2000, after(1000)), share(200.0));
        assert_eq!(gauge.utilization(spent + 2010, after(1100)), None);
        assert_eq!(gauge.utilization(spent + 2500, after(2000)), share(50.0));
        // A counter that goes back is no negative share.
        assert_eq!(gauge.utilization(spent, after(3000)), share(0.0));
    }

    #[test]
    fn this_process_has_memory() {
        let readings = ProcessGauge::new().read();
        let resident = readings
            .iter()
            .find(|(metric, _)| *metric == MachineMetric::ResidentMemory);
        assert!(
            resident.is_some_and(|&(_, bytes)| bytes > 1e6),
            "{readings:?}"
        );
    }
}
