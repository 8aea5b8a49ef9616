//! Where a run happened: code, build, machine, process.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::git::{Checkout, Git};
use super::{RunError, RunFolder, atomic};

/// What the build's crates were resolved to.
const LOCK: &str = include_str!("../../../../Cargo.lock");

/// The code and the machine of a run, as `run.json` keeps them. Of what an older program did not look at, it says nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// This program's version.
    pub colorize: String,
    /// How it was built.
    #[serde(default)]
    pub build: Option<Build>,
    /// The checkout that the program was started in, where it is one.
    pub git: Option<Git>,
    /// What git said where there is a checkout that it refused to look at, so that nobody knows which code this was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_refused: Option<String>,
    /// The machine.
    pub machine: Machine,
    /// The command line.
    pub arguments: Vec<String>,
}

/// How the program was built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// What the compiler calls itself.
    pub rustc: String,
    /// What it was built for, such as `x86_64-linux`.
    pub target: String,
    /// BLAKE3 of the list of crates, which `environment/<first ten digits>.crates.toml` keeps.
    pub crates: String,
    /// BLAKE3 of the program's file; absent where it cannot be read.
    pub program: Option<String>,
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
    /// Vector instructions of the processor that matter for speed, and for the last bits of a number.
    #[serde(default)]
    pub instructions: Vec<String>,
    /// Logical processors that this process may use.
    pub threads: usize,
    /// Physical memory, in bytes.
    pub memory_bytes: u64,
    /// Every GPU that NVIDIA's driver names; none where it does not answer.
    #[serde(default)]
    pub gpus: Vec<Gpu>,
    /// NVIDIA's driver, in its own words; absent where there is none.
    #[serde(default)]
    pub gpu_driver: Option<String>,
}

/// A GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gpu {
    /// Its model.
    pub name: String,
    /// Its memory, in bytes.
    pub memory_bytes: u64,
}

/// An environment, and the texts that stand behind the hashes in it.
#[derive(Debug)]
pub struct Observed {
    /// The environment.
    pub environment: Environment,
    difference: Option<Vec<u8>>,
    crates: String,
}

/// The environment variable in which a program that starts another one, which is this program again, hands on its own command
/// line, as a JSON array.
pub const COMMAND_VARIABLE: &str = "COLORIZE_COMMAND";

impl Environment {
    /// Inspects the machine and, with the `git` program, the checkout of the current folder.
    pub fn observe() -> Observed {
        let (checkout, git_refused) = match Checkout::observe(Path::new(".")) {
            Ok(checkout) => (checkout, None),
            Err(said) => (None, Some(said)),
        };
        let (git, difference) = checkout.map_or((None, None), |checkout| {
            (Some(checkout.git), checkout.difference)
        });
        let crates = crates();
        Observed {
            environment: Self {
                colorize: env!("CARGO_PKG_VERSION").to_owned(),
                build: Some(Build {
                    rustc: env!("COLORIZE_RUSTC").to_owned(),
                    target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
                    crates: blake3::hash(crates.as_bytes()).to_hex().to_string(),
                    program: program(),
                }),
                git,
                git_refused,
                machine: Machine::observe(),
                arguments: Self::arguments(),
            },
            difference,
            crates,
        }
    }

    /// The command line, or that of the program that started this one for a part of its work, as [`COMMAND_VARIABLE`] has it: what a
    /// person would give again. What is not UTF-8 in it has `U+FFFD` in its place.
    pub fn arguments() -> Vec<String> {
        if let Some(given) = std::env::var(COMMAND_VARIABLE)
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok())
        {
            return given;
        }
        std::env::args_os()
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect()
    }
}

impl Observed {
    /// Writes the list of crates and the difference from the commit below the run's `environment/`, each once for each
    /// content.
    ///
    /// # Errors
    ///
    /// [`RunError::Io`] when they cannot be written.
    pub fn keep(&self, folder: &RunFolder) -> Result<(), RunError> {
        let keep = |bytes: &[u8], ending: &str| {
            let hash = blake3::hash(bytes).to_hex();
            let path = folder.environment(&hash[..10]).with_extension(ending);
            if path.is_file() {
                return Ok(());
            }
            atomic::write(&path, bytes)
        };
        keep(self.crates.as_bytes(), "crates.toml")?;
        self.difference
            .as_ref()
            .map_or(Ok(()), |difference| keep(difference, "diff"))
    }
}

/// Every crate in the build and its version, as TOML; of one that appears twice, both.
fn crates() -> String {
    let mut crates: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut name = None;
    for line in LOCK.lines() {
        if let Some(found) = quoted(line, "name") {
            name = Some(found);
        } else if let (Some(version), Some(name)) = (quoted(line, "version"), name.take()) {
            crates.entry(name).or_default().push(version);
        }
    }
    let mut text =
        "# Crates that this program was built from, as Cargo.lock resolved them.\n".to_owned();
    for (name, versions) in crates {
        let versions: Vec<String> = versions
            .iter()
            .map(|version| format!("\"{version}\""))
            .collect();
        text.push_str(&match &versions[..] {
            [one] => format!("{name} = {one}\n"),
            several => format!("{name} = [{}]\n", several.join(", ")),
        });
    }
    text
}

/// The text in the line `key = "text"`.
fn quoted<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.strip_prefix(key)?
        .strip_prefix(" = \"")?
        .strip_suffix('"')
}

/// BLAKE3 of this program's file, read once.
fn program() -> Option<String> {
    static PROGRAM: OnceLock<Option<String>> = OnceLock::new();
    let hash = || {
        let mut hasher = blake3::Hasher::new();
        let mut file = fs::File::open(std::env::current_exe().ok()?).ok()?;
        std::io::copy(&mut file, &mut hasher).ok()?;
        Some(hasher.finalize().to_hex().to_string())
    };
    PROGRAM.get_or_init(hash).clone()
}

impl Machine {
    /// Inspects this machine.
    pub fn observe() -> Self {
        use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};
        let system = System::new_with_specifics(
            RefreshKind::nothing()
                .with_cpu(CpuRefreshKind::nothing())
                .with_memory(MemoryRefreshKind::nothing().with_ram()),
        );
        let gpu_driver = fs::read_to_string("/proc/driver/nvidia/version")
            .ok()
            .and_then(|text| Some(text.lines().next()?.trim().to_owned()));
        Self {
            host: System::host_name().unwrap_or_default(),
            system: System::long_os_version().unwrap_or_default(),
            processor: system
                .cpus()
                .first()
                .map(|cpu| cpu.brand().trim().to_owned())
                .unwrap_or_default(),
            instructions: instructions(),
            threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            memory_bytes: system.total_memory(),
            // Without the driver its tool would only be waited for.
            gpus: gpu_driver.as_ref().map_or_else(Vec::new, |_| gpus()),
            gpu_driver,
        }
    }
}

/// What NVIDIA's tool lists.
fn gpus() -> Vec<Gpu> {
    let answer = Command::new("nvidia-smi")
        .args([
            "--query-gpu=name,memory.total",
            "--format=csv,noheader,nounits",
        ])
        .output();
    match answer {
        Ok(answer) if answer.status.success() => listed(&String::from_utf8_lossy(&answer.stdout)),
        _ => Vec::new(),
    }
}

/// The GPUs in lines of `name, mebibytes`.
fn listed(text: &str) -> Vec<Gpu> {
    text.lines()
        .filter_map(|line| line.rsplit_once(','))
        .map(|(name, mebibytes)| Gpu {
            name: name.trim().to_owned(),
            memory_bytes: mebibytes.trim().parse::<u64>().unwrap_or_default() << 20,
        })
        .collect()
}

#[cfg(target_arch = "x86_64")]
fn instructions() -> Vec<String> {
    let known = [
        ("sse4.2", is_x86_feature_detected!("sse4.2")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
        ("avx512bf16", is_x86_feature_detected!("avx512bf16")),
        ("avx512vnni", is_x86_feature_detected!("avx512vnni")),
    ];
    let found = known.into_iter().filter(|(_, has)| *has);
    found.map(|(name, _)| name.to_owned()).collect()
}

#[cfg(target_arch = "aarch64")]
fn instructions() -> Vec<String> {
    use std::arch::is_aarch64_feature_detected;
    let known = [
        ("neon", is_aarch64_feature_detected!("neon")),
        ("fp16", is_aarch64_feature_detected!("fp16")),
        ("bf16", is_aarch64_feature_detected!("bf16")),
        ("sve", is_aarch64_feature_detected!("sve")),
    ];
    let found = known.into_iter().filter(|(_, has)| *has);
    found.map(|(name, _)| name.to_owned()).collect()
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn instructions() -> Vec<String> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crates_are_those_of_the_lock_file() {
        let text = crates();
        let table: toml::Table = toml::from_str(&text).unwrap();
        assert_eq!(table["burn"].as_str(), Some("0.22.1"));
        assert_eq!(table["colorize"].as_str(), Some(env!("CARGO_PKG_VERSION")));
        let all: usize = table
            .values()
            .map(|versions| versions.as_array().map_or(1, Vec::len))
            .sum();
        assert_eq!(all, LOCK.matches("[[package]]").count());
    }

    #[test]
    fn the_tools_list_of_gpus_is_read() {
        let gpus = listed("NVIDIA H100 80GB HBM3, 81559\nodd, name, 512\n");
        assert_eq!(gpus.len(), 2);
        assert_eq!(gpus[0].name, "NVIDIA H100 80GB HBM3");
        assert_eq!(gpus[1].memory_bytes, 512 << 20);
        assert_eq!(listed(""), []);
    }

    #[test]
    fn what_is_kept_is_kept_once() {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::at(root.path());
        let observed = Environment::observe();
        let build = observed.environment.build.clone().unwrap();
        assert!(build.rustc.starts_with("rustc "), "{}", build.rustc);
        assert_eq!(build.program.unwrap().len(), 64);
        observed.keep(&folder).unwrap();
        let crates = folder
            .environment(&build.crates[..10])
            .with_extension("crates.toml");
        assert!(fs::read_to_string(&crates).unwrap().contains("\nburn = "));
        let written = fs::metadata(&crates).unwrap().modified().unwrap();
        observed.keep(&folder).unwrap();
        assert_eq!(fs::metadata(&crates).unwrap().modified().unwrap(), written);
    }

    #[test]
    fn an_older_record_is_read() {
        let text = r#"{"colorize":"0.1.0","git":{"commit":"c","dirty":true,"diff_hash":"d"},"machine":{"host":"h","system":"s",
            "processor":"p","threads":2,"memory_bytes":1},"arguments":[]}"#;
        let environment: Environment = serde_json::from_str(text).unwrap();
        assert_eq!(environment.build, None);
        assert!(environment.git.unwrap().dirty && environment.machine.gpus.is_empty());
    }
}
