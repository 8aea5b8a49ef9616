//! Which process this is, and whether another one still lives.

use serde::{Deserialize, Serialize};

/// A process, so described that no later one can be taken for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Process {
    /// The machine's name in the network.
    pub(super) host: String,
    /// What the machine's system calls the time since it was last started; absent where it says nothing of the kind.
    boot: Option<String>,
    /// The space in which the process number counts: a container has its own.
    space: Option<String>,
    /// The process number.
    pub(super) number: u32,
    /// When the process began, in the system's own count since it was started: a number may be given twice, but not with the
    /// same beginning. No clock that can be set has a part in it on Linux.
    began: Option<u64>,
}

/// The most memory that this process has been resident in so far, in bytes; `None` where the system does not keep count.
/// Linux alone does.
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(1024 * line.split_whitespace().next()?.parse::<u64>().ok()?)
}

/// The most memory that this process may ever occupy, in bytes: that of the machine, less where a container or `ulimit -v` says
/// so.
pub fn memory_limit() -> u64 {
    use sysinfo::{MemoryRefreshKind, RefreshKind, System};
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(memory);
    let container = system.cgroup_limits().map(|limits| limits.total_memory);
    let address_space = std::fs::read_to_string("/proc/self/limits").ok();
    let address_space = address_space.and_then(|limits| address_space_limit(&limits));
    [container, address_space]
        .into_iter()
        .flatten()
        .fold(system.total_memory(), u64::min)
}

/// The soft limit of the address space in what Linux says of a process's limits; `None` where there is none.
fn address_space_limit(limits: &str) -> Option<u64> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// What can be said of a process without asking it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// It is alive on this machine.
    Lives,
    /// It was on this machine, and no longer exists.
    Gone,
    /// It is on another machine, in another container, or on this one before it was started again.
    Elsewhere,
}

impl Process {
    /// This process.
    pub(super) fn this() -> Self {
        let number = std::process::id();
        Self {
            host: sysinfo::System::host_name().unwrap_or_default(),
            boot: boot(),
            space: space(),
            number,
            began: began(number),
        }
    }

    /// Whether it lives, as far as this machine can tell.
    pub(super) fn life(&self) -> Life {
        self.life_seen_from(&Self::this())
    }

    fn life_seen_from(&self, this: &Self) -> Life {
        let is_here = match (&self.boot, &this.boot) {
            (Some(boot), Some(here)) => boot == here,
            // Names of machines are not always told apart, but there is nothing better.
            (None, None) => self.host == this.host,
            _ => false,
        };
        if !is_here || self.space != this.space {
            return Life::Elsewhere;
        }
        match began(self.number) {
            Some(began) if self.began == Some(began) => Life::Lives,
            _ => Life::Gone,
        }
    }
}

#[cfg(target_os = "linux")]
fn boot() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned())
}

#[cfg(target_os = "linux")]
fn space() -> Option<String> {
    let link = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(link.to_string_lossy().into_owned())
}

/// When a process began; `None` when there is none of this number, or one that has died and was not yet buried.
#[cfg(target_os = "linux")]
fn began(number: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    // The second field is the program's name in brackets, which may hold brackets and blanks itself.
    let (_, fields) = text.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    // The state is the third field of `proc(5)`, the beginning the twenty-second.
    fields.nth(18)?.parse().ok()
}

#[cfg(not(target_os = "linux"))]
fn boot() -> Option<String> {
    None
}

#[cfg(not(target_os = "linux"))]
fn space() -> Option<String> {
    None
}

#[cfg(not(target_os = "linux"))]
fn began(number: u32) -> Option<u64> {
    use sysinfo::{Pid, ProcessesToUpdate, System};
    let number = Pid::from_u32(number);
    let mut system = System::new();
    system.refresh_processes(ProcessesToUpdate::Some(&[number]), true);
    system.process(number).map(sysinfo::Process::start_time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_its_number_and_its_beginning() {
        let this = Process::this();
        assert!(this.began.is_some());
        assert_eq!(this.life(), Life::Lives);
        let earlier = Process {
            began: this.began.map(|began| began - 1),
            ..this.clone()
        };
        assert_eq!(earlier.life(), Life::Gone, "the number was given again");

        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .arg("--list")
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let there = Process {
            number: child.id(),
            began: began(child.id()),
            ..this.clone()
        };
        child.wait().unwrap();
        assert_eq!(there.life(), Life::Gone);
    }

    #[test]
    fn memory_is_bounded_by_the_machine_and_by_what_it_grants() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
            Max stack size            8388608              unlimited            bytes     \n";
        let unlimited = format!(
            "{limits}Max address space         unlimited            unlimited            bytes     \n"
        );
        let limited = format!(
            "{limits}Max address space         6144000000           unlimited            bytes     \n"
        );
        assert_eq!(address_space_limit(&unlimited), None);
        assert_eq!(address_space_limit(&limited), Some(6_144_000_000));
        assert!(memory_limit() > 1 << 26);
    }

    #[test]
    fn another_machine_and_another_container_are_elsewhere() {
        let this = Process::this();
        let other = Process {
            host: "elsewhere".to_owned(),
            boot: Some("another".to_owned()),
            ..this.clone()
        };
        assert_eq!(other.life(), Life::Elsewhere);
        let contained = Process {
            space: Some("pid:[1]".to_owned()),
            ..this.clone()
        };
        assert_eq!(contained.life(), Life::Elsewhere);
        let nameless = Process {
            boot: None,
            ..this.clone()
        };
        let there = Process {
            host: "elsewhere".to_owned(),
            ..nameless.clone()
        };
        assert_eq!(there.life_seen_from(&nameless), Life::Elsewhere);
        assert_eq!(nameless.life_seen_from(&nameless), Life::Lives);
    }
}
