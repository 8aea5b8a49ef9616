//! Which photographs a trial learns from, and which it is judged by.

use super::TrainError;
use crate::batch::Photograph;
use crate::batch::inspection::{SelectedImage, Selection};
use crate::dataset::{Split, split_of};
use crate::experiment::Experiment;

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
        let section = &experiment.dataset.split;
        let (mut train, mut held_out) = (Vec::new(), Vec::new());
        for image in &selection.images {
            let photograph = photograph(image);
            match split_of(photograph.id, section) {
                Split::Train => train.push(photograph),
                Split::Validation => held_out.push(photograph),
            }
        }
        for (split, photographs) in [("training", &train), ("validation", &held_out)] {
            if photographs.is_empty() {
                return Err(TrainError::EmptySplit {
                    split,
                    images: selection.images.len(),
                    share: section.validation,
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

    /// Every usable photograph on both sides: to judge a run by photographs that it never saw.
    pub fn everything(selection: &Selection) -> Self {
        let all: Vec<Photograph> = selection.images.iter().map(photograph).collect();
        Self {
            train: all.clone(),
            held_out_in_all: all.len(),
            held_out: all,
            split: "all",
        }
    }
}

fn photograph(image: &SelectedImage) -> Photograph {
    Photograph {
        id: image.record.id,
        file_name: image.record.file_name.clone(),
        path: image.record.path.clone(),
        content_hash: image.content_hash,
    }
}
