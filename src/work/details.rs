//! What a person should know of a trial beside its state.

use crate::plan::{Goal, Planned, State};

/// What else there is to say about a trial.
pub(crate) fn details(trial: &Planned) -> String {
    match (trial.goal, &trial.state) {
        (
            Goal::Stopped {
                step,
                rung,
                rank,
                of,
            },
            State::Interrupted { .. } | State::Failed { .. },
        ) => {
            let failed = match trial.state {
                State::Failed { .. } => ", because it failed",
                _ => "",
            };
            return format!("stopped at rung {rung}, step {step}: number {rank} of {of}{failed}");
        }
        (Goal::Step(goal), State::Interrupted { step, .. }) if *step >= goal => {
            return format!("waits at step {step} for the others of its rung");
        }
        _ => {}
    }
    match &trial.state {
        State::Done if trial.has_lost_log => format!(
            "says done, but its metrics are missing: restore them from a copy, or move `{}` away and train it again",
            trial.folder.path().display()
        ),
        State::Done => trial.outdated_scores.map_or_else(String::new, |scored| {
            format!(
                "its scores are those of version {scored} of the metrics: score it again with `colorize evaluate {}`",
                trial.folder.path().display()
            )
        }),
        State::Missing => trial.stale.as_ref().map_or_else(|| before(trial), |stale| {
            if stale.is_renamed {
                return format!(
                    "stored under a different name, `{}`: move it back to `{}`",
                    stale.folder.path().display(),
                    trial.folder.path().display()
                );
            }
            let changes: Vec<String> = stale.changes.iter().map(ToString::to_string).collect();
            let what = if changes.is_empty() {
                "made by a version that identified trials differently".to_owned()
            } else {
                changes.join(", ")
            };
            let stale = format!("stale: an earlier run exists ({what})");
            match before(trial) {
                before if before.is_empty() => stale,
                before => format!("{before}; {stale}"),
            }
        }),
        State::Interrupted { step, killed } => {
            let how = if *killed { "killed" } else { "stopped" };
            match step {
                0 => format!("{how}; starts over"),
                step => format!("{how}; resumes from step {step}"),
            }
        }
        State::Failed { reason, .. } => reason.lines().next().unwrap_or_default().to_owned(),
        State::Running {
            host,
            process,
            since,
            here,
            ..
        } => {
            let since = since.strftime("%Y-%m-%d %H:%M UTC");
            let place = if *here { "" } else { ", another machine" };
            format!("process {process} on {host}{place}, since {since}")
        }
    }
}

/// What a trial starts from, where that is another one of its plan.
fn before(trial: &Planned) -> String {
    let after = trial.after.as_ref();
    after.map_or_else(String::new, |name| format!("starts from {name}"))
}
