//! What each network made of its samples, as the original drew it: rows of truth, gray and colorized where the network
//! answers in RGB, its channels where it answers in chroma, a gallery where it fuses features.

use image::RgbImage;
use rayon::prelude::*;

use super::{Context, Drawing, FigureSpec, Outline, Shown, pictures, sentences, slug};
use crate::color::{ColorSection, LAB_UNIT, Space, chroma_scales, lab, yuv};
use crate::evaluate::psnr;
use crate::experiment::section::ExtractorKind;
use crate::figure::{
    Channels, ChannelsRow, ChromaScale, Figure, Plane, Theme, Tile, TriptychRow, channels,
    decibels, gallery, triptych,
};
use crate::{Group, ReportError};

/// Pictures side by side in the gallery.
const GALLERY_COLUMNS: usize = 4;

pub(super) fn draw(
    spec: &FigureSpec,
    groups: &[usize],
    context: &Context<'_>,
) -> Result<Vec<Drawing>, ReportError> {
    let drawings = groups
        .par_iter()
        .map(|&place| draw_group(spec, place, &context.selection.groups[place]))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(drawings.into_iter().flatten().collect())
}

/// One image of the samples.
struct Sample {
    truth: RgbImage,
    gray: RgbImage,
    colorized: RgbImage,
    caption: String,
}

fn draw_group(
    spec: &FigureSpec,
    place: usize,
    group: &Group,
) -> Result<Option<Drawing>, ReportError> {
    let run = group.first();
    let Some(&step) = pictures::steps(run).last() else {
        return Ok(None);
    };
    let mut samples = Vec::new();
    for id in pictures::ids(run)
        .into_iter()
        .take(spec.images.unwrap_or(usize::MAX))
    {
        let truth = pictures::truth(run, id)?;
        let colorized = pictures::colorized(run, step, id)?;
        samples.push(Sample {
            caption: format!("{id}: {}", decibels(psnr(&truth, &colorized))),
            gray: pictures::gray(run, id)?,
            truth,
            colorized,
        });
    }
    let title = format!("{}, iteration {step}", group.label);
    let color = &run.experiment.color;
    let seed = run.record.seed;
    let outline = Outline {
        name: format!("{}-{}", spec.name(), slug(&group.name)),
        figure: spec.name().to_owned(),
        title: title.clone(),
        caption: sentences(
            &spec.caption,
            &format!(
                "Held-out images at the last step, seed {seed}. Small print: PSNR of the picture as predicted."
            ),
        ),
        alternative: format!(
            "{} held-out pictures: photograph, gray version, and the output of {}.",
            samples.len(),
            group.label
        ),
        shown: Shown {
            groups: vec![place],
            all_seeds: false,
        },
    };
    let is_fused = run.experiment.fusion.extractor != ExtractorKind::None;
    // Planes are the same in both themes.
    let planes: Vec<[Planes; 2]> = if color.space == Space::Rgb || is_fused {
        Vec::new()
    } else {
        samples
            .iter()
            .map(|sample| [&sample.truth, &sample.colorized].map(|it| chroma(it, color)))
            .collect()
    };
    let drawing = outline.draw(|theme| {
        if is_fused {
            tiles(&title, &samples, theme)
        } else if planes.is_empty() {
            rows(&title, &samples, theme)
        } else {
            in_channels(&title, &samples, &planes, color, theme)
        }
    });
    Ok(Some(Drawing {
        is_folded: true,
        ..drawing
    }))
}

fn rows(title: &str, samples: &[Sample], theme: Theme) -> Figure {
    let rows: Vec<TriptychRow<'_>> = samples
        .iter()
        .map(|sample| TriptychRow {
            truth: &sample.truth,
            gray: &sample.gray,
            colorized: &sample.colorized,
            caption: Some(sample.caption.clone()),
        })
        .collect();
    triptych(title, &rows, theme)
}

fn tiles(title: &str, samples: &[Sample], theme: Theme) -> Figure {
    let tiles: Vec<Tile<'_>> = samples
        .iter()
        .map(|sample| Tile {
            picture: &sample.colorized,
            caption: Some(sample.caption.clone()),
        })
        .collect();
    gallery(title, &tiles, GALLERY_COLUMNS, theme)
}

/// Two planes of chroma.
type Planes = [Vec<f32>; 2];

fn in_channels(
    title: &str,
    samples: &[Sample],
    planes: &[[Planes; 2]],
    color: &ColorSection,
    theme: Theme,
) -> Figure {
    let rows = samples
        .iter()
        .zip(planes)
        .map(|(sample, [truth, predicted])| ChannelsRow {
            truth: &sample.truth,
            luma: &sample.gray,
            chroma_truth: planes_of(&sample.truth, truth),
            chroma_predicted: planes_of(&sample.colorized, predicted),
            colorized: &sample.colorized,
            caption: Some(sample.caption.clone()),
        })
        .collect();
    let content = Channels {
        luma: color.gray_name().to_owned(),
        chroma: chroma_scales(color.space).map(|scale| ChromaScale {
            name: scale.name.to_owned(),
            limit: scale.limit,
            below: scale.below.to_owned(),
            above: scale.above.to_owned(),
        }),
        rows,
    };
    channels(title, &content, theme)
}

fn planes_of<'a>(picture: &RgbImage, planes: &'a Planes) -> [Plane<'a>; 2] {
    let (width, height) = picture.dimensions();
    planes.each_ref().map(|values| Plane {
        width,
        height,
        values,
    })
}

/// The chroma of a picture, in the unit of the network's answer.
fn chroma(picture: &RgbImage, color: &ColorSection) -> Planes {
    let pixels = picture.pixels().map(|pixel| {
        let rgb = pixel.0.map(|value| f64::from(value) / 255.0);
        match color.space {
            Space::Rgb | Space::Yuv => {
                let [_, u, v] = yuv::from_rgb(rgb);
                [u, v]
            }
            Space::Lab => {
                let [_, a, b] = lab::from_rgb(rgb);
                [a / LAB_UNIT, b / LAB_UNIT]
            }
        }
    });
    let mut planes = [Vec::new(), Vec::new()];
    for [first, second] in pixels {
        planes[0].push(first as f32);
        planes[1].push(second as f32);
    }
    planes
}
