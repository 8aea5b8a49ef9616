//! The same held-out images by all runs that were judged by them, a figure for every such group of runs.

use std::collections::BTreeMap;

use image::RgbImage;
use rayon::prelude::*;

use super::{
    Context, Drawing, FigureSpec, Outline, Part, Shown, by_image, pictures, sentences, shown_metric,
};
use crate::evaluate::Metric;
use crate::figure::{Comparison, ComparisonCell, ComparisonRow, RunName, comparison};
use crate::report::table::digits;
use crate::report::{Needs, ReportError};

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
    let mut drawings = Vec::new();
    for part in context.by_jury(spec, groups) {
        drawings.extend(draw_part(spec, part, context)?);
    }
    Ok(drawings)
}

fn draw_part(
    spec: &FigureSpec,
    part: Part,
    context: &Context<'_>,
) -> Result<Option<Drawing>, ReportError> {
    let title = part.title(&spec.title("The same held-out images"));
    let Part { name, groups, .. } = part;
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
    let names: Vec<RunName> = groups.iter().map(|&group| context.name(group)).collect();
    let labels: Vec<&str> = names.iter().map(|name| name.label.as_str()).collect();
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
    };
    let metric = shown_metric(metric, digits(metric));
    Ok(Some(outline.draw(|theme| {
        let content = Comparison {
            runs: names.clone(),
            metric: metric.clone(),
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
