//! Trials in parallel: each one in a process of its own, which is this program again.
//!
//! A process is told which trial of the plan is its own (`run --only`), with how many threads to compute, and to stop when
//! its standard input ends: that is how a stop reaches it, and how it notices that the process which started it is gone.
//! Of several GPUs, it gets the one that the fewest others compute on.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use colorize_base::visible;
use serde_json::json;

use super::Attempt;
use super::bars::{Bar, Bars};
use super::prepare::TrainingArguments;
use crate::backend::{self, DeviceName, Devices};
use crate::command_error::{CommandError, Context, DONE, INTERRUPTED, Result};
use crate::experiment::{Overrides, Resolved};
use crate::plan::{Goal, Planned, State};
use crate::runs::{COMMAND_VARIABLE, Environment};
use crate::terminal;
use crate::train::Interrupter;

/// How often the processes are asked whether they have ended.
const LOOK: Duration = Duration::from_millis(50);

/// Processes that train.
pub(crate) struct Pool<'a> {
    training: &'a TrainingArguments,
    jobs: usize,
    threads: usize,
    bars: Bars,
    /// Where to compute, at least one.
    devices: Vec<DeviceName>,
    running: Vec<Job<'a>>,
}

struct Job<'a> {
    trial: &'a Planned,
    device: DeviceName,
    child: Child,
    /// Reads what it says; returns what was not shown.
    words: JoinHandle<Vec<String>>,
}

impl<'a> Pool<'a> {
    /// Room for `jobs` processes, among which the threads of the processor are divided, and the GPUs where several are
    /// meant, for so many trials.
    pub(crate) fn new(training: &'a TrainingArguments, jobs: usize, trials: usize) -> Result<Self> {
        let devices = backend::devices(training.devices)?;
        let all = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = (all / jobs).max(1);
        if threads != all && backend::depends_on_threads(&training.device()) {
            terminal::note(&format!(
                "note: on {}, the last bits of a result depend on the number of threads: {threads} here instead of {all}; \
                 `run.json` records it",
                training.devices
            ));
        }
        if devices.len() > 1 && jobs > devices.len() {
            terminal::note(&format!(
                "note: {jobs} trials at a time share {} GPUs",
                devices.len()
            ));
        }
        Ok(Self {
            training,
            jobs,
            threads,
            bars: Bars::new(trials),
            devices,
            running: Vec::new(),
        })
    }

    /// Whether no process is running.
    pub(crate) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    pub(crate) fn has_room(&self) -> bool {
        self.running.len() < self.jobs
    }

    /// Starts a process for a trial of `resolved`, which `overrides` made from its file.
    pub(crate) fn start(
        &mut self,
        trial: &'a Planned,
        resolved: &Resolved,
        overrides: &Overrides,
    ) -> Result<()> {
        let program = std::env::current_exe().context("cannot find this program")?;
        let busy: Vec<DeviceName> = self.running.iter().map(|job| job.device).collect();
        let device = least_busy(&self.devices, &busy);
        let mut child = Command::new(&program)
            .args(arguments(trial, resolved, overrides, self.training, device))
            .args(["--threads", &self.threads.to_string(), "--until-input-ends"])
            .args(terminal::is_quiet().then_some("--quiet"))
            .env(
                COMMAND_VARIABLE,
                json!(Environment::arguments()).to_string(),
            )
            // Data frames have threads of their own.
            .env("POLARS_MAX_THREADS", self.threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{}`", program.display()))?;
        let its_own = match self.devices.len() {
            1 => String::new(),
            _ => format!(", on {device}"),
        };
        terminal::note(&format!(
            "{}  process {}, {} thread{}{its_own}",
            trial.label(),
            child.id(),
            self.threads,
            if self.threads == 1 { "" } else { "s" }
        ));
        let said = child.stderr.take();
        let label = trial.label();
        let bar = self.bars.begin(&label);
        let words = move || said.map_or_else(Vec::new, |said| show(said, &label, &bar));
        // Without its standard input, which ends with this function, the process stops.
        let words = std::thread::Builder::new()
            .spawn(words)
            .context("cannot start the thread that shows what a process says")?;
        self.running.push(Job {
            trial,
            device,
            child,
            words,
        });
        Ok(())
    }

    /// Asks every process to stop after the step in hand, with a checkpoint.
    pub(crate) fn stop(&mut self) {
        for job in &mut self.running {
            drop(job.child.stdin.take());
        }
    }

    /// Looks for a process that has ended, or waits a moment; `None` when there is no process.
    pub(crate) fn next(&mut self) -> Option<Option<(&'a Planned, Attempt)>> {
        if self.running.is_empty() {
            return None;
        }
        for place in 0..self.running.len() {
            let status = match self.running[place].child.try_wait() {
                Ok(None) => continue,
                Ok(Some(status)) => Ok(status),
                Err(error) => Err(error),
            };
            let job = self.running.swap_remove(place);
            let number = job.child.id();
            let words = job.words.join().unwrap_or_default();
            self.bars.count();
            let attempt = match status {
                Ok(status) => judge(job.trial, number, status, &words),
                Err(error) => Attempt::Failed(error.into()),
            };
            return Some(Some((job.trial, attempt)));
        }
        std::thread::sleep(LOOK);
        Some(None)
    }
}

impl Drop for Pool<'_> {
    /// However the work ends, no process stays behind.
    fn drop(&mut self) {
        self.stop();
        for job in &mut self.running {
            let _ = job.child.wait();
        }
    }
}

/// Of several devices the one that the fewest of the processes compute on, whose devices are `busy`; of equals the first.
fn least_busy(devices: &[DeviceName], busy: &[DeviceName]) -> DeviceName {
    let load = |device: &DeviceName| busy.iter().filter(|it| *it == device).count();
    let least = devices.iter().min_by_key(|device| load(device));
    least.copied().unwrap_or_default()
}

/// The command line that trains one trial of a plan in a process: what was asked for, and which trial of it, on one device.
fn arguments(
    trial: &Planned,
    resolved: &Resolved,
    overrides: &Overrides,
    training: &TrainingArguments,
    device: DeviceName,
) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec!["run".into(), resolved.path.clone().into()];
    arguments.extend(["--only".into(), trial.name().into()]);
    if let Goal::Step(step) = trial.goal {
        arguments.extend(["--until-step".into(), step.to_string().into()]);
    }
    arguments.extend(shared_arguments(overrides, training, Devices::One(device)));
    arguments
}

/// What all trials of an experiment file have in common on the command line.
pub(crate) fn shared_arguments(
    overrides: &Overrides,
    training: &TrainingArguments,
    devices: Devices,
) -> Vec<OsString> {
    let mut arguments = Vec::new();
    let mut add = |name: &str, value: OsString| arguments.extend([name.into(), value]);
    for assignment in &overrides.set {
        add("--set", assignment.into());
    }
    // All of them: they are written into the resolved experiment, and the name says which one is meant.
    for seed in &overrides.seeds {
        add("--seed", seed.to_string().into());
    }
    for dataset in &overrides.datasets {
        add("--dataset", dataset.into());
    }
    add("--device", devices.to_string().into());
    add("--runs", training.runs.clone().into());
    if overrides.quick {
        arguments.push("--quick".into());
    }
    arguments
}

/// Shows the lines that a process says of its trial, and keeps the others.
fn show(said: ChildStderr, label: &str, bar: &Bar) -> Vec<String> {
    let mut kept = Vec::new();
    for line in BufReader::new(said).lines() {
        let Ok(line) = line else { break };
        if bar.takes(label, &line) {
            continue;
        }
        if line.starts_with(label) {
            // A process that is to be quiet says warnings alone.
            terminal::say(&visible(&line));
        } else if !line.is_empty() {
            kept.push(line);
        }
    }
    kept
}

/// What the end of a process means.
fn judge(trial: &Planned, number: u32, status: ExitStatus, words: &[String]) -> Attempt {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    match code {
        Some(DONE) => {
            return match (trial.goal, State::of(&trial.folder)) {
                (Goal::Step(_), Ok(State::Interrupted { step, .. })) => Attempt::Paused(step),
                _ => Attempt::Done,
            };
        }
        Some(INTERRUPTED) => return Attempt::Interrupted,
        _ => {}
    }
    match State::of(&trial.folder) {
        Ok(State::Done) => Attempt::Done,
        Ok(State::Running { process, host, .. }) if process != number => {
            Attempt::Elsewhere(format!("process {process} on {host}"))
        }
        _ if code.is_none() => Attempt::Failed(CommandError::failure(format!(
            "process {number} was killed: {status}"
        ))),
        _ => {
            let start = words.iter().position(|line| line.starts_with("error"));
            let reason =
                start.map_or_else(|| status.to_string(), |start| words[start..].join("\n"));
            let reason = reason.strip_prefix("error: ").unwrap_or(&reason);
            Attempt::Failed(CommandError::failure(reason))
        }
    }
}

/// Stops when the standard input ends: the process that started this one asked for it, or is gone.
///
/// # Errors
///
/// When the system gives no thread that waits for it.
pub(crate) fn stop_when_input_ends(stop: &Interrupter) -> Result<()> {
    let stop = stop.clone();
    let wait = move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        stop.stop(Some(
            "the process that started this one asked for it, or is gone",
        ));
    };
    std::thread::Builder::new()
        .spawn(wait)
        .context("cannot start the thread that waits for the end of the input")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trial_gets_a_gpu_of_its_own_as_long_as_there_are_some() {
        let gpus = [0, 1, 2].map(DeviceName::LibtorchCuda);
        let mut busy = Vec::new();
        for expected in [0, 1, 2, 0, 1] {
            let device = least_busy(&gpus, &busy);
            assert_eq!(device, gpus[expected], "{busy:?}");
            busy.push(device);
        }
        // The process on the third GPU ends first: the next trial goes there.
        busy.retain(|device| *device != gpus[2]);
        assert_eq!(least_busy(&gpus, &busy), gpus[2]);
    }

    #[test]
    fn one_device_is_everybodys() {
        let only = [DeviceName::Libtorch];
        assert_eq!(least_busy(&only, &only.repeat(4)), only[0]);
    }
}
