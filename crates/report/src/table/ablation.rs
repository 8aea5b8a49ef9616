//! Every run against its parent: paired differences over the same images and all seeds.

use rayon::prelude::*;

use super::scores::{label, notes};
use super::{
    Cell, Column, Raw, Row, Section, Table, TableSpec, digits, heading, number, p_value, signed,
};
use crate::evaluate::Metric;
use crate::statistics::{Comparison, StatisticsError, holm};
use crate::{Material, Selection};

/// Shown where the file names none.
pub(super) const METRICS: [Metric; 4] = [
    Metric::UvMse,
    Metric::PsnrLumaReplaced,
    Metric::Ciede2000LumaReplaced,
    Metric::ColorfulnessRatio,
];

/// What is compared with what: places in the selection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) of: usize,
    pub(crate) against: usize,
}

/// Every group with the group that it is compared with, if there is one.
pub(crate) fn pairs(groups: &[usize], selection: &Selection) -> Vec<Pair> {
    groups
        .iter()
        .filter_map(|&of| {
            let against = selection.parent(of).ok()??;
            Some(Pair { of, against })
        })
        .collect()
}

/// A pair's difference in a metric; `None` where a run's table lacks it.
pub(crate) fn compare(
    pair: Pair,
    metric: Metric,
    material: &Material,
) -> Option<Result<Comparison, StatisticsError>> {
    material.compare(pair.of, pair.against, metric)
}

pub(super) fn table(
    spec: &TableSpec,
    groups: &[usize],
    selection: &Selection,
    material: &Material,
) -> Table {
    let metrics = spec.metrics(&METRICS);
    let pairs = pairs(groups, selection);
    let mut sections: Vec<Section> = Vec::new();
    let mut p_values = Vec::new();
    let mut failures = Vec::new();
    for &metric in &metrics {
        let compared: Vec<_> = pairs
            .par_iter()
            .map(|&pair| compare(pair, metric, material))
            .collect();
        let mut rows = Vec::new();
        for (pair, compared) in pairs.iter().zip(compared) {
            match compared {
                Some(Ok(comparison)) => {
                    p_values.push(comparison.p_value);
                    rows.push(row(*pair, metric, &comparison, selection));
                }
                Some(Err(error)) => failures.push(format!(
                    "{}, {}: {error}.",
                    selection.groups[pair.of].label,
                    metric.title()
                )),
                None => failures.push(format!(
                    "{}, {}: not in the table of a run.",
                    selection.groups[pair.of].label,
                    metric.title()
                )),
            }
        }
        if !rows.is_empty() {
            let better = match metric.better().words() {
                "" => String::new(),
                words => format!(", {words}"),
            };
            sections.push(Section {
                heading: format!("{}{better}", heading(metric)),
                rows,
            });
        }
    }
    let mut corrected = holm(&p_values).into_iter();
    for row in sections.iter_mut().flat_map(|section| &mut section.rows) {
        let Some(p) = corrected.next() else { continue };
        let cell = &mut row.cells[5];
        cell.text = p_value(p);
        cell.key = Some(p);
        cell.raw.push(Raw::Number(p));
    }
    let mut all = vec![
        "Paired over the images that both sides hold out. Difference: the metric of the run minus that of its parent, with a bootstrap 95% interval over images, and over seeds if a side has several. p: from the same resamples, below 0.05 if the interval excludes zero, then corrected (Holm) for all rows. d: the difference in standard deviations of the images’ own differences.".to_owned(),
    ];
    let alone = groups.iter().filter(|&&group| {
        !pairs
            .iter()
            .any(|pair| pair.of == group || pair.against == group)
    });
    all.extend(alone.map(|&group| {
        let why = match selection.parent(group) {
            Err(why) => why,
            Ok(_) => "it has no parent among these runs".to_owned(),
        };
        let label = &selection.groups[group].label;
        format!("{label} is compared with nothing: {why}.")
    }));
    all.extend(failures);
    all.extend(notes(groups, selection));
    Table {
        name: spec.name().to_owned(),
        title: spec.title("Each run against its parent"),
        caption: spec.caption.clone(),
        columns: vec![
            Column::text("run", "run"),
            Column::text("parent", "parent"),
            Column::number("run’s", &["value"]),
            Column::number("parent’s", &["parent_value"]),
            Column::number("difference", &["difference", "low", "high"]),
            Column::number("p (Holm)", &["p", "p_holm"]),
            Column::number("d", &["effect"]),
            Column::number("seeds", &["seeds", "parent_seeds"]),
            Column::number("images", &["images", "parent_images", "pairing"]),
        ],
        sections,
        notes: all,
    }
}

fn row(pair: Pair, metric: Metric, comparison: &Comparison, selection: &Selection) -> Row {
    let digits = digits(metric);
    let (of, against) = (&selection.groups[pair.of], &selection.groups[pair.against]);
    let interval = &comparison.interval;
    let mut parent = label(against);
    parent.raw = vec![Raw::Text(against.label.clone())];
    let (here, there) = (of.runs.len(), against.runs.len());
    Row {
        group: Some(pair.of),
        cells: vec![
            label(of),
            parent,
            Cell::number(Some(comparison.of.value), digits),
            Cell::number(Some(comparison.against.value), digits),
            Cell {
                text: signed(comparison.difference, digits),
                detail: format!(
                    "{} to {}",
                    signed(interval.low, digits),
                    signed(interval.high, digits)
                ),
                is_best: false,
                key: Some(comparison.difference),
                raw: [comparison.difference, interval.low, interval.high]
                    .map(Raw::Number)
                    .into(),
            },
            Cell::number(Some(comparison.p_value), 3),
            Cell {
                text: number(comparison.effect, 2),
                key: comparison.effect,
                raw: vec![comparison.effect.into()],
                ..Cell::default()
            },
            Cell {
                text: format!("{here} : {there}"),
                key: Some(here.min(there) as f64),
                raw: vec![Raw::Number(here as f64), Raw::Number(there as f64)],
                ..Cell::default()
            },
            images(comparison),
        ],
    }
}

fn images(comparison: &Comparison) -> Cell {
    use crate::statistics::Pairing;
    match comparison.pairing {
        Pairing::Paired { images, .. } | Pairing::OneSided { images } => {
            let count = images as f64;
            Cell {
                text: images.to_string(),
                key: Some(count),
                raw: vec![
                    Raw::Number(count),
                    Raw::Number(count),
                    Raw::Text("paired".to_owned()),
                ],
                ..Cell::default()
            }
        }
        Pairing::Unpaired { of, against, .. } => Cell {
            text: format!("{of} : {against}, unpaired"),
            key: Some(of as f64),
            raw: vec![
                Raw::Number(of as f64),
                Raw::Number(against as f64),
                Raw::Text("unpaired".to_owned()),
            ],
            ..Cell::default()
        },
    }
}
