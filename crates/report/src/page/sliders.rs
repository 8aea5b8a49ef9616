//! The images of a report's samples, under sliders on its page.

use super::best::best;
use super::html::{Picture, Slider, SliderImage, Version};
use crate::evaluate::psnr;
use crate::figure::decibels;
use crate::figures::pictures;
use crate::{Group, Made, Run};
use colorize_base::{MOST_PICTURE, read_file};

/// Images that a reader can put a slider over, at most.
const SLIDER_IMAGES: usize = 6;

/// Runs in a slider, at most: each carries a picture of each image.
const SLIDER_RUNS: usize = 12;

/// Side of a slider's pictures on the page, about, in CSS pixels.
const SLIDER_SIDE: u32 = 384;

/// The images of the samples under a slider, for every group of runs that was judged by the same images.
pub(super) fn sliders(made: &Made) -> Vec<Slider> {
    let groups = &made.selection.groups;
    let juries = &made.material.juries;
    juries
        .iter()
        .filter_map(|jury| {
            let places = &jury.groups[..jury.groups.len().min(SLIDER_RUNS)];
            let shown: Vec<&Group> = places.iter().map(|&group| &groups[group]).collect();
            let opens_on = shown.get(best(made, places))?;
            let images: Vec<SliderImage> = typical_first(opens_on.first())
                .into_iter()
                .take(SLIDER_IMAGES)
                .filter_map(|id| slider_image(id, &shown))
                .collect();
            (!images.is_empty()).then(|| Slider {
                title: if juries.len() == 1 {
                    String::new()
                } else {
                    super::capitalized(&jury.categories)
                },
                opens_on: opens_on.label.clone(),
                caption: "Held-out images at the last step, colorized by the first seed of each run. The first is the one of median PSNR. Small print: PSNR of the picture as predicted.".to_owned(),
                images,
            })
        })
        .collect()
}

/// The images of a run's samples, the typical first: a slider opens on it, and neither the best nor the worst picture says
/// what the run makes of photographs.
fn typical_first(run: &Run) -> Vec<i64> {
    let last = pictures::steps(run).last().copied().unwrap_or_default();
    let scored = pictures::ids(run).into_iter().map(|id| {
        let truth = pictures::truth(run, id).ok();
        let both = truth.zip(pictures::colorized(run, last, id).ok());
        let comparable = both.filter(|(truth, made)| truth.dimensions() == made.dimensions());
        let score = comparable.map_or(f64::NEG_INFINITY, |(truth, made)| psnr(&truth, &made));
        (score, id)
    });
    let mut ids: Vec<(f64, i64)> = scored.collect();
    ids.sort_by(|one, other| one.0.total_cmp(&other.0));
    let middle = ids.len() / 2;
    if middle < ids.len() {
        ids[..=middle].rotate_right(1);
    }
    ids.into_iter().map(|(_, id)| id).collect()
}

/// One image by all runs that show it; a picture that cannot be read is left out.
fn slider_image(id: i64, groups: &[&Group]) -> Option<SliderImage> {
    let first = groups.first()?.first();
    let truth = pictures::truth(first, id).ok()?;
    let raw = |run: &Run, kind: &str| {
        let bytes = read_file(&run.folder.sample_image(kind, id), MOST_PICTURE).ok()?;
        let (width, height) = truth.dimensions();
        let larger = (SLIDER_SIDE / width.max(height).max(1)).max(1);
        Some(Picture::Png {
            bytes,
            width: width * larger,
            height: height * larger,
        })
    };
    let colorized = groups.iter().filter_map(|group| {
        let run = group.first();
        let step = *pictures::steps(run).last()?;
        let picture = pictures::colorized(run, step, id).ok()?;
        let is_comparable = picture.dimensions() == truth.dimensions();
        Some(Version {
            run: group.label.clone(),
            picture: raw(run, &format!("step-{step:06}"))?,
            detail: if is_comparable {
                decibels(psnr(&truth, &picture))
            } else {
                String::new()
            },
        })
    });
    Some(SliderImage {
        name: id.to_string(),
        gray: raw(first, "gray")?,
        colorized: colorized.collect(),
        truth: raw(first, "truth")?,
    })
}
