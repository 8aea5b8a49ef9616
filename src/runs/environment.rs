//! Where a run happened: code, machine, process.

use std::process::Command;

use serde::{Deserialize, Serialize};

/// The code and the machine of a run, as `run.json` keeps them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// This program's version.
    pub colorize: String,
    /// The checkout that the program was started in, where it is one.
    pub git: Option<Git>,
    /// The machine.
    pub machine: Machine,
    /// The command line.
    pub arguments: Vec<String>,
}

/// The state of a git checkout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Git {
    /// The commit, 40 hexadecimal digits.
    pub commit: String,
    /// Whether tracked files differ from it.
    pub dirty: bool,
    /// BLAKE3 of the difference, when there is one.
    pub diff_hash: Option<String>,
}

/// A machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Its name in the network.
    pub host: String,
    /// Operating system and version.
    pub system: String,
    /// The processor's own name.
    pub processor: String,
    /// Logical processors that this process may use.
    pub threads: usize,
    /// Physical memory, in bytes.
    pub memory_bytes: u64,
}

impl Environment {
    /// Looks at the machine and, with the `git` program, at the checkout of the current folder.
    pub fn observe() -> Self {
        Self {
            colorize: env!("CARGO_PKG_VERSION").to_owned(),
            git: Git::observe(),
            machine: Machine::observe(),
            arguments: std::env::args().collect(),
        }
    }
}

impl Git {
    /// `None` outside a checkout and where there is no `git` program.
    fn observe() -> Option<Self> {
        let git = |arguments: &[&str]| {
            let output = Command::new("git").args(arguments).output().ok()?;
            output.status.success().then_some(output.stdout)
        };
        let commit = String::from_utf8(git(&["rev-parse", "HEAD"])?).ok()?;
        let diff = git(&["diff", "--no-ext-diff", "HEAD"])?;
        let dirty = !diff.is_empty();
        Some(Self {
            commit: commit.trim().to_owned(),
            dirty,
            diff_hash: dirty.then(|| blake3::hash(&diff).to_hex().to_string()),
        })
    }
}

impl Machine {
    /// Looks at this machine.
    pub fn observe() -> Self {
        use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};
        let system = System::new_with_specifics(
            RefreshKind::nothing()
                .with_cpu(CpuRefreshKind::nothing())
                .with_memory(MemoryRefreshKind::nothing().with_ram()),
        );
        Self {
            host: System::host_name().unwrap_or_default(),
            system: System::long_os_version().unwrap_or_default(),
            processor: system
                .cpus()
                .first()
                .map(|cpu| cpu.brand().trim().to_owned())
                .unwrap_or_default(),
            threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            memory_bytes: system.total_memory(),
        }
    }
}
