//! Which photographs a trial learns from, and which it is judged by.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::TrainError;
use crate::dataset::inspection::Selection;
use crate::dataset::{DatasetSection, Limit, Photograph, Split, SplitSection, split_of};
use crate::experiment::Experiment;
use crate::runs::PhotographRow;

/// The photographs of a trial, divided.
#[derive(Debug, Clone)]
pub struct Division {
    /// To learn from: at most `dataset.limit`.
    pub train: Vec<Photograph>,
    /// To be judged by: at most `evaluate.images`.
    pub held_out: Vec<Photograph>,
    /// Those held out before that limit.
    pub held_out_in_all: usize,
    /// How they were divided, for names: `validation`, or `all`.
    pub split: &'static str,
}

impl Division {
    /// Divides the usable photographs as `dataset.split` says, and leaves as many to learn from as `dataset.limit` says.
    ///
    /// # Errors
    ///
    /// [`TrainError::EmptySplit`] when one side is left with nothing.
    pub fn of(selection: &Selection, experiment: &Experiment) -> Result<Self, TrainError> {
        let mut division = Self::unlimited(selection, experiment)?;
        division.train = limited(division.train, &experiment.dataset);
        Ok(division)
    }

    /// The same without `dataset.limit`. Baselines are made of these, so that experiments which differ in the limit alone are
    /// compared with the same baselines.
    ///
    /// # Errors
    ///
    /// As [`Self::of`].
    pub fn unlimited(selection: &Selection, experiment: &Experiment) -> Result<Self, TrainError> {
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

/// Every photograph that a run learns from or holds out, with its side, for its record.
pub fn photograph_rows(selection: &Selection, section: &DatasetSection) -> Vec<PhotographRow> {
    let is_held_out = |image: &Photograph| split_of(image.id, &section.split) == Split::Validation;
    let train = selection.images.iter().filter(|image| !is_held_out(image));
    let train = limited(train.cloned().collect(), section);
    let learned: HashSet<i64> = train.iter().map(|image| image.id).collect();
    let known = selection.categories.iter();
    let names: HashMap<i64, &str> = known.map(|it| (it.id, it.name.as_str())).collect();
    let shown = |id: &i64| names.get(id).map(|&name| name.to_owned());
    let images = selection.images.iter();
    images
        .map(|image| PhotographRow {
            image_id: image.id,
            file_name: image.file_name.clone(),
            is_held_out: is_held_out(image),
            content: image.content_hash,
            categories: image.categories.iter().filter_map(shown).collect(),
        })
        .filter(|row| row.is_held_out || learned.contains(&row.image_id))
        .collect()
}

/// Those of `train` that are learned from, in their order: of a limit the first in the order of a hash of id and split's seed,
/// so that a larger limit keeps all that a smaller one takes, and no other photograph matters.
fn limited(mut train: Vec<Photograph>, section: &DatasetSection) -> Vec<Photograph> {
    let Limit::AtMost(most) = section.limit else {
        return train;
    };
    if most >= train.len() {
        return train;
    }
    let mut order: Vec<([u8; 32], i64)> = train
        .iter()
        .map(|image| (turn(image.id, &section.split), image.id))
        .collect();
    order.sort_unstable();
    let taken: HashSet<i64> = order[..most].iter().map(|&(_, id)| id).collect();
    train.retain(|image| taken.contains(&image.id));
    train
}

/// When it is a photograph's turn to be taken.
fn turn(id: i64, split: &SplitSection) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"colorize limit 1");
    hasher.update(&split.seed.to_le_bytes());
    hasher.update(&id.to_le_bytes());
    *hasher.finalize().as_bytes()
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

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    fn selection(ids: impl Iterator<Item = i64>) -> Selection {
        let photograph = |id: i64| Photograph {
            id,
            file_name: format!("{id}.png"),
            path: PathBuf::new(),
            categories: Vec::new(),
            content_hash: blake3::hash(&id.to_le_bytes()),
        };
        Selection {
            images: ids.map(photograph).collect(),
            ..Selection::default()
        }
    }

    fn experiment() -> Experiment {
        let whole = include_str!("../timing/standard.toml");
        Experiment::from_toml(whole, Path::new("standard.toml")).unwrap()
    }

    fn ids(photographs: &[Photograph]) -> Vec<i64> {
        photographs.iter().map(|image| image.id).collect()
    }

    #[test]
    fn a_larger_limit_takes_all_that_a_smaller_one_does_and_none_limits_what_is_held_out() {
        let mut experiment = experiment();
        let all = selection(0..400);
        let whole = Division::of(&all, &experiment).unwrap();
        let mut smaller: Vec<i64> = Vec::new();
        for most in [1, 2, 10, 100, 300, 10_000] {
            experiment.dataset.limit = Limit::AtMost(most);
            let limited = Division::of(&all, &experiment).unwrap();
            let taken = ids(&limited.train);
            assert_eq!(taken.len(), most.min(whole.train.len()));
            assert!(taken.is_sorted());
            assert!(smaller.iter().all(|id| taken.contains(id)), "{most}");
            assert_eq!(ids(&limited.held_out), ids(&whole.held_out));
            let unlimited = Division::unlimited(&all, &experiment).unwrap();
            assert_eq!(ids(&unlimited.train), ids(&whole.train));
            // What is not learned from is nothing that the run knows.
            let rows = photograph_rows(&all, &experiment.dataset);
            let learned = rows.iter().filter(|row| !row.is_held_out);
            assert_eq!(learned.map(|row| row.image_id).collect::<Vec<_>>(), taken);
            assert_eq!(rows.len() - taken.len(), whole.held_out_in_all);
            smaller = taken;
        }
        assert_eq!(smaller, ids(&whole.train));
    }

    #[test]
    fn the_choice_of_known_photographs_never_changes() {
        let mut experiment = experiment();
        experiment.dataset.limit = Limit::AtMost(5);
        let few = |ids| self::ids(&Division::of(&selection(ids), &experiment).unwrap().train);
        let chosen = few(0..60);
        // Others that come take places, and move nothing else.
        let of_more = few(0..120);
        let kept = of_more.iter().filter(|id| **id < 60);
        assert!(kept.clone().count() < 5 && kept.into_iter().all(|id| chosen.contains(id)));
        assert_eq!(chosen, CHOSEN);
        experiment.dataset.split.seed = 1;
        let other = Division::of(&selection(0..60), &experiment).unwrap();
        assert_ne!(ids(&other.train), chosen);
    }

    /// Numbers a year old must mean the same photographs.
    const CHOSEN: [i64; 5] = [11, 28, 43, 57, 58];
}
