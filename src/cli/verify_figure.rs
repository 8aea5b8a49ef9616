//! `colorize verify figure`: which runs made a figure, and whether it still holds.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{DONE, FAILED, output};
use crate::command_error::Result;
use crate::report::provenance::{Origin, Standing};

/// Arguments of `colorize verify figure`.
#[derive(Debug, Args)]
pub(super) struct FigureArguments {
    /// PNG, SVG, or PDF file that this program drew
    #[arg(value_name = "FILE")]
    figure: PathBuf,
    /// Folder of all runs
    #[arg(long, default_value = "runs", value_name = "DIR")]
    runs: PathBuf,
    /// Report file; defaults to the file of the same name next to the report's folder
    #[arg(long, value_name = "REPORT")]
    report: Option<PathBuf>,
}

/// Prints where a figure comes from; fails if it is out of date.
pub(super) fn run(arguments: &FigureArguments) -> Result<ExitCode> {
    let origin = Origin::read(&arguments.figure)?;
    let mut stale = Vec::new();
    match (&origin.report, &origin.figure) {
        (Some(report), figure) => output::line(&format!(
            "figure `{}` of the report `{report}`, drawn by colorize {}",
            figure.as_deref().unwrap_or("?"),
            origin.colorize
        )),
        (None, _) => output::line(&format!(
            "sample picture of a training, drawn by colorize {}",
            origin.colorize
        )),
    }
    let standings = origin.standings(&arguments.runs)?;
    let mut table = output::table(&["run", "identity", "step", "now"]);
    for (maker, standing) in origin.runs.iter().zip(&standings) {
        // A sample picture stands for its own step, whatever came after it.
        let is_sample = origin.report.is_none();
        let now = match standing {
            Standing::Same => "unchanged".to_owned(),
            Standing::Further { step } => format!("at step {step}"),
            Standing::Back { step } => format!("restarted, at step {step}"),
            Standing::Gone { instead } if instead.is_empty() => "missing".to_owned(),
            Standing::Gone { instead } => {
                format!("missing; its seed is in {}", instead.join(", "))
            }
        };
        let is_further = matches!(standing, Standing::Further { .. });
        if !(matches!(standing, Standing::Same) || is_sample && is_further) {
            stale.push(format!("{}: {now}", maker.name));
        }
        let name = maker.name.split('/').next().unwrap_or_default();
        let short: String = maker.identity.chars().take(10).collect();
        table.add_row([
            if is_sample {
                name.to_owned()
            } else {
                maker.name.clone()
            },
            short,
            maker.step.to_string(),
            now,
        ]);
    }
    output::line(&table.to_string());
    if origin.report.is_some() {
        let file = arguments
            .report
            .clone()
            .or_else(|| origin.report_file(&arguments.figure));
        match file {
            Some(file) => {
                let changes = origin.changes(&file, &arguments.runs)?;
                if changes.report_differs {
                    stale.push(format!("`{}` has changed since", file.display()));
                }
                for run in changes.new_runs {
                    stale.push(format!(
                        "{run}: the report now includes it, but the figure does not"
                    ));
                }
            }
            None => output::line(
                "The report file was not found, so it is unknown whether it has changed: pass it with `--report`.",
            ),
        }
    }
    if stale.is_empty() {
        output::line("It is up to date.");
        return Ok(ExitCode::from(DONE));
    }
    output::line("It is stale:");
    for reason in stale {
        output::line(&format!("  {reason}"));
    }
    Ok(ExitCode::from(FAILED))
}
