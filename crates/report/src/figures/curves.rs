//! Learning curves: the mean over seeds as a line, their spread as a band.

use std::collections::BTreeSet;

use super::{Context, Drawing, FigureSpec, LossScale, Outline, Shown, sentences};
use crate::color::{Head, Space};
use crate::evaluate::Metric;
use crate::figure::{CurveSection, Panel, Reference, Scale, Series, Smoothing, curves_by_section};
use crate::table::{heading, number};
use crate::{Jury, Needs};
use colorize_base::thousands;

/// Steps over which the training loss is averaged for the eye where the file says nothing.
const SMOOTHED_STEPS: f64 = 20.0;

/// Shown beside the loss where the file names no metrics.
const METRICS: [Metric; 5] = [
    Metric::Loss,
    Metric::PsnrLumaReplaced,
    Metric::Ciede2000,
    Metric::UvMse,
    Metric::ColorfulnessRatio,
];

pub(super) fn needs(spec: &FigureSpec, needs: &mut Needs) {
    for metric in spec.metrics(&METRICS) {
        if metric == Metric::Loss {
            needs.add_series("train", "loss");
        } else {
            needs.add_series("validation", metric.name());
        }
    }
    needs.add_values([Metric::PsnrGray]);
}

pub(super) fn draw(spec: &FigureSpec, groups: &[usize], context: &Context<'_>) -> Vec<Drawing> {
    let sections = sections(spec, groups, context);
    let panels: usize = sections.iter().map(|section| section.panels.len()).sum();
    let title = spec.title("Learning curves");
    let seeds = if band(groups, context).is_empty() {
        ""
    } else {
        "Each line is the mean over seeds."
    };
    let sets = if sections.len() > 1 {
        "Runs that are trained and judged on different photographs have separate panels."
    } else {
        ""
    };
    let outline = Outline {
        name: spec.name().to_owned(),
        figure: spec.name().to_owned(),
        title: title.clone(),
        caption: sentences(&spec.caption, &sentences(seeds, sets)),
        alternative: format!(
            "{} panels of lines over training steps, one line for each of {} runs. The tables give the final numbers.",
            panels,
            groups.len()
        ),
        shown: Shown {
            groups: groups.to_vec(),
            all_seeds: true,
        },
    };
    vec![outline.draw_for_phones(|room, theme| curves_by_section(&title, &sections, room, theme))]
}

/// A section for every set of photographs: only lines of one are to be compared.
fn sections(spec: &FigureSpec, groups: &[usize], context: &Context<'_>) -> Vec<CurveSection> {
    let smooth = spec.smooth.unwrap_or(SMOOTHED_STEPS);
    let juries: Vec<(&Jury, Vec<usize>)> = context
        .material
        .juries
        .iter()
        .map(|jury| {
            let judged = groups.iter().copied();
            let judged = judged.filter(|group| jury.groups.contains(group));
            (jury, judged.collect())
        })
        .filter(|(_, groups): &(_, Vec<usize>)| !groups.is_empty())
        .collect();
    let is_one = juries.len() == 1;
    juries
        .into_iter()
        .map(|(jury, groups)| {
            let metrics = spec.metrics(&METRICS).into_iter();
            CurveSection {
                heading: if is_one {
                    String::new()
                } else {
                    let photographs = capitalized(&context.photographs(jury));
                    format!("{photographs}: {} held-out images", thousands(jury.images))
                },
                panels: metrics
                    .flat_map(|metric| match metric {
                        Metric::Loss => losses(spec, &groups, smooth, context),
                        metric => vec![panel(metric, &groups, context)],
                    })
                    .collect(),
            }
        })
        .collect()
}

/// The training loss, apart for networks that answer in RGB, in chroma and in classes: their losses are not to be compared.
fn losses(spec: &FigureSpec, groups: &[usize], smooth: f64, context: &Context<'_>) -> Vec<Panel> {
    let kinds = [
        "Training loss, output in RGB",
        "Training loss, output in YUV",
        "Training loss, output in Lab",
        "Training loss, cross-entropy over classes",
    ];
    let kind_of = |group: usize| {
        let color = &context.selection.groups[group].first().experiment.color;
        kinds[match (color.space, color.head) {
            (_, Head::Classes) => 3,
            (Space::Rgb, _) => 0,
            (Space::Yuv, _) => 1,
            (Space::Lab, _) => 2,
        }]
    };
    kinds
        .into_iter()
        .filter(|kind| groups.iter().any(|&group| kind_of(group) == *kind))
        .map(|kind| Panel {
            title: kind.to_owned(),
            x_label: "step".to_owned(),
            y_label: "loss".to_owned(),
            scale: match spec.scale {
                Some(LossScale::Linear) => Scale::Linear,
                Some(LossScale::Log) | None => Scale::Log,
            },
            smoothing: if smooth > 0.0 {
                Smoothing::Mean { steps: smooth }
            } else {
                Smoothing::None
            },
            band: band(groups, context),
            series: groups
                .iter()
                .filter(|&&group| kind_of(group) == kind)
                .map(|&group| series(group, "train", "loss", smooth, context))
                .collect(),
            ..Panel::default()
        })
        .collect()
}

fn panel(metric: Metric, groups: &[usize], context: &Context<'_>) -> Panel {
    Panel {
        title: format!("Held-out {}", lower_first(metric.title())),
        x_label: "step".to_owned(),
        y_label: heading(metric),
        series: groups
            .iter()
            .map(|&group| series(group, "validation", metric.name(), 0.0, context))
            .collect(),
        band: band(groups, context),
        references: references(metric, groups, context),
        ..Panel::default()
    }
}

fn series(group: usize, split: &str, metric: &str, smooth: f64, context: &Context<'_>) -> Series {
    let name = context.name(group);
    let key = (split.to_owned(), metric.to_owned());
    let seeds: Vec<&[(f64, f64)]> = context.material.numbers[group]
        .iter()
        .filter_map(|run| run.series.get(&key))
        .map(Vec::as_slice)
        .filter(|points| !points.is_empty())
        .collect();
    let (points, band) = over_seeds(&seeds, smooth);
    Series {
        label: name.label,
        points,
        band,
        look: Some(name.look),
    }
}

/// What the bands are, for the small print; nothing where no group has several seeds.
fn band(groups: &[usize], context: &Context<'_>) -> String {
    let seeds: BTreeSet<usize> = groups
        .iter()
        .map(|&group| context.selection.groups[group].runs.len())
        .filter(|&seeds| seeds > 1)
        .collect();
    match (seeds.first(), seeds.last()) {
        (Some(least), Some(most)) if least == most => format!("lowest to highest of {least} seeds"),
        (Some(least), Some(most)) => format!("lowest to highest of {least} to {most} seeds"),
        _ => String::new(),
    }
}

/// `(x, value)`.
type Points = Vec<(f64, f64)>;
/// `(x, low, high)`.
type Band = Vec<(f64, f64, f64)>;

/// The mean of several seeds and, of two and more, the band from the lowest to the highest of them, each averaged over
/// `smooth` steps. Seeds are logged at the same steps; where one lacks a step, the others speak.
fn over_seeds(seeds: &[&[(f64, f64)]], smooth: f64) -> (Points, Band) {
    let longest = seeds.iter().map(|points| points.len()).max().unwrap_or(0);
    let smoothed: Vec<Points> = seeds
        .iter()
        .map(|points| averaged(points, smooth))
        .collect();
    let mut means = Vec::with_capacity(longest);
    let mut band = Vec::new();
    for place in 0..longest {
        let here: Vec<(f64, f64)> = seeds
            .iter()
            .filter_map(|it| it.get(place))
            .copied()
            .collect();
        let count = here.len() as f64;
        let x = here.iter().map(|(x, _)| x).sum::<f64>() / count;
        means.push((x, here.iter().map(|(_, y)| y).sum::<f64>() / count));
        if seeds.len() > 1 {
            let values = smoothed.iter().filter_map(|it| Some(it.get(place)?.1));
            let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |ends, value| {
                (ends.0.min(value), ends.1.max(value))
            });
            band.push((x, low, high));
        }
    }
    (means, band)
}

/// The mean of the points within half of `window` to either side of each.
fn averaged(points: &[(f64, f64)], window: f64) -> Points {
    let (mut first, mut end) = (0, 0);
    points
        .iter()
        .map(|&(x, _)| {
            while points[first].0 < x - window / 2.0 {
                first += 1;
            }
            while end < points.len() && points[end].0 <= x + window / 2.0 {
                end += 1;
            }
            let within = &points[first..end];
            let sum: f64 = within.iter().map(|(_, y)| y).sum();
            (x, sum / within.len() as f64)
        })
        .collect()
}

/// What a metric is compared with: pictures without color, and life.
fn references(metric: Metric, groups: &[usize], context: &Context<'_>) -> Vec<Reference> {
    let mut references = Vec::new();
    if matches!(metric, Metric::Psnr | Metric::PsnrLumaReplaced) {
        // All of these are judged by the same images.
        let values = groups.first();
        let values = values.and_then(|&group| context.material.values(group, Metric::PsnrGray));
        if let Some(value) = values.and_then(|values| values.first().copied()) {
            references.push(Reference {
                label: format!("no color {} dB", number(Some(value), 1)),
                value,
            });
        }
    }
    if metric.better() == crate::evaluate::Better::One {
        references.push(Reference {
            label: "photographs".to_owned(),
            value: 1.0,
        });
    }
    references
}

/// `Stop sign`: the first letter of a heading.
pub(super) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// `Colorfulness ratio` within a sentence; what is written in capitals stays.
pub(super) fn lower_first(title: &str) -> String {
    let mut letters = title.chars();
    let first = letters.next();
    let is_word = letters.clone().next().is_some_and(char::is_lowercase);
    match first {
        Some(first) if is_word => first.to_lowercase().chain(letters).collect(),
        _ => title.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_become_a_mean_and_a_band() {
        let (first, second) = ([(1.0, 2.0), (2.0, 4.0)], [(1.0, 4.0), (2.0, 8.0)]);
        let (points, band) = over_seeds(&[&first, &second], 0.0);
        assert_eq!(points, [(1.0, 3.0), (2.0, 6.0)]);
        assert_eq!(band, [(1.0, 2.0, 4.0), (2.0, 4.0, 8.0)]);
        let (points, band) = over_seeds(&[&first], 2.0);
        assert_eq!(points, first);
        assert!(band.is_empty());
        assert!(over_seeds(&[], 0.0).0.is_empty());
    }

    #[test]
    fn titles_go_into_sentences() {
        assert_eq!(lower_first("Colorfulness ratio"), "colorfulness ratio");
        assert_eq!(lower_first("PSNR, luma replaced"), "PSNR, luma replaced");
    }
}
