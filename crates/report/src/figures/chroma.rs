//! How often which chroma occurs, in photographs and in what runs made of them.

use image::RgbImage;
use rayon::prelude::*;

use super::album::Wanted;
use super::comparison::first_some;
use super::{Context, Drawing, FigureSpec, Outline, Part, Shown, sentences};
use crate::color::{Space, lab, yuv};
use crate::figure::{ChromaCounts, ChromaHistograms, RunName, chroma_histograms};
use crate::{ReportError, Run};
use colorize_base::thousands;

/// Images that are counted over where the file says no number: the pixels of a few say more of these few than of the run.
const IMAGES: usize = 100;

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

    /// The color of a chroma at middle luma.
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

pub(super) fn wants(spec: &FigureSpec, groups: &[usize], context: &Context<'_>) -> Vec<Wanted> {
    context.wants_of_parts(spec, groups, IMAGES)
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
    let run = |group: usize| context.selection.groups[group].first();
    let wanted = context.shown_ids(spec, &part.groups, IMAGES);
    // A run of which there is no picture at all would leave nothing to count the others over.
    let (groups, without): (Vec<usize>, Vec<usize>) = part.groups.iter().partition(|&&group| {
        let mut ids = wanted.iter();
        ids.any(|&id| context.album.has(run(group), id))
    });
    let ids: Vec<i64> = wanted
        .into_iter()
        .filter(|&id| {
            let mut runs = groups.iter().map(|&group| run(group));
            runs.all(|run| context.album.has(run, id))
        })
        .collect();
    if ids.is_empty() || groups.is_empty() {
        return Ok(None);
    }
    let runs: Vec<&Run> = groups.iter().map(|&group| run(group)).collect();
    let is_lab = |run: &&Run| run.experiment.color.space == Space::Lab;
    let plane = if runs.iter().all(is_lab) {
        Plane::Lab
    } else {
        Plane::Yuv
    };
    let count = |picture: &(dyn Fn(i64) -> Result<Option<RgbImage>, ReportError> + Sync)| {
        let mut counts = ChromaCounts::new(plane.limit());
        for &id in &ids {
            if let Some(picture) = picture(id)? {
                plane.count(&mut counts, &picture);
            }
        }
        Ok::<_, ReportError>(counts)
    };
    let truth = count(&|id| first_some(runs.iter().map(|run| context.album.truth(run, id))))?;
    let counted: Vec<(RunName, ChromaCounts)> = groups
        .par_iter()
        .zip(&runs)
        .map(|(&group, run)| {
            let counts = count(&|id| context.album.colorized(run, id))?;
            Ok((context.name(group), counts))
        })
        .collect::<Result<_, ReportError>>()?;
    let content = ChromaHistograms {
        channels: plane.channels(),
        color: plane.color(),
        truth,
        runs: counted,
        images: ids.len(),
    };
    let title = part.title(&spec.title("Chroma of photographs and predictions"));
    let all = context.shared_ids(&part.groups).len();
    let left_out: Vec<&str> = without
        .iter()
        .map(|&group| context.selection.groups[group].label.as_str())
        .collect();
    let left_out = match left_out.len() {
        0 => String::new(),
        _ => format!(
            "Left out, because there are no pictures: {}.",
            left_out.join(", ")
        ),
    };
    let over = format!(
        "All pixels of {}, colorized by the first seed of each run, {}.",
        images(ids.len(), all),
        context.at_last_step(&groups)
    );
    let outline = Outline {
        name: part.name.clone(),
        figure: spec.name().to_owned(),
        title: title.clone(),
        caption: sentences(&spec.caption, &sentences(&over, &left_out)),
        alternative: format!(
            "Chroma planes of the photographs and of {} runs, and how far their pixels are from gray.",
            content.runs.len()
        ),
        shown: Shown {
            groups,
            all_seeds: false,
        },
    };
    Ok(Some(
        outline.draw(|theme| chroma_histograms(&title, &content, theme)),
    ))
}

/// `all 97 held-out images`, `100 of the 1,000 held-out images`.
fn images(shown: usize, all: usize) -> String {
    match (shown, all) {
        (1, 1) => "the one held-out image".to_owned(),
        (shown, all) if shown == all => format!("all {} held-out images", thousands(all)),
        (shown, all) => format!(
            "{} of the {} held-out images",
            thousands(shown),
            thousands(all)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caption_says_over_how_many_images() {
        assert_eq!(images(97, 97), "all 97 held-out images");
        assert_eq!(images(100, 1000), "100 of the 1,000 held-out images");
    }
}
