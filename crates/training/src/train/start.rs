//! What a training starts from, where that is not scratch: `train.from`.

use std::path::PathBuf;

use burn::tensor::Device;

use super::TrainError;
use super::colorizer::Colorizer;
use crate::network::State;
use crate::runs::{FromRecord, Identity, Origin, RunFolder, Status};
use crate::trained::{Model, TrainedError, read_state};

/// Where the initial weights of a trial come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// What `train.from` says.
    pub written: String,
    /// What it is; a part of the trial's identity.
    pub origin: Origin,
    /// Where it lies.
    pub source: StartSource,
}

/// Where initial weights lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartSource {
    /// In the last checkpoint of a run, which may still have to be trained.
    Run(RunFolder),
    /// In a file that `export model` wrote.
    File(PathBuf),
    /// Nowhere any more. A trial that has a checkpoint goes on without them; they were there.
    Gone(PathBuf),
}

impl Start {
    /// The run of this identity, which lies in `folder` or will.
    pub fn of_trial(written: &str, identity: &Identity, folder: RunFolder) -> Self {
        Self {
            written: written.to_owned(),
            origin: Origin::run(&identity.to_string(), identity.configuration()),
            source: StartSource::Run(folder),
        }
    }

    /// A run that is done.
    ///
    /// # Errors
    ///
    /// [`TrainError::Run`] when its record cannot be read, [`TrainError::Start`] when it is not done.
    pub fn of_run(written: &str, folder: RunFolder) -> Result<Self, TrainError> {
        let record = folder.record()?;
        let Some(record) = record.filter(|record| record.status == Status::Done) else {
            return Err(TrainError::Start {
                written: written.to_owned(),
                reason: format!("`{}` is not done", folder.path().display()),
            });
        };
        let configuration = match record.configuration.as_str() {
            // Of a program that did not write it.
            "" => &record.identity,
            configuration => configuration,
        };
        Ok(Self {
            written: written.to_owned(),
            origin: Origin::run(&record.identity, configuration),
            source: StartSource::Run(folder),
        })
    }

    /// A file that `export model` wrote.
    ///
    /// # Errors
    ///
    /// [`TrainError::Start`] when it is none, or cannot be read.
    pub fn of_file(written: &str, path: PathBuf) -> Result<Self, TrainError> {
        let (_, sha256) = read_state(&path).map_err(|error| TrainError::Start {
            written: written.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Self {
            written: written.to_owned(),
            origin: Origin::file(&sha256),
            source: StartSource::File(path),
        })
    }

    /// For the run's record.
    pub(super) fn record(&self) -> FromRecord {
        FromRecord {
            written: self.written.clone(),
            path: self.path().display().to_string(),
            origin: self.origin.clone(),
        }
    }

    /// The run's folder, or the file.
    pub fn path(&self) -> PathBuf {
        match &self.source {
            StartSource::Run(folder) => folder.path().to_owned(),
            StartSource::File(path) | StartSource::Gone(path) => path.clone(),
        }
    }

    /// `model` with these weights before its first step, those that fit it where `partial` is, and what there is to say about it.
    ///
    /// # Errors
    ///
    /// [`TrainError::Start`] when they are not there, are others than those that the identity names, or do not fit.
    pub(super) fn apply(
        &self,
        model: Colorizer,
        partial: bool,
        device: &Device,
    ) -> Result<(Colorizer, String), TrainError> {
        let failed = |reason: String| TrainError::Start {
            written: self.written.clone(),
            reason,
        };
        let path = self.path();
        let path = path.display();
        let state = self.state(device).map_err(&failed)?;
        let count = state.len();
        let (model, misfit) = model.starting_from(state, partial).map_err(|misfit| {
            let hint = if partial {
                ""
            } else {
                "; `train.from_partial = true` takes those that fit"
            };
            failed(format!(
                "the tensors of `{path}` are not those of this network: {misfit}{hint}"
            ))
        })?;
        let said = match misfit {
            None => format!("the initial weights are the {count} tensors of `{path}`"),
            Some(misfit) => format!(
                "some of the initial weights are those of `{path}`, and {} tensors are as from scratch; {misfit}",
                misfit.count()
            ),
        };
        Ok((model, said))
    }

    fn state(&self, device: &Device) -> Result<State, String> {
        let text = |error: TrainedError| error.to_string();
        match &self.source {
            StartSource::File(path) => {
                let (state, sha256) = read_state(path).map_err(text)?;
                if Origin::file(&sha256) == self.origin {
                    Ok(state)
                } else {
                    Err(format!("`{}` has changed just now", path.display()))
                }
            }
            StartSource::Run(folder) => {
                let path = folder.path().display();
                let model = Model::of(folder, None, device).map_err(text)?;
                let identity = format!("run {}", model.record.identity);
                if identity != self.origin.identity {
                    return Err(format!("`{path}` holds another run"));
                }
                if model.record.status != Status::Done {
                    return Err(format!("`{path}` is not done"));
                }
                let (step, last) = (model.checkpoint.step, model.record.steps);
                if step != last {
                    return Err(format!(
                        "`{path}` has no sound checkpoint of its last step, {last}; the newest is that of step {step}"
                    ));
                }
                Ok(model.colorizer.state())
            }
            StartSource::Gone(path) => Err(format!(
                "`{}` is gone, and there is no checkpoint to go on from",
                path.display()
            )),
        }
    }
}
