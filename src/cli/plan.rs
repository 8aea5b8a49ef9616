//! `colorize plan`: what `run` would do.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use colorize_base::counted;
use comfy_table::CellAlignment;
use serde::Serialize;

use super::decided::{self, ClaimState};
use super::{DONE, launch, output};
use crate::backend::Devices;
use crate::command_error::{CommandError, Result};
use crate::experiment::check_names;
use crate::launcher::Queue;
use crate::plan::{Counts, Estimate, Goal, Plan, Planned, Source, State};
use crate::work::campaign::{Campaign, CampaignArguments};
use crate::work::halving;
use crate::work::outlook::judged_so_far;
use crate::work::prepare::{ExperimentArguments, TrainingArguments, prepare_elsewhere, utf8_path};

/// Arguments of `colorize plan`.
#[derive(Debug, Args)]
pub(super) struct PlanArguments {
    #[command(flatten)]
    experiments: ExperimentArguments,
    /// Seed to plan instead of the experiment's; repeatable
    #[arg(long, value_name = "N")]
    seed: Vec<u64>,
    /// Dataset manifest to use instead of the experiment's, such as `datasets/coco.toml`; several make one dataset
    #[arg(long, value_name = "MANIFEST", value_parser = utf8_path())]
    dataset: Vec<PathBuf>,
    /// Where the trials would be computed: `flex`, `libtorch`, `libtorch:cuda:0`, `wgpu:0` or `cuda:0`
    #[arg(long, default_value = "flex")]
    device: Devices,
    /// Folder of all runs
    #[arg(long, default_value = "runs", value_name = "DIR")]
    runs: PathBuf,
    #[command(flatten)]
    campaign: CampaignArguments,
    /// Print the plan as JSON
    #[arg(long)]
    json: bool,
}

/// Prints the state of every trial. Nothing is trained, and no run folder is touched.
pub(super) fn run(arguments: &PlanArguments) -> Result<ExitCode> {
    let training = TrainingArguments {
        dataset: arguments.dataset.clone(),
        devices: arguments.device,
        runs: arguments.runs.clone(),
        tui: false,
    };
    let resolved = arguments.experiments.resolve(&training, &arguments.seed)?;
    check_names(&resolved)?;
    let overrides = arguments.experiments.overrides(&training, &arguments.seed);
    // A plan is made where the queue is, and the device may be elsewhere.
    let (plan, claims) = if let Some(most) = arguments.campaign.most() {
        let mut campaign = Campaign::of(resolved, most, &training, &overrides, prepare_elsewhere)?;
        let courses = campaign.look(&training)?;
        let claims = courses.iter().map(ClaimState::of_course).collect();
        (campaign.work.plan, claims)
    } else {
        let mut work = training.plan_elsewhere(resolved)?;
        halving::set_goals(&mut work)?;
        let judged = judged_so_far(&work, &training, &overrides)?;
        let claims = judged.iter().filter_map(ClaimState::of_judged).collect();
        (work.plan, claims)
    };
    let queue = launch::queue(&arguments.runs)?;
    if arguments.json {
        output::line(
            &serde_json::to_string_pretty(&Written::of(&plan, &queue, claims))
                .map_err(CommandError::failed)?,
        );
    } else {
        print(&plan, &queue);
        decided::states(&claims);
    }
    output::strays(plan.strays());
    Ok(ExitCode::from(DONE))
}

/// Prints a plan as a table, with its sums.
pub(super) fn print(plan: &Plan, queue: &Queue) {
    let mut table = output::table(&["trial", "state", "steps", "left", ""]);
    for trial in plan.trials() {
        table.add_row([
            trial.label(),
            launch::state_name(trial, queue).to_owned(),
            format!("{}/{}", trial.steps_done(), trial.steps),
            left(trial),
            launch::details(trial, queue),
        ]);
    }
    for column in [2, 3] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    output::line(&table.to_string());
    output::line("");
    output::line(&sums(plan));
    if !queue.is_empty() {
        output::line(&launch::queued(plan, queue));
    }
    for line in sources(plan) {
        output::line(&line);
    }
}

/// How many trials are in which state, and what is left to do.
pub(super) fn sums(plan: &Plan) -> String {
    let Counts {
        done,
        missing,
        stale,
        interrupted,
        failed,
        running,
        stopped,
    } = plan.counts();
    let trials = plan.trials().len();
    let mut text = format!("{}: {done} done", counted(trials, "trial"));
    let beside = match stale {
        0 => String::new(),
        stale => format!(" ({stale} stale)"),
    };
    for (count, what) in [
        (missing, format!("missing{beside}")),
        (interrupted, "interrupted".to_owned()),
        (failed, "failed".to_owned()),
        (running, "running".to_owned()),
        (stopped, "stopped".to_owned()),
    ] {
        if count > 0 {
            text.push_str(&format!(", {count} {what}"));
        }
    }
    let (seconds, unknown) = plan.seconds_left();
    let to_do = plan.to_do().len();
    match unknown {
        _ if to_do == 0 => {}
        0 => text.push_str(&format!("; about {} left to train", duration(seconds))),
        unknown if unknown == to_do => {
            text.push_str("; time left unknown: nothing comparable has run here");
        }
        unknown => text.push_str(&format!(
            "; about {} left to train, not counting {unknown} for which nothing comparable has run here",
            duration(seconds)
        )),
    }
    text
}

/// What the times are taken from.
fn sources(plan: &Plan) -> Vec<String> {
    let mut sources: BTreeMap<Source, (usize, usize)> = BTreeMap::new();
    for estimate in plan
        .trials()
        .iter()
        .filter_map(|trial| trial.estimate.as_ref())
    {
        let (trials, most) = sources.entry(estimate.from).or_default();
        *trials += 1;
        *most = estimate.runs.max(*most);
    }
    sources
        .into_iter()
        .map(|(source, (trials, most))| {
            format!(
                "time of {}: from {}{} of {}",
                counted(trials, "trial"),
                if trials == 1 || most == 1 {
                    ""
                } else {
                    "up to "
                },
                counted(most, "run"),
                source.words()
            )
        })
        .collect()
}

fn left(trial: &Planned) -> String {
    match &trial.estimate {
        Some(estimate) => duration(estimate.seconds),
        None if trial.state == State::Done => String::new(),
        None => "–".to_owned(),
    }
}

/// `42 s`, `7 min`, `3 h 20 min`, `2 d 5 h`.
fn duration(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    let minutes = (seconds + 30) / 60;
    match (seconds, minutes) {
        (0..60, _) => format!("{seconds} s"),
        (_, 0..60) => format!("{minutes} min"),
        (_, 60..1440) => format!("{} h {} min", minutes / 60, minutes % 60),
        _ => format!("{} d {} h", minutes / 1440, minutes % 1440 / 60),
    }
}

/// A plan for programs.
#[derive(Serialize)]
struct Written<'a> {
    trials: Vec<WrittenTrial<'a>>,
    counts: Counts,
    /// Of the trials that are left to train, as far as it is known.
    seconds_left: f64,
    /// Trials for which nothing comparable has run here.
    seconds_unknown_of: usize,
    /// What the runs so far make of the experiments' claims.
    claims: Vec<ClaimState>,
}

#[derive(Serialize)]
struct WrittenTrial<'a> {
    name: String,
    experiment: &'a str,
    variant: BTreeMap<&'a str, &'a str>,
    seed: u64,
    identity: String,
    configuration: &'a str,
    folder: String,
    /// The name of the trial of this plan whose weights it starts from.
    after: Option<&'a str>,
    steps: usize,
    /// How far it is to be trained for now.
    goal: Goal,
    #[serde(flatten)]
    state: &'a State,
    stale: Option<WrittenStale>,
    estimate: Option<&'a Estimate>,
    /// The Slurm task that has it, and its state.
    slurm: Option<WrittenTask<'a>>,
}

#[derive(Serialize)]
struct WrittenTask<'a> {
    task: &'a str,
    state: &'static str,
}

#[derive(Serialize)]
struct WrittenStale {
    folder: String,
    changes: Vec<String>,
}

impl<'a> Written<'a> {
    fn of(plan: &'a Plan, queue: &'a Queue, claims: Vec<ClaimState>) -> Self {
        let (seconds_left, seconds_unknown_of) = plan.seconds_left();
        Self {
            trials: plan
                .trials()
                .iter()
                .map(|trial| WrittenTrial::of(trial, queue))
                .collect(),
            counts: plan.counts(),
            seconds_left,
            seconds_unknown_of,
            claims,
        }
    }
}

impl<'a> WrittenTrial<'a> {
    fn of(trial: &'a Planned, queue: &'a Queue) -> Self {
        Self {
            name: trial.name(),
            experiment: &trial.experiment,
            variant: trial.variant.iter().collect(),
            seed: trial.seed,
            identity: trial.identity.to_string(),
            configuration: trial.identity.configuration(),
            folder: trial.folder.path().display().to_string(),
            after: trial.after.as_deref(),
            steps: trial.steps,
            goal: trial.goal,
            state: &trial.state,
            stale: trial.stale.as_ref().map(|stale| WrittenStale {
                folder: stale.folder.path().display().to_string(),
                changes: stale.changes.iter().map(ToString::to_string).collect(),
            }),
            estimate: trial.estimate.as_ref(),
            slurm: queue.task(&trial.name()).map(|task| WrittenTask {
                task: &task.id,
                state: task.state.word(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_are_as_exact_as_they_deserve() {
        for (seconds, text) in [
            (0.2, "0 s"),
            (59.4, "59 s"),
            (59.6, "1 min"),
            (3_569.0, "59 min"),
            (3_571.0, "1 h 0 min"),
            (12_000.0, "3 h 20 min"),
            (190_800.0, "2 d 5 h"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }
}
