//! Scores on held-out images, runs first and then the baselines that were judged on the same images.

use super::{Cell, Column, Raw, Row, Section, Table, TableSpec, digits, hint, number};
use crate::color::{Head, Space};
use crate::evaluate::{Baseline, Metric};
use crate::material::BaselineNumbers;
use crate::statistics::Description;
use crate::{Group, Material, Selection};

/// Shown where the file names none.
pub(super) const METRICS: [Metric; 5] = [
    Metric::Psnr,
    Metric::PsnrLumaReplaced,
    Metric::Ciede2000,
    Metric::UvMse,
    Metric::ColorfulnessRatio,
];

pub(super) fn table(
    spec: &TableSpec,
    groups: &[usize],
    selection: &Selection,
    material: &Material,
) -> Table {
    let metrics = spec.metrics(&METRICS);
    let mut columns = vec![
        Column {
            hint: "Runs, and in italics the baselines, which need no network: the photograph without color, with the mean chroma of the training photographs and, if asked for, with its chroma clipped to the range of a head, and converted to 8-bit YUV and back.".to_owned(),
            ..Column::text("held-out images", "run")
        },
        Column::number("seeds", &["seeds", "seeds_planned"]),
    ];
    columns.extend(metrics.iter().map(|&metric| column(metric)));
    let sections: Vec<Section> = material
        .juries
        .iter()
        .filter_map(|jury| {
            let groups: Vec<usize> = groups
                .iter()
                .copied()
                .filter(|group| jury.groups.contains(group))
                .collect();
            if groups.is_empty() {
                return None;
            }
            let mut rows: Vec<Row> = groups
                .iter()
                .map(|&group| row(group, &metrics, selection, material))
                .collect();
            mark_best(&mut rows, &metrics);
            let shown = spaces(&groups, selection);
            let baselines = jury.baselines.iter();
            rows.extend(
                baselines
                    .filter(|baseline| is_shown(&baseline.name, &shown, spec.baselines))
                    .map(|baseline| baseline_row(baseline, &metrics)),
            );
            Some(Section {
                heading: format!("{}, {} images", jury.categories, jury.images),
                rows,
            })
        })
        .collect();
    let mut notes = seed_notes(groups, selection);
    notes.extend(self::notes(groups, selection));
    let unscored = material.juries.iter().filter(|jury| {
        jury.baselines.is_empty() && groups.iter().any(|group| jury.groups.contains(group))
    });
    notes.extend(unscored.map(|jury| {
        format!(
            "The baselines of “{}” were not scored by the program that trained these runs.",
            jury.categories
        )
    }));
    Table {
        name: spec.name().to_owned(),
        title: spec.title("Scores on held-out images"),
        caption: spec.caption.clone(),
        columns,
        sections,
        notes,
    }
}

fn column(metric: Metric) -> Column {
    let name = metric.name();
    Column {
        heading: metric.properties().short_heading(),
        hint: hint(metric),
        better: metric.better(),
        is_numeric: true,
        raw: ["", "_deviation", "_low", "_high"]
            .map(|part| format!("{name}{part}"))
            .into(),
    }
}

fn row(group: usize, metrics: &[Metric], selection: &Selection, material: &Material) -> Row {
    let this = &selection.groups[group];
    let mut cells = vec![label(this), seeds(this)];
    cells.extend(
        metrics
            .iter()
            .map(|&metric| score(metric, material.values(group, metric).as_deref())),
    );
    Row {
        group: Some(group),
        cells,
    }
}

/// The label of a group, marked where a run had uncommitted changes.
pub(super) fn label(group: &Group) -> Cell {
    let is_dirty = group.runs.iter().any(super::super::Run::is_dirty);
    Cell {
        text: format!("{}{}", group.label, if is_dirty { " †" } else { "" }),
        raw: vec![Raw::Text(group.label.clone())],
        ..Cell::default()
    }
}

/// `3`, or `2 of 3` where one is missing.
pub(super) fn seeds(group: &Group) -> Cell {
    let (there, planned) = (group.runs.len(), group.planned());
    Cell {
        text: if there == planned {
            there.to_string()
        } else {
            format!("{there} of {planned}")
        },
        key: Some(there as f64),
        raw: vec![Raw::Number(there as f64), Raw::Number(planned as f64)],
        ..Cell::default()
    }
}

/// The mean over seeds, how far they scatter, and the interval of the mean.
fn score(metric: Metric, values: Option<&[f64]>) -> Cell {
    let digits = digits(metric);
    let Some(description) = values.and_then(Description::of) else {
        return Cell {
            text: "–".to_owned(),
            raw: vec![Raw::Nothing, Raw::Nothing, Raw::Nothing, Raw::Nothing],
            ..Cell::default()
        };
    };
    let mean = number(Some(description.mean), digits);
    let interval = &description.interval;
    Cell {
        text: match description.standard_deviation {
            Some(deviation) => format!("{mean} ± {}", number(Some(deviation), digits)),
            None => mean,
        },
        detail: interval.as_ref().map_or_else(String::new, |interval| {
            let [low, high] = [interval.low, interval.high].map(|end| number(Some(end), digits));
            format!("{low} to {high}")
        }),
        is_best: false,
        key: Some(description.mean),
        raw: vec![
            Raw::Number(description.mean),
            description.standard_deviation.into(),
            interval.as_ref().map(|interval| interval.low).into(),
            interval.as_ref().map(|interval| interval.high).into(),
        ],
    }
}

fn baseline_row(baseline: &BaselineNumbers, metrics: &[Metric]) -> Row {
    let mut cells = vec![
        Cell {
            text: title(&baseline.name),
            raw: vec![Raw::Text(baseline.name.clone())],
            ..Cell::default()
        },
        Cell {
            raw: vec![Raw::Nothing, Raw::Nothing],
            ..Cell::default()
        },
    ];
    cells.extend(metrics.iter().map(|&metric| {
        let value = baseline.values.get(metric.name()).copied();
        // A baseline has no loss in a network's space.
        let value = value.filter(|value| !value.is_nan());
        let mut cell = Cell::number(value, digits(metric));
        cell.raw.extend([Raw::Nothing, Raw::Nothing, Raw::Nothing]);
        cell
    }));
    Row { group: None, cells }
}

/// What tables call a baseline.
pub(crate) fn title(baseline: &str) -> String {
    let reachable = |space, head| format!("clipped to {space}, {head} head");
    match baseline {
        "gray" => "no color".to_owned(),
        "mean_chroma" => "mean chroma".to_owned(),
        "reachable_yuv_upstream" => reachable("YUV", "upstream"),
        "reachable_yuv_exact" => reachable("YUV", "exact"),
        "reachable_lab_upstream" => reachable("Lab", "upstream"),
        "reachable_lab_exact" => reachable("Lab", "exact"),
        "eight_bit" => "8-bit YUV".to_owned(),
        other => other.to_owned(),
    }
}

/// The clipped heads that the groups' networks have; the original's where none of them answers in chroma.
fn spaces(groups: &[usize], selection: &Selection) -> Vec<&'static str> {
    let mut names = Vec::new();
    for &group in groups {
        let color = &selection.groups[group].first().experiment.color;
        let name = match (color.space, color.head) {
            (Space::Rgb, _) => continue,
            (Space::Yuv, Head::Upstream) => "reachable_yuv_upstream",
            (Space::Yuv, Head::Exact | Head::Classes) => "reachable_yuv_exact",
            (Space::Lab, Head::Upstream) => "reachable_lab_upstream",
            (Space::Lab, Head::Exact | Head::Classes) => "reachable_lab_exact",
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        names.push("reachable_yuv_upstream");
    }
    names
}

/// What is only a bound is shown `with_bounds`, and of the clipped heads those alone that the networks have.
fn is_shown(baseline: &str, heads: &[&str], with_bounds: bool) -> bool {
    let is_of_a_head = baseline.starts_with("reachable_");
    !Baseline::is_bound(baseline) || (with_bounds && (!is_of_a_head || heads.contains(&baseline)))
}

/// Marks the best of the runs in every column; what is written alike is equally good.
fn mark_best(rows: &mut [Row], metrics: &[Metric]) {
    if rows.len() < 2 {
        return;
    }
    for (place, &metric) in metrics.iter().enumerate() {
        let column = place + 2;
        let values: Vec<Option<f64>> = rows.iter().map(|row| row.cells[column].key).collect();
        let best = metric.better().best_of(&values, digits(metric));
        for (row, is_best) in rows.iter_mut().zip(best) {
            row.cells[column].is_best = is_best;
        }
    }
}

/// What the numbers say of seeds, and what they cannot say.
fn seed_notes(groups: &[usize], selection: &Selection) -> Vec<String> {
    let mut notes = Vec::new();
    let has_one = |group: &&usize| selection.groups[**group].runs.len() == 1;
    let single = groups.iter().filter(has_one).count();
    if single > 0 && single == groups.len() {
        notes.push(
            "One seed per row: these runs do not show how much another seed would differ."
                .to_owned(),
        );
    } else {
        notes.push(
            "Mean over images, then over seeds, ± the standard deviation between seeds; in small print or parentheses, Student’s 95% interval of the mean over seeds."
                .to_owned(),
        );
        if single > 0 {
            notes.push(
                "A row with one seed has no interval: it does not show how much another seed would differ."
                    .to_owned(),
            );
        }
    }
    notes
}

/// What a reader has to know of the runs beneath a table: missing seeds, and code that no commit says.
pub(super) fn notes(groups: &[usize], selection: &Selection) -> Vec<String> {
    let groups: Vec<&Group> = groups
        .iter()
        .map(|&group| &selection.groups[group])
        .collect();
    let mut notes = Vec::new();
    for group in &groups {
        if group.missing.is_empty() {
            continue;
        }
        let missing: Vec<String> = group
            .missing
            .iter()
            .map(|missing| format!("seed {} ({})", missing.seed, missing.why))
            .collect();
        let seeds: Vec<u64> = group.missing.iter().map(|missing| missing.seed).collect();
        notes.push(format!(
            "{} lacks {}: `{}`.",
            group.label,
            missing.join(", "),
            selection.command(group.experiment(), &seeds)
        ));
    }
    if groups
        .iter()
        .any(|group| group.runs.iter().any(super::super::Run::is_dirty))
    {
        notes.push(
            "† trained from a checkout with uncommitted changes: the commit alone does not identify the code."
                .to_owned(),
        );
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_bounds_an_answer_is_shown_where_it_is_asked_for() {
        let heads = ["reachable_yuv_exact"];
        for (baseline, expected) in [
            ("gray", [true, true]),
            ("mean_chroma", [true, true]),
            ("eight_bit", [false, true]),
            ("reachable_yuv_exact", [false, true]),
            ("reachable_lab_exact", [false, false]),
        ] {
            let shown = [false, true].map(|with_bounds| is_shown(baseline, &heads, with_bounds));
            assert_eq!(shown, expected, "{baseline}");
        }
    }
}
