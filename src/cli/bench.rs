//! `colorize bench`: how long a training step takes here.

use std::fs;
use std::io::{BufReader, Write as _};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use clap::Args;
use colorize_base::{counted, readable_size};
use comfy_table::{ContentArrangement, presets};
use serde_json::json;

use super::{DONE, FAILED, cells, output};
use crate::backend::{self, BackendError, DeviceName, Precision};
use crate::command_error::{CommandError, Context, Result};
use crate::experiment::{Experiment, Overrides, resolve};
use crate::runs::{Environment, Machine};
use crate::timing::{self, Axes, Failure, Load, Measurement, Pace, Race, Ran};

/// Arguments of `colorize bench`.
#[derive(Debug, Args)]
pub(super) struct BenchArguments {
    /// Experiment files whose training step to time, at their own size and batch unless overridden; by default, the YUV and
    /// fusion steps of the write-up, and how they scale
    #[arg(value_name = "EXPERIMENT")]
    experiments: Vec<PathBuf>,
    /// Set a value, such as `network.scale=32`, written as in TOML; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Where to compute; repeatable. Defaults to every device available to this build on this machine that supports the
    /// precision
    #[arg(long)]
    device: Vec<DeviceName>,
    /// Numbers of processor threads to compute with, such as `1,2`; defaults to all threads
    #[arg(long, value_name = "N", value_delimiter = ',')]
    threads: Vec<NonZero<usize>>,
    /// Side lengths of the pictures in pixels, such as `64,256`
    #[arg(long, value_name = "PIXELS", value_delimiter = ',')]
    size: Vec<NonZero<usize>>,
    /// Pictures per step, such as `1,8`
    #[arg(long, value_name = "N", value_delimiter = ',')]
    batch: Vec<NonZero<usize>>,
    /// Precisions, such as `f32,bf16`
    #[arg(long, value_name = "PRECISION", value_delimiter = ',', value_parser = precision)]
    precision: Vec<Precision>,
    /// Steps to time for each case; more if they are short, so that a second or two is measured
    #[arg(long, value_name = "N", default_value = "3")]
    steps: NonZero<usize>,
    /// Scale further: sizes up to 512, batches up to 32, every doubling of threads
    #[arg(long, conflicts_with_all = ["experiments", "threads", "size", "batch", "precision"])]
    full: bool,
    /// Write every number to this file, one line of JSON per measurement
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the table to this file, as Markdown
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Take a step for every line of the input
    #[arg(long, hide = true)]
    serve: bool,
}

/// Where short steps are repeated until this much time has been measured.
const AT_LEAST: Duration = Duration::from_secs(2);

/// Times what was asked for and prints a table of it; files are rewritten after every case, so that nothing is lost when
/// one is stopped.
pub(super) fn run(arguments: &BenchArguments) -> Result<ExitCode> {
    if arguments.serve {
        timing::serve(BufReader::new(std::io::stdin()), std::io::stdout())
            .context("the program that asked for steps is gone")?;
        return Ok(ExitCode::from(DONE));
    }
    let devices = if arguments.device.is_empty() {
        backend::present()
    } else {
        arguments.device.clone()
    };
    for device in &devices {
        backend::open(device)?;
    }
    let asked = asked(arguments, &devices)?;
    let asked = possible(asked, !arguments.device.is_empty())?;
    let mut report = Report::begin(arguments)?;
    output::line(&report.machine);
    let program = std::env::current_exe().context("cannot find this program")?;
    let command = || {
        let mut command = Command::new(&program);
        command.args(["bench", "--serve"]);
        command
    };
    let pace = Pace {
        steps: arguments.steps.get(),
        at_least: AT_LEAST,
    };
    for (number, race) in asked.iter().enumerate() {
        output::note(&format!(
            "{} of {}: {}",
            number + 1,
            asked.len(),
            told(race)
        ));
        report.add(timing::run(race, pace, &command))?;
    }
    output::line("");
    output::line(&report.table(presets::NOTHING));
    output::line("");
    output::line(LEGEND);
    Ok(ExitCode::from(if report.failed { FAILED } else { DONE }))
}

pub(super) fn precision(name: &str) -> Result<Precision, String> {
    [Precision::F32, Precision::Bf16]
        .into_iter()
        .find(|precision| precision.to_string() == name)
        .ok_or_else(|| "must be `f32` or `bf16`".to_owned())
}

/// What is timed.
fn asked(arguments: &BenchArguments, devices: &[DeviceName]) -> Result<Vec<Race>> {
    let numbers = |given: &[NonZero<usize>]| given.iter().map(|number| number.get()).collect();
    let axes = Axes {
        sizes: numbers(&arguments.size),
        batches: numbers(&arguments.batch),
        threads: numbers(&arguments.threads),
        precisions: arguments.precision.clone(),
    };
    let overrides = Overrides {
        set: arguments.set.clone(),
        ..Overrides::default()
    };
    if arguments.experiments.is_empty() && axes == Axes::default() {
        return Ok(timing::standard(devices, &overrides, arguments.full)?);
    }
    Ok(timing::races(
        &experiments(arguments, &overrides)?,
        devices,
        &axes,
    )?)
}

/// The experiments that were named, at every point of their matrices, or the standard ones.
fn experiments(
    arguments: &BenchArguments,
    overrides: &Overrides,
) -> Result<Vec<(String, Experiment)>> {
    let mut experiments = Vec::new();
    for path in &arguments.experiments {
        for point in resolve(path, overrides)? {
            let name = &point.experiment.name;
            let label = if point.variant.is_empty() {
                name.clone()
            } else {
                format!("{name} {}", point.variant)
            };
            experiments.push((label, point.experiment));
        }
    }
    if arguments.experiments.is_empty() {
        for kind in timing::standard_kinds() {
            experiments.push((kind.name.clone(), kind.with(overrides)?));
        }
    }
    Ok(experiments)
}

/// Leaves out what a device has no arithmetic for, but refuses it where the devices were `named`, and where nothing is left.
fn possible(asked: Vec<Race>, named: bool) -> Result<Vec<Race>, BackendError> {
    let mut possible = Vec::new();
    for Race { case, contenders } in asked {
        let mut left = Vec::new();
        let mut lacking = None;
        for contender in contenders {
            match backend::computes(&contender.device, contender.experiment.train.precision) {
                Ok(()) => left.push(contender),
                Err(error) if named => return Err(error),
                Err(error) => lacking = Some(error),
            }
        }
        match lacking {
            Some(error) if left.is_empty() => return Err(error),
            _ => possible.push(Race {
                case,
                contenders: left,
            }),
        }
    }
    Ok(possible)
}

fn told(race: &Race) -> String {
    let who = race.contenders.iter().map(|contender| {
        let threads = counted(contender.threads, "thread");
        format!("{}, {threads}", contender.name())
    });
    format!("{} on {}", race.case, who.collect::<Vec<_>>().join("; "))
}

/// What was measured so far, and the files it goes to.
struct Report<'a> {
    arguments: &'a BenchArguments,
    /// The machine, in words.
    machine: String,
    /// Lines of JSON.
    lines: String,
    measured: Vec<Measurement>,
    failed: bool,
}

impl<'a> Report<'a> {
    /// Inspects the machine, and tries the files: a wrong path is refused before an hour of timing and not after it.
    fn begin(arguments: &'a BenchArguments) -> Result<Self> {
        let machine = Machine::observe();
        let load = Load::now();
        let versions: Vec<String> = backend::libraries()
            .into_iter()
            .filter(|(name, _)| *name != "libtorch in")
            .map(|(name, version)| format!("{name} {version}"))
            .collect();
        let mut words = format!(
            "colorize {}, {}; {}, {}, {}",
            env!("CARGO_PKG_VERSION"),
            versions.join(", "),
            machine.processor,
            counted(machine.threads, "thread"),
            readable_size(machine.memory_bytes),
        );
        let gpus = machine.gpus.iter();
        let gpus = gpus.map(|gpu| format!("; {}, {}", gpu.name, readable_size(gpu.memory_bytes)));
        words.extend(gpus);
        words.extend([format!("; load average {:.1}", load.high)]);
        if load.high > 0.5 {
            output::warning(&format!(
                "other programs are running on this machine (load average {:.1}): these times will be too long",
                load.high
            ));
        }
        let about = json!({
            "bench": "machine",
            "colorize": env!("CARGO_PKG_VERSION"),
            "libraries": versions,
            "machine": machine,
            "load": load.high,
            "time": jiff::Timestamp::now().to_string(),
            "arguments": Environment::arguments(),
        });
        let report = Self {
            arguments,
            machine: words,
            lines: format!("{about}\n"),
            measured: Vec::new(),
            failed: false,
        };
        report.write().map_err(CommandError::request)?;
        Ok(report)
    }

    /// Takes the results of a race, says what failed, and writes the files.
    fn add(&mut self, ran: Vec<Ran>) -> Result<()> {
        for outcome in ran {
            match outcome {
                Ok(measured) => {
                    self.lines +=
                        &serde_json::to_string(&measured).map_err(CommandError::failed)?;
                    self.measured.push(measured);
                }
                Err(failure) => {
                    self.failed = true;
                    self.lines += &failure_line(&failure);
                    output::note(&format!(
                        "error: {} on {}: {}",
                        failure.case,
                        failure.contender.name(),
                        CommandError::from(failure.error)
                    ));
                }
            }
            self.lines.push('\n');
        }
        self.write()
    }

    fn write(&self) -> Result<()> {
        if let Some(path) = &self.arguments.json {
            write(path, &self.lines)?;
        }
        if let Some(path) = &self.arguments.markdown {
            let table = self.table(presets::ASCII_MARKDOWN);
            write(path, &format!("{}\n\n{table}\n\n{LEGEND}\n", self.machine))?;
        }
        Ok(())
    }

    fn table(&self, preset: &str) -> String {
        table(
            &self.measured,
            !self.arguments.experiments.is_empty(),
            preset,
        )
    }
}

const LEGEND: &str = "\
A step is a forward pass, a backward pass and an optimizer update on random pictures. Seconds are the median, followed by
the shortest and the longest. Processor seconds are summed over threads. Memory is the peak of a process that does nothing
else. The contenders of a case took their steps in turn; the cases ran one after another. Not timed: decoding, evaluation,
samples, checkpoints.";

/// A row for each contender; `named` is whether the experiments were the user's own, whose whole training is of interest.
fn table(measured: &[Measurement], named: bool, preset: &str) -> String {
    let gpu = measured.iter().any(|row| row.gpu_memory_bytes.is_some());
    let mut header = vec![
        "case",
        "device",
        "threads",
        "seconds",
        "from",
        "to",
        "images/s",
        "processor s",
        "memory",
    ];
    header.extend(gpu.then_some("GPU memory"));
    header.push("times first");
    header.extend(named.then_some("all steps"));
    let mut table = output::table(&header);
    if preset != presets::NOTHING {
        // A file is as wide as it has to be.
        table.load_preset(preset);
        table.set_content_arrangement(ContentArrangement::Disabled);
    }
    let mut first: Option<&Measurement> = None;
    for row in measured {
        let is_first = first.is_none_or(|first| first.case != row.case);
        if is_first {
            first = Some(row);
        }
        let ratio = first.map_or(1.0, |first| row.seconds / first.seconds);
        let mut cells = vec![
            if is_first || preset != presets::NOTHING {
                row.case.clone()
            } else {
                String::new()
            },
            row.name(),
            row.threads.to_string(),
            seconds(row.seconds),
            seconds(row.seconds_low),
            seconds(row.seconds_high),
            three_digits(row.images_per_second),
            seconds(row.processor_seconds),
            readable_size(row.memory_bytes),
        ];
        if gpu {
            let held = row.gpu_memory_bytes;
            cells.push(held.map_or_else(|| cells::NOTHING.to_owned(), readable_size));
        }
        cells.push(if is_first {
            String::new()
        } else {
            format!("{ratio:.2}")
        });
        if named {
            let all = row.seconds * row.train_steps as f64;
            cells.push(format!("{}: {}", row.train_steps, cells::duration(all)));
        }
        table.add_row(cells);
    }
    let last = header.len() - 1;
    output::align_right(&mut table, 2..=last);
    table.to_string()
}

/// Seconds in the digits that can be trusted.
fn seconds(seconds: f64) -> String {
    if seconds < 0.0995 {
        format!("{seconds:.4}")
    } else {
        three_digits(seconds)
    }
}

fn three_digits(value: f64) -> String {
    match value {
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

fn failure_line(failure: &Failure) -> String {
    json!({
        "bench": "step",
        "who": format!("colorize {}", failure.contender.name()),
        "case": failure.case,
        "threads": failure.contender.threads,
        "error": failure.error.to_string(),
    })
    .to_string()
}

fn write(path: &Path, text: &str) -> Result<()> {
    let written = fs::File::create(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("cannot write `{}`", path.display()))
}
