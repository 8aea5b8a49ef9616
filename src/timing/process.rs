//! What the operating system knows of this process.

use std::fs;

use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};

/// Seconds of the processor that all threads of this process have used. On Linux the threads that there are tell it to the
/// microsecond; elsewhere it is as coarse as the system's clock.
pub(super) fn processor_seconds() -> f64 {
    linux_threads().unwrap_or_else(|| {
        look(ProcessRefreshKind::nothing().with_cpu(), |process| {
            process.accumulated_cpu_time() as f64 / 1e3
        })
    })
}

fn linux_threads() -> Option<f64> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir("/proc/self/task").ok()? {
        // One that has ended meanwhile is of no interest: those that compute stay.
        let Ok(line) = fs::read_to_string(thread.ok()?.path().join("schedstat")) else {
            continue;
        };
        nanoseconds += line.split(' ').next()?.parse::<u64>().ok()?;
    }
    Some(nanoseconds as f64 / 1e9)
}

/// The most memory that this process has been resident in, in bytes; where the system does not remember, what it is now.
pub(super) fn peak_memory() -> u64 {
    fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix("VmHWM:"))?;
            Some(1024 * line.split_whitespace().next()?.parse::<u64>().ok()?)
        })
        .unwrap_or_else(|| {
            look(ProcessRefreshKind::nothing().with_memory(), |process| {
                process.memory()
            })
        })
}

/// Bytes of memory that could still be had without swapping.
pub(super) fn available_memory() -> u64 {
    let mut system = System::new();
    system.refresh_memory();
    system.available_memory()
}

fn look<T: Default>(kind: ProcessRefreshKind, read: impl Fn(&sysinfo::Process) -> T) -> T {
    let Ok(own) = sysinfo::get_current_pid() else {
        return T::default();
    };
    let mut system = System::new();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), false, kind);
    system.process(own).map_or_else(T::default, read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_costs_processor_time_and_memory() {
        let before = processor_seconds();
        let mut bytes = vec![1u8; 8 << 20];
        for _ in 0..20 {
            for byte in &mut bytes {
                *byte = byte.wrapping_mul(31).wrapping_add(7);
            }
        }
        assert!(std::hint::black_box(bytes).len() > 1);
        assert!(processor_seconds() > before);
        assert!(peak_memory() > 8 << 20);
        assert!(available_memory() > 0);
    }
}
