//! How often which chroma occurs, in photographs and in what runs made of them: from the pictures of the samples.

use image::RgbImage;
use rayon::prelude::*;

use super::{Context, Drawing, FigureSpec, Outline, Part, Shown, pictures, sentences};
use crate::color::{Space, lab, yuv};
use crate::figure::{ChromaCounts, ChromaHistograms, RunName, chroma_histograms};
use crate::report::{ReportError, Run};

/// A plane of chroma: that of YUV, or of Lab where every network answers in it.
#[derive(Clone, Copy)]
enum Plane {
    Yuv,
    Lab,
}

impl Plane {
    fn channels(self) -> [String; 2] {
        match self {
            Self::Yuv => ["U", "V"],
            Self::Lab => ["a", "b"],
        }
        .map(str::to_owned)
    }

    fn limit(self) -> [f64; 2] {
        match self {
            Self::Yuv => yuv::LARGEST_CHROMA,
            Self::Lab => lab::LARGEST_CHROMA,
        }
    }

    fn chroma(self, pixel: [u8; 3]) -> [f64; 2] {
        let rgb = pixel.map(|value| f64::from(value) / 255.0);
        let [_, first, second] = match self {
            Self::Yuv => yuv::from_rgb(rgb),
            Self::Lab => lab::from_rgb(rgb),
        };
        [first, second]
    }

    /// The colour of a chroma at middle luma.
    fn color(self) -> fn([f64; 2]) -> [u8; 3] {
        fn bytes(rgb: [f64; 3]) -> [u8; 3] {
            rgb.map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8)
        }
        match self {
            Self::Yuv => |[u, v]| bytes(yuv::to_rgb([0.5, u, v])),
            Self::Lab => |[a, b]| bytes(lab::to_rgb([60.0, a, b])),
        }
    }

    fn count(self, counts: &mut ChromaCounts, picture: &RgbImage) {
        for pixel in picture.pixels() {
            counts.add(self.chroma(pixel.0));
        }
    }
}

pub(super) fn draw(
    spec: &FigureSpec,
    groups: &[usize],
    context: &Context<'_>,
) -> Result<Vec<Drawing>, ReportError> {
    let parts = context.by_jury(spec, groups);
    let drawings = parts
        .par_iter()
        .map(|part| draw_part(spec, part, context))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(drawings.into_iter().flatten().collect())
}

fn draw_part(
    spec: &FigureSpec,
    part: &Part,
    context: &Context<'_>,
) -> Result<Option<Drawing>, ReportError> {
    let runs: Vec<&Run> = part
        .groups
        .iter()
        .map(|&group| context.selection.groups[group].first())
        .collect();
    let is_lab = |run: &&Run| run.experiment.color.space == Space::Lab;
    let plane = if runs.iter().all(is_lab) {
        Plane::Lab
    } else {
        Plane::Yuv
    };
    // The images that all runs show, so that all are counted over the same.
    let mut ids = pictures::ids(runs[0]);
    for run in &runs[1..] {
        let theirs = pictures::ids(run);
        ids.retain(|id| theirs.contains(id));
    }
    if ids.is_empty() {
        return Ok(None);
    }
    let empty = || ChromaCounts::new(plane.limit());
    let mut truth = empty();
    for &id in &ids {
        plane.count(&mut truth, &pictures::truth(runs[0], id)?);
    }
    let counted: Vec<(RunName, ChromaCounts)> = part
        .groups
        .par_iter()
        .zip(&runs)
        .map(|(&group, run)| {
            let mut counts = empty();
            if let Some(&step) = pictures::steps(run).last() {
                for &id in &ids {
                    plane.count(&mut counts, &pictures::colorized(run, step, id)?);
                }
            }
            Ok((context.name(group), counts))
        })
        .collect::<Result<_, ReportError>>()?;
    let content = ChromaHistograms {
        channels: plane.channels(),
        color: plane.color(),
        truth,
        runs: counted,
    };
    let title = part.title(&spec.title("Chroma of photographs and of predictions"));
    let images = match ids.len() {
        1 => "the one picture".to_owned(),
        count => format!("the {count} pictures"),
    };
    let outline = Outline {
        name: part.name.clone(),
        figure: spec.name().to_owned(),
        title: title.clone(),
        caption: sentences(
            &spec.caption,
            &format!(
                "Counted over {images} of the samples that all of these runs show, not over all held-out images; the first seed of each, at its last step."
            ),
        ),
        alternative: format!(
            "Planes of chroma of the photographs and of {} runs, and how many pixels lie how far from gray.",
            content.runs.len()
        ),
        shown: Shown {
            groups: part.groups.clone(),
            all_seeds: false,
        },
    };
    Ok(Some(
        outline.draw(|theme| chroma_histograms(&title, &content, theme)),
    ))
}
