//! Each run's differences from its parent, with their intervals, one plot per metric.

use rayon::prelude::*;

use super::claims::digits_of;
use super::{Context, Drawing, FigureSpec, Outline, Shown, sentences, shown_metric};
use crate::Needs;
use crate::evaluate::{Better, Metric};
use crate::figure::{Effect, EffectGroup, EffectRow, Effects, Verdict, effects};
use crate::statistics::{Comparison, Pairing};
use crate::table::{Pair, compare, pairs};

/// Shown where the file names none.
const METRICS: [Metric; 3] = [
    Metric::UvMse,
    Metric::PsnrLumaReplaced,
    Metric::ColorfulnessRatio,
];

pub(super) fn needs(spec: &FigureSpec, needs: &mut Needs) {
    needs.add_paired(spec.metrics(&METRICS));
}

pub(super) fn draw(spec: &FigureSpec, groups: &[usize], context: &Context<'_>) -> Vec<Drawing> {
    let metrics: Vec<Metric> = spec
        .metrics(&METRICS)
        .into_iter()
        .filter(|metric| metric.better().has_best())
        .collect();
    let pairs = pairs(groups, context.selection);
    if metrics.is_empty() {
        return Vec::new();
    }
    // One for each pair and metric, worked out in one row: a thread that waits within its work takes on more of it.
    let places = 0..pairs.len() * metrics.len();
    let compared: Vec<Option<Comparison>> = places
        .into_par_iter()
        .map(|place| {
            let (pair, metric) = (place / metrics.len(), place % metrics.len());
            compare(pairs[pair], metrics[metric], context.material)?.ok()
        })
        .collect();
    let compared: Vec<Vec<Option<Comparison>>> =
        compared.chunks(metrics.len()).map(<[_]>::to_vec).collect();
    if compared.iter().flatten().all(Option::is_none) {
        return Vec::new();
    }
    let mut parents: Vec<usize> = Vec::new();
    for pair in &pairs {
        if !parents.contains(&pair.against) {
            parents.push(pair.against);
        }
    }
    let content = Effects {
        metrics: metrics
            .iter()
            .enumerate()
            .map(|(place, &metric)| {
                let found = compared.iter().filter_map(|row| row[place].as_ref());
                let widths = found.map(|it| it.interval.high - it.interval.low);
                shown_metric(metric, digits_of(widths))
            })
            .collect(),
        groups: parents
            .into_iter()
            .map(|parent| group(parent, &pairs, &compared, &metrics, context))
            .collect(),
    };
    let mut shown: Vec<usize> = pairs
        .iter()
        .flat_map(|pair| [pair.of, pair.against])
        .collect();
    shown.sort_unstable();
    shown.dedup();
    let title = spec.title("Each run against its parent");
    let ratio = if metrics.iter().any(|metric| metric.better() == Better::One) {
        "A ratio is better the nearer it is to 1."
    } else {
        ""
    };
    let outline = Outline {
        name: spec.name().to_owned(),
        figure: spec.name().to_owned(),
        title: title.clone(),
        caption: sentences(
            &spec.caption,
            &sentences(
                "The run’s metric minus its parent’s, over the images of both, with the 95% interval.",
                ratio,
            ),
        ),
        alternative: format!(
            "Differences of {} runs from their parents with intervals around a zero line. The ablation table says the same in numbers.",
            pairs.len()
        ),
        shown: Shown {
            groups: shown,
            all_seeds: true,
        },
    };
    vec![outline.draw(|theme| effects(&title, &content, theme))]
}

/// What differs from one parent.
fn group(
    parent: usize,
    pairs: &[Pair],
    compared: &[Vec<Option<Comparison>>],
    metrics: &[Metric],
    context: &Context<'_>,
) -> EffectGroup {
    let groups = &context.selection.groups;
    let these: Vec<(&Pair, &Vec<Option<Comparison>>)> = pairs
        .iter()
        .zip(compared)
        .filter(|(pair, _)| pair.against == parent)
        .collect();
    // What is true of all of them goes to the parent's line.
    let mut bases: Vec<String> = these
        .iter()
        .filter_map(|(_, row)| row.iter().flatten().next().map(base))
        .collect();
    bases.dedup();
    EffectGroup {
        parent: groups[parent].short.clone(),
        note: match &bases[..] {
            [one] => one.clone(),
            _ => String::new(),
        },
        rows: these
            .into_iter()
            .map(|(pair, row)| EffectRow {
                label: groups[pair.of].short.clone(),
                effects: row
                    .iter()
                    .zip(metrics)
                    .map(|(comparison, &metric)| Some(effect(comparison.as_ref()?, metric)))
                    .collect(),
            })
            .collect(),
    }
}

/// `97 images, 3 seeds against 2`.
fn base(comparison: &Comparison) -> String {
    let images = match comparison.pairing {
        Pairing::Paired { images, .. } | Pairing::OneSided { images } => format!("{images} images"),
        Pairing::Unpaired { of, against, .. } => format!("unpaired, {of} images against {against}"),
    };
    match (comparison.of.seeds, comparison.against.seeds) {
        (Some(1), Some(1)) => format!("{images}, one seed"),
        (Some(of), Some(against)) if of == against => format!("{images}, {of} seeds"),
        (Some(of), Some(against)) => format!("{images}, {of} seeds against {against}"),
        _ => images,
    }
}

fn effect(comparison: &Comparison, metric: Metric) -> Effect {
    let (low, high) = (comparison.interval.low, comparison.interval.high);
    let is_better = metric.better().judge(comparison.against.value, [low, high]);
    Effect {
        value: comparison.difference,
        low,
        high,
        verdict: match is_better {
            None => Verdict::Open,
            Some(true) => Verdict::Good,
            Some(false) => Verdict::Bad,
        },
    }
}
