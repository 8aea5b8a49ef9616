//! What the program says. A reader who has gone away is no error.

use std::io::{IsTerminal, Write};

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::experiment::ExperimentError;
use crate::report::Summary;

/// Writes a line to the standard output.
pub(super) fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Writes a line for a person who watches, to the standard error stream.
pub(super) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Writes an error with its causes, to the standard error stream.
pub(super) fn error(error: &anyhow::Error) {
    let color = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let text = match error.downcast_ref::<ExperimentError>() {
        Some(error) => error.render(color),
        None => format!("{error:#}"),
    };
    // A drawn error (with file and line) begins with its own word.
    let prefix = if text.starts_with("error") {
        ""
    } else {
        "error: "
    };
    note(&format!("{prefix}{text}"));
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

/// Prints a line for every run: what it is, its numbers, and where it lies.
pub(super) fn summaries(summaries: &[Summary]) {
    let mut table = table(&[
        "experiment",
        "seed",
        "status",
        "steps",
        "training loss",
        "held-out loss",
        "PSNR",
        "luma replaced",
        "gray",
        "colorfulness",
        "time",
        "run",
    ]);
    let number = |value: Option<f64>, digits: usize| {
        value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
    };
    for summary in summaries {
        let record = &summary.record;
        let seconds = summary.metrics.seconds() as u64;
        table.add_row([
            record.experiment.clone(),
            record.seed.to_string(),
            record.status.to_string(),
            format!("{}/{}", record.step, record.steps),
            number(summary.training_loss(), 5),
            number(summary.held_out("loss"), 5),
            number(summary.held_out("psnr"), 2),
            number(summary.held_out("psnr_luma_replaced"), 2),
            number(summary.held_out("psnr_gray"), 2),
            number(summary.held_out("colorfulness_ratio"), 3),
            format!("{}:{:02}", seconds / 60, seconds % 60),
            summary.folder.path().display().to_string(),
        ]);
    }
    for column in [1, 3, 4, 5, 6, 7, 8, 9, 10] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    line(&table.to_string());
    line("");
    line(
        "PSNR in dB on held-out images: as predicted, with the true luma, and of that luma alone (gray);",
    );
    line("colorfulness is the ratio to the photographs': 1 is as colourful as life, 0 is gray.");
}
