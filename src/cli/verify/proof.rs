//! `colorize verify determinism` and `colorize verify resume`: a result can be reproduced bit for bit.

use crate::command_error::{CommandError, Context, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::Args;

use crate::backend::{self, DeviceName};
use crate::cli::{DONE, FAILED, output};
use crate::dataset::Cache;
use crate::experiment::{Experiment, Overrides, resolve};
use crate::proof::{self, Verdict};
use crate::runs::find_run;
use crate::train::{Display, Start, Trial};
use crate::work::prepare::{Prepared, prepare, remark, stop_on_signal};
use crate::work::squares::WantedSquares;
use crate::work::start::find_starts;

/// Arguments of both proofs.
#[derive(Debug, Args)]
pub(in crate::cli) struct ProofArguments {
    /// Experiment file; for a matrix, its first point unless `--set` picks another
    #[arg(value_name = "EXPERIMENT")]
    experiment: PathBuf,
    /// Steps: `determinism` trains N steps, twice; `resume` trains N steps and then another N
    #[arg(long, value_name = "N", default_value_t = 8)]
    steps: usize,
    /// Set a value, such as `image.size=64`, written as in TOML; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Apply the overrides of `[quick]`: small, on the synthetic world
    #[arg(long)]
    quick: bool,
    /// Seed to use instead of the experiment's first
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Dataset manifest to use instead of the experiment's; several make one dataset
    #[arg(long, value_name = "MANIFEST")]
    dataset: Vec<PathBuf>,
    /// Folder of all runs, where `train.from` is looked up
    #[arg(long, default_value = "runs", value_name = "DIR")]
    runs: PathBuf,
    /// Where to compute: `flex`, `libtorch`, `libtorch:cuda:0`, `wgpu:0` or `cuda:0`
    #[arg(long, default_value = "flex")]
    device: DeviceName,
    /// Where to create the temporary folder for the runs, which is kept if they differ
    #[arg(long, value_name = "DIR")]
    temporary: Option<PathBuf>,
}

/// Arguments of `colorize verify resume`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ResumeArguments {
    #[command(flatten)]
    proof: ProofArguments,
    /// Step after which to kill the training, above `--steps` and below twice that; random by default
    #[arg(long, value_name = "STEP")]
    kill_after: Option<usize>,
}

/// Arguments of `colorize verify equal`.
#[derive(Debug, Args)]
pub(in crate::cli) struct EqualArguments {
    /// Run: its folder, or its name under `--runs`
    #[arg(value_name = "RUN")]
    run: String,
    /// Another run, such as the same trial in another folder of runs
    #[arg(value_name = "OTHER")]
    other: String,
    /// Folder of all runs
    #[arg(long, default_value = "runs", value_name = "DIR")]
    runs: PathBuf,
}

/// Compares two runs.
pub(in crate::cli) fn equal(arguments: &EqualArguments) -> Result<ExitCode> {
    let one = find_run(&arguments.runs, &arguments.run)?;
    let other = find_run(&arguments.runs, &arguments.other)?;
    let verdict = proof::runs(&one, &other)?;
    let what = format!("{} and {}", one.path().display(), other.path().display());
    Ok(say(&what, &verdict))
}

/// Trains a few steps twice.
pub(in crate::cli) fn determinism(arguments: &ProofArguments) -> Result<ExitCode> {
    let steps = arguments.steps;
    let overrides = arguments.overrides(steps, steps);
    let prepared = arguments.prepare(&overrides, steps)?;
    let seed = prepared.resolved.experiment.seeds[0];
    arguments.warn();
    let stop = stop_on_signal()?;
    let workplace = arguments.workplace()?;
    let trial = arguments.trial(&prepared, seed, workplace.path());
    let verdict = proof::determinism(&trial, workplace.path(), &stop)?;
    let what = format!(
        "{} s{seed} on {}, {steps} steps twice",
        trial.experiment.name, arguments.device
    );
    Ok(keep(say(&what, &verdict), &verdict, workplace))
}

/// Kills a training and resumes it.
pub(in crate::cli) fn resume(arguments: &ResumeArguments) -> Result<ExitCode> {
    let ResumeArguments { proof, kill_after } = arguments;
    let (first, steps) = (proof.steps, 2 * proof.steps);
    if first < 2 {
        let text =
            "`--steps` must be at least 2: the kill comes between the checkpoint and the end";
        return Err(CommandError::request(text.to_owned()));
    }
    let between = first + 1..steps;
    let kill_after = kill_after.unwrap_or_else(|| rand::random_range(between.clone()));
    if !between.contains(&kill_after) {
        let text = format!(
            "`--kill-after` must be above {first}, where the checkpoint is, and below {steps}, where the training ends"
        );
        return Err(CommandError::request(text));
    }
    let overrides = proof.overrides(steps, first);
    let prepared = proof.prepare(&overrides, steps)?;
    let seed = prepared.resolved.experiment.seeds[0];
    proof.warn();
    let stop = stop_on_signal()?;
    let workplace = proof.workplace()?;
    let program = std::env::current_exe().context("cannot find this program")?;
    let name = &prepared.resolved.experiment.name;
    let from = prepared.starts.of(seed).map(Start::path);
    let from = from.map(std::path::absolute).transpose();
    let from = from.context("cannot find the folder of runs")?;
    let from = from.map(|from| from.display().to_string());
    let trial = proof
        .trial(&prepared, seed, workplace.path())
        .identity()
        .trial();
    let command = |runs: &Path| {
        let mut command = Command::new(&program);
        command.arg("run").arg(&proof.experiment);
        command.arg("--only").arg(format!("{name}/{trial}"));
        for assignment in &overrides.set {
            command.arg("--set").arg(assignment);
        }
        // A row reaches the disk at once, so that it can be seen how far the process is.
        command.args(["--set", "train.flush_seconds=1e-9"]);
        command.args(["--seed", &seed.to_string()]);
        command.args(["--device", &proof.device.to_string()]);
        command.arg("--runs").arg(runs);
        for manifest in &proof.dataset {
            command.arg("--dataset").arg(manifest);
        }
        // These runs are not among those where it was found.
        if let Some(from) = &from {
            command.arg("--set").arg(format!("train.from={from}"));
        }
        if proof.quick {
            command.arg("--quick");
        }
        command
    };
    let folder = |runs: &Path| proof.trial(&prepared, seed, runs).folder();
    let killed = proof::resume(
        &command,
        &folder,
        workplace.path(),
        steps,
        kill_after,
        &stop,
    )?;
    let what = format!(
        "{} s{seed} on {}, {steps} steps without interruption, and killed after step {} and resumed from step {first}",
        prepared.resolved.experiment.name, proof.device, killed.after
    );
    let verdict = &killed.verdict;
    Ok(keep(say(&what, verdict), verdict, workplace))
}

impl ProofArguments {
    /// A training of `steps` with a checkpoint, an evaluation and a sample picture every `every`; what the user sets goes
    /// before.
    fn overrides(&self, steps: usize, every: usize) -> Overrides {
        let mut set = vec![
            format!("train.steps={steps}"),
            format!("train.checkpoint_every={every}"),
            format!("train.evaluate_every={every}"),
            format!("train.sample_every={every}"),
            // A proof is of all of its steps.
            "train.stop_early.patience=0".to_owned(),
        ];
        set.extend_from_slice(&self.set);
        Overrides {
            set,
            seeds: self.seed.into_iter().collect(),
            datasets: self.dataset.clone(),
            quick: self.quick,
        }
    }

    /// What `steps` steps are trained from.
    fn prepare(&self, overrides: &Overrides, steps: usize) -> Result<Prepared> {
        if self.steps == 0 {
            return Err(CommandError::request(
                "`--steps` must be at least 1".to_owned(),
            ));
        }
        backend::open(&self.device)?;
        // Of a matrix the first point: `--set` picks another.
        let mut points = resolve(&self.experiment, overrides)?;
        points.truncate(1);
        remark(&points);
        let resolved = points.swap_remove(0);
        let Experiment { train, .. } = &resolved.experiment;
        if train.steps != steps {
            let text = format!(
                "`--set` makes it {} steps, but `--steps` makes it {steps}; use `--steps` alone",
                train.steps
            );
            return Err(CommandError::request(text));
        }
        backend::computes(&self.device, train.precision)?;
        let squares = WantedSquares::of(std::slice::from_ref(&resolved));
        let mut prepared = [prepare(resolved, &Cache::of_user()?, &[], &squares)?];
        find_starts(&mut prepared, self.device, &self.runs, None)?;
        let [prepared] = prepared;
        Ok(prepared)
    }

    fn trial<'a>(&self, prepared: &'a Prepared, seed: u64, runs: &'a Path) -> Trial<'a> {
        prepared.trial(seed, self.device, runs, Display::Silent)
    }

    fn workplace(&self) -> Result<tempfile::TempDir> {
        let folder = self.temporary.clone().unwrap_or_else(std::env::temp_dir);
        tempfile::Builder::new()
            .prefix("colorize-verify-")
            .tempdir_in(&folder)
            .with_context(|| format!("cannot create a folder in `{}`", folder.display()))
    }

    /// Says beforehand where bits cannot be expected to be equal.
    fn warn(&self) {
        if !backend::is_deterministic(&self.device) {
            output::note(
                "CUDA sums the gradients of convolutions in varying order, so bits will probably differ; \
                 docs/runs.md lists the settings that help",
            );
        }
    }
}

/// Prints the result of a comparison.
fn say(what: &str, verdict: &Verdict) -> ExitCode {
    match verdict {
        Ok(equal) => {
            output::line(&format!("bit-identical: {what}"));
            output::line(&format!("  {equal}"));
            output::line(
                "  not compared: values that describe time or the machine, such as `seconds` and `images_per_second`",
            );
            ExitCode::from(DONE)
        }
        Err(difference) => {
            output::line(&format!("different: {what}"));
            output::line(&format!("  {difference}"));
            ExitCode::from(FAILED)
        }
    }
}

/// Keeps the runs of a proof that differ, and says where.
fn keep(code: ExitCode, verdict: &Verdict, workplace: tempfile::TempDir) -> ExitCode {
    if verdict.is_err() {
        output::line(&format!(
            "  the runs are kept in {}",
            workplace.keep().display()
        ));
    }
    code
}
