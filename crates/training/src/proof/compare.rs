//! Two run folders of one trial, compared with each other.

use std::fs;

use polars::prelude::*;

use super::state::State;
use super::{Difference, Equal, ProofError, Verdict};
use crate::evaluate::MachineMetric;
use crate::runs::{Checkpoint, MetricTable, RunError, RunFolder, read_image_scores, read_metrics};

/// Compares all that two runs have left: log, image scores, sample pictures, and their last checkpoint.
///
/// # Errors
///
/// [`ProofError`] when one of them cannot be read.
pub fn runs(one: &RunFolder, other: &RunFolder) -> Result<Verdict, ProofError> {
    let mut steps = Vec::new();
    for folder in [one, other] {
        let (checkpoint, damaged) = folder.latest_checkpoint(None)?;
        match (checkpoint, damaged.into_iter().next()) {
            (Some(checkpoint), None) => steps.push(checkpoint.step),
            (_, Some(damaged)) => return Err(damaged.into()),
            (None, None) => {
                return Err(ProofError::Run(RunError::NoCheckpoint {
                    path: folder.path().to_path_buf(),
                    reason: "none exist".to_owned(),
                }));
            }
        }
    }
    if steps[0] != steps[1] {
        return Ok(Err(Difference(format!(
            "the last checkpoint is from step {} in one run and from step {} in the other",
            steps[0], steps[1]
        ))));
    }
    folders(one, other, steps[0])
}

/// Compares all that two run folders of one trial share once `steps` are done: the last checkpoint, the log, the tables of
/// image scores and the sample pictures.
pub(super) fn folders(
    one: &RunFolder,
    other: &RunFolder,
    steps: usize,
) -> Result<Verdict, ProofError> {
    let mut equal = Equal {
        states: 1,
        ..Equal::default()
    };
    match rows(&read_metrics(one)?, &read_metrics(other)?) {
        Ok(rows) => equal.rows = rows,
        Err(difference) => return Ok(Err(difference)),
    }
    for step in steps_of(one, other, "images")? {
        let tables = [one, other].map(|folder| folder.image_scores(step));
        if let Some(path) = tables.iter().find(|path| !path.is_file()) {
            return Ok(Err(missing(&path.display().to_string())));
        }
        let [first, second] = tables.each_ref().map(|path| read_image_scores(path));
        match image_rows(step, &first?, &second?) {
            Ok(rows) => equal.image_rows += rows,
            Err(difference) => return Ok(Err(difference)),
        }
    }
    for step in steps_of(one, other, "samples")? {
        let pictures = [one, other].map(|folder| folder.sample(step).with_extension("png"));
        let [first, second] = pictures.each_ref().map(|path| fs::read(path).ok());
        if first.is_none() || first != second {
            return Ok(Err(Difference(format!(
                "the sample pictures of step {step} differ: `{}` and `{}`",
                pictures[0].display(),
                pictures[1].display()
            ))));
        }
        equal.pictures += 1;
    }
    let [first, second] = [one, other].map(|folder| Checkpoint::at(&folder.checkpoints(), steps));
    let (first, second) = (
        State::of_checkpoint(&first)?,
        State::of_checkpoint(&second)?,
    );
    if let Some(difference) = first.difference(&second) {
        return Ok(Err(Difference(format!(
            "in the checkpoint of step {steps}, {difference}"
        ))));
    }
    equal.tensors = first.len();
    equal.bits = first.bits();
    Ok(Ok(equal))
}

fn missing(what: &str) -> Difference {
    Difference(format!("only one of the runs has `{what}`"))
}

/// The number of rows that two logs share, without those that tell the time or the machine.
fn rows(one: &MetricTable, other: &MetricTable) -> Result<usize, Difference> {
    let kept = |log: &MetricTable| -> Vec<(usize, String, u64, f64)> {
        let series = log
            .all()
            .filter(|(_, metric, _)| MachineMetric::named(metric).is_none());
        let mut rows: Vec<_> = series
            .flat_map(|(split, metric, series)| {
                let name = format!("{split} {metric}");
                series
                    .iter()
                    .map(move |&(step, value)| (step, name.clone(), value.to_bits(), value))
            })
            .collect();
        rows.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
        rows
    };
    let (one, other) = (kept(one), kept(other));
    for (first, second) in one.iter().zip(&other) {
        let (step, name, bits, value) = first;
        if (step, name) != (&second.0, &second.1) {
            let (step, name) = (step, name).min((&second.0, &second.1));
            return Err(Difference(format!(
                "only one of the runs has the row of `{name}` at step {step}, or one has it twice"
            )));
        }
        if *bits != second.2 {
            return Err(Difference(format!(
                "the first metric row that differs is `{name}` at step {step}: {value:?} vs. {:?}",
                second.3
            )));
        }
    }
    if let Some((step, name, ..)) = one.get(other.len()).or_else(|| other.get(one.len())) {
        return Err(Difference(format!(
            "only one of the runs has the row of `{name}` at step {step}"
        )));
    }
    Ok(one.len())
}

/// The number of rows of a table of image scores, when the other is the same.
fn image_rows(step: usize, one: &DataFrame, other: &DataFrame) -> Result<usize, Difference> {
    let differ = |what: String| {
        Err(Difference(format!(
            "the image scores of step {step} differ: {what}"
        )))
    };
    if one.schema() != other.schema() || one.height() != other.height() {
        return differ(format!(
            "{} rows of {} columns vs. {} of {}",
            one.height(),
            one.width(),
            other.height(),
            other.width()
        ));
    }
    for (first, second) in one.columns().iter().zip(other.columns()) {
        for row in 0..one.height() {
            let [first_value, second_value] = [first, second].map(|column| column.get(row));
            let (Ok(first_value), Ok(second_value)) = (first_value, second_value) else {
                continue;
            };
            let same = match (&first_value, &second_value) {
                (AnyValue::Float64(first), AnyValue::Float64(second)) => {
                    first.to_bits() == second.to_bits()
                }
                (first, second) => first == second,
            };
            if !same {
                return differ(format!(
                    "`{}` in row {row}: {first_value} vs. {second_value}",
                    first.name()
                ));
            }
        }
    }
    Ok(one.height())
}

/// The steps of the files `<kind>/step-NNNNNN.*` in either folder.
fn steps_of(one: &RunFolder, other: &RunFolder, kind: &str) -> Result<Vec<usize>, ProofError> {
    let mut steps = Vec::new();
    for folder in [one, other] {
        let folder = folder.path().join(kind);
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&folder).map_err(ProofError::io("read", &folder))? {
            let path = entry.map_err(ProofError::io("read", &folder))?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            let step: Option<usize> =
                stem.and_then(|stem| stem.strip_prefix("step-")?.parse().ok());
            steps.extend(step);
        }
    }
    steps.sort_unstable();
    steps.dedup();
    Ok(steps)
}
