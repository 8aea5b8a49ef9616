//! What this build can compute with on this machine, tried and not guessed.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use burn::tensor::{Device, Tensor, TensorData};

use super::backends::{self, backend_of};
use super::{BackendError, DeviceName, is_deterministic, open, present, threads};

/// The release that `Cargo.toml` pins.
const BURN_VERSION: &str = "0.22.1";

/// Side of the matrices that are multiplied as a trial; the product is exact in f32.
const SIDE: usize = 64;

/// Libraries, processor and devices.
#[derive(Debug, Clone)]
pub struct Report {
    /// Libraries and their versions.
    pub libraries: Vec<(&'static str, String)>,
    /// The processor's architecture, and those of its vector instructions that matter for speed.
    pub processor: Vec<&'static str>,
    /// How many threads the machine runs at once.
    pub parallelism: usize,
    /// Every device there is a name for, those that are missing too.
    pub devices: Vec<DeviceReport>,
}

/// One device and what came of trying it.
#[derive(Debug, Clone)]
pub struct DeviceReport {
    /// Its name.
    pub device: DeviceName,
    /// How it answered.
    pub answer: Answer,
}

/// How a device answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It multiplied two matrices, correctly.
    Works {
        /// From opening the device to reading the product back.
        time: Duration,
        /// Threads of the processor that it uses.
        threads: usize,
        /// Whether it gives the same bits again.
        deterministic: bool,
        /// The GPU behind it and its driver, where the backend knows.
        hardware: Option<String>,
    },
    /// It is not available; the error says what is missing.
    Missing(BackendError),
    /// It exists, but computes wrongly or fails.
    Broken(String),
}

/// The libraries that compute, and their versions.
pub fn libraries() -> Vec<(&'static str, String)> {
    let mut libraries = vec![("burn", BURN_VERSION.to_owned())];
    libraries.extend(backends::ALL.iter().flat_map(|backend| backend.versions()));
    libraries
}

/// Tries every device, each with a small matrix product whose result is known.
pub fn doctor() -> Report {
    let mut names = present();
    for name in DeviceName::KINDS {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Report {
        libraries: libraries(),
        processor: processor(),
        parallelism: std::thread::available_parallelism().map_or(1, usize::from),
        devices: names
            .into_iter()
            .map(|device| DeviceReport {
                device,
                answer: answer(&device),
            })
            .collect(),
    }
}

fn answer(name: &DeviceName) -> Answer {
    let start = Instant::now();
    let device = match open(name) {
        Ok(device) => device,
        Err(error) => return Answer::Missing(error),
    };
    // A driver that fails shows itself as a panic inside the backend, and the other devices are still of interest.
    match catch_unwind(AssertUnwindSafe(|| multiply(&device))) {
        Ok(Ok(())) => Answer::Works {
            time: start.elapsed(),
            threads: threads(name),
            deterministic: is_deterministic(name),
            hardware: backend_of(name).hardware(name),
        },
        Ok(Err(fault)) => Answer::Broken(fault),
        Err(_) => Answer::Broken("the backend failed on a matrix product".into()),
    }
}

/// Multiplies a matrix of small whole numbers by a shifted diagonal, which moves its columns.
fn multiply(device: &Device) -> Result<(), String> {
    let numbers: Vec<f32> = (0..SIDE * SIDE).map(|index| (index % 251) as f32).collect();
    let shift: Vec<f32> = (0..SIDE * SIDE)
        .map(|index| f32::from(u8::from((index / SIDE + 1) % SIDE == index % SIDE)))
        .collect();
    let matrix = |values: &[f32]| {
        Tensor::<2>::from_data(TensorData::new(values.to_vec(), [SIDE, SIDE]), device)
    };
    let product = matrix(&numbers)
        .matmul(matrix(&shift))
        .into_data()
        .try_to_vec::<f32>()
        .map_err(|error| format!("cannot read back the product: {error:?}"))?;
    let wrong = (0..SIDE * SIDE)
        .filter(|index| {
            let [row, column] = [index / SIDE, index % SIDE];
            product[*index].to_bits() != numbers[row * SIDE + (column + SIDE - 1) % SIDE].to_bits()
        })
        .count();
    if wrong == 0 {
        Ok(())
    } else {
        Err(format!(
            "{wrong} of {} numbers of a matrix product are wrong",
            SIDE * SIDE
        ))
    }
}

#[cfg(target_arch = "x86_64")]
fn processor() -> Vec<&'static str> {
    let mut found = vec![std::env::consts::ARCH];
    let features = [
        ("sse4.2", is_x86_feature_detected!("sse4.2")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
        ("avx512bf16", is_x86_feature_detected!("avx512bf16")),
    ];
    found.extend(
        features
            .into_iter()
            .filter(|(_, has)| *has)
            .map(|(name, _)| name),
    );
    found
}

#[cfg(not(target_arch = "x86_64"))]
fn processor() -> Vec<&'static str> {
    vec![std::env::consts::ARCH]
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, version) in &self.libraries {
            writeln!(formatter, "{name:<16} {version}")?;
        }
        writeln!(
            formatter,
            "{:<16} {}, {} threads",
            "processor",
            self.processor.join(" "),
            self.parallelism
        )?;
        for report in &self.devices {
            writeln!(formatter, "{:<16} {}", report.device, report.answer)?;
        }
        Ok(())
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Works {
                time,
                threads,
                deterministic,
                hardware,
            } => write!(
                formatter,
                "works: a matrix product in {:.1} ms, {threads} thread{}, {}{}{}",
                1e3 * time.as_secs_f64(),
                if *threads == 1 { "" } else { "s" },
                if *deterministic {
                    "deterministic"
                } else {
                    "not deterministic"
                },
                if hardware.is_some() { "; " } else { "" },
                hardware.as_deref().unwrap_or_default(),
            ),
            Self::Missing(error) => write!(formatter, "missing: {error}"),
            Self::Broken(fault) => write!(formatter, "broken: {fault}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_release_of_burn_that_is_pinned() {
        let manifest = include_str!("../../../Cargo.toml");
        let pin = format!("burn = {{ version = \"={BURN_VERSION}\"");
        assert!(manifest.contains(&pin), "{pin}");
    }

    #[test]
    fn what_is_present_works() {
        let report = doctor();
        for device in present() {
            let found = report
                .devices
                .iter()
                .find(|report| report.device == device)
                .unwrap();
            assert!(matches!(found.answer, Answer::Works { .. }), "{report}");
        }
        assert!(report.devices.len() >= 3);
        assert!(report.to_string().contains("burn             0.22.1"));
    }
}
