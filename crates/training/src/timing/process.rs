//! What the operating system knows of this process.

use std::fs;

use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};

/// Seconds of the processor that all threads of this process have used. On Linux the threads that there are tell it to the
/// microsecond; elsewhere it is as coarse as the system's clock.
pub(super) fn processor_seconds() -> f64 {
    linux_threads().unwrap_or_else(clock)
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

/// Bytes of memory that can still be allocated without swapping.
pub(super) fn available_memory() -> u64 {
    let mut system = System::new();
    system.refresh_memory();
    system.available_memory()
}

fn clock() -> f64 {
    let Ok(own) = sysinfo::get_current_pid() else {
        return 0.0;
    };
    let mut system = System::new();
    let kind = ProcessRefreshKind::nothing().with_cpu();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), false, kind);
    system
        .process(own)
        .map_or(0.0, |process| process.accumulated_cpu_time() as f64 / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_costs_processor_time() {
        let before = processor_seconds();
        let mut bytes = vec![1u8; 8 << 20];
        for _ in 0..20 {
            for byte in &mut bytes {
                *byte = byte.wrapping_mul(31).wrapping_add(7);
            }
        }
        assert!(std::hint::black_box(bytes).len() > 1);
        assert!(processor_seconds() > before);
        assert!(available_memory() > 0);
    }
}
