//! `[[claims]]`: what an experiment should show, in words and in numbers.
//!
//! Claims change no number of a run. They belong to the file that writes them: a child does not inherit them, and they
//! are no part of the [`Experiment`](super::Experiment), of its folder or of its identity.

use serde::Deserialize;

use crate::{Baseline, Metric};
use colorize_statistics::{Expectation, Verdict};

use super::explain::{closest, did_you_mean, parts};
use super::neighbours::Neighbours;
use super::problem::{Fault, Problem};
use super::tree::Node;
use colorize_base::nearest::{nearest, quoted};

/// The keys of which a claim has exactly one.
const SIDES: [&str; 3] = ["against", "baseline", "value"];

/// What an experiment should show: its metric lies more than `by` above or below what it is compared with, or within
/// `by` of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The claim in words.
    pub text: String,
    /// The number that is compared, over held-out images.
    pub metric: Metric,
    /// The name of the experiment that it is about; where that has a matrix, the name with a point of it, as tables
    /// print it: `norms norm=batch scale=8`.
    pub of: String,
    /// What it is compared with.
    pub against: Against,
    /// On which side it should lie.
    pub expect: Expectation,
    /// The margin, in the metric's unit: 0 or more, and more where `expect` is `equal`.
    pub by: f64,
    /// What became of it when it was written down, which a check holds it to; `None` where nothing was promised.
    pub verdict: Option<Verdict>,
}

/// What a claim compares an experiment with.
#[derive(Debug, Clone, PartialEq)]
pub enum Against {
    /// The experiment of this name, which may be followed by a point of its matrix.
    Experiment(String),
    /// What no network is needed for, such as the photograph without its colors.
    Baseline(String),
    /// A number that is known without any run.
    Value(f64),
}

/// A claim's keys as a file may write them, not judged yet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenClaim {
    text: String,
    metric: String,
    of: Option<String>,
    against: Option<String>,
    baseline: Option<String>,
    value: Option<f64>,
    expect: Expectation,
    #[serde(default)]
    by: f64,
    verdict: Option<Verdict>,
}

/// A claim to stand in for one that cannot be read.
pub(super) const EXAMPLE: &str = "\
text = \"in words\"
metric = \"loss\"
expect = \"less\"
value = 1.0
";

/// What the claims `written` by the experiment `name` mean, and all that is wrong with them. In a file that is no
/// experiment, `name` is empty, and every claim says what it is about.
pub(super) fn decide(
    written: &[WrittenClaim],
    name: &str,
    tree: &Node,
    neighbours: &Neighbours,
) -> Result<Vec<Claim>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut claims = Vec::new();
    for (index, claim) in written.iter().enumerate() {
        let judge = Judge {
            claim,
            of: claim.of.as_deref().unwrap_or(name),
            name,
            path: format!("claims[{index}]"),
            tree,
            neighbours,
        };
        match judge.decide() {
            Ok(claim) => claims.push(claim),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        Ok(claims)
    } else {
        Err(problems)
    }
}

/// One claim and what is needed to judge it.
struct Judge<'a> {
    claim: &'a WrittenClaim,
    of: &'a str,
    /// The experiment that states it.
    name: &'a str,
    /// The claim's path, such as `claims[0]`.
    path: String,
    tree: &'a Node,
    neighbours: &'a Neighbours,
}

impl Judge<'_> {
    fn decide(&self) -> Result<Claim, Vec<Problem>> {
        let mut problems = self.values();
        if self.of.is_empty() {
            let known = self.neighbours.names();
            problems.push(
                self.problem(Fault::MissingKey(self.key("of")), "of")
                    .help(format!(
                        "it names the experiment that the claim is about: {}",
                        quoted(known)
                    )),
            );
        }
        let of = self.claim.of.as_deref();
        problems.extend(of.and_then(|of| self.unknown("of", of)));
        match (self.metric(), self.against()) {
            (Ok(metric), Ok(against)) if problems.is_empty() => Ok(Claim {
                text: self.claim.text.clone(),
                metric,
                of: self.of.to_string(),
                against,
                expect: self.claim.expect,
                by: self.claim.by,
                verdict: self.claim.verdict,
            }),
            (metric, against) => {
                problems.extend(metric.err().map(|problem| *problem));
                problems.extend(against.err().map(|problem| *problem));
                Err(problems)
            }
        }
    }

    /// What is wrong with the text and the margin.
    fn values(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.claim.text.trim().is_empty() {
            problems.push(self.wrong("text", "text", "must state the claim in words"));
        }
        let by = self.claim.by;
        if !(by >= 0.0 && by.is_finite()) {
            problems.push(self.wrong("by", "by", "must be a number, 0 or more"));
        } else if self.claim.expect == Expectation::Equal && by == 0.0 {
            let written = self.tree.get(&self.path_of("by")).is_some();
            let blame = if written { "by" } else { "expect" };
            let must = "must be above 0 when `expect` is `equal`";
            problems.push(self.wrong("by", blame, must).help(
                "say how far apart two numbers may be and still count as equal, such as `by = 0.05`",
            ));
        }
        problems
    }

    fn metric(&self) -> Result<Metric, Box<Problem>> {
        let written = &self.claim.metric;
        let metric = Metric::from_name(written).ok_or_else(|| {
            let legal = Metric::ALL.map(Metric::name);
            Box::new(self.unknown_value("metric", written, &legal))
        })?;
        if metric.is_per_image() {
            return Ok(metric);
        }
        let must = "must be a metric that single images have a value of";
        Err(Box::new(self.wrong("metric", "metric", must).help(
            format!(
                "`{written}` is one number over all images, from which no interval can be computed"
            ),
        )))
    }

    fn against(&self) -> Result<Against, Box<Problem>> {
        let claim = self.claim;
        match (&claim.against, &claim.baseline, claim.value) {
            (Some(against), None, None) => match self.experiment(against) {
                Some(problem) => Err(Box::new(problem)),
                None => Ok(Against::Experiment(against.clone())),
            },
            (None, Some(baseline), None) => {
                let legal = baselines();
                if !legal.contains(&baseline.as_str()) {
                    let problem = self.unknown_value("baseline", baseline, &legal);
                    return Err(Box::new(problem));
                }
                Ok(Against::Baseline(baseline.clone()))
            }
            (None, None, Some(value)) if value.is_finite() => Ok(Against::Value(value)),
            (None, None, Some(_)) => {
                let problem = self.wrong("value", "value", "must be a finite number");
                Err(Box::new(problem))
            }
            _ => Err(Box::new(self.not_one_side())),
        }
    }

    /// The problem of a claim with none or several of [`SIDES`].
    fn not_one_side(&self) -> Problem {
        let fault = Fault::OutOfRange {
            key: self.path.clone(),
            must: format!("must have exactly one of {}", quoted(SIDES)),
        };
        // The last of those that are too many is to blame, or the claim as a whole.
        let written = |side: &&str| self.tree.get(&self.path_of(side)).is_some();
        let blame = SIDES.into_iter().rfind(written).unwrap_or_default();
        self.problem(fault, blame).help(
            "`against = \"01-batchnorm\"` names an experiment, `baseline = \"gray\"` a network-free baseline, \
             `value = 1.0` a number",
        )
    }

    /// What is wrong with the experiment `against`.
    fn experiment(&self, against: &str) -> Option<Problem> {
        if against != self.of {
            return self.unknown("against", against);
        }
        let must = if self.claim.of.is_some() {
            format!("must name a different experiment from `of`, which is `{against}`")
        } else {
            "must name a different experiment from this one".to_string()
        };
        Some(self.wrong("against", "against", &must))
    }

    /// The problem of an experiment that does not exist.
    fn unknown(&self, key: &str, name: &str) -> Option<Problem> {
        let known = self.neighbours.names();
        // A point of a matrix follows the experiment's name after a space; no name has one.
        let experiment = name.split(' ').next().unwrap_or_default();
        if experiment == self.name && !experiment.is_empty()
            || known
                .iter()
                .any(|known| known == name || known == experiment)
        {
            return None;
        }
        let message = format!("`{}`: there is no experiment `{name}`", self.key(key));
        let near = nearest(name, known.iter().map(String::as_str)).next();
        let all = format!("available experiments: {}", quoted(known));
        Some(
            self.problem(Fault::Other(message), key)
                .help(did_you_mean(near))
                .help(if near.is_none() { all } else { String::new() }),
        )
    }

    /// The problem of a value that is none of the `legal` ones.
    fn unknown_value(&self, key: &str, written: &str, legal: &[&str]) -> Problem {
        let fault = Fault::UnknownValue {
            key: self.key(key),
            value: written.to_string(),
        };
        self.problem(fault, key)
            .help(did_you_mean(nearest(written, legal.iter().copied()).next()))
            .help(format!("legal values: {}", quoted(legal)))
    }

    /// The problem that the value of `key` must be otherwise, drawn at the key `blame`.
    fn wrong(&self, key: &str, blame: &str, must: &str) -> Problem {
        let fault = Fault::OutOfRange {
            key: self.key(key),
            must: must.to_string(),
        };
        self.problem(fault, blame)
    }

    /// A problem drawn at the value of `key`, or at the whole claim where it has no such key.
    fn problem(&self, fault: Fault, key: &str) -> Problem {
        let node = closest(self.tree, &self.path_of(key));
        Problem::new(fault, node.value.clone())
    }

    fn key(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    fn path_of(&self, key: &str) -> Vec<String> {
        parts(&self.key(key))
    }
}

/// The names of the baselines.
fn baselines() -> Vec<&'static str> {
    // Their names do not depend on what the mean is.
    let all = Baseline::all([0.0; 2]);
    all.iter().map(Baseline::name).collect()
}
