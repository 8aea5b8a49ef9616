//! The single pictures of a run's samples.

use std::path::Path;

use image::RgbImage;

use crate::{ReportError, Run};

/// The ids of the images that a run's samples show, in rising order; none where it drew no samples.
pub(crate) fn ids(run: &Run) -> Vec<i64> {
    let any = run.folder.sample_image("truth", 0);
    let mut ids: Vec<i64> = names(any.parent())
        .filter_map(|name| name.strip_suffix(".png")?.parse().ok())
        .collect();
    ids.sort_unstable();
    ids
}

/// The steps at which samples were drawn, in rising order.
pub(crate) fn steps(run: &Run) -> Vec<usize> {
    let any = run.folder.sample_image("truth", 0);
    let folder = any.parent().and_then(Path::parent);
    let mut steps: Vec<usize> = names(folder)
        .filter_map(|name| name.strip_prefix("step-")?.parse().ok())
        .filter(|&step| step <= run.record.steps)
        .collect();
    steps.sort_unstable();
    steps
}

/// What a run made of an image at a step.
pub(crate) fn colorized(run: &Run, step: usize, id: i64) -> Result<RgbImage, ReportError> {
    open(run, &format!("step-{step:06}"), id)
}

/// The photograph.
pub(crate) fn truth(run: &Run, id: i64) -> Result<RgbImage, ReportError> {
    open(run, "truth", id)
}

/// What the network was given.
pub(crate) fn gray(run: &Run, id: i64) -> Result<RgbImage, ReportError> {
    open(run, "gray", id)
}

fn open(run: &Run, kind: &str, id: i64) -> Result<RgbImage, ReportError> {
    let path = run.folder.sample_image(kind, id);
    image::open(&path)
        .map(image::DynamicImage::into_rgb8)
        .map_err(|cause| ReportError::Sample { path, cause })
}

fn names(folder: Option<&Path>) -> impl Iterator<Item = String> {
    let entries = folder.and_then(|folder| std::fs::read_dir(folder).ok());
    entries
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
}
