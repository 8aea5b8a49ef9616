//! `colorize watch`: watch runs while they train.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use jiff::Timestamp;

use super::output;
use crate::command_error::{CommandError, Context, Result};
use crate::runs::{MetricFollower, RunFolder, find_run};
use crate::signals;
use crate::watch::{Curves, Survey, snapshot, watch};

/// Arguments of `colorize watch`.
#[derive(Debug, Args)]
pub(super) struct WatchArguments {
    /// Run to show first: its folder, or its name under `--runs`, such as `03-yuv` or `03-yuv/s0-0123456789`
    #[arg(value_name = "RUN")]
    run: Option<String>,
    /// Folder of all runs
    #[arg(long, default_value = "runs", value_name = "DIR")]
    runs: PathBuf,
    /// Print the current state once and exit; the default when the output is not a terminal
    #[arg(long)]
    once: bool,
}

/// Shows runs until a key ends it, or prints them once.
///
/// # Errors
///
/// When RUN is no run, or the terminal cannot be used.
pub(super) fn run(arguments: &WatchArguments) -> Result<()> {
    let (runs, chosen) = match &arguments.run {
        Some(name) => {
            let folder = find_run(&arguments.runs, name)?;
            let path = folder
                .path()
                .canonicalize()
                .unwrap_or_else(|_| folder.path().into());
            // A run that was named by its path is shown among its neighbours.
            let runs = path
                .ancestors()
                .nth(2)
                .unwrap_or(Path::new("."))
                .to_path_buf();
            (runs, Some(path))
        }
        None => (arguments.runs.clone(), None),
    };
    if arguments.once || !std::io::stdout().is_terminal() {
        output::line(&once(&runs, chosen.as_deref())?);
        return Ok(());
    }
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    signals::on_stop(move || asked.store(true, Ordering::SeqCst))
        .map_err(CommandError::failed)
        .context("cannot listen for Ctrl-C")?;
    let has_color = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    watch(&runs, chosen, has_color, &stop).context("cannot use the terminal")
}

fn once(runs: &Path, chosen: Option<&Path>) -> Result<String> {
    let now = Timestamp::now();
    let mut survey = Survey::new(runs);
    survey.look();
    while survey.pending() > 0 {
        survey.look();
    }
    output::strays(survey.strays());
    let row = survey
        .rows()
        .iter()
        .find(|row| Some(row.folder.as_path()) == chosen);
    let curves = match row {
        Some(row) => {
            let mut log = MetricFollower::new(&RunFolder::at(&row.folder));
            log.refresh()?;
            Curves::of(&log)
        }
        None => Curves::default(),
    };
    let chosen = row.map(|row| (row, &curves));
    Ok(snapshot(survey.rows(), chosen, now))
}
