//! Tables and errors that the program prints.

use std::io::IsTerminal;
use std::path::Path;

use colorize_base::{counted, visible};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::command_error::CommandError;
use crate::evaluate::{Baseline, MachineMetric, Metric, Properties};
use crate::experiment::Against;
use crate::report::claims::{Judged, outdated};
use crate::report::{Made, ReportError, Run, Scores, Summary};
use crate::statistics::{Expectation, Verdict};

use crate::terminal::say;
pub(super) use crate::terminal::{line, note, strays, text, warning};

/// Writes an error with its causes, to the standard error stream.
pub(super) fn error(error: &CommandError) {
    let color = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    // One that is drawn, with file and line, begins with its own `error`.
    match error.drawn(color) {
        Some(text) => drawn(&text, color),
        None => drawn(&format!("error: {error}"), false),
    }
}

/// Writes what was drawn, in color or not, to the standard error stream.
pub(super) fn drawn(text: &str, color: bool) {
    if color {
        say(text);
    } else {
        say(&visible(text));
    }
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

/// How wide a table may be: as the terminal, or as terminals are where there is none.
pub(super) fn screen_width() -> usize {
    let size = std::io::stdout()
        .is_terminal()
        .then(ratatui::crossterm::terminal::size);
    match size {
        Some(Ok((width, _))) if width > 0 => usize::from(width),
        _ => 80,
    }
}

/// The table without blanks at the ends of its lines.
pub(super) fn trimmed(table: &Table) -> String {
    let lines: Vec<String> = table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    lines.join("\n")
}

/// How fast training was.
const SPEED: Properties = MachineMetric::ImagesPerSecond.properties();

/// Prints a line for every run: its name, its state and the name of its folder.
pub(super) fn summaries(summaries: &[Summary]) {
    let mut table = table(&[
        "run",
        "status",
        "steps",
        "loss",
        SPEED.short,
        "time",
        "trial",
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
            summary
                .folder
                .path()
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
        ]);
    }
    align_right(&mut table, 2..=5);
    line(&trimmed(&table));
}

/// The metrics that tables on the terminal show, each with its heading; the Parquet tables hold all.
const SHOWN: [(Metric, &str); 6] = [
    (Metric::Psnr, "PSNR"),
    (Metric::PsnrLumaReplaced, "luma\nreplaced"),
    (Metric::Ciede2000, "CIEDE\n2000"),
    (Metric::UvMse, "UV\nerror"),
    (Metric::HueError, "hue\nerror"),
    (Metric::ColorfulnessRatio, "color-\nfulness"),
];

/// Prints what held-out images score: groups of rows that were judged by the same images, runs first and then baselines.
/// Those that are only bounds are shown `with_bounds`.
pub(super) fn scores(groups: &[(String, Vec<Scores>)], with_bounds: bool) {
    let mut header = vec!["held-out images", "images"];
    header.extend(SHOWN.map(|(_, heading)| heading));
    let mut table = table(&header);
    let mut hidden = false;
    for (index, (what, rows)) in groups.iter().enumerate() {
        if groups.len() > 1 {
            if index > 0 {
                table.add_row([""]);
            }
            table.add_row([what.as_str()]);
        }
        for row in rows {
            if Baseline::is_bound(&row.name) && !with_bounds {
                hidden = true;
                continue;
            }
            let mut cells = vec![row.name.clone(), row.images().to_string()];
            let values = SHOWN
                .iter()
                .map(|&(metric, _)| number(row.value(metric), metric.digits()));
            cells.extend(values);
            table.add_row(cells);
        }
    }
    align_right(&mut table, 1..=SHOWN.len() + 1);
    line(&trimmed(&table));
    line("");
    line("PSNR is in dB: of the picture as predicted, and with the photograph's luma. Lower");
    line("is better for CIEDE2000, UV error (squared) and hue error (degrees). Colorfulness");
    line("is relative to the photographs: 1 is as colorful, 0 is gray.");
    if hidden {
        line("`--baselines` adds what the best possible answers in each color space score.");
    }
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
        warning(&format!(
            "`{}` says {}, but these runs say {}: {}",
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
