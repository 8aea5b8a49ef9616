//! What training took: size of the network, steps, time, memory, device, code.

use std::collections::BTreeSet;

use colorize_base::thousands;

use super::scores::{label, notes, seeds};
use super::{Cell, Column, Raw, Row, Section, Table, TableSpec};
use crate::evaluate::{MachineMetric, Metric, Properties};
use crate::{Group, Material, Selection};

/// What the table says of how fast training was.
const SPEED: Properties = MachineMetric::ImagesPerSecond.properties();

/// Bytes of a mebibyte.
const MEBIBYTE: f64 = 1_048_576.0;

pub(super) fn table(
    spec: &TableSpec,
    groups: &[usize],
    selection: &Selection,
    material: &Material,
) -> Table {
    let rows = groups
        .iter()
        .map(|&group| row(group, &selection.groups[group], material))
        .collect();
    let mut all = vec![
        "Means over seeds. Training loss: mean of the last tenth of the steps. Images per second: median over the steps, without evaluation and samples. Memory: the largest resident memory logged.".to_owned(),
    ];
    all.extend(notes(groups, selection));
    Table {
        name: spec.name().to_owned(),
        title: spec.title("Training facts"),
        caption: spec.caption.clone(),
        columns: vec![
            Column::text("run", "run"),
            Column::number("seeds", &["seeds", "seeds_planned"]),
            Column::number("parameters", &["parameters"]),
            Column::number("photographs", &["train_images"]),
            Column::number("steps", &["steps"]),
            Column::number("batch", &["batch_size"]),
            Column::number("training loss", &["training_loss"]),
            Column::number("time", &["seconds"]),
            Column::number(SPEED.short, &[SPEED.name]),
            Column::number("memory (MiB)", &["memory_bytes"]),
            Column::text("device", "device"),
            Column::text("commit", "commit"),
            Column::text("trained", "trained"),
        ],
        sections: vec![Section {
            heading: String::new(),
            rows,
        }],
        notes: all,
    }
}

fn row(place: usize, group: &Group, material: &Material) -> Row {
    let runs = &material.numbers[place];
    let mean = |values: Vec<Option<f64>>| -> Option<f64> {
        let values: Vec<f64> = values.into_iter().flatten().collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let seconds = mean(runs.iter().map(|run| Some(run.seconds)).collect());
    let memory = mean(
        runs.iter()
            .map(|run| run.gpu_memory.or(run.memory))
            .collect(),
    );
    let first = group.first();
    let train = &first.experiment.train;
    let whole = |value: usize| Cell {
        text: thousands(value),
        key: Some(value as f64),
        raw: vec![Raw::Number(value as f64)],
        ..Cell::default()
    };
    Row {
        group: Some(place),
        cells: vec![
            label(group),
            seeds(group),
            whole(first.record.parameters),
            whole(first.record.dataset.train),
            whole(first.record.steps),
            whole(train.images_per_step()),
            Cell::number(
                mean(runs.iter().map(|run| run.training_loss).collect()),
                Metric::Loss.digits(),
            ),
            Cell {
                text: seconds.map_or_else(|| "–".to_owned(), duration),
                key: seconds,
                raw: vec![seconds.into()],
                ..Cell::default()
            },
            Cell::number(
                mean(runs.iter().map(|run| run.images_per_second).collect()),
                SPEED.digits,
            ),
            Cell {
                raw: vec![memory.into()],
                ..Cell::number(memory.map(|bytes| bytes / MEBIBYTE), 0)
            },
            Cell::text(words(group, |run| Some(run.record.device.clone()))),
            Cell::text(words(group, commit)),
            Cell::text(dates(group)),
        ],
    }
}

/// What the runs of a group say, each once.
fn words(group: &Group, of: impl Fn(&super::super::Run) -> Option<String>) -> String {
    let words: BTreeSet<String> = group.runs.iter().filter_map(of).collect();
    if words.is_empty() {
        return "–".to_owned();
    }
    words.into_iter().collect::<Vec<_>>().join(", ")
}

/// The commit of the last stretch of a run's work, marked where files differed from it.
fn commit(run: &super::super::Run) -> Option<String> {
    let session = run.record.sessions.last()?;
    let git = session.environment.git.as_ref()?;
    let short: String = git.commit.chars().take(7).collect();
    Some(format!("{short}{}", if git.dirty { "-dirty" } else { "" }))
}

/// The day on which the last run of a group was done.
fn dates(group: &Group) -> String {
    let ends = group.runs.iter().filter_map(|run| {
        let session = run.record.sessions.last()?;
        session.ended.or(Some(session.started))
    });
    ends.max().map_or_else(
        || "–".to_owned(),
        |end| end.strftime("%Y-%m-%d").to_string(),
    )
}

/// `1:02:03`, or `2:03` where it is less than an hour.
pub(crate) fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0).round() as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_at_a_glance() {
        assert_eq!(duration(0.4), "0:00");
        assert_eq!(duration(83.6), "1:24");
        assert_eq!(duration(3723.0), "1:02:03");
    }
}
