//! The same held-out images by all runs that were judged on them, one figure for each such group of runs.

use std::collections::BTreeMap;

use image::RgbImage;
use rayon::prelude::*;

use super::album::Wanted;
use super::{
    Context, Drawing, FigureSpec, Outline, Part, Shown, by_image, sentences, shown_metric,
};
use crate::evaluate::{Baseline, Metric, answer, scored_picture};
use crate::figure::{Comparison, ComparisonCell, ComparisonRow, RunName, comparison};
use crate::table::digits;
use crate::{Needs, ReportError, Run};

/// Shown where the file names no metric.
const METRIC: Metric = Metric::PsnrLumaReplaced;

/// Rows where the file says no number.
const ROWS: usize = 6;

pub(super) fn needs(spec: &FigureSpec, needs: &mut Needs) {
    needs.add_paired(spec.metrics(&[METRIC]).into_iter().take(1));
}

pub(super) fn wants(spec: &FigureSpec, groups: &[usize], context: &Context<'_>) -> Vec<Wanted> {
    context.wants_of_parts(spec, groups, ROWS)
}

/// An image by a run: the picture that is scored, or why there is none, and its score.
struct Cell {
    picture: Result<RgbImage, &'static str>,
    value: Option<f64>,
}

/// One image by all runs.
struct Row {
    id: i64,
    truth: RgbImage,
    gray: Cell,
    colorized: Vec<Cell>,
}

impl Row {
    /// Whether no run scores better than gray does.
    fn is_grays(&self, metric: Metric) -> bool {
        let runs = self.colorized.iter().map(|cell| cell.value);
        let values: Vec<Option<f64>> = [self.gray.value].into_iter().chain(runs).collect();
        metric.better().best_of(&values, digits(metric))[0]
    }
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
    let rows = rows(spec, &groups, metric, context)?;
    if rows.is_empty() {
        return Ok(None);
    }
    let names: Vec<RunName> = groups.iter().map(|&group| context.name(group)).collect();
    let labels: Vec<&str> = names.iter().map(|name| name.label.as_str()).collect();
    let grays = rows.iter().filter(|row| row.is_grays(metric)).count();
    let best = match (grays, rows.len()) {
        (0, _) => "The best of each row is bold, gray included.".to_owned(),
        (grays, rows) => format!(
            "The best of each row is bold, gray included. On {grays} of these {rows} images, no run is better than gray."
        ),
    };
    let images = format!(
        "The first seed of each run, {}, on images that all of them were judged on.",
        context.at_last_step(&groups)
    );
    let outline = Outline {
        name,
        figure: spec.name().to_owned(),
        title: title.clone(),
        caption: sentences(&spec.caption, &sentences(&images, &best)),
        alternative: format!(
            "{} photographs, without color, and as colorized by {}.",
            rows.len(),
            labels.join(", ")
        ),
        shown: Shown {
            groups,
            all_seeds: false,
        },
    };
    let pictures = pictures_of(metric);
    let metric = shown_metric(metric, digits(metric));
    Ok(Some(outline.draw(|theme| {
        let content = Comparison {
            runs: names.clone(),
            metric: metric.clone(),
            pictures: pictures.to_owned(),
            rows: rows
                .iter()
                .map(|row| ComparisonRow {
                    name: row.id.to_string(),
                    truth: &row.truth,
                    gray: shown(&row.gray),
                    colorized: row.colorized.iter().map(|it| Some(shown(it))).collect(),
                })
                .collect(),
        };
        comparison(&title, &content, theme)
    })))
}

/// The rows of a part: of its images those that any run's folder holds.
fn rows(
    spec: &FigureSpec,
    groups: &[usize],
    metric: Metric,
    context: &Context<'_>,
) -> Result<Vec<Row>, ReportError> {
    let runs: Vec<&Run> = groups
        .iter()
        .map(|&group| context.selection.groups[group].first())
        .collect();
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
    let rows = context
        .shown_ids(spec, groups, ROWS)
        .into_par_iter()
        .map(|id| {
            let truths = runs.iter().map(|run| context.album.truth(run, id));
            let Some(truth) = first_some(truths)? else {
                return Ok(None);
            };
            let colorized = runs
                .iter()
                .zip(&scores)
                .map(|(run, scores)| {
                    let picture = context.album.colorized(run, id)?;
                    Ok(Cell {
                        picture: picture
                            .map(|picture| scored_picture(metric, &truth, picture))
                            .ok_or_else(|| context.album.absent(run, id)),
                        value: scores.get(&id).copied(),
                    })
                })
                .collect::<Result<Vec<_>, ReportError>>()?;
            Ok(Some(Row {
                id,
                gray: Cell {
                    picture: Ok(scored_picture(
                        metric,
                        &truth,
                        answer(Baseline::Gray, &truth),
                    )),
                    value: gray.get(&id).copied(),
                },
                truth,
                colorized,
            }))
        })
        .collect::<Result<Vec<Option<Row>>, ReportError>>()?;
    Ok(rows.into_iter().flatten().collect())
}

/// The first that exists.
pub(super) fn first_some<T>(
    all: impl IntoIterator<Item = Result<Option<T>, ReportError>>,
) -> Result<Option<T>, ReportError> {
    for one in all {
        if let Some(found) = one? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// What the pictures are that a metric scores, for the small print.
pub(super) fn pictures_of(metric: Metric) -> &'static str {
    if metric.is_luma_replaced() {
        "pictures: as scored, with the photograph’s luma"
    } else {
        "pictures: as the network made them"
    }
}

fn shown(cell: &Cell) -> ComparisonCell<'_> {
    ComparisonCell {
        picture: cell.picture.as_ref().map_err(|why| *why),
        value: cell.value,
    }
}
