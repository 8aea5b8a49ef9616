//! Claims of experiment files, held against what held-out images say.

use crate::evaluate::Metric;
use crate::experiment::{Against, Claim};
use crate::statistics::{Comparison, Side, StatisticsError, Verdict, holm};

use super::{ReportError, Scores, Summary};

/// A claim and what came of it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The claim.
    pub claim: Claim,
    /// The numbers, or why there are none.
    pub result: Result<JudgedNumbers, Open>,
}

/// Why a claim stays open.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Open {
    /// An experiment has no finished run among those that were asked for.
    #[error("`{0}` has no finished run here")]
    NotTrained(String),
    /// A run's table lacks the metric's columns: an older program wrote it.
    #[error("`{experiment}` has no `{metric}`")]
    NoMetric {
        /// The experiment.
        experiment: String,
        /// The metric.
        metric: &'static str,
    },
    /// The baseline was not scored, or lacks the metric.
    #[error("the baseline `{0}` was not scored")]
    NoBaseline(String),
    /// The numbers cannot be compared.
    #[error(transparent)]
    NotComparable(#[from] StatisticsError),
}

/// A claim's numbers.
#[derive(Debug, Clone)]
pub struct JudgedNumbers {
    /// Both sides and their difference.
    pub comparison: Comparison,
    /// What the interval says.
    pub verdict: Verdict,
    /// The p-value, corrected (Holm 1979) for the number of claims that were judged together.
    pub p_value: f64,
}

/// Judges claims by the last evaluation of finished runs. An experiment that is not among `runs` leaves its claims open.
///
/// # Errors
///
/// [`ReportError`] when a run's table cannot be read.
pub fn judge(
    claims: &[Claim],
    runs: &[Summary],
    baseline_code: &[(&'static str, u32)],
) -> Result<Vec<Judged>, ReportError> {
    let mut comparisons = Vec::new();
    for claim in claims {
        comparisons.push(compare(claim, runs, baseline_code)?);
    }
    let p_values: Vec<f64> = comparisons
        .iter()
        .flatten()
        .map(|comparison| comparison.p_value)
        .collect();
    let mut corrected = holm(&p_values).into_iter();
    Ok(claims
        .iter()
        .zip(comparisons)
        .map(|(claim, comparison)| Judged {
            claim: claim.clone(),
            result: comparison.map(|comparison| JudgedNumbers {
                verdict: comparison.verdict(claim.expect, claim.by),
                p_value: corrected.next().unwrap_or(comparison.p_value),
                comparison,
            }),
        })
        .collect())
}

fn compare(
    claim: &Claim,
    runs: &[Summary],
    baseline_code: &[(&'static str, u32)],
) -> Result<Result<Comparison, Open>, ReportError> {
    let of = match side(&claim.of, claim.metric, runs)? {
        Ok(side) => side,
        Err(reason) => return Ok(Err(reason)),
    };
    let compared = match &claim.against {
        Against::Experiment(name) => match side(name, claim.metric, runs)? {
            Ok(against) => Comparison::of(&of, &against),
            Err(reason) => return Ok(Err(reason)),
        },
        Against::Baseline(name) => {
            let judged = runs.iter().find(|run| run.record.experiment == claim.of);
            let baselines = match judged {
                Some(run) => Scores::of_baselines(run, baseline_code)?,
                None => Vec::new(),
            };
            let baseline = baselines.iter().find(|scores| scores.name == *name);
            match baseline.and_then(|scores| scores.as_baseline(claim.metric)) {
                Some(against) => Comparison::of(&of, &against),
                None => return Ok(Err(Open::NoBaseline(name.clone()))),
            }
        }
        Against::Value(value) => Comparison::with_value(&of, *value),
    };
    Ok(compared.map_err(Open::from))
}

/// The finished runs of an experiment, one a seed.
fn side(
    experiment: &str,
    metric: Metric,
    runs: &[Summary],
) -> Result<Result<Side, Open>, ReportError> {
    let mut tables = Vec::new();
    for run in runs {
        if run.record.experiment != experiment || run.record.step < run.record.steps {
            continue;
        }
        let scores = Scores::of_run(run, run.record.steps)?;
        match scores.terms(metric) {
            Some(terms) => tables.push(terms),
            None => {
                return Ok(Err(Open::NoMetric {
                    experiment: experiment.to_owned(),
                    metric: metric.name(),
                }));
            }
        }
    }
    if tables.is_empty() {
        return Ok(Err(Open::NotTrained(experiment.to_owned())));
    }
    Ok(Ok(Side::experiment(tables)))
}
