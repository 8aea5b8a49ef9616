//! `[sweep] halve`: which trials of a sweep are trained on, and which are not.

use serde::Deserialize;

use super::Experiment;
use super::explain::{closest, did_you_mean, parts};
use super::matrix::out_of_range;
use super::metric::Metric;
use super::problem::{Fault, Problem};
use super::tree::Node;
use super::written::read_all_of;
use colorize_base::nearest::{nearest, quoted};

/// Successive halving (Jamieson and Talwalkar 2016): every point is trained to the first rung, the better ones from there to
/// the next, and so on, and those that are left to the end.
#[derive(Debug, Clone, PartialEq)]
pub struct Halving {
    /// What points are compared by: its value over held-out images, the mean over seeds. It has a best value.
    pub metric: Metric,
    /// The rungs: steps, rising, each below the last step of the training.
    pub after: Vec<usize>,
    /// The share of the points that go on from a rung, above 0 and at most 1.
    pub keep: f64,
}

impl Halving {
    /// How many of so many points go on from a rung: their share rounded up, and at least one.
    pub fn kept(&self, points: usize) -> usize {
        // A share of a third of nine is three, whatever its last bit.
        let kept = (points as f64 * self.keep - 1e-9).ceil().max(1.0);
        (kept as usize).min(points)
    }
}

/// The table as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenHalving {
    metric: String,
    after: Vec<usize>,
    #[serde(default = "half")]
    keep: f64,
}

fn half() -> f64 {
    0.5
}

#[derive(Deserialize)]
struct Outer {
    sweep: Inner,
}

#[derive(Deserialize)]
struct Inner {
    halve: Option<WrittenHalving>,
}

/// What the table means for the experiment at a point of the sweep, or all that is wrong with it there. `None` without such
/// a table, and for one that cannot be read: the sweep says why.
pub(super) fn decide(
    tree: &Node,
    experiment: &Experiment,
) -> Result<Option<Halving>, Vec<Problem>> {
    if tree.get(&["sweep", "halve"]).is_none() {
        return Ok(None);
    }
    let (outer, _) = read_all_of::<Outer>(tree, &[]);
    let Some(written) = outer.and_then(|outer| outer.sweep.halve) else {
        return Ok(None);
    };
    let mut problems = Vec::new();
    let legal: Vec<&str> = Metric::ALL
        .into_iter()
        .filter(|metric| metric.better().has_best())
        .map(Metric::name)
        .collect();
    let metric = Metric::from_name(&written.metric).filter(|it| it.better().has_best());
    if metric.is_none() {
        let fault = Fault::UnknownValue {
            key: "sweep.halve.metric".to_owned(),
            value: written.metric.clone(),
        };
        let near = nearest(&written.metric, legal.iter().copied()).next();
        problems.push(
            Problem::new(fault, place(tree, "sweep.halve.metric").value.clone())
                .help(did_you_mean(near))
                .help(format!("metrics with a best value: {}", quoted(&legal))),
        );
    }
    problems.extend(rungs(tree, &written.after, experiment));
    if !(written.keep > 0.0 && written.keep <= 1.0) {
        let must = "must be above 0 and at most 1".to_owned();
        let key = "sweep.halve.keep";
        problems.push(out_of_range(key, must, &place(tree, key).value));
    }
    match metric {
        Some(metric) if problems.is_empty() => Ok(Some(Halving {
            metric,
            after: written.after,
            keep: written.keep,
        })),
        _ => Err(problems),
    }
}

/// What is wrong with the rungs.
fn rungs(tree: &Node, after: &[usize], experiment: &Experiment) -> Vec<Problem> {
    let train = &experiment.train;
    let mut problems = Vec::new();
    if after.is_empty() {
        let must = "must name at least one step".to_owned();
        let key = "sweep.halve.after";
        problems.push(out_of_range(key, must, &place(tree, key).value));
    }
    for (index, &step) in after.iter().enumerate() {
        let every = train.evaluate_every;
        let must = if index > 0 && step <= after[index - 1] {
            "must be above the step before it".to_owned()
        } else if step >= train.steps {
            format!("must be below `train.steps`, which is {}", train.steps)
        } else if step == 0 || !step.is_multiple_of(every) {
            format!(
                "must be a multiple of `train.evaluate_every`, which is {every}: points are compared by an evaluation"
            )
        } else {
            continue;
        };
        let key = format!("sweep.halve.after[{index}]");
        problems.push(out_of_range(&key, must, &place(tree, &key).value));
    }
    problems
}

fn place<'a>(tree: &'a Node, key: &str) -> &'a Node {
    closest(tree, &parts(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_up_and_never_to_nothing() {
        let kept = |keep: f64, points: usize| {
            let halving = Halving {
                metric: Metric::Psnr,
                after: vec![1],
                keep,
            };
            halving.kept(points)
        };
        assert_eq!(
            [1, 2, 3, 5, 20].map(|points| kept(0.5, points)),
            [1, 1, 2, 3, 10]
        );
        assert_eq!(kept(1.0 / 3.0, 9), 3);
        assert_eq!(kept(0.01, 20), 1);
        assert_eq!(kept(1.0, 7), 7);
    }
}
