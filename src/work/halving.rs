//! Successive halving: how far each trial of a sweep is to be trained for now, given what all of them have come to.
//!
//! A trial is one and the same run at every rung: its folder, its identity and its schedule are those of the whole training,
//! and it pauses with a checkpoint. So the rungs are a matter of the plan alone, and a function of the runs that exist.

use std::path::PathBuf;

use super::prepare::Work;
use crate::experiment::Halving;
use crate::plan::{Goal, Plan, Planned, State};
use crate::runs::{RunError, read_metrics};

/// Whether any of the experiments halves its sweep.
pub(crate) fn is_wanted(work: &Work) -> bool {
    let mut experiments = work.prepared.iter();
    experiments.any(|prepared| prepared.resolved.halving.is_some())
}

/// Says in a plan how far every trial is to be trained for now. Trials of experiments that halve nothing go to the end.
///
/// # Errors
///
/// When the log of a run cannot be read.
pub(crate) fn set_goals(work: &mut Work) -> Result<(), RunError> {
    let mut goals = vec![Goal::End; work.plan.trials().len()];
    let mut files: Vec<&PathBuf> = Vec::new();
    for prepared in &work.prepared {
        let resolved = &prepared.resolved;
        let Some(halving) = &resolved.halving else {
            continue;
        };
        if files.contains(&&resolved.path) {
            continue;
        }
        files.push(&resolved.path);
        let points = work.prepared.iter().map(|it| &it.resolved);
        let points = points.filter(|point| point.path == resolved.path);
        // The trials of each point: its seeds.
        let points: Vec<Vec<usize>> = points
            .map(|point| {
                let trials = work.plan.trials().iter().enumerate();
                let is_own = |trial: &Planned| {
                    trial.experiment == point.experiment.name && trial.variant == point.variant
                };
                trials
                    .filter(|(_, it)| is_own(it))
                    .map(|(index, _)| index)
                    .collect()
            })
            .collect();
        climb(halving, points, &work.plan, &mut goals)?;
    }
    work.plan.set_goals(goals);
    Ok(())
}

/// Goes up the rungs as far as all points that are left have come.
fn climb(
    halving: &Halving,
    mut points: Vec<Vec<usize>>,
    plan: &Plan,
    goals: &mut [Goal],
) -> Result<(), RunError> {
    for (rung, &step) in halving.after.iter().enumerate() {
        let mut costs = Vec::new();
        for point in &points {
            match cost(halving, point, plan, step)? {
                Some(cost) => costs.push(cost),
                None => {
                    for &trial in points.iter().flatten() {
                        goals[trial] = Goal::Step(step);
                    }
                    return Ok(());
                }
            }
        }
        let mut order: Vec<usize> = (0..points.len()).collect();
        // Of equals the one that comes first in the sweep is better.
        order.sort_by(|&one, &other| costs[one].total_cmp(&costs[other]));
        let kept = halving.kept(points.len());
        for (place, &point) in order.iter().enumerate().skip(kept) {
            for &trial in &points[point] {
                goals[trial] = Goal::Stopped {
                    step,
                    rung: rung + 1,
                    rank: place + 1,
                    of: points.len(),
                };
            }
        }
        let mut left = order[..kept].to_vec();
        left.sort_unstable();
        points = left
            .into_iter()
            .map(|point| points[point].clone())
            .collect();
    }
    Ok(())
}

/// What a point has come to at a rung, the mean over its seeds; less is better, and infinity is a point with a seed that
/// failed. `None` where a seed has not come so far.
fn cost(
    halving: &Halving,
    point: &[usize],
    plan: &Plan,
    step: usize,
) -> Result<Option<f64>, RunError> {
    let mut sum = 0.0;
    for &trial in point {
        let trial = &plan.trials()[trial];
        let has_come = match trial.state {
            State::Done | State::Failed { .. } => true,
            State::Interrupted { step: done, .. } => done >= step,
            State::Missing | State::Running { .. } => false,
        };
        if !has_come {
            return Ok(None);
        }
        let log = read_metrics(&trial.folder)?;
        let series = log.series("validation", halving.metric.name());
        // One that ended early has its last evaluation before the rung.
        let is_done = trial.state == State::Done;
        let value = series
            .iter()
            .rfind(|&&(at, _)| at == step || is_done && at < step)
            .map(|&(_, value)| value);
        let cost = value.and_then(|value| halving.metric.better().cost(value));
        sum += cost.unwrap_or(f64::INFINITY);
    }
    let mean = sum / point.len().max(1) as f64;
    Ok(Some(if mean.is_nan() { f64::INFINITY } else { mean }))
}
