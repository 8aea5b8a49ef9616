//! Whole runs on the device: data loader, evaluation, sample pictures, log and checkpoints, on a few painted scenes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::backend::{self, DeviceName};
use crate::dataset::inspection::{Selection, inspect};
use crate::dataset::{Cache, Dataset};
use crate::experiment::{Overrides, Resolved, resolve};
use crate::proof::state::State;
use crate::proof::{self, ProofError};
use crate::runs::{Checkpoint, RunFolder};
use crate::train::{Display, Interrupter, Outcome, Trial, Witness};

/// How long it is trained, and the step before which it is stopped; there is a checkpoint after every second step.
const STEPS: usize = 4;
const STOP: usize = 3;
const CHECKPOINT: usize = 2;

const EXPERIMENT: &str = r#"
title = "A few steps"
name = "device"
dataset = { use = "world.toml", split = { validation = 0.25, seed = 0 } }
image.size = 24
color.space = "yuv"
network = { kind = "image_transformation", norm = "batch", scale = 4, residual_blocks = 1 }
train = { steps = 4, batch_size = 4, optimizer = { kind = "sgd", learning_rate = 0.05, momentum = 0.9 }, checkpoint_every = 2, evaluate_every = 2, sample_every = 4, system_every_seconds = 3600 }
evaluate = { images = 4, batch_size = 4, samples = 2 }
"#;

const WORLD: &str = "kind = \"synthetic\"\ncount = 16\nseed = 3\nsize = 32\n";

/// Of the way from the checkpoint to the end: how far from the uninterrupted run a resumed one may end where bits are not
/// promised. One that has lost its optimizer's state, or its place, goes another way altogether.
const ASTRAY: f64 = 0.1;

/// An experiment of a few steps and its photographs.
pub(super) struct Runs {
    resolved: Resolved,
    selection: Selection,
    cache: Cache,
    folder: PathBuf,
}

impl Runs {
    /// Paints the scenes; everything goes below `folder`.
    ///
    /// # Errors
    ///
    /// In words, why there is no experiment.
    pub(super) fn prepare(folder: &Path) -> Result<Self, String> {
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text)
                .map(|()| path.clone())
                .map_err(|error| format!("cannot write `{}`: {error}", path.display()))
        };
        write("world.toml", WORLD)?;
        let experiment = write("device.toml", EXPERIMENT)?;
        let said = |error: &dyn std::fmt::Display| error.to_string();
        let mut resolved =
            resolve(&experiment, &Overrides::default()).map_err(|error| said(&error))?;
        let resolved = resolved.swap_remove(0);
        let cache = Cache {
            folder: folder.join("cache"),
        };
        let dataset = Dataset::read(&resolved.manifests).map_err(|error| said(&error))?;
        let index = dataset
            .open(&cache, &|_, _| {})
            .map_err(|error| said(&error))?;
        let records = index.select(&[]).map_err(|error| said(&error))?;
        let selection = inspect(&records, &cache, &[], &|_| {})
            .usable(&resolved.experiment.dataset)
            .map_err(|error| said(&error))?;
        Ok(Self {
            resolved,
            selection,
            cache,
            folder: folder.to_owned(),
        })
    }

    fn trial<'a>(&'a self, device: DeviceName, runs: &'a Path) -> Trial<'a> {
        Trial {
            experiment: &self.resolved.experiment,
            variant: &self.resolved.variant,
            seed: 0,
            device,
            selection: &self.selection,
            weights: None,
            perceptual: None,
            cache: &self.cache.folder,
            manifests: &self.resolved.manifests,
            from: None,
            runs,
            display: Display::Silent,
        }
    }

    /// Trains twice, and says what was compared and whether it is what the device promises.
    ///
    /// # Errors
    ///
    /// In words, why a training failed, or what differs that must not.
    pub(super) fn twice(&self, device: DeviceName) -> Result<String, String> {
        let folder = self.folder.join("twice");
        let trial = self.trial(device, &folder);
        let verdict = proof::determinism(&trial, &folder, &Interrupter::new()).map_err(said)?;
        match verdict {
            Ok(equal) => Ok(format!("bit-identical: {equal}")),
            Err(difference) if backend::is_deterministic(&device) => Err(difference.to_string()),
            Err(difference) => Ok(format!(
                "not bit-identical, which this device does not promise: {difference}"
            )),
        }
    }

    /// Trains, and trains again with a stop on the way, from whose checkpoint it is resumed.
    ///
    /// # Errors
    ///
    /// As [`Self::twice`].
    pub(super) fn resumed(&self, device: DeviceName) -> Result<String, String> {
        let [whole, stopped] = ["whole", "stopped"].map(|name| self.folder.join(name));
        let [whole, stopped] = [&whole, &stopped].map(|folder| self.trial(device, folder));
        let stop = Interrupter::new();
        let expect = |outcome: Outcome, expected: Outcome| {
            if outcome == expected {
                Ok(())
            } else {
                Err(format!(
                    "the training ended as {outcome:?}, not as {expected:?}"
                ))
            }
        };
        expect(whole.run(&stop).map_err(said)?, Outcome::Done)?;
        let witness = Arc::new(Witness::new(|state| state.step < STOP));
        let outcome = stopped.run_witnessed(&stop, Some(witness)).map_err(said)?;
        expect(outcome, Outcome::Interrupted { step: CHECKPOINT })?;
        expect(stopped.run(&stop).map_err(said)?, Outcome::Done)?;
        let [whole, stopped] = [whole.folder(), stopped.folder()];
        match proof::runs(&whole, &stopped).map_err(said)? {
            Ok(equal) => Ok(format!("bit-identical: {equal}")),
            Err(difference) if backend::is_deterministic(&device) => Err(difference.to_string()),
            Err(_) => near(&whole, &stopped),
        }
    }
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Whether a resumed run has ended near the uninterrupted one, where bits cannot tell.
fn near(whole: &RunFolder, resumed: &RunFolder) -> Result<String, String> {
    let state = |run: &RunFolder, step| -> Result<State, ProofError> {
        State::of_checkpoint(&Checkpoint::at(&run.checkpoints(), step))
    };
    let read = || -> Result<[State; 3], ProofError> {
        Ok([
            state(whole, CHECKPOINT)?,
            state(whole, STEPS)?,
            state(resumed, STEPS)?,
        ])
    };
    let [before, after, resumed] = read().map_err(said)?;
    let way = before.distance(&after);
    let astray = resumed.distance(&after) / way;
    let words = format!(
        "the resumed run ends {astray:.1e} of the way from its checkpoint beside the uninterrupted one; this device does \
         not promise equal bits"
    );
    if way > 0.0 && astray <= ASTRAY {
        Ok(words)
    } else {
        Err(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resumed_run_is_near_the_uninterrupted_one_and_another_run_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let runs = Runs::prepare(folder.path()).unwrap();
        let words = runs.resumed(DeviceName::Flex).unwrap();
        assert!(words.starts_with("bit-identical: "), "{words}");
        let [whole, stopped, other] =
            ["whole", "stopped", "other"].map(|name| folder.path().join(name));
        let of = |runs_folder| runs.trial(DeviceName::Flex, runs_folder);
        let [whole, stopped] = [&whole, &stopped].map(|folder| of(folder).folder());
        let words = near(&whole, &stopped).unwrap();
        assert!(words.contains("ends 0.0e0 of the way"), "{words}");
        // The same experiment from other weights.
        let other = Trial {
            seed: 1,
            ..of(&other)
        };
        assert_eq!(other.run(&Interrupter::new()).unwrap(), Outcome::Done);
        assert!(near(&whole, &other.folder()).is_err());
    }
}
