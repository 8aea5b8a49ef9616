//! Tables and errors that the program prints.

use std::io::IsTerminal;
use std::path::Path;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::command_error::CommandError;
use crate::evaluate::{MachineMetric, Metric, Properties};
use crate::experiment::Against;
use crate::report::claims::{Judged, outdated};
use crate::report::{Made, ReportError, Run, Scores, Summary};
use crate::statistics::{Expectation, Verdict};

pub(super) use crate::terminal::{line, note, strays, text};

/// Writes an error with its causes, to the standard error stream.
pub(super) fn error(error: &CommandError) {
    let color = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    // One that is drawn, with file and line, begins with its own `error`.
    let text = error
        .drawn(color)
        .unwrap_or_else(|| format!("error: {error}"));
    note(&text);
}

/// An empty table as wide as the terminal, or as its contents where there is none.
pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(header);
    table.set_content_arrangement(if std::io::stdout().is_terminal() {
        ContentArrangement::Dynamic
    } else {
        ContentArrangement::Disabled
    });
    table
}

/// How fast training was.
const SPEED: Properties = MachineMetric::ImagesPerSecond.properties();

/// Prints a line for every run: its name, its state and its folder.
pub(super) fn summaries(summaries: &[Summary]) {
    let mut table = table(&[
        "run",
        "status",
        "steps",
        "training loss",
        SPEED.short,
        "time",
        "folder",
    ]);
    for summary in summaries {
        let record = &summary.record;
        let seconds = summary.metrics.seconds() as u64;
        table.add_row([
            summary.label(),
            record.status.to_string(),
            format!("{}/{}", record.step, record.steps),
            number(summary.training_loss(), Metric::Loss.digits()),
            number(summary.images_per_second(), SPEED.digits),
            format!("{}:{:02}", seconds / 60, seconds % 60),
            summary.folder.path().display().to_string(),
        ]);
    }
    align_right(&mut table, 2..=5);
    line(&table.to_string());
}

/// The metrics that tables on the terminal show; the Parquet tables hold all.
const SHOWN: [Metric; 8] = [
    Metric::Psnr,
    Metric::PsnrLumaReplaced,
    Metric::Ssim,
    Metric::Ciede2000,
    Metric::UvMse,
    Metric::AucAb,
    Metric::HueError,
    Metric::ColorfulnessRatio,
];

/// Prints what held-out images score: groups of rows that were judged by the same images, runs first and then baselines.
pub(super) fn scores(groups: &[(String, Vec<Scores>)]) {
    let mut header = vec!["held-out images", "images"];
    header.extend(SHOWN.map(|metric| metric.properties().short));
    let mut table = table(&header);
    for (index, (what, rows)) in groups.iter().enumerate() {
        if groups.len() > 1 {
            if index > 0 {
                table.add_row([""]);
            }
            table.add_row([what.as_str()]);
        }
        for row in rows {
            let mut cells = vec![row.name.clone(), row.images().to_string()];
            let values = SHOWN
                .iter()
                .map(|&metric| number(row.value(metric), metric.digits()));
            cells.extend(values);
            table.add_row(cells);
        }
    }
    align_right(&mut table, 1..=SHOWN.len() + 1);
    line(&table.to_string());
    line("");
    line(
        "PSNR is in dB, for the picture as predicted and with the photograph's luma. Lower is better for CIEDE2000, UV error",
    );
    line(
        "(squared) and hue error (degrees). Colorfulness is relative to the photographs: 1 is as colorful, 0 is gray.",
    );
}

/// Groups the last scores of runs with the baselines that were judged by the same images.
pub(super) fn groups(summaries: &[Summary]) -> Result<Vec<(String, Vec<Scores>)>, ReportError> {
    let mut groups: Vec<(Vec<Scores>, String, Vec<Scores>)> = Vec::new();
    let mut keys: Vec<(String, usize, usize)> = Vec::new();
    for summary in summaries {
        let Some(step) = summary.last_evaluation() else {
            continue;
        };
        let scores = Scores::of_run(summary, step)?;
        let key = (
            summary.record.dataset.content_hash.clone(),
            summary.experiment.image.size,
            scores.images(),
        );
        if let Some(place) = keys.iter().position(|known| *known == key) {
            groups[place].2.push(scores);
            continue;
        }
        keys.push(key);
        let categories = &summary.experiment.dataset.categories;
        let which = if categories.is_empty() {
            "all categories".to_owned()
        } else {
            categories.join(", ")
        };
        let baselines = Scores::of_baselines(&Run::from(summary))?;
        groups.push((baselines, which, vec![scores]));
    }
    Ok(groups
        .into_iter()
        .map(|(baselines, which, mut rows)| {
            rows.extend(baselines);
            (which, rows)
        })
        .collect())
}

/// Prints claims with their numbers and verdicts.
pub(super) fn claims(judged: &[Judged]) {
    line("Claims");
    for judged in judged {
        line(&format!(
            "  {}: {}",
            judged.verdict_name(),
            judged.claim.text
        ));
        for numbers in claim_numbers(judged) {
            line(&format!("      {numbers}"));
        }
    }
}

/// What a claim compares, with its numbers or why there are none, and what they rest on.
pub(super) fn claim_numbers(judged: &Judged) -> Vec<String> {
    let Judged { claim, result } = judged;
    let margin = match claim.by {
        0.0 => String::new(),
        by => format!(" by {by}"),
    };
    let against = match &claim.against {
        Against::Experiment(name) => name.clone(),
        Against::Baseline(name) => format!("the baseline {name}"),
        Against::Value(value) => value.to_string(),
    };
    let expect = match claim.expect {
        Expectation::Greater => "greater than",
        Expectation::Less => "less than",
        Expectation::Equal => "equal to",
    };
    let what = format!(
        "{} of {} is {expect} {against}{margin}",
        claim.metric.name(),
        claim.of
    );
    match result {
        Ok(numbers) => {
            let comparison = &numbers.comparison;
            vec![
                format!(
                    "{what}: {:.5} against {:.5}, difference {:+.5} [{:+.5}, {:+.5}], p {:.4}",
                    comparison.of.value,
                    comparison.against.value,
                    comparison.difference,
                    comparison.interval.low,
                    comparison.interval.high,
                    numbers.p_value
                ),
                format!("{}; {}", comparison.pairing, comparison.coverage()),
            ]
        }
        Err(reason) => vec![format!("{what}: {reason}")],
    }
}

/// Prints what a report holds, what it lacks, and where it was written.
pub(super) fn made(made: &Made, folder: &Path) {
    super::report::absent(&made.selection);
    let count = |verdict: &str| {
        let judged = made.judged.iter();
        judged
            .filter(|judged| judged.verdict_name() == verdict)
            .count()
    };
    let runs: usize = made
        .selection
        .groups
        .iter()
        .map(|group| group.runs.len())
        .sum();
    let counted = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    line(&format!(
        "{}: {}, {}, {}",
        made.report.title,
        counted(runs, "run"),
        counted(made.tables.len(), "table"),
        counted(made.drawings.len(), "figure")
    ));
    if !made.judged.is_empty() {
        let verdicts: Vec<String> = ["supported", "contradicted", "not decided", "open"]
            .into_iter()
            .filter(|verdict| count(verdict) > 0)
            .map(|verdict| format!("{} {verdict}", count(verdict)))
            .collect();
        line(&format!("  claims: {}", verdicts.join(", ")));
    }
    line(&format!("  {}", folder.join("index.html").display()));
    for judged in outdated(&made.judged) {
        note(&format!(
            "warning: `{}` says {}, but these runs say {}: {}",
            made.report.path.display(),
            judged.claim.verdict.map_or("", Verdict::name),
            judged.verdict_name(),
            judged.claim.text
        ));
    }
}

fn number(value: Option<f64>, digits: usize) -> String {
    match value {
        Some(value) if value.is_finite() => format!("{value:.digits$}"),
        Some(value) if value == f64::INFINITY => "∞".to_owned(),
        _ => "–".to_owned(),
    }
}

/// Sets columns of numbers to the right.
pub(super) fn align_right(table: &mut Table, columns: std::ops::RangeInclusive<usize>) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}
