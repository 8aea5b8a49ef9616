//! The same few steps twice.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::compare;
use super::state::{Digest, State};
use super::{Difference, ProofError, Verdict};
use crate::runs::CheckpointPart;
use crate::train::{Interrupter, Outcome, StepState, Trial, Witness};

/// How much of the first training's states is kept on disk at once, in bytes. With what exceeds it, the first step and the
/// first tensor that differ are still told, but not by how much.
const KEPT: u64 = 2 << 30;

/// The first training's states, and where the second one leaves them.
struct States {
    folder: PathBuf,
    digests: Vec<Digest>,
    kept: u64,
    difference: Option<Difference>,
    failure: Option<ProofError>,
}

/// Trains `trial` twice from the beginning, into two folders of runs below `folder`, and compares the state after every step
/// and all that the two have written.
///
/// # Errors
///
/// [`ProofError`] when one of the two cannot be trained or read.
pub fn determinism(
    trial: &Trial<'_>,
    folder: &Path,
    stop: &Interrupter,
) -> Result<Verdict, ProofError> {
    let states = Arc::new(Mutex::new(States {
        folder: folder.join("states"),
        digests: Vec::new(),
        kept: 0,
        difference: None,
        failure: None,
    }));
    let runs = ["first", "second"].map(|name| folder.join(name));
    let [first, second] = runs.each_ref().map(|runs| Trial { runs, ..*trial });
    train(&first, stop, &states, States::remember)?;
    train(&second, stop, &states, States::compare)?;
    let mut states = states.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(difference) = states.difference.take() {
        return Ok(Err(difference));
    }
    let steps = trial.experiment.train.steps;
    let verdict = compare::folders(&first.folder(), &second.folder(), steps)?;
    Ok(verdict.map(|equal| super::Equal {
        // The last checkpoint holds batch norm's statistics made anew, and so is one more.
        states: states.digests.len() + 1,
        ..equal
    }))
}

/// Trains with `look` as its witness.
fn train(
    trial: &Trial<'_>,
    stop: &Interrupter,
    states: &Arc<Mutex<States>>,
    look: fn(&mut States, StepState) -> Result<bool, ProofError>,
) -> Result<(), ProofError> {
    let shared = Arc::clone(states);
    let witness = Witness::new(move |state| {
        let mut states = shared.lock().unwrap_or_else(PoisonError::into_inner);
        look(&mut states, state).unwrap_or_else(|error| {
            states.failure = Some(error);
            false
        })
    });
    let outcome = trial.run_witnessed(stop, Some(Arc::new(witness)))?;
    let mut states = states.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = states.failure.take() {
        return Err(error);
    }
    if outcome != Outcome::Done && states.difference.is_none() {
        return Err(ProofError::Stopped);
    }
    Ok(())
}

impl States {
    /// Keeps a state of the first training.
    fn remember(&mut self, state: StepState) -> Result<bool, ProofError> {
        let size: usize = state.parts.values().map(Vec::len).sum();
        if self.kept + size as u64 <= KEPT {
            self.kept += size as u64;
            let folder = self.folder_of(state.step);
            fs::create_dir_all(&folder).map_err(ProofError::io("create", &folder))?;
            for (part, bytes) in &state.parts {
                let path = folder.join(part.file_name());
                fs::write(&path, bytes).map_err(ProofError::io("write", &path))?;
            }
        }
        self.digests.push(State::of_step(state)?.digest());
        Ok(true)
    }

    /// Compares a state of the second training with that of the first one.
    fn compare(&mut self, state: StepState) -> Result<bool, ProofError> {
        let step = state.step;
        let second = State::of_step(state)?;
        let differing = match self.digests.get(step - 1) {
            Some(first) => first.differing(&second.digest()),
            None => vec!["steps".to_owned()],
        };
        let folder = self.folder_of(step);
        if differing.is_empty() {
            // What is equal need not be looked at again.
            let _ = fs::remove_dir_all(&folder);
            return Ok(true);
        }
        let what = if folder.is_dir() {
            let read = |part: CheckpointPart| {
                let path = folder.join(part.file_name());
                let bytes = fs::read(&path).map_err(ProofError::io("read", path))?;
                Ok((part, bytes))
            };
            let parts = CheckpointPart::ALL
                .into_iter()
                .map(read)
                .collect::<Result<_, ProofError>>()?;
            State::of_step(StepState { step, parts })?.difference(&second)
        } else {
            None
        };
        let what = what.unwrap_or_else(|| {
            format!(
                "`{}` differs, and so do {} more of {} values",
                differing[0],
                differing.len() - 1,
                second.len()
            )
        });
        self.difference = Some(Difference(format!("after step {step}, {what}")));
        Ok(false)
    }

    fn folder_of(&self, step: usize) -> PathBuf {
        self.folder.join(format!("step-{step:06}"))
    }
}
