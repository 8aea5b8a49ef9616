//! The same held-out images by all runs that were judged by them, a figure for every such group of runs.

use std::collections::BTreeMap;

use image::RgbImage;
use rayon::prelude::*;

use super::{Context, Drawing, FigureSpec, Outline, Shown, pictures, sentences, slug};
use crate::evaluate::{self, Metric};
use crate::figure::{self, Comparison, ComparisonCell, ComparisonRow, comparison};
use crate::report::table::digits;
use crate::report::{Needs, ReportError};
use crate::statistics::ImageTerms;

/// Shown where the file names no metric.
const METRIC: Metric = Metric::PsnrLumaReplaced;

/// Rows where the file says no number.
const ROWS: usize = 6;

pub(super) fn needs(spec: &FigureSpec, needs: &mut Needs) {
    needs.add_paired(spec.metrics(&[METRIC]).into_iter().take(1));
}

/// One image by all runs.
struct Row {
    id: i64,
    truth: RgbImage,
    gray: RgbImage,
    colorized: Vec<Option<RgbImage>>,
}

pub(super) fn draw(
    spec: &FigureSpec,
    groups: &[usize],
    context: &Context<'_>,
) -> Result<Vec<Drawing>, ReportError> {
    let juries = &context.material.juries;
    let mut shown: Vec<(String, Vec<usize>)> = Vec::new();
    for jury in juries {
        let these: Vec<usize> = groups
            .iter()
            .copied()
            .filter(|group| jury.groups.contains(group))
            .collect();
        if these.len() > 1 {
            shown.push((jury.categories.clone(), these));
        }
    }
    let is_one = shown.len() == 1;
    let mut drawings = Vec::new();
    for (number, (categories, groups)) in shown.into_iter().enumerate() {
        let name = match (is_one, slug(&categories)) {
            (true, _) => spec.name().to_owned(),
            (false, slug) if slug.is_empty() => format!("{}-{}", spec.name(), number + 1),
            (false, slug) => {
                let name = format!("{}-{slug}", spec.name());
                let is_taken = drawings.iter().any(|other: &Drawing| other.name == name);
                if is_taken {
                    format!("{name}-{}", number + 1)
                } else {
                    name
                }
            }
        };
        drawings.extend(draw_jury(spec, name, &categories, groups, context)?);
    }
    Ok(drawings)
}

fn draw_jury(
    spec: &FigureSpec,
    name: String,
    categories: &str,
    groups: Vec<usize>,
    context: &Context<'_>,
) -> Result<Option<Drawing>, ReportError> {
    let metric = spec.metrics(&[METRIC])[0];
    let runs: Vec<_> = groups
        .iter()
        .map(|&group| context.selection.groups[group].first())
        .collect();
    let ids: Vec<Vec<i64>> = runs.iter().map(|run| pictures::ids(run)).collect();
    let steps: Vec<Option<usize>> = runs
        .iter()
        .map(|run| pictures::steps(run).last().copied())
        .collect();
    // Images that every run shows first, then those that most show.
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for id in ids.iter().flatten() {
        *counts.entry(*id).or_default() += 1;
    }
    let mut chosen: Vec<(i64, usize)> = counts.into_iter().collect();
    chosen.sort_by_key(|&(id, count)| (std::cmp::Reverse(count), id));
    chosen.truncate(spec.images.unwrap_or(ROWS));
    let rows = chosen
        .par_iter()
        .map(|&(id, _)| {
            let first = ids.iter().position(|ids| ids.contains(&id)).unwrap_or(0);
            let colorized = runs
                .iter()
                .zip(&ids)
                .zip(&steps)
                .map(|((run, ids), step)| match step {
                    Some(step) if ids.contains(&id) => {
                        pictures::colorized(run, *step, id).map(Some)
                    }
                    _ => Ok(None),
                })
                .collect::<Result<Vec<_>, _>>()?;
            Ok(Row {
                id,
                truth: pictures::truth(runs[first], id)?,
                gray: pictures::gray(runs[first], id)?,
                colorized,
            })
        })
        .collect::<Result<Vec<_>, ReportError>>()?;
    if rows.is_empty() {
        return Ok(None);
    }
    let scores: Vec<BTreeMap<i64, f64>> = groups
        .iter()
        .map(|&group| {
            let numbers = &context.material.numbers[group][0];
            by_image(numbers.terms.get(metric.name()))
        })
        .collect();
    let jury = context.material.jury(groups[0]);
    let gray = jury.and_then(|jury| jury.baselines.iter().find(|it| it.name == "gray"));
    let gray = by_image(gray.and_then(|gray| gray.terms.get(metric.name())));
    let labels: Vec<String> = groups
        .iter()
        .map(|&group| context.selection.groups[group].label.clone())
        .collect();
    let title = spec.title("The same held-out images");
    let title = if categories == "all categories" {
        title
    } else {
        format!("{title}, {categories}")
    };
    let outline = Outline {
        name,
        figure: spec.name().to_owned(),
        title: title.clone(),
        caption: sentences(
            &spec.caption,
            "The first seed of each run, at its last step. In bold the best run of a row.",
        ),
        alternative: format!(
            "{} photographs, without colour, and as {} coloured them.",
            rows.len(),
            labels.join(", ")
        ),
        shown: Shown {
            groups,
            all_seeds: false,
        },
        has_pictures: true,
    };
    let shown_metric = figure::Metric {
        name: metric.title().to_owned(),
        unit: metric.unit().unwrap_or_default().to_owned(),
        digits: digits(metric),
        better: match metric.better() {
            evaluate::Better::Lower => figure::Better::Lower,
            _ => figure::Better::Higher,
        },
    };
    Ok(Some(outline.draw(|theme| {
        let content = Comparison {
            runs: labels.clone(),
            metric: shown_metric.clone(),
            rows: rows
                .iter()
                .map(|row| ComparisonRow {
                    name: row.id.to_string(),
                    truth: &row.truth,
                    gray: ComparisonCell {
                        picture: &row.gray,
                        value: gray.get(&row.id).copied(),
                    },
                    colorized: row
                        .colorized
                        .iter()
                        .zip(&scores)
                        .map(|(picture, scores)| {
                            Some(ComparisonCell {
                                picture: picture.as_ref()?,
                                value: scores.get(&row.id).copied(),
                            })
                        })
                        .collect(),
                })
                .collect(),
        };
        comparison(&title, &content, theme)
    })))
}

/// The metric of every image on its own.
pub(super) fn by_image(terms: Option<&Vec<ImageTerms>>) -> BTreeMap<i64, f64> {
    let terms = terms.map_or(&[][..], Vec::as_slice).iter();
    terms
        .filter(|term| term.denominator != 0.0)
        .map(|term| (term.image, term.numerator / term.denominator))
        .collect()
}
