//! How long a training step takes: forward, backward and Adam, on random input.
//!
//! `cargo bench --bench step -- [--device libtorch]... [--threads 2] [--steps 7] [--set network.scale=8]... [--json]` times a
//! YUV and a fusion step on every device of the build, or on those that are named, in turn: 256x256 pixels, batches of 8,
//! scale 16, five residual blocks. `colorize bench` does more, for users.
//!
//! `... -- --serve yuv --device libtorch --threads 2 [--set train.batch_size=4]...` takes a step whenever a line arrives on
//! its input, and answers in JSON: `benches/peers/run.py` has several of these, and PyTorch and TensorFlow, step in turn.

use std::io::{BufReader, Read, Write};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail};
use colorize::backend;
use colorize::experiment::{Experiment, Overrides};
use colorize::timing::{self, Axes, Contender, Load, Measurement, Pace};

fn main() -> anyhow::Result<()> {
    let mut devices = Vec::new();
    let mut overrides = Overrides::default();
    let (mut steps, mut threads, mut json) = (7, 2, false);
    let (mut serve, mut relay) = (None, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || {
            let value = arguments.next();
            value.with_context(|| format!("`{argument}` needs a value"))
        };
        match argument.as_str() {
            // Cargo says so of every bench.
            "--bench" => {}
            "--device" => devices.push(value()?.parse()?),
            "--steps" => steps = value()?.parse()?,
            "--threads" => threads = value()?.parse()?,
            "--set" => overrides.set.push(value()?),
            "--serve" => serve = Some(value()?),
            "--relay" => relay = true,
            "--json" => json = true,
            _ => bail!("unknown argument `{argument}`"),
        }
    }
    let input = std::io::stdin();
    if relay {
        // A process that the table below has started.
        return Ok(timing::serve(input.lock(), std::io::stdout())?);
    }
    if devices.is_empty() {
        devices = backend::present();
    }
    if let Some(kind) = serve {
        let contender = Contender {
            experiment: experiment(&kind, &overrides)?,
            device: devices[0],
            threads,
        };
        let first = format!("{}\n", serde_json::to_string(&contender)?);
        let lines = BufReader::new(first.as_bytes().chain(input.lock()));
        return Ok(timing::serve(lines, std::io::stdout())?);
    }

    let kinds = ["yuv", "fusion"]
        .map(|kind| Ok((kind.to_owned(), experiment(kind, &overrides)?)))
        .into_iter()
        .collect::<anyhow::Result<Vec<_>>>()?;
    let axes = Axes {
        threads: vec![threads],
        ..Axes::default()
    };
    let program = std::env::current_exe()?;
    let command = || {
        let mut command = Command::new(&program);
        command.arg("--relay");
        command
    };
    let pace = Pace {
        steps,
        at_least: Duration::from_secs(2),
    };
    let mut out = std::io::stdout();
    if !json {
        let load = Load::now().high;
        writeln!(
            out,
            "median of {steps} steps or more, {threads} threads, load average before: {load:.1}"
        )?;
    }
    for race in timing::races(&kinds, &devices, &axes)? {
        for outcome in timing::run(&race, pace, &command) {
            match outcome {
                Ok(measured) if json => writeln!(out, "{}", serde_json::to_string(&measured)?)?,
                Ok(measured) => write_line(&mut out, &measured)?,
                Err(failure) => {
                    let name = failure.contender.name();
                    writeln!(out, "{} on {name}: {}", failure.case, failure.error)?;
                }
            }
        }
    }
    Ok(())
}

fn experiment(kind: &str, overrides: &Overrides) -> anyhow::Result<Experiment> {
    let [yuv, fusion] = timing::standard_kinds();
    let kind = match kind {
        "yuv" => yuv,
        "fusion" => fusion,
        _ => bail!("`{kind}` is neither `yuv` nor `fusion`"),
    };
    kind.with(overrides)
        .map_err(|error| anyhow::anyhow!(error.render(false)))
}

fn write_line(out: &mut impl Write, measured: &Measurement) -> std::io::Result<()> {
    let Measurement {
        case,
        seconds,
        seconds_low,
        seconds_high,
        images_per_second,
        processor_seconds,
        ..
    } = measured;
    let memory = measured.memory_bytes as f64 / 1e9;
    writeln!(
        out,
        "{case} on {}: {seconds:.3} s ({seconds_low:.3} to {seconds_high:.3}), {images_per_second:.2} images a second, \
         {processor_seconds:.3} s of the processor, {memory:.2} GB",
        measured.name()
    )
}
