//! Every run's difference from its parent, with its interval.

use rayon::prelude::*;

use super::claims::{add, interval_group};
use super::{Context, Drawing, FigureSpec, Outline, Shown, sentences};
use crate::evaluate::{Better, Metric};
use crate::figure::{Interval, IntervalGroup, Verdict, VerdictNames, intervals};
use crate::report::Needs;
use crate::report::table::{Pair, compare, pairs};

/// Shown where the file names none.
const METRICS: [Metric; 2] = [Metric::UvMse, Metric::ColorfulnessRatio];

pub(super) fn needs(spec: &FigureSpec, needs: &mut Needs) {
    needs.add_paired(spec.metrics(&METRICS));
}

pub(super) fn draw(spec: &FigureSpec, groups: &[usize], context: &Context<'_>) -> Vec<Drawing> {
    let pairs = pairs(groups, context.selection);
    let asked: Vec<(Metric, Pair)> = spec
        .metrics(&METRICS)
        .into_iter()
        .flat_map(|metric| pairs.iter().map(move |&pair| (metric, pair)))
        .collect();
    let rows: Vec<Option<(Metric, Interval)>> = asked
        .par_iter()
        .map(|&(metric, pair)| Some((metric, row(metric, pair, context)?)))
        .collect();
    let mut shown: Vec<(Metric, Vec<Interval>)> = Vec::new();
    for (metric, row) in rows.into_iter().flatten() {
        add(&mut shown, metric, row);
    }
    if shown.is_empty() {
        return Vec::new();
    }
    let title = spec.title("Each run against its parent");
    let drawn: Vec<IntervalGroup> = shown
        .into_iter()
        .map(|(metric, rows)| interval_group(metric, rows))
        .collect();
    let mut of: Vec<usize> = pairs
        .iter()
        .flat_map(|pair| [pair.of, pair.against])
        .collect();
    of.sort_unstable();
    of.dedup();
    let outline = Outline {
        name: spec.name().to_owned(),
        figure: spec.name().to_owned(),
        title: title.clone(),
        caption: sentences(
            &spec.caption,
            "The run’s metric minus its parent’s, over the same images, with the 95 % interval. A colorfulness ratio counts as better when it is nearer to 1.",
        ),
        alternative: "Differences with their intervals about a zero line; the table of ablations says the same in numbers.".to_owned(),
        shown: Shown {
            groups: of,
            all_seeds: true,
        },
        has_pictures: false,
    };
    vec![outline.draw(|theme| intervals(&title, &drawn, VerdictNames::DIFFERENCES, theme))]
}

fn row(metric: Metric, pair: Pair, context: &Context<'_>) -> Option<Interval> {
    let comparison = compare(pair, metric, context.material)?.ok()?;
    let (low, high) = (comparison.interval.low, comparison.interval.high);
    let group = |place: usize| &context.selection.groups[place].label;
    let is_better = match metric.better() {
        Better::Lower => comparison.difference < 0.0,
        Better::Higher => comparison.difference > 0.0,
        Better::One => (comparison.of.value - 1.0).abs() < (comparison.against.value - 1.0).abs(),
        Better::Neither => return None,
    };
    Some(Interval {
        label: format!("{} against {}", group(pair.of), group(pair.against)),
        value: comparison.difference,
        low,
        high,
        verdict: match (low > 0.0 || high < 0.0, is_better) {
            (false, _) => Verdict::Open,
            (true, true) => Verdict::Good,
            (true, false) => Verdict::Bad,
        },
    })
}
