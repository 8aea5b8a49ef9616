//! The images on which one run is furthest ahead of another, and furthest behind: of all that both were judged by.

use image::RgbImage;

use super::album::Wanted;
use super::comparison::{first_some, pictures_of};
use super::{Context, Drawing, FigureSpec, Outline, Shown, by_image, sentences, shown_metric};
use crate::evaluate::{Baseline, Metric, answer, scored_picture};
use crate::figure::{ComparisonCell, Duel, DuelRow, duel};
use crate::table::digits;
use crate::{Needs, ReportError, Run};

/// By what the runs are measured where the file names no metric.
const METRIC: Metric = Metric::PsnrLumaReplaced;

/// Rows of each half where the file says no number.
const ROWS: usize = 4;

pub(super) fn needs(spec: &FigureSpec, needs: &mut Needs) {
    needs.add_paired(spec.metrics(&[METRIC]).into_iter().take(1));
}

/// An image by the ids of both runs, with its scores.
#[derive(Clone, Copy)]
struct Pair {
    ids: [i64; 2],
    values: [f64; 2],
}

/// The two groups, and the images from the one on which the first is furthest ahead to that on which it is furthest behind.
struct Ranking {
    groups: [usize; 2],
    metric: Metric,
    /// How many images both scored.
    images: usize,
    /// Those on which the first is ahead, from the farthest.
    ahead: Vec<Pair>,
    /// Those on which it is behind, from the farthest.
    behind: Vec<Pair>,
    /// Of each of these how many are shown.
    most: usize,
}

impl Ranking {
    /// `None` where a name means no configuration or several, or no image was scored by both.
    fn of(spec: &FigureSpec, context: &Context<'_>) -> Option<Self> {
        let metric = spec.metrics(&[METRIC])[0];
        let group = |name: &Option<String>| match context
            .selection
            .meant(name.as_deref().unwrap_or_default())[..]
        {
            [group] => Some(group),
            _ => None,
        };
        let groups = [group(&spec.of)?, group(&spec.against)?];
        let pairs = pairs(groups, metric, context);
        if pairs.is_empty() {
            return None;
        }
        // By how much the first run is ahead: the larger number where neither is better.
        let cost = |value: f64| metric.better().cost(value).unwrap_or(-value);
        let lead = |pair: &Pair| cost(pair.values[1]) - cost(pair.values[0]);
        let ranked = |sign: f64| {
            let mut pairs: Vec<Pair> = pairs.clone();
            pairs.retain(|pair| sign * lead(pair) > 0.0);
            pairs.sort_by(|one, two| {
                let by_lead = (sign * lead(two)).total_cmp(&(sign * lead(one)));
                by_lead.then(one.ids.cmp(&two.ids))
            });
            pairs
        };
        Some(Self {
            groups,
            metric,
            images: pairs.len(),
            ahead: ranked(1.0),
            behind: ranked(-1.0),
            most: spec.images.unwrap_or(ROWS),
        })
    }

    fn shown(&self) -> [&[Pair]; 2] {
        [&self.ahead, &self.behind].map(|pairs| &pairs[..pairs.len().min(self.most)])
    }
}

/// The images that the first runs of both groups scored: the same photograph may have another id in the other run's dataset,
/// and another photograph the same.
fn pairs(groups: [usize; 2], metric: Metric, context: &Context<'_>) -> Vec<Pair> {
    let [of, against] =
        groups.map(|group| by_image(context.material.numbers[group][0].terms.get(metric.name())));
    let matching = context.material.matching(groups[0], groups[1]);
    let twins = matching.by_first(against.keys().copied());
    of.into_iter()
        .filter_map(|(id, value)| {
            let twin = *twins.get(&id)?;
            Some(Pair {
                ids: [id, twin],
                values: [value, *against.get(&twin)?],
            })
        })
        .collect()
}

pub(super) fn wants(spec: &FigureSpec, context: &Context<'_>) -> Vec<Wanted> {
    let Some(ranking) = Ranking::of(spec, context) else {
        return Vec::new();
    };
    let shown = ranking.shown().concat();
    [0, 1]
        .map(|side| Wanted {
            group: ranking.groups[side],
            ids: shown.iter().map(|pair| pair.ids[side]).collect(),
        })
        .into()
}

/// One image by both runs.
struct Row {
    pair: Pair,
    gray: Option<RgbImage>,
    truth: Option<RgbImage>,
    pictures: [Result<RgbImage, &'static str>; 2],
}

pub(super) fn draw(spec: &FigureSpec, context: &Context<'_>) -> Result<Vec<Drawing>, ReportError> {
    let Some(ranking) = Ranking::of(spec, context) else {
        return Ok(Vec::new());
    };
    let groups = ranking.groups;
    let metric = ranking.metric;
    let runs = groups.map(|group| context.selection.groups[group].first());
    let rows = |pairs: &[Pair]| {
        let rows = pairs.iter().map(|&pair| row(pair, runs, metric, context));
        rows.collect::<Result<Vec<Row>, _>>()
    };
    let [ahead, behind] = ranking.shown().map(rows);
    let (ahead, behind) = (ahead?, behind?);
    let names = groups.map(|group| context.name(group));
    let [first, second] = names.each_ref().map(|name| name.label.as_str());
    let title = spec.title(&format!("{first} against {second}"));
    let outline = Outline {
        name: spec.name().to_owned(),
        figure: spec.name().to_owned(),
        title: title.clone(),
        caption: sentences(
            &spec.caption,
            &format!(
                "Of all {} held-out images that both were scored on, those with the largest differences. The first seed of each run, {}.",
                ranking.images,
                context.at_last_step(&groups)
            ),
        ),
        alternative: format!(
            "Pictures on which {first} is furthest ahead of {second} in {}, and furthest behind.",
            metric.title()
        ),
        shown: Shown {
            groups: groups.into(),
            all_seeds: false,
        },
    };
    let shown = shown_metric(metric, digits(metric));
    Ok(vec![outline.draw(|theme| {
        let content = Duel {
            runs: names.clone(),
            metric: shown.clone(),
            ahead: ahead.iter().map(duel_row).collect(),
            behind: behind.iter().map(duel_row).collect(),
            images: ranking.images,
            counts: [ranking.ahead.len(), ranking.behind.len()],
            pictures: pictures_of(metric).to_owned(),
        };
        duel(&title, &content, theme)
    })])
}

fn row(
    pair: Pair,
    runs: [&Run; 2],
    metric: Metric,
    context: &Context<'_>,
) -> Result<Row, ReportError> {
    let album = context.album;
    let truths = [0, 1].map(|side| album.truth(runs[side], pair.ids[side]));
    let truth = first_some(truths)?;
    let picture = |side: usize| {
        let (run, id) = (runs[side], pair.ids[side]);
        let scored = truth.as_ref().zip(album.colorized(run, id)?);
        let scored = scored.map(|(truth, picture)| scored_picture(metric, truth, picture));
        Ok::<_, ReportError>(scored.ok_or_else(|| album.absent(run, id)))
    };
    let pictures = [picture(0)?, picture(1)?];
    Ok(Row {
        pair,
        gray: truth.as_ref().map(|truth| answer(Baseline::Gray, truth)),
        truth,
        pictures,
    })
}

fn duel_row(row: &Row) -> DuelRow<'_> {
    let cell = |side: usize| {
        Some(ComparisonCell {
            picture: row.pictures[side].as_ref().map_err(|why| *why),
            value: Some(row.pair.values[side]),
        })
    };
    DuelRow {
        name: row.pair.ids[0].to_string(),
        gray: row.gray.as_ref(),
        first: cell(0),
        second: cell(1),
        truth: row.truth.as_ref(),
    }
}
