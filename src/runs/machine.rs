//! The metrics that tell of the machine and not of the training: two runs of one trial differ in them.

/// A metric of the machine, logged under split `train`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MachineMetric {
    /// Images of the step over the seconds since the end of the last one.
    ImagesPerSecond,
    /// How long the step waited for its batch.
    DataWait,
    /// Processor time of this process over the time that passed: 100 is one core kept busy.
    CpuUtilization,
    /// Resident memory of this process.
    ResidentMemory,
    /// Memory of the machine that could still be had without swapping.
    SystemMemoryAvailable,
    /// What the machine's processor sockets and their memory have used since the sample before.
    ProcessorEnergy,
    /// Share of the time in which the GPU computed anything, by whichever process.
    GpuUtilization,
    /// GPU memory of this process.
    GpuMemory,
    /// GPU memory of all processes.
    GpuMemoryUsed,
    /// What the GPU draws.
    GpuPower,
    /// What the GPU has used since the sample before.
    GpuEnergy,
}

impl MachineMetric {
    /// All of them. Comparisons of runs, and proofs that two are the same, leave these out.
    pub const ALL: [Self; 11] = [
        Self::ImagesPerSecond,
        Self::DataWait,
        Self::CpuUtilization,
        Self::ResidentMemory,
        Self::SystemMemoryAvailable,
        Self::ProcessorEnergy,
        Self::GpuUtilization,
        Self::GpuMemory,
        Self::GpuMemoryUsed,
        Self::GpuPower,
        Self::GpuEnergy,
    ];

    /// Its name in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ImagesPerSecond => "images_per_second",
            Self::DataWait => "data_wait_seconds",
            Self::CpuUtilization => "cpu_utilization",
            Self::ResidentMemory => "resident_memory_bytes",
            Self::SystemMemoryAvailable => "system_memory_available_bytes",
            Self::ProcessorEnergy => "energy_joules",
            Self::GpuUtilization => "gpu_utilization",
            Self::GpuMemory => "gpu_memory_bytes",
            Self::GpuMemoryUsed => "gpu_memory_used_bytes",
            Self::GpuPower => "gpu_power_watts",
            Self::GpuEnergy => "gpu_energy_joules",
        }
    }

    /// Its unit.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::ImagesPerSecond => "images/s",
            Self::DataWait => "s",
            Self::CpuUtilization | Self::GpuUtilization => "%",
            Self::ResidentMemory
            | Self::SystemMemoryAvailable
            | Self::GpuMemory
            | Self::GpuMemoryUsed => "bytes",
            Self::GpuPower => "W",
            Self::ProcessorEnergy | Self::GpuEnergy => "J",
        }
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        for metric in MachineMetric::ALL {
            assert_eq!(MachineMetric::named(metric.name()), Some(metric));
        }
        assert_eq!(MachineMetric::named("loss"), None);
    }
}
