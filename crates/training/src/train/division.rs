//! Which photographs a trial learns from, and which it is judged by.

use std::collections::BTreeSet;

use super::TrainError;
use crate::dataset::inspection::Selection;
use crate::dataset::{Photograph, Split, SplitSection, split_of};
use crate::experiment::Experiment;
use crate::runs::PhotographRow;

/// The photographs of a trial, divided.
#[derive(Debug, Clone)]
pub struct Division {
    /// To learn from.
    pub train: Vec<Photograph>,
    /// To be judged by: at most `evaluate.images`.
    pub held_out: Vec<Photograph>,
    /// Those held out before that limit.
    pub held_out_in_all: usize,
    /// How they were divided, for names: `validation`, or `all`.
    pub split: &'static str,
}

impl Division {
    /// Divides the usable photographs as `dataset.split` says.
    ///
    /// # Errors
    ///
    /// [`TrainError::EmptySplit`] when one side is left with nothing.
    pub fn of(selection: &Selection, experiment: &Experiment) -> Result<Self, TrainError> {
        let (train, held_out) = sides(selection, experiment, &|_| None);
        Self::checked(train, held_out, selection, experiment)
    }

    /// The same before a run that knows some of these photographs by content: `side` says where it had them, whatever
    /// their ids are here; ids divide the others. Where the run knows all of them as held out, they stand on both sides.
    ///
    /// # Errors
    ///
    /// [`TrainError::EmptySplit`] when nothing is held out.
    pub fn known_to(
        selection: &Selection,
        experiment: &Experiment,
        side: &dyn Fn(&blake3::Hash) -> Option<Split>,
    ) -> Result<Self, TrainError> {
        let (mut train, held_out) = sides(selection, experiment, side);
        if train.is_empty() {
            train.clone_from(&held_out);
        }
        Self::checked(train, held_out, selection, experiment)
    }

    fn checked(
        train: Vec<Photograph>,
        mut held_out: Vec<Photograph>,
        selection: &Selection,
        experiment: &Experiment,
    ) -> Result<Self, TrainError> {
        for (split, photographs) in [("training", &train), ("validation", &held_out)] {
            if photographs.is_empty() {
                return Err(TrainError::EmptySplit {
                    split,
                    images: selection.images.len(),
                    share: experiment.dataset.split.validation,
                });
            }
        }
        // In the order of a hash, so that the first few are a fair sample, and stay it when images are added.
        held_out.sort_by_cached_key(|photograph| {
            *blake3::hash(&photograph.id.to_le_bytes()).as_bytes()
        });
        let held_out_in_all = held_out.len();
        held_out.truncate(experiment.evaluate.images);
        Ok(Self {
            train,
            held_out,
            held_out_in_all,
            split: "validation",
        })
    }

    /// What the training photographs show: ids of categories, rising, each once.
    pub fn categories(&self) -> Vec<i64> {
        let shown = self.train.iter().flat_map(|image| &image.categories);
        let distinct: BTreeSet<i64> = shown.copied().collect();
        distinct.into_iter().collect()
    }

    /// Every usable photograph on both sides: to judge a run by photographs that it never saw.
    pub fn everything(selection: &Selection) -> Self {
        let all = selection.images.clone();
        Self {
            train: all.clone(),
            held_out_in_all: all.len(),
            held_out: all,
            split: "all",
        }
    }
}

/// Every usable photograph with its side, for the record of a run.
pub fn photograph_rows(selection: &Selection, split: &SplitSection) -> Vec<PhotographRow> {
    let images = selection.images.iter();
    images
        .map(|image| PhotographRow {
            image_id: image.id,
            file_name: image.file_name.clone(),
            is_held_out: split_of(image.id, split) == Split::Validation,
            content: image.content_hash,
            categories: Vec::new(),
        })
        .collect()
}

/// Those to learn from, and those held out. `known` is asked before the ids are.
fn sides(
    selection: &Selection,
    experiment: &Experiment,
    known: &dyn Fn(&blake3::Hash) -> Option<Split>,
) -> (Vec<Photograph>, Vec<Photograph>) {
    let split = &experiment.dataset.split;
    let is_train = |image: &Photograph| {
        let side = known(&image.content_hash).unwrap_or_else(|| split_of(image.id, split));
        side == Split::Train
    };
    selection.images.iter().cloned().partition(is_train)
}
