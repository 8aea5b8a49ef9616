//! `colorize verify device`: a device computes what another one does.

mod lines;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use clap::Args;
use serde_json::{Value, json};

use self::lines::{Lines, conclusion};
use crate::backend::{self, DeviceName, Precision};
use crate::cli::bench::precision;
use crate::cli::{DONE, FAILED, output};
use crate::command_error::{CommandError, Context, Result};
use crate::proof::device::{Arithmetic, Check, Request, speed, verify};
use crate::runs::{Environment, atomic};

/// Variables of the environment that change what libraries compute, or where.
const VARIABLES: [&str; 6] = [
    "NVIDIA_TF32_OVERRIDE",
    "CUBLAS_WORKSPACE_CONFIG",
    "CUDA_VISIBLE_DEVICES",
    "CUDA_LAUNCH_BLOCKING",
    "OMP_NUM_THREADS",
    "RAYON_NUM_THREADS",
];

/// The form of the file.
const FORMAT: &str = "colorize-verify-device";
const VERSION: u32 = 1;

/// Arguments of `colorize verify device`.
#[derive(Debug, Args)]
pub(in crate::cli) struct DeviceArguments {
    /// Device to verify, such as `libtorch:cuda:0`
    #[arg(value_name = "DEVICE")]
    device: DeviceName,
    /// Device to compare it with, in 32-bit floats
    #[arg(long, default_value = "flex", value_name = "DEVICE")]
    against: DeviceName,
    /// Precisions to verify, such as `f32,bf16`; by default, all that the device supports
    #[arg(long, value_name = "PRECISION", value_delimiter = ',', value_parser = precision)]
    precision: Vec<Precision>,
    /// Write everything to this file: every check, versions and hardware. It is what to send
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Train three steps instead of ten, and leave out the metrics that need a network and the bench
    #[arg(long)]
    quick: bool,
}

/// Makes every check and prints it; the file is rewritten after each, so that it is there if the device takes the program down.
pub(in crate::cli) fn run(arguments: &DeviceArguments) -> Result<ExitCode> {
    let request = Request {
        device: arguments.device,
        against: arguments.against,
        precisions: precisions(arguments)?,
        quick: arguments.quick,
    };
    for device in [&request.device, &request.against] {
        backend::open(device)?;
    }
    let mut report = Report::begin(request, arguments.report.as_deref())?;
    let workplace = tempfile::Builder::new()
        .prefix("colorize-verify-")
        .tempdir()
        .context("cannot create a temporary folder")?;
    let request = report.request.clone();
    let mut lost = None;
    let mut tell = |check: Check| {
        // One file that cannot be written is no reason to compute nothing more.
        if let Err(error) = report.add(check) {
            lost.get_or_insert(error);
        }
    };
    verify(&request, workplace.path(), &mut tell)?;
    if !request.quick {
        let program = std::env::current_exe().context("cannot find this program")?;
        let command = || {
            let mut command = Command::new(&program);
            command.args(["bench", "--serve"]);
            command
        };
        speed(&request, &command, &mut tell);
    }
    if let Some(error) = lost {
        return Err(error);
    }
    report.end()
}

/// Those that were asked for, or all that the device has.
fn precisions(arguments: &DeviceArguments) -> Result<Vec<Precision>> {
    let device = &arguments.device;
    if arguments.precision.is_empty() {
        let all = [Precision::F32, Precision::Bf16].into_iter();
        return Ok(all
            .filter(|&precision| backend::computes(device, precision).is_ok())
            .collect());
    }
    let mut precisions = Vec::new();
    for &precision in &arguments.precision {
        backend::computes(device, precision)?;
        if !precisions.contains(&precision) {
            precisions.push(precision);
        }
    }
    Ok(precisions)
}

/// What was checked so far, on the terminal and in the file.
struct Report<'a> {
    request: Request,
    file: Option<&'a Path>,
    /// What the file says of program and machine.
    about: Value,
    checks: Vec<Check>,
    lines: Lines,
    began: Instant,
}

impl<'a> Report<'a> {
    /// Tries the file, and says what is compared.
    fn begin(request: Request, file: Option<&'a Path>) -> Result<Self> {
        let environment = Environment::observe().environment;
        let machine = &environment.machine;
        let mut hardware = vec![machine.processor.clone()];
        hardware.extend(machine.gpus.iter().map(|gpu| gpu.name.clone()));
        let libraries = backend::libraries();
        let versions = libraries.iter().filter(|(name, _)| *name != "libtorch in");
        let versions = versions.map(|(name, version)| format!("{name} {version}"));
        output::line(&format!(
            "colorize {}, {}",
            env!("CARGO_PKG_VERSION"),
            versions.collect::<Vec<_>>().join(", ")
        ));
        output::line(&hardware.join(", "));
        let arithmetics = request.precisions.iter();
        let arithmetics = arithmetics.map(|&it| Arithmetic::of(&request.device, it).to_string());
        output::line(&format!(
            "{} in {}, compared with {} in f32",
            request.device,
            arithmetics.collect::<Vec<_>>().join(" and "),
            request.against
        ));
        let variables = VARIABLES.map(|name| {
            let value = std::env::var_os(name);
            let value = value.map(|value| value.to_string_lossy().into_owned());
            (name.to_owned(), json!(value))
        });
        let about = json!({
            "format": FORMAT,
            "version": VERSION,
            "time": jiff::Timestamp::now().to_string(),
            "device": request.device,
            "against": request.against,
            "precisions": request.precisions,
            "quick": request.quick,
            "threads": backend::threads(&request.device),
            "deterministic": backend::is_deterministic(&request.device),
            "libraries": libraries.into_iter().map(|(name, version)| (name.to_owned(), json!(version))).collect::<serde_json::Map<_, _>>(),
            "variables": serde_json::Map::from_iter(variables),
            "environment": environment,
        });
        let report = Self {
            request,
            file,
            about,
            checks: Vec::new(),
            lines: Lines::new(output::screen_width()),
            began: Instant::now(),
        };
        report.write("unfinished").map_err(CommandError::request)?;
        Ok(report)
    }

    /// Takes a check, prints it, and writes the file.
    fn add(&mut self, check: Check) -> Result<()> {
        for line in self.lines.of(&check) {
            output::line(&line);
        }
        self.checks.push(check);
        self.write("unfinished")
    }

    /// Says the verdict.
    fn end(self) -> Result<ExitCode> {
        let passed = self.checks.iter().all(|check| check.passed);
        self.write(if passed { "ok" } else { "FAILED" })?;
        output::line("");
        let seconds = self.began.elapsed().as_secs_f64();
        output::line(&conclusion(&self.request, &self.checks, seconds));
        if let Some(path) = self.file {
            output::line(&format!("everything is in {}", path.display()));
        }
        Ok(ExitCode::from(if passed { DONE } else { FAILED }))
    }

    fn write(&self, verdict: &str) -> Result<()> {
        let Some(path) = self.file else {
            return Ok(());
        };
        let mut report = self.about.clone();
        report["verdict"] = json!(verdict);
        report["seconds"] = json!(self.began.elapsed().as_secs_f64());
        report["checks"] = serde_json::to_value(&self.checks).map_err(CommandError::failed)?;
        let text = serde_json::to_string_pretty(&report).map_err(CommandError::failed)?;
        atomic::write(path, format!("{text}\n").as_bytes())?;
        Ok(())
    }
}
