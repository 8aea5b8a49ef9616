//! Images through the steps of a training, so that one sees a network learn.

use image::RgbImage;
use rayon::prelude::*;

use super::{
    Context, Drawing, FigureSpec, Outline, Shown, pictures, sentences, shown_metric, slug,
};
use crate::evaluate::{Metric, psnr};
use crate::figure::{ComparisonCell, Strip, StripRow, strip};
use crate::table::digits;
use crate::{Group, ReportError};
use colorize_base::thousands;

/// Rows where the file says no number.
const ROWS: usize = 2;

/// The most steps side by side: more would be too small to see.
const MOST_STEPS: usize = 8;

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

/// An image: its id, and its pictures from the photograph on, each with its score.
type Row = (i64, Vec<Option<(RgbImage, Option<f64>)>>);

fn draw_group(
    spec: &FigureSpec,
    place: usize,
    group: &Group,
) -> Result<Option<Drawing>, ReportError> {
    let run = group.first();
    let steps = spread(&pictures::steps(run), MOST_STEPS);
    let mut ids = pictures::ids(run);
    ids.truncate(spec.images.unwrap_or(ROWS));
    if steps.is_empty() || ids.is_empty() {
        return Ok(None);
    }
    let mut rows: Vec<Row> = Vec::new();
    for &id in &ids {
        let truth = pictures::truth(run, id)?;
        let mut cells = vec![Some((truth.clone(), None))];
        let gray = pictures::gray(run, id)?;
        let score = |picture: &RgbImage| Some(psnr(&truth, picture)).filter(|it| it.is_finite());
        cells.push(Some((gray, None)));
        for &step in &steps {
            // A step that an older session drew may lack an image.
            let picture = pictures::colorized(run, step, id).ok();
            cells.push(picture.map(|picture| {
                let score = score(&picture);
                (picture, score)
            }));
        }
        rows.push((id, cells));
    }
    let mut columns = vec!["Ground truth".to_owned(), "Grayscale".to_owned()];
    columns.extend(
        steps
            .iter()
            .map(|step| format!("Step {}", thousands(*step))),
    );
    let title = match &spec.title {
        Some(title) => format!("{title}: {}", group.label),
        None => format!("{}, step by step", group.label),
    };
    let outline = Outline {
        name: format!("{}-{}", spec.name(), slug(&group.name)),
        figure: spec.name().to_owned(),
        title: title.clone(),
        caption: sentences(
            &spec.caption,
            &format!(
                "Seed {}, at {} of the steps with samples.",
                run.record.seed,
                steps.len()
            ),
        ),
        alternative: format!(
            "{} held-out pictures as {} colorized them from step {} to step {}.",
            rows.len(),
            group.label,
            steps[0],
            steps[steps.len() - 1]
        ),
        shown: Shown {
            groups: vec![place],
            all_seeds: false,
        },
    };
    let drawing = outline.draw(|theme| {
        let rows = rows.iter().map(|(id, cells)| StripRow {
            name: id.to_string(),
            cells: cells
                .iter()
                .map(|cell| {
                    let (picture, value) = cell.as_ref()?;
                    Some(ComparisonCell {
                        picture: Ok(picture),
                        value: *value,
                    })
                })
                .collect(),
        });
        let content = Strip {
            columns: columns.clone(),
            metric: Some(shown_metric(Metric::Psnr, digits(Metric::Psnr))),
            rows: rows.collect(),
        };
        strip(&title, &content, theme)
    });
    Ok(Some(Drawing {
        is_folded: true,
        ..drawing
    }))
}

/// At most `count` of `values`, evenly spread, with the first and the last.
fn spread(values: &[usize], count: usize) -> Vec<usize> {
    if values.len() <= count {
        return values.to_vec();
    }
    (0..count)
        .map(|place| values[place * (values.len() - 1) / (count - 1)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_and_last_are_among_the_spread() {
        let all: Vec<usize> = (1..=20).collect();
        assert_eq!(spread(&all, 4), [1, 7, 13, 20]);
        assert_eq!(spread(&all[..3], 4), [1, 2, 3]);
    }
}
