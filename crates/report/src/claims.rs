//! Claims, judged by the scores of held-out images.

use rayon::prelude::*;

use super::{Material, Needs, ReportError, Run, Selection};
use crate::evaluate::Metric;
use crate::experiment::{Against, Claim};
use crate::statistics::{CONFIDENCE, Comparison, Matching, Side, StatisticsError, Verdict, holm};

/// A claim and its result.
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
    /// An experiment has no finished run among those requested.
    #[error("`{0}` has no finished run among those requested")]
    NotTrained(String),
    /// A name matches several configurations.
    #[error(
        "`{name}` matches several configurations: {}; name one of them",
        list(found)
    )]
    Ambiguous {
        /// As the claim writes it.
        name: String,
        /// What it may mean.
        found: Vec<String>,
    },
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

fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
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

/// How a verdict compares with the recorded one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is unchanged.
    Same,
    /// It is better than it was: the file is out of date.
    Better,
    /// It is worse, or there are no runs to judge it by.
    Worse,
}

impl Judged {
    /// The verdict; `None` if the claim is open.
    pub fn verdict(&self) -> Option<Verdict> {
        let numbers = self.result.as_ref().ok()?;
        Some(numbers.verdict)
    }

    /// The verdict in words.
    pub fn verdict_name(&self) -> &'static str {
        self.verdict().map_or("open", Verdict::name)
    }

    /// How the verdict compares with the recorded one; `None` if none was recorded.
    pub fn kept(&self) -> Option<Kept> {
        let rank = |verdict: Verdict| match verdict {
            Verdict::Supported => 2,
            Verdict::NotDecided => 1,
            Verdict::Contradicted => 0,
        };
        let promised = rank(self.claim.verdict?);
        Some(match self.verdict().map(rank) {
            Some(found) if found == promised => Kept::Same,
            Some(found) if found > promised => Kept::Better,
            _ => Kept::Worse,
        })
    }
}

/// The claims whose verdict differs from the recorded one.
pub fn outdated(judged: &[Judged]) -> impl Iterator<Item = &Judged> {
    let is_outdated = |it: &&Judged| matches!(it.kept(), Some(Kept::Better | Kept::Worse));
    judged.iter().filter(is_outdated)
}

/// What the claims of a report need to know.
pub(super) fn needs(claims: &[Claim], needs: &mut Needs) {
    needs.add_paired(claims.iter().map(|claim| claim.metric));
}

/// Judges claims by the last evaluation of finished runs. An experiment that is not among `runs` leaves its claims open.
///
/// # Errors
///
/// [`ReportError`] when a run's table cannot be read.
pub fn judge_runs(claims: &[Claim], runs: &[Run]) -> Result<Vec<Judged>, ReportError> {
    let selection = Selection::of_runs(runs);
    let mut needed = Needs::default();
    needs(claims, &mut needed);
    let material = Material::read(&selection, &needed)?;
    Ok(judge(claims, &selection, &material))
}

/// Judges claims by the last evaluation of finished runs, all of them together.
pub fn judge(claims: &[Claim], selection: &Selection, material: &Material) -> Vec<Judged> {
    let comparisons: Vec<Result<Comparison, Open>> = claims
        .par_iter()
        .map(|claim| compare(claim, selection, material, None))
        .collect();
    let p_values: Vec<f64> = comparisons
        .iter()
        .flatten()
        .map(|comparison| comparison.p_value)
        .collect();
    let mut corrected = holm(&p_values).into_iter();
    claims
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
        .collect()
}

/// Some of the runs that there are, and how surely they are to speak.
pub(super) struct Part<'a> {
    /// Whether a run belongs to it.
    pub(super) has: &'a dyn Fn(&Run) -> bool,
    /// The confidence of the interval.
    pub(super) confidence: f64,
}

/// Compares what a claim compares: all runs at a 95% interval, or a part of them.
pub(super) fn compare(
    claim: &Claim,
    selection: &Selection,
    material: &Material,
    part: Option<&Part<'_>>,
) -> Result<Comparison, Open> {
    let side = |group| side(group, claim.metric, selection, material, part);
    let confidence = part.map_or(CONFIDENCE, |part| part.confidence);
    let of = find(&claim.of, selection)?;
    let here = side(of)?;
    let compared = match &claim.against {
        Against::Experiment(name) => {
            let against = find(name, selection)?;
            let there = side(against)?;
            let known = match part {
                None => material.compare(of, against, claim.metric),
                Some(_) => None,
            };
            let matching = material.matching(of, against);
            known.unwrap_or_else(|| Comparison::of_at(&here, &there, &matching, confidence))
        }
        Against::Baseline(name) => {
            let jury = material.jury(of);
            let baseline = jury.and_then(|jury| {
                jury.baselines
                    .iter()
                    .find(|baseline| baseline.name == *name)
            });
            let terms = baseline.and_then(|baseline| baseline.terms.get(claim.metric.name()));
            let terms = terms.ok_or_else(|| Open::NoBaseline(name.clone()))?;
            // A jury is of one dataset: its baselines were judged by these very images.
            let there = Side::baseline(terms.clone());
            Comparison::of_at(&here, &there, &Matching::ById, confidence)
        }
        Against::Value(value) => Comparison::with_value_at(&here, *value, confidence),
    };
    compared.map_err(Open::from)
}

/// The one group that a claim means.
fn find(name: &str, selection: &Selection) -> Result<usize, Open> {
    match selection.meant(name)[..] {
        [index] => Ok(index),
        [] => Err(Open::NotTrained(name.to_owned())),
        ref several => Err(Open::Ambiguous {
            name: name.to_owned(),
            found: several
                .iter()
                .map(|&index| selection.groups[index].name.clone())
                .collect(),
        }),
    }
}

fn side(
    group: usize,
    metric: Metric,
    selection: &Selection,
    material: &Material,
    part: Option<&Part<'_>>,
) -> Result<Side, Open> {
    let runs = &selection.groups[group].runs;
    let is_taken = |index: usize| part.is_none_or(|part| (part.has)(&runs[index]));
    let side = material.side_of(group, metric, &is_taken);
    side.ok_or_else(|| Open::NoMetric {
        experiment: selection.groups[group].name.clone(),
        metric: metric.name(),
    })
}
