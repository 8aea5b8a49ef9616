//! How long a training step takes: forward, backward and Adam, on random input.
//!
//! `cargo bench --bench step -- [--device libtorch] [--steps 7] [--threads 2]` times a YUV step and a fusion step in turn on
//! every device of the build, or on one. 256x256 pixels, batches of 8, scale 16, five residual blocks.
//!
//! `... -- --serve yuv --device libtorch` takes a step whenever a line arrives on its input and answers with what it took:
//! `benches/peers/step.py` runs several of these, and PyTorch, in turn.

use std::io::{BufRead, Write};
use std::time::Instant;

use anyhow::{Context, bail};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Distribution, Tensor};
use colorize::backend::{self, DeviceName, Precision};
use colorize::network::{Network, NetworkKind, NetworkSection, NormKind};

const SIDE: usize = 256;
const BATCH: usize = 8;
/// As many as ResNet-50 gives.
const FEATURES: usize = 2048;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Yuv,
    Fusion,
}

impl Kind {
    fn of(name: &str) -> anyhow::Result<Self> {
        match name {
            "yuv" => Ok(Self::Yuv),
            "fusion" => Ok(Self::Fusion),
            _ => bail!("`{name}` is neither `yuv` nor `fusion`"),
        }
    }
}

fn main() -> anyhow::Result<()> {
    let mut devices = backend::present();
    let (mut steps, mut threads, mut serve) = (7, 2, None);
    let mut precision = Precision::F32;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--bench" {
            continue;
        }
        let value = arguments
            .next()
            .with_context(|| format!("`{argument}` needs a value"))?;
        match argument.as_str() {
            "--device" => devices = vec![value.parse()?],
            "--steps" => steps = value.parse()?,
            "--threads" => threads = value.parse()?,
            "--bf16" => {
                precision = if value == "yes" {
                    Precision::Bf16
                } else {
                    Precision::F32
                }
            }
            "--serve" => serve = Some(Kind::of(&value)?),
            _ => bail!("unknown argument `{argument}`"),
        }
    }
    backend::set_threads(threads)?;
    match serve {
        Some(kind) => answer(&mut Stepper::new(&devices[0], kind, precision)?),
        None => table(&devices, steps, threads, precision),
    }
}

/// One step a line, until there are none.
fn answer(stepper: &mut Stepper) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        line?;
        let (seconds, processor) = stepper.step()?;
        writeln!(out, "{seconds} {processor} {}", memory("VmHWM:"))?;
        out.flush()?;
    }
    Ok(())
}

fn table(
    devices: &[DeviceName],
    steps: usize,
    threads: usize,
    precision: Precision,
) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    writeln!(
        out,
        "median of {steps} steps, {threads} threads, load average before: {}",
        std::fs::read_to_string("/proc/loadavg")
            .unwrap_or_default()
            .trim()
    )?;
    for device in devices {
        let mut steppers = [
            Stepper::new(device, Kind::Yuv, precision)?,
            Stepper::new(device, Kind::Fusion, precision)?,
        ];
        for stepper in &mut steppers {
            stepper.step()?;
        }
        let mut times = [const { Vec::new() }; 2];
        for _ in 0..steps {
            for (stepper, times) in steppers.iter_mut().zip(&mut times) {
                times.push(stepper.step()?.0);
            }
        }
        let [yuv, fusion] = times.map(|mut times| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        });
        writeln!(
            out,
            "{device}: YUV {yuv:.3} s ({:.2} images a second), fusion {fusion:.3} s, {:.2} times YUV",
            BATCH as f64 / yuv,
            fusion / yuv
        )?;
    }
    Ok(())
}

/// A network in training.
struct Stepper {
    network: Option<Network>,
    optimizer: ModuleOptimizer,
    device: Device,
    kind: Kind,
}

impl Stepper {
    fn new(name: &DeviceName, kind: Kind, precision: Precision) -> anyhow::Result<Self> {
        let device = backend::open(name)?.autodiff();
        let section = NetworkSection {
            kind: NetworkKind::ImageTransformation,
            norm: NormKind::Batch,
            scale: 16,
            residual_blocks: 5,
        };
        let width = (kind == Kind::Fusion).then_some(FEATURES);
        Ok(Self {
            network: Some(
                section
                    .init(1, 2, width, 0, &device)
                    .with_precision(precision),
            ),
            optimizer: AdamConfig::new().with_epsilon(1e-7).init(),
            device,
            kind,
        })
    }

    /// Seconds of the clock, and of the processor on all threads.
    fn step(&mut self) -> anyhow::Result<(f64, f64)> {
        let device = &self.device;
        let uniform = Distribution::Uniform(0.0, 1.0);
        let luma = Tensor::<4>::random([BATCH, 1, SIDE, SIDE], uniform, device);
        let chroma = Tensor::<4>::random([BATCH, 2, SIDE, SIDE], uniform, device) - 0.5;
        let features = (self.kind == Kind::Fusion)
            .then(|| Tensor::<2>::random([BATCH, FEATURES], uniform, device));
        device.sync()?;

        let processor = processor_time();
        let began = Instant::now();
        let network = self.network.take().context("the step before failed")?;
        let predicted = network.forward(luma, features) * 0.5;
        let loss = (predicted - chroma).square().mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        self.network = Some(self.optimizer.step(1e-3, network, gradients));
        let loss = loss.into_scalar::<f32>();
        device.sync()?;
        let times = (began.elapsed().as_secs_f64(), processor_time() - processor);
        anyhow::ensure!(loss.is_finite(), "the loss is {loss}");
        Ok(times)
    }
}

/// Seconds of the processor that this program has used, in hundredths; 0 where the system does not tell.
fn processor_time() -> f64 {
    let status = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may hold spaces; user and system time are the 12th and 13th after it.
    let fields = status.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum();
    ticks / 100.0
}

/// A line of `/proc/self/status`, in kilobytes; 0 where there is none.
fn memory(name: &str) -> u64 {
    std::fs::read_to_string("/proc/self/status")
        .unwrap_or_default()
        .lines()
        .find_map(|line| {
            line.strip_prefix(name)?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or(0)
}
