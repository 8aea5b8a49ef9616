//! What one gets without any network, on the same held-out images: the rows that every table needs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use image::RgbImage;
use rayon::prelude::*;

use super::{Division, TrainError, image_scores};
use crate::batch::{self, Pixels};
use crate::color;
use crate::dataset::{Square, Squares};
use crate::evaluate::{self, Baseline, ChromaMean, ImageScore, answer};
use crate::experiment::Experiment;
use crate::photo;
use crate::runs::{baseline_path, write_baselines};

/// More training photographs than this say nothing new about their mean chroma.
const MEAN_OF: usize = 5000;

/// The version of every module whose code can change a score of a baseline.
pub const BASELINE_CODE: [(&str, u32); 4] = [
    ("batch", batch::VERSION),
    ("color", color::VERSION),
    ("evaluate", evaluate::VERSION),
    ("photo", photo::VERSION),
];

/// The file under `runs` with the baselines' scores on the held-out side of `divided`, at the size of `experiment`.
/// Scores them when it is not there, by squares in the cache where the experiment allows them; `progress` is told photographs done and photographs in all. `content_hash` is that
/// of the photographs before they were divided, `cache` the folder of the cache.
///
/// # Errors
///
/// [`TrainError`] when a photograph has become unreadable or the file cannot be written.
pub fn baselines(
    experiment: &Experiment,
    divided: &Division,
    content_hash: &str,
    runs: &Path,
    cache: &Path,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<PathBuf, TrainError> {
    let path = baseline_path(
        runs,
        experiment,
        content_hash,
        divided.split,
        &BASELINE_CODE,
    );
    if path.is_file() {
        return Ok(path);
    }
    let stride = divided.train.len().div_ceil(MEAN_OF).max(1);
    let train: Vec<_> = divided.train.iter().step_by(stride).cloned().collect();
    let held_out = divided.held_out.clone();
    let all = train.len() + held_out.len();
    let done = AtomicUsize::new(0);
    let step = || progress(done.fetch_add(1, Ordering::Relaxed) + 1, all);
    let square = Square::from(&experiment.image);
    let photographs = divided.train.iter().chain(&divided.held_out);
    // A run that follows says what is wrong with the cache.
    let open = || Squares::open(cache, photographs, square, |_| {});
    let squares = experiment.image.cache_disk.then(open).flatten();
    let squares = squares.map(Arc::new);
    // Nothing is kept in memory: each photograph is looked at once.
    let pixels = |photographs| Pixels::new(photographs, square, 0).with_squares(squares.clone());

    let (train, held_out) = (pixels(train), pixels(held_out));
    let mean = (0..train.photographs().len())
        .into_par_iter()
        .map(|position| {
            let mean = ChromaMean::of([&picture(&train, position)?]);
            step();
            Ok::<_, TrainError>(mean)
        })
        .try_reduce(ChromaMean::default, |mut mean, other| {
            mean.merge(&other);
            Ok(mean)
        })?;

    let kinds = Baseline::all(mean.chroma());
    let scores: Vec<Vec<ImageScore>> = (0..held_out.photographs().len())
        .into_par_iter()
        .map(|position| {
            let truth = picture(&held_out, position)?;
            let scores = kinds
                .iter()
                // A baseline has no network, and so no loss in its space.
                .map(|kind| ImageScore::of(f64::NAN, &truth, &answer(*kind, &truth)))
                .collect();
            step();
            Ok::<_, TrainError>(scores)
        })
        .collect::<Result<_, _>>()?;
    let tables: Vec<_> = kinds
        .iter()
        .enumerate()
        .map(|(kind, baseline)| {
            let scores = scores.iter().map(|scores| scores[kind]).enumerate();
            let scores: Vec<_> = scores.collect();
            (
                baseline.name().to_string(),
                image_scores(0, &scores, None, held_out.photographs()),
            )
        })
        .collect();
    write_baselines(&path, &tables)?;
    Ok(path)
}

fn picture(pixels: &Pixels, position: usize) -> Result<RgbImage, TrainError> {
    let side = pixels.size() as u32;
    let bytes = pixels.get(position)?;
    Ok(RgbImage::from_raw(side, side, bytes).expect("a square of three bytes a pixel"))
}
