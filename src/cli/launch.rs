//! `colorize run --launcher slurm`: submit the trials of a plan to a cluster, and say which of them it has.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use colorize_base::counted;

use super::{DONE, output, plan};
use crate::command_error::{CommandError, Context, Result};
use crate::experiment::Overrides;
use crate::launcher::{
    Launch, LauncherError, Queue, QueuedTask, Task, TaskState, arrays, slurm_folder,
};
use crate::plan::{Plan, Planned, State};
use crate::work::prepare::{TrainingArguments, Work};
use crate::work::{halving, jobs};

/// Who trains, if not this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Launcher {
    /// The Slurm scheduler
    Slurm,
}

/// Submits what a plan has to do, except what is already in the queue; or prints the scripts.
///
/// # Errors
///
/// When Slurm cannot be reached or refuses.
pub(super) fn slurm(
    work: &Work,
    training: &TrainingArguments,
    overrides: &Overrides,
    dry_run: bool,
) -> Result<ExitCode> {
    if halving::is_wanted(work) {
        return Err(CommandError::request(
            "`--launcher` submits trials to be trained to the end, and `sweep.halve` stops some early: train it without \
             `--launcher`",
        ));
    }
    let runs = std::path::absolute(&training.runs).context("cannot find the folder of runs")?;
    // Of two submissions at once the second one sees what the first has queued.
    let lock = if dry_run { None } else { Some(lock(&runs)?) };
    let queue = match Queue::ask(&runs) {
        Err(LauncherError::NoSlurm { .. }) if dry_run => Queue::default(),
        queue => queue?,
    };
    let (ready, waiting): (Vec<_>, Vec<_>) = work
        .plan
        .to_do()
        .into_iter()
        .partition(|trial| work.plan.waits_for(trial).is_none());
    if !waiting.is_empty() {
        output::note(&format!(
            "{} left for later: they start from trials of this plan that are not done; once those are, run the same command again",
            counted(waiting.len(), "trial")
        ));
    }
    let (queued, tasks): (Vec<_>, Vec<_>) = ready
        .into_iter()
        .partition(|trial| queue.task(&trial.name()).is_some());
    if !queued.is_empty() {
        let count = counted(queued.len(), "trial");
        output::note(&format!("{count} already in Slurm's queue"));
    }
    if tasks.is_empty() {
        output::note(&match queued.len() {
            0 => format!("nothing to submit: {}", plan::sums(&work.plan)),
            _ => "nothing else to submit".to_owned(),
        });
        return Ok(ExitCode::from(DONE));
    }
    let tasks: Vec<Task> = tasks
        .into_iter()
        .filter_map(|trial| task(work, trial))
        .collect();
    let launch = Launch {
        runs,
        folder: std::env::current_dir().context("cannot find the current folder")?,
        program: std::env::current_exe().context("cannot find this program")?,
        arguments: texts(jobs::shared_arguments(
            overrides,
            training,
            training.devices,
        ))?,
    };
    for array in arrays(&launch, &tasks)? {
        if dry_run {
            output::line(array.script());
            continue;
        }
        let job = array.submit(&launch.runs)?;
        output::note(&format!(
            "job {job}: {}, output in {}",
            counted(array.trials().len(), "trial"),
            slurm_folder(&launch.runs).display()
        ));
    }
    drop(lock);
    Ok(ExitCode::from(DONE))
}

fn task(work: &Work, trial: &Planned) -> Option<Task> {
    let resolved = &work.prepared(trial)?.resolved;
    Some(Task {
        trial: trial.name(),
        file: resolved.path.clone(),
        experiment: trial.experiment.clone(),
        resources: resolved.slurm.clone(),
    })
}

fn texts(arguments: Vec<OsString>) -> Result<Vec<String>, CommandError> {
    let text = |argument: OsString| {
        argument.into_string().map_err(|argument| {
            let shown = PathBuf::from(argument);
            CommandError::request(format!(
                "`{}` is not UTF-8 and cannot be written into a job script",
                shown.display()
            ))
        })
    };
    arguments.into_iter().map(text).collect()
}

/// Waits until no other process submits from this folder of runs.
fn lock(runs: &Path) -> Result<File> {
    let folder = slurm_folder(runs);
    let path = folder.join(".lock");
    fs::create_dir_all(&folder)
        .and_then(|()| File::create(&path))
        .and_then(|file| file.lock().map(|()| file))
        .with_context(|| format!("cannot lock `{}`", path.display()))
}

/// What Slurm has of the runs in a folder. Where `squeue` is not found, that is said, and nothing is queued.
pub(super) fn queue(runs: &Path) -> Result<Queue, LauncherError> {
    match Queue::ask(runs) {
        Err(error @ (LauncherError::NoSlurm { .. } | LauncherError::Refused { .. })) => {
            output::note(&format!(
                "trials were submitted to Slurm from here, but their state is unknown: {error}"
            ));
            Ok(Queue::default())
        }
        queue => queue,
    }
}

/// The state of a trial, including its place in the queue.
pub(super) fn state_name(trial: &Planned, queue: &Queue) -> &'static str {
    match waiting(trial, queue) {
        Some(task) if task.state == TaskState::Queued => "queued",
        Some(_) => "starting",
        None => trial.state_name(),
    }
}

/// What else there is to say about a trial.
pub(super) fn details(trial: &Planned, queue: &Queue) -> String {
    let details = crate::work::details(trial);
    match queue.task(&trial.name()) {
        Some(task) if details.is_empty() => format!("Slurm {}", task.id),
        Some(task) => format!("Slurm {}; {details}", task.id),
        None => details,
    }
}

/// How many trials of a plan Slurm has.
pub(super) fn queued(plan: &Plan, queue: &Queue) -> String {
    let tasks: Vec<&QueuedTask> = plan
        .trials()
        .iter()
        .filter_map(|trial| queue.task(&trial.name()))
        .collect();
    let waiting = tasks.iter().filter(|task| task.state == TaskState::Queued);
    let waiting = waiting.count();
    format!(
        "in Slurm: {waiting} queued, {} running",
        tasks.len() - waiting
    )
}

/// The task of a trial that no process trains yet.
fn waiting<'a>(trial: &Planned, queue: &'a Queue) -> Option<&'a QueuedTask> {
    let is_at_rest = !matches!(trial.state, State::Done | State::Running { .. });
    queue.task(&trial.name()).filter(|_| is_at_rest)
}
