//! The images on which one run is furthest ahead of another, and furthest behind.

use image::RgbImage;

use super::{
    Context, Drawing, FigureSpec, Outline, Shown, by_image, pictures, sentences, shown_metric,
};
use crate::evaluate::Metric;
use crate::figure::{ComparisonCell, Duel, DuelRow, duel};
use crate::report::table::digits;
use crate::report::{Needs, ReportError, Run};

/// By what the runs are measured where the file names no metric.
const METRIC: Metric = Metric::PsnrLumaReplaced;

/// Rows of each half where the file says no number.
const ROWS: usize = 4;

pub(super) fn needs(spec: &FigureSpec, needs: &mut Needs) {
    needs.add_paired(spec.metrics(&[METRIC]).into_iter().take(1));
}

/// One image by both runs.
struct Row {
    id: i64,
    gray: RgbImage,
    truth: RgbImage,
    pictures: [RgbImage; 2],
    values: [f64; 2],
}

pub(super) fn draw(spec: &FigureSpec, context: &Context<'_>) -> Result<Vec<Drawing>, ReportError> {
    let metric = spec.metrics(&[METRIC])[0];
    let group = |name: &Option<String>| match context
        .selection
        .meant(name.as_deref().unwrap_or_default())[..]
    {
        [group] => Some(group),
        _ => None,
    };
    let (Some(of), Some(against)) = (group(&spec.of), group(&spec.against)) else {
        return Ok(Vec::new());
    };
    let groups = [of, against];
    let runs = groups.map(|group| context.selection.groups[group].first());
    let scores =
        groups.map(|group| by_image(context.material.numbers[group][0].terms.get(metric.name())));
    // The same photograph may have another id in the other run's dataset, and another photograph the same.
    let matching = context.material.matching(of, against);
    let twins = matching.by_first(scores[1].keys().copied());
    let shown = pictures::ids(runs[1]);
    let mut ids: Vec<(i64, [f64; 2])> = pictures::ids(runs[0])
        .into_iter()
        .filter_map(|id| {
            let twin = twins.get(&id).filter(|twin| shown.contains(twin))?;
            Some((id, [*scores[0].get(&id)?, scores[1][twin]]))
        })
        .collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // By how much the first run is ahead: the larger number where neither is better.
    let cost = |value: f64| metric.better().cost(value).unwrap_or(-value);
    let lead = |[first, second]: [f64; 2]| cost(second) - cost(first);
    ids.sort_by(|one, two| lead(two.1).total_cmp(&lead(one.1)).then(one.0.cmp(&two.0)));
    let most = spec.images.unwrap_or(ROWS);
    let open = |ids: Vec<(i64, [f64; 2])>| {
        let rows = ids.into_iter().take(most);
        rows.map(|(id, values)| row([id, twins[&id]], values, runs))
            .collect::<Result<Vec<Row>, _>>()
    };
    let ahead = open(ids.iter().copied().filter(|it| lead(it.1) > 0.0).collect())?;
    let behind = open(
        ids.iter()
            .rev()
            .copied()
            .filter(|it| lead(it.1) < 0.0)
            .collect(),
    )?;
    let names = groups.map(|group| context.name(group));
    let [first, second] = names.each_ref().map(|name| name.label.as_str());
    let title = spec.title(&format!("{first} against {second}"));
    let scored = scores[0].keys().filter(|id| twins.contains_key(id)).count();
    let count = ids.len();
    let outline = Outline {
        name: spec.name().to_owned(),
        figure: spec.name().to_owned(),
        title: title.clone(),
        caption: sentences(
            &spec.caption,
            &format!(
                "Of the {count} held-out images whose pictures are among the samples of both runs; {scored} were scored by both. The first seed of each, at its last step."
            ),
        ),
        alternative: format!(
            "Pictures on which {first} is ahead of {second} by {}, and on which it is behind.",
            metric.title()
        ),
        shown: Shown {
            groups: groups.into(),
            all_seeds: false,
        },
    };
    let metric = shown_metric(metric, digits(metric));
    Ok(vec![outline.draw(|theme| {
        let content = Duel {
            runs: names.clone(),
            metric: metric.clone(),
            ahead: ahead.iter().map(duel_row).collect(),
            behind: behind.iter().map(duel_row).collect(),
            images: count,
        };
        duel(&title, &content, theme)
    })])
}

/// `ids` are those that the runs know the image by.
fn row(ids: [i64; 2], values: [f64; 2], runs: [&Run; 2]) -> Result<Row, ReportError> {
    let id = ids[0];
    let picture = |run: &Run, id: i64| {
        let step = pictures::steps(run).last().copied();
        pictures::colorized(run, step.unwrap_or(run.record.steps), id)
    };
    Ok(Row {
        id,
        gray: pictures::gray(runs[0], id)?,
        truth: pictures::truth(runs[0], id)?,
        pictures: [picture(runs[0], ids[0])?, picture(runs[1], ids[1])?],
        values,
    })
}

fn duel_row(row: &Row) -> DuelRow<'_> {
    let cell = |side: usize| {
        Some(ComparisonCell {
            picture: &row.pictures[side],
            value: Some(row.values[side]),
        })
    };
    DuelRow {
        name: row.id.to_string(),
        gray: &row.gray,
        first: cell(0),
        second: cell(1),
        truth: &row.truth,
    }
}
