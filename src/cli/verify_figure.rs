//! `colorize verify figure`: which runs made a figure, and whether it still holds.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{DONE, FAILED, output};
use crate::report::provenance::{Origin, Standing};

/// Arguments of `colorize verify figure`.
#[derive(Debug, Args)]
pub(super) struct FigureArguments {
    /// A PNG or SVG file that this program drew
    #[arg(value_name = "FILE")]
    figure: PathBuf,
    /// Folder of all runs
    #[arg(long, default_value = "runs", value_name = "DIR")]
    runs: PathBuf,
    /// The report's file; without it, the one of its name beside the report's folder
    #[arg(long, value_name = "REPORT")]
    report: Option<PathBuf>,
}

/// Prints where a figure comes from; fails where it no longer shows what is there.
pub(super) fn run(arguments: &FigureArguments) -> anyhow::Result<ExitCode> {
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
            Standing::Same => "as it was".to_owned(),
            Standing::Further { step } => format!("at step {step}"),
            Standing::Back { step } => format!("begun anew, at step {step}"),
            Standing::Gone { instead } if instead.is_empty() => "not there".to_owned(),
            Standing::Gone { instead } => {
                format!("not there; its seed is in {}", instead.join(", "))
            }
        };
        if !matches!(standing, Standing::Same)
            && !(is_sample && matches!(standing, Standing::Further { .. }))
        {
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
                        "{run}: the report takes it now, and the figure lacks it"
                    ));
                }
            }
            None => output::line(
                "The report's file was not found, so whether it has changed is not known: say where with `--report`.",
            ),
        }
    }
    if stale.is_empty() {
        output::line("It shows what is there.");
        return Ok(ExitCode::from(DONE));
    }
    output::line("It is stale:");
    for reason in stale {
        output::line(&format!("  {reason}"));
    }
    Ok(ExitCode::from(FAILED))
}
