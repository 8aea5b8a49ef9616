//! One session of a trial: what `run.json` says about its beginning and its end.

use std::collections::BTreeMap;

use burn_train::LearningResult;
use jiff::Timestamp;

use super::colorizer::Colorizer;
use super::division::{Division, photograph_rows};
use super::logger::SharedLog;
use super::metrics::NonFinite;
use super::shortage::ShortageCell;
use super::trial::code;
use super::{Outcome, Start, TrainError, Trial};
use crate::backend::{self, DeviceName};
use crate::dataset::Dataset;
use crate::dataset::inspection::Selection;
use crate::experiment::section::Manifests;
use crate::perceptual::PerceptualWeights;
use crate::runs::{
    CopyRecord, DatasetRecord, Environment, FORMAT, Identity, LabelsRecord, RunFolder, RunRecord,
    Session, Status, peak_memory, write_photographs,
};

impl Trial<'_> {
    /// Writes `run.json` for a session that begins, and before it which photographs the run knows.
    pub(super) fn begin(
        &self,
        folder: &RunFolder,
        identity: &Identity,
        divided: &Division,
        done: usize,
        model: &Colorizer,
    ) -> Result<RunRecord, TrainError> {
        let mut sessions = folder
            .record()?
            .map_or_else(Vec::new, |record| record.sessions);
        let observed = Environment::observe();
        observed.keep(folder)?;
        sessions.push(Session {
            started: Timestamp::now(),
            ended: None,
            from_step: done,
            process: std::process::id(),
            threads: Some(backend::threads(&self.device)),
            peak_memory_bytes: None,
            environment: observed.environment,
        });
        let libraries = backend::libraries();
        let record = RunRecord {
            format: FORMAT,
            experiment: self.experiment.name.clone(),
            title: self.experiment.title.clone(),
            seed: self.seed,
            identity: identity.to_string(),
            configuration: identity.configuration().to_owned(),
            variant: self.variant.clone(),
            status: Status::Running,
            error: None,
            stopped_early: None,
            step: done,
            steps: self.experiment.train.steps,
            device: self.device.to_string(),
            device_class: backend::device_class(&self.device).to_owned(),
            code: code(self.experiment, &self.device)
                .into_iter()
                .map(|(room, version)| (room.to_owned(), version))
                .collect(),
            libraries: libraries
                .into_iter()
                .map(|(name, version)| (name.to_owned(), version))
                .collect(),
            dataset: DatasetRecord {
                manifest: Manifests::new(
                    self.manifests.iter().map(|path| path.display().to_string()),
                ),
                synthetic: Dataset::read(self.manifests)
                    .ok()
                    .map(|dataset| dataset.is_synthetic()),
                content_hash: self.selection.content_hash().to_hex().to_string(),
                labels: self.labels_record(model),
                train: divided.train.len(),
                validation: divided.held_out_in_all,
                excluded: self.selection.excluded.clone(),
                colorless: self.selection.colorless.clone(),
                toned: self.selection.toned.clone(),
                broken: self
                    .selection
                    .broken
                    .iter()
                    .cloned()
                    .collect::<BTreeMap<_, _>>(),
                missing: self.selection.missing.clone(),
                copies: copies(self.selection),
            },
            weights: self.weights.map(|weights| weights.record(self.cache)),
            perceptual_weights: self.perceptual.and_then(PerceptualWeights::loss_record),
            from: self.from.map(Start::record),
            parameters: model.parameter_count(),
            sessions,
        };
        let section = &self.experiment.dataset;
        write_photographs(folder, &photograph_rows(self.selection, section))?;
        folder.write_record(&record)?;
        Ok(record)
    }

    /// What the network learns beside the colors.
    fn labels_record(&self, model: &Colorizer) -> Option<LabelsRecord> {
        Some(LabelsRecord {
            content_hash: self.labels_hash()?,
            categories: model.labels.as_ref()?.categories.clone(),
        })
    }

    /// What came of it; `checkpoint` is the last step that a checkpoint keeps.
    pub(super) fn judge(
        &self,
        checkpoint: usize,
        result: Result<LearningResult<Colorizer>, TrainError>,
        log: &SharedLog,
        non_finite: &NonFinite,
        shortage: &ShortageCell,
    ) -> Result<Outcome, TrainError> {
        let result = result?;
        if let Some(error) = log.take_failure() {
            return Err(error.into());
        }
        if let Some(shortage) = shortage.get().cloned() {
            return Err(TrainError::Memory {
                shortage,
                checkpoint,
            });
        }
        if let Some(step) = non_finite.step() {
            return Err(TrainError::NonFinite { step, checkpoint });
        }
        if let Some(error) = result.error {
            let reason = error.to_string();
            return Err(TrainError::Training { reason, checkpoint });
        }
        if checkpoint == self.experiment.train.steps {
            return Ok(Outcome::Done);
        }
        let stop_early = &self.experiment.train.stop_early;
        let series = log.watched(stop_early.watched());
        let last = series.last().map(|&(step, _)| step);
        if let Some(best) = stop_early.ends(&series)
            && last == Some(checkpoint)
        {
            return Ok(Outcome::StoppedEarly {
                step: checkpoint,
                best,
            });
        }
        Ok(Outcome::Interrupted { step: checkpoint })
    }
}

fn copies(selection: &Selection) -> Vec<CopyRecord> {
    let copies = selection.copies.iter();
    copies
        .map(|copy| CopyRecord {
            image_id: copy.image.id,
            file_name: copy.image.file_name.clone(),
            of_image_id: copy.of.id,
            of_file_name: copy.of.file_name.clone(),
        })
        .collect()
}

/// Writes `run.json` for a session that ends after the checkpoint of `step`.
pub(super) fn end(
    folder: &RunFolder,
    record: &mut RunRecord,
    step: usize,
    ended: &Result<Outcome, TrainError>,
) -> Result<(), TrainError> {
    record.step = step;
    record.status = match ended {
        Ok(Outcome::Done | Outcome::AlreadyDone | Outcome::StoppedEarly { .. }) => Status::Done,
        Ok(Outcome::Paused { .. } | Outcome::Interrupted { .. }) => Status::Interrupted,
        Err(_) => Status::Failed,
    };
    record.error = ended.as_ref().err().map(ToString::to_string);
    if let Some(session) = record.sessions.last_mut() {
        session.ended = Some(Timestamp::now());
        session.peak_memory_bytes = peak_memory();
    }
    let written = folder.write_record(record);
    match ended {
        // The error that ended the run says more than that of its obituary.
        Err(_) => Ok(()),
        Ok(_) => Ok(written?),
    }
}

/// What to say of a run whose sessions computed with different numbers of threads, where that changes bits.
pub(super) fn other_threads(device: &DeviceName, sessions: &[Session]) -> Option<String> {
    let (now, before) = sessions.split_last()?;
    let now = now.threads?;
    let other = before
        .iter()
        .rev()
        .filter_map(|session| session.threads)
        .find(|&threads| threads != now)?;
    backend::depends_on_threads(device).then(|| {
        format!("{now} threads instead of {other}: on {device} the last bits depend on the number of threads")
    })
}
