//! What the runs so far make of the claims of a plan, wherever these runs come from.

use std::collections::BTreeSet;

use super::campaign::{base, claims_of, names, rivals};
use super::prepare::{Prepared, TrainingArguments, Work, prepare};
use super::squares::WantedSquares;
use crate::command_error::Result;
use crate::dataset::Cache;
use crate::experiment::{Overrides, Resolved};
use crate::report::Run;
use crate::report::claims::{Judged, judge_runs};
use crate::runs::{RunFolder, RunRecord, find_runs};
use crate::terminal;

/// Judges the claims of a plan's experiments by all finished runs of their sides, whatever their seeds; claims with a side
/// that has none are left out. An experiment that cannot be opened here is named, and nothing is said of its claims.
///
/// # Errors
///
/// When the folder of runs, or a run in it, cannot be read.
pub(crate) fn judged_so_far(
    work: &Work,
    training: &TrainingArguments,
    overrides: &Overrides,
) -> Result<Vec<Judged>> {
    let asked = work.prepared.iter().map(|it| &it.resolved);
    let mut claims = claims_of(asked.clone());
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    let finished = finished(training)?;
    let trained: BTreeSet<&str> = finished
        .iter()
        .map(|(_, record)| record.experiment.as_str())
        .collect();
    claims.retain(|claim| names(claim).all(|name| trained.contains(base(name))));
    let rivals = match rivals(asked, &claims, overrides).and_then(|it| open(it, &work.prepared)) {
        Ok(rivals) => rivals,
        Err(error) => {
            terminal::note(&format!("note: claims are not judged: {error}"));
            return Ok(Vec::new());
        }
    };
    let sides: BTreeSet<String> = work
        .prepared
        .iter()
        .chain(&rivals)
        .map(|side| {
            let identity = training.trial(side, 0).identity();
            identity.configuration().to_owned()
        })
        .collect();
    let runs = finished
        .iter()
        .filter(|(_, record)| sides.contains(&record.configuration))
        .map(|(folder, _)| Run::read(folder))
        .collect::<Result<Vec<Run>, _>>()?;
    Ok(judge_runs(&claims, &runs)?)
}

fn finished(training: &TrainingArguments) -> Result<Vec<(RunFolder, RunRecord)>> {
    let found = find_runs(&training.runs)?.runs.into_iter();
    let read = found.filter_map(|folder| {
        let record = folder.record().ok()??;
        record.is_finished().then_some((folder, record))
    });
    Ok(read.collect())
}

/// Opens the datasets of experiments, with the photographs of `known` ones where these are the same.
fn open(experiments: Vec<Resolved>, known: &[Prepared]) -> Result<Vec<Prepared>> {
    let cache = Cache::of_user()?;
    let squares = WantedSquares::default();
    experiments
        .into_iter()
        .map(|experiment| prepare(experiment, &cache, known, &squares))
        .collect()
}
